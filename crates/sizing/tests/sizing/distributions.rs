//! Populations of known sizes.

use crate::simulate::*;
use nta_sizing::{CaptureTracks, Medium, SampleSizes, SizingPlan, size_sample};

fn water() -> Medium {
    Medium::named("water", 25.0).unwrap()
}

fn cv3(dice: &mut Dice, median: f64) -> f64 {
    median * (0.03 * dice.normal()).exp()
}

fn analysed(
    seed: u64,
    tracks: usize,
    plan: &SizingPlan,
    draw: impl FnMut(&mut Dice) -> f64,
) -> (SampleSizes, Vec<f64>) {
    let scene = Scene::default();
    let mut dice = Dice::new(seed);
    let (trajectories, truth) =
        scene.population(&mut dice, tracks, water().diffusion_times_diameter(), draw);
    let capture = CaptureTracks {
        trajectories: &trajectories,
        sampling: scene.sampling(),
    };
    (size_sample(&[capture], &water(), plan).unwrap(), truth)
}

#[test]
#[ignore = "measures, prints, decides nothing"]
fn measure() {
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    let mut cases: Vec<(&str, Box<dyn FnMut(&mut Dice) -> f64>)> = vec![
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
    ];
    for (name, draw) in &mut cases {
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
