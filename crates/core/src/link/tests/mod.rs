//! Every linker against films of known identity, and against bad films.

mod alternatives;
mod odd_films;

use super::simulated::{START_SNR, Scene, Score};
use super::{LINKERS, LinkInput, Linked, Linker};
use crate::drift::Drift;
use crate::method::{Choice, resolve};
use crate::model::{FrameIndex, FrameSpots};

fn linker(key: &str, params: &[(&str, f64)]) -> Box<dyn Linker> {
    let mut choice = Choice::of(key);
    choice.params = params.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
    let (entry, params) = resolve(LINKERS, "link", &choice).expect("a valid choice");
    (entry.make)(&params)
}

fn link(linker: &dyn Linker, scene: &Scene, film: &[FrameSpots], drift: &Drift) -> Linked {
    linker.link(&LinkInput {
        frames: film,
        drift,
        area_px2: scene.area_px2(),
        start_snr: START_SNR,
    })
}

/// Several films of a scene, linked and compared with the truth.
fn score(key: &str, params: &[(&str, f64)], scene: &Scene, seeds: u64) -> Score {
    let linker = linker(key, params);
    let mut total = Score::default();
    for seed in 1..=seeds {
        let scene = Scene {
            seed,
            ..scene.clone()
        };
        let film = scene.film();
        let linked = link(linker.as_ref(), &scene, &film, &Drift::none());
        check(&linked, &film);
        total.merge(&scene.score(&film, &linked.tracks, 1));
    }
    total
}

/// What holds for every linker and film: order, numbers, each spot once at most, nothing lost.
fn check(linked: &Linked, film: &[FrameSpots]) {
    let mut joined = 0;
    let mut before = None;
    for (i, t) in linked.tracks.iter().enumerate() {
        assert_eq!(t.id().0 as usize, i);
        let first = &t.points()[0];
        assert!(first.spot.snr >= START_SNR);
        let key = (first.frame, first.spot.y_px, first.spot.x_px);
        if let Some(before) = before {
            assert!(before <= key, "tracks are in order");
        }
        before = Some(key);
        joined += t.points().len() as u64;
        for p in t.points() {
            assert!(p.spot.x_px.is_finite() && p.spot.y_px.is_finite());
        }
    }
    let spots: usize = film.iter().map(|f| f.spots.len()).sum();
    let left = [
        "weak_unlinked",
        "link_shared",
        "not_finite",
        "frame_out_of_order",
    ];
    let left: u64 = left.iter().map(|r| linked.tally.get(r)).sum();
    assert_eq!(joined + left, spots as u64);
    for f in &linked.findings {
        assert!(f.observed.is_none_or(f64::is_finite), "{f:?}");
    }
}

#[test]
fn ordinary_films_are_linked_well() {
    let mono = Scene {
        diameters_nm: vec![100.0],
        ..Scene::default()
    };
    let s = score("likelihood", &[], &mono, 4);
    let (wrong, recall) = (s.wrong_percent(), s.recall());
    assert!(wrong <= 0.25, "wrong links {wrong:.2} %");
    // Links to weak spots at the end of a track are given up.
    assert!(recall >= 0.975, "recall {recall:.4}");
    assert!(s.bias_percent(0).abs() < 0.6, "{}", s.bias_percent(0));
}

#[test]
fn crowded_films_are_linked_well() {
    let dense = Scene {
        diameters_nm: vec![100.0],
        seen: 150.0,
        frames: 200,
        ..Scene::default()
    };
    let s = score("likelihood", &[], &dense, 2);
    let (wrong, recall) = (s.wrong_percent(), s.recall());
    assert!(wrong <= 0.6, "wrong links {wrong:.2} %");
    assert!(recall >= 0.95, "recall {recall:.4}");
}

#[test]
fn the_fastest_are_not_shaved_and_the_slowest_not_stretched() {
    let s = score("likelihood", &[], &Scene::default(), 5);
    let bias = [0, 1, 2].map(|c| s.bias_percent(c));
    assert!(bias[0].abs() < 1.0, "40 nm: {bias:?} %");
    assert!(bias[1].abs() < 1.0 && bias[2].abs() < 2.0, "{bias:?} %");
    // A fixed distance of 1.6 rms steps of the fastest does shave them.
    let s = score("nearest", &[("max_step_px", 10.0)], &Scene::default(), 1);
    assert!(s.bias_percent(0) < -15.0, "{}", s.bias_percent(0));
}

#[test]
fn brightness_and_caution_pay() {
    let dense = Scene {
        seen: 120.0,
        frames: 200,
        ..Scene::default()
    };
    let plain = [("brightness", 0.0), ("least_odds", 1.0)];
    let plain = score("likelihood", &plain, &dense, 1).wrong_percent();
    let bright = score("likelihood", &[("least_odds", 1.0)], &dense, 1).wrong_percent();
    let both = score("likelihood", &[], &dense, 1).wrong_percent();
    assert!(
        bright < 0.8 * plain && both < 0.8 * bright,
        "{plain} {bright} {both}"
    );
}

#[test]
fn drift_is_followed() {
    // 2 px per frame, and 10 px per frame, which without the drift would be lost.
    for flow in [2.0, 10.0] {
        let scene = Scene {
            flow_px: (flow, 0.0),
            diameters_nm: vec![200.0],
            frames: 100,
            ..Scene::default()
        };
        let film = scene.film();
        let offsets = (0..100).map(|f| (flow * f64::from(f), 0.0)).collect();
        let drift = Drift::from_offsets(offsets);
        let linked = link(linker("likelihood", &[]).as_ref(), &scene, &film, &drift);
        let s = scene.score(&film, &linked.tracks, 1);
        assert!(s.recall() > 0.97, "{}", s.recall());
        assert!(s.wrong_percent() < 0.5, "{}", s.wrong_percent());
    }
}

#[test]
fn an_unknown_drift_is_found_from_the_tracks_and_then_followed() {
    // 4 px per frame, more than a step of the particles.
    let scene = Scene {
        flow_px: (4.0, -1.0),
        diameters_nm: vec![200.0],
        frames: 150,
        ..Scene::default()
    };
    let film = scene.film();
    let linker = linker("likelihood", &[]);
    let first = link(linker.as_ref(), &scene, &film, &Drift::none());
    let entry = &crate::drift::DRIFTS[0];
    let (drift, _) = (entry.make)(&entry.defaults()).estimate(&first.tracks, 150);
    let (x, y) = drift.offset_px(FrameIndex(149));
    assert!((x / 149.0 - 4.0).abs() < 0.15, "{x}");
    assert!((y / 149.0 + 1.0).abs() < 0.15, "{y}");
    let second = link(linker.as_ref(), &scene, &film, &drift);
    let s = scene.score(&film, &second.tracks, 1);
    assert!(s.recall() > 0.98 && s.wrong_percent() < 0.4, "{s:?}");
}

#[test]
fn the_fastest_that_there_are_can_be_followed() {
    // 9.4 px rms per frame: 30 nm in water at 0.16 um/px and 30 frames/s.
    let scene = Scene {
        diameters_nm: vec![18.6],
        seen: 15.0,
        ..Scene::default()
    };
    let s = score("likelihood", &[], &scene, 3);
    assert!(s.bias_percent(0).abs() < 1.0, "{}", s.bias_percent(0));
    assert!(s.recall() > 0.925, "{}", s.recall());
}

#[test]
fn noise_does_not_stretch_steps() {
    // Five strong false spots in each frame against about 35 particles.
    let scene = Scene {
        diameters_nm: vec![100.0],
        false_strong: 5.0,
        false_weak: 20.0,
        ..Scene::default()
    };
    let s = score("likelihood", &[], &scene, 3);
    assert!(s.bias_percent(0).abs() < 1.0, "{}", s.bias_percent(0));
    assert!(s.wrong_percent() < 0.8, "{}", s.wrong_percent());
}

#[test]
fn the_order_of_spots_within_a_frame_does_not_matter() {
    let scene = Scene {
        frames: 60,
        seen: 100.0,
        ..Scene::default()
    };
    let film = scene.film();
    let mut turned = film.clone();
    for (i, f) in turned.iter_mut().enumerate() {
        f.spots.reverse();
        let n = f.spots.len().max(1);
        f.spots.rotate_left(i % n);
    }
    for entry in LINKERS {
        let l = (entry.make)(&entry.defaults());
        let a = link(l.as_ref(), &scene, &film, &Drift::none());
        let b = link(l.as_ref(), &scene, &turned, &Drift::none());
        assert_eq!(a.tracks, b.tracks, "{}", entry.key);
        assert_eq!(a.tally, b.tally);
        assert_eq!(a.findings, b.findings);
    }
}

#[test]
fn the_table_is_sound() {
    for (i, e) in LINKERS.iter().enumerate() {
        assert!(LINKERS[..i].iter().all(|o| o.key != e.key));
        assert!(!e.title.is_empty() && !e.references.is_empty());
        for p in e.params {
            assert!(
                p.min <= p.default && p.default <= p.max,
                "{}.{}",
                e.key,
                p.key
            );
        }
    }
}

#[test]
#[ignore = "prints the table in docs/numbers.md"]
#[allow(clippy::print_stdout)] // That is what it is for.
fn measure_links() {
    for (name, diameters_nm) in [
        ("100 nm", vec![100.0]),
        ("40/80/160 nm", vec![40.0, 80.0, 160.0]),
    ] {
        for (seen, frames, seeds) in [(35.0, Scene::default().frames, 5), (150.0, 200, 2)] {
            let scene = Scene {
                diameters_nm: diameters_nm.clone(),
                seen,
                frames,
                ..Scene::default()
            };
            let s = score("likelihood", &[], &scene, seeds);
            let bias: Vec<String> = (0..diameters_nm.len())
                .map(|c| format!("{:.1}", s.bias_percent(c)))
                .collect();
            println!(
                "| {name}, {seen} per frame | {:.2} | {:.3} | {} |",
                s.wrong_percent(),
                s.recall(),
                bias.join(" / ")
            );
        }
    }
}
