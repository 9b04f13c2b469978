//! Reading and decoding the same film from each kind of file, beside reading the bytes of the uncompressed one and copying
//! its pictures in memory. Files lie in the cache of the system. `cargo bench -p nta-engine --bench readers`
//!
//! With `--features ffmpeg`, and the program `ffmpeg` to write it, H.264 through the linked libraries too.

mod common;

use common::{FilmInMemory, decode, scene};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nta_sim::record::{Format, RecordOptions, record};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SIZE: (u32, u32) = (640, 480);
const FRAMES: u32 = 60;

/// The files by name. H.264 only where its own reader is built in, not for the pipe.
fn files() -> Vec<(&'static str, &'static str, Format)> {
    let mut files = vec![
        ("avi_raw", "readers_raw.avi", Format::AviRaw),
        (
            "avi_mjpeg",
            "readers_mjpeg.avi",
            Format::AviMjpeg { quality: 90 },
        ),
        ("tiff", "readers.tif", Format::Tiff),
        ("png_folder", "readers_png", Format::Folder),
    ];
    if cfg!(feature = "ffmpeg") && nta_video::ffmpeg_pipe::program().is_some() {
        files.push(("mp4_h264", "readers.mp4", Format::Mp4 { crf: 18 }));
    }
    files
}

/// Writes the film anew.
fn written(film: &mut FilmInMemory, name: &str, format: Format) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left; there may be nothing.
    let _ = std::fs::remove_dir_all(&path);
    let _ = std::fs::remove_file(&path);
    if matches!(format, Format::Folder) {
        std::fs::create_dir_all(&path).expect("a folder for the pictures");
    }
    let program = nta_video::ffmpeg_pipe::program();
    let options = RecordOptions {
        ffmpeg: program.as_deref(),
        ..RecordOptions::default()
    };
    record(film, &path, format, &options).expect("room for the film");
    path
}

fn readers(c: &mut Criterion) {
    std::fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the films");
    let mut film = FilmInMemory::of(&scene(SIZE, FRAMES, 35.0));
    let mut group = c.benchmark_group("readers");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(u64::from(SIZE.0 * SIZE.1 * FRAMES)));
    let pools = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("threads")
    });
    for (name, file, format) in files() {
        let path = written(&mut film, file, format);
        if name == "avi_raw" {
            group.bench_function("bytes_of_avi_raw", |b| {
                b.iter(|| std::fs::read(&path).expect("the film"));
            });
        }
        for pool in &pools {
            group.bench_function(BenchmarkId::new(name, pool.current_num_threads()), |b| {
                b.iter(|| {
                    let mut source = nta_video::open(&path).expect("the film");
                    let frames = pool.install(|| decode(&mut *source));
                    assert_eq!(frames, FRAMES as usize, "all frames of {name}");
                });
            });
        }
    }
    let pool = &pools[0];
    group.bench_function("copy_in_memory", |b| {
        b.iter(|| {
            nta_core::FrameSource::rewind(&mut film).expect("a film");
            pool.install(|| decode(&mut film))
        });
    });
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
