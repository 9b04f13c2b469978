//! What a person should know about the motion.
//!
//! M06 drift left in, L06 wrong links, V10 positions that remember. Only where none of these explains it: S05 errors of
//! positions or exposure not as stated, S07 motion not as modelled.

use super::{Causes, Measured};
use crate::goodness::PeriodogramRatios;
use crate::precision_scale::{PRIOR_SD, PrecisionScale};
use nta_core::{Finding, Severity};

/// A squared velocity that all share is believed from so many standard errors on. In a single stretch it is
/// exponential and not normal, and chance goes beyond this once in a thousand films.
const SHARED_SIGNIFICANT: f64 = 6.0;
/// One that single particles keep, from so many.
const KEPT_SIGNIFICANT: f64 = 4.0;
/// Share of the size that a velocity must cost.
const VELOCITY_MATTERS: f64 = 0.01;
/// Share of displacements too long for their tracks that matters: 1 % of wrong links, or 3 % of size.
const TOO_LONG_MATTERS: f64 = 0.002;
/// ... if it is also so many standard errors.
const TOO_LONG_SIGNIFICANT: f64 = 5.0;
/// Correlation of next but one displacements that matters: positions keep a seventh of the one before.
const MEMORY_MATTERS: f64 = 0.02;
/// ... if it is also so many standard errors.
const MEMORY_SIGNIFICANT: f64 = 5.0;
/// The errors of positions are not as stated if their squares are off by so many standard deviations of the prior: a
/// third. On simulated films that are as stated the factor goes down to 0.75.
const SCALE_DOUBTFUL: f64 = 3.5;
/// Deviation of a periodogram ratio from 1 that matters.
const RATIO_OFF: f64 = 0.04;
/// ... if it is also so many standard errors.
const RATIO_SIGNIFICANT: f64 = 3.0;

/// All findings about the motion.
pub(crate) fn of_motion(
    causes: &Causes,
    scale: &PrecisionScale,
    periodogram: Option<&PeriodogramRatios>,
) -> Vec<Finding> {
    let (drift, memory) = (drift(causes), memory(causes));
    // Both also look like errors smaller than they can be.
    let explains = drift.is_some() || memory.is_some();
    let mut out: Vec<Finding> = [drift, links(causes), memory]
        .into_iter()
        .flatten()
        .collect();
    if scale.on_bound && !explains {
        out.push(on_bound(scale));
    }
    if out.is_empty() {
        out.extend(periodogram.and_then(not_as_modelled));
    }
    if out.is_empty() {
        out.extend(not_as_stated(scale));
    }
    out
}

/// The number, if it is beyond its limit and beyond chance.
fn beyond(measured: Option<Measured>, limit: f64, significant: f64) -> Option<f64> {
    let m = measured?;
    (m.value > limit && m.z() > significant).then_some(m.value)
}

fn drift(causes: &Causes) -> Option<Finding> {
    if causes.size_per_um2_per_s2 <= 0.0 {
        return None;
    }
    let limit = VELOCITY_MATTERS / causes.size_per_um2_per_s2;
    let shared = beyond(causes.shared_um2_per_s2, limit, SHARED_SIGNIFICANT);
    let kept = beyond(causes.kept_um2_per_s2, limit, KEPT_SIGNIFICANT);
    let (square, what) = match (shared, kept) {
        (Some(v), _) => (
            v,
            "Drift that all particles share is left in the tracks. See that drift.method is not none, and let the \
             sample come to rest",
        ),
        (None, Some(v)) => (
            v,
            "Flow that differs from place to place is left in the tracks: particles keep their direction for several \
             frames. Let the sample come to rest, and look for heating by the laser and for leaks",
        ),
        (None, None) => return None,
    };
    let cost = 100.0 * square * causes.size_per_um2_per_s2;
    Some(
        Finding::new(
            "M06",
            Severity::Warning,
            "size",
            format!(
                "{what}. A velocity of {:.1} um/s makes particles look {cost:.0} % smaller, large ones more so.",
                square.sqrt()
            ),
        )
        .with(square.sqrt(), Some(limit.sqrt()), "um/s"),
    )
}

fn links(causes: &Causes) -> Option<Finding> {
    let share = beyond(causes.too_long, TOO_LONG_MATTERS, TOO_LONG_SIGNIFICANT)?;
    Some(
        Finding::new(
            "L06",
            Severity::Warning,
            "size",
            format!(
                "Tracks go over to other particles: {:.1} % of the steps are longer than their tracks make possible, and \
                 wrong links that do not stand out come on top. Particles look smaller than they are; dilute the \
                 sample, or record faster.",
                100.0 * share
            ),
        )
        .with(100.0 * share, Some(100.0 * TOO_LONG_MATTERS), "% of the steps"),
    )
}

fn memory(causes: &Causes) -> Option<Finding> {
    let correlation = beyond(causes.memory, MEMORY_MATTERS, MEMORY_SIGNIFICANT)?;
    Some(
        Finding::new(
            "V10",
            Severity::Warning,
            "size",
            "Positions lag behind: each keeps part of the one before, as where video compression or a noise filter \
             of the camera carries particles along. Particles look larger than they are; record without either."
                .to_owned(),
        )
        .with(correlation, Some(MEMORY_MATTERS), "1"),
    )
}

fn on_bound(scale: &PrecisionScale) -> Finding {
    let direction = if scale.variance_factor > 1.0 {
        "larger"
    } else {
        "smaller"
    };
    Finding::new(
        "S05",
        Severity::Warning,
        "size",
        format!(
            "Sizes, above all of slow particles, are less certain than their intervals say. The errors of position \
             seem {direction} than measured by more than a factor of {:.1}; check the exposure, and keep the microscope \
             free of vibration.",
            scale.variance_factor.sqrt().max(scale.variance_factor.sqrt().recip())
        ),
    )
    .with(scale.variance_factor, None, "1")
}

/// An exposure that is longer than stated looks like errors that are smaller than measured: where errors are large, the
/// two cannot be told apart, and allowing for one allows for the other.
fn not_as_stated(scale: &PrecisionScale) -> Option<Finding> {
    let off = scale.variance_factor.ln() / PRIOR_SD;
    let (errors, exposure) = if off > 0.0 {
        ("larger", "shorter")
    } else {
        ("smaller", "longer")
    };
    (off.abs() > SCALE_DOUBTFUL).then(|| {
        Finding::new(
            "S05",
            Severity::Info,
            "size",
            format!(
                "The errors of position are {errors} than measured by a factor of {:.2}, or the exposure is {exposure} than \
                 stated. Sizes allow for it as far as the film tells; check the exposure.",
                scale.variance_factor.sqrt().max(scale.variance_factor.sqrt().recip())
            ),
        )
        .with(
            scale.variance_factor,
            Some((SCALE_DOUBTFUL * PRIOR_SD).copysign(off).exp()),
            "1",
        )
    })
}

fn not_as_modelled(ratios: &PeriodogramRatios) -> Option<Finding> {
    let off = |ratio: f64, se: f64| {
        let d = (ratio - 1.0).abs();
        d > RATIO_OFF && d > RATIO_SIGNIFICANT * se
    };
    let slow_off = off(ratios.slow, ratios.slow_std_err);
    let fast_off = off(ratios.fast, ratios.fast_std_err);
    if !slow_off && !fast_off {
        return None;
    }
    let cause = match (ratios.slow > 1.0, ratios.fast > 1.0) {
        (true, false) if fast_off => {
            "the exposure may be longer than stated, or the errors of position smaller"
        }
        (true, _) => "drift or flow may be left in the tracks",
        (false, true) => {
            "the exposure may be shorter than stated, positions less certain than measured, or the film may shake"
        }
        (false, false) => {
            "the motion may be confined, or the precisions wrong for part of the tracks"
        }
    };
    let worse = if (ratios.slow - 1.0).abs() > (ratios.fast - 1.0).abs() {
        ratios.slow
    } else {
        ratios.fast
    };
    Some(
        Finding::new(
            "S07",
            Severity::Warning,
            "size",
            format!(
                "The motion is not quite free diffusion, so the sizes may be wrong. Slow motion has {:.2} \
                 and fast motion {:.2} times the expected power: {cause}.",
                ratios.slow, ratios.fast
            ),
        )
        .with(worse, Some(1.0 + RATIO_OFF.copysign(worse - 1.0)), "1"),
    )
}
