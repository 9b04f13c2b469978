//! A day's folder: twelve samples, sixty captures.

use crate::made::*;
use std::fs;

#[test]
fn sixty_captures_are_twelve_samples_and_two_bad_films_stop_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films of the day");
    acquisition(&folder);
    let out = place.path().join("out");
    let first = batch(&folder, &out, &["--quiet"]);
    let text = said(&first);
    assert_eq!(first.status.code(), Some(3), "{text}");
    assert!(text.contains("left out: EV pr\u{e4}p 3_01.avi: "), "{text}");
    assert!(text.contains("the file is empty (0 bytes)"), "{text}");
    assert!(text.contains("left out: EV pr\u{e4}p 7_04.avi: "), "{text}");
    let report = json(&out.join("batch.json"));
    let samples = report["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 12);
    for s in samples {
        assert_eq!(s["captures"].as_array().expect("captures").len(), 5, "{s}");
        assert!(s["failed"].is_null(), "{s}");
        let own = out.join(s["folder"].as_str().expect("a folder"));
        let result = json(&own.join("result.json"));
        assert_eq!(result["sample"]["id"], s["id"]);
        let lost = s["captures_excluded"].as_array().expect("a list").len();
        assert_eq!(
            result["captures"].as_array().expect("captures").len(),
            5 - lost
        );
    }
    let table = fs::read_to_string(out.join("batch.csv")).expect("a table");
    assert_eq!(table.lines().count(), 13);

    // Once more: nothing is analysed, and the same bytes stand there.
    let stamp = |name: &str| {
        fs::metadata(out.join(name))
            .and_then(|m| m.modified())
            .expect("a time")
    };
    let before = stamp("diluent/result.json");
    let copy = place.path().join("copy");
    copy_of(&out, &copy);
    let again = batch(&folder, &out, &["--quiet"]);
    assert!(said(&again).contains("12 unchanged"), "{}", said(&again));
    assert_eq!(again.status.code(), Some(3));
    assert_eq!(stamp("diluent/result.json"), before);
    same(&out, &copy);

    // A changed film and a changed plan are taken up, and nothing else.
    film(&folder.join("diluent_02.avi"), NOTHING, 999, 30);
    let changed = batch(&folder, &out, &["--quiet"]);
    assert!(
        said(&changed).contains("11 unchanged"),
        "{}",
        said(&changed)
    );
    let planned = batch(&folder, &out, &["--quiet", "--seed", "7"]);
    assert!(said(&planned).contains("0 unchanged"), "{}", said(&planned));

    // Watching the same folder ends with the same results, and so does one thread.
    let watched = place.path().join("watched");
    let (from, to) = (folder.display().to_string(), watched.display().to_string());
    let watch = nta(&["watch", &from, "--out", &to])
        .args(PLAN)
        .args([
            "--seed",
            "7",
            "--quiet",
            "--settle-s",
            "0.3",
            "--every-s",
            "0.2",
            "--until-idle-s",
            "1",
            "--threads",
            "1",
        ])
        .output()
        .expect("nta runs");
    assert_eq!(watch.status.code(), Some(3), "{}", said(&watch));
    same(&out, &watched);

    // One sample at a time, as a workflow does it, and the tables at the end.
    let pieces = place.path().join("pieces");
    let listed = batch(&folder, &pieces, &["--list"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert!(!pieces.exists(), "a list leaves nothing behind");
    for s in listed["samples"].as_array().expect("samples") {
        let one = s["folder"].as_str().expect("a folder");
        let code = batch(&folder, &pieces, &["--quiet", "--seed", "7", "--only", one])
            .status
            .code();
        assert!(matches!(code, Some(0 | 3)), "{one}: {code:?}");
    }
    let last = batch(&folder, &pieces, &["--quiet", "--seed", "7"]);
    assert!(said(&last).contains("12 unchanged"), "{}", said(&last));
    same(&out, &pieces);
}
