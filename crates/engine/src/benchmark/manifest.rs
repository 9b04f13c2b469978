//! The list of films with known answers: `MANIFEST.toml`.

use super::columns;
use super::error::BenchmarkError;
use super::variant::VariantEntry;
use crate::plan::PlanInput;
use crate::text_file::{NotRead, read_text};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a manifest says. Paths in it start at its own folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub title: String,
    #[serde(default)]
    pub about: String,
    #[serde(default, rename = "film")]
    pub films: Vec<FilmEntry>,
    #[serde(default, rename = "peer")]
    pub peers: Vec<PeerEntry>,
    #[serde(default, rename = "variant")]
    pub variants: Vec<VariantEntry>,
}

/// One film, or one scene filmed with several seeds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilmEntry {
    /// Name in the table; letters, digits, `-`, `_` and `.`.
    pub name: String,
    #[serde(default)]
    pub about: String,
    /// A scene to simulate. Either this or `video`.
    pub scene: Option<PathBuf>,
    /// A recorded film.
    pub video: Option<PathBuf>,
    /// Of a recorded film: the `truth.json` beside whose `truth.csv` positions are known.
    pub truth: Option<PathBuf>,
    /// Of a recorded film: tracks of another engine that count as the truth.
    pub tracks: Option<PathBuf>,
    /// Of a recorded film: the size that is stated, nm.
    pub nominal_nm: Option<f64>,
    /// How far the median may be from `nominal_nm`.
    pub tolerance_percent: Option<f64>,
    /// Seeds with which a scene is filmed; its own if there are none.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// Frames, instead of those of the scene.
    pub frames: Option<u32>,
    /// How a simulated film is stored: `raw`, `mjpeg` or `h264`.
    pub codec: Option<StoredAs>,
    /// Quality of `mjpeg` (1 to 100) or constant rate factor of `h264`.
    pub quality: Option<u8>,
    /// Name of a film of beads of known concentration, from which the depth of view follows.
    pub depth_from: Option<String>,
    /// Keys of the plan beside those that the scene gives.
    #[serde(default)]
    pub plan: toml::Table,
    /// Whether `--sweep` varies the settings on it.
    #[serde(default)]
    pub sweep: bool,
    /// Whether the page has its positions by signal to noise.
    #[serde(default)]
    pub positions: bool,
    /// Smallest and largest allowed score of nta, by the key of the score.
    #[serde(default)]
    pub limits: BTreeMap<String, [f64; 2]>,
}

/// How a simulated film is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StoredAs {
    Raw,
    Mjpeg,
    H264,
}

/// Another engine whose tracks are scored beside ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeerEntry {
    pub engine: String,
    #[serde(default)]
    pub about: String,
    /// File of its tracks; `{film}` and `{seed}` stand for the name and the seed of the film.
    pub tracks: String,
    /// Folder of the manifest.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Films it was run on.
    pub films: Vec<String>,
    /// Seeds of these; all of each film if there are none.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// Tracks with fewer spots give no size.
    #[serde(default = "usual_shortest_track")]
    pub shortest_track_frames: u32,
}

fn usual_shortest_track() -> u32 {
    10
}

impl PeerEntry {
    /// Its tracks of one film.
    pub fn file(&self, film: &str, seed: Option<u64>) -> PathBuf {
        let seed = seed.map_or(String::new(), |s| s.to_string());
        let name = self.tracks.replace("{film}", film).replace("{seed}", &seed);
        self.folder.join(name)
    }

    fn check(&self, films: &[FilmEntry]) -> Result<(), String> {
        if self.engine.trim().is_empty() || self.engine == "nta" || self.engine.starts_with("nta: ")
        {
            return Err("engine must name another program than nta".into());
        }
        if self.films.is_empty() {
            return Err("films is empty; name the films it was run on".into());
        }
        for name in &self.films {
            let (film, of_film) = film_named(films, name, &self.seeds)?;
            if of_film > 1 && !self.tracks.contains("{seed}") {
                return Err(format!(
                    "tracks must hold {{seed}}, because film '{name}' has several seeds"
                ));
            }
            if film.video.is_some() && self.tracks.contains("{seed}") {
                return Err(format!(
                    "tracks holds {{seed}}, but film '{name}' is recorded and has none"
                ));
            }
        }
        if !(3..=10_000).contains(&self.shortest_track_frames) {
            return Err(format!(
                "shortest_track_frames is {}, but must be from 3 to 10000 frames",
                self.shortest_track_frames
            ));
        }
        Ok(())
    }
}

/// The film of this name, and how many of its seeds are among these (all are, if there are none).
pub(super) fn film_named<'a>(
    films: &'a [FilmEntry],
    name: &str,
    seeds: &[u64],
) -> Result<(&'a FilmEntry, usize), String> {
    let Some(film) = films.iter().find(|f| f.name == name) else {
        return Err(format!("films names '{name}', but there is no such film"));
    };
    let wanted = |s: &&u64| seeds.is_empty() || seeds.contains(s);
    let of_film = film.seeds.iter().filter(wanted).count();
    if !film.seeds.is_empty() && of_film == 0 {
        return Err(format!("seeds names none of film '{name}'"));
    }
    Ok((film, of_film))
}

/// Whether these are keys of a plan with values that they can have.
pub(super) fn check_plan(keys: &toml::Table) -> Result<(), String> {
    let mut plan = PlanInput::new();
    plan.plan_text(&keys.to_string(), "plan")
        .and_then(|()| plan.resolve().map(drop))
        .map_err(|e| e.to_string())
}

impl Manifest {
    /// Reads and checks a manifest; paths become paths from the current folder.
    pub fn read(path: &Path) -> Result<Self, BenchmarkError> {
        let unreadable = |reason: String| BenchmarkError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        let text = read_text(path, "a manifest").map_err(|e| match e {
            NotRead::Because(reason) => unreadable(reason),
            NotRead::NotUtf8(byte) => unreadable(format!("byte {byte} is not UTF-8 text")),
        })?;
        let wrong = |reason: String| BenchmarkError::Manifest {
            path: path.display().to_string(),
            reason,
        };
        let mut manifest: Self = toml::from_str(&text).map_err(|e| {
            let line = e
                .span()
                .map(|s| text[..s.start].lines().count().max(1))
                .map_or(String::new(), |n| format!("line {n}: "));
            wrong(format!("{line}{}", e.message()))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for film in &mut manifest.films {
            for place in [
                &mut film.scene,
                &mut film.video,
                &mut film.truth,
                &mut film.tracks,
            ] {
                *place = place.as_ref().map(|p| folder.join(p));
            }
        }
        for peer in &mut manifest.peers {
            peer.folder = folder.to_owned();
        }
        manifest.check().map_err(wrong)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.films.is_empty() {
            return Err("it lists no film; add a table [[film]] with a name and a scene".into());
        }
        let mut names = BTreeSet::new();
        for film in &self.films {
            film.check()
                .map_err(|e| format!("film '{}': {e}", film.name))?;
            if !names.insert(film.name.as_str()) {
                return Err(format!("two films are called '{}'", film.name));
            }
        }
        for film in &self.films {
            let Some(beads) = &film.depth_from else {
                continue;
            };
            let of_beads = self.films.iter().find(|f| f.name == *beads);
            if !of_beads.is_some_and(|b| b.scene.is_some() && b.depth_from.is_none()) {
                return Err(format!(
                    "film '{}': depth_from names '{beads}', but must name a film with a scene and without depth_from",
                    film.name
                ));
            }
        }
        let mut engines = BTreeSet::new();
        for peer in &self.peers {
            peer.check(&self.films)
                .map_err(|e| format!("peer '{}': {e}", peer.engine))?;
            if !engines.insert(peer.engine.as_str()) {
                return Err(format!("two peers are called '{}'", peer.engine));
            }
        }
        let mut names = BTreeSet::new();
        for variant in &self.variants {
            variant
                .check(&self.films)
                .map_err(|e| format!("variant '{}': {e}", variant.name))?;
            if !names.insert(variant.name.as_str()) {
                return Err(format!("two variants are called '{}'", variant.name));
            }
        }
        Ok(())
    }

    /// The films of these names and those that their depths come from, in the order of the manifest; all for an empty
    /// list.
    pub fn selected(&self, only: &[String]) -> Result<Vec<&FilmEntry>, String> {
        let mut wanted: BTreeSet<&str> = only.iter().map(String::as_str).collect();
        if let Some(name) = only
            .iter()
            .find(|n| !self.films.iter().any(|f| f.name == **n))
        {
            let names: Vec<&str> = self.films.iter().map(|f| f.name.as_str()).collect();
            return Err(format!(
                "it has no film '{name}'; its films are {}",
                names.join(", ")
            ));
        }
        for film in &self.films {
            if wanted.contains(film.name.as_str()) {
                wanted.extend(film.depth_from.as_deref());
            }
        }
        Ok(self
            .films
            .iter()
            .filter(|f| only.is_empty() || wanted.contains(f.name.as_str()))
            .collect())
    }
}

impl FilmEntry {
    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.name.is_empty() || !self.name.chars().all(plain) || self.name.starts_with('.') {
            return Err("name must be letters, digits, '-', '_' and '.'".into());
        }
        match (&self.scene, &self.video) {
            (Some(_), None) => self.check_scene()?,
            (None, Some(_)) => self.check_video()?,
            _ => return Err("give either scene or video".into()),
        }
        check_plan(&self.plan)?;
        let mut seeds = BTreeSet::new();
        if let Some(seed) = self.seeds.iter().find(|s| !seeds.insert(**s)) {
            return Err(format!("seeds names {seed} twice"));
        }
        for (key, [low, high]) in &self.limits {
            if columns::find(key).is_none() {
                let keys: Vec<&str> = columns::COLUMNS.iter().map(|c| c.key).collect();
                return Err(format!(
                    "limits: '{key}' is no score; the scores are {}",
                    keys.join(", ")
                ));
            }
            if low > high || low.is_nan() || high.is_nan() {
                return Err(format!(
                    "limits.{key} is [{low}, {high}], but the first must not be above the second"
                ));
            }
        }
        Ok(())
    }

    fn check_scene(&self) -> Result<(), String> {
        let given = [
            ("truth", self.truth.is_some()),
            ("tracks", self.tracks.is_some()),
            ("nominal_nm", self.nominal_nm.is_some()),
            ("tolerance_percent", self.tolerance_percent.is_some()),
        ];
        if let Some((key, _)) = given.iter().find(|g| g.1) {
            return Err(format!(
                "{key} belongs to a video; a scene has a truth of its own"
            ));
        }
        if self.frames == Some(0) {
            return Err("frames is 0, but must be at least 1 frame".into());
        }
        let quality = match self.codec {
            Some(StoredAs::Mjpeg) => 1..=100,
            Some(StoredAs::H264) => 0..=51,
            _ if self.quality.is_some() => {
                return Err("quality belongs to the codecs mjpeg and h264".into());
            }
            _ => return Ok(()),
        };
        match self.quality {
            Some(q) if !quality.contains(&q) => Err(format!(
                "quality is {q}, but must be from {} to {}",
                quality.start(),
                quality.end()
            )),
            _ => Ok(()),
        }
    }

    fn check_video(&self) -> Result<(), String> {
        let given = [
            ("seeds", !self.seeds.is_empty()),
            ("frames", self.frames.is_some()),
            ("codec", self.codec.is_some()),
            ("quality", self.quality.is_some()),
        ];
        if let Some((key, _)) = given.iter().find(|g| g.1) {
            return Err(format!("{key} belongs to a scene, not to a video"));
        }
        if self.truth.is_none() && self.tracks.is_none() && self.nominal_nm.is_none() {
            return Err(
                "its answer is not known; give truth, tracks or nominal_nm (a film without one is for nta analyze)"
                    .into(),
            );
        }
        let in_range = |key: &str, value: Option<f64>, low: f64, high: f64, unit: &str| match value
        {
            Some(v) if !(low..=high).contains(&v) => Err(format!(
                "{key} is {v}, but must be from {low} to {high} {unit}"
            )),
            _ => Ok(()),
        };
        in_range("nominal_nm", self.nominal_nm, 1.0, 1e5, "nm")?;
        in_range(
            "tolerance_percent",
            self.tolerance_percent,
            0.01,
            100.0,
            "%",
        )?;
        if self.positions && self.truth.is_none() {
            return Err("positions needs the truth of a simulated film".into());
        }
        if self.tolerance_percent.is_some() && self.nominal_nm.is_none() {
            return Err("tolerance_percent needs nominal_nm".into());
        }
        Ok(())
    }

    /// The limits of its scores, that of a stated size among them.
    pub fn all_limits(&self) -> BTreeMap<&str, [f64; 2]> {
        let mut all: BTreeMap<&str, [f64; 2]> =
            self.limits.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        if let Some(t) = self.tolerance_percent {
            all.entry("d50_error_percent").or_insert([-t, t]);
        }
        all
    }
}
