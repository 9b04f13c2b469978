//! What a person should know about the sample as a whole, beyond what the stages say of themselves.

use crate::capture::Followed;
use crate::plan::{Medium, Plan};
use crate::report::ReportFinding;
use nta_core::{Finding, Severity};
use nta_sizing::SampleSizes;

/// Relative change of the diameter per kelvin near room temperature (water, 25 degrees Celsius).
const DIAMETER_PER_KELVIN: f64 = 0.026;

/// Findings in the order of the stages: those of the captures first, then those of the sample.
pub(crate) fn of_sample(
    captures: &[Followed],
    sizes: &SampleSizes,
    plan: &Plan,
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
        if let Some(finding) = no_spots(capture) {
            out.push(ReportFinding::of_capture(finding, i));
        }
    }
    let of_sample = assumptions(plan)
        .into_iter()
        .chain(different_captures(captures))
        .chain(same_film_twice(captures))
        .chain(sizes.findings.iter().cloned())
        .chain(no_depth(plan));
    out.extend(of_sample.map(ReportFinding::of_sample));
    out
}

fn no_spots(capture: &Followed) -> Option<Finding> {
    let any = capture.video.frames.iter().any(|f| !f.spots.is_empty());
    (!any).then(|| {
        Finding::new(
            "D01",
            Severity::Info,
            "detect",
            "No particle was seen in this film. For a blank that is the wanted result; otherwise check focus, laser \
             and camera level.",
        )
        .with(0.0, None, "spots")
    })
}

/// Values that the size depends on and that nobody stated.
fn assumptions(plan: &Plan) -> Vec<Finding> {
    let mut out = Vec::new();
    let viscosity_known = matches!(plan.medium, Medium::ViscosityMpaS(_));
    if plan.temperature_c.from == "default" {
        let (effect, why) = if viscosity_known {
            (
                100.0 / 298.15,
                "One kelvin more or less changes the size by 0.3 %, the viscosity being given.",
            )
        } else {
            (
                100.0 * DIAMETER_PER_KELVIN,
                "One kelvin more or less changes the size by 2.6 %.",
            )
        };
        out.push(
            Finding::new(
                "A01",
                Severity::Warning,
                "acquisition",
                format!(
                    "The temperature was not given; {} °C was assumed. {why} Give it with --temperature-c.",
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
                "The liquid was not given; {} was assumed. PBS would make the sizes 1.8 % smaller. Give it with --medium.",
                name.value
            ),
        ));
    }
    out
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
    let odd = rest.iter().find(|c| {
        differs(
            first.acquisition.pixel_size_um.value,
            c.acquisition.pixel_size_um.value,
        ) || differs(
            first.acquisition.frame_interval_s.value,
            c.acquisition.frame_interval_s.value,
        ) || first.video.size_px != c.video.size_px
    })?;
    Some(Finding::new(
        "A05",
        Severity::Warning,
        "acquisition",
        format!(
            "The captures were not taken alike: {} and {} differ in pixel size, frame rate or frame size. Each was \
             analysed with its own values; check that they are replicates of one sample.",
            first.name, odd.name
        ),
    ))
}

fn no_depth(plan: &Plan) -> Option<Finding> {
    plan.depth_um.is_none().then(|| {
        Finding::new(
            "C01",
            Severity::Info,
            "concentration",
            "There is no concentration, because the depth in which particles are seen is not known. Give it with \
             --depth-um or an instrument profile.",
        )
    })
}
