//! What is learned of a film, held against films whose truth is known.

use crate::Finding;
use crate::film::{Film, FilmOptions, Polarity, Rect};
use crate::model::{Frame, FrameIndex, Pixels};
use crate::test_film::{Scene, Truth, grid, places};
use ndarray::Array2;

fn has(findings: &[Finding], code: &str) -> bool {
    findings.iter().any(|f| f.code == code)
}

fn learn(frames: &[Frame], options: &FilmOptions) -> (Film, Vec<Finding>) {
    let sample: Vec<(FrameIndex, Pixels)> =
        frames.iter().map(|f| (f.index, f.pixels.clone())).collect();
    let (film, flats, findings) =
        Film::learn(&sample, &sample[..sample.len().min(10)], 255, options);
    assert!(flats.len() <= 20);
    (film, findings)
}

/// Frames with fringes, a stuck particle and moving ones.
fn fringes(scene: &Scene, n: u32, light: impl Fn(u32) -> f64) -> Vec<Frame> {
    (0..n)
        .map(|i| {
            let mut spots = grid(scene, i, 60.0, 30.0, 1.5);
            spots.push((150.0, 150.0, 60.0, 1.5));
            let frame = scene.frame(i, &spots);
            let Pixels::U8(a) = frame.pixels else {
                unreachable!("the scene has 8 bits")
            };
            let mut a = a.mapv(f64::from);
            for ((_, x), v) in a.indexed_iter_mut() {
                *v = (*v + 8.0 * (x as f64 * 0.6).sin() + 10.0) * light(i);
            }
            Frame {
                pixels: Pixels::U8(a.mapv(|v| v.round().clamp(0.0, 255.0) as u8)),
                ..frame
            }
        })
        .collect()
}

#[test]
fn fringes_flicker_and_stuck_particles_vanish() {
    let scene = Scene::default();
    let steady = fringes(&scene, 41, |_| 1.0);
    let (film, findings) = learn(&steady, &FilmOptions::default());
    assert!(has(&findings, "B07") && !has(&findings, "B06") && !has(&findings, "B01"));
    assert!(
        !has(&findings, "B02") && !has(&findings, "B09") && !has(&findings, "V08"),
        "{findings:?}"
    );
    let flat = film.flatten(&steady[3]).image;
    let column = |x: usize| flat.column(x).iter().sum::<f32>() / flat.nrows() as f32;
    let worst = (0..300).map(|x| column(x).abs()).fold(0.0, f32::max);
    assert!(worst < 1.5, "fringes left: {worst} counts");
    let stuck = flat
        .slice(ndarray::s![148..153, 148..153])
        .mean()
        .unwrap_or(9.0);
    assert!(stuck.abs() < 3.0, "stuck particle left: {stuck} counts");
    assert!((f64::from(film.noise_counts) / scene.noise() - 1.0).abs() < 0.1);

    let lamp = |i: u32| 1.0 + 0.2 * (f64::from(i) * 1.3).sin();
    let flickering = fringes(&scene, 41, lamp);
    let (film, findings) = learn(&flickering, &FilmOptions::default());
    assert!(has(&findings, "B06"));
    for frame in &flickering[..5] {
        let mut values: Vec<f64> = film
            .flatten(frame)
            .image
            .iter()
            .map(|v| f64::from(*v))
            .collect();
        let middle = crate::tiles::median(&mut values).unwrap_or(9.0);
        assert!(middle.abs() < 0.5, "light left: {middle} counts");
    }
}

#[test]
fn slow_particles_are_not_taken_for_background() {
    let scene = Scene::default();
    // Each particle takes small steps: it stays where it is for several frames of the sample.
    let start: Vec<f64> = places(3, 240);
    let step = places(4, 240 * 60);
    let frames: Vec<Frame> = (0..60usize)
        .map(|t| {
            let spots: Vec<Truth> = (0..120)
                .map(|k| {
                    let walk = |axis: usize| {
                        (0..t)
                            .map(|i| step[(i * 240 + 2 * k + axis) % step.len()] - 0.5)
                            .sum::<f64>()
                    };
                    let y = 300.0 * start[2 * k] + 4.0 * walk(0);
                    let x = 300.0 * start[2 * k + 1] + 4.0 * walk(1);
                    (y, x, 40.0, 2.5)
                })
                .chain([(100.0, 200.0, 80.0, 2.5)])
                .collect();
            scene.frame(t as u32, &spots)
        })
        .collect();
    let (film, findings) = learn(&frames, &FilmOptions::default());
    assert!(has(&findings, "B09"), "{findings:?}");
    let at = |y: usize, x: usize| film.background[[y, x]];
    assert!(
        at(100, 200) > 70.0,
        "what stands still stays in the background: {}",
        at(100, 200)
    );
    let off = film
        .background
        .indexed_iter()
        .filter(|((y, x), _)| y.abs_diff(100) > 15 || x.abs_diff(200) > 15)
        .filter(|(_, v)| (**v - 20.0).abs() > 8.0)
        .count();
    assert!(off < 90_000 / 50, "{off} pixels hold ghosts");
}

#[test]
fn few_frames_give_a_smooth_background() {
    let scene = Scene::default();
    for n in [1u32, 2, 9] {
        let frames: Vec<Frame> = (0..n)
            .map(|i| scene.frame(i, &grid(&scene, 0, 40.0, 50.0, 1.5)))
            .collect();
        let (film, findings) = learn(&frames, &FilmOptions::default());
        assert!(has(&findings, "B01"));
        let worst = film
            .background
            .iter()
            .map(|v| (v - 20.0).abs())
            .fold(0.0, f32::max);
        assert!(worst < 1.0, "{n} frames: off by {worst}");
        assert!((f64::from(film.noise_counts) / scene.noise() - 1.0).abs() < 0.15);
        assert!((film.spot_width_px - 1.5).abs() < 0.15);
    }
}

#[test]
fn dark_particles_and_rectangles() {
    let scene = Scene {
        background: 150.0,
        ..Scene::default()
    };
    let frames: Vec<Frame> = (0..24)
        .map(|i| scene.frame(i, &grid(&scene, i, 40.0, -60.0, 1.5)))
        .collect();
    let rect = Rect {
        x_px: 10,
        y_px: 20,
        width_px: 50,
        height_px: 30,
    };
    let options = FilmOptions {
        polarity: Polarity::Dark,
        exclude: vec![rect],
        ..FilmOptions::default()
    };
    let (film, _) = learn(&frames, &options);
    assert_eq!(film.usable_px(), 300 * 300 - 50 * 30);
    let flat = film.flatten(&frames[2]).image;
    let (y, x, ..) = grid(&scene, 2, 40.0, -60.0, 1.5)[20];
    let top = flat[[y.round() as usize, x.round() as usize]];
    assert!(top > 35.0, "a dark spot becomes bright: {top}");
    assert!(
        flat.slice(ndarray::s![20..50, 10..60])
            .iter()
            .all(|v| *v == 0.0)
    );
}

#[test]
fn the_camera_is_told_what_it_does_wrong() {
    let few_bits = Scene {
        gain: f64::INFINITY,
        read_noise: 0.1,
        ..Scene::default()
    };
    let black = Scene {
        background: 0.5,
        read_noise: 1.0,
        gain: f64::INFINITY,
        ..Scene::default()
    };
    let take = |scene: &Scene, height: f64| -> Vec<Finding> {
        let frames: Vec<Frame> = (0..20)
            .map(|i| scene.frame(i, &grid(scene, i, 60.0, height, 1.5)))
            .collect();
        learn(&frames, &FilmOptions::default()).1
    };
    let codes = |findings: &[Finding]| findings.iter().map(|f| f.code.clone()).collect::<Vec<_>>();
    assert!(has(&take(&few_bits, 50.0), "B04"));
    assert!(has(&take(&black, 50.0), "B05"));
    assert!(has(&take(&Scene::default(), 900.0), "B03"));
    let sound = take(&Scene::default(), 50.0);
    assert!(sound.is_empty(), "{:?}", codes(&sound));
    assert!(has(&take(&Scene::default(), 0.0), "B08"));
}

#[test]
fn shared_noise_is_noticed() {
    let scene = Scene::default();
    let fresh: Vec<Frame> = (0..30)
        .map(|i| scene.frame(i, &grid(&scene, i, 40.0, 40.0, 1.5)))
        .collect();
    // As a codec does that keeps half of what it showed before.
    let mut shown = Array2::<f64>::zeros((300, 300));
    let carried: Vec<Frame> = fresh
        .iter()
        .map(|f| {
            let now = f.pixels.to_f32().mapv(f64::from);
            shown = if f.index.0 == 0 {
                now
            } else {
                0.55 * &shown + 0.45 * &now
            };
            Frame {
                pixels: Pixels::U8(shown.mapv(|v| v.round() as u8)),
                ..f.clone()
            }
        })
        .collect();
    assert!(!has(&learn(&fresh, &FilmOptions::default()).1, "V08"));
    assert!(has(&learn(&carried, &FilmOptions::default()).1, "V08"));
}
