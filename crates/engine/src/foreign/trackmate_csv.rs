//! TrackMate's table of spots (Tinevez et al., Methods 115, 80 (2017), doi:10.1016/j.ymeth.2016.09.016):
//! `...,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,...,FRAME,...`, then in TrackMate 7 three more rows: long names, short
//! names and units such as `(micron)` or `(pixel)`. Older versions wrote the first row only; then the unit has to be
//! said in [`super::FormatOptions`].
//!
//! Assumed, as the files do not say it: the centre of the first pixel is at 0. TrackMate's detectors give the
//! place in the grid times the pixel size, and its display adds half a pixel when it draws on ImageJ's canvas, where
//! the corner is at 0. So nothing is taken off.
//! Spots without a TRACK_ID (empty or `None`) are loose. Merging and splitting tracks give several spots per frame:
//! the first stays.

use super::length::{Place, px_per_unit};
use super::table::{RowFault, Table, take};
use super::{ForeignError, ForeignSpot, Format, Gather, Source};

/// Rows of names and units after the first.
const MORE_HEADER_ROWS: usize = 3;

pub(super) const FORMAT: Format = Format {
    key: "trackmate_csv",
    title: "TrackMate CSV of spots (TRACK_ID, FRAME, POSITION_X, POSITION_Y)",
    sniff: |head| head.has(&["track_id", "frame", "position_x", "position_y"]),
    read,
};

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut table = Table::open(source)?;
    let id = table.need("track_id")?;
    let frame = table.need("frame")?;
    let (x, y) = (table.need("position_x")?, table.need("position_y")?);
    let mass = table
        .find("total_intensity_ch1")
        .or_else(|| table.find("total_intensity"));
    let mut line = table.line();
    let mut unit: Option<String> = None;
    let mut more = table.next_row()?;
    for _ in 0..MORE_HEADER_ROWS {
        if !more || !is_header(&table, x) {
            break;
        }
        if table.any_starts_with('(') {
            line = table.line();
            unit = Some(table.text(x).to_owned()).filter(|u| !u.is_empty());
        }
        more = table.next_row()?;
    }
    let place = Place {
        path: source.path,
        line,
        column: table.name(x),
    };
    let px_per_unit = px_per_unit(unit.as_deref(), source.options, &place)?;
    let spot = |table: &Table<'_>| -> Result<(Option<u64>, ForeignSpot), RowFault> {
        let spot = ForeignSpot {
            frame: table.frame(frame)?,
            x_px: in_px(table.position(x)?, px_per_unit)?,
            y_px: in_px(table.position(y)?, px_per_unit)?,
            precision_px: None,
            mass: table.maybe(mass),
            snr: None,
        };
        Ok((table.track(Some(id))?, spot))
    };
    let mut gather = Gather::default();
    while more {
        take(&mut gather, spot(&table))?;
        more = table.next_row()?;
    }
    Ok(gather)
}

/// Whether a row is one of names or units: no number where the position belongs, but something somewhere.
fn is_header(table: &Table<'_>, x: usize) -> bool {
    !table.is_number(x) && (!table.is_absent(x) || table.any_starts_with('('))
}

/// A position in px; a number near the end of its range may leave it.
pub(super) fn in_px(value: f64, px_per_unit: f64) -> Result<f64, RowFault> {
    let value_px = value * px_per_unit;
    if value_px.is_finite() {
        Ok(value_px)
    } else {
        Err(RowFault::Skip("position_not_finite"))
    }
}
