//! Each stage alone, on one thread unless it says otherwise. `cargo bench -p nta-engine --bench stages [-- FILTER]`
//!
//! A name ends with the instructions in use, the size of the frame and the particles in sight.

mod common;

use common::stages::{
    Learned, Looker, SAMPLING, capture, first, learn_film, link_input, linker, true_spots, walks,
};
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use nta_core::drift::{DRIFTS, Drift};
use nta_core::instructions::Instructions;
use nta_core::method::resolve;
use nta_sizing::steps::Steps;
use nta_sizing::{Medium, SizingPlan, likelihood, size_sample};
use std::hint::black_box;
use std::time::Duration;

const SIZES: [(u32, u32); 3] = [(640, 480), (1280, 1024), (2048, 2048)];
const PARTICLES: [u32; 3] = [10, 100, 1000];

/// The film whose detection is measured with each set of instructions.
const CAPTURE: ((u32, u32), u32) = ((1280, 1024), 70);

fn quick<'a>(c: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600));
    group
}

fn name_of((width, height): (u32, u32), particles: u32) -> String {
    format!("{width}x{height}_{particles}")
}

/// Learning from 101 frames, and the detector's own learning.
fn learning(c: &mut Criterion) {
    let mut group = quick(c, "learn");
    for size in [(640, 480), (1280, 1024)] {
        let known = Learned::simulated(size, 101, 70);
        let name = name_of(size, 70);
        group.bench_function(BenchmarkId::new("film", &name), |b| {
            b.iter(|| learn_film(&known.sample));
        });
        group.bench_function(BenchmarkId::new("detector", &name), |b| {
            b.iter(|| known.detector().start_snr());
        });
    }
    group.finish();
}

/// Flatten and detect, in pixels per second, and refine, in candidates per second.
fn look(group: &mut BenchmarkGroup<'_, WallTime>, looker: &Looker, name: &str) {
    let pixels = looker.frame.pixels.width_px() * looker.frame.pixels.height_px();
    group.throughput(Throughput::Elements(pixels as u64));
    group.bench_function(BenchmarkId::new("flatten", name), |b| {
        b.iter(|| black_box(looker).flatten());
    });
    group.bench_function(BenchmarkId::new("detect", name), |b| {
        b.iter(|| black_box(looker).detect());
    });
    group.throughput(Throughput::Elements(looker.candidates.len().max(1) as u64));
    group.bench_function(BenchmarkId::new("refine", name), |b| {
        b.iter(|| black_box(looker).refine());
    });
}

/// From a frame to spots with each set of instructions that the processor has, beside copying the frame.
fn instructions(c: &mut Criterion) {
    let mut group = quick(c, "instructions");
    let (size, particles) = CAPTURE;
    let looker = Looker::new(Learned::simulated(size, 16, particles));
    let name = name_of(size, particles);
    let pixels = u64::from(size.0 * size.1);
    let frame = vec![1u8; pixels as usize];
    let mut copy = vec![0u8; pixels as usize];
    group.throughput(Throughput::Elements(pixels));
    group.bench_function(BenchmarkId::new("memory_copy", &name), |b| {
        b.iter(|| copy.copy_from_slice(black_box(&frame)));
    });
    for set in Instructions::available() {
        set.limit();
        look(&mut group, &looker, &format!("{set:?}_{name}"));
    }
    group.finish();
}

/// From a frame to spots, in all sizes and with few and many particles.
fn frames(c: &mut Criterion) {
    let mut group = quick(c, "frame");
    for (size, particles) in SIZES.into_iter().flat_map(|s| PARTICLES.map(|p| (s, p))) {
        let looker = Looker::new(Learned::simulated(size, 16, particles));
        look(&mut group, &looker, &name_of(size, particles));
    }
    group.finish();
}

/// From spots to tracks; the rate is in spots, so that work in proportion to them shows as an even rate.
fn tracks(c: &mut Criterion) {
    let mut group = quick(c, "tracks");
    for particles in PARTICLES {
        let frames = true_spots(100, particles);
        let (linker, drift) = (linker(), Drift::none());
        let (entry, params) = resolve(DRIFTS, "drift", &first(DRIFTS)).expect("a method");
        let estimator = (entry.make)(&params);
        let input = link_input(&frames, &drift);
        let linked = linker.link(&input);
        let spots = frames.iter().map(|f| f.spots.len() as u64).sum();
        group.throughput(Throughput::Elements(spots));
        group.bench_function(BenchmarkId::new("link", particles), |b| {
            b.iter(|| linker.link(black_box(&input)));
        });
        group.bench_function(BenchmarkId::new("drift", particles), |b| {
            b.iter(|| estimator.estimate(black_box(&linked.tracks), 100));
        });
    }
    group.finish();
}

/// From 1,000 tracks to a distribution with bands from 200 resamples; one thread and two.
fn sizes(c: &mut Criterion) {
    let trajectories = walks(1000);
    let mut group = quick(c, "sizes");
    let steps: Vec<Steps> = trajectories
        .iter()
        .filter_map(|t| Steps::of(t, SAMPLING, 1.0).ok())
        .collect();
    let ladder: Vec<f64> = (0..240).map(|i| 0.3 * 1.02f64.powi(i)).collect();
    let mut out = Vec::new();
    group.bench_function("likelihood_1000_tracks_240_rungs", |b| {
        b.iter(|| {
            for s in &steps {
                likelihood::over_grid(s, black_box(&ladder), &mut out);
            }
        });
    });
    let medium = Medium::named("water", 25.0).expect("water");
    let walked = &trajectories[..];
    let capture = capture(&walked);
    let plan = SizingPlan {
        resamples: 200,
        ..SizingPlan::default()
    };
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        group.bench_function(
            BenchmarkId::new("size_sample_1000_tracks_200_resamples", threads),
            |b| {
                let size = || size_sample(&capture, &medium, &plan);
                b.iter(|| pool.install(size).expect("sizes"));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, learning, instructions, frames, tracks, sizes);
criterion_main!(benches);
