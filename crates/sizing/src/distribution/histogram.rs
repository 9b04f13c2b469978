//! Histogram of the mean squared displacements of all tracks, and how many of each bar a population would give.
//!
//! The mean of k squared displacements in two dimensions is a Gamma variate of shape k about its expectation, taking
//! displacements as independent. In the logarithm its spread depends on k alone, so that one table, pooled over
//! the lengths of all tracks, serves every diameter.

use super::{LagOne, PopulationData, expectation_maximisation};
use crate::matrix::dot;

/// Steps of the table in the logarithm: fine beside the spread of even 1000 displacements (3 %).
const TABLE_STEP: f64 = 0.005;
/// The table reaches from this far below the expectation: one displacement in 3000 alone is smaller ...
const TABLE_LOW: f64 = -8.0;
/// ... to this far above it.
const TABLE_HIGH: f64 = 3.0;
/// Beyond this the logarithm of a density relative to its top does not matter.
const NEGLIGIBLE_LN: f64 = -40.0;
/// A climb that never levels out is stopped here.
const MOST_STEPS: usize = 5000;

/// How many of some tracks fall into each bar, and the chance that a track of each rung does.
pub(super) struct Histogram {
    /// Tracks in each bar, by their counts.
    pub counts: Vec<f64>,
    /// Chance of each bar, then of each rung: `chance[bar][rung]`.
    pub chance: Vec<Vec<f64>>,
}

impl Histogram {
    /// Bars between ascending `edges` of apparent D, um^2/s; the outermost are open, so that no track is lost.
    pub fn of(
        data: &PopulationData<'_>,
        counts: &[f64],
        corrected: bool,
        edges: &[f64],
    ) -> Option<Self> {
        let bars = edges.len() + 1;
        let mut out = Self {
            counts: vec![0.0; bars],
            chance: vec![vec![0.0; data.diffusion_um2_per_s.len()]; bars],
        };
        for (track, count) in data.lag_one.iter().zip(counts) {
            if track.is_usable() {
                let apparent = apparent_um2_per_s(track, corrected);
                let bar = edges.partition_point(|e| *e <= apparent);
                out.counts[bar] += count;
            }
        }
        let spread = Spread::pooled(data.lag_one, counts)?;
        let noise = common_noise_um2_per_s(data.lag_one, corrected);
        for (g, diffusion) in data.diffusion_um2_per_s.iter().enumerate() {
            let mut below = 0.0;
            for (bar, edge) in edges.iter().enumerate() {
                let up_to = spread.share_below(*edge / (diffusion + noise));
                out.chance[bar][g] = up_to - below;
                below = up_to;
            }
            out.chance[bars - 1][g] = 1.0 - below;
        }
        Some(out)
    }

    /// Pearson's chi-square of the histogram against a population's fractions per rung. Bars that no population can
    /// fill say nothing about which is right.
    pub fn chi_square(&self, fraction: &[f64]) -> f64 {
        let all: f64 = self.counts.iter().sum();
        self.counts
            .iter()
            .zip(&self.chance)
            .map(|(seen, chance)| (seen, all * dot(chance, fraction)))
            .filter(|(_, expected)| *expected > 0.0)
            .map(|(seen, expected)| (seen - expected).powi(2) / expected)
            .sum()
    }
}

/// What D a track seems to have, um^2/s; localisation errors are still in it.
pub(super) fn apparent_um2_per_s(track: &LagOne, corrected: bool) -> f64 {
    track.msd_um2 / track.line(corrected).1
}

/// Share of localisation errors in the apparent D of the median track, um^2/s. One number for all, as a histogram
/// holds no tracks; the median, as one hopeless position would carry a mean away.
fn common_noise_um2_per_s(tracks: &[LagOne], corrected: bool) -> f64 {
    let mut noise: Vec<f64> = tracks
        .iter()
        .filter(|t| t.is_usable())
        .map(|t| t.line(corrected))
        .map(|(noise, slope)| noise / slope)
        .collect();
    noise.sort_by(f64::total_cmp);
    noise.get(noise.len() / 2).map_or(0.0, |n| n.max(0.0))
}

/// Distribution of a mean squared displacement about its expectation, pooled over the lengths of tracks.
struct Spread {
    /// Share below `exp(TABLE_LOW + (place + 1) * TABLE_STEP)` times the expectation.
    below: Vec<f64>,
}

impl Spread {
    fn pooled(tracks: &[LagOne], counts: &[f64]) -> Option<Self> {
        let cells = ((TABLE_HIGH - TABLE_LOW) / TABLE_STEP).round() as usize;
        let mut pooled = vec![0.0; cells];
        for (steps, weight) in lengths(tracks, counts) {
            let ln_density: Vec<f64> = (0..cells)
                .map(|c| TABLE_LOW + (c as f64 + 0.5) * TABLE_STEP)
                .map(|u| steps * (u - u.exp() + 1.0))
                .collect();
            let density = |ln: &f64| {
                if *ln > NEGLIGIBLE_LN { ln.exp() } else { 0.0 }
            };
            let all: f64 = ln_density.iter().map(density).sum();
            for (p, ln) in pooled.iter_mut().zip(&ln_density) {
                *p += weight / all * density(ln);
            }
        }
        let all: f64 = pooled.iter().sum();
        let mut sum = 0.0;
        for p in &mut pooled {
            sum += *p / all;
            *p = sum;
        }
        (all > 0.0 && all.is_finite()).then_some(Self { below: pooled })
    }

    /// Share below a multiple of the expectation.
    fn share_below(&self, multiple: f64) -> f64 {
        let place = (multiple.ln() - TABLE_LOW) / TABLE_STEP;
        if place.is_nan() || place <= 0.0 {
            return 0.0;
        }
        let cell = place as usize;
        let Some(upper) = self.below.get(cell) else {
            return 1.0;
        };
        let lower = if cell == 0 { 0.0 } else { self.below[cell - 1] };
        lower + (place - cell as f64) * (upper - lower)
    }
}

/// Numbers of displacements with the counts of the tracks that have so many, ascending.
fn lengths(tracks: &[LagOne], counts: &[f64]) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = tracks
        .iter()
        .zip(counts)
        .filter(|(t, c)| t.is_usable() && **c > 0.0)
        .map(|(t, c)| (t.steps, *c))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    all
}

/// Steps of expectation-maximisation from an even start until the chi-square of the histogram changes by less than
/// the share `stop` in one step; the fractions and how many steps it took.
pub(super) fn climb(
    data: &PopulationData<'_>,
    counts: &[f64],
    histogram: &Histogram,
    stop: f64,
) -> Option<(Vec<f64>, usize)> {
    let rungs = data.matrix.rungs();
    let mut f = vec![1.0 / rungs as f64; rungs];
    let mut last = histogram.chi_square(&f);
    for step in 1..=MOST_STEPS {
        f = expectation_maximisation(data, counts, f, 1)?;
        let now = histogram.chi_square(&f);
        let change = (now - last).abs();
        if change.is_nan() || change <= stop * last {
            return Some((f, step));
        }
        last = now;
    }
    Some((f, MOST_STEPS))
}

/// As many steps from an even start as a neighbouring fit took.
pub(super) fn climb_again(
    data: &PopulationData<'_>,
    counts: &[f64],
    steps: usize,
) -> Option<Vec<f64>> {
    let rungs = data.matrix.rungs();
    expectation_maximisation(data, counts, vec![1.0 / rungs as f64; rungs], steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(steps: f64) -> LagOne {
        LagOne {
            steps,
            msd_um2: 1.0,
            noise_um2: 0.0,
            span_s: 0.25,
            unblurred: 1.0,
        }
    }

    /// Share of a Gamma variate of whole shape k and mean 1 below x, as a sum of Poisson terms.
    fn erlang(k: u32, x: f64) -> f64 {
        let rate = f64::from(k) * x;
        let (mut term, mut sum) = ((-rate).exp(), 0.0);
        for j in 1..=k {
            sum += term;
            term *= rate / f64::from(j);
        }
        1.0 - sum
    }

    #[test]
    fn spread_is_that_of_gamma_variates_of_all_lengths() {
        let tracks = [track(1.0), track(9.0), track(60.0), track(9.0)];
        let spread = Spread::pooled(&tracks, &[1.0, 2.0, 3.0, 4.0]).unwrap();
        for x in [0.01, 0.3, 0.9, 1.0, 1.2, 2.0, 5.0] {
            let want = 0.1 * erlang(1, x) + 0.6 * erlang(9, x) + 0.3 * erlang(60, x);
            let got = spread.share_below(x);
            assert!((got - want).abs() < 1e-3, "{x}: {got} {want}");
        }
        assert_eq!(spread.share_below(0.0), 0.0);
        assert_eq!(spread.share_below(f64::NAN), 0.0);
        assert_eq!(spread.share_below(1e9), 1.0);
        assert!(Spread::pooled(&tracks, &[0.0; 4]).is_none());
    }
}
