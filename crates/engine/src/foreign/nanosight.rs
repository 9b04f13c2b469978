//! NanoSight AllTracks as NTA 3 writes it: `Particle ID, Size/nm, Diffusion coefficient/nm^2 s^-1, Frame, X/pixels,
//! Y/pixels, Ln(Adjusted intensity)/AU, Included in distribution?`, one row per spot.
//!
//! Assumed, as the files do not say it: frames are numbered as they stand, and positions are taken as they are, whether
//! the first pixel has its centre or its corner at 0; sizes do not depend on either. All tracks are read, whether the
//! vendor's distribution was made from them or not. Size and diffusion coefficient are repeated in each row of a track;
//! the first that is a number stays.

use super::table::{RowFault, Table, take};
use super::{ForeignError, ForeignSpot, Format, Gather, Source};

const UM2_PER_NM2: f64 = 1e-6;

pub(super) const FORMAT: Format = Format {
    key: "nanosight",
    title: "NanoSight AllTracks of NTA 3 (Particle ID, Frame, X/pixels, Y/pixels)",
    sniff: |head| head.has(&["particle id", "frame", "x/pixels", "y/pixels"]),
    read,
};

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut table = Table::open(source)?;
    let id = table.need("particle id")?;
    let frame = table.need("frame")?;
    let (x, y) = (table.need("x/pixels")?, table.need("y/pixels")?);
    let size = table.find("size/nm");
    let diffusion = table.find_start("diffusion coefficient");
    let ln_intensity = table.find_start("ln(adjusted intensity)");
    let spot = |table: &Table<'_>| -> Result<(Option<u64>, ForeignSpot), RowFault> {
        let intensity = table.maybe(ln_intensity).map(f64::exp);
        let spot = ForeignSpot {
            frame: table.frame(frame)?,
            x_px: table.position(x)?,
            y_px: table.position(y)?,
            precision_px: None,
            mass: intensity.filter(|v| v.is_finite()),
            snr: None,
        };
        Ok((table.track(Some(id))?, spot))
    };
    let mut gather = Gather::default();
    while table.next_row()? {
        if take(&mut gather, spot(&table))?
            && let Ok(Some(id)) = table.track(Some(id))
        {
            let diffusion_nm2_per_s = table.maybe(diffusion);
            let diffusion_um2_per_s = diffusion_nm2_per_s.map(|v| v * UM2_PER_NM2);
            gather.state(id, table.maybe(size), diffusion_um2_per_s);
        }
    }
    Ok(gather)
}
