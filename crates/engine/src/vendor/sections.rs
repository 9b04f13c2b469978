//! Lines of an export become cells, each line by itself: a stray quote in a remark then spoils its own line and no more.

use super::Entry;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Line, from 1.
    pub(super) line: usize,
    /// Cells without spaces around them; the empty ones at the end are left out.
    pub(super) cells: Vec<String>,
}

impl Row {
    /// A cell; empty if the row is too short.
    pub(super) fn cell(&self, i: usize) -> &str {
        self.cells.get(i).map_or("", String::as_str)
    }

    /// The name in a row such as `[Results]`.
    pub(super) fn section(&self) -> Option<&str> {
        self.cell(0).strip_prefix('[')?.strip_suffix(']')
    }

    /// The row as a key with its values.
    pub(super) fn entry(&self, section: &str) -> Entry {
        Entry {
            section: section.to_owned(),
            key: self.cell(0).trim_end_matches(':').to_owned(),
            values: self.cells.get(1..).unwrap_or_default().to_vec(),
            line: self.line,
        }
    }
}

/// The separator of an export: the one of three that its first lines have most of. Spreadsheets save with others than
/// a comma.
pub(super) fn separator(text: &str) -> char {
    let head: Vec<&str> = text.lines().take(40).collect();
    let count = |c: char| head.iter().map(|l| l.matches(c).count()).sum::<usize>();
    let mut best = ',';
    for other in [';', '\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

/// All lines that are not empty.
pub(super) fn rows(text: &str, separator: char) -> Vec<Row> {
    let lines = text.split('\n').enumerate();
    let rows = lines.map(|(i, line)| Row {
        line: i + 1,
        cells: cells(line, separator),
    });
    rows.filter(|row| !row.cells.is_empty()).collect()
}

/// The cells of one line. A cell may stand in quotes, and a quote in it is written twice.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if c == separator && !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    for cell in &mut cells {
        let plain = cell.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if plain.len() != cell.len() {
            *cell = plain.to_owned();
        }
    }
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// A number, where the text is a finite one. In files that are not separated by commas a comma may be the decimal sign.
pub(super) fn number(text: &str, separator: char) -> Option<f64> {
    let text = text.trim();
    let plain = text.parse::<f64>().ok();
    let number = match plain {
        None if separator != ',' => text.replacen(',', ".", 1).parse::<f64>().ok(),
        found => found,
    };
    number.filter(|v| v.is_finite())
}

/// A number above 0.
pub(super) fn positive(text: &str, separator: char) -> Option<f64> {
    number(text, separator).filter(|v| *v > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_spreadsheets_do_it() {
        let split = |line| cells(line, ',').join("|");
        assert_eq!(split("a, b ,,c,,\r"), "a|b||c");
        assert_eq!(
            split("Remarks,\"one, \"\"two\"\"\",x"),
            "Remarks|one, \"two\"|x"
        );
        assert_eq!(split("Remarks,5\" tube,x"), "Remarks|5\" tube|x");
        // A quote that is never closed takes its own line only.
        assert_eq!(rows("a,\"b,c\nd,e", ',').len(), 2);
        assert_eq!(split(",,,"), "");
    }

    #[test]
    fn a_comma_is_a_decimal_sign_only_where_it_separates_nothing() {
        assert_eq!(number(" 1,5 ", ';'), Some(1.5));
        assert_eq!(number("1,5", ','), None);
        assert_eq!(number("1.0E+09", ','), Some(1e9));
        assert_eq!(number("NaN", ','), None);
        assert_eq!(number("1e999", ','), None);
        assert_eq!(positive("0", ','), None);
        assert_eq!(separator("a;b;c\n1,5;2;3"), ';');
    }
}
