//! What is known of a film: the answer that engines are scored against.

use super::bound;
use super::by_population::Populations;
use super::cdf::Cdf;
use nta_sim::truth_file::{TruthFile, TruthRow};
use nta_sim::{ScenePolarity, VISIBLE_PEAK_SNR};
use std::collections::{BTreeMap, BTreeSet};

/// A particle whose matched-filter statistic is expected to be weaker than this cannot be told from noise; a spot found
/// near it is a false one. That of a spot of width s px and peak A in noise n is sqrt(pi) s A / n.
pub(super) const FAINTEST_FILTERED_SNR: f64 = 2.0;

/// Particles nearer to the edge than this need not be found, px: part of their light is not on the picture.
pub(super) const MARGIN_PX: f64 = 5.0;

/// Spots on a piece of dust or on a particle that sticks to the window, within so many of its widths, count neither as
/// right nor as false.
const WIDTHS: f64 = 4.0;

/// Everything that is known of one film; what is not known is absent.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Frames in which positions are known, in time; empty if they are not.
    pub frames: Vec<KnownFrame>,
    /// Sizes of the sample, each particle of it once.
    pub sample: Option<KnownSizes>,
    /// The same particles, each weighted by the frames in which it is visible.
    pub seen: Option<KnownSizes>,
    /// A size that somebody states, nm.
    pub nominal_nm: Option<f64>,
    /// Particles per mL in front of the camera.
    pub concentration_per_ml: Option<f64>,
    /// Area of the picture in the sample, um^2.
    pub area_um2: Option<f64>,
    /// Of a sample of a few sizes: which particle is of which.
    pub populations: Option<Populations>,
}

/// Known positions of one frame.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownFrame {
    pub frame: u32,
    pub spots: Vec<KnownSpot>,
    /// Discs (x, y, radius) in px in which spots do not count.
    pub ignored: Vec<[f64; 3]>,
}

impl KnownFrame {
    /// A frame in which nothing is known to be.
    pub fn empty(frame: u32) -> Self {
        Self {
            frame,
            ..Self::default()
        }
    }
}

/// A particle in one frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownSpot {
    pub particle: u64,
    pub x_px: f64,
    pub y_px: f64,
    /// A good engine finds it: in focus, bright, not at the edge.
    pub must: bool,
    /// In focus and not at the edge or hidden: what `must` asks for, but of any brightness.
    pub clear: bool,
    /// Peak over the noise of a pixel, where known.
    pub snr: Option<f64>,
    /// The smallest standard error that its position can have, px per axis, of a still spot that is alone.
    pub bound_px: Option<f64>,
}

/// Sizes with their shares.
#[derive(Clone, Debug)]
pub(super) struct KnownSizes {
    pub cdf: Cdf,
    pub mean_nm: f64,
    pub cv: f64,
}

impl KnownSizes {
    /// Of diameters with weights; `None` if there are none.
    pub fn of(weighted: Vec<(f64, f64)>) -> Option<Self> {
        let total: f64 = weighted.iter().map(|w| w.1).sum();
        if total <= 0.0 {
            return None;
        }
        let mean = weighted.iter().map(|(d, w)| d * w).sum::<f64>() / total;
        let variance = weighted
            .iter()
            .map(|(d, w)| w * (d - mean).powi(2))
            .sum::<f64>()
            / total;
        Some(Self {
            mean_nm: mean,
            cv: variance.max(0.0).sqrt() / mean,
            cdf: Cdf::of_steps(weighted)?,
        })
    }

    /// The diameter below which a share `p` of the particles lies, nm; `None` where that is not sharp: where a share
    /// of 5 % more or less means a diameter more than a fifth away, as in the gap between two populations.
    pub fn quantile_nm(&self, p: f64) -> Option<f64> {
        const SHARE: f64 = 0.05;
        const REACH: f64 = 0.2;
        let q = self.cdf.quantile(p);
        let near = |p: f64| (self.cdf.quantile(p) / q - 1.0).abs() <= REACH;
        (near(p - SHARE) && near(p + SHARE)).then_some(q)
    }
}

impl Known {
    /// A film whose size somebody states.
    pub fn nominal(nominal_nm: f64) -> Self {
        Self {
            nominal_nm: Some(nominal_nm),
            sample: KnownSizes::of(vec![(nominal_nm, 1.0)]),
            ..Self::default()
        }
    }

    /// A simulated film. Repeated pictures and places without a picture are not among its frames.
    pub fn simulated(truth: &TruthFile, rows: &[TruthRow]) -> Self {
        let left_out: BTreeSet<u32> = truth
            .missing
            .iter()
            .copied()
            .chain(truth.repeated.iter().map(|r| r[0]))
            .collect();
        let mut frames: BTreeMap<u32, KnownFrame> = (0..truth.frames)
            .filter(|f| !left_out.contains(f))
            .map(|frame| (frame, KnownFrame::empty(frame)))
            .collect();
        let size = [f64::from(truth.width_px), f64::from(truth.height_px)];
        let mut visible: BTreeMap<u32, f64> = BTreeMap::new();
        for row in rows {
            let Some(frame) = frames.get_mut(&row.frame) else {
                continue;
            };
            let inside = |margin: f64| {
                row.x_px >= margin - 0.5
                    && row.x_px < size[0] - 0.5 - margin
                    && row.y_px >= margin - 0.5
                    && row.y_px < size[1] - 0.5 - margin
            };
            let bright = row.snr >= VISIBLE_PEAK_SNR;
            if bright && inside(0.0) {
                *visible.entry(row.particle).or_default() += 1.0;
            }
            let width_px = truth.scene.optics.width_px(row.z_um);
            if std::f64::consts::PI.sqrt() * width_px * row.snr >= FAINTEST_FILTERED_SNR {
                let clear = row.in_focus && inside(MARGIN_PX);
                frame.spots.push(KnownSpot {
                    particle: u64::from(row.particle),
                    x_px: row.x_px,
                    y_px: row.y_px,
                    must: bright && clear,
                    clear,
                    snr: Some(row.snr),
                    bound_px: clear.then(|| bound::of_row(truth, row)).flatten(),
                });
            }
        }
        for d in &truth.dust {
            if let Some(frame) = frames.get_mut(&d.frame) {
                frame.ignored.push([d.x_px, d.y_px, WIDTHS * d.width_px]);
            }
        }
        let shake_px = truth.scene.motion.vibration.amplitude_um / truth.pixel_size_um;
        let stuck_px = WIDTHS * truth.scene.stuck.width_px + shake_px;
        for frame in frames.values_mut() {
            let stuck = truth.stuck.iter().map(|[x, y]| [*x, *y, stuck_px]);
            frame.ignored.extend(stuck);
            // What is hidden behind them need not be found.
            for spot in &mut frame.spots {
                let hidden = |[x, y, r]: &[f64; 3]| (x - spot.x_px).hypot(y - spot.y_px) <= *r;
                spot.clear &= !frame.ignored.iter().any(hidden);
                spot.must &= spot.clear;
            }
            bound::keep_alone(truth, &mut frame.spots);
        }
        let each = |weight: &dyn Fn(u32) -> f64| {
            KnownSizes::of(
                (0..)
                    .zip(&truth.particles)
                    .map(|(i, p)| (p.diameter_nm, weight(i)))
                    .collect(),
            )
        };
        Self {
            frames: frames.into_values().collect(),
            sample: each(&|_| 1.0),
            seen: each(&|i| visible.get(&i).copied().unwrap_or(0.0)),
            nominal_nm: None,
            concentration_per_ml: Some(truth.concentration_per_ml),
            area_um2: Some(size[0] * size[1] * truth.pixel_size_um.powi(2)),
            populations: Populations::of(
                &truth
                    .particles
                    .iter()
                    .map(|p| (p.diameter_nm, p.diffusion_um2_per_s))
                    .collect::<Vec<_>>(),
                truth.pixel_size_um,
                truth.frame_interval_s,
            ),
        }
    }
}

/// What an engine must be told of a simulated film, as a plan.
pub(super) fn plan_of(truth: &TruthFile) -> toml::Table {
    let mut plan = toml::Table::new();
    let mut put = |key: &str, value: f64| {
        plan.insert(key.into(), value.into());
    };
    put("pixel_size_um", truth.pixel_size_um);
    put("exposure_ms", truth.exposure_s * 1e3);
    put("temperature_c", truth.temperature_c);
    if let Some(viscosity) = truth.scene.viscosity_mpa_s {
        put("viscosity_mpa_s", viscosity);
    }
    if truth.scene.light.polarity == ScenePolarity::Dark {
        let film = toml::Table::from_iter([("polarity".to_owned(), "dark".into())]);
        plan.insert("film".into(), film.into());
    }
    plan
}
