//! A writer of AVI files, with all the ways in which they can be odd.

/// How the index is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Index {
    /// None: the reader has to walk.
    None,
    /// `idx1` with offsets from the list's name.
    Old,
    /// `idx1` with offsets from the beginning of the file.
    OldAbsolute,
    /// OpenDML: two RIFF parts, `indx` and `ix00`.
    OpenDml,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Avi {
    pub width: i32,
    pub height: i32,
    pub bits: u16,
    pub compression: [u8; 4],
    pub handler: [u8; 4],
    pub palette: Vec<[u8; 4]>,
    pub rate: (u32, u32),
    pub declared: Option<u32>,
    pub frames: Vec<Vec<u8>>,
    pub index: Index,
}

impl Avi {
    pub fn new(width: i32, height: i32, bits: u16, compression: &[u8; 4]) -> Self {
        Self {
            width,
            height,
            bits,
            compression: *compression,
            handler: [0; 4],
            palette: Vec::new(),
            rate: (30_000, 1001),
            declared: None,
            frames: Vec::new(),
            index: Index::Old,
        }
    }

    fn stream_format(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(40u32.to_le_bytes());
        out.extend(self.width.to_le_bytes());
        out.extend(self.height.to_le_bytes());
        out.extend(1u16.to_le_bytes());
        out.extend(self.bits.to_le_bytes());
        out.extend(self.compression);
        out.extend([0; 12]);
        out.extend((self.palette.len() as u32).to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.palette.iter().flatten());
        out
    }

    fn headers(&self, super_index: Option<&[u8]>) -> Vec<u8> {
        let declared = self.declared.unwrap_or(self.frames.len() as u32);
        let mut main = vec![0; 56];
        main[0..4].copy_from_slice(&50_000u32.to_le_bytes());
        main[16..20].copy_from_slice(&declared.to_le_bytes());
        let mut stream = vec![0; 56];
        stream[0..4].copy_from_slice(b"vids");
        stream[4..8].copy_from_slice(&self.handler);
        stream[20..24].copy_from_slice(&self.rate.1.to_le_bytes());
        stream[24..28].copy_from_slice(&self.rate.0.to_le_bytes());
        stream[32..36].copy_from_slice(&declared.to_le_bytes());
        let mut list = [
            chunk(b"strh", &stream),
            chunk(b"strf", &self.stream_format()),
        ]
        .concat();
        if let Some(index) = super_index {
            list.extend(chunk(b"indx", index));
        }
        let audio = {
            let mut audio = vec![0; 56];
            audio[0..4].copy_from_slice(b"auds");
            named(b"LIST", b"strl", &chunk(b"strh", &audio))
        };
        let video = named(b"LIST", b"strl", &list);
        named(
            b"LIST",
            b"hdrl",
            &[chunk(b"avih", &main), video, audio].concat(),
        )
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        match self.index {
            Index::OpenDml => self.open_dml(),
            _ => self.simple(),
        }
    }

    fn simple(&self) -> Vec<u8> {
        let mut out = self.headers(None);
        out.extend(chunk(b"JUNK", &[1, 2, 3]));
        // 12 bytes of the file, then 8 and the name of this list.
        let name_at = 12 + out.len() + 8;
        let mut movi = Vec::new();
        let mut index = Vec::new();
        for (n, frame) in self.frames.iter().enumerate() {
            if n == 1 {
                movi.extend(chunk(b"01wb", &[9; 5]));
            }
            let base = if self.index == Index::OldAbsolute {
                name_at
            } else {
                0
            };
            let offset = base + 4 + movi.len();
            index.extend(b"00db\x10\0\0\0");
            index.extend((offset as u32).to_le_bytes());
            index.extend((frame.len() as u32).to_le_bytes());
            movi.extend(chunk(b"00db", frame));
        }
        out.extend(named(b"LIST", b"movi", &movi));
        if self.index != Index::None {
            out.extend(chunk(b"idx1", &index));
        }
        out.extend(named(b"LIST", b"INFO", &chunk(b"ISFT", b"writer 1.0\0")));
        named(b"RIFF", b"AVI ", &out)
    }

    /// Two parts of the file with an index each, and one above them.
    fn open_dml(&self) -> Vec<u8> {
        let header_len = 12 + self.headers(Some(&super_index(&[(0, 0), (0, 0)]))).len() as u64;
        let half = self.frames.len().div_ceil(2);
        let mut places = Vec::new();
        let mut parts = Vec::new();
        let mut list_at = header_len;
        for frames in [&self.frames[..half], &self.frames[half..]] {
            let (mut movi, mut entries) = (Vec::new(), Vec::new());
            for frame in frames {
                entries.extend((movi.len() as u32 + 8).to_le_bytes());
                entries.extend((frame.len() as u32 | 0x8000_0000).to_le_bytes());
                movi.extend(chunk(b"00dc", frame));
            }
            let base = list_at + 12;
            let mut index = Vec::new();
            index.extend([2, 0, 0, 1]);
            index.extend((frames.len() as u32).to_le_bytes());
            index.extend(b"00dc");
            index.extend(base.to_le_bytes());
            index.extend([0; 4]);
            index.extend(entries);
            let index = chunk(b"ix00", &index);
            places.push((base + movi.len() as u64, index.len() as u32));
            let list = named(b"LIST", b"movi", &[movi, index].concat());
            list_at += list.len() as u64 + 12;
            parts.push(list);
        }
        let first = [self.headers(Some(&super_index(&places))), parts[0].clone()].concat();
        [
            named(b"RIFF", b"AVI ", &first),
            named(b"RIFF", b"AVIX", &parts[1]),
        ]
        .concat()
    }
}

fn super_index(places: &[(u64, u32)]) -> Vec<u8> {
    let mut out = vec![4, 0, 0, 0];
    out.extend((places.len() as u32).to_le_bytes());
    out.extend(b"00dc");
    out.extend([0; 12]);
    for (at, len) in places {
        out.extend(at.to_le_bytes());
        out.extend(len.to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

fn named(id: &[u8; 4], name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(id, &[name, body].concat())
}
