//! TrackMate's "Export tracks to XML file", as [`crate::foreign`] reads it: `Tracks`, `particle`, `detection`.
//!
//! Positions are in pixels, the centre of the first pixel at 0; `t` is the frame, from 0. Drift is not taken away.
//! TrackMate writes the time of the export as `generationDateTime`; it is left out here, so that the same film gives the same
//! bytes.

use nta_core::Track;
use std::io::{self, BufWriter, Write};

/// Writes the tracks of one film.
pub(super) fn write(to: &mut dyn Write, tracks: &[Track], interval_s: f64) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    writeln!(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        to,
        "<Tracks nTracks=\"{}\" spaceUnits=\"pixel\" frameInterval=\"{interval_s}\" timeUnits=\"sec\" from=\"nta {}\">",
        tracks.len(),
        env!("CARGO_PKG_VERSION")
    )?;
    for track in tracks {
        writeln!(to, "  <particle nSpots=\"{}\">", track.points().len())?;
        for p in track.points() {
            let (x, y) = (p.spot.x_px, p.spot.y_px);
            let t = p.frame.0;
            writeln!(
                to,
                "    <detection t=\"{t}\" x=\"{x}\" y=\"{y}\" z=\"0.0\" />"
            )?;
        }
        writeln!(to, "  </particle>")?;
    }
    writeln!(to, "</Tracks>")?;
    to.flush()
}
