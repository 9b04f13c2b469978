//! Marker-positive fraction: samples that were filmed in scatter and in fluorescence.
//!
//! Particles per mL in fluorescence over particles per mL in scatter, `nta_sizing::ratio`. Both films count what they show: a
//! particle too dim for scatter, or for fluorescence, is in neither or in one number.

use super::finding::{QualityFinding, about, interval_said};
use crate::batch::limits::marker_of;
use crate::batch::{Channel, Role, SampleRecord};
use crate::report::Estimate;
use nta_core::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The marker-positive fraction of one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarkerFraction {
    /// Name of the sample.
    pub sample: String,
    /// Particles in fluorescence over particles in scatter, with the interval of chance; above 1 it is told.
    pub fraction: Estimate,
    /// Why there is none; null if there is.
    pub reason: Option<String>,
}

/// Of every sample that was filmed in fluorescence, in the order of the batch.
pub(super) fn markers(records: &[SampleRecord]) -> Vec<MarkerFraction> {
    let marked = |r: &&SampleRecord| {
        r.entry.role == Role::Sample && r.entry.channel == Channel::Fluorescence
    };
    let mut out: Vec<MarkerFraction> = Vec::new();
    for record in records.iter().filter(marked) {
        if out.iter().any(|m| m.sample == record.entry.id) {
            continue;
        }
        let (fraction, reason) = match marker_of(record, records) {
            Ok(fraction) => (fraction, None),
            Err(why) => (Estimate::default(), Some(why)),
        };
        out.push(MarkerFraction {
            sample: record.entry.id.clone(),
            fraction,
            reason,
        });
    }
    out
}

/// Fractions that cannot be, and those that are not known.
pub(super) fn findings(markers: &[MarkerFraction]) -> Vec<QualityFinding> {
    markers.iter().filter_map(finding).collect()
}

fn finding(m: &MarkerFraction) -> Option<QualityFinding> {
    let Some(value) = m.fraction.value else {
        let why = m.reason.as_deref().unwrap_or("it could not be obtained");
        let message = format!(
            "The marker-positive fraction of {} is not known: {why}.",
            m.sample
        );
        return Some(about(
            ("Q05", Severity::Info, "marker"),
            message,
            [&m.sample],
        ));
    };
    if value <= 1.0 {
        return None;
    }
    let by_chance = match m.fraction.ci95.is_some_and(|[low, _]| low <= 1.0) {
        true => " A fraction of 1 lies in its interval, so that chance may have made it.",
        false => "",
    };
    let message = format!(
        "More particles of {} carry the marker than are seen in scatter: {value:.2} times as many{}. Free dye or protein, or \
         particles too dim to scatter, may be counted; film the dye alone, and compare the thresholds of both films.{by_chance}",
        m.sample,
        interval_said(m.fraction.ci95, 1.0, 2, "")
    );
    let mut out = about(("Q04", Severity::Warning, "marker"), message, [&m.sample]);
    out.finding = out.finding.with(value, Some(1.0), "1");
    Some(out)
}
