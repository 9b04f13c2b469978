//! The stages with what each of them needs, so that every benchmark and the instruction counts look at the same work.

use super::{FilmInMemory, scene};
use nta_core::detect::{Candidate, DETECTORS, Detector};
use nta_core::drift::Drift;
use nta_core::film::{Film, FilmOptions};
use nta_core::link::{LINKERS, LinkInput, Linker};
use nta_core::method::resolve;
use nta_core::model::Stated;
use nta_core::refine::{REFINERS, Refiner};
use nta_core::{
    Acquisition, Choice, Entry, Flat, Frame, FrameIndex, FrameSpots, Pixels, Spot, Tally, Track,
    TrackId, TrackPoint, Trajectory,
};
use nta_sim::SimulatedFilm;
use nta_sizing::{CaptureTracks, Sampling};

pub const INTERVAL_S: f64 = 1.0 / 30.0;
pub const SAMPLING: Sampling = Sampling {
    frame_interval_s: INTERVAL_S,
    exposure_s: 0.015,
};

/// The default method of a stage.
pub fn first<M>(entries: &'static [Entry<M>]) -> Choice {
    Choice::of(entries[0].key)
}

/// What a sample of frames teaches, with that sample.
pub struct Learned {
    pub sample: Vec<(FrameIndex, Pixels)>,
    pub film: Film,
    pub flats: Vec<Flat>,
}

impl Learned {
    /// Learns as the engine does. At least 12 frames.
    pub fn of(sample: Vec<(FrameIndex, Pixels)>) -> Self {
        let (film, flats, _) = learn_film(&sample);
        Self {
            sample,
            film,
            flats,
        }
    }

    /// From a simulated film.
    pub fn simulated(size: (u32, u32), frames: u32, particles: u32) -> Self {
        let pictures = FilmInMemory::of(&scene(size, frames, f64::from(particles))).pictures;
        Self::of((0..).map(FrameIndex).zip(pictures).collect())
    }

    /// What the default detector learns.
    pub fn detector(&self) -> Box<dyn Detector> {
        let (entry, params) = resolve(DETECTORS, "detect", &first(DETECTORS)).expect("a method");
        (entry.make)(&params, &self.film, &self.flats)
    }

    pub fn refiner(&self) -> Box<dyn Refiner> {
        let (entry, params) = resolve(REFINERS, "refine", &first(REFINERS)).expect("a method");
        (entry.make)(&params, &self.film)
    }

    /// A frame from the middle of the sample.
    pub fn frame(&self) -> Frame {
        let (index, pixels) = self.sample[self.sample.len() / 2].clone();
        Frame {
            index,
            time_s: 0.0,
            pixels,
        }
    }
}

/// Background, noise, width of a spot and masks.
pub fn learn_film(sample: &[(FrameIndex, Pixels)]) -> (Film, Vec<Flat>, usize) {
    let neighbours = &sample[..12];
    let (film, flats, findings) = Film::learn(sample, neighbours, 255, &FilmOptions::default());
    (film, flats, findings.len())
}

/// A frame on its way to spots.
pub struct Looker {
    pub learned: Learned,
    pub detector: Box<dyn Detector>,
    pub refiner: Box<dyn Refiner>,
    pub frame: Frame,
    pub flat: Flat,
    pub candidates: Vec<Candidate>,
}

impl Looker {
    pub fn new(learned: Learned) -> Self {
        let (detector, refiner) = (learned.detector(), learned.refiner());
        let frame = learned.frame();
        let flat = learned.film.flatten(&frame);
        let candidates = detector.detect(&flat, &learned.film, &mut Tally::default());
        Self {
            learned,
            detector,
            refiner,
            frame,
            flat,
            candidates,
        }
    }

    pub fn flatten(&self) -> Flat {
        self.learned.film.flatten(&self.frame)
    }

    pub fn detect(&self) -> Vec<Candidate> {
        let mut tally = Tally::default();
        self.detector
            .detect(&self.flat, &self.learned.film, &mut tally)
    }

    pub fn refine(&self) -> Vec<Spot> {
        let (film, mut tally) = (&self.learned.film, Tally::default());
        self.refiner
            .refine(&self.flat, film, &self.candidates, &mut tally)
    }
}

/// True positions as spots of a film of 640x480.
pub fn true_spots(frames: u32, particles: u32) -> Vec<FrameSpots> {
    let scene = scene((640, 480), frames, f64::from(particles));
    let film = SimulatedFilm::new(&scene).expect("a scene");
    let spot = |s: &nta_sim::SpotTruth| Spot {
        x_px: s.x_px,
        y_px: s.y_px,
        precision_px: 0.1,
        width_px: s.width_px,
        mass_counts: std::f64::consts::TAU * s.peak_counts * s.width_px * s.width_px,
        peak_counts: s.peak_counts,
        background_counts: 0.0,
        snr: 4.0 * s.peak_snr,
    };
    let frame = |f: &nta_sim::FrameTruth| FrameSpots {
        frame: f.frame,
        time_s: f.time_s,
        spots: f.visible().map(spot).collect(),
    };
    film.truth().frames.iter().map(frame).collect()
}

pub fn linker() -> Box<dyn Linker> {
    let (entry, params) = resolve(LINKERS, "link", &first(LINKERS)).expect("a method");
    (entry.make)(&params)
}

/// Spots of a film of 640x480 that does not drift.
pub fn link_input<'a>(frames: &'a [FrameSpots], drift: &'a Drift) -> LinkInput<'a> {
    LinkInput {
        frames,
        drift,
        area_px2: 640.0 * 480.0,
        start_snr: 5.0,
    }
}

/// Even numbers in (0, 1), always the same (SplitMix64).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Random walks of 100 nm beads in water, 10 to 40 frames long, localised to 0.2 px.
pub fn walks(count: u32) -> Vec<Trajectory> {
    let acquisition = Acquisition {
        pixel_size_um: Stated::new(0.2, "benchmark"),
        frame_interval_s: Stated::new(INTERVAL_S, "benchmark"),
        exposure_s: Some(Stated::new(0.015, "benchmark")),
        bit_depth: None,
    };
    let mut dice = Dice(1);
    let step_px = (2.0 * 4.9 * INTERVAL_S).sqrt() / 0.2;
    let walk = |id| {
        let (mut x, mut y) = (300.0, 200.0);
        let points = (0..10 + id % 31).map(|n| {
            x += step_px * dice.normal();
            y += step_px * dice.normal();
            TrackPoint {
                frame: FrameIndex(n),
                time_s: f64::from(n) * INTERVAL_S,
                spot: Spot {
                    x_px: x + 0.2 * dice.normal(),
                    y_px: y + 0.2 * dice.normal(),
                    precision_px: 0.2,
                    width_px: 1.5,
                    mass_counts: 500.0,
                    peak_counts: 40.0,
                    background_counts: 0.0,
                    snr: 20.0,
                },
            }
        });
        let track = Track::new(TrackId(id), points.collect()).expect("a track");
        Trajectory::from_track(&track, &acquisition, &Drift::none())
    };
    (0..count).map(walk).collect()
}

/// These walks as a capture.
pub fn capture<'a>(trajectories: &'a &'a [Trajectory]) -> [CaptureTracks<'a>; 1] {
    [CaptureTracks {
        trajectories,
        visibility: &[],
        sampling: SAMPLING,
        exposure_se_s: 0.0,
    }]
}
