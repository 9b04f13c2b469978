//! What is learned of a film does not depend on how many threads learn it, nor on their vector instructions.

use ndarray::Array2;
use nta_core::detect::DETECTORS;
use nta_core::film::{Film, FilmOptions};
use nta_core::instructions::Instructions;
use nta_core::method::resolve;
use nta_core::{Choice, FrameIndex, Pixels, Tally};
use rayon::ThreadPoolBuilder;

/// Frames of a size that is no multiple of anything: noise, a slope, light that flickers, and spots that move.
fn film(frames: u32, bits: u32) -> Vec<(FrameIndex, Pixels)> {
    let (height, width) = (157, 203);
    let gain = f64::from(1u32 << (bits - 8));
    let mut state = 7u64;
    let mut dice = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1u32 << 24)
    };
    (0..frames)
        .map(|t| {
            let light = 1.0 + 0.03 * f64::from(t % 7);
            let mut counts = Array2::from_shape_fn((height, width), |(y, x)| {
                let noise: f64 = (0..4).map(|_| dice() - 0.5).sum();
                light * (20.0 + 0.03 * y as f64 + 0.02 * x as f64) + 3.0 * noise
            });
            for spot in 0..12 {
                let (cy, cx) = (
                    10.0 + 11.5 * f64::from(spot) + f64::from(t % 5),
                    (37 * spot + 3 * t) as f64 % 190.0 + 6.0,
                );
                for ((y, x), v) in counts.indexed_iter_mut() {
                    let r2 = (y as f64 - cy).powi(2) + (x as f64 - cx).powi(2);
                    *v += 25.0 * light * (-0.5 * r2 / 2.3).exp();
                }
            }
            let top = f64::from((1u32 << bits) - 1);
            let counts = counts.mapv(|v| (v * gain).round().clamp(0.0, top));
            let pixels = match bits {
                8 => Pixels::U8(counts.mapv(|v| v as u8)),
                _ => Pixels::U16(counts.mapv(|v| v as u16)),
            };
            (FrameIndex(t), pixels)
        })
        .collect()
}

/// Everything learned, bit by bit; what the detector learned shows in what it finds.
fn bits(sample: &[(FrameIndex, Pixels)], ceiling: u16) -> Vec<u64> {
    let near = &sample[..sample.len().min(12)];
    let (film, flats, findings) = Film::learn(sample, near, ceiling, &FilmOptions::default());
    let (entry, params) =
        resolve(DETECTORS, "detect", &Choice::of("matched-filter")).expect("a method");
    let detector = (entry.make)(&params, &film, &flats);
    let mut out = vec![
        film.level_counts.to_bits().into(),
        film.noise_counts.to_bits().into(),
        film.spot_width_px.to_bits(),
        film.black_share.to_bits(),
        detector.start_snr().to_bits(),
    ];
    out.extend(film.background.iter().map(|v| u64::from(v.to_bits())));
    out.extend(film.usable.iter().map(|v| u64::from(*v)));
    for flat in &flats {
        out.extend(flat.image.iter().map(|v| u64::from(v.to_bits())));
        for spot in detector.detect(flat, &film, &mut Tally::default()) {
            let numbers = [spot.x_px, spot.y_px, spot.snr, spot.width_px];
            out.extend(numbers.map(f64::to_bits));
        }
    }
    let said = format!("{findings:?} {:?}", detector.findings());
    out.extend(said.bytes().map(u64::from));
    out
}

#[test]
fn the_same_is_learned_by_one_two_and_four_threads_with_any_instructions() {
    // Too few frames for a median over time, enough for one, and more than eight bits can count.
    for (frames, depth) in [(7, 8), (40, 8), (33, 12), (260, 8)] {
        let sample = film(frames, depth);
        let ceiling = ((1u32 << depth) - 1) as u16;
        let mut first = None;
        for threads in [1, 2, 4] {
            for instructions in Instructions::available() {
                instructions.limit();
                let pool = ThreadPoolBuilder::new().num_threads(threads).build();
                let learned = pool.expect("threads").install(|| bits(&sample, ceiling));
                assert!(
                    *first.get_or_insert_with(|| learned.clone()) == learned,
                    "{frames} frames of {depth} bits, {threads} threads, {instructions:?}"
                );
            }
        }
    }
}
