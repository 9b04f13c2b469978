//! A whole film to tracks on one thread and on two, beside what no program can be faster than: copying the film in
//! memory, and decoding it. `cargo bench -p nta-engine --bench film`
//!
//! These films are short, so that learning weighs more than in a capture; `benches/peers/compare.py` follows a whole one.

mod common;

use common::{FilmInMemory, decode, scene};
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main,
};
use nta_core::film::FilmOptions;
use nta_core::track_video::{Control, FrameTiming, TrackingPlan, track_video};
use nta_core::{Choice, FrameSource, Pixels};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn plan() -> TrackingPlan {
    TrackingPlan {
        film: FilmOptions::default(),
        detect: Choice::of("matched-filter"),
        refine: Choice::of("gaussian"),
        link: Choice::of("likelihood"),
        drift: Choice::of("smooth"),
        frames: None,
    }
}

/// The pictures one after the other, row-major, a byte per pixel.
fn bytes(film: &FilmInMemory) -> Vec<u8> {
    let mut out = Vec::new();
    for picture in &film.pictures {
        if let Pixels::U8(counts) = picture {
            out.extend(counts.iter());
        }
    }
    out
}

/// Number of tracks of the film.
fn follow(source: &mut dyn FrameSource) -> usize {
    let timing = FrameTiming {
        interval_s: 1.0 / 30.0,
        trust_file: false,
    };
    let control = Control {
        progress: &|_, _| {},
        cancel: &AtomicBool::new(false),
    };
    let tracked = track_video(source, &plan(), timing, control).expect("a film that can be read");
    tracked.tracks.len()
}

/// Decoding a film, and following it, on so many threads.
fn film(
    group: &mut BenchmarkGroup<'_, WallTime>,
    codec: &str,
    source: &mut dyn FrameSource,
    pools: &[ThreadPool],
) {
    for pool in pools {
        let threads = pool.current_num_threads();
        let name = format!("{codec}_decode_only");
        group.bench_function(BenchmarkId::new(name, threads), |b| {
            b.iter(|| {
                source.rewind().expect("a film");
                pool.install(|| decode(source))
            });
        });
        let name = format!("{codec}_to_tracks");
        group.bench_function(BenchmarkId::new(name, threads), |b| {
            b.iter(|| pool.install(|| follow(source)));
        });
    }
}

fn films(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(folder).expect("a folder for the films");
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
    let pools = [1, 2].map(|threads| pool(threads).expect("threads"));
    for (size, frames, particles) in [((640, 480), 200, 35.0), ((1280, 1024), 60, 70.0)] {
        let name = format!("{}x{}", size.0, size.1);
        let mut raw = FilmInMemory::of(&scene(size, frames, particles));
        let bytes = bytes(&raw);
        let mut group = c.benchmark_group(format!("film_{name}"));
        // The fewest runs that can be had: each takes a second.
        group
            .sample_size(10)
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_secs(1))
            .throughput(Throughput::Elements(u64::from(frames)));
        let mut copy = vec![0u8; bytes.len()];
        group.bench_function("memory_copy", |b| {
            b.iter(|| copy.copy_from_slice(black_box(&bytes)));
        });
        film(&mut group, "raw", &mut raw, &pools);
        // Of one size, because each takes long.
        if size == (640, 480) {
            let path = folder.join(format!("standard_{name}.avi"));
            let mjpeg = nta_sim::avi::encode_mjpeg(&mut raw, 90).expect("an AVI file");
            std::fs::write(&path, mjpeg).expect("room for the film");
            let mut jpegs = nta_video::open(&path).expect("the film that was just written");
            film(&mut group, "mjpeg", &mut *jpegs, &pools[1..]);
        }
        group.finish();
    }
}

criterion_group!(benches, films);
criterion_main!(benches);
