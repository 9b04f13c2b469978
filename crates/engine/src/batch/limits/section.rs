//! One table of a file of limits: its values, checked, and what holds where nothing was typed.

use super::error::LimitsError;
use super::keys::LIMIT_KEYS;
use crate::plan::keys::{Fallback, KeySpec};
use crate::plan::{PlanError, Value, advice, check, nearest};
use std::collections::BTreeMap;

/// The checked values of one table.
#[derive(Clone, Debug)]
pub(super) struct Section {
    table: &'static str,
    values: BTreeMap<&'static str, Value>,
}

/// The keys of one table.
pub(super) fn keys_of(table: &str) -> impl Iterator<Item = &'static KeySpec> + Clone {
    LIMIT_KEYS.iter().filter(move |s| s.table == table)
}

impl Section {
    /// A table in which nothing was typed.
    pub fn empty(table: &'static str) -> Self {
        Self {
            table,
            values: BTreeMap::new(),
        }
    }

    /// The values of a table; `also` are keys that are read elsewhere.
    pub fn read(
        table: &'static str,
        given: &toml::Table,
        also: &[&str],
        place: &str,
    ) -> Result<Self, LimitsError> {
        let mut out = Self::empty(table);
        for (key, value) in given.iter().filter(|(k, _)| !also.contains(&k.as_str())) {
            let Some(spec) = keys_of(table).find(|s| s.key == key) else {
                return Err(unknown(table, key, also, place).into());
            };
            out.values.insert(spec.key, check(spec, value, place)?);
        }
        Ok(out)
    }

    /// Whether the key was typed.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    fn fallback(&self, key: &str) -> Option<Fallback> {
        keys_of(self.table)
            .find(|s| s.key == key)
            .map(|s| s.fallback)
    }

    /// A number, or its default if it has one.
    pub fn number(&self, key: &str) -> Option<f64> {
        match (self.values.get(key), self.fallback(key)) {
            (Some(value), _) => value.number(),
            (None, Some(Fallback::Number(n))) => Some(n),
            _ => None,
        }
    }

    /// A word or a text, or its default if it has one.
    pub fn word(&self, key: &str) -> Option<String> {
        match (self.values.get(key), self.fallback(key)) {
            (Some(value), _) => value.word(),
            (None, Some(Fallback::Word(w))) => Some(w.to_owned()),
            _ => None,
        }
    }
}

/// The error for a key that does not exist, with the nearest one of the same table, or the same key of another.
fn unknown(table: &str, key: &str, also: &[&str], place: &str) -> PlanError {
    let known: Vec<&str> = keys_of(table)
        .map(|s| s.key)
        .chain(also.iter().copied())
        .collect();
    let dotted = |name: &str| match table {
        "" => name.to_owned(),
        table => format!("{table}.{name}"),
    };
    let elsewhere = || LIMIT_KEYS.iter().find(|s| s.key == key).map(KeySpec::name);
    let meant = nearest(key, known.iter().copied())
        .map(dotted)
        .or_else(elsewhere);
    PlanError::UnknownKey {
        key: dotted(key),
        place: place.to_owned(),
        advice: advice(meant.as_deref(), &known.join(", ")),
    }
}
