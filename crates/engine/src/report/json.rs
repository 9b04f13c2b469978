//! `result.json` as text: objects over lines, lists of numbers in one line, so that it reads well and compares well.

use super::model::{Report, SCHEMA};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;

/// A `result.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or not of this form.
    #[error("this is not a result of nta: {reason}")]
    NotAResult {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A result of another version.
    #[error(
        "the result has the form '{found}', this program reads '{SCHEMA}'; analyse the video again"
    )]
    OtherSchema {
        /// What the file says.
        found: String,
    },
}

impl Report {
    /// The text of `result.json`. Numbers that are not finite are written as `null`.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut to = Serializer::with_formatter(&mut out, ShortLists::default());
        // Writing to memory cannot fail, and all keys are strings.
        if self.serialize(&mut to).is_err() {
            out.clear();
        }
        out.push(b'\n');
        out
    }

    /// Reads the text of a `result.json`.
    pub fn from_json(text: &[u8]) -> Result<Self, ReadError> {
        let not = |e: serde_json::Error| ReadError::NotAResult {
            reason: e.to_string(),
        };
        let value: serde_json::Value = serde_json::from_slice(text).map_err(not)?;
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => serde_json::from_slice(text).map_err(not),
            Some(found) => Err(ReadError::OtherSchema {
                found: found.into(),
            }),
            None => Err(ReadError::NotAResult {
                reason: "it has no \"schema\"".into(),
            }),
        }
    }
}

/// Objects as the pretty formatter writes them, lists without line breaks of their own.
#[derive(Default)]
struct ShortLists<'a>(PrettyFormatter<'a>);

impl Formatter for ShortLists<'_> {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}
