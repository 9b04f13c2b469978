//! Tables with a row of names on top.

use super::text::shortened;
use super::{ForeignError, ForeignSpot, Gather, Source};
use csv::{Reader, ReaderBuilder, StringRecord, Trim};

/// How programs write that a number is absent.
const ABSENT: [&str; 9] = ["", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "-"];

/// Why a row gives no position.
pub(super) enum RowFault {
    /// It is left out, with this reason for the tally.
    Skip(&'static str),
    /// The file cannot be trusted.
    Refuse(ForeignError),
}

impl From<ForeignError> for RowFault {
    fn from(error: ForeignError) -> Self {
        Self::Refuse(error)
    }
}

/// A table that is read row by row. Rows may be longer or shorter than the row of names.
pub(super) struct Table<'a> {
    path: &'a str,
    reader: Reader<&'a [u8]>,
    row: StringRecord,
    /// Names as written, for messages.
    written: Vec<String>,
    /// Names in lower case, with single spaces.
    names: Vec<String>,
    /// In tables that are not separated by commas, a comma may be the decimal sign.
    decimal_comma: bool,
}

/// The separator of a table: the one of three that its first line has most of.
fn separator(text: &str) -> u8 {
    let line = text.trim_start().lines().next().unwrap_or("");
    let count = |c: u8| line.bytes().filter(|b| *b == c).count();
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

fn reader(text: &str) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(separator(text))
        .from_reader(text.as_bytes())
}

fn plain(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The names in the first row of a table, in lower case, with single spaces.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut row = StringRecord::new();
    match reader(text).read_record(&mut row) {
        Ok(true) => row.iter().map(plain).collect(),
        _ => Vec::new(),
    }
}

impl<'a> Table<'a> {
    /// Opens the table and reads its row of names.
    pub(super) fn open(source: &Source<'a>) -> Result<Self, ForeignError> {
        let mut table = Self {
            path: source.path,
            reader: reader(source.text),
            row: StringRecord::new(),
            written: Vec::new(),
            names: Vec::new(),
            decimal_comma: separator(source.text) != b',',
        };
        table.next_row()?;
        table.written = table.row.iter().map(str::to_owned).collect();
        table.names = table.row.iter().map(plain).collect();
        Ok(table)
    }

    /// Goes to the next row; false at the end.
    pub(super) fn next_row(&mut self) -> Result<bool, ForeignError> {
        let more = self.reader.read_record(&mut self.row);
        let more = more.map_err(|error| ForeignError::Unreadable {
            path: self.path.to_owned(),
            reason: error.to_string(),
        })?;
        // No program puts line ends into these tables; a quote that is never closed would swallow the rows after it.
        if self.row.as_slice().contains(['\n', '\r']) {
            let odd = self.row.iter().position(|f| f.contains(['\n', '\r']));
            return Err(self.wrong(odd.unwrap_or(0), "one value", "look for a stray quote"));
        }
        Ok(more)
    }

    /// Line of the row, from 1.
    pub(super) fn line(&self) -> u64 {
        self.row.position().map_or(0, csv::Position::line)
    }

    /// Place of a column, by its name in lower case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// Place of a column whose name begins with this, in lower case.
    pub(super) fn find_start(&self, start: &str) -> Option<usize> {
        self.names.iter().position(|n| n.starts_with(start))
    }

    /// Place of a column that must be there. To be asked while the row of names is the current one.
    pub(super) fn need(&self, name: &'static str) -> Result<usize, ForeignError> {
        self.find(name).ok_or_else(|| ForeignError::Malformed {
            path: self.path.to_owned(),
            line: self.line(),
            column: name.to_owned(),
            found: format!("the columns '{}'", shortened(&self.written.join(", "))),
            expected: "a column of this name",
            advice: "write the file again with this column",
        })
    }

    /// Name of a column as the file writes it.
    pub(super) fn name(&self, column: usize) -> &str {
        self.written.get(column).map_or("", String::as_str)
    }

    /// The text in a column; empty if the row is too short.
    pub(super) fn text(&self, column: usize) -> &str {
        self.row.get(column).unwrap_or("")
    }

    /// Whether any field of the row begins with this.
    pub(super) fn any_starts_with(&self, start: char) -> bool {
        self.row.iter().any(|field| field.starts_with(start))
    }

    /// Whether the text in a column stands for nothing.
    pub(super) fn is_absent(&self, column: usize) -> bool {
        let text = self.text(column);
        text.len() <= 5 && ABSENT.contains(&text.to_lowercase().as_str())
    }

    fn parsed(&self, column: usize) -> Option<f64> {
        let text = self.text(column);
        let plain = text.parse();
        if plain.is_err() && self.decimal_comma {
            return text.replacen(',', ".", 1).parse().ok();
        }
        plain.ok()
    }

    /// Whether there is a number in a column.
    pub(super) fn is_number(&self, column: usize) -> bool {
        self.parsed(column).is_some()
    }

    /// A number that a spot can do without; `None` unless it is there and finite.
    pub(super) fn maybe(&self, column: Option<usize>) -> Option<f64> {
        self.parsed(column?).filter(|v| v.is_finite())
    }

    /// A number above 0 that a spot can do without.
    pub(super) fn maybe_positive(&self, column: Option<usize>) -> Option<f64> {
        self.maybe(column).filter(|v| *v > 0.0)
    }

    /// A position along one axis.
    pub(super) fn position(&self, column: usize) -> Result<f64, RowFault> {
        if self.is_absent(column) {
            return Err(RowFault::Skip("missing_position"));
        }
        match self.parsed(column) {
            Some(value) if value.is_finite() => Ok(value),
            Some(value) if value.is_nan() => Err(RowFault::Skip("missing_position")),
            Some(_) => Err(RowFault::Skip("position_not_finite")),
            None => Err(self.not_a_number(column)),
        }
    }

    /// A frame; whole numbers may be written as `12.0`.
    pub(super) fn frame(&self, column: usize) -> Result<u32, RowFault> {
        if self.is_absent(column) {
            return Err(RowFault::Skip("missing_frame"));
        }
        let value = self.parsed(column);
        let value = value.ok_or_else(|| self.not_a_number(column))?;
        whole_frame(value).map_err(RowFault::Skip)
    }

    /// The number of a track; `None` where it is absent.
    pub(super) fn track(&self, column: Option<usize>) -> Result<Option<u64>, RowFault> {
        let Some(column) = column else {
            return Ok(None);
        };
        if self.is_absent(column) {
            return Ok(None);
        }
        // As a whole number first: beyond 2^53 a float would put two tracks together.
        if let Ok(id) = self.text(column).parse() {
            return Ok(Some(id));
        }
        let value = self.parsed(column);
        let value = value.ok_or_else(|| self.not_a_number(column))?;
        let exact = value >= 0.0 && value <= (1u64 << 53) as f64 && value.fract() == 0.0;
        if exact {
            Ok(Some(value as u64))
        } else {
            Err(RowFault::Skip("bad_track_number"))
        }
    }

    fn not_a_number(&self, column: usize) -> RowFault {
        let advice =
            "remove the line if it is a second row of names or a remark, else write the file again";
        RowFault::Refuse(self.wrong(column, "a number", advice))
    }

    fn wrong(&self, column: usize, expected: &'static str, advice: &'static str) -> ForeignError {
        ForeignError::Malformed {
            path: self.path.to_owned(),
            line: self.line(),
            column: match self.name(column) {
                "" => format!("number {}", column + 1),
                name => name.to_owned(),
            },
            found: format!("'{}'", shortened(self.text(column))),
            expected,
            advice,
        }
    }
}

/// A frame as a whole number, or the reason why it is none.
pub(super) fn whole_frame(value: f64) -> Result<u32, &'static str> {
    if value.is_nan() {
        Err("missing_frame")
    } else if value < 0.0 {
        Err("frame_negative")
    } else if value > f64::from(u32::MAX) {
        Err("frame_too_large")
    } else if value.fract() != 0.0 {
        Err("frame_not_whole")
    } else {
        Ok(value as u32)
    }
}

/// Adds what a row gave, or tallies why it gave nothing; true if it gave a spot.
pub(super) fn take(
    gather: &mut Gather,
    row: Result<(Option<u64>, ForeignSpot), RowFault>,
) -> Result<bool, ForeignError> {
    match row {
        Ok((track, spot)) => {
            gather.add(track, spot);
            Ok(true)
        }
        Err(RowFault::Skip(reason)) => {
            gather.skipped.add(reason, 1);
            Ok(false)
        }
        Err(RowFault::Refuse(error)) => Err(error),
    }
}
