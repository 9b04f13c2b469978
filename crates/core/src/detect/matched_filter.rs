//! Matched filter on three scales with a threshold that follows from the wanted number of false spots.
//!
//! For a Gaussian spot of unknown height on a constant background in white noise, the generalised likelihood ratio
//! statistic is z = (k * I) / sigma_f with a zero-mean kernel k, here G(s) - G(3 s), and sigma_f the noise of the
//! filtered picture, measured on the film (Serge 2008 doi:10.1038/nmeth.1233, in this form). The number
//! of maxima of a smooth unit Gaussian field above u is (Worsley 1992 doi:10.1038/jcbfm.1992.127)
//!
//! ```text
//! E(u) = area (2 pi)^(-3/2) Lambda u exp(-u^2 / 2),   Lambda = 2 (1 - rho_1) per pixel
//! ```
//!
//! with rho_1 the kernel's autocorrelation over one pixel; it is solved for the wanted number per frame. Noise of few
//! photons is skewed; the threshold moves by the Cornish-Fisher term gamma (u^2 - 1) / 6.
//!
//! Assumes that most of a tile of the picture is empty most of the time. In: flat counts; out: px and units of noise.
//!
//! Noise with heavier tails than that, as compression leaves it, is measured on the dark side of the film
//! (`dark_side.rs`) and raises the threshold.
//!
//! Differs from the papers in: three widths s, 1.6 s, 2.5 s instead of one, the strongest answer counts; answers that
//! a stronger spot explains, and ridges such as the rim of a ring out of focus, are dropped.

use super::crowd::{self, Eased, Seen};
use super::dark_side::{self, Sides};
use super::near::{Answer, Near};
use super::peaks::on_ridge;
use super::scale::Scale;
use super::scale_noise::learn_noise;
use super::sweep::{Workspace, sweep};
use super::{Candidate, Detector, MakeDetector};
use crate::film::Film;
use crate::filter::Heights;
use crate::method::{Entry, ParamSpec, Params};
use crate::model::Flat;
use crate::side_by_side::{each, each_with_room};
use crate::{Finding, Severity, Tally};
use std::sync::Mutex;

pub(super) const ENTRY: Entry<MakeDetector> = Entry {
    key: "matched-filter",
    title: "Matched filter on three scales, threshold from the wanted number of false spots",
    references: &["doi:10.1038/nmeth.1233", "doi:10.1038/jcbfm.1992.127"],
    params: &[
        ParamSpec {
            key: "false_spots_per_frame",
            default: 0.5,
            min: 1e-6,
            max: 1000.0,
            unit: "spots",
            meaning: "Spots that noise alone may start in a frame, on average.",
        },
        ParamSpec {
            key: "lowest_snr",
            default: 4.0,
            min: 2.0,
            max: 1000.0,
            unit: "1",
            meaning: "A track never begins with a spot weaker than this, however small the picture.",
        },
        ParamSpec {
            key: "threshold_factor",
            default: 1.0,
            min: 0.3,
            max: 3.0,
            unit: "1",
            meaning: "The threshold that follows from the other two is multiplied by this; for showing how little it matters.",
        },
    ],
    make: |params, film, sample| Box::new(MatchedFilter::new(params, film, sample)),
};

/// Widths of the scales in widths of a spot.
const SCALES: [f64; 3] = [1.0, 1.6, 2.5];
/// Spots that continue a track may be this much weaker than those that begin one.
const HYSTERESIS: f64 = 0.5;
/// Two spots nearer than this many widths are one.
const SEPARATION: f64 = 2.2;
/// Within this many widths of a strong spot ...
const HALO: f64 = 8.0;
/// ... answers below this share of it are its halo: diffraction rings and what compression makes of them.
const HALO_SHARE: f64 = 0.03;
/// Two answers of a finer scale are a pair, which a coarser one has merged, if both have this share of its height ...
const PAIR_SHARE: f64 = 0.6;
/// ... and the finer picture falls between them by this share of the lower one ...
const PAIR_DIP_SHARE: f64 = 0.15;
/// ... and by this much more, which noise hardly does.
const PAIR_DIP: f64 = 1.5;
/// Frames in which noise with heavy tails is looked for.
const DARK_SIDE_FRAMES: usize = 12;
/// No more answers of a frame than this are looked at, strongest first. A picture with more is no NTA film.
const MOST_PEAKS: usize = 20_000;
/// How a plan lets more spots pass.
const EASED: Eased = Eased {
    specs: ENTRY.params,
    by_less: &["threshold_factor", "lowest_snr"],
    by_more: &["false_spots_per_frame"],
};

struct MatchedFilter {
    scales: Vec<Scale>,
    /// How far from a spot of the width of one scale another scale still answers to it, px; see [`farthest_beside`].
    beside_px: Vec<Vec<f64>>,
    /// What each scale answers to a spot of its own width; see [`answer_beside`].
    own_answer: Vec<f64>,
    start_snr: f64,
    /// The film shows more spots than particles can make, so that no frame is searched; see `crowd.rs`.
    blind: bool,
    findings: Vec<Finding>,
    /// What frames need while they are worked on; kept for the next ones.
    rooms: Mutex<Vec<Workspace>>,
}

impl MatchedFilter {
    fn new(params: &Params, film: &Film, sample: &[Flat]) -> Self {
        let mut scales = Vec::from(SCALES.map(|f| Scale::new(f * film.spot_width_px)));
        learn_noise(&mut scales, film, sample);
        let area = film.usable_px() as f64;
        let wavy: f64 = scales
            .iter()
            .map(|s| area / (s.step * s.step) as f64 * s.waviness)
            .sum();
        let u = threshold(wavy, params.get("false_spots_per_frame")).max(params.get("lowest_snr"));
        let skewness = scales.iter().map(|s| s.skewness).fold(0.0, f64::max);
        let beside = |a: &Scale| {
            let widths = scales.iter().map(|s| s.width_px);
            widths.map(|w| farthest_beside(a.width_px, w)).collect()
        };
        let mut detector = Self {
            beside_px: scales.iter().map(beside).collect(),
            own_answer: scales
                .iter()
                .map(|s| answer_beside(s.width_px, s.width_px, 0.0))
                .collect(),
            scales,
            start_snr: u + skewness * (u * u - 1.0) / 6.0,
            blind: false,
            findings: Vec::new(),
            rooms: Mutex::new(Vec::new()),
        };
        let wanted = params.get("false_spots_per_frame");
        let seen = detector.both_sides(film, sample);
        let (sides, found): (Vec<Sides>, Vec<Seen>) = seen.into_iter().unzip();
        let theory = detector.start_snr;
        let measured = dark_side::threshold(&sides, film.usable.dim(), wanted, theory);
        detector.start_snr = measured.unwrap_or(theory) * params.get("threshold_factor");
        // What was seen with another threshold does not count.
        let known = (detector.start_snr == theory).then_some(&found[..]);
        detector.look_at_sample(params, film, sample, known.unwrap_or_default());
        detector
    }

    /// What is seen in some frames and in the same frames negated, and how much there is in the former.
    fn both_sides(&self, film: &Film, sample: &[Flat]) -> Vec<(Sides, Seen)> {
        let frames = sample.iter().step_by(dark_side_step(sample.len()));
        each_with_room(frames.collect(), |flat: &Flat, room: &mut Option<Flat>| {
            let mut tally = Tally::default();
            let bright = self.detect(flat, film, &mut tally);
            let found = Seen::of(&bright, &tally, MOST_PEAKS);
            let negated = room.get_or_insert_with(|| flat.clone());
            negated.clone_from(flat);
            negated.image.mapv_inplace(|v| -v);
            // Nothing is lost here: what these frames drop, they drop again when the film is worked through.
            let dark = self.detect(negated, film, &mut tally);
            (Sides { bright, dark }, found)
        })
    }

    /// Whether the film is one on which this detector can work. What some frames hold may be known already.
    fn look_at_sample(&mut self, params: &Params, film: &Film, sample: &[Flat], known: &[Seen]) {
        let step = dark_side_step(sample.len());
        let frames = (0..sample.len()).step_by((sample.len() / 3).max(1));
        let found = each(frames.collect(), |i| {
            let known = known.get(i / step).filter(|_| i.is_multiple_of(step));
            known.copied().unwrap_or_else(|| {
                let mut tally = Tally::default();
                let spots = self.detect(&sample[i], film, &mut tally);
                Seen::of(&spots, &tally, MOST_PEAKS)
            })
        });
        if let Some(finding) = crowd::too_crowded(&found, film, params, &EASED) {
            self.blind = true;
            self.findings.push(finding);
            return;
        }
        let dropped: u64 = found.iter().map(|f| f.too_many).sum();
        if dropped > 0 {
            self.findings.push(
                Finding::new(
                    "D02",
                    Severity::Warning,
                    "detect",
                    "Some frames have more peaks than any film of particles. Only the strongest were kept; check focus, gain and \
                     polarity (--set film.polarity=dark for dark particles on bright ground).",
                )
                .with(dropped as f64, Some(MOST_PEAKS as f64), "peaks dropped"),
            );
        }
    }

    fn answers(&self, flat: &Flat, film: &Film, room: &mut Workspace) -> Vec<Answer> {
        let limit = (self.start_snr - HYSTERESIS) as f32;
        let mut answers = Vec::new();
        sweep(&self.scales, flat, limit, room);
        for (i, (scale, filtered)) in self.scales.iter().zip(&room.scales).enumerate() {
            for peak in &filtered.maxima {
                let (y, x) = (scale.film_px(peak.y), scale.film_px(peak.x));
                if film.is_usable(y, x) {
                    answers.push(Answer {
                        y,
                        x,
                        z: peak.height,
                        scale: i,
                        peak: *peak,
                        ridge: false,
                    });
                }
            }
        }
        let mut finer = Near::new(film.usable.dim(), SEPARATION * self.widest_px());
        for answer in &answers {
            finer.add(*answer);
        }
        answers.retain(|a| a.scale == 0 || !self.is_pair(a, &finer, room));
        answers
    }

    fn on_ridge(&self, a: &Answer, room: &Workspace) -> bool {
        let scale = &self.scales[a.scale];
        let response = scale.response(&room.scales[a.scale].counts);
        on_ridge(&response, &a.peak, scale.sigma_px())
    }

    fn widest_px(&self) -> f64 {
        self.scales.iter().map(|s| s.width_px).fold(0.0, f64::max)
    }

    /// True if the answer of a coarse scale is two spots that a finer scale tells apart.
    fn is_pair(&self, c: &Answer, finer: &Near, room: &Workspace) -> bool {
        let reach = SEPARATION * self.scales[c.scale].width_px;
        let parts: Vec<&Answer> = finer
            .around(c)
            .filter(|a| a.scale < c.scale && a.z >= PAIR_SHARE * c.z)
            .filter(|a| a.is_within(reach, c))
            .collect();
        parts.iter().enumerate().any(|(i, a)| {
            parts[i + 1..].iter().any(|b| {
                let scale = &self.scales[a.scale];
                if a.scale != b.scale || a.is_within(SEPARATION * scale.width_px, b) {
                    return false;
                }
                let response = scale.response(&room.scales[a.scale].counts);
                let middle = response.between(
                    scale.own_px(0.5 * (a.y + b.y)),
                    scale.own_px(0.5 * (a.x + b.x)),
                );
                let lower = a.z.min(b.z);
                f64::from(middle) < lower - PAIR_DIP_SHARE * lower - PAIR_DIP
                    && !self.on_ridge(a, room)
                    && !self.on_ridge(b, room)
            })
        })
    }

    /// True if the stronger answer `b` explains the answer `c`.
    fn explains(&self, b: &Answer, c: &Answer) -> bool {
        let (wb, wc) = (self.scales[b.scale].width_px, self.scales[c.scale].width_px);
        if b.ridge && wc > wb {
            // The rim of a ring does not speak against the ring as a whole.
            return false;
        }
        if b.is_within(SEPARATION * wb, c) {
            return true;
        }
        // A wider filter still sees a spot that lies beside it.
        if wc <= wb || !b.is_within(self.beside_px[b.scale][c.scale], c) {
            return false;
        }
        let d = (b.y - c.y).hypot(b.x - c.x);
        c.z < 2.0 * b.z * answer_beside(wb, wc, d) / self.own_answer[b.scale] * wc / wb
    }

    /// True if the answer `c` belongs to the halo of the much stronger answer `b`.
    fn is_halo(&self, b: &Answer, c: &Answer) -> bool {
        let (wb, wc) = (self.scales[b.scale].width_px, self.scales[c.scale].width_px);
        c.z < HALO_SHARE * b.z && !(b.ridge && wc > wb) && b.is_within(HALO * wb, c)
    }

    /// Beyond this distance an answer explains nothing but its halo, px.
    fn reach_px(&self) -> f64 {
        let beside = self.beside_px.iter().flatten().copied();
        beside.fold(SEPARATION * self.widest_px(), f64::max)
    }

    /// Leaves out, strongest first, what a stronger answer explains.
    fn unexplained(&self, answers: Vec<Answer>, dim: (usize, usize), room: &Workspace) -> Near {
        let faintest = answers.last().map_or(0.0, |a| a.z);
        let mut kept = Near::new(dim, self.reach_px());
        // Halos reach far, but hardly any spot is bright enough to have one in which anything is seen.
        let mut bright = Near::new(dim, HALO * self.widest_px());
        for mut answer in answers {
            if kept.around(&answer).any(|b| self.explains(b, &answer))
                || bright.around(&answer).any(|b| self.is_halo(b, &answer))
            {
                continue;
            }
            answer.ridge = self.on_ridge(&answer, room);
            // A ridge is remembered too: it keeps the weaker answers of its rim from passing.
            kept.add(answer);
            if HALO_SHARE * answer.z > faintest {
                bright.add(answer);
            }
        }
        kept
    }
}

/// Beyond this distance a filter of width `filter` no longer answers to a spot of width `spot`, px; see [`answer_beside`].
fn farthest_beside(spot: f64, filter: f64) -> f64 {
    let total = |width: f64| spot * spot + width * width;
    let (near, far) = (total(filter), total(3.0 * filter));
    // Where both Gaussians are equal, and a little more for rounding.
    1.001 * (2.0 * (far / near).ln() / (1.0 / near - 1.0 / far)).sqrt()
}

/// Noise with heavy tails is looked for in every so many frames of a sample.
fn dark_side_step(frames: usize) -> usize {
    (frames / DARK_SIDE_FRAMES).max(1)
}

/// Answer of the difference of Gaussians of width `filter` at distance `d` from a Gaussian spot of height 1 and width
/// `spot`. Over the noise it grows with the width of the filter.
fn answer_beside(spot: f64, filter: f64, d: f64) -> f64 {
    let smoothed = |width: f64| {
        let total = spot * spot + width * width;
        spot * spot / total * (-0.5 * d * d / total).exp()
    };
    (smoothed(filter) - smoothed(3.0 * filter)).max(0.0)
}

/// The height above which a field of this waviness has `wanted` maxima. Falls from u = 1 on, so it can be bisected.
fn threshold(wavy: f64, wanted: f64) -> f64 {
    let expected = |u: f64| wavy * std::f64::consts::TAU.powf(-1.5) * u * (-0.5 * u * u).exp();
    let (mut low, mut high) = (1.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if expected(middle) > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

impl Detector for MatchedFilter {
    fn detect(&self, flat: &Flat, film: &Film, tally: &mut Tally) -> Vec<Candidate> {
        if flat.image.dim() != film.usable.dim() {
            return Vec::new();
        }
        if self.blind {
            crowd::not_searched(tally);
            return Vec::new();
        }
        // A poisoned lock means that another frame's thread died; its rooms are only scratch.
        let lock = || self.rooms.lock().unwrap_or_else(|e| e.into_inner());
        let mut room = lock().pop().unwrap_or_default();
        let mut answers = self.answers(flat, film, &mut room);
        answers.sort_by(|a, b| {
            b.z.total_cmp(&a.z)
                .then(a.y.total_cmp(&b.y))
                .then(a.x.total_cmp(&b.x))
                .then(a.scale.cmp(&b.scale))
        });
        let dropped = answers.len().saturating_sub(MOST_PEAKS);
        answers.truncate(MOST_PEAKS);
        tally.add("too_many", dropped as u64);
        let kept = self.unexplained(answers, film.usable.dim(), &room);
        let ridges = kept.all().filter(|a| a.ridge).count() as u64;
        lock().push(room);
        tally.add("ridge", ridges);
        let mut out: Vec<Candidate> = kept
            .all()
            .filter(|a| !a.ridge)
            .map(|a| Candidate {
                x_px: a.x,
                y_px: a.y,
                snr: a.z,
                width_px: self.scales[a.scale].width_px,
            })
            .collect();
        out.sort_by(|a, b| a.y_px.total_cmp(&b.y_px).then(a.x_px.total_cmp(&b.x_px)));
        out
    }

    fn start_snr(&self) -> f64 {
        self.start_snr
    }

    fn findings(&self) -> Vec<Finding> {
        self.findings.clone()
    }
}
