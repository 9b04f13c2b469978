//! Tables of the MOSAIC Particle Tracker for ImageJ (Sbalzarini and Koumoutsakos, J. Struct. Biol. 151, 182 (2005),
//! doi:10.1016/j.jsb.2005.06.002): `Trajectory,Frame,x,y,z`, mostly after a nameless column of row numbers, and in
//! newer versions followed by the intensity moments `m0` to `m4` and `NPscore`.
//!
//! Assumed, as the files do not say it:
//! - `x` is across and `y` down. Old releases of the plugin are said to count `x` down the rows; nothing in a file
//!   tells them apart. Sizes do not depend on it; positions of such files come out with x and y exchanged.
//! - The corner of the first pixel is at 0: MosaicSuite's own reports give the detections before refinement, which lie
//!   on whole pixels, as `n + 0.5`. nta counts from the centre of the first pixel, so half a pixel is taken off.
//! - Positions are in px and frames are numbered as they stand (MosaicSuite begins with 0).
//! - `z` is left out: the film of a nanoparticle tracking analysis is flat.

use super::table::{RowFault, Table, take};
use super::{ForeignError, ForeignSpot, Format, Gather, Source};

/// From the corner of a pixel to its centre, px.
const CORNER_TO_CENTRE_PX: f64 = 0.5;

pub(super) const FORMAT: Format = Format {
    key: "mosaic",
    title: "MOSAIC Particle Tracker CSV (Trajectory, Frame, x, y)",
    sniff: |head| head.has(&["trajectory", "frame", "x", "y"]),
    read,
};

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut table = Table::open(source)?;
    let trajectory = table.need("trajectory")?;
    let frame = table.need("frame")?;
    let (x, y) = (table.need("x")?, table.need("y")?);
    let m0 = table.find("m0");
    let spot = |table: &Table<'_>| -> Result<(Option<u64>, ForeignSpot), RowFault> {
        let spot = ForeignSpot {
            frame: table.frame(frame)?,
            x_px: table.position(x)? - CORNER_TO_CENTRE_PX,
            y_px: table.position(y)? - CORNER_TO_CENTRE_PX,
            precision_px: None,
            // All moments are 0 where the plugin has linked positions that came from elsewhere.
            mass: table.maybe_positive(m0),
            snr: None,
        };
        Ok((table.track(Some(trajectory))?, spot))
    };
    let mut gather = Gather::default();
    while table.next_row()? {
        take(&mut gather, spot(&table))?;
    }
    Ok(gather)
}
