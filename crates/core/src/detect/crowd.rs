//! When a film shows more spots than separate particles can make.
//!
//! A threshold within the noise, a picture of something else, or a sample far too strong gives thousands of spots in a
//! frame. Each of them then has so many possible partners in the next frame that tracks mean nothing, and it takes
//! minutes to find them. A detector that sees this in the sample is *blind*: it says so, and searches no frame.

use super::Candidate;
use crate::film::Film;
use crate::method::{ParamSpec, Params};
use crate::tiles::median;
use crate::{Finding, Severity, Tally};

/// One spot in each square with a side of so many widths of a spot is more than can be followed: of spots strewn at
/// random, one in six then lies nearer to another than the two can be told apart. Simulated films of 1000 to 2500
/// beads in a frame show half as many spots as that; noise at a low threshold shows half as many again.
const SIDE_WIDTHS: f64 = 9.0;
/// So many spots are quickly worked through, however small the picture and however wide the spots.
const ALWAYS_ALLOWED: f64 = 1000.0;

/// The reason under which frames are tallied that a blind detector has not searched.
const NOT_SEARCHED: &str = "frame_not_searched";

/// Settings of a detector that let more spots pass.
pub(super) struct Eased {
    /// What there is: as it stands in the table of the detector.
    pub specs: &'static [ParamSpec],
    /// Lower values of these let more pass.
    pub by_less: &'static [&'static str],
    /// Higher values of these let more pass.
    pub by_more: &'static [&'static str],
}

impl Eased {
    /// The default values that were left for such ones, as they are written in a plan.
    fn defaults(&self, params: &Params) -> Vec<String> {
        let eased = |spec: &&ParamSpec| {
            let (value, usual) = (params.get(spec.key), spec.default);
            self.by_less.contains(&spec.key) && value < usual
                || self.by_more.contains(&spec.key) && value > usual
        };
        let eased = self.specs.iter().filter(eased);
        eased
            .map(|s| format!("detect.{} = {}", s.key, s.default))
            .collect()
    }
}

/// What a detector sees in a frame of the sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    spots: usize,
    /// Peaks that were looked at, and those that were not because they are too many.
    looked_at: usize,
    pub(super) too_many: u64,
}

impl Seen {
    /// `most_peaks` is how many peaks are looked at; the others stand in the tally.
    pub(super) fn of(spots: &[Candidate], tally: &Tally, most_peaks: usize) -> Self {
        Self {
            spots: spots.len(),
            looked_at: most_peaks,
            too_many: tally.get("too_many"),
        }
    }

    /// Spots, had all peaks been looked at: large pictures would else never show too many.
    fn all_spots(&self) -> f64 {
        self.spots as f64 * (1.0 + self.too_many as f64 / self.looked_at as f64)
    }
}

/// As many spots as a frame of separate particles can have.
fn most_spots(usable_px: usize, spot_width_px: f64) -> f64 {
    let side_px = SIDE_WIDTHS * spot_width_px;
    let squares = usable_px as f64 / (side_px * side_px);
    squares.floor().max(ALWAYS_ALLOWED)
}

/// The finding that makes a detector blind, from what it sees in some frames: `None` where a typical one of them holds
/// no more spots than particles can make.
pub(super) fn too_crowded(
    seen: &[Seen],
    film: &Film,
    params: &Params,
    eased: &Eased,
) -> Option<Finding> {
    let mut spots: Vec<f64> = seen.iter().map(Seen::all_spots).collect();
    let typical = median(&mut spots)?;
    let most = most_spots(film.usable_px(), film.spot_width_px);
    if typical <= most {
        return None;
    }
    let defaults = eased.defaults(params);
    let remedy = match &defaults[..] {
        [] => "Dilute the sample, and check focus, gain and polarity (--set film.polarity=dark for dark particles on bright \
               ground)."
            .to_owned(),
        settings => format!(
            "The threshold was lowered into the noise; go back to the usual one, {}.",
            settings.join(" and ")
        ),
    };
    let message = format!(
        "About {typical:.0} spots were seen in a frame, more than the {most:.0} separate particles that a picture of this size \
         can hold, so that the film was not searched. {remedy}"
    );
    let finding = Finding::new("D03", Severity::Failure, "detect", message);
    Some(finding.with(typical, Some(most), "spots per frame"))
}

/// Tallies a frame that a blind detector leaves alone.
pub(super) fn not_searched(tally: &mut Tally) {
    tally.add(NOT_SEARCHED, 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DETECTORS, Detector};
    use crate::method::{Choice, resolve};
    use crate::model::{Flat, Frame};
    use crate::test_film::{Scene, grid};

    type Settings = &'static [(&'static str, f64)];

    /// A detector with some settings, made for a film of these frames.
    fn made(
        key: &str,
        settings: Settings,
        frames: &[Frame],
        scene: &Scene,
    ) -> (Box<dyn Detector>, Film, Vec<Flat>) {
        let (film, flats, _) = scene.learn(frames);
        let mut choice = Choice::of(key);
        choice.params = settings.iter().map(|(k, v)| ((*k).into(), *v)).collect();
        let (entry, params) = resolve(DETECTORS, "detect", &choice).expect("sound settings");
        ((entry.make)(&params, &film, &flats), film, flats)
    }

    /// The finding that the detector is blind, if it is.
    fn blind(detector: &dyn Detector) -> Option<Finding> {
        detector.findings().into_iter().find(|f| f.code == "D03")
    }

    #[test]
    fn noise_at_the_lowest_threshold_is_not_searched() {
        let scene = Scene::default();
        let frames: Vec<Frame> = (0..12).map(|i| scene.frame(i, &[])).collect();
        let lowest: [(&str, Settings, &str); 2] = [
            (
                "matched-filter",
                &[("threshold_factor", 0.3), ("lowest_snr", 2.0)],
                "detect.lowest_snr = 4 and detect.threshold_factor = 1.",
            ),
            (
                "bandpass",
                &[
                    ("diameter_px", 3.0),
                    ("lowest_counts", 0.0),
                    ("percentile", 0.0),
                    ("lowest_snr", 0.0),
                ],
                "detect.lowest_counts = 1 and detect.percentile = 64 and detect.lowest_snr = 5.",
            ),
        ];
        for (key, settings, remedy) in lowest {
            let (detector, film, flats) = made(key, settings, &frames, &scene);
            let finding = blind(&*detector).expect("far more spots than particles make");
            assert_eq!(detector.findings().len(), 1, "{key} says it once");
            assert_eq!(finding.severity, Severity::Failure);
            assert!(finding.observed > finding.limit, "{finding:?}");
            assert!(finding.message.ends_with(remedy), "{}", finding.message);
            let mut tally = Tally::default();
            assert!(detector.detect(&flats[0], &film, &mut tally).is_empty());
            assert_eq!(tally.get("frame_not_searched"), 1);
            assert_eq!(tally.0.len(), 1, "{key} has searched: {tally:?}");
            let (detector, ..) = made(key, &[], &frames, &scene);
            assert_eq!(blind(&*detector), None, "{key} as it is by default");
        }
    }

    #[test]
    fn a_thousand_particles_are_seen() {
        let scene = Scene {
            height: 480,
            width: 640,
            ..Scene::default()
        };
        let frames: Vec<Frame> = (0..12)
            .map(|i| scene.frame(i, &grid(&scene, i, 16.5, 30.0, 1.5)))
            .collect();
        for entry in DETECTORS {
            let (detector, film, flats) = made(entry.key, &[], &frames, &scene);
            assert_eq!(blind(&*detector), None, "{}", entry.key);
            let mut tally = Tally::default();
            let found = detector.detect(&flats[0], &film, &mut tally).len();
            assert!(found > 800, "{}: only {found}", entry.key);
            assert_eq!(tally.get("frame_not_searched"), 0);
        }
    }

    #[test]
    fn the_typical_frame_decides_and_peaks_left_out_count() {
        let scene = Scene::default();
        let frames: Vec<Frame> = (0..3).map(|i| scene.frame(i, &[])).collect();
        let (film, ..) = scene.learn(&frames);
        let specs = DETECTORS[0].params;
        let params = DETECTORS[0].defaults();
        let eased = Eased {
            specs,
            by_less: &["lowest_snr"],
            by_more: &["false_spots_per_frame"],
        };
        let frame = |spots, too_many| Seen {
            spots,
            looked_at: 2000,
            too_many,
        };
        let said = |seen: &[Seen]| too_crowded(seen, &film, &params, &eased);
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[frame(1000, 0); 3]), None);
        assert_eq!(said(&[frame(9, 0), frame(9, 0), frame(5000, 0)]), None);
        let finding = said(&[frame(9, 0), frame(5000, 0), frame(5000, 0)]).expect("a crowd");
        assert!(finding.message.contains("Dilute"), "{}", finding.message);
        let found = said(&[frame(900, 2000)]).and_then(|f| f.observed);
        assert_eq!(found, Some(1800.0));
    }

    #[test]
    fn as_many_as_the_picture_has_room_for() {
        assert_eq!(most_spots(640 * 480, 1.5), 1685.0);
        assert_eq!(most_spots(640 * 480, 8.0), ALWAYS_ALLOWED);
        assert_eq!(most_spots(0, 1.5), ALWAYS_ALLOWED);
    }
}
