//! Particles per mL of a capture or a sample, less those of the blank.

use crate::assemble::Counts;
use crate::blank::Blank;
use crate::plan::Plan;
use crate::report::Concentration;
use nta_sizing::{Counted, Interval, SizeResult};

/// The concentration of the original sample; `None` without a depth, or where every film is too short for counting.
pub(crate) fn concentration(
    counts: &Counts,
    sizes: &SizeResult,
    plan: &Plan,
    blank: Option<&Blank>,
) -> Option<Concentration> {
    let stated = plan.depth_um.as_ref().filter(|_| counts.frames > 0)?;
    // A profile says how bright the beads were that gave its depth; brighter particles are seen deeper.
    let profile = plan.profile_of_depth();
    let visibility = profile.and_then(|p| sizes.visibility.zip(p.depth_visibility));
    let deeper = visibility.map_or(1.0, |(of_particles, of_beads)| {
        (of_particles / of_beads).sqrt()
    });
    let from = match visibility {
        Some(_) => format!(
            "{}, {:.3} times as deep as for its beads, by brightness",
            stated.from, deeper
        ),
        None => stated.from.clone(),
    };
    let found = nta_sizing::concentration(&Counted {
        particles_per_frame: counts.particles_per_frame(),
        frames_present: &counts.present,
        frames: counts.frames,
        area_um2: counts.area_um2,
        hidden_area_um2: counts.hidden_area_um2,
        depth_um: Some(stated.value * deeper),
        dilution: plan.dilution.value,
        typical_visit_frames: None,
    });
    let before_blank_per_ml = found.per_ml?;
    let (per_ml, ci95, before) = match blank.and_then(Blank::concentration).zip(found.ci95) {
        Some((blank, ci95)) => {
            // The blank is what was in the cell, so it is taken off before the dilution.
            let dilution = found.dilution_applied;
            let in_cell = Interval {
                value: before_blank_per_ml / dilution,
                ci95: ci95.map(|end| end / dilution),
            };
            let net = nta_sizing::blank::subtract(&in_cell, blank);
            let ci95 = net.ci95.map(|end| end * dilution);
            (net.value * dilution, Some(ci95), Some(before_blank_per_ml))
        }
        None => (before_blank_per_ml, found.ci95, None),
    };
    Some(Concentration {
        per_ml,
        ci95,
        before_blank_per_ml: before,
        particles_per_frame: found.particles_per_frame,
        coincidence_factor: found.coincidence_factor,
        probed_volume_ml: found.probed_volume_ml?,
        from,
        dilution_applied: found.dilution_applied,
    })
}
