//! Band-pass and local maxima, after Crocker and Grier.
//!
//! Each frame is smoothed with a Gaussian against pixel noise, a running mean over `diameter_px` is taken away
//! (Crocker and Grier 1996 doi:10.1006/jcis.1996.0217), and maxima among the brightest pixels count, no two
//! of them nearer than `diameter_px`. What a spot holds within its diameter
//! must reach `lowest_mass_counts`. In: flat counts; out: px; `snr` is the height over the robust noise of the
//! filtered sample.
//!
//! Differs from the paper in: the running mean has the edges mirrored; the share of brightest pixels is measured
//! among those above `lowest_counts`, so that an empty frame stays empty.

use super::crowd::{self, Eased, Seen};
use super::peaks::local_maxima;
use super::{Candidate, Detector, MakeDetector};
use crate::film::Film;
use crate::filter::{Kernel, Plane, Scratch, smooth};
use crate::method::{Entry, ParamSpec, Params};
use crate::model::Flat;
use crate::side_by_side::each;
use crate::tiles::{median, quantile};
use crate::{Finding, Tally};

pub(super) const ENTRY: Entry<MakeDetector> = Entry {
    key: "bandpass",
    title: "Band-pass and local maxima, after Crocker and Grier",
    references: &["doi:10.1006/jcis.1996.0217"],
    params: &[
        ParamSpec {
            key: "diameter_px",
            default: 9.0,
            min: 3.0,
            max: 99.0,
            unit: "px",
            meaning: "Somewhat more than the diameter of a spot; taken as the next odd number.",
        },
        ParamSpec {
            key: "noise_px",
            default: 1.0,
            min: 0.1,
            max: 10.0,
            unit: "px",
            meaning: "Standard deviation of the smoothing against pixel noise.",
        },
        ParamSpec {
            key: "lowest_counts",
            default: 1.0,
            min: 0.0,
            max: 65_535.0,
            unit: "counts",
            meaning: "Filtered pixels below this count as empty.",
        },
        ParamSpec {
            key: "percentile",
            default: 64.0,
            min: 0.0,
            max: 100.0,
            unit: "%",
            meaning: "A maximum must be brighter than this share of the pixels that are not empty.",
        },
        ParamSpec {
            key: "lowest_mass_counts",
            default: 0.0,
            min: 0.0,
            max: 1e9,
            unit: "counts",
            meaning: "A spot must hold at least this much light within its diameter after filtering.",
        },
        ParamSpec {
            key: "lowest_snr",
            default: 5.0,
            min: 0.0,
            max: 1000.0,
            unit: "1",
            meaning: "A spot must exceed the noise of the filtered picture by this factor.",
        },
    ],
    make: |params, film, sample| Box::new(Bandpass::new(params, film, sample)),
};

/// No more maxima of a frame than this are looked at, brightest first.
const MOST_PEAKS: usize = 20_000;
/// How a plan lets more spots pass.
const EASED: Eased = Eased {
    specs: ENTRY.params,
    by_less: &[
        "lowest_counts",
        "percentile",
        "lowest_mass_counts",
        "lowest_snr",
    ],
    by_more: &[],
};

struct Bandpass {
    radius_px: usize,
    smoothing: Kernel,
    boxcar: Kernel,
    lowest_counts: f32,
    percentile: f64,
    lowest_mass_counts: f64,
    lowest_snr: f64,
    noise_counts: f64,
    /// The finding that the film shows more spots than particles can make; then no frame is searched.
    blind: Option<Finding>,
}

impl Bandpass {
    fn new(params: &Params, film: &Film, sample: &[Flat]) -> Self {
        let radius_px = (params.get("diameter_px") / 2.0).floor().max(1.0) as usize;
        let mut detector = Self {
            radius_px,
            smoothing: Kernel::gauss(params.get("noise_px")),
            boxcar: Kernel::boxcar(radius_px),
            lowest_counts: params.get("lowest_counts") as f32,
            percentile: params.get("percentile"),
            lowest_mass_counts: params.get("lowest_mass_counts"),
            lowest_snr: params.get("lowest_snr"),
            noise_counts: 1.0,
            blind: None,
        };
        detector.noise_counts = detector.learn_noise(film, sample);
        let some = sample.iter().step_by((sample.len() / 3).max(1)).collect();
        let seen = each(some, |flat| {
            let mut tally = Tally::default();
            let spots = detector.detect(flat, film, &mut tally);
            Seen::of(&spots, &tally, MOST_PEAKS)
        });
        detector.blind = crowd::too_crowded(&seen, film, params, &EASED);
        detector
    }

    /// Robust noise of the filtered sample, at least that of rounding to whole counts.
    fn learn_noise(&self, film: &Film, sample: &[Flat]) -> f64 {
        let stride = (sample.len() * film.usable.len() / 400_000).max(1);
        let mut values = Vec::new();
        for flat in sample.iter().filter(|f| f.image.dim() == film.usable.dim()) {
            let plane = self.bandpassed(flat);
            for y in 0..plane.height {
                for (x, v) in plane.row(y).iter().enumerate() {
                    if (y * plane.width + x).is_multiple_of(stride) && film.usable[[y, x]] {
                        values.push(f64::from(v.abs()));
                    }
                }
            }
        }
        let power = self.smoothing.overlap(&self.smoothing, 0);
        (1.4826 * median(&mut values).unwrap_or(0.0)).max(power / 12f64.sqrt())
    }

    fn bandpassed(&self, flat: &Flat) -> Plane {
        let input = Plane::of(&flat.image);
        let (mut fine, mut coarse) = (Plane::default(), Plane::default());
        let mut scratch = Scratch::default();
        smooth(&input, &self.smoothing, &mut fine, &mut scratch);
        smooth(&input, &self.boxcar, &mut coarse, &mut scratch);
        for y in 0..fine.height {
            for (f, c) in fine.row_mut(y).iter_mut().zip(coarse.row(y)) {
                *f -= c;
            }
        }
        fine
    }

    /// The band-passed picture with everything weak set to zero.
    fn filtered(&self, flat: &Flat) -> Plane {
        let mut plane = self.bandpassed(flat);
        for y in 0..plane.height {
            for v in plane.row_mut(y) {
                if *v < self.lowest_counts {
                    *v = 0.0;
                }
            }
        }
        plane
    }

    /// Sum of the filtered picture within the diameter.
    fn mass(&self, plane: &Plane, y: f64, x: f64) -> f64 {
        let r = self.radius_px as isize;
        let (cy, cx) = (y.round() as isize, x.round() as isize);
        let mut sum = 0.0;
        for i in (cy - r).max(0)..=(cy + r).min(plane.height as isize - 1) {
            for j in (cx - r).max(0)..=(cx + r).min(plane.width as isize - 1) {
                if (i - cy).pow(2) + (j - cx).pow(2) <= r * r {
                    sum += f64::from(plane.at(i as usize, j as usize));
                }
            }
        }
        sum
    }
}

impl Detector for Bandpass {
    fn detect(&self, flat: &Flat, film: &Film, tally: &mut Tally) -> Vec<Candidate> {
        if flat.image.dim() != film.usable.dim() {
            return Vec::new();
        }
        if self.blind.is_some() {
            crowd::not_searched(tally);
            return Vec::new();
        }
        let plane = self.filtered(flat);
        let mut bright: Vec<f64> = (0..plane.height)
            .flat_map(|y| plane.row(y))
            .filter(|v| **v > 0.0)
            .map(|v| f64::from(*v))
            .collect();
        let Some(limit) = quantile(&mut bright, self.percentile / 100.0) else {
            return Vec::new();
        };
        let mut peaks = local_maxima(&plane, limit as f32);
        peaks.retain(|p| film.is_usable(p.y, p.x));
        peaks.sort_by(|a, b| {
            b.height
                .total_cmp(&a.height)
                .then(a.y.total_cmp(&b.y))
                .then(a.x.total_cmp(&b.x))
        });
        tally.add("too_many", peaks.len().saturating_sub(MOST_PEAKS) as u64);
        peaks.truncate(MOST_PEAKS);
        let reach = (2 * self.radius_px + 1) as f64;
        let mut kept: Vec<Candidate> = Vec::new();
        let mut taken = vec![Vec::new(); plane.height.max(1)];
        for peak in peaks {
            let row = (peak.y.max(0.0) as usize).min(taken.len() - 1);
            let from = row.saturating_sub(reach.ceil() as usize);
            let to = (row + reach.ceil() as usize + 1).min(taken.len());
            let crowded = taken[from..to]
                .iter()
                .flatten()
                .any(|(y, x): &(f64, f64)| (y - peak.y).hypot(x - peak.x) < reach);
            if crowded {
                continue;
            }
            taken[row].push((peak.y, peak.x));
            let snr = peak.height / self.noise_counts;
            if snr < self.lowest_snr || self.mass(&plane, peak.y, peak.x) < self.lowest_mass_counts
            {
                tally.add("too_weak", 1);
                continue;
            }
            kept.push(Candidate {
                x_px: peak.x,
                y_px: peak.y,
                snr,
                width_px: film.spot_width_px,
            });
        }
        kept.sort_by(|a, b| a.y_px.total_cmp(&b.y_px).then(a.x_px.total_cmp(&b.x_px)));
        kept
    }

    fn start_snr(&self) -> f64 {
        self.lowest_snr
    }

    fn findings(&self) -> Vec<Finding> {
        self.blind.iter().cloned().collect()
    }
}
