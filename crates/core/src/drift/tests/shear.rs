//! Shear: found, taken away along the way of each particle, and not invented.

use super::{Scene, code, estimator};
use crate::drift::Drift;
use crate::model::{FrameIndex, Track};

/// Particles in a flow of `per_s` to the right for each pixel down, that come and go at the rim of 640 x 480.
fn sheared(particles: usize, per_s: f64, seed: u64) -> Vec<Track> {
    let still = Scene::of(particles, seed).tracks();
    still
        .iter()
        .filter_map(|t| {
            let mut points = t.points().to_vec();
            let mut by = 0.0;
            for k in 1..points.len() {
                let seconds = points[k].time_s - points[k - 1].time_s;
                let y = 0.5 * (points[k].spot.y_px + points[k - 1].spot.y_px);
                by += per_s * (y - 240.0) * seconds;
                points[k].spot.x_px += by;
            }
            // A particle that leaves the picture does not come back as the same.
            let inside = |x: f64, y: f64| (0.0..640.0).contains(&x) && (0.0..480.0).contains(&y);
            let stays = points
                .iter()
                .take_while(|p| inside(p.spot.x_px, p.spot.y_px))
                .count();
            points.truncate(stays);
            Track::new(t.id(), points)
        })
        .collect()
}

fn step_variance(tracks: &[Track], drift: &Drift) -> f64 {
    let (mut sum, mut frames) = (0.0, 0.0);
    for w in tracks.iter().flat_map(|t| t.points().windows(2)) {
        let (a, b) = (drift.offset_px(w[0].frame), drift.offset_px(w[1].frame));
        let by = drift.sheared_px(&w[0], &w[1]);
        let dx = w[1].spot.x_px - w[0].spot.x_px - (b.0 - a.0) - by.0;
        let dy = w[1].spot.y_px - w[0].spot.y_px - (b.1 - a.1) - by.1;
        sum += dx * dx + dy * dy;
        frames += f64::from(w[1].frame.0 - w[0].frame.0);
    }
    sum / frames
}

#[test]
fn shear_is_found_and_taken_away() {
    const PER_S: f64 = 0.2;
    let (mut with, mut before, mut truth) = (0.0, 0.0, 0.0);
    for seed in 0..10 {
        let tracks = sheared(20, PER_S, seed);
        let (drift, findings) = estimator("smooth").estimate(&tracks, 600);
        let seen = code(&findings, "M05").expect("shear is reported").observed;
        assert!(
            (seen.expect("with its size") - PER_S).abs() < 0.05,
            "{seen:?}"
        );
        with += step_variance(&tracks, &drift);
        before += step_variance(&tracks, &Drift::none());
        truth += step_variance(&sheared(20, 0.0, seed), &Drift::none());
    }
    assert!((with / truth - 1.0).abs() < 0.007, "{}", with / truth);
    assert!(before / truth > 1.03, "{}", before / truth);
}

#[test]
fn chance_and_the_rim_are_not_called_shear() {
    let mut called = 0;
    for seed in 0..100 {
        let tracks = sheared([5, 20][seed as usize % 2], 0.0, 700 + seed);
        let (_, findings) = estimator("smooth").estimate(&tracks, 600);
        called += usize::from(code(&findings, "M05").is_some());
    }
    assert!(called <= 1, "{called} of 100");
}

#[test]
fn a_shear_about_a_place_leaves_that_place() {
    let tracks = sheared(20, 0.2, 1);
    let (drift, _) = estimator("smooth").estimate(&tracks, 600);
    let mut points = tracks[0].points().to_vec();
    points.truncate(1);
    let mut later = points[0];
    later.frame = FrameIndex(later.frame.0 + 30);
    later.time_s += 1.0;
    for (y, to) in [(240.0, 0.0), (340.0, 20.0)] {
        points[0].spot.y_px = y;
        later.spot.y_px = y;
        let (a, b) = (
            drift.offset_px(points[0].frame),
            drift.offset_px(later.frame),
        );
        let x = drift.sheared_px(&points[0], &later).0 + b.0 - a.0;
        assert!((x - to).abs() < 5.0, "{x}");
    }
}
