//! The places in time of a film whose frames are known beforehand.

use nta_core::FrameIndex;
pub(crate) use nta_core::source::evenly;

/// Departure of a frame from its place, in intervals, from which on the times count as uneven.
pub(crate) const UNEVEN: f64 = 0.2;

/// Which place in time each stored frame has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// Place of each stored frame, strictly rising.
    pub(crate) places: Vec<FrameIndex>,
    /// Time of each stored frame since the first, s, if the file has times.
    pub(crate) times_s: Option<Vec<f64>>,
    /// Places without a frame, also after the last stored frame.
    pub(crate) missing: u64,
    /// Mean time between neighbouring places, s, if the file has times.
    pub(crate) interval_s: Option<f64>,
    /// Largest departure of a frame from its place, in intervals.
    pub(crate) jitter: f64,
}

impl Timeline {
    /// One frame at each place, without times.
    pub(crate) fn even(frames: usize) -> Self {
        Self {
            places: (0..frames as u32).map(FrameIndex).collect(),
            times_s: None,
            missing: 0,
            interval_s: None,
            jitter: 0.0,
        }
    }

    /// From the times of the stored frames, s. `None` unless they are finite and strictly rising.
    ///
    /// A gap of k median intervals is k - 1 missing frames. Rounding `(t - t0) / median` would do for a short film
    /// only: times that are rounded to milliseconds make the median of a 30 fps film 1 % too short, which after 50
    /// frames invents a missing one. So each place follows from the one before, a slowly fading remainder carries
    /// what rounding left over, and the interval is measured again over the whole film.
    pub(crate) fn from_times(times_s: &[f64]) -> Option<Self> {
        let first = *times_s.first()?;
        if !times_s.iter().all(|t| t.is_finite()) || times_s.windows(2).any(|w| w[1] <= w[0]) {
            return None;
        }
        let times: Vec<f64> = times_s.iter().map(|t| t - first).collect();
        let Some(median) = median_step(&times) else {
            let mut one = Self::even(times.len());
            one.times_s = Some(times);
            return Some(one);
        };
        let rough = numbered(&times, median)?;
        let interval_s = mean_interval(&times, &rough)?;
        let places = numbered(&times, interval_s)?;
        let interval_s = mean_interval(&times, &places)?;
        let jitter = jitter_of(&times, &places, interval_s);
        let last = places.last().map_or(0, |p| u64::from(p.0));
        Some(Self {
            missing: last + 1 - places.len() as u64,
            places,
            times_s: Some(times),
            interval_s: Some(interval_s),
            jitter,
        })
    }

    /// Number of places in time, with and without a frame.
    pub(crate) fn len(&self) -> u64 {
        self.places.len() as u64 + self.missing
    }
}

fn median_step(times: &[f64]) -> Option<f64> {
    let mut steps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    let median = *steps.get(steps.len() / 2)?;
    (median > 0.0 && median.is_finite()).then_some(median)
}

fn mean_interval(times: &[f64], places: &[FrameIndex]) -> Option<f64> {
    let (span, last) = (*times.last()?, places.last()?.0);
    let mean = span / f64::from(last);
    (mean > 0.0 && mean.is_finite()).then_some(mean)
}

/// The place of each frame. Where two frames fall on one place the first of them came late and moves back, if the
/// place before is free; else the second moves on.
fn numbered(times: &[f64], interval_s: f64) -> Option<Vec<FrameIndex>> {
    let mut places: Vec<u32> = Vec::with_capacity(times.len());
    let (mut before, mut remainder) = (0.0, 0.0);
    for &t in times {
        let Some(&last) = places.last() else {
            places.push(0);
            before = t;
            continue;
        };
        let step = (t - before) / interval_s + remainder;
        let whole = step.round().max(0.0);
        if f64::from(last) + whole >= f64::from(u32::MAX) {
            return None;
        }
        let mut place = last + whole as u32;
        if place <= last {
            let n = places.len();
            if n >= 2 && places[n - 2] + 1 < last {
                places[n - 1] = last - 1;
                place = last;
            } else {
                place = last + 1;
            }
        }
        remainder = 0.9 * (step - f64::from(place - last)).clamp(-1.0, 1.0);
        before = t;
        places.push(place);
    }
    Some(places.into_iter().map(FrameIndex).collect())
}

/// Largest departure of a step from a whole number of intervals.
fn jitter_of(times: &[f64], places: &[FrameIndex], interval_s: f64) -> f64 {
    let steps = times.windows(2).zip(places.windows(2));
    steps
        .map(|(t, p)| ((t[1] - t[0]) / interval_s - f64::from(p[1].0 - p[0].0)).abs())
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(t: &Timeline) -> Vec<u32> {
        t.places.iter().map(|p| p.0).collect()
    }

    #[test]
    fn gaps_become_missing_places() {
        let t = Timeline::from_times(&[5.0, 5.1, 5.2, 5.5, 5.6]).unwrap();
        assert_eq!(places(&t), [0, 1, 2, 5, 6]);
        assert_eq!((t.missing, t.len()), (2, 7));
        assert!((t.interval_s.unwrap() - 0.1).abs() < 1e-12);
        assert!(t.jitter < 1e-9);
    }

    #[test]
    fn times_rounded_to_milliseconds_invent_no_missing_frames() {
        let rounded: Vec<f64> = (0..5000)
            .map(|i| (f64::from(i) * 1000.0 / 30.0).floor() / 1000.0)
            .collect();
        let t = Timeline::from_times(&rounded).unwrap();
        assert_eq!(t.missing, 0);
        assert!((t.interval_s.unwrap() - 1.0 / 30.0).abs() < 1e-6);
    }

    #[test]
    fn a_late_frame_is_late_not_missing() {
        let t = Timeline::from_times(&[0.0, 1.0, 2.6, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(places(&t), [0, 1, 2, 3, 4, 5, 6]);
        assert!(t.jitter > 0.5);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Timeline::from_times(&[]), None);
        assert_eq!(Timeline::from_times(&[0.0, 1.0, 1.0]), None);
        assert_eq!(Timeline::from_times(&[0.0, f64::NAN]), None);
        assert_eq!(Timeline::from_times(&[0.0, 1e-300, 2e-300, 1e300]), None);
        assert_eq!(places(&Timeline::from_times(&[7.0]).unwrap()), [0]);
    }

    #[test]
    fn even_spacing_covers_all() {
        assert_eq!(evenly(10, 5), [0, 2, 4, 6, 8]);
        assert_eq!(evenly(3, 9), [0, 1, 2]);
        assert!(evenly(0, 4).is_empty());
    }
}
