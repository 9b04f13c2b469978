//! A writer of TIFF files, with all the ways in which they can be odd.

/// One page: its tags, and its pixels as they lie in the file.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub width: u32,
    pub height: u32,
    pub bits: u16,
    pub samples: u16,
    pub photometric: u16,
    pub compression: u16,
    pub predictor: u16,
    pub description: Option<String>,
    /// Whole numbers besides, as (tag, values).
    pub extra: Vec<(u16, Vec<u32>)>,
    /// Fractions besides.
    pub fractions: Vec<(u16, u32, u32)>,
    /// Texts besides.
    pub texts: Vec<(u16, String)>,
    /// Strips of so many rows, or tiles of this size.
    pub rows_per_strip: u32,
    pub tile: Option<(u32, u32)>,
    /// Strips or tiles as they lie in the file.
    pub blocks: Vec<Vec<u8>>,
}

impl Page {
    pub fn grey(width: u32, height: u32, bits: u16, bytes: Vec<u8>) -> Self {
        Self {
            width,
            height,
            bits,
            samples: 1,
            photometric: 1,
            compression: 1,
            predictor: 1,
            rows_per_strip: height,
            blocks: vec![bytes],
            ..Self::default()
        }
    }
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub big_endian: bool,
    pub big_tiff: bool,
}

/// Little-endian, 32 bits.
pub const PLAIN: Style = Style {
    big_endian: false,
    big_tiff: false,
};

struct Out {
    style: Style,
    bytes: Vec<u8>,
}

impl Out {
    fn put(&mut self, value: u64, width: usize) {
        let le = value.to_le_bytes();
        let mut part = le[..width].to_vec();
        if self.style.big_endian {
            part.reverse();
        }
        self.bytes.extend(part);
    }

    fn place(&self) -> usize {
        if self.style.big_tiff { 8 } else { 4 }
    }
}

/// A file of these pages. Returns the bytes.
pub fn file(style: Style, pages: &[Page]) -> Vec<u8> {
    let mut out = Out {
        style,
        bytes: if style.big_endian {
            b"MM".to_vec()
        } else {
            b"II".to_vec()
        },
    };
    if style.big_tiff {
        out.put(43, 2);
        out.put(8, 2);
        out.put(0, 2);
    } else {
        out.put(42, 2);
    }
    let mut link = out.bytes.len();
    out.put(0, out.place());
    for page in pages {
        let places: Vec<u64> = page
            .blocks
            .iter()
            .map(|b| {
                let at = out.bytes.len() as u64;
                out.bytes.extend(b);
                at
            })
            .collect();
        let lengths = page.blocks.iter().map(|b| b.len() as u64).collect();
        link = directory(&mut out, &tags_of(page, places, lengths), link);
    }
    out.bytes
}

type Tag = (u16, u16, Vec<u64>);

fn tags_of(page: &Page, places: Vec<u64>, lengths: Vec<u64>) -> Vec<Tag> {
    let one = |v: u32| vec![u64::from(v)];
    let mut tags: Vec<Tag> = vec![
        (256, 4, one(page.width)),
        (257, 4, one(page.height)),
        (258, 3, vec![page.bits.into(); page.samples.into()]),
        (259, 3, one(page.compression.into())),
        (262, 3, one(page.photometric.into())),
        (277, 3, one(page.samples.into())),
        (317, 3, one(page.predictor.into())),
    ];
    if let Some((w, h)) = page.tile {
        tags.push((322, 4, one(w)));
        tags.push((323, 4, one(h)));
        tags.push((324, 4, places));
        tags.push((325, 4, lengths));
    } else {
        tags.push((273, 4, places));
        tags.push((278, 4, one(page.rows_per_strip)));
        tags.push((279, 4, lengths));
    }
    for (tag, values) in &page.extra {
        let values = values.iter().map(|&v| v.into()).collect();
        tags.push((*tag, 3, values));
    }
    for &(tag, over, under) in &page.fractions {
        tags.push((tag, 5, vec![over.into(), under.into()]));
    }
    let description = page.description.iter().map(|t| (270, t.clone()));
    for (tag, text) in description.chain(page.texts.iter().cloned()) {
        let bytes = text.bytes().chain([0]).map(u64::from).collect();
        tags.push((tag, 2, bytes));
    }
    tags.sort_by_key(|t| t.0);
    tags
}

/// Writes the tags and their values, enters the place into the link before it, and returns where the next link is.
fn directory(out: &mut Out, tags: &[Tag], link: usize) -> usize {
    let widths: Vec<usize> = tags
        .iter()
        .map(|t| match t.1 {
            2 => 1,
            3 => 2,
            _ => 4,
        })
        .collect();
    // Values that do not fit into their entry come first.
    let mut values_at = Vec::new();
    for (tag, width) in tags.iter().zip(&widths) {
        values_at.push(out.bytes.len() as u64);
        if tag.2.len() * width > out.place() {
            for &v in &tag.2 {
                out.put(v, *width);
            }
        }
    }
    let at = out.bytes.len() as u64;
    let mut patch = Out {
        style: out.style,
        bytes: Vec::new(),
    };
    patch.put(at, out.place());
    out.bytes[link..link + patch.bytes.len()].copy_from_slice(&patch.bytes);
    out.put(tags.len() as u64, if out.style.big_tiff { 8 } else { 2 });
    for (n, (tag, kind, values)) in tags.iter().enumerate() {
        out.put((*tag).into(), 2);
        out.put((*kind).into(), 2);
        // A fraction is one value of two numbers.
        let count = if *kind == 5 {
            values.len() / 2
        } else {
            values.len()
        };
        out.put(count as u64, out.place());
        let length = values.len() * widths[n];
        if length > out.place() {
            out.put(values_at[n], out.place());
        } else {
            for &v in values {
                out.put(v, widths[n]);
            }
            out.put(0, out.place() - length);
        }
    }
    let link = out.bytes.len();
    out.put(0, out.place());
    link
}

/// Samples of 16 bits as bytes.
pub fn bytes16(values: &[u16], big_endian: bool) -> Vec<u8> {
    values
        .iter()
        .flat_map(|v| {
            if big_endian {
                v.to_be_bytes()
            } else {
                v.to_le_bytes()
            }
        })
        .collect()
}

/// Rows of samples packed without gaps within the row, most significant bit first.
pub fn packed(values: &[u16], width: usize, bits: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for row in values.chunks(width) {
        let mut line = vec![0u8; (row.len() * bits as usize).div_ceil(8)];
        for (i, v) in row.iter().enumerate() {
            for b in 0..bits {
                let at = i * bits as usize + b as usize;
                let bit = (v >> (bits - 1 - b)) & 1;
                line[at / 8] |= (bit as u8) << (7 - at % 8);
            }
        }
        out.extend(line);
    }
    out
}
