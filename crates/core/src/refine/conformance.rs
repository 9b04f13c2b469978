//! What every refiner must hold, and what the default promises.

use super::{REFINERS, Refiner};
use crate::Tally;
use crate::detect::{Candidate, DETECTORS};
use crate::film::Film;
use crate::instructions::Instructions;
use crate::method::{Choice, resolve};
use crate::model::{Frame, FrameIndex, Spot};
use crate::test_film::{Scene, Truth, grid, places};

fn build(key: &str, film: &Film, set: &[(&str, f64)]) -> Box<dyn Refiner> {
    let mut choice = Choice::of(key);
    choice
        .params
        .extend(set.iter().map(|(k, v)| ((*k).to_owned(), *v)));
    let (entry, params) = resolve(REFINERS, "refine", &choice).expect("a known key");
    (entry.make)(&params, film)
}

#[test]
fn entries_are_complete_and_keys_unique() {
    for (i, entry) in REFINERS.iter().enumerate() {
        assert!(REFINERS[..i].iter().all(|e| e.key != entry.key));
        assert!(!entry.title.is_empty() && !entry.references.is_empty());
        for p in entry.params {
            assert!(p.min <= p.default && p.default <= p.max, "{}", p.key);
        }
    }
    assert_eq!(REFINERS[0].key, "gaussian");
}

/// A film of these frames, detected by the default and refined by `refiner`.
fn measure(scene: &Scene, truth: &[Vec<Truth>], key: &str, set: &[(&str, f64)]) -> Vec<Vec<Spot>> {
    let frames: Vec<Frame> = (0..).zip(truth).map(|(i, t)| scene.frame(i, t)).collect();
    // A median over few frames has noise of its own; the empty frames keep it below that of one frame.
    let empty = (0..60 - frames.len() as u32).map(|i| scene.frame(500 + i, &[]));
    let (film, flats, _) = scene.learn(&frames.iter().cloned().chain(empty).collect::<Vec<_>>());
    let detector = (DETECTORS[0].make)(&DETECTORS[0].defaults(), &film, &flats);
    let refiner = build(key, &film, set);
    let mut tally = Tally::default();
    frames
        .iter()
        .map(|f| {
            let flat = film.flatten(f);
            let found = detector.detect(&flat, &film, &mut tally);
            refiner.refine(&flat, &film, &found, &mut tally)
        })
        .collect()
}

/// Errors along both axes of the spots nearest to the truth, and the same over their stated precision.
fn errors(truth: &[Vec<Truth>], spots: &[Vec<Spot>], within: f64) -> (Vec<f64>, Vec<f64>, f64) {
    let (mut plain, mut normalised, mut all) = (Vec::new(), Vec::new(), 0usize);
    for (truth, spots) in truth.iter().zip(spots) {
        for (y, x, ..) in truth {
            all += 1;
            let distance = |s: &Spot| (s.y_px - y).hypot(s.x_px - x);
            let nearest = spots
                .iter()
                .min_by(|a, b| distance(a).total_cmp(&distance(b)));
            if let Some(s) = nearest.filter(|s| distance(s) < within) {
                for e in [s.y_px - y, s.x_px - x] {
                    plain.push(e);
                    normalised.push(e / s.precision_px);
                }
            }
        }
    }
    let recall = plain.len() as f64 / (2 * all) as f64;
    (plain, normalised, recall)
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

/// Cramer-Rao bound of the position, px, with all five numbers of the spot unknown: the noise of each pixel is that
/// of its light. By the symmetry of the spot the position does not mix with the rest.
fn bound(scene: &Scene, height: f64, width: f64) -> f64 {
    let mut information = 0.0;
    for i in -20..=20 {
        for j in -20..=20 {
            let (v, u) = (f64::from(i) + 0.3, f64::from(j) + 0.2);
            let spot = height * (-0.5 * (u * u + v * v) / (width * width)).exp();
            let slope = spot * u / (width * width);
            information += slope * slope / (scene.noise().powi(2) + spot / scene.gain);
        }
    }
    1.0 / information.sqrt()
}

#[test]
fn the_default_is_as_exact_as_can_be_and_knows_it() {
    let scene = Scene::default();
    for (height, table) in [(6.0, 0.252), (20.0, 0.082), (150.0, 0.016)] {
        let truth: Vec<_> = (0..16)
            .map(|i| grid(&scene, i, 30.0, height, 1.5))
            .collect();
        let spots = measure(&scene, &truth, "gaussian", &[("lowest_precision_px", 0.0)]);
        let (plain, normalised, recall) = errors(&truth, &spots, 1.5);
        let best = bound(&scene, height, 1.5);
        assert!(
            (best / table - 1.0f64).abs() < 0.12,
            "bound {best}, published {table}"
        );
        assert!(recall > 0.98, "height {height}: recall {recall}");
        let (error, ratio) = (rms(&plain), rms(&normalised));
        assert!(
            error <= 1.15 * best,
            "height {height}: {error} px, bound {best} px"
        );
        assert!(
            (0.9..=1.15).contains(&ratio),
            "height {height}: error over precision {ratio}"
        );
    }
}

#[test]
fn width_and_mass_come_out_right_for_a_spot_out_of_focus() {
    let scene = Scene::default();
    let truth: Vec<_> = (0..12).map(|i| grid(&scene, i, 50.0, 60.0, 2.5)).collect();
    let spots = measure(&scene, &truth, "gaussian", &[]);
    let (plain, _, recall) = errors(&truth, &spots, 1.0);
    let best = bound(&scene, 60.0, 2.5);
    assert!(recall > 0.99, "{recall}");
    assert!(rms(&plain) < 1.2 * best, "{} px, bound {best}", rms(&plain));
    let strong: Vec<&Spot> = spots.iter().flatten().filter(|s| s.snr > 50.0).collect();
    let mean =
        |f: &dyn Fn(&Spot) -> f64| strong.iter().map(|s| f(s)).sum::<f64>() / strong.len() as f64;
    assert!((mean(&|s| s.width_px) - 2.5).abs() < 0.03);
    let mass = std::f64::consts::TAU * 60.0 * 2.5 * 2.5;
    assert!((mean(&|s| s.mass_counts) / mass - 1.0).abs() < 0.02);
    assert!(mean(&|s| s.background_counts).abs() < 0.3);
}

#[test]
fn an_equal_neighbour_does_not_pull() {
    let scene = Scene::default();
    let truth: Vec<Vec<Truth>> = (0..16)
        .map(|i| {
            let turn = places(u64::from(i) + 900, 200);
            let pair = |(k, (y, x, a, s)): (usize, Truth)| {
                let (sin, cos) = (turn[k] * std::f64::consts::TAU).sin_cos();
                [(y, x, a, s), (y + 6.0 * sin, x + 6.0 * cos, a, s)]
            };
            grid(&scene, i, 50.0, 60.0, 1.5)
                .into_iter()
                .enumerate()
                .flat_map(pair)
                .collect()
        })
        .collect();
    let spots = measure(&scene, &truth, "gaussian", &[]);
    let (plain, normalised, recall) = errors(&truth, &spots, 2.0);
    assert!(recall > 0.99, "{recall}");
    assert!(rms(&plain) <= 0.05, "{} px", rms(&plain));
    assert!(
        (0.8..1.3).contains(&rms(&normalised)),
        "{}",
        rms(&normalised)
    );
}

#[test]
fn two_that_touch_are_two() {
    let scene = Scene::default();
    // 4.8 px are 3.2 widths: one maximum for the detector, two spots for the fit.
    let truth: Vec<Vec<Truth>> = (0..16)
        .map(|i| {
            let turn = places(u64::from(i) + 400, 200);
            let pair = |(k, (y, x, a, s)): (usize, Truth)| {
                let (sin, cos) = (turn[k] * std::f64::consts::TAU).sin_cos();
                [(y, x, a, s), (y + 4.8 * sin, x + 4.8 * cos, a, s)]
            };
            let singles = grid(&scene, i, 50.0, 100.0, 1.5).into_iter();
            singles.enumerate().flat_map(pair).collect()
        })
        .collect();
    let spots = measure(&scene, &truth, "gaussian", &[]);
    let (plain, _, recall) = errors(&truth, &spots, 1.5);
    assert!(recall > 0.97, "{recall}");
    assert!(rms(&plain) < 0.15, "{} px", rms(&plain));
}

#[test]
fn two_bright_ones_that_touch_know_their_errors() {
    // Four electrons a count: at a height of 400 counts the light is the noise.
    let scene = Scene {
        gain: 4.0,
        ceiling: 4095,
        ..Scene::default()
    };
    let truth: Vec<Vec<Truth>> = (0..16)
        .map(|i| {
            let singles = grid(&scene, i, 50.0, 400.0, 1.5).into_iter();
            singles
                .flat_map(|(y, x, a, s)| [(y, x, a, s), (y + 3.4, x + 3.4, a, s)])
                .collect()
        })
        .collect();
    let spots = measure(&scene, &truth, "gaussian", &[("lowest_precision_px", 0.0)]);
    let (_, normalised, recall) = errors(&truth, &spots, 1.0);
    assert!(recall > 0.95, "{recall}");
    let ratio = rms(&normalised);
    assert!(
        (0.85..=1.15).contains(&ratio),
        "error over precision {ratio}"
    );
}

#[test]
fn one_that_moves_is_one() {
    let scene = Scene::default();
    // A straight path of 3 px in the exposure: a long spot without a dip.
    let truth: Vec<Vec<Truth>> = (0..8).map(|i| grid(&scene, i, 50.0, 100.0, 1.5)).collect();
    let smeared: Vec<Vec<Truth>> = truth
        .iter()
        .map(|frame| {
            let parts = |(y, x, a, s): &Truth| {
                [-1.5, -0.75, 0.0, 0.75, 1.5].map(|d| (*y, x + d, a / 5.0, *s))
            };
            frame.iter().flat_map(parts).collect()
        })
        .collect();
    let spots = measure(&scene, &smeared, "gaussian", &[]);
    let (plain, _, recall) = errors(&truth, &spots, 1.5);
    let found: usize = spots
        .iter()
        .map(|s| s.iter().filter(|s| s.snr > 12.0).count())
        .sum();
    let there: usize = truth.iter().map(Vec::len).sum();
    assert_eq!(found, there, "one strong spot for each particle");
    assert!(
        recall > 0.99 && rms(&plain) < 0.1,
        "{recall}, {} px",
        rms(&plain)
    );
}

#[test]
fn a_saturated_spot_keeps_its_place() {
    let scene = Scene::default();
    let truth: Vec<_> = (0..12).map(|i| grid(&scene, i, 50.0, 900.0, 1.5)).collect();
    for (key, most_px) in [("gaussian", 0.05), ("radial-symmetry", 0.05)] {
        let spots = measure(&scene, &truth, key, &[]);
        let (plain, normalised, recall) = errors(&truth, &spots, 1.5);
        assert!(recall > 0.99, "{key}: {recall}");
        assert!(rms(&plain) < most_px, "{key}: {} px", rms(&plain));
        assert!(rms(&normalised) < 2.0, "{key}: {}", rms(&normalised));
    }
}

#[test]
fn all_refiners_measure_a_lone_spot_and_drop_what_lies_outside() {
    let scene = Scene::default();
    let truth: Vec<_> = (0..12).map(|i| grid(&scene, i, 60.0, 60.0, 1.5)).collect();
    for entry in REFINERS {
        let spots = measure(&scene, &truth, entry.key, &[]);
        let (plain, normalised, recall) = errors(&truth, &spots, 1.0);
        assert!(recall > 0.99, "{}: {recall}", entry.key);
        assert!(rms(&plain) < 0.12, "{}: {} px", entry.key, rms(&plain));
        assert!(
            (0.5..1.5).contains(&rms(&normalised)),
            "{}: {}",
            entry.key,
            rms(&normalised)
        );
    }
    let frames: Vec<Frame> = (0..12)
        .map(|i| scene.frame(i, &truth[i as usize]))
        .collect();
    let (mut film, _, _) = scene.learn(&frames);
    film.usable[[100, 100]] = false;
    let flat = film.flatten(&frames[0]);
    let at = |y_px, x_px| Candidate {
        x_px,
        y_px,
        snr: 5.0,
        width_px: 1.5,
    };
    let strange = [
        at(-40.0, 5.0),
        at(f64::NAN, 5.0),
        at(1e300, 1e300),
        at(100.0, 100.0),
        at(5.0, 299.4),
    ];
    for entry in REFINERS {
        let mut tally = Tally::default();
        let spots = build(entry.key, &film, &[]).refine(&flat, &film, &strange, &mut tally);
        let dropped: u64 = tally.0.values().sum();
        assert_eq!(spots.len() as u64 + dropped, 5, "{}: {tally:?}", entry.key);
        assert!(spots.iter().all(|s| film.is_usable(s.y_px, s.x_px)));
        assert!(tally.get("masked") <= 1);
    }
    assert_eq!(flat.index, FrameIndex(0));
}

#[test]
fn order_of_candidates_does_not_matter() {
    let scene = Scene::default();
    let truth = grid(&scene, 0, 30.0, 30.0, 1.5);
    let frames: Vec<Frame> = (0..12)
        .map(|i| scene.frame(i, &grid(&scene, i, 30.0, 30.0, 1.5)))
        .collect();
    let (film, _, _) = scene.learn(&frames);
    let flat = film.flatten(&frames[0]);
    let mut candidates: Vec<Candidate> = truth
        .iter()
        .map(|(y, x, ..)| Candidate {
            x_px: *x,
            y_px: *y,
            snr: 30.0,
            width_px: 1.5,
        })
        .collect();
    for entry in REFINERS {
        let refiner = build(entry.key, &film, &[]);
        let forth = refiner.refine(&flat, &film, &candidates, &mut Tally::default());
        candidates.reverse();
        let back = refiner.refine(&flat, &film, &candidates, &mut Tally::default());
        assert_eq!(forth, back, "{}", entry.key);
    }
}

#[test]
fn the_alternatives_know_how_wrong_they_are() {
    let scene = Scene::default();
    // Width, height and snr of spots from barely seen to bright, focused and not.
    let cases = [
        (1.5, 3.6, 5.0),
        (1.5, 6.0, 8.0),
        (1.5, 20.0, 27.0),
        (1.5, 70.0, 95.0),
        (2.5, 2.5, 5.4),
        (2.5, 20.0, 41.0),
    ];
    for (width, height, snr) in cases {
        let truth: Vec<_> = (0..8)
            .map(|i| grid(&scene, i, 40.0, height, width))
            .collect();
        let best = bound(&scene, height, width);
        for (key, set, honest, lost) in [
            (
                "radial-symmetry",
                &[("lowest_precision_px", 0.0)][..],
                0.85..=1.2,
                1.25,
            ),
            ("centroid", &[], 0.75..=1.2, 1.6),
        ] {
            let spots = measure(&scene, &truth, key, set);
            let (plain, normalised, recall) = errors(&truth, &spots, 1.5 * width);
            let mut seen: Vec<f64> = spots.iter().flatten().map(|s| s.snr).collect();
            let middle = crate::tiles::median(&mut seen).expect("some spots");
            let (error, ratio) = (rms(&plain), rms(&normalised));
            let what = format!("{key}, width {width}, height {height}");
            assert!((middle / snr - 1.0).abs() < 0.15, "{what}: snr {middle}");
            assert!(honest.contains(&ratio), "{what}: {ratio} of its precision");
            assert!(recall > 0.8, "{what}: recall {recall}");
            if snr > 20.0 {
                assert!(error < lost * best, "{what}: {error} px, bound {best}");
            }
        }
    }
}

#[test]
fn the_numbers_are_the_same_with_any_vector_instructions() {
    // Weak spots and saturated ones, touching ones and ones out of focus.
    let scene = Scene::default();
    let truth: Vec<Vec<Truth>> = (0..4)
        .map(|i| {
            let singles = grid(&scene, i, 50.0, 60.0, 1.5).into_iter().enumerate();
            let more = |(k, (y, x, a, s)): (usize, Truth)| {
                let part = [0.2, 1.0, 3.0, 15.0][k % 4];
                let wide = if k.is_multiple_of(5) { 3.2 } else { 1.0 };
                [(y, x, part * a, wide * s), (y + 3.0, x + 3.5, a, s)]
            };
            singles.flat_map(more).collect()
        })
        .collect();
    for entry in REFINERS {
        // As text every bit counts.
        let spots =
            Instructions::each(|_| format!("{:?}", measure(&scene, &truth, entry.key, &[])));
        assert!(spots.iter().all(|s| *s == spots[0]), "{}", entry.key);
    }
}
