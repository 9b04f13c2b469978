//! The plan as text: in force (`plan.toml`, `result.json`) and as a form to fill in (`nta plan`).

use super::in_force::{DEFAULT, Plan, SampleValue};
use super::keys::{
    self, Fallback, INSTRUMENT, INSTRUMENT_KEYS, KEYS, KeySpec, SAMPLE, SAMPLE_FIELDS,
};
use super::layer::ASSUMED;
use super::stages::{STAGES, Stage};
use nta_core::method::{Choice, in_unit};
use serde_json::{Map, json};
use std::fmt::Write;

impl Plan {
    /// The plan in force with every default written out. Read as a plan file it gives the same numbers. Values of
    /// the instrument profile stand in the table `[instrument]`, so that the file needs nothing beside it.
    pub fn to_toml(&self) -> String {
        let mut out = String::from(
            "# The plan in force, every default written out. Feeding it back gives the same result.\n\n",
        );
        let assumed: Vec<toml::Value> = KEYS
            .iter()
            .filter(|k| k.table.is_empty() && self.value(k.key).is_some())
            .filter(|k| self.origin(k.key) == DEFAULT)
            .map(|k| k.key.into())
            .collect();
        if !assumed.is_empty() {
            out.push_str("# Keys that nobody stated: their values below are the defaults.\n");
            line(&mut out, ASSUMED, &toml::Value::Array(assumed));
            out.push('\n');
        }
        self.write_keys(&mut out, "");
        if !self.sample.is_empty() {
            let fields: toml::Table = self
                .sample
                .iter()
                .map(|(k, v)| (k.clone(), v.to_toml()))
                .collect();
            let _ = write!(out, "\n[{SAMPLE}]\n{fields}");
        }
        if let Some(profile) = &self.instrument {
            let _ = write!(out, "\n[{INSTRUMENT}]\n{}", profile.to_toml());
        }
        for table in keys::tables() {
            let _ = writeln!(out, "\n[{table}]");
            self.write_keys(&mut out, table);
        }
        for (stage, choice) in self.in_pipeline_order() {
            let _ = writeln!(out, "\n[{stage}]");
            line(&mut out, "method", &choice.method.as_str().into());
            for (key, value) in &choice.params {
                line(&mut out, key, &(*value).into());
            }
        }
        out
    }

    fn write_keys(&self, out: &mut String, table: &str) {
        for spec in KEYS.iter().filter(|k| k.table == table) {
            let name = spec.name();
            let in_profile = self.origin(&name) == "instrument profile";
            match (self.value(&name), in_profile) {
                (_, true) => {
                    let _ = writeln!(out, "# {}: from the instrument profile below", spec.key);
                }
                // The profile is written as a table of its own.
                (Some(_), _) if name == INSTRUMENT => {}
                (Some(value), _) => line(out, spec.key, &value.to_toml()),
                (None, _) => self.write_absent(out, spec),
            }
        }
    }

    /// Says why a key has no value: what happens then, or for the medium that the viscosity was stated.
    fn write_absent(&self, out: &mut String, spec: &KeySpec) {
        let reason = match spec.fallback {
            Fallback::Absent(words) => words,
            _ => "the viscosity is stated",
        };
        let _ = writeln!(out, "# {} is not set: {reason}", spec.key);
    }

    /// The plan in force for `result.json`: the keys and tables of `plan.toml`, `null` where knowingly absent, and in
    /// `from` the origin of every value that is present, by dotted key.
    pub fn to_json(&self) -> serde_json::Value {
        let mut top = self.json_of_table("");
        if let Some(profile) = &self.instrument {
            let fields = profile
                .values()
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_json()));
            top.insert(INSTRUMENT.to_owned(), Map::from_iter(fields).into());
        }
        let fields = self.sample.iter().map(|(k, v)| (k.clone(), json!(v)));
        top.insert(SAMPLE.to_owned(), Map::from_iter(fields).into());
        for table in keys::tables() {
            top.insert(table.to_owned(), self.json_of_table(table).into());
        }
        for (name, choice) in self.in_pipeline_order() {
            let mut values = Map::new();
            values.insert("method".to_owned(), json!(choice.method));
            values.extend(choice.params.iter().map(|(k, v)| (k.clone(), json!(v))));
            top.insert(name.to_owned(), values.into());
        }
        let from = self.names().into_iter().map(|name| {
            let origin = json!(self.origin(&name));
            (name, origin)
        });
        top.insert("from".to_owned(), Map::from_iter(from).into());
        top.into()
    }

    fn json_of_table(&self, table: &str) -> Map<String, serde_json::Value> {
        KEYS.iter()
            .filter(|k| k.table == table)
            .map(|k| {
                let value = self.value(&k.name()).map(|v| v.to_json());
                (k.key.to_owned(), value.unwrap_or_default())
            })
            .collect()
    }

    /// Dotted names of all values that are present.
    fn names(&self) -> Vec<String> {
        let keys = KEYS.iter().map(KeySpec::name);
        let mut names: Vec<String> = keys.filter(|n| self.value(n).is_some()).collect();
        names.extend(self.sample.keys().map(|k| format!("{SAMPLE}.{k}")));
        for (stage, choice) in self.in_pipeline_order() {
            names.push(format!("{stage}.method"));
            names.extend(choice.params.keys().map(|k| format!("{stage}.{k}")));
        }
        names
    }

    fn in_pipeline_order(&self) -> Vec<(&'static str, &Choice)> {
        STAGES
            .iter()
            .filter_map(|s| Some((s.name, self.stages.get(s.name)?)))
            .collect()
    }
}

impl SampleValue {
    fn to_toml(&self) -> toml::Value {
        match self {
            SampleValue::Whole(n) => (*n).into(),
            SampleValue::Number(f) => (*f).into(),
            SampleValue::Text(s) => s.as_str().into(),
        }
    }
}

/// A plan in which everything is commented out: every key with its meaning, range, unit and default. As it stands it
/// changes nothing.
pub fn commented_default() -> String {
    let mut out = String::from(
        "# A plan: everything that decides the numbers of an analysis. Take the # away from what you want to state.\n\
         # The command line goes before the plan; the plan goes before the instrument profile and the file.\n",
    );
    commented_keys(&mut out, KEYS.iter().filter(|k| k.table.is_empty()));
    let _ = writeln!(
        out,
        "\n# Free text about the sample; any key is welcome.\n[{SAMPLE}]"
    );
    for (key, meaning) in SAMPLE_FIELDS {
        let _ = writeln!(out, "# {key} = \"\"  # {meaning}");
    }
    for table in keys::tables() {
        let _ = writeln!(out, "\n[{table}]");
        commented_keys(&mut out, KEYS.iter().filter(|k| k.table == table));
    }
    for stage in STAGES {
        commented_stage(&mut out, stage);
    }
    let _ = writeln!(
        out,
        "\n# Instead of naming an instrument profile above, a plan may carry one; these are also the keys of a profile's file.\n# [{INSTRUMENT}]"
    );
    for spec in INSTRUMENT_KEYS {
        let _ = writeln!(
            out,
            "# {} = {}  # {} {}",
            spec.key,
            spec.example,
            spec.meaning,
            spec.range()
        );
    }
    out
}

fn commented_keys<'a>(out: &mut String, specs: impl Iterator<Item = &'a KeySpec>) {
    for spec in specs {
        let _ = writeln!(
            out,
            "\n# {}\n# ({}; {})\n# {} = {}",
            spec.meaning,
            spec.range(),
            spec.default_words(),
            spec.key,
            spec.example
        );
    }
}

fn commented_stage(out: &mut String, stage: &Stage) {
    let methods = (stage.methods)();
    let _ = writeln!(out, "\n# Method: {}.\n[{}]", stage.meaning, stage.name);
    for (i, method) in methods.iter().enumerate() {
        let default = if i == 0 { " (default)" } else { "" };
        let _ = writeln!(
            out,
            "\n# {}{default}\n# method = \"{}\"",
            method.title, method.key
        );
        for p in method.params {
            let value = toml::Value::Float(p.default);
            let _ = writeln!(
                out,
                "# {} = {value}  # {} ({} to {}{})",
                p.key,
                p.meaning,
                p.min,
                p.max,
                in_unit(p.unit)
            );
        }
    }
}

fn line(out: &mut String, key: &str, value: &toml::Value) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}
