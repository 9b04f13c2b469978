//! How the captures of one sample agree: their spread, and whether one stands apart.
//!
//! The spread is that of the result (`replicates.between_capture`). One capture may be named by the test of Grubbs
//! (`nta_sizing::grubbs`); it is told and stays in. Trends over the captures are tested in each result (findings P02 and P03), and
//! repeated here.

use super::finding::{QualityFinding, about};
use crate::batch::limits::{ReplicateCriteria, said};
use crate::batch::{Channel, Role, SampleRecord};
use crate::report::{Report, Spread};
use nta_core::Severity;
use nta_sizing::grubbs::farthest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const STAGE: &str = "replicates";

/// The captures of one sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureAgreement {
    /// Name of the sample.
    pub sample: String,
    /// Light in which it was filmed.
    pub channel: Channel,
    /// Number of captures.
    pub n: u64,
    /// Of the median diameter, nm; null with one capture.
    pub d50_nm: Option<CaptureSpread>,
    /// Of the concentration, per mL, or where it is not known of the particles per frame; null with one capture.
    pub number: Option<CaptureSpread>,
}

/// One number over the captures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureSpread {
    /// Which number, as in `replicates.between_capture`.
    pub quantity: String,
    /// The number in each capture; null where it could not be obtained.
    pub values: Vec<Option<f64>>,
    /// Mean.
    pub mean: Option<f64>,
    /// Coefficient of variation.
    pub cv: Option<f64>,
    /// Largest that is accepted.
    pub max_cv: f64,
    /// Relative change from one capture to the next; null with fewer than four.
    pub trend_per_capture: Option<f64>,
    /// Probability of such a change at least as large, up or down, if there were none; null with fewer than four.
    pub trend_p: Option<f64>,
    /// The capture farthest from the others; null with fewer than four.
    pub farthest: Option<FarCapture>,
}

/// The capture farthest from the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FarCapture {
    /// Its place in `captures`, from 0.
    pub capture: u64,
    /// Its number.
    pub value: f64,
    /// Its distance from the mean, in standard deviations.
    pub statistic: f64,
    /// What a distance must exceed to be told from chance.
    pub critical: f64,
    /// Whether it does.
    pub stands_apart: bool,
}

/// Of every sample and bead run with a result. Blanks have too few particles for it to say anything.
pub(super) fn captures(
    records: &[SampleRecord],
    criteria: &ReplicateCriteria,
) -> Vec<CaptureAgreement> {
    let kept = records.iter().filter(|r| r.entry.role != Role::Blank);
    kept.filter_map(|r| Some(agreement(r, r.report()?, criteria)))
        .collect()
}

fn agreement(
    record: &SampleRecord,
    report: &Report,
    criteria: &ReplicateCriteria,
) -> CaptureAgreement {
    let spreads = &report.replicates.between_capture;
    let of = |name: &str, max_cv: f64| {
        let spread = spreads
            .get(name)
            .filter(|s| s.mean.is_some_and(f64::is_finite))?;
        Some(of_spread(name, spread, max_cv, criteria.outlier_alpha))
    };
    let most = criteria.max_cv_concentration;
    CaptureAgreement {
        sample: record.entry.id.clone(),
        channel: record.entry.channel,
        n: report.replicates.n,
        d50_nm: of("d50_nm", criteria.max_cv_d50),
        number: of("concentration_per_ml", most).or_else(|| of("particles_per_frame", most)),
    }
}

fn of_spread(name: &str, spread: &Spread, max_cv: f64, alpha: f64) -> CaptureSpread {
    let known: Vec<(usize, f64)> = spread
        .values
        .iter()
        .enumerate()
        .filter_map(|(i, v)| Some((i, (*v)?)))
        .collect();
    let values: Vec<f64> = known.iter().map(|k| k.1).collect();
    CaptureSpread {
        quantity: name.to_owned(),
        values: spread.values.clone(),
        mean: spread.mean,
        cv: spread.cv.filter(|cv| cv.is_finite()),
        max_cv,
        trend_per_capture: spread.trend_per_capture,
        trend_p: spread.trend_p,
        farthest: farthest(&values, alpha).map(|f| FarCapture {
            capture: known[f.place].0 as u64,
            value: known[f.place].1,
            statistic: f.statistic,
            critical: f.critical,
            stands_apart: f.is_outlier(),
        }),
    }
}

/// Captures that scatter too much, and captures that stand apart.
pub(super) fn findings(
    all: &[CaptureAgreement],
    criteria: &ReplicateCriteria,
) -> Vec<QualityFinding> {
    let mut out = Vec::new();
    for sample in all {
        for spread in [&sample.d50_nm, &sample.number].into_iter().flatten() {
            out.extend(scatters(sample, spread));
            out.extend(stands_apart(sample, spread, criteria));
        }
    }
    out
}

fn words(quantity: &str) -> &'static str {
    match quantity {
        "d50_nm" => "D50",
        "concentration_per_ml" => "concentration",
        _ => "number of particles in view",
    }
}

fn scatters(sample: &CaptureAgreement, spread: &CaptureSpread) -> Option<QualityFinding> {
    let cv = spread.cv.filter(|cv| *cv > spread.max_cv)?;
    let mut out = about(
        ("Q40", Severity::Warning, STAGE),
        format!(
            "The {} of {} differs by {:.1} % (CV) between its {} captures, allowed {:.1} %. Mix, film longer, or film more captures.",
            words(&spread.quantity),
            sample.sample,
            100.0 * cv,
            sample.n,
            100.0 * spread.max_cv
        ),
        [&sample.sample],
    );
    out.finding = out
        .finding
        .with(100.0 * cv, Some(100.0 * spread.max_cv), "% CV");
    Some(out)
}

fn stands_apart(
    sample: &CaptureAgreement,
    spread: &CaptureSpread,
    criteria: &ReplicateCriteria,
) -> Option<QualityFinding> {
    let far = spread.farthest.as_ref().filter(|f| f.stands_apart)?;
    let mean = spread.mean?;
    let mut out = about(
        ("Q41", Severity::Warning, STAGE),
        format!(
            "Capture {} of {} stands apart in its {}: {} where the mean is {} (test of Grubbs, G = {:.2}, more than {:.2} at {} %). It \
             is still in the result; look at the film before you leave it out.",
            far.capture + 1,
            sample.sample,
            words(&spread.quantity),
            said(far.value, ""),
            said(mean, ""),
            far.statistic,
            far.critical,
            100.0 * criteria.outlier_alpha
        ),
        [&sample.sample],
    );
    out.finding = out
        .finding
        .with(far.statistic, Some(far.critical), "standard deviations");
    Some(out)
}
