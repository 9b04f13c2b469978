//! Displacements that their track makes hardly possible.
//!
//! Given the displacements before it, the squared length of the next one has a known distribution: that of the
//! innovation at every D, mixed with the posterior that the displacements before leave of the population. The chance
//! `u` of one as long or longer is then uniform and independent from one displacement to the next if the model is right
//! (Rosenblatt 1952, doi:10.1214/aoms/1177729394; Dawid 1984, doi:10.2307/2981683). Drift, exposure and errors of the
//! positions widen all displacements alike, which D takes up; wrong links make a few much too long.

use super::Measured;
use crate::steps::Steps;

/// Displacements less likely than this are counted.
const RARE: f64 = 1.0 / 300.0;
/// Fewer displacements say nothing.
const FEWEST: u64 = 1000;
/// Rungs with a smaller share of the population are left out.
const NEGLIGIBLE: f64 = 1e-7;

/// Counts of rare displacements.
#[derive(Debug)]
pub(super) struct Surprise {
    /// Diffusion coefficient and share of each rung.
    population: Vec<(f64, f64)>,
    rare: u64,
    all: u64,
}

/// One rung while a track goes by.
struct Rung {
    diffusion: f64,
    /// Posterior, not normalised.
    share: f64,
    /// Pivot of the last innovation and the innovation itself; see [`crate::likelihood`].
    pivot: f64,
    x: f64,
    y: f64,
}

impl Surprise {
    /// Over a population per track.
    pub fn over(diffusion_um2_per_s: &[f64], fraction: &[f64]) -> Self {
        let population = diffusion_um2_per_s
            .iter()
            .zip(fraction)
            .map(|(d, f)| (*d, *f))
            .filter(|(_, f)| *f > NEGLIGIBLE)
            .collect();
        Self {
            population,
            rare: 0,
            all: 0,
        }
    }

    /// Adds a track.
    pub fn add(&mut self, steps: &Steps) {
        let mut rungs: Vec<Rung> = self
            .population
            .iter()
            .map(|(d, f)| Rung {
                diffusion: *d,
                share: *f,
                pivot: 1.0,
                x: 0.0,
                y: 0.0,
            })
            .collect();
        for k in steps.used() {
            self.all += 1;
            let Some(u) = next(steps, k, &mut rungs) else {
                self.rare += 1;
                return;
            };
            self.rare += u64::from(u < RARE);
        }
    }

    /// The share of displacements that are too long, beyond chance.
    pub fn read(&self) -> Option<Measured> {
        if self.all < FEWEST {
            return None;
        }
        let n = self.all as f64;
        Some(Measured {
            value: self.rare as f64 / n - RARE,
            std_err: (RARE * (1.0 - RARE) / n).sqrt(),
        })
    }
}

/// The chance of a displacement as long as number `k` or longer; afterwards the rungs know of it. `None` where the
/// displacement is beyond all rungs.
fn next(steps: &Steps, k: usize, rungs: &mut Vec<Rung>) -> Option<f64> {
    let variance = steps.variance_line(k);
    let shared = if steps.follows_used(k) {
        steps.covariance_line(k - 1)
    } else {
        (0.0, 0.0)
    };
    let (mut chance, mut before, mut after) = (0.0, 0.0, 0.0);
    for r in rungs.iter_mut() {
        let off = shared.0 + shared.1 * r.diffusion;
        let l = off / r.pivot;
        r.pivot = variance.0 + variance.1 * r.diffusion - l * off;
        r.x = steps.dx_um[k] - l * r.x;
        r.y = steps.dy_um[k] - l * r.y;
        let longer = (-0.5 * (r.x * r.x + r.y * r.y) / r.pivot).exp();
        before += r.share;
        chance += r.share * longer;
        r.share *= longer / r.pivot;
        after += r.share;
    }
    if !(after > 0.0 && after.is_finite() && before > 0.0) {
        // Beyond every rung: as rare as can be, and nothing can be said of what follows.
        return None;
    }
    for r in rungs.iter_mut() {
        r.share /= after;
    }
    rungs.retain(|r| r.share > 1e-12);
    Some(chance / before)
}
