//! A run of beads becomes an instrument profile: what `nta calibrate` does.
//!
//! The depth in which particles are seen is what explains the number of beads in view at their known concentration:
//! `depth = particles per frame / (concentration in the cell x area)`. Brighter particles are seen deeper; how bright the beads
//! were, above the threshold of their own film, goes into the profile, so that films of other particles are given the depth that
//! goes with theirs (`nta_sizing::depth`). The pixel size is checked and not changed: sizes go with its square, but with
//! temperature, liquid and frame rate too.

use crate::analyze::{AnalyzeError, analyze};
use crate::assemble::Counts;
use crate::capture::{CaptureInput, Followed};
use crate::plan::{Instrument, Plan};
use crate::qc::file_name;
use crate::report::html::first_sentence;
use crate::report::write::{OutputError, check_named_files, parent, write_named_files};
use crate::report::{OutputFile, Report, Verdict};
use crate::runtime::Runtime;
use nta_sizing::concentration::counting_relative_sd;
use nta_sizing::{Counted, concentration};
use std::path::PathBuf;

/// Beads whose median is further from the nominal diameter than this share ask for a check.
const SIZE_OFF: f64 = 0.05;

/// Films of beads, what is known of the beads, and where the profile goes.
#[derive(Clone, Debug)]
pub struct CalibrateRequest {
    /// Captures of one sample of beads.
    pub inputs: Vec<PathBuf>,
    /// The plan in force.
    pub plan: Plan,
    /// Diameter of the beads, nm.
    pub nominal_nm: f64,
    /// Beads per mL of the undiluted sample, where it is known.
    pub nominal_per_ml: Option<f64>,
    /// The profile, a TOML file.
    pub out: PathBuf,
    /// Replace a profile that is there already.
    pub overwrite: bool,
}

/// Why there is no profile, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// A nominal value out of its range.
    #[error("{option} is {given}, but must be from {min} to {max}")]
    Nominal {
        /// The option.
        option: &'static str,
        /// What was given.
        given: f64,
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// A blank belongs to samples.
    #[error(
        "blank.result is set, but nta calibrate subtracts no blank: use beads that outnumber the particles of the diluent, and \
         leave it out"
    )]
    Blank,
    /// The name does not end in `.toml`.
    #[error("the profile is a TOML file, but {path} does not end in .toml; give a name that does")]
    NotToml {
        /// The name.
        path: String,
    },
    /// There is a file of this name already.
    #[error("{path} exists already; give another name, or --overwrite to replace it")]
    Exists {
        /// The file.
        path: String,
    },
    /// The films give no numbers that may be used.
    #[error(
        "these films cannot calibrate an instrument: {reason}. Analyse them with `nta analyze` to see more"
    )]
    NotUsable {
        /// Why.
        reason: String,
    },
    /// The films.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CalibrateError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Nominal { .. } | Self::Blank | Self::NotToml { .. } => 2,
            Self::NotUsable { .. } => 1,
            Self::Analyze(error) => error.exit_code(),
            Self::Exists { .. } | Self::Output(_) => 4,
        }
    }
}

/// What came of a calibration.
#[derive(Clone, Debug)]
pub struct CalibrateOutcome {
    /// The profile.
    pub profile: Instrument,
    /// A few lines for people.
    pub text: String,
}

/// Analyses films of beads and writes the profile that follows from them.
pub fn calibrate(
    request: &CalibrateRequest,
    runtime: &Runtime<'_>,
) -> Result<CalibrateOutcome, CalibrateError> {
    let name = request.check()?;
    let inputs = CaptureInput::open_all(&request.inputs).map_err(AnalyzeError::from)?;
    let analysis = analyze(inputs, &request.plan, runtime)?;
    let report = &analysis.report;
    let median = usable(report)?;
    let mut profile = request.plan.instrument.clone().unwrap_or_default();
    if profile.name.is_empty() {
        profile.name = name.trim_end_matches(".toml").to_owned();
    }
    let pixel_um = report.acquisition.pixel_size_um.value;
    // What the profile says of another pixel size does not hold for this one.
    let same = profile.pixel_size_um == Some(pixel_um);
    let of_profile = profile.pixel_size_relative_uncertainty.filter(|_| same);
    let stated = request.plan.uncertainties.pixel_size.as_ref();
    profile.pixel_size_relative_uncertainty = stated.map(|s| s.value).or(of_profile);
    profile.pixel_size_um = Some(pixel_um);
    let shape = |px: Option<u64>| px.and_then(|px| u32::try_from(px).ok());
    profile.width_px = shape(report.captures[0].width_px);
    profile.height_px = shape(report.captures[0].height_px);
    let mut text = size_line(request.nominal_nm, median, report);
    if let Some(per_ml) = request.nominal_per_ml {
        let depth = Depth::of(&Counts::of(&analysis.captures), per_ml, &request.plan);
        let depth = depth.ok_or_else(|| CalibrateError::NotUsable {
            reason: "no bead was counted".into(),
        })?;
        profile.depth_um = Some(rounded(depth.um));
        profile.depth_relative_uncertainty = Some(rounded(depth.relative_uncertainty));
        profile.depth_visibility = report.limits.visibility.map(rounded);
        text.push_str(&depth.line(report));
    } else {
        text.push_str(
            "depth:     not measured; give the beads' concentration (--nominal-per-ml)\n",
        );
    }
    profile.notes = Some(request.notes(&analysis.captures));
    let file = OutputFile::new(name, profile.to_toml());
    write_named_files(parent(&request.out), &[file], request.overwrite)?;
    text.push_str(&format!(
        "profile:   {}; use it with --instrument\n",
        request.out.display()
    ));
    Ok(CalibrateOutcome { profile, text })
}

impl CalibrateRequest {
    /// Says before any work is done what cannot be; gives the name of the file.
    fn check(&self) -> Result<String, CalibrateError> {
        let within = |option, given: f64, min, max| {
            ((min..=max).contains(&given))
                .then_some(())
                .ok_or(CalibrateError::Nominal {
                    option,
                    given,
                    min,
                    max,
                })
        };
        within("--nominal-nm", self.nominal_nm, 5.0, 10_000.0)?;
        if let Some(per_ml) = self.nominal_per_ml {
            within("--nominal-per-ml", per_ml, 1.0, 1e16)?;
        }
        if self.plan.blank.is_some() {
            return Err(CalibrateError::Blank);
        }
        let path = || self.out.display().to_string();
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".toml") {
            return Err(CalibrateError::NotToml { path: path() });
        }
        match std::fs::symlink_metadata(&self.out) {
            Ok(about) if about.is_file() && !self.overwrite => {
                Err(CalibrateError::Exists { path: path() })
            }
            _ => {
                check_named_files(parent(&self.out), &[&name], self.overwrite)?;
                Ok(name.into_owned())
            }
        }
    }

    fn notes(&self, captures: &[Followed]) -> String {
        let films: Vec<String> = captures.iter().map(file_name).collect();
        let concentration = self
            .nominal_per_ml
            .map_or_else(String::new, |c| format!(", {c:e} per mL"));
        format!(
            "from beads of {} nm{concentration}: {}",
            self.nominal_nm,
            films.join(", ")
        )
    }
}

/// Four significant digits, which is more than a calibration knows.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// The median diameter, if the films may be used at all.
fn usable(report: &Report) -> Result<f64, CalibrateError> {
    let because = |reason: String| CalibrateError::NotUsable { reason };
    if report.verdict == Verdict::Fail {
        let worst = report.findings.iter().map(|f| &f.finding);
        let worst = worst.max_by_key(|f| f.severity).map(|f| f.message.as_str());
        return Err(because(
            first_sentence(worst.unwrap_or_default()).to_owned(),
        ));
    }
    let median = report.diameter_nm.median.value;
    median.ok_or_else(|| because("they give no size".into()))
}

/// What the beads say of the pixel size.
fn size_line(nominal_nm: f64, median_nm: f64, report: &Report) -> String {
    let [low, high] = report.diameter_nm.median.ci95.unwrap_or([median_nm; 2]);
    let off = median_nm / nominal_nm - 1.0;
    let pixel = report.acquisition.pixel_size_um.value;
    let judgement = if off.abs() <= SIZE_OFF {
        "as it should be".to_owned()
    } else {
        format!(
            "off by {:+.0} %: check temperature, liquid and frame rate; if they are right, a pixel has {:.4} um instead of {pixel} um",
            100.0 * off,
            pixel * (1.0 + off).sqrt()
        )
    };
    format!(
        "beads:     median {median_nm:.1} nm ({low:.1} to {high:.1}) for {nominal_nm} nm, {judgement}\n"
    )
}

/// The depth of view of the beads.
struct Depth {
    um: f64,
    relative_uncertainty: f64,
}

impl Depth {
    fn of(counts: &Counts, nominal_per_ml: f64, plan: &Plan) -> Option<Self> {
        // What a depth of 1 um would make of the count.
        let counted = concentration(&Counted {
            particles_per_frame: counts.particles_per_frame(),
            frames_present: &counts.present,
            frames: counts.frames,
            area_um2: counts.area_um2,
            hidden_area_um2: counts.hidden_area_um2,
            depth_um: Some(1.0),
            dilution: plan.dilution.value,
            typical_visit_frames: None,
        });
        let um = counted.per_ml? / nominal_per_ml;
        let relative_uncertainty = counting_relative_sd(&counts.present)?;
        (um > 0.0 && um.is_finite() && relative_uncertainty.is_finite()).then_some(Self {
            um,
            relative_uncertainty,
        })
    }

    fn line(&self, report: &Report) -> String {
        let brightness = report.limits.visibility.map_or_else(String::new, |v| {
            format!(
                "; the beads are {:.1} times as bright as the faintest particles that are found, brighter ones are seen deeper",
                (1.5 * v).exp()
            )
        });
        format!(
            "depth:     {:.2} um +- {:.1} % (counting alone; add what the nominal concentration is uncertain by){brightness}\n",
            self.um,
            100.0 * self.relative_uncertainty
        )
    }
}
