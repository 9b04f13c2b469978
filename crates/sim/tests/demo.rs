//! The committed demo film is what the code writes.

use nta_sim::{SimulatedFilm, avi, demo};

const COMMITTED: &[u8] = include_bytes!("../../../fixtures/demo.avi");
const PLAN: &str = include_str!("../../../fixtures/demo.toml");
const README: &str = include_str!("../../../fixtures/README.md");

fn grey(jpeg: &[u8]) -> image::GrayImage {
    image::load_from_memory(jpeg)
        .expect("a JPEG picture")
        .to_luma8()
}

/// Byte for byte where it was made; elsewhere the last digit of an exponential may differ, and the pictures are compared.
#[test]
fn the_demo_film_is_what_the_code_writes() {
    let made = demo::record().expect("the demo film can be made");
    assert!(COMMITTED.len() < 2_000_000, "{} bytes", COMMITTED.len());
    let (old, new) = (
        avi::jpegs(COMMITTED).expect("an AVI file"),
        avi::jpegs(&made).expect("an AVI file"),
    );
    assert_eq!(old.len(), 300);
    assert_eq!(new.len(), 300);
    for (a, b) in old.iter().zip(&new).step_by(50) {
        let (a, b) = (grey(a), grey(b));
        assert_eq!(a.dimensions(), (400, 300));
        assert_eq!(b.dimensions(), (400, 300));
        let unlike: u64 = a
            .iter()
            .zip(b.iter())
            .map(|(p, q)| u64::from(p.abs_diff(*q)))
            .sum();
        assert!(
            unlike < 1200,
            "the pictures differ by {unlike} counts in all"
        );
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        assert!(
            made == COMMITTED,
            "run the example record_demo and say in the change log why the film moved"
        );
    }
}

/// Plan and README state what is true of the scene.
#[test]
fn plan_and_readme_tell_the_truth() {
    let scene = demo::scene();
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let truth = film.truth();
    let plan: toml::Table = PLAN.parse().expect("a plan");
    let number = |key: &str| plan[key].as_float().expect("a number");
    assert_eq!(number("pixel_size_um"), scene.pixel_size_um);
    assert_eq!(number("exposure_ms"), scene.exposure_ms);
    assert_eq!(number("temperature_c"), scene.temperature_c);
    // Calibrated with nta, which sees somewhat deeper than the truth calls visible.
    let depth_um = number("depth_um");
    let deeper = depth_um / truth.visible_depth_um;
    assert!((1.0..1.4).contains(&deeper), "{depth_um} um");
    let n = f64::from(scene.frames);
    let visible = truth
        .frames
        .iter()
        .map(|f| f.visible().count())
        .sum::<usize>() as f64
        / n;
    let focused = truth
        .frames
        .iter()
        .flat_map(|f| f.visible())
        .filter(|s| s.in_focus)
        .count() as f64
        / n;
    for stated in [
        format!("{visible:.1}, of these {focused:.1}"),
        format!("{:.2} um |", truth.visible_depth_um),
        format!("depth, {depth_um:.1} um"),
        format!("{:.2}e8 per mL", truth.concentration_per_ml / 1e8),
        format!("D = {:.2} um", truth.particles[0].diffusion_um2_per_s),
        format!("JPEG quality {}", demo::QUALITY),
    ] {
        assert!(
            README.contains(&stated),
            "the README does not say '{stated}'"
        );
    }
}
