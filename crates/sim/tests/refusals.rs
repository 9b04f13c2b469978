//! Scene files that are refused: key, value and range, through the text of the file.

use nta_sim::{Scene, SceneError, SimulatedFilm};

fn refusal(text: &str) -> SceneError {
    let scene: Scene = toml::from_str(text).expect("a scene file");
    SimulatedFilm::new(&scene).expect_err("a bad scene")
}

/// Text of the scene; key, value and range of the refusal.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    (
        "optics.defocus_depth_um = -1.0",
        "optics.defocus_depth_um",
        "-1",
        "0.05 to 10000 um",
    ),
    (
        "[[populations]]\npartner_px = 101.0",
        "populations[0].partner_px",
        "101",
        "0 to 100 px",
    ),
    ("width_px = 0", "width_px", "0", "1 to 16384 px"),
    ("height_px = 0", "height_px", "0", "1 to 16384 px"),
    (
        "light.compressed_exponent = 3.5\nlight.compression_diameter_nm = 200.0",
        "light.compressed_exponent",
        "3.5",
        "0 to 3 (a power)",
    ),
    (
        "light.compression_diameter_nm = 0.0",
        "light.compression_diameter_nm",
        "0",
        "1 to 100000 nm",
    ),
    (
        "light.medium_refractive_index = 0.5",
        "light.medium_refractive_index",
        "0.5",
        "1 to 4 (an index)",
    ),
    (
        "light.reference_refractive_index = 1.33",
        "light.reference_refractive_index",
        "1.33",
        "1.331 to 5 (an index)",
    ),
    (
        "motion.pulsation_fraction = 1.5",
        "motion.pulsation_fraction",
        "1.5",
        "0 to 1 of the flow",
    ),
    (
        "motion.pulsation_hz = -1.0",
        "motion.pulsation_hz",
        "-1",
        "0 to 100000 Hz",
    ),
    (
        "motion.shear_per_s = [[0.0, 0.0], [101.0, 0.0]]",
        "motion.shear_per_s[1][0]",
        "101",
        "-100 to 100 per s",
    ),
    (
        "medium_density_g_per_ml = 0.0",
        "medium_density_g_per_ml",
        "0",
        "0.1 to 20 g/mL",
    ),
    (
        "dust.count = 10001",
        "dust.count",
        "10001",
        "0 to 10000 pieces",
    ),
    (
        "dust.peak_counts = -1.0",
        "dust.peak_counts",
        "-1",
        "0 to 1000000 counts",
    ),
    ("dust.width_px = 0.0", "dust.width_px", "0", "0.3 to 100 px"),
    (
        "dust.speed_um_per_s = 0.0",
        "dust.speed_um_per_s",
        "0",
        "0.001 to 100000 um/s",
    ),
    (
        "[[populations]]\n[[populations]]\ndiameter_nm = -5.0",
        "populations[1].diameter_nm",
        "-5",
        "1 to 100000 nm",
    ),
    (
        "[[populations]]\n[[populations]]\ncv = 3.0",
        "populations[1].cv",
        "3",
        "0 to 2 (a ratio)",
    ),
    (
        "[[populations]]\n[[populations]]\nweight = -1.0",
        "populations[1].weight",
        "-1",
        "0 to 1000000000 (a share)",
    ),
    (
        "[[populations]]\n[[populations]]\nrefractive_index = 0.9",
        "populations[1].refractive_index",
        "0.9",
        "1 to 5 (an index)",
    ),
    (
        "[[populations]]\n[[populations]]\ndensity_g_per_ml = 0.0",
        "populations[1].density_g_per_ml",
        "0",
        "0.01 to 25 g/mL",
    ),
    (
        "[[populations]]\n[[populations]]\naggregated_fraction = 1.1",
        "populations[1].aggregated_fraction",
        "1.1",
        "0 to 1 of the particles",
    ),
    (
        "[[populations]]\n[[populations]]\naggregate_monomers = 1",
        "populations[1].aggregate_monomers",
        "1",
        "2 to 100 particles",
    ),
    (
        "[[populations]]\n[[populations]]\nkind = \"table\"\ntable = [[60.0, 1.0], [0.0, 1.0]]",
        "populations[1].table[1][0]",
        "0",
        "1 to 100000 nm",
    ),
    (
        "[[populations]]\n[[populations]]\nkind = \"table\"\ntable = [[60, 1], [80, -1]]",
        "populations[1].table[1][1]",
        "-1",
        "0 to 1000000000 (a share)",
    ),
];

/// Every number out of its range is named as it stands in the file.
#[test]
fn numbers_out_of_range_are_named() {
    for (text, key, value, range) in REFUSED {
        assert_eq!(
            refusal(text).to_string(),
            format!("{key} is {value}, but must be from {range}"),
            "{text}"
        );
    }
}

#[test]
fn other_refusals_have_sentences_of_their_own() {
    for (text, sentence) in [
        (
            "exposure_ms = 40.0",
            "exposure_ms is 40, but must be at most the 33.333",
        ),
        (
            "[[populations]]\nweight = 0.0\n[[populations]]\nweight = 0.0",
            "populations are given, but each has the weight 0",
        ),
        (
            "[[populations]]\nkind = \"table\"",
            "populations[0].table holds no diameter with a share above 0",
        ),
        (
            "[[populations]]\n[[populations]]\nkind = \"table\"\ntable = [[50.0, 0.0]]",
            "populations[1].table holds no diameter",
        ),
        (
            "filling = \"barometric\"\n[[populations]]\ndiameter_nm = 20000.0\ndensity_g_per_ml = 19.3",
            "the scene needs inf particles",
        ),
        (
            "filling = \"barometric\"\namount = { concentration_per_ml = 1e6 }\nframes = 0\n[[populations]]\ndiameter_nm = 20000.0\ndensity_g_per_ml = 19.3",
            "the scene needs inf particles",
        ),
    ] {
        let said = refusal(text).to_string();
        assert!(said.starts_with(sentence), "{said}");
    }
}

/// No populations is pure medium, a particle that shows no contrast is legal, and all new words are read and written back.
#[test]
fn the_words_of_a_scene_are_read_and_written_back() {
    let scene: Scene = toml::from_str(
        "frames = 1\nwidth_px = 40\nheight_px = 30\nfilling = \"barometric\"\n\
         amount = { concentration_per_ml = 1e9 }\noptics.illumination = \"uniform\"\n\
         motion.shear_per_s = [[0.1, 0.2], [0.3, -0.1]]\ndust.count = 2\n\
         [[populations]]\nkind = \"table\"\ntable = [[60, 1], [100.5, 2]]\naggregated_fraction = 0.2\n\
         [[populations]]\nrefractive_index = 1.33\n",
    )
    .expect("a scene file");
    assert_eq!(scene.populations[0].table, [[60.0, 1.0], [100.5, 2.0]]);
    let written = toml::to_string(&scene).expect("a scene can be written");
    assert_eq!(
        toml::from_str::<Scene>(&written).expect("what was written"),
        scene
    );
    assert!(SimulatedFilm::new(&scene).is_ok());
    let empty: Scene = toml::from_str("populations = []\nframes = 1").expect("a scene file");
    assert!(SimulatedFilm::new(&empty).is_ok());
}
