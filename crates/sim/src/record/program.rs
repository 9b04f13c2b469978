//! Films through the program `ffmpeg`: pictures go in through a pipe as they are in memory.
//!
//! It is started without a shell, reads nothing but the pipe and writes nothing but the file. What it has to say when it
//! fails becomes part of the error.

use super::fraction::fraction;
use super::{FilmFacts, Format, RecordError, Sink};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;

/// Most of what the program says that is kept, bytes.
const LONGEST_TALK: u64 = 64 << 10;

/// The running program.
pub(super) struct Program {
    program: PathBuf,
    path: PathBuf,
    child: Child,
    /// `None` once it is closed.
    pictures: Option<ChildStdin>,
    /// Reads what the program says, so that it never waits for a reader.
    listener: Option<JoinHandle<String>>,
}

impl Program {
    /// Starts the program for a file that it may replace.
    pub(super) fn start(
        program: &Path,
        path: &Path,
        format: Format,
        facts: &FilmFacts,
    ) -> Result<Self, RecordError> {
        let failed = |reason: String| RecordError::Program {
            program: program.display().to_string(),
            path: path.display().to_string(),
            reason,
        };
        let mut child = command(program, path, format, facts)
            .spawn()
            .map_err(|e| failed(format!("it cannot be started ({e})")))?;
        let pictures = child.stdin.take();
        let talk = child.stderr.take();
        let listener = std::thread::Builder::new()
            .name("ffmpeg log".into())
            .spawn(move || talk.map(listen).unwrap_or_default())
            .ok();
        Ok(Self {
            program: program.to_owned(),
            path: path.to_owned(),
            child,
            pictures,
            listener,
        })
    }

    /// Ends the program, and says why it failed if it did.
    fn end(&mut self) -> Result<(), String> {
        // The end of the pictures is the end of the film.
        self.pictures = None;
        let said = self.listener.take().and_then(|l| l.join().ok());
        let status = self.child.wait().map_err(|e| e.to_string())?;
        let said = said.unwrap_or_default();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        match (status.success(), said.is_empty()) {
            (true, _) => Ok(()),
            (false, false) => Err(said),
            (false, true) => Err(format!("it ended with {status}")),
        }
    }

    fn failed(&self, reason: String) -> RecordError {
        RecordError::Program {
            program: self.program.display().to_string(),
            path: self.path.display().to_string(),
            reason,
        }
    }
}

impl Sink for Program {
    fn append(&mut self, _: u32, bytes: &[u8]) -> Result<(), RecordError> {
        let written = match &mut self.pictures {
            Some(pipe) => pipe.write_all(bytes),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|e| {
            // A broken pipe is the consequence; the cause is what the program said.
            let reason = self.end().err().unwrap_or_else(|| e.to_string());
            self.failed(reason)
        })
    }

    fn finish(mut self: Box<Self>) -> Result<(), RecordError> {
        self.end().map_err(|reason| self.failed(reason))?;
        std::fs::File::open(&self.path)
            .and_then(|file| file.sync_all())
            .map_err(|e| RecordError::io(&self.path, &e))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.pictures = None;
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// Reads to the end, keeps the beginning: the first error is the cause of the others.
fn listen(mut talk: impl Read) -> String {
    let mut kept = Vec::new();
    let _ = talk.by_ref().take(LONGEST_TALK).read_to_end(&mut kept);
    let _ = std::io::copy(&mut talk, &mut std::io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

fn command(program: &Path, path: &Path, format: Format, facts: &FilmFacts) -> Command {
    let pixels = if facts.sample_bytes() == 1 {
        "gray"
    } else {
        "gray16le"
    };
    let (rate, scale) = fraction(1.0 / facts.frame_interval_s);
    let mut command = Command::new(program);
    command
        .env_remove("AV_LOG_FORCE_COLOR")
        .env_remove("FFREPORT")
        .args(["-hide_banner", "-nostats", "-v", "error", "-y"])
        .args(["-protocol_whitelist", "pipe", "-f", "rawvideo"])
        .args(["-pixel_format", pixels, "-video_size"])
        .arg(format!("{}x{}", facts.width_px, facts.height_px))
        .arg("-framerate")
        .arg(format!("{rate}/{scale}"))
        .args(["-i", "pipe:0", "-an"]);
    match format {
        Format::Mp4 { crf } => h264(&mut command, crf, facts),
        _ => {
            // Every picture by itself, with check sums.
            let lossless = ["-c:v", "ffv1", "-level", "3", "-g", "1", "-slicecrc", "1"];
            command
                .args(lossless)
                .args(["-pix_fmt", pixels, "-f", "avi"]);
        }
    }
    // One thread and no names of versions: the same film gives the same bytes on any machine with this FFmpeg.
    command.args([
        "-threads",
        "1",
        "-fflags",
        "+bitexact",
        "-flags:v",
        "+bitexact",
    ]);
    // With the prefix, no name can be an option, a pipe or an address.
    let mut address = OsString::from("file:");
    address.push(path);
    // Ctrl-C is for us to hear; the program ends when its pipe does.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
        .arg(address)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Counts keep their values: luma runs over the full range. Colour planes are there for players that know no grey
/// H.264; they need even sides, so that an odd film is grey.
fn h264(command: &mut Command, crf: u8, facts: &FilmFacts) {
    let is_even = facts.width_px.is_multiple_of(2) && facts.height_px.is_multiple_of(2);
    let pixels = if is_even { "yuv420p" } else { "gray" };
    command
        .arg("-vf")
        .arg(format!(
            "scale=in_range=full:out_range=full,format={pixels}"
        ))
        .args(["-color_range", "pc", "-c:v", "libx264", "-crf"])
        .arg(crf.to_string())
        .args(["-f", "mp4"]);
}
