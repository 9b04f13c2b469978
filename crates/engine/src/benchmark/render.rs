//! The table as Markdown and as JSON.

use super::by_population;
use super::columns::{COLUMNS, Column, Scores};
use super::manifest::{FilmEntry, Manifest};
use super::positions;
use super::row::{OURS, Row};
use super::sweep::SweepRow;
use crate::assemble::software;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shown where there is no number.
pub(super) const ABSENT: &str = "-";

/// The page with the table; with `of_machine` also what depends on the machine.
pub(super) fn page(
    manifest: &Manifest,
    films: &[&FilmEntry],
    rows: &[Row],
    of_machine: bool,
) -> String {
    let program = software();
    let mut out = format!(
        "# {}\n\n{} {}.\n\n",
        manifest.title, program.name, program.version
    );
    if !manifest.about.is_empty() {
        let _ = writeln!(out, "{}\n", manifest.about.trim());
    }
    let columns = columns(of_machine);
    out.push_str(&table(rows, &columns));
    out.push_str(&problems(rows));
    out.push_str(&limits_section(rows));
    out.push_str(&intervals_section(rows));
    out.push_str("\n## What the columns mean\n\n");
    out.push_str("- **n**: films of this scene, each with another seed; scores are their means unless said otherwise\n");
    for c in &columns {
        let _ = writeln!(out, "- **{}**: {}", c.head.replace("- ", ""), c.meaning);
    }
    out.push_str(
        "- **findings**: codes of warnings and failures in any of the films (docs/findings.md)\n",
    );
    out.push_str(&positions::section(films, rows));
    out.push_str(&by_population::section(rows));
    out.push_str("\n## Films\n\n");
    for film in films {
        let _ = writeln!(out, "- {}", about_film(film));
    }
    out.push_str(&variants_section(manifest, rows));
    let peers: Vec<_> = manifest
        .peers
        .iter()
        .filter(|p| rows.iter().any(|r| r.engine == p.engine))
        .collect();
    if !peers.is_empty() {
        out.push_str("\n## Other engines\n\n");
        for peer in peers {
            let _ = writeln!(out, "- **{}**: {}", peer.engine, peer.about.trim());
        }
    }
    out
}

/// What nta was told in the rows of its variants.
fn variants_section(manifest: &Manifest, rows: &[Row]) -> String {
    let mut out = String::new();
    for v in &manifest.variants {
        if rows.iter().any(|r| r.engine == v.engine()) {
            let plan = v.plan.to_string();
            let plan: Vec<&str> = plan.lines().filter(|l| !l.trim().is_empty()).collect();
            let _ = writeln!(
                out,
                "- **{}**: {} (`{}`)",
                v.engine(),
                v.about.trim(),
                plan.join(" ")
            );
        }
    }
    if out.is_empty() {
        return out;
    }
    format!("\n## nta with other methods\n\nThe same films, one method exchanged.\n\n{out}")
}

/// The same columns whatever there is, so that a row looks the same in every table.
fn columns(of_machine: bool) -> Vec<&'static Column> {
    COLUMNS
        .iter()
        .filter(|c| of_machine || !c.of_machine)
        .collect()
}

/// The table alone.
pub(super) fn bare_table(rows: &[Row], of_machine: bool) -> String {
    format!("{}{}", table(rows, &columns(of_machine)), problems(rows))
}

fn table(rows: &[Row], columns: &[&Column]) -> String {
    let mut cells = vec![
        ["film", "engine", "n"]
            .into_iter()
            .chain(columns.iter().map(|c| c.head))
            .chain(["findings"])
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    ];
    for row in rows {
        let findings: Vec<&str> = row.findings.iter().map(String::as_str).collect();
        let mut line = vec![
            row.film.clone(),
            row.engine.clone(),
            row.films.len().to_string(),
        ];
        line.extend(columns.iter().map(|c| cell(c, &row.pooled)));
        line.push(match findings.is_empty() {
            true => ABSENT.to_owned(),
            false => findings.join(" "),
        });
        cells.push(line);
    }
    markdown(&cells)
}

fn cell(column: &Column, scores: &Scores) -> String {
    scores.get(column.key).map_or(ABSENT.to_owned(), |v| {
        let text = format!("{v:.*}", column.digits);
        // A rounded zero has no sign.
        match text.strip_prefix('-') {
            Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
            _ => text,
        }
    })
}

/// Lines of cells, the first of them heads.
pub(super) fn markdown(cells: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (i, line) in cells.iter().enumerate() {
        // A name with a bar or a line break would break the table.
        let line: Vec<String> = line
            .iter()
            .map(|c| c.replace('|', "/").replace(['\n', '\r'], " "))
            .collect();
        let _ = writeln!(out, "| {} |", line.join(" | "));
        if i == 0 {
            let _ = writeln!(out, "|{}", " --- |".repeat(line.len()));
        }
    }
    out
}

/// What could not be scored, and what is outside its limits.
fn problems(rows: &[Row]) -> String {
    let mut out = String::new();
    for (head, of) in [
        (
            "Not scored",
            (|r: &Row| &r.failures) as fn(&Row) -> &Vec<String>,
        ),
        ("Outside their limits", |r: &Row| &r.broken_limits),
        ("To be known", |r: &Row| &r.notes),
    ] {
        if rows.iter().any(|r| !of(r).is_empty()) {
            let _ = writeln!(out, "\n{head}:\n");
        }
        for row in rows {
            for line in of(row) {
                let _ = writeln!(out, "- {}, {}: {line}", row.film, row.engine);
            }
        }
    }
    out
}

/// What was asked of nta, and whether it holds.
fn limits_section(rows: &[Row]) -> String {
    let mut cells = vec![
        ["film", "score", "found", "from", "to", "holds"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for row in rows {
        for (key, value, [low, high], holds) in &row.limits {
            let digits = COLUMNS
                .iter()
                .find(|c| c.key == key)
                .map_or(2, |c| c.digits.max(2));
            cells.push(vec![
                row.film.clone(),
                key.clone(),
                value.map_or(ABSENT.to_owned(), |v| format!("{v:.digits$}")),
                low.to_string(),
                high.to_string(),
                if *holds { "yes" } else { "NO" }.to_owned(),
            ]);
        }
    }
    if cells.len() == 1 {
        return String::new();
    }
    format!(
        "\n## Limits\n\nWhat the manifest demands; films without a line here have no limit, so look at their numbers.\n\n{}",
        markdown(&cells)
    )
}

/// Stated intervals by what they are of.
fn intervals_section(rows: &[Row]) -> String {
    let mut all: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.engine == OURS) {
        for (of, [held, stated]) in &row.intervals {
            let sum = all.entry(of).or_default();
            sum[0] += held;
            sum[1] += stated;
        }
    }
    if all.is_empty() {
        return String::new();
    }
    let mut cells = vec![
        ["interval of", "holds the truth", "of", "%"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (of, [held, stated]) in all {
        let share = 100.0 * held as f64 / stated as f64;
        cells.push(vec![
            of.to_owned(),
            held.to_string(),
            stated.to_string(),
            format!("{share:.0}"),
        ]);
    }
    format!(
        "\n## Stated 95 % intervals of {OURS}\n\nAll films together. 95 % is right; less means that they are too narrow or the number is \
         biased.\n\n{}",
        markdown(&cells)
    )
}

fn about_film(film: &FilmEntry) -> String {
    let mut out = format!("**{}**", film.name);
    if !film.about.is_empty() {
        let _ = write!(out, ": {}", film.about.trim());
    }
    let mut facts = Vec::new();
    if let Some(name) = film.scene.as_deref().and_then(|p| p.file_name()) {
        facts.push(format!("scene {}", name.to_string_lossy()));
    }
    if let Some(n) = film.nominal_nm {
        facts.push(format!("stated size {n} nm"));
    }
    if let Some(n) = film.frames {
        facts.push(format!("{n} frames"));
    }
    if let Some(codec) = film.codec {
        facts.push(format!("stored as {codec:?}").to_lowercase());
    }
    if let Some(beads) = &film.depth_from {
        facts.push(format!("depth from {beads}"));
    }
    if !facts.is_empty() {
        let _ = write!(out, " ({})", facts.join(", "));
    }
    out
}

/// The table as JSON.
pub(super) fn to_json(manifest: &Manifest, rows: &[Row]) -> Value {
    json!({
        "schema": "nta-benchmark/1",
        "software": software(),
        "title": manifest.title,
        "columns": COLUMNS.iter().map(|c| json!({
            "key": c.key, "meaning": c.meaning, "depends_on_machine": c.of_machine,
        })).collect::<Vec<_>>(),
        "rows": rows.iter().map(row_json).collect::<Vec<_>>(),
    })
}

fn row_json(row: &Row) -> Value {
    json!({
        "film": row.film,
        "engine": row.engine,
        "scores": scores_json(&row.pooled),
        "films": row.films.iter().map(|(seed, scores)| json!({
            "seed": seed, "scores": scores_json(scores),
        })).collect::<Vec<_>>(),
        "by_population": row.by_population,
        "positions_by_snr": row.by_snr.iter().map(positions::to_json).collect::<Vec<_>>(),
        "verdicts": row.verdicts,
        "findings": row.findings,
        "failures": row.failures,
        "notes": row.notes,
        "intervals": row.intervals,
        "outside_limits": row.broken_limits,
    })
}

/// Every score by its key; what could not be had is null.
fn scores_json(scores: &Scores) -> Map<String, Value> {
    COLUMNS
        .iter()
        .map(|c| (c.key.to_owned(), scores.get(c.key).into()))
        .collect()
}

/// The page of a sweep.
pub(super) fn sweep_page(manifest: &Manifest, rows: &[SweepRow]) -> String {
    format!(
        "# {}: how far the settings move the result\n\nOne setting varied at a time on the same film, everything else as \
         it is by default. Changes against the result without any change, in percent; at a given depth of view the \
         concentration is in proportion to the particles per frame.\n\n{}",
        manifest.title,
        sweep_table(rows)
    )
}

/// The table of a sweep alone.
pub(super) fn sweep_table(rows: &[SweepRow]) -> String {
    let heads = [
        "film",
        "setting",
        "value",
        "D50 %",
        "mean %",
        "concentration %",
        "tracks used",
    ];
    let mut cells = vec![heads.map(str::to_owned).to_vec()];
    let change = |v: Option<f64>| v.map_or(ABSENT.to_owned(), |v| format!("{v:+.2}"));
    for r in rows {
        let mut line = vec![r.film.clone(), r.setting.clone(), r.value.clone()];
        match &r.failure {
            Some(reason) => line.extend([
                format!("failed: {reason}"),
                String::new(),
                String::new(),
                String::new(),
            ]),
            None => line.extend([
                change(r.d50_change_percent),
                change(r.mean_change_percent),
                change(r.concentration_change_percent),
                r.tracks_used.to_string(),
            ]),
        }
        cells.push(line);
    }
    markdown(&cells)
}

/// A sweep as JSON.
pub(super) fn sweep_json(manifest: &Manifest, rows: &[SweepRow]) -> Value {
    json!({
        "schema": "nta-benchmark-sweep/1",
        "software": software(),
        "title": manifest.title,
        "rows": rows.iter().map(|r| json!({
            "film": r.film,
            "setting": r.setting,
            "value": r.value,
            "is_base": r.is_base,
            "d50_change_percent": r.d50_change_percent,
            "mean_change_percent": r.mean_change_percent,
            "concentration_change_percent": r.concentration_change_percent,
            "tracks_used": r.tracks_used,
            "failure": r.failure,
        })).collect::<Vec<_>>(),
    })
}
