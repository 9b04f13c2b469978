//! A mixture of log-normals on the ladder. Places and widths are counted in rungs, in which a log-normal is a normal.

use crate::lattice::RATIO;

/// Numbers that describe a component: weight, centre, logarithm of the width.
pub(super) const NUMBERS: usize = 3;
/// No population is taken as narrower (standard deviation of ln d): nothing measured says so, and a likelihood has
/// no end where widths go to zero.
const NARROWEST_LN: f64 = 0.02;
/// Nor as wider: that covers a factor of seven to either side.
const WIDEST_LN: f64 = 1.0;
/// Beyond so many standard deviations a component is taken as zero.
const REACH: f64 = 9.0;

/// One log-normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Component {
    /// Share of the tracks.
    pub weight: f64,
    /// Median, as the (broken) number of its rung.
    pub centre: f64,
    /// Natural logarithm of the standard deviation in rungs.
    pub ln_width: f64,
}

/// Several of them; the weights have the sum 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model(pub Vec<Component>);

/// Logarithms of the narrowest and the widest component, in rungs.
pub(super) fn ln_width_range() -> [f64; 2] {
    [NARROWEST_LN, WIDEST_LN].map(|w| (w / RATIO.ln()).ln())
}

impl Component {
    /// A component with a width, in rungs, inside the range.
    pub fn new(weight: f64, centre: f64, width: f64) -> Self {
        let [low, high] = ln_width_range();
        Self {
            weight,
            centre,
            ln_width: width.max(f64::MIN_POSITIVE).ln().clamp(low, high),
        }
    }

    /// Standard deviation in rungs.
    pub fn width(&self) -> f64 {
        self.ln_width.exp()
    }
}

/// The density of a component of weight 1 at the rungs, and how it changes.
pub(super) struct Shape {
    /// First rung at which it is not zero.
    pub start: usize,
    /// Values from there on; their sum is 1.
    pub density: Vec<f64>,
    /// Derivative with respect to the centre.
    pub by_centre: Vec<f64>,
    /// Derivative with respect to the logarithm of the width.
    pub by_ln_width: Vec<f64>,
}

impl Shape {
    /// Lays a component out over so many rungs. What would lie beyond the ends of the ladder is spread over the rest.
    pub fn of(component: &Component, rungs: usize) -> Self {
        let width = component.width();
        let last = rungs.saturating_sub(1) as f64;
        let start = (component.centre - REACH * width).ceil().clamp(0.0, last) as usize;
        let end = (component.centre + REACH * width).floor().clamp(0.0, last) as usize;
        let place: Vec<f64> = (start..=end.max(start))
            .map(|g| (g as f64 - component.centre) / width)
            .collect();
        let mut density: Vec<f64> = place.iter().map(|z| (-0.5 * z * z).exp()).collect();
        let sum: f64 = density.iter().sum();
        for d in &mut density {
            *d /= sum.max(f64::MIN_POSITIVE);
        }
        let mean = |power: i32| -> f64 {
            let terms = place.iter().zip(&density);
            terms.map(|(z, d)| d * z.powi(power)).sum()
        };
        // The means are 0 and 1, but for components cut off by the ends of the ladder.
        let (first, second) = (mean(1), mean(2));
        let both = || place.iter().zip(&density);
        Self {
            start,
            by_centre: both().map(|(z, d)| d * (z - first) / width).collect(),
            by_ln_width: both().map(|(z, d)| d * (z * z - second)).collect(),
            density,
        }
    }
}

impl Model {
    /// From a list of numbers as [`Self::numbers`] gives it.
    pub fn of_numbers(numbers: &[f64]) -> Self {
        let components = numbers.chunks_exact(NUMBERS).map(|n| Component {
            weight: n[0],
            centre: n[1],
            ln_width: n[2],
        });
        Self(components.collect())
    }

    /// All numbers, component by component.
    pub fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().flat_map(|c| [c.weight, c.centre, c.ln_width])
    }

    /// Numbers that the data may choose.
    pub fn free_numbers(&self) -> usize {
        (NUMBERS * self.0.len()).saturating_sub(1)
    }

    /// The same with every weight at least about this.
    pub fn revived(mut self, least: f64) -> Self {
        for c in &mut self.0 {
            c.weight = c.weight.max(least);
        }
        self.normalised()
    }

    /// The same with weights of sum 1.
    pub fn normalised(mut self) -> Self {
        let sum: f64 = self.0.iter().map(|c| c.weight).sum();
        for c in &mut self.0 {
            c.weight /= sum;
        }
        self
    }

    /// Adds the shares at the rungs, times a factor.
    pub fn add_shares(&self, factor: f64, share: &mut [f64]) {
        for c in &self.0 {
            let shape = Shape::of(c, share.len());
            for (s, d) in share[shape.start..].iter_mut().zip(&shape.density) {
                *s += factor * c.weight * d;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_normal_and_know_their_slopes() {
        for (centre, width) in [(80.3, 1.01), (60.0, 15.0), (2.0, 20.0), (119.0, 3.0)] {
            let c = Component::new(1.0, centre, width);
            let rungs = 120;
            let full = |c: &Component| {
                let mut out = vec![0.0; rungs];
                Model(vec![*c]).add_shares(1.0, &mut out);
                out
            };
            assert!((full(&c).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let shape = Shape::of(&c, rungs);
            let h = 1e-5;
            let moved = |centre: f64, ln_width: f64| {
                full(&Component {
                    centre: c.centre + centre,
                    ln_width: c.ln_width + ln_width,
                    ..c
                })
            };
            let slopes = [
                (moved(h, 0.0), moved(-h, 0.0), &shape.by_centre),
                (moved(0.0, h), moved(0.0, -h), &shape.by_ln_width),
            ];
            for (up, down, slope) in slopes {
                for (k, s) in slope.iter().enumerate() {
                    let g = shape.start + k;
                    assert!(
                        ((up[g] - down[g]) / (2.0 * h) - s).abs() < 1e-6,
                        "{c:?} {g}"
                    );
                }
            }
        }
    }

    #[test]
    fn odd_components_are_still_finite() {
        for (centre, width) in [(-1e9, 1.0), (1e9, 0.0), (5.0, 1e300)] {
            let mut out = vec![0.0; 10];
            Model(vec![Component::new(1.0, centre, width)]).add_shares(1.0, &mut out);
            assert!(out.iter().all(|v| v.is_finite()), "{out:?}");
        }
    }
}
