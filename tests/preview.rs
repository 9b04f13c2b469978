//! The picture of `nta inspect --preview`, as a person gets it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

fn nta(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .output()
        .expect("nta starts")
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// Inspects the demo film with a preview and more options.
fn preview_of_demo(out: &Path, more: &[&str]) -> Output {
    let film = fixture("demo.avi");
    let (film, out) = (film.to_string_lossy(), out.to_string_lossy());
    let mut args = vec!["inspect", &film, "--preview", &out, "--quiet"];
    args.extend(more);
    nta(&args)
}

/// Positions (x, y) and widths, px, of the spots in a frame of the demo film that `analyze` has in tracks of two spots or
/// more; without those at the edges, where rings are cut, and at the bottom, where the scale bar may cover them.
fn in_tracks(table: &str, frame: u32) -> Vec<(f64, f64, f64)> {
    let mut lines = table.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let column = |name: &str| head.iter().position(|h| *h == name).expect("a column");
    let columns = ["frame", "x", "y", "size", "particle"].map(column);
    let rows: Vec<[f64; 5]> = lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            columns.map(|c| cells[c].parse().expect("a number"))
        })
        .collect();
    let is_followed = |particle: f64| {
        rows.iter()
            .filter(|r| r[4].to_bits() == particle.to_bits())
            .count()
            > 1
    };
    rows.iter()
        .filter(|r| r[0] as u32 == frame && is_followed(r[4]))
        .map(|r| (r[1], r[2], r[3]))
        .filter(|(x, y, _)| (12.0..388.0).contains(x) && (12.0..275.0).contains(y))
        .collect()
}

#[test]
fn rings_stand_where_analyze_finds_the_particles() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("new/demo.png");
    let run = preview_of_demo(&picture, &["--pixel-size-um", "0.2"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        text.lines()
            .any(|l| l.starts_with("preview:") && l.contains("demo.png")),
        "{text}"
    );
    let image = image::open(&picture).expect("a PNG").into_rgb8();
    assert_eq!(image.width(), 1664);
    assert!((2000..4000).contains(&image.height()), "{}", image.height());

    let out = folder.path().join("out");
    let film = fixture("demo.avi");
    let plan = fixture("demo.toml");
    let paths = [&film, &plan, &out].map(|p| p.to_string_lossy().into_owned());
    let [film, plan, out] = &paths;
    let run = nta(&["analyze", film, "--plan", plan, "--out", out, "--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let table = fs::read_to_string(Path::new(out).join("tracks.csv")).expect("a table");

    // Four frames of 400 x 300 px, twice as large, spread over 300; the first begins at (16, 180).
    let is_ink = |x: f64, y: f64| {
        let near =
            |i: i32, j: i32| image.get_pixel_checked((x as i32 + i) as u32, (y as i32 + j) as u32);
        let around = (-2..=2).flat_map(|i| (-2..=2).map(move |j| (i, j)));
        let mut colours = around.filter_map(|(i, j)| near(i, j)).map(|p| p.0);
        colours.any(|c| {
            [[70, 225, 120], [86, 190, 255]].iter().any(|ring| {
                c.iter()
                    .zip(ring)
                    .all(|(a, b): (&u8, &u8)| a.abs_diff(*b) < 50)
            })
        })
    };
    for (i, frame) in [37, 112, 187, 262].into_iter().enumerate() {
        let (left, top) = (
            16.0 + 816.0 * (i % 2) as f64,
            180.0 + 640.0 * (i / 2) as f64,
        );
        let spots = in_tracks(&table, frame);
        let ringed = spots
            .iter()
            .filter(|(x, y, width)| {
                let (x, y) = (left + 2.0 * (x + 0.5), top + 2.0 * (y + 0.5));
                let radius = 4.0 * width;
                // A path or another ring may cover one side.
                let sides = [(radius, 0.0), (-radius, 0.0), (0.0, radius), (0.0, -radius)];
                sides.iter().filter(|(u, v)| is_ink(x + u, y + v)).count() >= 2
            })
            .count();
        assert!(spots.len() > 20, "frame {frame}: {} spots", spots.len());
        assert_eq!(ringed, spots.len(), "frame {frame}");
    }
}

#[test]
fn the_same_bytes_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = |threads: &str| {
        let out = folder.path().join(format!("{threads}.png"));
        let run = preview_of_demo(&out, &["--threads", threads, "--set", "last_frame=60"]);
        assert_eq!(run.status.code(), Some(0), "{}", said(&run));
        fs::read(out).expect("a picture")
    };
    assert!(bytes("1") == bytes("2"));
}

#[test]
fn json_names_the_picture_and_holds_the_rest_as_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("a.png");
    let json =
        |run: &Output| -> serde_json::Value { serde_json::from_slice(&run.stdout).expect("JSON") };
    let run = preview_of_demo(&out, &["--json", "--set", "last_frame=30"]);
    let mut with = json(&run);
    let film = fixture("demo.avi");
    let film = film.to_string_lossy();
    let without = json(&nta(&[
        "inspect",
        &film,
        "--json",
        "--quiet",
        "--set",
        "last_frame=30",
    ]));
    let named = with.as_object_mut().expect("an object").remove("preview");
    assert_eq!(named.expect("a name").as_str(), out.to_str());
    assert_eq!(with, without);
}

#[test]
fn what_is_refused_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = folder.path().join("old.png");
    fs::write(&old, "mine").expect("written");
    let cases = [
        ("picture.jpg", 2, "does not end in .png"),
        ("old.png", 4, "--overwrite"),
        ("old.png/a.png", 4, "old.png"),
    ];
    for (name, code, words) in cases {
        let run = preview_of_demo(&folder.path().join(name), &[]);
        let said = said(&run);
        assert_eq!(run.status.code(), Some(code), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
        assert_eq!(
            said.lines().filter(|l| !l.starts_with("hint:")).count(),
            1,
            "{said}"
        );
        assert!(run.stdout.is_empty());
    }
    assert_eq!(fs::read(&old).expect("there"), b"mine");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
    let run = preview_of_demo(&old, &["--overwrite", "--set", "last_frame=20"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert!(image::open(&old).is_ok());
}
