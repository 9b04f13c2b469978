//! How a number changes with time: a straight line, and how long it stays within a margin.
//!
//! Ordinary least squares through the numbers of all results on the scale of the comparison (Draper & Smith 1998,
//! doi:10.1002/9781118625590, ch. 1). The error of the slope is that of the scatter about the line, which holds what
//! differs between preparations, with Student's t and two degrees of freedom less than results. How long a number stays
//! within its limits is read as in guideline ICH Q1E (2003, section 2.4): where the 95 % confidence band of the line
//! first crosses a limit.
//!
//! Differs from the guideline in: the limits stand about the line's own value at the first time, because no
//! specification is known here, and nothing is said beyond twice the time that was observed.

use super::difference::Difference;
use super::student;

/// A line is drawn through results at this number of different times or more.
pub const FEWEST_TIMES: usize = 3;
/// Steps in which the band is followed; between them it is found by halving.
const STEPS: usize = 2000;

/// A straight line through numbers over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// First and last time.
    pub span: [f64; 2],
    /// Change per unit of time, with its error.
    pub slope: Difference,
    middle_time: f64,
    middle_value: f64,
    results: f64,
    /// Sum of squares of the times about their mean.
    spread: f64,
}

/// Until when the number is shown to stay within the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// The band is wider than the limits from the start: it cannot be said.
    NotSaid,
    /// The band crosses a limit at this time.
    Time(f64),
    /// It crosses none up to this time; beyond nothing is said.
    Beyond(f64),
}

/// The line through points of time and number; `None` with fewer than [`FEWEST_TIMES`] different times, or without
/// scatter about it.
pub fn line(points: &[(f64, f64)]) -> Option<Line> {
    if points.iter().any(|(t, v)| !t.is_finite() || !v.is_finite()) {
        return None;
    }
    let mut times: Vec<f64> = points.iter().map(|p| p.0).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let n = points.len() as f64;
    if times.len() < FEWEST_TIMES {
        return None;
    }
    let middle_time = points.iter().map(|p| p.0).sum::<f64>() / n;
    let middle_value = points.iter().map(|p| p.1).sum::<f64>() / n;
    let spread: f64 = points.iter().map(|p| (p.0 - middle_time).powi(2)).sum();
    let together: f64 = points
        .iter()
        .map(|p| (p.0 - middle_time) * (p.1 - middle_value))
        .sum();
    let slope = together / spread;
    let off: f64 = points
        .iter()
        .map(|p| (p.1 - middle_value - slope * (p.0 - middle_time)).powi(2))
        .sum();
    let error = (off / (n - 2.0) / spread).sqrt();
    // Numbers that lie on a line to the last digit were not measured.
    let sound = error.is_finite() && error * (times[times.len() - 1] - times[0]) > 1e-12;
    sound.then_some(Line {
        span: [times[0], times[times.len() - 1]],
        slope: Difference {
            estimate: slope,
            below: error,
            above: error,
            freedom: n - 2.0,
        },
        middle_time,
        middle_value,
        results: n,
        spread,
    })
}

impl Line {
    /// The line at a time.
    pub fn at(&self, time: f64) -> f64 {
        self.middle_value + self.slope.estimate * (time - self.middle_time)
    }

    /// The 95 % confidence band of the line at a time.
    pub fn band(&self, time: f64) -> [f64; 2] {
        let t = student::exceeded_with(0.025, self.slope.freedom);
        self.band_of(time, t)
    }

    fn band_of(&self, time: f64, t: f64) -> [f64; 2] {
        let from_middle = self.slope.below * (time - self.middle_time);
        // The error of the slope times the root of the spread is that of one result.
        let at_middle = self.error_of_one() / self.results.sqrt();
        let half = t * from_middle.hypot(at_middle);
        [self.at(time) - half, self.at(time) + half]
    }

    fn error_of_one(&self) -> f64 {
        self.slope.below * self.spread.sqrt()
    }

    /// Change over the time that was observed, with its error.
    pub fn change(&self) -> Difference {
        let time = self.span[1] - self.span[0];
        Difference {
            estimate: self.slope.estimate * time,
            below: self.slope.below * time,
            above: self.slope.above * time,
            freedom: self.slope.freedom,
        }
    }

    /// Until when the band stays within `limits` about the value of the line at the first time.
    pub fn within(&self, limits: [f64; 2]) -> Until {
        let t = student::exceeded_with(0.025, self.slope.freedom);
        let start = self.at(self.span[0]);
        let leaves = |time: f64| {
            let [low, high] = self.band_of(time, t);
            low < start + limits[0] || high > start + limits[1]
        };
        let end = self.span[0] + 2.0 * (self.span[1] - self.span[0]);
        if leaves(self.span[0]) {
            return Until::NotSaid;
        }
        let time_of =
            |step: usize| self.span[0] + (end - self.span[0]) * step as f64 / STEPS as f64;
        let Some(step) = (1..=STEPS).find(|s| leaves(time_of(*s))) else {
            return Until::Beyond(end);
        };
        let (mut inside, mut outside) = (time_of(step - 1), time_of(step));
        for _ in 0..60 {
            let middle = 0.5 * (inside + outside);
            if leaves(middle) {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        Until::Time(0.5 * (inside + outside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_textbook() {
        let points = [(0.0, 1.0), (1.0, 3.1), (2.0, 4.9), (3.0, 7.2), (4.0, 8.8)];
        let line = line(&points).expect("a line");
        assert!((line.slope.estimate - 1.97).abs() < 1e-12);
        // Residuals -0.06, 0.07, -0.1, 0.23, -0.14; their squares sum to 0.091.
        assert!((line.slope.below - (0.091f64 / 3.0 / 10.0).sqrt()).abs() < 1e-12);
        assert!((line.at(2.0) - 5.0).abs() < 1e-12);
        let half = 3.182_446 * (0.091f64 / 3.0 / 5.0).sqrt();
        assert!((line.band(2.0)[1] - 5.0 - half).abs() < 1e-5);
        assert!((line.change().estimate - 7.88).abs() < 1e-12);
    }

    #[test]
    fn a_falling_number_leaves_its_margin_before_its_line_does() {
        let wiggle = [0.002, -0.002, 0.001, -0.001, 0.002, -0.002];
        let points: Vec<(f64, f64)> = wiggle
            .iter()
            .enumerate()
            .map(|(i, w)| (30.0 * i as f64, -0.0005 * 30.0 * i as f64 + w))
            .collect();
        let falling = line(&points).expect("a line");
        let Until::Time(until) = falling.within([-0.05, 0.05]) else {
            panic!("{:?}", falling.within([-0.05, 0.05]));
        };
        assert!((85.0..100.0).contains(&until), "{until}");
        assert_eq!(falling.within([-0.5, 0.5]), Until::Beyond(300.0));
        assert_eq!(falling.within([-1e-4, 1e-4]), Until::NotSaid);
    }

    #[test]
    fn too_few_times_and_lines_without_scatter_are_none() {
        assert_eq!(
            line(&[(0.0, 1.0), (0.0, 1.1), (1.0, 2.0), (1.0, 2.1)]),
            None
        );
        assert_eq!(line(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), None);
        assert_eq!(line(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.3)]), None);
    }
}
