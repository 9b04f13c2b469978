//! Films, tables and limits that arrive while a folder is watched.

use crate::made::*;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Waits until something holds; a watch that never gets there fails the test.
fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A part of a JSON file that is there and whole; the tables are exchanged while this is read.
fn part(path: &Path, pointer: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    value.pointer(pointer).cloned()
}

#[test]
fn what_arrives_late_is_taken_up_and_the_end_is_that_of_a_batch() {
    let place = tempfile::tempdir().expect("a folder");
    let (folder, out) = (place.path().join("films"), place.path().join("out"));
    fs::create_dir(&folder).expect("a folder");
    let (from, to) = (folder.display().to_string(), out.display().to_string());
    let mut watch = nta(&["watch", &from, "--out", &to, "--quiet"])
        .args(PLAN)
        .args([
            "--settle-s",
            "0.3",
            "--every-s",
            "0.1",
            "--until-idle-s",
            "8",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nta starts");
    let arrives = |name: &str, seed| film(&folder.join(name), BEADS, seed, 16);

    // The first film of a sample is one of its own until the second arrives.
    arrives("x_00.avi", 1);
    until("the first film", || out.join("x_00/result.json").is_file());
    arrives("x_01.avi", 2);
    until("both films", || out.join("x/result.json").is_file());
    until("its own result goes", || !out.join("x_00").exists());

    fs::write(
        folder.join("limits.toml"),
        "[[limit]]\nquantity = \"d50_nm\"\nmax = 20\n",
    )
    .expect("limits");
    let json = out.join("batch.json");
    until("the limits", || {
        part(&json, "/verdict") == Some("fail".into())
    });

    // A row of a film that never comes holds back its own sample alone; a mistake is told and mended.
    let table = folder.join("samples.csv");
    fs::write(&table, "sample,capture,dilution\nx,x_00,\"1,5\"\n").expect("a table");
    std::thread::sleep(Duration::from_millis(500));
    fs::write(
        &table,
        "sample,capture,dilution\ny,x_00,10\ny,x_01,10\nlate,z_00,\n",
    )
    .expect("a table");
    let result = out.join("y/result.json");
    until("the table", || {
        part(&result, "/medium/dilution") == Some(10.0.into())
    });

    let end = watch.wait().expect("it ends when nothing has arrived");
    assert_eq!(end.code(), Some(1), "a limit is not held");
    let mut told = String::new();
    watch
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut told)
        .expect("text");
    assert!(told.contains("row 2, column dilution"), "{told}");

    let again = place.path().join("again");
    fs::write(&table, "sample,capture,dilution\ny,x_00,10\ny,x_01,10\n").expect("a table");
    assert_eq!(batch(&folder, &again, &["--quiet"]).status.code(), Some(1));
    same(&again, &out);
}
