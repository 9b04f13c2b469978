//! Does the motion look as the model says? The periodogram of displacements against its expectation.
//!
//! Displacements of free diffusion with blur and localisation error have, after a sine transform (DST-I), independent
//! modes of variance `psi_k = 2 D (dt - exposure/3) + 2 s^2 + 2 (D exposure/3 - s^2) cos(k pi/(n+1))`; Berglund 2010,
//! doi:10.1103/PhysRevE.82.011917. The mean of `U_k^2 / psi_k`, averaged over each track's posterior of D, is 1 in
//! every range of modes if the model is right (tower property). Drift and underrated exposure raise the slow modes,
//! overrated exposure or precision and wrong links the fast ones.

use crate::distribution::PopulationData;
use crate::steps::Steps;

/// Mean of measured over expected power in the slowest and the fastest quarter of modes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodogramRatios {
    /// Slowest quarter.
    pub slow: f64,
    /// Standard error of it.
    pub slow_std_err: f64,
    /// Fastest quarter.
    pub fast: f64,
    /// Standard error of it.
    pub fast_std_err: f64,
}

/// Displacements transformed together; longer runs are cut, which costs nothing but the few slowest modes.
const LONGEST_RUN: usize = 48;
/// Runs shorter than this have no quarter.
const SHORTEST_RUN: usize = 4;
/// Rungs with less of a track's posterior than this are left out.
const NEGLIGIBLE: f64 = 1e-3;
/// Tracks that are enough; more are thinned out evenly.
pub(crate) const MOST_TRACKS: usize = 2000;

#[derive(Default)]
struct Pool {
    sum: f64,
    modes: f64,
    /// (sum, modes) of each track.
    tracks: Vec<(f64, f64)>,
}

impl Pool {
    fn push(&mut self, sum: f64, modes: f64) {
        self.sum += sum;
        self.modes += modes;
        self.tracks.push((sum, modes));
    }

    fn ratio(&self) -> Option<(f64, f64)> {
        if self.modes < 20.0 {
            return None;
        }
        let ratio = self.sum / self.modes;
        let scatter: f64 = self
            .tracks
            .iter()
            .map(|(s, m)| (s - ratio * m).powi(2))
            .sum();
        Some((ratio, scatter.sqrt() / self.modes))
    }
}

/// The two ratios, or `None` with too little to go by. `fraction` is the fitted population per track.
pub fn periodogram_ratios(
    tracks: &[&Steps],
    data: &PopulationData<'_>,
    diffusion_um2_per_s: &[f64],
    fraction: &[f64],
) -> Option<PeriodogramRatios> {
    let (mut slow, mut fast) = (Pool::default(), Pool::default());
    let stride = tracks.len().div_ceil(MOST_TRACKS).max(1);
    for (i, steps) in tracks.iter().enumerate().step_by(stride) {
        let posterior = posterior(data, i, diffusion_um2_per_s, fraction);
        let mut sums = [(0.0, 0.0); 2];
        for run in runs(steps) {
            add_run(steps, run, &posterior, &mut sums);
        }
        slow.push(sums[0].0, sums[0].1);
        fast.push(sums[1].0, sums[1].1);
    }
    let (slow, slow_std_err) = slow.ratio()?;
    let (fast, fast_std_err) = fast.ratio()?;
    Some(PeriodogramRatios {
        slow,
        slow_std_err,
        fast,
        fast_std_err,
    })
}

/// Diffusion coefficients and their shares of one track's posterior.
pub(crate) fn posterior(
    data: &PopulationData<'_>,
    track: usize,
    diffusion: &[f64],
    fraction: &[f64],
) -> Vec<(f64, f64)> {
    let marginal = data.matrix.marginal(track, fraction);
    let (start, values) = data.matrix.row(track);
    let mut kept: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(k, v)| (diffusion[start + k], v * fraction[start + k] / marginal))
        .filter(|(_, p)| *p > NEGLIGIBLE)
        .collect();
    let sum: f64 = kept.iter().map(|(_, p)| p).sum();
    for (_, p) in &mut kept {
        *p /= sum;
    }
    kept
}

/// Runs of displacements without gaps, cut to length.
fn runs(steps: &Steps) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for k in 0..=steps.len() {
        let breaks = k == steps.len() || steps.bridged[k];
        if breaks || k - start == LONGEST_RUN {
            if k - start >= SHORTEST_RUN {
                out.push(start..k);
            }
            start = if breaks { k + 1 } else { k };
        }
    }
    out
}

fn add_run(
    steps: &Steps,
    run: std::ops::Range<usize>,
    posterior: &[(f64, f64)],
    sums: &mut [(f64, f64); 2],
) {
    let n = run.len();
    let span = steps.span_s[run.clone()].iter().sum::<f64>() / n as f64;
    let noise = steps.variance_um2[run.start..=run.end].iter().sum::<f64>() / (n + 1) as f64;
    let third = steps.sampling.exposure_s / 3.0;
    let quarter = n / 4;
    let slow = 1..=quarter;
    let fast = n + 1 - quarter..=n;
    let angle = std::f64::consts::PI / (n + 1) as f64;
    let sine: Vec<f64> = (0..2 * (n + 1)).map(|j| (j as f64 * angle).sin()).collect();
    for (which, modes) in [slow, fast].into_iter().enumerate() {
        for k in modes {
            let (mut ux, mut uy) = (0.0, 0.0);
            for (j, step) in run.clone().enumerate() {
                let s = sine[(j + 1) * k % sine.len()];
                ux += s * steps.dx_um[step];
                uy += s * steps.dy_um[step];
            }
            let power = (ux * ux + uy * uy) / (n + 1) as f64;
            let cos = (k as f64 * angle).cos();
            let expected: f64 = posterior
                .iter()
                .map(|(d, p)| {
                    let psi =
                        2.0 * d * (span - third) + 2.0 * noise + 2.0 * (d * third - noise) * cos;
                    p / psi
                })
                .sum();
            if expected.is_finite() {
                sums[which].0 += power * expected;
                sums[which].1 += 1.0;
            }
        }
    }
}
