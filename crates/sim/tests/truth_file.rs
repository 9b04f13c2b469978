//! The files of truth say what the film's truth says, and come back as they were.

use nta_sim::truth_file::{COLUMNS, TruthFile, TruthFileError, TruthRow};
use nta_sim::{Faults, Motion, Scene, SimulatedFilm, Stuck, Vibration};

fn film() -> SimulatedFilm {
    let scene = Scene {
        width_px: 61,
        height_px: 47,
        frames: 7,
        viscosity_mpa_s: Some(1.1),
        motion: Motion {
            flow_um_per_s: [3.0, -1.0],
            vibration: Vibration {
                amplitude_um: 0.1,
                frequency_hz: 7.0,
                angle_deg: 30.0,
            },
            ..Motion::default()
        },
        stuck: Stuck {
            count: 3,
            ..Stuck::default()
        },
        faults: Faults {
            dropped: vec![2],
            repeated: vec![3, 5],
            ..Faults::default()
        },
        ..Scene::standard()
    };
    SimulatedFilm::new(&scene).expect("a sound scene")
}

#[test]
fn truth_json_says_it_all_and_comes_back() {
    let film = film();
    let file = TruthFile::of(&film);
    assert_eq!(file.missing, [2]);
    assert_eq!(file.repeated, [[3, 1], [5, 4]]);
    assert_eq!(file.shift_px.len(), 7);
    assert_eq!(file.stuck.len(), 3);
    assert_eq!(file.particles.len(), film.truth().particles.len());
    assert_eq!(file.viscosity_mpa_s, 1.1);
    let text = file.to_json().expect("numbers");
    assert!(text.starts_with("{\"schema\":\"nta-truth/1\",\"scene\":{"));
    assert_eq!(TruthFile::from_json(&text).expect("the same"), file);
}

#[test]
fn truth_csv_has_a_row_for_each_particle_of_each_frame() {
    let film = film();
    let mut text = Vec::new();
    TruthRow::write_csv(film.truth(), &mut text).expect("memory");
    let rows = TruthRow::read_csv(text.as_slice()).expect("rows");
    let truth: Vec<_> = film
        .truth()
        .frames
        .iter()
        .filter(|f| f.delivered)
        .flat_map(|f| f.spots.iter().map(move |s| (f.frame.0, s)))
        .collect();
    assert_eq!(rows.len(), truth.len());
    assert!(rows.iter().all(|r| r.frame != 2));
    for (row, (frame, spot)) in rows.iter().zip(&truth) {
        assert_eq!((row.frame, row.particle), (*frame, spot.particle));
        assert_eq!(row.in_focus, spot.in_focus);
        for (a, b, step) in [
            (row.x_px, spot.x_px, 1e-4),
            (row.y_px, spot.y_px, 1e-4),
            (row.z_um, spot.z_um, 1e-4),
            (row.diameter_nm, spot.diameter_nm, 1e-4),
            (row.snr, spot.peak_snr, 1e-3),
        ] {
            assert!((a - b).abs() <= 0.501 * step, "{a} for {b}");
        }
    }
    let text = String::from_utf8(text).expect("text");
    assert!(text.starts_with(&(COLUMNS.join(",") + "\n")));
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(TruthRow::read_csv(windows.as_bytes()).expect("rows"), rows);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let head = COLUMNS.join(",");
    for (text, words) in [
        (
            "frame,x\n",
            "line 1, column frame: expected the columns frame,particle",
        ),
        ("", "line 1"),
        (
            "HEAD\n0,1,2,3,4,5,true\n",
            "line 2, column in_focus: expected 8 columns, found '7'",
        ),
        (
            "HEAD\n0,1,2,3,4,5,true,6\n0,1,2,3,4,5,yes,6\n",
            "line 3, column in_focus: expected true or false, found 'yes'",
        ),
        (
            "HEAD\n0,-1,2,3,4,5,true,6\n",
            "line 2, column particle: expected a whole number, found '-1'",
        ),
        (
            "HEAD\n0,1,2,NaN,4,5,true,6\n",
            "line 2, column y_px: expected a number, found 'NaN'",
        ),
    ] {
        let text = text.replace("HEAD", &head);
        let error = TruthRow::read_csv(text.as_bytes()).expect_err("wrong");
        assert!(error.to_string().contains(words), "{error}");
    }
    for (text, words) in [
        ("{", "line 1, column 1"),
        ("{\"schema\": \"nta-result/1\"}", "found 'nta-result/1'"),
        ("{\"schema\": \"nta-truth/1\"}", "missing field `scene`"),
        ("{\n\"schema\": 5}", "line 2"),
    ] {
        let error = TruthFile::from_json(text).expect_err("wrong");
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = TruthFile::from_json("7").expect_err("wrong");
    assert!(matches!(error, TruthFileError::Json { line: 1, .. }));
}
