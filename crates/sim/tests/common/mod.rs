//! What the tests of motion share.
#![allow(dead_code)]

use nta_sim::{Amount, Optics, Scene, SimulatedFilm, SpotTruth};
use std::collections::BTreeMap;

/// A scene in which a particle is seen wherever it is in depth, so that no choice is made by depth.
pub fn deep(frames: u32, exposure_ms: f64, seed: u64) -> Scene {
    Scene {
        width_px: 400,
        height_px: 400,
        frames,
        exposure_ms,
        amount: Amount::ConcentrationPerMl(1.5e8),
        optics: Optics {
            defocus_depth_um: 1e4,
            sheet_half_thickness_um: 1e4,
            ..Optics::default()
        },
        seed,
        ..Scene::standard()
    }
}

/// Displacements over `lag` frames of all particles that start far enough from the edge never to be lost, um:
/// (x, y, z).
pub fn displacements(film: &SimulatedFilm, lag: usize, margin_px: f64) -> Vec<[f64; 3]> {
    let scene = film.scene();
    let inside = |v: f64, side: u32| v > margin_px && v < f64::from(side) - margin_px;
    let frames = &film.truth().frames;
    let mut out = Vec::new();
    for (first, second) in frames.iter().zip(frames.iter().skip(lag)) {
        let later: BTreeMap<u32, &SpotTruth> =
            second.spots.iter().map(|s| (s.particle, s)).collect();
        for s in &first.spots {
            if inside(s.x_px, scene.width_px)
                && inside(s.y_px, scene.height_px)
                && s.z_um.abs() < film.truth().box_half_depth_um - 15.0
            {
                let l = later
                    .get(&s.particle)
                    .expect("it cannot have left the picture");
                let px = scene.pixel_size_um;
                out.push([
                    (l.x_px - s.x_px) * px,
                    (l.y_px - s.y_px) * px,
                    l.z_um - s.z_um,
                ]);
            }
        }
    }
    out
}

/// Mean square along each axis with its standard error.
pub fn mean_squares(d: &[[f64; 3]]) -> [(f64, f64); 3] {
    let n = d.len() as f64;
    std::array::from_fn(|i| {
        let m = d.iter().map(|v| v[i] * v[i]).sum::<f64>() / n;
        (m, m * (2.0 / n).sqrt())
    })
}
