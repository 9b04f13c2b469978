//! What is sound is called sound, and what changes is found, by byte, by file and by film.

use super::*;
use crate::audit::{Attribution, Record};
use crate::fingerprint::sha256_of_bytes;
use crate::report::{
    Blank, Capture, ExcludedCapture, OutputFile, Report, sample, write_audited_folder,
};
use crate::runtime::Progress;
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

const FILM: &[u8] = b"RIFF film of beads";
const PICTURES: [&str; 2] = ["frame_0.png", "frame_1.png"];

/// A result of a film and of a folder of pictures, as `analyze` leaves it in `place`/NAME.
fn result_in(place: &Path, name: &str) -> PathBuf {
    changed_result_in(place, name, |_| {})
}

fn changed_result_in(place: &Path, name: &str, change: impl Fn(&mut Report)) -> PathBuf {
    let films = place.join("films");
    let folder = films.join("pictures");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(films.join("a.avi"), FILM).expect("a file");
    let mut lines = String::new();
    for picture in PICTURES {
        let mut bytes = Vec::new();
        image::GrayImage::new(4, 4)
            .write_to(
                &mut std::io::Cursor::new(&mut bytes),
                image::ImageFormat::Png,
            )
            .expect("a picture");
        fs::write(folder.join(picture), &bytes).expect("a file");
        lines += &format!("{}  {picture}\n", sha256_of_bytes(&bytes));
    }
    let (mut report, _) = sample::typical();
    let plan = "pixel_size_um = 0.2\n";
    report.plan_sha256 = sha256_of_bytes(plan.as_bytes());
    let sums = [
        ("films/a.avi", sha256_of_bytes(FILM)),
        ("films/pictures", sha256_of_bytes(lines.as_bytes())),
    ];
    report.captures = sums
        .map(|(path, sha256)| Capture {
            path: path.into(),
            sha256,
            ..report.captures[0].clone()
        })
        .into();
    change(&mut report);
    let files = [
        OutputFile::new("result.json", report.to_json()),
        OutputFile::new("plan.toml", plan),
        OutputFile::new("summary.csv", "a,b\n"),
    ];
    let places = [place.join("films/a.avi"), place.join("films/pictures")];
    let who = Attribution {
        user: Some("ada".into()),
        reason: None,
    };
    let record = Record::of("analyzed", &report, places.iter().map(|p| &**p), who);
    let out = place.join(name);
    write_audited_folder(&out, true, &files, &record).expect("written");
    out
}

fn verified(request: &VerifyRequest) -> Result<Verification, VerifyError> {
    let runtime = Runtime {
        threads: 1,
        progress: &|_: Progress| {},
        cancel: &AtomicBool::new(false),
    };
    verify(request, &runtime)
}

fn of(folder: &Path) -> Verification {
    let request = VerifyRequest {
        folder: folder.to_path_buf(),
        ..Default::default()
    };
    verified(&request).expect("a trail")
}

/// What is not sound, as `word: subject`.
fn bad(found: &Verification) -> Vec<String> {
    let bad = found.checks().filter(|c| c.state != State::Sound);
    bad.map(|c| format!("{}: {}", c.state.word(), c.subject))
        .collect()
}

#[test]
fn what_was_written_is_sound_and_its_hash_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let out = result_in(place.path(), "out");
    result_in(place.path(), "out");
    let found = of(&out);
    assert_eq!(bad(&found), Vec::<String>::new());
    assert_eq!(found.exit_code(), 0);
    let text = found.to_text();
    assert!(text.contains("\nall sound: 7 sound\n"), "{text}");
    let head = found.results[0].hashes[1].clone().expect("a hash");
    assert!(
        text.contains(&format!("(2 lines): {head}\nWrite these")),
        "{text}"
    );
    assert_eq!(found.to_json()["results"][0]["head"], head.as_str());
    assert_eq!(found.to_json()["results"][0]["user"], "ada");
}

#[test]
fn what_is_changed_missing_or_added_is_named() {
    let place = tempfile::tempdir().expect("a folder");
    let out = result_in(place.path(), "out");
    fs::write(out.join("summary.csv"), "a,c\n").expect("a file");
    fs::write(out.join("notes\n.txt"), "mine").expect("a file");
    fs::write(out.join(".DS_Store"), "finder").expect("a file");
    fs::remove_file(out.join("plan.toml")).expect("a file");
    let found = of(&out);
    let expected = [
        "not there: plan.toml",
        "altered: summary.csv",
        "not checked: .DS_Store",
        "altered: notes\u{fffd}.txt",
        "not checked: result.json and plan.toml",
    ];
    assert_eq!(bad(&found), expected);
    let text = found.to_text();
    assert!(text.contains("altered: summary.csv (differs from what was written on 20"));
    assert!(text.contains(" by ada)"), "{text}");
    assert_eq!(found.exit_code(), 1);
}

#[test]
fn films_are_found_where_they_were_and_where_they_are_kept() {
    let place = tempfile::tempdir().expect("a folder");
    let out = result_in(place.path(), "out");
    let kept = place.path().join("archive/2026");
    fs::create_dir_all(&kept).expect("a folder");
    fs::rename(place.path().join("films/a.avi"), kept.join("a.avi")).expect("moved");
    fs::rename(
        place.path().join("films"),
        place.path().join("archive/films"),
    )
    .expect("moved");
    assert_eq!(
        bad(&of(&out)),
        [
            "not there: film films/a.avi",
            "not there: film films/pictures"
        ]
    );
    let mut request = VerifyRequest {
        folder: out.clone(),
        inputs: vec![place.path().join("archive")],
        ..Default::default()
    };
    let found = verified(&request).expect("a trail");
    assert_eq!(bad(&found), ["not there: film films/a.avi"]);
    request.inputs.push(kept.clone());
    let found = verified(&request).expect("a trail");
    assert_eq!(bad(&found), Vec::<String>::new());
    // Another film of that name, in front of the right one, does no harm; without the right one it is no proof.
    fs::write(place.path().join("archive/a.avi"), "another").expect("a file");
    assert!(verified(&request).expect("a trail").is_sound());
    fs::remove_file(kept.join("a.avi")).expect("removed");
    let found = verified(&request).expect("a trail");
    assert_eq!(bad(&found), ["altered: film films/a.avi"]);
    request.results_only = true;
    let found = verified(&request).expect("a trail");
    assert_eq!(bad(&found), ["not checked: films"]);
    assert_eq!(found.exit_code(), 0);
}

#[test]
fn films_that_were_left_out_and_the_blank_are_held_against_their_sums_too() {
    let place = tempfile::tempdir().expect("a folder");
    let at = |name: &str| place.path().join(name).display().to_string();
    fs::write(place.path().join("cut.avi"), "cut").expect("a file");
    fs::write(place.path().join("blank.json"), "{}").expect("a file");
    let out = changed_result_in(place.path(), "out", |report| {
        let excluded = |path: String, sha256| ExcludedCapture {
            path,
            sha256,
            reason: "it ends early".into(),
        };
        report.captures_excluded = vec![
            excluded(at("cut.avi"), Some(sha256_of_bytes(b"cut"))),
            excluded(at("none.avi"), None),
        ];
        report.blank = Some(Blank {
            path: at("blank.json"),
            sha256: sha256_of_bytes(b"{}"),
            ..Default::default()
        });
    });
    let unread = format!("not checked: film {}, which was left out", at("none.avi"));
    assert_eq!(bad(&of(&out)), std::slice::from_ref(&unread));
    for name in ["cut.avi", "blank.json"] {
        fs::write(place.path().join(name), "[]").expect("a file");
    }
    let cut = format!("altered: film {}, which was left out", at("cut.avi"));
    let blank = format!("altered: blank {}", at("blank.json"));
    assert_eq!(bad(&of(&out)), [cut, unread, blank]);
}

#[test]
fn a_folder_of_results_is_verified_as_a_whole() {
    let place = tempfile::tempdir().expect("a folder");
    let batch = place.path().join("batch");
    result_in(place.path(), "batch/one");
    let two = result_in(place.path(), "batch/two");
    fs::write(batch.join("batch.csv"), "x\n").expect("a file");
    let found = of(&batch);
    assert_eq!(found.results.len(), 2);
    assert_eq!(bad(&found), ["not checked: batch.csv"]);
    assert_eq!(found.exit_code(), 0);
    fs::remove_file(two.join(AUDIT_FILE)).expect("removed");
    let found = of(&batch);
    assert_eq!(bad(&found), ["not checked: batch.csv", "not there: two"]);
    assert_eq!(found.exit_code(), 1);
    fs::remove_dir_all(batch.join("one")).expect("removed");
    let nothing = verified(&VerifyRequest {
        folder: batch,
        ..Default::default()
    });
    assert!(matches!(nothing, Err(VerifyError::NoTrail { .. })));
}

#[test]
fn a_trail_that_was_written_anew_is_known_by_the_hash_in_the_lab_book() {
    let place = tempfile::tempdir().expect("a folder");
    let out = result_in(place.path(), "out");
    let mut request = VerifyRequest {
        folder: out.clone(),
        ..Default::default()
    };
    let head = of(&out).results[0].hashes[0].clone().expect("a hash");
    request.heads = vec![head[..16].to_uppercase()];
    assert!(verified(&request).expect("a trail").is_sound());
    result_in(place.path(), "out");
    assert!(verified(&request).expect("a trail").is_sound(), "extended");
    // Written anew by hand, with sound hashes: only the number of the entry and the person differ.
    let text = fs::read_to_string(out.join(AUDIT_FILE)).expect("a trail");
    let first = text.lines().next().expect("a line");
    let (said, _) = first.split_once(",\"hash\"").expect("a hash");
    let said = said.replace("\"ada\"", "\"eve\"");
    let hash = sha256_of_bytes(format!("{said}}}").as_bytes());
    let forged = format!("{said},\"hash\":\"{hash}\"}}\n");
    fs::write(out.join(AUDIT_FILE), forged).expect("a file");
    assert!(of(&out).is_sound(), "the chain alone cannot tell");
    let found = verified(&request).expect("a trail");
    assert_eq!(bad(&found).len(), 1, "{:?}", bad(&found));
    for odd in ["", "abc", "xyzxyzxyz", "\u{1b}[2J\u{1b}[2J"] {
        request.heads = vec![odd.into()];
        let refused = verified(&request).expect_err("no hash");
        assert_eq!(refused.exit_code(), 2);
    }
}

#[test]
fn what_cannot_be_verified_says_why() {
    let place = tempfile::tempdir().expect("a folder");
    let refused = |folder: &Path| {
        verified(&VerifyRequest {
            folder: folder.to_path_buf(),
            ..Default::default()
        })
        .expect_err("nothing to verify")
    };
    assert!(matches!(refused(place.path()), VerifyError::NoTrail { .. }));
    let missing = refused(&place.path().join("none"));
    assert!(matches!(missing, VerifyError::Unreadable { .. }));
    assert_eq!(missing.exit_code(), 3);
    let out = result_in(place.path(), "out");
    fs::remove_file(out.join(AUDIT_FILE)).expect("removed");
    fs::create_dir(out.join(AUDIT_FILE)).expect("a folder");
    assert_eq!(bad(&of(&out)), ["not there: audit.jsonl"]);
    fs::remove_dir(out.join(AUDIT_FILE)).expect("removed");
    for text in ["", "\n", "{}\n", "\u{0}"] {
        fs::write(out.join(AUDIT_FILE), text).expect("a file");
        let found = of(&out);
        assert_eq!(found.exit_code(), 1, "{text:?}");
        assert!(found.to_text().contains("NOT SOUND"), "{text:?}");
    }
}

#[test]
fn a_result_that_does_not_fit_its_trail_is_found_even_if_its_sum_does() {
    let place = tempfile::tempdir().expect("a folder");
    let out = result_in(place.path(), "out");
    let edited = |name: &str, from: &str, to: &str| {
        let path = out.join(name);
        let old = fs::read_to_string(&path).expect("text");
        let new = old.replacen(from, to, 1);
        assert_ne!(old, new, "{from}");
        fs::write(&path, &new).expect("a file");
        let trail = fs::read_to_string(out.join(AUDIT_FILE)).expect("a trail");
        let sums = [old, new].map(|text| sha256_of_bytes(text.as_bytes()));
        let (said, _) = trail.split_once(",\"hash\"").expect("a hash");
        let said = said.replace(&sums[0], &sums[1]);
        let hash = sha256_of_bytes(format!("{said}}}").as_bytes());
        let trail = format!("{said},\"hash\":\"{hash}\"}}\n");
        fs::write(out.join(AUDIT_FILE), trail).expect("a file");
        bad(&of(&out))
    };
    let expected = ["altered: result.json and plan.toml"];
    assert_eq!(edited("plan.toml", "0.2", "0.3"), expected);
    assert_eq!(edited("plan.toml", "0.3", "0.2"), [""; 0]);
    assert_eq!(
        edited("result.json", "films/a.avi", "films/b.avi"),
        expected
    );
    assert_eq!(edited("result.json", "films/b.avi", "films/a.avi"), [""; 0]);
    let verdict = "\"verdict\": \"warning\"";
    assert_eq!(
        edited("result.json", verdict, "\"verdict\": \"pass\""),
        expected
    );
}

#[test]
fn stopping_is_heard() {
    let place = tempfile::tempdir().expect("a folder");
    let request = VerifyRequest {
        folder: result_in(place.path(), "out"),
        ..Default::default()
    };
    let runtime = Runtime {
        threads: 1,
        progress: &|_: Progress| {},
        cancel: &AtomicBool::new(true),
    };
    assert!(matches!(
        verify(&request, &runtime),
        Err(VerifyError::Cancelled)
    ));
}

#[test]
fn a_changed_byte_anywhere_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = result_in(folder.path(), "out");
    result_in(folder.path(), "out");
    let films = folder.path().join("films");
    let mut files: Vec<PathBuf> = [&out, &films, &films.join("pictures")]
        .iter()
        .flat_map(|f| fs::read_dir(f).expect("a folder"))
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    assert_eq!(files.len(), 7);
    let config = ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(file in 0..7usize, place: prop::sample::Index, change in 1u8..)| {
        let file = &files[file];
        let sound = fs::read(file).expect("a file");
        let mut bytes = sound.clone();
        let at = place.index(bytes.len());
        bytes[at] ^= change;
        fs::write(file, &bytes).expect("a file");
        let found = of(&out);
        fs::write(file, &sound).expect("a file");
        prop_assert!(!found.is_sound(), "{} byte {}", file.display(), at);
    });
    assert!(of(&out).is_sound());
}
