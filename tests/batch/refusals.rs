//! What is wrong with a folder, its table or its place is told, and costs nothing that is good.

use crate::made::*;
use std::fs;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

#[test]
fn a_table_says_what_belongs_together_and_its_mistakes_have_a_place() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    for n in 0..4 {
        film(&folder.join(format!("day 1/{n}.avi")), BEADS, n, 16);
    }
    let table = folder.join("samples.csv");
    fs::write(
        &table,
        "\u{feff}sample,capture,dilution,donor\r\na/b,day 1/0.avi,10,x\r\na/b,1,10,x\r\nc,2,,\r\n",
    )
    .expect("a table");
    let out = place.path().join("out");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert!(
        said(&run).contains("not in the table of samples: day 1/3.avi"),
        "{}",
        said(&run)
    );
    let result = json(&out.join("a__b/result.json"));
    assert_eq!(result["sample"]["id"], "a/b");
    assert_eq!(result["sample"]["donor"], "x");
    assert_eq!(result["medium"]["dilution"], 10.0);
    assert_eq!(result["plan"]["from"]["dilution"], "samples.csv");

    fs::write(&table, "sample,capture,dilution\nx,0,\"1,5\"\n").expect("a table");
    let wrong = batch(&folder, &out, &["--quiet"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("row 2, column dilution: '1,5' has a comma"),
        "{}",
        said(&wrong)
    );
    assert!(
        out.join("a__b/result.json").is_file(),
        "nothing that was computed is lost"
    );
}

#[test]
fn two_batches_in_one_folder_are_one_too_many() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a.avi"), BEADS, 1, 16);
    let out = place.path().join("out");
    let (from, to) = (folder.display().to_string(), out.display().to_string());
    let mut first = nta(&["watch", &from, "--out", &to, "--quiet", "--settle-s", "0"])
        .args(PLAN)
        .stdout(Stdio::null())
        .spawn()
        .expect("nta starts");
    let until = Instant::now() + Duration::from_secs(60);
    while !out.join("batch.json").is_file() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = batch(&folder, &out, &["--quiet"]);
    let only = batch(&folder, &out, &["--quiet", "--only", "a"]);
    first.kill().expect("killed");
    first.wait().expect("it ends");
    for refused in [second, only] {
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("another nta"), "{}", said(&refused));
    }
    // A killed one holds nothing.
    assert_eq!(batch(&folder, &out, &["--quiet"]).status.code(), Some(0));
}

#[test]
fn folders_that_give_nothing_are_told_in_one_sentence() {
    let place = tempfile::tempdir().expect("a folder");
    let (folder, out) = (place.path().join("in"), place.path().join("out"));
    let refused = |code: i32, words: &str, more: &[&str]| {
        let run = batch(&folder, &out, more);
        assert_eq!(run.status.code(), Some(code), "{}", said(&run));
        assert!(said(&run).contains(words), "{}", said(&run));
        assert_eq!(
            said(&run)
                .lines()
                .filter(|l| l.starts_with("nta: "))
                .count(),
            1
        );
        assert!(!out.exists(), "nothing is left behind");
    };
    refused(3, "cannot search", &[]);
    fs::create_dir(&folder).expect("a folder");
    refused(3, "it is empty", &[]);
    fs::write(folder.join("notes.txt"), "x").expect("a file");
    refused(3, "it holds only: 1 txt", &[]);
    film(&folder.join("a.avi"), BEADS, 1, 16);
    refused(2, "did you mean 'a'?", &["--only", "b"]);
    refused(2, "pixel_size_um", &["--set", "pixel_size_um=0"]);
    let into = batch(&folder, &folder, &[]);
    assert_eq!(into.status.code(), Some(2), "{}", said(&into));
    // Without a pixel size each sample says so.
    let (from, to) = (folder.display().to_string(), out.display().to_string());
    let none = nta(&["batch", &from, "--out", &to])
        .output()
        .expect("nta runs");
    assert_eq!(none.status.code(), Some(2), "{}", said(&none));
    assert!(said(&none).contains("pixel size"), "{}", said(&none));
}

#[test]
fn what_is_not_ours_stays_and_the_others_go_on() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a.avi"), BEADS, 1, 16);
    film(&folder.join("b.avi"), BEADS, 2, 16);
    let long = format!("{}.avi", "n".repeat(240));
    film(&folder.join(&long), BEADS, 3, 16);
    let out = place.path().join("out");
    fs::create_dir_all(out.join("a")).expect("a folder");
    fs::write(out.join("a/mine.txt"), "mine").expect("a file");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));
    assert!(said(&run).contains("mine.txt"), "{}", said(&run));
    assert!(out.join("b/result.json").is_file());
    assert_eq!(fs::read(out.join("a/mine.txt")).expect("a file"), b"mine");
    assert_eq!(
        json(&out.join("batch.json"))["samples"]
            .as_array()
            .expect("samples")
            .len(),
        3
    );
}

#[cfg(unix)]
#[test]
fn a_film_that_is_still_growing_is_left_out_and_taken_up_later() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a_0.avi"), BEADS, 1, 16);
    film(&folder.join("a_1.avi"), BEADS, 2, 16);
    let whole = fs::read(folder.join("a_1.avi")).expect("a film");
    fs::write(folder.join("a_1.avi"), &whole[..whole.len() / 2]).expect("half a film");
    let out = place.path().join("out");
    let growing = folder.join("a_1.avi");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::Write;
            let mut file = fs::OpenOptions::new()
                .append(true)
                .open(&growing)
                .expect("a film");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                file.write_all(&[0]).expect("a byte");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let run = batch(&folder, &out, &["--quiet"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(run.status.code(), Some(3), "{}", said(&run));
        assert!(
            said(&run).contains("left out: a_1.avi: it is still being written"),
            "{}",
            said(&run)
        );
    });
    fs::write(&growing, &whole).expect("the film");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert_eq!(
        json(&out.join("a/result.json"))["captures"]
            .as_array()
            .expect("captures")
            .len(),
        2
    );
}

#[test]
fn what_has_changed_is_seen_and_what_has_not_stays() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    for n in 0..3 {
        film(&folder.join(format!("a_{n}.avi")), BEADS, n, 16);
    }
    let table = folder.join("samples.csv");
    let rows = |order: [u32; 3]| {
        let rows: Vec<String> = order.iter().map(|n| format!("a,a_{n}\n")).collect();
        fs::write(&table, format!("sample,capture\n{}", rows.concat())).expect("a table");
    };
    rows([0, 1, 2]);
    let out = place.path().join("out");
    let unchanged = |times: &str| {
        let run = batch(&folder, &out, &["--quiet"]);
        let words = format!("{times} unchanged");
        assert!(said(&run).contains(&words), "{words}: {}", said(&run));
    };
    unchanged("0");
    unchanged("1");
    // What a desktop leaves in a result is not a reason to lose it.
    fs::write(out.join("a/.DS_Store"), "x").expect("a file");
    unchanged("1");
    fs::write(out.join("a/notes.txt"), "mine").expect("a file");
    unchanged("1");
    fs::remove_file(out.join("a/notes.txt")).expect("removed");
    // The order of captures is that of time, on which trends hang.
    rows([2, 1, 0]);
    unchanged("0");
    // A result that was edited or has lost a file is made again.
    fs::remove_file(out.join("a/distribution.csv")).expect("removed");
    unchanged("0");
    let result = out.join("a/result.json");
    let whole = fs::read(&result).expect("a result");
    let verdict = json(&result)["verdict"].clone();
    let other = String::from_utf8_lossy(&whole).replacen("\"verdict\": \"", "\"verdict\": \"x", 1);
    fs::write(&result, other).expect("a result");
    unchanged("0");
    assert_eq!(json(&result)["verdict"], verdict);
    // A sample that is called otherwise leaves its old folder behind, and the table says so.
    let text = fs::read_to_string(&table)
        .expect("a table")
        .replace("a,a_", "b,a_");
    fs::write(&table, text).expect("a table");
    unchanged("0");
    assert_eq!(json(&out.join("batch.json"))["left_over"][0], "a");
}
