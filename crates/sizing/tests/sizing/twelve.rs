//! Twelve populations that span what is met: how far each method ends from the truth.

use crate::distributions::{analysed, cv3};
use crate::simulate::*;
use nta_core::Choice;
use nta_sizing::{DISTRIBUTIONS, Population, SampleSizes, SizingPlan, Weighting};
use rayon::prelude::*;

/// A population: its name and how one diameter (nm) is drawn from it.
pub(crate) struct Case {
    pub name: &'static str,
    draw: fn(&mut Dice) -> f64,
}

/// Draws from populations of 3 % with these medians (nm) and numbers.
pub(crate) fn beads(dice: &mut Dice, parts: &[(f64, f64)]) -> f64 {
    let all: f64 = parts.iter().map(|p| p.1).sum();
    let mut pick = all * dice.unit();
    let mut median = parts[0].0;
    for (nm, number) in parts {
        median = *nm;
        pick -= number;
        if pick < 0.0 {
            break;
        }
    }
    cv3(dice, median)
}

const fn case(name: &'static str, draw: fn(&mut Dice) -> f64) -> Case {
    Case { name, draw }
}

pub(crate) static CASES: [Case; 12] = [
    case("mono100", |d| cv3(d, 100.0)),
    case("60/100 1:1", |d| beads(d, &[(60.0, 1.0), (100.0, 1.0)])),
    case("60/100 10:1", |d| beads(d, &[(60.0, 10.0), (100.0, 1.0)])),
    case("80/100 1:1", |d| beads(d, &[(80.0, 1.0), (100.0, 1.0)])),
    case("80/100 10:1", |d| beads(d, &[(80.0, 10.0), (100.0, 1.0)])),
    case("100/150 1:1", |d| beads(d, &[(100.0, 1.0), (150.0, 1.0)])),
    case("100/150 10:1", |d| beads(d, &[(100.0, 10.0), (150.0, 1.0)])),
    case("100/200 1:1", |d| beads(d, &[(100.0, 1.0), (200.0, 1.0)])),
    case("100/200 10:1", |d| beads(d, &[(100.0, 10.0), (200.0, 1.0)])),
    case("EV lognorm", |d| 100.9 * (0.3355 * d.normal()).exp()),
    // 50 nm plus a gamma number of shape 2: mean 120, CV 41 %, with an edge that no log-normal has.
    case("skew gamma", |d| 50.0 - 35.0 * (d.unit() * d.unit()).ln()),
    case("tri 70/130/250", |d| {
        beads(d, &[(70.0, 1.0), (130.0, 1.0), (250.0, 1.0)])
    }),
];

/// One analysis and its distance to the truth, nm.
pub(crate) struct Run {
    pub got: SampleSizes,
    pub distance_nm: f64,
}

impl Run {
    fn peaks(&self) -> &[Population] {
        &self.got.pooled.populations
    }

    fn mean_and_cv(&self) -> [f64; 2] {
        let s = self.got.pooled.summary.unwrap();
        [s.mean.value, s.cv.value]
    }

    /// Two peaks near to these places with fractions near to a half.
    fn is_half_and_half(&self, nominal: [f64; 2], tolerance: f64) -> bool {
        let peaks = self.peaks().iter();
        self.peaks().len() == 2
            && peaks.zip(nominal).all(|(p, nm)| {
                (p.diameter_nm.value / nm - 1.0).abs() < 0.06
                    && (p.fraction.value - 0.5).abs() <= tolerance
            })
    }
}

/// Analyses of 1000 tracks each. No two cases share their random numbers, so that what is left of chance averages out.
pub(crate) fn runs(case: &Case, method: &str, seeds: std::ops::Range<u64>) -> Vec<Run> {
    runs_counting(Weighting::Number, case, method, seeds)
}

fn runs_counting(
    weighting: Weighting,
    case: &Case,
    method: &str,
    seeds: std::ops::Range<u64>,
) -> Vec<Run> {
    let place = CASES.iter().position(|c| c.name == case.name).unwrap_or(0) as u64;
    let mut dice = Dice::new(999);
    let truth = empirical((0..200_000).map(|_| (case.draw)(&mut dice)).collect());
    let plan = SizingPlan {
        distribution: Choice::of(method),
        weighting,
        resamples: 20,
        ..SizingPlan::default()
    };
    seeds
        .into_par_iter()
        .map(|seed| {
            let (got, _) = analysed(1000 * place + seed, 1000, &plan, case.draw);
            let d = got.pooled.distribution.as_ref().unwrap();
            let distance_nm = w1(&d.diameter_nm, &d.density_per_nm, &truth);
            Run { got, distance_nm }
        })
        .collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
    sum / n
}

fn geometric_mean(values: &[f64]) -> f64 {
    mean(values.iter().map(|v| v.ln())).exp()
}

fn share(runs: &[Run], holds: impl Fn(&Run) -> bool) -> f64 {
    runs.iter().filter(|r| holds(r)).count() as f64 / runs.len() as f64
}

/// What must come out of one case, as a sentence if it does not.
fn broken_promise(case: &Case, runs: &[Run]) -> Option<&'static str> {
    let one_peak = share(runs, |r| r.peaks().len() == 1);
    let halves =
        |nominal: [f64; 2], tolerance: f64| share(runs, |r| r.is_half_and_half(nominal, tolerance));
    // The fraction in one sample has a standard deviation of 0.04, half of it from which particles came by.
    let fair = |nominal: [f64; 2]| {
        let first = mean(runs.iter().map(|r| r.peaks()[0].fraction.value));
        halves(nominal, 0.12) == 1.0 && halves(nominal, 0.08) >= 0.8 && (first - 0.5).abs() < 0.04
    };
    match case.name {
        "mono100" => {
            // 1000 tracks of 25 frames leave 3 % and 6 % indistinct: 1 sample in 20 says more than 6 %, by every
            // method.
            let cv = mean(runs.iter().map(|r| r.mean_and_cv()[1]));
            let narrow = share(runs, |r| r.mean_and_cv()[1] <= 0.06);
            let true_mean = share(runs, |r| (r.mean_and_cv()[0] - 100.0).abs() <= 1.5);
            (cv > 0.045 || narrow < 0.8 || true_mean < 1.0 || one_peak < 1.0)
                .then_some("one narrow peak at 100 nm")
        }
        "60/100 1:1" => (!fair([60.0, 100.0])).then_some("always two halves"),
        "100/200 1:1" => (!fair([100.0, 200.0])).then_some("always two halves"),
        "100/150 1:1" => (halves([100.0, 150.0], 0.15) < 0.8).then_some("two halves, mostly"),
        "80/100 1:1" => {
            (one_peak <= 0.5).then_some("one peak, mostly: diffusion alone cannot part them")
        }
        "EV lognorm" | "skew gamma" => {
            (one_peak < 0.8).then_some("a broad population stays one, mostly")
        }
        _ => None,
    }
}

/// What the mean of the two fits promises.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes some minutes unless optimised")]
fn average_is_near_to_the_truth_for_all_twelve() {
    let mut distances = Vec::new();
    for case in &CASES {
        let runs = runs(case, "average", 0..8);
        if let Some(promise) = broken_promise(case, &runs) {
            let seen: Vec<String> = runs.iter().map(described).collect();
            panic!("{}: {promise}, but {seen:?}", case.name);
        }
        distances.push(mean(runs.iter().map(|r| r.distance_nm)));
    }
    let all = geometric_mean(&distances);
    assert!(all < 2.8, "{all} {distances:?}");
}

/// What other programs do, on the same tracks. Every track counts once, as it does there; lengths do not go with sizes here.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes some minutes unless optimised")]
fn average_is_far_nearer_to_the_truth_than_what_others_do() {
    let distance = |method: &str| {
        let of = |case: &Case| {
            let runs = runs_counting(Weighting::Track, case, method, 0..6);
            mean(runs.iter().map(|r| r.distance_nm))
        };
        geometric_mean(&CASES.iter().map(of).collect::<Vec<f64>>())
    };
    let [average, ftla, walker] = ["average", "ftla", "walker"].map(distance);
    assert!(average < 0.37 * ftla, "{average} {ftla}");
    assert!(average < 0.5 * walker, "{average} {walker}");
}

fn described(run: &Run) -> String {
    let [mean, cv] = run.mean_and_cv();
    let peaks: Vec<String> = run
        .peaks()
        .iter()
        .map(|p| format!("{:.0}({:.2})", p.diameter_nm.value, p.fraction.value))
        .collect();
    format!("{mean:.1} nm, {:.1} %: {}", 100.0 * cv, peaks.join(" "))
}

/// Distances of every method in the table.
#[test]
#[ignore = "prints the distance to the truth of every method; takes some minutes"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_twelve() {
    let mut distances = vec![Vec::new(); DISTRIBUTIONS.len()];
    for case in &CASES {
        let mut line = format!("{:15}", case.name);
        let mut peaks = String::new();
        for (entry, distances) in DISTRIBUTIONS.iter().zip(&mut distances) {
            let runs = runs(case, entry.key, 100..112);
            let distance = mean(runs.iter().map(|r| r.distance_nm));
            distances.push(distance);
            line += &format!("  {} {distance:6.2}", entry.key);
            let cv = mean(runs.iter().map(|r| r.mean_and_cv()[1]));
            let counts: Vec<String> = runs.iter().map(|r| r.peaks().len().to_string()).collect();
            peaks += &format!(
                "\n    {:10} CV {:5.1} %, peaks {}",
                entry.key,
                100.0 * cv,
                counts.join("")
            );
        }
        println!("{line}{peaks}");
    }
    for (entry, distances) in DISTRIBUTIONS.iter().zip(&distances) {
        println!("{}: {:.2} nm", entry.key, geometric_mean(distances));
    }
}

/// Time that resamples take: 200 of them less 20, times 200/180, the shortest of three.
#[test]
#[ignore = "prints the time of 200 resamples for every method"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_time_of_resamples() {
    for case in [&CASES[0], &CASES[1], &CASES[9], &CASES[11]] {
        for entry in DISTRIBUTIONS {
            let mut whole = f64::INFINITY;
            let mut few = f64::INFINITY;
            for _ in 0..3 {
                for (resamples, least) in [(200, &mut whole), (20, &mut few)] {
                    let plan = SizingPlan {
                        distribution: Choice::of(entry.key),
                        resamples,
                        profile_precision: false,
                        ..SizingPlan::default()
                    };
                    let start = std::time::Instant::now();
                    analysed(1, 1000, &plan, case.draw);
                    *least = least.min(start.elapsed().as_secs_f64());
                }
            }
            let resampling = (whole - few) * 200.0 / 180.0;
            println!(
                "{:15} {:10} resamples {resampling:.2} s, all else {:.2} s",
                case.name,
                entry.key,
                whole - resampling
            );
        }
    }
}
