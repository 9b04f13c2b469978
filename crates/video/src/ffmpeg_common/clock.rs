//! From time stamps to places in time.
//!
//! Containers give a time stamp per picture in ticks (1/90000 s, 1 ms, ...) and one or two frame rates of which
//! either may be wrong: after dropped frames the average is too low, and the nominal rate of a file with
//! millisecond stamps may be 1000 per second. So the stamps decide: a stated rate is believed if the stamps lie on
//! its grid with most neighbours one step apart; else the rate is measured from the stamps.

/// How long one frame lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// Time from one frame to the next, s; the median where it varies.
    pub(crate) interval_s: f64,
    /// The stamps do not lie on a grid.
    pub(crate) varies: bool,
}

/// Share of steps that may lie off the grid before the rate counts as variable: single late frames of a
/// recording computer are no variable rate.
const MAX_OFF_GRID: f64 = 0.1;
/// Distance from the grid that still counts as on it, in intervals; one tick is always allowed.
const GRID_TOLERANCE: f64 = 0.15;
/// A jump over more places than this is taken for a broken time stamp.
const MAX_JUMP: f64 = 1e6;

struct Fit {
    on_grid: bool,
    /// Most neighbours are one step apart.
    single_steps: bool,
    steps: f64,
}

fn fit(gaps_s: &[f64], tick_s: f64, interval_s: f64) -> Fit {
    let tolerance = (GRID_TOLERANCE * interval_s).max(1.01 * tick_s);
    let (mut off, mut single, mut steps) = (0usize, 0usize, 0.0);
    for gap in gaps_s {
        let n = (gap / interval_s).round().max(1.0);
        steps += n;
        single += usize::from(n == 1.0);
        off += usize::from((gap - n * interval_s).abs() > tolerance);
    }
    let len = gaps_s.len() as f64;
    Fit {
        on_grid: off as f64 <= MAX_OFF_GRID * len,
        single_steps: single * 2 >= gaps_s.len(),
        steps,
    }
}

/// The frame interval from time stamps (any order, in ticks of `tick_s`) and the rates that the file states, the
/// most trusted first. `None` if there is neither.
pub(crate) fn choose_interval(stamps: &[i64], tick_s: f64, stated_fps: &[f64]) -> Option<Interval> {
    let stated = || {
        stated_fps
            .iter()
            .copied()
            .filter(|f| (1e-4..=1e6).contains(f))
    };
    let mut sorted = stamps.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let gaps_s: Vec<f64> = sorted
        .windows(2)
        .map(|w| w[1].saturating_sub(w[0]) as f64 * tick_s)
        .collect();
    let span_s: f64 = gaps_s.iter().sum();
    if gaps_s.is_empty() || !(span_s.is_finite() && span_s > 0.0) {
        return stated().next().map(|f| Interval {
            interval_s: 1.0 / f,
            varies: false,
        });
    }
    // The span may be off by one tick at its ends, and by a little more where single frames are late.
    let agrees = |interval_s: f64| {
        let fit = fit(&gaps_s, tick_s, interval_s);
        let drift = (span_s - fit.steps * interval_s).abs();
        fit.on_grid && fit.single_steps && drift <= 1.01 * tick_s + GRID_TOLERANCE * interval_s
    };
    if let Some(f) = stated().find(|f| agrees(1.0 / f)) {
        return Some(Interval {
            interval_s: 1.0 / f,
            varies: false,
        });
    }
    let mut by_size = gaps_s.clone();
    by_size.sort_by(f64::total_cmp);
    let (shortest, longest) = (by_size[0], by_size[by_size.len() - 1]);
    let median = by_size[by_size.len() / 2];
    // Gaps that differ by one tick only are one rate seen through coarse ticks.
    let steps = if longest - shortest <= 1.01 * tick_s {
        gaps_s.len() as f64
    } else {
        fit(&gaps_s, tick_s, median).steps
    };
    let measured = span_s / steps;
    if !fit(&gaps_s, tick_s, measured).on_grid {
        return Some(Interval {
            interval_s: median,
            varies: true,
        });
    }
    let whole = (1.0 / measured).round();
    let ntsc = (1.001 / measured).round() * 1000.0 / 1001.0;
    let usual = [whole, ntsc]
        .into_iter()
        .filter(|f| *f >= 1.0)
        .find(|f| (span_s - steps / f).abs() <= 1.01 * tick_s);
    Some(Interval {
        interval_s: usual.map_or(measured, |f| 1.0 / f),
        varies: false,
    })
}

/// Gives each frame its place; the numbers strictly increase whatever the stamps do.
#[derive(Clone, Debug)]
pub(crate) struct FilmClock {
    tick_s: f64,
    interval_s: Option<f64>,
    first: Option<i64>,
    last_index: Option<u32>,
    last_stamp: Option<i64>,
    /// Frames placed so far.
    pub(crate) placed: u64,
    /// Stamps that went back or jumped beyond belief; those frames are counted on.
    pub(crate) bad_stamps: u64,
}

impl FilmClock {
    /// A clock for stamps in ticks of `tick_s`; without an interval frames are just counted.
    pub(crate) fn new(tick_s: f64, interval_s: Option<f64>) -> Self {
        Self {
            tick_s,
            interval_s,
            first: None,
            last_index: None,
            last_stamp: None,
            placed: 0,
            bad_stamps: 0,
        }
    }

    /// Sets the length of a tick, s, where it becomes known only with the first frame.
    pub(crate) fn set_tick(&mut self, tick_s: f64) {
        self.tick_s = tick_s;
    }

    /// Place of the next frame and its time since the first, s. `None` when the numbers run out.
    pub(crate) fn place(&mut self, stamp: Option<i64>) -> Option<(u32, Option<f64>)> {
        let next = match self.last_index {
            Some(i) => i.checked_add(1)?,
            None => 0,
        };
        self.placed += 1;
        let believed = stamp.filter(|s| self.last_stamp.is_none_or(|l| *s > l));
        let mut placed = (next, None);
        match (believed, self.interval_s) {
            (Some(stamp), Some(interval_s)) => {
                let first = *self.first.get_or_insert(stamp);
                let time_s = stamp.saturating_sub(first) as f64 * self.tick_s;
                let place = (time_s / interval_s).round();
                if place <= f64::from(next) + MAX_JUMP && place < f64::from(u32::MAX) {
                    placed = (next.max(place as u32), Some(time_s));
                    self.last_stamp = Some(stamp);
                } else {
                    self.bad_stamps += 1;
                }
            }
            (None, _) if stamp.is_some() => self.bad_stamps += 1,
            _ => {}
        }
        self.last_index = Some(placed.0);
        Some(placed)
    }

    /// Places up to the last frame, holes included.
    pub(crate) fn places(&self) -> u64 {
        self.last_index.map_or(0, |i| u64::from(i) + 1)
    }

    /// Places that no frame was given.
    pub(crate) fn holes(&self) -> u64 {
        self.places().saturating_sub(self.placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(stamps: &[i64], tick_s: f64, fps: &[f64]) -> Interval {
        choose_interval(stamps, tick_s, fps).expect("an interval")
    }

    #[test]
    fn dropped_frames_keep_the_nominal_rate() {
        // Every tenth of 25 frames per second is missing: the average says 22.5.
        let stamps: Vec<i64> = (0..300).filter(|i| i % 10 != 3).map(|i| i * 512).collect();
        for fps in [&[25.0, 22.5][..], &[22.5], &[], &[1000.0, f64::NAN, 0.0]] {
            let got = interval(&stamps, 1.0 / 12800.0, fps);
            assert!(
                (got.interval_s - 0.04).abs() < 1e-12 && !got.varies,
                "{fps:?} {got:?}"
            );
        }
        let mut clock = FilmClock::new(1.0 / 12800.0, Some(0.04));
        let places: Vec<u32> = stamps
            .iter()
            .map(|s| clock.place(Some(*s)).expect("place").0)
            .collect();
        assert_eq!(
            places,
            (0..300).filter(|i| i % 10 != 3).collect::<Vec<u32>>()
        );
        assert_eq!((clock.holes(), clock.places()), (30, 300));
    }

    #[test]
    fn millisecond_stamps_give_the_exact_rate() {
        for fps in [24000.0 / 1001.0, 30000.0 / 1001.0, 30.0, 60.0, 417.0] {
            let stamps: Vec<i64> = (0..600)
                .map(|i| (f64::from(i) * 1e3 / fps).round() as i64)
                .collect();
            let got = interval(&stamps, 1e-3, &[1000.0]);
            assert!(!got.varies, "{fps}");
            assert!((got.interval_s * fps - 1.0).abs() < 1e-6, "{fps} {got:?}");
        }
    }

    #[test]
    fn a_variable_rate_is_told_and_its_median_used() {
        // Gaps of 20, 33, 47, 71 ms in a scrambled order.
        let gaps = [20, 47, 33, 71, 20, 33, 33, 71, 47, 20, 33];
        let mut stamps = vec![0];
        for i in 0..200 {
            stamps.push(stamps[i] + gaps[i % gaps.len()]);
        }
        let got = interval(&stamps, 1e-3, &[30.0, 27.0]);
        assert!(got.varies);
        assert!((got.interval_s - 0.033).abs() < 1e-12);
    }

    #[test]
    fn one_frame_or_none_takes_what_is_stated() {
        assert_eq!(choose_interval(&[], 1e-3, &[]), None);
        assert_eq!(choose_interval(&[5], 1e-3, &[0.0, f64::INFINITY]), None);
        let got = interval(&[5, 5], 1e-3, &[0.0, 20.0]);
        assert_eq!(got.interval_s, 0.05);
        assert!(choose_interval(&[i64::MIN, i64::MAX], 1e300, &[]).is_none());
    }

    #[test]
    fn bad_stamps_never_make_numbers_fall() {
        let mut clock = FilmClock::new(1e-3, Some(0.01));
        let stamps = [
            Some(100),
            Some(110),
            None,
            Some(130),
            Some(50),
            Some(i64::MAX),
            Some(131),
            Some(200),
        ];
        let got: Vec<(u32, Option<f64>)> = stamps.iter().filter_map(|s| clock.place(*s)).collect();
        let places: Vec<u32> = got.iter().map(|g| g.0).collect();
        assert_eq!(places, [0, 1, 2, 3, 4, 5, 6, 10]);
        assert_eq!(got[4].1, None);
        assert!((got[7].1.expect("time") - 0.1).abs() < 1e-12);
        assert_eq!((clock.bad_stamps, clock.holes()), (2, 3));
        // Without an interval frames are counted.
        let mut plain = FilmClock::new(1e-3, None);
        assert_eq!(plain.place(Some(77)), Some((0, None)));
        assert_eq!(plain.place(Some(99)), Some((1, None)));
    }
}
