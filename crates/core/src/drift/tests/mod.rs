//! Drift found, drift left alone, and what that does to the diffusion coefficient.

mod periodic;
mod shear;

use crate::drift::{DRIFTS, Drift, DriftEstimator};
use crate::model::{FrameIndex, Spot, Track, TrackId, TrackPoint};
use crate::{Finding, Severity};
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Step variances of 60, 100 and 200 nm, px^2 per frame (water, 25 C, 30 frames/s, 0.2 um/px).
const KINDS_PX2: [f64; 3] = [13.6, 8.18, 4.09];

struct Scene {
    particles: usize,
    frames: u32,
    /// Frames that a particle stays.
    stay: u32,
    flow_px: fn(u32) -> (f64, f64),
    /// Where the stage stands at a frame.
    stage_px: fn(f64) -> (f64, f64),
    /// The time of a frame, frame intervals.
    clock: fn(u32) -> f64,
    shake_px: f64,
    /// Standard error of positions.
    error_px: f64,
    seed: u64,
}

impl Scene {
    fn of(particles: usize, seed: u64) -> Self {
        Self {
            particles,
            frames: 600,
            stay: 30,
            flow_px: |_| (0.0, 0.0),
            stage_px: |_| (0.0, 0.0),
            clock: f64::from,
            shake_px: 0.0,
            error_px: 0.2,
            seed,
        }
    }

    fn tracks(&self) -> Vec<Track> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let shakes: Vec<(f64, f64)> = (0..self.frames)
            .map(|_| {
                let (a, b): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
                (self.shake_px * a, self.shake_px * b)
            })
            .collect();
        let mut out = Vec::new();
        for slot in 0..self.particles {
            let mut first = 0;
            while first < self.frames {
                // Visits begin at different times in different slots.
                let stay = if first == 0 {
                    1 + (slot as u32 * 7) % self.stay
                } else {
                    self.stay
                };
                let last = (first + stay).min(self.frames);
                let sd = KINDS_PX2[out.len() % 3].sqrt();
                let mut at = (rng.random::<f64>() * 640.0, rng.random::<f64>() * 480.0);
                let mut points = Vec::new();
                for f in first..last {
                    let noise: [f64; 2] = [rng.sample(StandardNormal), rng.sample(StandardNormal)];
                    let shake = shakes[f as usize];
                    let time = (self.clock)(f);
                    let stage = (self.stage_px)(time);
                    let x = at.0 + shake.0 + stage.0 + self.error_px * noise[0];
                    let y = at.1 + shake.1 + stage.1 + self.error_px * noise[1];
                    let mut seen = point(f, x, y);
                    seen.time_s = time / 30.0;
                    points.push(seen);
                    let sd = sd * ((self.clock)(f + 1) - time).sqrt();
                    let step: [f64; 2] = [rng.sample(StandardNormal), rng.sample(StandardNormal)];
                    let flow = (self.flow_px)(f);
                    at = (at.0 + sd * step[0] + flow.0, at.1 + sd * step[1] + flow.1);
                }
                // One frame in fifty is missed.
                points.retain(|_| rng.random::<f64>() > 0.02);
                out.extend(Track::new(TrackId(out.len() as u32), points));
                first = last;
            }
        }
        out
    }
}

fn point(frame: u32, x_px: f64, y_px: f64) -> TrackPoint {
    TrackPoint {
        frame: FrameIndex(frame),
        time_s: f64::from(frame) / 30.0,
        spot: Spot {
            x_px,
            y_px,
            precision_px: 0.2,
            width_px: 1.4,
            mass_counts: 500.0,
            peak_counts: 40.0,
            background_counts: 0.0,
            snr: 10.0,
        },
    }
}

fn estimator(key: &str) -> Box<dyn DriftEstimator> {
    let entry = DRIFTS.iter().find(|e| e.key == key).expect("in the table");
    (entry.make)(&entry.defaults())
}

/// Sums of squared steps with the drift taken away and of their expectation, noise included.
fn steps_over_truth(tracks: &[Track], drift: &Drift, sums: &mut (f64, f64)) {
    for t in tracks {
        for w in t.points().windows(2) {
            let (a, b) = (drift.offset_px(w[0].frame), drift.offset_px(w[1].frame));
            let dx = w[1].spot.x_px - w[0].spot.x_px - b.0 + a.0;
            let dy = w[1].spot.y_px - w[0].spot.y_px - b.1 + a.1;
            let m = f64::from(w[1].frame.0 - w[0].frame.0);
            sums.0 += dx * dx + dy * dy;
            sums.1 += m;
        }
    }
}

/// Bias of the pooled step variance from taking drift away, against the same films without flow and untouched, %.
fn bias_percent(make: impl Fn(u64) -> Scene, seeds: u64) -> f64 {
    let (mut with, mut truth) = ((0.0, 0.0), (0.0, 0.0));
    for seed in 0..seeds {
        let scene = make(seed);
        let tracks = scene.tracks();
        let (drift, _) = estimator("smooth").estimate(&tracks, scene.frames);
        steps_over_truth(&tracks, &drift, &mut with);
        let still = Scene {
            flow_px: |_| (0.0, 0.0),
            stage_px: |_| (0.0, 0.0),
            ..make(seed)
        };
        steps_over_truth(&still.tracks(), &Drift::none(), &mut truth);
    }
    100.0 * (with.0 / with.1 / (truth.0 / truth.1) - 1.0)
}

fn code<'a>(findings: &'a [Finding], code: &str) -> Option<&'a Finding> {
    findings.iter().find(|f| f.code == code)
}

#[test]
fn particles_keep_their_own_motion() {
    for (n, seeds) in [(2, 40), (5, 30), (20, 10)] {
        let bias = bias_percent(|seed| Scene::of(n, seed), seeds);
        assert!(bias.abs() < 0.5, "{n} particles: bias {bias:.2} %");
    }
}

#[test]
fn a_constant_flow_is_found_and_taken_away() {
    // 5 um/s at 30 frames/s and 0.2 um/px.
    const FLOW: f64 = 5.0 / 30.0 / 0.2;
    for n in [5, 20] {
        let make = |seed| Scene {
            flow_px: |_| (FLOW, 0.0),
            ..Scene::of(n, seed)
        };
        let bias = bias_percent(make, 10);
        assert!(bias.abs() < 1.0, "{n} particles: bias {bias:.2} %");
        let tracks = make(3).tracks();
        let (drift, findings) = estimator("smooth").estimate(&tracks, 600);
        let (x, y) = drift.offset_px(FrameIndex(599));
        // The standard error of the mean velocity: sqrt(step variance / (particles * frames)).
        let error = (8.6 / (n as f64 * 570.0)).sqrt();
        assert!((x / 599.0 - FLOW).abs() < 3.5 * error, "{x}");
        assert!((y / 599.0).abs() < 3.5 * error, "{y}");
        let found = code(&findings, "M01").expect("drift is reported");
        assert_eq!(found.severity, Severity::Info);
        assert!(code(&findings, "M02").is_none());
    }
    let fast = Scene {
        flow_px: |_| (2.5, 0.0),
        ..Scene::of(20, 1)
    };
    let (_, findings) = estimator("smooth").estimate(&fast.tracks(), 600);
    assert_eq!(
        code(&findings, "M01").expect("reported").severity,
        Severity::Warning
    );
}

#[test]
fn a_flow_that_turns_is_followed() {
    // Half a sine of 10 um/s over the film.
    let make = |seed| Scene {
        flow_px: |f| {
            (
                1.67 * (f64::from(f) / 600.0 * std::f64::consts::TAU).sin(),
                0.0,
            )
        },
        ..Scene::of(20, seed)
    };
    let bias = bias_percent(make, 10);
    assert!(bias.abs() < 1.0, "bias {bias:.2} %");
    let (drift, _) = estimator("smooth").estimate(&make(2).tracks(), 600);
    let (middle, end) = (
        drift.offset_px(FrameIndex(300)),
        drift.offset_px(FrameIndex(599)),
    );
    assert!(
        (middle.0 / (1.67 * 191.0) - 1.0).abs() < 0.15,
        "{}",
        middle.0
    );
    assert!(end.0.abs() < 45.0, "{}", end.0);
}

#[test]
fn chance_is_not_called_drift() {
    let mut called = 0;
    for seed in 0..60 {
        let (drift, findings) =
            estimator("smooth").estimate(&Scene::of(5, 500 + seed).tracks(), 600);
        called += usize::from(drift != Drift::none());
        assert_eq!(code(&findings, "M01").is_some(), drift != Drift::none());
        assert!(code(&findings, "M02").is_none());
    }
    // 1 % for the constant part and about 2 % for what varies.
    assert!(called <= 7, "{called} of 60");
}

/// A long exposure makes steps that follow each other alike, so that means over many frames scatter more than single
/// steps suggest, here by 1.6.
#[test]
fn a_long_exposure_is_not_called_drift() {
    let mut called = 0;
    for seed in 0..60 {
        let sharp = Scene::of(5, 800 + seed).tracks();
        let blurred: Vec<Track> = sharp
            .iter()
            .filter_map(|t| {
                let mean = |a: f64, b: f64| 0.75 * a + 0.25 * b;
                let points = t.points().windows(2).map(|w| {
                    let mut seen = w[0];
                    seen.spot.x_px = mean(w[0].spot.x_px, w[1].spot.x_px);
                    seen.spot.y_px = mean(w[0].spot.y_px, w[1].spot.y_px);
                    seen
                });
                Track::new(t.id(), points.collect())
            })
            .collect();
        let (drift, _) = estimator("smooth").estimate(&blurred, 600);
        called += usize::from(drift != Drift::none());
    }
    assert!(called <= 7, "{called} of 60");
}

#[test]
fn shaking_is_reported_and_left_alone() {
    // 0.1 um rms.
    let scene = Scene {
        shake_px: 0.5,
        ..Scene::of(20, 4)
    };
    let tracks = scene.tracks();
    let (drift, findings) = estimator("smooth").estimate(&tracks, 600);
    let found = code(&findings, "M02").expect("shaking is seen");
    let seen = found.observed.expect("with its size");
    assert!((seen / 0.5 - 1.0).abs() < 0.15, "{seen}");
    assert_eq!(drift, Drift::none());
}

#[test]
fn outliers_do_not_carry_the_mean() {
    let mut tracks = Scene::of(20, 5).tracks();
    for k in 0..30 {
        let points = vec![point(10 * k, 0.0, 0.0), point(10 * k + 1, 60.0, 60.0)];
        tracks.extend(Track::new(TrackId(9000 + k), points));
    }
    let (drift, _) = estimator("smooth").estimate(&tracks, 600);
    let (x, _) = drift.offset_px(FrameIndex(599));
    assert!((x / 599.0).abs() < 0.12, "{x}");
}

#[test]
fn every_estimator_bears_every_film() {
    let lone = Track::new(TrackId(0), vec![point(0, 1.0, 1.0), point(1, 2.0, 1.0)]);
    let lone: Vec<Track> = lone.into_iter().collect();
    let odd: Vec<Track> = [f64::NAN, f64::INFINITY, 1e300, 3.0]
        .into_iter()
        .filter_map(|v| {
            let points = vec![
                point(0, v, 0.0),
                point(3, 0.0, v),
                point(u32::MAX, 1.0, 1.0),
            ];
            Track::new(TrackId(0), points)
        })
        .collect();
    let still: Vec<Track> = (0..3)
        .filter_map(|_| Track::new(TrackId(0), (0..50).map(|f| point(f, 5.0, 5.0)).collect()))
        .collect();
    for entry in DRIFTS {
        let e = (entry.make)(&entry.defaults());
        for (tracks, frames) in [
            (&[][..], 0),
            (&[], 100),
            (&lone, 2),
            (&lone, 0),
            (&odd, 10),
            (&odd, u32::MAX),
            (&still, 50),
            (&still, 20),
        ] {
            let (drift, _) = e.estimate(tracks, frames);
            for f in [0, 1, 5, 100] {
                let (x, y) = drift.offset_px(FrameIndex(f));
                assert!(x.is_finite() && y.is_finite(), "{}", entry.key);
            }
            assert_eq!(drift, e.estimate(tracks, frames).0);
        }
    }
}

#[test]
fn the_table_is_sound() {
    for (i, e) in DRIFTS.iter().enumerate() {
        assert!(DRIFTS[..i].iter().all(|o| o.key != e.key));
        assert!(!e.title.is_empty());
        for p in e.params {
            assert!(
                p.min <= p.default && p.default <= p.max,
                "{}.{}",
                e.key,
                p.key
            );
        }
    }
}
