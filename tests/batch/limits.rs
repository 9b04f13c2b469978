//! Release limits, and whether results are still what was written.

use crate::made::*;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Output;

fn verify(out: &Path) -> Output {
    let out = out.display().to_string();
    nta(&["verify", &out]).output().expect("nta runs")
}

#[test]
fn a_batch_outside_its_limits_fails_with_limit_value_and_interval_and_a_changed_byte_is_found() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("prep_00.avi"), VESICLES, 1, 40);
    film(&folder.join("prep_01.avi"), VESICLES, 2, 40);
    let limits = folder.join("limits.toml");
    let limit = "[[limit]]\nname = \"median\"\nquantity = \"d50_nm\"\n";
    fs::write(&limits, format!("{limit}min = 30\nmax = 300\n")).expect("limits");
    let out = place.path().join("out");
    let held = batch(&folder, &out, &["--quiet"]);
    assert_eq!(held.status.code(), Some(0), "{}", said(&held));

    // Other limits need no other analysis.
    fs::write(&limits, format!("{limit}max = 40\n")).expect("limits");
    let failed = batch(&folder, &out, &["--quiet"]);
    let text = said(&failed);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    assert!(text.contains("1 unchanged"), "{text}");
    let report = json(&out.join("batch.json"));
    assert_eq!(report["verdict"], "fail");
    let verdict = &report["quality"]["limit_verdicts"][0];
    assert_eq!(
        (&verdict["name"], &verdict["verdict"]),
        (&"median".into(), &"fail".into())
    );
    let value = verdict["value"].as_f64().expect("a value");
    let low = verdict["interval"][0].as_f64().expect("an interval");
    assert!(40.0 < low && low < value, "{verdict}");
    let line = text
        .lines()
        .find(|l| l.contains("[Q01]"))
        .expect("the limit in words");
    for word in ["median", "prep", "40 nm", " to "] {
        assert!(line.contains(word), "{word}: {line}");
    }

    let sound = verify(&out);
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
    for name in [
        "out/prep/particles.csv",
        "out/batch.csv",
        "films/prep_01.avi",
        "films/limits.toml",
    ] {
        flip(&place.path().join(name));
        let altered = verify(&out);
        assert_eq!(altered.status.code(), Some(1), "{name}: {}", said(&altered));
        assert!(said(&altered).contains("altered"), "{name}");
        flip(&place.path().join(name));
    }
    assert_eq!(verify(&out).status.code(), Some(0));
}

/// Changes the last bit of the byte in the middle.
fn flip(path: &Path) {
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("a file");
    let middle = file.metadata().expect("a size").len() / 2;
    let mut byte = [0];
    file.seek(SeekFrom::Start(middle)).expect("a place");
    file.read_exact(&mut byte).expect("a byte");
    file.seek(SeekFrom::Start(middle)).expect("a place");
    file.write_all(&[byte[0] ^ 1]).expect("a byte");
}
