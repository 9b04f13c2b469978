//! Stated 95 % intervals hold the truth as often as they say.

use crate::distributions::{analysed, cv3};
use crate::simulate::Dice;
use nta_sizing::{Counted, Interval, SizingPlan, concentration};

const SETS: u64 = 120;
/// Of 120 sets right intervals hold 114 on average and, by chance, hardly ever fewer than 106.
const FEWEST: u64 = 106;

fn plan() -> SizingPlan {
    SizingPlan {
        resamples: 100,
        ..SizingPlan::default()
    }
}

fn holds(interval: &Interval, truth: f64) -> u64 {
    u64::from(interval.ci95[0] <= truth && truth <= interval.ci95[1])
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes some minutes unless optimised")]
fn sizes_of_vesicles() {
    let (z, spread) = (1.281_552, 0.337f64);
    let truth = [
        100.0 * (0.5 * spread * spread).exp(),
        100.0 * (-z * spread).exp(),
        100.0,
        100.0 * (z * spread).exp(),
    ];
    let mut held = [0; 4];
    for seed in 0..SETS {
        let (got, _) = analysed(7000 + seed, 300, &plan(), |dice| {
            100.0 * (spread * dice.normal()).exp()
        });
        let s = got.pooled.summary.expect("sizes");
        for ((h, interval), truth) in held
            .iter_mut()
            .zip([s.mean, s.d10, s.d50, s.d90])
            .zip(truth)
        {
            *h += holds(&interval, truth);
        }
    }
    for (h, name) in held.iter().zip(["mean", "D10", "D50", "D90"]) {
        assert!(*h >= FEWEST, "{name}: {held:?} of {SETS}");
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes some minutes unless optimised")]
fn fractions_of_two_populations() {
    let (mut held, mut two) = (0, 0);
    for seed in 0..SETS {
        let (got, _) = analysed(8000 + seed, 300, &plan(), |dice| {
            let median = if dice.unit() < 0.5 { 60.0 } else { 150.0 };
            cv3(dice, median)
        });
        if let [small, _] = &got.pooled.populations[..] {
            two += 1;
            // Every track lasts as long, so that shares of tracks are shares of particles.
            held += holds(&small.fraction, 0.5);
        }
    }
    assert!(two >= SETS * 9 / 10, "two populations in {two} of {SETS}");
    assert!(held * 100 >= two * 88, "{held} of {two}");
}

#[test]
fn concentrations() {
    let mut dice = Dice::new(9);
    let sets = 1000;
    let mut held = 0;
    for _ in 0..sets {
        // A Poisson number of visits of 20 frames on average, each of a length of its own.
        let (expected, mut visits, mut waited) = (150.0, Vec::new(), 0.0);
        loop {
            waited -= dice.unit().ln();
            if waited > expected {
                break;
            }
            visits.push(dice.length(1, 20.0) as f64);
        }
        let got = concentration(&Counted {
            particles_per_frame: visits.iter().sum::<f64>() / 900.0,
            frames_present: &visits,
            frames: 900,
            hidden_area_um2: 0.0,
            area_um2: 10_000.0,
            depth_um: Some(10.0),
            dilution: 1.0,
            typical_visit_frames: None,
        });
        let [low, high] = got.ci95.expect("an interval");
        let truth = expected * 20.0 / 900.0 / (10_000.0 * 10.0 * 1e-12);
        held += u64::from(low <= truth && truth <= high);
    }
    assert!((930..=975).contains(&held), "{held} of {sets}");
}
