//! Draws frames ahead of the writer.
//!
//! Threads take the next frame that nobody has taken, draw and encode it, and hand it over; the writer puts them in
//! order. Each frame depends on the scene and its number alone, so that the bytes are the same for any number of
//! threads. Nobody runs further ahead of the writer than a few frames: memory does not grow with the film.

use super::SimulateError;
use crate::runtime::{Progress, Runtime};
use nta_core::FrameIndex;
use nta_sim::SimulatedFilm;
use nta_sim::record::{FilmFacts, FilmFile, FrameEncoder, RecordError};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Frames that may be taken and not yet written, for each thread.
const AHEAD: usize = 4;

/// Longest time without a look at the request to stop.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Writes all frames that the film delivers.
pub(super) fn draw(
    film: &SimulatedFilm,
    facts: &FilmFacts,
    file: &mut FilmFile,
    runtime: &Runtime<'_>,
) -> Result<(), SimulateError> {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if runtime.threads == 0 {
        all
    } else {
        runtime.threads
    };
    let threads = threads.clamp(1, facts.delivered.len());
    let encoder = file.encoder();
    // Each place in the list is a permission to draw that frame.
    let (permit, permits) = channel::<usize>();
    let permits = Mutex::new(permits);
    let (done, drawn) = channel();
    std::thread::scope(|scope| {
        let delivered = &facts.delivered;
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (permits, done) = (&permits, done.clone());
                scope.spawn(move || work(film, delivered, encoder, permits, &done))
            })
            .collect();
        // While there are permissions, a thread ends by a panic only, which the scope passes on.
        let broken = || workers.iter().any(|w| w.is_finished());
        let next = || next_drawn(&drawn, &broken, runtime);
        let result = write(facts, file, threads * AHEAD, permit, &next, runtime);
        // Threads that still draw find nobody to take it, and end.
        drop(drawn);
        result
    })
}

/// Waits for what any thread has drawn. Looks up now and then, to hear a request to stop.
fn next_drawn(
    drawn: &Receiver<Drawn>,
    broken: &dyn Fn() -> bool,
    runtime: &Runtime<'_>,
) -> Result<Drawn, SimulateError> {
    loop {
        if runtime.cancel.load(Ordering::Relaxed) {
            return Err(SimulateError::Cancelled);
        }
        match drawn.recv_timeout(LOOK_UP) {
            Ok(frame) => return Ok(frame),
            Err(_) if broken() => return Err(SimulateError::Cancelled),
            Err(_) => {}
        }
    }
}

type Drawn = (usize, Result<Vec<u8>, RecordError>);

fn work(
    film: &SimulatedFilm,
    delivered: &[u32],
    encoder: FrameEncoder,
    permits: &Mutex<Receiver<usize>>,
    done: &Sender<Drawn>,
) {
    loop {
        let next = permits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(n) = next else { return };
        let frame = delivered[n];
        let bytes = match film.picture(FrameIndex(frame)) {
            Some(pixels) => encoder.encode(frame, &pixels),
            None => Err(RecordError::OddFrame { frame }),
        };
        if done.send((n, bytes)).is_err() {
            return;
        }
    }
}

/// Gives permissions, takes what was drawn, and writes it in order.
fn write(
    facts: &FilmFacts,
    file: &mut FilmFile,
    ahead: usize,
    permit: Sender<usize>,
    next: &dyn Fn() -> Result<Drawn, SimulateError>,
    runtime: &Runtime<'_>,
) -> Result<(), SimulateError> {
    let total = facts.delivered.len();
    let told = |frames_done: usize| {
        (runtime.progress)(Progress {
            capture: 0,
            captures: 1,
            stage: "draw",
            frames_done: frames_done as u64,
            frames_total: Some(total as u64),
        });
    };
    told(0);
    for n in 0..ahead.min(total) {
        let _ = permit.send(n);
    }
    let (mut waiting, mut written) = (BTreeMap::new(), 0);
    while written < total {
        let (n, bytes) = next()?;
        waiting.insert(n, bytes?);
        while let Some(bytes) = waiting.remove(&written) {
            file.append(facts.delivered[written], &bytes)?;
            // The frame that is written makes room for one further on.
            if written + ahead < total {
                let _ = permit.send(written + ahead);
            }
            written += 1;
            told(written);
        }
    }
    Ok(())
}
