//! Motion to and fro: found, taken away, and not invented.

use super::{Scene, bias_percent, code, estimator};
use crate::Severity;
use crate::drift::Drift;
use crate::drift::clock::Clock;
use crate::drift::common::{Displacements, weights};
use crate::drift::periodic::lines;
use crate::drift::periodogram::rows;
use crate::model::FrameIndex;
use std::f64::consts::TAU;
use std::sync::atomic::AtomicBool;

/// Amplitude of 0.25 um at 0.2 um/px.
const AMPLITUDE_PX: f64 = 1.25;

/// A stage that shakes `hz` times a second, at 30 frames/s and 30 degrees from x.
fn shaken(hz: f64, t: f64) -> (f64, f64) {
    let at = AMPLITUDE_PX * (TAU * hz * t / 30.0).sin();
    (0.866 * at, 0.5 * at)
}

/// Where the stage stands at a time.
type Stage = fn(f64) -> (f64, f64);

fn scenes() -> [(&'static str, Stage); 6] {
    [
        ("3 Hz", |t| shaken(3.0, t)),
        ("7.3 Hz", |t| shaken(7.3, t)),
        ("14.9 Hz", |t| shaken(14.9, t)),
        ("25 Hz, seen as 5", |t| shaken(25.0, t)),
        ("7 Hz and its double", |t| {
            let (a, b) = (shaken(7.0, t), shaken(14.0, t));
            (a.0 + 0.4 * b.0, a.1 - 0.4 * b.1)
        }),
        // The phase turns around once in 10 s.
        ("7 Hz that wanders", |t| {
            let at = AMPLITUDE_PX * (TAU * 7.0 * t / 30.0 + 3.0 * (TAU * t / 300.0).sin()).sin();
            (at, 0.0)
        }),
    ]
}

#[test]
fn vibration_is_taken_away() {
    for (name, stage_px) in scenes() {
        let make = |seed| Scene {
            stage_px,
            ..Scene::of(20, seed)
        };
        let bias = bias_percent(make, 6);
        assert!(bias.abs() < 1.0, "{name}: bias {bias:.2} %");
        let (_, findings) = estimator("smooth").estimate(&make(1).tracks(), 600);
        let found = code(&findings, "M04").expect("it is reported");
        let strong = found.severity == Severity::Warning;
        // Half an ordinary step of the mixture is 2 px across both axes.
        assert_eq!(strong, found.observed > found.limit, "{name}");
        assert!(code(&findings, "M01").is_none(), "{name}");
    }
}

#[test]
fn the_size_and_the_frequency_are_right() {
    let scene = Scene {
        stage_px: |t| shaken(7.3, t),
        ..Scene::of(20, 3)
    };
    let (drift, findings) = estimator("smooth").estimate(&scene.tracks(), 600);
    let found = code(&findings, "M04").expect("it is reported");
    assert!(found.message.contains("7.30 times per second"), "{found:?}");
    // A sinusoid of amplitude A moves by 2 A sin(pi f) between frames at most.
    let truth = AMPLITUDE_PX * 2.0 * (0.5 * TAU * 7.3 / 30.0).sin() * 0.5f64.sqrt();
    let seen = found.observed.expect("with its size");
    assert!((seen / truth - 1.0).abs() < 0.05, "{seen} is not {truth}");
    for f in 0..600 {
        let (x, y) = drift.offset_px(FrameIndex(f));
        let (tx, ty) = shaken(7.3, f64::from(f));
        assert!(
            (x - tx).hypot(y - ty) < 0.15,
            "frame {f}: {x} {y} is not {tx} {ty}"
        );
    }
}

#[test]
fn five_particles_show_a_vibration() {
    let make = |seed| Scene {
        stage_px: |t| shaken(7.0, t),
        ..Scene::of(5, seed)
    };
    let bias = bias_percent(make, 20);
    assert!(bias.abs() < 1.0, "bias {bias:.2} %");
}

/// 4 um/s that pulsate fully at 1 Hz, with and without the stage shaking.
#[test]
fn a_pump_is_taken_away() {
    let flow_px: fn(u32) -> (f64, f64) =
        |f| (0.667 * (1.0 + (TAU * f64::from(f) / 30.0).sin()), 0.0);
    for stage_px in [|_| (0.0, 0.0), |t| shaken(12.0, t)] {
        let make = |seed| Scene {
            flow_px,
            stage_px,
            ..Scene::of(20, seed)
        };
        let bias = bias_percent(make, 10);
        assert!(bias.abs() < 1.0, "bias {bias:.2} %");
    }
}

/// A camera that skips a quarter of a second now and then, and whose frames are not evenly spaced.
#[test]
fn phases_are_those_of_time() {
    let clock: fn(u32) -> f64 = |f| {
        let f = f64::from(f);
        f + 0.3 * (0.7 * f).sin() + 7.5 * (f / 100.0).floor()
    };
    let make = |seed| Scene {
        stage_px: |t| shaken(7.0, t),
        clock,
        ..Scene::of(20, seed)
    };
    let bias = bias_percent(make, 6);
    assert!(bias.abs() < 1.0, "bias {bias:.2} %");
    // A phase by the place in the list would be lost.
    let (_, findings) = estimator("smooth").estimate(&make(2).tracks(), 600);
    let found = code(&findings, "M04").expect("it is reported");
    assert!(found.message.contains(" 7.0"), "{found:?}");
}

/// Few and many particles, small and large errors of position.
#[test]
fn chance_is_not_called_a_vibration() {
    let mut called = 0;
    for seed in 0..200 {
        let scene = Scene {
            error_px: [0.0, 0.2, 2.0, 4.0][seed as usize % 4],
            ..Scene::of([3, 5, 20, 40][seed as usize / 4 % 4], 9000 + seed)
        };
        let (_, findings) = estimator("smooth").estimate(&scene.tracks(), scene.frames);
        called += usize::from(code(&findings, "M04").is_some());
    }
    assert!(called <= 1, "{called} of 200");
}

#[test]
fn shaking_without_a_frequency_stays() {
    let scene = Scene {
        shake_px: 0.5,
        ..Scene::of(20, 8)
    };
    let (drift, findings) = estimator("smooth").estimate(&scene.tracks(), 600);
    assert!(code(&findings, "M02").is_some());
    assert!(code(&findings, "M04").is_none());
    assert_eq!(drift, Drift::none());
}

/// Once in 120 frames: what is slower than the lowest frequency is not taken for an oscillation, nor climbed down to.
#[test]
fn no_oscillation_is_below_the_lowest_frequency() {
    let scene = Scene {
        stage_px: |t| (8.0 * (t / 120.0 * TAU).sin(), 0.0),
        ..Scene::of(20, 3)
    };
    let tracks = scene.tracks();
    let clock = Clock::of(&tracks, 600);
    let all = Displacements::of(&tracks, &clock);
    let weights = weights(all);
    let rows = rows(all.weighed(&weights), &[(0.0, 0.0); 600]);
    let go_on = AtomicBool::new(false);
    for lowest in [0.001, 0.0075, 0.0106, 0.02, 0.1] {
        let found = lines(&rows, &clock.at, lowest, &go_on);
        let frequencies: Vec<f64> = found.iter().map(|l| l.frequency).collect();
        assert!(
            frequencies.iter().all(|f| *f >= lowest),
            "{lowest}: {frequencies:?}"
        );
        let there = frequencies.iter().any(|f| (f * 120.0 - 1.0).abs() < 0.05);
        assert_eq!(there, lowest < 1.0 / 120.0, "{lowest}: {frequencies:?}");
    }
    let stop = AtomicBool::new(true);
    assert!(lines(&rows, &clock.at, 0.001, &stop).is_empty());
}

#[test]
fn a_measurement_that_is_cancelled_ends_at_once() {
    let scene = Scene {
        frames: 6000,
        stage_px: |t| shaken(7.0, t),
        ..Scene::of(20, 3)
    };
    let tracks = scene.tracks();
    let (drift, findings) =
        estimator("smooth").estimate_until(&tracks, 6000, &AtomicBool::new(true));
    assert_eq!(drift, Drift::none());
    assert!(code(&findings, "M04").is_none() && code(&findings, "M01").is_none());
}
