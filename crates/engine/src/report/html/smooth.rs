//! A smooth path through points: cubic pieces whose slopes, those of the parabola through three points, are held so
//! that nothing overshoots (Fritsch & Carlson 1980, doi:10.1137/0717021; Hyman 1983, doi:10.1137/0904045).

use std::fmt::Write;

/// Path data through the points, which go steadily to one side; begins with `first`, `M` or `L`. Points that share
/// their x with the one before are joined by straight lines.
pub fn path(points: &[(f64, f64)], first: char) -> String {
    let Some((x, y)) = points.first() else {
        return String::new();
    };
    let mut d = format!("{first}{x:.1} {y:.1}");
    let slopes = slopes(points);
    for (pair, slope) in points.windows(2).zip(slopes.windows(2)) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let third = (x1 - x0) / 3.0;
        let _ = if third == 0.0 || y0 == y1 {
            write!(d, "L{x1:.1} {y1:.1}")
        } else {
            write!(
                d,
                "C{:.1} {:.1} {:.1} {:.1} {x1:.1} {y1:.1}",
                x0 + third,
                y0 + third * slope[0],
                x1 - third,
                y1 - third * slope[1]
            )
        };
    }
    d
}

/// Slope at each point: flat at peaks, dips and ends.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let secant: Vec<f64> = points
        .windows(2)
        .map(|p| match p[1].0 - p[0].0 {
            0.0 => 0.0,
            dx => (p[1].1 - p[0].1) / dx,
        })
        .collect();
    (0..points.len())
        .map(|i| {
            let (Some(before), Some(after)) = (i.checked_sub(1).map(|j| secant[j]), secant.get(i))
            else {
                return 0.0;
            };
            if before * after <= 0.0 {
                return 0.0;
            }
            let (h0, h1) = (
                (points[i].0 - points[i - 1].0).abs(),
                (points[i + 1].0 - points[i].0).abs(),
            );
            let parabola = (h0 * after + h1 * before) / (h0 + h1);
            let steepest = 3.0 * before.abs().min(after.abs());
            parabola.clamp(-steepest, steepest)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between two points a piece stays between their heights: its inner handles do, and the slopes are held.
    #[test]
    fn no_peak_is_invented() {
        let heights = [0.0, 0.0, 1.0, 8.0, 8.0, 2.0, 2.5, 0.0, 100.0, 0.0];
        for back in [false, true] {
            let mut points: Vec<(f64, f64)> = heights
                .iter()
                .enumerate()
                .map(|(i, y)| (10.0 * (i as f64).powf(1.3), *y))
                .collect();
            if back {
                points.reverse();
            }
            let slopes = slopes(&points);
            for (p, s) in points.windows(2).zip(slopes.windows(2)) {
                let dx = p[1].0 - p[0].0;
                for step in 0..=50 {
                    let t = f64::from(step) / 50.0;
                    let u = 1.0 - t;
                    let handles = [p[0].1 + dx * s[0] / 3.0, p[1].1 - dx * s[1] / 3.0];
                    let y = u.powi(3) * p[0].1
                        + 3.0 * u * u * t * handles[0]
                        + 3.0 * u * t * t * handles[1]
                        + t.powi(3) * p[1].1;
                    let (low, high) = (p[0].1.min(p[1].1), p[0].1.max(p[1].1));
                    assert!((low - 1e-9..=high + 1e-9).contains(&y), "{p:?} {y}");
                }
            }
        }
    }

    #[test]
    fn few_points_make_plain_paths() {
        assert_eq!(path(&[], 'M'), "");
        assert_eq!(path(&[(1.0, 2.0)], 'M'), "M1.0 2.0");
        assert_eq!(path(&[(1.0, 2.0), (1.0, 3.0)], 'L'), "L1.0 2.0L1.0 3.0");
    }
}
