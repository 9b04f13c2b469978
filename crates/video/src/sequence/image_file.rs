//! One image file to counts.

use crate::bytes::FileBytes;
use crate::limits::{MAX_PIXELS, MAX_SIDE_PX, check_size};
use crate::luma::{luma8, luma16};
use crate::{jpeg, tiff};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use ndarray::Array2;
use nta_core::Pixels;
use std::io::Cursor;
use std::path::Path;

/// The kinds of image that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PNG.
    Png,
    /// TIFF with one page.
    Tiff,
    /// JPEG.
    Jpeg,
    /// Windows bitmap.
    Bmp,
}

impl Kind {
    /// All of them, in the order of preference.
    pub(crate) const ALL: [Kind; 4] = [Kind::Png, Kind::Tiff, Kind::Jpeg, Kind::Bmp];

    /// By the first bytes of the file.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if tiff::is_tiff(head) {
            Some(Self::Tiff)
        } else if head.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if head.starts_with(b"BM") && head.len() >= 14 && head[6..10] == [0; 4] {
            Some(Self::Bmp)
        } else {
            None
        }
    }

    /// Name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Tiff => "tiff",
            Self::Jpeg => "jpeg",
            Self::Bmp => "bmp",
        }
    }
}

/// A decoded image.
pub(crate) struct Decoded {
    /// The counts.
    pub(crate) pixels: Pixels,
    /// Bits per pixel.
    pub(crate) bits: u8,
    /// Its channels differ.
    pub(crate) colour: bool,
}

/// Files larger than this are not images.
const LONGEST_FILE: u64 = 2 << 30;

/// Reads and decodes an image of a known kind. `look` asks for `colour`, which costs a second decoding of some kinds;
/// without it, `colour` may be false.
pub(crate) fn decode(path: &Path, kind: Kind, look: bool) -> Result<Decoded, String> {
    if kind == Kind::Tiff {
        let single = tiff::single(path, look)?;
        return Ok(Decoded {
            pixels: single.pixels,
            bits: single.bits,
            colour: single.colour,
        });
    }
    let file = FileBytes::open(path).map_err(|e| e.to_string())?;
    if file.len() > LONGEST_FILE {
        return Err(format!(
            "it has {} bytes, at most {LONGEST_FILE} are read",
            file.len()
        ));
    }
    let bytes = file.take(0, file.len())?;
    match kind {
        Kind::Jpeg => Ok(Decoded {
            pixels: Pixels::U8(jpeg::luma(&bytes)?),
            bits: 8,
            colour: look && jpeg::is_colour(&bytes)?,
        }),
        Kind::Bmp => general(&bytes, ImageFormat::Bmp),
        Kind::Png | Kind::Tiff => general(&bytes, ImageFormat::Png),
    }
}

/// PNG and BMP.
fn general(bytes: &[u8], format: ImageFormat) -> Result<Decoded, String> {
    let says = |e: image::ImageError| format!("the image cannot be decoded: {e}");
    let reader = || {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE_PX as u32);
        limits.max_image_height = Some(MAX_SIDE_PX as u32);
        // Eight bytes a pixel is the most there is.
        limits.max_alloc = Some(MAX_PIXELS * 8);
        reader.limits(limits);
        reader
    };
    let (width, height) = reader().into_dimensions().map_err(says)?;
    let (width, height) = check_size(width.into(), height.into())?;
    // An uncompressed image cannot be larger than its file, a compressed one not by more than deflate can do.
    let most = bytes.len() as u64 * 8 * 1040;
    if (width * height) as u64 > most {
        return Err(format!(
            "{width} x {height} px cannot be in {} bytes",
            bytes.len()
        ));
    }
    grey(reader().decode().map_err(says)?)
}

fn grey(image: DynamicImage) -> Result<Decoded, String> {
    let shape = (image.height() as usize, image.width() as usize);
    let eight = |v: Vec<u8>, colour| shaped(shape, v).map(|a| (Pixels::U8(a), 8, colour));
    let sixteen = |v: Vec<u16>, colour| shaped(shape, v).map(|a| (Pixels::U16(a), 16, colour));
    let (pixels, bits, colour) = match image {
        DynamicImage::ImageLuma8(i) => eight(i.into_raw(), false),
        DynamicImage::ImageLuma16(i) => sixteen(i.into_raw(), false),
        DynamicImage::ImageLumaA8(i) => eight(first(i.as_raw(), 2), false),
        DynamicImage::ImageLumaA16(i) => sixteen(first(i.as_raw(), 2), false),
        DynamicImage::ImageRgb8(i) => eight(luma(i.as_raw(), 3, luma8), unequal(i.as_raw(), 3)),
        DynamicImage::ImageRgba8(i) => eight(luma(i.as_raw(), 4, luma8), unequal(i.as_raw(), 4)),
        DynamicImage::ImageRgb16(i) => sixteen(luma(i.as_raw(), 3, luma16), unequal(i.as_raw(), 3)),
        DynamicImage::ImageRgba16(i) => {
            sixteen(luma(i.as_raw(), 4, luma16), unequal(i.as_raw(), 4))
        }
        _ => Err("its pixels are not whole numbers of 8 or 16 bits".into()),
    }?;
    Ok(Decoded {
        pixels,
        bits,
        colour,
    })
}

fn shaped<T>(shape: (usize, usize), values: Vec<T>) -> Result<Array2<T>, String> {
    Array2::from_shape_vec(shape, values).map_err(|_| "the image has too few pixels".into())
}

fn first<T: Copy>(values: &[T], step: usize) -> Vec<T> {
    values.chunks_exact(step).map(|p| p[0]).collect()
}

fn luma<T: Copy>(values: &[T], step: usize, of: impl Fn(T, T, T) -> T) -> Vec<T> {
    let pixels = values.chunks_exact(step);
    pixels.map(|p| of(p[0], p[1], p[2])).collect()
}

fn unequal<T: PartialEq>(values: &[T], step: usize) -> bool {
    values
        .chunks_exact(step)
        .any(|p| p[0] != p[1] || p[1] != p[2])
}
