//! Light, depth and noise against theory.

use nta_core::FrameSource;
use nta_sim::{
    Amount, Camera, Dust, Illumination, Light, Optics, Population, Scene, SimulatedFilm,
};

/// Photon transfer (Janesick 2007, doi:10.1117/3.725073, chapter 5): over films of pure medium the variance of a pixel in
/// time is a straight line of its mean, with slope 1 / gain and intercept (read / gain)^2 + 1/12 of the rounding. Weighted
/// least squares, four standard errors.
#[test]
fn variance_against_mean_is_the_photon_transfer_line() {
    let (gain, read) = (2.0_f64, 4.0);
    let (mut s, mut sx, mut sxx, mut sy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (level, seed) in [0.0, 4.0, 20.0, 100.0, 500.0, 2000.0].into_iter().zip(1..) {
        let scene = Scene {
            width_px: 150,
            height_px: 150,
            frames: 12,
            populations: Vec::new(),
            light: Light {
                background_counts: level,
                gradient_x_counts: 0.0,
                gradient_y_counts: 0.0,
                ..Light::default()
            },
            camera: Camera {
                gain_e_per_count: gain,
                read_noise_e: read,
                offset_counts: 40.0,
                bit_depth: 12,
                fixed_gain_fraction: 0.0,
                ..Camera::default()
            },
            seed,
            ..Scene::standard()
        };
        let mut film = SimulatedFilm::new(&scene).expect("pure medium is a sound scene");
        let frames = film.spaced(12).expect("no file, no failure");
        let (mut mean, mut variance) = (0.0, 0.0);
        for y in 0..150 {
            for x in 0..150 {
                let v: Vec<f64> = frames.iter().map(|(_, p)| f64::from(p.at(y, x))).collect();
                let m = v.iter().sum::<f64>() / 12.0;
                mean += (m - 40.0) / 22_500.0;
                variance += v.iter().map(|c| (c - m) * (c - m)).sum::<f64>() / 11.0 / 22_500.0;
            }
        }
        // Variance of a variance: (2 + excess) sigma^4 / n; the excess of Poisson in electrons is m / variance^2.
        let electrons = level * gain + read * read;
        let excess = level * gain / (electrons * electrons);
        let sigma2 = electrons / (gain * gain) + 1.0 / 12.0;
        let weight = 22_500.0 * 11.0 / ((2.0 + excess) * sigma2 * sigma2);
        s += weight;
        sx += weight * mean;
        sxx += weight * mean * mean;
        sy += weight * variance;
        sxy += weight * mean * variance;
    }
    let det = s * sxx - sx * sx;
    let (slope, slope_se) = ((s * sxy - sx * sy) / det, (s / det).sqrt());
    let (cut, cut_se) = ((sxx * sy - sx * sxy) / det, (sxx / det).sqrt());
    let (want_slope, want_cut) = (1.0 / gain, read * read / (gain * gain) + 1.0 / 12.0);
    assert!(
        slope_se < 0.01 * want_slope && cut_se < 0.01 * want_cut,
        "{slope_se} {cut_se}"
    );
    assert!(
        (slope - want_slope).abs() < 4.0 * slope_se,
        "{slope} +- {slope_se}"
    );
    assert!(
        (cut - want_cut).abs() < 4.0 * cut_se,
        "{cut} +- {cut_se} for {want_cut}"
    );
}

/// Effective depth: the number of particles whose peak is at least a level times the noise is concentration x area x
/// depth. One frame from each of many films: independent counts, Poisson at most.
#[test]
fn the_depth_is_the_number_over_concentration_and_area() {
    for illumination in [Illumination::Sheet, Illumination::Uniform] {
        let levels = [1.0, 3.0, 5.0, 10.0, 20.0];
        let (mut counted, mut expected) = ([0.0; 5], [0.0; 5]);
        for seed in 0..15 {
            let scene = Scene {
                width_px: 600,
                height_px: 600,
                frames: 1,
                exposure_ms: 1e-3,
                amount: Amount::ConcentrationPerMl(4e9),
                populations: vec![
                    Population::log_normal(100.0, 0.25, 2.0),
                    Population {
                        aggregated_fraction: 0.3,
                        ..Population::monodisperse(70.0, 1.0)
                    },
                ],
                optics: Optics {
                    illumination,
                    ..Optics::default()
                },
                light: Light {
                    gradient_x_counts: 0.0,
                    gradient_y_counts: 0.0,
                    ..Light::default()
                },
                seed,
                ..Scene::standard()
            };
            let film = SimulatedFilm::new(&scene).expect("a sound scene");
            let truth = film.truth();
            assert_eq!(
                film.depth_um(nta_sim::VISIBLE_PEAK_SNR),
                truth.visible_depth_um
            );
            let area_um2 = 120.0 * 120.0;
            for (i, level) in levels.into_iter().enumerate() {
                let seen = truth.frames[0]
                    .spots
                    .iter()
                    .filter(|s| s.in_view && s.peak_snr >= level)
                    .count();
                counted[i] += seen as f64;
                expected[i] += truth.concentration_per_ml * 1e-12 * area_um2 * film.depth_um(level);
            }
        }
        for (i, level) in levels.into_iter().enumerate() {
            let (got, want) = (counted[i], expected[i]);
            assert!(want > 2000.0, "too few to tell: {want}");
            assert!(
                (got - want).abs() < 4.0 * want.sqrt(),
                "{illumination:?}, level {level}: {got} for {want}"
            );
        }
    }
}

/// A uniform light shows far particles that a sheet does not.
#[test]
fn uniform_light_does_not_end() {
    let with = |illumination, half_um| {
        let scene = Scene {
            frames: 1,
            optics: Optics {
                illumination,
                sheet_half_thickness_um: half_um,
                ..Optics::default()
            },
            ..Scene::standard()
        };
        SimulatedFilm::new(&scene)
            .expect("a sound scene")
            .depth_um(5.0)
    };
    let sheet = with(Illumination::Sheet, 5.0);
    let uniform = with(Illumination::Uniform, 5.0);
    assert!(uniform > 1.3 * sheet, "{uniform} against {sheet}");
    assert_eq!(uniform, with(Illumination::Uniform, 0.5));
    // A very thick sheet is uniform.
    assert!((with(Illumination::Sheet, 1e4) / uniform - 1.0).abs() < 1e-4);
}

/// Nothing but dust, without noise.
fn dusty() -> Scene {
    Scene {
        width_px: 300,
        height_px: 200,
        frames: 120,
        populations: Vec::new(),
        dust: Dust {
            count: 6,
            peak_counts: 120.0,
            width_px: 4.0,
            speed_um_per_s: 200.0,
        },
        camera: Camera {
            shot_noise: false,
            read_noise_e: 0.0,
            fixed_gain_fraction: 0.0,
            fixed_offset_counts: 0.0,
            bit_depth: 12,
            ..Camera::default()
        },
        ..Scene::standard()
    }
}

/// Each piece crosses once, in a straight line at its speed, and its light is where the truth says.
#[test]
fn dust_crosses_the_view() {
    let film = SimulatedFilm::new(&dusty()).expect("a sound scene");
    let mut directions = Vec::new();
    let mut looked_at = 0;
    for piece in 0..6 {
        let seen: Vec<(u32, nta_sim::DustTruth)> = film
            .truth()
            .frames
            .iter()
            .flat_map(|f| f.dust.iter().map(|d| (f.frame.0, *d)))
            .filter(|(_, d)| d.dust == piece)
            .collect();
        assert!(!seen.is_empty(), "piece {piece} never came");
        for pair in seen.windows(2) {
            assert_eq!(pair[1].0, pair[0].0 + 1, "piece {piece} came twice");
            let (dx, dy) = (
                pair[1].1.x_px - pair[0].1.x_px,
                pair[1].1.y_px - pair[0].1.y_px,
            );
            let step = dx.hypot(dy);
            assert!((step - 200.0 / 30.0 / 0.2).abs() < 1e-6, "{step} px");
            directions.push((piece, dx, dy));
        }
        for (n, d) in seen {
            // A streak of length v tE has the variance (v tE)^2 / 12 along its way: 1/24 on the mean of both axes.
            let way = 200.0 * 0.015 / 0.2;
            let want = (16.0 + way * way / 24.0_f64 * (1.0 - 1.0 / 64.0)).sqrt();
            assert!(
                (d.width_px - want).abs() < 1e-9,
                "{} for {want}",
                d.width_px
            );
            let inside = |v: f64, side: f64| v > 20.0 && v < side - 21.0;
            let alone = film.truth().frames[n as usize].dust.len() == 1;
            if alone && inside(d.x_px, 300.0) && inside(d.y_px, 200.0) {
                let picture = film
                    .picture(nta_core::FrameIndex(n))
                    .expect("no frame is dropped");
                let (x, y) = (d.x_px.round(), d.y_px.round());
                let light = 16.0 + 4.0 * (x / 299.0 - 0.5) - 3.0 * (y / 199.0 - 0.5);
                let got = f64::from(picture.at(y as usize, x as usize)) - light - 4.0;
                assert!(
                    (got / d.peak_counts - 1.0).abs() < 0.05,
                    "{got} for {}",
                    d.peak_counts
                );
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 5, "{looked_at}");
    let first = directions[0];
    let other = |d: &&(u32, f64, f64)| d.0 != first.0 && (d.1 - first.1).abs() > 1.0;
    assert!(directions.iter().any(|d| other(&d)));
}
