//! From the manifest to the rows of the table.

use super::child::{Analyst, Failed};
use super::error::BenchmarkError;
use super::film::Film;
use super::found::{Found, FoundSizes, diameters_of};
use super::manifest::{FilmEntry, Manifest, PeerEntry};
use super::row::{OURS, Row};
use super::variant::VariantEntry;
use crate::foreign::{self, FormatOptions};
use crate::runtime::{Progress, Runtime};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;

/// Works through the films of a manifest.
pub(super) struct Session<'a> {
    pub manifest: &'a Manifest,
    pub analyst: Analyst<'a>,
    pub runtime: &'a Runtime<'a>,
    /// A folder with room for films.
    pub room: &'a Path,
    /// Depth of view by engine and film of beads, um: one number per seed.
    pub depths: BTreeMap<(String, String), Vec<BeadDepth>>,
}

/// What a film of beads says of the depth of view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeadDepth {
    /// Depth, um.
    pub um: f64,
    /// How far the beads stand out, where the engine says so: with it the depth of other particles follows.
    pub visibility: Option<f64>,
}

impl BeadDepth {
    /// Means over films; `None` without one.
    fn mean(of: &[Self]) -> Option<Self> {
        let n = of.len() as f64;
        let visibility: Option<Vec<f64>> = of.iter().map(|d| d.visibility).collect();
        (!of.is_empty()).then(|| Self {
            um: of.iter().map(|d| d.um).sum::<f64>() / n,
            visibility: visibility.map(|v| v.iter().sum::<f64>() / n),
        })
    }
}

impl Session<'_> {
    /// The rows of these films, in the order of the manifest. Films of beads come first to be analysed, because
    /// others need the depths that follow from them.
    pub fn rows(&mut self, films: &[&FilmEntry]) -> Result<Vec<Row>, BenchmarkError> {
        let beads: BTreeSet<&str> = films
            .iter()
            .filter_map(|f| f.depth_from.as_deref())
            .collect();
        let mut order: Vec<usize> = (0..films.len()).collect();
        order.sort_by_key(|&i| !beads.contains(films[i].name.as_str()));
        let total = films.iter().map(|f| f.seeds.len().max(1)).sum();
        let mut done = 0;
        let mut rows: Vec<Vec<Row>> = vec![Vec::new(); films.len()];
        for i in order {
            rows[i] = self.film_rows(films[i], &mut done, total)?;
        }
        Ok(rows.into_iter().flatten().collect())
    }

    fn film_rows(
        &mut self,
        entry: &FilmEntry,
        done: &mut usize,
        total: usize,
    ) -> Result<Vec<Row>, BenchmarkError> {
        let manifest = self.manifest;
        let peers: Vec<&PeerEntry> = manifest
            .peers
            .iter()
            .filter(|p| p.films.contains(&entry.name))
            .collect();
        let variants: Vec<&VariantEntry> = manifest
            .variants
            .iter()
            .filter(|v| v.films.contains(&entry.name))
            .collect();
        let mut rows: Vec<Row> = std::iter::once(OURS.to_owned())
            .chain(variants.iter().map(|v| v.engine()))
            .chain(peers.iter().map(|p| p.engine.clone()))
            .map(|engine| Row::new(&entry.name, &engine))
            .collect();
        let seeds: Vec<Option<u64>> = match entry.seeds.is_empty() {
            true => vec![None],
            false => entry.seeds.iter().copied().map(Some).collect(),
        };
        for seed in seeds {
            match self.film(entry, seed, *done, total) {
                Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
                Err(Failed::Because(reason)) => rows.iter_mut().for_each(|r| r.fail(seed, &reason)),
                Ok(mut film) => {
                    self.say(*done, total, "analyze");
                    self.ours(entry, seed, &mut film, &mut rows[0])?;
                    for (variant, row) in variants.iter().zip(&mut rows[1..]) {
                        self.variant(variant, seed, &film, row)?;
                    }
                    self.say(*done, total, "score");
                    for (peer, row) in peers.iter().zip(&mut rows[1 + variants.len()..]) {
                        self.theirs(entry, peer, &film, row);
                    }
                }
            }
            if self.runtime.cancel.load(Ordering::Relaxed) {
                return Err(BenchmarkError::Cancelled);
            }
            *done += 1;
        }
        rows[0].close(&entry.all_limits());
        rows[1..].iter_mut().for_each(|r| r.close(&BTreeMap::new()));
        // A peer that was run on other seeds only has no row.
        rows.retain(|r| r.engine == OURS || !r.films.is_empty() || !r.failures.is_empty());
        Ok(rows)
    }

    fn ours(
        &mut self,
        entry: &FilmEntry,
        seed: Option<u64>,
        film: &mut Film,
        row: &mut Row,
    ) -> Result<(), BenchmarkError> {
        let plan = film.plan_with_depth(self.depth_for(entry, OURS));
        match analysed(&self.analyst, film, &plan, self.room) {
            Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
            Err(Failed::Because(reason)) => row.fail(seed, &reason),
            Ok(found) => {
                film.motion = film.motion.take().or(found.motion.clone());
                match (film.shape, found.shape) {
                    (Some(told), Some(read)) if told != read => row.fail(
                        seed,
                        &format!(
                            "the truth is of another film: {} x {} px and {} frames, but the film has {} x {} px and {}",
                            told.width_px, told.height_px, told.frames, read.width_px, read.height_px, read.frames
                        ),
                    ),
                    _ => {
                        self.keep_depth(entry, OURS, film, &found);
                        row.take(seed, film, &found);
                    }
                }
                self.note_depth(entry, OURS, row);
            }
        }
        Ok(())
    }

    fn variant(
        &self,
        variant: &VariantEntry,
        seed: Option<u64>,
        film: &Film,
        row: &mut Row,
    ) -> Result<(), BenchmarkError> {
        if !variant.wants(&row.film, seed) {
            return Ok(());
        }
        let mut plan = film.plan_with_depth(None);
        super::film::merge(&mut plan, &variant.plan);
        match analysed(&self.analyst, film, &plan, self.room) {
            Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
            Err(Failed::Because(reason)) => row.fail(seed, &reason),
            Ok(found) => row.take(seed, film, &found),
        }
        Ok(())
    }

    fn theirs(&mut self, entry: &FilmEntry, peer: &PeerEntry, film: &Film, row: &mut Row) {
        if let Some(seed) = film.seed
            && !peer.seeds.is_empty()
            && !peer.seeds.contains(&seed)
        {
            return;
        }
        match read_peer(peer, &entry.name, film) {
            Err(reason) => row.fail(film.seed, &reason),
            Ok(mut found) => {
                self.keep_depth(entry, &peer.engine, film, &found);
                if let Some(depth) = self.depth_for(entry, &peer.engine) {
                    let area = film.known.area_um2.unwrap_or(f64::NAN);
                    let per_ml = found.particles_per_frame / (area * depth.um * 1e-12);
                    found.concentration = Some((per_ml, None)).filter(|c| c.0.is_finite());
                }
                if found.sizes.is_none() && !found.tracks.is_empty() {
                    row.notes.push(format!(
                        "no size: no track has {} spots, or the film's clock and pixel size are not known",
                        peer.shortest_track_frames
                    ));
                }
                row.take(film.seed, film, &found);
                self.note_depth(entry, &peer.engine, row);
            }
        }
    }

    /// Says why there is no concentration although one was wanted.
    fn note_depth(&self, entry: &FilmEntry, engine: &str, row: &mut Row) {
        if let Some(beads) = &entry.depth_from
            && self.depth_for(entry, engine).is_none()
        {
            row.notes.push(format!(
                "no concentration: the film '{beads}' gave no depth"
            ));
        }
    }

    /// Mean depth of view that an engine's films of beads gave.
    pub fn depth_for(&self, entry: &FilmEntry, engine: &str) -> Option<BeadDepth> {
        let key = (engine.to_owned(), entry.depth_from.clone()?);
        BeadDepth::mean(self.depths.get(&key)?)
    }

    fn keep_depth(&mut self, entry: &FilmEntry, engine: &str, film: &Film, found: &Found) {
        let in_view = found.particles_per_frame * found.coincidence_factor.unwrap_or(1.0);
        if let Some(um) = film.depth_um(in_view) {
            let key = (engine.to_owned(), entry.name.clone());
            let visibility = found.visibility;
            let depths = self.depths.entry(key).or_default();
            depths.push(BeadDepth { um, visibility });
        }
    }

    /// Gets a film; its progress counts as that of one film among all.
    pub fn film(
        &self,
        entry: &FilmEntry,
        seed: Option<u64>,
        number: usize,
        films: usize,
    ) -> Result<Film, Failed> {
        let progress = |p: Progress| {
            (self.runtime.progress)(Progress {
                capture: number,
                captures: films,
                ..p
            });
        };
        let runtime = Runtime {
            progress: &progress,
            ..*self.runtime
        };
        Film::get(entry, seed, self.room, &runtime)
    }

    pub fn say(&self, film: usize, films: usize, stage: &'static str) {
        (self.runtime.progress)(Progress {
            capture: film,
            captures: films,
            stage,
            frames_done: 0,
            frames_total: None,
        });
    }
}

/// Runs our analysis on a film and reads what it wrote.
pub(super) fn analysed(
    analyst: &Analyst<'_>,
    film: &Film,
    plan: &toml::Table,
    room: &Path,
) -> Result<Found, Failed> {
    let folder = tempfile::Builder::new()
        .prefix(".nta-result-")
        .tempdir_in(room)
        .map_err(|e| Failed::Because(format!("no room for the result: {e}")))?;
    let out = folder.path().join("result");
    let report = analyst.analyze(&film.path, plan, &out)?;
    Found::of_result(&out, &report).map_err(|e| Failed::Because(e.to_string()))
}

/// Reads the tracks of another engine, and sizes them where the file does not.
fn read_peer(peer: &PeerEntry, name: &str, film: &Film) -> Result<Found, String> {
    let options = FormatOptions {
        pixel_size_um: film.motion.as_ref().map(|m| m.pixel_size_um),
        ..FormatOptions::default()
    };
    let path = peer.file(name, film.seed);
    let read = foreign::read(&path, &options).map_err(|e| e.to_string())?;
    let frames = match film.known.frames.len() {
        0 => read
            .tracks
            .iter()
            .flat_map(|t| t.points.last())
            .map(|p| p.frame as usize + 1)
            .max()
            .unwrap_or(0),
        n => n,
    };
    let mut found = Found::of_tracks(&read, frames, None);
    let own: Vec<f64> = read
        .tracks
        .iter()
        .filter(|t| t.points.len() >= peer.shortest_track_frames as usize)
        .filter_map(|t| t.diameter_nm)
        .collect();
    let diameters = match (&film.motion, own.is_empty()) {
        (Some(m), true) => diameters_of(
            &read,
            m.pixel_size_um,
            m.sampling,
            &m.medium,
            peer.shortest_track_frames,
        )
        .map_err(|e| e.to_string())?,
        _ => own,
    };
    found.tracks_used = diameters.len();
    found.sizes = FoundSizes::of_diameters(&diameters);
    Ok(found)
}
