//! How decoded pictures lie in memory, by FFmpeg's names of pixel formats, so that the linked reader and the reader
//! through the program share one table.

/// How the samples of one picture lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(super) kind: Kind,
    /// Bits per sample that carry information.
    pub(crate) bits: u8,
    pub(super) big_endian: bool,
    /// The name itself says that luma runs over the full range.
    full_by_name: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) enum Chroma {
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

impl Kind {
    /// Formats whose name stands for 8 bits.
    fn of_8_bits(name: &str) -> Option<Kind> {
        let packed = |step, at| Kind::RgbPacked { step, at };
        Some(match name {
            "rgb24" => packed(3, [0, 1, 2]),
            "bgr24" => packed(3, [2, 1, 0]),
            "rgba" | "rgb0" => packed(4, [0, 1, 2]),
            "bgra" | "bgr0" => packed(4, [2, 1, 0]),
            "argb" | "0rgb" => packed(4, [1, 2, 3]),
            "abgr" | "0bgr" => packed(4, [3, 2, 1]),
            "pal8" => Kind::Palette,
            _ => return None,
        })
    }

    /// Formats of any depth, by their name without it.
    fn of_family(family: &str) -> Option<Kind> {
        let packed = |step, at| Kind::RgbPacked { step, at };
        let luma = |step, at, chroma| Kind::Luma { step, at, chroma };
        let pairs = |shift_x, shift_y| luma(1, 0, Chroma::Pairs { shift_x, shift_y });
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
        Some(match family {
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
            "nv12" | "nv21" => pairs(1, 1),
            "nv16" => pairs(1, 0),
            "yuyv422" | "yvyu422" => luma(2, 0, Chroma::Between),
            "uyvy422" => luma(2, 1, Chroma::Between),
            "rgb48" => packed(3, [0, 1, 2]),
            "bgr48" => packed(3, [2, 1, 0]),
            "rgba64" => packed(4, [0, 1, 2]),
            "gbrp" => Kind::RgbPlanar { alpha: false },
            "gbrap" => Kind::RgbPlanar { alpha: true },
            _ => return None,
        })
    }
}

impl Layout {
    /// The layout of FFmpeg's pixel format of that name; `None` for formats that are not read.
    pub(crate) fn of(name: &str) -> Option<Layout> {
        if let Some(kind) = Kind::of_8_bits(name) {
            return Some(Layout {
                kind,
                bits: 8,
                big_endian: false,
                full_by_name: true,
            });
        }
        let (family, bits, big_endian) = split_depth(name)?;
        Some(Layout {
            kind: Kind::of_family(family)?,
            bits,
            big_endian,
            full_by_name: family.starts_with("yuvj")
                || !["yu", "yv", "uy", "nv"]
                    .iter()
                    .any(|yuv| family.starts_with(yuv)),
        })
    }

    pub(super) fn sample_bytes(self) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
