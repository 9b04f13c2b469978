//! Places in time: holes, variable rates, going back.

use crate::bench::*;

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
