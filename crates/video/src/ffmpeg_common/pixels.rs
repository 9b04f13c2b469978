//! From a decoded picture to counts.
//!
//! Luma is taken as it is, never stretched. Colour becomes luma with the weights of ITU-R BT.601 (0.299, 0.587,
//! 0.114), rounded; equal channels give exactly that count.

use super::layout::{Chroma, Kind, Layout};
use ndarray::Array2;
use nta_core::Pixels;

/// Rows of a picture: `bytes` bytes from the start of row `y` of `plane`, or `None` if they are not there.
pub(crate) trait Rows {
    fn row(&self, plane: usize, y: usize, bytes: usize) -> Option<&[u8]>;
}

/// Counts and whether they came from a picture in colour.
#[derive(Debug)]
pub(crate) struct Luma {
    pub(crate) pixels: Pixels,
    pub(crate) colour: bool,
}

impl Layout {
    /// The counts of one picture; `None` if rows are missing. `look_for_colour`: the chroma is read too (colour
    /// pictures are always looked at); without it `colour` is false for luma formats.
    pub(crate) fn luma(
        self,
        rows: &dyn Rows,
        width: usize,
        height: usize,
        look_for_colour: bool,
    ) -> Option<Luma> {
        let (pixels, rgb_differ) = if self.sample_bytes() == 1 {
            let (counts, differ) = self.counts8(rows, width, height)?;
            let array = Array2::from_shape_vec((height, width), counts).ok()?;
            (Pixels::U8(array), differ)
        } else {
            let (counts, differ) = self.counts16(rows, width, height)?;
            let array = Array2::from_shape_vec((height, width), counts).ok()?;
            (Pixels::U16(array), differ)
        };
        let colour = rgb_differ || (look_for_colour && self.has_chroma(rows, width, height)?);
        Some(Luma { pixels, colour })
    }

    fn counts8(self, rows: &dyn Rows, width: usize, height: usize) -> Option<(Vec<u8>, bool)> {
        let mut out = Vec::with_capacity(width * height);
        let row_bytes = self.planes(width, height).first()?.0;
        let mut differ = false;
        let table = match self.kind {
            Kind::Palette => Some(palette_luma(rows.row(1, 0, 1024)?)),
            _ => None,
        };
        for y in 0..height {
            let row = rows.row(0, y, row_bytes)?;
            match (self.kind, &table) {
                (Kind::Luma { step: 1, .. }, _) => out.extend_from_slice(row),
                (Kind::Luma { step, at, .. }, _) => {
                    out.extend(row.iter().skip(at).step_by(step).take(width));
                }
                (Kind::Palette, Some(table)) => {
                    for &i in row {
                        let (count, coloured) = table[usize::from(i)];
                        differ |= coloured;
                        out.push(count);
                    }
                }
                (Kind::RgbPacked { step, at }, _) => {
                    for p in row.chunks_exact(step) {
                        let [r, g, b] = at.map(|i| u32::from(p[i]));
                        differ |= r != g || g != b;
                        out.push(rec601(r, g, b) as u8);
                    }
                }
                (Kind::RgbPlanar { .. }, _) => {
                    let blue = rows.row(1, y, row_bytes)?;
                    let red = rows.row(2, y, row_bytes)?;
                    for ((&g, &b), &r) in row.iter().zip(blue).zip(red) {
                        differ |= r != g || g != b;
                        out.push(rec601(r.into(), g.into(), b.into()) as u8);
                    }
                }
                (Kind::Palette, None) => return None,
            }
        }
        Some((out, differ))
    }

    fn counts16(self, rows: &dyn Rows, width: usize, height: usize) -> Option<(Vec<u16>, bool)> {
        let mut out = Vec::with_capacity(width * height);
        let row_bytes = self.planes(width, height).first()?.0;
        let mut differ = false;
        let sample = |b: &[u8]| self.sample16(b);
        for y in 0..height {
            let row = rows.row(0, y, row_bytes)?;
            match self.kind {
                Kind::Luma { step, at, .. } => {
                    out.extend(row.chunks_exact(2).skip(at).step_by(step).map(sample));
                }
                Kind::RgbPacked { step, at } => {
                    for p in row.chunks_exact(2 * step) {
                        let [r, g, b] = at.map(|i| u32::from(sample(&p[2 * i..2 * i + 2])));
                        differ |= r != g || g != b;
                        out.push(rec601(r, g, b) as u16);
                    }
                }
                Kind::RgbPlanar { .. } => {
                    let blue = rows.row(1, y, row_bytes)?.chunks_exact(2).map(sample);
                    let red = rows.row(2, y, row_bytes)?.chunks_exact(2).map(sample);
                    for ((g, b), r) in row.chunks_exact(2).map(sample).zip(blue).zip(red) {
                        differ |= r != g || g != b;
                        out.push(rec601(r.into(), g.into(), b.into()) as u16);
                    }
                }
                Kind::Palette => return None,
            }
        }
        Some((out, differ))
    }

    fn sample16(self, bytes: &[u8]) -> u16 {
        let pair = [bytes[0], bytes[1]];
        if self.big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    }

    /// Whether any chroma sample is further from neutral than a codec's rounding moves it (2 counts of 8 bits).
    fn has_chroma(self, rows: &dyn Rows, width: usize, height: usize) -> Option<bool> {
        let Kind::Luma { at, chroma, .. } = self.kind else {
            return Some(false);
        };
        let planes = self.planes(width, height);
        let coloured8 = |v: u8| v.abs_diff(128) > 2;
        let neutral = 1u16 << (self.bits - 1);
        let coloured16 =
            |b: &[u8]| self.sample16(b).abs_diff(neutral) > 2 << self.bits.saturating_sub(8);
        let chroma_planes = match chroma {
            Chroma::None => 1..1,
            Chroma::Planar { .. } => 1..3,
            Chroma::Pairs { .. } => 1..2,
            Chroma::Between => 0..1,
        };
        for plane in chroma_planes {
            let (bytes, height) = *planes.get(plane)?;
            for y in 0..height {
                let row = rows.row(plane, y, bytes)?;
                let coloured = if chroma == Chroma::Between {
                    row.iter().skip(1 - at).step_by(2).any(|&v| coloured8(v))
                } else if self.sample_bytes() == 1 {
                    row.iter().any(|&v| coloured8(v))
                } else {
                    row.chunks_exact(2).any(coloured16)
                };
                if coloured {
                    return Some(true);
                }
            }
        }
        Some(false)
    }
}

fn rec601(r: u32, g: u32, b: u32) -> u32 {
    (299 * r + 587 * g + 114 * b + 500) / 1000
}

/// Count of each of 256 colours, and whether it is one. The entries are 0xAARRGGBB in the machine's byte order.
fn palette_luma(bytes: &[u8]) -> Vec<(u8, bool)> {
    let mut table: Vec<(u8, bool)> = bytes
        .chunks_exact(4)
        .map(|c| {
            let v = u32::from_ne_bytes([c[0], c[1], c[2], c[3]]);
            let (r, g, b) = (v >> 16 & 255, v >> 8 & 255, v & 255);
            (rec601(r, g, b) as u8, r != g || g != b)
        })
        .collect();
    table.resize(256, (0, false));
    table
}

/// A picture without padding in one run of bytes.
pub(crate) struct Packed<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) planes: &'a [(usize, usize)],
}

impl Rows for Packed<'_> {
    fn row(&self, plane: usize, y: usize, bytes: usize) -> Option<&[u8]> {
        let (row_bytes, height) = *self.planes.get(plane)?;
        let before: usize = self.planes[..plane].iter().map(|(b, h)| b * h).sum();
        let start = before + y * row_bytes;
        (y < height && bytes <= row_bytes)
            .then(|| self.bytes.get(start..start + bytes))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma_of(name: &str, bytes: &[u8], width: usize, height: usize) -> Luma {
        let layout = Layout::of(name).expect("known name");
        let planes = layout.planes(width, height);
        assert_eq!(
            bytes.len(),
            planes.iter().map(|(b, h)| b * h).sum::<usize>(),
            "{name}"
        );
        layout
            .luma(
                &Packed {
                    bytes,
                    planes: &planes,
                },
                width,
                height,
                true,
            )
            .expect("rows are there")
    }

    #[test]
    fn equal_channels_keep_their_count_and_colour_is_told() {
        for name in ["rgb24", "bgr24", "gbrp"] {
            let bytes: Vec<u8> = if name == "gbrp" {
                (0..=255).cycle().take(768).collect()
            } else {
                (0..=255u8).flat_map(|v| [v, v, v]).collect()
            };
            let got = luma_of(name, &bytes, 16, 16);
            assert!(!got.colour, "{name}");
            assert!((0..256usize).all(|i| usize::from(got.pixels.at(i / 16, i % 16)) == i));
        }
        // Pure red, green, blue: 76, 150, 29 after rounding.
        let got = luma_of("bgr24", &[0, 0, 255, 0, 255, 0, 255, 0, 0], 3, 1);
        assert!(got.colour);
        assert_eq!([0, 1, 2].map(|x| got.pixels.at(0, x)), [76, 150, 29]);
        assert_eq!(luma_of("argb", &[9, 255, 0, 0], 1, 1).pixels.at(0, 0), 76);
        let be = luma_of("rgb48be", &[1, 2, 1, 2, 1, 2], 1, 1);
        assert_eq!((be.pixels.at(0, 0), be.colour), (258, false));
    }

    #[test]
    fn chroma_within_rounding_is_not_colour() {
        let mut bytes = vec![7, 8, 9, 10, 130, 126];
        assert!(!luma_of("yuv420p", &bytes, 2, 2).colour);
        assert!(!luma_of("nv12", &bytes, 2, 2).colour);
        bytes[5] = 125;
        let got = luma_of("yuv420p", &bytes, 2, 2);
        assert!(got.colour);
        assert_eq!(got.pixels.at(1, 0), 9);
        assert!(luma_of("nv12", &bytes, 2, 2).colour);
        // 10 bits: neutral 512, tolerance 8 counts.
        assert!(!luma_of("yuv444p10le", &[1, 2, 8, 2, 248, 1], 1, 1).colour);
        assert!(luma_of("yuv444p10le", &[1, 2, 9, 2, 0, 2], 1, 1).colour);
    }

    #[test]
    fn packed_yuv_palette_and_wide_gray() {
        let got = luma_of("uyvy422", &[128, 1, 128, 2, 128, 3, 128, 0], 3, 1);
        assert_eq!([0, 1, 2].map(|x| got.pixels.at(0, x)), [1, 2, 3]);
        assert!(!got.colour);
        assert!(luma_of("yuyv422", &[1, 0, 2, 128], 2, 1).colour);
        let mut bytes = vec![3, 200];
        for i in 0..256u32 {
            let v = 255 - i;
            bytes.extend((0xff00_0000 | v << 16 | v << 8 | v).to_ne_bytes());
        }
        let got = luma_of("pal8", &bytes, 2, 1);
        assert_eq!(
            (got.pixels.at(0, 0), got.pixels.at(0, 1), got.colour),
            (252, 55, false)
        );
        let got = luma_of("gray12le", &[0x34, 0x02, 0xff, 0x0f], 2, 1);
        assert_eq!((got.pixels.at(0, 0), got.pixels.at(0, 1)), (0x234, 0xfff));
        assert_eq!(
            luma_of("gray16be", &[0x12, 0x34], 1, 1).pixels.at(0, 0),
            0x1234
        );
        assert_eq!(luma_of("ya8", &[5, 255, 6, 0], 2, 1).pixels.at(0, 1), 6);
    }

    #[test]
    fn short_data_gives_none() {
        let layout = Layout::of("yuv420p").unwrap();
        let planes = layout.planes(4, 4);
        let rows = Packed {
            bytes: &[0; 17],
            planes: &planes,
        };
        assert!(layout.luma(&rows, 4, 4, true).is_none());
        assert!(layout.luma(&rows, 4, 4, false).is_some());
        assert!(layout.luma(&rows, 5, 4, false).is_none());
    }
}
