//! One layer of what was typed: a plan file, or the command line.

use super::error::{PlanError, advice};
use super::in_force::SampleValue;
use super::instrument::{Instrument, place_in};
use super::keys::{self, INSTRUMENT, KEYS, SAMPLE};
use super::nearest::nearest;
use super::stages::{STAGES, stage};
use super::value::{Value, check, number, shown};
use crate::text_file::{NotRead, read_text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Key of the list of keys that nobody stated, which [`super::Plan::to_toml`] writes.
pub(super) const ASSUMED: &str = "assumed";

/// What was typed for one stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StageInput {
    pub method: Option<String>,
    pub numbers: BTreeMap<String, f64>,
}

/// How the instrument was given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum InstrumentInput {
    /// A name or a file, to be looked up.
    Named(String),
    /// The profile itself, carried by a plan.
    Carried(Instrument),
}

/// What was typed in one place. Types, and ranges of all but the methods' numbers, are checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layer {
    pub values: BTreeMap<String, Value>,
    pub sample: BTreeMap<String, SampleValue>,
    pub stages: BTreeMap<&'static str, StageInput>,
    pub instrument: Option<InstrumentInput>,
    pub assumed: BTreeSet<String>,
}

impl Layer {
    /// A layer of all that stands in a document.
    pub fn of(table: &toml::Table, place: &str) -> Result<Self, PlanError> {
        let mut layer = Self::default();
        for (key, value) in table {
            layer.insert(key, None, value, place)?;
        }
        layer.refuse_medium_and_viscosity(place)?;
        Ok(layer)
    }

    /// Adds one value: `head` alone, or `head.rest`. A table as value adds everything in it.
    pub fn insert(
        &mut self,
        head: &str,
        rest: Option<&str>,
        value: &toml::Value,
        place: &str,
    ) -> Result<(), PlanError> {
        if rest.is_none() && head == INSTRUMENT {
            return self.insert_instrument(value, place);
        }
        if rest.is_none() && head == ASSUMED {
            return self.insert_assumed(value, place);
        }
        let is_table = head == SAMPLE || stage(head).is_some() || keys::tables().contains(&head);
        match (is_table, rest) {
            (false, None) => self.insert_value("", head, value, place),
            (false, Some(rest)) => Err(unknown("", &format!("{head}.{rest}"), place)),
            (true, Some(rest)) => self.insert_in_table(head, rest, value, place),
            (true, None) => {
                let table = value.as_table().ok_or_else(|| PlanError::WrongType {
                    key: head.to_owned(),
                    place: place.to_owned(),
                    wanted: format!("a table: [{head}] on a line of its own, then its keys"),
                    given: shown(value),
                })?;
                for (key, value) in table {
                    self.insert_in_table(head, key, value, place)?;
                }
                Ok(())
            }
        }
    }

    /// Refuses two statements of one thing.
    pub fn refuse_medium_and_viscosity(&self, place: &str) -> Result<(), PlanError> {
        let both = ["medium", "viscosity_mpa_s"];
        if both.iter().all(|k| self.values.contains_key(*k)) {
            return Err(PlanError::MediumAndViscosity {
                place: place.to_owned(),
            });
        }
        Ok(())
    }

    fn insert_in_table(
        &mut self,
        table: &str,
        key: &str,
        value: &toml::Value,
        place: &str,
    ) -> Result<(), PlanError> {
        if table == SAMPLE {
            let field = sample_value(key, value, place)?;
            let before = self.sample.insert(key.to_owned(), field);
            return once(before.is_none(), &format!("{SAMPLE}.{key}"), place);
        }
        match stage(table) {
            Some(stage) => self.insert_stage(stage.name, key, value, place),
            None => self.insert_value(table, key, value, place),
        }
    }

    fn insert_value(
        &mut self,
        table: &str,
        key: &str,
        value: &toml::Value,
        place: &str,
    ) -> Result<(), PlanError> {
        let spec = KEYS
            .iter()
            .find(|s| s.table == table && s.key == key)
            .ok_or_else(|| unknown(table, key, place))?;
        let before = self.values.insert(spec.name(), check(spec, value, place)?);
        once(before.is_none(), &spec.name(), place)
    }

    fn insert_stage(
        &mut self,
        stage: &'static str,
        key: &str,
        value: &toml::Value,
        place: &str,
    ) -> Result<(), PlanError> {
        let name = format!("{stage}.{key}");
        let wrong = |wanted: &str| PlanError::WrongType {
            key: name.clone(),
            place: place.to_owned(),
            wanted: wanted.to_owned(),
            given: shown(value),
        };
        let input = self.stages.entry(stage).or_default();
        let first = if key == "method" {
            let method = value
                .as_str()
                .ok_or_else(|| wrong("the name of a method in quotes"))?;
            input.method.replace(method.to_owned()).is_none()
        } else {
            let number = number(value).ok_or_else(|| wrong("a number"))?;
            input.numbers.insert(key.to_owned(), number).is_none()
        };
        once(first, &name, place)
    }

    fn insert_instrument(&mut self, value: &toml::Value, place: &str) -> Result<(), PlanError> {
        let input = match value {
            toml::Value::String(name) if !name.trim().is_empty() => {
                InstrumentInput::Named(name.trim().to_owned())
            }
            toml::Value::Table(table) => InstrumentInput::Carried(Instrument::from_table(
                table,
                "unnamed",
                &place_in(place),
            )?),
            other => {
                return Err(PlanError::WrongType {
                    key: INSTRUMENT.to_owned(),
                    place: place.to_owned(),
                    wanted: "the name or the file of a profile, or the profile as a table"
                        .to_owned(),
                    given: shown(other),
                });
            }
        };
        once(self.instrument.replace(input).is_none(), INSTRUMENT, place)
    }

    fn insert_assumed(&mut self, value: &toml::Value, place: &str) -> Result<(), PlanError> {
        let names: Option<Vec<&str>> = value
            .as_array()
            .and_then(|list| list.iter().map(toml::Value::as_str).collect());
        let names = names.ok_or_else(|| PlanError::WrongType {
            key: ASSUMED.to_owned(),
            place: place.to_owned(),
            wanted: "a list of keys in quotes".to_owned(),
            given: shown(value),
        })?;
        for name in names {
            if keys::find(name).is_none() {
                return Err(unknown("", name, place));
            }
            self.assumed.insert(name.to_owned());
        }
        Ok(())
    }
}

/// Reads a TOML file; errors name line and column.
pub(super) fn read_toml(path: &Path) -> Result<toml::Table, PlanError> {
    let shown = path.display().to_string();
    let text = read_text(path, "a plan or profile").map_err(|e| match e {
        NotRead::Because(reason) => PlanError::Unreadable {
            path: shown.clone(),
            reason,
        },
        NotRead::NotUtf8(byte) => PlanError::NotUtf8 {
            path: shown.clone(),
            byte,
        },
    })?;
    parse_toml(&text, &shown)
}

/// Reads TOML; `name` is what the text is called in messages. A byte-order mark is allowed.
pub(crate) fn parse_toml(text: &str, name: &str) -> Result<toml::Table, PlanError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.parse::<toml::Table>().map_err(|e| {
        let at = e.span().map_or(0, |s| s.start).min(text.len());
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        PlanError::NotToml {
            path: name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            // The reader's own message may have several lines; errors have one.
            reason: e.message().split_whitespace().collect::<Vec<_>>().join(" "),
        }
    })
}

fn once(first: bool, key: &str, place: &str) -> Result<(), PlanError> {
    if first {
        return Ok(());
    }
    Err(PlanError::GivenTwice {
        key: key.to_owned(),
        place: place.to_owned(),
    })
}

fn sample_value(key: &str, value: &toml::Value, place: &str) -> Result<SampleValue, PlanError> {
    match value {
        toml::Value::String(s) => Ok(SampleValue::Text(s.clone())),
        toml::Value::Datetime(d) => Ok(SampleValue::Text(d.to_string())),
        toml::Value::Integer(n) => Ok(SampleValue::Whole(*n)),
        toml::Value::Float(f) if f.is_finite() => Ok(SampleValue::Number(*f)),
        other => Err(PlanError::WrongType {
            key: format!("{SAMPLE}.{key}"),
            place: place.to_owned(),
            wanted: "a text, a date or a finite number".to_owned(),
            given: shown(other),
        }),
    }
}

/// The error for a key that does not exist, with the nearest one of the same table, or the same key of another.
fn unknown(table: &str, key: &str, place: &str) -> PlanError {
    let mut known: Vec<&str> = KEYS
        .iter()
        .filter(|s| s.table == table)
        .map(|s| s.key)
        .collect();
    if table.is_empty() {
        known.push(SAMPLE);
        known.extend(keys::tables());
        known.extend(STAGES.iter().map(|s| s.name));
    }
    let elsewhere = || {
        let last = key.rsplit('.').next().unwrap_or(key);
        KEYS.iter().find(|s| s.key == last).map(|s| s.name())
    };
    let dotted = |name: &str| {
        if table.is_empty() {
            name.to_owned()
        } else {
            format!("{table}.{name}")
        }
    };
    let meant = elsewhere().or_else(|| nearest(key, known.iter().copied()).map(dotted));
    PlanError::UnknownKey {
        key: dotted(key),
        place: place.to_owned(),
        advice: advice(meant.as_deref(), &known.join(", ")),
    }
}
