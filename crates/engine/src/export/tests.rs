//! What is written comes back through our own readers with the same numbers.

use super::{nanosight, trackmate};
use crate::foreign::{FormatOptions, read};
use crate::report::sample;
use crate::vendor::{self, PercentileRule, Statistics};
use nta_core::{FrameIndex, Spot, Track, TrackId, TrackPoint};

fn track(id: u32, places: &[(u32, f64, f64)]) -> Track {
    let point = |(frame, x_px, y_px): &(u32, f64, f64)| TrackPoint {
        frame: FrameIndex(*frame),
        time_s: f64::from(*frame),
        spot: Spot {
            x_px: *x_px,
            y_px: *y_px,
            precision_px: 0.1,
            width_px: 1.0,
            mass_counts: 1.0,
            peak_counts: 1.0,
            background_counts: 0.0,
            snr: 1.0,
        },
    };
    Track::new(TrackId(id), places.iter().map(point).collect()).unwrap()
}

#[test]
fn tracks_come_back_to_the_same_bits() {
    let tracks = [
        track(0, &[(0, 0.1 + 0.2, -1.0), (2, 1e-7, 639.123_456_789)]),
        track(7, &[(5, 3.0, 4.0)]),
    ];
    let mut bytes = Vec::new();
    trackmate::write(&mut bytes, &tracks, 1.0 / 30.0).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracks.xml");
    std::fs::write(&path, &bytes).unwrap();
    let found = read(&path, &FormatOptions::default()).unwrap();
    assert_eq!((found.format, found.skipped_rows()), ("trackmate_xml", 0));
    assert_eq!(found.tracks.len(), 2);
    for (found, written) in found.tracks.iter().zip(&tracks) {
        let place = |p: &TrackPoint| (p.frame.0, p.spot.x_px.to_bits(), p.spot.y_px.to_bits());
        let written: Vec<_> = written.points().iter().map(place).collect();
        let found: Vec<_> = found
            .points
            .iter()
            .map(|p| (p.frame, p.x_px.to_bits(), p.y_px.to_bits()))
            .collect();
        assert_eq!(found, written);
    }
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("generationDateTime"));
}

#[test]
fn a_summary_comes_back_with_the_numbers_of_the_result() {
    let (report, _) = sample::captures(3);
    let text = String::from_utf8(nanosight::summary(&report)).unwrap();
    let export = vendor::read_text("nanosight_summary.csv", &text)
        .unwrap()
        .unwrap();
    assert_eq!(export.remarks, Vec::<String>::new());
    assert!(export.software.as_deref().unwrap().starts_with("nta "));
    assert_eq!(export.percentile_rule, Some(PercentileRule::UpperEdge));
    assert_eq!(export.measurements.len(), 3);
    assert_eq!(export.skipped.0.values().sum::<u64>(), 0);
    // A single capture has an average without an error.
    let single = String::from_utf8(nanosight::summary(&sample::captures(1).0)).unwrap();
    let single = vendor::read_text("one.csv", &single).unwrap().unwrap();
    assert_eq!(single.skipped.0.values().sum::<u64>(), 0);
    assert!(single.measurements[0].histogram.is_some());
    assert!(
        single
            .text(
                "Results",
                "Dilution factor (concentrations adjusted for this factor)"
            )
            .is_some_and(|d| d.contains("e+"))
    );
    let mut all = Vec::new();
    for (m, c) in export.measurements.iter().zip(&report.captures) {
        let (Some(d), Some(k)) = (c.distribution.as_ref(), c.concentration.as_ref()) else {
            assert_eq!(m.histogram, None);
            continue;
        };
        let bins = m.histogram.as_ref().unwrap();
        let own = Statistics::of_bins(bins, PercentileRule::UpperEdge);
        for ((key, printed), (_, own)) in m.printed.named().into_iter().zip(own.named()) {
            let off = printed.zip(own).map(|(p, o)| (p - o).abs());
            assert!(
                off.is_none_or(|off| off < 0.0501),
                "{key}: {printed:?} {own:?}"
            );
        }
        assert!((bins.total_per_ml().unwrap() / k.per_ml - 1.0).abs() < 1e-3);
        let area = |f: &dyn Fn(usize) -> f64| -> f64 {
            (1..d.diameter_nm.len())
                .map(|i| 0.5 * (f(i) + f(i - 1)) * (d.diameter_nm[i] - d.diameter_nm[i - 1]))
                .sum()
        };
        let y = |i: usize| {
            d.number_per_nm
                .get(i)
                .copied()
                .unwrap_or(d.density_per_nm[i])
        };
        let mean = area(&|i| y(i) * d.diameter_nm[i]) / area(&y);
        assert!(
            (own.mean_nm.unwrap() / mean - 1.0).abs() < 2e-3,
            "{own:?} {mean}"
        );
        all.push(m.printed);
    }
    assert!(!all.is_empty());
    let told = export.conditions;
    assert_eq!(told.temperature_c, Some(report.medium.temperature_c));
    assert_eq!(told.dilution_applied_by_vendor, Some(true));
    assert_eq!(told.videos.len(), 3);
}

#[test]
fn a_capture_without_sizes_is_empty_and_not_in_the_average() {
    let (mut report, _) = sample::captures(3);
    for (i, c) in report.captures.iter_mut().enumerate() {
        c.concentration.clone_from(&report.concentration);
        c.distribution = Some(report.distribution.clone()).filter(|_| i != 1);
    }
    let (first, last) = (report.captures[0].clone(), report.captures[2].clone());
    report.captures[1].concentration = None;
    let read = |report: &crate::report::Report| {
        let text = String::from_utf8(nanosight::summary(report)).unwrap();
        let export = vendor::read_text("nanosight_summary.csv", &text);
        (export.unwrap().unwrap(), text)
    };
    let (export, text) = read(&report);
    assert_eq!(export.skipped.0.values().sum::<u64>(), 0);
    assert_eq!(export.measurements.len(), 3);
    let [_, none, some] = &export.measurements[..] else {
        panic!("{:?}", export.measurements);
    };
    assert_eq!((&none.histogram, none.concentration_per_ml), (&None, None));
    assert_eq!(none.printed, Statistics::default());
    assert!(some.histogram.is_some() && some.concentration_per_ml.is_some());
    let row = text
        .lines()
        .find(|l| l.starts_with("Concentration (Particles / ml)"));
    assert!(row.unwrap().contains(",,"), "{row:?}");
    // The average is that of the two that are known.
    report.captures = vec![first, last];
    let (two, _) = read(&report);
    assert_eq!(
        export.average.unwrap().histogram,
        two.average.unwrap().histogram
    );
    // A film without any particle is known to hold none.
    let (nothing, text) = read(&sample::nothing_found().0);
    assert_eq!(
        (nothing.measurements[0].histogram.as_ref(), nothing.failed),
        (None, None)
    );
    assert!(text.contains("[Size Data]"));
}
