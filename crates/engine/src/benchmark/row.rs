//! One row of the table: what an engine gave on a film, or on the films of one scene.

use super::by_population::PopulationSteps;
use super::columns::{self, Scores};
use super::film::Film;
use super::found::Found;
use super::score::{PositionsBySnr, SNR_EDGES, score};
use std::collections::{BTreeMap, BTreeSet};

/// Of fewer particles found than these, something else is wrong than the engine.
const HARDLY_ANY_PERCENT: f64 = 50.0;

/// The name of this engine in the table.
pub(super) const OURS: &str = "nta";

/// One row of the table: an engine on a film, or on the films of one scene.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub film: String,
    pub engine: String,
    /// Per film: its seed, its scores.
    pub films: Vec<(Option<u64>, Scores)>,
    pub pooled: Scores,
    pub by_snr: Vec<PositionsBySnr>,
    pub by_population: Vec<PopulationSteps>,
    /// Codes of the findings in any of the films, and verdicts with their number.
    pub findings: BTreeSet<String>,
    pub verdicts: BTreeMap<String, usize>,
    /// Films that could not be scored, with the reason.
    pub failures: Vec<String>,
    /// What a reader should know about the scores.
    pub notes: Vec<String>,
    /// Stated 95 % intervals by what they are of: how many hold the truth, of how many.
    pub intervals: BTreeMap<&'static str, [usize; 2]>,
    /// Scores with limits: key, value, limits, whether they hold.
    pub limits: Vec<(String, Option<f64>, [f64; 2], bool)>,
    /// Scores outside the limits of the manifest, in words.
    pub broken_limits: Vec<String>,
}

impl Row {
    pub fn new(film: &str, engine: &str) -> Self {
        Self {
            film: film.into(),
            engine: engine.into(),
            films: Vec::new(),
            pooled: Scores::default(),
            by_snr: Vec::new(),
            by_population: Vec::new(),
            findings: BTreeSet::new(),
            verdicts: BTreeMap::new(),
            failures: Vec::new(),
            notes: Vec::new(),
            intervals: BTreeMap::new(),
            limits: Vec::new(),
            broken_limits: Vec::new(),
        }
    }

    pub fn take(&mut self, seed: Option<u64>, film: &Film, found: &Found) {
        let scored = score(&film.known, found);
        let of = seed.map_or(String::new(), |s| format!("seed {s}: "));
        for (reason, n) in &found.skipped.0 {
            self.notes
                .push(format!("{of}{n} rows of its file were left out: {reason}"));
        }
        if scored
            .scores
            .get("recall_percent")
            .is_some_and(|r| r < HARDLY_ANY_PERCENT)
        {
            self.notes.push(format!(
                "{of}hardly any position fits; are they in px, x across and y down, and do frames count from 0?"
            ));
        }
        self.films.push((seed, scored.scores));
        add_by_snr(&mut self.by_snr, &scored.by_snr);
        for (i, population) in scored.by_population.iter().enumerate() {
            match self.by_population.get_mut(i) {
                Some(sums) => sums.add(population),
                None => self.by_population.push(*population),
            }
        }
        for (what, held) in scored.intervals {
            let all = self.intervals.entry(what).or_default();
            all[0] += usize::from(held);
            all[1] += 1;
        }
        self.findings.extend(found.findings.iter().cloned());
        if let Some(verdict) = found.verdict {
            *self.verdicts.entry(verdict.to_owned()).or_default() += 1;
        }
    }

    pub fn fail(&mut self, seed: Option<u64>, reason: &str) {
        let of = seed.map_or(String::new(), |s| format!("seed {s}: "));
        self.failures.push(format!("{of}{reason}"));
    }

    pub fn close(&mut self, limits: &BTreeMap<&str, [f64; 2]>) {
        let scores: Vec<Scores> = self.films.iter().map(|f| f.1.clone()).collect();
        self.pooled = Scores::pooled(&scores);
        for (key, [low, high]) in limits {
            let digits = columns::find(key).map_or(2, |c| c.digits);
            let value = self.pooled.get(key);
            let holds = value.is_some_and(|v| (*low..=*high).contains(&v));
            self.limits
                .push(((*key).to_owned(), value, [*low, *high], holds));
            match value {
                _ if holds => {}
                Some(v) => self.broken_limits.push(format!(
                    "{key} is {v:.digits$}, but must be from {low} to {high}"
                )),
                None => self
                    .broken_limits
                    .push(format!("{key} is absent, but must be from {low} to {high}")),
            }
        }
    }
}

/// Adds the classes of one film to those of others.
fn add_by_snr(all: &mut Vec<PositionsBySnr>, more: &[PositionsBySnr]) {
    for edge in SNR_EDGES {
        let Some(b) = more.iter().find(|c| c.from_snr == edge) else {
            continue;
        };
        match all.iter_mut().find(|c| c.from_snr == edge) {
            None => all.push(*b),
            Some(a) => a.add(b),
        }
    }
    all.sort_by(|a, b| a.from_snr.total_cmp(&b.from_snr));
}
