//! How a method describes itself. Every registry of the project is a static table of [`Entry`].
//!
//! From one entry follow the plan's keys, `nta methods`, the documentation page and the conformance tests.

use std::collections::BTreeMap;

/// One number that a method takes.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// Key in the plan, snake case, with its unit.
    pub key: &'static str,
    /// Value when nobody says otherwise.
    pub default: f64,
    /// Smallest allowed value.
    pub min: f64,
    /// Largest allowed value.
    pub max: f64,
    /// Unit in words (`px`, `frames`, `1`).
    pub unit: &'static str,
    /// One sentence: what it does.
    pub meaning: &'static str,
}

/// A method in its registry: what it is called, where it comes from, what it takes, how it is made.
#[derive(Debug)]
pub struct Entry<Make: 'static> {
    /// Key in the plan, lower case with hyphens.
    pub key: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Papers, as DOI or a full reference.
    pub references: &'static [&'static str],
    /// The numbers it takes.
    pub params: &'static [ParamSpec],
    /// Makes it.
    pub make: Make,
}

/// A stage's choice as it stands in a plan: the method and the numbers that differ from the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Key of the method.
    pub method: String,
    /// Numbers by key.
    pub params: BTreeMap<String, f64>,
}

impl Choice {
    /// A method with its defaults.
    pub fn of(method: &str) -> Self {
        Self {
            method: method.to_owned(),
            params: BTreeMap::new(),
        }
    }
}

/// The checked numbers of a method, every default written out.
#[derive(Clone, Debug, PartialEq)]
pub struct Params(BTreeMap<&'static str, f64>);

impl Params {
    /// The value of a parameter that the method's own table declares. Asking for another key is a mistake in the
    /// method's file, and the conformance tests build every method.
    pub fn get(&self, key: &str) -> f64 {
        *self
            .0
            .get(key)
            .expect("a method asks only for parameters of its own table")
    }

    /// All values in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().map(|(k, v)| (*k, *v))
    }
}

/// A choice that its registry cannot serve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MethodError {
    /// No such method.
    #[error("there is no method '{given}' for {stage}; choose one of: {known}")]
    UnknownMethod {
        /// The stage, as the plan calls it.
        stage: String,
        /// What was asked for.
        given: String,
        /// What there is.
        known: String,
    },
    /// The method has no such number.
    #[error("method '{method}' of {stage} takes no '{given}'; it takes: {known}")]
    UnknownParam {
        /// The stage, as the plan calls it.
        stage: String,
        /// The method.
        method: String,
        /// What was given.
        given: String,
        /// What it takes.
        known: String,
    },
    /// The number is outside its range.
    #[error("{stage}.{key} is {value}, but must be from {min} to {max}{}", in_unit(.unit))]
    OutOfRange {
        /// The stage, as the plan calls it.
        stage: String,
        /// The parameter.
        key: &'static str,
        /// What was given.
        value: f64,
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
        /// Unit in words.
        unit: &'static str,
    },
}

/// A unit as it stands after a number, with the space before it; nothing for the unit `1` of plain numbers.
pub fn in_unit(unit: &str) -> String {
    match unit {
        "1" => String::new(),
        unit => format!(" {unit}"),
    }
}

impl<Make> Entry<Make> {
    /// The defaults of this method.
    pub fn defaults(&self) -> Params {
        Params(self.params.iter().map(|p| (p.key, p.default)).collect())
    }
}

/// Finds the chosen method in its table and checks its numbers. `stage` is the plan's word for the stage.
pub fn resolve<'a, Make>(
    table: &'a [Entry<Make>],
    stage: &str,
    choice: &Choice,
) -> Result<(&'a Entry<Make>, Params), MethodError> {
    let entry = table
        .iter()
        .find(|e| e.key == choice.method)
        .ok_or_else(|| MethodError::UnknownMethod {
            stage: stage.into(),
            given: choice.method.clone(),
            known: table.iter().map(|e| e.key).collect::<Vec<_>>().join(", "),
        })?;
    let mut params = entry.defaults();
    for (key, value) in &choice.params {
        let spec = entry.params.iter().find(|p| p.key == key).ok_or_else(|| {
            MethodError::UnknownParam {
                stage: stage.into(),
                method: choice.method.clone(),
                given: key.clone(),
                known: entry
                    .params
                    .iter()
                    .map(|p| p.key)
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        })?;
        // The comparison is written so that NaN is refused too.
        if !(spec.min <= *value && *value <= spec.max) {
            return Err(MethodError::OutOfRange {
                stage: stage.into(),
                key: spec.key,
                value: *value,
                min: spec.min,
                max: spec.max,
                unit: spec.unit,
            });
        }
        params.0.insert(spec.key, *value);
    }
    Ok((entry, params))
}
