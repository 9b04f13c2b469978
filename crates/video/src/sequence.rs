//! A folder of images, and a single image.
//!
//! The images are found by content, sorted by the numbers in their names (`frame2` before `frame10`) and decoded one
//! by one from any thread. If a folder holds images of several kinds, the kind with most images is the film and the
//! others are tallied. An image of another size than the film is a damaged frame.

mod image_file;
pub(crate) mod order;

use crate::bytes::FileBytes;
use crate::sidecar::timestamps;
use crate::stored::{Notes, Pictures, Stored};
use crate::timeline::{Timeline, evenly};
use crate::{Head, Opened, Reader, findings, plain_words, unreadable, unsupported};
use image_file::{Decoded, Kind};
use nta_core::{Pixels, SourceError, VideoInfo};
use std::path::{Path, PathBuf};

/// The entry for folders in the table of readers.
pub(crate) const FOLDER_READER: Reader = Reader {
    key: "folder",
    title: "folder of PNG, TIFF, JPEG or BMP images, with or without timestamps.csv",
    sniff: |head: &Head<'_>| head.is_folder,
    open: |path| {
        let folder = Folder::list(path)?;
        Ok(Opened::Film(Box::new(film(path, folder, " folder")?)))
    },
};

/// The entry for single images in the table of readers.
pub(crate) const IMAGE_READER: Reader = Reader {
    key: "image",
    title: "single PNG, JPEG or BMP image: a film of one frame",
    sniff: |head: &Head<'_>| Kind::of(head.bytes).is_some(),
    open: |path| {
        let kind = Kind::of(&FileBytes::open(path)?.up_to(0, 16));
        let kind = kind.ok_or_else(|| unsupported(path, "it is not an image"))?;
        let folder = Folder {
            kind,
            images: vec![path.to_path_buf()],
            others: 0,
            times: None,
        };
        Ok(Opened::Film(Box::new(film(path, folder, "")?)))
    },
};

/// What a folder holds.
struct Folder {
    kind: Kind,
    /// In the order of time.
    images: Vec<PathBuf>,
    /// Images of other kinds.
    others: u64,
    /// The file of timestamps.
    times: Option<PathBuf>,
}

impl Folder {
    fn list(path: &Path) -> Result<Self, SourceError> {
        let failed = |e: std::io::Error| unreadable(path, plain_words(&e));
        let mut all: Vec<(Kind, PathBuf)> = Vec::new();
        let mut times = Vec::new();
        let mut strangers: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let file = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            // Hidden files hold what systems leave behind: thumbnails, resource forks.
            if name.starts_with('.') || !file.is_file() {
                continue;
            }
            let head = FileBytes::open(&file)
                .map(|f| f.up_to(0, 16))
                .unwrap_or_default();
            match Kind::of(&head) {
                Some(kind) => all.push((kind, file)),
                None if is_times(&name) => times.push(file),
                None => strangers.push(name),
            }
        }
        // The kind with most images; of equal numbers the first in the order of `Kind`.
        let count = |kind| all.iter().filter(|(k, _)| *k == kind).count();
        let kind = Kind::ALL.into_iter().rev().max_by_key(|&k| count(k));
        let kind = kind.filter(|&k| count(k) > 0).ok_or_else(|| {
            strangers.sort();
            unsupported(path, match strangers.first() {
                None => "it is a folder without images".into(),
                Some(name) => format!("it is a folder without images (it holds {} other files, such as {name}); give one of its files, or use the command for batches", strangers.len()),
            })
        })?;
        let total = all.len();
        let mut images: Vec<PathBuf> = all
            .into_iter()
            .filter(|(k, _)| *k == kind)
            .map(|(_, p)| p)
            .collect();
        images.sort_by(|a, b| order::by_number(&name_of(a), &name_of(b)));
        times.sort();
        Ok(Self {
            kind,
            others: (total - images.len()) as u64,
            images,
            times: times.into_iter().next(),
        })
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn is_times(name: &str) -> bool {
    ["timestamps.csv", "timestamps.txt"]
        .iter()
        .any(|n| name.eq_ignore_ascii_case(n))
}

/// The images of a folder in the order of time, and the file of timestamps.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let folder = Folder::list(path)?;
    let mut out = folder.images;
    out.extend(folder.times);
    Ok(out)
}

struct FolderPictures {
    kind: Kind,
    images: Vec<PathBuf>,
}

impl FolderPictures {
    fn decoded(&self, n: usize, look: bool) -> Result<Decoded, String> {
        let path = self.images.get(n).ok_or("there is no such image")?;
        image_file::decode(path, self.kind, look).map_err(|why| format!("{}: {why}", name_of(path)))
    }
}

impl Pictures for FolderPictures {
    fn picture(&self, n: usize) -> Result<Pixels, String> {
        self.decoded(n, false).map(|d| d.pixels)
    }
}

fn film(path: &Path, folder: Folder, suffix: &str) -> Result<Stored<FolderPictures>, SourceError> {
    let mut notes = Notes::default();
    notes.tally.add("other_kind_of_image", folder.others);
    let timeline = match &folder.times {
        None => Timeline::even(folder.images.len()),
        Some(file) => times(file, folder.images.len()).unwrap_or_else(|why| {
            notes.findings.push(findings::not_used(&format!(
                "The file of times {} was not used. The frames were taken as evenly spaced; correct or remove it ({why}).",
                name_of(file)
            )));
            Timeline::even(folder.images.len())
        }),
    };
    let pictures = FolderPictures {
        kind: folder.kind,
        images: folder.images,
    };
    let (seen, colour) = look(&pictures).map_err(|why| unsupported(path, why))?;
    let info = VideoInfo {
        container: format!("{}{suffix}", folder.kind.name()),
        codec: folder.kind.name().into(),
        width_px: seen.pixels.width_px(),
        height_px: seen.pixels.height_px(),
        bit_depth: seen.bits,
        ceiling_counts: ((1u32 << seen.bits.min(16)) - 1) as u16,
        frame_interval_s: timeline.interval_s,
        lossy: folder.kind == Kind::Jpeg,
        colour,
        ..VideoInfo::default()
    };
    Stored::new(path, pictures, info, timeline, notes)
}

/// Looks at some images. The film has the size that most of them have, of equal numbers the earlier one.
fn look(pictures: &FolderPictures) -> Result<(Decoded, bool), String> {
    let mut seen: Vec<Decoded> = Vec::new();
    let mut why = String::from("it holds no images");
    for n in evenly(pictures.images.len(), 3) {
        match pictures.decoded(n, true) {
            Ok(decoded) => seen.push(decoded),
            Err(reason) => why = reason,
        }
    }
    let votes = |d: &Decoded| {
        seen.iter()
            .filter(|o| o.pixels.dim() == d.pixels.dim())
            .count()
    };
    let best = (0..seen.len()).rev().max_by_key(|&n| votes(&seen[n]));
    let best = best.ok_or(why)?;
    let shape = seen[best].pixels.dim();
    let colour = seen.iter().any(|d| d.colour && d.pixels.dim() == shape);
    Ok((seen.swap_remove(best), colour))
}

/// The places in time from a file of timestamps.
fn times(file: &Path, images: usize) -> Result<Timeline, String> {
    /// Some millions of lines.
    const LONGEST: u64 = 256 << 20;
    let bytes = FileBytes::open(file).map_err(|e| e.to_string())?;
    if bytes.len() > LONGEST {
        return Err(format!(
            "it has {} bytes, at most {LONGEST} are read",
            bytes.len()
        ));
    }
    let text = bytes.take(0, bytes.len())?;
    let times = timestamps::read(&String::from_utf8_lossy(&text))?;
    if times.len() != images {
        return Err(format!("it has {} times for {images} images", times.len()));
    }
    Timeline::from_times(&times).ok_or_else(|| "its times cannot be numbered".into())
}
