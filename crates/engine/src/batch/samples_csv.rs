//! `samples.csv`: which captures belong to which sample, and what is known of it.
//!
//! One row per capture. Besides the columns of [`COLUMNS`], every key at the top of the plan is a column (`dilution`,
//! `temperature_c`, ...), and any other name is a free field of the sample. An empty cell says nothing.

mod cells;
mod error;
mod lines;

pub use error::SamplesError;

use super::find::FoundCapture;
use super::record::{Channel, Role, SampleEntry};
use crate::plan::{PlanError, PlanInput, nearest};
use crate::text_file::{NotRead, read_text_and_sum};
use cells::{ColumnKind, kind_of, known};
use lines::Lines;
use std::collections::BTreeMap;
use std::path::Path;

/// Columns that a table of samples may have, each with what it holds.
pub const COLUMNS: [(&str, &str); 13] = [
    ("sample", "name of the sample; needed"),
    (
        "capture",
        "file or folder, relative to the folder of the batch; needed",
    ),
    ("role", "sample, blank or beads [sample]"),
    ("channel", "scatter or fluorescence [scatter]"),
    ("condition", "treatment or group"),
    ("batch", "production batch"),
    ("date", "day of the film, YYYY-MM-DD"),
    ("time_days", "storage time, days"),
    (
        "protein_ug_per_ml",
        "total protein of the undiluted sample, ug/mL",
    ),
    (
        "nominal_nm",
        "diameter of the beads by their certificate, nm; needed for beads",
    ),
    ("nominal_per_ml", "beads per mL of the undiluted suspension"),
    (
        "dilution_series",
        "name that the dilutions of one stock share",
    ),
    (
        "dilution",
        "times by which the sample was diluted; and every other key at the top of the plan",
    ),
];

/// A sample of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSample {
    /// What is known of it.
    pub entry: SampleEntry,
    /// Places of its captures in the list of those that were found.
    pub captures: Vec<usize>,
    /// What is wrong with captures that are not there, or not yet.
    pub missing: Vec<SamplesError>,
    /// Values of the plan and free fields: key, text, place for messages.
    plan: Vec<(String, String, String)>,
}

impl TableSample {
    /// A sample that no table names.
    pub(super) fn of_name(id: String, captures: Vec<usize>) -> Self {
        Self {
            entry: SampleEntry {
                id,
                ..SampleEntry::default()
            },
            captures,
            ..Self::default()
        }
    }

    /// Puts what the table says of the plan into it.
    pub fn fill(&self, input: &mut PlanInput) -> Result<(), PlanError> {
        input.of_samples("sample.id", &self.entry.id, "in the table of samples")?;
        for (key, text, place) in &self.plan {
            input.of_samples(key, text, place)?;
        }
        Ok(())
    }
}

/// Reads the table and finds its captures among those of the folder. Captures that are not there are named in the samples. Gives the
/// SHA-256 of the file too.
pub fn read_samples(
    path: &Path,
    found: &[FoundCapture],
) -> Result<(Vec<TableSample>, String), SamplesError> {
    let name = path.display().to_string();
    let (text, sha256) = read_text_and_sum(path, "a table of samples").map_err(|e| SamplesError::Unreadable {
        path: name.clone(),
        reason: match e {
            NotRead::Because(reason) => reason,
            NotRead::NotUtf8(byte) => format!(
                "it is not UTF-8 text (byte {byte}); in a spreadsheet choose 'CSV UTF-8' when saving"
            ),
        },
    })?;
    Ok((Table::of(&name, &text)?.samples(found)?, sha256))
}

struct Table<'a> {
    path: &'a str,
    columns: Vec<String>,
    /// Line of the file, and the cells.
    rows: Vec<(u64, Vec<String>)>,
}

impl<'a> Table<'a> {
    fn of(path: &'a str, text: &str) -> Result<Self, SamplesError> {
        let first = text.lines().next().unwrap_or_default();
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|d| (first.bytes().filter(|b| b == d).count(), *d == b','))
            .unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let mut lines = Lines::of(text);
        for record in reader.records() {
            let record = record.map_err(|e| SamplesError::Unreadable {
                path: path.to_owned(),
                reason: e.to_string(),
            })?;
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            let cells: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
            if cells.iter().any(|c| !c.is_empty()) {
                rows.push((line, cells));
            }
        }
        let columns = match rows.is_empty() {
            true => Vec::new(),
            false => rows.remove(0).1,
        };
        let table = Self {
            path,
            columns,
            rows,
        };
        table.check_columns()?;
        if table.rows.is_empty() {
            return Err(SamplesError::Header {
                path: path.to_owned(),
                reason: "there is no row under it; write one row for each capture".to_owned(),
            });
        }
        table.check_widths()?;
        Ok(table)
    }

    fn check_columns(&self) -> Result<(), SamplesError> {
        let header = |reason: String| SamplesError::Header {
            path: self.path.to_owned(),
            reason,
        };
        for needed in ["sample", "capture"] {
            if !self.columns.iter().any(|c| c == needed) {
                return Err(header(format!(
                    "there is no column '{needed}'; the first row must name the columns, among them 'sample' and 'capture'"
                )));
            }
        }
        for (i, column) in self.columns.iter().enumerate() {
            if column.is_empty() {
                if self
                    .rows
                    .iter()
                    .any(|(_, r)| r.get(i).is_some_and(|c| !c.is_empty()))
                {
                    return Err(header(format!(
                        "column {} has no name; name it or empty it",
                        i + 1
                    )));
                }
            } else if self.columns[..i].contains(column) {
                return Err(header(format!(
                    "column '{column}' is there twice; remove one"
                )));
            } else if kind_of(column) == ColumnKind::Free
                && let Some(meant) = nearest(column, known())
            {
                return Err(header(format!(
                    "there is no column '{column}'; did you mean '{meant}'? (a free field of the sample may have any name that is not like a known one)"
                )));
            }
        }
        Ok(())
    }

    fn check_widths(&self) -> Result<(), SamplesError> {
        let wide = |cells: &Vec<String>| {
            cells.len() > self.columns.len()
                && cells[self.columns.len()..].iter().any(|c| !c.is_empty())
        };
        match self.rows.iter().find(|(_, cells)| wide(cells)) {
            None => Ok(()),
            Some((row, cells)) => Err(self.row(
                *row,
                format!(
                    "it has {} cells, the first row names {}; a decimal comma may have cut a number in two: write 1.5, not 1,5",
                    cells.len(),
                    self.columns.len()
                ),
            )),
        }
    }

    fn row(&self, row: u64, reason: String) -> SamplesError {
        SamplesError::Row {
            path: self.path.to_owned(),
            row,
            reason,
        }
    }

    fn cell_error(&self, row: u64, column: &str, reason: String) -> SamplesError {
        SamplesError::Cell {
            path: self.path.to_owned(),
            row,
            column: column.to_owned(),
            reason,
        }
    }

    fn samples(&self, found: &[FoundCapture]) -> Result<Vec<TableSample>, SamplesError> {
        let place = |name: &str| self.columns.iter().position(|c| c == name);
        let (Some(sample), Some(capture)) = (place("sample"), place("capture")) else {
            return Ok(Vec::new());
        };
        let mut out: Vec<TableSample> = Vec::new();
        let mut said: Vec<BTreeMap<&str, (u64, &str)>> = Vec::new();
        let mut listed: BTreeMap<usize, u64> = BTreeMap::new();
        for (row, cells) in &self.rows {
            let cell = |i: usize| cells.get(i).map_or("", String::as_str);
            if cell(sample).is_empty() {
                return Err(self.cell_error(*row, "sample", "it is empty; name the sample".into()));
            }
            if cell(sample).contains(|c: char| c.is_control()) {
                let reason = "it holds a character that cannot be seen; type the name anew";
                return Err(self.cell_error(*row, "sample", reason.into()));
            }
            let which = self.capture(*row, cell(capture), found)?;
            if let Ok(which) = &which
                && let Some(before) = listed.insert(*which, *row)
            {
                let reason = format!(
                    "'{}' stands in row {before} already; remove one",
                    cell(capture)
                );
                return Err(self.cell_error(*row, "capture", reason));
            }
            let channel = place("channel").map_or(Ok(Channel::default()), |i| {
                self.word(*row, "channel", cell(i), &Channel::ALL)
            })?;
            let same = |s: &TableSample| s.entry.id == cell(sample) && s.entry.channel == channel;
            let i = out.iter().position(same).unwrap_or_else(|| {
                let mut new = TableSample::default();
                new.entry.id = cell(sample).to_owned();
                new.entry.channel = channel;
                out.push(new);
                said.push(BTreeMap::new());
                out.len() - 1
            });
            match which {
                Ok(which) => out[i].captures.push(which),
                Err(missing) => out[i].missing.push(missing),
            }
            for (column, text) in self.columns.iter().zip(cells) {
                if text.is_empty() || column == "capture" || column.is_empty() {
                    continue;
                }
                match said[i].insert(column, (*row, text)) {
                    None => self.take(&mut out[i], *row, column, text)?,
                    Some((before, other)) if other != text => {
                        return Err(self.cell_error(*row, column, format!(
                            "'{text}' differs from '{other}' in row {before} of the same sample; all captures of a sample share what is said of it"
                        )));
                    }
                    Some(_) => {}
                }
            }
        }
        self.check_beads(&out, &said)?;
        Ok(out)
    }

    fn check_beads(
        &self,
        samples: &[TableSample],
        said: &[BTreeMap<&str, (u64, &str)>],
    ) -> Result<(), SamplesError> {
        for (sample, said) in samples.iter().zip(said) {
            if sample.entry.role == Role::Beads && sample.entry.nominal_nm.is_none() {
                let row = said.get("role").map_or(1, |(row, _)| *row);
                let reason = "it is empty; beads need the diameter of their certificate, nm";
                return Err(self.cell_error(row, "nominal_nm", reason.into()));
            }
        }
        Ok(())
    }

    /// The capture that a cell means: its whole name, or without folders or ending where only one fits. Inside is an error
    /// if there is none.
    fn capture(
        &self,
        row: u64,
        text: &str,
        found: &[FoundCapture],
    ) -> Result<Result<usize, SamplesError>, SamplesError> {
        let error = |reason: String| self.cell_error(row, "capture", reason);
        if text.is_empty() {
            return Err(error("it is empty; name a file or folder".into()));
        }
        let name = text.replace('\\', "/");
        let name = name
            .strip_prefix("./")
            .unwrap_or(&name)
            .trim_end_matches('/');
        if let Some(i) = found.iter().position(|c| c.name == name) {
            return Ok(Ok(i));
        }
        let file = |c: &str| c.rsplit('/').next().unwrap_or(c).to_lowercase();
        let stem = |c: &str| {
            c.rsplit_once('.')
                .map_or(c.to_owned(), |(s, _)| s.to_owned())
        };
        let lower = name.to_lowercase();
        let ways: [&dyn Fn(&str) -> String; 4] = [
            &|c| c.to_lowercase(),
            &|c| stem(&c.to_lowercase()),
            &|c| file(c),
            &|c| stem(&file(c)),
        ];
        for way in ways {
            let fits: Vec<usize> = (0..found.len())
                .filter(|i| way(&found[*i].name) == lower)
                .collect();
            match fits.as_slice() {
                [] => {}
                [one] => return Ok(Ok(*one)),
                [one, two, ..] => {
                    return Err(error(format!(
                        "'{text}' may be '{}' or '{}'; write the whole name",
                        found[*one].name, found[*two].name
                    )));
                }
            }
        }
        let stems: Vec<String> = found.iter().map(|c| stem(&c.name)).collect();
        let near = nearest(name, found.iter().map(|c| c.name.as_str()))
            .or_else(|| nearest(name, stems.iter().map(String::as_str)));
        let advice = near.map_or_else(
            || "write its name relative to the folder of the batch".to_owned(),
            |n| format!("did you mean '{n}'?"),
        );
        Ok(Err(error(format!(
            "there is no capture '{text}' in the folder; {advice}"
        ))))
    }
}

#[cfg(test)]
#[path = "samples_csv_tests.rs"]
mod tests;
