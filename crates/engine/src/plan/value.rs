//! Values of the plan's keys, and their check against the table of keys.

use super::error::{PlanError, advice};
use super::keys::{KeySpec, Kind, SHARE};
use super::medium;
use super::nearest::nearest;
use nta_core::film::Rect;
use nta_sizing::{classes, lattice};

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with a unit.
    Number(f64),
    /// A count.
    Whole(u64),
    /// A word or a text.
    Word(String),
    /// Yes or no.
    Switch(bool),
    /// Regions of pixels.
    Rectangles(Vec<Rect>),
    /// Numbers with a unit.
    Numbers(Vec<f64>),
}

impl Value {
    /// The value as TOML.
    pub fn to_toml(&self) -> toml::Value {
        match self {
            Value::Number(n) => toml::Value::Float(*n),
            // The ranges of the table keep whole numbers far below this limit.
            Value::Whole(n) => toml::Value::Integer(i64::try_from(*n).unwrap_or(i64::MAX)),
            Value::Word(w) => toml::Value::String(w.clone()),
            Value::Switch(b) => toml::Value::Boolean(*b),
            Value::Rectangles(list) => toml::Value::Array(
                list.iter()
                    .map(|r| {
                        let sides = [r.x_px, r.y_px, r.width_px, r.height_px];
                        toml::Value::Array(sides.map(|n| i64::from(n).into()).to_vec())
                    })
                    .collect(),
            ),
            Value::Numbers(list) => {
                toml::Value::Array(list.iter().copied().map(toml::Value::Float).collect())
            }
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn whole(&self) -> Option<u64> {
        match self {
            Value::Whole(n) => Some(*n),
            _ => None,
        }
    }

    /// The word, if it is one.
    pub fn word(&self) -> Option<String> {
        match self {
            Value::Word(w) => Some(w.clone()),
            _ => None,
        }
    }

    /// Yes or no, if it is that.
    pub fn switch(&self) -> Option<bool> {
        match self {
            Value::Switch(b) => Some(*b),
            _ => None,
        }
    }

    /// The regions, if it is a list of them.
    pub fn rectangles(&self) -> Option<Vec<Rect>> {
        match self {
            Value::Rectangles(list) => Some(list.clone()),
            _ => None,
        }
    }

    /// The numbers, if it is a list of them.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Value::Numbers(list) => Some(list.clone()),
            _ => None,
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Number(n) => serde_json::json!(n),
            Value::Whole(n) => serde_json::json!(n),
            Value::Word(w) => serde_json::json!(w),
            Value::Switch(b) => serde_json::json!(b),
            Value::Rectangles(list) => list
                .iter()
                .map(|r| serde_json::json!([r.x_px, r.y_px, r.width_px, r.height_px]))
                .collect(),
            Value::Numbers(list) => serde_json::json!(list),
        }
    }
}

/// The number in a TOML value, whole or not.
pub(super) fn number(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(n) => Some(*n as f64),
        toml::Value::Float(f) => Some(*f),
        _ => None,
    }
}

/// Checks a TOML value against its key. `place` says in words where it was typed ("on the command line").
pub(crate) fn check(spec: &KeySpec, value: &toml::Value, place: &str) -> Result<Value, PlanError> {
    let wrong = |wanted: &str| PlanError::WrongType {
        key: spec.name(),
        place: place.to_owned(),
        wanted: wanted.to_owned(),
        given: shown(value),
    };
    match spec.kind {
        Kind::Number { min, max, unit } => {
            // Half the world writes 0,2.
            let comma = matches!(value, toml::Value::String(s) if s.contains(','));
            let mark = if comma { " with a decimal point" } else { "" };
            let n = number(value).ok_or_else(|| wrong(&format!("{}{mark}", number_in(unit))))?;
            in_range(spec, n, (min, max, unit), place)?;
            Ok(Value::Number(n))
        }
        Kind::Whole { min, max, unit } => {
            let n = value
                .as_integer()
                .ok_or_else(|| wrong("a whole number"))?;
            in_range(spec, n as f64, (min as f64, max as f64, unit), place)?;
            Ok(Value::Whole(n.unsigned_abs()))
        }
        Kind::Text => match value {
            toml::Value::String(s) => Ok(Value::Word(s.clone())),
            _ => Err(wrong("a text in quotes")),
        },
        Kind::Word(words) => word(spec, value, words, place),
        Kind::Medium => word(spec, value, &medium::names(), place),
        Kind::Switch => value
            .as_bool()
            .map(Value::Switch)
            .ok_or_else(|| wrong("true or false")),
        Kind::Rectangles => rectangles(value)
            .map(Value::Rectangles)
            .ok_or_else(|| wrong("a list of [x, y, width, height] in whole px, such as [[0, 0, 120, 30]], no side longer than 65535 px and none empty")),
        Kind::Edges => edges(value)
            .map(Value::Numbers)
            .ok_or_else(|| wrong(&format!("a list of at most {} ascending diameters from 0 to {} nm, such as [50, 100, 200]", classes::MOST_EDGES, lattice::LARGEST_NM))),
    }
}

/// What belongs where a number is wanted, in words.
fn number_in(unit: &str) -> String {
    match unit {
        "1" => "a number".to_owned(),
        SHARE => "a number such as 0.01 for 1 %".to_owned(),
        unit => format!("a number in {unit}"),
    }
}

/// Reads the text of a command-line option as its key wants it.
pub(super) fn from_text(spec: &KeySpec, text: &str) -> toml::Value {
    let as_text = || toml::Value::String(text.to_owned());
    match spec.kind {
        Kind::Number { .. } => text
            .trim()
            .parse::<f64>()
            .map_or_else(|_| as_text(), toml::Value::Float),
        Kind::Whole { .. } => text
            .trim()
            .parse::<i64>()
            .map_or_else(|_| as_text(), toml::Value::Integer),
        Kind::Text | Kind::Word(_) | Kind::Medium => as_text(),
        Kind::Switch | Kind::Rectangles | Kind::Edges => from_toml_or_text(text),
    }
}

/// Reads the right-hand side of `--set`: TOML, or where that fails the bare words themselves, because quotes inside
/// a shell's quotes are a nuisance.
pub(super) fn from_toml_or_text(text: &str) -> toml::Value {
    // The newline test keeps one assignment from becoming several.
    let document = (!text.contains(['\n', '\r'])).then(|| format!("v = {text}"));
    document
        .and_then(|d| d.parse::<toml::Table>().ok())
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

fn in_range(
    spec: &KeySpec,
    value: f64,
    (min, max, unit): (f64, f64, &'static str),
    place: &str,
) -> Result<(), PlanError> {
    // Written so that NaN is refused too.
    if min <= value && value <= max {
        return Ok(());
    }
    Err(PlanError::OutOfRange {
        key: spec.name(),
        place: place.to_owned(),
        value,
        min,
        max,
        unit,
    })
}

fn word(
    spec: &KeySpec,
    value: &toml::Value,
    words: &[&'static str],
    place: &str,
) -> Result<Value, PlanError> {
    match value {
        toml::Value::String(s) if words.contains(&s.as_str()) => Ok(Value::Word(s.clone())),
        _ => Err(PlanError::UnknownWord {
            key: spec.name(),
            place: place.to_owned(),
            given: shown(value),
            advice: advice(
                value
                    .as_str()
                    .and_then(|s| nearest(s, words.iter().copied())),
                &words.join(", "),
            ),
        }),
    }
}

fn rectangles(value: &toml::Value) -> Option<Vec<Rect>> {
    let side = |v: &toml::Value| v.as_integer().and_then(|n| u16::try_from(n).ok());
    value
        .as_array()?
        .iter()
        .map(|r| {
            let sides: Option<Vec<u16>> = r.as_array()?.iter().map(side).collect();
            match sides?[..] {
                [x, y, width, height] if width > 0 && height > 0 => Some(Rect {
                    x_px: x.into(),
                    y_px: y.into(),
                    width_px: width.into(),
                    height_px: height.into(),
                }),
                _ => None,
            }
        })
        .collect()
}

fn edges(value: &toml::Value) -> Option<Vec<f64>> {
    let list: Option<Vec<f64>> = value.as_array()?.iter().map(number).collect();
    list.filter(|edges| classes::are_edges(edges))
}

/// A value as it stands in messages, cut short.
pub(crate) fn shown(value: &toml::Value) -> String {
    let text = match value {
        toml::Value::String(s) => format!("'{s}'"),
        toml::Value::Table(_) => "a table".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() > 60 {
        text.chars().take(57).chain("...".chars()).collect()
    } else {
        text
    }
}
