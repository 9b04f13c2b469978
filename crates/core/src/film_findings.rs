//! What a person should know of what was learned of a film.

use crate::background::{FEWEST_FRAMES, Kind};
use crate::film::{Film, Polarity, Rect};
use crate::filter::{Difference, Heights, Kernel, Plane, Scratch, Surround, difference, smooth};
use crate::noise::{Clipping, Memory};
use crate::tiles::median_of_f32;
use crate::{Finding, Severity};

impl Film {
    /// Saturation, too little noise, clipped black; from so many frames.
    pub(crate) fn camera_findings(&self, clipping: Clipping, frames: usize) -> Vec<Finding> {
        let mut out = Vec::new();
        if clipping.saturated_per_frame >= 1.0 {
            out.push(
            Finding::new(
                "B03",
                Severity::Warning,
                "background",
                "Some particles are too bright for the camera. Their positions were fitted without the pixels at the ceiling, and their brightness is too low; lower the gain or the exposure.",
            )
            .with(clipping.saturated_per_frame, Some(1.0), "px per frame"),
        );
        }
        if self.noise_counts < 0.5 && frames > 0 {
            out.push(
            Finding::new(
                "B04",
                Severity::Warning,
                "background",
                "The noise is smaller than half a step of the camera, so that weak particles vanish. Raise the gain or record more bits.",
            )
            .with(f64::from(self.noise_counts), Some(0.5), "counts"),
        );
        }
        if self.is_cut_at_black() {
            out.push(
            Finding::new(
                "B05",
                Severity::Warning,
                "background",
                "Much of the picture is cut off at black, and weak particles with it. Raise the black level of the camera.",
            )
            .with(100.0 * clipping.black_share, Some(100.0 * MOST_BLACK), "% of the pixels"),
        );
        }
        out
    }

    /// Particles that stand still during the whole film: round peaks of the background itself.
    pub(crate) fn stuck_finding(&self, spot_width_px: f64) -> Option<Finding> {
        let s = spot_width_px;
        let mut scratch = Scratch::default();
        let mut plain = Plane::default();
        // A first smoothing keeps hot pixels from looking like spots: it leaves them a few percent of their height.
        let sign = if self.polarity == Polarity::Dark {
            -1.0
        } else {
            1.0
        };
        let image = Plane::of(&self.background.mapv(|v| v * sign));
        smooth(&image, &Kernel::gauss(0.7 * s), &mut plain, &mut scratch);
        let mut peaks = Plane::default();
        let filter = Difference {
            centre: &Kernel::gauss(s),
            surround: &Surround::gauss(3.0 * s),
        };
        difference(plain.view(), filter, &mut peaks, &mut scratch);
        let mut values: Vec<f32> = Vec::with_capacity(peaks.height * peaks.width);
        for y in 0..peaks.height {
            values.extend(peaks.row(y).iter().map(|v| v.abs()));
        }
        let spread = 1.4826 * f64::from(median_of_f32(&mut values)?);
        drop(values);
        // As high as a spot that would be seen in every frame.
        let frame_noise = f64::from(self.noise_counts) / (3.5 * s);
        let limit = (4.0 * spread).max(6.0 * frame_noise).max(0.2) as f32;
        let mut count = 0u32;
        for y in 1..peaks.height.saturating_sub(1) {
            for x in 1..peaks.width.saturating_sub(1) {
                let high = peaks.at(y, x) > limit && self.usable[[y, x]];
                count += u32::from(high && peaks.is_highest(y, x));
            }
        }
        (count > 0).then(|| {
            Finding::new(
                "B07",
                Severity::Info,
                "background",
                "Some spots stand still during the whole film: particles stuck to the glass, or dirt. They belong to the background and are not counted; clean the cell if there are many.",
            )
            .with(f64::from(count), None, "spots")
        })
    }
}

/// Spots are so few that their width is not known.
pub(crate) fn usual_width(width_px: f64) -> Finding {
    Finding::new(
        "B08",
        Severity::Info,
        "background",
        "The width of a spot could not be measured, because the film shows too few. The usual one was taken; for a blank that is as it should be.",
    )
    .with(width_px, None, "px")
}

/// The light varies by this share.
pub(crate) fn flicker(spread: f64) -> Finding {
    Finding::new(
        "B06",
        Severity::Info,
        "background",
        "The light of the film varies. Each frame was brought to the same light; let the laser warm up if the brightness of particles matters to you.",
    )
    .with(100.0 * spread, Some(1.0), "%")
}

/// Something burnt into the picture was left out.
pub(crate) fn burnt_in(rect: &Rect) -> Finding {
    Finding::new(
        "B02",
        Severity::Info,
        "background",
        format!(
            "A clock or logo burnt into the picture was left out: x {} to {}, y {} to {} px. If there are particles in that region, switch this off with --set film.find_burnt_in=false.",
            rect.x_px,
            rect.x_px + rect.width_px,
            rect.y_px,
            rect.y_px + rect.height_px
        ),
    )
    .with(
        f64::from(rect.width_px) * f64::from(rect.height_px),
        None,
        "px",
    )
}

/// The background is not simply the median over time.
pub(crate) fn background(kind: Kind, frames: usize) -> Option<Finding> {
    match kind {
        Kind::Temporal => None,
        Kind::Smooth => Some(
            Finding::new(
                "B01",
                Severity::Warning,
                "background",
                "The film has too few frames to tell particles from what stands still. Stuck particles and fringes may be counted; record more frames.",
            )
            .with(frames as f64, Some(FEWEST_FRAMES as f64), "frames"),
        ),
        Kind::Mixed(share) => Some(
            Finding::new(
                "B09",
                Severity::Info,
                "background",
                "The particles are so slow, large or dense that they stay in the background over time. A smooth background plus what stands still was taken instead; nothing needs to be done.",
            )
            .with(100.0 * share, Some(3.0), "% of the spots' power"),
        ),
    }
}

/// Share of pixels at zero that an honest black level does not reach.
pub(crate) const MOST_BLACK: f64 = 0.05;

/// Noise that is carried over from frame to frame.
pub(crate) fn memory(memory: Memory) -> Option<Finding> {
    let finding = || {
        Finding::new(
            "V08",
            Severity::Warning,
            "video",
            format!(
                "Neighbouring frames share their noise, as after video compression, which can make sizes wrong. Record without compression (noise shared between neighbouring pixels: {:.2}).",
                memory.between_pixels
            ),
        )
        .with(memory.between_frames, Some(MEMORY_LIMIT), "1")
    };
    (memory.between_frames > MEMORY_LIMIT).then(finding)
}

/// Share of noise carried over from frame to frame above which it is reported.
const MEMORY_LIMIT: f64 = 0.3;
