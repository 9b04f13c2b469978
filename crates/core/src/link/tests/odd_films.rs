//! Films of a few spots, of gaps, of noise, of numbers that are none, and crowded ones.

use super::{check, link, linker};
use crate::drift::Drift;
use crate::link::simulated::{START_SNR, Scene};
use crate::link::{LINKERS, LinkInput};
use crate::model::{FrameIndex, FrameSpots, Spot};

pub(super) fn spot(x_px: f64, y_px: f64, snr: f64) -> Spot {
    Spot {
        x_px,
        y_px,
        precision_px: 0.1,
        width_px: 1.4,
        mass_counts: 100.0,
        peak_counts: 10.0,
        background_counts: 0.0,
        snr,
    }
}

pub(super) fn film(frames: &[(u32, Vec<Spot>)]) -> Vec<FrameSpots> {
    frames
        .iter()
        .map(|(f, spots)| FrameSpots {
            frame: FrameIndex(*f),
            time_s: f64::from(*f) / 30.0,
            spots: spots.clone(),
        })
        .collect()
}

#[test]
fn a_lone_particle_is_one_track_over_gaps_and_dropped_frames() {
    // Seen, seen, missed, seen; then the camera drops frames 5 and 6; then four frames without the particle.
    let at = |x: f64| vec![spot(50.0 + x, 50.0, 10.0)];
    let f = film(&[
        (0, at(0.0)),
        (1, at(0.7)),
        (2, vec![]),
        (3, at(-0.4)),
        (4, at(0.2)),
        (7, at(1.5)),
        (8, vec![]),
        (9, vec![]),
        (10, vec![]),
        (11, vec![]),
        (12, at(1.0)),
    ]);
    let scene = Scene::default();
    let linked = link(
        linker("likelihood", &[("max_gap_frames", 3.0)]).as_ref(),
        &scene,
        &f,
        &Drift::none(),
    );
    check(&linked, &f);
    let lengths: Vec<usize> = linked.tracks.iter().map(|t| t.points().len()).collect();
    assert_eq!(lengths, [5, 1]);
    let linked = link(
        linker("likelihood", &[("max_gap_frames", 0.0)]).as_ref(),
        &scene,
        &f,
        &Drift::none(),
    );
    let lengths: Vec<usize> = linked.tracks.iter().map(|t| t.points().len()).collect();
    assert_eq!(lengths, [2, 3, 1]);
}

#[test]
fn weak_spots_join_strong_ones_and_nothing_else() {
    let f = film(&[
        (0, vec![spot(20.0, 20.0, 4.0), spot(90.0, 90.0, 4.0)]),
        (1, vec![spot(20.5, 20.0, 6.0)]),
        (2, vec![spot(20.0, 20.4, 4.0)]),
        (3, vec![spot(20.2, 20.0, 6.1)]),
        (4, vec![spot(20.1, 20.3, 4.1)]),
    ]);
    for entry in LINKERS {
        let l = (entry.make)(&entry.defaults());
        let linked = link(l.as_ref(), &Scene::default(), &f, &Drift::none());
        check(&linked, &f);
        assert_eq!(linked.tracks.len(), 1, "{}", entry.key);
        assert_eq!(linked.tracks[0].points().len(), 3);
        assert_eq!(linked.tally.get("weak_unlinked"), 3);
    }
}

#[test]
fn a_spot_that_hides_another_belongs_to_neither() {
    // Two pass through one another; in two frames there is one spot.
    let apart = |d: f64| vec![spot(50.0 - d, 50.0, 20.0), spot(50.0 + d, 50.0, 20.0)];
    let mut frames: Vec<(u32, Vec<Spot>)> = (0..21)
        .map(|k| (k, apart((f64::from(k) - 10.5).abs() * 1.5)))
        .collect();
    frames[10].1 = vec![spot(50.0, 50.0, 25.0)];
    frames[11].1 = vec![spot(50.3, 50.0, 25.0)];
    let f = film(&frames);
    let l = linker("likelihood", &[]);
    let linked = link(l.as_ref(), &Scene::default(), &f, &Drift::none());
    check(&linked, &f);
    assert_eq!(linked.tally.get("link_shared"), 2);
    assert_eq!(linked.tally.get("weak_unlinked"), 0);
    let in_between = linked.tracks.iter().flat_map(|t| t.points());
    assert!(in_between.filter(|p| p.frame.0 == 10).count() == 0);
    let any = linker("likelihood", &[("least_odds", 1.0)]);
    let linked = link(any.as_ref(), &Scene::default(), &f, &Drift::none());
    assert_eq!(linked.tally.get("link_shared"), 0);
}

#[test]
fn every_linker_bears_every_film() {
    let bad = vec![
        spot(f64::NAN, 1.0, 9.0),
        spot(1.0, f64::INFINITY, 9.0),
        spot(1e300, 1.0, 9.0),
        spot(5.0, 5.0, f64::NAN),
        spot(6.0, 6.0, f64::INFINITY),
        Spot {
            precision_px: f64::NAN,
            ..spot(7.0, 7.0, 9.0)
        },
        Spot {
            precision_px: -1.0,
            ..spot(8.0, 8.0, 9.0)
        },
    ];
    let same = vec![spot(3.0, 3.0, 9.0); 40];
    let films = [
        film(&[]),
        film(&[(0, vec![])]),
        film(&[(0, vec![]), (1, vec![]), (9, vec![])]),
        film(&[(7, vec![spot(1.0, 1.0, 9.0)])]),
        film(&[(0, bad.clone()), (1, bad.clone()), (2, bad)]),
        film(&[(0, same.clone()), (1, same.clone()), (2, same)]),
        // Frames that go back, repeat, and lie at the end of all numbers.
        film(&[
            (5, vec![spot(1.0, 1.0, 9.0)]),
            (5, vec![spot(1.0, 1.0, 9.0)]),
            (2, vec![spot(1.0, 1.0, 9.0)]),
            (u32::MAX, vec![spot(1.0, 1.0, 9.0)]),
        ]),
    ];
    let drifts = [
        Drift::none(),
        Drift::from_offsets(vec![(f64::NAN, f64::INFINITY), (1e308, -1e308)]),
    ];
    for entry in LINKERS {
        let l = (entry.make)(&entry.defaults());
        for f in &films {
            for drift in &drifts {
                for area_px2 in [307_200.0, 0.0, f64::NAN, f64::INFINITY, -5.0, 1e-300] {
                    let input = LinkInput {
                        frames: f,
                        drift,
                        area_px2,
                        start_snr: START_SNR,
                    };
                    let linked = l.link(&input);
                    check(&linked, f);
                    // As text, since NaN differs from itself.
                    let (a, b) = (linked.tracks, l.link(&input).tracks);
                    assert_eq!(format!("{a:?}"), format!("{b:?}"), "{}", entry.key);
                }
            }
        }
    }
}

#[test]
fn noise_alone_makes_no_track() {
    let linker = linker("likelihood", &[]);
    for seed in 1..=10 {
        let scene = Scene {
            seen: 0.0,
            seed,
            ..Scene::default()
        };
        let f = scene.film();
        assert!(f.iter().map(|f| f.spots.len()).sum::<usize>() > 800);
        let linked = link(linker.as_ref(), &scene, &f, &Drift::none());
        check(&linked, &f);
        let longest = linked.tracks.iter().map(|t| t.points().len()).max();
        assert!(longest <= Some(3), "seed {seed}: {longest:?} spots");
    }
}

#[test]
fn noise_by_the_hundred_thousand_is_borne() {
    let scene = Scene {
        seen: 20.0,
        frames: 3,
        false_weak: 60_000.0,
        false_strong: 2_000.0,
        width_px: 1280.0,
        height_px: 1024.0,
        ..Scene::default()
    };
    let f = scene.film();
    for entry in LINKERS {
        let l = (entry.make)(&entry.defaults());
        check(&link(l.as_ref(), &scene, &f, &Drift::none()), &f);
    }
}

#[test]
fn crowding_is_reported() {
    let scene = Scene {
        seen: 500.0,
        frames: 40,
        diameters_nm: vec![100.0],
        ..Scene::default()
    };
    let f = scene.film();
    let linked = link(
        linker("likelihood", &[]).as_ref(),
        &scene,
        &f,
        &Drift::none(),
    );
    let l01 = linked.findings.iter().find(|f| f.code == "L01");
    let kappa = l01
        .and_then(|f| f.observed)
        .expect("500 in a frame is crowded");
    let per_frame = f.iter().map(|f| f.spots.len()).sum::<usize>() as f64 / 40.0;
    let truth = 2.0 * std::f64::consts::PI * 8.18 * per_frame / scene.area_px2();
    assert!(
        (kappa / truth - 1.0).abs() < 0.25,
        "{kappa} against {truth}"
    );
    let sparse = Scene {
        seen: 20.0,
        frames: 100,
        ..scene
    };
    let f = sparse.film();
    let linked = link(
        linker("likelihood", &[]).as_ref(),
        &sparse,
        &f,
        &Drift::none(),
    );
    assert!(linked.findings.is_empty(), "{:?}", linked.findings);
}
