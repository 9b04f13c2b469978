//! The pictures of an AVI: which layouts there are, and how they become counts.

use super::riff::{Bitmap, Stream};
use crate::limits::check_size;
use crate::{jpeg, luma::luma8};
use ndarray::Array2;
use nta_core::Pixels;

/// How the bytes of a frame become pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One byte a pixel, through a table if there is one.
    Grey8(Option<Box<[u8; 256]>>),
    /// Two bytes a pixel, least significant first.
    Grey16,
    /// Two bytes a pixel, of which the header does not say whether they are grey; see [`settle_16_bits`].
    Unclear16,
    /// Blue, green, red and perhaps an unused byte: so many bytes a pixel.
    Bgr(usize),
    /// One JPEG a frame.
    Jpeg,
}

/// All that is needed to decode a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    /// How bytes become pixels.
    pub(crate) layout: Layout,
    /// Width, px.
    pub(crate) width_px: usize,
    /// Height, px.
    pub(crate) height_px: usize,
    /// The bottom row comes first.
    pub(crate) bottom_up: bool,
    /// The palette has colours.
    pub(crate) colour_palette: bool,
}

/// Why a stream cannot be read here.
pub(crate) enum Refusal {
    /// Another decoder may know it.
    NotOurs(String),
    /// It makes no sense to anyone.
    Broken(String),
}

impl Format {
    /// From the stream's headers.
    pub(crate) fn of(stream: &Stream) -> Result<Self, Refusal> {
        let bitmap = Bitmap::read(&stream.format).ok_or_else(|| {
            Refusal::Broken("the header of its pictures is missing or cut".into())
        })?;
        let width = u64::try_from(bitmap.width).unwrap_or(0);
        let height = u64::from(bitmap.height.unsigned_abs());
        let (width_px, height_px) = check_size(width, height).map_err(Refusal::Broken)?;
        let mut out = Self {
            layout: Layout::Jpeg,
            width_px,
            height_px,
            bottom_up: false,
            colour_palette: false,
        };
        let mut name = bitmap.compression;
        name.make_ascii_uppercase();
        match &name {
            b"\0\0\0\0" | b"DIB " | b"RGB " | b"RAW " => {
                // Plain bitmaps stand on their feet unless the height is negative.
                out.bottom_up = bitmap.height > 0;
                out.plain(&bitmap, stream)?;
            }
            b"Y800" | b"GREY" | b"Y8  " | b"GRAY" => out.layout = Layout::Grey8(None),
            b"Y16 " | b"Y16\0" => out.layout = Layout::Grey16,
            b"MJPG" | b"JPEG" | b"DMB1" => {}
            _ => return Err(Refusal::NotOurs(not_ours(bitmap.compression, bitmap.bits))),
        }
        Ok(out)
    }

    fn plain(&mut self, bitmap: &Bitmap, stream: &Stream) -> Result<(), Refusal> {
        self.layout = match bitmap.bits {
            8 => {
                let (table, colour) = palette(bitmap, &stream.format);
                self.colour_palette = colour;
                Layout::Grey8(table)
            }
            16 if stream.handler[..3].eq_ignore_ascii_case(b"Y16") => Layout::Grey16,
            16 => Layout::Unclear16,
            24 => Layout::Bgr(3),
            32 => Layout::Bgr(4),
            bits => return Err(Refusal::NotOurs(not_ours([0; 4], bits))),
        };
        Ok(())
    }

    /// Bits of a pixel that carry information.
    pub(crate) fn bit_depth(&self) -> u8 {
        match self.layout {
            Layout::Grey16 | Layout::Unclear16 => 16,
            _ => 8,
        }
    }

    /// Bytes of one row: without padding, and padded to 4 bytes.
    fn row_bytes(&self) -> (usize, usize) {
        let bytes = match self.layout {
            Layout::Grey8(_) | Layout::Jpeg => 1,
            Layout::Grey16 | Layout::Unclear16 => 2,
            Layout::Bgr(step) => step,
        };
        let tight = self.width_px * bytes;
        (tight, tight.next_multiple_of(4))
    }

    /// The rows of a frame from the top. Rows are padded to 4 bytes where the frame is long enough for that.
    fn rows<'a>(&self, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, String> {
        let (tight, padded) = self.row_bytes();
        let height = self.height_px;
        // The last row may lack its padding.
        let stride =
            if bytes.len() >= padded * (height - 1) + tight && bytes.len() != tight * height {
                padded
            } else {
                tight
            };
        if bytes.len() < stride * (height - 1) + tight {
            return Err(format!(
                "it has {} bytes, {} are needed",
                bytes.len(),
                tight * height
            ));
        }
        let row = |y: usize| &bytes[y * stride..y * stride + tight];
        Ok(if self.bottom_up {
            (0..height).rev().map(row).collect()
        } else {
            (0..height).map(row).collect()
        })
    }

    /// True if the bytes of a frame are its counts as they are: most films of cameras.
    pub(crate) fn is_picture(&self, bytes: &[u8]) -> bool {
        self.layout == Layout::Grey8(None)
            && !self.bottom_up
            && bytes.len() == self.width_px * self.height_px
    }

    /// The counts that such bytes are, without a copy.
    pub(crate) fn picture(&self, bytes: Vec<u8>) -> Result<Pixels, String> {
        Array2::from_shape_vec((self.height_px, self.width_px), bytes)
            .map(Pixels::U8)
            .map_err(|_| "the rows do not fill the picture".into())
    }

    /// Bytes of a frame to counts.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Pixels, String> {
        let shape = (self.height_px, self.width_px);
        if self.layout == Layout::Jpeg {
            return jpeg::luma(bytes).map(Pixels::U8);
        }
        let rows = self.rows(bytes)?;
        let count = shape.0 * shape.1;
        let wrong = |_| String::from("the rows do not fill the picture");
        if self.bit_depth() == 16 {
            let mut out = Vec::with_capacity(count);
            for row in rows {
                out.extend(
                    row.chunks_exact(2)
                        .map(|p| u16::from_le_bytes([p[0], p[1]])),
                );
            }
            return Array2::from_shape_vec(shape, out)
                .map(Pixels::U16)
                .map_err(wrong);
        }
        let mut out: Vec<u8> = Vec::with_capacity(count);
        for row in rows {
            match &self.layout {
                Layout::Grey8(Some(table)) => {
                    out.extend(row.iter().map(|&i| table[usize::from(i)]))
                }
                Layout::Bgr(step) => {
                    out.extend(row.chunks_exact(*step).map(|p| luma8(p[2], p[1], p[0])));
                }
                _ => out.extend_from_slice(row),
            }
        }
        Array2::from_shape_vec(shape, out)
            .map(Pixels::U8)
            .map_err(wrong)
    }

    /// Whether a frame has any colour.
    pub(crate) fn is_colour(&self, bytes: &[u8]) -> bool {
        match &self.layout {
            Layout::Jpeg => jpeg::is_colour(bytes).unwrap_or(false),
            Layout::Bgr(step) => self.rows(bytes).is_ok_and(|rows| {
                rows.iter()
                    .flat_map(|row| row.chunks_exact(*step))
                    .any(|p| p[0] != p[1] || p[1] != p[2])
            }),
            _ => self.colour_palette,
        }
    }
}

/// Decides what 16 bits a pixel without a codec's name are, from the bytes of some frames.
///
/// By the book they are 5 bits each of red, green and blue, with the top bit left at zero. Some camera programs write
/// 16-bit grey under the same name. A top bit that is set can only be grey. If none is set and all three colours agree
/// everywhere, it is a grey film of 5 bits, which other decoders read. In between nothing can be told, and a wrong
/// guess would turn counts into noise: the file is refused with a way out.
pub(crate) fn settle_16_bits(frames: &[Vec<u8>]) -> Result<Layout, Refusal> {
    let mut equal = true;
    for pair in frames.iter().flat_map(|f| f.chunks_exact(2)) {
        let v = u16::from_le_bytes([pair[0], pair[1]]);
        if v & 0x8000 != 0 {
            return Ok(Layout::Grey16);
        }
        equal &= (v >> 10) & 31 == (v >> 5) & 31 && (v >> 5) & 31 == v & 31;
    }
    if equal {
        return Err(Refusal::NotOurs(not_ours([0; 4], 16)));
    }
    Err(Refusal::Broken(
        "its pictures have 16 bits a pixel without a name, which may be grey or 5 bits each of red, green and blue; save it as a 16-bit TIFF stack or as an AVI with the codec Y16".into(),
    ))
}

fn not_ours(compression: [u8; 4], bits: u16) -> String {
    let known = compression.iter().all(|c| (0x20..0x7f).contains(c));
    if known {
        let name = String::from_utf8_lossy(&compression).trim().to_owned();
        format!("its codec {name} needs FFmpeg")
    } else {
        let number = u32::from_le_bytes(compression);
        format!("its pictures (compression {number}, {bits} bits a pixel) need FFmpeg")
    }
}

/// The palette as a table of luma, `None` if it changes nothing; and whether it has colours. A palette of which
/// nothing but zeros was written is no palette.
fn palette(bitmap: &Bitmap, format: &[u8]) -> (Option<Box<[u8; 256]>>, bool) {
    let start = (bitmap.header_len as usize).clamp(40, 4096);
    let colours = match bitmap.colours {
        0 => 256,
        n => n.min(256) as usize,
    };
    let entries: Vec<&[u8]> = format
        .get(start..)
        .unwrap_or_default()
        .chunks_exact(4)
        .take(colours)
        .collect();
    if entries.iter().all(|e| e[..3] == [0, 0, 0]) {
        return (None, false);
    }
    let mut table = Box::new([0u8; 256]);
    for (slot, e) in table.iter_mut().zip(&entries) {
        *slot = luma8(e[2], e[1], e[0]);
    }
    let colour = entries.iter().any(|e| e[0] != e[1] || e[1] != e[2]);
    // Only the entries that exist are compared: a palette of 128 greys changes nothing either.
    let identity = !colour && (0..entries.len()).all(|i| usize::from(table[i]) == i);
    ((!identity).then_some(table), colour)
}
