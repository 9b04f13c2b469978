//! The simulated film as a source of frames.

use crate::camera::Sensor;
use crate::dust::{self, Piece};
use crate::motion::{shift_px, vibration_um};
use crate::optics::Spots;
use crate::random::{Purpose, stream};
use crate::streak::Streak;
use crate::truth::{FrameTruth, SpotTruth, StuckTruth, Truth, VISIBLE_PEAK_SNR};
use crate::world::World;
use crate::{Scene, SceneError, ScenePolarity, render};
use ndarray::Array2;
use nta_core::{
    FrameError, FrameIndex, FrameSource, Packet, PacketData, Pixels, SourceEnd, SourceError,
    VideoInfo,
};
use rand::RngExt;
use std::f64::consts::TAU;

/// A film of a [`Scene`]. The paths are computed once; each picture is drawn when it is decoded and depends on the scene
/// and the frame alone, so any thread may ask for any frame in any order and gets the same bytes.
#[derive(Clone, Debug)]
pub struct SimulatedFilm {
    scene: Scene,
    info: VideoInfo,
    spots: Spots,
    sensor: Sensor,
    background: Array2<f32>,
    streaks: Vec<Vec<Streak>>,
    dust: Vec<Piece>,
    truth: Truth,
    /// Per place in time the frame whose picture is delivered there; `None` if dropped.
    shown: Vec<Option<u32>>,
    next: usize,
}

impl SimulatedFilm {
    /// Checks the scene, draws the particles and computes their paths.
    pub fn new(scene: &Scene) -> Result<Self, SceneError> {
        scene.check()?;
        let spots = Spots::new(scene);
        let world = World::new(scene, &spots)?;
        let shown = schedule(scene);
        let mut streaks = Vec::with_capacity(world.frames.len());
        let mut seen = Vec::with_capacity(world.frames.len());
        for frame in world.frames {
            let (s, t): (Vec<Streak>, Vec<SpotTruth>) = frame.into_iter().unzip();
            streaks.push(s);
            seen.push(t);
        }
        let dust = dust::pieces(scene);
        let truth = Truth {
            frames: frame_truths(scene, &shown, &seen, &dust),
            particles: world.particles,
            stuck: place_stuck(scene),
            concentration_per_ml: world.concentration_per_ml,
            visible_depth_um: spots.mean_depth_um(VISIBLE_PEAK_SNR),
            box_half_depth_um: world.half_depth_um,
        };
        let size = (scene.height_px as usize, scene.width_px as usize);
        let mut pattern = stream(scene.seed, Purpose::FixedPattern, 0);
        Ok(Self {
            info: describe(scene),
            sensor: Sensor::new(&scene.camera, scene.ceiling_counts(), size, &mut pattern),
            background: render::background(scene),
            scene: scene.clone(),
            spots,
            streaks,
            dust,
            truth,
            shown,
            next: 0,
        })
    }

    /// What really was there.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The scene that was filmed.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Depth over which the peak of a particle is at least `snr` times the noise of a pixel of the background, um: both
    /// sides of the plane of focus, mean over the sample by number (in the plane of focus, if the filling is
    /// barometric), at most 200 um. [`Truth::visible_depth_um`] is that at [`VISIBLE_PEAK_SNR`].
    pub fn depth_um(&self, snr: f64) -> f64 {
        self.spots.mean_depth_um(snr)
    }

    /// The picture at a place in time; `None` for a dropped frame or beyond the end.
    pub fn picture(&self, frame: FrameIndex) -> Option<Pixels> {
        let source = (*self.shown.get(frame.0 as usize)?)?;
        Some(self.draw(source))
    }

    /// The light at frame `n`, counts, before noise.
    fn light(&self, n: u32) -> Array2<f32> {
        let scene = &self.scene;
        let sign = match scene.light.polarity {
            ScenePolarity::Bright => 1.0,
            ScenePolarity::Dark => -1.0,
        };
        let mut light = self.background.clone();
        for streak in self.streaks.get(n as usize).into_iter().flatten() {
            render::add_streak(&mut light, &self.spots, streak, sign);
        }
        let middle_s = f64::from(n) * scene.frame_interval_s() + 0.5 * scene.exposure_s();
        let shake = vibration_um(scene, middle_s).map(|v| v / scene.pixel_size_um);
        let width = scene.stuck.width_px;
        let flux = sign * scene.stuck.peak_counts * TAU * width * width;
        for s in &self.truth.stuck {
            render::add_spot(
                &mut light,
                [s.x_px + shake[0], s.y_px + shake[1]],
                width,
                flux,
            );
        }
        dust::add(&mut light, scene, &self.dust, n, sign);
        let l = &scene.light;
        if l.flicker_fraction > 0.0 {
            let level = 1.0 + l.flicker_fraction * libm::sin(TAU * l.flicker_hz * middle_s);
            light.mapv_inplace(|v| v * level as f32);
        }
        light
    }

    fn draw(&self, n: u32) -> Pixels {
        let mut noise = stream(self.scene.seed, Purpose::Noise, u64::from(n));
        self.sensor.expose(&self.light(n), &mut noise)
    }
}

impl FrameSource for SimulatedFilm {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        while self.next < self.shown.len() && self.shown[self.next].is_none() {
            self.next += 1;
        }
        if self.next >= self.shown.len() {
            return Ok(None);
        }
        let index = FrameIndex(self.next as u32);
        self.next += 1;
        Ok(Some(self.packet(index)))
    }

    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        let fail = |reason: &str| FrameError {
            index: packet.index.0,
            reason: reason.into(),
        };
        match &packet.data {
            PacketData::Place(n) => u32::try_from(*n)
                .ok()
                .and_then(|n| self.picture(FrameIndex(n)))
                .ok_or_else(|| fail("the simulated film has no such frame")),
            PacketData::Ready(pixels) => Ok(pixels.clone()),
        }
    }

    fn end(&self) -> SourceEnd {
        SourceEnd {
            frames_missing: self.shown.iter().filter(|s| s.is_none()).count() as u64,
            complete: true,
            ..SourceEnd::default()
        }
    }

    fn spaced(&mut self, count: usize) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
        self.next = 0;
        let there: Vec<u32> = (0..self.shown.len() as u32)
            .filter(|n| self.shown[*n as usize].is_some())
            .collect();
        let count = count.clamp(1, there.len().max(1));
        Ok((0..count.min(there.len()))
            .filter_map(|i| {
                // The middle of each of `count` equal parts.
                let index = FrameIndex(there[(2 * i + 1) * there.len() / (2 * count)]);
                Some((index, self.picture(index)?))
            })
            .collect())
    }
}

impl SimulatedFilm {
    fn packet(&self, index: FrameIndex) -> Packet {
        Packet {
            index,
            time_s: Some(f64::from(index.0) * self.scene.frame_interval_s()),
            data: PacketData::Place(u64::from(index.0)),
        }
    }
}

/// What the film says of itself.
fn describe(scene: &Scene) -> VideoInfo {
    let from = || "simulated camera".to_owned();
    VideoInfo {
        container: "simulation".into(),
        codec: "none".into(),
        width_px: scene.width_px as usize,
        height_px: scene.height_px as usize,
        bit_depth: scene.camera.bit_depth,
        ceiling_counts: scene.ceiling_counts(),
        frames: Some(u64::from(scene.frames)),
        frame_interval_s: Some(scene.frame_interval_s()),
        pixel_size_um: Some((scene.pixel_size_um, from())),
        exposure_s: Some((scene.exposure_s(), from())),
        says: [("seed".to_owned(), scene.seed.to_string())].into(),
        ..VideoInfo::default()
    }
}

/// Which picture is delivered at each place in time. Dropping goes before repeating; a frame after dropped ones repeats
/// the last one that arrived.
fn schedule(scene: &Scene) -> Vec<Option<u32>> {
    let faults = &scene.faults;
    let mut rng = stream(scene.seed, Purpose::Faults, 0);
    let mut last = None;
    let mut shown = Vec::with_capacity(scene.frames as usize);
    for n in 0..scene.frames {
        let (u, v) = (rng.random::<f64>(), rng.random::<f64>());
        let dropped = u < faults.dropped_fraction || faults.dropped.contains(&n);
        let repeated = v < faults.repeated_fraction || faults.repeated.contains(&n);
        let source = match last {
            _ if dropped => None,
            Some(before) if repeated => Some(before),
            _ => Some(n),
        };
        last = source.or(last);
        shown.push(source);
    }
    shown
}

fn frame_truths(
    scene: &Scene,
    shown: &[Option<u32>],
    seen: &[Vec<SpotTruth>],
    dust: &[Piece],
) -> Vec<FrameTruth> {
    let truth = |n: u32, source: Option<u32>| FrameTruth {
        frame: FrameIndex(n),
        time_s: f64::from(n) * scene.frame_interval_s(),
        delivered: source.is_some(),
        copy_of: source.filter(|s| *s != n).map(FrameIndex),
        shift_px: shift_px(scene, source.unwrap_or(n)),
        spots: source
            .and_then(|s| seen.get(s as usize))
            .cloned()
            .unwrap_or_default(),
        dust: source.map_or_else(Vec::new, |s| dust::truths(scene, dust, s)),
    };
    (0..)
        .zip(shown)
        .map(|(n, source)| truth(n, *source))
        .collect()
}

fn place_stuck(scene: &Scene) -> Vec<StuckTruth> {
    let mut rng = stream(scene.seed, Purpose::Stuck, 0);
    (0..scene.stuck.count)
        .map(|_| StuckTruth {
            x_px: rng.random::<f64>() * f64::from(scene.width_px) - 0.5,
            y_px: rng.random::<f64>() * f64::from(scene.height_px) - 0.5,
        })
        .collect()
}
