//! nta with other methods, as further engines of the table.

use super::manifest::{FilmEntry, check_plan, film_named};
use super::row::OURS;
use serde::Deserialize;

/// nta with keys of a plan of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantEntry {
    /// What is different, in a few words.
    pub name: String,
    #[serde(default)]
    pub about: String,
    /// Films it is run on.
    pub films: Vec<String>,
    /// Seeds of these; all of each film if there are none.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// Keys of the plan, over those of the film.
    pub plan: toml::Table,
}

impl VariantEntry {
    /// Its name in the table.
    pub fn engine(&self) -> String {
        format!("{OURS}: {}", self.name)
    }

    /// Whether it is to be run on a film of that seed.
    pub fn wants(&self, film: &str, seed: Option<u64>) -> bool {
        let of_seed = seed.is_none_or(|s| self.seeds.is_empty() || self.seeds.contains(&s));
        of_seed && self.films.iter().any(|f| f == film)
    }

    /// Whether it makes sense for these films.
    pub fn check(&self, films: &[FilmEntry]) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("name is empty; say what is different in a few words".into());
        }
        if self.films.is_empty() {
            return Err("films is empty; name the films it is to be run on".into());
        }
        for name in &self.films {
            film_named(films, name, &self.seeds)?;
        }
        if self.plan.is_empty() {
            return Err("plan is empty; it would be nta itself".into());
        }
        check_plan(&self.plan)
    }
}
