//! From a decoded picture, as FFmpeg lays it out, to counts.
//!
//! Pixel formats go by FFmpeg's names, so that the linked reader and the reader through the program share one table
//! and one conversion and give the same counts. Luma is taken as it is, never stretched. Colour becomes luma with
//! the weights of ITU-R BT.601 (0.299, 0.587, 0.114), rounded; equal channels give exactly that count.

use ndarray::Array2;
use nta_core::Pixels;

/// How the samples of one picture lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    kind: Kind,
    /// Bits per sample that carry information.
    pub(crate) bits: u8,
    big_endian: bool,
    /// The name itself says that luma runs over the full range.
    full_by_name: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One luma sample every `step` samples, the first at sample `at`.
    Luma {
        step: usize,
        at: usize,
        chroma: Chroma,
    },
    /// Red, green and blue at these samples of every `step` samples.
    RgbPacked { step: usize, at: [usize; 3] },
    /// Planes in the order green, blue, red, and alpha if there is one.
    RgbPlanar { alpha: bool },
    /// Indices into 256 colours.
    Palette,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chroma {
    None,
    /// Two planes, each smaller by these powers of two; a fourth plane if there is alpha.
    Planar {
        shift_x: u8,
        shift_y: u8,
        alpha: bool,
    },
    /// One plane of pairs, smaller by these powers of two.
    Pairs {
        shift_x: u8,
        shift_y: u8,
    },
    /// Every second sample of the same plane.
    Between,
}

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
    /// The layout of FFmpeg's pixel format of that name; `None` for formats that are not read.
    pub(crate) fn of(name: &str) -> Option<Layout> {
        let packed_rgb = |step, at| Layout {
            kind: Kind::RgbPacked { step, at },
            bits: 8,
            big_endian: false,
            full_by_name: true,
        };
        match name {
            "rgb24" => return Some(packed_rgb(3, [0, 1, 2])),
            "bgr24" => return Some(packed_rgb(3, [2, 1, 0])),
            "rgba" | "rgb0" => return Some(packed_rgb(4, [0, 1, 2])),
            "bgra" | "bgr0" => return Some(packed_rgb(4, [2, 1, 0])),
            "argb" | "0rgb" => return Some(packed_rgb(4, [1, 2, 3])),
            "abgr" | "0bgr" => return Some(packed_rgb(4, [3, 2, 1])),
            "pal8" => {
                return Some(Layout {
                    kind: Kind::Palette,
                    ..packed_rgb(1, [0, 0, 0])
                });
            }
            _ => {}
        }
        let (family, bits, big_endian) = split_depth(name)?;
        let luma = |step, at, chroma| Kind::Luma { step, at, chroma };
        let planar = |shift_x, shift_y, alpha| {
            luma(
                1,
                0,
                Chroma::Planar {
                    shift_x,
                    shift_y,
                    alpha,
                },
            )
        };
        let kind = match family {
            "gray" => luma(1, 0, Chroma::None),
            "ya" => luma(2, 0, Chroma::None),
            "yuv420p" | "yuvj420p" => planar(1, 1, false),
            "yuv422p" | "yuvj422p" => planar(1, 0, false),
            "yuv444p" | "yuvj444p" => planar(0, 0, false),
            "yuv440p" | "yuvj440p" => planar(0, 1, false),
            "yuv411p" | "yuvj411p" => planar(2, 0, false),
            "yuv410p" => planar(2, 2, false),
            "yuva420p" => planar(1, 1, true),
            "yuva422p" => planar(1, 0, true),
            "yuva444p" => planar(0, 0, true),
            "nv12" | "nv21" => luma(
                1,
                0,
                Chroma::Pairs {
                    shift_x: 1,
                    shift_y: 1,
                },
            ),
            "nv16" => luma(
                1,
                0,
                Chroma::Pairs {
                    shift_x: 1,
                    shift_y: 0,
                },
            ),
            "yuyv422" | "yvyu422" => luma(2, 0, Chroma::Between),
            "uyvy422" => luma(2, 1, Chroma::Between),
            "rgb48" => Kind::RgbPacked {
                step: 3,
                at: [0, 1, 2],
            },
            "bgr48" => Kind::RgbPacked {
                step: 3,
                at: [2, 1, 0],
            },
            "rgba64" => Kind::RgbPacked {
                step: 4,
                at: [0, 1, 2],
            },
            "gbrp" => Kind::RgbPlanar { alpha: false },
            "gbrap" => Kind::RgbPlanar { alpha: true },
            _ => return None,
        };
        Some(Layout {
            kind,
            bits,
            big_endian,
            full_by_name: family.starts_with("yuvj")
                || !["yu", "yv", "uy", "nv"]
                    .iter()
                    .any(|yuv| family.starts_with(yuv)),
        })
    }

    fn sample_bytes(self) -> usize {
        if self.bits > 8 { 2 } else { 1 }
    }

    /// Largest count: all bits set, or white of limited range (235 for 8 bits) if `limited`.
    pub(crate) fn ceiling_counts(self, limited: bool) -> u16 {
        let bits = self.bits.clamp(8, 16);
        if limited {
            235 << (bits - 8)
        } else {
            u16::MAX >> (16 - bits)
        }
    }

    /// Whether luma is limited to 16..235: what the stream states, else the convention: full for gray and for names
    /// with `j`, limited for the rest of the YUV family.
    pub(crate) fn is_limited(self, stated: Option<Range>) -> bool {
        let luma = matches!(self.kind, Kind::Luma { .. });
        match stated {
            Some(Range::Limited) => luma,
            Some(Range::Full) => false,
            None => luma && !self.full_by_name,
        }
    }

    /// Planes of one picture without any padding: (bytes in a row, rows), in FFmpeg's order.
    pub(crate) fn planes(self, width: usize, height: usize) -> Vec<(usize, usize)> {
        let bytes = self.sample_bytes();
        let down = |n: usize, shift: u8| n.div_ceil(1 << shift);
        let first = |step: usize| (width * step * bytes, height);
        match self.kind {
            Kind::RgbPacked { step, .. } => vec![first(step)],
            Kind::RgbPlanar { alpha } => vec![first(1); if alpha { 4 } else { 3 }],
            Kind::Palette => vec![first(1), (1024, 1)],
            Kind::Luma { step, chroma, .. } => match chroma {
                Chroma::None => vec![first(step)],
                // Pairs of pixels share their chroma, so that an odd width is rounded up.
                Chroma::Between => vec![(width.div_ceil(2) * 4, height)],
                Chroma::Planar {
                    shift_x,
                    shift_y,
                    alpha,
                } => {
                    let small = (down(width, shift_x) * bytes, down(height, shift_y));
                    let mut planes = vec![first(1), small, small];
                    if alpha {
                        planes.push(first(1));
                    }
                    planes
                }
                Chroma::Pairs { shift_x, shift_y } => {
                    vec![
                        first(1),
                        (down(width, shift_x) * 2 * bytes, down(height, shift_y)),
                    ]
                }
            },
        }
    }

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

/// Range of luma as a stream states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// Black 16, white 235 (for 8 bits).
    Limited,
    /// 0 to 255 (for 8 bits).
    Full,
}

/// `yuv420p10le` -> (`yuv420p`, 10, false). Names without a depth have 8 bits.
fn split_depth(name: &str) -> Option<(&str, u8, bool)> {
    let (stem, big_endian, wide) = match (name.strip_suffix("le"), name.strip_suffix("be")) {
        (Some(stem), _) => (stem, false, true),
        (_, Some(stem)) => (stem, true, true),
        _ => (name, false, false),
    };
    if !wide {
        // `ya8` is the one name that states 8 bits.
        return Some((if name == "ya8" { "ya" } else { name }, 8, false));
    }
    // In `rgb48` and `rgba64` the number counts all channels.
    if matches!(stem, "rgb48" | "bgr48" | "rgba64") {
        return Some((stem, 16, big_endian));
    }
    let family = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let bits: u8 = stem[family.len()..].parse().ok()?;
    (9..=16)
        .contains(&bits)
        .then_some((family, bits, big_endian))
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
    fn names_give_depth_range_and_size() {
        let l = Layout::of("yuv420p10le").unwrap();
        assert_eq!(
            (l.bits, l.ceiling_counts(true), l.ceiling_counts(false)),
            (10, 940, 1023)
        );
        assert_eq!(l.planes(5, 3), vec![(10, 3), (6, 2), (6, 2)]);
        assert!(l.is_limited(None) && !l.is_limited(Some(Range::Full)));
        assert!(!Layout::of("yuvj422p").unwrap().is_limited(None));
        assert!(!Layout::of("gray").unwrap().is_limited(None));
        assert!(!Layout::of("ya8").unwrap().is_limited(None));
        assert!(Layout::of("gray").unwrap().is_limited(Some(Range::Limited)));
        assert!(Layout::of("nv12").unwrap().is_limited(None));
        assert!(!Layout::of("gbrp").unwrap().is_limited(Some(Range::Limited)));
        assert_eq!(Layout::of("gray16be").unwrap().ceiling_counts(false), 65535);
        for bad in [
            "rgb555le",
            "monow",
            "",
            "p010le",
            "gray7le",
            "yuv420p99le",
            "le",
            "vaapi",
        ] {
            assert_eq!(Layout::of(bad), None, "{bad}");
        }
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
