//! Sizes, aggregates, materials and the filling of the box against theory.

use nta_sim::{
    Amount, Filling, Illumination, Light, Optics, Population, Scene, SimulatedFilm, Truth,
};

/// A scene in which every particle shows the height that it has in focus: uniform light, no defocus, no blur.
fn flat(populations: Vec<Population>, light: Light) -> Scene {
    Scene {
        width_px: 300,
        height_px: 300,
        frames: 1,
        exposure_ms: 1e-4,
        amount: Amount::ConcentrationPerMl(2e9),
        populations,
        optics: Optics {
            illumination: Illumination::Uniform,
            defocus_depth_um: 1e4,
            ..Optics::default()
        },
        light,
        ..Scene::standard()
    }
}

/// Checks the height of each particle that is seen against `want(population, monomers, diameter_nm)`.
fn heights_are(truth: &Truth, want: impl Fn(u32, u32, f64) -> f64) {
    let spots = &truth.frames[0].spots;
    assert!(spots.len() > 300, "{}", spots.len());
    for s in spots {
        let p = truth.particles[s.particle as usize];
        let want = want(p.population, p.monomers, p.diameter_nm);
        // The exposure of 0.1 us and the depth of at most 100 um leave 1 part in 1e4.
        assert!(
            (s.peak_counts / want - 1.0).abs() < 3e-4,
            "{} for {want} at {} nm",
            s.peak_counts,
            p.diameter_nm
        );
    }
}

#[test]
fn a_table_is_kept_to_the_particle() {
    let table = vec![[60.0, 1.0], [100.0, 3.0], [150.0, 0.0], [300.0, 0.25]];
    let scene = flat(
        vec![Population::table(table.clone(), 1.0)],
        Light {
            reference_diameter_nm: Some(100.0),
            ..Light::default()
        },
    );
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let particles = &film.truth().particles;
    let n = particles.len() as f64;
    let mut found = 0;
    for [diameter_nm, share] in table {
        let count = particles
            .iter()
            .filter(|p| p.diameter_nm == diameter_nm)
            .count();
        // One stratum each: at most one particle at each of the two borders.
        assert!(
            (count as f64 - share / 4.25 * n).abs() <= 2.0,
            "{count} of {diameter_nm} nm"
        );
        found += count;
    }
    assert_eq!(found, particles.len());
    heights_are(film.truth(), |_, _, d| 60.0 * (d / 100.0).powi(3));
}

/// Pairs and tens: number to the particle, diameter k^(1/2.1) (a pair 1.391), height k^(p/3).
#[test]
fn aggregates_have_their_share_size_and_light() {
    let population = |monomers, fraction| Population {
        aggregated_fraction: fraction,
        aggregate_monomers: monomers,
        ..Population::monodisperse(80.0, 1.0)
    };
    let scene = flat(
        vec![population(2, 0.3), population(10, 0.05)],
        Light {
            reference_diameter_nm: Some(80.0),
            brightness_exponent: 4.0,
            ..Light::default()
        },
    );
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let particles = &film.truth().particles;
    let half = particles.len() as f64 / 2.0;
    for (population, monomers, share, diameter_nm) in [
        (0, 1, 0.7, 80.0),
        (0, 2, 0.3, 80.0 * 1.3911),
        (1, 1, 0.95, 80.0),
        (1, 10, 0.05, 80.0 * 2.9936),
    ] {
        let these: Vec<_> = particles
            .iter()
            .filter(|p| p.population == population && p.monomers == monomers)
            .collect();
        assert!(
            (these.len() as f64 - share * half).abs() <= 1.0,
            "{}",
            these.len()
        );
        for p in these {
            assert!(
                (p.diameter_nm / diameter_nm - 1.0).abs() < 1e-4,
                "{}",
                p.diameter_nm
            );
            let d = scene.diffusion_um2_per_s(p.diameter_nm);
            assert_eq!(p.diffusion_um2_per_s, d);
        }
    }
    heights_are(film.truth(), |_, k, _| 60.0 * f64::from(k).powf(4.0 / 3.0));
}

/// Beyond the bend the heights grow more slowly, the reference keeps its height; a weaker index is dimmer. In water
/// (1.33) silica (1.45) scatters 0.2233 times as much as polystyrene (1.59): (0.05915 / 0.12516)^2 of the two
/// (m^2 - 1) / (m^2 + 2).
#[test]
fn brightness_follows_bend_and_index() {
    let scene = flat(
        vec![
            Population::table(vec![[60.0, 1.0], [120.0, 1.0], [2000.0, 0.1]], 1.0),
            Population {
                refractive_index: Some(1.45),
                ..Population::monodisperse(120.0, 1.0)
            },
        ],
        Light {
            reference_diameter_nm: Some(120.0),
            brightness_exponent: 6.0,
            compression_diameter_nm: Some(200.0),
            reference_peak_counts: 60.0,
            ..Light::default()
        },
    );
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    heights_are(film.truth(), |population, _, d| {
        let law = |d: f64| d.powi(6) / (1.0 + (d / 200.0).powi(4));
        let index = if population == 1 { 0.223_32 } else { 1.0 };
        60.0 * index * law(d) / law(120.0)
    });
}

/// Gold of 150 nm in water at 25 C after a minute: heights as exp(-z / l), l = 12.98 um (kT = 4.1164e-21 J, excess mass
/// 18,303 kg/m^3 x 1.7671e-21 m^3), number by the concentration in the plane of focus. Uniform filling: the same without
/// the slope. Chi-square of eight layers, Poisson (the number in the box is fixed, which makes it smaller).
#[test]
fn the_filling_is_barometric_or_even() {
    for (filling, height_um) in [
        (Filling::Barometric, 12.98),
        (Filling::Uniform, f64::INFINITY),
    ] {
        let scene = Scene {
            width_px: 400,
            height_px: 400,
            frames: 61,
            frame_rate_fps: 1.0,
            sub_steps: 2,
            filling,
            amount: Amount::ConcentrationPerMl(5e10),
            populations: vec![Population {
                density_g_per_ml: 19.3,
                ..Population::monodisperse(150.0, 1.0)
            }],
            ..Scene::standard()
        };
        let film = SimulatedFilm::new(&scene).expect("a sound scene");
        let truth = film.truth();
        assert!((truth.concentration_per_ml / 5e10 - 1.0).abs() < 1e-3);
        let per_um = truth.concentration_per_ml * 1e-12 * 80.0 * 80.0;
        let below = |z: f64| {
            if height_um.is_finite() {
                -height_um * (-z / height_um).exp()
            } else {
                z
            }
        };
        for frame in [&truth.frames[0], &truth.frames[60]] {
            let (mut chi2, mut sum) = (0.0, 0.0);
            for layer in -4..4 {
                let (low, high) = (2.0 * f64::from(layer), 2.0 * f64::from(layer) + 2.0);
                let count = frame
                    .spots
                    .iter()
                    .filter(|s| s.in_view && (low..high).contains(&s.z_um))
                    .count() as f64;
                let want = per_um * (below(high) - below(low));
                assert!(want > 300.0, "{want}");
                chi2 += (count - want).powi(2) / want;
                sum += count;
            }
            // 8 + 4 sqrt(16).
            assert!(
                chi2 < 24.0,
                "{filling:?}: chi-square {chi2} of 8 layers with {sum} particles"
            );
        }
    }
}

/// In barometric filling the number that was asked for is seen, and a broad sample has its shares in the plane of focus:
/// there, not in the box, half of the particles are heavy.
#[test]
fn barometric_shares_are_those_in_the_plane_of_focus() {
    let heavy = |d| Population {
        density_g_per_ml: 19.3,
        ..Population::monodisperse(d, 1.0)
    };
    let (mut heavies, mut lights, mut visible) = (0.0, 0.0, 0.0);
    for seed in 0..40 {
        let scene = Scene {
            frames: 1,
            filling: Filling::Barometric,
            populations: vec![heavy(170.0), Population::monodisperse(169.0, 1.0)],
            amount: Amount::VisiblePerFrame(300.0),
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
        visible += truth.frames[0].visible().count() as f64;
        for s in truth.frames[0].spots.iter().filter(|s| s.z_um.abs() < 2.0) {
            match truth.particles[s.particle as usize].population {
                0 => heavies += 1.0,
                _ => lights += 1.0,
            }
        }
        let boxed = truth.particles.iter().filter(|p| p.population == 0).count();
        assert!(boxed as f64 > 0.6 * truth.particles.len() as f64, "{boxed}");
    }
    let all: f64 = heavies + lights;
    // sinh(x) / x of the layer, x = 2 um / 8.9 um, is 1.008.
    let share = heavies / all;
    let tolerance = 4.0 * (0.25 / all).sqrt();
    assert!((share - 0.502).abs() < tolerance, "{share} +- {tolerance}");
    let want: f64 = 300.0 * 40.0;
    // The depth of the visible is that of the mean exposure's blur: leave it one percent.
    let tolerance = 4.0 * want.sqrt() + 0.01 * want;
    assert!(
        (visible - want).abs() < tolerance,
        "{visible} for {want} +- {tolerance}"
    );
}
