//! Whether dilutions of one stock agree: the number as filmed must go down as the dilution goes up.
//!
//! The slope of ln(particles per mL as filmed) over ln(1 / dilution) is 1 for a proportion (`nta_sizing::proportion`). It is told,
//! and does not decide: with small errors a slope of 0.97 is not 1, and harmless; with large ones a curve hides in it.
//!
//! What decides is the recovery of each dilution: its number of the original sample over the mean of those that agree. These are
//! the longest run of neighbours, by particles in view, each of which may lie within the allowed deviation of the mean of the run
//! (its interval reaches into it), and of which two at least are diluted differently: two vials of one dilution agree whatever is wrong. The mean of all would be drawn away by the very dilutions that are beyond.

use super::LeftOut;
use super::as_filmed::as_filmed;
use super::finding::{QualityFinding, about, interval_said};
use crate::batch::limits::{DilutionCriteria, LimitOutcome, Range, judged};
use crate::batch::{Channel, SampleRecord};
use crate::report::{Estimate, Report, Verdict};
use nta_core::Severity;
use nta_sizing::Z95;
use nta_sizing::log_line::weight;
use nta_sizing::proportion::{Pair, slope};
use nta_sizing::uncertainty::relative_sd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const STAGE: &str = "dilution";
/// One dilution agrees with itself.
const FEWEST: usize = 2;

/// The dilutions of one stock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DilutionSeries {
    /// Name that they share.
    pub series: String,
    /// Light in which they were filmed.
    pub channel: Channel,
    /// The dilutions, by particles in view from few to many.
    pub members: Vec<DilutionMember>,
    /// Those that could not be used.
    pub left_out: Vec<LeftOut>,
    /// Slope of the logarithms over all members, 1 for a proportion, with its 95 % interval.
    pub slope: Estimate,
    /// The same over the members that agree.
    pub slope_of_agreeing: Estimate,
    /// Whether 1 lies in the interval over all members; null without a slope.
    pub slope_holds_one: Option<bool>,
    /// Mean number per mL of the original sample of the members that agree; of all where none do.
    pub mean_per_ml: Option<f64>,
    /// Particles in view, from and to, between which the members agree; null where none do.
    pub holds_particles_per_frame: Option<[f64; 2]>,
    /// `pass` if all members agree, `review` if some do, `fail` if none do; null if there are not two different dilutions.
    pub verdict: Option<LimitOutcome>,
}

/// One dilution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DilutionMember {
    /// Name of the sample.
    pub sample: String,
    /// Times by which the stock was diluted.
    pub dilution: f64,
    /// Particles seen in one frame.
    pub particles_per_frame: f64,
    /// Particles per mL as filmed.
    pub as_filmed_per_ml: f64,
    /// The same times the dilution: particles per mL of the stock.
    pub per_ml: f64,
    /// Its relative standard error: chance, and the uncertainty of the dilution.
    pub relative_sd: f64,
    /// Number over the mean of the members that agree, with its 95 % interval.
    pub recovery: Estimate,
    /// Whether it is one of those that agree.
    pub agrees: bool,
}

/// All series, in the order in which the batch names them.
pub(super) fn series(records: &[SampleRecord], criteria: &DilutionCriteria) -> Vec<DilutionSeries> {
    let mut out: Vec<DilutionSeries> = Vec::new();
    for record in records {
        let Some(name) = record
            .entry
            .dilution_series
            .as_ref()
            .filter(|n| !n.is_empty())
        else {
            continue;
        };
        let same = |s: &DilutionSeries| s.series == *name && s.channel == record.entry.channel;
        let place = out.iter().position(same).unwrap_or_else(|| {
            out.push(DilutionSeries {
                series: name.clone(),
                channel: record.entry.channel,
                ..DilutionSeries::default()
            });
            out.len() - 1
        });
        match member(record) {
            Ok(member) => out[place].members.push(member),
            Err(reason) => out[place].left_out.push(LeftOut {
                sample: record.entry.id.clone(),
                reason: reason.to_owned(),
            }),
        }
    }
    out.iter_mut().for_each(|s| judge(s, criteria));
    out
}

fn member(record: &SampleRecord) -> Result<DilutionMember, &'static str> {
    let report = record.report().ok_or("it has no result")?;
    if report.verdict == Verdict::Fail {
        return Err("the verdict of its own result is fail");
    }
    let filmed = as_filmed(report).ok_or("it has no concentration; give the probed depth")?;
    let chance = relative_sd(filmed.ci95)
        .filter(|sd| sd.is_finite() && filmed.value > 0.0)
        .ok_or("too few particles were seen in it")?;
    let dilution = report
        .concentration
        .as_ref()
        .map_or(1.0, |c| c.dilution_applied);
    Ok(DilutionMember {
        sample: record.entry.id.clone(),
        dilution,
        particles_per_frame: report.particles_per_frame,
        as_filmed_per_ml: filmed.value,
        per_ml: filmed.value * dilution,
        relative_sd: chance.hypot(of_dilution(report)),
        ..DilutionMember::default()
    })
}

/// Relative standard uncertainty of the dilution, which each member has for itself.
fn of_dilution(report: &Report) -> f64 {
    let budget = report
        .uncertainty
        .as_ref()
        .and_then(|u| u.concentration_per_ml.as_ref());
    let parts = budget.map_or(&[][..], |b| &b.components);
    parts
        .iter()
        .find(|c| c.source == "dilution")
        .map_or(0.0, |c| c.relative)
}

fn judge(series: &mut DilutionSeries, criteria: &DilutionCriteria) {
    series
        .members
        .sort_by(|a, b| a.particles_per_frame.total_cmp(&b.particles_per_frame));
    let members = &series.members;
    let pairs: Vec<Pair> = members
        .iter()
        .map(|m| Pair {
            set: 1.0 / m.dilution,
            found: m.as_filmed_per_ml,
            relative_sd: m.relative_sd,
        })
        .collect();
    if let Some(found) = slope(&pairs) {
        series.slope = Estimate::new(found.value, Some(found.ci95));
        series.slope_holds_one = Some(found.ci95[0] <= 1.0 && 1.0 <= found.ci95[1]);
    }
    let differ = are_different(members);
    let run = longest_run(members, criteria.max_deviation);
    if let Some(found) = run.clone().and_then(|run| slope(&pairs[run])) {
        series.slope_of_agreeing = Estimate::new(found.value, Some(found.ci95));
    }
    let mean = mean_of(run.clone().map_or(members, |r| &members[r]));
    let n = members.len();
    for (i, member) in series.members.iter_mut().enumerate() {
        member.agrees = differ && run.as_ref().is_some_and(|r| r.contains(&i));
        member.recovery = mean.map_or_else(Estimate::default, |mean| recovery(member, mean));
    }
    series.mean_per_ml = mean;
    if !differ {
        return;
    }
    let ends = |r: std::ops::Range<usize>| {
        [r.start, r.end - 1].map(|i| series.members[i].particles_per_frame)
    };
    series.holds_particles_per_frame = run.clone().map(ends);
    series.verdict = Some(match run {
        Some(run) if run.len() == n => LimitOutcome::Pass,
        Some(_) => LimitOutcome::Review,
        None => LimitOutcome::Fail,
    });
}

/// Mean of the logarithms, each weighted by the inverse of its variance.
fn mean_of(members: &[DilutionMember]) -> Option<f64> {
    let all: f64 = members.iter().map(|m| weight(m.relative_sd)).sum();
    let logs = members
        .iter()
        .map(|m| weight(m.relative_sd) * m.per_ml.ln());
    let sum: f64 = logs.sum();
    Some((sum / all).exp()).filter(|mean| mean.is_finite())
}

fn recovery(member: &DilutionMember, mean: f64) -> Estimate {
    let value = member.per_ml / mean;
    let factor = (Z95 * member.relative_sd).exp();
    Estimate::new(value, Some([value / factor, value * factor]))
}

/// Whether there are two different dilutions.
fn are_different(members: &[DilutionMember]) -> bool {
    members.iter().any(|m| m.dilution != members[0].dilution)
}

/// The longest run of neighbours of different dilutions that agree; of two as long the one whose members lie closer together.
fn longest_run(members: &[DilutionMember], allowed: f64) -> Option<std::ops::Range<usize>> {
    let apart = |run: &std::ops::Range<usize>| {
        let logs = || members[run.clone()].iter().map(|m| m.per_ml.ln());
        logs().fold(f64::MIN, f64::max) - logs().fold(f64::MAX, f64::min)
    };
    (FEWEST..=members.len()).rev().find_map(|length| {
        let runs = (0..=members.len() - length).map(|start| start..start + length);
        runs.filter(|run| are_different(&members[run.clone()]))
            .filter(|run| agree(&members[run.clone()], allowed))
            .min_by(|a, b| apart(a).total_cmp(&apart(b)))
    })
}

fn agree(members: &[DilutionMember], allowed: f64) -> bool {
    let Some(mean) = mean_of(members) else {
        return false;
    };
    members.iter().all(|m| {
        let ends = recovery(m, mean).ci95;
        ends.is_some_and(|e| judged(e, Range::around(1.0, allowed)) != LimitOutcome::Fail)
    })
}

/// What does not agree.
pub(super) fn findings(all: &[DilutionSeries], criteria: &DilutionCriteria) -> Vec<QualityFinding> {
    all.iter().filter_map(|s| finding(s, criteria)).collect()
}

fn finding(s: &DilutionSeries, criteria: &DilutionCriteria) -> Option<QualityFinding> {
    let names = s.members.iter().map(|m| &m.sample);
    let allowed = 100.0 * criteria.max_deviation;
    match s.verdict {
        None => Some(about(
            ("Q31", Severity::Info, STAGE),
            format!(
                "Whether the dilutions of {} agree could not be tested: there are not two different dilutions with a number. Left \
                 out: {}.",
                s.series,
                left_out(&s.left_out)
            ),
            names,
        )),
        Some(LimitOutcome::Fail) => Some(about(
            ("Q30", Severity::Failure, STAGE),
            format!(
                "No two neighbouring dilutions of {} agree within {allowed:.0} %: {}. Their numbers per mL must not be used; look at \
                 the pipetting, and film 20 to 80 particles in view.",
                s.series,
                recoveries(s, |_| true)
            ),
            names,
        )),
        Some(LimitOutcome::Review) => {
            let [from, to] = s.holds_particles_per_frame?;
            let beyond = s.members.iter().filter(|m| !m.agrees).map(|m| &m.sample);
            Some(about(
                ("Q30", Severity::Warning, STAGE),
                format!(
                    "Dilutions of {} agree within {allowed:.0} % from {from:.1} to {to:.1} particles in view; beyond it is {}. Of \
                     those the number per mL must not be used.{}",
                    s.series,
                    recoveries(s, |m| !m.agrees),
                    why_beyond(s, [from, to])
                ),
                beyond,
            ))
        }
        Some(LimitOutcome::Pass) => {
            let slope = s.slope.value.filter(|_| s.slope_holds_one == Some(false))?;
            let mut out = about(
                ("Q32", Severity::Info, STAGE),
                format!(
                    "The numbers of {} do not go quite in proportion to 1 / dilution: the slope is {slope:.3}{}, not 1. All \
                     dilutions agree within {allowed:.0} %, so that it does not matter here.",
                    s.series,
                    interval_said(s.slope.ci95, 1.0, 3, "")
                ),
                names,
            );
            out.finding = out.finding.with(slope, Some(1.0), "1");
            Some(out)
        }
    }
}

fn left_out(all: &[LeftOut]) -> String {
    match all.is_empty() {
        true => "none".to_owned(),
        false => {
            let words: Vec<String> = all
                .iter()
                .map(|l| format!("{} ({})", l.sample, l.reason))
                .collect();
            words.join(", ")
        }
    }
}

fn recoveries(s: &DilutionSeries, which: impl Fn(&DilutionMember) -> bool) -> String {
    let words: Vec<String> = s
        .members
        .iter()
        .filter(|m| which(m))
        .map(|m| {
            let share = 100.0 * m.recovery.value.unwrap_or(0.0);
            format!(
                "{} (diluted {} times, {:.1} in view) at {share:.0} %{}",
                m.sample,
                m.dilution,
                m.particles_per_frame,
                interval_said(m.recovery.ci95, 100.0, 0, " %")
            )
        })
        .collect();
    words.join(", ")
}

/// What usually is behind it.
fn why_beyond(s: &DilutionSeries, [from, to]: [f64; 2]) -> &'static str {
    let beyond = |dense: bool| {
        s.members.iter().filter(|m| !m.agrees).any(|m| match dense {
            true => m.particles_per_frame > to,
            false => m.particles_per_frame < from,
        })
    };
    match (beyond(true), beyond(false)) {
        (true, false) => {
            " Where many are in view, particles hide each other and identities are lost; dilute more."
        }
        (false, true) => {
            " Where few are in view, the diluent's own particles count, and some stick to tube and tip; dilute less."
        }
        _ => "",
    }
}
