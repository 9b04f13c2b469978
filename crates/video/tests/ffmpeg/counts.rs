//! The counts of lossless films exactly, those of lossy films nearly.

use crate::bench::*;

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
