//! A trail grows line by line, and shows every byte that changes.

use super::*;
use crate::report::{OutputFile, sample, write_audited_folder, write_folder};
use proptest::prelude::*;
use std::path::PathBuf;

fn who(user: &str, reason: Option<&str>) -> Attribution {
    Attribution {
        user: (!user.is_empty()).then(|| user.to_owned()),
        reason: reason.map(str::to_owned),
    }
}

/// Writes a result into `out` and gives its trail.
fn written(out: &Path, note: &str, who: Attribution) -> Vec<u8> {
    let (report, _) = sample::typical();
    let files = [
        OutputFile::new("result.json", report.to_json()),
        OutputFile::new("plan.toml", note),
        OutputFile::written("tracks.csv", |to| to.write_all(b"frame,x\n")),
    ];
    let places: Vec<PathBuf> = vec!["/films/a.avi".into()];
    let record = Record::of("analyzed", &report, places.iter().map(|p| &**p), who);
    write_audited_folder(out, true, &files, &record).expect("written");
    fs::read(out.join(AUDIT_FILE)).expect("a trail")
}

#[test]
fn the_first_line_says_all_and_its_hash_is_that_of_its_text() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let text = written(&out, "a = 1\n", who("ada", Some("first look")));
    let chain = Chain::read(&text);
    assert_eq!(chain.fault(), None);
    let entry = chain.last().expect("an entry");
    assert_eq!((entry.entry, &*entry.action), (0, "analyzed"));
    assert_eq!(entry.user.as_deref(), Some("ada"));
    assert_eq!(entry.reason.as_deref(), Some("first look"));
    assert_eq!(entry.previous, NO_HASH);
    assert_eq!(entry.numbers_before, None);
    assert_eq!(entry.notes, Vec::<String>::new());
    assert_eq!(entry.inputs[0].at.as_deref(), Some("/films/a.avi"));
    assert_eq!(entry.files.len(), 3);
    for (name, sum) in &entry.files {
        let bytes = fs::read(out.join(name)).expect("a file");
        assert_eq!(*sum, sha256_of_bytes(&bytes), "{name}");
    }
    let text = String::from_utf8(text).expect("text");
    let (hashed, rest) = text.split_once(",\"hash\":\"").expect("a hash");
    assert_eq!(
        rest,
        format!(
            "{}\"}}\n",
            sha256_of_bytes(format!("{hashed}}}").as_bytes())
        )
    );
}

#[test]
fn an_overwritten_result_leaves_its_line_and_its_numbers() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let first = written(&out, "a = 1\n", who("ada", None));
    let second = written(&out, "a = 2\n", who("", Some("wrong temperature")));
    assert!(second.starts_with(&first));
    let chain = Chain::read(&second);
    assert_eq!(chain.fault(), None);
    assert_eq!(chain.links.len(), 2);
    let entry = chain.last().expect("an entry");
    assert_eq!(entry.action, "reanalyzed");
    assert_eq!(entry.previous, Chain::read(&first).head().expect("a head"));
    assert_eq!(entry.numbers_before.as_ref(), Some(&entry.numbers));
    assert_eq!(entry.user, None);
    assert!(
        entry.notes[0].contains("nobody is named"),
        "{:?}",
        entry.notes
    );
}

#[test]
fn a_result_without_a_trail_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let (report, _) = sample::typical();
    let old = [OutputFile::new("result.json", report.to_json())];
    write_folder(&out, false, &old).expect("written");
    let text = written(&out, "a = 1\n", who("ada", None));
    let chain = Chain::read(&text);
    let entry = chain.last().expect("an entry");
    assert_eq!((entry.entry, &*entry.action), (0, "reanalyzed"));
    assert!(
        entry.notes[0].contains("had no audit.jsonl"),
        "{:?}",
        entry.notes
    );
    assert_eq!(entry.numbers_before, Some(Numbers::of(&report)));
}

#[test]
fn a_broken_trail_is_carried_on_and_stays_broken() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let mut text = written(&out, "a = 1\n", who("ada", None));
    let at = text.windows(3).position(|w| w == b"ada").expect("the user");
    text[at] = b'e';
    for broken in [
        text.clone(),
        text[..text.len() - 1].to_vec(),
        b"\xff\n\n".to_vec(),
    ] {
        fs::write(out.join(AUDIT_FILE), &broken).expect("a file");
        written(&out, "a = 2\n", who("eve", None));
        let now = written(&out, "a = 3\n", who("eve", None));
        assert!(now.starts_with(&broken));
        let chain = Chain::read(&now);
        assert!(
            chain.fault().expect("broken").starts_with("line 1"),
            "{chain:?}"
        );
        let sound: Vec<bool> = chain.links.iter().map(|l| l.fault.is_none()).collect();
        assert!(sound.ends_with(&[true, true]), "{sound:?}");
        let told = chain.links[sound.len() - 2]
            .entry
            .as_ref()
            .expect("an entry");
        assert!(
            told.notes.iter().any(|n| n.contains("was broken")),
            "{:?}",
            told.notes
        );
        // What was broken before is tied to the new line all the same.
        let mut again = now.clone();
        again[0] ^= 1;
        assert!(Chain::read(&again).links[sound.len() - 2].fault.is_some());
    }
}

#[test]
fn a_trail_without_its_last_line_end_gets_one_and_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let text = written(&out, "a = 1\n", who("ada", None));
    let cut = &text[..text.len() - 1];
    assert!(Chain::read(cut).fault().is_some());
    fs::write(out.join(AUDIT_FILE), cut).expect("a file");
    let now = written(&out, "a = 2\n", who("ada", None));
    let chain = Chain::read(&now);
    assert_eq!(chain.fault(), None);
    let notes = &chain.last().expect("an entry").notes;
    assert!(notes[0].contains("did not end"), "{notes:?}");
}

#[test]
fn lines_that_are_taken_out_or_change_places_are_missed() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    let mut text = Vec::new();
    for n in 0..3 {
        text = written(&out, &format!("a = {n}\n"), who("ada", None));
    }
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(Chain::read(&text).fault(), None);
    for order in [&[1, 2][..], &[0, 2], &[0, 2, 1], &[0, 0, 1, 2], &[]] {
        let changed = order.iter().map(|i| lines[*i]).collect::<Vec<_>>().concat();
        assert!(Chain::read(&changed).fault().is_some(), "{order:?}");
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn a_changed_byte_anywhere_in_a_trail_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    written(&out, "a = 1\n", who("ada", None));
    let sound = written(&out, "a = 2\n", who("ada", Some("\u{e9}\u{2028}\"")));
    proptest!(cases(2000), |(place: prop::sample::Index, change in 1u8..)| {
        let mut text = sound.clone();
        let at = place.index(text.len());
        text[at] ^= change;
        prop_assert!(Chain::read(&text).fault().is_some(), "byte {}", at);
    });
}

#[test]
fn no_bytes_are_too_odd_to_read() {
    proptest!(cases(500), |(text: Vec<u8>)| {
        prop_assert!(Chain::read(&text).fault().is_some());
    });
}
