//! What goes before what: command line, plan, instrument profile, default.

use crate::{from_file, resolved, typed};
use nta_engine::plan::{Instrument, Medium, PlanError, PlanInput};

#[test]
fn the_command_line_goes_before_the_plan_before_the_profile_before_the_default() {
    let profile = "[instrument]\nname = 'a'\npixel_size_um = 0.3\ndepth_um = 12.0\nframe_rate_fps = 20.0\nexposure_ms = 5.0\n";
    let plan = format!("pixel_size_um = 0.2\ndepth_um = 11.0\ntemperature_c = 20.0\n{profile}");
    let mut input = PlanInput::new();
    input.plan_text(&plan, "test.toml").expect("good");
    input.option("pixel_size_um", "0.1").expect("good");
    input.set("dilution=1e3").expect("good");
    let plan = input.resolve().expect("good");
    let pixel = plan.pixel_size_um.expect("stated");
    assert_eq!((pixel.value, pixel.from.as_str()), (0.1, "command line"));
    let depth = plan.depth_um.expect("stated");
    assert_eq!((depth.value, depth.from.as_str()), (11.0, "plan"));
    let rate = plan.frame_rate_fps.expect("stated");
    assert_eq!(
        (rate.value, rate.from.as_str()),
        (20.0, "instrument profile")
    );
    assert_eq!(
        (plan.temperature_c.value, plan.temperature_c.from.as_str()),
        (20.0, "plan")
    );
    assert_eq!(
        (plan.dilution.value, plan.dilution.from.as_str()),
        (1000.0, "command line")
    );
    assert_eq!((plan.seed.value, plan.seed.from.as_str()), (1, "default"));
}

#[test]
fn a_profile_survives_in_the_written_plan() {
    let text = "[instrument]\nname = 'a'\npixel_size_um = 0.3\ndepth_um = 12.0\n";
    let plan = resolved(text).expect("good");
    let again = resolved(&plan.to_toml()).expect("good");
    let pixel = again.pixel_size_um.expect("carried");
    assert_eq!(
        (pixel.value, pixel.from.as_str()),
        (0.3, "instrument profile")
    );
    assert_eq!(again.instrument, plan.instrument);
}

#[test]
fn assumed_values_stay_assumed_until_someone_changes_them() {
    let written = resolved("").expect("good").to_toml();
    let again = resolved(&written).expect("good");
    assert_eq!(again.temperature_c.from, "default");
    let edited = written.replace("temperature_c = 25.0", "temperature_c = 21.5");
    assert_ne!(edited, written);
    let plan = resolved(&edited).expect("good");
    assert_eq!(
        (plan.temperature_c.value, plan.temperature_c.from.as_str()),
        (21.5, "plan")
    );
}

#[test]
fn medium_and_viscosity_replace_each_other_across_layers_but_not_within_one() {
    let mut input = PlanInput::new();
    input
        .plan_text("medium = 'pbs'", "test.toml")
        .expect("good");
    input.option("viscosity_mpa_s", "1.2").expect("good");
    let plan = input.resolve().expect("good");
    assert!(matches!(&plan.medium, Medium::ViscosityMpaS(v) if v.value == 1.2));
    assert_eq!(plan.value("medium"), None);
    let again = resolved(&plan.to_toml()).expect("good");
    assert!(matches!(&again.medium, Medium::ViscosityMpaS(v) if v.value == 1.2));

    let both = typed(&["medium=water", "viscosity_mpa_s=1.2"]);
    assert!(matches!(both, Err(PlanError::MediumAndViscosity { .. })));
}

#[test]
fn what_belongs_to_a_liquid_goes_with_it() {
    let over = |plan: &str, options: &[(&str, &str)]| {
        let mut input = PlanInput::new();
        input.plan_text(plan, "test.toml").expect("good");
        for (key, text) in options {
            input.option(key, text).expect("good");
        }
        input.resolve().expect("good")
    };
    let glycerol = "medium = 'glycerol'\nmedium_mass_fraction = 0.5\ntemperature_c = 20";
    let eta = |plan: &nta_engine::plan::Plan| plan.sizing_medium().expect("good").viscosity_mpa_s;
    let plan = over(glycerol, &[]);
    assert!((eta(&plan) / 6.00 - 1.0).abs() < 0.01, "{}", eta(&plan));
    let thinner = over(glycerol, &[("medium_mass_fraction", "0.2")]);
    assert!(
        (eta(&thinner) / 1.76 - 1.0).abs() < 0.02,
        "{}",
        eta(&thinner)
    );
    // Another liquid takes its own composition, or none.
    let water = over(glycerol, &[("medium", "water")]);
    assert_eq!(water.medium_mass_fraction, None);
    assert!((eta(&water) - 1.001567).abs() < 1e-6);
    let measured = "viscosity_mpa_s = 1.1\nviscosity_at_c = 20\ntemperature_c = 25";
    let scaled = over(measured, &[]);
    assert!((eta(&scaled) - 1.1 * 0.889997 / 1.001567).abs() < 1e-6);
    // A viscosity that is typed anew is that of the sample.
    let anew = over(measured, &[("viscosity_mpa_s", "1.2")]);
    assert_eq!(eta(&anew), 1.2);
}

#[test]
fn profiles_are_found_by_file_and_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lab2.toml");
    std::fs::write(&path, "pixel_size_um = 0.1664\ndepth_um = 10.6\n").expect("written");
    let with = |name: &str| {
        let mut input = PlanInput::new();
        input.instrument_folders(vec![folder.path().to_path_buf()]);
        input.option("instrument", name)?;
        input.resolve()
    };
    for name in ["lab2", path.to_str().expect("plain")] {
        let plan = with(name).expect("found");
        assert_eq!(plan.instrument.clone().expect("there").name, "lab2");
        let depth = plan.depth_um.clone().expect("stated");
        assert_eq!(
            (depth.value, depth.from.as_str()),
            (10.6, "instrument profile")
        );
        assert_eq!(plan.origin("instrument"), "command line");
    }
    let message = with("lab3").expect_err("not there").to_string();
    assert!(message.contains("did you mean 'lab2'?"), "{message}");
    assert!(
        message.contains(&folder.path().display().to_string()),
        "{message}"
    );

    // A plan names a file relative to itself.
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, "instrument = \"./lab2.toml\"\n").expect("written");
    assert!(from_file(&plan).expect("found").depth_um.is_some());

    let missing = Instrument::read(&folder.path().join("none.toml"));
    assert!(matches!(missing, Err(PlanError::Unreadable { .. })));
    let profile = Instrument::read(&path).expect("read");
    std::fs::write(&path, profile.to_toml()).expect("written");
    assert_eq!(Instrument::read(&path), Ok(profile));
}
