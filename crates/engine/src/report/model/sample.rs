//! What was measured, in what, with which methods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The program that made a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from; null if that is not known.
    pub commit: Option<String>,
}

/// What was measured. All but `id` is free text from the plan (operator, date, preparation, instrument, ...).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Name of the sample.
    pub id: String,
    /// Whatever else the plan says of it, in the order of the keys.
    #[serde(flatten)]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// The liquid that the particles move in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Medium {
    /// Name of the liquid (`water`, `pbs`, ...); null if only its viscosity was given.
    pub name: Option<String>,
    /// Mass fraction of what is dissolved, 0 to 1; null for a liquid of fixed composition.
    #[serde(default)]
    pub mass_fraction: Option<f64>,
    /// Temperature, degrees Celsius.
    pub temperature_c: f64,
    /// Standard uncertainty of the temperature, degrees Celsius; null if not stated.
    pub temperature_uncertainty_c: Option<f64>,
    /// Where the temperature came from.
    pub temperature_from: String,
    /// Dynamic viscosity at that temperature, mPa s.
    pub viscosity_mpa_s: f64,
    /// Relative standard uncertainty of the viscosity (0.01 = 1 %); null if not stated.
    pub viscosity_relative_uncertainty: Option<f64>,
    /// Times by which the sample was diluted before the measurement; 1 is undiluted.
    pub dilution: f64,
    /// Where the viscosity came from: a formula or what was given.
    pub from: String,
}

/// The method of one stage and the numbers it worked with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageMethod {
    /// The stage, as the plan calls it (`detect`, `link`, `diffusion`, ...).
    pub stage: String,
    /// Key of the method.
    pub method: String,
    /// The method in one line for people.
    pub title: String,
    /// The numbers it worked with.
    pub settings: Vec<Setting>,
    /// Papers, as DOI or a full reference.
    pub references: Vec<String>,
}

/// One number that a stage worked with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Key in the plan.
    pub key: String,
    /// The value in force; null if it was left open.
    pub value: Option<f64>,
    /// Unit in words.
    pub unit: String,
    /// Where it came from: "default", "plan", "command line", "estimated from the film", ...
    pub from: String,
}
