//! How far the links can be trusted, in words for people.
//!
//! Ambiguity `kappa = pi rho 4 D dt = 2 pi rho v`: `rho` particles per px^2, `v` the step variance that nine tenths of
//! the population stay below. Two particles of equal kind change places unnoticed in about `kappa / 2` of all steps:
//! at distance R the swap wins with probability `Q(R / sqrt(2 v))`, integrated over the plane.

use super::motion::Motion;
use super::points::Points;
use crate::model::Track;
use crate::{Finding, Severity};

/// Ambiguity from which wrong links show in the sizes, and from which the small end is lost.
const KAPPA_WARNING: f64 = 0.05;
const KAPPA_FAILURE: f64 = 0.2;
/// Share of steps cut that honest tracks do not reach; 1e-4 is expected of perfect ones.
const CUT_WARNING: f64 = 0.01;
/// Share of links not made for being ambiguous.
const AMBIGUOUS_WARNING: f64 = 0.05;
/// Share of the population at the fast end of the grid.
const FAST_END_WARNING: f64 = 0.1;
/// "Fast" is what so large a share of the population stays below.
const FAST_QUANTILE: f64 = 0.9;
/// Tracks needed before a share of the population is spoken of.
const LEAST_TRACKS: usize = 20;

/// Counts of one linking.
pub(crate) struct Quality {
    /// Links before cutting.
    pub links: u64,
    /// Cuts.
    pub cuts: u64,
    /// Links not made because another was nearly as likely.
    pub ambiguous: u64,
    /// Tracks in assignments that were not solved exactly.
    pub not_exact: u64,
}

/// What a person should know of these links.
pub(crate) fn findings(
    film: &[Points],
    tracks: &[Track],
    motion: &Motion,
    area_px2: f64,
    quality: &Quality,
) -> Vec<Finding> {
    // Every spot that could begin a track can be taken for a neighbour, whether it was joined or not.
    let strong: usize = film.iter().map(Points::strong).sum();
    let long = tracks.iter().filter(|t| t.points().len() > 2).count();
    let per_px2 = strong as f64 / (film.len().max(1) as f64 * area_px2);
    let fast = motion.quantile_px2(FAST_QUANTILE).filter(|_| long > 0);
    let mut out: Vec<Finding> = fast
        .and_then(|v| ambiguity(std::f64::consts::TAU * per_px2 * v))
        .into_iter()
        .collect();
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    out.extend(above(
        "L02",
        share(quality.cuts, quality.links),
        CUT_WARNING,
        "% of steps",
        "Many steps did not fit the rest of their track and were cut: particles are being confused, or flow and \
         vibration shake them unevenly. Dilute the sample, or look for leaks and pumps.",
    ));
    let fast_end = if long < LEAST_TRACKS {
        0.0
    } else {
        motion.at_the_fast_end()
    };
    out.extend(above(
        "L03",
        fast_end,
        FAST_END_WARNING,
        "% of particles",
        "Some particles step about as far between two frames as can be followed at this crowding, so the smallest \
         ones may be lost. Use a higher frame rate, or dilute the sample.",
    ));
    out.extend(above(
        "L04",
        share(quality.ambiguous, quality.links + quality.ambiguous),
        AMBIGUOUS_WARNING,
        "% of links",
        "Many tracks had to be ended because two pairings of particles were about equally likely, which makes tracks \
         short. Dilute the sample or use a higher frame rate.",
    ));
    out.extend(not_exact_finding(quality.not_exact));
    out
}

/// A warning if tracks took part in assignments too large to be solved exactly, counted once for each frame.
pub(crate) fn not_exact_finding(not_exact: u64) -> Option<Finding> {
    let message = "So many spots lay within reach of one another that some were paired cheapest first instead of exactly. \
                   Raise the detection threshold or dilute the sample.";
    (not_exact > 0).then(|| {
        Finding::new("L05", Severity::Warning, "link", message).with(
            not_exact as f64,
            None,
            "tracks times frames",
        )
    })
}

/// A warning if a share, given in percent for people, lies above its limit.
fn above(code: &str, share: f64, limit: f64, unit: &str, message: &str) -> Option<Finding> {
    (share > limit).then(|| {
        Finding::new(code, Severity::Warning, "link", message).with(
            100.0 * share,
            Some(100.0 * limit),
            unit,
        )
    })
}

fn ambiguity(kappa: f64) -> Option<Finding> {
    if kappa <= KAPPA_WARNING {
        return None;
    }
    // Whole factors below ten, then steps that a pipette can make.
    let factor = kappa / KAPPA_WARNING;
    let factor = if factor < 10.0 {
        factor.ceil()
    } else {
        (factor / 5.0).ceil() * 5.0
    };
    let (severity, limit, head) = if kappa > KAPPA_FAILURE {
        (
            Severity::Failure,
            KAPPA_FAILURE,
            "The particles are too crowded for their speed: the smallest ones cannot be told from their neighbours, \
             and numbers for the small end must not be used.",
        )
    } else {
        (
            Severity::Warning,
            KAPPA_WARNING,
            "The particles are crowded for their speed: about one step in forty or more of the smallest ones may \
             belong to a neighbour.",
        )
    };
    Some(
        Finding::new(
            "L01",
            severity,
            "link",
            format!("{head} Dilute the sample {factor:.0}-fold, or raise the frame rate as much."),
        )
        .with(kappa, Some(limit), "1"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dilution_is_named() {
        assert!(ambiguity(0.05).is_none());
        let f = ambiguity(0.12).expect("above the line");
        assert_eq!((f.code.as_str(), f.severity), ("L01", Severity::Warning));
        assert!(f.message.contains("3-fold"), "{}", f.message);
        let f = ambiguity(0.61).expect("far above the line");
        assert_eq!(f.severity, Severity::Failure);
        assert!(f.message.contains("15-fold"), "{}", f.message);
    }
}
