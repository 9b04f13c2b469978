//! What is taken from files in small.

use super::samples::{PARTICLES, POSITIONS, summary, zetaview};
use super::*;

fn read_ok(text: &str) -> Export {
    read_text("folder/a.csv", text).unwrap().unwrap()
}

#[test]
fn a_summary_gives_its_sections_videos_and_bins() {
    let export = read_ok(&summary("NTA 3.4 Build 3.4.003", true));
    assert_eq!(export.kind, Kind::NanosightSummary);
    assert_eq!(export.software.as_deref(), Some("NTA 3.4 Build 3.4.003"));
    assert_eq!(export.percentile_rule, Some(PercentileRule::UpperEdge));
    let told = &export.conditions;
    assert_eq!(told.temperature_c, Some(23.0));
    assert_eq!(told.viscosity_mpa_s, Some(1.0));
    assert_eq!(
        (told.exposure_ms, told.frame_rate_fps),
        (Some(30.0), Some(25.0))
    );
    assert_eq!(
        (told.dilution, told.dilution_applied_by_vendor),
        (Some(1e4), Some(true))
    );
    // A point in a name is no suffix.
    assert_eq!(told.videos, ["run 1.5_00", "run 1.5_01"]);
    assert_eq!(told.operator.as_deref(), Some("M\u{fc}ller"));
    assert_eq!(told.remarks.as_deref(), Some("one, two"));
    assert_eq!(told.from, "NanoSight ExperimentSummary 'a.csv'");
    assert!(told.is_about(Path::new("/films/RUN 1.5_01.AVI")));
    assert!(!told.is_about(Path::new("/films/run 1.5_02.avi")));
    let second = told.of_video(Path::new("run 1.5_01.avi")).unwrap();
    assert_eq!(second.temperature_c, Some(24.0));
    // The same key stands in two sections.
    assert_eq!(export.text("Results", "Particles per frame"), Some("12.5"));
    assert_eq!(
        export.text("Concentration Warnings", "Particles per frame"),
        Some("OK")
    );
    let [first, second] = &export.measurements[..] else {
        panic!("{:?}", export.measurements);
    };
    assert_eq!(
        (first.concentration_per_ml, second.concentration_per_ml),
        (Some(100.0), Some(50.0))
    );
    assert_eq!(
        (first.printed.mean_nm, second.printed.d90_nm),
        (Some(10.0), Some(20.0))
    );
    assert_eq!(
        first.histogram.as_ref().unwrap().total_per_ml(),
        Some(100.0)
    );
    assert_eq!(second.valid_tracks, Some(8.0));
    assert_eq!(export.average.unwrap().printed.mean_nm, Some(10.0));
    assert_eq!((export.remarks, export.failed), (vec![], None));
    assert_eq!(export.skipped, Tally::default());
}

#[test]
fn an_autosampler_has_no_average_and_no_video_is_lost_for_it() {
    let export = read_ok(&summary("NTA 3.2 Dev Build 3.2.16", false));
    assert_eq!((export.measurements.len(), export.average), (2, None));
    assert_eq!(export.percentile_rule, Some(PercentileRule::LowerEdge));
}

#[test]
fn every_encoding_and_separator_of_a_summary_gives_the_same() {
    let text = summary("NTA 3.2 Dev Build 3.2.16", true);
    let plain = read_ok(&text);
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let wide: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = format!("\u{feff}{text}").into_bytes();
    for bytes in [latin, wide, marked] {
        assert_eq!(read_ok(&text::decode(bytes)), plain);
    }
    assert_eq!(read_ok(&text.replace('\r', "")), plain);
    let semicolons = text
        .replace("one, two", "one+two")
        .replace(',', ";")
        .replace('.', ",");
    let semicolons = read_ok(&semicolons.replace("3,2", "3.2"));
    assert_eq!(
        semicolons.measurements[0].histogram,
        plain.measurements[0].histogram
    );
}

#[test]
fn an_average_without_its_error_does_not_cost_a_bin() {
    let export = read_ok(&summary("NTA 3.4 Build 3.4.003", true).replace(",5,5\r\n", ",5,\r\n"));
    assert_eq!(export.skipped, Tally::default());
    assert_eq!(export.measurements.len(), 2);
    let average = export.average.and_then(|a| a.histogram);
    assert_eq!(average.and_then(|b| b.total_per_ml()), Some(25.0));
}

#[test]
fn an_empty_name_leaves_its_column_to_nobody() {
    let text = summary("NTA 3.4 Build 3.4.003", false);
    let shifted = text.replace("Filename:,run 1.5_00,", "Filename:,,");
    let told = read_ok(&shifted).conditions;
    assert_eq!(told.videos, ["run 1.5_01"]);
    assert_eq!(told.by_video[0].temperature_c, Some(24.0));
    // Nor do numbers of the list go to a neighbour where there are no bins.
    let cut = shifted.split("[Size Data]").next().unwrap();
    let [only] = &read_ok(cut).measurements[..] else {
        panic!("one video");
    };
    assert_eq!(
        (only.name.as_str(), only.concentration_per_ml),
        ("run 1.5_01", Some(50.0))
    );
}

#[test]
fn a_video_without_sizes_costs_the_others_no_bin() {
    let text = summary("NTA 3.4 Build 3.4.003", false);
    let empty = (0..5).fold(text, |t, i| {
        let (one, two) = [
            ("0", "0"),
            ("20", "10"),
            ("60", "30"),
            ("20", "10"),
            ("0", "0"),
        ][i];
        t.replace(&format!("\n{i}.5,{one},{two}"), &format!("\n{i}.5,,{two}"))
    });
    let export = read_ok(&empty);
    assert_eq!(export.skipped, Tally::default());
    let [first, second] = &export.measurements[..] else {
        panic!("{:?}", export.measurements);
    };
    assert_eq!(first.histogram, None);
    let total = second.histogram.as_ref().and_then(Histogram::total_per_ml);
    assert_eq!(
        (total, second.concentration_per_ml),
        (Some(50.0), Some(50.0))
    );
}

#[test]
fn what_a_summary_lacks_is_told() {
    let text = summary("NTA 3.2 Dev Build 3.2.16", true);
    let cut = read_ok(&text[..text.find("[Results]").unwrap()]);
    assert_eq!(cut.measurements.len(), 2, "the videos are listed");
    assert_eq!(cut.measurements[0].histogram, None);
    assert!(
        cut.remarks
            .iter()
            .any(|r| r == "section [Results] is missing"),
        "{:?}",
        cut.remarks
    );
    assert!(
        cut.remarks
            .iter()
            .any(|r| r == "section [Size Data] is missing")
    );
    let cut = read_ok(&text[..text.find("3.5,20").unwrap()]);
    assert!(
        cut.remarks
            .iter()
            .any(|r| r.contains("0 of 101 rows of percentiles")),
        "{:?}",
        cut.remarks
    );
    let odd = read_ok(
        &text
            .replace("2.5,60,30", "2.5,60,NaN")
            .replace("3.5,20,10", "0.5,20,10"),
    );
    assert_eq!(odd.skipped.0.get("bin_not_of_numbers"), Some(&1));
    assert_eq!(odd.skipped.0.get("bin_out_of_order"), Some(&1));
    let error = read_text("a.csv", "NTA Experiment Summary File\n").unwrap_err();
    assert!(
        error.to_string().starts_with("a.csv, all of it: "),
        "{error}"
    );
    let unknown = read_ok(&summary("NTA 3.3 Dev Build 3.3.301", true));
    assert!(unknown.percentile_rule.is_some());
    assert!(unknown.remarks[0].contains("how this version takes percentiles"));
}

#[test]
fn surface_and_volume_stand_apart_from_numbers() {
    let text = summary("NTA 3.4 Build 3.4.003", true);
    let start = text.find("Weighting,").unwrap();
    let volume = text[start..]
        .replace("Weighting,Number", "Weighting,Volume")
        .replace("60", "90");
    let both = text.clone() + &volume + "[Diffusion Coefficient Data]\r\n" + &text[start..];
    let export = read_ok(&both);
    assert_eq!(export.measurements, read_ok(&text).measurements);
    let told: Vec<(&str, &str)> = export
        .blocks
        .iter()
        .map(|b| (b.section.as_str(), b.weighting.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("Size Data", "Volume"),
            ("Diffusion Coefficient Data", "Number")
        ]
    );
    assert_eq!(export.blocks[0].columns[0].values[2], 90.0);
    assert_eq!(export.blocks[0].percentiles.len(), 101);
}

#[test]
fn zetaview_gives_its_header_and_both_tables() {
    let export = read_text("d/new.txt", &zetaview(2)).unwrap().unwrap();
    assert_eq!(export.kind, Kind::ZetaviewSize);
    assert_eq!(export.software.as_deref(), Some("ZetaView 8.06.01 SP1"));
    let told = &export.conditions;
    assert_eq!(
        (told.temperature_c, told.viscosity_mpa_s),
        (Some(25.34), Some(0.89))
    );
    assert_eq!(
        (told.exposure_ms, told.frame_rate_fps, told.pixel_size_um),
        (Some(10.0), Some(30.0), Some(0.713))
    );
    assert_eq!(
        (told.dilution, told.dilution_applied_by_vendor),
        (Some(1000.0), Some(false))
    );
    assert_eq!(told.videos, ["old.name_488", "new"]);
    assert!(told.is_about(Path::new("NEW.avi")));
    assert_eq!(told.time_captured.as_deref(), Some("2025-02-19 12:26:19"));
    assert_eq!(export.text("", "Conductivity"), Some("60.0"));
    let one = &export.measurements[0];
    assert_eq!(
        (one.valid_tracks, one.particles_per_frame),
        (Some(2.0), Some(5.5))
    );
    let bins = one.histogram.as_ref().unwrap();
    assert_eq!(bins.centre_nm, [2.5, 7.5, 12.5]);
    let own = Statistics::of_bins(bins, export.percentile_rule.unwrap());
    assert_eq!((own.d50_nm, one.printed.d50_nm), (Some(7.5), Some(7.5)));
    assert_eq!(export.blocks[0].centre, [5.0, 9.0]);
    assert_eq!((export.remarks, export.failed), (vec![], None));
}

#[test]
fn a_failed_run_is_told_as_failed_and_has_no_sizes() {
    let export = read_text("new.txt", &zetaview(0)).unwrap().unwrap();
    let why = export.failed.unwrap();
    assert!(
        why.contains("'Number of Traces' is 0") && why.contains("20 particles were detected"),
        "{why}"
    );
    assert_eq!(export.measurements[0].histogram, None);
    assert_eq!(export.measurements[0].printed, Statistics::default());
    let cut = zetaview(3);
    let cut = read_text("new.txt", &cut[..cut.find("7.5E+0").unwrap()])
        .unwrap()
        .unwrap();
    assert!(cut.failed.unwrap().contains("the table of sizes is empty"));
    // Two rates of frames: neither is certain.
    let two = zetaview(2).replace("FpSec 30", "FpSec 15");
    let two = read_text("new.txt", &two).unwrap().unwrap();
    assert_eq!(two.conditions.frame_rate_fps, None);
    assert!(two.remarks[0].contains("two frame rates"));
}

#[test]
fn positions_without_tracks_have_no_size() {
    let export = read_ok(POSITIONS);
    assert_eq!(export.positions.len(), 2);
    assert_eq!(
        (export.positions[0].d50_nm, export.positions[1].d50_nm),
        (Some(67.5), None)
    );
    assert_eq!(export.positions[1].removal, "MIN_TRACES");
    assert_eq!(export.positions[0].original_per_ml, Some(1.5e11));
    assert_eq!(export.entries[0].key, "Mean");
}

#[test]
fn particles_keep_their_sign_and_bad_rows_are_counted() {
    let export = read_ok(PARTICLES);
    let found: Vec<(u64, f64, Option<f64>)> = export
        .particles
        .iter()
        .map(|p| (p.frames, p.diffusion_um2_per_s, p.diameter_nm))
        .collect();
    assert_eq!(found, [(9, 4.0, Some(100.0)), (5, -100.0 * 1e-6, None)]);
    let skipped: Vec<(&str, u64)> = export.skipped.0.iter().map(|(k, n)| (&**k, *n)).collect();
    assert_eq!(
        skipped,
        [
            ("bad_track_number", 1),
            ("missing_diffusion", 1),
            ("missing_length", 1)
        ]
    );
}

#[test]
fn other_files_are_no_export() {
    for text in [
        "",
        "frame,x,y,particle\n1,2,3,4\n",
        "\0\0\0",
        "ZetaView\n",
        "Particle ID,Frame,X/pixels",
    ] {
        assert_eq!(read_text("a", text), Ok(None), "{text:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.avi");
    std::fs::write(&path, b"RIFF\0\0\0\0AVI ").unwrap();
    assert_eq!(conditions(&path), Ok(None));
    let error = conditions(folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("it is not a file"), "{error}");
}

#[test]
fn statistics_of_bins_by_hand() {
    let bins = Histogram {
        centre_nm: vec![0.5, 1.5, 2.5, 3.5],
        per_ml: vec![0.0, 2.0, 2.0, 0.0],
        logarithmic: false,
    };
    let of = |rule| Statistics::of_bins(&bins, rule);
    let upper = of(PercentileRule::UpperEdge);
    assert_eq!((upper.mean_nm, upper.sd_nm), (Some(2.0), Some(0.5)));
    assert_eq!((upper.d10_nm, upper.d50_nm), (Some(1.2), Some(2.0)));
    assert_eq!(of(PercentileRule::Centre).d50_nm, Some(1.5));
    assert_eq!(of(PercentileRule::LowerEdge).d50_nm, Some(1.0));
    // The highest bin with its neighbours: 0, 2, 2 have their vertex at the edge between the two.
    assert_eq!(upper.mode_nm, Some(2.0));
    let two = [Statistics::of_bins(&bins, PercentileRule::Centre), upper];
    assert_eq!(Statistics::average(&two).d50_nm, Some(1.75));
    assert_eq!(
        Statistics::average(&[upper, Statistics::default()]).d50_nm,
        None
    );
    let empty = Histogram {
        per_ml: vec![0.0; 4],
        ..bins.clone()
    };
    assert_eq!(
        Statistics::of_bins(&empty, PercentileRule::Centre),
        Statistics::default()
    );
    let huge = Histogram {
        per_ml: vec![f64::MAX; 4],
        ..bins
    };
    assert_eq!(
        Statistics::of_bins(&huge, PercentileRule::Centre),
        Statistics::default()
    );
}
