//! Depth in which particles of a size are seen, relative to the others, from how bright they are.
//!
//! A particle is found where its signal to noise exceeds the threshold. In a sheet of light (and about focus) the signal falls with
//! the distance z from the middle as `B exp(-2 z^2 / w^2)`, so that a particle of the brightness B is seen within
//! `|z| < w sqrt(U / 2)` with `U = ln(B / threshold)`. Bright particles are seen deeper, and are counted too often by this
//! factor. While a particle is seen it is at all depths alike, so that the mean of `u = ln(signal / threshold)` over its frames
//! is `2 U / 3`: the depth is in proportion to the root of this mean, whatever w is.
//!
//! The mean u of tracks is fitted as `a + b x + c x^2`, `x = ln d - mean`, over the expectation of x and x^2 of each track under its
//! posterior, which leaves a, b and c unbiased although no track knows its size (regression on expectations; Berkson 1950,
//! doi:10.1080/01621459.1950.10483349). Where the sizes hardly differ b and c stay at 0, by a prior.
//!
//! The depth in a Gaussian sheet follows from its profile alone (see above). Measured: `docs/validation.md`, the films ev-bright,
//! nanosight and viewsizer; `docs/decisions/0009`.
//!
//! Assumes that the depth of the liquid exceeds the depth of view, and that the fall of the signal is nearly Gaussian.

use crate::lattice::Lattice;
use crate::visits::Visits;
use nalgebra::{Matrix3, Vector3};

/// Prior standard deviations of b and c: brightness grows at most with the sixth power of the size.
const SLOPE_SD: f64 = 3.0;
const CURVATURE_SD: f64 = 2.0;
/// No size is seen less deep, or deeper, than these shares of the mean u say; where there are hardly any tracks the curve means
/// nothing.
const LEAST: f64 = 0.1;
const MOST: f64 = 4.0;
/// Share of the presence at either end of the sizes beyond which the curve goes on level.
const LEVEL_SHARE: f64 = 0.02;

/// Relative depth at each rung, 1 where the mean brightness is; `None` where brightness is not known.
pub(crate) fn relative(visits: &Visits, presence: &[f64], per_track: &[f64]) -> Option<Vec<f64>> {
    Some(curve(visits, presence, per_track)?.over(&visits.lattice))
}

/// The mean u that particles of one brightness would have if they were seen over the same mean depth (the depth that makes
/// particles per volume of particles per frame); `None` where brightness is not known.
pub(crate) fn effective_visibility(
    visits: &Visits,
    presence: &[f64],
    per_track: &[f64],
) -> Option<f64> {
    let curve = curve(visits, presence, per_track)?;
    let at = visits.matrix.posterior_sum(presence, per_track);
    let all: f64 = at.iter().sum();
    let over_depth: f64 = at
        .iter()
        .zip(curve.over(&visits.lattice))
        .map(|(p, h)| p / h)
        .sum();
    let visibility = curve.usual * (all / over_depth).powi(2);
    (visibility > 0.0 && visibility.is_finite()).then_some(visibility)
}

fn curve(visits: &Visits, presence: &[f64], per_track: &[f64]) -> Option<Curve> {
    let visibility = visits.visibility.as_ref()?;
    let ln_d: Vec<f64> = visits
        .lattice
        .diameters_nm()
        .iter()
        .map(|d| d.ln())
        .collect();
    let moments = visits.matrix.posterior_moments(per_track, &ln_d);
    let tracks: Vec<Known> = moments
        .iter()
        .zip(visibility)
        .zip(presence)
        .filter(|((m, u), w)| **w > 0.0 && u.is_finite() && m.0.is_finite())
        .map(|((m, u), w)| Known {
            mean: m.0,
            square: m.1,
            u: *u,
            weight: *w,
        })
        .collect();
    Curve::of(&tracks)
}

/// One track: expectations of ln d and its square, mean u, and the frames it counts for.
#[derive(Clone, Copy, Debug)]
struct Known {
    mean: f64,
    square: f64,
    u: f64,
    weight: f64,
}

/// `u / mean u` over ln d.
#[derive(Clone, Copy, Debug)]
struct Curve {
    /// Mean u.
    usual: f64,
    centre: f64,
    ends: [f64; 2],
    coefficients: [f64; 3],
}

impl Curve {
    /// `None` where no particle is above the threshold on average.
    fn of(tracks: &[Known]) -> Option<Self> {
        let weight: f64 = tracks.iter().map(|t| t.weight).sum();
        let mean = |value: fn(&Known) -> f64| {
            tracks.iter().map(|t| t.weight * value(t)).sum::<f64>() / weight
        };
        let (centre, usual) = (mean(|t| t.mean), mean(|t| t.u));
        if !(usual > 0.0 && usual.is_finite() && centre.is_finite()) {
            return None;
        }
        // Tracks are independent, frames of a track are not: each counts as one, by its share of the presence.
        let per_track = weight / tracks.len() as f64;
        let spread = mean(|t| t.u * t.u) - usual * usual;
        let noise = (spread / (usual * usual)).max(1e-6);
        let mut normal = Matrix3::zeros();
        let mut right = Vector3::zeros();
        for t in tracks {
            let x = t.mean - centre;
            let x2 = t.square - 2.0 * centre * t.mean + centre * centre;
            let row = Vector3::new(1.0, x, x2);
            let w = t.weight / per_track / noise;
            normal += w * row * row.transpose();
            right += w * t.u / usual * row;
        }
        normal[(1, 1)] += (usual / SLOPE_SD).powi(2);
        normal[(2, 2)] += (usual / CURVATURE_SD).powi(2);
        let coefficients: [f64; 3] = normal.cholesky()?.solve(&right).into();
        if !coefficients.iter().all(|c| c.is_finite()) {
            return None;
        }
        Some(Self {
            usual,
            centre,
            ends: ends(tracks, weight),
            coefficients,
        })
    }

    /// Relative depth at each rung.
    fn over(&self, lattice: &Lattice) -> Vec<f64> {
        let diameters = lattice.diameters_nm().iter();
        diameters.map(|d| self.at(d.ln()).sqrt()).collect()
    }

    fn at(&self, ln_d: f64) -> f64 {
        let x = ln_d.clamp(self.ends[0], self.ends[1]) - self.centre;
        let [a, b, c] = self.coefficients;
        (a + b * x + c * x * x).clamp(LEAST, MOST)
    }
}

/// Where the outermost shares of the presence begin, in ln d.
fn ends(tracks: &[Known], weight: f64) -> [f64; 2] {
    let mut order: Vec<(f64, f64)> = tracks.iter().map(|t| (t.mean, t.weight)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let place = |share: f64| {
        let mut sum = 0.0;
        let found = order.iter().find(|(_, w)| {
            sum += w;
            sum >= share * weight
        });
        found.or(order.last()).map_or(0.0, |o| o.0)
    };
    [place(LEVEL_SHARE), place(1.0 - LEVEL_SHARE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ln_d: f64, u: f64, weight: f64) -> Known {
        Known {
            mean: ln_d,
            square: ln_d * ln_d,
            u,
            weight,
        }
    }

    #[test]
    fn a_power_law_is_found_and_ends_are_level() {
        // Brightness as the fourth power: U = 3 + 4 (ln d - ln 100), of which the mean u is two thirds.
        let tracks: Vec<Known> = (0..2000)
            .map(|k| {
                let x = 0.3 * ((k * 37 % 100) as f64 / 50.0 - 1.0);
                let scatter = 1.0 + 0.4 * ((k * 61 % 200) as f64 / 100.0 - 0.995);
                known(
                    100f64.ln() + x,
                    (2.0 + 8.0 / 3.0 * x) * scatter,
                    10.0 + (k % 7) as f64,
                )
            })
            .collect();
        let curve = Curve::of(&tracks).unwrap();
        let at = |x: f64| curve.at(100f64.ln() + x);
        for x in [-0.25, 0.0, 0.25] {
            let want = (2.0 + 8.0 / 3.0 * x) / 2.0;
            assert!(
                (at(x) / want - 1.0).abs() < 0.02,
                "{x}: {} for {want}",
                at(x)
            );
        }
        assert_eq!(at(0.3), at(2.0));
        assert!(at(-5.0) > 0.4);
    }

    #[test]
    fn equal_sizes_and_few_tracks_change_nothing() {
        let tracks: Vec<Known> = (0..50)
            .map(|k| known(4.6 + 1e-3 * f64::from(k % 5), 1.0 + f64::from(k % 3), 20.0))
            .collect();
        let curve = Curve::of(&tracks).unwrap();
        for ln_d in [3.0, 4.6, 6.0] {
            assert!((curve.at(ln_d) - 1.0).abs() < 0.02, "{}", curve.at(ln_d));
        }
        assert!(Curve::of(&[]).is_none());
        assert!(Curve::of(&[known(4.6, -1.0, 20.0)]).is_none());
        assert!(Curve::of(&[known(4.6, 1.0, 20.0)]).is_some());
    }
}
