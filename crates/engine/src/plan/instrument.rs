//! Instrument profiles: what is the same for every film of one instrument.

use super::error::{PlanError, advice};
use super::keys::{INSTRUMENT, INSTRUMENT_KEYS};
use super::layer::{parse_toml, read_toml};
use super::nearest::nearest;
use super::value::{Value, check};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is the same for every film of one instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instrument {
    /// How the instrument is called in reports.
    pub name: String,
    /// Side of a pixel in the sample, um.
    pub pixel_size_um: Option<f64>,
    /// Relative standard uncertainty of the pixel size.
    pub pixel_size_relative_uncertainty: Option<f64>,
    /// Depth in which particles are seen, um.
    pub depth_um: Option<f64>,
    /// Mean ln(signal to noise over threshold) of the beads that gave the depth.
    pub depth_visibility: Option<f64>,
    /// Relative standard uncertainty of the depth.
    pub depth_relative_uncertainty: Option<f64>,
    /// Width of the frames for which the profile was made, px.
    pub width_px: Option<u32>,
    /// Height of the frames for which the profile was made, px.
    pub height_px: Option<u32>,
    /// Frames per second.
    pub frame_rate_fps: Option<f64>,
    /// Relative standard uncertainty of the frame rate.
    pub frame_rate_relative_uncertainty: Option<f64>,
    /// Time during which the shutter is open, ms.
    pub exposure_ms: Option<f64>,
    /// Whether the values are usual ones of such instruments, not measured on this one.
    pub typical: bool,
    /// Anything else.
    pub notes: Option<String>,
}

impl Instrument {
    /// The profile in a file. Without a `name` it is called as the file is.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let table = read_toml(path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::from_table(&table, &stem, &format!("in {}", path.display()))
    }

    /// The profile in a table; `name` is what it is called if it does not say, `place` where it stands, in words.
    pub(super) fn from_table(
        table: &toml::Table,
        name: &str,
        place: &str,
    ) -> Result<Self, PlanError> {
        let mut values: BTreeMap<&str, Value> = BTreeMap::new();
        for (key, value) in table {
            let spec = INSTRUMENT_KEYS
                .iter()
                .find(|s| s.key == key)
                .ok_or_else(|| {
                    let known = INSTRUMENT_KEYS.iter().map(|s| s.key);
                    PlanError::UnknownKey {
                        key: key.clone(),
                        place: place.to_owned(),
                        advice: advice(
                            nearest(key, known.clone()),
                            &known.collect::<Vec<_>>().join(", "),
                        ),
                    }
                })?;
            values.insert(spec.key, check(spec, value, place)?);
        }
        let number = |key: &str| match values.get(key) {
            Some(Value::Number(n)) => Some(*n),
            _ => None,
        };
        let side = |key: &str| match values.get(key) {
            Some(Value::Whole(n)) => u32::try_from(*n).ok(),
            _ => None,
        };
        let text = |key: &str| match values.get(key) {
            Some(Value::Word(w)) => Some(w.clone()),
            _ => None,
        };
        Ok(Self {
            name: text("name").unwrap_or_else(|| name.to_owned()),
            pixel_size_um: number("pixel_size_um"),
            pixel_size_relative_uncertainty: number("pixel_size_relative_uncertainty"),
            depth_um: number("depth_um"),
            depth_visibility: number("depth_visibility"),
            depth_relative_uncertainty: number("depth_relative_uncertainty"),
            width_px: side("width_px"),
            height_px: side("height_px"),
            frame_rate_fps: number("frame_rate_fps"),
            frame_rate_relative_uncertainty: number("frame_rate_relative_uncertainty"),
            exposure_ms: number("exposure_ms"),
            typical: values.get("typical") == Some(&Value::Switch(true)),
            notes: text("notes"),
        })
    }

    /// What the profile states, in the order of [`INSTRUMENT_KEYS`].
    pub fn values(&self) -> Vec<(&'static str, Value)> {
        let number = |n: Option<f64>| n.map(Value::Number);
        let side = |n: Option<u32>| n.map(|n| Value::Whole(n.into()));
        let all = [
            ("name", Some(Value::Word(self.name.clone()))),
            ("pixel_size_um", number(self.pixel_size_um)),
            (
                "pixel_size_relative_uncertainty",
                number(self.pixel_size_relative_uncertainty),
            ),
            ("depth_um", number(self.depth_um)),
            ("depth_visibility", number(self.depth_visibility)),
            (
                "depth_relative_uncertainty",
                number(self.depth_relative_uncertainty),
            ),
            ("width_px", side(self.width_px)),
            ("height_px", side(self.height_px)),
            ("frame_rate_fps", number(self.frame_rate_fps)),
            (
                "frame_rate_relative_uncertainty",
                number(self.frame_rate_relative_uncertainty),
            ),
            ("exposure_ms", number(self.exposure_ms)),
            ("typical", self.typical.then_some(Value::Switch(true))),
            ("notes", self.notes.clone().map(Value::Word)),
        ];
        all.into_iter()
            .filter_map(|(key, value)| value.map(|v| (key, v)))
            .collect()
    }

    /// The profile as a file that [`Instrument::read`] reads.
    pub fn to_toml(&self) -> String {
        let table: toml::Table = self
            .values()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_toml()))
            .collect();
        table.to_string()
    }
}

/// Profiles that come with the program: usual values of a kind of instrument, marked as such.
static SHIPPED: [(&str, &str); 2] = [
    ("nanosight", include_str!("profiles/nanosight.toml")),
    ("zetaview", include_str!("profiles/zetaview.toml")),
];

/// The profiles that come with the program.
pub fn shipped_instruments() -> Vec<Instrument> {
    let read = |(name, text): &(&str, &str)| shipped(name, text).ok();
    SHIPPED.iter().filter_map(read).collect()
}

fn shipped(name: &str, text: &str) -> Result<Instrument, PlanError> {
    let place = format!("in the profile '{name}' of this program");
    Instrument::from_table(&parse_toml(text, name)?, name, &place)
}

/// Folders in which profiles are looked up by name: those of `NTA_INSTRUMENTS` (separated as in `PATH`), then the
/// user's config folder.
pub fn instrument_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("NTA_INSTRUMENTS")
        .map(|list| std::env::split_paths(&list).collect())
        .unwrap_or_default();
    let config = if cfg!(windows) {
        std::env::var_os("APPDATA").map(PathBuf::from)
    } else {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"))
    };
    folders.extend(config.map(|c| c.join("nta").join("instruments")));
    folders.retain(|f| !f.as_os_str().is_empty());
    folders
}

/// Finds a profile: a path (it has a separator or ends in `.toml`, relative to `beside`), or a name, of one's own first, then of
/// those that come with the program.
pub(super) fn find(
    name: &str,
    beside: Option<&Path>,
    folders: &[PathBuf],
) -> Result<Instrument, PlanError> {
    let is_path = name.contains(['/', std::path::MAIN_SEPARATOR]) || name.ends_with(".toml");
    if is_path {
        let path = beside.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        return Instrument::read(&path);
    }
    let file = format!("{name}.toml");
    if let Some(path) = folders.iter().map(|f| f.join(&file)).find(|p| p.is_file()) {
        return Instrument::read(&path);
    }
    // A profile of one's own goes before one of the same name that comes with the program.
    if let Some((name, text)) = SHIPPED.iter().find(|(n, _)| *n == name) {
        return shipped(name, text);
    }
    let mut there = profiles_in(folders);
    there.extend(SHIPPED.iter().map(|(n, _)| (*n).to_owned()));
    let listed = |items: Vec<String>, none: &str| {
        if items.is_empty() {
            none.to_owned()
        } else {
            items.join(", ")
        }
    };
    let suggestion = nearest(name, there.iter().map(String::as_str))
        .map(|n| format!("; did you mean '{n}'?"))
        .unwrap_or_default();
    Err(PlanError::NoInstrument {
        name: name.to_owned(),
        places: listed(
            folders.iter().map(|f| f.display().to_string()).collect(),
            "no folder (set NTA_INSTRUMENTS)",
        ),
        there: format!("there is: {}{suggestion}", listed(there, "no profile")),
    })
}

/// Names of the profiles in these folders, sorted, each once.
pub(super) fn profiles_in(folders: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = folders
        .iter()
        .filter_map(|f| std::fs::read_dir(f).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .filter_map(|p| Some(p.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Place of the profile's values in messages about a plan that carries it.
pub(super) fn place_in(place: &str) -> String {
    format!("{place}, table [{INSTRUMENT}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_of_the_program_are_sound_and_say_that_they_are_usual_values() {
        for (name, text) in SHIPPED {
            let profile = shipped(name, text).expect("a profile");
            assert!(profile.typical && profile.notes.is_some(), "{name}");
            assert!(
                profile.pixel_size_um.is_some() && profile.depth_um.is_some(),
                "{name}"
            );
            let again = Instrument::from_table(&profile.to_toml().parse().expect("TOML"), name, "");
            assert_eq!(again.expect("a profile"), profile);
            assert_eq!(find(name, None, &[]).expect("found"), profile);
        }
        assert_eq!(shipped_instruments().len(), SHIPPED.len());
        let own = tempfile::tempdir().expect("a folder");
        std::fs::write(own.path().join("zetaview.toml"), "pixel_size_um = 0.5").expect("a file");
        let found = find("zetaview", None, &[own.path().to_path_buf()]).expect("found");
        assert_eq!((found.pixel_size_um, found.typical), (Some(0.5), false));
    }
}
