//! Particles per mL as they were filmed, before any dilution is taken into account and before a blank is taken off.

use crate::report::{Capture, Concentration, Report};
use nta_sizing::Interval;

/// Of a whole result; `None` without a concentration or without its interval.
pub(super) fn as_filmed(report: &Report) -> Option<Interval> {
    let c = report.concentration.as_ref()?;
    let before = before_blank(c);
    // A subtracted blank has widened the interval; it is moved, not narrowed.
    let taken = before - c.per_ml;
    let interval = Interval {
        value: before / c.dilution_applied,
        ci95: c.ci95?.map(|end| (end + taken) / c.dilution_applied),
    };
    let all = [interval.value, interval.ci95[0], interval.ci95[1]];
    let sound = all.iter().all(|v| v.is_finite() && *v >= 0.0);
    sound.then_some(interval)
}

/// Of one capture.
pub(super) fn of_capture(capture: &Capture) -> Option<f64> {
    let c = capture.concentration.as_ref()?;
    Some(before_blank(c) / c.dilution_applied).filter(|v| v.is_finite())
}

fn before_blank(c: &Concentration) -> f64 {
    c.before_blank_per_ml.unwrap_or(c.per_ml)
}
