//! TIFF, BigTIFF and OME-TIFF stacks, and ImageJ stacks beyond 4 GB.
//!
//! The chain of directories is walked once when the film is opened; memory holds 8 bytes a page. Each page is then
//! read from its own directory, by itself and from any thread. ImageJ writes stacks that would not fit into 4 GB as
//! one directory with the pixels of all images behind each other; these are found by their description.
//!
//! In a stack with channels or depth besides time, channel 0 and depth 0 are the film; the others are tallied.

mod decode;
mod ifd;
mod page;

use crate::bytes::FileBytes;
use crate::sidecar::{Sidecar, imagej, micro_manager, ome};
use crate::stored::{Notes, Pictures, Stored};
use crate::timeline::{Timeline, evenly};
use crate::{Head, Opened, Reader, findings, unsupported};
use ifd::{Ifd, TiffFile, tag};
use nta_core::{Pixels, SourceError, VideoInfo};
use page::{Meaning, Page};
use std::path::Path;

/// The entry of the table of readers.
pub(crate) const READER: Reader = Reader {
    key: "tiff",
    title: "TIFF, BigTIFF, OME-TIFF and ImageJ stacks: 8 to 16 bits grey, palette, RGB",
    sniff: |head: &Head<'_>| is_tiff(head.bytes),
    open: |path| Ok(Opened::Film(Box::new(read(path)?))),
};

/// Whether bytes begin like a TIFF.
pub(crate) fn is_tiff(bytes: &[u8]) -> bool {
    matches!(
        bytes.get(..4),
        Some(b"II\x2a\0" | b"MM\0\x2a" | b"II\x2b\0" | b"MM\0\x2b")
    )
}

/// A TIFF with one picture, as one image of a folder.
pub(crate) struct Single {
    /// Its pixels.
    pub(crate) pixels: Pixels,
    /// Bits per pixel.
    pub(crate) bits: u8,
    /// It has colours.
    pub(crate) colour: bool,
}

/// Reads a TIFF that is one image of a folder. Whether it has colours is found out only if `look` says so.
pub(crate) fn single(path: &Path, look: bool) -> Result<Single, String> {
    let bytes = FileBytes::open(path).map_err(|e| e.to_string())?;
    let file = TiffFile::new(bytes)?;
    let chain = file.chain();
    let [at] = chain.pages.as_slice() else {
        return Err(format!(
            "the TIFF holds {} pages, an image of a folder must hold one; give the TIFF itself",
            chain.pages.len()
        ));
    };
    let page = page_at(&file, *at)?;
    Ok(Single {
        pixels: decode::page(&file, &page)?,
        bits: page.bits,
        colour: look && decode::is_colour(&file, &page),
    })
}

/// The page whose directory is at `at`.
fn page_at(file: &TiffFile, at: u64) -> Result<Page, String> {
    let ifd = file.ifd(at)?;
    // ImageJ's palettes colour the counts for the screen; the counts themselves are the indices.
    let description = file.text(&ifd, tag::DESCRIPTION);
    let display = description.is_some_and(|d| d.starts_with("ImageJ="));
    Page::read(file, &ifd, display)
}

/// Where the pictures lie.
enum Places {
    /// One directory each.
    Pages(Vec<u64>),
    /// Behind each other: the layout of the first, and the offset of each.
    Behind(Box<Page>, Vec<u64>),
}

impl Places {
    fn len(&self) -> usize {
        match self {
            Self::Pages(at) | Self::Behind(_, at) => at.len(),
        }
    }

    /// Keeps every `stride`-th picture, `frames` of them.
    fn thin(&mut self, stride: u64, frames: u64) {
        let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (Self::Pages(at) | Self::Behind(_, at)) = self;
        let kept = at.iter().copied().step_by(whole(stride).max(1));
        *at = kept.take(whole(frames)).collect();
    }
}

struct TiffPictures {
    file: TiffFile,
    places: Places,
    display_palette: bool,
}

impl TiffPictures {
    fn page(&self, n: usize) -> Result<Page, String> {
        let none = "there is no such page";
        match &self.places {
            Places::Pages(all) => {
                let ifd = self.file.ifd(*all.get(n).ok_or(none)?)?;
                Page::read(&self.file, &ifd, self.display_palette)
            }
            Places::Behind(first, all) => {
                let mut page = Page::clone(first);
                page.blocks = vec![(*all.get(n).ok_or(none)?, page.plain_bytes())];
                page.block_height = page.height_px;
                Ok(page)
            }
        }
    }
}

impl Pictures for TiffPictures {
    fn picture(&self, n: usize) -> Result<Pixels, String> {
        decode::page(&self.file, &self.page(n)?)
    }
}

fn read(path: &Path) -> Result<Stored<TiffPictures>, SourceError> {
    let bad = |why: String| unsupported(path, why);
    let file = TiffFile::new(FileBytes::open(path)?).map_err(bad)?;
    let chain = file.chain();
    let mut notes = Notes {
        cut: chain.broken.clone(),
        ..Notes::default()
    };
    notes.tally.add("thumbnail", chain.small);
    let Some(&first_at) = chain.pages.first() else {
        let why = chain.broken.unwrap_or_else(|| "it holds no pages".into());
        return Err(bad(why));
    };
    let ifd = file.ifd(first_at).map_err(bad)?;
    let description = file.text(&ifd, tag::DESCRIPTION).unwrap_or_default();
    let keys = imagej::keys(&description);
    let display_palette = keys.is_some();
    let first = Page::read(&file, &ifd, display_palette).map_err(bad)?;
    let declared = keys.as_ref().and_then(imagej::images).unwrap_or(1);
    let places = match first.contiguous() {
        Some(start) if chain.pages.len() == 1 && declared > 1 => {
            behind(&file, &first, start, declared, &mut notes)
        }
        _ => Places::Pages(chain.pages),
    };
    if notes.cut.is_none() {
        notes.cut = beyond_the_end(&file, &places, display_palette);
    }
    let sidecars = sidecars(&file, &ifd, &description);
    let mut pictures = TiffPictures {
        file,
        places,
        display_palette,
    };
    let stored = pictures.places.len() as u64;
    let planes = said(&sidecars, |s| s.planes);
    if let Some((stride, frames)) = planes.and_then(|(p, _)| p.film(stored)) {
        pictures.places.thin(stride, frames);
        let left = pictures.places.len() as u64;
        notes.tally.add("other_channel_or_depth", stored - left);
    }
    let timeline = timeline(&pictures, &sidecars, &mut notes);
    let mut info = info(&first, &sidecars, &timeline);
    info.colour = has_colour(&pictures);
    texts(&pictures.file, &ifd, &mut info);
    Stored::new(path, pictures, info, timeline, notes)
}

/// How it is seen that the last page is not whole. The pages before it need no look: what is cut off is the end.
fn beyond_the_end(file: &TiffFile, places: &Places, display_palette: bool) -> Option<String> {
    let Places::Pages(all) = places else {
        return None;
    };
    let last = file.ifd(*all.last()?);
    let page = match last.and_then(|ifd| Page::read(file, &ifd, display_palette)) {
        Ok(page) => page,
        Err(why) => return Some(format!("its last image cannot be read ({why})")),
    };
    let whole = page.blocks.iter().all(|(at, len)| {
        at.checked_add(*len)
            .is_some_and(|end| end <= file.bytes.len())
    });
    (!whole).then(|| "its last image lies beyond its end".to_owned())
}

/// Images that lie behind each other without directories, as many as the file has room for.
fn behind(file: &TiffFile, first: &Page, start: u64, declared: u64, notes: &mut Notes) -> Places {
    let bytes = first.plain_bytes();
    let room = (file.bytes.len() - start) / bytes;
    let there = declared.min(room).min(u64::from(u32::MAX));
    if there < declared {
        notes.cut = Some(format!("{declared} images are declared, {there} are there"));
    }
    let places = (0..there).map(|n| start + n * bytes).collect();
    Places::Behind(Box::new(first.clone()), places)
}

/// All that programs wrote beside the pixels, with the name of who wrote it; whom to believe first comes first.
type Sidecars = Vec<(Sidecar, &'static str)>;

fn sidecars(file: &TiffFile, ifd: &Ifd, description: &str) -> Sidecars {
    let mut out = Sidecars::new();
    let per_unit = file.fraction(ifd, tag::X_RESOLUTION);
    if ome::is_ome(description) {
        out.push((ome::read(description), "OME-XML"));
    }
    let keys = imagej::keys(description);
    if let Some(keys) = &keys {
        out.push((imagej::read(keys, per_unit), "ImageJ"));
    }
    if let Some(text) = file.text(ifd, tag::MICRO_MANAGER) {
        out.push((micro_manager::read(&text), "Micro-Manager"));
    }
    // Pixels per centimetre: in inches it is the print size that nobody set. A pixel of more than 20 um in the
    // sample is a print size, too.
    if keys.is_none() && file.number(ifd, tag::RESOLUTION_UNIT) == Some(3) {
        let pixel_size_um = per_unit.map(|n| 1e4 / n);
        let tags = Sidecar {
            pixel_size_um: pixel_size_um.filter(|um| (1e-3..=20.0).contains(um)),
            ..Sidecar::default()
        };
        out.push((tags, "TIFF resolution tag"));
    }
    out
}

/// The first that says something of the kind, and who says it.
fn said<T>(all: &Sidecars, what: impl Fn(&Sidecar) -> Option<T>) -> Option<(T, String)> {
    all.iter()
        .find_map(|(sidecar, who)| Some((what(sidecar)?, (*who).to_owned())))
}

fn timeline(pictures: &TiffPictures, sidecars: &Sidecars, notes: &mut Notes) -> Timeline {
    let frames = pictures.places.len();
    let by_xml = said(sidecars, |s| s.times_s.clone());
    let Some((times, who)) = by_xml.or_else(|| elapsed(pictures)) else {
        return Timeline::even(frames);
    };
    let timeline = Timeline::from_times(&times).filter(|_| times.len() == frames);
    timeline.unwrap_or_else(|| {
        notes.findings.push(findings::not_used(&format!(
            "The times of the frames in {who} were not used. There are {} times for {frames} frames, or times that do not rise; give the frame rate with --frame-rate-fps.",
            times.len()
        )));
        Timeline::even(frames)
    })
}

/// Micro-Manager's times, if each page has one.
fn elapsed(pictures: &TiffPictures) -> Option<(Vec<f64>, String)> {
    let Places::Pages(all) = &pictures.places else {
        return None;
    };
    let of = |at: &u64| {
        let ifd = pictures.file.ifd(*at).ok()?;
        micro_manager::elapsed_s(&pictures.file.text(&ifd, tag::MICRO_MANAGER)?)
    };
    let times: Option<Vec<f64>> = all.iter().map(of).collect();
    times
        .filter(|t| t.len() > 1)
        .map(|t| (t, "Micro-Manager".to_owned()))
}

fn has_colour(pictures: &TiffPictures) -> bool {
    evenly(pictures.places.len(), 3)
        .into_iter()
        .filter_map(|n| pictures.page(n).ok())
        .any(|page| decode::is_colour(&pictures.file, &page))
}

fn info(first: &Page, sidecars: &Sidecars, timeline: &Timeline) -> VideoInfo {
    let by_header = said(sidecars, |s| s.frame_interval_s).map(|(s, _)| s);
    let mut out = VideoInfo {
        container: "tiff".into(),
        codec: first.packing.name().into(),
        width_px: first.width_px,
        height_px: first.height_px,
        bit_depth: first.bits,
        ceiling_counts: ((1u32 << first.bits) - 1) as u16,
        frame_interval_s: timeline.interval_s.or(by_header),
        pixel_size_um: said(sidecars, |s| s.pixel_size_um),
        exposure_s: said(sidecars, |s| s.exposure_s),
        ..VideoInfo::default()
    };
    for (sidecar, _) in sidecars.iter().rev() {
        for (key, value) in &sidecar.says {
            out.says.insert((*key).to_owned(), value.clone());
        }
    }
    match first.meaning {
        Meaning::Palette(_) => {
            out.says.insert("palette".into(), "applied".into());
        }
        Meaning::WhiteIsZero => {
            out.says
                .insert("white is zero".into(), "turned round".into());
        }
        _ => {}
    }
    out
}

/// Texts for people from the first page.
fn texts(file: &TiffFile, ifd: &Ifd, info: &mut VideoInfo) {
    for (tag, key) in [(tag::SOFTWARE, "software"), (tag::DATE_TIME, "recorded")] {
        if let Some(text) = file.text(ifd, tag) {
            let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            if !text.trim().is_empty() {
                info.says.insert(key.into(), text.trim().into());
            }
        }
    }
}
