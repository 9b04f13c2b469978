//! The same bytes on every machine: films with everything switched on, by their hash.
//!
//! If a hash moves, films that people have written down by scene and seed are no longer the same: say so in the change log
//! under "Changed numbers", with the reason.

use nta_core::{FrameIndex, Pixels};
use nta_sim::{Scene, SimulatedFilm};

/// FNV-1a, 64 bits: Fowler, Noll and Vo 1991 (the offset and prime of the 64-bit variant).
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    fn eat(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

/// Everything that a scene can hold; `bits` per pixel.
fn everything(bits: u8, rest: &str) -> SimulatedFilm {
    let scene: Scene = toml::from_str(&format!(
        "width_px = 96\nheight_px = 80\nframes = 6\nseed = 77\nexposure_ms = 25.0\n{rest}\n\
         amount = {{ visible_per_frame = 12.0 }}\n\
         optics.ring_fraction = 0.3\n\
         [light]\nflicker_fraction = 0.05\nflicker_hz = 3.0\ncompression_diameter_nm = 150.0\n\
         brightness_exponent = 5.0\n\
         [motion]\nflow_um_per_s = [3.0, -2.0]\npulsation_fraction = 0.5\npulsation_hz = 2.0\n\
         shear_per_s = [[0.2, 1.0], [0.4, -0.2]]\n\
         vibration = {{ amplitude_um = 0.2, frequency_hz = 7.0, angle_deg = 30.0 }}\n\
         [stuck]\ncount = 2\n[dust]\ncount = 3\n\
         [camera]\nbit_depth = {bits}\n\
         [faults]\ndropped = [2]\nrepeated = [4]\n\
         [[populations]]\nkind = \"log_normal\"\ncv = 0.3\naggregated_fraction = 0.3\n\
         [[populations]]\nkind = \"table\"\ntable = [[60, 1], [140, 2]]\nrefractive_index = 1.45\n\
         density_g_per_ml = 2.0\n\
         [[populations]]\nkind = \"normal\"\ncv = 0.1\n",
    ))
    .expect("a scene file");
    SimulatedFilm::new(&scene).expect("a sound scene")
}

/// Hashes of the pixels and of the bits of all positions.
fn hashes(film: &SimulatedFilm) -> [u64; 2] {
    let (mut pixels, mut places) = (Fnv::new(), Fnv::new());
    for n in 0..film.scene().frames {
        match film.picture(FrameIndex(n)) {
            Some(Pixels::U8(a)) => a.iter().for_each(|v| pixels.eat(&[*v])),
            Some(Pixels::U16(a)) => a.iter().for_each(|v| pixels.eat(&v.to_le_bytes())),
            None => pixels.eat(b"dropped"),
        }
    }
    let mut note = |values: &[f64]| {
        for v in values {
            places.eat(&v.to_bits().to_le_bytes());
        }
    };
    for frame in &film.truth().frames {
        note(&frame.shift_px);
        for s in &frame.spots {
            note(&[
                s.x_px,
                s.y_px,
                s.z_um,
                s.diameter_nm,
                s.peak_counts,
                s.width_px,
            ]);
        }
        for d in &frame.dust {
            note(&[d.x_px, d.y_px, d.peak_counts, d.width_px]);
        }
    }
    [pixels.0, places.0]
}

fn is(film: &SimulatedFilm, want: [u64; 2]) {
    assert!(film.truth().frames[0].spots.len() > 5);
    let got = hashes(film);
    assert!(
        got == want,
        "pixels and places are {got:#018x?}, written down are {want:#018x?}"
    );
}

#[test]
fn a_16_bit_film_in_a_sheet() {
    is(
        &everything(16, ""),
        [0xA7B9_5AC4_1707_88DE, 0xF883_88AB_AB05_3ECC],
    );
}

#[test]
fn an_8_bit_film_in_uniform_light_under_gravity() {
    let rest = "filling = \"barometric\"\noptics.illumination = \"uniform\"";
    is(
        &everything(8, rest),
        [0x6481_BFCB_0C4C_2125, 0xFF25_A9BE_270F_5B77],
    );
}
