//! Accuracy against known answers: `nta benchmark`.
//!
//! A manifest lists films whose answer is known: scenes to simulate, recorded films with a truth file, with tracks that
//! count as the truth or with a stated size. Each is analysed as its user would (the command, in a process of its own),
//! and what the engine wrote is read back and scored; the files of other engines are scored in the same way. One table
//! holds all of it; [`columns::COLUMNS`] says what each score means.
//!
//! The way through: `Manifest` -> `Film` with `Known` -> `Found` (files of an engine) -> `Scores` -> `Row` -> table.

mod bound;
mod by_population;
mod cdf;
mod child;
mod columns;
mod error;
mod film;
mod found;
mod known;
mod manifest;
mod matching;
mod positions;
mod render;
mod row;
mod run;
mod score;
mod sweep;
#[cfg(test)]
mod tests;
mod variant;

pub use error::BenchmarkError;

use crate::report::{OutputFile, check_named_files, write_named_files};
use crate::runtime::Runtime;
use child::Analyst;
use manifest::{FilmEntry, Manifest};
use run::Session;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// One benchmark.
#[derive(Clone, Debug)]
pub struct BenchmarkRequest {
    /// The manifest.
    pub manifest: PathBuf,
    /// Folder of the tables; made if it does not exist.
    pub out: PathBuf,
    /// Replace tables that are there already.
    pub overwrite: bool,
    /// Only the films of these names, and those that their depths of view come from; all if empty.
    pub only: Vec<String>,
    /// Vary the settings instead of comparing with the truth.
    pub sweep: bool,
    /// The program `nta` that analyses the films.
    pub program: PathBuf,
}

/// What came of a benchmark.
#[derive(Clone, Debug)]
pub struct BenchmarkOutcome {
    /// The table, with what is outside its limits below it.
    pub table: String,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// 0; 1 if a score is outside the limits of the manifest; 3 if a film could not be scored.
    pub exit_code: u8,
}

/// Runs a benchmark and writes its tables.
pub fn benchmark(
    request: &BenchmarkRequest,
    runtime: &Runtime<'_>,
) -> Result<BenchmarkOutcome, BenchmarkError> {
    let manifest = Manifest::read(&request.manifest)?;
    let wrong = |reason: String| BenchmarkError::Manifest {
        path: request.manifest.display().to_string(),
        reason,
    };
    let mut films = manifest.selected(&request.only).map_err(wrong)?;
    if request.sweep {
        films.retain(|f| f.sweep);
        if films.is_empty() {
            return Err(BenchmarkError::NothingToSweep {
                path: request.manifest.display().to_string(),
            });
        }
    }
    let names: &[&str] = match request.sweep {
        true => &["sweep.md", "sweep.json"],
        false => &["benchmark.md", "benchmark.json", "validation.md"],
    };
    check_named_files(&request.out, names, request.overwrite)?;
    let room = film::room_for_films(&request.out)?;
    let mut session = Session {
        manifest: &manifest,
        analyst: Analyst {
            program: &request.program,
            threads: runtime.threads,
            cancel: runtime.cancel,
        },
        runtime,
        room: room.path(),
        depths: BTreeMap::new(),
    };
    let (files, table, exit_code) = match request.sweep {
        true => sweep(&mut session, &films)?,
        false => compare(&mut session, &films)?,
    };
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(BenchmarkError::Cancelled);
    }
    write_named_files(&request.out, &files, request.overwrite)?;
    Ok(BenchmarkOutcome {
        table,
        files: files.iter().map(|f| request.out.join(&f.name)).collect(),
        exit_code,
    })
}

type Tables = (Vec<OutputFile<'static>>, String, u8);

fn compare(session: &mut Session<'_>, films: &[&FilmEntry]) -> Result<Tables, BenchmarkError> {
    let rows = session.rows(films)?;
    let manifest = session.manifest;
    let json = format!("{:#}\n", render::to_json(manifest, &rows));
    let files = vec![
        OutputFile::new("benchmark.md", render::page(manifest, films, &rows, true)),
        OutputFile::new("benchmark.json", json),
        OutputFile::new("validation.md", render::page(manifest, films, &rows, false)),
    ];
    let exit_code = if rows.iter().any(|r| !r.failures.is_empty()) {
        3
    } else {
        u8::from(rows.iter().any(|r| !r.broken_limits.is_empty()))
    };
    Ok((files, render::bare_table(&rows, true), exit_code))
}

fn sweep(session: &mut Session<'_>, films: &[&FilmEntry]) -> Result<Tables, BenchmarkError> {
    let rows = session.sweep(films)?;
    let manifest = session.manifest;
    let files = vec![
        OutputFile::new("sweep.md", render::sweep_page(manifest, &rows)),
        OutputFile::new(
            "sweep.json",
            format!("{:#}\n", render::sweep_json(manifest, &rows)),
        ),
    ];
    let failed = rows.iter().any(|r| r.failure.is_some());
    Ok((
        files,
        render::sweep_table(&rows),
        if failed { 3 } else { 0 },
    ))
}
