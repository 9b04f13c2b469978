//! Light behind the particles.
//!
//! The background is the median over time of frames spread over the film: it is unbiased as long as a pixel is
//! covered by particles less than about a fifth of the time, and whatever stands still lands in it and vanishes. A
//! running mean was rejected: it subtracts each slow particle from itself.
//!
//! Large, slow or dense particles stay in the median as ghosts. They are told from things that stand still by
//! comparing the medians of the first and the second half of the film: ghosts differ, fringes and dirt do not.
//! Where ghosts are found, the background is a smooth one plus that part of the detail on which both halves agree.

use crate::filter::{Kernel, Plane, Scratch, smooth};
use crate::model::Pixels;
use crate::tiles::{median, smooth_median};
use ndarray::Array2;

/// Columns treated at once.
const LANES: usize = 32;
/// Side of the tiles of a smooth background, px: well above the widest spot and below common light profiles.
pub(crate) const SMOOTH_TILE_PX: usize = 48;
/// Fewer frames than this give no median over time.
pub(crate) const FEWEST_FRAMES: usize = 10;
/// Ghosts are reported when their power exceeds this share of the power of the spots.
const GHOST_SHARE: f64 = 0.03;

/// Median of the counts of a frame, interpolated within the step of one count, from some 16,000 pixels.
pub(crate) fn level_counts(pixels: &Pixels) -> f64 {
    let (height, width) = pixels.dim();
    let stride = (height * width / 16_384).max(1);
    match pixels {
        Pixels::U8(a) => {
            // With so few different counts they need not be sorted.
            let mut times = [0u32; 256];
            for v in a.as_standard_layout().iter().step_by(stride) {
                times[usize::from(*v)] += 1;
            }
            median_of_times(&times)
        }
        Pixels::U16(a) => {
            let mut values: Vec<u16> = a.iter().step_by(stride).copied().collect();
            median_of(&mut values)
        }
    }
}

fn median_of(values: &mut [u16]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let middle = *values.select_nth_unstable((n - 1) / 2).1;
    let below = values.iter().filter(|v| **v < middle).count();
    let equal = values.iter().filter(|v| **v == middle).count();
    interpolated(middle, n, below, equal)
}

/// As [`median_of`] from how many times each count is there.
fn median_of_times(times: &[u32; 256]) -> f64 {
    let n = times.iter().sum::<u32>() as usize;
    let mut below = 0;
    for (count, times) in (0u16..).zip(times) {
        let equal = *times as usize;
        if below + equal > n.saturating_sub(1) / 2 {
            return interpolated(count, n, below, equal);
        }
        below += equal;
    }
    0.0
}

/// The median within the step of the count `middle` in which it lies, of `n` counts of which so many are below it and so
/// many equal.
fn interpolated(middle: u16, n: usize, below: usize, equal: usize) -> f64 {
    f64::from(middle) - 0.5 + (0.5 * n as f64 - below as f64) / equal as f64
}

/// Medians over time of a film and of its two halves.
struct Medians {
    whole: Array2<f32>,
    /// Of the first and the second half, if they were asked for.
    halves: Option<[Array2<f32>; 2]>,
}

/// Median over time of `frames`, each multiplied by its factor; all have the same shape. Interpolated within the
/// step of one count, so that the result of 8-bit films is not coarser than their noise.
fn temporal_medians(frames: &[&Pixels], factors: &[f64], with_halves: bool) -> Medians {
    let (height, width) = frames.first().map_or((0, 0), |f| f.dim());
    let highest = frames.iter().map(|f| highest_counts(f)).max().unwrap_or(0);
    // Fixed point: as many steps per count as 16 bits allow for factors up to two.
    let mut unit = 1u32;
    while unit < 64 && 4 * unit * (u32::from(highest) + 1) <= 65_536 {
        unit *= 2;
    }
    let scales: Vec<Scale> = frames
        .iter()
        .zip(factors)
        .map(|(frame, factor)| Scale::new(frame, factor * f64::from(unit)))
        .collect();
    let stride = width.max(1).div_ceil(LANES) * LANES;
    let mut rows = vec![0u16; frames.len() * stride];
    let split = frames.len() / 2;
    let empty = || Array2::zeros((height, width));
    let mut whole = empty();
    let mut halves = [empty(), empty()];
    for y in 0..height {
        for ((frame, scale), row) in frames
            .iter()
            .zip(&scales)
            .zip(rows.chunks_exact_mut(stride))
        {
            scale.row(frame, y, &mut row[..width]);
        }
        let (first, second) = rows.split_at(split * stride);
        for x in (0..stride).step_by(LANES) {
            let put = |out: &mut Array2<f32>, values: [f32; LANES]| {
                for (j, v) in values.iter().enumerate().take(width.saturating_sub(x)) {
                    out[[y, x + j]] = *v;
                }
            };
            let whole_rows = Block::new(&rows, stride, x);
            if with_halves {
                let (a, b) = (Block::new(first, stride, x), Block::new(second, stride, x));
                let (m, n) = (a.middle_anywhere(), b.middle_anywhere());
                put(&mut halves[0], a.interpolated(&m, unit));
                put(&mut halves[1], b.interpolated(&n, unit));
                // The median of all lies between those of the halves.
                let (mut low, mut high) = (m, n);
                for j in 0..LANES {
                    (low[j], high[j]) = (m[j].min(n[j]), m[j].max(n[j]));
                }
                put(
                    &mut whole,
                    whole_rows.interpolated(&whole_rows.middle(low, high), unit),
                );
            } else {
                let middle = whole_rows.middle_anywhere();
                put(&mut whole, whole_rows.interpolated(&middle, unit));
            }
        }
    }
    Medians {
        whole,
        halves: with_halves.then_some(halves),
    }
}

fn highest_counts(pixels: &Pixels) -> u16 {
    // A fold becomes vector code, `max` does not.
    match pixels {
        Pixels::U8(a) => u16::from(a.fold(0, |m: u8, v| m.max(*v))),
        Pixels::U16(a) => a.fold(0, |m: u16, v| m.max(*v)),
    }
}

/// What counts of one frame become in fixed point: rounded, and what exceeds 16 bits stays at the top.
struct Scale {
    factor: f64,
    /// For each count of 8 bits.
    table: Vec<u16>,
}

impl Scale {
    fn new(frame: &Pixels, factor: f64) -> Self {
        let counts = match frame {
            Pixels::U8(_) => 256,
            Pixels::U16(_) => 0,
        };
        Self {
            factor,
            table: (0..counts).map(|v: u16| fixed(v, factor)).collect(),
        }
    }

    fn row(&self, frame: &Pixels, y: usize, out: &mut [u16]) {
        match frame {
            Pixels::U8(a) => {
                for (o, v) in out.iter_mut().zip(a.row(y)) {
                    *o = self.table[usize::from(*v)];
                }
            }
            Pixels::U16(a) => {
                for (o, v) in out.iter_mut().zip(a.row(y)) {
                    *o = fixed(*v, self.factor);
                }
            }
        }
    }
}

fn fixed(counts: u16, factor: f64) -> u16 {
    (f64::from(counts) * factor + 0.5) as u16
}

/// A block of columns of all frames.
struct Block<'a> {
    rows: &'a [u16],
    stride: usize,
    x: usize,
    frames: usize,
}

impl<'a> Block<'a> {
    fn new(rows: &'a [u16], stride: usize, x: usize) -> Self {
        Self {
            rows,
            stride,
            x,
            frames: rows.len() / stride,
        }
    }

    fn frames(&self) -> impl Iterator<Item = &'a [u16; LANES]> {
        let x = self.x;
        self.rows
            .chunks_exact(self.stride)
            .filter_map(move |row| row[x..].first_chunk())
    }

    /// How many values of each column lie below its limit.
    fn count_below(&self, limit: &[u16; LANES]) -> [u16; LANES] {
        let mut count = [0u16; LANES];
        for v in self.frames() {
            for j in 0..LANES {
                count[j] += u16::from(v[j] < limit[j]);
            }
        }
        count
    }

    /// The lower median of each column.
    fn middle_anywhere(&self) -> [u16; LANES] {
        let (mut low, mut high) = ([u16::MAX; LANES], [0u16; LANES]);
        for v in self.frames() {
            for j in 0..LANES {
                low[j] = low[j].min(v[j]);
                high[j] = high[j].max(v[j]);
            }
        }
        self.middle(low, high)
    }

    /// The lower median of each column, known to lie between `low` and `high`: the largest number that at most half of
    /// the values lie below, found by halving what is left.
    fn middle(&self, mut low: [u16; LANES], mut high: [u16; LANES]) -> [u16; LANES] {
        let rank = (self.frames.saturating_sub(1) / 2) as u16;
        while low.iter().zip(&high).any(|(l, h)| l < h) {
            // Halfway, rounded up; where it is settled the limit is the value itself and nothing changes.
            let mut limit = low;
            for j in 0..LANES {
                let gap = high[j].saturating_sub(low[j]);
                limit[j] = low[j] + (gap - gap / 2);
            }
            let count = self.count_below(&limit);
            for j in 0..LANES {
                if count[j] <= rank {
                    low[j] = limit[j];
                } else {
                    high[j] = limit[j].saturating_sub(1);
                }
            }
        }
        low
    }

    /// The median within the step of one count around `middle`.
    fn interpolated(&self, middle: &[u16; LANES], unit: u32) -> [f32; LANES] {
        let n = self.frames;
        let half = (unit / 2) as u16;
        let below = self.count_below(&middle.map(|m| m.saturating_sub(half)));
        let up_to = self.count_below(&middle.map(|m| m.saturating_add(half + 1)));
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
}

/// How a background was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Median over time.
    Temporal,
    /// Smooth, because there are too few frames.
    Smooth,
    /// Smooth plus what stands still, because particles stay in the median; with their share of the spots' power.
    Mixed(f64),
}

/// The background of the film and how it was made.
pub(crate) fn background(
    frames: &[&Pixels],
    factors: &[f64],
    usable: &Array2<bool>,
) -> (Array2<f32>, Kind) {
    let Medians { whole, halves } =
        temporal_medians(frames, factors, frames.len() >= FEWEST_FRAMES);
    let Some([first, second]) = halves else {
        let smooth = smooth_median(&whole, usable, SMOOTH_TILE_PX);
        return (smooth.to_array(), Kind::Smooth);
    };
    let ghosts = Ghosts::new(&first, &second, usable);
    let share = ghosts.share(frames, factors, &whole, usable);
    if share < GHOST_SHARE {
        return (whole, Kind::Temporal);
    }
    (ghosts.without(&whole, usable), Kind::Mixed(share))
}

/// Detail of the medians of the two halves of a film, smoothed at about the size of a spot.
struct Ghosts {
    first: Plane,
    second: Plane,
    scratch: Scratch,
}

impl Ghosts {
    fn new(first: &Array2<f32>, second: &Array2<f32>, usable: &Array2<bool>) -> Self {
        let mut scratch = Scratch::default();
        let first = fine_detail(first, usable, &mut scratch);
        let second = fine_detail(second, usable, &mut scratch);
        Self {
            first,
            second,
            scratch,
        }
    }

    /// Power of what differs between the halves, beyond noise, over the power of what differs between frames that
    /// lie half a film apart, which is the spots' own (twice, as the ghosts' is).
    fn share(
        &self,
        frames: &[&Pixels],
        factors: &[f64],
        whole: &Array2<f32>,
        usable: &Array2<bool>,
    ) -> f64 {
        let n = frames.len();
        let mut scratch = Scratch::default();
        let mut powers = Vec::new();
        let mut floors = Vec::new();
        for i in (0..4).map(|k| k * (n - 1) / 3) {
            let factor = factors[i] as f32;
            let mut flat = frames[i].to_f32();
            flat.zip_mut_with(whole, |v, b| *v = *v * factor - b);
            let mut out = Plane::default();
            smooth(
                &Plane::of(&flat),
                &Kernel::gauss(1.5),
                &mut out,
                &mut scratch,
            );
            let (power, floor) = power_and_floor(&out, usable);
            powers.push(power);
            floors.push(floor);
        }
        let floor = median(&mut floors).unwrap_or(0.0);
        let spots = powers.iter().sum::<f64>() / powers.len() as f64 - floor;
        let mut apart = self.first.clone();
        for y in 0..apart.height {
            for (a, b) in apart.row_mut(y).iter_mut().zip(self.second.row(y)) {
                *a -= b;
            }
        }
        let (power, _) = power_and_floor(&apart, usable);
        // A median of n/2 frames has (pi/2)/(n/2) of the noise power of one; the floor holds faint spots too.
        let noise = 2.0 * std::f64::consts::FRAC_PI_2 * floor / (n as f64 / 2.0);
        let ghosts = 0.5 * (power - 2.0 * noise);
        if spots <= 0.5 * floor || ghosts <= 0.0 {
            return 0.0;
        }
        ghosts / spots
    }

    /// A smooth background plus the detail of `whole` where both halves agree on it.
    fn without(mut self, whole: &Array2<f32>, usable: &Array2<bool>) -> Array2<f32> {
        let (height, width) = whole.dim();
        let base = smooth_median(whole, usable, SMOOTH_TILE_PX);
        let mut common = Plane::new(height, width);
        let mut total = Plane::new(height, width);
        for y in 0..height {
            let (a, b) = (self.first.row(y), self.second.row(y));
            let rows = common.row_mut(y).iter_mut().zip(total.row_mut(y));
            for ((c, t), (a, b)) in rows.zip(a.iter().zip(b)) {
                *c = a * b;
                *t = 0.5 * (a * a + b * b);
            }
        }
        let window = Kernel::gauss(3.0);
        let mut near = Plane::default();
        smooth(&common, &window, &mut near, &mut self.scratch);
        std::mem::swap(&mut common, &mut near);
        smooth(&total, &window, &mut near, &mut self.scratch);
        Array2::from_shape_fn((height, width), |(y, x)| {
            let agreement = common.at(y, x) / near.at(y, x).max(1e-12);
            // Ghosts of different particles agree by chance up to about a half.
            let weight = ((agreement - 0.5) / 0.35).clamp(0.0, 1.0);
            base.at(y, x) + weight * (whole[[y, x]] - base.at(y, x))
        })
    }
}

/// What is left above a smooth background, smoothed a little against pixel noise.
fn fine_detail(image: &Array2<f32>, usable: &Array2<bool>, scratch: &mut Scratch) -> Plane {
    let base = smooth_median(image, usable, SMOOTH_TILE_PX);
    let detail = Array2::from_shape_fn(image.dim(), |(y, x)| image[[y, x]] - base.at(y, x));
    let mut out = Plane::default();
    smooth(&Plane::of(&detail), &Kernel::gauss(1.5), &mut out, scratch);
    out
}

/// Mean square, and what of it an undisturbed Gaussian background of the same quartiles would have.
fn power_and_floor(plane: &Plane, usable: &Array2<bool>) -> (f64, f64) {
    let mut values = Vec::new();
    for y in (0..plane.height).step_by(2) {
        for (x, v) in plane.row(y).iter().enumerate().step_by(2) {
            if usable[[y, x]] {
                values.push(f64::from(*v));
            }
        }
    }
    let n = values.len().max(1) as f64;
    let middle = median(&mut values).unwrap_or(0.0);
    let power = values.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / n;
    let mut spread: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
    let floor = (1.4826 * median(&mut spread).unwrap_or(0.0)).powi(2);
    (power, floor.min(power))
}
