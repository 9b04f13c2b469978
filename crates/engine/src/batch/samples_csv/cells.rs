//! The cells of a table of samples: words, numbers, days.

use super::super::record::Role;
use super::{COLUMNS, SamplesError, Table, TableSample};
use crate::plan::keys;

impl Table<'_> {
    pub(super) fn word<T: Copy>(
        &self,
        row: u64,
        column: &str,
        text: &str,
        words: &[(&'static str, T)],
    ) -> Result<T, SamplesError> {
        // An empty cell is the first word.
        let lower = text.to_lowercase();
        let found = words.iter().find(|(w, _)| *w == lower || text.is_empty());
        found.map(|(_, t)| *t).ok_or_else(|| {
            let all: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            self.cell_error(
                row,
                column,
                format!("'{text}' must be {}", all.join(" or ")),
            )
        })
    }

    fn number(&self, row: u64, column: &str, text: &str) -> Result<f64, SamplesError> {
        let error = |reason: String| self.cell_error(row, column, reason);
        if text.contains(',') {
            return Err(error(format!(
                "'{text}' has a comma; write numbers with a point, such as 1.5"
            )));
        }
        let value: f64 = text
            .parse()
            .map_err(|_| error(format!("'{text}' is not a number, such as 1.5")))?;
        // A sample may be fresh; nothing else here can be nothing.
        let (good, range) = match column {
            "time_days" => (value >= 0.0, "0 or more"),
            _ => (value > 0.0, "more than 0"),
        };
        match good && value.is_finite() {
            true => Ok(value),
            false => Err(error(format!("{text} must be {range} and finite"))),
        }
    }

    pub(super) fn take(
        &self,
        sample: &mut TableSample,
        row: u64,
        column: &str,
        text: &str,
    ) -> Result<(), SamplesError> {
        let words = || Some(text.to_owned());
        let number = || self.number(row, column, text).map(Some);
        let entry = &mut sample.entry;
        match column {
            "sample" | "channel" => return Ok(()),
            "role" => entry.role = self.word(row, column, text, &Role::ALL)?,
            "condition" => entry.condition = words(),
            "batch" => entry.batch = words(),
            "date" => entry.date = Some(self.date(row, text)?),
            "dilution_series" => entry.dilution_series = words(),
            "time_days" => entry.time_days = number()?,
            "protein_ug_per_ml" => entry.protein_ug_per_ml = number()?,
            "nominal_nm" => entry.nominal_nm = number()?,
            "nominal_per_ml" => entry.nominal_per_ml = number()?,
            _ => {
                let place = format!("in {}, row {row}, column {column}", self.path);
                if kind_of(column) == ColumnKind::Plan {
                    self.check_comma(row, column, text)?;
                    sample
                        .plan
                        .push((column.to_owned(), text.to_owned(), place));
                    return Ok(());
                }
                sample
                    .plan
                    .push((format!("sample.{column}"), text.to_owned(), place));
                return Ok(());
            }
        }
        let place = format!("in {}, row {row}, column {column}", self.path);
        sample
            .plan
            .push((format!("sample.{column}"), text.to_owned(), place));
        Ok(())
    }

    fn check_comma(&self, row: u64, column: &str, text: &str) -> Result<(), SamplesError> {
        let is_number = keys::find(column).is_some_and(|k| {
            matches!(k.kind, keys::Kind::Number { .. } | keys::Kind::Whole { .. })
        });
        if is_number && text.contains(',') {
            let reason = format!("'{text}' has a comma; write numbers with a point, such as 1.5");
            return Err(self.cell_error(row, column, reason));
        }
        Ok(())
    }

    fn date(&self, row: u64, text: &str) -> Result<String, SamplesError> {
        let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
        let form = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| {
                if i == 4 || i == 7 {
                    b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        let valid =
            form && matches!(digits(5..7), Some(1..=12)) && matches!(digits(8..10), Some(1..=31));
        if valid {
            return Ok(text.to_owned());
        }
        let reason = format!("'{text}' is not a day of the form YYYY-MM-DD, such as 2026-03-31");
        Err(self.cell_error(row, "date", reason))
    }
}

/// Who gives a column its meaning.
#[derive(PartialEq)]
pub(super) enum ColumnKind {
    Own,
    Plan,
    Free,
}

pub(super) fn kind_of(column: &str) -> ColumnKind {
    match keys::find(column) {
        Some(key) if key.table.is_empty() => ColumnKind::Plan,
        _ if COLUMNS.iter().any(|(c, _)| *c == column) => ColumnKind::Own,
        _ => ColumnKind::Free,
    }
}

/// All names that have a meaning.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    let of_plan = keys::KEYS.iter().filter(|k| k.table.is_empty());
    COLUMNS
        .iter()
        .map(|(c, _)| *c)
        .chain(of_plan.map(|k| k.key))
}
