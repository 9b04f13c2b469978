//! System suitability: beads whose diameter, and perhaps number, is certified.
//!
//! Bias is `found / nominal - 1`, recovery `found per mL / nominal per mL`. Their intervals are those of chance alone: a wrong
//! temperature, pixel size or depth is what beads are there to find, so that it must not be excused as an uncertainty. An
//! interval across the limit is for a person to look at.

use super::finding::{QualityFinding, about};
use crate::batch::limits::{LimitOutcome, Range, Suitability, judged};
use crate::batch::{Channel, Role, SampleOutcome, SampleRecord};
use crate::report::{Estimate, Report, Verdict};
use nta_core::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const STAGE: &str = "beads";

/// One bead run against its certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeadCheck {
    /// Name of the bead run.
    pub sample: String,
    /// Light in which it was filmed.
    pub channel: Channel,
    /// Day on which it was filmed, `YYYY-MM-DD`; null if not known.
    pub date: Option<String>,
    /// Diameter by the certificate, nm; null if not given.
    pub nominal_nm: Option<f64>,
    /// Median diameter found, nm.
    pub d50_nm: Estimate,
    /// Its deviation from the certificate, relative.
    pub d50_bias: Estimate,
    /// Most frequent diameter found, nm.
    pub mode_nm: Estimate,
    /// Its deviation from the certificate, relative.
    pub mode_bias: Estimate,
    /// Coefficient of variation of the diameters.
    pub cv: Estimate,
    /// Number per mL by the certificate; null if not given.
    pub nominal_per_ml: Option<f64>,
    /// Number per mL found.
    pub found_per_ml: Estimate,
    /// Found over certified number.
    pub recovery: Estimate,
    /// What became of it.
    pub verdict: LimitOutcome,
    /// Why it is not `pass`, each in one part of a sentence.
    pub reasons: Vec<String>,
}

/// All bead runs, in the order of the batch.
pub(super) fn beads(records: &[SampleRecord], criteria: &Suitability) -> Vec<BeadCheck> {
    let are_beads = |r: &&SampleRecord| r.entry.role == Role::Beads;
    records
        .iter()
        .filter(are_beads)
        .map(|r| check(r, criteria))
        .collect()
}

fn check(record: &SampleRecord, criteria: &Suitability) -> BeadCheck {
    let entry = &record.entry;
    let mut out = BeadCheck {
        sample: entry.id.clone(),
        channel: entry.channel,
        date: entry.date.clone(),
        nominal_nm: entry.nominal_nm.filter(|n| *n > 0.0 && n.is_finite()),
        nominal_per_ml: entry.nominal_per_ml.filter(|n| *n > 0.0 && n.is_finite()),
        ..BeadCheck::default()
    };
    let mut worst = LimitOutcome::Pass;
    let mut told = |outcome: LimitOutcome, reason: String| {
        worst = worst.max(outcome);
        if outcome != LimitOutcome::Pass {
            out.reasons.push(reason);
        }
    };
    match &record.outcome {
        SampleOutcome::Failed { reason, .. } => {
            told(LimitOutcome::Fail, format!("there is no result: {reason}"));
        }
        SampleOutcome::Done(report) => {
            if report.verdict == Verdict::Fail {
                told(
                    LimitOutcome::Fail,
                    "the verdict of its own result is fail".into(),
                );
            }
            let found = Found::of(report, out.nominal_nm, out.nominal_per_ml);
            told_of_size(&found, criteria, &mut told);
            told_of_number(&found, criteria, &mut told);
            found.into_check(&mut out);
        }
    }
    out.verdict = worst;
    out
}

/// What a result of beads says.
struct Found {
    d50: [Estimate; 2],
    mode: [Estimate; 2],
    cv: Estimate,
    number: [Estimate; 2],
    nominal_nm: Option<f64>,
    nominal_per_ml: Option<f64>,
}

impl Found {
    fn of(report: &Report, nominal_nm: Option<f64>, nominal_per_ml: Option<f64>) -> Self {
        let sound = |e: &Estimate| Estimate::new(e.value.unwrap_or(f64::NAN), e.ci95);
        let d = &report.diameter_nm;
        let [d50, mode] = [&d.d50, &d.mode].map(sound);
        let bias = |e: &Estimate| over(e, nominal_nm, 1.0);
        let c = report.concentration.as_ref();
        let number = c.map_or_else(Estimate::default, |c| Estimate::new(c.per_ml, c.ci95));
        Self {
            d50: [d50, bias(&d50)],
            mode: [mode, bias(&mode)],
            cv: sound(&d.coefficient_of_variation),
            number: [number, over(&number, nominal_per_ml, 0.0)],
            nominal_nm,
            nominal_per_ml,
        }
    }

    fn into_check(self, out: &mut BeadCheck) {
        [out.d50_nm, out.d50_bias] = self.d50;
        [out.mode_nm, out.mode_bias] = self.mode;
        [out.found_per_ml, out.recovery] = self.number;
        out.cv = self.cv;
    }
}

/// An estimate over its nominal value, less `less`.
fn over(e: &Estimate, nominal: Option<f64>, less: f64) -> Estimate {
    let (Some(value), Some(nominal)) = (e.value, nominal) else {
        return Estimate::default();
    };
    let relative = |v: f64| v / nominal - less;
    Estimate::new(relative(value), e.ci95.map(|c| c.map(relative)))
}

/// An estimate and its interval in per cent.
fn per_cent(e: &Estimate) -> String {
    let percent = |v: f64| format!("{:+.1}", 100.0 * v);
    let value = e
        .value
        .map_or("unknown".to_owned(), |v| format!("{} %", percent(v)));
    match e.ci95 {
        Some([low, high]) => format!("{value} (95 %: {} to {})", percent(low), percent(high)),
        None => value,
    }
}

fn told_of_size(
    found: &Found,
    criteria: &Suitability,
    told: &mut impl FnMut(LimitOutcome, String),
) {
    let (word, [size, bias]) = match criteria.size.as_str() {
        "mode_nm" => ("mode", &found.mode),
        _ => ("D50", &found.d50),
    };
    match (found.nominal_nm, bias.value, bias.ci95) {
        (None, ..) => told(
            LimitOutcome::Review,
            "its nominal_nm is not given in samples.csv".into(),
        ),
        (Some(_), None, _) => told(LimitOutcome::Review, "no diameter came out".into()),
        (Some(nominal), Some(value), ci95) => {
            let outcome = match ci95 {
                Some(ci95) => judged(ci95.map(|b| 1.0 + b), Range::around(1.0, criteria.max_bias)),
                None => judged([1.0 + value; 2], Range::around(1.0, criteria.max_bias))
                    .max(LimitOutcome::Review),
            };
            let found_nm = size.value.unwrap_or(nominal * (1.0 + value));
            told(
                outcome,
                format!(
                    "its {word} of {found_nm:.1} nm is {} from the nominal {nominal} nm, allowed {:.1} % up or down",
                    per_cent(bias),
                    100.0 * criteria.max_bias
                ),
            );
        }
    }
    let Some(cv) = found.cv.value else {
        if bias.value.is_some() {
            told(
                LimitOutcome::Review,
                "the CV of its diameters is not known".into(),
            );
        }
        return;
    };
    let range = Range {
        min: None,
        max: Some(criteria.max_cv),
    };
    told(
        judged(found.cv.ci95.unwrap_or([cv, cv]), range),
        format!(
            "the CV of its diameters is {:.1} %, allowed {:.1} %",
            100.0 * cv,
            100.0 * criteria.max_cv
        ),
    );
}

fn told_of_number(
    found: &Found,
    criteria: &Suitability,
    told: &mut impl FnMut(LimitOutcome, String),
) {
    if found.nominal_per_ml.is_none() {
        return;
    }
    let recovery = &found.number[1];
    match (recovery.value, recovery.ci95) {
        (Some(value), Some(ci95)) => told(
            judged(ci95, Range::around(1.0, criteria.max_recovery_error)),
            format!(
                "{:.0} % of its nominal number were found (95 %: {:.0} to {:.0} %), allowed {:.0} % up or down",
                100.0 * value,
                100.0 * ci95[0],
                100.0 * ci95[1],
                100.0 * criteria.max_recovery_error
            ),
        ),
        _ => told(
            LimitOutcome::Review,
            "its nominal_per_ml is given, but no concentration came out; give the probed depth"
                .into(),
        ),
    }
}

/// What beads say of the instrument, and of the samples of their day.
pub(super) fn findings(
    beads: &[BeadCheck],
    records: &[SampleRecord],
    criteria: &Suitability,
) -> Vec<QualityFinding> {
    let there_are_samples = records.iter().any(|r| r.entry.role == Role::Sample);
    if beads.is_empty() && there_are_samples {
        return vec![about(
            ("Q13", Severity::Info, STAGE),
            "No beads of a known diameter are in this batch, so that nothing shows whether the instrument was right on the day. \
             Film beads each day and list them with role beads and nominal_nm in samples.csv.",
            [],
        )];
    }
    let mut out = Vec::new();
    for bead in beads {
        let message = |what: &str| {
            format!(
                "Bead run {} {what}: {}.",
                bead.sample,
                bead.reasons.join("; ")
            )
        };
        match bead.verdict {
            LimitOutcome::Fail => {
                out.push(measured(
                    about(
                        ("Q10", Severity::Failure, STAGE),
                        message("does not show that the instrument is suitable")
                            + " Look at temperature, pixel size, focus and the beads themselves, and film them again.",
                        [&bead.sample],
                    ),
                    bead,
                    criteria,
                ));
                out.extend(of_the_day(bead, records));
            }
            LimitOutcome::Review => out.push(measured(
                about(
                    ("Q11", Severity::Warning, STAGE),
                    message("leaves open whether the instrument is suitable"),
                    [&bead.sample],
                ),
                bead,
                criteria,
            )),
            LimitOutcome::Pass => {}
        }
    }
    out
}

fn measured(
    mut finding: QualityFinding,
    bead: &BeadCheck,
    criteria: &Suitability,
) -> QualityFinding {
    let bias = match criteria.size.as_str() {
        "mode_nm" => bead.mode_bias.value,
        _ => bead.d50_bias.value,
    };
    if let Some(bias) = bias {
        let limit = Some(100.0 * criteria.max_bias);
        finding.finding = finding.finding.with(100.0 * bias, limit, "% from nominal");
    }
    finding
}

/// The samples that hang on a bead run: those of its day, or all where either has no day.
fn of_the_day(bead: &BeadCheck, records: &[SampleRecord]) -> Option<QualityFinding> {
    let mut names: Vec<&String> = Vec::new();
    for r in records.iter().filter(|r| r.entry.role == Role::Sample) {
        let same_day = bead.date.is_none() || r.entry.date.is_none() || r.entry.date == bead.date;
        if same_day && !names.contains(&&r.entry.id) {
            names.push(&r.entry.id);
        }
    }
    if names.is_empty() {
        return None;
    }
    let day = bead.date.as_ref().map_or_else(
        || "in this batch".to_owned(),
        |d| format!("on {d} or on a day that is not given"),
    );
    let list: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
    Some(about(
        ("Q12", Severity::Failure, STAGE),
        format!(
            "Bead run {} failed, so that sizes and numbers of what was filmed {day} must not be used: {}.",
            bead.sample,
            list.join(", ")
        ),
        names,
    ))
}
