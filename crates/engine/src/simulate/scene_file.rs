//! A scene file, and where in it something is wrong.

use super::{SimulateError, SimulateRequest};
use crate::text_file::{NotRead, read_text};
use nta_sim::{Scene, SceneError};
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Reads a scene file: the scene, whose numbers are not yet checked, and the text.
pub fn read_scene(path: &Path) -> Result<(Scene, String), SimulateError> {
    let shown = path.display().to_string();
    let text = read_text(path, "a scene").map_err(|e| match e {
        NotRead::Because(reason) => SimulateError::Unreadable {
            path: shown.clone(),
            reason,
        },
        NotRead::NotUtf8(byte) => SimulateError::NotUtf8 {
            path: shown.clone(),
            byte,
        },
    })?;
    let scene = toml::from_str(&text).map_err(|e| not_a_scene(&shown, &text, &e))?;
    Ok((scene, text))
}

fn not_a_scene(path: &str, text: &str, error: &toml::de::Error) -> SimulateError {
    let at = error.span().map_or(0, |s| s.start).min(text.len());
    let (line, column) = line_and_column(text, at);
    SimulateError::NotAScene {
        path: path.to_owned(),
        line,
        column,
        key: key_before(text, at).map_or_else(String::new, |key| format!(", key {key}")),
        reason: plain_words(error.message()),
    }
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The key whose value begins at `at`.
fn key_before(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?.trim_end().strip_suffix('=')?.trim_end();
    let is_key = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let start = before.rfind(|c| !is_key(c)).map_or(0, |i| i + 1);
    (start < before.len()).then(|| &before[start..])
}

/// The reader's message in one line, without the names of types.
fn plain_words(message: &str) -> String {
    let mut text = message.split_whitespace().collect::<Vec<_>>().join(" ");
    for (type_name, words) in [
        ("expected u8", "expected a whole number from 0 to 255"),
        (
            "expected u32",
            "expected a whole number from 0 to 4294967295",
        ),
        ("expected u64", "expected a whole number from 0"),
        ("expected f64", "expected a number"),
        ("expected struct ", "expected a table "),
        ("unknown field", "unknown key"),
        ("unknown variant", "unknown word"),
        (
            "wanted exactly 1 element, more than 1 element",
            "only one of its keys may be given",
        ),
        (
            "wanted exactly 1 element, found 0 elements",
            "one of its keys must be given",
        ),
    ] {
        text = text.replace(type_name, words);
    }
    text
}

/// A scene whose numbers cannot be, with the line in which the number stands.
pub(super) fn value_error(
    path: &Path,
    text: &str,
    request: &SimulateRequest,
    error: SceneError,
) -> SimulateError {
    let key = match &error {
        SceneError::OutOfRange { key, .. } | SceneError::EmptyTable { key } => key,
        SceneError::ExposureTooLong { .. } => "exposure_ms",
        SceneError::Compression { .. } => "motion.shear_per_s",
        SceneError::NoShares => "populations",
        SceneError::TooLarge { .. } | SceneError::NothingVisible { .. } => "amount",
    };
    let place = if key == "frames" && request.frames.is_some() {
        "--frames".to_owned()
    } else {
        match line_of(text, key) {
            Some(line) => format!("{}, line {line}", path.display()),
            None => path.display().to_string(),
        }
    };
    SimulateError::Value {
        place,
        reason: error.to_string(),
    }
}

/// The line of a dotted key such as `populations[1].diameter_nm`.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let path: Vec<&str> = key.split('.').collect();
    let at = span_in(table.get_ref(), &path)?.start;
    Some(line_and_column(text, at).0)
}

fn span_in(table: &DeTable<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (name, place) = match first.split_once('[') {
        Some((name, place)) => (name, place.trim_end_matches(']').parse::<usize>().ok()),
        None => (*first, None),
    };
    let (key, found) = table.iter().find(|(k, _)| k.get_ref() == name)?;
    if rest.is_empty() {
        // A place in a list of numbers is on the line of the list.
        return Some(key.span());
    }
    match found.get_ref() {
        DeValue::Table(inner) => span_in(inner, rest),
        DeValue::Array(items) => span_in(items.get(place?)?.get_ref().as_table()?, rest),
        _ => None,
    }
}
