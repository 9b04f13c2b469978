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
    let mut values: Vec<u16> = match pixels {
        Pixels::U8(a) => a.iter().step_by(stride).map(|v| u16::from(*v)).collect(),
        Pixels::U16(a) => a.iter().step_by(stride).copied().collect(),
    };
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let middle = *values.select_nth_unstable((n - 1) / 2).1;
    let below = values.iter().filter(|v| **v < middle).count();
    let equal = values.iter().filter(|v| **v == middle).count();
    f64::from(middle) - 0.5 + (0.5 * n as f64 - below as f64) / equal as f64
}

/// Median over time of `frames`, each multiplied by its factor; all have the same shape. Interpolated within the
/// step of one count, so that the result of 8-bit films is not coarser than their noise.
pub(crate) fn temporal_median(frames: &[&Pixels], factors: &[f64]) -> Array2<f32> {
    let (height, width) = frames.first().map_or((0, 0), |f| f.dim());
    let highest = frames.iter().map(|f| highest_counts(f)).max().unwrap_or(0);
    // Fixed point: as many steps per count as 16 bits allow for factors up to two.
    let mut unit = 1u32;
    while unit < 64 && 4 * unit * (u32::from(highest) + 1) <= 65_536 {
        unit *= 2;
    }
    let stride = width.div_ceil(LANES).max(1) * LANES;
    let mut rows = vec![0u16; frames.len() * stride];
    let mut out = Array2::zeros((height, width));
    for y in 0..height {
        for ((frame, factor), row) in frames
            .iter()
            .zip(factors)
            .zip(rows.chunks_exact_mut(stride))
        {
            let scale = factor * f64::from(unit);
            // A saturating cast: what exceeds 16 bits stays at the top.
            for (x, r) in row.iter_mut().take(width).enumerate() {
                *r = (f64::from(frame.at(y, x)) * scale + 0.5) as u16;
            }
        }
        for x in (0..stride).step_by(LANES) {
            let values = block_median(&rows, stride, x, unit);
            for (j, v) in values.iter().enumerate().take(width.saturating_sub(x)) {
                out[[y, x + j]] = *v;
            }
        }
    }
    out
}

fn highest_counts(pixels: &Pixels) -> u16 {
    match pixels {
        Pixels::U8(a) => a.iter().max().map_or(0, |v| u16::from(*v)),
        Pixels::U16(a) => a.iter().max().copied().unwrap_or(0),
    }
}

/// Medians of one block of columns, found bit by bit: the largest number that at most half of the values lie below.
fn block_median(rows: &[u16], stride: usize, x: usize, unit: u32) -> [f32; LANES] {
    let n = rows.len() / stride;
    let rank = (n.saturating_sub(1) / 2) as u16;
    let count_below = |limit: &[u16; LANES]| {
        let mut count = [0u16; LANES];
        for row in rows.chunks_exact(stride) {
            if let Some(v) = row[x..].first_chunk::<LANES>() {
                for j in 0..LANES {
                    count[j] += u16::from(v[j] < limit[j]);
                }
            }
        }
        count
    };
    let mut middle = [0u16; LANES];
    for bit in (0..16).rev() {
        let trial = middle.map(|m| m | (1 << bit));
        let count = count_below(&trial);
        for j in 0..LANES {
            if count[j] <= rank {
                middle[j] = trial[j];
            }
        }
    }
    let half = (unit / 2) as u16;
    let below = count_below(&middle.map(|m| m.saturating_sub(half)));
    let up_to = count_below(&middle.map(|m| m.saturating_add(half + 1)));
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
    let whole = temporal_median(frames, factors);
    let n = frames.len();
    if n < FEWEST_FRAMES {
        let smooth = smooth_median(&whole, usable, SMOOTH_TILE_PX);
        return (smooth.to_array(), Kind::Smooth);
    }
    let first = temporal_median(&frames[..n / 2], &factors[..n / 2]);
    let second = temporal_median(&frames[n / 2..], &factors[n / 2..]);
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
