//! Films from microscopes, if `NTA_REFERENCE_DATA` says where they are.

use crate::bench::*;
use std::path::PathBuf;

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
