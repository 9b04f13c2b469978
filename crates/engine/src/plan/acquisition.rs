//! The acquisition in force, once the file is open.

use super::error::PlanError;
use super::in_force::Plan;
use super::keys::{self, KeySpec, Kind};
use nta_core::model::{Acquisition, Stated};
use nta_core::{Finding, Severity, VideoInfo};

/// How the film was taken, once plan and file are both known.
#[derive(Clone, Debug, PartialEq)]
pub struct AcquisitionInForce {
    /// Pixel size, interval, exposure and bit depth with their origins. The exposure may be unknown.
    pub acquisition: Acquisition,
    /// Whether the packets' own times hold. False if the frame rate was stated: then time is frame number times
    /// interval.
    pub file_times_hold: bool,
    /// What a person should know about how plan, profile and file fit together.
    pub findings: Vec<Finding>,
}

/// Slack for typed exposures, because people round "1000/30 ms" up.
const ROUNDING: f64 = 1.001;

/// Frame rates further apart than this share are two rates.
const SAME_RATE: f64 = 0.01;

/// The stated frame rate against that of the file: the sizes go with it.
fn rate_differs(info: &VideoInfo, interval: &Stated<f64>) -> Option<Finding> {
    let file_s = info
        .frame_interval_s
        .filter(|s| *s > 0.0 && s.is_finite())?;
    let (file, stated) = (1.0 / file_s, 1.0 / interval.value);
    ((stated / file - 1.0).abs() > SAME_RATE).then(|| {
        Finding::new(
            "A22",
            Severity::Warning,
            "acquisition",
            format!(
                "The frame rate was stated as {} frames per second ({}), but the file says {}. The stated one was used; if it \
                 is wrong, all sizes are wrong by the factor {:.3}.",
                short(stated),
                interval.from,
                short(file),
                file / stated
            ),
        )
        .with(stated, Some(file), "1/s")
    })
}

impl Plan {
    /// Joins what was stated with what the file says of itself. Pixel size and frame rate have no default.
    pub fn acquisition(&self, info: &VideoInfo) -> Result<AcquisitionInForce, PlanError> {
        let mut findings = Vec::new();
        let pixel_size_um = self.pixel_size_in_force(info)?;
        let frame_interval_s = self.interval_in_force(info)?;
        findings.extend(rate_differs(info, &frame_interval_s));
        let exposure_s = self.exposure_in_force(info, &frame_interval_s, &mut findings)?;
        self.check_frame_size(info, &mut findings);
        findings.extend(self.usual_values());
        Ok(AcquisitionInForce {
            acquisition: Acquisition {
                pixel_size_um,
                frame_interval_s,
                exposure_s,
                bit_depth: Some(Stated::new(info.bit_depth, "file")),
            },
            file_times_hold: self.frame_rate_fps.is_none(),
            findings,
        })
    }

    fn pixel_size_in_force(&self, info: &VideoInfo) -> Result<Stated<f64>, PlanError> {
        if let Some(stated) = &self.pixel_size_um {
            return Ok(stated.clone());
        }
        let file = match &info.pixel_size_um {
            Some((value, place)) if believable("pixel_size_um", *value) => {
                return Ok(Stated::new(*value, from_file(place)));
            }
            Some((value, place)) => format!(
                "the file ({place}) says {} um, which is outside {}",
                short(*value),
                range("pixel_size_um")
            ),
            None => "the file does not say it".to_owned(),
        };
        Err(PlanError::Missing {
            what: "pixel size",
            file,
            option: "--pixel-size-um 0.2",
            key: "pixel_size_um = 0.2",
        })
    }

    fn interval_in_force(&self, info: &VideoInfo) -> Result<Stated<f64>, PlanError> {
        if let Some(rate) = &self.frame_rate_fps {
            return Ok(Stated::new(1.0 / rate.value, rate.from.clone()));
        }
        let file = match info.frame_interval_s {
            Some(s) if s > 0.0 && believable("frame_rate_fps", 1.0 / s) => {
                return Ok(Stated::new(s, "file"));
            }
            Some(s) => format!(
                "the file says {} s between frames, which is outside {}",
                short(s),
                range("frame_rate_fps")
            ),
            None => "the file does not say it".to_owned(),
        };
        Err(PlanError::Missing {
            what: "frame rate",
            file,
            option: "--frame-rate-fps 30",
            key: "frame_rate_fps = 30",
        })
    }

    fn exposure_in_force(
        &self,
        info: &VideoInfo,
        interval: &Stated<f64>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Stated<f64>>, PlanError> {
        let fits = |exposure_s: f64| exposure_s <= interval.value * ROUNDING;
        let rounded = |v: f64| format!("{}", (v * 1000.0).round() / 1000.0);
        if let Some(stated) = &self.exposure_ms {
            let exposure_s = stated.value / 1000.0;
            if !fits(exposure_s) {
                return Err(PlanError::ExposureTooLong {
                    exposure_ms: stated.value,
                    from: stated.from.clone(),
                    limit: format!(
                        "{} ms at {} frames per second ({})",
                        rounded(interval.value * 1000.0),
                        rounded(1.0 / interval.value),
                        interval.from
                    ),
                });
            }
            let exposure_s = exposure_s.min(interval.value);
            return Ok(Some(Stated::new(exposure_s, stated.from.clone())));
        }
        let Some((exposure_s, place)) = &info.exposure_s else {
            return Ok(None);
        };
        if believable("exposure_ms", exposure_s * 1000.0) && fits(*exposure_s) {
            let exposure_s = exposure_s.min(interval.value);
            return Ok(Some(Stated::new(exposure_s, from_file(place))));
        }
        findings.push(
            Finding::new(
                "A20",
                Severity::Warning,
                "acquisition",
                format!(
                    "The file ({place}) states an exposure that does not fit between two frames, so it is taken as unknown. Give --exposure-ms or correct the frame rate."
                ),
            )
            .with(exposure_s * 1000.0, Some(interval.value * 1000.0), "ms"),
        );
        Ok(None)
    }

    /// Values of a profile that nobody measured on this instrument.
    fn usual_values(&self) -> Option<Finding> {
        let profile = self.instrument.as_ref().filter(|i| i.typical)?;
        let taken: Vec<&str> = ["pixel_size_um", "depth_um", "frame_rate_fps", "exposure_ms"]
            .into_iter()
            .filter(|key| self.origin(key) == "instrument profile")
            .collect();
        (!taken.is_empty()).then(|| {
            Finding::new(
                "A23",
                Severity::Warning,
                "acquisition",
                format!(
                    "{} came from the profile '{}', whose values are usual for such instruments and were not measured on yours. Check them, or make a profile of your own with `nta calibrate`.",
                    taken.join(" and "),
                    profile.name
                ),
            )
        })
    }

    /// A profile speaks for frames of its own size: binning changes the pixel, cropping the field of view.
    fn check_frame_size(&self, info: &VideoInfo, findings: &mut Vec<Finding>) {
        let Some(profile) = &self.instrument else {
            return;
        };
        let sides = [
            ("wide", profile.width_px, info.width_px),
            ("high", profile.height_px, info.height_px),
        ];
        for (side, expected, seen) in sides {
            if let Some(expected) = expected
                && u64::from(expected) != seen as u64
            {
                findings.push(
                    Finding::new(
                        "A21",
                        Severity::Warning,
                        "acquisition",
                        format!(
                            "The instrument profile '{}' was made for frames {expected} px {side}, but these are {seen} px {side}. If the camera was binned, pixel size and depth of the profile do not hold; if it was cropped, they do.",
                            profile.name
                        ),
                    )
                    .with(seen as f64, Some(f64::from(expected)), "px"),
                );
            }
        }
    }
}

fn from_file(place: &str) -> String {
    if place.is_empty() {
        "file".to_owned()
    } else {
        format!("file ({place})")
    }
}

/// Numbers that a person would write out are written out.
fn short(value: f64) -> String {
    if (1e-6..1e7).contains(&value.abs()) || value == 0.0 {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

fn range(key: &str) -> String {
    keys::find(key).map(KeySpec::range).unwrap_or_default()
}

fn believable(key: &str, value: f64) -> bool {
    match keys::find(key).map(|k| k.kind) {
        Some(Kind::Number { min, max, .. }) => min <= value && value <= max,
        _ => false,
    }
}
