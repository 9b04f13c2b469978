//! The child process: started without a shell, read through two pipes, never left behind.

use super::words::{Shown, shown, shown_tick};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The program: `NTA_FFMPEG` if it is set, else the first `ffmpeg` on the `PATH`.
pub(super) fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("NTA_FFMPEG").filter(|n| !n.is_empty()) {
        return Some(PathBuf::from(named)).filter(|p| p.is_file());
    }
    let name = format!("ffmpeg{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|p| p.is_file())
}

/// `ffmpeg` and the file that it is to read.
pub(super) struct Program {
    program: PathBuf,
    /// With the prefix `file:`, so that no name can be an option, a pipe or an address.
    address: OsString,
    /// (major, minor)
    pub(super) version: (u32, u32),
    /// Only threads that work on the same picture.
    pub(super) slice_threads: bool,
}

impl Program {
    pub(super) fn new(program: &Path, file: &Path) -> Self {
        let mut address = OsString::from("file:");
        address.push(file);
        Self {
            program: program.to_owned(),
            address,
            version: (0, 0),
            slice_threads: false,
        }
    }

    /// A command that reads the file and nothing but files, and asks nobody.
    fn command(&self, before: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_remove("AV_LOG_FORCE_COLOR")
            .env_remove("FFREPORT")
            .args(["-nostdin"])
            .args(before)
            .args(["-protocol_whitelist", "file", "-i"])
            .arg(&self.address)
            .stdin(Stdio::null());
        command
    }

    fn cannot_start(&self, e: &std::io::Error) -> String {
        format!("{} cannot be started ({e})", self.program.display())
    }

    /// What `ffmpeg -i` says; its exit code is an error in any case, since it is given no output.
    pub(super) fn probe(&self) -> Result<String, String> {
        let output = self
            .command(&[])
            .output()
            .map_err(|e| self.cannot_start(&e))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The list of the first `count` packets of the film, undecoded.
    pub(super) fn first_stamps(&self, count: usize) -> Result<String, String> {
        let output = self
            .command(&["-v", "error"])
            .args(["-map", "0:V:0", "-c", "copy", "-frames:v"])
            .arg(count.to_string())
            .args(["-f", "framecrc", "pipe:1"])
            .output()
            .map_err(|e| self.cannot_start(&e))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts decoding.
    pub(super) fn decode(&self) -> Result<Child, String> {
        // Every picture once, with its own time: by default some formats repeat or drop pictures.
        let as_they_are = if self.version >= (5, 1) {
            "-fps_mode"
        } else {
            "-vsync"
        };
        let mut before = vec![
            "-hide_banner",
            "-nostats",
            "-loglevel",
            "repeat+level+info",
            // A phone's film would otherwise be turned by the angle in its metadata.
            "-noautorotate",
        ];
        if self.slice_threads {
            before.extend(["-thread_type", "slice"]);
        }
        let mut child = self
            .command(&before)
            .args(["-map", "0:V:0", "-vf", "showinfo=checksum=0"])
            .args([as_they_are, "passthrough"])
            .args(["-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| self.cannot_start(&e))?;
        let (Some(pictures), Some(talk)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(format!("{} has no output", self.program.display()));
        };
        let (sender, announcements) = channel();
        let told_apart = self.version.0 < 7;
        let listener = std::thread::Builder::new()
            .name("ffmpeg log".into())
            .spawn(move || listen(BufReader::new(talk), &sender, told_apart));
        let listener = match listener {
            Ok(listener) => Some(listener),
            Err(e) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no thread for ffmpeg's messages ({e})"));
            }
        };
        Ok(Child {
            process: child,
            pictures: Some(pictures),
            announcements,
            listener,
        })
    }
}

/// A picture that is about to come.
pub(super) struct Announced {
    pub(super) shown: Shown,
    pub(super) tick_s: f64,
    pub(super) damaged: bool,
}

/// What was said besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LastWords {
    /// Error lines.
    pub(super) errors: u64,
    /// Packets that the decoder refused.
    pub(super) refused: u64,
    /// Damaged pictures that cannot be told from the others.
    pub(super) damaged_kept: u64,
    /// The container's reader found its last part cut off.
    pub(super) cut: bool,
    /// Why the program failed, if it did.
    pub(super) failed: Option<String>,
}

/// A running `ffmpeg`; killed when dropped.
pub(super) struct Child {
    process: std::process::Child,
    pictures: Option<ChildStdout>,
    announcements: Receiver<Announced>,
    listener: Option<JoinHandle<LastWords>>,
}

impl Child {
    /// Waits for the next announcement; `None` when there are no more.
    pub(super) fn announced(&self) -> Option<Announced> {
        self.announcements.recv().ok()
    }

    /// Fills `bytes` with the announced picture.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        match &mut self.pictures {
            Some(pictures) => pictures.read_exact(bytes),
            None => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Waits for the end and collects what was said.
    pub(super) fn finish(&mut self) -> LastWords {
        // A program that still wants to write finds its pipe closed and ends.
        self.pictures = None;
        let mut words = self
            .listener
            .take()
            .and_then(|l| l.join().ok())
            .unwrap_or_default();
        let failed = words.failed.take();
        match self.process.wait() {
            Ok(status) if status.success() => {}
            Ok(status) => {
                words.failed =
                    Some(failed.unwrap_or_else(|| format!("ffmpeg ended with {status}")));
            }
            Err(e) => words.failed = Some(e.to_string()),
        }
        words
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// Reads the error stream to its end.
fn listen(mut talk: impl BufRead, sender: &Sender<Announced>, told_apart: bool) -> LastWords {
    let mut words = LastWords::default();
    let mut tick_s = 1.0;
    let (mut damaged, mut check_failed, mut spoiled) = (false, false, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        match talk.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return words,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.starts_with("[Parsed_showinfo") {
            if let Some(tick) = shown_tick(text) {
                tick_s = tick;
            } else if let Some(shown) = shown(text) {
                if check_failed || shown.key {
                    spoiled = std::mem::take(&mut check_failed);
                }
                // If nobody listens any more, the stream is still read, so that the child can end.
                let _ = sender.send(Announced {
                    shown,
                    tick_s,
                    damaged: std::mem::take(&mut damaged) || spoiled,
                });
            }
            continue;
        }
        if text.contains(": corrupt decoded frame") {
            if told_apart {
                damaged = true;
            } else {
                words.damaged_kept += 1;
            }
        }
        let error = ["[error] ", "[fatal] ", "[panic] "]
            .iter()
            .find_map(|tag| text.split_once(tag))
            // The pipe has no time stamps, yet its end is asked for them, in ticks that may be too coarse.
            .filter(|(_, what)| !what.contains("non monotonically increasing dts"));
        if let Some((who, what)) = error {
            words.errors += 1;
            words.cut |= what.starts_with("File ended prematurely");
            words.failed = Some(what.to_owned());
            // FFV1's check sums fail in the log only, and spoil all up to the next key frame.
            check_failed |= told_apart && who.starts_with("[ffv1 ");
            if what.starts_with("Error while decoding stream")
                || what.starts_with("Error submitting packet to decoder")
            {
                words.refused += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: &str = "[Parsed_showinfo_0 @ 0x1] [info] config in time_base: 1/10, frame_rate: 10/1\n\
        [Parsed_showinfo_0 @ 0x1] [info] n:   0 pts:  0 pts_time:0 fmt:gray s:2x1 i:P\n\
        [h264 @ 0x2] [error] concealing 3 DC errors\n\
        [warning] file:a.mp4: corrupt decoded frame in stream 0\n\
        [Parsed_showinfo_0 @ 0x1] [info] n:   1 pts:  1 pts_time:0.1 fmt:gray s:2x1 i:P\n\
        not a line of ours\n\
        [matroska,webm @ 0x3] [error] File ended prematurely at pos. 9 (0x9)\n\
        [error] Error while decoding stream #0:0: Invalid data found when processing input\n\
        [Parsed_showinfo_0 @ 0x1] [info] n:   2 pts:  3 pts_time:0.3 fmt:gray s:2x1 i:P\n";

    fn hear(told_apart: bool) -> (Vec<bool>, LastWords) {
        let (sender, receiver) = channel();
        let words = listen(TALK.as_bytes(), &sender, told_apart);
        drop(sender);
        let damaged = receiver
            .iter()
            .map(|a| a.damaged && a.tick_s == 0.1)
            .collect();
        (damaged, words)
    }

    #[test]
    fn damage_is_told_apart_before_version_7_only() {
        let (damaged, words) = hear(true);
        assert_eq!(damaged, [false, true, false]);
        assert_eq!((words.errors, words.refused, words.damaged_kept), (3, 1, 0));
        assert!(words.cut);
        assert!(words.failed.expect("reason").contains("Invalid data"));
        let (damaged, words) = hear(false);
        assert_eq!(damaged, [false; 3]);
        assert_eq!(words.damaged_kept, 1);
    }

    #[test]
    fn a_program_that_is_none_is_a_clear_error() {
        let program = Program::new(Path::new("/nowhere/ffmpeg"), Path::new("a"));
        let error = program.probe().expect_err("there is none");
        assert!(error.contains("cannot be started"), "{error}");
        assert!(program.decode().is_err());
    }
}
