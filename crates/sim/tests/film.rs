//! The film as a source: same bytes in any order, holes where frames were dropped, clear errors.

use nta_core::{FrameIndex, FrameSource, Packet, PacketData, Pixels};
use nta_sim::{Amount, Camera, Faults, Light, Population, Scene, SceneError, SimulatedFilm, Stuck};

fn small(frames: u32) -> Scene {
    Scene {
        width_px: 160,
        height_px: 120,
        frames,
        amount: Amount::VisiblePerFrame(6.0),
        stuck: Stuck {
            count: 3,
            ..Stuck::default()
        },
        ..Scene::standard()
    }
}

fn all(film: &mut SimulatedFilm) -> Vec<(u32, Pixels)> {
    film.rewind().expect("no file, no failure");
    let mut out = Vec::new();
    while let Some(packet) = film.next_packet().expect("no file, no failure") {
        out.push((
            packet.index.0,
            film.decode(packet).expect("a frame of this film"),
        ));
    }
    out
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_any_order_and_thread() {
    let mut film = SimulatedFilm::new(&small(8)).expect("a sound scene");
    let once = all(&mut film);
    assert_eq!(once, all(&mut film));
    assert_eq!(
        once,
        all(&mut SimulatedFilm::new(&small(8)).expect("a sound scene"))
    );
    let film = &film;
    let mut backwards: Vec<(u32, Pixels)> = std::thread::scope(|s| {
        let parts: Vec<_> = (0..8_u32)
            .rev()
            .map(|n| {
                s.spawn(move || (n, film.picture(FrameIndex(n)).expect("no frame is dropped")))
            })
            .collect();
        parts
            .into_iter()
            .map(|p| p.join().expect("no panic"))
            .collect()
    });
    backwards.reverse();
    assert_eq!(once, backwards);
    let other = Scene {
        seed: 2,
        ..small(8)
    };
    assert_ne!(
        once,
        all(&mut SimulatedFilm::new(&other).expect("a sound scene"))
    );
}

/// A longer film begins as the shorter one does.
#[test]
fn more_frames_do_not_change_the_first_ones() {
    let mut short = SimulatedFilm::new(&small(3)).expect("a sound scene");
    let mut long = SimulatedFilm::new(&small(6)).expect("a sound scene");
    assert_eq!(all(&mut short), all(&mut long)[..3]);
}

#[test]
fn dropped_frames_leave_holes_and_repeated_ones_show_the_picture_before() {
    let scene = Scene {
        faults: Faults {
            dropped: vec![2, 5],
            repeated: vec![0, 3, 4],
            ..Faults::default()
        },
        ..small(8)
    };
    let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
    let frames = all(&mut film);
    let numbers: Vec<u32> = frames.iter().map(|f| f.0).collect();
    assert_eq!(numbers, [0, 1, 3, 4, 6, 7]);
    assert_eq!(film.end().frames_missing, 2);
    assert!(film.end().complete);
    assert_eq!(frames[1].1, frames[2].1);
    assert_eq!(frames[1].1, frames[3].1);
    assert_ne!(frames[3].1, frames[4].1);
    let truth = film.truth();
    assert!(!truth.frames[2].delivered && truth.frames[2].spots.is_empty());
    assert_eq!(truth.frames[4].copy_of, Some(FrameIndex(1)));
    assert_eq!(truth.frames[4].spots, truth.frames[1].spots);
    assert_eq!(truth.frames[0].copy_of, None);
    assert!(film.picture(FrameIndex(5)).is_none() && film.picture(FrameIndex(8)).is_none());
    let spaced = film.spaced(3).expect("no file, no failure");
    assert_eq!(spaced.len(), 3);
    assert!(spaced.windows(2).all(|w| w[0].0 < w[1].0));
    assert_eq!(film.spaced(100).expect("no file, no failure").len(), 6);

    let half = Scene {
        faults: Faults {
            dropped_fraction: 0.5,
            ..Faults::default()
        },
        ..small(400)
    };
    let film = SimulatedFilm::new(&half).expect("a sound scene");
    let missing = film.end().frames_missing;
    assert!((160..=240).contains(&missing), "{missing}");
}

#[test]
fn twelve_bits_stop_at_4095() {
    let scene = Scene {
        light: Light {
            reference_peak_counts: 60_000.0,
            ..Light::default()
        },
        camera: Camera {
            bit_depth: 12,
            ..Camera::default()
        },
        ..small(4)
    };
    let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
    assert_eq!(film.info().ceiling_counts, 4095);
    let highest = all(&mut film)
        .iter()
        .map(|(_, p)| match p {
            Pixels::U16(a) => a.iter().copied().max().unwrap_or(0),
            Pixels::U8(_) => 0,
        })
        .max();
    assert_eq!(highest, Some(4095));
}

#[test]
fn the_smallest_and_the_emptiest_films_work() {
    let tiny = Scene {
        width_px: 1,
        height_px: 1,
        frames: 2,
        amount: Amount::ConcentrationPerMl(1e9),
        ..Scene::standard()
    };
    let mut film = SimulatedFilm::new(&tiny).expect("a sound scene");
    assert_eq!(all(&mut film).len(), 2);
    let mut none = SimulatedFilm::new(&small(0)).expect("a sound scene");
    assert!(all(&mut none).is_empty() && none.spaced(5).expect("no file, no failure").is_empty());
    let nobody = Scene {
        amount: Amount::VisiblePerFrame(0.0),
        ..small(2)
    };
    assert!(
        SimulatedFilm::new(&nobody)
            .expect("a sound scene")
            .truth()
            .particles
            .is_empty()
    );
}

#[test]
fn packets_of_other_sources_are_refused() {
    let film = SimulatedFilm::new(&small(2)).expect("a sound scene");
    for data in [PacketData::Place(2), PacketData::Place(u64::MAX)] {
        let packet = Packet {
            index: FrameIndex(7),
            time_s: None,
            data,
        };
        assert_eq!(film.decode(packet).expect_err("no such frame").index, 7);
    }
}

#[test]
fn bad_scenes_are_refused_with_key_value_and_range() {
    let refused = |scene: Scene| SimulatedFilm::new(&scene).expect_err("a bad scene");
    let e = refused(Scene {
        pixel_size_um: f64::NAN,
        ..small(1)
    });
    assert!(matches!(e, SceneError::OutOfRange { key, .. } if key == "pixel_size_um"));
    let e = refused(Scene {
        frame_rate_fps: 0.0,
        ..small(1)
    });
    assert_eq!(
        e.to_string(),
        "frame_rate_fps is 0, but must be from 0.01 to 100000 fps"
    );
    let e = refused(Scene {
        exposure_ms: 40.0,
        ..small(1)
    });
    assert!(matches!(e, SceneError::ExposureTooLong { .. }));
    let e = refused(Scene {
        light: Light {
            reference_peak_counts: 1.0,
            ..Light::default()
        },
        ..small(1)
    });
    assert!(matches!(e, SceneError::NothingVisible { .. }));
    let e = refused(Scene {
        amount: Amount::ConcentrationPerMl(1e13),
        ..Scene::standard()
    });
    assert!(matches!(e, SceneError::TooLarge { .. }));
    let e = refused(Scene::with_populations(vec![Population::monodisperse(
        -1.0, 1.0,
    )]));
    assert!(matches!(e, SceneError::OutOfRange { key, .. } if key == "populations[0].diameter_nm"));
}

/// A scene file names only what differs; a word that is not known is refused.
#[test]
fn scenes_are_read_from_toml_and_written_back() {
    let scene: Scene = toml::from_str(
        "frames = 10\namount = { visible_per_frame = 80.0 }\n\
         [optics]\npsf_sigma_px = 1.6\n\
         [motion.vibration]\namplitude_um = 0.25\nfrequency_hz = 7.0\n\
         [[populations]]\nkind = \"log_normal\"\ndiameter_nm = 100.0\ncv = 0.3\n",
    )
    .expect("a scene file");
    assert_eq!(scene.amount, Amount::VisiblePerFrame(80.0));
    assert_eq!(scene.populations, [Population::log_normal(100.0, 0.3, 1.0)]);
    assert_eq!(scene.optics.psf_sigma_px, 1.6);
    assert_eq!(scene.width_px, 640);
    let written = toml::to_string(&scene).expect("a scene can be written");
    assert_eq!(
        toml::from_str::<Scene>(&written).expect("what was written"),
        scene
    );
    assert!(toml::from_str::<Scene>("pixel_size = 0.2").is_err());
}
