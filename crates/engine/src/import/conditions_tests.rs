//! Tracks with exports beside them: which export speaks of which film, what is taken from it, and what the trail says of it.

use super::tests::{Place, full_plan, plan, run, walks};
use super::*;
use crate::vendor::samples::summary;
use crate::verify::{VerifyRequest, verify};

/// An export about two films, their temperatures and their dilution.
fn export(films: [&str; 2], temperatures: &str, dilution: &str) -> String {
    summary("NTA 3.4 Build 3.4.003", true)
        .replace("run 1.5_00", films[0])
        .replace("run 1.5_01", films[1])
        .replace(
            "Temperature/C,22,24",
            &format!("Temperature/C,{temperatures}"),
        )
        .replace("1.00e+04,1.00e+04", &format!("{dilution},{dilution}"))
}

fn told<'a>(report: &'a Report, code: &str) -> Vec<&'a str> {
    let found = report.findings.iter();
    let found = found.filter(|f| f.finding.code == code);
    found.map(|f| f.finding.message.as_str()).collect()
}

#[test]
fn what_exports_share_is_taken_and_said_to_be_theirs() {
    let place = Place::new();
    let inputs = vec![
        place.file("a_00.csv", &walks(40, 0.2, true)),
        place.file("b_00.csv", &walks(40, 0.2, true)),
        place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+02")),
        place.file("b.csv", &export(["b_00", "b_01"], "21.5,21", "1.00e+02")),
    ];
    let request = place.request(inputs.clone(), plan(&[("pixel_size_um", "0.2")]));
    let report = run(&request).unwrap().report.unwrap();
    // The mean of both films, not that of the first.
    assert_eq!(
        (report.medium.temperature_c, report.medium.dilution),
        (21.25, 100.0)
    );
    assert_eq!(told(&report, "V22"), [""; 0]);
    let from = place.json("result.json")["plan"]["from"].clone();
    assert_eq!(
        (&from["temperature_c"], &from["dilution"]),
        (&"sidecar".into(), &"sidecar".into())
    );
    let written = place.read("plan.toml");
    let assumed = written.lines().find(|l| l.starts_with("assumed")).unwrap();
    assert!(
        !assumed.contains("temperature_c") && !assumed.contains("dilution"),
        "{assumed}"
    );
    // What somebody states goes before.
    let stated = plan(&[
        ("pixel_size_um", "0.2"),
        ("dilution", "3"),
        ("temperature_c", "30"),
    ]);
    let again = ImportRequest {
        overwrite: true,
        ..place.request(inputs, stated)
    };
    let report = run(&again).unwrap().report.unwrap();
    assert_eq!(
        (report.medium.temperature_c, report.medium.dilution),
        (30.0, 3.0)
    );
}

#[test]
fn what_exports_state_differently_is_told_and_not_used() {
    let place = Place::new();
    let inputs = vec![
        place.file("a_00.csv", &walks(40, 0.2, true)),
        place.file("b_00.csv", &walks(40, 0.2, true)),
        place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+02")),
        place.file("b.csv", &export(["b_00", "b_01"], "31,31", "1.00e+03")),
    ];
    let request = place.request(inputs, plan(&[("pixel_size_um", "0.2")]));
    let report = run(&request).unwrap().report.unwrap();
    assert_eq!(
        (report.medium.temperature_c, report.medium.dilution),
        (25.0, 1.0)
    );
    assert_eq!(
        place.json("result.json")["plan"]["from"]["dilution"],
        "default"
    );
    let told = told(&report, "V22");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("from 21 \u{b0}C to 31 \u{b0}C"),
        "{told:?}"
    );
    assert!(
        told[1].contains("from 100 to 1000") && told[1].contains("'b.csv'"),
        "{told:?}"
    );
}

#[test]
fn a_dilution_of_some_films_only_is_not_that_of_all() {
    let place = Place::new();
    let inputs = vec![
        place.file("a_00.csv", &walks(40, 0.2, true)),
        place.file("c_00.csv", &walks(40, 0.2, true)),
        place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+02")),
        place.file("b.csv", &export(["b_00", "b_01"], "31,31", "1.00e+03")),
    ];
    let report = run(&place.request(inputs, full_plan()))
        .unwrap()
        .report
        .unwrap();
    assert_eq!(report.medium.dilution, 1.0);
    let told = told(&report, "V22");
    assert!(
        told.len() == 1 && told[0].contains("for 1 of 2 files of tracks"),
        "{told:?}"
    );
}

#[test]
fn a_film_whose_name_goes_on_is_another() {
    let place = Place::new();
    let inputs = vec![
        place.file("EV_10_tracks.csv", &walks(40, 0.2, true)),
        place.file("a.csv", &export(["EV_1", "EV_2"], "21,21", "1.00e+02")),
        place.file("b.csv", &export(["b_00", "b_01"], "31,31", "1.00e+03")),
    ];
    let basic = || plan(&[("pixel_size_um", "0.2"), ("frame_rate_fps", "30")]);
    let report = run(&place.request(inputs.clone(), basic()))
        .unwrap()
        .report
        .unwrap();
    assert_eq!(
        (report.medium.temperature_c, report.medium.dilution),
        (25.0, 1.0)
    );
    let own = place.file("ev_1_tracks.csv", &walks(40, 0.2, true));
    let request = ImportRequest {
        overwrite: true,
        ..place.request(vec![own, inputs[1].clone(), inputs[2].clone()], basic())
    };
    let report = run(&request).unwrap().report.unwrap();
    assert_eq!(
        (report.medium.temperature_c, report.medium.dilution),
        (21.0, 100.0)
    );
}

#[test]
fn captures_that_cannot_be_used_are_named_and_the_others_stay() {
    let place = Place::new();
    let mut text = String::from("frame,x,y,particle,mass,size,ep,capture\n");
    for line in walks(40, 0.2, true).lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [frame, x, y, particle, ep] = fields[..] else {
            panic!("{line}");
        };
        text += &format!("{frame},{x},{y},{particle},,,{ep},1\n");
    }
    for capture in [0, 2] {
        for frame in [0, 4_000_000_000u32] {
            text += &format!("{frame},1,2,{},,,0.2,{capture}\n", 1000 + capture);
        }
    }
    let file = place.file("tracks.csv", &text);
    let outcome = run(&place.request(vec![file], full_plan())).unwrap();
    assert_eq!((outcome.exit_code(), outcome.unreadable.len()), (3, 2));
    let report = outcome.report.unwrap();
    assert_eq!(
        (report.captures.len(), report.captures_excluded.len()),
        (1, 2)
    );
    for (excluded, k) in report.captures_excluded.iter().zip([0, 2]) {
        assert!(
            excluded.path.ends_with(&format!("(capture {k})")),
            "{excluded:?}"
        );
        assert!(excluded.reason.contains("check the column of the frame"));
    }
    let told = place.json("import.json");
    assert_eq!(
        (&told["files_read"], &told["files_not_read"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        told["files"][0]["captures_left_out"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(verified(&place), [""; 0]);
}

/// What is not sound in the folder that was written.
fn verified(place: &Place) -> Vec<String> {
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let runtime = Runtime {
        threads: 1,
        progress: &|_: crate::runtime::Progress| {},
        cancel: &cancel,
    };
    let request = VerifyRequest {
        folder: place.folder.path().join("out"),
        ..VerifyRequest::default()
    };
    let found = verify(&request, &runtime).unwrap();
    let bad = found
        .checks()
        .filter(|c| c.state != crate::verify::State::Sound);
    bad.map(|c| format!("{}: {}", c.state.word(), c.subject))
        .collect()
}

#[test]
fn exports_that_gave_values_are_inputs_of_the_trail() {
    let place = Place::new();
    let inputs = vec![
        place.file("a_00.csv", &walks(40, 0.2, true)),
        place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+02")),
    ];
    run(&place.request(inputs, plan(&[("pixel_size_um", "0.2")]))).unwrap();
    assert_eq!(verified(&place), [""; 0]);
    place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+03"));
    let bad = verified(&place);
    assert!(
        bad.len() == 1 && bad[0].starts_with("altered: table"),
        "{bad:?}"
    );
}

#[test]
fn a_long_result_is_shown_beside() {
    let place = Place::new();
    let mut long = crate::report::sample::typical().0.to_json();
    long.extend(std::iter::repeat_n(b' ', 17 << 20));
    let beside = place.folder.path().join("long.json");
    std::fs::write(&beside, long).unwrap();
    let export = place.file("a.csv", &export(["a_00", "a_01"], "21,21", "1.00e+02"));
    let request = ImportRequest {
        beside: Some(beside),
        ..place.request(vec![export.clone()], full_plan())
    };
    assert_eq!(run(&request).unwrap().exit_code(), 0);
    let folder = place.folder.path().join("none");
    let none = ImportRequest {
        beside: Some(folder),
        overwrite: true,
        ..place.request(vec![export], full_plan())
    };
    assert_eq!(run(&none).unwrap_err().exit_code(), 3);
}
