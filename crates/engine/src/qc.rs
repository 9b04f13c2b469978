//! What a person should know about the sample as a whole, beyond what the stages say of themselves.

use crate::analyze::sampling;
use crate::assemble::{COUNTED_FROM_FRAMES, Counts, not_searched, too_short_to_count};
use crate::capture::Followed;
use crate::exposure::{lags_behind, shares_noise};
use crate::plan::{Medium, Plan};
use crate::report::ReportFinding;
use nta_core::{Finding, Severity};
use nta_sizing::{Medium as Liquid, SampleSizes};

/// Findings in the order of the stages: those of the captures first, then those of the sample. `otherwise` is what
/// [`moves_otherwise`] says of all findings, before any was left out.
pub(crate) fn of_sample(
    captures: &[Followed],
    sizes: &SampleSizes,
    otherwise: bool,
    plan: &Plan,
    liquid: &Liquid,
) -> Vec<ReportFinding> {
    let mut out = Vec::new();
    for (i, capture) in captures.iter().enumerate() {
        out.extend(
            capture
                .findings
                .iter()
                .cloned()
                .map(|f| ReportFinding::of_capture(f, i)),
        );
        if let Some(finding) = no_particles(capture) {
            out.push(ReportFinding::of_capture(finding, i));
        }
        if not_searched(capture) {
            out.push(ReportFinding::of_capture(nothing_to_count(), i));
        } else if too_short_to_count(capture) {
            let finding = not_counted(capture.video.frames.len());
            out.push(ReportFinding::of_capture(finding, i));
        }
        if lags_behind(capture) {
            out.push(ReportFinding::of_capture(held_back(), i));
        } else if shares_noise(capture) && otherwise {
            out.push(ReportFinding::of_capture(moved_by_codec(), i));
        }
    }
    // Where a codec makes particles stand still and jump, long steps are its doing.
    let compressed = captures.iter().any(shares_noise);
    // Where nothing was searched, that is why there is no size; to liken such a film to a blank would mislead.
    let searched = !captures.iter().all(not_searched);
    let of_particles = |f: &&Finding| {
        let explained = compressed && f.code == "L06" || !searched && f.code == "S01";
        !explained
    };
    let of_sample = assumptions(plan, liquid)
        .into_iter()
        .chain(viscosity_of_another_temperature(plan, liquid))
        .chain(different_captures(captures))
        .chain(same_film_twice(captures))
        .chain(sizes.findings.iter().filter(of_particles).cloned())
        .chain(no_depth(plan));
    out.extend(of_sample.map(ReportFinding::of_sample));
    out
}

/// Where there is no size, what would make it uncertain is a note: a blank needs no exposure.
pub(crate) fn without_size(captures: &[Followed], findings: &mut [ReportFinding]) {
    let blank = captures.iter().all(is_blank);
    for f in findings {
        let f = &mut f.finding;
        let note = ["A01", "A04", "M01"].contains(&f.code.as_str()) || blank && f.code == "S01";
        if f.severity == Severity::Warning && note {
            f.severity = Severity::Info;
        }
    }
}

/// One-micrometre beads in such a film came out as 1.6 um.
fn held_back() -> Finding {
    Finding::new(
        "S03",
        Severity::Failure,
        "size",
        "Video compression has changed how the particles move. They move less than a pixel from frame to frame, and the \
         codec carries them along, so that they look larger than they are; record without compression.",
    )
}

/// Beads of 100 nm in a film of H.264 at a rate factor of 28, whose steps are of three pixels, came out as 158 nm.
fn moved_by_codec() -> Finding {
    Finding::new(
        "S03",
        Severity::Failure,
        "size",
        "Video compression has changed how the particles move: they stand still or lag behind for some frames and then jump. \
         Sizes are wrong; record without compression.",
    )
}

/// The motion is not free diffusion, in a way that a codec may make.
pub(crate) fn moves_otherwise(findings: &[Finding]) -> bool {
    let codes = ["L06", "S07", "V10"];
    findings.iter().any(|f| codes.contains(&f.code.as_str()))
}

/// Whether nothing in the film lasts long enough to be a particle; noise makes a spot here and there. A film in which nothing could
/// last that long is none.
fn is_blank(capture: &Followed) -> bool {
    !too_short_to_count(capture)
        && !not_searched(capture)
        && Counts::of(std::slice::from_ref(capture)).present.is_empty()
}

/// A film that the detector left alone.
fn nothing_to_count() -> Finding {
    Finding::new(
        "C07",
        Severity::Info,
        "concentration",
        "Particles were not counted in this film, because it was not searched: it shows more spots than particles can make. Its \
         number of particles in view is no result, and it has no concentration.",
    )
}

/// A film of so few frames that nothing in it was counted.
fn not_counted(frames: usize) -> Finding {
    let there = match frames {
        1 => "is 1 frame".to_owned(),
        n => format!("are {n} frames"),
    };
    Finding::new(
        "C06",
        Severity::Warning,
        "concentration",
        format!(
            "Particles were not counted in this film, because there {there} and a particle counts once it was followed over \
             {COUNTED_FROM_FRAMES}. Its number of particles in view is no result, and it has no concentration; analyse more frames."
        ),
    )
    .with(
        frames as f64,
        Some(COUNTED_FROM_FRAMES as f64),
        "frames",
    )
}

fn no_particles(capture: &Followed) -> Option<Finding> {
    let spots: usize = capture.spots_per_frame.iter().sum();
    is_blank(capture).then(|| {
        let noise = match spots {
            0 => "".to_owned(),
            n => format!(" There are {n} spots, as noise makes, and none was followed over {COUNTED_FROM_FRAMES} frames."),
        };
        Finding::new(
            "D01",
            Severity::Info,
            "detect",
            format!(
                "No particle was seen in this film.{noise} For a blank that is the wanted result; otherwise check focus, laser and \
                 camera level."
            ),
        )
        .with(spots as f64, None, "spots")
    })
}

/// Values that the size depends on and that nobody stated.
pub(crate) fn assumptions(plan: &Plan, liquid: &Liquid) -> Vec<Finding> {
    let mut out = Vec::new();
    let viscosity_known =
        matches!(plan.medium, Medium::ViscosityMpaS(_)) && liquid.measured_at_c.is_none();
    if plan.temperature_c.from == "default" {
        let effect = 100.0 * liquid.diameter_per_kelvin();
        let given = if viscosity_known {
            ", the viscosity being given"
        } else {
            ""
        };
        out.push(
            Finding::new(
                "A01",
                Severity::Warning,
                "acquisition",
                format!(
                    "The temperature was not given. {} °C was assumed; give it with --temperature-c. One kelvin more or \
                     less changes the size by {effect:.1} %{given}.",
                    plan.temperature_c.value
                ),
            )
            .with(effect, None, "% of size per kelvin"),
        );
    }
    if let Medium::Named(name) = &plan.medium
        && name.from == "default"
    {
        out.push(Finding::new(
            "A02",
            Severity::Info,
            "acquisition",
            format!(
                "The liquid was not given, so {} was assumed. Give it with --medium; in PBS the sizes would be 1.8 % smaller.",
                name.value
            ),
        ));
    }
    out
}

/// A viscosity that was measured at another temperature than that of the sample.
pub(crate) fn viscosity_of_another_temperature(plan: &Plan, liquid: &Liquid) -> Option<Finding> {
    let measured_at_c = liquid.measured_at_c?;
    let Medium::ViscosityMpaS(given) = &plan.medium else {
        return None;
    };
    Some(
        Finding::new(
            "A30",
            Severity::Info,
            "acquisition",
            format!(
                "The viscosity was measured at {measured_at_c} °C, not at the {} °C of the sample. It was taken to change with temperature \
                 as that of water does, from {} to {:.4} mPa s; for liquids unlike water measure it at the temperature of the sample.",
                liquid.temperature_c, given.value, liquid.viscosity_mpa_s
            ),
        )
        .with(liquid.temperature_c - measured_at_c, None, "°C"),
    )
}

/// A film that was given more than once.
fn same_film_twice(captures: &[Followed]) -> Option<Finding> {
    let first_of = |i: usize| {
        let sum = &captures[i].sha256;
        (0..i).find(|j| !sum.is_empty() && captures[*j].sha256 == *sum)
    };
    let copies: Vec<(usize, usize)> = (0..captures.len())
        .filter_map(|i| Some((first_of(i)?, i)))
        .collect();
    let (original, copy) = *copies.first()?;
    Some(
        Finding::new(
            "P01",
            Severity::Warning,
            "replicates",
            format!(
                "{} of {} captures are copies of another one, such as {} of {}. Copies are no replicates: they make \
                 the intervals narrower than they are. Give each film once.",
                copies.len(),
                captures.len(),
                captures[copy].name,
                captures[original].name
            ),
        )
        .with(copies.len() as f64, Some(0.0), "captures"),
    )
}

/// Replicates should have been taken alike.
fn different_captures(captures: &[Followed]) -> Option<Finding> {
    let (first, rest) = captures.split_first()?;
    let differs = |a: f64, b: f64| (a - b).abs() > 1e-6 * a.abs();
    let exposure_s = |c: &Followed| sampling(c).exposure_s;
    let odd = rest.iter().find(|c| {
        differs(
            first.acquisition.pixel_size_um.value,
            c.acquisition.pixel_size_um.value,
        ) || differs(
            first.acquisition.frame_interval_s.value,
            c.acquisition.frame_interval_s.value,
        ) || differs(exposure_s(first), exposure_s(c))
            || first.video.size_px != c.video.size_px
    })?;
    Some(Finding::new(
        "A05",
        Severity::Warning,
        "acquisition",
        format!(
            "The captures were not taken alike. {} and {} differ in pixel size, frame rate, exposure or frame size; each \
             was analysed with its own values, so check that they are replicates of one sample.",
            file_name(first),
            file_name(odd)
        ),
    ))
}

/// What a capture is called wherever it lies.
pub(crate) fn file_name(capture: &Followed) -> String {
    let name = std::path::Path::new(&capture.name).file_name();
    name.map_or_else(
        || capture.name.clone(),
        |n| n.to_string_lossy().into_owned(),
    )
}

/// Without a depth there is no concentration.
pub(crate) fn no_depth(plan: &Plan) -> Option<Finding> {
    plan.depth_um.is_none().then(|| {
        Finding::new(
            "C01",
            Severity::Info,
            "concentration",
            "There is no concentration, because the probed depth is not known. Give it with --depth-um, or with an \
             instrument profile (--instrument).",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_is_too_short_says_so() {
        let said = [1, 4].map(|n| not_counted(n).message);
        assert!(said[0].contains("there is 1 frame and"), "{}", said[0]);
        assert!(said[1].contains("there are 4 frames and"), "{}", said[1]);
    }
}
