//! From what was typed to what is in force.

use super::error::PlanError;
use super::in_force::{DEFAULT, FrameRange, Medium, Plan, SIDECAR, SampleValue, SizeOptions};
use super::input::PlanInput;
use super::instrument::{self, Instrument, instrument_folders};
use super::keys::{Fallback, INSTRUMENT, KEYS, SAMPLE};
use super::layer::{InstrumentInput, Layer};
use super::nearest::nearest;
use super::stages::{STAGES, Stage};
use super::uncertainty::UncertaintyOptions;
use super::value::Value;
use nta_core::film::{FilmOptions, Polarity};
use nta_core::method::{Choice, MethodError};
use nta_core::model::Stated;
use nta_sizing::Weighting;
use std::collections::BTreeMap;
use std::path::Path;

/// All keys that say what the particles swim in.
const LIQUID: [&str; 4] = [
    "medium",
    "medium_mass_fraction",
    "viscosity_mpa_s",
    "viscosity_at_c",
];
const COMMAND_LINE: &str = "command line";
const PLAN: &str = "plan";
const PROFILE: &str = "instrument profile";
const SAMPLES: &str = "samples.csv";

impl PlanInput {
    /// The plan in force: command line before the row of `samples.csv` before plan file before instrument profile before
    /// what the instrument wrote beside its film before default.
    pub fn resolve(&self) -> Result<Plan, PlanError> {
        let (instrument, instrument_from) = match self.instrument()? {
            Some((profile, from)) => (Some(profile), Some(from)),
            None => (None, None),
        };
        let mut values = InForce::defaults();
        // Usual values of a kind of instrument give way to what this one wrote; measured ones do not.
        let (usual, measured) = match &instrument {
            Some(profile) if profile.typical => (Some(profile), None),
            other => (None, other.as_ref()),
        };
        usual.into_iter().for_each(|p| values.overlay_profile(p));
        values.overlay(&self.sidecar, SIDECAR);
        measured.into_iter().for_each(|p| values.overlay_profile(p));
        values.overlay(&self.plan, PLAN);
        values.overlay(&self.samples, SAMPLES);
        values.overlay(&self.command_line, COMMAND_LINE);

        let mut origins: BTreeMap<String, String> = values
            .0
            .iter()
            .map(|(key, (_, from))| (key.clone(), (*from).to_owned()))
            .collect();
        if let Some(from) = instrument_from {
            origins.insert(INSTRUMENT.to_owned(), from.to_owned());
        }
        values.check_medium()?;
        let mut stages = BTreeMap::new();
        for stage in STAGES {
            // A registry without methods has no default; then the stage is in the plan only if it was typed.
            if let Some(choice) = self.stage_in_force(stage, &mut origins)? {
                stages.insert(stage.name, choice);
            }
        }
        Ok(Plan {
            pixel_size_um: values.number("pixel_size_um"),
            frame_rate_fps: values.number("frame_rate_fps"),
            exposure_ms: values.number("exposure_ms"),
            temperature_c: values.stated("temperature_c", Value::number),
            medium: values.medium(),
            medium_mass_fraction: values.number("medium_mass_fraction"),
            viscosity_at_c: values.number("viscosity_at_c"),
            dilution: values.stated("dilution", Value::number),
            depth_um: values.number("depth_um"),
            uncertainties: values.uncertainties(),
            blank: values.blank(self.plan_folder.as_deref()),
            seed: values.stated("seed", Value::whole),
            frames: values.frames()?,
            sample: self.sample(&mut origins),
            film: values.film(),
            size: values.size(),
            instrument,
            stages,
            origins,
        })
    }

    fn instrument(&self) -> Result<Option<(Instrument, &'static str)>, PlanError> {
        let layers = [
            (&self.command_line, COMMAND_LINE, None),
            (&self.plan, PLAN, self.plan_folder.as_deref()),
        ];
        for (layer, from, beside) in layers {
            match &layer.instrument {
                Some(InstrumentInput::Carried(profile)) => {
                    return Ok(Some((profile.clone(), from)));
                }
                Some(InstrumentInput::Named(name)) => {
                    let folders = self.folders.clone().unwrap_or_else(instrument_folders);
                    let profile = instrument::find(name, beside, &folders)?;
                    return Ok(Some((profile, from)));
                }
                None => {}
            }
        }
        Ok(None)
    }

    fn sample(&self, origins: &mut BTreeMap<String, String>) -> BTreeMap<String, SampleValue> {
        let mut sample = BTreeMap::new();
        let layers = [
            (&self.sidecar, SIDECAR),
            (&self.plan, PLAN),
            (&self.samples, SAMPLES),
            (&self.command_line, COMMAND_LINE),
        ];
        for (layer, from) in layers {
            for (key, value) in &layer.sample {
                sample.insert(key.clone(), value.clone());
                origins.insert(format!("{SAMPLE}.{key}"), from.to_owned());
            }
        }
        sample
    }

    /// Numbers belong to the method with which they were typed: where the command line chooses another method than
    /// the plan, the plan's numbers for that stage no longer apply.
    fn stage_in_force(
        &self,
        stage: &Stage,
        origins: &mut BTreeMap<String, String>,
    ) -> Result<Option<Choice>, PlanError> {
        let methods = (stage.methods)();
        let mut choice = Choice::of(methods.first().map_or("", |m| m.key));
        let mut from: BTreeMap<String, &str> = BTreeMap::new();
        for (layer, origin) in [(&self.plan, PLAN), (&self.command_line, COMMAND_LINE)] {
            let Some(input) = layer.stages.get(stage.name) else {
                continue;
            };
            if let Some(method) = &input.method {
                if *method != choice.method {
                    choice = Choice::of(method);
                    from.clear();
                }
                from.insert("method".to_owned(), origin);
            }
            for (key, value) in &input.numbers {
                choice.params.insert(key.clone(), *value);
                from.insert(key.clone(), origin);
            }
        }
        if methods.is_empty() && choice == Choice::of("") {
            return Ok(None);
        }
        let choice = (stage.resolve)(&choice).map_err(|e| with_nearest(e, stage))?;
        for (key, origin) in from {
            origins.insert(format!("{}.{key}", stage.name), origin.to_owned());
        }
        Ok(Some(choice))
    }
}

fn with_nearest(error: MethodError, stage: &Stage) -> PlanError {
    let methods = (stage.methods)();
    let nearest = match &error {
        MethodError::UnknownMethod { given, .. } => nearest(given, methods.iter().map(|m| m.key)),
        MethodError::UnknownParam { method, given, .. } => {
            let own = methods.iter().filter(|m| m.key == method);
            let keys = own.flat_map(|m| m.params.iter().map(|p| p.key));
            nearest(given, keys.chain(["method"]))
        }
        MethodError::OutOfRange { .. } => None,
    };
    PlanError::Method {
        nearest: nearest.map(str::to_owned),
        error: Box::new(error),
    }
}

/// Values by dotted key, each with its origin.
struct InForce(BTreeMap<String, (Value, &'static str)>);

impl InForce {
    fn defaults() -> Self {
        let default = |fallback| match fallback {
            Fallback::Absent(_) => None,
            Fallback::Number(n) => Some(Value::Number(n)),
            Fallback::Whole(n) => Some(Value::Whole(n)),
            Fallback::Word(w) => Some(Value::Word(w.to_owned())),
            Fallback::Switch(b) => Some(Value::Switch(b)),
            Fallback::Empty => Some(Value::Rectangles(Vec::new())),
            Fallback::List(list) => Some(Value::Numbers(list.to_vec())),
        };
        let all = KEYS
            .iter()
            .filter_map(|k| Some((k.name(), (default(k.fallback)?, DEFAULT))));
        Self(all.collect())
    }

    fn overlay_profile(&mut self, profile: &Instrument) {
        for (key, value) in profile.values() {
            if ["pixel_size_um", "depth_um", "frame_rate_fps", "exposure_ms"].contains(&key) {
                self.0.insert(key.to_owned(), (value, PROFILE));
            }
        }
    }

    fn overlay(&mut self, layer: &Layer, from: &'static str) {
        // A layer that states the liquid in one way takes back all that lower layers said of it.
        for stated in ["medium", "viscosity_mpa_s"] {
            if layer.values.contains_key(stated) {
                for key in LIQUID.into_iter().filter(|key| *key != stated) {
                    self.0.remove(key);
                }
            }
        }
        for (key, value) in &layer.values {
            // A value that is listed as assumed and has since been changed was stated after all.
            let assumed = layer.assumed.contains(key)
                && self
                    .0
                    .get(key)
                    .is_some_and(|(v, f)| *f == DEFAULT && v == value);
            let from = if assumed { DEFAULT } else { from };
            self.0.insert(key.clone(), (value.clone(), from));
        }
    }

    fn optional<T>(&self, key: &str, read: fn(&Value) -> Option<T>) -> Option<Stated<T>> {
        let (value, from) = self.0.get(key)?;
        Some(Stated::new(read(value)?, *from))
    }

    /// A value that is never absent, because its key has a default.
    fn stated<T>(&self, key: &str, read: fn(&Value) -> Option<T>) -> Stated<T> {
        self.optional(key, read)
            .expect("this key has a default of its own type in the table of keys")
    }

    fn number(&self, key: &str) -> Option<Stated<f64>> {
        self.optional(key, Value::number)
    }

    fn count(&self, key: &str) -> usize {
        usize::try_from(self.stated(key, Value::whole).value).unwrap_or(usize::MAX)
    }

    fn medium(&self) -> Medium {
        match self.number("viscosity_mpa_s") {
            Some(viscosity) => Medium::ViscosityMpaS(viscosity),
            None => Medium::Named(self.stated("medium", Value::word)),
        }
    }

    fn uncertainties(&self) -> UncertaintyOptions {
        UncertaintyOptions {
            temperature_c: self.number("temperature_uncertainty_c"),
            viscosity: self.number("viscosity_relative_uncertainty"),
            pixel_size: self.number("pixel_size_relative_uncertainty"),
            frame_rate: self.number("frame_rate_relative_uncertainty"),
            depth: self.number("depth_relative_uncertainty"),
            dilution: self.number("dilution_relative_uncertainty"),
            mass_fraction: self.number("medium_mass_fraction_uncertainty"),
        }
    }

    /// A path in a plan starts at the plan's folder. One that is not there is left as it stands, so that the plan of a
    /// result works again where the films' paths work again.
    fn blank(&self, plan_folder: Option<&Path>) -> Option<Stated<String>> {
        let mut blank = self.optional("blank.result", Value::word)?;
        let beside = plan_folder
            .filter(|_| blank.from == PLAN)
            .map(|folder| folder.join(&blank.value))
            .filter(|path| path.exists());
        if let Some(path) = beside {
            blank.value = path.display().to_string();
        }
        Some(blank)
    }

    /// What belongs together is there together.
    fn check_medium(&self) -> Result<(), PlanError> {
        let has = |key: &str| self.0.contains_key(key);
        if has("viscosity_at_c") && !has("viscosity_mpa_s") {
            return Err(PlanError::ViscosityAtNothing);
        }
        if has("medium_mass_fraction_uncertainty") && !has("medium_mass_fraction") {
            return Err(PlanError::UncertaintyOfNoFraction);
        }
        let given = self.number("medium_mass_fraction").map(|f| f.value);
        match self.medium() {
            Medium::ViscosityMpaS(_) if given.is_some() => Err(PlanError::MassFractionOfViscosity),
            Medium::ViscosityMpaS(_) => Ok(()),
            Medium::Named(name) => nta_sizing::Medium::check_mass_fraction(&name.value, given)
                .map_err(|e| PlanError::Medium(Box::new(e))),
        }
    }

    fn frames(&self) -> Result<FrameRange, PlanError> {
        // The table keeps frame numbers within u32.
        let frame = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let first = frame(self.stated("first_frame", Value::whole).value);
        let last = self.optional("last_frame", Value::whole);
        let last = last.map(|s| frame(s.value));
        match last {
            Some(last) if last < first => Err(PlanError::FramesReversed { first, last }),
            last => Ok(FrameRange { first, last }),
        }
    }

    fn film(&self) -> FilmOptions {
        let dark = self.stated("film.polarity", Value::word).value == "dark";
        FilmOptions {
            polarity: if dark {
                Polarity::Dark
            } else {
                Polarity::Bright
            },
            exclude: self.stated("film.exclude", Value::rectangles).value,
            find_burnt_in: self.stated("film.find_burnt_in", Value::switch).value,
            background_frames: self.count("film.background_frames"),
            spot_width_px: self.number("film.spot_width_px").map(|s| s.value),
        }
    }

    fn size(&self) -> SizeOptions {
        let weighting = self.stated("size.weighting", Value::word).value;
        SizeOptions {
            shortest_track_frames: self.count("size.shortest_track_frames"),
            resamples: self.count("size.resamples"),
            profile_precision: self.stated("size.profile_precision", Value::switch).value,
            depth_by_brightness: self.stated("size.depth_by_brightness", Value::switch).value,
            classes_nm: self.stated("size.classes_nm", Value::numbers).value,
            // The table of keys lets no other word through.
            weighting: Weighting::of_word(&weighting).unwrap_or(Weighting::Number),
        }
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
