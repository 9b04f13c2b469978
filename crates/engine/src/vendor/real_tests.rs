//! Real exports, if `NTA_REFERENCE_DATA` says where: what is printed follows from the bins to its last digit.

use super::*;
use std::io::Write;
use std::path::PathBuf;

fn folder(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
        let _ = writeln!(std::io::stderr(), "skipped: NTA_REFERENCE_DATA is not set");
        return None;
    };
    Some(Path::new(&folder).join(name))
}

fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.to_string_lossy().ends_with(suffix));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn statistics_and_concentrations_of_nanosight_are_reproduced() {
    let (Some(beads), Some(yeast)) = (
        folder("nanosight_tidynano_beads"),
        folder("nanosight_candidaev"),
    ) else {
        return;
    };
    let paths = [files(&beads, ".csv"), files(&yeast, ".csv")].concat();
    let mut replicates = 0;
    for path in &paths {
        let export = read(path).unwrap().unwrap();
        assert_eq!(export.remarks, Vec::<String>::new());
        assert_eq!(export.skipped, Tally::default());
        let rule = export.percentile_rule.unwrap();
        assert_eq!(rule, PercentileRule::LowerEdge);
        let mut all = Vec::new();
        for m in &export.measurements {
            let bins = m.histogram.as_ref().unwrap();
            assert_eq!(bins.centre_nm.len(), 1000);
            let own = Statistics::of_bins(bins, rule);
            for ((key, own), (_, printed)) in own.named().iter().zip(m.printed.named()) {
                let off = (own.unwrap() - printed.unwrap()).abs();
                // One digit behind the point is printed.
                assert!(
                    off < 0.0501,
                    "{}, {key} of {}: {own:?} {printed:?}",
                    path.display(),
                    m.name
                );
            }
            // Three digits are printed.
            let total = bins.total_per_ml().unwrap();
            let printed = m.concentration_per_ml.unwrap();
            assert!((total / printed - 1.0).abs() < 5.1e-3, "{total} {printed}");
            assert_eq!(PercentileRule::nearest(bins, &m.printed), Some(rule));
            all.push(m.printed);
            replicates += 1;
        }
        let average = export.average.unwrap();
        for ((key, own), (_, printed)) in Statistics::average(&all)
            .named()
            .iter()
            .zip(average.printed.named())
        {
            let off = (own.unwrap() - printed.unwrap()).abs();
            assert!(
                off < 0.101,
                "{}, average {key}: {own:?} {printed:?}",
                path.display()
            );
        }
        assert_eq!(export.conditions.dilution, None);
        assert_eq!(export.conditions.dilution_applied_by_vendor, None);
        assert!(
            export
                .conditions
                .temperature_c
                .is_some_and(|t| (20.0..26.0).contains(&t))
        );
    }
    assert_eq!(replicates, 12 + 7 * 3);
}

#[test]
fn films_that_differ_in_their_exposure_have_none_in_common() {
    let Some(folder) = folder("nanosight_tidynano_beads") else {
        return;
    };
    let told = conditions(&folder.join("beads.csv")).unwrap().unwrap();
    assert_eq!((told.videos.len(), told.exposure_ms), (12, None));
    assert_eq!(told.frame_rate_fps, Some(24.9825));
    let one = told.of_video(Path::new("std_10000_no_2_00.avi")).unwrap();
    assert_eq!(one.exposure_ms, Some(17.4));
}

#[test]
fn zetaviews_medians_are_reproduced_and_the_failed_run_is_told() {
    let Some(folder) = folder("zetaview_ev_txt/size") else {
        return;
    };
    let mut failed = 0;
    for path in files(&folder, "size_488.txt") {
        let export = read(&path).unwrap().unwrap();
        let m = &export.measurements[0];
        assert_eq!(export.conditions.pixel_size_um, Some(0.713));
        assert_eq!(export.conditions.dilution_applied_by_vendor, Some(false));
        let Some(bins) = &m.histogram else {
            assert!(export.failed.unwrap().contains("'Number of Traces' is 0"));
            assert_eq!(m.printed, Statistics::default());
            failed += 1;
            continue;
        };
        assert_eq!(
            (bins.centre_nm.len(), export.blocks[0].centre.len()),
            (1200, 200)
        );
        let own = Statistics::of_bins(bins, export.percentile_rule.unwrap());
        let (own, printed) = (own.d50_nm.unwrap(), m.printed.d50_nm.unwrap());
        assert!((own - printed).abs() < 0.01, "{own} {printed}");
    }
    assert_eq!(failed, 1);
    let positions = read(&files(&folder, "0005_EV_ip_p1_F7-1000_size_488_11pos.txt")[0])
        .unwrap()
        .unwrap();
    assert_eq!(positions.positions.len(), 11);
    assert!(
        positions
            .positions
            .iter()
            .all(|p| p.used && p.d50_nm.is_some())
    );
    let none = read(&files(&folder, "0001_EV_ip_p1_F8-1000_size_488_11pos.txt")[0])
        .unwrap()
        .unwrap();
    assert!(none.failed.is_some());
    let profile = read(&files(&folder, "prof_488.txt")[0]).unwrap().unwrap();
    assert_eq!(profile.kind, Kind::ZetaviewProfile);
    assert_eq!(profile.conditions.temperature_c, Some(24.9));
    assert_eq!(profile.conditions.frame_rate_fps, None);
}
