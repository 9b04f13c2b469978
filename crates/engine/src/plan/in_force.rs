//! The plan in force.

use super::instrument::Instrument;
use super::uncertainty::UncertaintyOptions;
use super::value::Value;
use nta_core::film::FilmOptions;
use nta_core::method::Choice;
use nta_core::model::Stated;
use nta_sizing::Weighting;
use serde::Serialize;
use std::collections::BTreeMap;

/// Origin of a value that nobody stated.
pub(super) const DEFAULT: &str = "default";
/// Origin of what an instrument wrote beside its films.
pub(super) const SIDECAR: &str = "sidecar";

/// A free field of the sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SampleValue {
    /// A whole number.
    Whole(i64),
    /// Any other finite number.
    Number(f64),
    /// Words, and dates as they were written.
    Text(String),
}

/// What the particles swim in.
#[derive(Clone, Debug, PartialEq)]
pub enum Medium {
    /// A medium of the table, whose viscosity follows from the temperature.
    Named(Stated<String>),
    /// A viscosity as measured, mPa s.
    ViscosityMpaS(Stated<f64>),
}

/// The table `[size]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeOptions {
    /// Tracks with fewer positions give no size, nor do those with hardly a step without a gap.
    pub shortest_track_frames: usize,
    /// Bootstrap resamples behind the bands and intervals.
    pub resamples: usize,
    /// Fit a common factor of the stated precision together with the sizes.
    pub profile_precision: bool,
    /// Brighter particles are seen deeper and count for less by that.
    pub depth_by_brightness: bool,
    /// What the curve counts.
    pub weighting: Weighting,
    /// Edges of the classes of size, nm, ascending.
    pub classes_nm: Vec<f64>,
}

/// The frames that are analysed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameRange {
    /// First frame, from 0.
    pub first: u32,
    /// Last frame, itself included; `None` for the end of the film.
    pub last: Option<u32>,
}

/// Everything that decides the numbers, as it is in force. Made by [`super::PlanInput::resolve`].
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Side of a pixel in the sample, um, if stated; else the file must know (see [`Plan::acquisition`]).
    pub pixel_size_um: Option<Stated<f64>>,
    /// Frames per second, if stated; overrides the file's own times.
    pub frame_rate_fps: Option<Stated<f64>>,
    /// Time during which the shutter is open, ms, if stated.
    pub exposure_ms: Option<Stated<f64>>,
    /// Temperature of the sample, degrees Celsius.
    pub temperature_c: Stated<f64>,
    /// What the particles swim in.
    pub medium: Medium,
    /// Mass fraction of what is dissolved in the medium, if it is a mixture.
    pub medium_mass_fraction: Option<Stated<f64>>,
    /// Temperature at which a stated viscosity was measured, degrees Celsius; `None` for that of the sample.
    pub viscosity_at_c: Option<Stated<f64>>,
    /// How many times the sample was diluted before it was filmed.
    pub dilution: Stated<f64>,
    /// Depth in which particles are seen, um; without it there is no concentration.
    pub depth_um: Option<Stated<f64>>,
    /// Standard uncertainties, where they were stated.
    pub uncertainties: UncertaintyOptions,
    /// Result of the diluent that is subtracted: a folder or a file.
    pub blank: Option<Stated<String>>,
    /// Seed of everything random.
    pub seed: Stated<u64>,
    /// Frames that are analysed.
    pub frames: FrameRange,
    /// The instrument profile.
    pub instrument: Option<Instrument>,
    /// Free fields that describe the sample.
    pub sample: BTreeMap<String, SampleValue>,
    /// What is said of the film as a whole.
    pub film: FilmOptions,
    /// How tracks become sizes.
    pub size: SizeOptions,
    /// Method and numbers of each stage of [`super::stages::STAGES`], every default written out.
    pub(super) stages: BTreeMap<&'static str, Choice>,
    /// Origin of each value by dotted key.
    pub(super) origins: BTreeMap<String, String>,
}

impl Plan {
    /// The instrument profile, if the depth in force is its own; a plan that was written out says both.
    pub fn profile_of_depth(&self) -> Option<&Instrument> {
        let depth_um = self.depth_um.as_ref()?.value;
        self.instrument
            .as_ref()
            .filter(|i| i.depth_um == Some(depth_um))
    }

    /// The method of a stage and all its numbers: `resolve(DETECTORS, "detect", &plan.choice("detect"))`. A stage
    /// that is not in [`super::stages::STAGES`] gives a choice that no registry serves.
    pub fn choice(&self, stage: &str) -> Choice {
        self.stages
            .get(stage)
            .cloned()
            .unwrap_or_else(|| Choice::of(""))
    }

    /// Where a value came from, by dotted key (`film.polarity`); `default` for what nobody stated.
    pub fn origin(&self, key: &str) -> &str {
        self.origins.get(key).map_or(DEFAULT, String::as_str)
    }

    /// Whether nobody stated a value.
    pub(crate) fn is_default(&self, key: &str) -> bool {
        self.origin(key) == DEFAULT
    }

    /// Takes the temperature or the dilution that a file of the instrument states beside its films; `from` says which file. It is for
    /// values that nobody else stated.
    pub(crate) fn take_from_export(&mut self, key: &'static str, value: f64, from: &str) {
        let place = match key {
            "temperature_c" => &mut self.temperature_c,
            _ => &mut self.dilution,
        };
        *place = Stated::new(value, from);
        self.origins.insert(key.to_owned(), SIDECAR.to_owned());
    }

    /// The value in force for a key of [`super::keys::KEYS`], by dotted name; `None` if it is knowingly absent.
    pub fn value(&self, key: &str) -> Option<Value> {
        let number = |s: &Option<Stated<f64>>| s.as_ref().map(|s| Value::Number(s.value));
        match key {
            "pixel_size_um" => number(&self.pixel_size_um),
            "frame_rate_fps" => number(&self.frame_rate_fps),
            "exposure_ms" => number(&self.exposure_ms),
            "temperature_c" => Some(Value::Number(self.temperature_c.value)),
            "medium" => match &self.medium {
                Medium::Named(name) => Some(Value::Word(name.value.clone())),
                Medium::ViscosityMpaS(_) => None,
            },
            "viscosity_mpa_s" => match &self.medium {
                Medium::Named(_) => None,
                Medium::ViscosityMpaS(v) => Some(Value::Number(v.value)),
            },
            "medium_mass_fraction" => number(&self.medium_mass_fraction),
            "viscosity_at_c" => number(&self.viscosity_at_c),
            "dilution" => Some(Value::Number(self.dilution.value)),
            "depth_um" => number(&self.depth_um),
            "seed" => Some(Value::Whole(self.seed.value)),
            "instrument" => self
                .instrument
                .as_ref()
                .map(|i| Value::Word(i.name.clone())),
            "first_frame" => Some(Value::Whole(self.frames.first.into())),
            "last_frame" => self.frames.last.map(|n| Value::Whole(n.into())),
            "blank.result" => self.blank.as_ref().map(|b| Value::Word(b.value.clone())),
            _ => match self.uncertainties.stated(key) {
                Some(stated) => number(stated),
                None => self.value_in_table(key),
            },
        }
    }

    fn value_in_table(&self, key: &str) -> Option<Value> {
        use nta_core::film::Polarity;
        match key {
            "film.polarity" => Some(Value::Word(
                match self.film.polarity {
                    Polarity::Bright => "bright",
                    Polarity::Dark => "dark",
                }
                .into(),
            )),
            "film.exclude" => Some(Value::Rectangles(self.film.exclude.clone())),
            "film.find_burnt_in" => Some(Value::Switch(self.film.find_burnt_in)),
            "film.background_frames" => Some(Value::Whole(self.film.background_frames as u64)),
            "film.spot_width_px" => self.film.spot_width_px.map(Value::Number),
            "size.shortest_track_frames" => {
                Some(Value::Whole(self.size.shortest_track_frames as u64))
            }
            "size.resamples" => Some(Value::Whole(self.size.resamples as u64)),
            "size.depth_by_brightness" => Some(Value::Switch(self.size.depth_by_brightness)),
            "size.profile_precision" => Some(Value::Switch(self.size.profile_precision)),
            "size.classes_nm" => Some(Value::Numbers(self.size.classes_nm.clone())),
            "size.weighting" => Some(Value::Word(self.size.weighting.word().into())),
            _ => None,
        }
    }
}
