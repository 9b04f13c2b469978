//! Killed at any moment.

use crate::made::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn a_batch_that_is_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    for sample in 0..4 {
        film(&folder.join(format!("s{sample}.avi")), BEADS, sample, 16);
    }
    let undisturbed = place.path().join("undisturbed");
    let began = Instant::now();
    assert_eq!(
        batch(&folder, &undisturbed, &["--quiet"]).status.code(),
        Some(0)
    );
    let whole = began.elapsed().as_millis() as u64;
    let (from, out) = (folder.display().to_string(), place.path().join("out"));
    let mut random = Random(5);
    let mut kills = 0;
    let mut finished = false;
    while kills < 50 {
        // Now and then from nothing, else from what the kill before left; later kills replace results that are there.
        if kills % 5 == 0 {
            let _ = fs::remove_dir_all(&out);
        }
        let mut command = nta(&[
            "batch",
            &from,
            "--out",
            &out.display().to_string(),
            "--quiet",
        ]);
        command
            .args(PLAN)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if finished || kills % 3 == 0 {
            command.arg("--overwrite");
        }
        let mut child = command.spawn().expect("nta starts");
        let until = Instant::now() + Duration::from_millis(random.below(whole + 2));
        let ended = |child: &mut std::process::Child| child.try_wait().expect("a child").is_some();
        finished = ended(&mut child);
        while !finished && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
            finished = ended(&mut child);
        }
        if !finished {
            child.kill().expect("killed");
            kills += 1;
        }
        child.wait().expect("it ends");
        for sample in whole_samples(&out) {
            for name in [
                "result.json",
                "report.html",
                "particles.csv",
                "tracks.csv",
                "plan.toml",
            ] {
                assert!(
                    sample.join(name).is_file(),
                    "{} lacks {name}",
                    sample.display()
                );
            }
            json(&sample.join("result.json"));
        }
    }
    assert_eq!(batch(&folder, &out, &["--quiet"]).status.code(), Some(0));
    same(&undisturbed, &out);
    let hidden = fs::read_dir(&out)
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name());
    let hidden: Vec<_> = hidden
        .filter(|n| n.to_string_lossy().starts_with(".nta-"))
        .collect();
    assert_eq!(
        hidden,
        [".nta-batch"],
        "what killed runs left is cleared away"
    );
}

fn whole_samples(out: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(out).into_iter().flatten();
    let folders = entries.filter_map(|e| Some(e.ok()?.path()));
    let own = |p: &PathBuf| {
        p.is_dir()
            && !p
                .file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with('.'))
    };
    folders.filter(own).collect()
}
