//! What the benchmarks look at: simulated films, rendered before the clock runs, and the stages that look at them.

// Each benchmark is a program of its own and uses a part of this.
#![allow(dead_code)]

pub mod stages;

use nta_core::source::{FrameError, SourceEnd};
use nta_core::{FrameIndex, FrameSource, Packet, PacketData, Pixels, SourceError, VideoInfo};
use nta_sim::{Amount, Scene, SimulatedFilm};
use rayon::prelude::*;
use std::hint::black_box;

/// Packets that are decoded together, as in the engine.
const BATCH: usize = 32;

/// The standard scene in another size, with so many particles in sight.
pub fn scene(size: (u32, u32), frames: u32, particles: f64) -> Scene {
    Scene {
        width_px: size.0,
        height_px: size.1,
        frames,
        amount: Amount::VisiblePerFrame(particles),
        ..Scene::standard()
    }
}

/// A film that lies in memory as an uncompressed AVI lies in the cache of the system: to decode is to copy.
pub struct FilmInMemory {
    info: VideoInfo,
    pub pictures: Vec<Pixels>,
    next: usize,
}

impl FilmInMemory {
    pub fn of(scene: &Scene) -> Self {
        let film = SimulatedFilm::new(scene).expect("a sound scene");
        let picture = |n| film.picture(FrameIndex(n)).expect("a frame of the film");
        Self {
            info: VideoInfo {
                container: "memory".into(),
                codec: "rawvideo".into(),
                ..film.info().clone()
            },
            pictures: (0..scene.frames).map(picture).collect(),
            next: 0,
        }
    }
}

impl FrameSource for FilmInMemory {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        let place = self.next;
        self.next += 1;
        Ok((place < self.pictures.len()).then_some(Packet {
            index: FrameIndex(place as u32),
            time_s: None,
            data: PacketData::Place(place as u64),
        }))
    }

    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        match packet.data {
            PacketData::Ready(pixels) => Ok(pixels),
            PacketData::Place(place) => Ok(self.pictures[place as usize].clone()),
        }
    }

    fn end(&self) -> SourceEnd {
        SourceEnd {
            complete: true,
            ..SourceEnd::default()
        }
    }
}

/// Reads and decodes a film to its end batch by batch, in the pool of the caller, and nothing else. The number of its frames.
pub fn decode(source: &mut dyn FrameSource) -> usize {
    let mut frames = 0;
    loop {
        let next = || source.next_packet().expect("a film that can be read");
        let batch: Vec<Packet> = std::iter::from_fn(next).take(BATCH).collect();
        if batch.is_empty() {
            return frames;
        }
        let source = &*source;
        let wide = |packet| {
            source
                .decode(packet)
                .is_ok_and(|p| black_box(&p).width_px() > 0)
        };
        frames += batch
            .into_par_iter()
            .filter_map(|p| wide(p).then_some(()))
            .count();
    }
}
