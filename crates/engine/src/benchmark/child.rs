//! The analysis of one film as its user runs it: the command `nta analyze` in a process of its own, so that time and
//! memory are those of the analysis alone and a crash costs one row.

use crate::report::Report;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a running analysis is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// So much of what a failing analysis says is passed on, bytes.
const MOST_SAID: usize = 2000;

/// Why an analysis gave nothing.
#[derive(Debug)]
pub(super) enum Failed {
    /// Asked to stop.
    Cancelled,
    /// In words.
    Because(String),
}

/// What runs an analysis.
pub(super) struct Analyst<'a> {
    /// The program `nta`.
    pub program: &'a Path,
    pub threads: usize,
    pub cancel: &'a AtomicBool,
}

impl Analyst<'_> {
    /// Analyses `film` with `plan` into the folder `out`; gives the result.
    pub fn analyze(&self, film: &Path, plan: &toml::Table, out: &Path) -> Result<Report, Failed> {
        let plan_file = sibling(out, "plan.toml");
        let because = |what: &str, reason: &dyn std::fmt::Display| {
            Failed::Because(format!("{what}: {reason}"))
        };
        std::fs::write(&plan_file, plan.to_string())
            .map_err(|e| because("cannot write the plan", &e))?;
        let threads = self.threads.to_string();
        let said_file = sibling(out, "said");
        // Into a file: a pipe that nobody empties would stop a child that has much to say.
        let said = File::create(&said_file).map_err(|e| because("cannot write", &e))?;
        let child = Command::new(self.program)
            .arg("analyze")
            .args([OsStr::new("--plan"), plan_file.as_os_str()])
            .args([OsStr::new("--out"), out.as_os_str()])
            .args(["--threads", &threads, "--spots", "--overwrite", "--quiet"])
            .arg("--")
            .arg(film)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .map_err(|e| because("nta analyze cannot be started", &e))?;
        self.wait(Running(child), &said_file)?;
        let text = std::fs::read(out.join("result.json"))
            .map_err(|e| because("nta analyze left no result", &e))?;
        Report::from_json(&text).map_err(|e| because("its result cannot be read", &e))
    }

    /// Waits for the end.
    fn wait(&self, mut child: Running, said_file: &Path) -> Result<(), Failed> {
        let status = loop {
            match child.0.try_wait() {
                Ok(None) => std::thread::sleep(LOOK_EVERY),
                Ok(Some(status)) => break status,
                Err(e) => return Err(Failed::Because(format!("nta analyze was lost: {e}"))),
            }
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Failed::Cancelled);
            }
        };
        match status.code() {
            // 1: done, with a verdict that fails.
            Some(0 | 1) => Ok(()),
            Some(130) => Err(Failed::Cancelled),
            code => {
                let said = std::fs::read(said_file).unwrap_or_default();
                let said = String::from_utf8_lossy(&said[..said.len().min(MOST_SAID)]).into_owned();
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                let code = code.map_or("a signal".to_owned(), |c| format!("code {c}"));
                Err(Failed::Because(format!(
                    "nta analyze ended with {code}: {}",
                    said.strip_prefix("nta: ").unwrap_or(&said)
                )))
            }
        }
    }
}

/// A child that does not outlive the one who waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Either it is gone already, or it is now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file beside a folder, named after it.
fn sibling(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
