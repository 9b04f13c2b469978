//! Whole or not at all, tried on real folders.

use super::*;
use crate::report::SCHEMA;

fn result(note: &str) -> Vec<OutputFile<'static>> {
    vec![
        OutputFile::new(
            "result.json",
            format!("{{\"schema\": \"{SCHEMA}\", \"n\": \"{note}\"}}"),
        ),
        OutputFile::new("summary.csv", "a,b\n"),
    ]
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_folder_and_an_empty_one_are_filled_and_nothing_else_is_left() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("deep/er/out");
    write_folder(&out, false, &result("1")).unwrap();
    assert_eq!(names(&out), ["result.json", "summary.csv"]);
    assert_eq!(names(out.parent().unwrap()), ["out"]);
    let empty = place.path().join("empty");
    fs::create_dir(&empty).unwrap();
    write_folder(&empty, false, &result("1")).unwrap();
    assert_eq!(names(&empty), ["result.json", "summary.csv"]);
}

#[cfg(unix)]
#[test]
fn others_may_read_the_result() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let plain = place.path().join("plain");
    fs::create_dir(&plain).unwrap();
    let out = place.path().join("out");
    write_folder(&out, false, &result("1")).unwrap();
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&out), mode(&plain));
}

#[test]
fn an_older_result_is_replaced_only_when_asked() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let mut first = result("1");
    first.push(OutputFile::new("spots.csv", "x\n"));
    write_folder(&out, false, &first).unwrap();
    let refused = write_folder(&out, false, &result("2")).unwrap_err();
    assert!(matches!(refused, OutputError::Exists { .. }));
    assert!(refused.to_string().contains("--overwrite"));
    assert!(check_folder(&out, false).is_err());
    check_folder(&out, true).unwrap();
    write_folder(&out, true, &result("2")).unwrap();
    assert_eq!(names(&out), ["result.json", "summary.csv"]);
    let text = fs::read_to_string(out.join("result.json")).unwrap();
    assert!(text.contains("\"2\""));
    assert_eq!(names(place.path()), ["out"]);
}

#[test]
fn what_is_not_ours_is_never_deleted() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    write_folder(&out, false, &result("1")).unwrap();
    fs::write(out.join("notes.txt"), "dear diary").unwrap();
    let refused = write_folder(&out, true, &result("2")).unwrap_err();
    assert!(matches!(refused, OutputError::Foreign { .. }));
    assert!(refused.to_string().contains("'notes.txt'"));
    assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"dear diary");
    fs::remove_file(out.join("notes.txt")).unwrap();
    fs::create_dir(out.join("summary")).unwrap();
    assert!(write_folder(&out, true, &result("2")).is_err());
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    for content in ["{}", "{\"schema\": \"other/1\"}", "not json"] {
        fs::write(other.join("result.json"), content).unwrap();
        let refused = write_folder(&other, true, &result("2")).unwrap_err();
        assert!(matches!(refused, OutputError::Foreign { .. }));
    }
}

#[test]
fn a_failure_leaves_the_older_result_and_no_rubbish() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    write_folder(&out, false, &result("1")).unwrap();
    let mut bad = result("2");
    bad.push(OutputFile::new("no/such/folder.csv", "x"));
    let error = write_folder(&out, true, &bad).unwrap_err();
    assert!(matches!(error, OutputError::NotWritable { .. }), "{error}");
    assert!(
        fs::read_to_string(out.join("result.json"))
            .unwrap()
            .contains("\"1\"")
    );
    assert_eq!(names(place.path()), ["out"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "x").unwrap();
    let under = write_folder(&file.join("out"), false, &result("1")).unwrap_err();
    assert!(under.to_string().contains("file"), "{under}");
    let on = write_folder(&file, true, &result("1")).unwrap_err();
    assert!(matches!(on, OutputError::NotAFolder { .. }));
    assert_eq!(fs::read(&file).unwrap(), b"x");
    #[cfg(target_os = "linux")]
    {
        let proc = write_folder(Path::new("/proc/nta/out"), false, &result("1")).unwrap_err();
        assert!(matches!(proc, OutputError::NotWritable { .. }), "{proc}");
    }
    let full = failed(&file, &io::ErrorKind::StorageFull.into());
    assert!(matches!(full, OutputError::DiskFull { .. }));
}

#[test]
fn folders_above_a_failed_result_go_away_again() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("deep/er/out");
    check_folder(&out, false).unwrap();
    assert!(names(place.path()).is_empty());
    let bad = [OutputFile::new("no/such/folder.csv", "x")];
    write_folder(&out, false, &bad).unwrap_err();
    assert!(names(place.path()).is_empty());
    fs::create_dir(place.path().join("deep")).unwrap();
    check_folder(&out, false).unwrap();
    assert_eq!(names(place.path()), ["deep"]);
    assert!(names(&place.path().join("deep")).is_empty());
}

#[test]
fn names_with_dots_are_the_folders_that_they_name() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    write_folder(&out, false, &result("1")).unwrap();
    for (note, name) in [("2", "out/../out"), ("3", "out/.")] {
        write_folder(&place.path().join(name), true, &result(note)).unwrap();
        let text = fs::read_to_string(out.join("result.json")).unwrap();
        assert!(text.contains(&format!("\"{note}\"")), "{name}");
        assert_eq!(names(place.path()), ["out"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_mounted_disk_and_the_current_folder_are_not_replaced() {
    assert!(is_in_use(Path::new("/proc")));
    assert!(is_in_use(&std::env::current_dir().unwrap()));
    let place = tempfile::tempdir().unwrap();
    assert!(!is_in_use(place.path()));
    let busy = failed(place.path(), &io::ErrorKind::ResourceBusy.into());
    assert!(busy.to_string().contains("inside it"), "{busy}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_stays_a_link() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = place.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_folder(&link, false, &result("1")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names(&real), ["result.json", "summary.csv"]);
}
