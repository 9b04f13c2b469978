//! What a particle counts for.
//!
//! A number distribution `f(d)` becomes one by surface or volume as `f(d) d^k / sum`, k = 2 or 3 (ISO 9276-2). For a log-normal of
//! width s (in ln d) every diameter that stands for the whole moves by `exp(k s^2)`, and the width stays (Hatch & Choate 1929,
//! doi:10.1016/S0016-0032(29)91451-4).

use crate::distribution::Fit;
use crate::lattice::Lattice;
use crate::matrix::normalised;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one particle counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// By the frames it was present: the number of particles in the liquid.
    Number,
    /// By its surface: the number curve times d^2.
    Area,
    /// By its volume: the number curve times d^3.
    Volume,
    /// Every track alike; favours small particles, which come and go more often.
    Track,
}

impl Weighting {
    /// All of them, the usual one first.
    pub const ALL: [Self; 4] = [Self::Number, Self::Area, Self::Volume, Self::Track];

    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Area => "area",
            Self::Volume => "volume",
            Self::Track => "track",
        }
    }

    /// The weighting of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.word() == word)
    }

    /// The power of the diameter that the number curve is multiplied with; `None` where it is not made from the number curve.
    pub(crate) fn power(self) -> Option<i32> {
        match self {
            Self::Number => Some(0),
            Self::Area => Some(2),
            Self::Volume => Some(3),
            Self::Track => None,
        }
    }

    /// Shares per rung, sum 1; those by number where nothing is left to weigh.
    pub(crate) fn share(self, fit: &Fit, lattice: &Lattice) -> Vec<f64> {
        let Some(power) = self.power() else {
            return fit.per_track.clone();
        };
        if power == 0 {
            return fit.number.clone();
        }
        let d = lattice.diameters_nm();
        let weighted = fit.number.iter().zip(d).map(|(n, d)| n * d.powi(power));
        normalised(weighted.collect()).unwrap_or_else(|| fit.number.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Statistics;

    fn fit(number: Vec<f64>) -> Fit {
        Fit {
            per_track: vec![1.0 / number.len() as f64; number.len()],
            number,
            smoothing: None,
            state: Vec::new(),
        }
    }

    #[test]
    fn a_weighted_log_normal_is_one_that_is_moved() {
        let lattice = Lattice::covering(5.0, 10_000.0);
        let (median, s) = (100.0, 0.35f64);
        let density = |d: &f64| (-0.5 * ((d / median).ln() / s).powi(2)).exp();
        let raw: Vec<f64> = lattice.diameters_nm().iter().map(density).collect();
        let fit = fit(normalised(raw).unwrap());
        for (weighting, k) in [
            (Weighting::Number, 0.0),
            (Weighting::Area, 2.0),
            (Weighting::Volume, 3.0),
        ] {
            let got = Statistics::of(&lattice, &weighting.share(&fit, &lattice));
            let moved = median * (k * s * s).exp();
            let close = |a: f64, b: f64| {
                assert!((a / b - 1.0).abs() < 2e-3, "{weighting:?}: {a} for {b}");
            };
            close(got.d50, moved);
            close(got.mean, moved * (0.5 * s * s).exp());
            close(got.mode, moved * (-s * s).exp());
            close(got.d10, moved * (-1.281_552 * s).exp());
            close(got.d90, moved * (1.281_552 * s).exp());
            close(got.cv(), ((s * s).exp() - 1.0).sqrt());
        }
    }

    #[test]
    fn two_sizes_share_the_volume_by_their_cubes() {
        let lattice = Lattice::covering(15.0, 1000.0);
        let mut number = vec![0.0; lattice.len()];
        let (small, large) = (50, 50 + 35);
        (number[small], number[large]) = (0.9, 0.1);
        let share = Weighting::Volume.share(&fit(number), &lattice);
        // 1.02^35 is 2 to four digits, so the volume of one large particle is that of eight small ones.
        assert!((share[large] / share[small] - 8.0 / 9.0).abs() < 2e-3);
        assert!((share.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn words_are_read_back() {
        for weighting in Weighting::ALL {
            assert_eq!(Weighting::of_word(weighting.word()), Some(weighting));
        }
        assert_eq!(Weighting::of_word("mass"), None);
    }
}
