//! Both FFmpeg readers on files that `ffmpeg` makes here and now. Without that program the tests say so and pass;
//! without the feature `ffmpeg` only the reader through the program is tested.

use nta_core::{FrameSource, Packet, Pixels, SourceEnd, SourceError};
use std::path::{Path, PathBuf};
use std::process::Command;

type Open = fn(&Path) -> Result<Box<dyn FrameSource>, SourceError>;

/// The readers under test.
fn readers() -> Vec<(&'static str, Open)> {
    vec![
        ("pipe", nta_video::ffmpeg_pipe::open as Open),
        #[cfg(feature = "ffmpeg")]
        ("linked", nta_video::ffmpeg::open as Open),
    ]
}

const WIDTH: usize = 64;
const HEIGHT: usize = 48;
const FRAMES: usize = 40;

/// Known pixels: a moving gradient and a scrambled byte, so that no two rows, columns or frames are alike.
fn count(frame: usize, y: usize, x: usize) -> u16 {
    let mixed = (x * 7 + y * 13 + frame * 29) as u32;
    (mixed.wrapping_mul(2_654_435_761) >> 16) as u16
}

fn raw8() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.push((count(f, y, x) >> 8) as u8))
}

fn raw16() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.extend(count(f, y, x).to_le_bytes()))
}

/// Smooth pictures, on which a lossy codec comes close.
fn raw_smooth() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.push((20 + 2 * x + y + f) as u8))
}

fn frames_of(mut put: impl FnMut(usize, usize, usize, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    for f in 0..FRAMES {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                put(f, y, x, &mut out);
            }
        }
    }
    out
}

/// A folder and the program; `None` (and a line) without the program.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Option<Bench> {
        let there = Command::new("ffmpeg").arg("-version").output().is_ok();
        if !there {
            say("no program 'ffmpeg' here: not tested");
            return None;
        }
        let folder = tempfile::tempdir().expect("folder");
        Some(Bench { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Encodes raw pictures; `None` if this FFmpeg has no such encoder.
    fn encode(&self, raw: &[u8], format: &str, name: &str, options: &[&str]) -> Option<PathBuf> {
        let input = self.path("in.raw");
        std::fs::write(&input, raw).expect("write");
        let output = self.path(name);
        let done = Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-nostdin",
                "-y",
                "-f",
                "rawvideo",
                "-pixel_format",
                format,
            ])
            .args(["-video_size", "64x48", "-framerate", "25", "-i"])
            .arg(&input)
            .args(options)
            .arg(format!("file:{}", output.display()))
            .output()
            .expect("ffmpeg runs");
        if !done.status.success() {
            say(&format!(
                "{name} cannot be made: {}",
                String::from_utf8_lossy(&done.stderr)
            ));
            return None;
        }
        Some(output)
    }
}

#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}

struct Film {
    frames: Vec<(u32, Option<f64>, Pixels)>,
    end: SourceEnd,
}

fn read(source: &mut dyn FrameSource) -> Film {
    let mut frames = Vec::new();
    while let Some(packet) = source.next_packet().expect("readable") {
        let Packet { index, time_s, .. } = packet;
        frames.push((index.0, time_s, source.decode(packet).expect("decodes")));
    }
    assert!(source.next_packet().expect("still readable").is_none());
    assert!(
        frames.windows(2).all(|w| w[0].0 < w[1].0),
        "indices increase"
    );
    Film {
        frames,
        end: source.end(),
    }
}

fn codes(end: &SourceEnd) -> Vec<&str> {
    end.findings.iter().map(|f| f.code.as_str()).collect()
}

/// Reads with every reader, the linked one twice, holds them to each other, and returns the first.
fn read_all(path: &Path) -> (Box<dyn FrameSource>, Film) {
    let mut first: Option<(Box<dyn FrameSource>, Film)> = None;
    for (name, open) in readers() {
        let mut source = open(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let film = read(source.as_mut());
        // The program takes its time to start; going back is tested with it once, further down.
        if name == "linked" {
            source.rewind().expect("rewinds");
            let again = read(source.as_mut());
            assert!(
                again.frames == film.frames,
                "{name}: the same after going back"
            );
            assert_eq!(again.end, film.end, "{name}");
        }
        if let Some((other, expected)) = &first {
            assert_eq!(film.frames.len(), expected.frames.len(), "{name}");
            for (a, b) in film.frames.iter().zip(&expected.frames) {
                assert_eq!((a.0, a.1), (b.0, b.1), "{name}");
                assert!(a.2 == b.2, "{name}: pixels of frame {}", a.0);
            }
            let (a, b) = (source.info(), other.info());
            assert_eq!(a.frame_interval_s, b.frame_interval_s, "{name}");
            assert_eq!((&a.codec, &a.container), (&b.codec, &b.container));
            assert_eq!(
                (a.bit_depth, a.ceiling_counts),
                (b.bit_depth, b.ceiling_counts)
            );
            assert_eq!(
                (a.lossy, a.interframe, a.colour),
                (b.lossy, b.interframe, b.colour)
            );
            assert_eq!(a.says.get("pixel format"), b.says.get("pixel format"));
        }
        first.get_or_insert((source, film));
    }
    first.expect("a reader")
}

fn assert_exact(film: &Film, wide: bool, places: &[usize]) {
    assert_eq!(film.frames.len(), places.len());
    for ((index, time_s, pixels), place) in film.frames.iter().zip(places) {
        assert_eq!(*index as usize, *place);
        let time_s = time_s.expect("a time");
        assert!(
            (time_s - *place as f64 * 0.04).abs() < 1e-3,
            "{place} {time_s}"
        );
        assert_eq!(pixels.dim(), (HEIGHT, WIDTH));
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let want = if wide {
                    count(*place, y, x)
                } else {
                    count(*place, y, x) >> 8
                };
                assert_eq!(pixels.at(y, x), want, "frame {place} y {y} x {x}");
            }
        }
    }
}

fn all_places() -> Vec<usize> {
    (0..FRAMES).collect()
}

#[test]
fn lossless_films_give_every_count() {
    let Some(bench) = Bench::new() else { return };
    let cases: [(&str, &str, &[&str], u8); 6] = [
        ("ffv1.mkv", "gray", &["-c:v", "ffv1"], 8),
        ("ffv1-16.mkv", "gray16le", &["-c:v", "ffv1"], 16),
        ("ffv1.avi", "gray", &["-c:v", "ffv1"], 8),
        ("png.mov", "gray", &["-c:v", "png"], 8),
        ("raw.nut", "gray16le", &["-c:v", "rawvideo"], 16),
        // Gray in the three channels of a packed and of a planar format.
        (
            "bgr.avi",
            "gray",
            &["-c:v", "rawvideo", "-pix_fmt", "bgr24"],
            8,
        ),
    ];
    for (name, format, options, bits) in cases {
        let raw = if bits == 8 { raw8() } else { raw16() };
        let Some(path) = bench.encode(&raw, format, name, options) else {
            continue;
        };
        let (source, film) = read_all(&path);
        assert_exact(&film, bits > 8, &all_places());
        let info = source.info();
        assert_eq!(
            (info.width_px, info.height_px, info.bit_depth),
            (WIDTH, HEIGHT, bits),
            "{name}"
        );
        assert_eq!(
            info.ceiling_counts,
            if bits == 8 { 255 } else { 65535 },
            "{name}"
        );
        assert!(!info.lossy && !info.interframe && !info.colour, "{name}");
        assert!(
            film.end.complete && film.end.findings.is_empty(),
            "{name} {:?}",
            film.end
        );
        assert_eq!((film.end.frames_missing, film.end.frames_damaged), (0, 0));
        let interval = info.frame_interval_s.expect("an interval");
        assert!((interval - 0.04).abs() < 1e-9, "{name} {interval}");
    }
}

#[test]
fn huffyuv_keeps_luma_as_coded() {
    let Some(bench) = Bench::new() else { return };
    let mut yuv = Vec::new();
    let luma = raw8();
    for frame in luma.chunks(WIDTH * HEIGHT) {
        yuv.extend_from_slice(frame);
        yuv.resize(yuv.len() + WIDTH * HEIGHT, 128);
    }
    let Some(path) = bench.encode(&yuv, "yuv422p", "huffyuv.avi", &["-c:v", "huffyuv"]) else {
        return;
    };
    let (source, film) = read_all(&path);
    assert_exact(&film, false, &all_places());
    assert_eq!(source.info().ceiling_counts, 235);
    assert!(source.info().says["luma range"].contains("not stated"));
    assert!(!source.info().colour && !source.info().lossy);
}

/// Uncompressed 8-bit AVI with a palette, rows from the bottom: the plain layout of many exporters.
fn bottom_up_avi(palette: impl Fn(u8) -> [u8; 3]) -> Vec<u8> {
    let chunk = |id: &[u8; 4], body: &[u8]| {
        let mut out = id.to_vec();
        out.extend((body.len() as u32).to_le_bytes());
        out.extend(body);
        out
    };
    let words = |w: &[u32]| -> Vec<u8> { w.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let size = (WIDTH * HEIGHT) as u32;
    let (w, h) = (WIDTH as u32, HEIGHT as u32);
    let avih = words(&[
        40000,
        0,
        0,
        0x10,
        FRAMES as u32,
        0,
        1,
        size,
        w,
        h,
        0,
        0,
        0,
        0,
    ]);
    let mut strh = b"vidsDIB ".to_vec();
    strh.extend(words(&[
        0,
        0,
        0,
        1,
        25,
        0,
        FRAMES as u32,
        size,
        u32::MAX,
        0,
        0,
        0,
    ]));
    let mut strf = words(&[40, w, h, 1 | 8 << 16, 0, size, 0, 0, 256, 0]);
    for i in 0..=255u8 {
        let [r, g, b] = palette(i);
        strf.extend([b, g, r, 0]);
    }
    let strl = [
        b"strl".to_vec(),
        chunk(b"strh", &strh),
        chunk(b"strf", &strf),
    ]
    .concat();
    let hdrl = [
        b"hdrl".to_vec(),
        chunk(b"avih", &avih),
        chunk(b"LIST", &strl),
    ]
    .concat();
    let mut movi = b"movi".to_vec();
    for frame in raw8().chunks(WIDTH * HEIGHT) {
        let upside_down: Vec<u8> = frame.rchunks(WIDTH).flatten().copied().collect();
        movi.extend(chunk(b"00db", &upside_down));
    }
    let body = [
        b"AVI ".to_vec(),
        chunk(b"LIST", &hdrl),
        chunk(b"LIST", &movi),
    ]
    .concat();
    chunk(b"RIFF", &body)
}

#[test]
fn bottom_up_pictures_stand_upright() {
    let Some(bench) = Bench::new() else { return };
    let path = bench.path("dib.avi");
    std::fs::write(&path, bottom_up_avi(|i| [i, i, i])).expect("write");
    let (source, film) = read_all(&path);
    assert_exact(&film, false, &all_places());
    assert!(!source.info().colour);
    // A palette that turns counts round, and one in colour.
    std::fs::write(&path, bottom_up_avi(|i| [255 - i; 3])).expect("write");
    let (_, film) = read_all(&path);
    assert_eq!(film.frames[3].2.at(5, 7), 255 - (count(3, 5, 7) >> 8));
    std::fs::write(&path, bottom_up_avi(|i| [i, 0, 0])).expect("write");
    let (source, film) = read_all(&path);
    assert!(source.info().colour);
    assert_eq!(codes(&film.end), ["V06"]);
}

#[test]
fn lossy_films_come_close_and_say_so() {
    let Some(bench) = Bench::new() else { return };
    let cases: [(&str, &[&str], bool, u16); 5] = [
        (
            "h264.mp4",
            &[
                "-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv420p", "-bf", "2",
            ],
            true,
            235,
        ),
        (
            "h264-10.mkv",
            &["-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv420p10le"],
            true,
            940,
        ),
        (
            "mjpeg.avi",
            &["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"],
            false,
            255,
        ),
        ("wmv2.wmv", &["-c:v", "wmv2", "-q:v", "2"], true, 235),
        (
            "mpeg4.avi",
            &["-c:v", "mpeg4", "-q:v", "2", "-bf", "0"],
            true,
            235,
        ),
    ];
    for (name, options, interframe, ceiling) in cases {
        let Some(path) = bench.encode(&raw_smooth(), "gray", name, options) else {
            continue;
        };
        let (source, film) = read_all(&path);
        let info = source.info();
        assert_eq!(film.frames.len(), FRAMES, "{name}");
        assert!(
            film.frames
                .iter()
                .enumerate()
                .all(|(i, f)| f.0 as usize == i),
            "{name}"
        );
        assert_eq!(
            (info.lossy, info.interframe, info.colour),
            (true, interframe, false),
            "{name}"
        );
        assert_eq!(info.ceiling_counts, ceiling, "{name}");
        assert_eq!(codes(&film.end), ["V05"], "{name} {:?}", film.end);
        assert!(film.end.complete && film.end.frames_missing == 0, "{name}");
        let message = &film.end.findings[0].message;
        assert_eq!(
            message.contains("correlated"),
            interframe,
            "{name}: {message}"
        );
        let interval = info.frame_interval_s.expect("an interval");
        assert!((interval - 0.04).abs() < 1e-9, "{name} {interval}");
        // Limited range: 16 + 219 / 255 of the count, with 10 bits four times that.
        for (x, y, f) in [(10, 10, 0), (40, 20, 20), (60, 40, 39)] {
            let full = (20 + 2 * x + y + f) as f64;
            let squeezed = (16.0 + full * 219.0 / 255.0) * f64::from(ceiling) / 235.0;
            let want = if ceiling == 255 { full } else { squeezed };
            let got = f64::from(film.frames[f].2.at(y, x));
            let close = 5.0 * f64::from(ceiling) / 235.0;
            assert!((got - want).abs() < close, "{name}: {got} for {want}");
        }
    }
}

#[test]
fn dropped_frames_leave_holes() {
    let Some(bench) = Bench::new() else { return };
    let drop = ["-vf", "select=mod(n\\,10)-3", "-vsync", "passthrough"];
    let places: Vec<usize> = (0..FRAMES).filter(|i| i % 10 != 3).collect();
    let ffv1 = [&drop[..], &["-c:v", "ffv1"]].concat();
    if let Some(path) = bench.encode(&raw8(), "gray", "drops.mkv", &ffv1) {
        let (source, film) = read_all(&path);
        assert_exact(&film, false, &places);
        assert_eq!(film.end.frames_missing, 4);
        assert_eq!(source.info().frame_interval_s, Some(0.04));
        assert!(
            film.end.complete && film.end.findings.is_empty(),
            "{:?}",
            film.end
        );
    }
    let h264 = [&drop[..], &["-c:v", "libx264", "-pix_fmt", "yuv420p"]].concat();
    if let Some(path) = bench.encode(&raw_smooth(), "gray", "drops.mp4", &h264) {
        let (source, film) = read_all(&path);
        let got: Vec<usize> = film.frames.iter().map(|f| f.0 as usize).collect();
        assert_eq!(got, places);
        assert_eq!(film.end.frames_missing, 4);
        assert_eq!(source.info().frame_interval_s, Some(0.04));
        assert_eq!(codes(&film.end), ["V05"], "{:?}", film.end);
    }
}

#[test]
fn a_variable_rate_keeps_each_frames_own_time() {
    let Some(bench) = Bench::new() else { return };
    // Frame n at 0.04 (n + 0.4 sin n) s.
    let options = [
        "-vf",
        "settb=1/1000,setpts=N/25/TB+0.4*sin(N)/25/TB",
        "-enc_time_base",
        "1/1000",
        "-vsync",
        "passthrough",
        "-c:v",
        "ffv1",
    ];
    let Some(path) = bench.encode(&raw8(), "gray", "vfr.mkv", &options) else {
        return;
    };
    let (_, film) = read_all(&path);
    assert_eq!(film.frames.len(), FRAMES);
    assert_eq!(codes(&film.end), ["V07"]);
    for (n, (_, time_s, _)) in film.frames.iter().enumerate() {
        let want = 0.04 * (n as f64 + 0.4 * (n as f64).sin());
        assert!(
            (time_s.expect("a time") - want).abs() < 2e-3,
            "{n}: {time_s:?} for {want}"
        );
    }
}

#[test]
fn files_that_break_off_give_what_is_there() {
    let Some(bench) = Bench::new() else { return };
    let cut = |path: &Path, share: f64| {
        let bytes = std::fs::read(path).expect("read");
        std::fs::write(path, &bytes[..(bytes.len() as f64 * share) as usize]).expect("write");
    };
    let h264 = [
        "-c:v",
        "libx264",
        "-g",
        "5",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
    ];
    let cases: [(&str, &[&str]); 4] = [
        ("cut.avi", &["-c:v", "rawvideo", "-pix_fmt", "bgr24"]),
        (
            "cut-mjpeg.avi",
            &["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"],
        ),
        ("cut.mkv", &["-c:v", "ffv1"]),
        ("cut.mp4", &h264),
    ];
    for (name, options) in cases {
        let Some(path) = bench.encode(&raw8(), "gray", name, options) else {
            continue;
        };
        cut(&path, 0.6);
        for (reader, open) in readers() {
            let film = read(
                open(&path)
                    .unwrap_or_else(|e| panic!("{name} {reader}: {e}"))
                    .as_mut(),
            );
            assert!(
                (15..30).contains(&film.frames.len()),
                "{name} {reader} {}",
                film.frames.len()
            );
            assert!(!film.end.complete, "{name} {reader} {:?}", film.end);
            assert_eq!(film.end.findings[0].code, "V01", "{name} {reader}");
        }
    }
    // The index at the end: nothing can be found, and the sentence says why.
    let plain = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];
    if let Some(path) = bench.encode(&raw8(), "gray", "moov.mp4", &plain) {
        cut(&path, 0.6);
        for (reader, open) in readers() {
            let error = open(&path).err().expect("no index").to_string();
            assert!(error.contains("'moov'"), "{reader}: {error}");
        }
    }
}

#[test]
fn damaged_frames_are_left_out_and_counted() {
    let Some(bench) = Bench::new() else { return };
    // With a key frame every time damage ends with its picture, else it lasts up to the next key frame.
    for (every, least, most) in [("1", 3, 3), ("6", 4, 18)] {
        let options = ["-c:v", "ffv1", "-level", "3", "-slicecrc", "1", "-g", every];
        let Some(path) = bench.encode(&raw8(), "gray", "crc.avi", &options) else {
            return;
        };
        let mut bytes = std::fs::read(&path).expect("read");
        // One byte in each of three pictures far apart.
        for share in [3, 5, 7] {
            let at = bytes.len() * share / 10;
            bytes[at] ^= 0x55;
        }
        std::fs::write(&path, bytes).expect("write");
        for (reader, open) in readers() {
            let film = read(open(&path).expect("opens").as_mut());
            let damaged = film.end.frames_damaged;
            assert!(
                (least..=most).contains(&damaged),
                "{reader} {every} {damaged}"
            );
            assert_eq!(
                film.frames.len() as u64 + damaged,
                FRAMES as u64,
                "{reader}"
            );
            assert_eq!(film.end.frames_missing, 0, "{reader}");
            assert_eq!(codes(&film.end), ["V04"], "{reader} {:?}", film.end);
            assert_eq!(film.end.findings[0].observed, Some(damaged as f64));
            let places: Vec<usize> = film.frames.iter().map(|f| f.0 as usize).collect();
            assert_exact(&film, false, &places);
        }
    }
}

#[test]
fn damaged_h264_is_noticed() {
    let Some(bench) = Bench::new() else { return };
    let options = [
        "-c:v", "libx264", "-g", "10", "-crf", "5", "-pix_fmt", "yuv420p",
    ];
    let Some(path) = bench.encode(&raw8(), "gray", "damaged.mp4", &options) else {
        return;
    };
    let mut bytes = std::fs::read(&path).expect("read");
    for k in 0..40 {
        let at = bytes.len() / 5 + k * 997;
        if at < bytes.len() * 3 / 4 {
            bytes[at] ^= 0xff;
        }
    }
    std::fs::write(&path, bytes).expect("write");
    for (reader, open) in readers() {
        let film = read(open(&path).expect("opens").as_mut());
        assert!(film.end.frames_damaged > 0, "{reader} {:?}", film.end);
        assert!(codes(&film.end).contains(&"V04"), "{reader}");
        let accounted =
            film.frames.len() as u64 + film.end.frames_damaged + film.end.frames_missing;
        assert!(
            accounted.abs_diff(FRAMES as u64) <= 1,
            "{reader} {accounted} {:?}",
            film.end
        );
    }
}

#[test]
fn what_is_no_film_is_told_so() {
    let Some(bench) = Bench::new() else { return };
    let sound = bench.path("sound.wav");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "sine=d=0.1", "-y"])
        .arg(&sound)
        .status();
    assert!(made.is_ok());
    let garbage: Vec<u8> = raw16().into_iter().take(50_000).collect();
    let cases: [(&str, Option<&[u8]>, &str); 7] = [
        ("empty.mp4", Some(b""), "empty"),
        ("garbage.mp4", Some(&garbage), "not a video"),
        (
            "words.avi",
            Some(b"These are words, and no film.\n"),
            "not a video",
        ),
        (
            "words.txt",
            Some(b"These are words, and no film.\n"),
            "not a video",
        ),
        (
            "list.m3u8",
            Some(b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"),
            "list.m3u8",
        ),
        ("sound.wav", None, "no video"),
        ("absent.mp4", None, "cannot read"),
    ];
    for (name, content, says) in cases {
        if let Some(content) = content {
            std::fs::write(bench.path(name), content).expect("write");
        }
        for (reader, open) in readers() {
            let error = open(&bench.path(name))
                .err()
                .unwrap_or_else(|| panic!("{reader} {name}"));
            let error = error.to_string();
            assert!(
                error.contains(says) && !error.contains('\n'),
                "{reader} {name}: {error}"
            );
        }
    }
    for (_, open) in readers() {
        let error = open(bench.folder.path())
            .err()
            .expect("a folder")
            .to_string();
        assert!(error.contains("folder"), "{error}");
    }
}

#[test]
fn odd_names_and_single_pictures() {
    let Some(bench) = Bench::new() else { return };
    let one = &raw8()[..WIDTH * HEIGHT];
    for name in [
        "-i -y.mkv",
        "a b'c\"d;%03d$(x).mkv",
        "ä[1]:2?.mkv",
        "one.png",
    ] {
        let codec = if name.ends_with("png") { "png" } else { "ffv1" };
        let Some(plain) = bench.encode(one, "gray", "plain.tmp.mkv", &["-c:v", codec]) else {
            continue;
        };
        let path = bench.path(name);
        if codec == "png" {
            let Some(still) = bench.encode(
                one,
                "gray",
                "still.png",
                &["-frames:v", "1", "-update", "1"],
            ) else {
                continue;
            };
            std::fs::rename(still, &path).expect("rename");
        } else {
            std::fs::rename(plain, &path).expect("rename");
        }
        let (source, film) = read_all(&path);
        assert_eq!(film.frames.len(), 1, "{name}");
        assert_eq!(film.frames[0].2.at(2, 3), count(0, 2, 3) >> 8, "{name}");
        assert!(film.end.complete, "{name}");
        // A still has no clock, and FFmpeg's invented 25 per second is not passed on.
        assert_eq!(
            source.info().frame_interval_s.is_none(),
            codec == "png",
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn names_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let Some(bench) = Bench::new() else { return };
    let Some(plain) = bench.encode(&raw8(), "gray", "plain.mkv", &["-c:v", "ffv1"]) else {
        return;
    };
    let path = bench
        .folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"\xff\xfe.mkv"));
    if std::fs::rename(plain, &path).is_ok() {
        let (_, film) = read_all(&path);
        assert_eq!(film.frames.len(), FRAMES);
    }
}

#[test]
fn a_film_left_half_way_starts_again() {
    let Some(bench) = Bench::new() else { return };
    let Some(path) = bench.encode(&raw8(), "gray", "half.mkv", &["-c:v", "ffv1"]) else {
        return;
    };
    for (reader, open) in readers() {
        let mut source = open(&path).expect("opens");
        for _ in 0..7 {
            assert!(source.next_packet().expect("readable").is_some());
        }
        assert!(source.end().complete, "{reader}: nothing is said half-way");
        source.rewind().expect("rewinds");
        assert_exact(&read(source.as_mut()), false, &all_places());
        let spaced = source.spaced(8).expect("frames");
        assert_eq!(spaced.len(), 8, "{reader}");
        assert!(
            spaced
                .iter()
                .all(|(i, p)| p.at(1, 1) == count(i.0 as usize, 1, 1) >> 8),
            "{reader}"
        );
        drop(source);
    }
}

#[test]
fn recorded_films_have_the_published_lengths() {
    let Some(data) = std::env::var_os("NTA_REFERENCE_DATA").map(PathBuf::from) else {
        say("NTA_REFERENCE_DATA is not set: recorded films are not read");
        return;
    };
    let cases = [
        (
            "deeptrack1_videos/Example_3_-_Brownian_Particles.mp4",
            50,
            None,
        ),
        (
            "deeptrack1_videos/Example_6_-_Vesicles_SNR4_mid.mp4",
            50,
            None,
        ),
        ("princeton_beads_1um/run_01.mp4", 200, None),
        (
            "trackpy_tests/water/bulk-water.mov",
            480,
            Some(24000.0 / 1001.0),
        ),
    ];
    for (name, frames, fps) in cases {
        let path = data.join(name);
        if !path.is_file() {
            say(&format!("{name} is not there"));
            continue;
        }
        for (reader, open) in readers() {
            let film = read(
                open(&path)
                    .unwrap_or_else(|e| panic!("{reader} {name}: {e}"))
                    .as_mut(),
            );
            assert_eq!(film.frames.len(), frames, "{reader} {name}");
            if let Some(fps) = fps {
                let last = film.frames[frames - 1].1.expect("a time");
                assert!(
                    (last - (frames - 1) as f64 / fps).abs() < 1e-9,
                    "{reader} {name} {last}"
                );
            }
            assert!(
                film.end.complete && film.end.frames_missing == 0,
                "{reader} {name} {:?}",
                film.end
            );
        }
    }
}
