//! What was typed.

use super::error::PlanError;
use super::keys;
use super::layer::{Layer, parse_toml, read_toml};
use super::value::{from_text, from_toml_or_text};
use std::path::{Path, PathBuf};

/// Where values of the command line stand, in messages.
const COMMAND_LINE: &str = "on the command line";

/// What was typed, in layers, every value optional. The command line goes before the table of samples, that before the plan
/// file, and what an instrument wrote beside its film comes last; `--set` counts as command line. [`PlanInput::resolve`] makes it a [`super::Plan`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanInput {
    pub(super) command_line: Layer,
    pub(super) plan: Layer,
    /// What the table of samples says of this one.
    pub(super) samples: Layer,
    /// What the instrument wrote beside its film.
    pub(super) sidecar: Layer,
    /// Folder of the plan file: relative paths in the plan start there.
    pub(super) plan_folder: Option<PathBuf>,
    /// Where profiles are looked up; `None` for [`super::instrument_folders`].
    pub(super) folders: Option<Vec<PathBuf>>,
}

impl PlanInput {
    /// Nothing typed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a plan file. A second one replaces the first.
    pub fn plan_file(&mut self, path: &Path) -> Result<(), PlanError> {
        let table = read_toml(path)?;
        self.plan = Layer::of(&table, &format!("in {}", path.display()))?;
        self.plan_folder = path.parent().map(Path::to_path_buf);
        Ok(())
    }

    /// Takes the text of a plan; `name` is what it is called in messages. A second one replaces the first.
    pub fn plan_text(&mut self, text: &str, name: &str) -> Result<(), PlanError> {
        self.plan = Layer::of(&parse_toml(text, name)?, &format!("in {name}"))?;
        self.plan_folder = None;
        Ok(())
    }

    /// Takes an option of the command line: `key` in snake case as in [`keys::KEYS`], `text` as typed.
    pub fn option(&mut self, key: &str, text: &str) -> Result<(), PlanError> {
        let value = match keys::find(key) {
            Some(spec) => from_text(spec, text),
            None => toml::Value::String(text.to_owned()),
        };
        self.command_line_value(key, &value)
    }

    /// Takes `KEY=VALUE` of `--set`: a dotted key, a value in TOML; words need no quotes.
    pub fn set(&mut self, assignment: &str) -> Result<(), PlanError> {
        let (key, text) = assignment
            .split_once('=')
            .map(|(k, v)| (k.trim(), v.trim()))
            .filter(|(k, v)| !k.is_empty() && !v.is_empty())
            .ok_or_else(|| PlanError::NoAssignment {
                given: assignment.to_owned(),
            })?;
        self.command_line_value(key, &from_toml_or_text(text))
    }

    /// Takes a value of the table of samples: `key` as in [`keys::KEYS`] or `sample.FIELD`; `place` says where it stands.
    pub(crate) fn of_samples(
        &mut self,
        key: &str,
        text: &str,
        place: &str,
    ) -> Result<(), PlanError> {
        insert_text(&mut self.samples, key, text, place)
    }

    /// Takes a value of what the instrument wrote beside its film.
    pub(crate) fn of_sidecar(
        &mut self,
        key: &str,
        text: &str,
        place: &str,
    ) -> Result<(), PlanError> {
        insert_text(&mut self.sidecar, key, text, place)
    }

    /// Looks profiles up in these folders instead of [`super::instrument_folders`].
    pub fn instrument_folders(&mut self, folders: Vec<PathBuf>) {
        self.folders = Some(folders);
    }

    fn command_line_value(&mut self, key: &str, value: &toml::Value) -> Result<(), PlanError> {
        let (head, rest) = match key.split_once('.') {
            Some((head, rest)) => (head, Some(rest)),
            None => (key, None),
        };
        self.command_line.insert(head, rest, value, COMMAND_LINE)?;
        self.command_line.refuse_medium_and_viscosity(COMMAND_LINE)
    }
}

fn insert_text(layer: &mut Layer, key: &str, text: &str, place: &str) -> Result<(), PlanError> {
    let value = match keys::find(key) {
        Some(spec) => from_text(spec, text),
        None => toml::Value::String(text.to_owned()),
    };
    let (head, rest) = match key.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (key, None),
    };
    layer.insert(head, rest, &value, place)?;
    layer.refuse_medium_and_viscosity(place)
}
