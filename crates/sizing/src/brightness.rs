//! How brightness goes with size, and below which size nothing is seen.
//!
//! A power law, `y = a + b x` with `x = ln d` and y the logarithm of a brightness. A track does not know its x; regression on its own
//! diameter would give far too small a b (attenuation). What is used instead is the expectation of x given the motion of the track
//! and the population of all tracks: the error is then in the direction that leaves a and b unbiased (regression on expectations;
//! Berkson 1950, doi:10.1080/01621459.1950.10483349). Standard errors allow for scatter that differs from track to track (White
//! 1980, doi:10.2307/1912934; MacKinnon & White 1985, HC1).
//!
//! With u, the mean over the frames of a track of ln(signal to noise over the detection threshold), as y the line reaches zero where
//! a particle in the middle of the light stands just at the threshold: noise then lifts it above in half of the frames. In a
//! Gaussian sheet u is two thirds of its largest value whatever the size (see `depth`), so that the zero is the same for both.
//!
//! Assumes that brightness at a given size does not depend on how the particle moves, that the power holds down to the size that
//! is told, and that particles of a size are alike: where only the brightest of the small ones are seen, b comes out too small.

use crate::diffusion::Z95;

/// An exponent that is not so many standard errors above zero was not measured.
const SIGNIFICANT: f64 = 3.0;
/// A power law is followed down to this share of the usual diameter and no farther: a line that hardly falls says nothing there.
const FARTHEST_SHARE: f64 = 0.2;
/// A power law of fewer tracks is not worth telling.
const FEWEST_TRACKS: usize = 10;
/// Sizes must spread this many times as much as what cannot be told from zero.
const WIDE_ENOUGH: f64 = 2.0;
/// `narrowest_cv` is the root of so many standard errors of the variance of ln d.
const NARROWEST_IN_SE: f64 = 1.645;

/// One track: where it is expected in ln(d / nm), how bright, and what it counts for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Expectation of ln(d / nm).
    pub ln_nm: f64,
    /// Logarithm of its brightness.
    pub value: f64,
    /// What it counts for.
    pub weight: f64,
}

/// Brightness as a power of the diameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// The exponent b.
    pub exponent: f64,
    /// Its standard error.
    pub exponent_se: f64,
    /// Mean of ln(d / nm), where the value is known best.
    pub ln_nm: f64,
    /// Logarithm of the brightness there.
    pub value: f64,
    /// Its standard error.
    pub value_se: f64,
    /// Tracks it is made from.
    pub tracks: usize,
}

/// Whether sizes spread enough for a power law, and what is uncertain about their spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Coefficient of variation of the diameters.
    pub cv: f64,
    /// A coefficient of variation below this cannot be told from zero.
    pub narrowest_cv: f64,
}

impl Spread {
    /// Whether a power law can be measured.
    pub fn is_enough(&self) -> bool {
        self.cv >= WIDE_ENOUGH * self.narrowest_cv
    }

    /// Relative standard error of the variance of ln d, which is one of the exponent.
    fn relative_se(&self) -> f64 {
        (self.narrowest_cv / self.cv).powi(2) / NARROWEST_IN_SE
    }
}

impl PowerLaw {
    /// The law that the tracks follow; `None` with too few, or where they do not differ.
    pub fn of(tracks: &[Seen], spread: &Spread) -> Option<Self> {
        let good = |t: &&Seen| {
            t.weight > 0.0 && [t.weight, t.ln_nm, t.value].iter().all(|v| v.is_finite())
        };
        let tracks: Vec<&Seen> = tracks.iter().filter(good).collect();
        let n = tracks.len();
        if n < FEWEST_TRACKS || !spread.is_enough() {
            return None;
        }
        let all: f64 = tracks.iter().map(|t| t.weight).sum();
        let mean =
            |of: &dyn Fn(&Seen) -> f64| tracks.iter().map(|t| t.weight * of(t)).sum::<f64>() / all;
        let (x, y) = (mean(&|t| t.ln_nm), mean(&|t| t.value));
        let xx = mean(&|t| (t.ln_nm - x).powi(2));
        let exponent = mean(&|t| (t.ln_nm - x) * (t.value - y)) / xx;
        let rest = |t: &Seen| t.value - y - exponent * (t.ln_nm - x);
        let freedom = n as f64 / (n as f64 - 2.0);
        let squares = |of: &dyn Fn(&Seen) -> f64| {
            let sum: f64 = tracks
                .iter()
                .map(|t| (t.weight / all * of(t)).powi(2))
                .sum();
            (freedom * sum).sqrt()
        };
        let by_tracks = squares(&|t| (t.ln_nm - x) * rest(t)) / xx;
        let out = Self {
            exponent,
            exponent_se: by_tracks.hypot(exponent * spread.relative_se()),
            ln_nm: x,
            value: y,
            value_se: squares(&rest),
            tracks: n,
        };
        (xx > 0.0 && out.exponent.is_finite() && out.exponent_se.is_finite()).then_some(out)
    }

    /// Whether brightness was seen to grow with size.
    pub fn is_measured(&self) -> bool {
        self.exponent >= SIGNIFICANT * self.exponent_se && self.exponent > 0.0
    }

    /// The diameter (nm) at which the logarithm of the brightness is zero, and its 95 % interval; `None` where brightness was not
    /// seen to grow with size or grows so slowly that the line would be followed far beyond what was seen, and where it is below zero on
    /// average.
    pub fn zero_nm(&self) -> Option<(f64, [f64; 2])> {
        if !self.is_measured() || self.value <= 0.0 {
            return None;
        }
        let reach = |exponent: f64| self.value / exponent;
        if reach(self.exponent) > -FARTHEST_SHARE.ln() {
            return None;
        }
        let (b, se) = (self.exponent, Z95 * self.exponent_se);
        let level = Z95 * self.value_se / b;
        let down = level.hypot(reach(b - se) - reach(b));
        let up = level.hypot(reach(b) - reach(b + se));
        let at = |ln_ratio: f64| (self.ln_nm - ln_ratio).exp();
        let nm = at(reach(b));
        Some((nm, [at(reach(b) + down), at(reach(b) - up)]))
    }

    /// The law of something that goes as the power `factor` of this brightness.
    pub fn times(&self, factor: f64) -> Self {
        Self {
            exponent: factor * self.exponent,
            exponent_se: factor * self.exponent_se,
            value: factor * self.value,
            value_se: factor * self.value_se,
            ..*self
        }
    }

    /// The same law for tracks of the same particles whose brightness counts from another level, as in another film; `factor` is what
    /// the law was multiplied with.
    pub fn through(&self, tracks: &[Seen], factor: f64) -> Option<Self> {
        let all: f64 = tracks.iter().map(|t| t.weight).sum();
        let mean =
            |of: fn(&Seen) -> f64| tracks.iter().map(|t| t.weight * of(t)).sum::<f64>() / all;
        let (ln_nm, value) = (mean(|t| t.ln_nm), mean(|t| t.value));
        (ln_nm.is_finite() && value.is_finite()).then_some(Self {
            ln_nm,
            value: factor * value,
            ..*self
        })
    }

    /// Whether the 95 % interval of the exponent holds this one.
    pub fn allows(&self, exponent: f64) -> bool {
        (self.exponent - exponent).abs() <= Z95 * self.exponent_se
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Spread = Spread {
        cv: 0.3,
        narrowest_cv: 0.03,
    };

    /// Brightness as `d^b`, and 1 at `zero_nm`; scatter and sizes from a low-discrepancy sequence.
    fn tracks(n: u32, b: f64, zero_nm: f64, scatter: f64) -> Vec<Seen> {
        (0..n)
            .map(|k| {
                let even = |step: f64| (f64::from(k) * step).fract() - 0.5;
                let ln_nm = 100f64.ln() + 0.9 * even(0.618_034);
                let value = b * (ln_nm - zero_nm.ln()) + scatter * even(0.414_214);
                Seen {
                    ln_nm,
                    value,
                    weight: 1.0 + f64::from(k % 5),
                }
            })
            .collect()
    }

    #[test]
    fn a_power_and_where_it_ends_are_found() {
        for (b, zero_nm) in [(6.0, 62.0), (4.0, 45.0), (2.0, 30.0)] {
            let law = PowerLaw::of(&tracks(1000, b, zero_nm, 1.5), &WIDE).unwrap();
            assert!((law.exponent - b).abs() < 3.0 * law.exponent_se, "{law:?}");
            let (nm, [low, high]) = law.zero_nm().unwrap();
            assert!((nm / zero_nm - 1.0).abs() < 0.03, "{nm} for {zero_nm}");
            assert!(low < zero_nm && zero_nm < high, "{low} to {high}");
            assert!(high / low < 1.3, "{low} to {high}");
        }
    }

    #[test]
    fn the_standard_error_is_that_of_repeats() {
        // Shifting the scatter against the sizes gives other draws of the same law.
        let laws: Vec<PowerLaw> = (0..200)
            .map(|shift| {
                let mut some = tracks(300, 4.0, 50.0, 0.0);
                for (k, t) in some.iter_mut().enumerate() {
                    let place = (k + 300 * shift) as f64;
                    t.value += (place * place * 0.618_034).fract() * 3.0;
                }
                PowerLaw::of(&some, &WIDE).unwrap()
            })
            .collect();
        let n = laws.len() as f64;
        let mean = laws.iter().map(|l| l.exponent).sum::<f64>() / n;
        let sd = (laws
            .iter()
            .map(|l| (l.exponent - mean).powi(2))
            .sum::<f64>()
            / n)
            .sqrt();
        let told = laws.iter().map(|l| l.exponent_se).sum::<f64>() / n;
        // What is uncertain about the spread of the sizes is the same in all repeats.
        let of_tracks = (told * told - (mean * WIDE.relative_se()).powi(2)).sqrt();
        assert!((of_tracks / sd - 1.0).abs() < 0.2, "{of_tracks} for {sd}");
    }

    #[test]
    fn what_does_not_grow_or_differ_has_no_end() {
        let flat = PowerLaw::of(&tracks(1000, 0.0, 50.0, 1.0), &WIDE).unwrap();
        assert!(!flat.is_measured() && flat.zero_nm().is_none() && !flat.allows(6.0));
        let narrow = Spread {
            cv: 0.05,
            narrowest_cv: 0.03,
        };
        assert!(!narrow.is_enough());
        assert_eq!(PowerLaw::of(&tracks(1000, 6.0, 50.0, 1.0), &narrow), None);
        assert_eq!(PowerLaw::of(&tracks(9, 6.0, 50.0, 1.0), &WIDE), None);
        let same = [Seen {
            ln_nm: 4.0,
            value: 1.0,
            weight: 1.0,
        }; 20];
        assert_eq!(PowerLaw::of(&same, &WIDE), None);
        let odd = [Seen {
            ln_nm: f64::NAN,
            value: 1.0,
            weight: 1.0,
        }; 20];
        assert_eq!(PowerLaw::of(&odd, &WIDE), None);
    }

    #[test]
    fn a_film_with_a_higher_threshold_sees_less() {
        let some = tracks(1000, 4.0, 50.0, 0.5);
        let law = PowerLaw::of(&some, &WIDE).unwrap();
        // Twice the threshold takes ln 2 from the logarithm: 2^(1/4) times the diameter.
        let dimmer: Vec<Seen> = some
            .iter()
            .map(|t| Seen {
                value: t.value - 2f64.ln(),
                ..*t
            })
            .collect();
        let other = law.through(&dimmer, 1.0).unwrap().zero_nm().unwrap().0;
        let ratio = other / law.zero_nm().unwrap().0;
        assert!((ratio / 2f64.powf(0.25) - 1.0).abs() < 0.01, "{ratio}");
        assert_eq!(law.through(&[], 1.0), None);
    }
}
