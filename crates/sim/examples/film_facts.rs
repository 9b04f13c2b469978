//! Draws a scene, says how long that took and what it holds, and writes its first frame as PNG:
//! `cargo run --release -p nta-sim --example film_facts -- standard|demo FRAME.png`
#![allow(clippy::print_stdout)]

use nta_core::{FrameIndex, Pixels};
use nta_sim::{Scene, SimulatedFilm, demo};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let scene = match std::env::args().nth(1).as_deref() {
        Some("demo") => demo::scene(),
        _ => Scene::standard(),
    };
    let start = Instant::now();
    let film = SimulatedFilm::new(&scene)?;
    println!("paths: {:.2} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let drawn = (0..scene.frames)
        .filter(|n| film.picture(FrameIndex(*n)).is_some())
        .count();
    println!("{drawn} frames: {:.2} s", start.elapsed().as_secs_f64());
    let truth = film.truth();
    let per_frame = |n: usize| n as f64 / f64::from(scene.frames.max(1));
    let visible = truth.frames.iter().map(|f| f.visible().count()).sum();
    let in_focus = truth
        .frames
        .iter()
        .flat_map(|f| f.visible())
        .filter(|s| s.in_focus)
        .count();
    println!("particles in the box: {}", truth.particles.len());
    println!(
        "visible per frame: {:.2}, in focus {:.2}",
        per_frame(visible),
        per_frame(in_focus)
    );
    println!("visible depth: {:.3} um", truth.visible_depth_um);
    println!("concentration: {:.4e} per mL", truth.concentration_per_ml);
    println!("noise: {:.2} counts", scene.background_noise_counts());
    if let (Some(path), Some(Pixels::U8(pixels))) =
        (std::env::args().nth(2), film.picture(FrameIndex(0)))
    {
        let flat: Vec<u8> = pixels.iter().copied().collect();
        image::save_buffer(
            path,
            &flat,
            scene.width_px,
            scene.height_px,
            image::ExtendedColorType::L8,
        )?;
    }
    Ok(())
}
