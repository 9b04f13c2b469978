//! Dust: large pieces on straight lines through the view, see [`crate::Dust`].

use crate::motion::{sub_step_time_s, vibration_um};
use crate::random::{Purpose, stream};
use crate::streak::SPOT_REACH;
use crate::truth::DustTruth;
use crate::{Scene, render};
use ndarray::Array2;
use rand::RngExt;
use std::f64::consts::TAU;

/// One piece: where it is at its time, and how it moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    time_s: f64,
    place_um: [f64; 2],
    velocity_um_per_s: [f64; 2],
}

/// All pieces of the film.
pub(crate) fn pieces(scene: &Scene) -> Vec<Piece> {
    let mut rng = stream(scene.seed, Purpose::Dust, 0);
    let film_s = f64::from(scene.frames) * scene.frame_interval_s();
    let px = scene.pixel_size_um;
    let view_um = [
        f64::from(scene.width_px) * px,
        f64::from(scene.height_px) * px,
    ];
    (0..scene.dust.count)
        .map(|_| {
            let time_s = film_s * rng.random::<f64>();
            let place_um = view_um.map(|side| side * rng.random::<f64>());
            let angle = TAU * rng.random::<f64>();
            let speed = scene.dust.speed_um_per_s;
            Piece {
                time_s,
                place_um,
                velocity_um_per_s: [speed * libm::cos(angle), speed * libm::sin(angle)],
            }
        })
        .collect()
}

/// Place in the middle of each sub-step of frame `n`, px.
fn places_px(scene: &Scene, piece: &Piece, n: u32) -> Vec<[f64; 2]> {
    (0..scene.sub_steps as usize)
        .map(|k| {
            let t = sub_step_time_s(scene, n, k);
            let shake = vibration_um(scene, t);
            std::array::from_fn(|i| {
                let way = piece.velocity_um_per_s[i] * (t - piece.time_s);
                (piece.place_um[i] + way + shake[i]) / scene.pixel_size_um - 0.5
            })
        })
        .collect()
}

/// Light of the piece falls on the picture.
fn falls_on_picture(scene: &Scene, places: &[[f64; 2]]) -> bool {
    let reach = SPOT_REACH * scene.dust.width_px;
    let sides = [f64::from(scene.width_px), f64::from(scene.height_px)];
    places
        .iter()
        .any(|p| (0..2).all(|i| p[i] > -0.5 - reach && p[i] < sides[i] - 0.5 + reach))
}

/// What frame `n` shows of the dust.
pub(crate) fn truths(scene: &Scene, pieces: &[Piece], n: u32) -> Vec<DustTruth> {
    let still = scene.dust.width_px * scene.dust.width_px;
    let mut seen = Vec::new();
    for (dust, piece) in (0..).zip(pieces) {
        let places = places_px(scene, piece, n);
        if !falls_on_picture(scene, &places) {
            continue;
        }
        let count = places.len() as f64;
        let mean: [f64; 2] =
            std::array::from_fn(|i| places.iter().map(|p| p[i]).sum::<f64>() / count);
        let apart: Vec<f64> = places
            .iter()
            .map(|p| {
                let (x, y) = (p[0] - mean[0], p[1] - mean[1]);
                x * x + y * y
            })
            .collect();
        let height: f64 = apart.iter().map(|r2| libm::exp(-0.5 * r2 / still)).sum();
        let spread: f64 = apart.iter().map(|r2| 0.5 * r2).sum();
        seen.push(DustTruth {
            dust,
            x_px: mean[0],
            y_px: mean[1],
            peak_counts: scene.dust.peak_counts * height / count,
            width_px: (still + spread / count).sqrt(),
        });
    }
    seen
}

/// Adds the dust of frame `n`; `sign` is -1 where particles are dark.
pub(crate) fn add(light: &mut Array2<f32>, scene: &Scene, pieces: &[Piece], n: u32, sign: f64) {
    let width = scene.dust.width_px;
    let flux = sign * scene.dust.peak_counts * TAU * width * width / f64::from(scene.sub_steps);
    for piece in pieces {
        let places = places_px(scene, piece, n);
        if falls_on_picture(scene, &places) {
            for place in places {
                render::add_spot(light, place, width, flux);
            }
        }
    }
}
