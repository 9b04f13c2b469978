//! The bins of a summary: one block for each quantity and weighting, with printed statistics above and percentiles
//! below.

use super::super::sections::{Row, number};
use super::super::{Block, Column, Export};
use super::{DETAILS, OF_BINS, statistics};
use crate::vendor::conditions::bare_name;

/// Name of the column with the vendor's average.
pub(super) const AVERAGE: &str = "Average";

/// Name of the column with its standard error.
pub(super) const STANDARD_ERROR: &str = "Standard Error";

fn is_video(name: &str) -> bool {
    name != AVERAGE && name != STANDARD_ERROR
}

/// Takes up every block of the file.
pub(super) fn read(rows: &[Row], separator: char, export: &mut Export) {
    let mut section = "";
    let mut start = 0;
    let mut begins: Vec<(usize, &str)> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        if let Some(name) = row.section() {
            section = OF_BINS.iter().find(|s| **s == name).copied().unwrap_or("");
            start = i;
        }
        // A block begins with its weighting; a section without that word is one block.
        let is_weighting = row.cell(0).eq_ignore_ascii_case("Weighting");
        let lacks_one = row.cell(0).eq_ignore_ascii_case("Graph Data")
            && begins.last().is_none_or(|(at, _)| *at < start);
        if !section.is_empty() && (is_weighting || lacks_one) {
            begins.push((if is_weighting { i } else { start }, section));
        }
    }
    for (k, (begin, section)) in begins.iter().enumerate() {
        let next_section = rows[begin + 1..].iter().position(|r| r.section().is_some());
        let mut end = next_section.map_or(rows.len(), |n| begin + 1 + n);
        if let Some((next, _)) = begins.get(k + 1) {
            end = end.min(*next);
        }
        let block = BlockRows {
            rows: &rows[*begin..end],
            separator,
        };
        if let Some(found) = block.read(section, export) {
            export.blocks.push(found);
        }
    }
}

/// The rows of one block.
struct BlockRows<'a> {
    rows: &'a [Row],
    separator: char,
}

impl BlockRows<'_> {
    fn row(&self, key: &str) -> Option<&Row> {
        let is_it = |r: &&Row| r.cell(0).eq_ignore_ascii_case(key);
        self.rows.iter().find(is_it)
    }

    fn read(&self, section: &str, export: &mut Export) -> Option<Block> {
        let weighting = self.row("Weighting").map_or("Number", |r| r.cell(1));
        let what = format!("[{section}], weighting {weighting}");
        let starts = |r: &Row| r.cell(0).to_lowercase().starts_with("bin centre");
        let Some(head) = self.rows.iter().position(starts) else {
            export
                .remarks
                .push(format!("{what}: the table of bins is missing"));
            return None;
        };
        let names = self.names(&self.rows[head], export);
        let (centre, mut columns) = self.bins(head, &names, export);
        if centre.len() < 2 {
            export
                .remarks
                .push(format!("{what}: the table of bins is empty"));
            return None;
        }
        let percentiles = self.percentiles(names.len());
        if percentiles.len() < 101 {
            let has = percentiles.len();
            export.remarks.push(format!(
                "{what}: {has} of 101 rows of percentiles; the file may be cut off"
            ));
        }
        let columns = names.into_iter().enumerate().filter_map(|(i, name)| {
            let values = columns.get_mut(i).map(std::mem::take)?;
            // The average of a single video has no error; a video without sizes stays in its place, with no value at all.
            let is_empty = values.is_empty() && is_video(&name);
            if values.len() != centre.len() && !is_empty {
                return None;
            }
            let of = |key: &str| number(self.row(key)?.cell(i + 1), self.separator);
            Some(Column {
                values,
                printed: statistics(of),
                valid_tracks: of("Valid Tracks"),
                name,
            })
        });
        let columns = columns.collect();
        Some(Block {
            section: section.to_owned(),
            weighting: weighting.to_owned(),
            quantity: self.rows[head].cell(0).to_owned(),
            columns,
            centre,
            percentiles,
        })
    }

    /// Names of the columns: the videos, then the average and its error where the head of the table has them.
    fn names(&self, head: &Row, export: &Export) -> Vec<String> {
        let of_block = self.row("Filename").or_else(|| self.row("Filename:"));
        let written = of_block.map(|r| r.cells.get(1..).unwrap_or_default());
        let heads = head.cells.get(1..).unwrap_or_default();
        let mut names = Vec::new();
        for (i, column) in heads.iter().enumerate() {
            let low = column.to_lowercase();
            names.push(if low.contains("average") {
                AVERAGE.to_owned()
            } else if low.contains("standard error") {
                STANDARD_ERROR.to_owned()
            } else {
                let written = written.and_then(|w| w.get(i)).filter(|w| !w.is_empty());
                // By place, not by number: names of the list may be empty.
                let listed = export.values(DETAILS, "Filename");
                let listed = || listed?.get(i).filter(|w| !w.is_empty());
                written
                    .or_else(listed)
                    .map(|w| bare_name(w).to_owned())
                    .unwrap_or_else(|| format!("video {}", i + 1))
            });
        }
        names
    }

    /// The table below its head: centres, and one list of values for each column, shorter where the vendor's average or its
    /// error is not there, and empty for a video whose cells are all empty. A row whose other videos are not all numbers, or that is out of
    /// order, is left out and counted.
    fn bins(
        &self,
        head: usize,
        names: &[String],
        export: &mut Export,
    ) -> (Vec<f64>, Vec<Vec<f64>>) {
        let mut centre: Vec<f64> = Vec::new();
        let mut values = vec![Vec::new(); names.len()];
        let below = &self.rows[head + 1..];
        let end = below
            .iter()
            .position(|r| r.cell(0).eq_ignore_ascii_case("Percentile"));
        let below = &below[..end.unwrap_or(below.len())];
        let written: Vec<bool> = (1..=names.len())
            .map(|i| below.iter().any(|r| !r.cell(i).is_empty()))
            .collect();
        for row in below {
            let at = |i: usize| number(row.cell(i), self.separator).filter(|v| *v >= 0.0);
            let found: Vec<Option<f64>> = (1..=names.len()).map(at).collect();
            let lacks = |i: usize| found[i].is_none() && written[i] && is_video(&names[i]);
            let Some(middle) = at(0).filter(|_| !(0..names.len()).any(lacks)) else {
                export.skipped.add("bin_not_of_numbers", 1);
                continue;
            };
            if centre.last().is_some_and(|c| *c >= middle) {
                export.skipped.add("bin_out_of_order", 1);
                continue;
            }
            centre.push(middle);
            for (column, value) in values.iter_mut().zip(found) {
                column.extend(value);
            }
        }
        (centre, values)
    }

    fn percentiles(&self, columns: usize) -> Vec<(f64, Vec<Option<f64>>)> {
        let is_head = |r: &Row| r.cell(0).eq_ignore_ascii_case("Percentile");
        let Some(head) = self.rows.iter().position(is_head) else {
            return Vec::new();
        };
        let rows = self.rows[head + 1..].iter().map_while(|row| {
            let percent = number(row.cell(0), self.separator)?;
            let values = (1..=columns).map(|i| number(row.cell(i), self.separator));
            Some((percent, values.collect()))
        });
        rows.collect()
    }
}
