//! What is read, and what is refused in which words.

use super::limits;
use crate::batch::limits::*;

const EXAMPLE: &str = include_str!("../../../../../../fixtures/limits.toml");

#[test]
fn the_example_is_read_and_is_the_one_in_the_docs() {
    let read = limits(EXAMPLE);
    assert_eq!(read.limits.len(), 9);
    assert_eq!(read.interval, IntervalKind::Expanded);
    assert_eq!(
        read.criteria,
        Criteria::default(),
        "the example states the defaults"
    );
    let names: Vec<&str> = read.limits.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "median",
            "small vesicles",
            "aggregates",
            "concentration_per_ml",
            "purity",
            "tetraspanin-positive",
            "blank_share",
            "tracks_used",
            "replicate_cv of concentration_per_ml"
        ]
    );
    let page = include_str!("../../../../../../docs/limits.md").replace("\r\n", "\n");
    assert!(
        page.contains(&EXAMPLE.replace("\r\n", "\n")),
        "docs/limits.md shows another example"
    );
    for key in keys::LIMIT_KEYS {
        assert!(
            page.contains(&format!("`{}`", key.name())),
            "docs/limits.md lacks {}",
            key.name()
        );
    }
    for (key, _) in keys::FILTERS {
        assert!(
            page.contains(&format!("`limit.{key}`")),
            "docs/limits.md lacks limit.{key}"
        );
    }
    for word in quantity::WORDS {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/limits.md lacks {word}"
        );
    }
    assert!(limits("").limits.is_empty());
}

/// Texts that are wrong outside of the limits, and what is said of them.
const WRONG_TABLES: &[(&str, &str)] = &[
    (
        "intervall = \"ci95\"",
        "there is no key 'intervall' (in limits.toml); did you mean 'interval'?",
    ),
    (
        "interval = \"chance\"",
        "interval is 'chance' (in limits.toml); choose from: expanded, ci95",
    ),
    (
        "[sutability]",
        "there is no key 'sutability' (in limits.toml); did you mean 'suitability'?",
    ),
    (
        "[suitability]\nmax_bais = 0.1",
        "there is no key 'suitability.max_bais' (in limits.toml); did you mean 'suitability.max_bias'?",
    ),
    (
        "[blank]\nmax_bias = 0.1",
        "there is no key 'blank.max_bias' (in limits.toml); did you mean 'suitability.max_bias'?",
    ),
    (
        "[suitability]\nmax_bias = nan",
        "suitability.max_bias is NaN (in limits.toml), but must be from 0.0001 to 10 (0.01 = 1 %)",
    ),
    (
        "[suitability]\nmax_bias = \"5 %\"",
        "suitability.max_bias must be a number such as 0.01 for 1 %, not '5 %' (in limits.toml)",
    ),
    (
        "blank = 5",
        "blank must be a table: [blank] on a line of its own, then its keys, not 5 (in limits.toml)",
    ),
    (
        "[blank]\nwarning_share = 0.3",
        "blank.warning_share is 0.3 and blank.failure_share is 0.2 (in limits.toml), but blank.warning_share must be below \
             blank.failure_share",
    ),
];

/// Limits that are wrong, and what is said of them.
const WRONG_LIMITS: &[(&str, &str)] = &[
    (
        "[limit]\nmin = 3",
        "limit must be a list of tables: [[limit]] on a line of its own before the keys of each, not a table (in limits.toml)",
    ),
    (
        "[[limit]]\nmin = 3",
        "limit.quantity is missing (in limits.toml, limit 1); say what is limited, such as quantity = \"d50_nm\"",
    ),
    (
        "[[limit]]\nquantity = \"D50\"\nmin = 3",
        "limit.quantity is 'D50' (in limits.toml, limit 1); did you mean 'd50_nm'?",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"",
        "limit.min and limit.max are both missing (in limits.toml, limit 1); give one of them or both",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nmin = 120\nmax = 80",
        "limit.min is 120 and limit.max is 80 (in limits.toml, limit 1), but limit.min must be below limit.max",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nmin = nan",
        "limit.min is NaN (in limits.toml, limit 1), but must be from 0 to 1000000000000000000000000000000",
    ),
    (
        "[[limit]]\nquantity = \"fraction\"\nfrom_nm = 50\nmin = 80",
        "limit.min is 80 (in limits.toml, limit 1), but must be from 0 to 1",
    ),
    (
        "[[limit]]\nquantity = \"fraction\"\nmin = 0.8",
        "limit.from_nm is missing (in limits.toml, limit 1); give from_nm, to_nm or both, such as from_nm = 50",
    ),
    (
        "[[limit]]\nquantity = \"fraction\"\nfrom_nm = 150\nto_nm = 50\nmin = 0.8",
        "limit.from_nm is 150 and limit.to_nm is 50 (in limits.toml, limit 1), but limit.from_nm must be below limit.to_nm",
    ),
    (
        "[[limit]]\nquantity = \"aggregate_share\"\nmax = 0.1",
        "limit.above_nm is missing (in limits.toml, limit 1); say from which diameter on a particle is an aggregate, such as \
             above_nm = 300",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nfrom_nm = 50\nmin = 3",
        "limit.from_nm does not go with quantity = \"d50_nm\" (in limits.toml, limit 1); leave it out, or choose fraction",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nmin = 3\nroles = [\"bead\"]",
        "limit.roles is 'bead' (in limits.toml, limit 1); did you mean 'beads'?",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nmin = 3\nsamples = []",
        "limit.samples must be a list of texts in quotes that is not empty, such as [\"A\", \"B\"], not [] (in limits.toml, limit 1)",
    ),
    (
        "[[limit]]\nquantity = \"d50_nm\"\nmin = 3\n[[limit]]\nquantity = \"d50_nm\"\nmax = 9",
        "two limits are called 'd50_nm' (in limits.toml, limit 2); give one of them another limit.name",
    ),
    (
        "a = = 1",
        "limits.toml is not valid TOML at line 1, column 5",
    ),
];

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    for (text, want) in WRONG_TABLES.iter().chain(WRONG_LIMITS) {
        let error = Limits::from_text(text, "limits.toml").expect_err(text);
        let said = error.to_string();
        assert!(said.starts_with(want), "{text}\n said {said}\n want {want}");
        assert!(!said.contains('\n'));
        assert_eq!(error.exit_code(), 2);
    }
    let missing = Limits::read(std::path::Path::new("no-such-folder/limits.toml"));
    let said = missing.expect_err("no file").to_string();
    assert!(
        said.starts_with("cannot read no-such-folder/limits.toml"),
        "{said}"
    );
}

/// A file that was cut off anywhere, or lost a letter, is read or refused, and nothing else.
#[test]
fn damaged_files_never_panic() {
    let places = EXAMPLE.char_indices().map(|(i, _)| i);
    for i in places {
        let without = EXAMPLE[..i].to_owned() + EXAMPLE[i..].get(1..).unwrap_or_default();
        for text in [&EXAMPLE[..i], without.as_str()] {
            if let Err(error) = Limits::from_text(text, "limits.toml") {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn the_sum_of_a_file_is_that_of_its_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("limits.toml");
    for text in [
        "[blank]\nwarning_share = 0.01\n",
        "\u{feff}[blank]\nwarning_share = 0.01\n",
    ] {
        std::fs::write(&path, text).expect("written");
        let limits = Limits::read(&path).expect("limits");
        let sum = crate::fingerprint::sha256_of_bytes(text.as_bytes());
        assert_eq!(
            (limits.sha256, limits.criteria.blank.warning_share),
            (sum, 0.01)
        );
    }
}
