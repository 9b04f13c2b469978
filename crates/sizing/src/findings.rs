//! What a person should know about the sizes.
//!
//! S01 no distribution, S02 few tracks, S04 below resolution, S05 precision scale on its bound, S06 mass at an end of
//! the range, S07 motion not as modelled, S08 a peak that hangs on a few tracks.

use crate::goodness::PeriodogramRatios;
use crate::group::FEWEST_TRACKS;
use crate::precision_scale::PrecisionScale;
use crate::result::SizeResult;

use nta_core::{Finding, Severity};

const STAGE: &str = "size";
/// Fewer tracks get a warning.
const FEW_TRACKS: usize = 100;
/// Share of the particles in the outermost rungs that is too much.
const MOST_AT_END: f64 = 0.01;
/// Rungs that count as an end: 6 % of diameter.
const END_RUNGS: usize = 3;
/// Deviation of a periodogram ratio from 1 that matters.
const RATIO_OFF: f64 = 0.04;
/// ... if it is also so many standard errors.
const RATIO_SIGNIFICANT: f64 = 3.0;
/// A peak that fewer of the resamples show is doubtful.
const RECURRENCE: f64 = 0.8;

/// All findings about the pooled result.
pub(crate) fn all(
    pooled: &SizeResult,
    scale: &PrecisionScale,
    periodogram: Option<&PeriodogramRatios>,
    peaks_count: bool,
) -> Vec<Finding> {
    let mut out = Vec::new();
    if pooled.summary.is_none() {
        out.push(no_distribution(pooled));
        return out;
    }
    out.extend(few_tracks(pooled));
    if peaks_count {
        out.extend(close_peaks(pooled));
        out.extend(doubtful_peaks(pooled));
    }
    out.extend(narrow(pooled));
    if scale.on_bound {
        out.push(on_bound(scale));
    }
    out.extend(ends(pooled));
    out.extend(periodogram.and_then(motion));
    out
}

fn no_distribution(pooled: &SizeResult) -> Finding {
    let reasons: Vec<String> = pooled
        .tally
        .0
        .iter()
        .map(|(reason, n)| format!("{n} {}", reason.replace('_', " ")))
        .collect();
    if pooled.tracks >= FEWEST_TRACKS {
        return Finding::new(
            "S01",
            Severity::Failure,
            STAGE,
            format!(
                "{} tracks can be used, but no population of sizes describes them; look at the tracks",
                pooled.tracks
            ),
        );
    }
    // Nothing at all is a valid answer: a blank. Tracks that are all unusable are a reason to look.
    let severity = if pooled.tracks == 0 && reasons.is_empty() {
        Severity::Info
    } else {
        Severity::Warning
    };
    let left_out = if reasons.is_empty() {
        "there are no others".to_owned()
    } else {
        format!("left out: {}", reasons.join(", "))
    };
    Finding::new(
        "S01",
        severity,
        STAGE,
        format!(
            "{} tracks can be used ({left_out}), but a size distribution needs at least {FEWEST_TRACKS}; record \
             longer, or raise concentration or brightness. Diameters of single particles, where there are any, stand \
             in the table of particles.",
            pooled.tracks
        ),
    )
    .with(pooled.tracks as f64, Some(FEWEST_TRACKS as f64), "tracks")
}

fn few_tracks(pooled: &SizeResult) -> Option<Finding> {
    let mean = pooled.summary?.mean;
    (pooled.tracks < FEW_TRACKS).then(|| {
        Finding::new(
            "S02",
            Severity::Warning,
            STAGE,
            format!(
                "only {} tracks: the mean of {:.0} nm may be anywhere from {:.0} to {:.0} nm, and the shape of the \
                 distribution is hardly known; record longer or use more captures",
                pooled.tracks, mean.value, mean.ci95[0], mean.ci95[1]
            ),
        )
        .with(pooled.tracks as f64, Some(FEW_TRACKS as f64), "tracks")
    })
}

fn close_peaks(pooled: &SizeResult) -> Vec<Finding> {
    let Some(limits) = pooled.limits else {
        return Vec::new();
    };
    pooled
        .populations
        .windows(2)
        .map(|w| (w[0].diameter_nm.value, w[1].diameter_nm.value))
        .filter(|(a, b)| b / a < limits.smallest_ratio)
        .map(|(a, b)| {
            Finding::new(
                "S04",
                Severity::Warning,
                STAGE,
                format!(
                    "the peaks at {a:.0} and {b:.0} nm are closer than these tracks can reliably tell apart (ratio \
                     {:.2}); they may be one population. Longer tracks help more than more tracks",
                    limits.smallest_ratio
                ),
            )
            .with(b / a, Some(limits.smallest_ratio), "1")
        })
        .collect()
}

fn doubtful_peaks(pooled: &SizeResult) -> Vec<Finding> {
    pooled
        .populations
        .iter()
        .filter(|p| pooled.populations.len() > 1 && p.recurrence < RECURRENCE)
        .map(|p| {
            Finding::new(
                "S08",
                Severity::Info,
                STAGE,
                format!(
                    "the peak at {:.0} nm ({:.0} % of the particles) is there in only {:.0} % of the resamples: it \
                     hangs on a few tracks",
                    p.diameter_nm.value,
                    100.0 * p.fraction.value,
                    100.0 * p.recurrence
                ),
            )
            .with(p.recurrence, Some(RECURRENCE), "1")
        })
        .collect()
}

fn narrow(pooled: &SizeResult) -> Option<Finding> {
    let cv = pooled.summary?.cv;
    let limit = pooled.limits?.narrowest_cv;
    (cv.ci95[0] <= 0.0 || cv.value < limit).then(|| {
        Finding::new(
            "S04",
            Severity::Info,
            STAGE,
            format!(
                "the width of the distribution (coefficient of variation {:.1} %) is an upper limit: these tracks \
                 cannot tell it from zero. Widths below {:.1} % are beyond them",
                100.0 * cv.value,
                100.0 * limit
            ),
        )
        .with(100.0 * cv.value, Some(100.0 * limit), "%")
    })
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
        STAGE,
        format!(
            "the tracks ask for errors of position {direction} than stated by more than a factor of {:.1}, the end \
             of the search: sizes, above all of slow particles, are less certain than their intervals say. Wrong \
             exposure, vibration or wrong links can do this",
            scale.variance_factor.sqrt().max(scale.variance_factor.sqrt().recip())
        ),
    )
    .with(scale.variance_factor, None, "1")
}

fn ends(pooled: &SizeResult) -> Vec<Finding> {
    let Some(d) = &pooled.distribution else {
        return Vec::new();
    };
    let mass: Vec<f64> = d
        .diameter_nm
        .iter()
        .zip(&d.density_per_nm)
        .map(|(d, f)| d * f)
        .collect();
    let all: f64 = mass.iter().sum();
    let end = |part: &[f64]| part.iter().sum::<f64>() / all;
    let n = mass.len();
    let k = END_RUNGS.min(n);
    let sides = [
        (end(&mass[..k]), "lower", d.diameter_nm.first()),
        (end(&mass[n - k..]), "upper", d.diameter_nm.last()),
    ];
    sides
        .into_iter()
        .filter(|(share, _, _)| *share > MOST_AT_END)
        .filter_map(|(share, side, at)| {
            Some(
                Finding::new(
                    "S06",
                    Severity::Warning,
                    STAGE,
                    format!(
                        "{:.1} % of the particles lie at the {side} end of the range of diameters ({:.0} nm): the \
                         true sizes may lie beyond it. Look for stuck or wrongly linked particles in the table of \
                         particles",
                        100.0 * share,
                        at?
                    ),
                )
                .with(100.0 * share, Some(100.0 * MOST_AT_END), "%"),
            )
        })
        .collect()
}

fn motion(ratios: &PeriodogramRatios) -> Option<Finding> {
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
            "tracks may be wrongly linked, positions less certain than stated, the film may shake, or the exposure \
             be shorter than stated"
        }
        (false, false) => {
            "the motion may be confined, or the precisions wrong for part of the tracks"
        }
    };
    let (worse, _) = if (ratios.slow - 1.0).abs() > (ratios.fast - 1.0).abs() {
        (ratios.slow, "slow")
    } else {
        (ratios.fast, "fast")
    };
    Some(
        Finding::new(
            "S07",
            Severity::Warning,
            STAGE,
            format!(
                "the motion is not quite free diffusion: slow modes have {:.2} and fast modes {:.2} of the expected \
                 power; {cause}",
                ratios.slow, ratios.fast
            ),
        )
        .with(worse, Some(1.0 + RATIO_OFF.copysign(worse - 1.0)), "1"),
    )
}
