//! A whole film to tracks on two threads, beside what no program can be faster than: copying the film in memory, and
//! decoding it. `cargo bench -p nta-engine --bench film`
//!
//! The 640x480 film stays as `target/tmp/standard_640x480.raw` for `benches/peers`.

mod common;

use common::{FilmInMemory, scene};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nta_core::film::FilmOptions;
use nta_core::track_video::{Control, FrameTiming, TrackingPlan, track_video};
use nta_core::{Choice, FrameSource, Packet, Pixels};
use rayon::prelude::*;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const THREADS: usize = 2;

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

/// Reads and decodes the film and nothing else.
fn decode(source: &mut dyn FrameSource) -> usize {
    source.rewind().expect("a film");
    let mut packets: Vec<Packet> = Vec::new();
    while let Some(packet) = source.next_packet().expect("a film") {
        packets.push(packet);
    }
    let source = &*source;
    packets
        .into_par_iter()
        .map(|packet| {
            let pixels = source.decode(packet).expect("a frame");
            black_box(&pixels).width_px()
        })
        .sum()
}

fn films(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(folder).expect("a folder for the films");
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .expect("threads");
    for (size, frames, particles) in [((640, 480), 300, 35.0), ((1280, 1024), 100, 70.0)] {
        let name = format!("{}x{}", size.0, size.1);
        let mut raw = FilmInMemory::of(&scene(size, frames, particles));
        let bytes = bytes(&raw);
        let mjpeg = nta_sim::avi::encode_mjpeg(&mut raw, 90).expect("an AVI file");
        let path = folder.join(format!("standard_{name}.avi"));
        std::fs::write(&path, mjpeg).expect("room for the film");
        std::fs::write(folder.join(format!("standard_{name}.raw")), &bytes)
            .expect("room for the film");
        let mut jpegs = nta_video::open(&path).expect("the film that was just written");

        let mut group = c.benchmark_group(format!("film_{name}"));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_secs(4))
            .throughput(Throughput::Elements(u64::from(frames)));
        let mut copy = vec![0u8; bytes.len()];
        group.bench_function("memory_copy", |b| {
            b.iter(|| copy.copy_from_slice(black_box(&bytes)));
        });
        group.bench_function("raw_decode_only", |b| {
            b.iter(|| pool.install(|| decode(&mut raw)));
        });
        group.bench_function("raw_to_tracks", |b| {
            b.iter(|| pool.install(|| follow(&mut raw)));
        });
        group.bench_function("mjpeg_decode_only", |b| {
            b.iter(|| pool.install(|| decode(&mut *jpegs)));
        });
        group.bench_function("mjpeg_to_tracks", |b| {
            b.iter(|| pool.install(|| follow(&mut *jpegs)));
        });
        group.finish();
    }
}

criterion_group!(benches, films);
criterion_main!(benches);
