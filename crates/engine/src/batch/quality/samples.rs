//! What is said of samples at their limits.

use super::finding::{QualityFinding, about};
use crate::batch::limits::{LimitOutcome, LimitVerdict};
use nta_core::Severity;

const STAGE: &str = "limits";

/// Each failure and each number for a person to look at; and limits that are for no sample.
pub(super) fn findings(verdicts: &[LimitVerdict], of_none: &[String]) -> Vec<QualityFinding> {
    let mut out = Vec::new();
    for (i, v) in verdicts.iter().enumerate() {
        match &v.unusable {
            None => out.extend(finding(v)),
            // A sample that is lost fails all its limits for one reason, which is told once.
            Some(why) => {
                let same = |o: &&LimitVerdict| {
                    (&o.sample, o.channel, &o.unusable) == (&v.sample, v.channel, &v.unusable)
                };
                if !verdicts[..i].iter().any(|o| same(&o)) {
                    let names: Vec<&str> = verdicts
                        .iter()
                        .filter(same)
                        .map(|o| o.name.as_str())
                        .collect();
                    out.push(about(
                        ("Q01", Severity::Failure, STAGE),
                        format!(
                            "{} fails its limits ({}): {why}.",
                            v.sample,
                            names.join(", ")
                        ),
                        [&v.sample],
                    ));
                }
            }
        }
    }
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
