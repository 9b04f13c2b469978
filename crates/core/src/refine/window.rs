//! The pixels around a spot.

use super::blocks::LANES;
use crate::Tally;
use crate::film::Film;
use crate::model::{Flat, Spot};

/// Cells of a square window that may be used. A cell is one pixel, or for wide spots the mean of a small square of them:
/// a wide spot has nothing finer, and the fit takes as many times less work.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Row of the centre of the middle cell, px.
    pub(super) y: f64,
    /// Column of the centre of the middle cell, px.
    pub(super) x: f64,
    /// Side of a cell, px.
    pub(super) pitch: f64,
    /// Half its side, cells.
    pub(super) radius: i32,
    /// Cells without a gap, row-major.
    pub(super) runs: Vec<Run>,
    /// Counts of the cells of all runs, one run after the other, and some zeros so that no block ends early.
    pub(super) counts: Vec<f64>,
}

/// Cells of one row without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Row, from 0 at the top of the window.
    pub(super) row: usize,
    /// First column, from 0 at the left of the window.
    pub(super) col: usize,
    /// Number of cells.
    pub(super) len: usize,
    /// Place of the first among the counts.
    pub(super) at: usize,
}

impl Window {
    /// The window of half side `radius_px` around the pixel nearest to a point, in cells of `pitch` pixels, without
    /// saturated and masked ones.
    pub(super) fn around(
        flat: &Flat,
        film: &Film,
        (y, x): (f64, f64),
        radius_px: f64,
        pitch: i32,
    ) -> Self {
        let mut window = Self::default();
        window.take(flat, film, (y, x), radius_px, pitch);
        window
    }

    /// As [`Self::around`], in the room that an earlier window leaves.
    pub(super) fn take(
        &mut self,
        flat: &Flat,
        film: &Film,
        (y, x): (f64, f64),
        radius_px: f64,
        pitch: i32,
    ) {
        let (cy, cx) = (y.round(), x.round());
        let middle = 0.5 * f64::from(pitch - 1);
        let radius = (radius_px / f64::from(pitch)).ceil() as i32;
        let first = -(pitch / 2);
        self.y = cy + f64::from(first) + middle;
        self.x = cx + f64::from(first) + middle;
        self.pitch = f64::from(pitch);
        self.radius = radius;
        self.runs.clear();
        self.counts.clear();
        let (height, width) = flat.image.dim();
        let far = |c: f64, n: usize| !c.is_finite() || c < -1e4 || c > n as f64 + 1e4;
        if !(far(cy, height) || far(cx, width) || film.usable.dim() != (height, width)) {
            let middle = (cy as i64 + i64::from(first), cx as i64 + i64::from(first));
            self.gather(flat, film, middle, pitch);
        }
        self.counts.extend([0.0; LANES]);
    }

    /// Takes the cells around the one whose upper left corner is at (`top`, `left`).
    fn gather(&mut self, flat: &Flat, film: &Film, (top, left): (i64, i64), pitch: i32) {
        let (radius, (height, width)) = (self.radius, flat.image.dim());
        let side = (2 * radius + 1) as usize;
        let inside = |first: i64, n: usize| {
            first >= i64::from(radius) && first + i64::from(radius) < n as i64
        };
        let full = full_pixels(flat, (top, left), radius, pitch);
        let plain = pitch == 1 && full.is_empty() && inside(top, height) && inside(left, width);
        let (image, usable) = (flat.image.as_slice(), film.usable.as_slice());
        if let (true, Some(image), Some(usable)) = (plain, image, usable) {
            // Nearly all windows: nothing is outside or full.
            let corner = (top - i64::from(radius)) as usize * width + left as usize;
            for row in 0..side {
                let from = corner + row * width - radius as usize;
                let (counts, open) = (&image[from..][..side], &usable[from..][..side]);
                if all_open(open) {
                    self.open_run(row, 0, side);
                    self.counts.extend(counts.iter().map(|c| f64::from(*c)));
                    continue;
                }
                for (col, (counts, open)) in counts.iter().zip(open).enumerate() {
                    if *open {
                        self.push(row, col, f64::from(*counts));
                    }
                }
            }
            return;
        }
        for row in 0..side {
            for col in 0..side {
                let from = |first: i64, k: usize| first + i64::from((k as i32 - radius) * pitch);
                let corner = (from(top, row), from(left, col));
                if let Some(counts) = cell(flat, film, full, corner, i64::from(pitch)) {
                    self.push(row, col, counts);
                }
            }
        }
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.runs.last().map_or(0, |run| run.at + run.len)
    }

    /// Centre of a row, counted from 0, px.
    #[inline(always)]
    pub(super) fn row_px(&self, row: usize) -> f64 {
        self.y + self.pitch * f64::from(row as i32 - self.radius)
    }

    /// Centre of a column, counted from 0, px.
    #[inline(always)]
    pub(super) fn col_px(&self, col: usize) -> f64 {
        self.x + self.pitch * f64::from(col as i32 - self.radius)
    }

    fn open_run(&mut self, row: usize, col: usize, len: usize) {
        let at = self.counts.len();
        self.runs.push(Run { row, col, len, at });
    }

    /// Adds a cell; the order must be row-major.
    fn push(&mut self, row: usize, col: usize, counts: f64) {
        match self.runs.last_mut() {
            Some(run) if run.row == row && run.col + run.len == col => run.len += 1,
            _ => self.open_run(row, col, 1),
        }
        self.counts.push(counts);
    }

    /// (row offset, column offset, counts) of all cells, row-major; offsets in cells from the middle.
    pub(super) fn cells(&self) -> impl Iterator<Item = (i32, i32, f64)> {
        let radius = self.radius;
        self.runs.iter().flat_map(move |run| {
            let cells = (run.col as i32 - radius..).zip(&self.counts[run.at..][..run.len]);
            cells.map(move |(dx, counts)| (run.row as i32 - radius, dx, *counts))
        })
    }

    /// Counts of the middle cell and those around it.
    pub(super) fn middle_counts(&self) -> impl Iterator<Item = f64> {
        let middle = self.radius as usize;
        let near = move |k: usize| k.abs_diff(middle) <= 1;
        let runs = self.runs.iter().filter(move |run| near(run.row));
        runs.flat_map(move |run| {
            let cells = (run.col..).zip(&self.counts[run.at..][..run.len]);
            cells.filter(move |c| near(c.0)).map(|c| *c.1)
        })
    }

    /// Median of the outermost pixels: what lies below the spot.
    pub(super) fn rim_counts(&self) -> f64 {
        let end = 2 * self.radius as usize;
        let mut rim = Vec::with_capacity(4 * end);
        for run in &self.runs {
            let counts = &self.counts[run.at..][..run.len];
            if run.row == 0 || run.row == end {
                rim.extend_from_slice(counts);
                continue;
            }
            let (first, last) = (run.col == 0, run.col + run.len == end + 1);
            rim.extend(first.then_some(counts[0]));
            rim.extend((last && end > 0).then_some(counts[run.len - 1]));
        }
        crate::tiles::median(&mut rim).unwrap_or(0.0)
    }
}

/// Saturated pixels of the rows of a window; none if it holds none.
fn full_pixels(flat: &Flat, (top, left): (i64, i64), radius: i32, pitch: i32) -> &[(u32, u32)] {
    let (before, behind) = (i64::from(radius * pitch), i64::from((radius + 1) * pitch));
    let rows = flat.saturated.as_slice();
    let from = rows.partition_point(|p| i64::from(p.0) < top - before);
    let to = rows.partition_point(|p| i64::from(p.0) < top + behind);
    let rows = &rows[from..to.max(from)];
    let columns = left - before..left + behind;
    let any = rows.iter().any(|p| columns.contains(&i64::from(p.1)));
    if any { rows } else { &[] }
}

/// Whether all of some pixels may be used.
fn all_open(open: &[bool]) -> bool {
    // Eight at a time, the last of them twice where they do not come out even.
    let (blocks, rest) = open.as_chunks::<8>();
    let whole = blocks.iter().all(|block| *block == [true; 8]);
    whole
        && open
            .last_chunk::<8>()
            .map_or_else(|| rest.iter().all(|o| *o), |end| *end == [true; 8])
}

/// Mean of the cell with this upper left corner; `None` if any of its pixels is outside, masked or saturated.
fn cell(
    flat: &Flat,
    film: &Film,
    full: &[(u32, u32)],
    (top, left): (i64, i64),
    pitch: i64,
) -> Option<f64> {
    let mut sum = 0.0;
    for y in top..top + pitch {
        for x in left..left + pitch {
            let at = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
            if film.usable.get(at) != Some(&true) {
                return None;
            }
            if !full.is_empty() && full.binary_search(&(y as u32, x as u32)).is_ok() {
                return None;
            }
            sum += f64::from(flat.image[at]);
        }
    }
    Some(sum / (pitch * pitch) as f64)
}

/// Noise of a pixel, counts; never below that of rounding to whole counts, 1 / sqrt(12).
pub(super) fn pixel_noise_counts(film: &Film) -> f64 {
    f64::from(film.noise_counts).max(0.29)
}

/// Keeps spots that lie in the usable picture, each particle once, in the order of y, then x; tallies the rest.
pub(super) fn settle(mut spots: Vec<Spot>, film: &Film, tally: &mut Tally) -> Vec<Spot> {
    let (height, width) = film.usable.dim();
    spots.retain(|s| {
        let inside = s.x_px >= -0.5
            && s.y_px >= -0.5
            && s.x_px < width as f64 - 0.5
            && s.y_px < height as f64 - 0.5;
        let usable = inside && film.is_usable(s.y_px.max(0.0), s.x_px.max(0.0));
        if !inside {
            tally.add("off_frame", 1);
        } else if !usable {
            tally.add("masked", 1);
        }
        usable
    });
    spots.sort_by(|a, b| {
        b.snr
            .total_cmp(&a.snr)
            .then(a.y_px.total_cmp(&b.y_px))
            .then(a.x_px.total_cmp(&b.x_px))
    });
    // The spots kept, each with the one kept before it in its row, and the last one of each row.
    let mut kept: Vec<(Spot, Option<usize>)> = Vec::with_capacity(spots.len());
    let mut last: Vec<Option<usize>> = vec![None; height];
    for spot in spots {
        // Two fits that ended this near to each other describe the same particle.
        let reach = film.spot_width_px.max(1.0);
        let row = (spot.y_px.max(0.0) as usize).min(height.saturating_sub(1));
        let from = row.saturating_sub(reach.ceil() as usize + 1);
        let to = (row + reach.ceil() as usize + 2).min(height);
        let twin = last[from..to].iter().any(|last| {
            std::iter::successors(*last, |i| kept[*i].1).any(|i| {
                let other = &kept[i].0;
                (other.y_px - spot.y_px).hypot(other.x_px - spot.x_px) < reach
            })
        });
        if twin {
            tally.add("merged", 1);
        } else {
            let before = last[row].replace(kept.len());
            kept.push((spot, before));
        }
    }
    let mut out: Vec<Spot> = kept.into_iter().map(|k| k.0).collect();
    out.sort_by(Spot::by_place);
    out
}
