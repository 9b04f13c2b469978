//! What the camera adds: noise of a pixel, clipping, and whether neighbouring frames share their noise.
//!
//! The noise of a camera is new in every frame. For frames 0, 1, 2 in a row the differences `d1 = f1 - f0` and
//! `d2 = f2 - f1` then have the correlation -1/2, whatever stands still in the picture. Video compression that codes
//! frames relative to each other carries noise over from frame to frame and moves it towards zero; every estimate
//! that relies on fresh noise in each frame (CVE, Berglund 2010 doi:10.1103/PhysRevE.82.011917) is then biased.

use crate::model::{Flat, FrameIndex, Pixels};
use crate::tiles::median;
use ndarray::Array2;

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
    let hot_from = 0.9 * f32::from(ceiling_counts);
    let (mut saturated, mut black, mut seen) = (0u64, 0u64, 0u64);
    for frame in frames.iter().filter(|f| f.dim() == usable.dim()) {
        for y in 0..usable.nrows() {
            let behind = background.row(y);
            let place = behind.iter().zip(usable.row(y));
            let mut add = |v: u16, (behind, open): (&f32, &bool)| {
                let full = ceiling_counts > 0 && v >= ceiling_counts && *behind < hot_from;
                seen += u64::from(*open);
                black += u64::from(*open && v == 0);
                saturated += u64::from(*open && full);
            };
            match frame {
                Pixels::U8(a) => {
                    (a.row(y).iter().zip(place)).for_each(|(v, p)| add((*v).into(), p))
                }
                Pixels::U16(a) => a.row(y).iter().zip(place).for_each(|(v, p)| add(*v, p)),
            }
        }
    }
    Clipping {
        saturated_per_frame: saturated as f64 / frames.len().max(1) as f64,
        black_share: black as f64 / seen.max(1) as f64,
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
            _ => Steps::new(&run[0].1, &run[1].1, usable),
        };
        let after = Steps::new(&run[1].1, &run[2].1, usable);
        let quiet = (before.quiet_limit, after.quiet_limit);
        let (height, width) = usable.dim();
        for y in (2..height.saturating_sub(2)).step_by(2) {
            for x in (2..width.saturating_sub(3)).step_by(2) {
                let calm = |s: &Steps, limit: f64| s.mean[[y, x]].abs() <= limit as f32;
                if !usable[[y, x]] || !calm(&before, quiet.0) || !calm(&after, quiet.1) {
                    continue;
                }
                let (a, b) = (
                    f64::from(before.fine[[y, x]]),
                    f64::from(after.fine[[y, x]]),
                );
                same += 0.5 * (a * a + b * b);
                shifted += a * b;
                beside += 0.5
                    * (a * f64::from(before.fine[[y, x + 1]])
                        + b * f64::from(after.fine[[y, x + 1]]));
                n += 1;
            }
        }
        known = Some((run[1].0.0, after));
    }
    (n >= 1000 && same > 0.0).then(|| Memory {
        between_frames: 1.0 + 2.0 * shifted / same,
        between_pixels: beside / same,
    })
}

/// Difference of two frames, and its mean over 5 x 5 pixels, which shows what moved.
struct Steps {
    fine: Array2<f32>,
    mean: Array2<f32>,
    /// Half of the picture moves less than this: particles in motion lie above.
    quiet_limit: f64,
}

impl Steps {
    fn new(a: &Pixels, b: &Pixels, usable: &Array2<bool>) -> Self {
        use crate::filter::{Kernel, Plane, Scratch, smooth};
        let mut fine = b.to_f32();
        fine -= &a.to_f32();
        let mut mean = Plane::default();
        let mut scratch = Scratch::default();
        smooth(
            &Plane::of(&fine),
            &Kernel::boxcar(2),
            &mut mean,
            &mut scratch,
        );
        let mut mean = mean.to_array();
        // Lamp flicker moves the whole frame; it is not noise.
        let mut all: Vec<f64> = mean.iter().step_by(7).map(|v| f64::from(*v)).collect();
        let shift = median(&mut all).unwrap_or(0.0) as f32;
        fine -= shift;
        mean -= shift;
        let mut values: Vec<f64> = mean
            .iter()
            .zip(usable)
            .step_by(3)
            .filter(|(_, open)| **open)
            .map(|(v, _)| f64::from(v.abs()))
            .collect();
        Self {
            fine,
            mean,
            quiet_limit: 2.0 * median(&mut values).unwrap_or(0.0),
        }
    }
}
