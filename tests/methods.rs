//! `docs/methods.md` says what can be chosen. It is generated from the tables behind `nta methods`.

use nta_engine::plan::stages::{MethodInfo, STAGES};
use std::fmt::Write;
use std::path::Path;

/// Text that may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A reference, linked where it has a DOI.
fn link(reference: &str) -> String {
    match reference.strip_prefix("doi:") {
        Some(doi) => format!("[doi:{doi}](https://doi.org/{doi})"),
        None => reference.to_owned(),
    }
}

fn write_method(out: &mut String, stage: &str, method: &MethodInfo, default: bool) {
    let mark = if default { " (default)" } else { "" };
    let _ = writeln!(
        out,
        "\n### `{stage}.method = \"{}\"`{mark}\n\n{}.",
        method.key,
        method.title.trim_end_matches('.')
    );
    if !method.params.is_empty() {
        out.push_str(
            "\n| key | default | range | unit | meaning |\n| --- | --- | --- | --- | --- |\n",
        );
    }
    for p in method.params {
        let _ = writeln!(
            out,
            "| `{stage}.{}` | {} | {} to {} | {} | {} |",
            p.key,
            p.default,
            p.min,
            p.max,
            cell(p.unit),
            cell(p.meaning)
        );
    }
    if !method.references.is_empty() {
        let links: Vec<String> = method.references.iter().map(|r| link(r)).collect();
        let _ = writeln!(out, "\nReferences: {}.", links.join(", "));
    }
}

fn page() -> String {
    let mut out = String::from(
        "# Methods\n\nWhat can be chosen for each stage, in the order of the stages, with the numbers that each method \
         takes. Choose with\n`--set STAGE.method=KEY` and `--set STAGE.NUMBER=VALUE`, or in the plan's table of the \
         stage. `nta methods` prints the same.\n\nThis page is generated from the tables in the code; a test holds it \
         to them.\n",
    );
    for stage in STAGES {
        let _ = writeln!(out, "\n## {}\n\nFinds {}.", stage.name, stage.meaning);
        for (i, method) in (stage.methods)().iter().enumerate() {
            write_method(&mut out, stage.name, method, i == 0);
        }
    }
    out
}

/// Set `NTA_BLESS=1` to write the committed page anew.
#[test]
fn the_committed_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods.md");
    let now = page();
    if std::env::var_os("NTA_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, &now).expect("docs can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed.replace("\r\n", "\n") == now,
        "docs/methods.md is not current; run this test with NTA_BLESS=1 and look at the difference"
    );
}

/// A DOI is marked as one, so that it can be linked, and is in the form that resolves.
#[test]
fn references_are_dois_or_words() {
    for stage in STAGES {
        for method in (stage.methods)() {
            for reference in method.references {
                let doi = reference.strip_prefix("doi:").map(|d| {
                    d.starts_with("10.") && d.contains('/') && !d.contains(char::is_whitespace)
                });
                let words = !reference.starts_with(|c: char| c.is_ascii_digit());
                assert!(
                    doi.unwrap_or(words),
                    "{}.{}: {reference}",
                    stage.name,
                    method.key
                );
            }
        }
    }
}
