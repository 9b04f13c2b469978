//! Median over time of a film, interpolated within the step of one count, so that the result of 8-bit films is not
//! coarser than their noise.
//!
//! Each column of a block is halved towards its median by counting what lies below, which vectors do for many columns
//! at once. Counts of 8 bits are halved as they are first: multiplying each frame by its own factor keeps the median
//! between the products of the plain median with the smallest and the largest factor, which hardly differ.

mod columns;

use self::columns::{LANES, count_below, halved, range, sorted};
use crate::instructions;
use crate::model::Pixels;
use crate::side_by_side::each_with_room;
use ndarray::Array2;

/// Rows that are one piece of work.
const BAND: usize = 8;
/// The counting on 8 bits counts in 8 bits too.
const MOST_FRAMES: usize = 255;

/// Medians over time of a film and of its two halves.
pub(crate) struct Medians {
    pub(crate) whole: Array2<f32>,
    /// Of the first and the second half, if they were asked for.
    pub(crate) halves: Option<[Array2<f32>; 2]>,
}

/// Median over time of `frames`, each multiplied by its factor; all have the same shape.
pub(crate) fn temporal_medians(frames: &[&Pixels], factors: &[f64], with_halves: bool) -> Medians {
    let (height, width) = frames.first().map_or((0, 0), |f| f.dim());
    let film = Sample::new(frames, factors);
    let mut whole = Array2::zeros((height, width));
    let mut halves = with_halves.then(|| [0, 1].map(|_| Array2::zeros((height, width))));
    let mut bands: Vec<Band<'_>> = Vec::new();
    if width > 0 {
        let size = BAND * width;
        let split = |a| Array2::as_slice_mut(a).unwrap_or_default().chunks_mut(size);
        bands.extend(
            split(&mut whole)
                .zip((0..).step_by(BAND))
                .map(|(whole, top)| Band {
                    top,
                    whole,
                    halves: None,
                }),
        );
        if let Some([first, second]) = &mut halves {
            for (band, (a, b)) in bands.iter_mut().zip(split(first).zip(split(second))) {
                band.halves = Some([a, b]);
            }
        }
    }
    each_with_room(bands, |mut band, room: &mut Room| {
        for y in 0..band.whole.len() / width {
            film.stage(band.top + y, width, room);
            instructions::run(RowOfMedians {
                film: &film,
                room,
                whole: &mut band.whole[y * width..][..width],
                halves: band
                    .halves
                    .as_mut()
                    .map(|h| h.each_mut().map(|half| &mut half[y * width..][..width])),
            });
        }
    });
    Medians { whole, halves }
}

/// Some rows of the result.
struct Band<'a> {
    top: usize,
    whole: &'a mut [f32],
    halves: Option<[&'a mut [f32]; 2]>,
}

/// Room for one row of all frames.
#[derive(Default)]
struct Room {
    /// Plain counts, if all frames have 8 bits.
    plain: Vec<u8>,
    /// Otherwise fixed point.
    fixed: Vec<u16>,
    /// One block of columns of the row.
    plain_block: Vec<[u8; LANES]>,
    block: Vec<[u16; LANES]>,
}

/// The frames and what their counts are multiplied with to become fixed point.
struct Sample<'a> {
    frames: &'a [&'a Pixels],
    scales: Vec<Scale>,
    /// Steps of fixed point per count.
    unit: u32,
    /// All frames have 8 bits, and there are not too many of them.
    plain: bool,
}

impl<'a> Sample<'a> {
    fn new(frames: &'a [&'a Pixels], factors: &[f64]) -> Self {
        // What 8 bits can hold leaves the fixed point as fine as it gets, so that their highest count need not be known.
        let highest = frames.iter().map(|f| match f {
            Pixels::U8(_) => 255,
            // A fold becomes vector code, `max` does not.
            Pixels::U16(a) => a.fold(0, |m: u16, v| m.max(*v)),
        });
        let highest = highest.max().unwrap_or(0);
        // As many steps per count as 16 bits allow for factors up to two.
        let mut unit = 1u32;
        while unit < 64 && 4 * unit * (u32::from(highest) + 1) <= 65_536 {
            unit *= 2;
        }
        Self {
            frames,
            scales: factors
                .iter()
                .map(|f| Scale::new(f * f64::from(unit)))
                .collect(),
            unit,
            plain: frames.len() <= MOST_FRAMES && frames.iter().all(|f| matches!(f, Pixels::U8(_))),
        }
    }

    /// Fetches row `y` of all frames.
    fn stage(&self, y: usize, width: usize, room: &mut Room) {
        let stride = width.div_ceil(LANES) * LANES;
        let n = self.frames.len();
        room.plain_block.resize(n, [0; LANES]);
        room.block.resize(n, [0; LANES]);
        room.plain
            .resize(if self.plain { n * stride } else { 0 }, 0);
        room.fixed
            .resize(if self.plain { 0 } else { n * stride }, 0);
        for (i, (frame, scale)) in self.frames.iter().zip(&self.scales).enumerate() {
            match frame {
                Pixels::U8(a) if self.plain => {
                    copy(a, y, &mut room.plain[i * stride..][..width], |v| v)
                }
                Pixels::U8(a) => {
                    let row = &mut room.fixed[i * stride..][..width];
                    copy(a, y, row, |v| scale.fixed(v.into()));
                }
                Pixels::U16(a) => {
                    let row = &mut room.fixed[i * stride..][..width];
                    copy(a, y, row, |v| scale.fixed(v));
                }
            }
        }
    }
}

/// Row `y` of a picture, however it lies in memory.
fn copy<T: Copy, U>(a: &Array2<T>, y: usize, out: &mut [U], change: impl Fn(T) -> U) {
    let row = a.row(y);
    match row.as_slice() {
        Some(row) => (out.iter_mut().zip(row)).for_each(|(o, v)| *o = change(*v)),
        None => (out.iter_mut().zip(row)).for_each(|(o, v)| *o = change(*v)),
    }
}

/// What the counts of one frame become in fixed point: rounded, and what exceeds 16 bits stays at the top.
struct Scale {
    factor: f64,
    /// For each count of 8 bits.
    table: Vec<u16>,
    /// The table as a formula that becomes vector code, if there is one that gives the same everywhere.
    formula: Option<Formula>,
}

impl Scale {
    fn new(factor: f64) -> Self {
        let mut out = Self {
            factor,
            table: Vec::new(),
            formula: None,
        };
        out.table = (0..256).map(|v| out.fixed(v)).collect();
        out.formula = Formula::of(&out.table, factor);
        out
    }

    fn fixed(&self, counts: u16) -> u16 {
        (f64::from(counts) * self.factor + 0.5) as u16
    }

    #[inline(always)]
    fn fill(&self, counts: &[u8; LANES], out: &mut [u16; LANES]) {
        match self.formula {
            Some(formula) => {
                for j in 0..LANES {
                    out[j] = formula.at(i32::from(counts[j])) as u16;
                }
            }
            None => {
                for j in 0..LANES {
                    out[j] = self.table[usize::from(counts[j])];
                }
            }
        }
    }
}

/// 64 times the counts and what `slope / 2^shift` of them is more than that, rounded.
#[derive(Clone, Copy)]
struct Formula {
    slope: i32,
    shift: u32,
}

impl Formula {
    /// For a table of 256 numbers near `factor` times their place, which is near 64.
    fn of(table: &[u16], factor: f64) -> Option<Self> {
        let more = factor - 64.0;
        // As fine as the largest product in 32 bits allows.
        let shift = (1..=26)
            .rev()
            .find(|s| more.abs() * f64::from(1u32 << s) < f64::from(1 << 22))?;
        let near = (more * f64::from(1u32 << shift)).floor() as i32;
        let mut formulas = [near, near + 1]
            .into_iter()
            .map(|slope| Self { slope, shift });
        formulas.find(|f| (0..).zip(table).all(|(v, t)| f.at(v) == i32::from(*t)))
    }

    #[inline(always)]
    fn at(self, v: i32) -> i32 {
        64 * v + ((v * self.slope + (1 << self.shift >> 1)) >> self.shift)
    }
}

/// Medians of one row, whose counts are staged in the room.
struct RowOfMedians<'a> {
    film: &'a Sample<'a>,
    room: &'a mut Room,
    whole: &'a mut [f32],
    halves: Option<[&'a mut [f32]; 2]>,
}

impl instructions::Kernel for RowOfMedians<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let width = self.whole.len();
        let stride = width.div_ceil(LANES) * LANES;
        let (scales, unit) = (&self.film.scales, self.film.unit);
        let split = self.film.frames.len() / 2;
        for x in (0..width).step_by(LANES) {
            self.room.gather(x, stride, scales, self.film.plain);
            let put = |out: &mut [f32], values: [f32; LANES]| {
                let out = &mut out[x..];
                let n = out.len().min(LANES);
                out[..n].copy_from_slice(&values[..n]);
            };
            let plain = self.film.plain.then_some(&self.room.plain_block[..]);
            let all = Block {
                plain,
                scales,
                fixed: &self.room.block,
            };
            let Some(halves) = &mut self.halves else {
                let (_, middle) = all.middle_anywhere();
                put(self.whole, interpolated(all.fixed, &middle, unit));
                continue;
            };
            let (first, second) = all.split_at(split);
            let ((a8, a), (b8, b)) = (first.middle_anywhere(), second.middle_anywhere());
            put(halves[0], interpolated(first.fixed, &a, unit));
            put(halves[1], interpolated(second.fixed, &b, unit));
            // The median of all lies between those of the halves.
            let (low8, high8) = sorted(&a8, &b8);
            let (low, high) = sorted(&a, &b);
            let (_, middle) = all.middle(low8, high8, low, high);
            put(self.whole, interpolated(all.fixed, &middle, unit));
        }
    }
}

impl Room {
    /// Takes a block of columns out of the row, and makes fixed point of it.
    #[inline(always)]
    fn gather(&mut self, x: usize, stride: usize, scales: &[Scale], plain: bool) {
        if !plain {
            for (to, row) in self.block.iter_mut().zip(self.fixed.chunks_exact(stride)) {
                to.copy_from_slice(&row[x..][..LANES]);
            }
            return;
        }
        let rows = self.plain.chunks_exact(stride).zip(scales);
        let blocks = self.plain_block.iter_mut().zip(&mut self.block);
        for ((row, scale), (to8, to)) in rows.zip(blocks) {
            to8.copy_from_slice(&row[x..][..LANES]);
            scale.fill(to8, to);
        }
    }
}

/// A block of columns of some frames, as plain counts if all have 8 bits, and as fixed point.
struct Block<'a> {
    plain: Option<&'a [[u8; LANES]]>,
    scales: &'a [Scale],
    fixed: &'a [[u16; LANES]],
}

impl Block<'_> {
    #[inline(always)]
    fn split_at(&self, n: usize) -> (Self, Self) {
        let (first, second) = self.fixed.split_at(n);
        let plain = self.plain.map(|p| p.split_at(n));
        let scales = self.scales.split_at(n);
        (
            Self {
                plain: plain.map(|p| p.0),
                scales: scales.0,
                fixed: first,
            },
            Self {
                plain: plain.map(|p| p.1),
                scales: scales.1,
                fixed: second,
            },
        )
    }

    /// The lower median of each column, of plain counts (if there are any) and in fixed point.
    #[inline(always)]
    fn middle_anywhere(&self) -> ([u8; LANES], [u16; LANES]) {
        let (mut low8, mut high8) = ([0u8; LANES], [u8::MAX; LANES]);
        let (mut low, mut high) = ([0u16; LANES], [u16::MAX; LANES]);
        match self.plain {
            Some(plain) => (low8, high8) = range(plain),
            None => (low, high) = range(self.fixed),
        }
        self.middle(low8, high8, low, high)
    }

    /// As [`Self::middle_anywhere`], where both are known to lie between two limits.
    #[inline(always)]
    fn middle(
        &self,
        low8: [u8; LANES],
        high8: [u8; LANES],
        mut low: [u16; LANES],
        mut high: [u16; LANES],
    ) -> ([u8; LANES], [u16; LANES]) {
        let rank = self.fixed.len().saturating_sub(1) / 2;
        let Some(plain) = self.plain else {
            return (low8, halved(self.fixed, rank as u16, low, high));
        };
        let middle8 = halved(plain, rank as u8, low8, high8);
        let order = |a: &&Scale, b: &&Scale| a.factor.total_cmp(&b.factor);
        let (least, most) = (
            self.scales.iter().min_by(order),
            self.scales.iter().max_by(order),
        );
        if let (Some(least), Some(most)) = (least, most) {
            for j in 0..LANES {
                low[j] = low[j].max(least.table[usize::from(middle8[j])]);
                high[j] = high[j].min(most.table[usize::from(middle8[j])]);
            }
        }
        (middle8, halved(self.fixed, rank as u16, low, high))
    }
}

/// The median within the step of one count around `middle`.
#[inline(always)]
fn interpolated(values: &[[u16; LANES]], middle: &[u16; LANES], unit: u32) -> [f32; LANES] {
    let n = values.len();
    let half = (unit / 2) as u16;
    let (mut from, mut to) = (*middle, *middle);
    for j in 0..LANES {
        from[j] = middle[j].saturating_sub(half);
        to[j] = middle[j].saturating_add(half + 1);
    }
    let (below, up_to) = (count_below(values, &from), count_below(values, &to));
    let mut out = [0.0; LANES];
    for j in 0..LANES {
        let inside = f32::from(up_to[j].saturating_sub(below[j]).max(1));
        let low = f32::from(middle[j].saturating_sub(half)) - 0.5;
        let high = f32::from(middle[j].saturating_add(half)) + 0.5;
        let share = (0.5 * n as f32 - f32::from(below[j])) / inside;
        out[j] = (low + (high - low) * share.clamp(0.0, 1.0)).max(0.0) / unit as f32;
    }
    out
}
