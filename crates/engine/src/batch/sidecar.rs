//! What instruments wrote beside their films: the conditions of the acquisition, and which films are one sample.
//!
//! Exports of NanoSight name their films, those of ZetaView have the film's name. What they say goes before the defaults and
//! behind everything that a person says. The dilution is that of the sample and is applied once, to our own count; what the
//! vendor multiplied with it is not read here.

use super::find::FoundCapture;
use super::group::by_name;
use crate::plan::{PlanError, PlanInput};
use crate::vendor::{Conditions, conditions};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of the files that may be exports.
const ENDINGS: [&str; 2] = ["csv", "txt"];

/// A value that sidecars give to the plan.
type Field = (&'static str, fn(&Conditions) -> Option<f64>);

/// Values that films of one sample share; where they differ, none is taken.
const SHARED: [Field; 4] = [
    ("pixel_size_um", |c| c.pixel_size_um),
    ("exposure_ms", |c| c.exposure_ms),
    ("frame_rate_fps", |c| c.frame_rate_fps),
    ("dilution", |c| c.dilution),
];

/// Values of which the mean over the films is taken.
const AVERAGED: [Field; 2] = [
    ("temperature_c", |c| c.temperature_c),
    ("viscosity_mpa_s", |c| c.viscosity_mpa_s),
];

/// All sidecars of a folder.
#[derive(Default)]
pub(super) struct Sidecars {
    /// The folder that an export lies in, its name, and what it says.
    all: Vec<(PathBuf, String, Conditions)>,
    /// What is to be told of files that could not be used.
    pub(super) notes: Vec<String>,
}

impl Sidecars {
    /// Reads what lies beside the captures.
    pub(super) fn read(captures: &[FoundCapture]) -> Self {
        let folders: BTreeSet<&Path> = captures.iter().filter_map(|c| c.path.parent()).collect();
        let mut out = Self::default();
        for folder in folders {
            let mut files: Vec<PathBuf> = fs::read_dir(folder)
                .into_iter()
                .flatten()
                .filter_map(|e| Some(e.ok()?.path()))
                .filter(|p| may_be_export(p))
                .collect();
            files.sort();
            for file in files {
                let name = file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                match conditions(&file) {
                    Ok(Some(says)) => out.all.push((folder.to_owned(), name, says)),
                    Ok(None) => {}
                    Err(error) => out.notes.push(format!("{name} was not used: {error}")),
                }
            }
        }
        out
    }

    /// Samples of several captures: the films that one export names. An export without a time was put together from several
    /// measurements, and does not make them one sample.
    pub(super) fn samples(&self, captures: &[FoundCapture]) -> Vec<(String, Vec<usize>)> {
        let mut taken = vec![false; captures.len()];
        let mut out = Vec::new();
        for (folder, _, says) in self
            .all
            .iter()
            .filter(|(_, _, c)| c.time_captured.is_some())
        {
            let of: Vec<usize> = (0..captures.len())
                .filter(|i| !taken[*i] && is_about(folder, says, &captures[*i]))
                .collect();
            if of.len() < 2 {
                continue;
            }
            let named: Vec<FoundCapture> = of.iter().map(|i| captures[*i].clone()).collect();
            let groups = by_name(&named);
            let Some((name, _)) = groups.first() else {
                continue;
            };
            of.iter().for_each(|i| taken[*i] = true);
            out.push((name.clone(), of));
        }
        out
    }

    /// Puts the conditions of these captures into the plan.
    pub(super) fn fill(
        &mut self,
        captures: &[FoundCapture],
        input: &mut PlanInput,
    ) -> Result<(), PlanError> {
        let mut found: Vec<(&str, Conditions)> = Vec::new();
        for capture in captures {
            let of = |(folder, name, says): &'_ (PathBuf, String, Conditions)| {
                let beside = capture.path.parent() == Some(folder);
                Some((
                    name.clone(),
                    says.of_video(&capture.path).filter(|_| beside)?,
                ))
            };
            // Of several exports about one film the first by name counts.
            if let Some((name, says)) = self.all.iter().find_map(of) {
                let name = self
                    .all
                    .iter()
                    .find(|a| a.1 == name)
                    .map_or("", |a| a.1.as_str());
                found.push((name, says));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let mut notes = Vec::new();
        let names: BTreeSet<&str> = found.iter().map(|(n, _)| *n).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        for (key, field) in SHARED {
            let values: Vec<Option<f64>> = found.iter().map(|(_, c)| field(c)).collect();
            match common(&values) {
                Some(Ok(value)) => take(input, key, value, &names, &mut notes),
                Some(Err(())) => notes.push(format!(
                    "{names} says different values of {key} for films of one sample; none was used, give it by samples.csv or on the command line"
                )),
                None => {}
            }
        }
        for (key, field) in AVERAGED {
            let values: Vec<f64> = found.iter().filter_map(|(_, c)| field(c)).collect();
            if !values.is_empty() {
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                take(input, key, (mean * 1e6).round() / 1e6, &names, &mut notes);
            }
        }
        let (_, first) = &found[0];
        let words = [
            ("operator", &first.operator),
            ("diluent", &first.diluent),
            ("time_captured", &first.time_captured),
            ("camera", &first.camera),
            ("laser", &first.laser),
        ];
        for (key, text) in words {
            if let Some(text) = text.as_deref().filter(|t| !t.trim().is_empty()) {
                input.of_sidecar(&format!("sample.{key}"), text, &format!("in {names}"))?;
            }
        }
        input.of_sidecar("sample.sidecar", &names, &format!("in {names}"))?;
        self.notes.extend(notes);
        Ok(())
    }
}

/// Gives a value to the plan; one that is out of range is told and not used.
fn take(input: &mut PlanInput, key: &str, value: f64, names: &str, notes: &mut Vec<String>) {
    let place = format!("in {names}");
    if let Err(error) = input.of_sidecar(key, &value.to_string(), &place) {
        notes.push(format!("{error}; it was not used"));
    }
}

/// The value that all share to one part in a thousand; `None` if none is there, an error if they differ or some lack it.
fn common(values: &[Option<f64>]) -> Option<Result<f64, ()>> {
    let first = values.iter().flatten().next()?;
    let same = |v: &Option<f64>| v.is_some_and(|v| (v - first).abs() <= 1e-3 * first.abs());
    Some(if values.iter().all(same) {
        Ok(*first)
    } else {
        Err(())
    })
}

fn is_about(folder: &Path, says: &Conditions, capture: &FoundCapture) -> bool {
    capture.path.parent() == Some(folder) && says.is_about(&capture.path)
}

fn may_be_export(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let own = path
        .file_name()
        .is_some_and(|n| n == super::job::SAMPLES_FILE);
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str())) && !own && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An export as NanoSight 3.2 writes it, as far as conditions go.
    fn export(videos: &[&str], temperature: &str, dilution: &str) -> String {
        let mut text = String::from(
            "[Experiment Details]\r\nSoftware Version:,NTA 3.2 Dev Build 3.2.16\r\nTime Captured:,10:10:10  01/02/2026\r\n\
             Operator Name:,A. Person\r\nDiluent:,PBS\r\nFilename:,",
        );
        text += &videos.join(",");
        text += "\r\n\r\n[Conditions]\r\n";
        for (key, value) in [
            ("Temperature/C", temperature),
            ("Viscosity/cP", "0.93"),
            ("Shutter/ms", "20.5"),
            ("Frame rate/fps", "25"),
        ] {
            text += key;
            for _ in videos {
                text += &format!(",{value}");
            }
            text += "\r\n";
        }
        text += "\r\n[Results]\r\nDilution factor";
        for _ in videos {
            text += &format!(",{dilution}");
        }
        text + "\r\n"
    }

    fn captures(folder: &Path, names: &[&str]) -> Vec<FoundCapture> {
        let one = |name: &&str| {
            fs::write(folder.join(name), b"").expect("a file");
            FoundCapture {
                name: (*name).to_owned(),
                path: folder.join(name),
            }
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn an_export_beside_films_groups_them_and_fills_their_plan() {
        let place = tempfile::tempdir().expect("a folder");
        let of = captures(place.path(), &["x_00.avi", "x_01.avi", "y.avi"]);
        let text = export(&["x_00", "x_01"], "22.4", "1.00e+02");
        fs::write(place.path().join("x-ExperimentSummary.csv"), text).expect("an export");
        let mut sidecars = Sidecars::read(&of);
        assert_eq!(sidecars.notes, Vec::<String>::new());
        assert_eq!(sidecars.samples(&of), [("x".to_owned(), vec![0, 1])]);
        let mut input = PlanInput::new();
        sidecars.fill(&of[..2], &mut input).expect("a plan");
        let plan = input.resolve().expect("a plan");
        assert_eq!(plan.temperature_c.value, 22.4);
        assert_eq!(plan.temperature_c.from, "sidecar");
        assert_eq!(plan.exposure_ms.as_ref().map(|e| e.value), Some(20.5));
        assert_eq!(plan.dilution.value, 100.0);
        assert!(
            plan.to_toml()
                .contains("sidecar = \"x-ExperimentSummary.csv\"")
        );
        // Another film in the folder is none of its business.
        let mut other = PlanInput::new();
        sidecars.fill(&of[2..], &mut other).expect("a plan");
        assert_eq!(other, PlanInput::new());
    }

    #[test]
    fn what_a_person_says_goes_before_and_what_is_out_of_range_is_told() {
        let place = tempfile::tempdir().expect("a folder");
        let of = captures(place.path(), &["x_00.avi", "x_01.avi"]);
        let text = export(&["x_00", "x_01"], "222.4", "0.5");
        fs::write(place.path().join("x.csv"), text).expect("an export");
        let mut sidecars = Sidecars::read(&of);
        let mut input = PlanInput::new();
        input
            .plan_text("exposure_ms = 3.0\nmedium = \"pbs\"", "plan.toml")
            .expect("a plan");
        sidecars.fill(&of, &mut input).expect("a plan");
        let plan = input.resolve().expect("a plan");
        assert_eq!(plan.exposure_ms.as_ref().map(|e| e.value), Some(3.0));
        assert!(plan.to_toml().contains("medium = \"pbs\""));
        assert_eq!(plan.temperature_c.from, "default");
        let told = sidecars
            .notes
            .iter()
            .any(|n| n.contains("222.4") && n.contains("not used"));
        assert!(told, "{:?}", sidecars.notes);
    }
}
