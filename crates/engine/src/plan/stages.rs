//! The stages whose method can be chosen, and the only place where the plan meets the registries.

use nta_core::method::{Choice, Entry, MethodError, ParamSpec, resolve};

/// What a registry says of one method.
#[derive(Clone, Copy, Debug)]
pub struct MethodInfo {
    /// Key in the plan.
    pub key: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Papers.
    pub references: &'static [&'static str],
    /// The numbers it takes.
    pub params: &'static [ParamSpec],
}

/// A stage and its registry.
pub struct Stage {
    /// Name of the stage, also of its table in the plan.
    pub name: &'static str,
    /// What the stage does, for people.
    pub meaning: &'static str,
    /// All its methods; the first is the default.
    pub methods: fn() -> Vec<MethodInfo>,
    /// Checks a choice and writes out every default.
    pub resolve: fn(&Choice) -> Result<Choice, MethodError>,
}

/// One entry of [`STAGES`]: name, meaning, registry.
macro_rules! stage {
    ($name:literal, $meaning:literal, $table:path) => {
        Stage {
            name: $name,
            meaning: $meaning,
            methods: || methods_of($table),
            resolve: |choice| written_out($table, $name, choice),
        }
    };
}

/// All stages in the order of the pipeline.
pub static STAGES: &[Stage] = &[
    stage!(
        "detect",
        "where in a frame there may be a particle",
        nta_core::detect::DETECTORS
    ),
    stage!(
        "refine",
        "exactly where it is, how wide and how bright",
        nta_core::refine::REFINERS
    ),
    stage!(
        "link",
        "which spots are the same particle",
        nta_core::link::LINKERS
    ),
    stage!(
        "drift",
        "the motion that all particles share",
        nta_core::drift::DRIFTS
    ),
    stage!(
        "diffusion",
        "the diffusion coefficient of a single track",
        nta_sizing::ESTIMATORS
    ),
    stage!(
        "distribution",
        "the sizes of all particles together",
        nta_sizing::DISTRIBUTIONS
    ),
];

/// The stage of that name.
pub fn stage(name: &str) -> Option<&'static Stage> {
    STAGES.iter().find(|s| s.name == name)
}

pub(super) fn methods_of<Make>(table: &'static [Entry<Make>]) -> Vec<MethodInfo> {
    table
        .iter()
        .map(|e| MethodInfo {
            key: e.key,
            title: e.title,
            references: e.references,
            params: e.params,
        })
        .collect()
}

pub(super) fn written_out<Make>(
    table: &[Entry<Make>],
    stage: &str,
    choice: &Choice,
) -> Result<Choice, MethodError> {
    let (entry, params) = resolve(table, stage, choice)?;
    Ok(Choice {
        method: entry.key.to_owned(),
        params: params.iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    })
}
