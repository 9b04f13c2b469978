//! How beads change over days: a control chart of each certified diameter and number.
//!
//! `nta_sizing::control_chart`, in the order of the dates and on one day in the order of the batch. With fewer than eight runs only
//! the fixed lines around the certificate hold. Whether the runs rise or fall is tested by `nta_sizing::trend`.
//!
//! A signal warns and does not fail: an instrument that repeats well leaves narrow lines within the limits of suitability, and it
//! is those that decide whether numbers may be used.

use super::beads::BeadCheck;
use super::finding::{QualityFinding, about};
use crate::batch::Channel;
use crate::batch::limits::Suitability;
use crate::report::Estimate;
use nta_core::Severity;
use nta_sizing::control_chart::{lines, signals};
use nta_sizing::trend::{Point, trend};
use nta_sizing::uncertainty::relative_sd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A trend that chance makes more rarely than this is told.
const SIGNIFICANT: f64 = 0.05;

/// One number of beads over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlChart {
    /// What is drawn: `d50_nm`, `mode_nm` or `concentration_per_ml`.
    pub quantity: String,
    /// Unit of its numbers.
    pub unit: String,
    /// Light in which the beads were filmed.
    pub channel: Channel,
    /// Diameter by the certificate, nm.
    pub nominal_nm: f64,
    /// What the certificate says of this quantity.
    pub nominal: f64,
    /// The fixed lines around the certificate.
    pub fixed: [f64; 2],
    /// The runs in the order of time.
    pub points: Vec<ChartPoint>,
    /// Runs that are not in it: without the number, or without a date where others have one.
    pub left_out: Vec<super::LeftOut>,
    /// Mean of the runs; null with fewer than eight.
    pub mean: Option<f64>,
    /// Standard deviation from the distances of neighbours; null with fewer than eight.
    pub sigma: Option<f64>,
    /// Two sigma below and above the mean; null with fewer than eight.
    pub warning: Option<[f64; 2]>,
    /// Three sigma below and above the mean; null with fewer than eight.
    pub action: Option<[f64; 2]>,
    /// Patterns that chance hardly makes.
    pub signals: Vec<ChartSignal>,
    /// Relative change from run to run along a straight line; null with fewer than four.
    pub trend_per_run: Option<f64>,
    /// Probability of such a change at least as large, up or down, if there were none; null with fewer than four.
    pub trend_p: Option<f64>,
}

/// One bead run in a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChartPoint {
    /// Name of the run.
    pub sample: String,
    /// Its day, `YYYY-MM-DD`; null if not known.
    pub date: Option<String>,
    /// Its number, with the interval of chance.
    pub value: Estimate,
}

/// A pattern in a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChartSignal {
    /// 1: one run beyond 3 sigma; 2: two of three beyond 2 sigma on one side; 3: four of five beyond 1 sigma on one side; 4: eight in
    /// a row on one side of the mean.
    pub rule: u64,
    /// Place of the run with which the pattern is complete, from 0.
    pub at: u64,
    /// Name of that run.
    pub sample: String,
    /// The pattern in words.
    pub pattern: String,
}

/// The charts of all certified diameters and numbers.
pub(super) fn charts(beads: &[BeadCheck], criteria: &Suitability) -> Vec<ControlChart> {
    let mut out: Vec<ControlChart> = Vec::new();
    let (size, number) = (criteria.size.as_str(), "concentration_per_ml");
    for bead in beads {
        let Some(nominal_nm) = bead.nominal_nm else {
            continue;
        };
        let of_size = Some((size, "nm", nominal_nm, criteria.max_bias));
        let error = criteria.max_recovery_error;
        let of_number = bead.nominal_per_ml.map(|n| (number, "per mL", n, error));
        for (quantity, unit, nominal, allowed) in [of_size, of_number].into_iter().flatten() {
            let same = |c: &ControlChart| {
                c.quantity == quantity
                    && c.channel == bead.channel
                    && c.nominal_nm == nominal_nm
                    && c.nominal == nominal
            };
            if out.iter().any(same) {
                continue;
            }
            out.push(ControlChart {
                quantity: quantity.to_owned(),
                unit: unit.to_owned(),
                channel: bead.channel,
                nominal_nm,
                nominal,
                fixed: [nominal * (1.0 - allowed), nominal * (1.0 + allowed)],
                ..ControlChart::default()
            });
        }
    }
    out.iter_mut().for_each(|chart| fill(chart, beads));
    out
}

fn value_of(quantity: &str, bead: &BeadCheck) -> Estimate {
    match quantity {
        "concentration_per_ml" => bead.found_per_ml,
        "mode_nm" => bead.mode_nm,
        _ => bead.d50_nm,
    }
}

fn fill(chart: &mut ControlChart, beads: &[BeadCheck]) {
    let by_number = chart.quantity == "concentration_per_ml";
    let belongs = |b: &&BeadCheck| {
        let same_number = !by_number || b.nominal_per_ml == Some(chart.nominal);
        b.channel == chart.channel && b.nominal_nm == Some(chart.nominal_nm) && same_number
    };
    let runs: Vec<&BeadCheck> = beads.iter().filter(belongs).collect();
    let dated = runs.iter().any(|b| b.date.is_some());
    for run in runs {
        let value = value_of(&chart.quantity, run);
        let reason = match value.value {
            None => Some("the number is not known"),
            Some(_) if dated && run.date.is_none() => {
                Some("its date is not given, while others have one")
            }
            Some(_) => None,
        };
        match reason {
            Some(reason) => chart.left_out.push(super::LeftOut {
                sample: run.sample.clone(),
                reason: reason.to_owned(),
            }),
            None => chart.points.push(ChartPoint {
                sample: run.sample.clone(),
                date: run.date.clone(),
                value,
            }),
        }
    }
    // Days are written so that their order is that of their letters; the sort keeps the order of the batch within one.
    chart.points.sort_by(|a, b| a.date.cmp(&b.date));
    judge(chart);
}

fn judge(chart: &mut ControlChart) {
    let values: Vec<f64> = chart.points.iter().filter_map(|p| p.value.value).collect();
    if let Some(found) = lines(&values) {
        (chart.mean, chart.sigma) = (Some(found.mean), Some(found.sigma));
        (chart.warning, chart.action) = (Some(found.at(2.0)), Some(found.at(3.0)));
        chart.signals = signals(&values, &found)
            .iter()
            .map(|s| ChartSignal {
                rule: s.rule.number(),
                at: s.at as u64,
                sample: chart.points[s.at].sample.clone(),
                pattern: s.rule.words().to_owned(),
            })
            .collect();
    }
    let points: Vec<Option<Point>> = chart
        .points
        .iter()
        .map(|p| {
            Some(Point {
                value: p.value.value?,
                relative_sd: p.value.ci95.and_then(relative_sd)?,
            })
        })
        .collect();
    if let Some(line) = trend(&points) {
        (chart.trend_per_run, chart.trend_p) = (Some(line.per_capture), Some(line.p));
    }
}

/// What the chart is about, in words.
pub(super) fn title(chart: &ControlChart) -> String {
    let what = match chart.quantity.as_str() {
        "concentration_per_ml" => "concentration",
        "mode_nm" => "mode",
        _ => "D50",
    };
    let light = match chart.channel {
        Channel::Scatter => "",
        Channel::Fluorescence => " in fluorescence",
    };
    format!("{what} of the {} nm beads{light}", chart.nominal_nm)
}

/// Patterns and trends.
pub(super) fn findings(charts: &[ControlChart]) -> Vec<QualityFinding> {
    charts.iter().flat_map(of_chart).collect()
}

fn of_chart(chart: &ControlChart) -> Vec<QualityFinding> {
    let mut out: Vec<QualityFinding> = chart
        .signals
        .iter()
        .filter_map(|s| {
            let value = chart.points.get(s.at as usize)?.value.value?;
            let line = chart.action.map(|[low, high]| {
                if value < chart.mean.unwrap_or(value) { low } else { high }
            });
            let mut finding = about(
                ("Q14", Severity::Warning, "beads"),
                format!(
                    "The {} is out of control at {}: {} (rule {}). Ask what changed before it: lamp or laser, focus, temperature, \
                     camera, or the bottle of beads.",
                    title(chart),
                    s.sample,
                    s.pattern,
                    s.rule
                ),
                [&s.sample],
            );
            finding.finding = finding.finding.with(value, line, &chart.unit);
            Some(finding)
        })
        .collect();
    if let (Some(change), Some(p)) = (chart.trend_per_run, chart.trend_p)
        && p < SIGNIFICANT
    {
        let direction = if change < 0.0 { "falls" } else { "rises" };
        let mut finding = about(
            ("Q15", Severity::Warning, "beads"),
            format!(
                "The {} {direction} over the {} bead runs: {:.2} % per run, p = {p:.3}. The instrument or the beads drift; look \
                 before it leaves the limits.",
                title(chart),
                chart.points.len(),
                100.0 * change.abs()
            ),
            chart.points.iter().map(|p| &p.sample),
        );
        finding.finding = finding.finding.with(100.0 * change, None, "% per run");
        out.push(finding);
    }
    out
}

impl ControlChart {
    /// Whether a rule names the run at this place.
    pub(super) fn is_called_out(&self, place: usize) -> bool {
        self.signals.iter().any(|s| s.at as usize == place)
    }
}
