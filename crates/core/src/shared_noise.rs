//! Noise that neighbouring pixels share: its autocorrelation where the picture is calm.
//!
//! The noise of a camera is new in each pixel. Compression (JPEG, H.264) drops what is fine and weak, and a camera that
//! smooths or interpolates does the same: what is left of the noise is round and about as wide as a pixel, and looks
//! like the narrowest of spots. Far from spots, whatever pixels share is such noise, so that there it can be measured.

use crate::autocorrelation::{LONGEST_LAG, Products};
use crate::filter::{Kernel, Plane, Scratch, smooth};
use crate::model::Flat;
use crate::side_by_side::each;
use crate::tiles::median_of_f32;
use ndarray::Array2;

/// A picture is smoothed with a Gaussian of this standard deviation to see spots in it, px.
const SMOOTHED_PX: f64 = 2.0;
/// Smoothed pixels that are farther from the median than this many times what the dark side scatters are no noise.
const CALM: f32 = 4.0;
/// Nor are the pixels within this many rows and columns of them.
const AWAY_PX: usize = 6;
/// Share of the noise that neighbouring pixels of a camera may seem to share, because faint spots lie under it. Films of
/// cameras stay below 0.03, films of JPEG and H.264 are above 0.3.
const NOT_SHARED: f64 = 0.15;
/// Fewest pairs of pixels that are enough to tell.
const FEWEST_PAIRS: f64 = 5000.0;
/// Share of the picture that must be calm. In a crowd, what lies between the spots is light of spots too, and noise does
/// not matter for their width.
const CALM_SHARE: f64 = 0.45;

/// Mean products of the noise of pixels at each lag, counts squared; `None` where each pixel has its own noise, or where
/// spots leave no room to see it.
pub(crate) fn shared_noise(flats: &[&Flat]) -> Option<[f64; LONGEST_LAG + 1]> {
    let middle = flats.get(flats.len() / 2)?;
    // One frame is enough to see that there is nothing to be measured.
    let first = calm_products(middle);
    // Lag 0 goes along rows and along columns.
    if first.counts[0] < CALM_SHARE * (2 * middle.image.len()) as f64 {
        return None;
    }
    is_shared(&first)?;
    let mut all = Products::default();
    for part in each(flats.to_vec(), calm_products) {
        all.add(&part);
    }
    is_shared(&all)
}

/// The mean products, if neighbouring pixels share enough of their noise.
fn is_shared(products: &Products) -> Option<[f64; LONGEST_LAG + 1]> {
    if products.counts[1] < FEWEST_PAIRS {
        return None;
    }
    let means = products.means();
    // What is alike far away is stray light and no noise.
    let far = means[LONGEST_LAG];
    let (own, shared) = (means[0] - far, means[1] - far);
    (own > 0.0 && shared > NOT_SHARED * own).then_some(means)
}

/// Products of the pixels of a frame that lie far from anything that looks like a spot.
fn calm_products(flat: &Flat) -> Products {
    let calm = calm(&flat.image);
    let mut image = flat.image.clone();
    image.zip_mut_with(&calm, |v, open| *v *= open);
    Products::of_some(&image, &calm)
}

/// 1 where the picture is calm, else 0.
fn calm(image: &Array2<f32>) -> Array2<f32> {
    let (height, width) = image.dim();
    let mut smoothed = Plane::default();
    smooth(
        &Plane::of(image),
        &Kernel::gauss(SMOOTHED_PX),
        &mut smoothed,
        &mut Scratch::default(),
    );
    let (middle, limit) = noise_of_smoothed(&smoothed);
    // Rows of what is not calm, widened along themselves.
    let mut loud = Array2::from_elem((height, width), false);
    for y in 0..height {
        for (x, v) in smoothed.row(y).iter().enumerate() {
            if (v - middle).abs() > limit {
                let columns = x.saturating_sub(AWAY_PX)..(x + AWAY_PX + 1).min(width);
                columns.for_each(|x| loud[[y, x]] = true);
            }
        }
    }
    let mut calm = Array2::from_elem((height, width), 1.0);
    for y in 0..height {
        let mut row = calm.row_mut(y);
        for near in y.saturating_sub(AWAY_PX)..(y + AWAY_PX + 1).min(height) {
            row.zip_mut_with(&loud.row(near), |open, loud| {
                *open = if *loud { 0.0 } else { *open };
            });
        }
    }
    calm
}

/// Median of a smoothed picture, and how far noise goes from it. Spots are bright, so that the dark side shows noise alone.
/// Its median would not do, because compression leaves most blocks without any noise and some with much.
fn noise_of_smoothed(smoothed: &Plane) -> (f32, f32) {
    let rows = (0..smoothed.height).map(|y| smoothed.row(y));
    let mut values: Vec<f32> = rows.clone().flatten().copied().step_by(3).collect();
    let middle = median_of_f32(&mut values).unwrap_or(0.0);
    let (mut sum, mut n) = (0.0f64, 0u64);
    for v in rows.flatten().filter(|v| **v < middle) {
        sum += f64::from(v - middle).powi(2);
        n += 1;
    }
    (middle, CALM * (sum / n.max(1) as f64).sqrt() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::Instructions;
    use crate::test_film::{Scene, grid};

    /// Flat frames of a camera whose pixels take this share of the light of each neighbour in their row.
    fn flats(share: f32) -> Vec<Flat> {
        let scene = Scene::default();
        let frames: Vec<_> = (0..8)
            .map(|i| scene.frame(i, &grid(&scene, i, 60.0, 40.0, 1.5)))
            .collect();
        let (_, mut flats, _) = scene.learn(&frames);
        for flat in &mut flats {
            let sharp = flat.image.clone();
            for ((y, x), v) in flat.image.indexed_iter_mut() {
                let beside = |x: usize| sharp.get((y, x)).copied().unwrap_or(0.0);
                *v += share * (beside(x + 1) + beside(x.wrapping_sub(1)) - 2.0 * *v);
            }
        }
        flats
    }

    #[test]
    fn noise_is_shared_where_a_camera_smooths_and_only_there() {
        let own = flats(0.0);
        assert_eq!(shared_noise(&own.iter().collect::<Vec<_>>()), None);
        let smooth = flats(0.25);
        let smooth: Vec<&Flat> = smooth.iter().collect();
        let answers = Instructions::each(|_| shared_noise(&smooth));
        assert!(answers.iter().all(|a| *a == answers[0]));
        let shared = answers[0].expect("shared noise");
        // Weights 1/4, 1/2, 1/4 along rows: 3/8 of the power stays, and neighbours in a row share 1/4, those in a column
        // nothing.
        let power = Scene::default().noise().powi(2);
        for (lag, expected) in [(0, 0.375), (1, 0.125), (2, 0.031), (3, 0.0)] {
            let found = shared[lag] / power;
            assert!((found - expected).abs() < 0.03, "lag {lag}: {found}");
        }
    }

    #[test]
    fn nothing_is_said_where_spots_leave_no_room() {
        let mut flat = flats(0.25).swap_remove(0);
        assert!(shared_noise(&[&flat]).is_some());
        for ((y, x), v) in flat.image.indexed_iter_mut() {
            let d2 = (y % 16).abs_diff(8).pow(2) + (x % 16).abs_diff(8).pow(2);
            *v += 40.0 * (-0.5 * d2 as f32 / 2.25).exp();
        }
        assert_eq!(shared_noise(&[&flat]), None);
        assert_eq!(shared_noise(&[]), None);
    }
}
