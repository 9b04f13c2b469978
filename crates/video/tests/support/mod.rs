//! Small writers of films, and readers of whole films, for the tests.
#![allow(dead_code)] // each test file uses its own part of this

pub mod avi;
pub mod tiff;

use nta_core::{FrameSource, Pixels, SourceEnd};
use nta_video::{Head, Opened, READERS};
use std::path::{Path, PathBuf};

/// Opens with the readers of the table alone, so that no FFmpeg is asked, installed or not.
pub fn native(path: &Path) -> Result<Box<dyn FrameSource>, String> {
    let is_folder = path.is_dir();
    let bytes = if is_folder {
        Vec::new()
    } else {
        std::fs::read(path).unwrap()
    };
    let head = Head {
        is_folder,
        bytes: &bytes[..bytes.len().min(4096)],
    };
    let reader = READERS.iter().find(|r| (r.sniff)(&head));
    match reader.map(|r| (r.open)(path)) {
        None => Err("no reader".into()),
        Some(Err(e)) => Err(e.to_string()),
        Some(Ok(Opened::NotOurs(why))) => Err(why),
        Some(Ok(Opened::Film(film))) => Ok(film),
    }
}

/// A film whose file is there as long as it is.
pub struct Film {
    pub source: Box<dyn FrameSource>,
    _folder: tempfile::TempDir,
}

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Writes a file of this name and opens it.
pub fn film(name: &str, bytes: &[u8]) -> Film {
    let (folder, path) = written(name, bytes);
    Film {
        source: nta_video::open(&path).unwrap(),
        _folder: folder,
    }
}

/// Why a file of this name and content is not read by the readers of the table.
pub fn refusal(name: &str, bytes: &[u8]) -> String {
    let (_folder, path) = written(name, bytes);
    native(&path).err().expect("it should be refused")
}

/// All frames that can be decoded, with their places, and the number of those that cannot.
pub fn all_frames(film: &mut dyn FrameSource) -> (Vec<(u32, Pixels)>, u64) {
    film.rewind().unwrap();
    let (mut out, mut damaged) = (Vec::new(), 0);
    while let Some(packet) = film.next_packet().unwrap() {
        let index = packet.index.0;
        match film.decode(packet) {
            Ok(pixels) => out.push((index, pixels)),
            Err(_) => damaged += 1,
        }
    }
    (out, damaged)
}

/// The codes of the findings.
pub fn codes(end: &SourceEnd) -> Vec<String> {
    end.findings.iter().map(|f| f.code.clone()).collect()
}

/// A picture that is unlike its mirror images and its neighbours in time.
pub fn scene8(width: usize, height: usize, frame: usize) -> Vec<u8> {
    let at = |x: usize, y: usize| ((7 * x + 31 * y + 13 * frame + x * y) % 251) as u8;
    (0..height)
        .flat_map(|y| (0..width).map(move |x| at(x, y)))
        .collect()
}

/// The same with values up to `largest`.
pub fn scene16(width: usize, height: usize, frame: usize, largest: u16) -> Vec<u16> {
    let at = |x: usize, y: usize| {
        ((1009 * x + 31 * y * y + 13 * frame + x * y) % (usize::from(largest) + 1)) as u16
    };
    (0..height)
        .flat_map(|y| (0..width).map(move |x| at(x, y)))
        .collect()
}

/// Row-major counts of a frame.
pub fn counts(pixels: &Pixels) -> Vec<u16> {
    match pixels {
        Pixels::U8(a) => a.iter().map(|&v| v.into()).collect(),
        Pixels::U16(a) => a.iter().copied().collect(),
    }
}

/// Widens.
pub fn wide(values: &[u8]) -> Vec<u16> {
    values.iter().map(|&v| v.into()).collect()
}
