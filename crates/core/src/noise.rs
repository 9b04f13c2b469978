//! What the camera adds: noise of a pixel, clipping, and whether neighbouring frames share their noise.
//!
//! The noise of a camera is new in every frame. For frames 0, 1, 2 in a row the differences `d1 = f1 - f0` and
//! `d2 = f2 - f1` then have the correlation -1/2, whatever stands still in the picture. Video compression that codes
//! frames relative to each other carries noise over from frame to frame and moves it towards zero; every estimate
//! that relies on fresh noise in each frame (CVE, Berglund 2010 doi:10.1103/PhysRevE.82.011917) is then biased.

use crate::filter::{Kernel, Plane, Scratch, smooth};
use crate::instructions;
use crate::model::{Flat, FrameIndex, Pixels};
use crate::side_by_side::each;
use crate::tiles::{median, median_of_f32};
use ndarray::{Array2, ArrayView1};

/// Standard deviation of one pixel between flat frames, counts. Particles count as outliers. 0 if unknown.
pub(crate) fn pixel_noise_counts(flats: &[Flat], usable: &Array2<bool>) -> f64 {
    let pairs: Vec<(&Flat, &Flat)> = flats.windows(2).map(|w| (&w[0], &w[1])).collect();
    let mut values = Vec::new();
    let stride = (usable.len() * pairs.len().max(1) / 400_000).max(1);
    for (a, b) in &pairs {
        let (a, b) = (a.image.as_slice(), b.image.as_slice());
        let (Some(a), Some(b), Some(open)) = (a, b, usable.as_slice()) else {
            continue;
        };
        let places = (0..open.len()).step_by(stride).filter(|i| open[*i]);
        let step = |i: usize| (b[i] - a[i]) * std::f32::consts::FRAC_1_SQRT_2;
        values.extend(places.map(|i| f64::from(step(i))));
    }
    if pairs.is_empty() {
        // One frame: differences of neighbours in a row.
        for flat in flats {
            for (y, row) in flat.image.rows().into_iter().enumerate() {
                for x in (stride..row.len()).step_by(stride) {
                    if usable[[y, x]] && usable[[y, x - 1]] {
                        let step = row[x] - row[x - 1];
                        values.push(f64::from(step * std::f32::consts::FRAC_1_SQRT_2));
                    }
                }
            }
        }
    }
    clipped_sd(&mut values)
}

/// Standard deviation after leaving out what lies beyond three robust ones. The robust one starts at half a count,
/// because it is zero where most differences are.
fn clipped_sd(values: &mut [f64]) -> f64 {
    let Some(middle) = median(values) else {
        return 0.0;
    };
    let mut spread: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
    let mut sd = (1.4826 * median(&mut spread).unwrap_or(0.0)).max(0.5);
    for _ in 0..3 {
        let kept: Vec<f64> = spread.iter().copied().filter(|v| *v <= 3.0 * sd).collect();
        let n = kept.len().max(1) as f64;
        // 1.0136 repairs what the cut at three takes from a Gaussian.
        sd = 1.0136 * (kept.iter().map(|v| v * v).sum::<f64>() / n).sqrt();
        if sd <= 0.0 {
            return 0.0;
        }
    }
    sd
}

/// What clipping there is in the sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clipping {
    /// Pixels at the ceiling per frame, without those that are always there.
    pub(crate) saturated_per_frame: f64,
    /// Share of usable pixels that are zero.
    pub(crate) black_share: f64,
}

/// Counts clipped pixels. A pixel whose background is at the ceiling is hot and does not count as saturated.
pub(crate) fn clipping(
    frames: &[&Pixels],
    background: &Array2<f32>,
    usable: &Array2<bool>,
    ceiling_counts: u16,
) -> Clipping {
    let same: Vec<&Pixels> = frames
        .iter()
        .copied()
        .filter(|f| f.dim() == usable.dim())
        .collect();
    let seen = usable.iter().filter(|u| **u).count() as u64 * same.len() as u64;
    let counted = each(same, |frame| {
        let (mut saturated, mut black) = (0u64, 0u64);
        for y in 0..usable.nrows() {
            let place = (background.row(y), usable.row(y));
            let (s, b) = match frame {
                Pixels::U8(a) => clipped(a.row(y), place, ceiling_counts),
                Pixels::U16(a) => clipped(a.row(y), place, ceiling_counts),
            };
            saturated += u64::from(s);
            black += u64::from(b);
        }
        (saturated, black)
    });
    let saturated: u64 = counted.iter().map(|c| c.0).sum();
    let black: u64 = counted.iter().map(|c| c.1).sum();
    Clipping {
        saturated_per_frame: saturated as f64 / frames.len().max(1) as f64,
        black_share: black as f64 / seen.max(1) as f64,
    }
}

/// How many pixels of a row are at the ceiling, and how many are zero.
fn clipped<T: Copy + Ord + From<u8> + Into<u16>>(
    counts: ArrayView1<'_, T>,
    (behind, open): (ArrayView1<'_, f32>, ArrayView1<'_, bool>),
    ceiling: u16,
) -> (u32, u32) {
    // Hardly any row has a pixel at either end, and looking for one is quick.
    let (lowest, highest) = match counts.to_slice() {
        Some(counts) => instructions::run(Range(counts)),
        None => (0, u16::MAX),
    };
    let (hot_from, mut saturated, mut black) = (0.9 * f32::from(ceiling), 0, 0);
    if lowest == 0 {
        let ends = counts.iter().zip(open);
        black = ends.map(|(v, o)| u32::from(*o & (*v == T::from(0)))).sum();
    }
    if ceiling > 0 && highest >= ceiling {
        let places = counts.iter().zip(behind.iter().zip(open));
        let full = places.filter(|(v, (b, open))| {
            let v: u16 = (**v).into();
            **open && v >= ceiling && **b < hot_from
        });
        saturated = full.count() as u32;
    }
    (saturated, black)
}

/// The lowest and the highest count of a row.
struct Range<'a, T>(&'a [T]);

impl<T: Copy + Ord + Into<u16>> instructions::Kernel for Range<'_, T> {
    type Output = (u16, u16);

    #[inline(always)]
    fn run(self) -> (u16, u16) {
        let Some(first) = self.0.first() else {
            return (u16::MAX, 0);
        };
        let (mut low, mut high) = (*first, *first);
        for v in self.0 {
            (low, high) = (low.min(*v), high.max(*v));
        }
        (low.into(), high.into())
    }
}

/// Correlation of the noise between neighbouring frames and between neighbouring pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// 0 for fresh noise in each frame, towards 1 where noise is carried over.
    pub(crate) between_frames: f64,
    /// Correlation of neighbouring pixels of a row.
    pub(crate) between_pixels: f64,
}

/// Measures [`Memory`] on a run of frames that follow each other without a hole. `None` if there are fewer than three
/// such frames, or no noise at all.
pub(crate) fn memory(neighbours: &[(FrameIndex, Pixels)], usable: &Array2<bool>) -> Option<Memory> {
    let (mut same, mut shifted, mut beside, mut n) = (0.0, 0.0, 0.0, 0u64);
    // The difference of two frames is used twice: as what comes after one frame and before the next.
    let mut known: Option<(u32, Steps)> = None;
    let mut room = Steps::default();
    for run in neighbours.windows(3) {
        let follow = |a: u32, b: u32| a.checked_add(1) == Some(b);
        if !follow(run[0].0.0, run[1].0.0) || !follow(run[1].0.0, run[2].0.0) {
            continue;
        }
        if run.iter().any(|(_, p)| p.dim() != usable.dim()) {
            continue;
        }
        let before = match known.take() {
            Some((index, steps)) if index == run[0].0.0 => steps,
            _ => Steps::new(&run[0].1, &run[1].1, usable, Steps::default()),
        };
        let after = Steps::new(&run[1].1, &run[2].1, usable, std::mem::take(&mut room));
        let (height, width) = usable.dim();
        for y in (2..height.saturating_sub(2)).step_by(2) {
            let open = usable.row(y);
            let (a_row, b_row) = (before.fine.row(y), after.fine.row(y));
            let (a_mean, b_mean) = (before.mean.row(y), after.mean.row(y));
            for x in (2..width.saturating_sub(3)).step_by(2) {
                if !open[x] || !before.is_calm(a_mean[x]) || !after.is_calm(b_mean[x]) {
                    continue;
                }
                let first = |x: usize| f64::from(a_row[x] - before.shift);
                let second = |x: usize| f64::from(b_row[x] - after.shift);
                let (a, b) = (first(x), second(x));
                same += 0.5 * (a * a + b * b);
                shifted += a * b;
                beside += 0.5 * (a * first(x + 1) + b * second(x + 1));
                n += 1;
            }
        }
        room = before;
        known = Some((run[1].0.0, after));
    }
    (n >= 1000 && same > 0.0).then(|| Memory {
        between_frames: 1.0 + 2.0 * shifted / same,
        between_pixels: beside / same,
    })
}

/// Difference of two frames, and its mean over 5 x 5 pixels, which shows what moved.
#[derive(Default)]
struct Steps {
    fine: Plane,
    mean: Plane,
    /// Lamp flicker moves the whole frame; it is not noise.
    shift: f32,
    /// Half of the picture moves less than this: particles in motion lie above.
    quiet_limit: f32,
}

impl Steps {
    /// Takes over the room of others that are not needed any more.
    fn new(a: &Pixels, b: &Pixels, usable: &Array2<bool>, room: Self) -> Self {
        let Self {
            mut fine, mut mean, ..
        } = room;
        difference(a, b, &mut fine);
        smooth(
            &fine,
            &Kernel::boxcar(2),
            &mut mean,
            &mut Scratch::default(),
        );
        let mut values = Vec::with_capacity(mean.height * mean.width / 3 + 1);
        some_pixels(&mean, 7, |_, x, row| values.push(row[x]));
        let shift = median_of_f32(&mut values).unwrap_or(0.0);
        values.clear();
        let open = usable.as_standard_layout();
        let open = open.as_slice().unwrap_or_default();
        some_pixels(&mean, 3, |i, x, row| {
            if open[i] {
                values.push((row[x] - shift).abs());
            }
        });
        let middle = median_of_f32(&mut values).map_or(0.0, f64::from);
        Self {
            fine,
            mean,
            shift,
            quiet_limit: (2.0 * middle) as f32,
        }
    }

    fn is_calm(&self, mean: f32) -> bool {
        (mean - self.shift).abs() <= self.quiet_limit
    }
}

/// Gives every `step`-th pixel, counted row after row: its number, its place in its row, and the row.
fn some_pixels(plane: &Plane, step: usize, mut give: impl FnMut(usize, usize, &[f32])) {
    for y in 0..plane.height {
        let (row, before) = (plane.row(y), y * plane.width);
        let first = before.next_multiple_of(step) - before;
        for x in (first..row.len()).step_by(step) {
            give(before + x, x, row);
        }
    }
}

/// The second frame less the first.
fn difference(a: &Pixels, b: &Pixels, out: &mut Plane) {
    fn add<T: Copy + Into<f32>>(row: ArrayView1<'_, T>, out: &mut [f32], sign: f32) {
        match row.to_slice() {
            Some(row) => {
                for (o, v) in out.iter_mut().zip(row) {
                    *o += sign * (*v).into();
                }
            }
            None => {
                for (o, v) in out.iter_mut().zip(row) {
                    *o += sign * (*v).into();
                }
            }
        }
    }
    let (height, width) = b.dim();
    out.resize(height, width);
    for y in 0..height {
        let row = out.row_mut(y);
        row.fill(0.0);
        for (pixels, sign) in [(b, 1.0), (a, -1.0)] {
            match pixels {
                Pixels::U8(p) => add(p.row(y), row, sign),
                Pixels::U16(p) => add(p.row(y), row, sign),
            }
        }
    }
}
