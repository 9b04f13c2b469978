//! At which frequency everything moves to and fro together.
//!
//! Least-squares periodogram (Lomb 1976, doi:10.1007/BF00648343; Scargle 1982, doi:10.1086/160554): at each frequency `f`
//! a sinusoid of the position, `a cos(2 pi f t) + b sin(2 pi f t)` in x and in y, is fitted to the displacements with
//! their weights, and the power is the weighted sum of squares that it explains. By chance that is chi-square with four
//! degrees of freedom. Frames that are missing or not evenly spaced need no care.
//!
//! Differs from the papers in: displacements are fitted and not positions, whose chance part is a random walk; both
//! axes are summed; films are cut into stretches whose powers are summed, so that a pump need not keep its phase; the
//! level of chance is not assumed but is the median of the powers at frequencies around, since steps that follow each
//! other have an error of position and an exposure in common; and a power counts only if it is [`LEAST_SD`] beyond
//! that, which chance alone does less than once in ten thousand films.

use super::common::{Displacements, median};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest stretch with one phase, frames: 17 s at 30 frames/s.
pub(super) const STRETCH: usize = 512;
/// Frequencies looked at, per resolved one.
const OVERSAMPLING: usize = 4;
/// Frequencies on either side that tell the level of chance.
const AROUND: usize = 128;
/// Fewest frames in which a frequency is looked for.
const LEAST_FRAMES: usize = 60;
/// A power must lie so many standard deviations beyond chance (of a normal variable of the same probability): 2e-8 for
/// one frequency, some thousand of which are looked at.
const LEAST_SD: f64 = 5.5;
/// A share of the diagonal added to it, so that half the frame rate, where a sine is not seen, can be solved too.
const RIDGE: f64 = 1e-3;

/// The mean displacement of all particles seen in the same two frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Frame where it begins.
    pub from: usize,
    /// Frame where it ends.
    pub to: usize,
    /// Inverse variance per axis, px^-2.
    pub weight: f64,
    /// Displacement (x, y), px.
    pub by_px: (f64, f64),
}

/// Means of displacements by the two frames, in time. Long ones are clipped about `expected`.
pub(super) fn rows(rest: Displacements<'_>, expected: &[(f64, f64)]) -> Vec<Row> {
    // Sums are taken in the order of the tracks.
    let mut means: BTreeMap<(usize, usize), Row> = BTreeMap::new();
    for d in rest.iter() {
        let to = d.from + d.frames;
        let (a, b) = (expected[d.from], expected[to]);
        let e = (b.0 - a.0, b.1 - a.1);
        let (dx, dy) = (d.by_px.0 - e.0, d.by_px.1 - e.1);
        let clip = d.clip(e);
        let row = Row {
            from: d.from,
            to,
            weight: d.weight / d.span,
            by_px: (e.0 + clip * dx, e.1 + clip * dy),
        };
        let add = |mean: &mut Row| {
            let weight = mean.weight + row.weight;
            let share = row.weight / weight;
            mean.by_px.0 += share * (row.by_px.0 - mean.by_px.0);
            mean.by_px.1 += share * (row.by_px.1 - mean.by_px.1);
            mean.weight = weight;
        };
        means.entry((d.from, to)).and_modify(add).or_insert(row);
    }
    means.into_values().collect()
}

/// Sums for the fit of a sinusoid.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Normal {
    cc: f64,
    cs: f64,
    ss: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Normal {
    /// Adds a row whose ends have these cosines and sines.
    pub fn add(&mut self, row: &Row, weight: f64, from: (f64, f64), to: (f64, f64)) {
        let (c, s) = (to.0 - from.0, to.1 - from.1);
        let (wc, ws) = (weight * c, weight * s);
        self.cc += wc * c;
        self.cs += wc * s;
        self.ss += ws * s;
        self.x = (self.x.0 + wc * row.by_px.0, self.x.1 + ws * row.by_px.0);
        self.y = (self.y.0 + wc * row.by_px.1, self.y.1 + ws * row.by_px.1);
    }

    /// Amplitudes of cosine and sine in x, then in y, px.
    pub fn solve(&self) -> [f64; 4] {
        let ridge = RIDGE * (self.cc + self.ss);
        let (cc, ss) = (self.cc + ridge, self.ss + ridge);
        let det = cc * ss - self.cs * self.cs;
        if !(det > 0.0 && det.is_finite()) {
            return [0.0; 4];
        }
        let one = |v: (f64, f64)| {
            (
                (ss * v.0 - self.cs * v.1) / det,
                (cc * v.1 - self.cs * v.0) / det,
            )
        };
        let (x, y) = (one(self.x), one(self.y));
        [x.0, x.1, y.0, y.1]
    }

    /// The weighted sum of squares that the sinusoid explains.
    pub fn gain(&self) -> f64 {
        let [xc, xs, yc, ys] = self.solve();
        let square = |c: f64, s: f64| self.cc * c * c + 2.0 * self.cs * c * s + self.ss * s * s;
        2.0 * (self.x.0 * xc + self.x.1 * xs + self.y.0 * yc + self.y.1 * ys)
            - square(xc, xs)
            - square(yc, ys)
    }
}

/// Cosine and sine of a frequency (per frame interval) at times.
pub(super) fn wave(frequency: f64, times: &[f64]) -> Vec<(f64, f64)> {
    times
        .iter()
        .map(|t| {
            let (s, c) = (TAU * (frequency * t).fract()).sin_cos();
            (c, s)
        })
        .collect()
}

/// A frequency that stands out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    /// Per ordinary frame interval.
    pub frequency: f64,
    /// Level of chance around it; 1 if steps had nothing in common.
    pub chance: f64,
}

/// The frequency that stands out most from chance, if one does; none below `lowest`, and none once `cancel` is set.
pub(super) fn search(
    rows: &[Row],
    times: &[f64],
    lowest: f64,
    cancel: &AtomicBool,
) -> Option<Peak> {
    if rows.len() < LEAST_FRAMES {
        return None;
    }
    let stretches = times.len().div_ceil(STRETCH).max(1);
    let length = times.len().div_ceil(stretches);
    let step = 1.0 / (OVERSAMPLING * length) as f64;
    let least = (lowest.max(2.0 / length as f64) / step).ceil() as usize;
    let frequencies: Vec<f64> = (least..=OVERSAMPLING * length / 2)
        .map(|j| j as f64 * step)
        .collect();
    // Fewer rows than this may be explained by a sinusoid whatever they are.
    let parts: Vec<&[Row]> = rows
        .chunk_by(|a, b| a.from / length == b.from / length)
        .filter(|part| part.len() >= LEAST_FRAMES / 2)
        .collect();
    if parts.is_empty() {
        return None;
    }
    let parts = Parts::of(parts, times);
    let power: Vec<f64> = frequencies
        .iter()
        .take_while(|_| !cancel.load(Ordering::Relaxed))
        .map(|f| parts.power(times, *f))
        .collect();
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    let freedom = 4.0 * parts.rows.len() as f64;
    let (place, chance) = most(&power, freedom)?;
    Some(Peak {
        frequency: frequencies[place],
        chance,
    })
}

/// The stretches of a film, each with a phase of its own.
struct Parts<'a> {
    rows: Vec<&'a [Row]>,
    /// Frames that each part spans after its first.
    reach: Vec<usize>,
    /// Frames are evenly spaced.
    even: bool,
}

impl<'a> Parts<'a> {
    fn of(rows: Vec<&'a [Row]>, times: &[f64]) -> Self {
        let reach = |part: &&[Row]| part.iter().map(|r| r.to - part[0].from).max().unwrap_or(0);
        Self {
            reach: rows.iter().map(reach).collect(),
            rows,
            even: times.iter().enumerate().all(|(k, t)| *t == k as f64),
        }
    }

    /// What sinusoids of a frequency explain.
    fn power(&self, times: &[f64], frequency: f64) -> f64 {
        // Where frames are evenly spaced, one wave serves all parts, as the phase is free.
        let longest = self.reach.iter().copied().max().unwrap_or(0);
        let common = self.even.then(|| wave(frequency, &times[..=longest]));
        let mut sum = 0.0;
        for (part, reach) in self.rows.iter().zip(&self.reach) {
            let first = part[0].from;
            let own = match &common {
                Some(_) => Vec::new(),
                None => wave(frequency, &times[first..=first + reach]),
            };
            let wave = common.as_ref().unwrap_or(&own);
            let mut sums = Normal::default();
            for r in *part {
                sums.add(r, r.weight, wave[r.from - first], wave[r.to - first]);
            }
            sum += sums.gain();
        }
        sum
    }
}

/// The place of the power that is farthest beyond chance, and the level of chance there.
fn most(power: &[f64], freedom: f64) -> Option<(usize, f64)> {
    // The third root of chi-square over its degrees of freedom is nearly normal (Wilson & Hilferty 1931,
    // doi:10.1073/pnas.17.12.684).
    let spread = 2.0 / (9.0 * freedom);
    let middle = freedom * (1.0 - spread).powi(3);
    let mut best: Option<(usize, f64, f64)> = None;
    for (k, p) in power.iter().enumerate() {
        let around = &power[k.saturating_sub(AROUND)..(k + AROUND + 1).min(power.len())];
        let chance = median(around.to_vec()) / middle;
        let ratio = p / (chance * freedom);
        let sd = (ratio.cbrt() - (1.0 - spread)) / spread.sqrt();
        if sd > LEAST_SD && best.is_none_or(|b| sd > b.2) {
            best = Some((k, chance, sd));
        }
    }
    best.map(|(k, chance, _)| (k, chance))
}
