//! No bytes make the readers panic or break what they promise.

use super::samples::{PARTICLES, POSITIONS, summary, zetaview};
use super::*;
use proptest::prelude::*;

type Reader = fn(&str, &str) -> Result<Export, VendorError>;

fn feed(bytes: Vec<u8>) {
    let text = text::decode(bytes);
    let readers: [Reader; 5] = [
        nanosight::read,
        particle_data::read,
        positions::read,
        |name, text| zetaview::read(Kind::ZetaviewSize, name, text),
        |name, text| zetaview::read(Kind::ZetaviewProfile, name, text),
    ];
    // Every reader, whether the content looks like its own or not.
    for read in readers {
        match read("t", &text) {
            Ok(export) => keeps_its_promises(&export),
            Err(error) => assert!(error.to_string().len() < 2000),
        }
    }
    assert!(read_text("t", &text).is_ok() || kind_of(&text).is_some());
}

fn keeps_its_promises(export: &Export) {
    for m in export.measurements.iter().chain(&export.average) {
        let Some(bins) = &m.histogram else { continue };
        assert_eq!(bins.centre_nm.len(), bins.per_ml.len());
        assert!(bins.centre_nm.windows(2).all(|w| w[0] < w[1]));
        assert!(bins.per_ml.iter().all(|v| v.is_finite() && *v >= 0.0));
        for rule in [
            PercentileRule::LowerEdge,
            PercentileRule::Centre,
            PercentileRule::UpperEdge,
        ] {
            let own = Statistics::of_bins(bins, rule);
            assert!(
                own.named()
                    .iter()
                    .all(|(_, v)| v.is_none_or(f64::is_finite))
            );
        }
    }
    assert!(export.blocks.iter().all(|b| {
        b.columns
            .iter()
            .all(|c| [0, b.centre.len()].contains(&c.values.len()))
    }));
    assert!(
        export
            .particles
            .iter()
            .all(|p| p.frames > 0 && p.diffusion_um2_per_s.is_finite())
    );
    let told = &export.conditions;
    let numbers = [
        told.temperature_c,
        told.viscosity_mpa_s,
        told.exposure_ms,
        told.frame_rate_fps,
        told.dilution,
    ];
    assert!(numbers.iter().all(|v| v.is_none_or(f64::is_finite)));
}

/// Pieces that have broken readers before.
const ODD: [&str; 14] = [
    "\"",
    ",",
    "\n",
    "-1",
    "1e999",
    "[Size Data]\n",
    "NaN",
    "\t",
    ":",
    "\u{0}",
    "\u{e9}",
    "1e308",
    "Percentile\n",
    "Weighting,\n",
];

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        feed(bytes);
    }

    #[test]
    fn good_files_with_faults_do_no_harm(
        which in 0..5usize,
        faults in prop::collection::vec((any::<prop::sample::Index>(), 0..40usize, 0..60usize, any::<u8>()), 1..8),
    ) {
        let mut bytes = match which {
            0 => summary("NTA 3.4", true).into_bytes(),
            1 => summary("NTA 3.3", false).into_bytes(),
            2 => zetaview(3).into_bytes(),
            3 => POSITIONS.as_bytes().to_vec(),
            _ => PARTICLES.as_bytes().to_vec(),
        };
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
