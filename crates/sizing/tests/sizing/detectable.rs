//! The diameter at which particles sink under the threshold is known here, and must be found from those that are above it.

use crate::depth::{SHEET_UM, visits};
use crate::distributions::water;
use crate::simulate::*;
use nta_sizing::{CaptureTracks, SampleSizes, SizingPlan, size_sample};

/// Depth over which a particle is seen whose brightness is `d^exponent`, at the threshold at `zero_nm`.
fn depth_um(size_nm: f64, exponent: f64, zero_nm: f64) -> f64 {
    let top = exponent * (size_nm / zero_nm).ln();
    2.0 * SHEET_UM * (0.5 * top).sqrt()
}

fn analysed(captures: &[(u64, f64)], exponent: f64, sizes_nm: &[f64]) -> SampleSizes {
    let films: Vec<_> = captures
        .iter()
        .map(|(seed, zero_nm)| {
            let of = |nm: &f64| (*nm, depth_um(*nm, exponent, *zero_nm));
            let sizes: Vec<(f64, f64)> = sizes_nm.iter().map(of).collect();
            visits(*seed, &sizes, 200 / sizes_nm.len())
        })
        .collect();
    let tracks: Vec<CaptureTracks<'_>> = films
        .iter()
        .map(|(trajectories, visibility)| CaptureTracks {
            trajectories,
            visibility,
            sampling: Scene::default().sampling(),
            exposure_se_s: 0.0,
        })
        .collect();
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    size_sample(&tracks, &water(), &plan).unwrap()
}

const WIDE_NM: [f64; 5] = [80.0, 100.0, 130.0, 170.0, 220.0];

#[test]
fn the_end_of_sight_is_where_it_is() {
    for (exponent, zero_nm) in [(6.0, 62.0), (4.0, 50.0), (2.5, 40.0)] {
        let got = analysed(&[(11, zero_nm)], exponent, &WIDE_NM);
        let d = got.pooled.distribution.as_ref().unwrap();
        let nm = d.smallest_detectable_nm.expect("it is measured");
        let [low, high] = d.smallest_detectable_ci95_nm.unwrap();
        assert!((nm / zero_nm - 1.0).abs() < 0.1, "{nm} for {zero_nm}");
        assert!(
            low < zero_nm && zero_nm < high,
            "{low} to {high} for {zero_nm}"
        );
        assert_eq!(got.captures[0].distribution.as_ref(), Some(d));
        assert!(got.findings.iter().all(|f| f.code != "S21"));
    }
}

#[test]
fn each_film_has_its_own_threshold() {
    let got = analysed(&[(21, 40.0), (22, 60.0)], 4.0, &WIDE_NM);
    let of = |c: usize| {
        let d = got.captures[c].distribution.as_ref().unwrap();
        d.smallest_detectable_nm.unwrap()
    };
    assert!(
        (of(1) / of(0) / 1.5 - 1.0).abs() < 0.1,
        "{} {}",
        of(0),
        of(1)
    );
}

#[test]
fn beads_of_one_size_tell_no_end_and_say_why() {
    let got = analysed(&[(31, 62.0)], 6.0, &[100.0]);
    let d = got.pooled.distribution.as_ref().unwrap();
    assert_eq!(d.smallest_detectable_nm, None);
    let finding = got.findings.iter().find(|f| f.code == "S21").unwrap();
    assert!(
        finding.message.contains("an assumption"),
        "{}",
        finding.message
    );
    // The assumption is right here, so that what is told as one is the truth.
    let nm = finding.observed.unwrap();
    assert!((nm / 62.0 - 1.0).abs() < 0.06, "{nm}");
}

#[test]
fn sizes_that_are_all_as_bright_contradict_the_assumption() {
    let seen: Vec<(f64, f64)> = WIDE_NM.iter().map(|nm| (*nm, 6.0)).collect();
    let (trajectories, visibility) = visits(41, &seen, 40);
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: &visibility,
        sampling: Scene::default().sampling(),
        exposure_se_s: 0.0,
    };
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    let got = size_sample(&[capture], &water(), &plan).unwrap();
    assert_eq!(
        got.pooled.distribution.unwrap().smallest_detectable_nm,
        None
    );
    let finding = got.findings.iter().find(|f| f.code == "S21").unwrap();
    assert!(
        !finding.message.contains("sixth power"),
        "{}",
        finding.message
    );
    assert_eq!(finding.observed, None);
}
