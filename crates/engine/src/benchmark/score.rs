//! Found against known: all scores of one film.

use super::by_population::{self, PopulationSteps};
use super::columns::{SHORTEST_TRACK, Scores};
use super::found::{Found, FoundSizes};
use super::known::{Known, KnownSizes};
use super::matching::{Matched, Meaning};
use serde::Serialize;

/// Lower edges of the classes of signal to noise for which errors of positions are told apart.
pub(super) const SNR_EDGES: [f64; 6] = [2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// Positions of particles of one class of signal to noise, those in focus and not at the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PositionsBySnr {
    /// Lower edge of the class: peak over the noise of a pixel.
    pub from_snr: f64,
    /// Particles in the picture and in the class.
    pub there: usize,
    /// Of these found.
    pub found: usize,
    /// Sum of the squared distances, px^2.
    pub squared_error_px2: f64,
    /// Sum of the squares of (found - true) / stated over both axes, and how many there are.
    pub squared_ratio: f64,
    pub ratios: usize,
    /// Of those found whose best possible error is known: sums over both axes of the squared errors and of the squares of
    /// the bound, px^2.
    pub bounded_error_px2: f64,
    pub squared_bound_px2: f64,
}

impl PositionsBySnr {
    /// Adds the particles of the same class of another film.
    pub fn add(&mut self, other: &Self) {
        self.there += other.there;
        self.found += other.found;
        self.squared_error_px2 += other.squared_error_px2;
        self.squared_ratio += other.squared_ratio;
        self.ratios += other.ratios;
        self.bounded_error_px2 += other.bounded_error_px2;
        self.squared_bound_px2 += other.squared_bound_px2;
    }

    /// Root mean square error over the root mean square of its bound.
    pub fn error_over_bound(&self) -> Option<f64> {
        (self.squared_bound_px2 > 0.0)
            .then(|| (self.bounded_error_px2 / self.squared_bound_px2).sqrt())
    }
}

/// What one film gave.
pub(super) struct Scored {
    pub scores: Scores,
    pub by_snr: Vec<PositionsBySnr>,
    pub by_population: Vec<PopulationSteps>,
    /// Stated intervals: of what, and whether they hold the truth.
    pub intervals: Vec<(&'static str, bool)>,
}

/// All scores of one film.
pub(super) fn score(known: &Known, found: &Found) -> Scored {
    let mut scores = Scores::default();
    let mut by_snr = Vec::new();
    let mut by_population = Vec::new();
    if !known.frames.is_empty() && !found.has_no_clock {
        let matched = Matched::new(known, found);
        score_spots(&matched, &mut scores);
        score_links(&matched, found, &mut scores);
        by_snr = positions_by_snr(&matched);
        by_population = by_population::score(known, &matched, found);
    }
    let mut intervals = Intervals::default();
    scores.put("tracks_used", found.tracks_used as f64);
    if let Some(sizes) = &found.sizes {
        score_sizes(known, sizes, &mut scores, &mut intervals);
    }
    if let (Some(truth), Some((per_ml, ci95))) = (known.concentration_per_ml, found.concentration) {
        if truth > 0.0 {
            scores.put(
                "concentration_error_percent",
                100.0 * (per_ml / truth - 1.0),
            );
        }
        intervals.take("concentration", ci95, Some(truth));
    }
    let Intervals(intervals) = intervals;
    if !intervals.is_empty() {
        let held = intervals.iter().filter(|i| i.1).count();
        scores.put("intervals_held", held as f64);
        scores.put("intervals_stated", intervals.len() as f64);
    }
    if let Some(v) = found.frames_per_second {
        scores.put("frames_per_second", v);
    }
    if let Some(v) = found.peak_memory_mb {
        scores.put("peak_memory_mb", v);
    }
    Scored {
        scores,
        by_snr,
        by_population,
        intervals,
    }
}

fn score_spots(matched: &Matched<'_>, scores: &mut Scores) {
    let (mut all, mut right, mut wrong) = (0, 0, 0);
    let (mut must, mut must_found) = (0, 0);
    let (mut squared, mut ratio, mut ratios) = (0.0, 0.0, 0);
    for frame in &matched.frames {
        all += frame.found.len();
        for meaning in &frame.meaning {
            match meaning {
                Meaning::Particle(_) => right += 1,
                Meaning::False => wrong += 1,
                Meaning::Ignored => {}
            }
        }
        for (k, found) in frame.known.spots.iter().zip(&frame.found_of) {
            if !k.must {
                continue;
            }
            must += 1;
            let Some(s) = found.map(|i| &frame.found[i]) else {
                continue;
            };
            must_found += 1;
            let (dx, dy) = (s.x_px - k.x_px, s.y_px - k.y_px);
            squared += dx * dx + dy * dy;
            if let Some(precision) = s.precision_px.filter(|p| *p > 0.0) {
                ratio += (dx * dx + dy * dy) / (precision * precision);
                ratios += 2;
            }
        }
    }
    let frames = matched.frames.len() as f64;
    scores.put("spots_per_frame", all as f64 / frames);
    scores.put_percent("recall_percent", must_found, must);
    scores.put_percent("precision_percent", right, right + wrong);
    scores.put("false_spots_per_frame", wrong as f64 / frames);
    scores.put("position_error_px", (squared / must_found as f64).sqrt());
    scores.put("stated_error_ratio", (ratio / ratios as f64).sqrt());
}

fn positions_by_snr(matched: &Matched<'_>) -> Vec<PositionsBySnr> {
    let mut classes: Vec<PositionsBySnr> = SNR_EDGES
        .iter()
        .map(|&from_snr| PositionsBySnr {
            from_snr,
            ..PositionsBySnr::default()
        })
        .collect();
    for frame in &matched.frames {
        for (k, found) in frame.known.spots.iter().zip(&frame.found_of) {
            let Some(class) = k
                .snr
                .filter(|_| k.clear)
                .and_then(|snr| SNR_EDGES.partition_point(|e| *e <= snr).checked_sub(1))
                .map(|i| &mut classes[i])
            else {
                continue;
            };
            class.there += 1;
            let Some(s) = found.map(|i| &frame.found[i]) else {
                continue;
            };
            let r2 = (s.x_px - k.x_px).powi(2) + (s.y_px - k.y_px).powi(2);
            class.found += 1;
            class.squared_error_px2 += r2;
            if let Some(precision) = s.precision_px.filter(|p| *p > 0.0) {
                class.squared_ratio += r2 / (precision * precision);
                class.ratios += 2;
            }
            if let Some(bound_px) = k.bound_px {
                class.bounded_error_px2 += r2;
                class.squared_bound_px2 += 2.0 * bound_px * bound_px;
            }
        }
    }
    classes.retain(|c| c.there > 0);
    classes
}

fn score_links(matched: &Matched<'_>, found: &Found, scores: &mut Scores) {
    let particle_at = |&(frame, spot): &(u32, usize)| {
        let frame = matched.frame(frame)?;
        Some(match frame.meaning[spot] {
            Meaning::Particle(k) => Some(frame.known.spots[k].particle),
            Meaning::Ignored => return None,
            Meaning::False => None,
        })
    };
    let (mut links, mut wrong, mut false_tracks) = (0, 0, 0);
    let (mut tracks, mut spots_in_tracks, mut squared_lengths) = (0, 0, 0);
    let mut right_links = std::collections::BTreeSet::new();
    for track in &found.tracks {
        // Frames of which nothing is known (repeated pictures) are passed over, not linked to.
        let track: Vec<(u32, usize)> = track
            .iter()
            .copied()
            .filter(|p| matched.frame(p.0).is_some())
            .collect();
        for pair in track.windows(2) {
            // Links with what is to be ignored do not count.
            let (Some(a), Some(b)) = (particle_at(&pair[0]), particle_at(&pair[1])) else {
                continue;
            };
            links += 1;
            match a {
                Some(particle) if a == b => {
                    right_links.insert((pair[0].0, pair[1].0, particle));
                }
                _ => wrong += 1,
            }
        }
        if track.len() >= SHORTEST_TRACK {
            tracks += 1;
            spots_in_tracks += track.len();
            squared_lengths += track.len() * track.len();
            let nothing = track
                .iter()
                .filter(|p| particle_at(p) == Some(None))
                .count();
            false_tracks += usize::from(2 * nothing > track.len());
        }
    }
    let (mut there, mut recalled) = (0, 0);
    for pair in matched.frames.windows(2) {
        let (a, b) = (&pair[0].known, &pair[1].known);
        if b.frame != a.frame + 1 {
            continue;
        }
        let next: std::collections::BTreeSet<u64> = b
            .spots
            .iter()
            .filter(|s| s.must)
            .map(|s| s.particle)
            .collect();
        for s in a
            .spots
            .iter()
            .filter(|s| s.must && next.contains(&s.particle))
        {
            there += 1;
            recalled += usize::from(right_links.contains(&(a.frame, b.frame, s.particle)));
        }
    }
    scores.put_percent("wrong_links_percent", wrong, links);
    scores.put_percent("links_recalled_percent", recalled, there);
    scores.put("false_tracks", f64::from(false_tracks as u32));
    scores.put(
        "frames_per_track",
        spots_in_tracks as f64 / f64::from(tracks),
    );
    scores.put(
        "frames_per_track_of_spot",
        squared_lengths as f64 / spots_in_tracks as f64,
    );
}

/// Stated intervals with a known truth.
#[derive(Default)]
struct Intervals(Vec<(&'static str, bool)>);

impl Intervals {
    fn take(&mut self, of: &'static str, ci95: Option<[f64; 2]>, truth: Option<f64>) {
        if let (Some([low, high]), Some(truth)) = (ci95, truth) {
            self.0.push((of, low <= truth && truth <= high));
        }
    }
}

fn score_sizes(known: &Known, sizes: &FoundSizes, scores: &mut Scores, intervals: &mut Intervals) {
    if let Some(cv) = sizes.cv {
        scores.put("cv_percent", 100.0 * cv);
    }
    if !sizes.populations_nm.is_empty() {
        scores.put("populations", sizes.populations_nm.len() as f64);
    }
    let Some(sample) = &known.sample else {
        return;
    };
    let quantile = |p| sample.quantile_nm(p);
    for (key, estimate, truth) in [
        ("mean_error_percent", sizes.mean, Some(sample.mean_nm)),
        ("d10_error_percent", sizes.d10, quantile(0.1)),
        ("d50_error_percent", sizes.d50, quantile(0.5)),
        ("d50_error_worst_percent", sizes.d50, quantile(0.5)),
        ("d90_error_percent", sizes.d90, quantile(0.9)),
    ] {
        // Of a size that somebody states only the middle is known.
        let of_width = key.starts_with("d10") || key.starts_with("d90");
        if of_width && known.nominal_nm.is_some() {
            continue;
        }
        if let (Some(value), Some(truth)) = (estimate.value, truth) {
            scores.put(key, 100.0 * (value / truth - 1.0));
        }
        if key != "d50_error_worst_percent" {
            let of = key.trim_end_matches("_error_percent");
            intervals.take(of, estimate.ci95, truth);
        }
    }
    if known.nominal_nm.is_none() {
        scores.put("true_cv_percent", 100.0 * sample.cv);
        let distance = |sizes: &FoundSizes, to: &KnownSizes| {
            sizes.cdf.as_ref().map(|cdf| cdf.distance(&to.cdf))
        };
        if let Some(w1) = distance(sizes, sample) {
            scores.put("w1_nm", w1);
        }
        if let Some(w1) = known.seen.as_ref().and_then(|seen| distance(sizes, seen)) {
            scores.put("w1_seen_nm", w1);
        }
    }
}
