//! Which spots and which links are looked at closely: those that deserve the least trust.
//!
//! A link is judged by the other steps of its own track. Squared steps of Brownian motion in the plane are exponential,
//! so that a squared step that is `q` times the mean of `k` others is so large by chance with probability
//! `(1 + q / k)^-k`. Drift is taken away; a step over a gap of `m` frames counts as `1 / m` of its square. The error of
//! the positions is part of the steps on both sides, and taken as the same for all steps of a track.

use super::census::{Census, Kind};
use nta_core::drift::Drift;
use nta_core::film::Polarity;
use nta_core::{FrameIndex, Spot, Track, TrackPoint};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Spots that are shown of each way to be bad.
pub(super) const SPOTS_PER_ROW: usize = 8;
/// Links that are shown.
pub(super) const LINKS: usize = 8;
/// No usual step is shorter than this, px; below, no camera sees motion.
const LEAST_STEP_PX: f64 = 0.05;

/// A spot to be looked at.
#[derive(Clone, Debug)]
pub(super) struct SpotPick {
    pub frame: FrameIndex,
    pub spot: Spot,
    /// The other spot of a pair.
    pub partner: Option<Spot>,
    /// What is special about it, in two short lines.
    pub caption: [String; 2],
}

/// Spots that are bad in one way, the worst first.
#[derive(Clone, Debug)]
pub(super) struct SpotRow {
    pub title: &'static str,
    /// What to look for, in a sentence.
    pub note: String,
    pub picks: Vec<SpotPick>,
}

/// A link to be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkPick {
    pub before: TrackPoint,
    pub after: TrackPoint,
    /// Length of the step without the drift, px.
    pub step_px: f64,
    /// Root mean square of the other steps of the track, px, for as many frames as this step took.
    pub usual_px: f64,
    /// Negative natural logarithm of the chance of a step so long.
    pub surprise: f64,
}

/// A candidate with how bad it is.
struct Candidate {
    badness: f64,
    track: usize,
    pick: SpotPick,
}

/// The rows of spots; ways in which no spot is bad are left out.
pub(super) fn spot_rows(census: &Census<'_>) -> Vec<SpotRow> {
    let mut rows = vec![
        SpotRow {
            title: "Least certain positions",
            note: "The largest stated errors, one per track; the cross is as long as the error. All other positions are known better than these.".to_owned(),
            picks: worst(least_certain(census)),
        },
        SpotRow {
            title: "Oddest widths",
            note: "Farthest from the usual width, one per track. Wide ones are out of focus or two in one; very narrow ones may be noise or hot pixels.".to_owned(),
            picks: worst(odd_widths(census)),
        },
        SpotRow {
            title: "Closest neighbours",
            note: "The nearest pairs of spots in one frame. Below about 4 widths (standard deviations) they overlap: are there two particles, or was one cut in two?".to_owned(),
            picks: closest(census),
        },
        SpotRow {
            title: "Too bright for the camera",
            note: "The fitted peak lies above the highest count that a pixel can have. Their positions hold; lower gain or exposure if brightness matters.".to_owned(),
            picks: worst(saturated(census)),
        },
    ];
    rows.retain(|row| !row.picks.is_empty());
    rows
}

/// All spots in tracks with the place of their track.
fn in_tracks<'a>(census: &Census<'a>) -> impl Iterator<Item = (usize, &'a TrackPoint)> {
    let tracks = census.video.tracks.iter().enumerate();
    tracks
        .filter(|(_, t)| t.points().len() > 1)
        .flat_map(|(i, t)| t.points().iter().map(move |p| (i, p)))
}

fn candidate(badness: f64, track: usize, p: &TrackPoint, caption: [String; 2]) -> Candidate {
    let pick = SpotPick {
        frame: p.frame,
        spot: p.spot,
        partner: None,
        caption,
    };
    Candidate {
        badness,
        track,
        pick,
    }
}

fn least_certain(census: &Census<'_>) -> Vec<Candidate> {
    in_tracks(census)
        .map(|(track, p)| {
            let known = p.spot.precision_px.is_finite();
            let badness = if known {
                p.spot.precision_px
            } else {
                f64::INFINITY
            };
            let error = if known {
                format!("error {:.2} px", p.spot.precision_px)
            } else {
                "error not known".to_owned()
            };
            candidate(badness, track, p, [snr(&p.spot), error])
        })
        .collect()
}

fn odd_widths(census: &Census<'_>) -> Vec<Candidate> {
    let usual = census.video.film.spot_width_px;
    in_tracks(census)
        .filter(|(_, p)| p.spot.width_px.is_finite() && p.spot.width_px > 0.0)
        .map(|(track, p)| {
            let factor = p.spot.width_px / usual;
            let width = format!("{:.1} px, {factor:.1} x usual", p.spot.width_px);
            candidate(factor.ln().abs(), track, p, [snr(&p.spot), width])
        })
        .collect()
}

fn saturated(census: &Census<'_>) -> Vec<Candidate> {
    let film = &census.video.film;
    // Dark particles end at black, where no count says that there was more.
    if film.polarity == Polarity::Dark {
        return Vec::new();
    }
    in_tracks(census)
        .filter_map(|(track, p)| {
            let (y, x) = (p.spot.y_px.round(), p.spot.x_px.round());
            // Numbers below zero become zero.
            let behind = film.background.get((y as usize, x as usize))?;
            let peak = p.spot.peak_counts + p.spot.background_counts + f64::from(*behind);
            let ceiling = f64::from(film.ceiling_counts);
            let caption = [
                format!("peak {peak:.0} counts"),
                format!("camera: {ceiling:.0}"),
            ];
            (peak > ceiling).then(|| candidate(peak, track, p, caption))
        })
        .collect()
}

/// The nearest pairs of which at least one is in a track; no track is shown twice.
fn closest(census: &Census<'_>) -> Vec<SpotPick> {
    let usual = census.video.film.spot_width_px;
    let mut pairs = Vec::new();
    for frame in &census.video.frames {
        let counted: Vec<(&Spot, Option<usize>)> = frame
            .spots
            .iter()
            .filter(|s| census.kind(frame.frame, s) != Kind::Faint)
            .map(|s| (s, census.owner(frame.frame, s)))
            .collect();
        for (i, (a, track_a)) in counted.iter().enumerate() {
            for (b, track_b) in &counted[i + 1..] {
                let apart = (a.x_px - b.x_px).hypot(a.y_px - b.y_px);
                // Farther away they do not touch each other.
                if apart < 8.0 * usual && (track_a.is_some() || track_b.is_some()) {
                    pairs.push((apart, frame.frame, **a, **b, [*track_a, *track_b]));
                }
            }
        }
    }
    pairs.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then_with(|| order(a.1, &a.2, b.1, &b.2))
    });
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let mut out = Vec::new();
    for (apart, frame, a, b, tracks) in pairs {
        let new = tracks.iter().flatten().all(|t| !shown.contains(t));
        if new && out.len() < SPOTS_PER_ROW {
            shown.extend(tracks.iter().flatten());
            let caption = [
                format!("{apart:.1} px apart"),
                format!("{:.1} widths", apart / usual),
            ];
            out.push(SpotPick {
                frame,
                spot: a,
                partner: Some(b),
                caption,
            });
        }
    }
    out
}

/// The worst of each track, and of these the worst.
fn worst(mut all: Vec<Candidate>) -> Vec<SpotPick> {
    all.sort_by(|a, b| {
        let by_place = || order(a.pick.frame, &a.pick.spot, b.pick.frame, &b.pick.spot);
        b.badness.total_cmp(&a.badness).then_with(by_place)
    });
    let mut shown = BTreeSet::new();
    all.into_iter()
        .filter(|c| shown.insert(c.track))
        .map(|c| c.pick)
        .take(SPOTS_PER_ROW)
        .collect()
}

/// Frame, then y, then x.
fn order(frame_a: FrameIndex, a: &Spot, frame_b: FrameIndex, b: &Spot) -> Ordering {
    frame_a
        .cmp(&frame_b)
        .then_with(|| a.y_px.total_cmp(&b.y_px))
        .then_with(|| a.x_px.total_cmp(&b.x_px))
}

fn snr(spot: &Spot) -> String {
    format!("SNR {:.1}", spot.snr)
}

/// The least likely links, one per track, the least likely first, and the number of links that were judged.
pub(super) fn link_picks(census: &Census<'_>) -> (Vec<LinkPick>, usize) {
    let mut judged = 0;
    let mut picks: Vec<LinkPick> = Vec::new();
    for track in census.followed() {
        let links = links_of(track, &census.video.drift);
        judged += links.len();
        // Of equals the first.
        let worst = links
            .into_iter()
            .reduce(|a, b| match b.surprise > a.surprise {
                true => b,
                false => a,
            });
        picks.extend(worst);
    }
    picks.sort_by(|a, b| {
        let (p, q) = (&a.before, &b.before);
        let by_place = || order(p.frame, &p.spot, q.frame, &q.spot);
        b.surprise.total_cmp(&a.surprise).then_with(by_place)
    });
    picks.truncate(LINKS);
    (picks, judged)
}

/// Every link of a track of at least two of them, judged by the others.
fn links_of(track: &Track, drift: &Drift) -> Vec<LinkPick> {
    let squares = squared_steps(track, drift);
    let sum: f64 = squares.iter().map(|s| s.0).sum();
    let others = squares.len().saturating_sub(1) as f64;
    if others < 1.0 {
        return Vec::new();
    }
    let pairs = track.points().windows(2);
    pairs
        .zip(&squares)
        .map(|(pair, (per_frame, frames))| {
            let usual = ((sum - per_frame) / others).max(LEAST_STEP_PX.powi(2));
            LinkPick {
                before: pair[0],
                after: pair[1],
                step_px: (per_frame * frames).sqrt(),
                usual_px: (usual * frames).sqrt(),
                surprise: others * (per_frame / usual / others).ln_1p(),
            }
        })
        .collect()
}

/// The squared length of each step of a track without the drift, px^2 per frame, with the frames that it took.
fn squared_steps(track: &Track, drift: &Drift) -> Vec<(f64, f64)> {
    let pairs = track.points().windows(2);
    pairs
        .map(|pair| {
            let (a, b) = (&pair[0], &pair[1]);
            let (x, y) = drift.carried_px(a, b);
            let dx = b.spot.x_px - a.spot.x_px - x;
            let dy = b.spot.y_px - a.spot.y_px - y;
            let frames = f64::from(b.frame.0 - a.frame.0);
            ((dx * dx + dy * dy) / frames, frames)
        })
        .collect()
}

/// Median over the tracks of their usual step from frame to frame (root mean square), px; `None` without tracks.
pub(super) fn usual_step_px(census: &Census<'_>) -> Option<f64> {
    let mut usual: Vec<f64> = census
        .followed()
        .map(|track| {
            let squares = squared_steps(track, &census.video.drift);
            (squares.iter().map(|s| s.0).sum::<f64>() / squares.len() as f64).sqrt()
        })
        .collect();
    usual.sort_unstable_by(f64::total_cmp);
    usual.get(usual.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nta_core::TrackId;

    fn point(frame: u32, x_px: f64, y_px: f64) -> TrackPoint {
        TrackPoint {
            frame: FrameIndex(frame),
            time_s: 0.0,
            spot: Spot {
                x_px,
                y_px,
                precision_px: 0.1,
                width_px: 1.5,
                mass_counts: 100.0,
                peak_counts: 10.0,
                background_counts: 0.0,
                snr: 9.0,
            },
        }
    }

    #[test]
    fn a_long_step_stands_out_and_its_chance_is_that_of_an_exponential() {
        // Nine steps of 1 px and one of 5 px, which begins in frame 4.
        let mut x = 0.0;
        let mut points = vec![point(0, 0.0, 7.0)];
        for frame in 1..=10 {
            x += if frame == 5 { 5.0 } else { 1.0 };
            points.push(point(frame, x, 7.0));
        }
        let track = Track::new(TrackId(0), points).expect("a track");
        let links = links_of(&track, &Drift::none());
        let worst = links
            .iter()
            .max_by(|a, b| a.surprise.total_cmp(&b.surprise));
        let worst = worst.expect("links");
        assert_eq!((worst.before.frame.0, worst.after.frame.0), (4, 5));
        assert!((worst.step_px - 5.0).abs() < 1e-12);
        assert!((worst.usual_px - 1.0).abs() < 1e-12);
        let chance = (1.0f64 + 25.0 / 9.0).powi(-9);
        assert!(((-worst.surprise).exp() / chance - 1.0).abs() < 1e-9);
    }

    #[test]
    fn drift_is_no_step_and_a_gap_counts_as_its_frames() {
        let drift = Drift::from_offsets((0..9).map(|t| (3.0 * f64::from(t), 0.0)).collect());
        let points = [(0, 0.0), (1, 3.0), (2, 7.0), (6, 19.0 + 2.0)];
        let points = points.iter().map(|(t, x)| point(*t, *x, 1.0)).collect();
        let track = Track::new(TrackId(0), points).expect("a track");
        let squares = squared_steps(&track, &drift);
        assert_eq!(squares, [(0.0, 1.0), (1.0, 1.0), (1.0, 4.0)]);
    }
}
