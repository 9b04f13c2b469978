//! One stage, once, for programs that watch from outside: `benches/instructions.sh` counts its instructions, and
//! `benches/peers/compare.py` times the decoding of a film.
//!
//! `cargo run --release -p nta-engine --example one_stage -- STAGE [--film FILE] [--instructions baseline|avx2|avx512] [--threads N]`
//!
//! Stages: `decode` (the whole film), `learn`, `learn-detector`, `flatten`, `detect`, `refine` (need a film); `link`, `size`.
//! It prints how many units of what were worked on.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

#[path = "common/mod.rs"]
mod common;

use common::decode;
use common::stages::{Learned, Looker, capture, learn_film, link_input, linker, true_spots, walks};
use nta_core::drift::Drift;
use nta_core::instructions::Instructions;
use nta_core::{FrameIndex, FrameSource, Pixels};
use nta_sizing::{Medium, SizingPlan, size_sample};
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// Frames from which a film is learned where only what comes after is counted.
const FEW_FRAMES: usize = 16;
/// Frames that the engine learns from.
const SAMPLE_FRAMES: usize = 101;

struct Request {
    stage: String,
    film: Option<PathBuf>,
    threads: usize,
}

/// The command line. A set of instructions takes effect at once.
fn request() -> Result<Request, Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let mut request = Request {
        stage: args.next().ok_or("which stage?")?,
        film: None,
        threads: 1,
    };
    while let Some(key) = args.next() {
        let value = args.next().ok_or_else(|| format!("{key} needs a value"))?;
        match (key.as_str(), value.as_str()) {
            ("--film", _) => request.film = Some(value.into()),
            ("--threads", _) => request.threads = value.parse()?,
            ("--instructions", "baseline") => Instructions::Baseline.limit(),
            ("--instructions", "avx2") => Instructions::Avx2.limit(),
            ("--instructions", "avx512") => Instructions::Avx512.limit(),
            _ => return Err(format!("{key} {value} is not understood").into()),
        }
    }
    Ok(request)
}

/// What is counted. Its name must be found in the program, so that a counter can be switched on and off by it.
#[inline(never)]
fn measured(work: &mut dyn FnMut() -> usize) -> usize {
    black_box(work())
}

fn open(film: Option<&Path>) -> Result<Box<dyn FrameSource>, Box<dyn Error>> {
    Ok(nta_video::open(
        film.ok_or("this stage needs --film FILE")?,
    )?)
}

/// The first frames of the film.
fn beginning(
    film: Option<&Path>,
    frames: usize,
) -> Result<Vec<(FrameIndex, Pixels)>, Box<dyn Error>> {
    let mut source = open(film)?;
    let mut out = Vec::new();
    while out.len() < frames {
        let Some(packet) = source.next_packet()? else {
            break;
        };
        out.push((packet.index, source.decode(packet)?));
    }
    Ok(out)
}

/// Does the stage. How many of what it worked on.
fn run(request: &Request) -> Result<(usize, &'static str), Box<dyn Error>> {
    let film = request.film.as_deref();
    Ok(match request.stage.as_str() {
        "decode" => {
            let mut source = open(film)?;
            (measured(&mut || decode(&mut *source)), "frames")
        }
        "learn" => {
            let sample = beginning(film, SAMPLE_FRAMES)?;
            measured(&mut || learn_film(&sample).2);
            (sample.len(), "frames")
        }
        "learn-detector" => {
            let learned = Learned::of(beginning(film, SAMPLE_FRAMES)?);
            measured(&mut || usize::from(learned.detector().start_snr() > 0.0));
            (learned.flats.len(), "frames")
        }
        "flatten" | "detect" | "refine" => {
            let looker = Looker::new(Learned::of(beginning(film, FEW_FRAMES)?));
            match request.stage.as_str() {
                "flatten" => measured(&mut || looker.flatten().index.0 as usize),
                "detect" => measured(&mut || looker.detect().len()),
                _ => measured(&mut || looker.refine().len()),
            };
            match request.stage.as_str() {
                "refine" => (looker.candidates.len(), "candidates"),
                _ => (
                    looker.frame.pixels.width_px() * looker.frame.pixels.height_px(),
                    "pixels",
                ),
            }
        }
        "link" => {
            let (frames, drift, linker) = (true_spots(100, 100), Drift::none(), linker());
            measured(&mut || linker.link(&link_input(&frames, &drift)).tracks.len());
            (frames.iter().map(|f| f.spots.len()).sum(), "spots")
        }
        "size" => {
            let (tracks, plan) = (walks(1000), SizingPlan::default());
            let medium = Medium::named("water", 25.0)?;
            let size = || size_sample(&capture(&&tracks[..]), &medium, &plan);
            measured(&mut || usize::from(size().is_ok()));
            (tracks.len(), "tracks")
        }
        other => return Err(format!("there is no stage {other}").into()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let request = request()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads)
        .build()?;
    // Inside the pool even with one thread: what is counted then runs in a single thread.
    let done = pool.install(|| run(&request).map_err(|e| e.to_string()));
    let (units, name) = done?;
    println!("{} {units} {name}", request.stage);
    Ok(())
}
