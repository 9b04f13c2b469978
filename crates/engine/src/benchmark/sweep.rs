//! How far size and concentration move when an operator chooses otherwise: the same film again and again, one setting
//! varied at a time.

use super::child::Failed;
use super::error::BenchmarkError;
use super::film::{Film, merge, number_in};
use super::found::Found;
use super::manifest::FilmEntry;
use super::run::{Session, analysed};

/// Stated exposures are taken to be uncertain by this share of the time between frames.
const EXPOSURE_SHARE: f64 = 0.05;
/// Stated temperatures are taken to be uncertain by this much, degrees Celsius.
const TEMPERATURE_C: f64 = 0.5;

/// One setting with one value on one film.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SweepRow {
    pub film: String,
    /// What is varied, in words.
    pub setting: String,
    /// Its value, in words.
    pub value: String,
    /// Whether the value is the one that holds without a sweep.
    pub is_base: bool,
    /// Changes against the base, %; absent where one of both gives no number.
    pub d50_change_percent: Option<f64>,
    pub mean_change_percent: Option<f64>,
    pub concentration_change_percent: Option<f64>,
    pub tracks_used: usize,
    /// Why there is no result.
    pub failure: Option<String>,
}

/// A setting, its value in words, and what it means in a plan: table, key, value.
type Variation = (
    &'static str,
    String,
    (&'static str, &'static str, toml::Value),
);

/// What is varied. Values that are the default are left out: they are the base.
fn variations(plan: &toml::Table, interval_s: f64) -> Vec<Variation> {
    let mut all: Vec<Variation> = Vec::new();
    let own = plan.get("detect").and_then(toml::Value::as_table);
    let base = own
        .and_then(|t| number_in(t, "threshold_factor"))
        .unwrap_or(1.0);
    for factor in [0.7, 0.85, 1.2, 1.4] {
        let key = ("detect", "threshold_factor", (base * factor).into());
        all.push(("detection threshold", format!("x {factor}"), key));
    }
    for frames in [3_i64, 10, 15, 20] {
        let key = ("size", "shortest_track_frames", frames.into());
        all.push(("shortest track", format!("{frames} frames"), key));
    }
    for frames in [0_i64, 2, 3] {
        let key = ("link", "max_gap_frames", frames.into());
        all.push(("longest gap", format!("{frames} frames"), key));
    }
    let number = |key: &str| number_in(plan, key);
    if let Some(exposure) = number("exposure_ms") {
        let by = EXPOSURE_SHARE * interval_s * 1e3;
        for sign in [-1.0, 1.0] {
            // Neither can be left: an open shutter takes time, and at most that of a frame.
            let value = (exposure + sign * by).clamp(1e-3, interval_s * 1e3);
            let words = format!("{:+.1} ms", value - exposure);
            all.push(("exposure", words, ("", "exposure_ms", value.into())));
        }
    }
    let temperature = number("temperature_c").unwrap_or(25.0);
    for sign in [-1.0, 1.0] {
        let value = (temperature + sign * TEMPERATURE_C).clamp(0.0, 100.0);
        let words = format!("{:+.1} C", value - temperature);
        all.push(("temperature", words, ("", "temperature_c", value.into())));
    }
    all
}

/// One key as a plan.
fn plan_of((table, key, value): (&str, &str, toml::Value)) -> toml::Table {
    let own = toml::Table::from_iter([(key.to_owned(), value)]);
    match table {
        "" => own,
        _ => toml::Table::from_iter([(table.to_owned(), own.into())]),
    }
}

impl Session<'_> {
    /// Sweeps the settings on the first film of each entry.
    pub fn sweep(&mut self, films: &[&FilmEntry]) -> Result<Vec<SweepRow>, BenchmarkError> {
        let mut rows = Vec::new();
        for (i, entry) in films.iter().enumerate() {
            let seed = entry.seeds.first().copied();
            let failed =
                |reason: String| SweepRow::failed(&entry.name, "the film itself", "", reason);
            match self.film(entry, seed, i, films.len()) {
                Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
                Err(Failed::Because(reason)) => rows.push(failed(reason)),
                Ok(film) => {
                    self.say(i, films.len(), "sweep");
                    rows.extend(self.sweep_film(entry, &film)?);
                }
            }
        }
        Ok(rows)
    }

    fn sweep_film(&self, entry: &FilmEntry, film: &Film) -> Result<Vec<SweepRow>, BenchmarkError> {
        let base = match analysed(&self.analyst, film, &film.plan, self.room) {
            Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
            Err(Failed::Because(reason)) => {
                return Ok(vec![SweepRow::failed(&entry.name, "as it is", "", reason)]);
            }
            Ok(found) => found,
        };
        let mut rows = vec![SweepRow {
            is_base: true,
            ..SweepRow::of(&entry.name, ("as it is", ""), &base, &base)
        }];
        let interval_s = film
            .motion
            .as_ref()
            .map_or(1.0 / 30.0, |m| m.sampling.frame_interval_s);
        for (setting, value, key) in variations(&film.plan, interval_s) {
            let mut plan = film.plan.clone();
            merge(&mut plan, &plan_of(key));
            rows.push(match analysed(&self.analyst, film, &plan, self.room) {
                Err(Failed::Cancelled) => return Err(BenchmarkError::Cancelled),
                Err(Failed::Because(reason)) => {
                    SweepRow::failed(&entry.name, setting, &value, reason)
                }
                Ok(found) => SweepRow::of(&entry.name, (setting, &value), &found, &base),
            });
        }
        Ok(rows)
    }
}

impl SweepRow {
    fn of(film: &str, (setting, value): (&str, &str), found: &Found, base: &Found) -> Self {
        let change = |get: &dyn Fn(&Found) -> Option<f64>| {
            let (new, old) = (get(found)?, get(base)?);
            (old != 0.0).then(|| 100.0 * (new / old - 1.0))
        };
        Self {
            film: film.into(),
            setting: setting.into(),
            value: value.into(),
            is_base: false,
            d50_change_percent: change(&|f| f.sizes.as_ref()?.d50.value),
            mean_change_percent: change(&|f| f.sizes.as_ref()?.mean.value),
            // At a given depth the concentration is in proportion to the particles per frame.
            concentration_change_percent: change(&|f| Some(f.particles_per_frame)),
            tracks_used: found.tracks_used,
            failure: None,
        }
    }

    fn failed(film: &str, setting: &str, value: &str, reason: String) -> Self {
        Self {
            film: film.into(),
            setting: setting.into(),
            value: value.into(),
            is_base: false,
            d50_change_percent: None,
            mean_change_percent: None,
            concentration_change_percent: None,
            tracks_used: 0,
            failure: Some(reason),
        }
    }
}
