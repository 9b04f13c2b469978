//! Particles per mL as they were filmed, before any dilution is taken into account and before a blank is taken off.

use crate::report::{Capture, Concentration, Report};
use nta_sizing::Interval;
use nta_sizing::concentration::NONE_SEEN_95;
use nta_sizing::uncertainty::relative_sd;

/// Of a whole result; `None` without a concentration or without its interval.
pub(super) fn as_filmed(report: &Report) -> Option<Interval> {
    interval(report.concentration.as_ref()?)
}

fn interval(c: &Concentration) -> Option<Interval> {
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

/// What one particle that comes into view adds to the number per mL of a capture; `None` where no interval says it.
///
/// A capture whose number has the relative standard error `r` is known as well as `1 / r^2` counts. One that shows nothing has
/// an upper limit that is [`NONE_SEEN_95`] of them; it says less, and counts only where no capture shows anything.
pub(super) fn per_particle<'a>(captures: impl Iterator<Item = &'a Capture>) -> Option<f64> {
    let found = captures.filter_map(|c| interval(c.concentration.as_ref()?));
    let (some, none): (Vec<Interval>, Vec<Interval>) = found.partition(|i| i.value > 0.0);
    let known = some
        .iter()
        .filter_map(|i| Some((i.value, relative_sd(i.ci95)?.powi(-2))))
        .filter(|(_, counts)| counts.is_finite());
    let (sum, counts) = known.fold((0.0, 0.0), |(s, c), (v, n)| (s + v, c + n));
    let upper: f64 = none.iter().map(|i| i.ci95[1] / NONE_SEEN_95).sum();
    let one = match counts > 0.0 {
        true => sum / counts,
        false => upper / none.len() as f64,
    };
    (one > 0.0 && one.is_finite()).then_some(one)
}

/// The same of particles per frame: visits of these lengths make a number that is known as well as `(sum n)^2 / sum n^2` counts.
pub(super) fn per_particle_in_view<'a>(captures: impl Iterator<Item = &'a Capture>) -> Option<f64> {
    let (mut sum, mut counts) = (0.0, 0.0);
    for c in captures.filter(|c| c.particles_per_frame > 0.0) {
        let classes = || {
            let edges = c.track_lengths.from_frames.iter();
            let each = edges.zip(&c.track_lengths.tracks);
            each.map(|(n, tracks)| (*n as f64, *tracks as f64))
        };
        let total: f64 = classes().map(|(n, tracks)| n * tracks).sum();
        let squares: f64 = classes().map(|(n, tracks)| n * n * tracks).sum();
        if squares > 0.0 {
            sum += c.particles_per_frame;
            counts += total * total / squares;
        }
    }
    let one = sum / counts;
    (one > 0.0 && one.is_finite()).then_some(one)
}

fn before_blank(c: &Concentration) -> f64 {
    c.before_blank_per_ml.unwrap_or(c.per_ml)
}
