//! Films that are written are read back through `nta_video`: counts, frame numbers, clock and pixel size.

#![allow(clippy::print_stdout)] // A skipped test says so, and qualities are told.

use nta_core::{FrameIndex, FrameSource, Pixels};
use nta_sim::record::{Codec, FilmFacts, Format, RecordError, RecordOptions, record};
use nta_sim::{Faults, Scene, SimulatedFilm};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small film of odd size; the clock is no round number.
fn scene(bit_depth: u8, dropped: &[u32]) -> Scene {
    let mut scene = Scene {
        width_px: 61,
        height_px: 47,
        pixel_size_um: 0.166,
        frame_rate_fps: 23.7,
        frames: 9,
        faults: Faults {
            dropped: dropped.to_vec(),
            repeated: vec![3],
            ..Faults::default()
        },
        ..Scene::standard()
    };
    scene.camera.bit_depth = bit_depth;
    // The same picture with more bits: counts up to the ceiling.
    let more = f64::from(1_u32 << (bit_depth - 8));
    scene.light.reference_peak_counts *= more;
    scene.light.background_counts *= more;
    scene.camera.gain_e_per_count /= more;
    scene
}

fn film(scene: &Scene) -> SimulatedFilm {
    SimulatedFilm::new(scene).expect("a sound scene")
}

fn ffmpeg() -> Option<PathBuf> {
    let program = nta_video::ffmpeg_pipe::program();
    if program.is_none() {
        println!("no program ffmpeg: this part is not tested");
    }
    program
}

fn frames(source: &mut dyn FrameSource) -> Vec<(u32, Pixels)> {
    let mut out = Vec::new();
    while let Some(packet) = source.next_packet().expect("a film that goes on") {
        let n = packet.index.0;
        out.push((n, source.decode(packet).expect("a sound frame")));
    }
    out
}

/// Writes, reads back, and holds everything but the counts against the film.
fn there_and_back(
    film: &mut SimulatedFilm,
    path: &Path,
    format: Format,
    options: &RecordOptions<'_>,
) -> Vec<(u32, Pixels)> {
    if format.is_folder() {
        std::fs::create_dir(path).expect("a new folder");
    }
    record(film, path, format, options).unwrap_or_else(|e| panic!("{format:?}: {e}"));
    let mut read = nta_video::open(path).unwrap_or_else(|e| panic!("{format:?}: {e}"));
    let (scene, info) = (film.scene().clone(), read.info().clone());
    assert_eq!(info.width_px, scene.width_px as usize, "{format:?}");
    assert_eq!(info.height_px, scene.height_px as usize, "{format:?}");
    let deep = scene.camera.bit_depth > 8;
    assert_eq!(info.bit_depth, if deep { 16 } else { 8 }, "{format:?}");
    assert!(!info.colour, "{format:?}");
    assert_eq!(info.frames, Some(u64::from(scene.frames)), "{format:?}");
    let interval = info.frame_interval_s.expect("a clock");
    let off = interval / scene.frame_interval_s() - 1.0;
    assert!(off.abs() < 1e-9, "{format:?}: {interval} s");
    if format == Format::Tiff {
        let (um, from) = info.pixel_size_um.expect("a pixel size");
        assert!((um / scene.pixel_size_um - 1.0).abs() < 1e-9, "{um} um");
        assert_eq!(from, "ImageJ");
    }
    let back = frames(&mut *read);
    let end = read.end();
    assert!(
        end.complete && end.frames_damaged == 0,
        "{format:?}: {end:?}"
    );
    assert_eq!(
        end.frames_missing,
        film.end().frames_missing,
        "{format:?}: {end:?}"
    );
    let numbers: Vec<u32> = back.iter().map(|(n, _)| *n).collect();
    let delivered = FilmFacts::of(film).expect("a film").delivered;
    assert_eq!(numbers, delivered, "{format:?}");
    back
}

fn same_counts(film: &SimulatedFilm, back: &[(u32, Pixels)], what: &str) {
    for (n, pixels) in back {
        let sent = film.picture(FrameIndex(*n)).expect("delivered");
        assert!(sent == *pixels, "frame {n} of {what} has other counts");
    }
}

#[test]
fn formats_without_loss_give_the_same_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = ffmpeg();
    let options = RecordOptions {
        ffmpeg: program.as_deref(),
        ..RecordOptions::default()
    };
    for bit_depth in [8, 12, 16] {
        for (name, format) in [
            ("raw.avi", Format::AviRaw),
            ("stack.tif", Format::Tiff),
            ("pictures", Format::Folder),
            ("packed.avi", Format::AviFfv1),
        ] {
            if format.needs_program() && options.ffmpeg.is_none() {
                continue;
            }
            let mut film = film(&scene(bit_depth, &[]));
            let path = folder.path().join(format!("{bit_depth}_{name}"));
            let back = there_and_back(&mut film, &path, format, &options);
            same_counts(&film, &back, &format!("{format:?}, {bit_depth} bits"));
        }
    }
}

#[test]
fn dropped_frames_leave_their_holes() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RecordOptions::default();
    // An AVI can say of any place that it is empty, a folder's times of those in between.
    let cases = [
        ("raw.avi", Format::AviRaw, &[0, 4, 5, 8][..]),
        ("jpeg.avi", Format::AviMjpeg { quality: 90 }, &[0, 4, 5, 8]),
        ("pictures", Format::Folder, &[4, 5]),
    ];
    for (name, format, dropped) in cases {
        let mut film = film(&scene(8, dropped));
        let path = folder.path().join(name);
        let back = there_and_back(&mut film, &path, format, &options);
        if format.codec() != "mjpeg" {
            same_counts(&film, &back, name);
        }
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new("/nowhere/ffmpeg");
    let options = RecordOptions {
        ffmpeg: Some(program),
        ..RecordOptions::default()
    };
    let dropped_1 = scene(8, &[4]);
    let cases: [(&str, Format, Scene, &str); 9] = [
        (
            "a.tif",
            Format::Tiff,
            dropped_1.clone(),
            "1 of the film's 9 frames",
        ),
        (
            "a.avi",
            Format::AviFfv1,
            dropped_1.clone(),
            "raw or mjpeg AVI",
        ),
        ("a.mp4", Format::Mp4 { crf: 18 }, dropped_1, "folder of PNG"),
        ("a", Format::Folder, scene(8, &[0]), "the first frame"),
        ("a", Format::Folder, scene(8, &[8]), "the last frame"),
        ("a", Format::Folder, scene(8, &[1, 3, 5, 7]), "so many"),
        ("a.mp4", Format::Mp4 { crf: 18 }, scene(12, &[]), "12 bits"),
        (
            "a.avi",
            Format::AviMjpeg { quality: 90 },
            scene(12, &[]),
            "with 8",
        ),
        (
            "a.avi",
            Format::AviRaw,
            Scene {
                frames: 0,
                ..scene(8, &[])
            },
            "no frames",
        ),
    ];
    for (name, format, scene, words) in cases {
        let path = folder.path().join(name);
        let error = record(&mut film(&scene), &path, format, &options);
        let error = error.expect_err("it cannot be said");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.is_request(), "{error}");
        assert!(!path.exists(), "{name} was begun");
    }
    let mut film = film(&scene(8, &[]));
    let path = folder.path().join("b.avi");
    let error = record(&mut film, &path, Format::AviFfv1, &options).expect_err("no program");
    assert!(error.to_string().contains("cannot be started"), "{error}");
    let none = RecordOptions::default();
    let error = record(&mut film, &path, Format::AviFfv1, &none).expect_err("no program");
    assert!(matches!(error, RecordError::NoProgram { codec: "ffv1" }));
    assert!(!error.is_request());
}

#[test]
fn the_name_and_a_word_choose_the_format() {
    let choose = |name: &str, codec: Option<&str>, quality| {
        let codec = codec.map(|word| Codec::of_word(word).expect("a codec"));
        Format::choose(Path::new(name), codec, quality).map_err(|e| e.to_string())
    };
    assert_eq!(choose("a.avi", None, None), Ok(Format::AviRaw));
    assert_eq!(choose("A.AVI", Some("ffv1"), None), Ok(Format::AviFfv1));
    let jpeg = Format::AviMjpeg { quality: 90 };
    assert_eq!(choose("a.avi", Some("mjpeg"), None), Ok(jpeg));
    assert_eq!(choose("a.mp4", None, None), Ok(Format::Mp4 { crf: 18 }));
    assert_eq!(choose("a.mp4", None, Some(0)), Ok(Format::Mp4 { crf: 0 }));
    assert_eq!(choose("a.tiff", None, None), Ok(Format::Tiff));
    for name in ["a", "a/", "b.c/a", "a.avi/"] {
        assert_eq!(choose(name, None, None), Ok(Format::Folder), "{name}");
    }
    for (name, codec, quality, words) in [
        ("a.mkv", None, None, "'.mkv'"),
        ("a.avi", Some("h264"), None, "*.mp4"),
        ("a.mp4", Some("raw"), None, "*.avi"),
        ("a.tif", Some("mjpeg"), None, "TIFF"),
        ("a", Some("ffv1"), None, "folder"),
        ("a.avi", None, Some(90), "without loss"),
        ("a.avi", Some("mjpeg"), Some(0), "1 to 100"),
        ("a.avi", Some("mjpeg"), Some(101), "1 to 100"),
        ("a.mp4", None, Some(52), "0 to 51"),
    ] {
        let error = choose(name, codec, quality).expect_err("it does not go together");
        assert!(error.contains(words), "{error}");
    }
}

/// Parts of a few frames each: nta's own reader and ffmpeg find all frames.
#[test]
fn an_avi_of_many_parts_is_read_by_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = ffmpeg();
    for (bit_depth, part_bytes) in [(8, 5_000), (8, 1), (12, 20_000), (16, 30_000)] {
        let options = RecordOptions {
            avi_part_bytes: part_bytes,
            ..RecordOptions::default()
        };
        for (format, dropped) in [
            (Format::AviRaw, &[][..]),
            (Format::AviRaw, &[0, 4, 8]),
            (Format::AviMjpeg { quality: 90 }, &[4]),
        ] {
            if bit_depth > 8 && format != Format::AviRaw {
                continue;
            }
            let mut film = film(&scene(bit_depth, dropped));
            let name = format!(
                "{}_{bit_depth}_{part_bytes}_{}.avi",
                format.codec(),
                dropped.len()
            );
            let path = folder.path().join(&name);
            let back = there_and_back(&mut film, &path, format, &options);
            let parts = parts(&path);
            assert!(parts > 1, "{name} has {parts} parts");
            if format == Format::AviRaw {
                same_counts(&film, &back, &name);
            }
            if let Some(program) = &program {
                let seen = by_ffmpeg(program, &path, bit_depth);
                let sent: Vec<u8> = back.iter().flat_map(|(_, p)| bytes(p)).collect();
                assert_eq!(seen.len(), sent.len(), "{name}");
                assert!(format != Format::AviRaw || seen == sent, "{name}");
            }
        }
    }
}

/// RIFF chunks in the file.
fn parts(path: &Path) -> usize {
    let bytes = std::fs::read(path).expect("the film");
    let (mut at, mut parts) = (0, 0);
    while at + 8 <= bytes.len() {
        assert_eq!(&bytes[at..at + 4], b"RIFF");
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("4 bytes"));
        at += 8 + length as usize;
        parts += 1;
    }
    assert_eq!(at, bytes.len());
    parts
}

fn bytes(pixels: &Pixels) -> Vec<u8> {
    match pixels {
        Pixels::U8(p) => p.iter().copied().collect(),
        Pixels::U16(p) => p.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

/// All counts as ffmpeg finds them. It has no name for 16-bit grey in an AVI, but takes the frames out as they are.
fn by_ffmpeg(program: &Path, path: &Path, bit_depth: u8) -> Vec<u8> {
    let as_they_are = ["-c", "copy", "-f", "data", "pipe:1"];
    // Its own way from a palette to grey rounds; the palette's red is the count.
    let as_red = ["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"];
    let (how, step) = if bit_depth > 8 {
        (as_they_are, 1)
    } else {
        (as_red, 3)
    };
    let output = Command::new(program)
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v", "-vsync", "passthrough"])
        .args(how)
        .output()
        .expect("ffmpeg runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    output.stdout.into_iter().step_by(step).collect()
}

/// A film of many frames whose part index passes the buffers.
#[test]
fn long_films_keep_their_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = Scene {
        width_px: 5,
        height_px: 3,
        frames: 3000,
        populations: Vec::new(),
        ..Scene::standard()
    };
    let options = RecordOptions {
        avi_part_bytes: 4096,
        ..RecordOptions::default()
    };
    let mut film = film(&scene);
    let path = folder.path().join("long.avi");
    let back = there_and_back(&mut film, &path, Format::AviRaw, &options);
    assert_eq!(back.len(), 3000);
    assert!(parts(&path) > 20);
    same_counts(&film, &back, "a long film");
}

/// Peak signal to noise ratio against 255 counts, dB.
fn psnr_db(film: &SimulatedFilm, back: &[(u32, Pixels)]) -> f64 {
    let (mut squares, mut count) = (0.0, 0.0);
    for (n, pixels) in back {
        let sent = film.picture(FrameIndex(*n)).expect("delivered");
        for (a, b) in sent.to_f32().iter().zip(&pixels.to_f32()) {
            squares += f64::from(a - b).powi(2);
            count += 1.0;
        }
    }
    10.0 * (255.0_f64.powi(2) / (squares / count)).log10()
}

fn mean(pixels: &[(u32, Pixels)]) -> f64 {
    let means = pixels.iter().filter_map(|(_, p)| p.to_f32().mean());
    means.map(f64::from).sum::<f64>() / pixels.len() as f64
}

/// Measured on this film; the limits leave 1 dB for other versions of the encoders. What is lost is mostly the noise of
/// the camera, of 1.5 counts here (44 dB).
#[test]
fn lossy_formats_reach_their_quality() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = ffmpeg();
    let options = RecordOptions {
        ffmpeg: program.as_deref(),
        ..RecordOptions::default()
    };
    let even = Scene {
        width_px: 160,
        height_px: 120,
        frames: 30,
        ..Scene::standard()
    };
    let cases = [
        (
            "q90.avi",
            Format::AviMjpeg { quality: 90 },
            even.clone(),
            43.7,
        ),
        (
            "q98.avi",
            Format::AviMjpeg { quality: 98 },
            even.clone(),
            48.4,
        ),
        (
            "q50.avi",
            Format::AviMjpeg { quality: 50 },
            even.clone(),
            41.4,
        ),
        (
            "odd.avi",
            Format::AviMjpeg { quality: 90 },
            scene(8, &[]),
            42.4,
        ),
        ("crf18.mp4", Format::Mp4 { crf: 18 }, even.clone(), 42.2),
        ("crf28.mp4", Format::Mp4 { crf: 28 }, even, 39.8),
        ("odd.mp4", Format::Mp4 { crf: 18 }, scene(8, &[]), 40.4),
    ];
    for (name, format, scene, limit_db) in cases {
        if format.needs_program() && options.ffmpeg.is_none() {
            continue;
        }
        let mut film = film(&scene);
        let back = there_and_back(&mut film, &folder.path().join(name), format, &options);
        let psnr = psnr_db(&film, &back);
        println!("{name}: {psnr:.2} dB");
        assert!(psnr >= limit_db, "{name}: {psnr:.2} dB");
        // No shift of black or white: counts keep their values on average.
        let sent: Vec<(u32, Pixels)> = frames(&mut film);
        let shift = mean(&back) - mean(&sent);
        assert!(
            shift.abs() < 0.3,
            "{name}: the mean moved by {shift} counts"
        );
    }
}
