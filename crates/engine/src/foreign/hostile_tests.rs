//! No bytes make the readers panic or break what they promise; and a real file, if `NTA_REFERENCE_DATA` says where.

use super::tests::{HALF_UM, SAMPLES};
use super::*;
use proptest::prelude::*;
use std::io::Write;

/// Reads bytes as if they were a file, and checks what every result promises.
fn feed(bytes: Vec<u8>) {
    let text = text::decode(bytes);
    let source = Source {
        path: "t",
        text: &text,
        options: &HALF_UM,
    };
    let mut results = vec![read_text("t", &text, &HALF_UM)];
    // Every reader, whether the content looks like its own or not.
    for format in FORMATS {
        results.push((format.read)(&source).map(|g| g.finish(format.key)));
    }
    for result in results {
        match result {
            Ok(tracks) => keeps_its_promises(&tracks),
            Err(error) => assert!(error.to_string().len() < 2000),
        }
    }
}

fn keeps_its_promises(tracks: &ForeignTracks) {
    assert!(tracks.tracks.windows(2).all(|w| w[0].id < w[1].id));
    let finite = |p: &ForeignSpot| {
        p.x_px.is_finite()
            && p.y_px.is_finite()
            && p.mass.is_none_or(f64::is_finite)
            && p.precision_px.is_none_or(|v| v > 0.0)
    };
    for track in &tracks.tracks {
        assert!(!track.points.is_empty());
        assert!(track.points.windows(2).all(|w| w[0].frame < w[1].frame));
        assert!(track.points.iter().all(finite));
        assert!(track.diameter_nm.is_none_or(|v| v > 0.0));
        assert!(track.diffusion_um2_per_s.is_none_or(f64::is_finite));
    }
    assert!(tracks.loose.iter().all(finite));
}

/// Fields that have broken readers before.
const ODD: [&str; 14] = [
    "\"",
    ",",
    "\n",
    "-1",
    "1e999",
    "4294967296",
    "NaN",
    "<",
    "&amp;",
    "\u{0}",
    "é",
    "1e308",
    "</Tracks>",
    "18446744073709551616",
];

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        feed(bytes);
    }

    #[test]
    fn good_files_with_faults_do_no_harm(
        which in 0..SAMPLES.len(),
        faults in prop::collection::vec((any::<prop::sample::Index>(), 0..40usize, 0..20usize, any::<u8>()), 1..8),
    ) {
        let mut bytes = SAMPLES[which].1.as_bytes().to_vec();
        for (place, kind, length, byte) in faults {
            let at = place.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            match kind {
                0..14 => { bytes.splice(at..end.min(at + 1), ODD[kind].bytes()); }
                14..24 => { bytes.drain(at..end); }
                24..32 => bytes.insert(at, byte),
                32 => bytes.truncate(at),
                _ => { let piece = bytes[at..end].to_vec(); bytes.splice(at..at, piece); }
            }
        }
        feed(bytes);
    }
}

/// 42,058 steps of a real export. The constant is the pixel size squared over four frame intervals, in units of
/// 0.01 um^2/s per px^2.
#[test]
fn a_real_nanosight_file_obeys_the_law_of_its_diffusion_coefficients() {
    let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
        let _ = writeln!(std::io::stderr(), "skipped: NTA_REFERENCE_DATA is not set");
        return;
    };
    let path = Path::new(&folder).join("nanosight_alltracks/kaffee02-001-alltracks.csv");
    let tracks = read(&path, &FormatOptions::default()).unwrap();
    assert_eq!(tracks.format, "nanosight_steps");
    assert_eq!(tracks.tracks.len(), 11_442);
    assert_eq!(tracks.skipped_rows(), 0);
    assert_eq!(tracks.loose, []);
    let points: usize = tracks.tracks.iter().map(|t| t.points.len()).sum();
    assert_eq!(points, 42_058 + 11_442);
    for track in &tracks.tracks {
        let squared = |w: &[ForeignSpot]| {
            let (dx, dy) = (w[1].x_px - w[0].x_px, w[1].y_px - w[0].y_px);
            dx * dx + dy * dy
        };
        let steps: Vec<f64> = track.points.windows(2).map(squared).collect();
        let mean_px2 = steps.iter().sum::<f64>() / steps.len() as f64;
        let expected = 20.667_207 * mean_px2;
        let stated = track.diffusion_um2_per_s.unwrap() / 0.01;
        let off = (stated - expected).abs();
        assert!(
            off <= 1e-4 * stated.max(1.0),
            "track {}: {stated} stated, {expected} from its steps",
            track.id
        );
    }
}
