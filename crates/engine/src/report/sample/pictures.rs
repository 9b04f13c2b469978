//! What is drawn beside the numbers.

use super::Dice;
use crate::report::html::{FilmPicture, ParticlePoint, Pictures, grey_png};
use ndarray::Array2;
use nta_core::Pixels;

/// A frame with spots, their tracks, and a size for every particle.
pub(super) fn pictures(spots: usize) -> Pictures {
    let mut dice = Dice(5);
    let places: Vec<[f64; 3]> = (0..spots)
        .map(|_| {
            [
                dice.uniform() * 639.0,
                dice.uniform() * 479.0,
                1.3 + 0.6 * dice.uniform(),
            ]
        })
        .collect();
    let heights: Vec<f64> = places
        .iter()
        .map(|_| 25.0 + 130.0 * dice.uniform().powi(2))
        .collect();
    let mut counts = Array2::from_shape_fn((480, 640), |_| 18.0 + 3.0 * dice.normal());
    for ([x, y, w], h) in places.iter().zip(&heights) {
        for r in (*y as usize).saturating_sub(7)..(*y as usize + 8).min(480) {
            for c in (*x as usize).saturating_sub(7)..(*x as usize + 8).min(640) {
                let d2 = (r as f64 - y).powi(2) + (c as f64 - x).powi(2);
                counts[[r, c]] += h * (-0.5 * d2 / (w * w)).exp();
            }
        }
    }
    let pixels = Pixels::U8(counts.mapv(|v| v.clamp(0.0, 255.0) as u8));
    let walk = |p: &[f64; 3]| {
        let (mut x, mut y) = (p[0], p[1]);
        (0..40)
            .map(|_| {
                x += dice.normal() * 2.2;
                y += dice.normal() * 2.2;
                [x, y]
            })
            .collect()
    };
    let tracks = places.iter().map(walk).collect();
    let mut dice = Dice(77);
    let particles = (0..spots * 60)
        .map(|_| {
            let d = if dice.uniform() < 0.74 {
                98.0 + 9.0 * dice.normal()
            } else {
                152.0 + 16.0 * dice.normal()
            };
            let seen = d * (0.17 * dice.normal()).exp();
            ParticlePoint {
                diameter_nm: seen,
                intensity_counts: 900.0 * (d / 100.0).powi(4) * (0.35 * dice.normal()).exp(),
            }
        })
        .collect();
    Pictures {
        film: Some(FilmPicture {
            png: grey_png(&pixels).unwrap_or_default(),
            width_px: 640,
            height_px: 480,
            capture: 0,
            frame: 450,
            spots: places,
            tracks,
        }),
        particles,
    }
}
