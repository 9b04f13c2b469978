//! `result.json` as text: objects over lines, lists of numbers in one line, so that it reads well and compares well.

use super::model::{Report, SCHEMA};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;

/// A `result.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or not of this form.
    #[error("this is not a result of nta: {reason}")]
    NotAResult {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A result of another version.
    #[error(
        "the result has the form '{found}', this program reads '{SCHEMA}'; analyse the video again"
    )]
    OtherSchema {
        /// What the file says.
        found: String,
    },
}

impl Report {
    /// The text of `result.json`. Numbers that are not finite are written as `null`.
    pub fn to_json(&self) -> Vec<u8> {
        to_text(self)
    }

    /// Reads the text of a `result.json`.
    pub fn from_json(text: &[u8]) -> Result<Self, ReadError> {
        let not = |e: serde_json::Error| ReadError::NotAResult {
            reason: e.to_string(),
        };
        let value: serde_json::Value = serde_json::from_slice(text).map_err(not)?;
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => serde_json::from_slice(text).map_err(not),
            Some(found) => Err(ReadError::OtherSchema {
                found: found.into(),
            }),
            None => Err(ReadError::NotAResult {
                reason: "it has no \"schema\"".into(),
            }),
        }
    }
}

/// A value as the text of a JSON file. Numbers that are not finite are written as `null`.
pub(crate) fn to_text(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut to = Serializer::with_formatter(&mut out, ShortLists::default());
    // Writing to memory cannot fail, and all keys are strings.
    if value.serialize(&mut to).is_err() {
        out.clear();
    }
    out.push(b'\n');
    out
}

/// Objects as the pretty formatter writes them, lists without line breaks of their own.
#[derive(Default)]
struct ShortLists<'a>(PrettyFormatter<'a>);

impl Formatter for ShortLists<'_> {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use serde_json::{Value, json};

    #[test]
    fn what_is_written_reads_back() {
        for report in sample::all() {
            let text = report.to_json();
            // Reading may be off by the last bit, so what is compared is what a person would see.
            let back = Report::from_json(&text).unwrap();
            let page = |r| crate::report::html::page(r, &Default::default());
            assert_eq!(page(&back), page(&report));
            assert_eq!(back.findings, report.findings);
            assert_eq!(back.plan, report.plan);
        }
    }

    #[test]
    fn lists_stand_in_one_line_and_objects_over_several() {
        let (report, _) = sample::typical();
        let text = String::from_utf8(report.to_json()).unwrap();
        assert!(text.starts_with("{\n  \"schema\": \"nta-result/1\",\n"));
        assert!(text.contains("\"drift_um_per_s\": [0.31, -0.12],\n"));
        assert!(text.lines().count() < 900, "{}", text.lines().count());
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn other_files_are_refused_in_words() {
        let error = |text: &str| Report::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error("{").contains("line 1"));
        assert!(error("{}").contains("schema"));
        assert!(error("{\"schema\": \"nta-result/9\"}").contains("'nta-result/9'"));
        assert!(error("{\"schema\": \"nta-result/1\"}").contains("software"));
    }

    /// The keys that the contract fixes, with the shapes that it fixes.
    #[test]
    fn the_keys_of_the_contract_are_there() {
        let estimate = json!({"value": 0, "ci95": []});
        let diameters = json!({"mean": estimate, "median": estimate, "mode": estimate, "d10": estimate,
            "d50": estimate, "d90": estimate, "sd": estimate, "span": estimate});
        let concentration = json!({"per_ml": 0, "ci95": [], "particles_per_frame": 0, "probed_volume_ml": 0,
            "from": "", "dilution_applied": 0});
        let stated = json!({"value": 0, "from": ""});
        let contract = json!({
            "schema": "", "software": {"name": "", "version": "", "commit": ""}, "sample": {"id": ""}, "plan": {},
            "acquisition": {"pixel_size_um": stated, "frame_interval_s": stated, "exposure_s": stated, "bit_depth": stated},
            "medium": {"temperature_c": 0, "viscosity_mpa_s": 0, "dilution": 0, "from": ""},
            "captures": [{"path": "", "sha256": "", "container": "", "codec": "", "width_px": 0, "height_px": 0,
                "frames": 0, "frames_missing": 0, "frames_repeated": 0, "complete": true,
                "tally": {"spots": 0, "tracks": 0, "tracks_used": 0, "skipped": {"too_short": 0}},
                "particles_per_frame": 0, "drift_um_per_s": [], "diameter_nm": diameters, "concentration": concentration}],
            "diameter_nm": diameters,
            "distribution": {"weighting": "", "method": "", "diameter_nm": [], "density_per_nm": [],
                "ci95_low_per_nm": [], "ci95_high_per_nm": [], "tracks": 0, "smallest_detectable_nm": 0},
            "populations": [{"diameter_nm": 0, "sd_nm": 0, "fraction": 0, "ci95": {"diameter_nm": [], "fraction": []}}],
            "concentration": concentration, "replicates": {"n": 0, "between_capture": {}},
            "findings": [{"code": "", "severity": "", "stage": "", "message": "", "observed": 0, "limit": 0, "unit": ""}],
            "verdict": "",
            "timing": {"seconds": 0, "frames_per_second": 0, "megapixels_per_second": 0, "stage_seconds": {}}
        });
        let (report, _) = sample::typical();
        let written: Value = serde_json::from_slice(&report.to_json()).unwrap();
        has(&written, &contract, "");
    }

    fn has(written: &Value, contract: &Value, at: &str) {
        match contract {
            Value::Object(keys) => {
                for (key, inner) in keys {
                    let found = written.get(key).unwrap_or_else(|| panic!("no {at}.{key}"));
                    has(found, inner, &format!("{at}.{key}"));
                }
            }
            Value::Array(items) => {
                let found = written
                    .as_array()
                    .unwrap_or_else(|| panic!("{at} is no list"));
                if let (Some(inner), Some(first)) = (items.first(), found.first()) {
                    has(first, inner, at);
                }
            }
            Value::Number(_) => assert!(written.is_number(), "{at}"),
            Value::String(_) => assert!(written.is_string(), "{at}"),
            Value::Bool(_) => assert!(written.is_boolean(), "{at}"),
            Value::Null => {}
        }
    }
}
