//! A folder of PNG pictures with a file of their times.

use super::{FilmFacts, RecordError, Sink};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Name of the file of times; readers of folders look for it.
const TIMES: &str = "timestamps.csv";

/// A folder that is being filled.
pub(super) struct PictureFolder {
    folder: PathBuf,
    times: BufWriter<File>,
    interval_s: f64,
    digits: usize,
}

impl PictureFolder {
    /// Begins the file of times in a folder that is there.
    pub(super) fn new(folder: &Path, facts: &FilmFacts) -> Result<Self, RecordError> {
        let path = folder.join(TIMES);
        let begin = || {
            let mut times = BufWriter::new(File::create(&path)?);
            writeln!(times, "frame,time_s")?;
            Ok(times)
        };
        Ok(Self {
            times: begin().map_err(|e| RecordError::io(&path, &e))?,
            folder: folder.to_owned(),
            interval_s: facts.frame_interval_s,
            digits: facts.places.to_string().len().max(5),
        })
    }
}

impl Sink for PictureFolder {
    fn append(&mut self, frame: u32, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self
            .folder
            .join(format!("frame_{frame:0digits$}.png", digits = self.digits));
        std::fs::write(&path, bytes).map_err(|e| RecordError::io(&path, &e))?;
        let time_s = f64::from(frame) * self.interval_s;
        writeln!(self.times, "{frame},{time_s}")
            .map_err(|e| RecordError::io(&self.folder.join(TIMES), &e))
    }

    fn finish(mut self: Box<Self>) -> Result<(), RecordError> {
        self.times
            .flush()
            .and_then(|()| self.times.get_ref().sync_all())
            .map_err(|e| RecordError::io(&self.folder.join(TIMES), &e))
    }
}
