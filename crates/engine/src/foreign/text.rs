//! Bytes of a file become text.

use super::ForeignError;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The longest text that is read, bytes. A packed file of some kilobytes can hold more than the memory does.
const LIMIT_BYTES: u64 = 2 << 30;

/// Windows-1252 for the bytes 0x80 to 0x9f; the five that it leaves open are read as in ISO-8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file, unpacked if it is compressed with gzip, without a byte order mark.
pub(crate) fn of_file(path: &Path, name: &str) -> Result<String, ForeignError> {
    let bytes = up_to(open(path, name)?, LIMIT_BYTES).map_err(|e| unreadable(name, &e))?;
    let bytes = bytes.ok_or_else(|| ForeignError::TooLarge {
        path: name.to_owned(),
        limit_bytes: LIMIT_BYTES,
    })?;
    Ok(decode(bytes))
}

/// The text of the first bytes of a file, as far as it has them; its last character may be broken.
pub(crate) fn start_of_file(
    path: &Path,
    name: &str,
    length: usize,
) -> Result<String, ForeignError> {
    let mut bytes = Vec::with_capacity(length);
    let packed = open(path, name)?;
    let mut start = packed.take(length as u64);
    let read = start.read_to_end(&mut bytes);
    read.map_err(|e| unreadable(name, &e))?;
    Ok(decode(bytes))
}

fn unreadable(name: &str, error: &std::io::Error) -> ForeignError {
    ForeignError::Unreadable {
        path: name.to_owned(),
        reason: plain_words(error),
    }
}

/// A file that is unpacked as it is read, if it is compressed with gzip.
fn open(path: &Path, name: &str) -> Result<Box<dyn Read>, ForeignError> {
    let unreadable = |e: std::io::Error| unreadable(name, &e);
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(ForeignError::Unreadable {
            path: name.to_owned(),
            reason: "it is not a file".into(),
        });
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut magic = Vec::new();
    Read::by_ref(&mut file)
        .take(2)
        .read_to_end(&mut magic)
        .map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(if magic == [0x1f, 0x8b] {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

/// All that a source has; `None` if that is more than `limit_bytes`.
fn up_to(source: impl Read, limit_bytes: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit_bytes).then_some(bytes))
}

/// UTF-16 where a byte order mark says so, UTF-8 where it is valid, else Windows-1252, of which ISO-8859-1 is a part as
/// far as text goes.
pub(crate) fn decode(bytes: Vec<u8>) -> String {
    if let Some(text) = utf_16(&bytes) {
        return text;
    }
    let mut text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let bytes = error.into_bytes();
        bytes
            .iter()
            .map(|&b| match b {
                0x80..=0x9f => WINDOWS_1252[usize::from(b - 0x80)],
                _ => char::from(b),
            })
            .collect()
    });
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    } else if text.starts_with("ï»¿") {
        // A byte order mark of UTF-8 before text that is not: some program has put the two together.
        text.drain(.."ï»¿".len());
    }
    text
}

/// The text of bytes that begin with a byte order mark of UTF-16.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let pairs = bytes[2..].chunks_exact(2);
    let units: Vec<u16> = pairs.map(|p| unit([p[0], p[1]])).collect();
    Some(String::from_utf16_lossy(&units))
}

/// The first characters of a text, about `length` bytes.
pub(crate) fn beginning(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A text for a message: not too long, and printable.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    let printable = |c: char| if c.is_control() { '?' } else { c };
    if text.chars().nth(60).is_none() && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let start: String = text.chars().take(57).map(printable).collect();
    Cow::Owned(start + "...")
}

fn plain_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "you have no permission to read it".into(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            "it is a gzip file that is damaged or incomplete; copy or pack it again".into()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn every_encoding_gives_the_same_text() {
        assert_eq!(decode("\u{feff}5 µm".into()), "5 µm");
        assert_eq!(decode("5 µm".into()), "5 µm");
        assert_eq!(decode(b"5 \xb5m".to_vec()), "5 µm");
        assert_eq!(decode(b"5 \x80".to_vec()), "5 €");
        assert_eq!(decode(b"\xff\xfe5\0 \0\xb5\0m\0".to_vec()), "5 µm");
        assert_eq!(decode(b"\xfe\xff\x005\x00 \x00\xb5\x00m".to_vec()), "5 µm");
        assert_eq!(decode(b"\xef\xbb\xbf5 \xb5m".to_vec()), "5 µm");
        for b in 0..=255 {
            assert_eq!(decode(vec![b]).chars().count(), 1);
        }
    }

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_refused() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&[b'x'; 100_000]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(packed.len() < 1000);
        let unpacked = |limit| up_to(MultiGzDecoder::new(packed.as_slice()), limit).unwrap();
        assert_eq!(unpacked(100_000).map(|b| b.len()), Some(100_000));
        assert_eq!(unpacked(99_999), None);
    }

    #[test]
    fn messages_stay_short_and_printable() {
        assert_eq!(shortened("frame,x"), "frame,x");
        assert_eq!(shortened("a\u{7}b"), "a?b...");
        assert_eq!(shortened(&"µ".repeat(5000)).chars().count(), 60);
        assert_eq!(beginning("aµ", 2), "a");
    }
}
