//! What every detector must hold, and what the default promises.

use super::{DETECTORS, Detector};
use crate::Tally;
use crate::film::{Film, FilmOptions};
use crate::method::{Choice, resolve};
use crate::model::{Flat, Frame, FrameIndex, Pixels};
use crate::refine::REFINERS;
use crate::test_film::{Scene, grid};
use ndarray::Array2;

fn build(key: &str, film: &Film, flats: &[Flat]) -> Box<dyn Detector> {
    let (entry, params) = resolve(DETECTORS, "detect", &Choice::of(key)).expect("a known key");
    (entry.make)(&params, film, flats)
}

#[test]
fn entries_are_complete_and_keys_unique() {
    for (i, entry) in DETECTORS.iter().enumerate() {
        assert!(DETECTORS[..i].iter().all(|e| e.key != entry.key));
        assert!(!entry.title.is_empty() && !entry.references.is_empty());
        for (j, p) in entry.params.iter().enumerate() {
            assert!(p.min <= p.default && p.default <= p.max, "{}", p.key);
            assert!(entry.params[..j].iter().all(|q| q.key != p.key));
        }
    }
    assert_eq!(DETECTORS[0].key, "matched-filter");
}

/// Strong spots per frame of an empty film.
fn false_spots(scene: &Scene, key: &str, n: u32) -> f64 {
    let frames: Vec<Frame> = (0..n).map(|i| scene.frame(i, &[])).collect();
    let (film, flats, _) = scene.learn(&frames[..frames.len().min(25)]);
    let detector = build(key, &film, &flats);
    let strong: usize = frames
        .iter()
        .map(|f| {
            let found = detector.detect(&film.flatten(f), &film, &mut Tally::default());
            found
                .iter()
                .filter(|c| c.snr >= detector.start_snr())
                .count()
        })
        .sum();
    strong as f64 / f64::from(n)
}

#[test]
fn the_dark_is_silent() {
    let gaussian = Scene {
        gain: f64::INFINITY,
        read_noise: 3.0,
        ..Scene::default()
    };
    let bright_background = Scene::default();
    let few_photons = Scene {
        background: 10.0,
        gain: 0.2,
        read_noise: 1.0,
        ..Scene::default()
    };
    for entry in DETECTORS {
        for scene in [&gaussian, &bright_background, &few_photons] {
            let rate = false_spots(scene, entry.key, 30);
            // Only the default knows the shape of its noise.
            let limit = if entry.key == DETECTORS[0].key {
                1.0
            } else {
                3.0
            };
            assert!(
                rate <= limit,
                "{}: {rate} per frame in {scene:?}",
                entry.key
            );
        }
    }
}

#[test]
fn false_spots_are_as_many_as_asked_for() {
    let scene = Scene {
        height: 500,
        width: 600,
        gain: f64::INFINITY,
        read_noise: 3.0,
        ..Scene::default()
    };
    let rate = false_spots(&scene, "matched-filter", 40);
    assert!((0.15..1.0).contains(&rate), "{rate} for 0.5 wanted");
}

#[test]
fn a_lone_spot_is_found_once_at_its_place() {
    let scene = Scene::default();
    let frames: Vec<Frame> = (0..24)
        .map(|i| {
            let t = f64::from(i);
            scene.frame(i, &[(60.3 + 7.0 * t, 80.6 + 5.0 * t, 40.0, 1.5)])
        })
        .collect();
    let (film, flats, _) = scene.learn(&frames);
    for entry in DETECTORS {
        let detector = build(entry.key, &film, &flats);
        for (i, frame) in frames.iter().enumerate() {
            let found = detector.detect(&film.flatten(frame), &film, &mut Tally::default());
            let strong: Vec<_> = found
                .iter()
                .filter(|c| c.snr >= 2.0 * detector.start_snr())
                .collect();
            assert_eq!(strong.len(), 1, "{} frame {i}", entry.key);
            let t = i as f64;
            let off = (strong[0].y_px - 60.3 - 7.0 * t).hypot(strong[0].x_px - 80.6 - 5.0 * t);
            assert!(off < 0.4, "{} frame {i}: off by {off} px", entry.key);
        }
    }
}

#[test]
fn nearly_all_spots_of_a_crowd_are_found_and_nothing_else() {
    let scene = Scene::default();
    let truth: Vec<_> = (0..24).map(|i| grid(&scene, i, 25.0, 15.0, 1.5)).collect();
    let frames: Vec<Frame> = (0..24)
        .map(|i| scene.frame(i, &truth[i as usize]))
        .collect();
    let (film, flats, _) = scene.learn(&frames);
    assert!(
        (film.spot_width_px - 1.5).abs() < 0.12,
        "{}",
        film.spot_width_px
    );
    let detector = build("matched-filter", &film, &flats);
    let (mut hit, mut all, mut extra) = (0, 0, 0);
    for (frame, truth) in frames.iter().zip(&truth) {
        let found = detector.detect(&film.flatten(frame), &film, &mut Tally::default());
        let near = |y: f64, x: f64, t: &(f64, f64, f64, f64)| (t.0 - y).hypot(t.1 - x) < 2.0;
        hit += truth
            .iter()
            .filter(|t| found.iter().any(|c| near(c.y_px, c.x_px, t)))
            .count();
        all += truth.len();
        extra += found
            .iter()
            .filter(|c| c.snr >= detector.start_snr())
            .filter(|c| !truth.iter().any(|t| near(c.y_px, c.x_px, t)))
            .count();
    }
    assert!(hit * 1000 >= all * 995, "{hit} of {all}");
    assert!(extra <= 24, "{extra} false in 24 frames");
}

#[test]
fn order_of_frames_does_not_matter() {
    let scene = Scene::default();
    let frames: Vec<Frame> = (0..12)
        .map(|i| scene.frame(i, &grid(&scene, i, 40.0, 12.0, 1.5)))
        .collect();
    let (film, flats, _) = scene.learn(&frames);
    for entry in DETECTORS {
        let detector = build(entry.key, &film, &flats);
        let run = |order: &mut dyn Iterator<Item = &Frame>| {
            order
                .map(|f| detector.detect(&film.flatten(f), &film, &mut Tally::default()))
                .collect::<Vec<_>>()
        };
        let forth = run(&mut frames.iter());
        let mut back = run(&mut frames.iter().rev());
        back.reverse();
        assert_eq!(forth, back);
        for spots in &forth {
            assert!(
                spots
                    .windows(2)
                    .all(|w| (w[0].y_px, w[0].x_px) <= (w[1].y_px, w[1].x_px))
            );
        }
    }
}

#[test]
fn no_picture_is_too_strange() {
    let u8s = |h, w, f: &dyn Fn(usize) -> u8| {
        Pixels::U8(Array2::from_shape_fn((h, w), |(y, x)| f(y * 31 + x * 17)))
    };
    let noise = |i: usize| (i * i % 251) as u8;
    let films: Vec<Vec<Pixels>> = vec![
        vec![],
        vec![u8s(0, 0, &noise); 3],
        vec![u8s(0, 5, &noise); 12],
        vec![u8s(5, 0, &noise); 12],
        vec![u8s(1, 1, &noise); 12],
        vec![u8s(3, 3, &noise); 1],
        vec![u8s(1, 70, &noise); 12],
        vec![u8s(70, 1, &noise); 2],
        vec![u8s(40, 50, &|_| 0); 12],
        vec![u8s(40, 50, &|_| 255); 12],
        vec![u8s(40, 50, &noise), u8s(7, 9, &noise), u8s(40, 50, &noise)],
        vec![Pixels::U16(Array2::from_shape_fn((40, 50), |(y, x)| (y * 1300 + x) as u16)); 12],
    ];
    for pixels in &films {
        let sample: Vec<_> = pixels
            .iter()
            .cloned()
            .zip(0..)
            .map(|(p, i)| (FrameIndex(i), p))
            .collect();
        let (film, flats, _) = Film::learn(&sample, &sample, 255, &FilmOptions::default());
        for entry in DETECTORS {
            let detector = build(entry.key, &film, &flats);
            for (index, pixels) in &sample {
                let frame = Frame {
                    index: *index,
                    time_s: 0.0,
                    pixels: pixels.clone(),
                };
                let flat = film.flatten(&frame);
                let found = detector.detect(&flat, &film, &mut Tally::default());
                for refiner in REFINERS {
                    let refiner = (refiner.make)(&refiner.defaults(), &film);
                    let spots = refiner.refine(&flat, &film, &found, &mut Tally::default());
                    assert!(
                        spots
                            .iter()
                            .all(|s| s.x_px.is_finite() && s.precision_px > 0.0)
                    );
                }
            }
        }
    }
}
