//! Tables of trackpy, and those of nta, which have trackpy's columns and a `capture` besides.
//!
//! Needed are `frame`, `x` and `y`; `particle`, `ep` (standard error of the position, px), `mass` and `diameter_nm` (of
//! the whole track, so the same in each of its rows; not trackpy's own, for users who size its tracks) are used if they
//! are there. Columns come in any order, and pandas often writes a nameless one first. Rows without a particle are
//! loose spots: trackpy before linking, and nta's `spots.csv`.

use super::table::{RowFault, Table, take};
use super::{ForeignError, ForeignSpot, Format, Gather, Head, Source};

pub(super) const FORMAT: Format = Format {
    key: "trackpy",
    title: "trackpy CSV (frame, x, y, particle)",
    sniff: is_trackpy,
    read,
};

pub(super) const NTA_FORMAT: Format = Format {
    key: "nta",
    title: "nta tracks.csv or spots.csv",
    sniff: |head| is_trackpy(head) && head.has(&["capture"]),
    read,
};

fn is_trackpy(head: &Head<'_>) -> bool {
    head.has(&["frame", "x", "y"])
}

/// Columns in use.
struct Columns {
    frame: usize,
    x: usize,
    y: usize,
    particle: Option<usize>,
    ep: Option<usize>,
    mass: Option<usize>,
    diameter_nm: Option<usize>,
    snr: Option<usize>,
}

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut table = Table::open(source)?;
    let columns = Columns {
        frame: table.need("frame")?,
        x: table.need("x")?,
        y: table.need("y")?,
        particle: table.find("particle"),
        ep: table.find("ep"),
        mass: table.find("mass"),
        diameter_nm: table.find("diameter_nm"),
        snr: table.find("snr"),
    };
    let capture = table.find("capture");
    let wanted = source.options.capture;
    let mut gather = Gather::default();
    let mut found = false;
    let mut others: Option<(u64, u64)> = None;
    while table.next_row()? {
        match table.track(capture) {
            Ok(Some(other)) if other != wanted => {
                gather.skipped.add("other_capture", 1);
                let (first, last) = others.unwrap_or((other, other));
                others = Some((first.min(other), last.max(other)));
                continue;
            }
            // A row that does not say its capture is taken: trackpy's own files have none.
            Ok(_) => {}
            Err(fault) => {
                take(&mut gather, Err(fault))?;
                continue;
            }
        }
        found = true;
        if take(&mut gather, spot(&table, &columns))?
            && columns.diameter_nm.is_some()
            && let Ok(Some(id)) = table.track(columns.particle)
        {
            gather.state(id, table.maybe(columns.diameter_nm), None);
        }
    }
    match others {
        Some((first, last)) if !found => Err(ForeignError::NoSuchCapture {
            path: source.path.to_owned(),
            capture: wanted,
            first,
            last,
        }),
        _ => Ok(gather),
    }
}

fn spot(table: &Table<'_>, columns: &Columns) -> Result<(Option<u64>, ForeignSpot), RowFault> {
    let spot = ForeignSpot {
        frame: table.frame(columns.frame)?,
        x_px: table.position(columns.x)?,
        y_px: table.position(columns.y)?,
        // trackpy writes a negative or no `ep` where a spot was not above the noise.
        precision_px: table.maybe_positive(columns.ep),
        mass: table.maybe(columns.mass),
        snr: table.maybe(columns.snr),
    };
    Ok((table.track(columns.particle)?, spot))
}
