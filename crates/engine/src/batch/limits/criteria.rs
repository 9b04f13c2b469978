//! How far the instrument, the blank, the dilutions and the captures may be off. Reasons for the defaults: `docs/limits.md`.

use super::keys::{BLANK, DILUTION, REPLICATES, SUITABILITY};
use super::section::Section;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that is held against something besides the limits of samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Criteria {
    /// Of beads.
    pub suitability: Suitability,
    /// Of blanks.
    pub blank: BlankCriteria,
    /// Of dilution series.
    pub dilution: DilutionCriteria,
    /// Of the captures of a sample.
    pub replicates: ReplicateCriteria,
}

/// What beads must show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suitability {
    /// Diameter that is held against the certificate: `d50_nm` or `mode_nm`.
    pub size: String,
    /// Largest relative deviation of the diameter, up or down.
    pub max_bias: f64,
    /// Largest coefficient of variation of the diameters.
    pub max_cv: f64,
    /// Largest relative deviation of the number per mL, up or down.
    pub max_recovery_error: f64,
}

/// What a blank may hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlankCriteria {
    /// Above this share of the sample a blank is warned of.
    pub warning_share: f64,
    /// Above this share of the sample it makes the sample fail.
    pub failure_share: f64,
}

/// How dilutions of one stock must agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DilutionCriteria {
    /// Largest relative deviation of one dilution from the mean of those that agree, up or down.
    pub max_deviation: f64,
}

/// How captures of one sample must agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicateCriteria {
    /// Largest coefficient of variation of D50 between captures.
    pub max_cv_d50: f64,
    /// Largest coefficient of variation of the concentration between captures.
    pub max_cv_concentration: f64,
    /// Share of sound samples in which a capture is called an outlier.
    pub outlier_alpha: f64,
}

impl Criteria {
    /// What the tables of a file say, in the order of [`super::keys::TABLES`].
    pub(super) fn of([beads, blank, dilution, captures]: &[Section; 4]) -> Self {
        // Every key here has a default, so that none can be absent.
        let number = |s: &Section, key: &str| s.number(key).unwrap_or(f64::INFINITY);
        Self {
            suitability: Suitability {
                size: beads.word("size").unwrap_or_default(),
                max_bias: number(beads, "max_bias"),
                max_cv: number(beads, "max_cv"),
                max_recovery_error: number(beads, "max_recovery_error"),
            },
            blank: BlankCriteria {
                warning_share: number(blank, "warning_share"),
                failure_share: number(blank, "failure_share"),
            },
            dilution: DilutionCriteria {
                max_deviation: number(dilution, "max_deviation"),
            },
            replicates: ReplicateCriteria {
                max_cv_d50: number(captures, "max_cv_d50"),
                max_cv_concentration: number(captures, "max_cv_concentration"),
                outlier_alpha: number(captures, "outlier_alpha"),
            },
        }
    }
}

impl Default for Criteria {
    fn default() -> Self {
        Self::of(&[SUITABILITY, BLANK, DILUTION, REPLICATES].map(Section::empty))
    }
}
