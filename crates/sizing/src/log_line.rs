//! A straight line through logarithms, each weighted by the inverse of its variance (Draper & Smith 1998,
//! doi:10.1002/9781118625590, ch. 9).

/// No number is better known than this, so that none is left out, or decides alone, for want of an error.
pub const LEAST_RELATIVE_SD: f64 = 1e-3;

/// Weight of the logarithm of a number with this relative standard error.
pub fn weight(relative_sd: f64) -> f64 {
    relative_sd.max(LEAST_RELATIVE_SD).powi(-2)
}

/// One point of the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) weight: f64,
}

impl Point {
    pub(crate) fn is_finite(&self) -> bool {
        [self.x, self.y, self.weight].iter().all(|v| v.is_finite())
    }
}

/// The line, and what its errors follow from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) slope: f64,
    /// Weighted squares of the distances from the middle; one over the variance of the slope.
    pub(crate) spread: f64,
    /// Weighted squares of the distances from the line.
    pub(crate) residual: f64,
    /// Largest distance of a point from the middle.
    pub(crate) apart: f64,
}

/// The line; its slope is not a number where all points lie over one another.
pub(crate) fn line(points: &[Point]) -> Line {
    let weight: f64 = points.iter().map(|p| p.weight).sum();
    let mean =
        |of: fn(&Point) -> f64| points.iter().map(|p| p.weight * of(p)).sum::<f64>() / weight;
    let (x, y) = (mean(|p| p.x), mean(|p| p.y));
    let spread: f64 = points.iter().map(|p| p.weight * (p.x - x).powi(2)).sum();
    let together: f64 = points
        .iter()
        .map(|p| p.weight * (p.x - x) * (p.y - y))
        .sum();
    let slope = together / spread;
    let residual = points
        .iter()
        .map(|p| p.weight * (p.y - y - slope * (p.x - x)).powi(2))
        .sum();
    let apart = points.iter().map(|p| (p.x - x).abs()).fold(0.0, f64::max);
    Line {
        slope,
        spread,
        residual,
        apart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavier_points_draw_the_line_and_none_weighs_all() {
        let at = |x: f64, y: f64, relative_sd: f64| Point {
            x,
            y,
            weight: weight(relative_sd),
        };
        let got = line(&[at(0.0, 0.0, 0.1), at(1.0, 2.0, 0.1), at(2.0, 4.0, 0.1)]);
        assert!((got.slope - 2.0).abs() < 1e-12 && got.residual < 1e-9);
        assert!((got.spread - 200.0).abs() < 1e-9 && (got.apart - 1.0).abs() < 1e-12);
        let drawn = line(&[at(0.0, 0.0, 0.01), at(1.0, 1.0, 0.01), at(2.0, 9.0, 1.0)]);
        assert!((drawn.slope - 1.0).abs() < 0.01, "{drawn:?}");
        assert_eq!(weight(0.0), weight(LEAST_RELATIVE_SD));
        assert!(line(&[at(1.0, 1.0, 0.1)]).slope.is_nan());
    }
}
