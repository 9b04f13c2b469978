//! What the diluent holds of each sample.
//!
//! The share is particles per mL of the blank over those of the sample, both as filmed: the diluent is filmed as it is, and a
//! sample consists of little else. Where a depth is not known it is particles per frame. Several blanks count by their mean, whose
//! interval adds theirs as squares.
//!
//! The limit of blank is what the next blank stays below in 95 of 100 cases (`nta_sizing::limit_of_blank`), from the captures of the
//! blanks: a sample below it cannot be told from diluent. Few particles scatter by chance more than three captures show, so that the
//! limit is never below that of counting, for which particles are taken to come into view by chance alone. Fewer than three captures
//! say so little that the sample is warned of only.

use super::as_filmed::{as_filmed, of_capture, per_particle, per_particle_in_view};
use super::finding::{QualityFinding, about, interval_said};
use crate::batch::limits::BlankCriteria;
use crate::batch::{Channel, Role, SampleRecord};
use crate::report::{Estimate, Report, Verdict};
use nta_core::Severity;
use nta_sizing::Interval;
use nta_sizing::limit_of_blank::limit_of_blank;
use nta_sizing::ratio::ratio;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const STAGE: &str = "blank";
/// With fewer captures of blanks the limit of blank is too unsure to fail a sample.
const FEWEST_TO_FAIL: u64 = 3;

/// The blank and one sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlankShare {
    /// Name of the sample.
    pub sample: String,
    /// Light in which it was filmed.
    pub channel: Channel,
    /// The blanks that it is held against: those of its day, else those without a day, else all of the batch.
    pub blanks: Vec<String>,
    /// What is compared: `concentration` (particles per mL as filmed) or `particles per frame`; empty where nothing could be.
    pub basis: String,
    /// Of the sample.
    pub of_sample: Option<f64>,
    /// Of the blanks, their mean.
    pub of_blank: Option<f64>,
    /// Blank over sample, with the interval of chance where it is known.
    pub share: Estimate,
    /// What the next blank stays below in 95 of 100 cases, in the unit of `of_blank`, by scatter or by counting,
    /// whichever is higher; null with fewer than two captures of blanks, or where neither is known.
    pub limit_of_blank: Option<f64>,
    /// Captures of blanks behind it.
    pub blank_captures: u64,
    /// Whether the sample cannot be told from diluent; null without a limit of blank.
    pub below_limit_of_blank: Option<bool>,
    /// Why there is no share; null if there is.
    pub reason: Option<String>,
}

/// Of every sample, in the order of the batch.
pub(super) fn blanks(records: &[SampleRecord]) -> Vec<BlankShare> {
    let samples = records.iter().filter(|r| r.entry.role == Role::Sample);
    samples.map(|r| of_sample(r, records)).collect()
}

/// Blanks whose numbers may be used.
fn usable<'a>(record: &SampleRecord, records: &'a [SampleRecord]) -> Vec<&'a SampleRecord> {
    let same_light = |r: &&SampleRecord| {
        r.entry.role == Role::Blank
            && r.entry.channel == record.entry.channel
            && r.report().is_some_and(|p| p.verdict != Verdict::Fail)
    };
    let all: Vec<&SampleRecord> = records.iter().filter(same_light).collect();
    let of_day = |date: &Option<String>| -> Vec<&SampleRecord> {
        all.iter()
            .copied()
            .filter(|r| r.entry.date == *date)
            .collect()
    };
    [of_day(&record.entry.date), of_day(&None), all.clone()]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn of_sample(record: &SampleRecord, records: &[SampleRecord]) -> BlankShare {
    let mut out = BlankShare {
        sample: record.entry.id.clone(),
        channel: record.entry.channel,
        ..BlankShare::default()
    };
    let Some(sample) = record.report() else {
        out.reason = Some("the sample has no result".into());
        return out;
    };
    let blanks: Vec<&SampleRecord> = usable(record, records);
    out.blanks = blanks.iter().map(|b| b.entry.id.clone()).collect();
    let reports: Vec<&Report> = blanks.iter().filter_map(|b| b.report()).collect();
    if reports.is_empty() {
        out.reason = Some("there is no blank in the same light whose result may be used".into());
        return out;
    }
    let per_ml: Option<Vec<Interval>> = reports.iter().map(|r| as_filmed(r)).collect();
    let of_blanks = || reports.iter().flat_map(|r| &r.captures);
    let (captures, one) = match (as_filmed(sample), per_ml) {
        (Some(sample), Some(blanks)) => {
            out.basis = "concentration".into();
            compare(&mut out, &sample, &mean(&blanks));
            let captures: Vec<f64> = of_blanks().filter_map(of_capture).collect();
            (captures, per_particle(of_blanks()))
        }
        _ => {
            out.basis = "particles per frame".into();
            let blanks: f64 = reports.iter().map(|r| in_view(r)).sum();
            compare_in_view(&mut out, in_view(sample), blanks / reports.len() as f64);
            let captures = of_blanks().map(|c| c.particles_per_frame);
            (captures.collect(), per_particle_in_view(of_blanks()))
        }
    };
    out.blank_captures = captures.len() as u64;
    out.limit_of_blank = limit_of_blank(&captures, one);
    out.below_limit_of_blank = out
        .limit_of_blank
        .zip(out.of_sample)
        .map(|(limit, n)| n <= limit);
    out
}

/// Particles in view, those that others hide made up for.
fn in_view(report: &Report) -> f64 {
    report.particles_per_frame * report.coincidence_factor
}

fn mean(all: &[Interval]) -> Interval {
    let n = all.len() as f64;
    let value = all.iter().map(|i| i.value).sum::<f64>() / n;
    let side = |end: usize| {
        let squares: f64 = all.iter().map(|i| (i.ci95[end] - i.value).powi(2)).sum();
        squares.sqrt() / n
    };
    Interval {
        value,
        ci95: [(value - side(0)).max(0.0), value + side(1)],
    }
}

fn compare(out: &mut BlankShare, sample: &Interval, blank: &Interval) {
    out.of_sample = Some(sample.value);
    out.of_blank = Some(blank.value);
    match ratio(blank, sample) {
        Some(found) => out.share = Estimate::new(found.value, found.ci95),
        None => out.reason = Some("no particle was seen in the sample".into()),
    }
}

fn compare_in_view(out: &mut BlankShare, sample: f64, blank: f64) {
    out.of_sample = Some(sample).filter(|v| v.is_finite());
    out.of_blank = Some(blank).filter(|v| v.is_finite());
    match sample > 0.0 {
        true => out.share = Estimate::new(blank / sample, None),
        false => out.reason = Some("no particle was seen in the sample".into()),
    }
}

/// Blanks that hold too much, and samples that could not be held against one.
pub(super) fn findings(
    shares: &[BlankShare],
    records: &[SampleRecord],
    criteria: &BlankCriteria,
) -> Vec<QualityFinding> {
    let mut out: Vec<QualityFinding> = records.iter().filter_map(unusable).collect();
    let without: Vec<&String> = shares
        .iter()
        .filter(|s| s.blanks.is_empty())
        .map(|s| &s.sample)
        .collect();
    if !without.is_empty() {
        out.push(about(
            ("Q22", Severity::Info, STAGE),
            format!(
                "What the diluent holds is not known for {} of {} results, because no blank of theirs may be used. Film the diluent \
                 as it is and list it with role blank in samples.csv.",
                without.len(),
                shares.len()
            ),
            without,
        ));
    }
    out.extend(shares.iter().filter_map(|s| too_much(s, criteria)));
    out
}

/// A blank that cannot stand for the diluent.
fn unusable(record: &SampleRecord) -> Option<QualityFinding> {
    let why = match record.report() {
        None => "it has no result",
        Some(report) if report.verdict == Verdict::Fail => "the verdict of its own result is fail",
        Some(_) => return None,
    };
    (record.entry.role == Role::Blank).then(|| {
        about(
            ("Q21", Severity::Warning, STAGE),
            format!(
                "The blank {} was held against nothing, because {why}. Film the diluent again.",
                record.entry.id
            ),
            [&record.entry.id],
        )
    })
}

fn too_much(s: &BlankShare, criteria: &BlankCriteria) -> Option<QualityFinding> {
    let limit = match s.share.value {
        Some(share) if share > criteria.failure_share => {
            Some((share, Severity::Failure, criteria.failure_share))
        }
        Some(share) if share > criteria.warning_share => {
            Some((share, Severity::Warning, criteria.warning_share))
        }
        _ => None,
    };
    let below = below_limit(s);
    let Some((share, severity, limit)) = limit else {
        return below;
    };
    let severity = below.map_or(severity, |b| severity.max(b.finding.severity));
    let not_told = match s.below_limit_of_blank {
        Some(true) => {
            " The sample lies below the limit of blank, so that it cannot be told from diluent."
        }
        _ => "",
    };
    let mut out = about(
        ("Q20", severity, STAGE),
        format!(
            "The blank {} holds {:.1} % of what {} holds{}, more than {:.0} %. So much of its sizes and its number is that of the \
             diluent; filter the diluent, or dilute less.{not_told}",
            s.blanks.join(", "),
            100.0 * share,
            s.sample,
            interval_said(s.share.ci95, 100.0, 1, " %"),
            100.0 * limit
        ),
        [&s.sample],
    );
    out.finding = out
        .finding
        .with(100.0 * share, Some(100.0 * limit), "% of the sample");
    Some(out)
}

/// A sample that cannot be told from diluent, whatever share of it the blank holds.
fn below_limit(s: &BlankShare) -> Option<QualityFinding> {
    let (limit, found) = s.limit_of_blank.zip(s.of_sample)?;
    if s.below_limit_of_blank != Some(true) {
        return None;
    }
    let (severity, unsure) = match s.blank_captures >= FEWEST_TO_FAIL {
        true => (Severity::Failure, ""),
        false => (
            Severity::Warning,
            " That limit is unsure, as it rests on fewer than three captures; film more of the diluent.",
        ),
    };
    let (unit, shown): (_, fn(f64) -> String) = match s.basis.as_str() {
        "concentration" => ("per mL as filmed", |v| format!("{v:.2e}")),
        _ => ("particles per frame", |v| format!("{v:.2}")),
    };
    let share = s.share.value.map_or_else(String::new, |share| {
        let interval = interval_said(s.share.ci95, 100.0, 1, " %");
        format!(
            ", which hold {:.1} %{interval} of what it holds",
            100.0 * share
        )
    });
    let mut out = about(
        ("Q20", severity, STAGE),
        format!(
            "{} cannot be told from diluent: with {} {unit} it lies below the limit of blank, {}, which the next capture of {} stays \
             below in 95 of 100 cases{share}. Dilute less, or filter the diluent.{unsure}",
            s.sample,
            shown(found),
            shown(limit),
            s.blanks.join(", ")
        ),
        [&s.sample],
    );
    out.finding = out.finding.with(found, Some(limit), unit);
    Some(out)
}
