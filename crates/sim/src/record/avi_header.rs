//! The head of an AVI file: everything before its first frame.
//!
//! After Microsoft's AVI RIFF file reference, and for files of several parts the OpenDML AVI file format extensions 1.02
//! (1996). The head has the same length whatever numbers are in it, so that it can be written first and filled in last.

use super::fraction::fraction;

/// Flags of the file: has an index (AVIF_HASINDEX).
const HAS_INDEX: u32 = 0x10;

/// How the pictures lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JPEG.
    Jpeg,
    /// Windows bitmap of 8 bits with a grey palette.
    Bitmap8,
    /// 16-bit grey, rows from the top.
    Grey16,
}

impl Kind {
    fn handler(self) -> &'static [u8; 4] {
        match self {
            Self::Jpeg => b"MJPG",
            Self::Bitmap8 => b"DIB ",
            Self::Grey16 => b"Y16 ",
        }
    }

    /// Name of a frame's chunk: compressed or a bitmap.
    pub(crate) fn chunk_id(self) -> &'static [u8; 4] {
        match self {
            Self::Jpeg => b"00dc",
            Self::Bitmap8 | Self::Grey16 => b"00db",
        }
    }
}

/// One part of a file of several, as the index of indexes lists it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartIndex {
    /// Offset of the chunk of the part's index.
    pub(crate) at: u64,
    /// Its length with its head, bytes.
    pub(crate) bytes: u32,
    /// Frames of the part.
    pub(crate) frames: u32,
}

/// What the head says.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) interval_s: f64,
    /// Places in time, dropped ones included.
    pub(crate) frames: u32,
    /// Those of the first part.
    pub(crate) frames_first: u32,
    /// Bytes of the largest frame.
    pub(crate) largest: u32,
    /// Length of the first RIFF chunk and of its list of frames, without their heads, bytes.
    pub(crate) riff_bytes: u32,
    pub(crate) movi_bytes: u32,
    /// Room for so many parts; `None` for a file that is sure to have one part only.
    pub(crate) room: Option<usize>,
    pub(crate) parts: Vec<PartIndex>,
}

impl Head {
    /// All bytes up to the first frame. The last four are the name of the list of frames.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut stream = b"strl".to_vec();
        chunk(&mut stream, b"strh", &self.stream_header());
        chunk(&mut stream, b"strf", &self.picture_format());
        if let Some(room) = self.room {
            chunk(&mut stream, b"indx", &self.index_of_parts(room));
        }
        let mut headers = b"hdrl".to_vec();
        chunk(&mut headers, b"avih", &self.file_header());
        chunk(&mut headers, b"LIST", &stream);
        if self.room.is_some() {
            let mut total = self.frames.to_le_bytes().to_vec();
            // The book wants 248 bytes, of which only the first four are used.
            total.resize(248, 0);
            let mut extended = b"odml".to_vec();
            chunk(&mut extended, b"dmlh", &total);
            chunk(&mut headers, b"LIST", &extended);
        }
        let mut out = b"RIFF".to_vec();
        words(&mut out, &[self.riff_bytes]);
        out.extend_from_slice(b"AVI ");
        chunk(&mut out, b"LIST", &headers);
        out.extend_from_slice(b"LIST");
        words(&mut out, &[self.movi_bytes]);
        out.extend_from_slice(b"movi");
        out
    }

    /// `MainAVIHeader`.
    fn file_header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let microseconds = (self.interval_s * 1e6).round() as u32;
        let per_second = (f64::from(self.largest) / self.interval_s).ceil() as u32;
        words(&mut out, &[microseconds, per_second, 0, HAS_INDEX]);
        words(&mut out, &[self.frames_first, 0, 1, self.largest]);
        words(&mut out, &[self.width, self.height, 0, 0, 0, 0]);
        out
    }

    /// `AVIStreamHeader`: frames per second as rate / scale.
    fn stream_header(&self) -> Vec<u8> {
        let mut out = b"vids".to_vec();
        out.extend_from_slice(self.kind.handler());
        let (rate, scale) = fraction(1.0 / self.interval_s);
        words(&mut out, &[0, 0, 0, scale, rate, 0]);
        words(&mut out, &[self.frames, self.largest, u32::MAX, 0]);
        for side in [0, 0, self.width, self.height] {
            out.extend_from_slice(&(side as u16).to_le_bytes());
        }
        out
    }

    /// `BITMAPINFOHEADER`, with a palette of greys for bitmaps of 8 bits.
    fn picture_format(&self) -> Vec<u8> {
        let (bits, compression, bytes, colours) = match self.kind {
            Kind::Jpeg => (
                24_u16,
                b"MJPG",
                self.width.saturating_mul(self.height).saturating_mul(3),
                0,
            ),
            Kind::Bitmap8 => (8, b"\0\0\0\0", self.largest, 256),
            Kind::Grey16 => (16, b"Y16 ", self.largest, 0),
        };
        let mut out = Vec::new();
        words(&mut out, &[40, self.width, self.height]);
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&bits.to_le_bytes());
        out.extend_from_slice(compression);
        words(&mut out, &[bytes, 0, 0, colours, 0]);
        if self.kind == Kind::Bitmap8 {
            out.extend((0..=255).flat_map(|grey| [grey, grey, grey, 0]));
        }
        out
    }

    /// `AVISUPERINDEX`: where the index of each part lies.
    fn index_of_parts(&self, room: usize) -> Vec<u8> {
        let mut out = 4_u16.to_le_bytes().to_vec();
        out.extend_from_slice(&[0, 0]);
        words(&mut out, &[self.parts.len() as u32]);
        out.extend_from_slice(self.kind.chunk_id());
        words(&mut out, &[0, 0, 0]);
        for part in &self.parts {
            out.extend_from_slice(&part.at.to_le_bytes());
            words(&mut out, &[part.bytes, part.frames]);
        }
        out.resize(24 + 16 * room, 0);
        out
    }
}

/// Appends numbers, least significant byte first.
pub(crate) fn words(out: &mut Vec<u8>, values: &[u32]) {
    for v in values {
        out.extend_from_slice(&v.to_le_bytes());
    }
}

/// Appends a RIFF chunk: name, length, content, padded to an even length.
pub(crate) fn chunk(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    out.extend_from_slice(name);
    words(out, &[content.len() as u32]);
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}
