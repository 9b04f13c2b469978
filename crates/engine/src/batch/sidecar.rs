//! What instruments wrote beside their films: the conditions of the acquisition, and which films are one sample.
//!
//! Exports of NanoSight name their films, those of ZetaView have the film's name. What they say goes before the defaults and
//! behind everything that a person says. The dilution is that of the sample and is applied once, to our own count; what the
//! vendor multiplied with it is not read here.

use super::find::FoundCapture;
use super::group::by_name;
use crate::plan::{Plan, PlanError, PlanInput};
use crate::vendor::{ALIKE_K, ALIKE_SHARE, Conditions, conditions, ends, mean_of_alike};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of the files that may be exports.
const ENDINGS: [&str; 2] = ["csv", "txt"];

/// A value that sidecars give to the plan.
type Field = (&'static str, fn(&Conditions) -> Option<f64>);

/// Values that are taken over, each with how far apart films of one sample may be, relative or absolute; of those that may differ at
/// all the mean is taken.
const FIELDS: [(Field, Apart); 6] = [
    (
        ("pixel_size_um", |c| c.pixel_size_um),
        Apart::Share(ALIKE_SHARE),
    ),
    (
        ("exposure_ms", |c| c.exposure_ms),
        Apart::Share(ALIKE_SHARE),
    ),
    (
        ("frame_rate_fps", |c| c.frame_rate_fps),
        Apart::Share(ALIKE_SHARE),
    ),
    (("dilution", |c| c.dilution), Apart::Share(ALIKE_SHARE)),
    (("temperature_c", |c| c.temperature_c), Apart::By(ALIKE_K)),
    (
        ("viscosity_mpa_s", |c| c.viscosity_mpa_s),
        Apart::Share(0.03),
    ),
];

/// How far apart values of one sample may be.
#[derive(Clone, Copy)]
enum Apart {
    /// Of the larger one.
    Share(f64),
    /// In the unit of the value.
    By(f64),
}

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
            let mut files: Vec<PathBuf> = fs::read_dir(here(folder))
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

    /// The plan in force for these captures, and what is to be told of conditions that could not be used.
    pub(super) fn plan(
        &self,
        captures: &[FoundCapture],
        mut input: PlanInput,
    ) -> Result<(Plan, Vec<String>), PlanError> {
        let told = self.fill(captures, &mut input)?;
        let plan = input.resolve()?;
        let mut notes = told.notes;
        // Whoever states the dilution knows what the export does not.
        if plan.origin("dilution") == "default" {
            notes.extend(told.no_dilution);
        }
        Ok((plan, notes))
    }

    /// Puts the conditions of these captures into the plan.
    fn fill(&self, captures: &[FoundCapture], input: &mut PlanInput) -> Result<Told, PlanError> {
        // Of several exports about one film the first by name counts.
        let of = |capture: &FoundCapture| {
            let beside = self
                .all
                .iter()
                .filter(|(f, ..)| capture.path.parent() == Some(f));
            let mut about = beside
                .filter_map(|(_, name, says)| Some((name.as_str(), says.of_video(&capture.path)?)));
            about.next()
        };
        let found: Vec<(&str, Conditions)> = captures.iter().filter_map(of).collect();
        let Some((_, first)) = found.first() else {
            return Ok(Told::default());
        };
        let names: BTreeSet<&str> = found.iter().map(|(n, _)| *n).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
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
        Ok(numbers(&found, captures.len(), &names, input))
    }
}

/// What is to be told of conditions that could not be used.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    /// There is no dilution among them; of no interest to who states one.
    no_dilution: Option<String>,
}

/// Puts the numbers of what was found into the plan of a sample of so many films.
fn numbers(found: &[(&str, Conditions)], films: usize, names: &str, input: &mut PlanInput) -> Told {
    let mut told = Told::default();
    let mut temperature = None;
    for ((key, field), apart) in FIELDS {
        let values: Vec<f64> = found.iter().filter_map(|(_, c)| field(c)).collect();
        let value = match settled(&values, films, apart) {
            None => {
                if key == "dilution" {
                    told.no_dilution = Some(format!(
                        "{names}: there is no dilution that can be used; give it by samples.csv or --dilution if there was one"
                    ));
                }
                continue;
            }
            Some(Err(why)) => {
                told.notes.push(format!("{names}: {key} {why}; it was not used, give it by samples.csv or on the command line"));
                continue;
            }
            Some(Ok(value)) => value,
        };
        if key == "exposure_ms" && !fits_between_frames(value, found) {
            told.notes.push(format!("{names}: exposure_ms is {value}, longer than the time between frames; it was not used"));
            continue;
        }
        if key == "viscosity_mpa_s" {
            // A viscosity holds for one temperature; a person may state another one for the sample.
            let Some(at) = temperature else {
                told.notes.push(format!(
                    "{names}: viscosity_mpa_s comes without a temperature; it was not used"
                ));
                continue;
            };
            take(input, "viscosity_at_c", at, names, &mut told.notes);
        }
        if take(input, key, value, names, &mut told.notes) && key == "temperature_c" {
            temperature = Some(value);
        }
    }
    told
}

/// Whether the shutter can have been open for so long, where the exports say how often it opened.
fn fits_between_frames(exposure_ms: f64, found: &[(&str, Conditions)]) -> bool {
    let rates = found.iter().filter_map(|(_, c)| c.frame_rate_fps);
    rates.fold(0.0, f64::max) * exposure_ms <= 1000.0 * 1.001
}

/// Gives a value to the plan; one that is out of range is told and not used.
fn take(
    input: &mut PlanInput,
    key: &str,
    value: f64,
    names: &str,
    notes: &mut Vec<String>,
) -> bool {
    let place = format!("in {names}");
    match input.of_sidecar(key, &value.to_string(), &place) {
        Ok(()) => true,
        Err(error) => {
            notes.push(format!("{error}; it was not used"));
            false
        }
    }
}

/// The mean of what the exports of all films say; `None` if none says anything, in words why not if some do not or they differ.
fn settled(values: &[f64], films: usize, apart: Apart) -> Option<Result<f64, String>> {
    let [low, high] = ends(values)?;
    if values.len() < films {
        return Some(Err(format!(
            "is said of {} of {films} films of one sample",
            values.len()
        )));
    }
    let allowed = match apart {
        Apart::Share(share) => share * high.abs(),
        Apart::By(by) => by,
    };
    if high - low > allowed {
        return Some(Err(format!(
            "is from {low} to {high} in films of one sample"
        )));
    }
    mean_of_alike(values).map(Ok)
}

fn is_about(folder: &Path, says: &Conditions, capture: &FoundCapture) -> bool {
    capture.path.parent() == Some(folder) && says.is_about(&capture.path)
}

/// The folder of a film that was named without one.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
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
        let sidecars = Sidecars::read(&of);
        assert_eq!(sidecars.notes, Vec::<String>::new());
        assert_eq!(sidecars.samples(&of), [("x".to_owned(), vec![0, 1])]);
        let (plan, _) = sidecars.plan(&of[..2], PlanInput::new()).expect("a plan");
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
    fn a_viscosity_keeps_the_temperature_that_it_was_stated_for() {
        let place = tempfile::tempdir().expect("a folder");
        let of = captures(place.path(), &["x_00.avi", "x_01.avi"]);
        let text = export(&["x_00", "x_01"], "22.4", "1");
        fs::write(place.path().join("x.csv"), text).expect("an export");
        let mut input = PlanInput::new();
        input.option("temperature_c", "30").expect("a number");
        let (plan, _) = Sidecars::read(&of).plan(&of, input).expect("a plan");
        assert_eq!(plan.viscosity_at_c.as_ref().map(|v| v.value), Some(22.4));
        let at_30 = plan.sizing_medium().expect("a medium").viscosity_mpa_s;
        assert!(at_30 < 0.93 * 0.87, "{at_30}");
    }

    #[test]
    fn what_is_not_said_of_all_films_or_differs_is_told_and_not_used() {
        let said = |values: &[f64], films| settled(values, films, Apart::Share(ALIKE_SHARE));
        assert_eq!(said(&[], 3), None);
        assert_eq!(said(&[2.0, 2.0], 2), Some(Ok(2.0)));
        assert_eq!(
            said(&[2.0], 3).expect("some").expect_err("words"),
            "is said of 1 of 3 films of one sample"
        );
        assert_eq!(
            said(&[2.0, 3.0], 2).expect("some").expect_err("words"),
            "is from 2 to 3 in films of one sample"
        );
        assert_eq!(
            settled(&[22.0, 22.5], 2, Apart::By(ALIKE_K)),
            Some(Ok(22.25))
        );
    }

    #[test]
    fn what_a_person_says_goes_before_and_what_is_out_of_range_is_told() {
        let place = tempfile::tempdir().expect("a folder");
        let of = captures(place.path(), &["x_00.avi", "x_01.avi"]);
        let text = export(&["x_00", "x_01"], "222.4", "0.5");
        fs::write(place.path().join("x.csv"), text).expect("an export");
        let sidecars = Sidecars::read(&of);
        let mut input = PlanInput::new();
        input
            .plan_text("exposure_ms = 3.0\nmedium = \"pbs\"", "plan.toml")
            .expect("a plan");
        let (plan, told) = sidecars.plan(&of, input).expect("a plan");
        assert_eq!(plan.exposure_ms.as_ref().map(|e| e.value), Some(3.0));
        assert!(plan.to_toml().contains("medium = \"pbs\""));
        assert_eq!(plan.temperature_c.from, "default");
        let words = |w: &str| told.iter().any(|n| n.contains(w));
        let all = words("222.4")
            && words("it was not used")
            && words("there is no dilution that can be used");
        assert!(all, "{told:?}");
    }
}
