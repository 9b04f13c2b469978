//! Large particles are brighter and seen deeper: their numbers must come out all the same.

use crate::distributions::{cv3, water};
use crate::simulate::*;
use nta_core::Trajectory;
use nta_sizing::{CaptureTracks, SampleSizes, SizingPlan, size_sample};

/// 1/e^2 half thickness of the sheet of light, um.
pub(crate) const SHEET_UM: f64 = 3.0;
/// Depth of the box, um.
const BOX_UM: f64 = 16.0;
const FRAMES: usize = 1500;

/// Visits of particles to a sheet of light in a deep box, in which each size is seen over its depth (um).
pub(crate) fn visits(seed: u64, sizes: &[(f64, f64)], each: usize) -> (Vec<Trajectory>, Vec<f64>) {
    let mut dice = Dice::new(seed);
    let scene = Scene::default();
    let (mut tracks, mut visibility) = (Vec::new(), Vec::new());
    for (size_nm, depth_um) in sizes {
        // ln of the brightness in the middle over the threshold.
        let top = 2.0 * (0.5 * depth_um / SHEET_UM).powi(2);
        for _ in 0..each {
            let d = cv3(&mut dice, *size_nm);
            let diffusion = water().diffusion_um2_per_s(d);
            let step = (2.0 * diffusion * INTERVAL_S).sqrt();
            let mut z = BOX_UM * (dice.unit() - 0.5);
            let mut visit: Vec<f64> = Vec::new();
            for frame in 0..=FRAMES {
                let u = top - 2.0 * (z / SHEET_UM).powi(2);
                if u > 0.0 && frame < FRAMES {
                    visit.push(u);
                } else if !visit.is_empty() {
                    tracks.push(scene.trajectory(&mut dice, diffusion, visit.len()));
                    visibility.push(visit.iter().sum::<f64>() / visit.len() as f64);
                    visit.clear();
                }
                z += step * dice.normal();
                if z.abs() > BOX_UM / 2.0 {
                    z = z.signum() * BOX_UM - z;
                }
            }
        }
    }
    (tracks, visibility)
}

fn analysed(seed: u64, sizes: &[(f64, f64)], each: usize, known: bool) -> SampleSizes {
    let (trajectories, visibility) = visits(seed, sizes, each);
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: if known { &visibility } else { &[] },
        sampling: Scene::default().sampling(),
        exposure_se_s: 0.0,
    };
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    size_sample(&[capture], &water(), &plan).unwrap()
}

#[test]
fn what_brightness_changes_is_said() {
    let codes = |sizes: &SampleSizes| -> Vec<String> {
        sizes.findings.iter().map(|f| f.code.clone()).collect()
    };
    let deeper = analysed(3, &[(60.0, 4.0), (100.0, 6.0), (200.0, 9.0)], 60, true);
    assert!(
        codes(&deeper).contains(&"S09".to_owned()),
        "{:?}",
        codes(&deeper)
    );
    let alike = analysed(3, &[(60.0, 6.0), (100.0, 6.0), (200.0, 6.0)], 60, true);
    assert!(
        !codes(&alike).contains(&"S09".to_owned()),
        "{:?}",
        codes(&alike)
    );
}

/// Shares of the particles up to 77 nm, from there to 141 nm, and beyond.
fn shares(sizes: &SampleSizes) -> [f64; 3] {
    let d = sizes.pooled.distribution.as_ref().unwrap();
    let mut out = [0.0; 3];
    for k in 1..d.diameter_nm.len() {
        let class = match d.diameter_nm[k] {
            nm if nm < 77.0 => 0,
            nm if nm < 141.0 => 1,
            _ => 2,
        };
        out[class] += d.density_per_nm[k] * (d.diameter_nm[k] - d.diameter_nm[k - 1]);
    }
    let all: f64 = out.iter().sum();
    out.map(|share| share / all)
}

fn mean_shares(sizes: &[(f64, f64)], known: bool) -> [f64; 3] {
    const SEEDS: u64 = 6;
    let mut mean = [0.0; 3];
    for seed in 0..SEEDS {
        let found = shares(&analysed(500 + seed, sizes, 60, known));
        for (m, s) in mean.iter_mut().zip(found) {
            *m += s / SEEDS as f64;
        }
    }
    mean
}

#[test]
fn numbers_are_right_where_large_particles_are_seen_deeper() {
    let sizes = [(60.0, 4.0), (100.0, 6.0), (200.0, 9.0)];
    let plain = mean_shares(&sizes, false);
    assert!(plain[2] > 0.45, "{plain:?}");
    let weighed = mean_shares(&sizes, true);
    // Without hearing the lengths of visits the shares are 0.27, 0.38 and 0.36.
    for share in weighed {
        assert!((share - 1.0 / 3.0).abs() < 0.03, "{weighed:?}");
    }
}

#[test]
fn numbers_stay_where_all_are_seen_alike() {
    let sizes = [(60.0, 6.0), (100.0, 6.0), (200.0, 6.0)];
    let weighed = mean_shares(&sizes, true);
    for share in weighed {
        assert!((share - 1.0 / 3.0).abs() < 0.03, "{weighed:?}");
    }
}
