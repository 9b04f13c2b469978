//! What is learned of a film before anything is detected in it: background, noise, spot width, mask.

use crate::background::{self, Kind};
use crate::flatten::{DARKEST_LEVEL, flicker_factor};
use crate::model::{Flat, FrameIndex, Pixels};
use crate::side_by_side::{both, each};
use crate::tiles::median;
use crate::{Finding, film_findings, mask, noise, spot_width};
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
        let chosen = Chosen::of(sample);
        let behind = Self::behind(sample, &chosen, ceiling_counts, options);
        Self::with_noise(behind, sample, &chosen, neighbours, options)
    }

    /// As [`Self::learn`], but lets go of each frame of the sample, except the middle one, as soon as it has been learned
    /// from: it becomes an empty picture.
    pub(crate) fn learn_and_empty(
        sample: &mut [(FrameIndex, Pixels)],
        neighbours: Vec<(FrameIndex, Pixels)>,
        ceiling_counts: u16,
        options: &FilmOptions,
    ) -> (Film, Vec<Flat>, Vec<Finding>) {
        let chosen = Chosen::of(sample);
        let middle = sample.len() / 2;
        let behind = Self::behind(sample, &chosen, ceiling_counts, options);
        let needed = |i| chosen.flat.contains(&i) || chosen.looked_at.contains(&i);
        empty(sample, |i| i == middle || needed(i));
        let out = Self::with_noise(behind, sample, &chosen, &neighbours, options);
        empty(sample, |i| i == middle);
        out
    }

    /// The first part of learning, which needs the whole sample: mask, light and background. The noise is not known yet.
    fn behind(
        sample: &[(FrameIndex, Pixels)],
        chosen: &Chosen,
        ceiling_counts: u16,
        options: &FilmOptions,
    ) -> (Film, Kind, Vec<Finding>) {
        let mut findings = Vec::new();
        let (height, width) = sample.first().map_or((0, 0), |(_, p)| p.dim());
        let mut usable = mask::usable(height, width, &options.exclude);
        if options.find_burnt_in {
            let found = mask::burnt_in(sample, ceiling_counts);
            findings.extend(found.iter().map(film_findings::burnt_in));
            usable.zip_mut_with(&mask::usable(height, width, &found), |u, v| *u &= v);
        }
        let pixels: Vec<&Pixels> = chosen.frames.iter().map(|i| &sample[*i].1).collect();
        let (level, factors) = light(&pixels, &mut findings);
        let (background, kind) = background::background(&pixels, &factors, &usable);
        findings.extend(film_findings::background(kind, pixels.len()));
        let film = Film {
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
        (film, kind, findings)
    }

    /// The second part, which needs some frames only: flat frames, noise and the width of a spot.
    fn with_noise(
        (mut film, kind, mut findings): (Film, Kind, Vec<Finding>),
        sample: &[(FrameIndex, Pixels)],
        chosen: &Chosen,
        neighbours: &[(FrameIndex, Pixels)],
        options: &FilmOptions,
    ) -> (Film, Vec<Flat>, Vec<Finding>) {
        let flats = each(chosen.flat.clone(), |i| {
            film.flat(sample[i].0, 0.0, &sample[i].1)
        });
        let (noise_counts, clipping) = both(
            || noise::pixel_noise_counts(&flats, &film.usable),
            || {
                let frames: Vec<&Pixels> = chosen.looked_at.iter().map(|i| &sample[*i].1).collect();
                let ceiling = film.ceiling_counts;
                noise::clipping(&frames, &film.background, &film.usable, ceiling)
            },
        );
        film.noise_counts = noise_counts as f32;
        film.black_share = clipping.black_share;
        findings.extend(film.camera_findings(clipping, chosen.frames.len()));
        let (memory, (width, mut of_spots)) = both(
            // Without noise there is nothing to be shared.
            || {
                let noisy = film.noise_counts >= 0.3;
                noisy.then(|| noise::memory(neighbours, &film.usable))
            },
            || {
                let mut found = Vec::new();
                let width = film.width_of_spots(&flats, options, &mut found);
                if kind != Kind::Smooth {
                    found.extend(film.stuck_finding(width));
                }
                (width, found)
            },
        );
        film.spot_width_px = width;
        findings.append(&mut of_spots);
        findings.extend(memory.flatten().and_then(film_findings::memory));
        findings.sort_by(|a, b| a.code.cmp(&b.code));
        (film, flats, findings)
    }

    /// Whether so much reads zero that the lower half of the noise is missing.
    pub fn is_cut_at_black(&self) -> bool {
        self.black_share > film_findings::MOST_BLACK
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

    fn width_of_spots(
        &self,
        flats: &[Flat],
        options: &FilmOptions,
        findings: &mut Vec<Finding>,
    ) -> f64 {
        let given = options.spot_width_px.filter(|w| w.is_finite() && *w > 0.0);
        if let Some(width) = given {
            return width.clamp(0.5, 20.0);
        }
        let measured = spot_width::spot_width_px(flats, f64::from(self.noise_counts));
        if measured.is_none() {
            findings.push(film_findings::usual_width(USUAL_WIDTH_PX));
        }
        measured.unwrap_or(USUAL_WIDTH_PX)
    }
}

/// Lets go of the frames that are not to be kept.
fn empty(sample: &mut [(FrameIndex, Pixels)], keep: impl Fn(usize) -> bool) {
    for (i, (_, pixels)) in sample.iter_mut().enumerate() {
        if !keep(i) {
            *pixels = Pixels::U8(Array2::zeros((0, 0)));
        }
    }
}

/// Which frames of the sample are learned from.
struct Chosen {
    /// All that have the shape of the first.
    frames: Vec<usize>,
    /// Those that are made flat.
    flat: Vec<usize>,
    /// Those whose pixels at either end of the range are counted.
    looked_at: Vec<usize>,
}

impl Chosen {
    fn of(sample: &[(FrameIndex, Pixels)]) -> Self {
        let shape = sample.first().map(|(_, p)| p.dim());
        let frames: Vec<usize> = (0..sample.len())
            .filter(|i| Some(sample[*i].1.dim()) == shape)
            .collect();
        let n = frames.len();
        let flat = (0..n.min(FLAT_FRAMES)).map(|i| frames[i * n / FLAT_FRAMES.min(n)]);
        let looked_at = frames.iter().copied().step_by((n / FLAT_FRAMES).max(1));
        Self {
            flat: flat.collect(),
            looked_at: looked_at.collect(),
            frames,
        }
    }
}

/// The light of the film and each frame's factor; says so if the light varies.
fn light(pixels: &[&Pixels], findings: &mut Vec<Finding>) -> (f64, Vec<f64>) {
    let levels = each(pixels.to_vec(), background::level_counts);
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
        findings.push(film_findings::flicker(spread));
    }
    (level, factors)
}
