//! Noise that is not Gaussian, measured where no particle can be: on the dark side of the filtered film.
//!
//! The threshold of the matched filter assumes that the filtered noise is Gaussian with a little skewness. Compression
//! leaves noise that is empty in most places and strong in a few, whose tails are far heavier than its narrow middle
//! says. Particles are bright, so what rises above the threshold in the *negated* film is noise; if it does so much more
//! often than was asked for, the threshold is moved to where it does as often. Noise whose dark side is thinner than its
//! bright one (few photons, a clipped black level) is not seen here and keeps its theoretical threshold.
//!
//! Two things on the dark side are not noise and are left out: the trough that the filter puts around bright spots, and
//! holes that stay in one place, where something slow has left its light in the background.

use super::Candidate;

/// The trough around a spot has at most a ninth of its height; from two spots, twice that.
const TROUGH_SHARE: f64 = 0.3;
/// It lies within this many widths of the filter.
const TROUGH_WIDTHS: f64 = 7.0;
/// A hole that is seen so near to where it is in this many other frames stays in its place.
const SAME_PLACE_PX: f64 = 2.0;
const SAME_PLACE_FRAMES: usize = 2;
/// The theory holds unless there is so many times what it expects, and so many more: counts scatter.
const FACTOR: f64 = 3.0;
const SIGMAS: f64 = 5.0;
/// However heavy the tails, the threshold is raised by no more than this factor.
const MOST: f64 = 3.0;
/// Step of the grid on which the free area is estimated, px.
const GRID_PX: usize = 16;

/// What is seen in one frame of the sample.
pub(super) struct Sides {
    /// Spots.
    pub bright: Vec<Candidate>,
    /// Spots of the negated frame.
    pub dark: Vec<Candidate>,
}

/// The threshold at which the dark side has `wanted` spots in a frame of `size_px` (height, width), where that is well
/// above the theoretical one, `theory`. `sides` holds everything down to the theoretical threshold at least.
pub(super) fn threshold(
    sides: &[Sides],
    size_px: (usize, usize),
    wanted: f64,
    theory: f64,
) -> Option<f64> {
    let mut free_frames = 0.0;
    let mut heights = Vec::new();
    for (i, frame) in sides.iter().enumerate() {
        free_frames += free_share(frame, size_px, theory);
        let stays = |c: &Candidate| {
            let same = |d: &Candidate| {
                may_be_within(SAME_PLACE_PX, c, d) && distance(c, d) <= SAME_PLACE_PX
            };
            let there = |other: &Sides| other.dark.iter().any(same);
            let others = sides.iter().enumerate().filter(|(j, _)| *j != i);
            others.filter(|(_, s)| there(s)).count() >= SAME_PLACE_FRAMES
        };
        let noise = frame
            .dark
            .iter()
            .filter(|c| c.snr >= theory && !in_trough(c, &frame.bright) && !stays(c));
        heights.extend(noise.map(|c| c.snr));
    }
    let expected = wanted * free_frames;
    let found = heights.len() as f64;
    if found < FACTOR * expected || found < expected + SIGMAS * expected.max(1.0).sqrt() {
        return None;
    }
    heights.sort_by(|a, b| b.total_cmp(a));
    let at = heights.get(expected.floor() as usize)?;
    Some(at.min(MOST * theory))
}

fn distance(a: &Candidate, b: &Candidate) -> f64 {
    (a.x_px - b.x_px).hypot(a.y_px - b.y_px)
}

/// False for most that are further apart than that: their distance need not be worked out.
fn may_be_within(reach_px: f64, a: &Candidate, b: &Candidate) -> bool {
    (a.x_px - b.x_px).abs() <= reach_px && (a.y_px - b.y_px).abs() <= reach_px
}

fn in_trough(c: &Candidate, bright: &[Candidate]) -> bool {
    bright.iter().any(|b| {
        let reach = TROUGH_WIDTHS * b.width_px.max(c.width_px);
        c.snr < TROUGH_SHARE * b.snr && may_be_within(reach, b, c) && distance(b, c) < reach
    })
}

/// Share of the picture in which a dark spot at the threshold would count.
fn free_share(frame: &Sides, (height, width): (usize, usize), theory: f64) -> f64 {
    let (mut free, mut all) = (0, 0);
    for y in (0..height).step_by(GRID_PX) {
        for x in (0..width).step_by(GRID_PX) {
            let place = Candidate {
                x_px: x as f64,
                y_px: y as f64,
                snr: theory,
                width_px: 0.0,
            };
            all += 1;
            free += usize::from(!in_trough(&place, &frame.bright));
        }
    }
    f64::from(free as u32) / f64::from(all.max(1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(x_px: f64, y_px: f64, snr: f64) -> Candidate {
        Candidate {
            x_px,
            y_px,
            snr,
            width_px: 1.5,
        }
    }

    /// Ten frames, each with dark spots of these heights at places that do not recur.
    fn film(heights: &[f64], bright: &[Candidate]) -> Vec<Sides> {
        (0..10)
            .map(|f| Sides {
                bright: bright.to_vec(),
                dark: heights
                    .iter()
                    .zip(0..)
                    .map(|(h, i)| spot(f64::from(37 * i % 600), f64::from(40 * f + 9), *h))
                    .collect(),
            })
            .collect()
    }

    #[test]
    fn noise_as_expected_leaves_the_theory_alone() {
        // Half a spot per frame was asked for, one is there: chance.
        assert_eq!(threshold(&film(&[4.5], &[]), (400, 600), 0.5, 4.2), None);
        assert_eq!(threshold(&film(&[], &[]), (400, 600), 0.5, 4.2), None);
        assert_eq!(threshold(&[], (400, 600), 0.5, 4.2), None);
    }

    #[test]
    fn heavy_tails_raise_the_threshold_to_what_was_asked_for() {
        let heights: Vec<f64> = (0..20).map(|i| 4.3 + 0.2 * f64::from(i)).collect();
        let u = threshold(&film(&heights, &[]), (400, 600), 1.0, 4.2).expect("far too many");
        // One per frame is to be left: the highest of each frame is 8.1, the next 7.9.
        assert!((7.85..=8.1).contains(&u), "{u}");
        let endless = film(&[100.0; 20], &[]);
        assert_eq!(threshold(&endless, (400, 600), 0.5, 4.0), Some(12.0));
    }

    #[test]
    fn troughs_and_holes_are_no_noise() {
        let heights = [6.0; 8];
        // A bright spot beside every dark one.
        let bright: Vec<Candidate> = (0..8)
            .flat_map(|i| {
                (0..10).map(move |f| spot(f64::from(37 * i), f64::from(40 * f + 4), 60.0))
            })
            .collect();
        assert_eq!(
            threshold(&film(&heights, &bright), (400, 600), 0.5, 4.2),
            None
        );
        let mut holes = film(&heights, &[]);
        for s in &mut holes {
            for (i, c) in s.dark.iter_mut().enumerate() {
                (c.x_px, c.y_px) = (50.0 * i as f64, 80.0);
            }
        }
        assert_eq!(threshold(&holes, (400, 600), 0.5, 4.2), None);
    }
}
