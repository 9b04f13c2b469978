//! Reads a file of limits.

use super::criteria::Criteria;
use super::error::LimitsError;
use super::keys::{FILTERS, LIMIT, TABLES};
use super::quantity::{OWN_KEYS, Quantity, SizeNumber, about};
use super::section::Section;
use super::{Filter, IntervalKind, Limit, Limits};
use crate::batch::{Channel, Role};
use crate::fingerprint::sha256_of_bytes;
use crate::plan::{PlanError, advice, nearest, parse_toml, shown};
use crate::text_file::{NotRead, read_bytes, text_of};
use std::path::Path;

impl Limits {
    /// The limits in a file.
    pub fn read(path: &Path) -> Result<Self, LimitsError> {
        let name = path.display().to_string();
        let failed = |e: NotRead| match e {
            NotRead::Because(reason) => PlanError::Unreadable {
                path: name.clone(),
                reason,
            },
            NotRead::NotUtf8(byte) => PlanError::NotUtf8 {
                path: name.clone(),
                byte,
            },
        };
        let bytes = read_bytes(path, "a file of limits").map_err(failed)?;
        // Of the bytes as they lie there, as the audit trail takes it and as anybody can check it.
        let sha256 = sha256_of_bytes(&bytes);
        let text = text_of(bytes).map_err(failed)?;
        Ok(Self {
            sha256,
            ..Self::from_text(&text, &name)?
        })
    }

    /// The limits in a text; `path` is what it is called in messages.
    pub fn from_text(text: &str, path: &str) -> Result<Self, LimitsError> {
        let table = parse_toml(text, path)?;
        let place = format!("in {path}");
        let tables: Vec<&str> = TABLES.into_iter().chain([LIMIT]).collect();
        let top = Section::read("", &table, &tables, &place)?;
        let [beads, blank, dilution, captures] = TABLES;
        let criteria = [beads, blank, dilution, captures].map(|name| section(&table, name, &place));
        let [beads, blank, dilution, captures] = criteria;
        let criteria = Criteria::of(&[beads?, blank?, dilution?, captures?]);
        let (warning, failure) = (criteria.blank.warning_share, criteria.blank.failure_share);
        in_order(
            ("blank.warning_share", warning),
            ("blank.failure_share", failure),
            &place,
        )?;
        let interval = match top.word("interval").as_deref() {
            Some("ci95") => IntervalKind::Ci95,
            _ => IntervalKind::Expanded,
        };
        Ok(Self {
            path: path.to_owned(),
            sha256: sha256_of_bytes(text.as_bytes()),
            interval,
            limits: all_limits(&table, path)?,
            criteria,
        })
    }
}

/// One of the tables beside the list of limits; nothing typed if it is not there.
fn section(table: &toml::Table, name: &'static str, place: &str) -> Result<Section, LimitsError> {
    match table.get(name) {
        None => Ok(Section::empty(name)),
        Some(toml::Value::Table(given)) => Section::read(name, given, &[], place),
        Some(other) => Err(wrong_type(
            name,
            place,
            &format!("a table: [{name}] on a line of its own, then its keys"),
            other,
        )),
    }
}

fn wrong_type(key: &str, place: &str, wanted: &str, given: &toml::Value) -> LimitsError {
    PlanError::WrongType {
        key: key.to_owned(),
        place: place.to_owned(),
        wanted: wanted.to_owned(),
        given: shown(given),
    }
    .into()
}

fn in_order(low: (&str, f64), high: (&str, f64), place: &str) -> Result<(), LimitsError> {
    match low.1 > high.1 {
        false => Ok(()),
        true => Err(LimitsError::Reversed {
            low_key: low.0.to_owned(),
            high_key: high.0.to_owned(),
            low: low.1,
            high: high.1,
            place: place.to_owned(),
        }),
    }
}

fn all_limits(table: &toml::Table, path: &str) -> Result<Vec<Limit>, LimitsError> {
    let wanted = "a list of tables: [[limit]] on a line of its own before the keys of each";
    let list = match table.get(LIMIT) {
        None => return Ok(Vec::new()),
        Some(toml::Value::Array(list)) => list,
        Some(other) => return Err(wrong_type(LIMIT, &format!("in {path}"), wanted, other)),
    };
    let mut out: Vec<Limit> = Vec::new();
    for (i, given) in list.iter().enumerate() {
        let place = format!("in {path}, limit {}", i + 1);
        let given = given
            .as_table()
            .ok_or_else(|| wrong_type(LIMIT, &place, wanted, given))?;
        let limit = one_limit(given, &place)?;
        if out.iter().any(|l| l.name == limit.name) {
            return Err(LimitsError::SameName {
                name: limit.name,
                place,
            });
        }
        out.push(limit);
    }
    Ok(out)
}

fn one_limit(given: &toml::Table, place: &str) -> Result<Limit, LimitsError> {
    let lists = FILTERS.map(|(key, _)| key);
    let section = Section::read(LIMIT, given, &lists, place)?;
    let word = section.word("quantity").ok_or_else(|| {
        missing(
            "limit.quantity",
            place,
            "say what is limited, such as quantity = \"d50_nm\"",
        )
    })?;
    for (key, takes) in OWN_KEYS {
        if section.has(key) && !takes.contains(&word.as_str()) {
            return Err(LimitsError::NotOfThisQuantity {
                key: format!("limit.{key}"),
                quantity: word,
                belongs_to: takes.join(" or "),
                place: place.to_owned(),
            });
        }
    }
    let quantity = quantity(&section, &word, place)?;
    let [min, max] = ["min", "max"].map(|key| bound(&section, key, &word, place));
    let (min, max) = (min?, max?);
    match (min, max) {
        (None, None) => {
            return Err(LimitsError::NoBound {
                place: place.to_owned(),
            });
        }
        (Some(min), Some(max)) => in_order(("limit.min", min), ("limit.max", max), place)?,
        _ => {}
    }
    Ok(Limit {
        name: section
            .word("name")
            .unwrap_or_else(|| named_after(&quantity, &word)),
        word,
        quantity,
        min,
        max,
        filter: filter(given, place)?,
        note: section.word("note"),
    })
}

fn missing(key: &str, place: &str, advice: &str) -> LimitsError {
    LimitsError::Missing {
        key: key.to_owned(),
        place: place.to_owned(),
        advice: advice.to_owned(),
    }
}

/// One end of the limit, in the range that the quantity can have.
fn bound(
    section: &Section,
    key: &str,
    word: &str,
    place: &str,
) -> Result<Option<f64>, LimitsError> {
    let Some(value) = section.number(key) else {
        return Ok(None);
    };
    let about = about(word);
    match value <= about.highest {
        true => Ok(Some(value)),
        false => Err(PlanError::OutOfRange {
            key: format!("limit.{key}"),
            place: place.to_owned(),
            value,
            min: 0.0,
            max: about.highest,
            unit: about.unit,
        }
        .into()),
    }
}

fn quantity(section: &Section, word: &str, place: &str) -> Result<Quantity, LimitsError> {
    if let Some(number) = SizeNumber::of_word(word) {
        return Ok(Quantity::Size(number));
    }
    Ok(match word {
        "fraction" => {
            let (from_nm, to_nm) = (section.number("from_nm"), section.number("to_nm"));
            match (from_nm, to_nm) {
                (None, None) => {
                    let what = "give from_nm, to_nm or both, such as from_nm = 50";
                    return Err(missing("limit.from_nm", place, what));
                }
                (Some(from), Some(to)) if from >= to => {
                    return Err(LimitsError::Reversed {
                        low_key: "limit.from_nm".into(),
                        high_key: "limit.to_nm".into(),
                        low: from,
                        high: to,
                        place: place.to_owned(),
                    });
                }
                _ => Quantity::Fraction { from_nm, to_nm },
            }
        }
        "aggregate_share" => Quantity::AggregateShare {
            above_nm: section.number("above_nm").ok_or_else(|| {
                let what =
                    "say from which diameter on a particle is an aggregate, such as above_nm = 300";
                missing("limit.above_nm", place, what)
            })?,
        },
        "concentration_per_ml" => Quantity::Concentration,
        "particles_per_ug_protein" => Quantity::PerProtein {
            relative_uncertainty: section.number("protein_relative_uncertainty"),
        },
        "marker_positive_fraction" => Quantity::MarkerPositive,
        "blank_share" => Quantity::BlankShare,
        "tracks_used" => Quantity::TracksUsed,
        _ => Quantity::ReplicateCv {
            of: section.word("of").unwrap_or_default(),
        },
    })
}

/// The name of a limit that has none.
fn named_after(quantity: &Quantity, word: &str) -> String {
    match quantity {
        Quantity::Fraction { from_nm, to_nm } => match (from_nm, to_nm) {
            (Some(from), Some(to)) => format!("{word} {from} to {to} nm"),
            (Some(from), None) => format!("{word} from {from} nm"),
            (None, Some(to)) => format!("{word} up to {to} nm"),
            (None, None) => word.to_owned(),
        },
        Quantity::AggregateShare { above_nm } => format!("{word} above {above_nm} nm"),
        Quantity::ReplicateCv { of } => format!("{word} of {of}"),
        _ => word.to_owned(),
    }
}

fn filter(given: &toml::Table, place: &str) -> Result<Filter, LimitsError> {
    let mut out = Filter::default();
    if let Some(words) = texts(given, "roles", place)? {
        out.roles = known_words(&words, &Role::ALL, "limit.roles", place)?;
    }
    if let Some(words) = texts(given, "channels", place)? {
        out.channels = known_words(&words, &Channel::ALL, "limit.channels", place)?;
    }
    out.samples = texts(given, "samples", place)?.unwrap_or_default();
    out.conditions = texts(given, "conditions", place)?.unwrap_or_default();
    out.batches = texts(given, "batches", place)?.unwrap_or_default();
    Ok(out)
}

/// A list of texts, not empty; `None` if the key was not typed.
fn texts(given: &toml::Table, key: &str, place: &str) -> Result<Option<Vec<String>>, LimitsError> {
    let Some(value) = given.get(key) else {
        return Ok(None);
    };
    let list = value.as_array().filter(|list| !list.is_empty());
    let words = list.and_then(|list| {
        let text = |v: &toml::Value| v.as_str().map(str::to_owned);
        list.iter().map(text).collect::<Option<Vec<String>>>()
    });
    let wanted = "a list of texts in quotes that is not empty, such as [\"A\", \"B\"]";
    words
        .map(Some)
        .ok_or_else(|| wrong_type(&format!("limit.{key}"), place, wanted, value))
}

fn known_words<T: Copy>(
    words: &[String],
    all: &[(&'static str, T)],
    key: &str,
    place: &str,
) -> Result<Vec<T>, LimitsError> {
    let known: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
    words
        .iter()
        .map(|given| {
            let found = all.iter().find(|(word, _)| word == given);
            found.map(|(_, value)| *value).ok_or_else(|| {
                PlanError::UnknownWord {
                    key: key.to_owned(),
                    place: place.to_owned(),
                    given: format!("'{given}'"),
                    advice: advice(nearest(given, known.iter().copied()), &known.join(", ")),
                }
                .into()
            })
        })
        .collect()
}
