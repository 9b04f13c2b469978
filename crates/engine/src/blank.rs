//! A blank: the diluent filmed like the sample, whose particles are taken off the count of the sample.

use crate::analyze::AnalyzeError;
use crate::fingerprint::sha256_of;
use crate::plan::Plan;
use crate::report::html::not_searched;
use crate::report::{self, Capture, Concentration, Report, ReportFinding, Verdict};
use crate::text_file::{NotRead, read_text};
use nta_core::{Finding, Severity};
use nta_sizing::Interval;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A blank above this share of the sample makes the concentration a small difference of large numbers.
const MOST_SHARE: f64 = 0.1;
/// Values of two films further apart than this share are two values.
const SAME: f64 = 1e-6;
/// Thresholds are measured in each film, and differ by a few per cent between films that are alike.
const SAME_THRESHOLD: f64 = 0.05;

/// Why a blank cannot be used, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum BlankError {
    /// No such file, or not one that can be read.
    #[error(
        "cannot read the blank {path}: {reason}; blank.result takes the folder of a finished analysis of the diluent, or its \
         result.json"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file of another kind.
    #[error(
        "the blank {path} cannot be used: {reason}; blank.result takes the folder of a finished analysis of the diluent, or its \
         result.json"
    )]
    NotAResult {
        /// The file.
        path: String,
        /// What it is instead.
        reason: String,
    },
    /// Without a depth there is nothing to subtract.
    #[error(
        "the blank {path} has no concentration, because its probed depth was not known or its particles could not be counted; \
         analyse it again with --depth-um or --instrument, look at the findings of that analysis, or leave out blank.result"
    )]
    NoConcentration {
        /// The file.
        path: String,
    },
    /// What is left of a blank after a blank is no blank.
    #[error(
        "the blank {path} has had a blank subtracted itself; analyse the film of the diluent again without blank.result"
    )]
    HasBlank {
        /// The file.
        path: String,
    },
}

/// What is known of the blank.
pub(crate) struct Blank {
    path: String,
    sha256: String,
    /// Per mL as filmed; `None` if neither the blank nor the sample has a depth.
    concentration: Option<Interval>,
    pixel_size_um: f64,
    depth_um: Option<f64>,
    /// Mean signal to noise from which spots were taken.
    threshold_snr: Option<f64>,
    /// Fingerprints (SHA-256) of its films.
    films: Vec<String>,
    failed: bool,
}

impl Blank {
    /// The blank that the plan names, if it names one.
    pub(crate) fn of(plan: &Plan) -> Result<Option<Self>, BlankError> {
        let Some(stated) = &plan.blank else {
            return Ok(None);
        };
        let mut path = PathBuf::from(&stated.value);
        if path.is_dir() {
            path.push("result.json");
        }
        let blank = Self::read(&path)?;
        if blank.concentration.is_none() && plan.depth_um.is_some() {
            return Err(BlankError::NoConcentration { path: blank.path });
        }
        Ok(Some(blank))
    }

    fn read(path: &Path) -> Result<Self, BlankError> {
        let shown = path.display().to_string();
        let unreadable = |reason: String| BlankError::Unreadable {
            path: shown.clone(),
            reason,
        };
        let not_a_result = |reason: String| BlankError::NotAResult {
            path: shown.clone(),
            reason,
        };
        let text = read_text(path, "a result").map_err(|e| match e {
            NotRead::Because(reason) => unreadable(reason),
            NotRead::NotUtf8(byte) => not_a_result(format!("it is not text (byte {byte})")),
        })?;
        let report = Report::from_json(text.as_bytes()).map_err(|e| not_a_result(e.to_string()))?;
        if report.blank.is_some() {
            return Err(BlankError::HasBlank { path: shown });
        }
        let sha256 = sha256_of(&[path.to_path_buf()], false, &AtomicBool::new(false))
            .map_err(|e| unreadable(e.to_string()))?
            .unwrap_or_default();
        Ok(Self {
            sha256,
            concentration: as_filmed(&report),
            pixel_size_um: report.acquisition.pixel_size_um.value,
            depth_um: report.plan.get("depth_um").and_then(|d| d.as_f64()),
            threshold_snr: mean_threshold(&report.captures),
            films: fingerprints(&report.captures),
            failed: report.verdict == Verdict::Fail,
            path: shown,
        })
    }

    /// Particles per mL of the diluent as it was filmed.
    pub(crate) fn concentration(&self) -> Option<&Interval> {
        self.concentration.as_ref()
    }

    /// The blank as it stands in the result, with what it took from the concentration of the sample: no more than there was.
    pub(crate) fn told(&self, sample: Option<&Concentration>) -> report::Blank {
        let known = self.concentration;
        report::Blank {
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            per_ml: known.map(|c| c.value),
            ci95: known.map(|c| c.ci95),
            subtracted_per_ml: sample.and_then(|c| Some(c.before_blank_per_ml? - c.per_ml)),
        }
    }

    /// What a person should know about it.
    pub(crate) fn findings(&self, report: &Report, plan: &Plan) -> Vec<ReportFinding> {
        let mut out = Vec::new();
        let sample = report.concentration.as_ref();
        let before = sample.and_then(|c| Some((c.before_blank_per_ml?, c.dilution_applied)));
        match (before, &self.concentration) {
            (Some((before_per_ml, dilution)), Some(blank)) => {
                out.push(self.subtracted(blank.value, before_per_ml / dilution, dilution));
                out.extend(large(blank.value, before_per_ml / dilution));
                out.extend(self.unlike(report, plan));
            }
            _ => out.push(self.not_subtracted(plan.depth_um.is_some(), not_searched(report))),
        }
        out.into_iter().map(ReportFinding::of_sample).collect()
    }

    fn subtracted(&self, blank: f64, sample: f64, dilution: f64) -> Finding {
        let what = self.taken(blank, sample, dilution);
        Finding::new(
            "C02",
            Severity::Info,
            "concentration",
            format!(
                "The concentration of the blank was subtracted. {what} Both counting errors are in the interval. Sizes are \
                 not changed: particles of the diluent are still among them."
            ),
        )
        .with(blank, None, "per mL as filmed")
    }

    /// What was taken from the sample, both per mL as filmed, in one or two sentences.
    fn taken(&self, blank: f64, sample: f64, dilution: f64) -> String {
        if blank > 0.0 && blank >= sample {
            return format!(
                "As filmed, {} holds {blank:.2e} particles per mL and the sample {sample:.2e}, so that nothing is left.",
                self.path
            );
        }
        let whole = match dilution {
            1.0 => String::new(),
            times => format!(
                " That is {:.2e} per mL of the original sample.",
                blank * times
            ),
        };
        match blank > 0.0 {
            true => format!(
                "Of {sample:.2e} particles per mL as filmed, {blank:.2e} were taken to be those of {}.{whole}",
                self.path
            ),
            false => format!(
                "No particle was seen in {}, so the number stays.",
                self.path
            ),
        }
    }

    fn not_subtracted(&self, depth_is_known: bool, not_searched: bool) -> Finding {
        let whose = match self.concentration {
            Some(_) => "the sample has no concentration",
            None => "neither the sample nor the blank has a concentration",
        };
        let why = match depth_is_known {
            true if not_searched => "Its films show too many spots for particles to be told apart.",
            true => "Its films are too short for counting; analyse more frames.",
            false => {
                "The probed depth is not known; give it with --depth-um or with an instrument profile (--instrument)."
            }
        };
        Finding::new(
            "C05",
            Severity::Warning,
            "concentration",
            format!(
                "The blank {} was not subtracted, because {whose}. {why}",
                self.path
            ),
        )
    }

    /// What the films of the blank and of the sample differ in, or have in common and should not, in words.
    fn unlike_films(&self, sample: &[Capture]) -> Vec<String> {
        let mut what = Vec::new();
        if let (Some(threshold), Some(own)) = (mean_threshold(sample), self.threshold_snr)
            && (threshold - own).abs() > SAME_THRESHOLD * threshold
        {
            what.push(format!(
                "particles were taken from a signal to noise of {own:.2} on in the blank and of {threshold:.2} in the sample"
            ));
        }
        let films = fingerprints(sample);
        if self.films.iter().any(|sum| films.contains(sum)) {
            what.push("a film of the blank is one of the sample's own".to_owned());
        }
        what
    }

    fn unlike(&self, report: &Report, plan: &Plan) -> Option<Finding> {
        let differs = |a: f64, b: f64| (a - b).abs() > SAME * a.abs();
        let pixel = report.acquisition.pixel_size_um.value;
        let depth = plan.depth_um.as_ref().map(|d| d.value);
        let mut what = Vec::new();
        if differs(pixel, self.pixel_size_um) {
            what.push(format!(
                "a pixel is {} um in the blank and {pixel} um in the sample",
                self.pixel_size_um
            ));
        }
        if let (Some(depth), Some(own)) = (depth, self.depth_um)
            && differs(depth, own)
        {
            what.push(format!(
                "the depth is {own} um in the blank and {depth} um in the sample"
            ));
        }
        what.extend(self.unlike_films(&report.captures));
        if self.failed {
            what.push("the blank's own verdict is fail".to_owned());
        }
        (!what.is_empty()).then(|| {
            Finding::new(
                "C04",
                Severity::Warning,
                "concentration",
                format!(
                    "The blank may not be comparable with the sample. Of {}: {}; film and analyse both alike.",
                    self.path,
                    what.join("; ")
                ),
            )
        })
    }
}

/// Mean threshold of the captures; `None` if none of them has one.
fn mean_threshold(captures: &[Capture]) -> Option<f64> {
    let known: Vec<f64> = captures.iter().filter_map(|c| c.threshold_snr).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn fingerprints(captures: &[Capture]) -> Vec<String> {
    let known = captures.iter().map(|c| c.sha256.clone());
    // A film that is not a file has none.
    known.filter(|sum| !sum.is_empty()).collect()
}

/// The concentration before any dilution is taken into account.
fn as_filmed(report: &Report) -> Option<Interval> {
    let c = report.concentration.as_ref()?;
    let undiluted = |v: f64| v / c.dilution_applied;
    let out = Interval {
        value: undiluted(c.per_ml),
        ci95: c.ci95?.map(undiluted),
    };
    let all = [out.value, out.ci95[0], out.ci95[1]];
    all.iter()
        .all(|v| v.is_finite() && *v >= 0.0)
        .then_some(out)
}

/// Both as filmed, per mL.
fn large(blank: f64, sample: f64) -> Option<Finding> {
    (blank > MOST_SHARE * sample).then(|| {
        let share = 100.0 * blank / sample;
        let finding = |how_much: String| {
            Finding::new(
                "C03",
                Severity::Warning,
                "concentration",
                format!(
                    "The blank holds {how_much}. The concentration stands on a difference, and the sizes are in part those of \
                     the diluent; filter the diluent, or dilute less."
                ),
            )
        };
        if blank >= sample {
            return finding("as many particles as the sample or more".to_owned())
                .with(blank, Some(sample), "per mL as filmed");
        }
        finding(format!("{share:.0} % of what the sample holds"))
            .with(share, Some(100.0 * MOST_SHARE), "% of the sample")
    })
}

impl From<BlankError> for AnalyzeError {
    fn from(error: BlankError) -> Self {
        Self::Blank(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Blank {
        Blank {
            path: "diluent".into(),
            sha256: String::new(),
            concentration: Some(Interval {
                value: 5e8,
                ci95: [4e8, 6e8],
            }),
            pixel_size_um: 0.2,
            depth_um: Some(10.0),
            threshold_snr: Some(5.0),
            films: vec!["a".into()],
            failed: false,
        }
    }

    #[test]
    fn a_blank_takes_no_more_than_there_was() {
        let sample = Concentration {
            per_ml: 0.0,
            before_blank_per_ml: Some(6e8),
            dilution_applied: 2.0,
            ..Concentration::default()
        };
        assert_eq!(blank().told(Some(&sample)).subtracted_per_ml, Some(6e8));
        assert_eq!(blank().told(None).subtracted_per_ml, None);
        let more = blank().subtracted(5e8, 3e8, 2.0).message;
        assert!(
            more.contains("so that nothing is left") && !more.contains("Of "),
            "{more}"
        );
        let less = blank().subtracted(5e8, 9e8, 1.0).message;
        assert!(less.contains("Of 9.00e8 particles"), "{less}");
    }

    #[test]
    fn films_of_another_threshold_and_the_samples_own_are_told() {
        let film = |threshold, sha256: &str| {
            [Capture {
                threshold_snr: Some(threshold),
                sha256: sha256.into(),
                ..Capture::default()
            }]
        };
        assert!(blank().unlike_films(&film(5.1, "b")).is_empty());
        assert_eq!(blank().unlike_films(&film(5.6, "b")).len(), 1);
        let own = blank().unlike_films(&film(5.0, "a"));
        assert_eq!(own, ["a film of the blank is one of the sample's own"]);
    }
}
