//! When each frame was taken, in ordinary frame intervals.
//!
//! Motion goes on while a frame is missing, and cameras do not always keep time; so velocities and phases are those of
//! time and not of the place in a list.

use super::common::median;
use crate::model::Track;

/// Times that differ from the place in time by less than this are that place, frame intervals.
const SAME: f64 = 1e-6;

/// The time of every frame from the first on.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// In ordinary (median) frame intervals since frame 0.
    pub at: Vec<f64>,
    /// The ordinary frame interval, s; absent if the tracks do not tell.
    pub interval_s: Option<f64>,
}

impl Clock {
    /// The clock of the first `frames` frames. Frames without any track are taken to be evenly spaced between those that
    /// have one. Where times do not rise, the place in time is the time.
    pub fn of(tracks: &[Track], frames: usize) -> Self {
        let mut seen: Vec<Option<f64>> = vec![None; frames];
        for p in tracks.iter().flat_map(|t| t.points()) {
            if let Some(s) = seen.get_mut(p.frame.0 as usize) {
                *s = Some(p.time_s);
            }
        }
        let seen: Vec<(usize, f64)> = seen
            .iter()
            .enumerate()
            .filter_map(|(k, s)| Some((k, (*s)?)))
            .collect();
        let each: Vec<f64> = seen
            .windows(2)
            .map(|w| (w[1].1 - w[0].1) / (w[1].0 - w[0].0) as f64)
            .collect();
        let interval = median(each.clone());
        if !each.iter().all(|e| *e > 0.0 && e.is_finite()) || interval <= 0.0 {
            return Self {
                at: (0..frames).map(|k| k as f64).collect(),
                interval_s: None,
            };
        }
        let mut at = Self::between(&seen, interval, frames);
        if (0..frames).all(|k| (at[k] - k as f64).abs() < SAME * (1.0 + k as f64)) {
            at = (0..frames).map(|k| k as f64).collect();
        }
        Self {
            at,
            interval_s: Some(interval),
        }
    }

    /// Straight lines between the times that are known, the ordinary interval outside of them.
    fn between(seen: &[(usize, f64)], interval: f64, frames: usize) -> Vec<f64> {
        let (first, start_s) = seen[0];
        let known: Vec<(usize, f64)> = seen
            .iter()
            .map(|(k, s)| (*k, first as f64 + (s - start_s) / interval))
            .collect();
        let mut at: Vec<f64> = (0..first).map(|k| k as f64).collect();
        at.push(known[0].1);
        for w in known.windows(2) {
            let ((a, from), (b, to)) = (w[0], w[1]);
            at.extend((a + 1..=b).map(|k| from + (to - from) * (k - a) as f64 / (b - a) as f64));
        }
        let (last, end) = known[known.len() - 1];
        at.extend((last + 1..frames).map(|k| end + (k - last) as f64));
        at
    }
}
