//! One sinusoid of the shared position, followed where its phase or size wanders.
//!
//! The frequency is the one that explains most of the weighted sum of squares. Amplitudes of cosine and sine are fitted
//! around evenly spaced points of time, with weights that fall in a straight line to the neighbouring points, and are
//! joined by straight lines. How far apart those points are is decided by what they explain, less [`PRICE`] for each
//! of their four numbers; the film as a whole is the first choice. The amplitudes are then shrunk by what as many
//! numbers explain by chance (James & Stein 1961). Times in ordinary frame intervals.

use super::periodogram::{Normal, Peak, Row, STRETCH, wave};

/// Distances between points of time, the greatest first.
const SPACINGS: [f64; 6] = [1024.0, 512.0, 128.0, 64.0, 32.0, 16.0];
/// What a number must explain, in units of what it explains by chance.
const PRICE: f64 = 3.0;
/// Numbers for each point of time.
const NUMBERS: f64 = 4.0;
/// Halvings of the step in frequency.
const HALVINGS: usize = 8;

/// A place by frame, px.
type Path = Vec<(f64, f64)>;

/// A shared sinusoid.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Per ordinary frame interval.
    pub frequency: f64,
    /// Where it carries everything by frame, px.
    pub at_px: Path,
}

/// Fits the sinusoid of a peak, none below `lowest`. None if nothing is left of it.
pub(super) fn fit(rows: &[Row], times: &[f64], peak: Peak, lowest: f64) -> Option<Line> {
    let frequency = refine(rows, times, peak.frequency, lowest);
    at(rows, times, frequency, peak.chance)
}

/// Fits the sinusoid of a frequency.
pub(super) fn at(rows: &[Row], times: &[f64], frequency: f64, chance: f64) -> Option<Line> {
    let wave = wave(frequency, times);
    let mut best: Option<(f64, f64, Path)> = None;
    for (k, spacing) in SPACINGS.into_iter().enumerate() {
        // Points closer than a period would follow what is no oscillation.
        if k > 0 && spacing * frequency < 1.0 {
            break;
        }
        let knots = Knots::over(times, spacing);
        let at_px = knots.follow(rows, times, &wave);
        let gain = explained(rows, &at_px) / chance;
        let cost = NUMBERS * knots.count as f64;
        let score = gain - PRICE * cost;
        if best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, 1.0 - cost / gain, at_px));
        }
    }
    let (score, share, mut at_px) = best?;
    if score <= 0.0 {
        return None;
    }
    for p in &mut at_px {
        *p = (share * p.0, share * p.1);
    }
    Some(Line { frequency, at_px })
}

/// The weighted sum of squares that a shared motion explains.
fn explained(rows: &[Row], at_px: &[(f64, f64)]) -> f64 {
    rows.iter()
        .map(|r| {
            let (a, b) = (at_px[r.from], at_px[r.to]);
            let (ex, ey) = (b.0 - a.0, b.1 - a.1);
            r.weight * (ex * (2.0 * r.by_px.0 - ex) + ey * (2.0 * r.by_px.1 - ey))
        })
        .sum()
}

/// The frequency near the given one that explains most, in stretches as long as one phase may last.
fn refine(rows: &[Row], times: &[f64], near: f64, lowest: f64) -> f64 {
    let long = 4 * STRETCH;
    let gain = |f: f64| -> f64 {
        let wave = wave(f, times);
        rows.chunk_by(|a, b| a.from / long == b.from / long)
            .map(|part| {
                let mut sums = Normal::default();
                for r in part {
                    sums.add(r, r.weight, wave[r.from], wave[r.to]);
                }
                sums.gain()
            })
            .sum()
    };
    // Fine enough not to step over the peak, whose half width is one over the length.
    let mut step = 0.25 / times.len().min(long) as f64;
    let reach = (0.5 / times.len().min(STRETCH) as f64 / step).ceil() as i32;
    let mut best = (near, gain(near));
    let climb = |best: &mut (f64, f64), f: f64| {
        let g = gain(f);
        if f >= lowest && f <= 0.5 && g > best.1 {
            *best = (f, g);
        }
    };
    for k in -reach..=reach {
        climb(&mut best, near + f64::from(k) * step);
    }
    for _ in 0..HALVINGS {
        step *= 0.5;
        let middle = best.0;
        climb(&mut best, middle - step);
        climb(&mut best, middle + step);
    }
    best.0
}

/// Evenly spaced points of time at which amplitudes are fitted.
struct Knots {
    first: f64,
    spacing: f64,
    count: usize,
}

impl Knots {
    fn over(times: &[f64], spacing: f64) -> Self {
        let first = times.first().copied().unwrap_or(0.0);
        let length = times.last().copied().unwrap_or(0.0) - first;
        // No more points than frames, however long a film pauses.
        let parts = (length / spacing).floor().min(times.len() as f64) as usize;
        if parts < 2 {
            return Self {
                first,
                spacing: f64::INFINITY,
                count: 1,
            };
        }
        Self {
            first,
            spacing: length / parts as f64,
            count: parts + 1,
        }
    }

    /// The point before a time, and how far the time is on the way to the next.
    fn place(&self, time: f64) -> (usize, f64) {
        if self.count == 1 {
            return (0, 0.0);
        }
        let at = ((time - self.first) / self.spacing).max(0.0);
        let before = (at.floor() as usize).min(self.count - 2);
        (before, (at - before as f64).min(1.0))
    }

    /// Fits the amplitudes and joins them: where the sinusoid carries everything by frame, px.
    fn follow(&self, rows: &[Row], times: &[f64], wave: &[(f64, f64)]) -> Path {
        let mut sums = vec![Normal::default(); self.count];
        for r in rows {
            let (before, on) = self.place(0.5 * (times[r.from] + times[r.to]));
            let (a, b) = (wave[r.from], wave[r.to]);
            sums[before].add(r, (1.0 - on) * r.weight, a, b);
            if on > 0.0 {
                sums[before + 1].add(r, on * r.weight, a, b);
            }
        }
        let knots: Vec<[f64; 4]> = sums.iter().map(Normal::solve).collect();
        times
            .iter()
            .zip(wave)
            .map(|(t, (c, s))| {
                let (before, on) = self.place(*t);
                let (a, b) = (knots[before], knots[(before + 1).min(self.count - 1)]);
                let [xc, xs, yc, ys]: [f64; 4] =
                    std::array::from_fn(|i| (1.0 - on) * a[i] + on * b[i]);
                (xc * c + xs * s, yc * c + ys * s)
            })
            .collect()
    }
}
