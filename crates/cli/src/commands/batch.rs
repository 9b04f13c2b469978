//! `nta batch` and `nta watch`.

use super::{print, watched_by};
use crate::args::{BatchArgs, FolderArgs, WatchArgs};
use crate::progress::ShowBatch;
use crate::talk::{self, Failure};
use nta_engine::batch::limits::LimitOutcome;
use nta_engine::batch::{
    BatchOutcome, BatchReport, BatchRequest, WatchEvent, WatchRequest, batch, list, watch,
};
use nta_engine::report::{Concentration, Verdict};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::time::Duration;

pub fn run_batch(args: &BatchArgs) -> Result<u8, Failure> {
    let mut request = request(&args.folder)?;
    request.only.clone_from(&args.only);
    if args.list {
        let samples = list(&request).map_err(Failure::Batch)?;
        let text = serde_json::json!({ "samples": samples });
        return print(&format!("{text:#}\n")).map(|()| 0);
    }
    let running = &args.folder.shared.running;
    let show = ShowBatch::new(running.quiet, running.json);
    let outcome = watched_by(running, |runtime| {
        batch(&request, &|p| show.report(p), runtime)
    });
    show.finish();
    let outcome = outcome.map_err(Failure::Batch)?;
    tell(&outcome)
}

pub fn run_watch(args: &WatchArgs) -> Result<u8, Failure> {
    let request = WatchRequest {
        batch: request(&args.folder)?,
        settle: Duration::from_secs_f64(args.settle_s),
        every: Duration::from_secs_f64(args.every_s),
        until_idle: args.until_idle_s.map(Duration::from_secs_f64),
    };
    let running = &args.folder.shared.running;
    let show = ShowBatch::new(running.quiet, running.json);
    let told = |event: WatchEvent<'_>| match event {
        WatchEvent::Round(outcome) if !running.quiet => talk::note(&counts(outcome), running.json),
        WatchEvent::Round(_) => {}
        WatchEvent::Superseded(folder) => talk::note(
            &format!("{folder} was removed: its films now belong to another sample"),
            running.json,
        ),
        WatchEvent::Refused(error) => talk::note(&error.to_string(), running.json),
    };
    let outcome = watched_by(running, |runtime| {
        watch(&request, &|p| show.report(p), &told, runtime)
    });
    show.finish();
    match outcome.map_err(Failure::Batch)? {
        Some(outcome) => tell(&outcome),
        None => print("nothing has arrived that is complete\n").map(|()| 0),
    }
}

fn request(args: &FolderArgs) -> Result<BatchRequest, Failure> {
    Ok(BatchRequest {
        folder: args.folder.clone(),
        out: args.out.clone(),
        plan: args.shared.plan.input().map_err(Failure::Plan)?,
        samples: args.samples.clone(),
        limits: args.limits.clone(),
        only: None,
        overwrite: args.shared.running.overwrite,
        spots: args.spots,
        parquet: args.parquet,
        who: args.who.clone().attribution(),
        memory_bytes: args.memory_mb.map(|mb| mb * 1_000_000),
    })
}

fn tell(outcome: &BatchOutcome) -> Result<u8, Failure> {
    let mut text = printable(&table(&outcome.report));
    let _ = writeln!(text, "{}", counts(outcome));
    if let Some(page) = &outcome.page {
        let _ = writeln!(text, "report: {}", page.display());
    }
    match print(&text) {
        // A reader that has gone away does not change what came out.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(outcome.exit_code()),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome.exit_code()),
    }
}

/// One line for each sample, and under it what went wrong.
fn table(report: &BatchReport) -> String {
    let width = report
        .samples
        .iter()
        .map(|s| s.entry.id.chars().count())
        .max();
    let width = width.unwrap_or(0).clamp(6, 40);
    let mut out = format!(
        "{:width$}  result   limits  captures  median nm  D10-D90 nm  particles per mL\n",
        "sample"
    );
    for s in &report.samples {
        let number =
            |v: Option<f64>, digits: usize| v.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        let d = &s.diameter_nm;
        let used = s.captures.len() - s.captures_excluded.len().min(s.captures.len());
        let _ = writeln!(
            out,
            "{:width$}  {:7}  {:6}  {:>8}  {:>9}  {:>10}  {:>16}",
            shortened(&s.entry.id, width),
            s.verdict.word(),
            s.limits.map_or("-", |l| l.word()),
            format!("{used}/{}", s.captures.len()),
            number(d.median.value, 1),
            match d.d10.value.is_some() || d.d90.value.is_some() {
                true => format!("{}-{}", number(d.d10.value, 0), number(d.d90.value, 0)),
                false => "-".to_owned(),
            },
            s.concentration.as_ref().map_or("-".to_owned(), per_ml),
        );
        if let Some(failed) = &s.failed {
            let _ = writeln!(out, "{:width$}    no result: {failed}", "");
        }
        for e in &s.captures_excluded {
            let _ = writeln!(out, "{:width$}    left out: {}: {}", "", e.path, e.reason);
        }
    }
    for name in &report.not_listed {
        let _ = writeln!(out, "not in the table of samples: {name}");
    }
    for e in &report.folders_unreadable {
        let _ = writeln!(out, "not searched: {}: {}", e.path, e.reason);
    }
    for text in report.quality.texts() {
        let _ = writeln!(out, "quality: {text}");
    }
    for name in &report.left_over {
        let _ = writeln!(out, "of an earlier run, and in no table: {name}");
    }
    for note in &report.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out
}

/// `1.2e9`, or where nothing was seen what the number is below.
fn per_ml(c: &Concentration) -> String {
    match c.ci95 {
        Some([_, upper]) if c.per_ml == 0.0 => format!("< {upper:.1e}"),
        _ => format!("{:.2e}", c.per_ml),
    }
}

/// A name that does not stretch the table.
fn shortened(name: &str, width: usize) -> String {
    match name.chars().count() > width {
        true => name.chars().take(width - 1).chain(['~']).collect(),
        false => name.to_owned(),
    }
}

/// Names come from outside: what would move the cursor does not get through.
fn printable(text: &str) -> String {
    let hidden = |c: char| c.is_control() && c != '\n';
    text.chars()
        .map(|c| if hidden(c) { '\u{fffd}' } else { c })
        .collect()
}

fn counts(outcome: &BatchOutcome) -> String {
    let samples = &outcome.report.samples;
    let of = |v: Verdict| {
        samples
            .iter()
            .filter(|s| s.verdict == v && s.failed.is_none())
            .count()
    };
    let failed = samples.iter().filter(|s| s.failed.is_some()).count();
    let excluded: usize = samples.iter().map(|s| s.captures_excluded.len()).sum();
    let limited = |wanted| samples.iter().filter(|s| s.limits == Some(wanted)).count();
    let limits = match (limited(LimitOutcome::Fail), limited(LimitOutcome::Review)) {
        (0, 0) => String::new(),
        (fail, review) => format!("; {fail} outside their limits, {review} at a limit"),
    };
    format!(
        "{} sample{}: results {} pass, {} warning, {} fail, {failed} missing{limits}; {excluded} captures left out; {} unchanged since an earlier run",
        samples.len(),
        if samples.len() == 1 { "" } else { "s" },
        of(Verdict::Pass),
        of(Verdict::Warning),
        of(Verdict::Fail),
        outcome.unchanged
    )
}
