//! Shares of the particles in classes of size.
//!
//! The share of a rung is spread evenly, in the logarithm, over its cell, as for the quantiles. Intervals come from the same
//! resamples as all others, and are never narrower than what so many tracks can exclude: of n tracks none may lie in a class
//! that holds up to 3 / n of the particles (95 %), by surface or volume as much more as a particle of that class weighs. A large
//! particle stays longer, so that fewer tracks stand for the same number: for classes far above the others the limit is somewhat low.

use crate::bootstrap::{self, Resample};
use crate::concentration::NONE_SEEN_95;
use crate::lattice::{LARGEST_NM, Lattice, RATIO};
use crate::summary::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most edges that a plan may name.
pub const MOST_EDGES: usize = 50;

/// The particles in one class of size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassShare {
    /// Lower edge, nm, part of the class.
    pub from_nm: f64,
    /// Upper edge, nm, not part of the class; `None` for the class that is open above.
    pub to_nm: Option<f64>,
    /// Its share in the weighting asked for, 0 to 1.
    pub share: Interval,
    /// Its share of the number of particles, 0 to 1.
    pub number: Interval,
}

/// Whether these are edges of classes: ascending, from 0 to the largest diameter that is ever looked at, not too many.
pub fn are_edges(edges_nm: &[f64]) -> bool {
    let in_range = |e: &f64| (0.0..=LARGEST_NM).contains(e);
    edges_nm.len() <= MOST_EDGES
        && edges_nm.iter().all(in_range)
        && edges_nm.windows(2).all(|w| w[0] < w[1])
}

/// The classes between edges; what lies below the first and from the last on are classes too, so that no particle is left out. No
/// class without edges.
pub fn between(edges_nm: &[f64]) -> Vec<(f64, Option<f64>)> {
    let mut out = Vec::new();
    let mut from = 0.0;
    for edge in edges_nm.iter().copied().filter(|e| *e > 0.0) {
        out.push((from, Some(edge)));
        from = edge;
    }
    if !edges_nm.is_empty() {
        out.push((from, None));
    }
    out
}

/// Share of the particles below a diameter (nm).
fn below(lattice: &Lattice, share: &[f64], edge_nm: f64) -> f64 {
    let d = lattice.diameters_nm();
    let part = |d: f64| ((edge_nm / d).ln() / RATIO.ln() + 0.5).clamp(0.0, 1.0);
    d.iter().zip(share).map(|(d, s)| s * part(*d)).sum()
}

/// Share of the particles in a class, from shares per rung whose diameters are all `scale` times as large.
fn within(lattice: &Lattice, share: &[f64], scale: f64, (from, to): (f64, Option<f64>)) -> f64 {
    let up_to = to.map_or_else(|| share.iter().sum(), |t| below(lattice, share, t / scale));
    let before = match from > 0.0 {
        true => below(lattice, share, from / scale),
        false => 0.0,
    };
    (up_to - before).clamp(0.0, 1.0)
}

/// A weighting of one fit and how to find it in its resamples.
pub(crate) struct Weighted<'a> {
    /// Shares per rung.
    pub share: &'a [f64],
    /// The same of a resample.
    pub of: fn(&Resample) -> &[f64],
    /// What a particle of this diameter counts for: the diameter to this power.
    pub power: i32,
}

/// What the intervals of the classes are made from.
pub(crate) struct Classes<'a> {
    /// The ladder of diameters.
    pub lattice: &'a Lattice,
    /// All resamples.
    pub resamples: &'a [Resample],
    /// How much wider intervals are made.
    pub widening: f64,
    /// Tracks of the fit.
    pub tracks: usize,
}

impl Classes<'_> {
    /// Share and number of each class.
    pub fn shares(
        &self,
        edges_nm: &[f64],
        asked: &Weighted<'_>,
        number: &Weighted<'_>,
    ) -> Vec<ClassShare> {
        between(edges_nm)
            .into_iter()
            .map(|class| ClassShare {
                from_nm: class.0,
                to_nm: class.1,
                share: self.interval(class, asked, number.share),
                number: self.interval(class, number, number.share),
            })
            .collect()
    }

    fn interval(
        &self,
        class: (f64, Option<f64>),
        weighted: &Weighted<'_>,
        number: &[f64],
    ) -> Interval {
        let value = within(self.lattice, weighted.share, 1.0, class);
        let mut values: Vec<f64> = self
            .resamples
            .iter()
            .map(|r| within(self.lattice, (weighted.of)(r), r.scale, class))
            .collect();
        let [low, high] = bootstrap::interval(value, &mut values, self.widening);
        let unseen = (NONE_SEEN_95 / self.tracks.max(1) as f64).min(1.0);
        let weighs = usual_nm(class).powi(weighted.power);
        let diameters = self.lattice.diameters_nm().iter();
        let others: f64 = diameters
            .zip(number)
            .map(|(d, n)| n * d.powi(weighted.power))
            .sum();
        let here = unseen * weighs / (unseen * weighs + (1.0 - unseen) * others);
        Interval {
            value,
            ci95: [low.min(1.0 - unseen).max(0.0), high.max(here).min(1.0)],
        }
    }
}

/// A diameter that stands for a class, nm: the middle of the logarithm, or the edge of one that is open.
fn usual_nm((from, to): (f64, Option<f64>)) -> f64 {
    match to {
        Some(to) if from > 0.0 => (from * to).sqrt(),
        Some(to) => to,
        None => from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_normal(lattice: &Lattice, median: f64, s: f64) -> Vec<f64> {
        let density = |d: &f64| (-0.5 * ((d / median).ln() / s).powi(2)).exp();
        let raw: Vec<f64> = lattice.diameters_nm().iter().map(density).collect();
        let sum: f64 = raw.iter().sum();
        raw.iter().map(|r| r / sum).collect()
    }

    #[test]
    fn open_ends_leave_nobody_out() {
        assert_eq!(
            between(&[50.0, 100.0]),
            [(0.0, Some(50.0)), (50.0, Some(100.0)), (100.0, None)]
        );
        assert_eq!(between(&[0.0, 100.0]), [(0.0, Some(100.0)), (100.0, None)]);
        assert_eq!(between(&[0.0]), [(0.0, None)]);
        assert!(between(&[]).is_empty());
    }

    #[test]
    fn edges_ascend_within_the_range() {
        for good in [&[][..], &[0.0], &[0.0, 50.0, 20_000.0]] {
            assert!(are_edges(good), "{good:?}");
        }
        let many: Vec<f64> = (0..51).map(f64::from).collect();
        for bad in [
            &[50.0, 50.0][..],
            &[100.0, 50.0],
            &[-1.0],
            &[20_001.0],
            &[f64::NAN],
            &many,
        ] {
            assert!(!are_edges(bad), "{bad:?}");
        }
    }

    #[test]
    fn shares_of_a_log_normal_are_those_of_the_normal_table() {
        let lattice = Lattice::covering(10.0, 2000.0);
        let s = 0.33;
        let share = log_normal(&lattice, 100.0, s);
        // 68.27 % within one standard deviation of the logarithm, 15.87 % on either side; edges off the rungs.
        let edges = [100.0 * (-s).exp(), 100.0 * s.exp()];
        for (class, want) in between(&edges)
            .into_iter()
            .zip([0.158_66, 0.682_69, 0.158_66])
        {
            let got = within(&lattice, &share, 1.0, class);
            assert!((got - want).abs() < 2e-4, "{class:?}: {got} for {want}");
        }
        // With all diameters 1.1 times as large, the class that is 1.1 times as large holds the same.
        let larger = within(
            &lattice,
            &share,
            1.1,
            (1.1 * edges[0], Some(1.1 * edges[1])),
        );
        assert!((larger - 0.682_69).abs() < 2e-4, "{larger}");
    }

    #[test]
    fn intervals_hold_the_resamples_and_what_few_tracks_cannot_exclude() {
        let lattice = Lattice::covering(10.0, 2000.0);
        let share = log_normal(&lattice, 100.0, 0.1);
        let resamples: Vec<Resample> = (-100..=100)
            .map(|k| {
                let share = log_normal(&lattice, 100.0 + 0.1 * f64::from(k), 0.1);
                Resample {
                    number: share.clone(),
                    share,
                    scale: 1.0,
                }
            })
            .collect();
        let classes = Classes {
            lattice: &lattice,
            resamples: &resamples,
            widening: 1.0,
            tracks: 200,
        };
        let weighted = Weighted {
            share: &share,
            of: |r| &r.share,
            power: 0,
        };
        let got = classes.shares(&[50.0, 100.0], &weighted, &weighted);
        let [none, half, other] = got[..] else {
            panic!("{got:?}");
        };
        // Medians from 90.5 to 109.5 nm make the share below 100 nm 0.841 and 0.182.
        assert!((half.share.value - 0.5).abs() < 2e-3);
        assert!((half.share.ci95[0] - 0.182).abs() < 0.01, "{half:?}");
        assert!((half.share.ci95[1] - 0.841).abs() < 0.01, "{half:?}");
        assert!((half.share.value + other.share.value + none.share.value - 1.0).abs() < 1e-9);
        assert!(none.share.value < 1e-6 && none.share.ci95[0] < 1e-6);
        assert!((none.share.ci95[1] - 3.0 / 200.0).abs() < 1e-4, "{none:?}");
        assert_eq!(half.share, half.number);
    }

    #[test]
    fn what_was_not_seen_may_hold_much_of_the_volume() {
        let lattice = Lattice::covering(10.0, 2000.0);
        let share = log_normal(&lattice, 100.0, 0.02);
        let classes = Classes {
            lattice: &lattice,
            resamples: &[],
            widening: 1.0,
            tracks: 1000,
        };
        let of = |power| Weighted {
            share: &share,
            of: |r| &r.share,
            power,
        };
        let got = classes.shares(&[300.0], &of(3), &of(0));
        // 0.3 % of the number at 27 times the volume of the others.
        let [_, large] = got[..] else {
            panic!("{got:?}");
        };
        assert!((large.number.ci95[1] - 0.003).abs() < 1e-4);
        assert!((large.share.ci95[1] - 0.0748).abs() < 2e-3, "{large:?}");
    }
}
