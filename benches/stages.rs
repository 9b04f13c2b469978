//! Each stage alone, on one thread. `cargo bench -p nta-engine --bench stages [-- FILTER]`

mod common;

use common::{FilmInMemory, scene};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nta_core::drift::{DRIFTS, Drift};
use nta_core::film::{Film, FilmOptions};
use nta_core::link::{LINKERS, LinkInput};
use nta_core::method::resolve;
use nta_core::model::Stated;
use nta_core::{
    Acquisition, Choice, Flat, Frame, FrameIndex, FrameSpots, Pixels, Spot, Tally, Track, TrackId,
    TrackPoint, Trajectory,
};
use nta_core::{detect::DETECTORS, refine::REFINERS};
use nta_sim::SimulatedFilm;
use nta_sizing::steps::Steps;
use nta_sizing::{CaptureTracks, Medium, Sampling, SizingPlan, likelihood, size_sample};
use std::hint::black_box;
use std::time::Duration;

const SIZES: [(u32, u32); 2] = [(640, 480), (1280, 1024)];
const PARTICLES: [u32; 3] = [10, 70, 300];
const INTERVAL_S: f64 = 1.0 / 30.0;

fn quick<'a>(
    c: &'a mut Criterion,
    name: &str,
) -> criterion::BenchmarkGroup<'a, criterion::measurement::WallTime> {
    let mut group = c.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600));
    group
}

fn first<M>(entries: &'static [nta_core::Entry<M>]) -> Choice {
    Choice::of(entries[0].key)
}

/// What a film of `frames` frames teaches, with those frames.
struct Learned {
    sample: Vec<(FrameIndex, Pixels)>,
    film: Film,
    flats: Vec<Flat>,
}

fn learn(size: (u32, u32), frames: u32, particles: u32) -> Learned {
    let pictures = FilmInMemory::of(&scene(size, frames, f64::from(particles))).pictures;
    let sample: Vec<_> = (0..).map(FrameIndex).zip(pictures).collect();
    let (film, flats, _) = Film::learn(&sample, &sample[..12], 255, &FilmOptions::default());
    Learned {
        sample,
        film,
        flats,
    }
}

/// Learning from 101 frames, and the detector's own learning.
fn learning(c: &mut Criterion) {
    let mut group = quick(c, "learn");
    for size in SIZES {
        let known = learn(size, 101, 70);
        let name = format!("{}x{}", size.0, size.1);
        group.bench_function(BenchmarkId::new("film", &name), |b| {
            let options = FilmOptions::default();
            b.iter(|| Film::learn(&known.sample, &known.sample[..12], 255, &options));
        });
        group.bench_function(BenchmarkId::new("detector", &name), |b| {
            let (entry, params) =
                resolve(DETECTORS, "detect", &first(DETECTORS)).expect("a method");
            b.iter(|| (entry.make)(&params, &known.film, &known.flats).start_snr());
        });
    }
    group.finish();
}

/// From a frame to spots; the rate is in pixels.
fn frames(c: &mut Criterion) {
    let mut group = quick(c, "frame");
    for (size, particles) in SIZES.into_iter().flat_map(|s| PARTICLES.map(|p| (s, p))) {
        let name = format!("{}x{}_{particles}", size.0, size.1);
        let Learned {
            sample,
            film,
            flats,
        } = learn(size, 16, particles);
        let (entry, params) = resolve(DETECTORS, "detect", &first(DETECTORS)).expect("a method");
        let detector = (entry.make)(&params, &film, &flats);
        let (entry, params) = resolve(REFINERS, "refine", &first(REFINERS)).expect("a method");
        let refiner = (entry.make)(&params, &film);
        let (index, pixels) = sample[7].clone();
        let frame = Frame {
            index,
            time_s: 0.0,
            pixels,
        };
        let flat = film.flatten(&frame);
        let mut tally = Tally::default();
        let candidates = detector.detect(&flat, &film, &mut tally);

        group.throughput(Throughput::Elements(u64::from(size.0 * size.1)));
        group.bench_function(BenchmarkId::new("flatten", &name), |b| {
            b.iter(|| film.flatten(black_box(&frame)));
        });
        group.bench_function(BenchmarkId::new("detect", &name), |b| {
            b.iter(|| detector.detect(black_box(&flat), &film, &mut tally));
        });
        group.throughput(Throughput::Elements(candidates.len() as u64));
        group.bench_function(BenchmarkId::new("refine", &name), |b| {
            b.iter(|| refiner.refine(black_box(&flat), &film, &candidates, &mut tally));
        });
    }
    group.finish();
}

/// True positions as spots of a film.
fn true_spots(particles: u32) -> Vec<FrameSpots> {
    let film = SimulatedFilm::new(&scene((640, 480), 100, f64::from(particles))).expect("a scene");
    let spot = |s: &nta_sim::SpotTruth| Spot {
        x_px: s.x_px,
        y_px: s.y_px,
        precision_px: 0.1,
        width_px: s.width_px,
        mass_counts: std::f64::consts::TAU * s.peak_counts * s.width_px * s.width_px,
        peak_counts: s.peak_counts,
        background_counts: 0.0,
        snr: 4.0 * s.peak_snr,
    };
    let frame = |f: &nta_sim::FrameTruth| FrameSpots {
        frame: f.frame,
        time_s: f.time_s,
        spots: f.visible().map(spot).collect(),
    };
    film.truth().frames.iter().map(frame).collect()
}

/// From spots to tracks; the rate is in spots.
fn tracks(c: &mut Criterion) {
    let mut group = quick(c, "tracks");
    for particles in PARTICLES {
        let frames = true_spots(particles);
        let (entry, params) = resolve(LINKERS, "link", &first(LINKERS)).expect("a method");
        let linker = (entry.make)(&params);
        let (entry, params) = resolve(DRIFTS, "drift", &first(DRIFTS)).expect("a method");
        let estimator = (entry.make)(&params);
        let drift = Drift::none();
        let input = LinkInput {
            frames: &frames,
            drift: &drift,
            area_px2: 640.0 * 480.0,
            start_snr: 5.0,
        };
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

/// Even numbers in (0, 1), always the same (SplitMix64).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Random walks of 100 nm beads in water, 10 to 40 frames long, localised to 0.2 px.
fn walks(count: u32) -> Vec<Trajectory> {
    let acquisition = Acquisition {
        pixel_size_um: Stated::new(0.2, "benchmark"),
        frame_interval_s: Stated::new(INTERVAL_S, "benchmark"),
        exposure_s: Some(Stated::new(0.015, "benchmark")),
        bit_depth: Stated::new(8, "benchmark"),
    };
    let mut dice = Dice(1);
    let step_px = (2.0 * 4.9 * INTERVAL_S).sqrt() / 0.2;
    let walk = |id| {
        let (mut x, mut y) = (300.0, 200.0);
        let points = (0..10 + id % 31).map(|n| {
            x += step_px * dice.normal();
            y += step_px * dice.normal();
            TrackPoint {
                frame: FrameIndex(n),
                time_s: f64::from(n) * INTERVAL_S,
                spot: Spot {
                    x_px: x + 0.2 * dice.normal(),
                    y_px: y + 0.2 * dice.normal(),
                    precision_px: 0.2,
                    width_px: 1.5,
                    mass_counts: 500.0,
                    peak_counts: 40.0,
                    background_counts: 0.0,
                    snr: 20.0,
                },
            }
        });
        let track = Track::new(TrackId(id), points.collect()).expect("a track");
        Trajectory::from_track(&track, &acquisition, &Drift::none())
    };
    (0..count).map(walk).collect()
}

/// From 1,000 tracks to a distribution with bands from 200 resamples; one thread and two.
fn sizes(c: &mut Criterion) {
    let trajectories = walks(1000);
    let sampling = Sampling {
        frame_interval_s: INTERVAL_S,
        exposure_s: 0.015,
    };
    let mut group = quick(c, "sizes");
    let steps: Vec<Steps> = trajectories
        .iter()
        .filter_map(|t| Steps::of(t, sampling, 1.0).ok())
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
    let capture = [CaptureTracks {
        trajectories: &trajectories,
        visibility: &[],
        sampling,
        exposure_se_s: 0.0,
    }];
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        group.bench_function(
            BenchmarkId::new("size_sample_1000_tracks_200_resamples", threads),
            |b| {
                let size = || size_sample(&capture, &medium, &SizingPlan::default());
                b.iter(|| pool.install(size).expect("sizes"));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, learning, frames, tracks, sizes);
criterion_main!(benches);
