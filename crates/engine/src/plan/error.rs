//! What can be wrong with a plan.

use nta_core::method::{MethodError, in_unit};

/// What is wrong with a plan, in one sentence with what to do. `place` is in words: "on the command line",
/// "in beads.toml".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A plan or profile file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A plan or profile file is not text.
    #[error("{path} is not UTF-8 text (byte {byte}); save it as UTF-8")]
    NotUtf8 {
        /// The file.
        path: String,
        /// The first byte that is not, from 0.
        byte: usize,
    },
    /// A plan or profile file is not TOML.
    #[error("{path} is not valid TOML at line {line}, column {column}: {reason}")]
    NotToml {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// Why, as the TOML reader says.
        reason: String,
    },
    /// `--set` without a key or a value.
    #[error("--set {given} has no value; write --set KEY=VALUE, such as --set film.polarity=dark")]
    NoAssignment {
        /// What was typed.
        given: String,
    },
    /// No such key.
    #[error("there is no key '{key}' ({place}); {advice}")]
    UnknownKey {
        /// The dotted key.
        key: String,
        /// Where it was typed.
        place: String,
        /// What was probably meant, or what there is.
        advice: String,
    },
    /// A word, a number or a table where something else belongs.
    #[error("{key} must be {wanted}, not {given} ({place})")]
    WrongType {
        /// The dotted key.
        key: String,
        /// Where it was typed.
        place: String,
        /// What belongs there.
        wanted: String,
        /// What was typed.
        given: String,
    },
    /// A number outside its range.
    #[error("{key} is {value} ({place}), but must be from {min} to {max}{}", in_unit(.unit))]
    OutOfRange {
        /// The dotted key.
        key: String,
        /// Where it was typed.
        place: String,
        /// What was typed.
        value: f64,
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
        /// Unit in words.
        unit: &'static str,
    },
    /// A word that cannot be chosen.
    #[error("{key} is {given} ({place}); {advice}")]
    UnknownWord {
        /// The dotted key.
        key: String,
        /// Where it was typed.
        place: String,
        /// What was typed.
        given: String,
        /// What was probably meant, and what can be chosen.
        advice: String,
    },
    /// Two values for one key in one place.
    #[error("{key} is given twice {place}; give it once")]
    GivenTwice {
        /// The dotted key.
        key: String,
        /// Where.
        place: String,
    },
    /// Medium and viscosity in one place.
    #[error(
        "medium and viscosity_mpa_s are both given ({place}); give one: the name of a medium, or the viscosity as measured"
    )]
    MediumAndViscosity {
        /// Where.
        place: String,
    },
    /// A temperature of a viscosity that is not stated.
    #[error(
        "viscosity_at_c is the temperature at which viscosity_mpa_s was measured, but no viscosity is given; give it, or leave \
         viscosity_at_c out"
    )]
    ViscosityAtNothing,
    /// The uncertainty of a composition that is not given.
    #[error(
        "medium_mass_fraction_uncertainty is given, but no medium_mass_fraction; give that too, or leave the uncertainty out"
    )]
    UncertaintyOfNoFraction,
    /// A composition beside a stated viscosity.
    #[error(
        "medium_mass_fraction and viscosity_mpa_s are both given; give the viscosity alone, or medium with its mass fraction"
    )]
    MassFractionOfViscosity,
    /// The composition of the medium.
    #[error(transparent)]
    Medium(Box<nta_sizing::MediumError>),
    /// The last frame comes before the first.
    #[error("last_frame is {last}, before first_frame, which is {first}")]
    FramesReversed {
        /// First frame.
        first: u32,
        /// Last frame.
        last: u32,
    },
    /// A method or its number is not in the registry.
    #[error("{error}{}", .nearest.as_ref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    Method {
        /// What the registry says.
        error: Box<MethodError>,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// No such instrument profile.
    #[error("there is no instrument profile '{name}'; looked for {name}.toml in {places}; {there}")]
    NoInstrument {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        places: String,
        /// What is there.
        there: String,
    },
    /// A number that has no default and that neither the plan nor the file gives.
    #[error(
        "the {what} is not known: {file}; give it with {option}, with {key} in the plan, or in an instrument profile"
    )]
    Missing {
        /// The number in words.
        what: &'static str,
        /// What the file says.
        file: String,
        /// The option, with an example.
        option: &'static str,
        /// The key, with an example.
        key: &'static str,
    },
    /// The shutter cannot be open for longer than a frame lasts.
    #[error(
        "exposure_ms is {exposure_ms} ({from}), but must be at most the time between frames, {limit}"
    )]
    ExposureTooLong {
        /// Exposure, ms.
        exposure_ms: f64,
        /// Where it came from.
        from: String,
        /// Time between frames with its unit, and where it came from.
        limit: String,
    },
}

/// What to do about a word that is not known: the nearest one if there is one, else all of them.
pub(crate) fn advice(nearest: Option<&str>, known: &str) -> String {
    match nearest {
        Some(word) => format!("did you mean '{word}'?"),
        None => format!("choose from: {known}"),
    }
}
