//! ZetaView's table of the positions in the cell, `_11pos.txt`: tabs, one row for each position, then mean and
//! deviations. In a position without tracks the printed median is the last bin, not a size.

use super::sections::{number, rows};
use super::{Export, Kind, Position, VendorError};

/// Reads a table of positions.
pub(super) fn read(name: &str, text: &str) -> Result<Export, VendorError> {
    let mut export = Export::new(Kind::ZetaviewPositions, name);
    export.software = Some("ZetaView".to_owned());
    let all = rows(text, '\t');
    let head: Vec<String> = all
        .first()
        .map(|r| r.cells.iter().map(|c| c.to_lowercase()).collect())
        .unwrap_or_default();
    let column = |start: &str| head.iter().position(|h| h.starts_with(start));
    let removal = column("removal");
    for row in all.iter().skip(1) {
        let of = |start: &str| number(row.cell(column(start)?), '\t');
        let Some(place) = of("position") else {
            // Mean and deviations are not positions.
            export.entries.push(row_entry(row.line, &row.cells));
            continue;
        };
        let traces = of("no. of traces");
        export.positions.push(Position {
            place,
            used: row.cell(0).eq_ignore_ascii_case("x"),
            particles: of("av. no of particles"),
            concentration_per_ml: of("conc."),
            original_per_ml: of("orig. conc."),
            traces,
            d50_nm: of("x50").filter(|v| *v > 0.0 && traces.is_some_and(|t| t > 0.0)),
            drift_um_per_s: of("drift"),
            removal: removal.map_or("", |i| row.cell(i)).to_owned(),
        });
    }
    if export.positions.is_empty() {
        return Err(VendorError::Unusable {
            path: name.to_owned(),
            place: "the rows below the first".into(),
            reason: "there is no row of a position".into(),
            advice: "export it again; the file seems to be cut off",
        });
    }
    if export.positions.iter().all(|p| !p.used) {
        export.failed = Some("ZetaView has left out every position".to_owned());
    }
    Ok(export)
}

fn row_entry(line: usize, cells: &[String]) -> super::Entry {
    super::Entry {
        section: "summary of positions".to_owned(),
        key: cells.get(1).cloned().unwrap_or_default(),
        values: cells.get(2..).unwrap_or_default().to_vec(),
        line,
    }
}
