use super::*;

fn captures(names: &[&str]) -> Vec<FoundCapture> {
    let one = |name: &&str| FoundCapture {
        name: (*name).to_owned(),
        path: name.into(),
    };
    names.iter().map(one).collect()
}

fn read(text: &str) -> Result<Vec<TableSample>, SamplesError> {
    let found = captures(&[
        "a_00.avi",
        "a_01.avi",
        "day 2/b.avi",
        "day 3/b.avi",
        "day 3/c.tif",
    ]);
    let samples = Table::of("samples.csv", text)?.samples(&found)?;
    match samples.iter().flat_map(|s| &s.missing).next() {
        None => Ok(samples),
        Some(missing) => Err(missing.clone()),
    }
}

fn said(text: &str) -> String {
    read(text).expect_err("refused").to_string()
}

#[test]
fn rows_become_samples_with_their_captures_and_their_part_of_the_plan() {
    let text = "\
sample,capture,role,dilution,temperature_c,nominal_nm,donor,time_days
EV 1,a_00,,100,22.5,,7,0
EV 1,a_01.avi,,100,22.5,,,
beads,day 2\\b.avi,beads,,,100,,
\"c, the last\",c,blank,,,,,
";
    let samples = read(text).expect("a table");
    assert_eq!(samples.len(), 3);
    assert_eq!(samples[0].captures, [0, 1]);
    assert_eq!(samples[1].captures, [2]);
    assert_eq!(samples[2].captures, [4]);
    assert_eq!(samples[0].entry.time_days, Some(0.0));
    assert_eq!(samples[1].entry.role, Role::Beads);
    assert_eq!(samples[1].entry.nominal_nm, Some(100.0));
    assert_eq!(samples[2].entry.id, "c, the last");
    let mut input = PlanInput::new();
    samples[0].fill(&mut input).expect("a plan");
    let plan = input.resolve().expect("a plan");
    assert_eq!(plan.dilution.value, 100.0);
    assert_eq!(plan.dilution.from, "samples.csv");
    assert_eq!(plan.temperature_c.value, 22.5);
    assert!(plan.to_toml().contains("donor = \"7\""));
}

#[test]
fn the_command_line_goes_before_the_table_and_the_table_before_the_plan() {
    let samples = read("sample,capture,dilution,exposure_ms\nx,a_00,100,5\n").expect("a table");
    let mut input = PlanInput::new();
    input
        .plan_text("dilution = 7\nexposure_ms = 3", "plan.toml")
        .expect("a plan");
    input.option("dilution", "50").expect("a number");
    samples[0].fill(&mut input).expect("a plan");
    let plan = input.resolve().expect("a plan");
    assert_eq!(plan.dilution.value, 50.0);
    assert_eq!(plan.exposure_ms.map(|e| e.value), Some(5.0));
}

#[test]
fn semicolons_and_tabs_separate_as_well() {
    let of = |d: &str| format!("sample{d}capture{d}condition\nx{d}a_00{d}1,5 mM\n");
    for d in [";", "\t"] {
        let samples = read(&of(d)).expect("a table");
        assert_eq!(samples[0].entry.condition.as_deref(), Some("1,5 mM"));
    }
}

#[test]
fn scatter_and_fluorescence_of_one_sample_are_analysed_apart() {
    let samples = read("sample,capture,channel\nx,a_00,\nx,a_01,fluorescence\n").expect("a table");
    let channels: Vec<_> = samples.iter().map(|s| s.entry.channel).collect();
    assert_eq!(channels, [Channel::Scatter, Channel::Fluorescence]);
}

#[test]
fn mistakes_are_told_with_row_and_column() {
    let cases = [
        ("", "row 1: there is no column 'sample'"),
        ("sample,capture\n", "row 1: there is no row under it"),
        ("sample\nx\n", "row 1: there is no column 'capture'"),
        (
            "sample,capture,diluton\nx,a_00,1\n",
            "did you mean 'dilution'?",
        ),
        (
            "sample,capture,role,role\nx,a_00,,\n",
            "column 'role' is there twice",
        ),
        (
            "sample,capture\nx,a_02\n",
            "row 2, column capture: there is no capture 'a_02' in the folder; did you mean 'a_00'?",
        ),
        (
            "sample,capture\nx,a_00\n\ny,a_00.avi\n",
            "row 4, column capture: 'a_00.avi' stands in row 2 already",
        ),
        (
            "sample,capture\nx,b\n",
            "'b' may be 'day 2/b.avi' or 'day 3/b.avi'",
        ),
        (
            "sample,capture\n,a_00\n",
            "row 2, column sample: it is empty",
        ),
        ("sample,capture\nx,\n", "row 2, column capture: it is empty"),
        (
            "sample,capture,dilution\nx,a_00,10\nx,a_01,20\n",
            "row 3, column dilution: '20' differs from '10' in row 2",
        ),
        (
            "sample,capture,dilution\nx,a_00,\"1,5\"\n",
            "row 2, column dilution: '1,5' has a comma",
        ),
        (
            "sample,capture,dilution\nx,a_00,1,5\n",
            "row 2: it has 4 cells, the first row names 3; a decimal comma",
        ),
        (
            "sample;capture;protein_ug_per_ml\nx;a_00;1,5\n",
            "row 2, column protein_ug_per_ml: '1,5' has a comma",
        ),
        (
            "sample,capture,protein_ug_per_ml\nx,a_00,0\n",
            "must be more than 0",
        ),
        (
            "sample,capture,time_days\nx,a_00,nan\n",
            "must be 0 or more",
        ),
        (
            "sample,capture,role\nx,a_00,bead\n",
            "'bead' must be sample or blank or beads",
        ),
        (
            "sample,capture,role\nx,a_00,beads\n",
            "row 2, column nominal_nm: it is empty",
        ),
        (
            "sample,capture,date\nx,a_00,28.11.2026\n",
            "is not a day of the form YYYY-MM-DD",
        ),
        (
            "sample,capture,date\nx,a_00,2026-13-01\n",
            "is not a day of the form YYYY-MM-DD",
        ),
    ];
    for (text, wanted) in cases {
        let got = said(text);
        assert!(got.contains(wanted), "{text:?}: {got}");
    }
    let plan = |text: &str| {
        let samples = read(text).expect("a table");
        let error = samples[0].fill(&mut PlanInput::new()).expect_err("refused");
        error.to_string()
    };
    let got = plan("sample,capture,dilution\nx,a_00,0\n");
    assert!(
        got.contains("row 2, column dilution") && got.contains("from 1 to"),
        "{got}"
    );
    let got = plan("sample,capture,medium\nx,a_00,watr\n");
    assert!(got.contains("row 2, column medium"), "{got}");
}

#[test]
fn a_file_may_have_a_byte_order_mark_and_must_be_utf8() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("samples.csv");
    let found = captures(&["a.avi"]);
    std::fs::write(&path, b"\xef\xbb\xbfsample,capture\r\nx,a.avi\r\n").expect("a file");
    let (samples, _) = read_samples(&path, &found).expect("a table");
    assert_eq!(samples.len(), 1);
    std::fs::write(&path, b"\xff\xfes\0a\0").expect("a file");
    let got = read_samples(&path, &found)
        .expect_err("refused")
        .to_string();
    assert!(got.contains("CSV UTF-8"), "{got}");
    let got = read_samples(place.path(), &found)
        .expect_err("refused")
        .to_string();
    assert!(got.contains("not a file"), "{got}");
}
