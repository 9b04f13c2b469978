//! How often comparisons of simulated results raise an alarm where there is nothing, and find what there is.
//!
//! The fast tests draw the median diameter of each result with the error that its tracks give it; the printout simulates
//! every track as Brownian steps and sizes it with the method of `nta analyze`.

use super::gather::{Item, Items};
use super::model::{Answer, Comparison};
use super::{CompareRequest, of_groups};
use crate::assemble::diameters;
use crate::report::{Capture, DiameterSummary, Distribution, Estimate, Report, Verdict, sample};
use nta_core::drift::Drift;
use nta_core::model::Stated;
use nta_core::{Acquisition, FrameIndex, Spot, Track, TrackId, TrackPoint, Trajectory};
use nta_sizing::compare::tracks::TrackSize;
use nta_sizing::{CaptureTracks, Medium, Sampling, SizingPlan, size_sample};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::OnceLock;

const INTERVAL_S: f64 = 1.0 / 30.0;
const EXPOSURE_S: f64 = 0.015;

struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// A result like those of a laboratory, with nothing of its own in it, and small, as thousands are made.
fn bare(films: &str) -> Report {
    static SMALL: OnceLock<Report> = OnceLock::new();
    let small = SMALL.get_or_init(|| {
        let (mut report, _) = sample::pass();
        report.verdict = Verdict::Pass;
        report.concentration = None;
        report.size_classes.clear();
        report.methods.clear();
        report.findings.clear();
        report.diameter_nm = DiameterSummary::default();
        report.distribution = Distribution::default();
        report.captures = vec![Capture::default()];
        report
    });
    let mut report = small.clone();
    report.captures[0].sha256 = films.to_owned();
    report
}

fn group(name: &str, items: Vec<Item>) -> Items {
    Items {
        name: name.into(),
        items,
    }
}

fn compared(groups: &[Items], margin_percent: f64) -> Comparison {
    let request = CompareRequest {
        margin_percent: Some(margin_percent),
        ..super::tests::request()
    };
    of_groups(groups, Vec::new(), &request).expect("a comparison")
}

/// A result whose median is known to `own_sd` and whose preparation is off by `between_sd`, both relative.
fn drawn(dice: &mut Dice, nm: f64, [own_sd, between_sd]: [f64; 2]) -> Item {
    let off = own_sd.hypot(between_sd) * dice.normal();
    let d50 = nm * off.exp();
    let factor = (nta_sizing::Z95 * own_sd).exp();
    let mut report = bare(&format!("{}", dice.0.next_u64()));
    report.diameter_nm.d50 = Estimate::new(d50, Some([d50 / factor, d50 * factor]));
    let grid: Vec<f64> = (0..120).map(|i| 50.0 * 1.02f64.powi(i)).collect();
    let bell = |x: &f64| (-0.5 * ((x / d50).ln() / 0.05).powi(2)).exp() / x;
    report.distribution = Distribution {
        density_per_nm: grid.iter().map(bell).collect(),
        diameter_nm: grid,
        weighting: "number".into(),
        ..Distribution::default()
    };
    Item {
        path: String::new(),
        name: String::new(),
        report,
        sha256: String::new(),
        tracks: (0..100)
            .map(|_| TrackSize {
                frames: 25,
                diameter_nm: Some(d50 * (0.2 * dice.normal()).exp()),
            })
            .collect(),
    }
}

/// How often each answer comes in `trials` comparisons of groups of `n` results.
#[derive(Debug, Default)]
struct Rates {
    trials: u32,
    /// p of D50 below 0.05.
    number: u32,
    /// p of the distribution at most 0.05.
    distribution: u32,
    /// A difference is told, with all tests allowed for.
    told: u32,
    equivalent: u32,
    different: u32,
}

impl Rates {
    fn add(&mut self, c: &Comparison) {
        let pair = &c.pairs[0];
        let d50 = pair
            .numbers
            .iter()
            .find(|n| n.number == "d50")
            .expect("D50");
        self.trials += 1;
        self.number += u32::from(d50.p.is_some_and(|p| p < 0.05));
        let d = pair.distribution.as_ref().and_then(|d| d.p);
        self.distribution += u32::from(d.is_some_and(|p| p <= 0.05));
        self.told += u32::from(!super::words::detected(pair).is_empty());
        self.equivalent += u32::from(d50.equivalence.outcome == Answer::Equivalent);
        self.different += u32::from(d50.equivalence.outcome == Answer::Different);
    }

    fn in_words(&self) -> String {
        let share = |n: u32| format!("{:.1} %", 100.0 * f64::from(n) / f64::from(self.trials));
        format!(
            "{} comparisons: D50 differs {}, distribution differs {}, a difference is told {}, equivalent {}, not equivalent {}",
            self.trials,
            share(self.number),
            share(self.distribution),
            share(self.told),
            share(self.equivalent),
            share(self.different)
        )
    }
}

fn drawn_rates(seed: u64, shift: f64, sizes: [usize; 2], sds: [f64; 2]) -> Rates {
    let mut dice = Dice::new(seed);
    let mut out = Rates::default();
    for _ in 0..TRIALS {
        let mut of = |n: usize, nm: f64| (0..n).map(|_| drawn(&mut dice, nm, sds)).collect();
        let groups = [
            group("A", of(sizes[0], 100.0)),
            group("B", of(sizes[1], 100.0 * shift)),
        ];
        out.add(&compared(&groups, 10.0));
    }
    out
}

/// Comparisons of each kind.
const TRIALS: u32 = 400;
/// 20 of 400 are expected; 7 or fewer and 34 or more come by chance once in 300 times.
const ABOUT_FIVE_PERCENT: std::ops::Range<u32> = 8..34;

#[test]
fn equal_batches_raise_an_alarm_as_often_as_stated() {
    // Counting alone, and preparations that differ by more than their films know.
    for (seed, sds) in [(1, [0.01, 0.0]), (2, [0.006, 0.03])] {
        let r = drawn_rates(seed, 1.0, [5, 5], sds);
        assert!(ABOUT_FIVE_PERCENT.contains(&r.number), "{sds:?}: {r:?}");
        // Of 126 ways six have p of 0.048 or less.
        assert!(
            ABOUT_FIVE_PERCENT.contains(&r.distribution),
            "{sds:?}: {r:?}"
        );
        assert!(r.told < ABOUT_FIVE_PERCENT.end, "{sds:?}: {r:?}");
    }
    // Too few to be dealt out: what differs between films of one group must not be taken for a difference of groups.
    let r = drawn_rates(9, 1.0, [3, 3], [0.006, 0.03]);
    assert!(r.told < ABOUT_FIVE_PERCENT.end, "{r:?}");
    assert!(r.distribution > 2 * ABOUT_FIVE_PERCENT.end, "{r:?}");
    // One result against five, and one against one, whose films know their errors.
    for (seed, sizes) in [(3, [5, 1]), (4, [1, 5]), (5, [1, 1])] {
        let r = drawn_rates(seed, 1.0, sizes, [0.01, 0.0]);
        assert!(ABOUT_FIVE_PERCENT.contains(&r.number), "{sizes:?}: {r:?}");
    }
}

#[test]
fn a_shift_of_five_per_cent_is_found() {
    // 1000 tracks of 25 steps know D50 to 0.6 %; preparations add 1 %.
    let r = drawn_rates(6, 1.05, [5, 5], [0.006, 0.01]);
    assert!(r.number >= 360 && r.told >= 360, "{r:?}");
    // And it is small enough for a margin of 10 %.
    assert!(r.equivalent >= 360, "{r:?}");
}

#[test]
fn equivalence_is_rarely_claimed_at_the_margin() {
    for (seed, shift) in [(7, 1.1), (8, 0.9)] {
        let r = drawn_rates(seed, shift, [5, 5], [0.006, 0.02]);
        assert!(r.equivalent < ABOUT_FIVE_PERCENT.end, "{shift}: {r:?}");
        assert!(r.different < ABOUT_FIVE_PERCENT.end, "{shift}: {r:?}");
    }
}

/// What a simulated result is made of.
#[derive(Clone, Copy)]
struct Scene {
    tracks: usize,
    /// Median diameter, nm, and spread of the logarithm.
    nm: f64,
    ln_sd: f64,
    /// Mean length of tracks, frames; the shortest have 6.
    length: f64,
    /// Standard deviation of a factor that all diameters of a result share.
    between_sd: f64,
}

fn water() -> Medium {
    Medium::named("water", 25.0).expect("a medium")
}

fn trajectory(dice: &mut Dice, diffusion: f64, frames: usize) -> Trajectory {
    const ERROR_UM: f64 = 0.04;
    let mut at = [0.0; 2];
    let mut points = Vec::new();
    for frame in 0..frames as u32 {
        let mut seen = [0.0; 2];
        for (a, s) in at.iter_mut().zip(&mut seen) {
            let open = (2.0 * diffusion * EXPOSURE_S).sqrt() * dice.normal();
            let about = (2.0 * diffusion * EXPOSURE_S / 12.0).sqrt() * dice.normal();
            let rest = (2.0 * diffusion * (INTERVAL_S - EXPOSURE_S)).sqrt() * dice.normal();
            *s = *a + 0.5 * open + about + ERROR_UM * dice.normal();
            *a += open + rest;
        }
        points.push(TrackPoint {
            frame: FrameIndex(frame),
            time_s: f64::from(frame) * INTERVAL_S,
            spot: Spot {
                x_px: seen[0],
                y_px: seen[1],
                precision_px: ERROR_UM,
                width_px: 1.5,
                mass_counts: 1000.0,
                peak_counts: 100.0,
                background_counts: 0.0,
                snr: 20.0,
            },
        });
    }
    // Pixels of 1 um, so that px and um are the same.
    let acquisition = Acquisition {
        pixel_size_um: Stated::new(1.0, "test"),
        frame_interval_s: Stated::new(INTERVAL_S, "test"),
        exposure_s: None,
        bit_depth: Some(Stated::new(8, "test")),
    };
    let track = Track::new(TrackId(0), points).expect("frames increase");
    Trajectory::from_track(&track, &acquisition, &Drift::none())
}

/// A result as `nta analyze` would give it for simulated tracks.
fn sized(dice: &mut Dice, scene: &Scene) -> Item {
    let medium = water();
    let factor = (scene.between_sd * dice.normal()).exp();
    let trajectories: Vec<Trajectory> = (0..scene.tracks)
        .map(|_| {
            let nm = scene.nm * factor * (scene.ln_sd * dice.normal()).exp();
            let p = 1.0 / (scene.length - 5.0);
            let frames = 6 + (dice.unit().ln() / (1.0 - p).ln()).floor() as usize;
            trajectory(
                dice,
                medium.diffusion_times_diameter() / nm,
                frames.min(400),
            )
        })
        .collect();
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: &[],
        sampling: Sampling {
            frame_interval_s: INTERVAL_S,
            exposure_s: EXPOSURE_S,
        },
        exposure_se_s: 0.0,
    };
    let plan = SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    };
    let sizes = size_sample(&[capture], &medium, &plan).expect("sizes");
    let mut report = bare(&format!("{}", dice.0.next_u64()));
    report.diameter_nm = diameters(sizes.pooled.summary.as_ref());
    if let Some(d) = sizes.pooled.distribution {
        report.distribution = Distribution {
            diameter_nm: d.diameter_nm,
            density_per_nm: d.density_per_nm,
            weighting: d.weighting,
            ..Distribution::default()
        };
    }
    let tracks = sizes.particles[0].iter().zip(&trajectories);
    Item {
        path: String::new(),
        name: String::new(),
        report,
        sha256: String::new(),
        tracks: tracks
            .filter(|(p, _)| p.used)
            .map(|(p, t)| TrackSize {
                frames: t.frames().len() as u32,
                diameter_nm: p.diameter_nm,
            })
            .collect(),
    }
}

/// Comparisons of groups that are dealt from simulated results: `n` of the first pool against `n` of the second, or of the
/// rest of the first where there is no second.
fn dealt_rates(seed: u64, n: usize, first: &[Item], second: Option<&[Item]>) -> Rates {
    let mut dice = Dice::new(seed);
    let mut out = Rates::default();
    for _ in 0..TRIALS {
        let mut deal = |pool: &[Item], n: usize| -> Vec<Item> {
            let mut places: Vec<usize> = (0..pool.len()).collect();
            (0..n)
                .map(|_| {
                    let pick = (dice.unit() * places.len() as f64) as usize;
                    pool[places.swap_remove(pick.min(places.len() - 1))].clone()
                })
                .collect()
        };
        let (a, b) = match second {
            Some(second) => (deal(first, n), deal(second, n)),
            None => {
                let mut all = deal(first, 2 * n);
                let b = all.split_off(n);
                (all, b)
            }
        };
        out.add(&compared(&[group("A", a), group("B", b)], 10.0));
    }
    out
}

#[test]
#[ignore = "prints rates of alarms and what is found; takes minutes"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn measure_rates() {
    let usual = Scene {
        tracks: 300,
        nm: 100.0,
        ln_sd: 0.1,
        length: 20.0,
        between_sd: 0.0,
    };
    let pool = |seed: u64, results: usize, scene: Scene| -> Vec<Item> {
        let mut dice = Dice::new(seed);
        (0..results).map(|_| sized(&mut dice, &scene)).collect()
    };
    let say = |name: &str, n: usize, first: &[Item], second: Option<&[Item]>| {
        let rates = dealt_rates(n as u64, n, first, second);
        println!("{name}, {n} against {n}: {}", rates.in_words());
    };
    let equal = pool(1, 400, usual);
    let long = pool(
        2,
        200,
        Scene {
            length: 40.0,
            tracks: 150,
            ..usual
        },
    );
    let prepared = pool(
        3,
        400,
        Scene {
            between_sd: 0.02,
            ..usual
        },
    );
    let broad = pool(
        4,
        400,
        Scene {
            ln_sd: 0.35,
            ..usual
        },
    );
    for n in [5, 3, 1] {
        say("equal, 300 tracks", n, &equal, None);
        say(
            "equal, other lengths and numbers of tracks",
            n,
            &equal,
            Some(&long),
        );
        say("equal, preparations differ by 2 %", n, &prepared, None);
        say("equal, broad (CV 35 %)", n, &broad, None);
    }
    for (name, ln_sd) in [("narrow (CV 10 %)", 0.1), ("broad (CV 35 %)", 0.35)] {
        let many = Scene {
            tracks: 1000,
            between_sd: 0.01,
            ln_sd,
            ..usual
        };
        let (a, b) = (pool(5, 60, many), pool(6, 60, Scene { nm: 105.0, ..many }));
        for n in [5, 3, 1] {
            say(
                &format!("5 % apart, 1000 tracks, preparations differ by 1 %, {name}"),
                n,
                &a,
                Some(&b),
            );
        }
    }
}
