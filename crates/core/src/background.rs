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
use crate::side_by_side::{both, each};
use crate::temporal_median::{Medians, temporal_medians};
use crate::tiles::{median, smooth_median};
use ndarray::{Array2, ArrayView1};

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
    let ghosts = Ghosts::new(first, second, usable);
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
}

impl Ghosts {
    fn new(first: Array2<f32>, second: Array2<f32>, usable: &Array2<bool>) -> Self {
        // Each half goes as soon as it is not needed any more.
        let detail = |half: Array2<f32>| fine_detail(&half, usable);
        let (first, second) = both(|| detail(first), || detail(second));
        Self { first, second }
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
        let looked_at: Vec<usize> = (0..4).map(|k| k * (n - 1) / 3).collect();
        let seen = each(looked_at, |i| {
            let flat = without(frames[i], factors[i] as f32, whole);
            power_and_floor(&smoothed(&flat), usable)
        });
        let (powers, mut floors): (Vec<f64>, Vec<f64>) = seen.into_iter().unzip();
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
    fn without(self, whole: &Array2<f32>, usable: &Array2<bool>) -> Array2<f32> {
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
        let mean = |plane: Plane| {
            let mut near = Plane::default();
            smooth(&plane, &window, &mut near, &mut Scratch::default());
            near
        };
        let (common, near) = both(|| mean(common), || mean(total));
        Array2::from_shape_fn((height, width), |(y, x)| {
            let agreement = common.at(y, x) / near.at(y, x).max(1e-12);
            // Ghosts of different particles agree by chance up to about a half.
            let weight = ((agreement - 0.5) / 0.35).clamp(0.0, 1.0);
            base.at(y, x) + weight * (whole[[y, x]] - base.at(y, x))
        })
    }
}

/// What is left above a smooth background, smoothed a little against pixel noise.
fn fine_detail(image: &Array2<f32>, usable: &Array2<bool>) -> Plane {
    let mut detail = smooth_median(image, usable, SMOOTH_TILE_PX);
    for (y, row) in image.rows().into_iter().enumerate() {
        for (base, v) in detail.row_mut(y).iter_mut().zip(row) {
            *base = v - *base;
        }
    }
    smoothed(&detail)
}

/// A frame times its factor less the background.
fn without(frame: &Pixels, factor: f32, background: &Array2<f32>) -> Plane {
    fn subtract<T: Copy + Into<f32>>(
        counts: ArrayView1<'_, T>,
        background: ArrayView1<'_, f32>,
        factor: f32,
        out: &mut [f32],
    ) {
        let value = |v: T, b: f32| v.into() * factor - b;
        match (counts.to_slice(), background.to_slice()) {
            // The shape that becomes vector code.
            (Some(counts), Some(background)) => {
                for (o, (v, b)) in out.iter_mut().zip(counts.iter().zip(background)) {
                    *o = value(*v, *b);
                }
            }
            _ => {
                for (o, (v, b)) in out.iter_mut().zip(counts.iter().zip(background)) {
                    *o = value(*v, *b);
                }
            }
        }
    }
    let (height, width) = background.dim();
    let mut out = Plane::new(height, width);
    for y in 0..height {
        let (behind, row) = (background.row(y), out.row_mut(y));
        match frame {
            Pixels::U8(a) => subtract(a.row(y), behind, factor, row),
            Pixels::U16(a) => subtract(a.row(y), behind, factor, row),
        }
    }
    out
}

/// Smoothed at about the size of a spot.
fn smoothed(plane: &Plane) -> Plane {
    let mut out = Plane::default();
    let kernel = Kernel::gauss(1.5);
    smooth(plane, &kernel, &mut out, &mut Scratch::default());
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
