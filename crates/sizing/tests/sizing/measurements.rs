//! Accuracy, coverage and time in numbers, for whoever works on the methods. Run with `--ignored --nocapture`.

use crate::distributions::{analysed, cv3};
use crate::simulate::*;
use nta_sizing::SizingPlan;

type Draw = Box<dyn FnMut(&mut Dice) -> f64>;

fn cases() -> Vec<(&'static str, Draw)> {
    vec![
        ("mono100", Box::new(|d| cv3(d, 100.0))),
        (
            "60/100",
            Box::new(|d| {
                let m = if d.unit() < 0.5 { 60.0 } else { 100.0 };
                cv3(d, m)
            }),
        ),
        (
            "60/100 10:1",
            Box::new(|d| {
                let m = if d.unit() < 10.0 / 11.0 { 60.0 } else { 100.0 };
                cv3(d, m)
            }),
        ),
        (
            "80/100",
            Box::new(|d| {
                let m = if d.unit() < 0.5 { 80.0 } else { 100.0 };
                cv3(d, m)
            }),
        ),
        (
            "100/150",
            Box::new(|d| {
                let m = if d.unit() < 0.5 { 100.0 } else { 150.0 };
                cv3(d, m)
            }),
        ),
        (
            "100/200",
            Box::new(|d| {
                let m = if d.unit() < 0.5 { 100.0 } else { 200.0 };
                cv3(d, m)
            }),
        ),
        ("EV", Box::new(|d| 100.0 * (0.337 * d.normal()).exp())),
    ]
}

/// One W1 per case against the numbers of the prototype.
#[test]
#[ignore = "prints accuracy per case; takes half a minute"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_accuracy() {
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    for (name, draw) in &mut cases() {
        let mut dice = Dice::new(999);
        let truth = empirical((0..400_000).map(|_| draw(&mut dice)).collect());
        let n = 6;
        let (mut w, mut ws) = (0.0, 0.0);
        let t0 = std::time::Instant::now();
        for seed in 0..n {
            let (got, drawn) = analysed(seed, 1000, &plan, |d| draw(d));
            let d = got.pooled.distribution.as_ref().unwrap();
            w += w1(&d.diameter_nm, &d.density_per_nm, &truth) / n as f64;
            ws += w1(&d.diameter_nm, &d.density_per_nm, empirical(drawn)) / n as f64;
            let s = got.pooled.summary.unwrap();
            let peaks: Vec<String> = got
                .pooled
                .populations
                .iter()
                .map(|p| format!("{:.0}({:.2})", p.diameter_nm.value, p.fraction.value))
                .collect();
            println!(
                "{name} mean {:.1} cv {:.1}% d10 {:.1} d50 {:.1} d90 {:.1} peaks {peaks:?} k {:.2} gof {:?} {:?}",
                s.mean.value,
                100.0 * s.cv.value,
                s.d10.value,
                s.d50.value,
                s.d90.value,
                got.precision_scale.variance_factor,
                got.periodogram.map(|p| (p.slow, p.fast)),
                got.findings
                    .iter()
                    .map(|f| f.code.clone())
                    .collect::<Vec<_>>()
            );
        }
        println!(
            "== {name}: W1 {w:.2} (to the drawn {ws:.2}) {:.2} s each",
            t0.elapsed().as_secs_f64() / n as f64
        );
    }
}

/// Coverage of 95 % intervals over many sets.
#[test]
#[ignore = "prints coverage; takes a minute"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_coverage() {
    let plan = SizingPlan {
        resamples: 100,
        ..SizingPlan::default()
    };
    let z = 1.281_552;
    let spread = 0.337;
    let lognormal = |s: f64, d: f64| {
        [
            d * (0.5 * s * s).exp(),
            d * (-z * s).exp(),
            d,
            d * (z * s).exp(),
        ]
    };
    for (name, tracks, truth) in [
        ("mono", 300, lognormal(0.03, 100.0)),
        ("EV", 300, lognormal(spread, 100.0)),
        ("mono", 1000, lognormal(0.03, 100.0)),
        ("EV", 1000, lognormal(spread, 100.0)),
    ] {
        let sets = 60;
        let mut held = [0; 5];
        for seed in 0..sets {
            let (got, _) = analysed(5000 + seed, tracks, &plan, |d| {
                let s = if name == "EV" { spread } else { 0.03 };
                100.0 * (s * d.normal()).exp()
            });
            let s = got.pooled.summary.unwrap();
            for (k, i) in [s.mean, s.d10, s.d50, s.d90].into_iter().enumerate() {
                held[k] += usize::from(i.ci95[0] <= truth[k] && truth[k] <= i.ci95[1]);
            }
            let s_true: f64 = if name == "EV" { spread } else { 0.03 };
            let sd = truth[0] * ((s_true * s_true).exp() - 1.0).sqrt();
            held[4] += usize::from(s.sd.ci95[0] <= sd && sd <= s.sd.ci95[1]);
        }
        println!("{name} {tracks}: mean, d10, d50, d90, sd held in {held:?} of {sets}");
    }
}

#[test]
#[ignore = "prints the time of a full job"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_time() {
    for (name, tracks) in [("mono", 1000), ("EV", 1000), ("EV", 4000)] {
        let t0 = std::time::Instant::now();
        let (got, _) = analysed(1, tracks, &SizingPlan::default(), |d| {
            let s = if name == "EV" { 0.337 } else { 0.03 };
            100.0 * (s * d.normal()).exp()
        });
        let s = got.pooled.summary.unwrap();
        println!(
            "{name} {tracks}: {:.2} s, mean {:?}",
            t0.elapsed().as_secs_f64(),
            s.mean
        );
    }
}
