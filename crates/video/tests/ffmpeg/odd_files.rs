//! Files that are no film, single pictures, and names that a command line could trip over.

use crate::bench::*;
use std::process::Command;

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
