//! What is said of samples at their limits.

use super::finding::{QualityFinding, about};
use crate::batch::limits::{LimitOutcome, LimitVerdict};
use nta_core::Severity;

const STAGE: &str = "limits";

/// Each failure and each number for a person to look at; and limits that are for no sample.
pub(super) fn findings(verdicts: &[LimitVerdict], of_none: &[String]) -> Vec<QualityFinding> {
    let mut out: Vec<QualityFinding> = verdicts.iter().filter_map(finding).collect();
    out.extend(of_none.iter().map(|name| {
        about(
            ("Q03", Severity::Warning, STAGE),
            format!(
                "The limit '{name}' is for no sample of this batch. Look at its roles, channels, samples, conditions and batches, \
                 which must be written as in samples.csv."
            ),
            [],
        )
    }));
    out
}

fn finding(v: &LimitVerdict) -> Option<QualityFinding> {
    let (code, severity) = match v.verdict {
        LimitOutcome::Pass => return None,
        LimitOutcome::Review => ("Q02", Severity::Warning),
        LimitOutcome::Fail => ("Q01", Severity::Failure),
    };
    let mut out = about((code, severity, STAGE), v.message.clone(), [&v.sample]);
    if let Some(value) = v.value {
        // Of two limits the one that the number is nearer to, or beyond.
        let limit = match (v.min, v.max) {
            (Some(min), Some(max)) => Some(if value - min < max - value { min } else { max }),
            (min, max) => min.or(max),
        };
        out.finding = out.finding.with(value, limit, &v.unit);
    }
    Some(out)
}
