//! D per track at the bound of what a track can tell, and the other estimators where theory has them.

use crate::estimators::{D, Spread, choice, estimates, spread, trajectories};
use crate::simulate::*;
use nta_core::Choice;
use nta_sizing::likelihood;
use nta_sizing::steps::Steps;

fn scene(snr: f64) -> Scene {
    Scene {
        error_um: (D * INTERVAL_S).sqrt() / snr,
        ..Scene::default()
    }
}

/// Relative standard deviation of D that no unbiased estimator can be under (Cramer and Rao).
fn bound(scene: &Scene, frames: usize) -> f64 {
    let any = scene.trajectory(&mut Dice::new(1), D, frames);
    let steps = Steps::of(&any, scene.sampling(), 1.0).unwrap();
    (D * likelihood::at(&steps, D).unwrap().information.sqrt()).recip()
}

fn measured(choice: &Choice, snr: f64, frames: usize, tracks: usize) -> Spread {
    let scene = scene(snr);
    let sample = trajectories(&scene, 77, tracks, frames);
    let found = estimates(choice, &sample, scene.sampling());
    assert_eq!(found.len(), tracks, "no track is dropped");
    spread(&found)
}

#[test]
fn likelihood_is_at_the_bound_from_ten_frames_on() {
    for snr in [10.0, 4.0, 1.5] {
        for (frames, tracks) in [(10, 20_000), (20, 12_000), (60, 6_000)] {
            let got = measured(&choice("mle", &[]), snr, frames, tracks);
            let bound = bound(&scene(snr), frames);
            let at = format!(
                "SNR {snr}, {frames} frames: bias {:.4}, SD {:.4}, bound {bound:.4}, z {:.3}, coverage {:.4}",
                got.bias, got.sd, got.z, got.coverage
            );
            assert!(got.bias.abs() < 0.01, "{at}");
            assert!((0.97..=1.05).contains(&(got.sd / bound)), "{at}");
            assert!((got.stated / got.sd - 1.0).abs() < 0.03, "{at}");
            assert!((0.935..=0.96).contains(&got.coverage), "{at}");
        }
    }
}

/// Relative standard deviation of D by theory, two axes: Vestergaard 2014, doi:10.1103/PhysRevE.89.022726, eqs. 16 and 21.
fn covariance_theory(snr: f64, frames: usize, precision_known: bool) -> f64 {
    let n = (frames - 1) as f64;
    let two_r = Scene::default().exposure_s / (3.0 * INTERVAL_S);
    let e = snr.powi(-2) - two_r;
    let per_axis = if precision_known {
        (2.0 + 4.0 * e + 3.0 * e * e) / (n * (1.0 - two_r).powi(2))
    } else {
        (6.0 + 4.0 * e + 2.0 * e * e) / n + 4.0 * (1.0 + e).powi(2) / (n * n)
    };
    (per_axis / 2.0).sqrt()
}

#[test]
fn covariance_has_neither_bias_nor_another_spread_than_theory() {
    for snr in [10.0, 4.0, 1.5, 0.7] {
        for (frames, tracks) in [(20, 8_000), (60, 5_000)] {
            for (known, flag) in [(true, 1.0), (false, 0.0)] {
                let choice = choice("cve", &[("precision_known", flag)]);
                let got = measured(&choice, snr, frames, tracks);
                let theory = covariance_theory(snr, frames, known);
                let at = format!(
                    "SNR {snr}, {frames} frames, known {known}: bias {:.4}, SD {:.4}, theory {theory:.4}, stated {:.4}",
                    got.bias, got.sd, got.stated
                );
                let chance = 3.5 * got.sd / (tracks as f64).sqrt();
                assert!(got.bias.abs() < chance, "{at}");
                assert!((got.sd / theory - 1.0).abs() < 0.05, "{at}");
                assert!((got.stated / got.sd - 1.0).abs() < 0.08, "{at}");
            }
        }
    }
}

/// SNR, frames, SD of D in per cent with the best number of points: 4,000 tracks of an independent program.
const BEST_POINTS: [(f64, usize, f64); 7] = [
    (10.0, 20, 38.0),
    (10.0, 60, 22.0),
    (4.0, 20, 40.0),
    (1.5, 20, 48.0),
    (1.5, 60, 26.0),
    (0.7, 20, 63.0),
    (0.7, 60, 33.0),
];

#[test]
fn the_best_line_through_the_msd_has_neither_bias_nor_another_spread_than_known() {
    for (snr, frames, percent) in BEST_POINTS {
        let tracks = 5_000;
        let got = measured(&choice("msd", &[("points", 0.0)]), snr, frames, tracks);
        let at = format!(
            "SNR {snr}, {frames} frames: bias {:.4}, SD {:.4}, stated {:.4}",
            got.bias, got.sd, got.stated
        );
        // The number of points is chosen from each track by itself, which ties it to D.
        assert!(got.bias.abs() < 0.03, "{at}");
        // The table has whole per cents.
        let off = (100.0 * got.sd - percent).abs();
        assert!(off < 0.5 + 0.05 * percent, "{at}");
        assert!((got.stated / got.sd - 1.0).abs() < 0.1, "{at}");
    }
}

#[test]
#[ignore = "prints a table"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_bound() {
    println!(
        "| SNR | frames | bound | mle | cve, precision known | cve, unknown | msd, best points | lag-one |"
    );
    for snr in [10.0, 4.0, 1.5, 0.7] {
        for frames in [5, 10, 20, 60] {
            let choices = [
                choice("mle", &[]),
                choice("cve", &[]),
                choice("cve", &[("precision_known", 0.0)]),
                choice("msd", &[("points", 0.0)]),
                choice("lag-one", &[]),
            ];
            let row: Vec<String> = choices
                .iter()
                .map(|c| measured(c, snr, frames, 10_000))
                .map(|s| {
                    format!(
                        "{:+.1} / {:.1} ({:.1}, {:.1})",
                        100.0 * s.bias,
                        100.0 * s.sd,
                        100.0 * s.stated,
                        100.0 * s.coverage
                    )
                })
                .collect();
            println!(
                "| {snr} | {frames} | {:.1} | {} |",
                100.0 * bound(&scene(snr), frames),
                row.join(" | ")
            );
        }
    }
}
