//! Likelihood of every track at every rung of the lattice.

use crate::likelihood;
use crate::steps::Steps;
use std::sync::Arc;

/// Values below this share of a track's largest are left out: a track cannot pull any population there.
const NEGLIGIBLE_LN: f64 = -25.0;

/// A marginal likelihood at or below this is rounding.
const UNEXPLAINED: f64 = 1e-200;

/// Where one track's values lie.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// First rung kept.
    start: usize,
    /// Place of its first value in the common store.
    offset: usize,
    /// Number of rungs kept.
    len: usize,
    /// Logarithm of what the values were divided by.
    ln_scale: f64,
}

/// `L_i(d_g) / max_g L_i(d_g)` for tracks i and rungs g, only where it matters.
#[derive(Clone, Debug, Default)]
pub struct LikelihoodMatrix {
    rows: Vec<Row>,
    /// Shared with the matrices of the first of these tracks.
    values: Arc<Vec<f64>>,
    rungs: usize,
}

impl LikelihoodMatrix {
    /// The matrix over rungs with these diffusion coefficients (um^2/s).
    pub fn of<'a>(tracks: impl Iterator<Item = &'a Steps>, diffusion_um2_per_s: &[f64]) -> Self {
        let mut out = Self::empty(diffusion_um2_per_s.len());
        let mut ln_row = Vec::new();
        for steps in tracks {
            likelihood::over_grid(steps, diffusion_um2_per_s, &mut ln_row);
            out.push(&ln_row);
        }
        out
    }

    /// A matrix without tracks over so many rungs.
    pub(crate) fn empty(rungs: usize) -> Self {
        Self {
            rungs,
            ..Self::default()
        }
    }

    /// Adds a track by the logarithms of its likelihood, one per rung.
    pub(crate) fn push(&mut self, ln_row: &[f64]) {
        let top = ln_row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let matters = |v: &f64| *v - top > NEGLIGIBLE_LN;
        let all = Arc::make_mut(&mut self.values);
        let offset = all.len();
        let (start, end) = match (
            ln_row.iter().position(matters),
            ln_row.iter().rposition(matters),
        ) {
            (Some(a), Some(b)) => (a, b + 1),
            // A track that no rung can explain says nothing: flat over the whole range.
            _ => (0, 0),
        };
        if end > start {
            all.extend(ln_row[start..end].iter().map(|v| (v - top).exp()));
        } else {
            all.extend(std::iter::repeat_n(1.0, self.rungs));
        }
        self.rows.push(Row {
            start,
            offset,
            len: all.len() - offset,
            ln_scale: if top.is_finite() { top } else { 0.0 },
        });
    }

    /// Tracks that say `exp(-(g - place)^2 / 2 width^2)`, places and width in rungs.
    #[cfg(test)]
    pub fn bells(places: &[f64], width: f64, rungs: usize) -> Self {
        let mut out = Self::empty(rungs);
        for place in places {
            let row: Vec<f64> = (0..rungs)
                .map(|g| -0.5 * ((g as f64 - place) / width).powi(2))
                .collect();
            out.push(&row);
        }
        out
    }

    /// The first so many tracks; their values are not held twice.
    pub(crate) fn first(&self, tracks: usize) -> Self {
        Self {
            rows: self.rows[..tracks].to_vec(),
            values: Arc::clone(&self.values),
            rungs: self.rungs,
        }
    }

    /// Number of tracks.
    pub fn tracks(&self) -> usize {
        self.rows.len()
    }

    /// Number of rungs.
    pub fn rungs(&self) -> usize {
        self.rungs
    }

    /// First rung and values of a track; all others are negligible.
    pub fn row(&self, track: usize) -> (usize, &[f64]) {
        let r = self.rows[track];
        (r.start, &self.values[r.offset..r.offset + r.len])
    }

    /// Logarithm of the likelihood that the values of this track were divided by.
    pub fn ln_scale(&self, track: usize) -> f64 {
        self.rows[track].ln_scale
    }

    /// `sum_g f_g L_ig` of one track for fractions `f` per rung, never zero.
    pub fn marginal(&self, track: usize, fraction: &[f64]) -> f64 {
        let (start, values) = self.row(track);
        dot(values, &fraction[start..start + values.len()]).max(f64::MIN_POSITIVE)
    }

    /// `sum_i weight_i pi_ig`: how much of the tracks' weight lies at each rung, given the fractions of the
    /// population. `pi_ig` is the posterior of track i.
    pub fn posterior_sum(&self, weight: &[f64], fraction: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.rungs];
        for (i, weight) in weight.iter().enumerate().take(self.tracks()) {
            if *weight <= 0.0 {
                continue;
            }
            let marginal = self.marginal(i, fraction);
            // A track that no size of the population explains, such as a few spots of noise in a row, says nothing of it.
            if marginal <= UNEXPLAINED {
                continue;
            }
            let share = weight / marginal;
            let (start, values) = self.row(i);
            for (s, v) in sum[start..].iter_mut().zip(values) {
                *s += share * v;
            }
        }
        for (s, f) in sum.iter_mut().zip(fraction) {
            *s *= f;
        }
        sum
    }

    /// Expectation of a value per rung, and of its square, under the posterior of each track.
    pub fn posterior_moments(&self, fraction: &[f64], value: &[f64]) -> Vec<(f64, f64)> {
        (0..self.tracks())
            .map(|i| {
                let (start, row) = self.row(i);
                let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
                for ((l, f), v) in row.iter().zip(&fraction[start..]).zip(&value[start..]) {
                    let share = l * f;
                    sum += share;
                    first += share * v;
                    second += share * v * v;
                }
                (first / sum, second / sum)
            })
            .collect()
    }
}

/// Sum of products in four strands that the compiler may hold in vector registers; the order is fixed, so that the
/// result is too.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut strands = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4
        .remainder()
        .iter()
        .zip(b4.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a4.zip(b4) {
        for k in 0..4 {
            strands[k] += x[k] * y[k];
        }
    }
    strands.iter().sum::<f64>() + rest
}

/// Scales values to a sum of one; `None` if there is nothing to scale.
pub(crate) fn normalised(mut values: Vec<f64>) -> Option<Vec<f64>> {
    let sum: f64 = values.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return None;
    }
    for v in &mut values {
        *v /= sum;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_that_nothing_explains_spoils_nothing() {
        let matrix = LikelihoodMatrix::bells(&[10.0, 90.0], 1.0, 100);
        let mut fraction = vec![0.0; 100];
        fraction[10] = 1.0;
        let sum = matrix.posterior_sum(&[5.0, 7.0], &fraction);
        assert!((sum[10] - 5.0).abs() < 1e-12, "{}", sum[10]);
        assert!(sum.iter().all(|s| s.is_finite()));
        assert!((sum.iter().sum::<f64>() - 5.0).abs() < 1e-12);
    }
}
