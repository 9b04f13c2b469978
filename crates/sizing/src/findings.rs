//! What a person should know about the sizes.
//!
//! S01 no distribution, S02 few tracks, S04 below resolution, S06 mass at an end of the range, S08 a peak that hangs on
//! a few tracks, S09 depth of view by brightness, S20 few particles carry a surface or volume; what motion says of the film is in
//! [`crate::causes`].

use crate::causes::Causes;
use crate::causes::findings::of_motion;
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
/// A peak that fewer of the resamples show is doubtful.
const RECURRENCE: f64 = 0.8;

/// All findings about the pooled result.
pub(crate) fn all(
    pooled: &SizeResult,
    scale: &PrecisionScale,
    periodogram: Option<&PeriodogramRatios>,
    causes: &Causes,
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
    out.extend(deeper(pooled));
    out.extend(carried_by_few(pooled));
    out.extend(ends(pooled));
    out.extend(of_motion(causes, scale, periodogram));
    out
}

/// Allowing for brightness has moved the mean by more than this share.
const DEPTH_MATTERS: f64 = 0.02;

fn deeper(pooled: &SizeResult) -> Option<Finding> {
    let (mean, plain) = (pooled.summary?.mean.value, pooled.mean_nm_at_equal_depth?);
    let moved = plain / mean - 1.0;
    (moved.abs() > DEPTH_MATTERS).then(|| {
        Finding::new(
            "S09",
            Severity::Info,
            STAGE,
            format!(
                "Brighter particles are seen deeper in the light and were counted for less by that. Without it the mean would be \
                 {plain:.0} instead of {mean:.0} nm; if the liquid is thinner than the light is deep, switch it off with \
                 --set size.depth_by_brightness=false."
            ),
        )
        .with(100.0 * moved, Some(100.0 * DEPTH_MATTERS), "% of the mean")
    })
}

/// Fewer tracks than this may carry a distribution by surface or volume without a word. At 30 the mean is known to about a fifth.
const FEWEST_CARRIERS: f64 = 30.0;

fn carried_by_few(pooled: &SizeResult) -> Option<Finding> {
    let tracks = pooled.carried_by_tracks?;
    let what = match pooled.distribution.as_ref()?.weighting.as_str() {
        "area" => "surface",
        _ => "volume",
    };
    (tracks < FEWEST_CARRIERS).then(|| {
        Finding::new(
            "S20",
            Severity::Warning,
            STAGE,
            format!(
                "A few large particles carry most of the {what}. The result by {what} is as uncertain as if there were only \
                 {tracks:.0} tracks, whatever its interval says; record longer, or use the one by number."
            ),
        )
        .with(tracks, Some(FEWEST_CARRIERS), "tracks")
    })
}

fn no_distribution(pooled: &SizeResult) -> Finding {
    let reasons: Vec<String> = pooled
        .tally
        .0
        .iter()
        .map(|(reason, n)| match reason.as_str() {
            "single_position" => format!("{n} seen in one frame only"),
            other => format!("{n} {}", other.replace('_', " ")),
        })
        .collect();
    if pooled.tracks >= FEWEST_TRACKS {
        return Finding::new(
            "S01",
            Severity::Failure,
            STAGE,
            format!(
                "No population of sizes describes the {} tracks that can be used. Look at the tracks in the picture of \
                 the film: they may not be particles.",
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
        String::new()
    } else {
        format!(" Left out: {}.", reasons.join(", "))
    };
    Finding::new(
        "S01",
        severity,
        STAGE,
        format!(
            "There are too few tracks for a size distribution. It needs at least {FEWEST_TRACKS} that can be used, and \
             there {}; record longer, or raise concentration or brightness. Sizes of single particles, where there \
             are any, stand in particles.csv.{left_out}",
            match pooled.tracks {
                0 => "is none, as in a blank".to_owned(),
                1 => "is only 1".to_owned(),
                n => format!("are only {n}"),
            }
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
                "Only {} tracks could be used. The mean of {:.0} nm may be anywhere from {:.0} to {:.0} nm, and the \
                 shape of the distribution is hardly known; record longer or add captures.",
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
                    "The peaks at {a:.0} and {b:.0} nm may be one population. These tracks can only tell sizes apart \
                     that differ by a factor of {:.2}; longer tracks help more than more tracks.",
                    limits.smallest_ratio
                ),
            )
            .with(b / a, Some(limits.smallest_ratio), "1")
        })
        .collect()
}

/// What the shares of a result are shares of.
fn counted(pooled: &SizeResult) -> &'static str {
    match pooled.distribution.as_ref().map(|d| d.weighting.as_str()) {
        Some("area") => "surface",
        Some("volume") => "volume",
        Some("track") => "tracks",
        _ => "particles",
    }
}

fn doubtful_peaks(pooled: &SizeResult) -> Vec<Finding> {
    let what = counted(pooled);
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
                    "The peak at {:.0} nm ({:.0} % of the {what}) hangs on a few tracks. It is there in only {:.0} \
                     % of the repeats with tracks drawn anew; record longer before you rely on it.",
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
                "The true distribution may be narrower than shown. Its width (CV {:.0} %) cannot be told from zero \
                 with these tracks, which see widths from a CV of {:.0} % on; longer tracks would show more.",
                100.0 * cv.value,
                100.0 * limit
            ),
        )
        .with(100.0 * cv.value, Some(100.0 * limit), "%")
    })
}

fn ends(pooled: &SizeResult) -> Vec<Finding> {
    let Some(d) = &pooled.distribution else {
        return Vec::new();
    };
    let what = counted(pooled);
    let lie = if what.ends_with('s') { "lie" } else { "lies" };
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
                        "{:.0} % of the {what} {lie} at the {side} end of the range of diameters ({:.0} nm). The \
                         true sizes may lie beyond it; look for stuck, clumped or wrongly linked particles in the \
                         picture of the film.",
                        100.0 * share,
                        at?
                    ),
                )
                .with(100.0 * share, Some(100.0 * MOST_AT_END), "%"),
            )
        })
        .collect()
}
