//! Flow, pulsation, shear and vibration against theory.

mod common;

use common::{deep, displacements};
use nta_sim::{Motion, Scene, SceneError, SimulatedFilm, Vibration};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Flow and vibration reach the positions as stated.
#[test]
fn flow_and_vibration_shift_all_particles_alike() {
    let still = deep(60, 15.0, 8);
    let moved = Scene {
        motion: Motion {
            flow_um_per_s: [0.0, 0.0],
            vibration: Vibration {
                amplitude_um: 0.25,
                frequency_hz: 7.0,
                angle_deg: 90.0,
            },
            ..Motion::default()
        },
        ..still.clone()
    };
    let (a, b) = (
        SimulatedFilm::new(&still).expect("a sound scene"),
        SimulatedFilm::new(&moved).expect("a sound scene"),
    );
    for (f, g) in a.truth().frames.iter().zip(&b.truth().frames) {
        let t = f.time_s + 0.0075;
        // Mean of the sine over the exposure: sinc of half its phase.
        let half = std::f64::consts::PI * 7.0 * 0.015;
        let want = 0.25 / 0.2 * (TAU * 7.0 * t).sin() * half.sin() / half;
        assert!(
            (g.shift_px[1] - want).abs() < 2e-3,
            "{} for {want}",
            g.shift_px[1]
        );
        let there: BTreeMap<u32, f64> = g.spots.iter().map(|s| (s.particle, s.y_px)).collect();
        for s in f
            .spots
            .iter()
            .filter(|s| s.in_view && s.y_px > 5.0 && s.y_px < 394.0)
        {
            assert!((there[&s.particle] - s.y_px - g.shift_px[1]).abs() < 1e-9);
        }
    }
    let flowing = Scene {
        motion: Motion {
            flow_um_per_s: [20.0, -5.0],
            ..Motion::default()
        },
        ..deep(60, 15.0, 9)
    };
    let film = SimulatedFilm::new(&flowing).expect("a sound scene");
    let steps = displacements(&film, 1, 60.0);
    let d = film.truth().particles[0].diffusion_um2_per_s;
    let se = (2.0 * d / 30.0 / steps.len() as f64).sqrt();
    for (i, v) in [20.0, -5.0, 0.0].into_iter().enumerate() {
        let mean = steps.iter().map(|s| s[i]).sum::<f64>() / steps.len() as f64;
        assert!(
            (mean - v / 30.0).abs() < 4.0 * se,
            "axis {i}: {mean} for {}",
            v / 30.0
        );
    }
}

/// With the same seed a film in a pulsating flow has the places of the still film plus the integral of the flow, and
/// `shift_px` says so, also with two sub-steps and an exposure that is no small part of the period.
#[test]
fn a_pulsating_flow_carries_by_its_integral() {
    let still = Scene {
        sub_steps: 2,
        ..deep(60, 30.0, 10)
    };
    let (flow, fraction, hz) = ([20.0, -7.0], 0.8, 5.0);
    let pulsed = Scene {
        motion: Motion {
            flow_um_per_s: flow,
            pulsation_fraction: fraction,
            pulsation_hz: hz,
            ..Motion::default()
        },
        ..still.clone()
    };
    let (a, b) = (
        SimulatedFilm::new(&still).expect("a sound scene"),
        SimulatedFilm::new(&pulsed).expect("a sound scene"),
    );
    // Time that a steady flow would need for the same way.
    let way = |t: f64| t + fraction * (1.0 - (TAU * hz * t).cos()) / (TAU * hz);
    let box_px = 400.0 + 2.0 * 20.0 / 0.2;
    let mut compared = 0;
    for (f, g) in a.truth().frames.iter().zip(&b.truth().frames) {
        // Mean over the exposure by the midpoint rule in a thousand parts.
        let mean = (0..1000)
            .map(|k| way(f.time_s + 0.030 * (f64::from(k) + 0.5) / 1000.0) / 1000.0)
            .sum::<f64>();
        for (got, v) in g.shift_px.into_iter().zip(flow) {
            let want = v * mean / 0.2;
            assert!((got - want).abs() < 1e-5, "{got} for {want}");
        }
        let there: BTreeMap<u32, [f64; 2]> = g
            .spots
            .iter()
            .map(|s| (s.particle, [s.x_px, s.y_px]))
            .collect();
        for s in &f.spots {
            let Some(moved) = there.get(&s.particle) else {
                continue;
            };
            for (i, from) in [s.x_px, s.y_px].into_iter().enumerate() {
                let rest = moved[i] - from - g.shift_px[i];
                // Who has left the box on one side has come back on the other.
                let sides = (rest / box_px).round();
                assert!((rest - sides * box_px).abs() < 1e-6, "{rest}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// Mean step from frame to frame as a function of the place: the slopes are those of exp(G dt) - 1, each within four
/// standard errors of the regression; the variance about the line is 2 D dt.
#[test]
fn shear_makes_the_velocity_a_linear_function_of_the_place() {
    let gradient = [[0.6, 1.5], [-0.5, -0.6]];
    let scene = Scene {
        motion: Motion {
            shear_per_s: gradient,
            ..Motion::default()
        },
        ..deep(240, 1e-3, 12)
    };
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let d = film.truth().particles[0].diffusion_um2_per_s;
    let dt = 1.0 / 30.0;
    // Sums of the normal equations of step = a x + b y, from the centre of the view.
    let (mut xx, mut xy, mut yy, mut n) = (0.0, 0.0, 0.0, 0.0);
    let mut by = [[0.0; 2]; 2];
    for pair in film.truth().frames.windows(2) {
        let later: BTreeMap<u32, [f64; 2]> = pair[1]
            .spots
            .iter()
            .map(|s| (s.particle, [s.x_px, s.y_px]))
            .collect();
        for s in &pair[0].spots {
            let at = [s.x_px, s.y_px].map(|v| (v - 199.5) * 0.2);
            if at.iter().any(|v| v.abs() > 28.0) || s.z_um.abs() > 80.0 {
                continue;
            }
            let end = later[&s.particle].map(|v| (v - 199.5) * 0.2);
            xx += at[0] * at[0];
            xy += at[0] * at[1];
            yy += at[1] * at[1];
            n += 1.0;
            for i in 0..2 {
                by[i][0] += (end[i] - at[i]) * at[0];
                by[i][1] += (end[i] - at[i]) * at[1];
            }
        }
    }
    assert!(n > 5000.0, "{n}");
    let det = xx * yy - xy * xy;
    // exp(G dt) - 1 by its series.
    let square = (gradient[0][1] * gradient[1][0] - gradient[0][0] * gradient[1][1]) * dt * dt;
    for i in 0..2 {
        let slopes = [
            (by[i][0] * yy - by[i][1] * xy) / det,
            (by[i][1] * xx - by[i][0] * xy) / det,
        ];
        let errors = [yy, xx].map(|s| (2.0 * d * dt * s / det).sqrt());
        for j in 0..2 {
            let unit = if i == j { 0.5 * square } else { 0.0 };
            let want = unit + gradient[i][j] * dt * (1.0 + square / 6.0);
            let (got, se) = (slopes[j], errors[j]);
            assert!(se < 0.05 * 1.5 * dt, "too few steps: {se}");
            assert!(
                (got - want).abs() < 4.0 * se,
                "[{i}][{j}]: {got} for {want} +- {se}"
            );
        }
    }
}

/// A strain that exchanges the whole box several times leaves the filling even: in each half of the view, across and
/// down, the mean number is concentration x volume. Without entry through the inflow the view would run empty.
#[test]
fn shear_leaves_the_filling_even() {
    let scene = Scene {
        frame_rate_fps: 10.0,
        motion: Motion {
            shear_per_s: [[0.4, 0.0], [0.3, -0.4]],
            flow_um_per_s: [3.0, 0.0],
            ..Motion::default()
        },
        ..deep(600, 10.0, 13)
    };
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let truth = film.truth();
    let (frames, half_um) = (&truth.frames[200..], 90.0);
    let want = truth.concentration_per_ml * 40.0 * 80.0 * 2.0 * half_um * 1e-12;
    // The medium in the view is renewed within 1 / (0.4 per s) x ln 3, about 3 s: some 13 independent counts in 40 s.
    let tolerance = 4.0 * (want / 13.0).sqrt();
    for part in 0..4 {
        let counted: usize = frames
            .iter()
            .map(|f| {
                let inside = |s: &&nta_sim::SpotTruth| {
                    let v = if part < 2 { s.x_px } else { s.y_px };
                    s.in_view && s.z_um.abs() < half_um && (v < 199.5) == (part % 2 == 0)
                };
                f.spots.iter().filter(inside).count()
            })
            .sum();
        let mean = counted as f64 / frames.len() as f64;
        assert!(
            (mean - want).abs() < tolerance,
            "half {part}: {mean} for {want} +- {tolerance}"
        );
    }
}

#[test]
fn a_flow_that_compresses_is_refused() {
    let scene: Scene =
        toml::from_str("motion.shear_per_s = [[0.5, 0.0], [0.0, 0.5]]").expect("a scene file");
    let e = SimulatedFilm::new(&scene).expect_err("a liquid cannot be compressed");
    assert!(matches!(e, SceneError::Compression { .. }));
    assert_eq!(
        e.to_string(),
        "motion.shear_per_s has the diagonal 0.5 and 0.5 per s, but a liquid cannot be compressed: the two must add up \
         to 0"
    );
}
