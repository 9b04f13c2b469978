//! What the linkers beside the default promise: `lap` and `nearest`.

use super::odd_films::{film, spot};
use super::{check, link, linker, score};
use crate::drift::Drift;
use crate::link::Linked;
use crate::link::simulated::{START_SNR, Scene};
use crate::model::{FrameIndex, FrameSpots, Track, TrackPoint};
use std::collections::BTreeMap;

fn joined(key: &str, params: &[(&str, f64)], film: &[FrameSpots]) -> Linked {
    let linker = linker(key, params);
    let linked = link(linker.as_ref(), &Scene::default(), film, &Drift::none());
    check(&linked, film);
    linked
}

/// Frames and columns of each track.
fn paths(linked: &Linked) -> Vec<Vec<(u32, f64)>> {
    let path = |t: &Track| {
        let points = t.points().iter();
        points.map(|p| (p.frame.0, p.spot.x_px)).collect()
    };
    linked.tracks.iter().map(path).collect()
}

#[test]
fn the_sum_of_squares_counts_and_not_the_shortest_pair() {
    // Two particles go 5 px to the right. The shortest pair, 6 to 5, would leave one spot without a track.
    let row = |columns: &[f64]| columns.iter().map(|x| spot(*x, 9.0, 9.0)).collect();
    let f = film(&[(0, row(&[0.0, 6.0])), (1, row(&[5.0, 11.0]))]);
    let greedy = paths(&joined("nearest", &[], &f));
    assert_eq!(greedy.len(), 3, "{greedy:?}");
    let lap = paths(&joined("lap", &[], &f));
    let expected = [[(0, 0.0), (1, 5.0)], [(0, 6.0), (1, 11.0)]];
    assert_eq!(lap, expected);
    // Beyond the radius nothing is joined, however cheap it would be against staying alone.
    let short = paths(&joined("lap", &[("max_step_px", 4.0)], &f));
    assert_eq!(short.len(), 3, "{short:?}");
}

#[test]
fn assignment_pays_in_crowded_films() {
    let dense = Scene {
        diameters_nm: vec![200.0],
        seen: 400.0,
        frames: 60,
        ..Scene::default()
    };
    let greedy = score("nearest", &[("max_gap_frames", 0.0)], &dense, 2);
    let lap = score("lap", &[("max_gap_frames", 0.0)], &dense, 2);
    let closed = score("lap", &[], &dense, 2);
    assert!(lap.wrong_percent() < 0.95 * greedy.wrong_percent());
    assert!(lap.recall() > greedy.recall());
    assert!(closed.recall() > lap.recall());
}

#[test]
fn gaps_are_closed_all_at_once() {
    let row = |columns: &[f64]| columns.iter().map(|x| spot(*x, 9.0, 9.0)).collect();
    // The same two particles, unseen in frame 2; and a third that comes back after two frames.
    let f = film(&[
        (0, row(&[0.0, 6.0, 200.0])),
        (1, row(&[0.0, 6.0, 200.0])),
        (2, row(&[200.0])),
        (3, row(&[5.0, 11.0])),
        (4, row(&[5.0, 11.0])),
        (5, row(&[200.5])),
    ]);
    let closed = paths(&joined("lap", &[], &f));
    let columns = |path: &[(u32, f64)]| path.iter().map(|p| p.1).collect::<Vec<_>>();
    assert_eq!(closed.len(), 4, "{closed:?}");
    assert_eq!(columns(&closed[0]), [0.0, 0.0, 5.0, 5.0]);
    assert_eq!(columns(&closed[1]), [6.0, 6.0, 11.0, 11.0]);
    assert_eq!(closed[2].len() + closed[3].len(), 4);
    let longer = paths(&joined("lap", &[("max_gap_frames", 2.0)], &f));
    assert_eq!(longer.len(), 3, "{longer:?}");
    for open in [("max_gap_frames", 0.0), ("gap_max_step_px", 0.9)] {
        let open = paths(&joined("lap", &[open], &f));
        assert_eq!(open.len(), 6, "{open:?}");
    }
    // Frames that the camera dropped are time that went by: they make a gap.
    let f = film(&[(0, row(&[0.0])), (2, row(&[1.0])), (5, row(&[2.0]))]);
    let lengths = |params: &[(&str, f64)]| {
        let paths = paths(&joined("lap", params, &f));
        paths.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(lengths(&[]), [2, 1]);
    assert_eq!(lengths(&[("max_gap_frames", 0.0)]), [1, 1, 1]);
}

#[test]
fn a_gap_far_longer_than_the_others_stays_open() {
    // Of twenty particles unseen in frame 1 all but the last come back 1 px from where they were, the last 14 px.
    let row = |n: u32, shift: f64, last: f64| {
        let at = |i| f64::from(i) * 30.0 + if i == 19 { last } else { shift };
        (0..20)
            .skip(n as usize)
            .map(|i| spot(at(i), 9.0, 9.0))
            .collect()
    };
    let gap = |n| film(&[(0, row(n, 0.0, 0.0)), (1, vec![]), (2, row(n, 1.0, 14.0))]);
    assert_eq!(joined("lap", &[], &gap(0)).tracks.len(), 21);
    // By itself it is the usual one.
    assert_eq!(joined("lap", &[], &gap(19)).tracks.len(), 1);
}

#[test]
fn twenty_thousand_spots_in_a_frame_are_no_trouble() {
    let scene = Scene {
        seen: 10.0,
        frames: 4,
        false_strong: 20_000.0,
        width_px: 2000.0,
        height_px: 2000.0,
        ..Scene::default()
    };
    let spread = scene.film();
    // The same on a postage stamp, where all pairs hang together.
    let mut dense = spread.clone();
    for s in dense.iter_mut().flat_map(|f| &mut f.spots) {
        (s.x_px, s.y_px) = (0.05 * s.x_px, 0.05 * s.y_px);
    }
    for (f, crowded) in [(&spread, false), (&dense, true)] {
        let began = std::time::Instant::now();
        let linked = joined("lap", &[], f);
        let spent = began.elapsed().as_secs_f64();
        assert!(spent < 20.0, "{spent} s");
        if crowded {
            assert!(linked.findings.iter().any(|f| f.code == "L05"));
        }
    }
}

#[test]
fn nearest_without_gaps_joins_neighbours_in_time_and_space_only() {
    let scene = Scene {
        seen: 150.0,
        frames: 30,
        ..Scene::default()
    };
    let mut f = scene.film();
    // Weak spots at the ends of chains are taken off again, which is not what this is about.
    for spot in f.iter_mut().flat_map(|frame| &mut frame.spots) {
        spot.snr = spot.snr.max(START_SNR);
    }
    let radius = 8.0;
    let params = [("max_gap_frames", 0.0), ("max_step_px", radius)];
    let linked = joined("nearest", &params, &f);
    type Place = (FrameIndex, u64, u64);
    let place = |frame: FrameIndex, x: f64, y: f64| -> Place { (frame, x.to_bits(), y.to_bits()) };
    // Length of the link that each spot of a track has to the next frame and to the one before.
    let (mut onward, mut back) = (BTreeMap::new(), BTreeMap::new());
    let mut ends: Vec<&TrackPoint> = Vec::new();
    for t in &linked.tracks {
        for pair in t.points().windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            assert_eq!(b.frame.0, a.frame.0 + 1, "no gaps");
            let d = (a.spot.x_px - b.spot.x_px).hypot(a.spot.y_px - b.spot.y_px);
            assert!(d <= radius);
            onward.insert(place(a.frame, a.spot.x_px, a.spot.y_px), d);
            back.insert(place(b.frame, b.spot.x_px, b.spot.y_px), d);
        }
        ends.extend(t.points().iter());
    }
    // No two would rather have each other: of every pair in reach, one has a link that is no longer.
    let mut pairs = 0;
    for a in ends {
        let Some(next) = f.iter().find(|n| n.frame.0 == a.frame.0 + 1) else {
            continue;
        };
        for b in &next.spots {
            let d = (a.spot.x_px - b.x_px).hypot(a.spot.y_px - b.y_px);
            if d <= radius {
                pairs += 1;
                let own = onward.get(&place(a.frame, a.spot.x_px, a.spot.y_px));
                let other = back.get(&place(next.frame, b.x_px, b.y_px));
                let content = |link: Option<&f64>| link.is_some_and(|l| *l <= d + 1e-9);
                assert!(
                    content(own) || content(other),
                    "{d} px in reach and not taken"
                );
            }
        }
    }
    assert!(pairs > 1000);
}
