//! What a page of a TIFF looks like: from the tags to a layout that has been checked.

use super::ifd::{Ifd, TiffFile, tag};
use crate::limits::check_size;
use crate::luma::luma8;

/// Most bytes of one unpacked strip or tile.
const LARGEST_BLOCK: u64 = 1 << 31;

/// How the bytes of a strip or tile are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    None,
    /// LZW of TIFF 6.0, most significant bit first.
    Lzw,
    /// zlib.
    Deflate,
    /// Runs of bytes.
    PackBits,
}

impl Packing {
    /// Name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Lzw => "lzw",
            Self::Deflate => "deflate",
            Self::PackBits => "packbits",
        }
    }

    /// How many bytes one packed byte can become at most. A file that promises more is refused before memory is
    /// taken for it.
    fn largest_growth(self) -> u64 {
        match self {
            Self::None => 1,
            Self::PackBits => 64,
            Self::Deflate => 1040,
            Self::Lzw => 1500,
        }
    }
}

/// What the samples of a pixel mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Brightness.
    Grey,
    /// Brightness upside down.
    WhiteIsZero,
    /// Index into a table of luma.
    Palette(Vec<u8>),
    /// The first three samples are red, green and blue.
    Rgb,
}

/// A page that can be decoded.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Width, px.
    pub(crate) width_px: usize,
    /// Height, px.
    pub(crate) height_px: usize,
    /// Bits of a sample: 8 to 16.
    pub(crate) bits: u8,
    /// Samples of a pixel.
    pub(crate) samples: usize,
    /// What they mean.
    pub(crate) meaning: Meaning,
    /// The palette has colours.
    pub(crate) colour_palette: bool,
    /// How the bytes are packed.
    pub(crate) packing: Packing,
    /// Neighbours were subtracted before packing.
    pub(crate) differences: bool,
    /// Width of a strip or tile, px.
    pub(crate) block_width: usize,
    /// Height of a strip or tile, px; the last strip may be lower.
    pub(crate) block_height: usize,
    /// The blocks are tiles, padded at the edges.
    pub(crate) tiled: bool,
    /// Offset and length of each block, row by row.
    pub(crate) blocks: Vec<(u64, u64)>,
}

impl Page {
    /// Reads and checks the tags. `palette_is_display` says that the palette only colours the counts for the screen.
    pub(crate) fn read(
        file: &TiffFile,
        ifd: &Ifd,
        palette_is_display: bool,
    ) -> Result<Self, String> {
        let number = |tag| file.number(ifd, tag);
        let side =
            |tag, name| number(tag).ok_or_else(|| format!("the page does not say its {name}"));
        let (width_px, height_px) =
            check_size(side(tag::WIDTH, "width")?, side(tag::HEIGHT, "height")?)?;
        let (bits, samples) = sample_layout(file, ifd)?;
        let packing = packing(number(tag::COMPRESSION).unwrap_or(1))?;
        let (meaning, colour_palette) = meaning(file, ifd, bits, samples, palette_is_display)?;
        let differences = match number(tag::PREDICTOR).unwrap_or(1) {
            1 => false,
            // Without packing the predictor has no meaning.
            2 if packing == Packing::None => false,
            2 if bits == 8 || bits == 16 => true,
            n => {
                return Err(format!(
                    "its predictor is {n} for {bits} bits; none, or 2 for 8 or 16 bits, can be read"
                ));
            }
        };
        let mut page = Self {
            width_px,
            height_px,
            bits,
            samples,
            meaning,
            colour_palette,
            packing,
            differences,
            block_width: width_px,
            block_height: height_px,
            tiled: ifd.has(tag::TILE_OFFSETS),
            blocks: Vec::new(),
        };
        page.find_blocks(file, ifd)?;
        Ok(page)
    }

    /// Bytes of one row of a block, unpacked.
    pub(crate) fn row_bytes(&self) -> usize {
        (self.block_width * self.samples * usize::from(self.bits)).div_ceil(8)
    }

    /// Bytes of the whole page where rows follow each other without padding.
    pub(crate) fn plain_bytes(&self) -> u64 {
        ((self.width_px * self.samples * usize::from(self.bits)).div_ceil(8) * self.height_px)
            as u64
    }

    /// Rows of strip or tile `n` that are stored.
    pub(crate) fn block_rows(&self, n: usize) -> usize {
        if self.tiled {
            return self.block_height;
        }
        self.block_height
            .min(self.height_px.saturating_sub(n * self.block_height))
    }

    /// Where the pixels of an unpacked page begin, if they follow each other without a gap.
    pub(crate) fn contiguous(&self) -> Option<u64> {
        let (first, _) = *self.blocks.first()?;
        let mut at = first;
        for (n, &(offset, _)) in self.blocks.iter().enumerate() {
            if offset != at {
                return None;
            }
            at += (self.row_bytes() * self.block_rows(n)) as u64;
        }
        (self.packing == Packing::None && !self.tiled).then_some(first)
    }

    fn find_blocks(&mut self, file: &TiffFile, ifd: &Ifd) -> Result<(), String> {
        let number = |tag| file.number(ifd, tag);
        let (offsets, counts) = if self.tiled {
            let sides = (number(tag::TILE_WIDTH), number(tag::TILE_HEIGHT));
            (self.block_width, self.block_height) =
                check_size(sides.0.unwrap_or(0), sides.1.unwrap_or(0))
                    .map_err(|e| format!("of its tiles: {e}"))?;
            (tag::TILE_OFFSETS, tag::TILE_COUNTS)
        } else {
            let rows = number(tag::ROWS_PER_STRIP).unwrap_or(u64::MAX);
            self.block_height = rows.clamp(1, self.height_px as u64) as usize;
            (tag::STRIP_OFFSETS, tag::STRIP_COUNTS)
        };
        let across = self.width_px.div_ceil(self.block_width);
        let needed = across * self.height_px.div_ceil(self.block_height);
        let offsets = file
            .numbers(ifd, offsets)
            .ok_or("the page does not say where its pixels are")?;
        if offsets.len() < needed {
            return Err(format!(
                "the page has {} strips or tiles, {needed} are needed",
                offsets.len()
            ));
        }
        let counts = file.numbers(ifd, counts);
        let row_bytes = self.row_bytes() as u64;
        for (n, &at) in offsets.iter().take(needed).enumerate() {
            let full = row_bytes * self.block_rows(n) as u64;
            if full > LARGEST_BLOCK {
                return Err(format!(
                    "one of its strips or tiles is said to have {full} bytes; at most {LARGEST_BLOCK} are read"
                ));
            }
            let declared = counts.as_ref().and_then(|c| c.get(n)).copied();
            let len = match self.packing {
                // Old writers give no lengths or wrong ones; here the length follows from the size.
                Packing::None => full,
                _ => declared.ok_or("the page does not say how long its strips are")?,
            };
            if at.checked_add(len).is_none_or(|end| end > file.bytes.len()) {
                return Err(format!(
                    "its pixels at offset {at} lie beyond the end of the file ({} bytes)",
                    file.bytes.len()
                ));
            }
            if len.saturating_mul(self.packing.largest_growth()) < full {
                return Err(format!(
                    "{len} packed bytes are said to become {full}, more than {} can",
                    self.packing.name()
                ));
            }
            self.blocks.push((at, len));
        }
        Ok(())
    }
}

fn sample_layout(file: &TiffFile, ifd: &Ifd) -> Result<(u8, usize), String> {
    let samples = file.number(ifd, tag::SAMPLES).unwrap_or(1);
    if !(1..=16).contains(&samples) {
        return Err(format!(
            "it has {samples} samples a pixel; allowed are 1 to 16"
        ));
    }
    if samples > 1 && file.number(ifd, tag::PLANAR).unwrap_or(1) != 1 {
        return Err(
            "its colours are stored as separate planes; save it as grey or as interleaved RGB"
                .into(),
        );
    }
    let all = file.numbers(ifd, tag::BITS).unwrap_or_else(|| vec![1]);
    let bits = all.first().copied().unwrap_or(1);
    if all.iter().any(|&b| b != bits) {
        return Err("its channels have different numbers of bits".into());
    }
    match file.number(ifd, tag::SAMPLE_FORMAT).unwrap_or(1) {
        1 | 4 => {}
        3 => {
            return Err(format!(
                "its pixels are {bits}-bit floating-point numbers, which are no longer camera counts; save it with 8 or 16 bits of whole numbers"
            ));
        }
        _ => {
            return Err(
                "its pixels are signed numbers; save it with 8 or 16 bits without sign".into(),
            );
        }
    }
    if !(8..=16).contains(&bits) {
        return Err(format!("its pixels have {bits} bits; 8 to 16 can be read"));
    }
    if bits % 8 != 0 && file.number(ifd, tag::FILL_ORDER).unwrap_or(1) != 1 {
        return Err("its bits are stored in reverse order (FillOrder 2)".into());
    }
    Ok((bits as u8, samples as usize))
}

fn packing(code: u64) -> Result<Packing, String> {
    Ok(match code {
        1 => Packing::None,
        5 => Packing::Lzw,
        8 | 32_946 => Packing::Deflate,
        32_773 => Packing::PackBits,
        other => {
            let name = match other {
                2..=4 => "fax",
                6 | 7 => "JPEG",
                34_712 | 33_003 | 33_005 => "JPEG 2000",
                34_925 => "LZMA",
                50_000 | 34_926 => "Zstandard",
                50_001 => "WebP",
                _ => "unknown",
            };
            return Err(format!(
                "its compression is {other} ({name}); save it uncompressed, or with LZW, deflate or PackBits"
            ));
        }
    })
}

fn meaning(
    file: &TiffFile,
    ifd: &Ifd,
    bits: u8,
    samples: usize,
    palette_is_display: bool,
) -> Result<(Meaning, bool), String> {
    Ok(match file.number(ifd, tag::PHOTOMETRIC).unwrap_or(1) {
        0 => (Meaning::WhiteIsZero, false),
        1 => (Meaning::Grey, false),
        2 if samples >= 3 => (Meaning::Rgb, false),
        3 if palette_is_display => (Meaning::Grey, false),
        3 if bits == 8 && samples == 1 => {
            let map = file.numbers(ifd, tag::COLOR_MAP).filter(|m| m.len() >= 768);
            let map = map.ok_or("its palette is missing or too short")?;
            // 16 bits an entry; the upper 8 are the colour, whether it was scaled by 256 or by 257.
            let at = |n: usize| (map[n].min(65_535) >> 8) as u8;
            let entries = || (0..256).map(|i| (at(i), at(i + 256), at(i + 512)));
            let table = entries().map(|(r, g, b)| luma8(r, g, b));
            let colour = entries().any(|(r, g, b)| r != g || g != b);
            (Meaning::Palette(table.collect()), colour)
        }
        code => {
            return Err(format!(
                "its pixels are of kind {code} with {bits} bits and {samples} samples; grey, 8-bit palette or RGB can be read"
            ));
        }
    })
}
