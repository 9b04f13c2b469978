//! A stack of grey pages, BigTIFF above 4 GB. Pixel size and frame interval are told as ImageJ tells them: in the
//! description of the first page, with pixels per micrometre as its resolution.

use super::fraction::fraction;
use super::{FilmFacts, RecordError, Sink};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tiff::encoder::colortype::{Gray8, Gray16};
use tiff::encoder::{ImageEncoder, Rational, TiffEncoder, TiffKind, TiffKindBig};
use tiff::tags::{ResolutionUnit, Tag};
use tiff::{TiffError, TiffResult};

/// Largest TIFF with offsets of 32 bits that is begun, bytes; the rest of the 4 GB is for what surrounds the pixels.
const LARGEST_PLAIN: u64 = 4_000_000_000;

/// Bytes that surround a page, with room to spare.
const PAGE_HEAD_BYTES: u64 = 1024;

/// The file, which the encoder would not give back: whether its last bytes reached the disk must be asked.
#[derive(Clone)]
struct Out(Arc<Mutex<BufWriter<File>>>);

impl Out {
    fn lock(&self) -> MutexGuard<'_, BufWriter<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl Seek for Out {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.lock().seek(to)
    }
}

enum Encoder {
    Plain(TiffEncoder<Out>),
    Big(TiffEncoder<Out, TiffKindBig>),
}

/// A stack that is being written.
pub(super) struct TiffStack {
    path: PathBuf,
    encoder: Encoder,
    page: Page,
    /// For the first page, then taken.
    description: Option<String>,
    out: Out,
}

/// What all pages have in common.
struct Page {
    width: u32,
    height: u32,
    deep: bool,
    pixels_per_um: Option<Rational>,
}

impl TiffStack {
    pub(super) fn new(
        path: &Path,
        out: BufWriter<File>,
        facts: &FilmFacts,
    ) -> Result<Self, RecordError> {
        let page_bytes = facts.picture_bytes() as u64 + PAGE_HEAD_BYTES;
        let is_big = page_bytes * u64::from(facts.places) > LARGEST_PLAIN;
        let out = Out(Arc::new(Mutex::new(out)));
        let encoder = if is_big {
            TiffEncoder::new_big(out.clone()).map(Encoder::Big)
        } else {
            TiffEncoder::new(out.clone()).map(Encoder::Plain)
        };
        Ok(Self {
            encoder: encoder.map_err(|e| failed(path, e))?,
            path: path.to_owned(),
            page: Page {
                width: facts.width_px as u32,
                height: facts.height_px as u32,
                deep: facts.sample_bytes() == 2,
                pixels_per_um: facts.pixel_size_um.map(|um| {
                    let (n, d) = fraction(1.0 / um);
                    Rational { n, d }
                }),
            },
            description: Some(description(facts)),
            out,
        })
    }
}

impl Sink for TiffStack {
    fn append(&mut self, _: u32, bytes: &[u8]) -> Result<(), RecordError> {
        let description = self.description.take();
        let written = match &mut self.encoder {
            Encoder::Plain(encoder) => self.page.write(encoder, bytes, description.as_deref()),
            Encoder::Big(encoder) => self.page.write(encoder, bytes, description.as_deref()),
        };
        written.map_err(|e| failed(&self.path, e))
    }

    fn finish(self: Box<Self>) -> Result<(), RecordError> {
        drop(self.encoder);
        let mut out = self.out.lock();
        out.flush()
            .and_then(|()| out.get_ref().sync_all())
            .map_err(|e| RecordError::io(&self.path, &e))
    }
}

impl Page {
    fn write<K: TiffKind>(
        &self,
        encoder: &mut TiffEncoder<Out, K>,
        bytes: &[u8],
        description: Option<&str>,
    ) -> TiffResult<()> {
        if self.deep {
            let counts: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|b| u16::from_le_bytes([b[0], b[1]]))
                .collect();
            let mut image = encoder.new_image::<Gray16>(self.width, self.height)?;
            self.tags(&mut image, description)?;
            image.write_data(&counts)
        } else {
            let mut image = encoder.new_image::<Gray8>(self.width, self.height)?;
            self.tags(&mut image, description)?;
            image.write_data(bytes)
        }
    }

    fn tags<C: tiff::encoder::colortype::ColorType, K: TiffKind>(
        &self,
        image: &mut ImageEncoder<'_, Out, C, K>,
        description: Option<&str>,
    ) -> TiffResult<()> {
        if let Some(n) = &self.pixels_per_um {
            let pixels_per_um = || Rational { n: n.n, d: n.d };
            image.resolution(ResolutionUnit::None, pixels_per_um());
        }
        match description {
            Some(text) => image.encoder().write_tag(Tag::ImageDescription, text),
            None => Ok(()),
        }
    }
}

/// What ImageJ writes: the number of images, the time between them, and the unit of the resolution.
fn description(facts: &FilmFacts) -> String {
    let frames = facts.places;
    let interval_s = facts.frame_interval_s;
    let unit = match facts.pixel_size_um {
        Some(_) => "unit=micron\n",
        None => "",
    };
    format!(
        "ImageJ=1.54f\nimages={frames}\nframes={frames}\n{unit}finterval={interval_s}\ntunit=s\nfps={}\nloop=false\n",
        1.0 / interval_s
    )
}

fn failed(path: &Path, error: TiffError) -> RecordError {
    match error {
        TiffError::IoError(e) => RecordError::io(path, &e),
        other => RecordError::io(path, &io::Error::other(other.to_string())),
    }
}
