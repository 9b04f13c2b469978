//! Pixels become the bytes that a kind of file stores.

use super::{FilmFacts, Format, RecordError};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use ndarray::Array2;
use nta_core::Pixels;

/// Encodes single frames; any thread may do so, in any order.
#[derive(Clone, Copy, Debug)]
pub struct FrameEncoder {
    format: Format,
    /// (rows, columns)
    size: (usize, usize),
    deep: bool,
}

impl FrameEncoder {
    pub(crate) fn new(format: Format, facts: &FilmFacts) -> Self {
        Self {
            format,
            size: (facts.height_px, facts.width_px),
            deep: facts.sample_bytes() == 2,
        }
    }

    /// The bytes of one frame.
    pub fn encode(&self, frame: u32, pixels: &Pixels) -> Result<Vec<u8>, RecordError> {
        let is_deep = matches!(pixels, Pixels::U16(_));
        if pixels.dim() != self.size || is_deep != self.deep {
            return Err(RecordError::OddFrame { frame });
        }
        let packed = match (self.format, pixels) {
            (Format::AviMjpeg { quality }, Pixels::U8(p)) => jpeg(p, quality),
            (Format::AviMjpeg { .. }, Pixels::U16(_)) => {
                return Err(RecordError::TooDeep {
                    bit_depth: 16,
                    codec: self.format.codec(),
                });
            }
            (Format::AviRaw, Pixels::U8(p)) => Ok(bitmap(p)),
            (Format::Folder, _) => png(pixels),
            _ => Ok(plain(pixels)),
        };
        packed.map_err(|reason| RecordError::Encode {
            frame,
            codec: self.format.codec(),
            reason,
        })
    }
}

/// Bytes of a row of a Windows bitmap, which is padded to 4.
pub(super) fn bitmap_row_bytes(width_px: usize) -> usize {
    width_px.next_multiple_of(4)
}

/// A Windows bitmap stands on its feet: the bottom row comes first.
fn bitmap(pixels: &Array2<u8>) -> Vec<u8> {
    let (rows, columns) = pixels.dim();
    let stride = bitmap_row_bytes(columns);
    let mut out = Vec::with_capacity(stride * rows);
    for row in pixels.rows().into_iter().rev() {
        out.extend(row);
        out.resize(out.len().next_multiple_of(stride), 0);
    }
    out
}

/// Rows from the top without padding, 16 bits with the least significant byte first.
fn plain(pixels: &Pixels) -> Vec<u8> {
    match pixels {
        Pixels::U8(p) => p.iter().copied().collect(),
        Pixels::U16(p) => p.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

fn jpeg(pixels: &Array2<u8>, quality: u8) -> Result<Vec<u8>, String> {
    let (rows, columns) = pixels.dim();
    let (Ok(width), Ok(height)) = (u16::try_from(columns), u16::try_from(rows)) else {
        return Err(format!(
            "{columns} x {rows} px is more than the 65535 x 65535 of JPEG"
        ));
    };
    let flat: Vec<u8> = pixels.iter().copied().collect();
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality.clamp(1, 100))
        .encode(&flat, width.into(), height.into(), ExtendedColorType::L8)
        .map_err(|e| e.to_string())?;
    Ok(out)
}

fn png(pixels: &Pixels) -> Result<Vec<u8>, String> {
    let (rows, columns) = pixels.dim();
    let (Ok(width), Ok(height)) = (u32::try_from(columns), u32::try_from(rows)) else {
        return Err(format!("{columns} x {rows} px is too large"));
    };
    // The encoder takes 16-bit samples in the machine's own order of bytes.
    let (flat, colour): (Vec<u8>, _) = match pixels {
        Pixels::U8(p) => (p.iter().copied().collect(), ExtendedColorType::L8),
        Pixels::U16(p) => (
            p.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            ExtendedColorType::L16,
        ),
    };
    let mut out = Vec::new();
    PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Up)
        .write_image(&flat, width, height, colour)
        .map_err(|e| e.to_string())?;
    Ok(out)
}
