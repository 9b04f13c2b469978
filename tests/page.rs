//! The report's page as a person meets it: opened in a browser, without a network.
//!
//! Needs Chromium (`chromium` or `chromium-browser` on PATH); without it each test prints a line and ends.

#![allow(clippy::print_stdout)] // A skipped test says so.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest time that the browser may take.
const PATIENCE: Duration = Duration::from_secs(90);

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .flat_map(|folder| ["chromium", "chromium-browser"].map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: there is no chromium on PATH");
    }
    found
}

/// The demo's result and its page, analysed through the command.
fn demo(out: &Path) -> Value {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .arg("analyze")
        .arg(fixtures.join("demo.avi"))
        .arg("--plan")
        .arg(fixtures.join("demo.toml"))
        .args(["--quiet", "--out"])
        .arg(out)
        .output()
        .expect("nta starts");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let text = fs::read(out.join("result.json")).expect("a result");
    serde_json::from_slice(&text).expect("JSON")
}

/// What the browser wrote to stdout and stderr.
fn browse(browser: &Path, folder: &Path, options: &[&str], page: &Path) -> (String, String) {
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    let mut child = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--hide-scrollbars",
            // Puts the console of the page, refused requests among it, on stderr.
            "--enable-logging=stderr",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .args(options)
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(File::create(&out).expect("a file"))
        .stderr(File::create(&err).expect("a file"))
        .spawn()
        .expect("the browser starts");
    let began = Instant::now();
    while child
        .try_wait()
        .expect("the browser can be waited for")
        .is_none()
    {
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "the browser did not end: {}",
                fs::read_to_string(&err).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let read = |path| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
    (read(&out), read(&err))
}

/// Console messages of the page.
fn console(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|l| l.contains("CONSOLE")).collect()
}

/// The large value in the card with this label, as HTML.
fn card<'a>(dom: &'a str, label: &str) -> &'a str {
    let (_, after) = dom
        .split_once(&format!(">{label}</p><p class=\"value\">"))
        .unwrap_or_else(|| panic!("no card '{label}'"));
    after
        .split_once("</p>")
        .expect("the end of the value")
        .0
        .trim()
}

/// Whether `text` is `value` rounded to the decimals that `text` has.
fn is_rounded(text: &str, value: f64) -> bool {
    let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
    text == format!("{value:.decimals$}")
}

#[test]
fn the_demo_page_shows_what_the_result_holds() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let result = demo(&out);
    let page = out.join("report.html");
    let html = fs::read_to_string(&page).expect("the page");
    for word in ["http:", "https:", "//cdn", "@import", "<link", "<iframe"] {
        assert!(!html.contains(word), "the page holds {word}");
    }
    assert!(html.contains("default-src 'none'"), "no policy");

    let (dom, err) = browse(&browser, folder.path(), &["--dump-dom"], &page);
    assert_eq!(console(&err), Vec::<&str>::new());
    assert!(dom.contains("</html>"), "no page: {err}");
    // The script of the page has run.
    assert!(dom.contains("<g class=\"hover\">"), "no script");

    let number = |place: &str| result.pointer(place).and_then(Value::as_f64);
    for (label, place) in [
        ("Median diameter, by number", "/diameter_nm/median/value"),
        ("Mean diameter, by number", "/diameter_nm/mean/value"),
    ] {
        let value = number(place).expect("a diameter");
        let shown = card(&dom, label);
        let digits = shown.split(' ').next().unwrap_or("");
        assert!(is_rounded(digits, value), "{label}: {shown}, not {value}");
    }
    let per_ml = number("/concentration/per_ml").expect("a concentration");
    let shown = card(&dom, "Concentration of the original sample");
    let (mantissa, power) = shown.split_once(" × 10<sup>").expect("a power of ten");
    let power: i32 = power
        .split_once('<')
        .and_then(|(p, _)| p.parse().ok())
        .expect("a whole power");
    assert!(
        is_rounded(mantissa, per_ml / 10f64.powi(power)),
        "{shown}, not {per_ml}"
    );
    let used = number("/captures/0/tally/tracks_used").expect("a count");
    assert_eq!(card(&dom, "Tracks used for sizes"), format!("{used:.0}"));
    for finding in result["findings"].as_array().expect("findings") {
        let message = finding["message"].as_str().expect("a message");
        assert!(
            message.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()),
            "{message}"
        );
        assert!(message.ends_with('.'), "{message}");
    }
}

#[test]
fn the_first_screen_is_not_blank() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    demo(&out);
    let shot = folder.path().join("shot.png");
    let to = format!("--screenshot={}", shot.display());
    let options = ["--window-size=1280,800", &to];
    let (_, err) = browse(&browser, folder.path(), &options, &out.join("report.html"));
    assert_eq!(console(&err), Vec::<&str>::new());
    let picture = image::open(&shot)
        .unwrap_or_else(|e| panic!("no screenshot: {e}; {err}"))
        .into_rgb8();
    let white = picture.pixels().filter(|p| p.0 == [255; 3]).count();
    let share = white as f64 / f64::from(picture.width() * picture.height());
    assert!((0.2..0.95).contains(&share), "{share} of it is white");
    let colours: std::collections::BTreeSet<[u8; 3]> = picture.pixels().map(|p| p.0).collect();
    assert!(colours.len() > 100, "{} colours", colours.len());
}

#[test]
fn the_console_is_heard() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
    fs::write(
        &page,
        format!("<!DOCTYPE html>{policy}<img src=\"http://example.invalid/a.png\">"),
    )
    .expect("a page");
    let (_, err) = browse(&browser, folder.path(), &["--dump-dom"], &page);
    assert!(!console(&err).is_empty(), "a refused request is told");
}
