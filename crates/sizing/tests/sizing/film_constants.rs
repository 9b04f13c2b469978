//! What the tracks say of the film: exposure and the scale of the precisions.

use crate::simulate::*;
use nta_core::Trajectory;
use nta_sizing::{CaptureTracks, Medium, SizingPlan, exposure, size_sample};

fn water() -> Medium {
    Medium::named("water", 25.0).unwrap()
}

fn tracks(scene: &Scene, seed: u64, n: usize, diameter_nm: f64) -> Vec<Trajectory> {
    let mut dice = Dice::new(seed);
    let product = water().diffusion_times_diameter();
    scene.population(&mut dice, n, product, |_| diameter_nm).0
}

#[test]
fn exposure_is_found_where_positions_are_precise() {
    for (k, exposure_s) in [0.005, 0.015, 0.030].into_iter().enumerate() {
        let scene = Scene {
            exposure_s,
            ..Scene::default()
        };
        let found = tracks(&scene, 40 + k as u64, 1500, 100.0);
        let refs: Vec<&Trajectory> = found.iter().collect();
        let got = exposure::estimate(&refs, INTERVAL_S).unwrap();
        let error = got.exposure_s - exposure_s;
        assert!(error.abs() < 0.002, "{exposure_s}: {got:?}");
        assert!(
            error.abs() < 3.0 * got.std_err_s && got.std_err_s < 0.0015,
            "{got:?}"
        );
    }
}

/// Every second position of each track: no step is bridged, and all are twice as long.
#[test]
fn steps_of_two_frames_serve_as_well_if_all_are() {
    let found = tracks(&Scene::default(), 43, 3000, 100.0);
    let sparse: Vec<Trajectory> = found
        .iter()
        .map(|t| {
            let each = (0..t.len()).step_by(2);
            let points = each.map(|k| {
                let at = [t.x_um()[k], t.y_um()[k]];
                point(t.frames()[k].0, at, t.precision_um()[k])
            });
            from_points(points.collect())
        })
        .collect();
    let refs: Vec<&Trajectory> = sparse.iter().collect();
    let got = exposure::estimate(&refs, INTERVAL_S).unwrap();
    let error = got.exposure_s - 0.015;
    assert!(
        error.abs() < 3.0 * got.std_err_s && got.std_err_s < 0.003,
        "{got:?}"
    );
    let capture = CaptureTracks {
        trajectories: &&sparse[..600],
        visibility: &[],
        sampling: Scene::default().sampling(),
        exposure_se_s: 0.0,
    };
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    let sizes = size_sample(&[capture], &water(), &plan).unwrap();
    let ratios = sizes.periodogram.expect("runs of such steps are looked at");
    assert!(
        (ratios.slow - 1.0).abs() < 4.0 * ratios.slow_std_err,
        "{ratios:?}"
    );
    assert!(
        (ratios.fast - 1.0).abs() < 4.0 * ratios.fast_std_err,
        "{ratios:?}"
    );
}

#[test]
fn stated_error_of_the_exposure_is_right() {
    let scene = Scene {
        error_um: 0.02,
        ..Scene::default()
    };
    let n = 40;
    let mut z2 = 0.0;
    for seed in 0..n {
        let found = tracks(&scene, 100 + seed, 150, 100.0);
        let refs: Vec<&Trajectory> = found.iter().collect();
        let got = exposure::estimate(&refs, INTERVAL_S).unwrap();
        z2 += ((got.exposure_s - 0.015) / got.std_err_s).powi(2) / n as f64;
    }
    assert!((0.7..1.3).contains(&z2.sqrt()), "{}", z2.sqrt());
}

#[test]
fn a_few_spots_that_are_hardly_known_do_not_decide_the_exposure() {
    let found = tracks(&Scene::default(), 40, 1000, 100.0);
    let doubtful: Vec<Trajectory> = found
        .iter()
        .map(|t| {
            let points = (0..t.len()).map(|k| {
                let error_um = if k % 40 == 7 {
                    2.0
                } else {
                    t.precision_um()[k]
                };
                point(t.frames()[k].0, [t.x_um()[k], t.y_um()[k]], error_um)
            });
            from_points(points.collect())
        })
        .collect();
    let [plain, doubtful] = [&found, &doubtful].map(|tracks| {
        let refs: Vec<&Trajectory> = tracks.iter().collect();
        exposure::estimate(&refs, INTERVAL_S).unwrap().exposure_s
    });
    assert!(
        (plain - doubtful).abs() < 0.0015 && (doubtful - 0.015).abs() < 0.002,
        "{plain} s became {doubtful} s"
    );
}

#[test]
fn film_that_cannot_tell_the_exposure_says_nothing() {
    let noisy = Scene {
        error_um: 0.25,
        ..Scene::default()
    };
    let found = tracks(&noisy, 1, 1500, 100.0);
    let refs: Vec<&Trajectory> = found.iter().collect();
    assert_eq!(exposure::estimate(&refs, INTERVAL_S), None);
    assert_eq!(exposure::estimate(&refs[..5], INTERVAL_S), None);
    assert_eq!(exposure::estimate(&[], INTERVAL_S), None);
    assert_eq!(exposure::estimate(&refs, f64::NAN), None);
    let strange = strange_trajectories();
    let refs: Vec<&Trajectory> = strange.iter().collect();
    assert_eq!(exposure::estimate(&refs, INTERVAL_S), None);
}

#[test]
fn precision_that_is_off_by_a_fifth_is_found_and_repaired() {
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    for (seed, stated) in [(1, 0.8), (2, 1.2)] {
        let scene = Scene {
            error_um: 0.2,
            stated,
            ..Scene::default()
        };
        let found = tracks(&scene, seed, 1000, 100.0);
        let capture = CaptureTracks {
            trajectories: &found,
            visibility: &[],
            sampling: scene.sampling(),
            exposure_se_s: 0.0,
        };
        let got = size_sample(&[capture], &water(), &plan).unwrap();
        let k = got.precision_scale;
        let error = (k.variance_factor * stated * stated).ln();
        assert!(
            error.abs() < 0.12 && error.abs() < 3.0 * k.ln_std_err,
            "{k:?}"
        );
        assert!(!k.on_bound);
        let mean = got.pooled.summary.unwrap().mean.value;
        assert!((mean - 100.0).abs() < 4.0, "{mean}");
        let trusting = SizingPlan {
            profile_precision: false,
            ..plan.clone()
        };
        let off = size_sample(&[capture], &water(), &trusting).unwrap();
        let off = off.pooled.summary.unwrap().mean.value;
        assert!((off - 100.0).abs() > 6.0, "{off}");
    }
}

#[test]
fn precision_beyond_reach_is_reported() {
    let scene = Scene {
        error_um: 0.25,
        stated: 0.2,
        ..Scene::default()
    };
    let found = tracks(&scene, 3, 400, 200.0);
    let capture = CaptureTracks {
        trajectories: &found,
        visibility: &[],
        sampling: scene.sampling(),
        exposure_se_s: 0.0,
    };
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    let got = size_sample(&[capture], &water(), &plan).unwrap();
    assert!(got.precision_scale.on_bound);
    assert!(got.findings.iter().any(|f| f.code == "S05"));
}

#[test]
fn the_error_of_the_exposure_is_in_the_intervals() {
    let found = tracks(&Scene::default(), 7, 400, 100.0);
    let relative_half = |exposure_se_s: f64| {
        let capture = CaptureTracks {
            trajectories: &found,
            visibility: &[],
            sampling: Scene::default().sampling(),
            exposure_se_s,
        };
        let sizes = size_sample(&[capture], &water(), &SizingPlan::default()).unwrap();
        let mean = sizes.pooled.summary.unwrap().mean;
        (mean.ci95[1] / mean.ci95[0]).ln() / 2.0
    };
    // 4 ms of 3 intervals less the exposure: 4.7 % of the size, 9.2 % at 95 %.
    let (stated, found) = (relative_half(0.0), relative_half(0.004));
    let added = (found * found - stated * stated).sqrt() / 1.96;
    let expected = 0.004 / (3.0 * INTERVAL_S - 0.015);
    assert!(
        (added / expected - 1.0).abs() < 0.25,
        "{added} for {expected}"
    );
}
