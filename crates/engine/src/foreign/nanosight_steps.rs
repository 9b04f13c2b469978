//! NanoSight alltracks as older software writes it: `Particle ID, Track Step, X1, Y1, X2, Y2, Diffusion Co, Particle
//! Size`, one row per step from one frame to the next.
//!
//! `Diffusion Co` is in 0.01 um^2/s. In real files it is, for every track, a constant times the mean squared step in
//! px^2: the pixel size squared over four frame intervals, without a term for noise or motion blur.
//!
//! Assumed, as the files do not say it:
//! - `Track Step` n leads from the (n-1)th to the nth position of the track. There are no frames of the film, so the
//!   position from which the first step of a track starts gets frame 0: two tracks cannot be laid side by side in time.
//! - Positions are in px and taken as they are, whether the first pixel has its centre or its corner at 0.

use super::table::{RowFault, Table};
use super::{ForeignError, ForeignSpot, Format, Gather, Source};
use std::collections::BTreeMap;

/// Unit of `Diffusion Co`, um^2/s.
const DIFFUSION_UNIT_UM2_PER_S: f64 = 0.01;

pub(super) const FORMAT: Format = Format {
    key: "nanosight_steps",
    title: "older NanoSight alltracks (Particle ID, Track Step, X1, Y1, X2, Y2)",
    sniff: |head| head.has(&["particle id", "track step", "x1", "y1", "x2", "y2"]),
    read,
};

/// One row.
#[derive(Clone, Copy)]
struct Step {
    number: u32,
    from_px: (f64, f64),
    to_px: (f64, f64),
}

/// Columns that each row needs.
struct Columns {
    id: usize,
    step: usize,
    /// X1, Y1, X2, Y2.
    ends: [usize; 4],
}

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut table = Table::open(source)?;
    let columns = Columns {
        id: table.need("particle id")?,
        step: table.need("track step")?,
        ends: [
            table.need("x1")?,
            table.need("y1")?,
            table.need("x2")?,
            table.need("y2")?,
        ],
    };
    let size = table.find("particle size");
    let diffusion = table.find_start("diffusion co");
    let mut gather = Gather::default();
    let mut tracks: BTreeMap<u64, Vec<Step>> = BTreeMap::new();
    while table.next_row()? {
        match step(&table, &columns) {
            Ok((id, step)) => {
                tracks.entry(id).or_default().push(step);
                let diffusion_um2_per_s =
                    table.maybe(diffusion).map(|v| v * DIFFUSION_UNIT_UM2_PER_S);
                gather.state(id, table.maybe(size), diffusion_um2_per_s);
            }
            Err(RowFault::Skip(reason)) => gather.skipped.add(reason, 1),
            Err(RowFault::Refuse(error)) => return Err(error),
        }
    }
    for (id, steps) in tracks {
        join(id, steps, &mut gather);
    }
    Ok(gather)
}

fn step(table: &Table<'_>, columns: &Columns) -> Result<(u64, Step), RowFault> {
    let id = table.track(Some(columns.id))?;
    let id = id.ok_or(RowFault::Skip("bad_track_number"))?;
    let [x1, y1, x2, y2] = columns.ends;
    let step = Step {
        number: table.frame(columns.step)?,
        from_px: (table.position(x1)?, table.position(y1)?),
        to_px: (table.position(x2)?, table.position(y2)?),
    };
    Ok((id, step))
}

/// Steps become positions. Where a step is missing there is a gap, and the next one brings both its ends.
fn join(id: u64, mut steps: Vec<Step>, gather: &mut Gather) {
    let rows = steps.len();
    steps.sort_by_key(|step| step.number);
    steps.dedup_by_key(|step| step.number);
    gather
        .skipped
        .add("frame_twice", (rows - steps.len()) as u64);
    let Some(first) = steps.first().map(|step| step.number) else {
        return;
    };
    let mut before: Option<Step> = None;
    for step in steps {
        let start = step.number - first;
        match before.filter(|b| b.number + 1 == step.number) {
            None => gather.add(Some(id), spot(start, step.from_px)),
            Some(b) if b.to_px != step.from_px => gather.skipped.add("step_not_joined", 1),
            Some(_) => {}
        }
        match start.checked_add(1) {
            Some(end) => gather.add(Some(id), spot(end, step.to_px)),
            None => gather.skipped.add("frame_too_large", 1),
        }
        before = Some(step);
    }
}

fn spot(frame: u32, (x_px, y_px): (f64, f64)) -> ForeignSpot {
    ForeignSpot {
        frame,
        x_px,
        y_px,
        precision_px: None,
        mass: None,
        snr: None,
    }
}
