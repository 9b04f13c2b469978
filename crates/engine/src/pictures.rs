//! What the report's page shows of the film itself.

use crate::capture::{Followed, spots_in};
use crate::report::csv::ParticleRow;
use crate::report::html::{FilmPicture, ParticlePoint, Pictures, grey_png};

/// Frames before and after the shown one over which tracks are drawn.
const TRAIL_FRAMES: u32 = 40;

/// Most dots in the chart of brightness against size; more only make the page heavy.
const MOST_DOTS: usize = 4000;

/// A frame from the middle of the first capture with its spots and tracks, and a dot for each particle.
pub(crate) fn pictures(captures: &[Followed], particles: &[ParticleRow]) -> Pictures {
    let stride = particles.len().div_ceil(MOST_DOTS).max(1);
    let dots = particles
        .iter()
        .filter(|p| p.used)
        .step_by(stride)
        .filter_map(|p| {
            Some(ParticlePoint {
                diameter_nm: p.expected_diameter_nm?,
                intensity_counts: p.intensity_counts?,
            })
        })
        .collect();
    Pictures {
        film: captures.first().and_then(film),
        particles: dots,
    }
}

fn film(capture: &Followed) -> Option<FilmPicture> {
    let (frame, pixels) = capture.video.preview.as_ref()?;
    let held = capture.video.tracks.iter().enumerate();
    let held = held.filter_map(|(i, t)| {
        let at = t.points().binary_search_by_key(frame, |p| p.frame).ok()?;
        Some((i, &t.points()[at]))
    });
    let shown = capture.video.frames.iter().find(|f| f.frame == *frame);
    let spots = shown.map_or_else(Vec::new, |f| spots_in(f, held));
    let (from, to) = (
        frame.0.saturating_sub(TRAIL_FRAMES),
        frame.0.saturating_add(TRAIL_FRAMES),
    );
    let tracks = capture
        .video
        .tracks
        .iter()
        .filter(|t| t.first_frame() <= *frame && *frame <= t.last_frame() && t.points().len() > 1)
        .map(|t| {
            let near = t
                .points()
                .iter()
                .filter(|p| (from..=to).contains(&p.frame.0));
            near.map(|p| [p.spot.x_px, p.spot.y_px]).collect()
        })
        .collect();
    Some(FilmPicture {
        png: grey_png(pixels)?,
        width_px: u32::try_from(pixels.width_px()).ok()?,
        height_px: u32::try_from(pixels.height_px()).ok()?,
        capture: 0,
        frame: u64::from(frame.0),
        spots: spots
            .iter()
            .map(|(_, s)| [s.x_px, s.y_px, s.width_px])
            .collect(),
        tracks,
    })
}
