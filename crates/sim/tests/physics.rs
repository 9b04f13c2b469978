//! The film against theory: none of the project's own analysis is used here.

mod common;

use common::{deep, displacements, mean_squares};
use nta_core::{FrameIndex, FrameSource, Pixels};
use nta_sim::{Amount, Camera, Light, Optics, Population, Scene, SimulatedFilm, SpotTruth};

/// Einstein 1905: <x^2> = 2 D t on each axis, with D = kT / (3 pi eta d): 4.9 um^2/s for 100 nm in water at 25 C.
#[test]
fn displacements_grow_as_two_d_t() {
    let film = SimulatedFilm::new(&deep(120, 1e-3, 5)).expect("a sound scene");
    let d = film.truth().particles[0].diffusion_um2_per_s;
    assert!((d - 4.90).abs() < 0.02, "{d}");
    for lag in [1, 4] {
        let steps = displacements(&film, lag, 60.0);
        assert!(steps.len() > 5000, "{}", steps.len());
        let want = 2.0 * d * lag as f64 / 30.0;
        for (got, se) in mean_squares(&steps) {
            // Overlapping steps are not independent: the error grows with the root of the lag.
            let tolerance = 4.0 * se * (lag as f64).sqrt();
            assert!(
                (got - want).abs() < tolerance,
                "lag {lag}: {got} for {want} +- {tolerance}"
            );
        }
    }
}

/// Savin and Doyle 2005, doi:10.1529/biophysj.104.042457, and Berglund 2010, doi:10.1103/PhysRevE.82.011917: for mean
/// positions over an exposure tE, <dx^2> = 2 D (dt - tE/3) and <dx_k dx_k+1> = 2 D tE / 6.
#[test]
fn the_exposure_shortens_steps_and_correlates_neighbours() {
    for sub_steps in [1, 8] {
        let scene = Scene {
            sub_steps,
            ..deep(300, 30.0, 6)
        };
        let film = SimulatedFilm::new(&scene).expect("a sound scene");
        let d = film.truth().particles[0].diffusion_um2_per_s;
        let one = displacements(&film, 1, 60.0);
        let want = 2.0 * d * (1.0 / 30.0 - 0.030 / 3.0);
        for (got, se) in mean_squares(&one) {
            assert!((got - want).abs() < 4.0 * se, "{got} for {want} +- {se}");
        }
        // <(dx_1 + dx_2)^2> = 2 <dx^2> + 2 <dx_1 dx_2> = 2 D (2 dt - tE/3).
        let want = 2.0 * d * (2.0 / 30.0 - 0.030 / 3.0);
        for (got, se) in mean_squares(&displacements(&film, 2, 60.0)) {
            assert!(
                (got - want).abs() < 4.0 * se * 2f64.sqrt(),
                "{got} for {want} +- {se}"
            );
        }
    }
}

/// Mean number in any part of the box = concentration x volume.
#[test]
fn the_number_in_view_is_concentration_times_volume() {
    let scene = Scene {
        frames: 600,
        frame_rate_fps: 2.0,
        width_px: 300,
        height_px: 200,
        amount: Amount::ConcentrationPerMl(2e9),
        ..Scene::standard()
    };
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let truth = film.truth();
    assert!((truth.concentration_per_ml / 2e9 - 1.0).abs() < 0.01);
    let half_um = 3.0;
    let volume_ml = 300.0 * 200.0 * 0.2 * 0.2 * 2.0 * half_um * 1e-12;
    let counts: Vec<f64> = truth
        .frames
        .iter()
        .map(|f| {
            f.spots
                .iter()
                .filter(|s| s.in_view && s.z_um.abs() < half_um)
                .count() as f64
        })
        .collect();
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let want = truth.concentration_per_ml * volume_ml;
    // About 29 in view, renewed within about 4 s: some 75 independent counts in 300 s.
    let tolerance = 4.0 * (want / 75.0).sqrt();
    assert!(
        (mean - want).abs() < tolerance,
        "{mean} for {want} +- {tolerance}"
    );
    let visible = truth
        .frames
        .iter()
        .map(|f| f.visible().count())
        .sum::<usize>() as f64
        / counts.len() as f64;
    let want = want / (2.0 * half_um) * truth.visible_depth_um;
    assert!((visible / want - 1.0).abs() < 0.12, "{visible} for {want}");
}

/// The standard scene has the number of visible particles that it promises. Three frames a second instead of thirty, so
/// that the particles are exchanged often enough for a mean.
#[test]
fn the_standard_scene_shows_about_35_particles() {
    for (want, frames) in [(35.0, 600), (150.0, 150)] {
        let scene = Scene {
            amount: Amount::VisiblePerFrame(want),
            frames,
            frame_rate_fps: 3.0,
            ..Scene::standard()
        };
        let film = SimulatedFilm::new(&scene).expect("a sound scene");
        let frames = &film.truth().frames;
        let mean =
            frames.iter().map(|f| f.visible().count()).sum::<usize>() as f64 / frames.len() as f64;
        assert!((mean / want - 1.0).abs() < 0.08, "{mean}");
    }
}

/// One bright particle, no noise, and an even sensor.
fn one_bright_particle() -> Scene {
    Scene {
        frames: 300,
        exposure_ms: 0.2,
        width_px: 120,
        height_px: 100,
        amount: Amount::VisiblePerFrame(1.0),
        // A thin sheet: a particle is either bright or dark.
        optics: Optics {
            sheet_half_thickness_um: 1.5,
            ..Optics::default()
        },
        light: Light {
            reference_peak_counts: 20_000.0,
            background_counts: 500.0,
            gradient_x_counts: 0.0,
            gradient_y_counts: 0.0,
            ..Light::default()
        },
        camera: Camera {
            bit_depth: 16,
            shot_noise: false,
            read_noise_e: 0.0,
            offset_counts: 0.0,
            fixed_offset_counts: 0.0,
            fixed_gain_fraction: 0.0,
            ..Camera::default()
        },
        seed: 3,
        ..Scene::standard()
    }
}

/// With one bright particle, no noise and an even sensor, the centre of gravity of the picture is the true position, and
/// its height is the true one. The exposure is short, because the true position is a mean over time and the centre of
/// gravity one over light, which are not the same where the light changes on the way.
#[test]
fn the_picture_lies_where_the_truth_says() {
    let scene = one_bright_particle();
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let mut tried = 0;
    for frame in &film.truth().frames {
        let light = |s: &SpotTruth| s.peak_counts * s.width_px * s.width_px;
        let Some(s) = frame
            .spots
            .iter()
            .max_by(|a, b| light(a).total_cmp(&light(b)))
        else {
            continue;
        };
        let all: f64 = frame.spots.iter().map(light).sum();
        if light(s) < 0.9999 * all {
            continue;
        }
        let reach = 6.0 * s.width_px;
        if s.peak_counts < 1000.0
            || s.x_px < reach
            || s.x_px > 119.0 - reach
            || s.y_px < reach
            || s.y_px > 99.0 - reach
        {
            continue;
        }
        tried += 1;
        let picture = film
            .picture(frame.frame)
            .expect("no frame is dropped")
            .to_f32();
        let (mut sum, mut sx, mut sy, mut highest) = (0.0, 0.0, 0.0, 0.0_f64);
        for ((y, x), v) in picture.indexed_iter() {
            let v = f64::from(*v) - 500.0;
            sum += v;
            sx += v * x as f64;
            sy += v * y as f64;
            highest = highest.max(v);
        }
        assert!(
            (sx / sum - s.x_px).abs() < 0.02,
            "x {} for {}",
            sx / sum,
            s.x_px
        );
        assert!(
            (sy / sum - s.y_px).abs() < 0.02,
            "y {} for {}",
            sy / sum,
            s.y_px
        );
        let ratio = highest / s.peak_counts;
        assert!(
            (0.8..1.15).contains(&ratio),
            "peak {highest} for {}",
            s.peak_counts
        );
    }
    assert!(tried > 10, "{tried}");
}

/// Background of a film of pure medium: mean and variance of each pixel over time are those of offset and light.
#[test]
fn an_empty_film_has_the_stated_mean_and_noise() {
    let scene = Scene {
        width_px: 80,
        height_px: 60,
        frames: 60,
        populations: Vec::<Population>::new(),
        ..Scene::standard()
    };
    let mut film = SimulatedFilm::new(&scene).expect("pure medium is a sound scene");
    assert!(
        film.truth().particles.is_empty() && film.truth().frames.iter().all(|f| f.spots.is_empty())
    );
    let frames = film.spaced(60).expect("no file, no failure");
    let n = frames.len() as f64;
    let (mut mean, mut variance) = (0.0, 0.0);
    for y in 0..60 {
        for x in 0..80 {
            let values: Vec<f64> = frames.iter().map(|(_, p)| f64::from(p.at(y, x))).collect();
            let m = values.iter().sum::<f64>() / n;
            mean += m / 4800.0;
            variance += values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0) / 4800.0;
        }
    }
    assert!((mean - 20.0).abs() < 0.03, "{mean}");
    let want = scene.background_noise_counts().powi(2);
    assert!(
        (variance / want - 1.0).abs() < 0.015,
        "{variance} for {want}"
    );
}

/// Dark particles are holes in a bright field.
#[test]
fn dark_particles_are_darker_than_the_background() {
    let scene = Scene {
        frames: 1,
        width_px: 200,
        height_px: 200,
        amount: Amount::VisiblePerFrame(20.0),
        light: Light {
            polarity: nta_sim::ScenePolarity::Dark,
            background_counts: 180.0,
            reference_peak_counts: 120.0,
            ..Light::default()
        },
        ..Scene::standard()
    };
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let picture = film.picture(FrameIndex(0)).expect("one frame");
    assert!(matches!(picture, Pixels::U8(_)));
    let bright: Vec<_> = film.truth().frames[0]
        .visible()
        .filter(|s| s.peak_counts > 60.0)
        .collect();
    assert!(!bright.is_empty());
    for s in bright {
        let count = f64::from(picture.at(s.y_px.round() as usize, s.x_px.round() as usize));
        assert!(
            count < 184.0 - 0.5 * s.peak_counts,
            "{count} for a hole of {}",
            s.peak_counts
        );
    }
}
