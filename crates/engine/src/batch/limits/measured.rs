//! The number that a limit is about, with both of its intervals.

use super::quantity::{Quantity, SizeNumber};
use crate::batch::quality::BlankShare;
use crate::batch::{Channel, SampleRecord};
use crate::report::html::all_known;
use crate::report::{Distribution, Estimate, Report, Uncertainty};
use nta_sizing::grid_share::{Curve, share};
use nta_sizing::ratio::ratio;
use nta_sizing::uncertainty::COVERAGE_FACTOR;
use nta_sizing::{Budget, Interval};

/// What a quantity may need besides its own sample.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// All samples of the batch.
    pub records: &'a [SampleRecord],
    /// What was found of the blanks.
    pub blanks: &'a [BlankShare],
}

/// A number and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Measured {
    /// The number.
    pub value: Option<f64>,
    /// Its 95 % interval by chance.
    pub ci95: Option<[f64; 2]>,
    /// The same with everything that is known to be uncertain, k = 2; where nothing besides chance matters, or nothing is known, it
    /// is absent.
    pub expanded: Option<[f64; 2]>,
    /// Counted or worked out exactly, so that it needs no interval.
    pub exact: bool,
    /// Why there is no number, or what else should be known of it.
    pub remark: Option<String>,
}

impl Measured {
    fn missing(why: impl Into<String>) -> Self {
        Self {
            remark: Some(why.into()),
            ..Self::default()
        }
    }

    fn exact(value: f64) -> Self {
        Self {
            value: Some(value).filter(|v| v.is_finite()),
            exact: true,
            ..Self::default()
        }
    }

    /// What is not finite is absent.
    fn of(estimate: &Estimate, expanded: Option<[f64; 2]>) -> Self {
        let sound = Estimate::new(estimate.value.unwrap_or(f64::NAN), estimate.ci95);
        let is_sound = |e: &[f64; 2]| sound.ci95.is_some() && e.iter().all(|v| v.is_finite());
        Self {
            value: sound.value,
            ci95: sound.ci95,
            expanded: expanded.filter(is_sound),
            ..Self::default()
        }
    }

    fn remarked(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }
}

/// The number of a sample.
pub(super) fn measured(
    quantity: &Quantity,
    record: &SampleRecord,
    report: &Report,
    known: &Known<'_>,
) -> Measured {
    match quantity {
        Quantity::Size(number) => size(*number, report),
        Quantity::Fraction { from_nm, to_nm } => fraction(report, *from_nm, *to_nm),
        Quantity::AggregateShare { above_nm } => fraction(report, Some(*above_nm), None),
        Quantity::Concentration => concentration(report),
        Quantity::PerProtein {
            relative_uncertainty,
        } => per_protein(record, report, relative_uncertainty.unwrap_or(0.0)),
        Quantity::MarkerPositive => match pair(record, known.records) {
            Ok((scatter, fluorescence)) => marker_positive(scatter, fluorescence),
            Err(why) => Measured::missing(why),
        },
        Quantity::BlankShare => blank_share(record, known.blanks),
        Quantity::TracksUsed => {
            let used = report.captures.iter().map(|c| c.tally.tracks_used);
            Measured::exact(used.sum::<u64>() as f64)
        }
        Quantity::ReplicateCv { of } => replicate_cv(report, of),
    }
}

/// Root of the sum of squares of what the inputs add, relative.
fn inputs(budget: &Budget) -> f64 {
    let squares: f64 = budget.components.iter().map(|c| c.relative.powi(2)).sum();
    squares.sqrt()
}

/// An interval by chance, made wider to each side by what `relative` adds at k = 2.
fn widened(value: f64, [low, high]: [f64; 2], relative: f64) -> [f64; 2] {
    let more = COVERAGE_FACTOR * relative * value;
    [
        (value - (value - low).max(0.0).hypot(more)).max(0.0),
        value + (high - value).max(0.0).hypot(more),
    ]
}

fn size(number: SizeNumber, report: &Report) -> Measured {
    let d = &report.diameter_nm;
    let budgets = report.uncertainty.as_ref();
    let of = |estimate: &Estimate, which: fn(&Uncertainty) -> &Option<Budget>| {
        let budget = budgets.and_then(|b| which(b).as_ref());
        let expanded = budget
            .zip(estimate.ci95)
            .map(|(b, ci95)| all_known(b, ci95));
        Measured::of(estimate, expanded)
    };
    let mut out = match number {
        SizeNumber::Mean => of(&d.mean, |u| &u.mean_nm),
        SizeNumber::Mode => of(&d.mode, |u| &u.mode_nm),
        SizeNumber::D10 => of(&d.d10, |u| &u.d10_nm),
        SizeNumber::D50 => of(&d.d50, |u| &u.d50_nm),
        SizeNumber::D90 => of(&d.d90, |u| &u.d90_nm),
        // A width goes with the diameters, and so with what all of them share.
        SizeNumber::Sd => {
            let shared = budgets.and_then(|b| b.mean_nm.as_ref()).map(inputs);
            let ends = d.sd.value.zip(d.sd.ci95).zip(shared);
            Measured::of(
                &d.sd,
                ends.map(|((value, ci95), r)| widened(value, ci95, r)),
            )
        }
        // In ratios of diameters what all of them share is gone.
        SizeNumber::Span => Measured::of(&d.span, None),
        SizeNumber::CoefficientOfVariation => Measured::of(&d.coefficient_of_variation, None),
    };
    if out.value.is_none() {
        out.remark = Some("there is no size distribution".into());
    } else if report.distribution.weighting != "number" {
        out.remark = Some(format!("weighted by {}", report.distribution.weighting));
    }
    out
}

/// Share by number in a class of size: as it stands in the result where its edges are those, else from the curve.
fn fraction(report: &Report, from_nm: Option<f64>, to_nm: Option<f64>) -> Measured {
    let d = &report.distribution;
    let by_number = number_curve(d);
    let of_curve = |scale: f64| {
        let [from, to] = [from_nm, to_nm].map(|e| e.map(|e| e * scale));
        share(&by_number.curve(d), from, to)
    };
    let Some(whole) = of_curve(1.0) else {
        return Measured::missing("there is no size distribution");
    };
    let class = report.size_classes.iter().find(|c| {
        let same_start = c.from_nm == from_nm.unwrap_or(0.0);
        d.weighting == "number" && same_start && c.to_nm == to_nm
    });
    let found = class.map_or(Estimate::new(whole.value, whole.ci95), |c| c.fraction);
    let Some(value) = found.value else {
        return Measured::missing("there is no size distribution");
    };
    // What moves all diameters moves particles over the edges.
    let shared = report.uncertainty.as_ref().and_then(|u| u.mean_nm.as_ref());
    let moved = |relative: f64| {
        let by = COVERAGE_FACTOR * relative;
        let ends = [1.0 / (1.0 + by), 1.0 + by].map(|s| of_curve(s).map(|s| s.value));
        let change = |end: Option<f64>| end.map_or(0.0, |e| (e - whole.value).abs());
        change(ends[0]).max(change(ends[1]))
    };
    let expanded = shared.zip(found.ci95).map(|(budget, [low, high])| {
        let by = moved(inputs(budget));
        [
            (value - (value - low).max(0.0).hypot(by)).max(0.0),
            (value + (high - value).max(0.0).hypot(by)).min(1.0),
        ]
    });
    Measured::of(&found, expanded)
}

/// The curve by number with its band.
struct NumberCurve {
    density: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl NumberCurve {
    fn curve<'a>(&'a self, d: &'a Distribution) -> Curve<'a> {
        Curve {
            diameter_nm: &d.diameter_nm,
            density: &self.density,
            low: &self.low,
            high: &self.high,
            tracks: d.tracks,
        }
    }
}

/// The band is that of the weighting asked for. Each point of it goes over to the curve by number in proportion.
fn number_curve(d: &Distribution) -> NumberCurve {
    // A result of an older version has the curve in the weighting asked for alone.
    let number = match d.number_per_nm.len() == d.diameter_nm.len() {
        true => &d.number_per_nm,
        false => &d.density_per_nm,
    };
    let band = |ends: &[f64]| -> Vec<f64> {
        let points = ends.iter().zip(&d.density_per_nm).zip(number);
        points
            .map(|((end, density), number)| match d.weighting == "number" {
                true => *end,
                false if *density > 0.0 => number * end / density,
                false => *number,
            })
            .collect()
    };
    NumberCurve {
        low: band(&d.ci95_low_per_nm),
        high: band(&d.ci95_high_per_nm),
        density: number.clone(),
    }
}

const NO_CONCENTRATION: &str = "there is no concentration; give the probed depth with depth_um or an instrument profile, or look at the findings of the sample";

fn concentration(report: &Report) -> Measured {
    let Some(c) = &report.concentration else {
        return Measured::missing(NO_CONCENTRATION);
    };
    let budget = report
        .uncertainty
        .as_ref()
        .and_then(|u| u.concentration_per_ml.as_ref());
    let expanded = budget.zip(c.ci95).map(|(b, ci95)| all_known(b, ci95));
    Measured::of(&Estimate::new(c.per_ml, c.ci95), expanded)
}

fn per_protein(record: &SampleRecord, report: &Report, relative: f64) -> Measured {
    let Some(protein) = record.entry.protein_ug_per_ml.filter(|p| *p > 0.0) else {
        return Measured::missing(
            "the protein concentration is not known; give protein_ug_per_ml in samples.csv",
        );
    };
    let particles = concentration(report);
    let Some(value) = particles.value else {
        return particles;
    };
    let of =
        |ends: Option<[f64; 2]>| ends.map(|e| widened(value, e, relative).map(|v| v / protein));
    let per_ug = Estimate {
        value: Some(value / protein),
        ci95: of(particles.ci95),
    };
    Measured::of(&per_ug, of(particles.expanded))
}

/// The result in scatter and that in fluorescence of the sample of `record`.
pub(crate) fn pair<'a>(
    record: &SampleRecord,
    records: &'a [SampleRecord],
) -> Result<(&'a Report, &'a Report), String> {
    let one = |channel: Channel| {
        let mut same = records.iter().filter(|r| {
            r.entry.id == record.entry.id
                && r.entry.role == record.entry.role
                && r.entry.channel == channel
        });
        let word = channel.word();
        match (same.next(), same.next()) {
            (None, _) => Err(format!(
                "it was not filmed in {word}; list captures of it with channel {word}"
            )),
            (Some(_), Some(_)) => Err(format!("it is listed more than once in {word}")),
            (Some(only), None) => only
                .report()
                .ok_or_else(|| format!("there is no result in {word}")),
        }
    };
    Ok((one(Channel::Scatter)?, one(Channel::Fluorescence)?))
}

/// Particles in fluorescence over particles in scatter, both of the original sample.
fn marker_positive(scatter: &Report, fluorescence: &Report) -> Measured {
    let of = |report: &Report| {
        let c = report.concentration.as_ref()?;
        Some(Interval {
            value: c.per_ml,
            ci95: c.ci95?,
        })
    };
    let (Some(all), Some(marked)) = (of(scatter), of(fluorescence)) else {
        return Measured::missing(format!("in scatter or in fluorescence {NO_CONCENTRATION}"));
    };
    let Some(found) = ratio(&marked, &all) else {
        return Measured::missing("no particle was seen in scatter");
    };
    let relative = unshared(scatter, fluorescence);
    let expanded = found
        .ci95
        .zip(relative)
        .map(|(ends, r)| widened(found.value, ends, r));
    let out = Measured::of(&Estimate::new(found.value, found.ci95), expanded);
    match found.value > 1.0 {
        true => out.remarked(
            "more particles carry the marker than are seen in scatter, as where free dye, protein or particles too dim to scatter \
             are counted",
        ),
        false => out,
    }
}

/// What is uncertain in only one of the two films: not the pixel, nor a dilution that both had.
fn unshared(scatter: &Report, fluorescence: &Report) -> Option<f64> {
    let both = [scatter, fluorescence];
    let same_dilution = scatter.medium.dilution == fluorescence.medium.dilution;
    let mut squares = 0.0;
    for report in both {
        let budget = report.uncertainty.as_ref()?.concentration_per_ml.as_ref()?;
        let own = budget
            .components
            .iter()
            .filter(|c| match c.source.as_str() {
                "pixel size" => false,
                "dilution" => !same_dilution,
                _ => true,
            });
        squares += own.map(|c| c.relative.powi(2)).sum::<f64>();
    }
    Some(squares.sqrt())
}

/// Of the sample of `record`, for the table of pairs.
pub(crate) fn marker_of(
    record: &SampleRecord,
    records: &[SampleRecord],
) -> Result<Estimate, String> {
    let (scatter, fluorescence) = pair(record, records)?;
    let found = marker_positive(scatter, fluorescence);
    match found.value {
        Some(value) => Ok(Estimate::new(value, found.ci95)),
        None => Err(found.remark.unwrap_or_default()),
    }
}

fn blank_share(record: &SampleRecord, blanks: &[BlankShare]) -> Measured {
    let of_sample =
        |b: &&BlankShare| b.sample == record.entry.id && b.channel == record.entry.channel;
    let Some(found) = blanks.iter().find(of_sample) else {
        return Measured::missing("blanks are held against samples alone");
    };
    match found.share.value {
        // Depth and pixel are those of both films, and the dilution is in neither number.
        Some(_) => Measured::of(&found.share, None),
        None => Measured::missing(found.reason.clone().unwrap_or_default()),
    }
}

fn replicate_cv(report: &Report, of: &str) -> Measured {
    let spread = report.replicates.between_capture.get(of);
    match spread.and_then(|s| s.cv) {
        Some(cv) => Measured::exact(cv),
        None => Measured::missing(match report.replicates.n {
            0 | 1 => "there is one capture only".to_owned(),
            n => format!("fewer than two of its {n} captures have this number"),
        }),
    }
}
