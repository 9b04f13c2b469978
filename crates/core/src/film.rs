//! What is learned of a film before anything is detected in it: background, noise, spot width, mask.

use crate::background::{self, FEWEST_FRAMES, Kind};
use crate::filter::{Difference, Kernel, Plane, Scratch, Surround, difference, smooth};
use crate::flatten::{DARKEST_LEVEL, flicker_factor};
use crate::model::{Flat, FrameIndex, Pixels};
use crate::tiles::median;
use crate::{Finding, Severity, mask, noise, spot_width};
use ndarray::Array2;

/// Flat frames handed to detectors.
const FLAT_FRAMES: usize = 20;
/// Width taken where the film shows no spots, px.
const USUAL_WIDTH_PX: f64 = 1.5;

/// Whether particles are brighter or darker than what is behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polarity {
    /// Bright on dark: scatter and fluorescence.
    #[default]
    Bright,
    /// Dark on bright: bright-field.
    Dark,
}

/// A rectangle of pixels; the right and bottom edges are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// Left edge, px.
    pub x_px: u32,
    /// Top edge, px.
    pub y_px: u32,
    /// Width, px.
    pub width_px: u32,
    /// Height, px.
    pub height_px: u32,
}

/// What the plan says about the film as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct FilmOptions {
    /// Bright or dark particles.
    pub polarity: Polarity,
    /// Regions to leave out.
    pub exclude: Vec<Rect>,
    /// Look for clocks and logos burnt into the picture and leave them out.
    pub find_burnt_in: bool,
    /// Frames used to learn the background and the noise.
    pub background_frames: usize,
    /// Width of a spot (standard deviation), px; `None` to measure it.
    pub spot_width_px: Option<f64>,
}

impl Default for FilmOptions {
    fn default() -> Self {
        Self {
            polarity: Polarity::Bright,
            exclude: Vec::new(),
            find_burnt_in: true,
            background_frames: 101,
            spot_width_px: None,
        }
    }
}

/// What was learned of the film. Counts are those of the raw film.
#[derive(Clone, Debug)]
pub struct Film {
    /// Light behind the particles, `background[[y, x]]`, counts.
    pub background: Array2<f32>,
    /// Spatial median of the background, counts: what each frame's light is compared with.
    pub level_counts: f32,
    /// Typical noise of one pixel, counts.
    pub noise_counts: f32,
    /// Standard deviation of an ordinary spot, px.
    pub spot_width_px: f64,
    /// True where particles may be looked for.
    pub usable: Array2<bool>,
    /// Highest count that a pixel can have.
    pub ceiling_counts: u16,
    /// Share of the usable pixels that read zero. Noise that is cut off at black is skewed.
    pub black_share: f64,
    /// Bright or dark particles.
    pub polarity: Polarity,
    /// The light of each frame is brought to that of the film; false where the film is too dark to tell.
    pub even_flicker: bool,
}

impl Film {
    /// Learns from a sample of frames spread over the film, and from `neighbours`, a short run of frames that follow
    /// each other (ten are plenty, none is allowed), which show whether frames share their noise. Returns the film,
    /// the sample made flat (at most about twenty frames, for detectors to learn their noise on; their `time_s` is
    /// 0), and what a person should know. Frames of another shape than the first are left out.
    pub fn learn(
        sample: &[(FrameIndex, Pixels)],
        neighbours: &[(FrameIndex, Pixels)],
        ceiling_counts: u16,
        options: &FilmOptions,
    ) -> (Film, Vec<Flat>, Vec<Finding>) {
        let mut findings = Vec::new();
        let (height, width) = sample.first().map_or((0, 0), |(_, p)| p.dim());
        let mut usable = mask::usable(height, width, &options.exclude);
        if options.find_burnt_in {
            let found = mask::burnt_in(sample, ceiling_counts);
            for rect in &found {
                findings.push(burnt_in_finding(rect));
            }
            usable.zip_mut_with(&mask::usable(height, width, &found), |u, v| *u &= v);
        }
        let frames: Vec<&(FrameIndex, Pixels)> = sample
            .iter()
            .filter(|(_, p)| p.dim() == (height, width))
            .collect();
        let pixels: Vec<&Pixels> = frames.iter().map(|(_, p)| p).collect();
        let (level, factors) = light(&pixels, &mut findings);
        let (background, kind) = background::background(&pixels, &factors, &usable);
        findings.extend(background_finding(kind, pixels.len()));
        let mut film = Film {
            background,
            level_counts: level as f32,
            noise_counts: 0.0,
            spot_width_px: USUAL_WIDTH_PX,
            usable,
            ceiling_counts,
            black_share: 0.0,
            polarity: options.polarity,
            even_flicker: level >= DARKEST_LEVEL,
        };
        let flats: Vec<Flat> = (0..frames.len().min(FLAT_FRAMES))
            .map(|i| i * frames.len() / FLAT_FRAMES.min(frames.len()))
            .map(|i| film.flat(frames[i].0, 0.0, &frames[i].1))
            .collect();
        film.noise_counts = noise::pixel_noise_counts(&flats, &film.usable) as f32;
        film.learn_width(&flats, options, &mut findings);
        findings.extend(camera_findings(&mut film, &pixels));
        // Without noise there is nothing to be shared.
        if film.noise_counts >= 0.3 {
            findings.extend(memory_finding(noise::memory(neighbours, &film.usable)));
        }
        if kind != Kind::Smooth {
            findings.extend(film.stuck_finding());
        }
        findings.sort_by(|a, b| a.code.cmp(&b.code));
        (film, flats, findings)
    }

    /// Whether so much reads zero that the lower half of the noise is missing.
    pub fn is_cut_at_black(&self) -> bool {
        self.black_share > MOST_BLACK
    }

    /// Width and height, px.
    pub fn size_px(&self) -> (usize, usize) {
        let (height, width) = self.background.dim();
        (width, height)
    }

    /// Number of pixels where particles may be looked for.
    pub fn usable_px(&self) -> usize {
        self.usable.iter().filter(|u| **u).count()
    }

    /// True if the pixel that holds this point is in the picture and particles may be looked for there.
    pub fn is_usable(&self, y_px: f64, x_px: f64) -> bool {
        let (y, x) = (y_px.round(), x_px.round());
        y >= 0.0 && x >= 0.0 && self.usable.get((y as usize, x as usize)) == Some(&true)
    }

    fn learn_width(&mut self, flats: &[Flat], options: &FilmOptions, findings: &mut Vec<Finding>) {
        let given = options.spot_width_px.filter(|w| w.is_finite() && *w > 0.0);
        if let Some(width) = given {
            self.spot_width_px = width.clamp(0.5, 20.0);
            return;
        }
        match spot_width::spot_width_px(flats, f64::from(self.noise_counts)) {
            Some(width) => self.spot_width_px = width,
            None => findings.push(
                Finding::new(
                    "B08",
                    Severity::Info,
                    "background",
                    "The width of a spot could not be measured, because the film shows too few. The usual one was taken; for a blank that is as it should be.",
                )
                .with(USUAL_WIDTH_PX, None, "px"),
            ),
        }
    }

    /// Particles that stand still during the whole film: round peaks of the background itself.
    fn stuck_finding(&self) -> Option<Finding> {
        let mut scratch = Scratch::default();
        let mut plain = Plane::default();
        // A first smoothing keeps hot pixels from looking like spots: it leaves them a few percent of their height.
        let sign = if self.polarity == Polarity::Dark {
            -1.0
        } else {
            1.0
        };
        let image = Plane::of(&self.background.mapv(|v| v * sign));
        smooth(
            &image,
            &Kernel::gauss(0.7 * self.spot_width_px),
            &mut plain,
            &mut scratch,
        );
        let mut peaks = Plane::default();
        let s = self.spot_width_px;
        let filter = Difference {
            centre: &Kernel::gauss(s),
            surround: &Surround::gauss(3.0 * s),
        };
        difference(plain.view(), filter, &mut peaks, &mut scratch);
        let mut values: Vec<f64> = Vec::new();
        for y in 0..peaks.height {
            values.extend(peaks.row(y).iter().map(|v| f64::from(v.abs())));
        }
        let spread = 1.4826 * median(&mut values)?;
        // As high as a spot that would be seen in every frame.
        let frame_noise = f64::from(self.noise_counts) / (3.5 * s);
        let limit = (4.0 * spread).max(6.0 * frame_noise).max(0.2) as f32;
        let mut count = 0u32;
        for y in 1..peaks.height.saturating_sub(1) {
            for x in 1..peaks.width.saturating_sub(1) {
                let v = peaks.at(y, x);
                let highest = || {
                    (y - 1..=y + 1).all(|i| {
                        (x - 1..=x + 1).all(|j| {
                            let other = peaks.at(i, j);
                            if (i, j) < (y, x) {
                                v > other
                            } else {
                                v >= other
                            }
                        })
                    })
                };
                count += u32::from(v > limit && self.usable[[y, x]] && highest());
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

/// The light of the film and each frame's factor; says so if the light varies.
fn light(pixels: &[&Pixels], findings: &mut Vec<Finding>) -> (f64, Vec<f64>) {
    let levels: Vec<f64> = pixels.iter().map(|p| background::level_counts(p)).collect();
    let level = median(&mut levels.clone()).unwrap_or(0.0);
    if level < DARKEST_LEVEL {
        return (level, vec![1.0; levels.len()]);
    }
    let factors = levels.iter().map(|l| flicker_factor(level, *l)).collect();
    let n = levels.len() as f64;
    let spread = (levels
        .iter()
        .map(|l| (l / level - 1.0).powi(2))
        .sum::<f64>()
        / n)
        .sqrt();
    if spread > 0.01 {
        findings.push(
            Finding::new(
                "B06",
                Severity::Info,
                "background",
                "The light of the film varies. Each frame was brought to the same light; let the laser warm up if the brightness of particles matters to you.",
            )
            .with(100.0 * spread, Some(1.0), "%"),
        );
    }
    (level, factors)
}

fn burnt_in_finding(rect: &Rect) -> Finding {
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

fn background_finding(kind: Kind, frames: usize) -> Option<Finding> {
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
const MOST_BLACK: f64 = 0.05;

/// Saturation, too little noise, clipped black.
fn camera_findings(film: &mut Film, pixels: &[&Pixels]) -> Vec<Finding> {
    let mut out = Vec::new();
    let stride = (pixels.len() / FLAT_FRAMES).max(1);
    let some: Vec<&Pixels> = pixels.iter().copied().step_by(stride).collect();
    let clipping = noise::clipping(&some, &film.background, &film.usable, film.ceiling_counts);
    film.black_share = clipping.black_share;
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
    if film.noise_counts < 0.5 && !pixels.is_empty() {
        out.push(
            Finding::new(
                "B04",
                Severity::Warning,
                "background",
                "The noise is smaller than half a step of the camera, so that weak particles vanish. Raise the gain or record more bits.",
            )
            .with(f64::from(film.noise_counts), Some(0.5), "counts"),
        );
    }
    if film.is_cut_at_black() {
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

/// Noise that is carried over from frame to frame.
fn memory_finding(memory: Option<noise::Memory>) -> Option<Finding> {
    let memory = memory.filter(|m| m.between_frames > MEMORY_LIMIT)?;
    Some(
        Finding::new(
            "V08",
            Severity::Warning,
            "video",
            format!(
                "Neighbouring frames share their noise, as after video compression, which can make sizes wrong. Record without compression (noise shared between neighbouring pixels: {:.2}).",
                memory.between_pixels
            ),
        )
        .with(memory.between_frames, Some(MEMORY_LIMIT), "1"),
    )
}

/// Share of noise carried over from frame to frame above which it is reported.
const MEMORY_LIMIT: f64 = 0.3;
