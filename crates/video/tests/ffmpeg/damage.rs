//! Films that break off or carry wrong bytes.

use crate::bench::*;
use std::path::Path;

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
