//! The numbers that are compared, and the scale on which their differences add up.

use crate::report::{Estimate, Report};
use nta_sizing::compare::Measured;

/// A number of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Mean,
    Mode,
    D10,
    D50,
    D90,
    Sd,
    Span,
    Concentration,
    /// Share of a class of size, nm.
    Share(f64, Option<f64>),
}

/// Those that every result may have, in the order of the table.
pub(crate) const COMMON: [Number; 8] = [
    Number::Mean,
    Number::Mode,
    Number::D10,
    Number::D50,
    Number::D90,
    Number::Sd,
    Number::Span,
    Number::Concentration,
];

/// What the answer rests on where nothing else is asked for.
pub(crate) const USUALLY_JUDGED: [&str; 2] = ["d50", "concentration"];

impl Number {
    /// The word in files and on the command line.
    pub fn key(self) -> String {
        match self {
            Self::Mean => "mean".into(),
            Self::Mode => "mode".into(),
            Self::D10 => "d10".into(),
            Self::D50 => "d50".into(),
            Self::D90 => "d90".into(),
            Self::Sd => "sd".into(),
            Self::Span => "span".into(),
            Self::Concentration => "concentration".into(),
            Self::Share(from, Some(to)) => format!("share_{from}_{to}"),
            Self::Share(from, None) => format!("share_{from}_up"),
        }
    }

    /// The words for people.
    pub fn title(self) -> String {
        match self {
            Self::Mean => "mean diameter".into(),
            Self::Mode => "most frequent diameter".into(),
            Self::D10 => "D10".into(),
            Self::D50 => "median diameter (D50)".into(),
            Self::D90 => "D90".into(),
            Self::Sd => "SD of the diameters".into(),
            Self::Span => "span".into(),
            Self::Concentration => "concentration".into(),
            Self::Share(from, Some(to)) => format!("share from {from} to {to} nm"),
            Self::Share(from, None) => format!("share from {from} nm on"),
        }
    }

    /// Unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Span => "1",
            Self::Concentration => "per mL",
            Self::Share(..) => "%",
            _ => "nm",
        }
    }

    /// Whether it is compared by its ratio, or by its difference in percentage points.
    pub fn is_ratio(self) -> bool {
        !matches!(self, Self::Share(..))
    }

    /// The number in a result, as it is.
    pub fn plain(self, report: &Report) -> Option<Estimate> {
        let d = &report.diameter_nm;
        let estimate = match self {
            Self::Mean => d.mean,
            Self::Mode => d.mode,
            Self::D10 => d.d10,
            Self::D50 => d.d50,
            Self::D90 => d.d90,
            Self::Sd => d.sd,
            Self::Span => d.span,
            Self::Concentration => {
                let c = report.concentration.as_ref()?;
                Estimate::new(c.per_ml, c.ci95)
            }
            Self::Share(from, to) => {
                let mut classes = report.size_classes.iter();
                let class = classes.find(|c| c.from_nm == from && c.to_nm == to)?;
                let of = class.fraction;
                Estimate {
                    value: of.value.map(|v| 100.0 * v),
                    ci95: of.ci95.map(|c| c.map(|v| 100.0 * v)),
                }
            }
        };
        estimate.value.map(|_| estimate)
    }

    /// The number in a result, on the scale of the comparison: the logarithm of what is compared by its ratio.
    pub fn measured(self, report: &Report) -> Option<Measured> {
        let plain = self.plain(report)?;
        let on_scale = |v: f64| if self.is_ratio() { v.ln() } else { v };
        let value = on_scale(plain.value?);
        let ci95 = plain.ci95.map(|c| c.map(on_scale));
        value.is_finite().then_some(Measured {
            value,
            ci95: ci95.filter(|c| c.iter().all(|v| v.is_finite())),
        })
    }

    /// From the scale of the comparison back to the number as it is.
    pub fn back(self, on_scale: f64) -> f64 {
        if self.is_ratio() {
            on_scale.exp()
        } else {
            on_scale
        }
    }

    /// A difference on that scale in per cent, or in percentage points.
    pub fn in_percent(self, difference: f64) -> f64 {
        if self.is_ratio() {
            100.0 * difference.exp_m1()
        } else {
            difference
        }
    }
}

/// All numbers of these results: the common ones, and the shares of all classes that any of them has.
pub(crate) fn all_of<'a>(reports: impl Iterator<Item = &'a Report>) -> Vec<Number> {
    let mut shares: Vec<Number> = Vec::new();
    for class in reports.flat_map(|r| &r.size_classes) {
        let share = Number::Share(class.from_nm, class.to_nm);
        if !shares.contains(&share) {
            shares.push(share);
        }
    }
    shares.sort_by(|a, b| {
        edges(*a)[0]
            .total_cmp(&edges(*b)[0])
            .then(edges(*a)[1].total_cmp(&edges(*b)[1]))
    });
    COMMON.into_iter().chain(shares).collect()
}

fn edges(number: Number) -> [f64; 2] {
    match number {
        Number::Share(from, to) => [from, to.unwrap_or(f64::INFINITY)],
        _ => [0.0, 0.0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn there_and_back() {
        let (report, _) = sample::typical();
        for n in all_of(std::iter::once(&report)) {
            let Some(plain) = n.plain(&report) else {
                continue;
            };
            let value = plain.value.expect("a number");
            let back = n.back(n.measured(&report).expect("a number").value);
            assert!((back - value).abs() <= 1e-9 * value.abs(), "{}", n.key());
        }
        assert!((Number::D50.in_percent(1.1f64.ln()) - 10.0).abs() < 1e-9);
        assert_eq!(Number::Share(0.0, Some(50.0)).key(), "share_0_50");
    }

    #[test]
    fn a_number_that_is_nought_has_no_ratio() {
        let (mut report, _) = sample::typical();
        report.concentration = Some(crate::report::Concentration {
            per_ml: 0.0,
            ci95: Some([0.0, 1e6]),
            ..Default::default()
        });
        assert!(Number::Concentration.plain(&report).is_some());
        assert_eq!(Number::Concentration.measured(&report), None);
    }
}
