//! A film as an AVI file of JPEG pictures (MJPEG) with an index.
//!
//! Layout after Microsoft's AVI RIFF file reference: `RIFF AVI { LIST hdrl { avih, LIST strl { strh, strf } },
//! LIST movi { 00dc ... }, idx1 }`. One RIFF chunk, so at most 1 GB. A dropped frame is written as a chunk of zero bytes,
//! which is how AVI says "nothing new here".

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use nta_core::{FrameSource, Pixels, SourceError};

/// Largest file that is written, bytes.
const MOST_BYTES: usize = 1 << 30;

/// Flags of the file: has an index (AVIF_HASINDEX). Flag of a picture in the index: stands alone (AVIIF_KEYFRAME).
const HAS_INDEX: u32 = 0x10;
const KEY_FRAME: u32 = 0x10;

/// Why a film could not be written as AVI.
#[derive(Debug, thiserror::Error)]
pub enum AviError {
    /// The film cannot be read.
    #[error("the film cannot be read: {0}")]
    Source(#[from] SourceError),
    /// A frame cannot be decoded.
    #[error(transparent)]
    Frame(#[from] nta_core::FrameError),
    /// JPEG takes 8 bits only.
    #[error(
        "frame {frame} has more than 8 bits per pixel, but JPEG holds 8; set camera.bit_depth to 8"
    )]
    TooDeep {
        /// Place in time.
        frame: u32,
    },
    /// The encoder refused.
    #[error("frame {frame} cannot be written as JPEG: {reason}")]
    Encode {
        /// Place in time.
        frame: u32,
        /// Why.
        reason: String,
    },
    /// The file would be too large.
    #[error("the film takes more than {limit} bytes as AVI; write fewer frames")]
    TooLarge {
        /// Largest size, bytes.
        limit: usize,
    },
}

/// The bytes of an AVI file with the whole film, each picture as grey JPEG. `quality` is 1 to 100.
pub fn encode_mjpeg(film: &mut dyn FrameSource, quality: u8) -> Result<Vec<u8>, AviError> {
    film.rewind()?;
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    while let Some(packet) = film.next_packet()? {
        let frame = packet.index.0;
        let jpeg = match film.decode(packet)? {
            Pixels::U8(pixels) => encode_jpeg(&pixels, quality)
                .map_err(|reason| AviError::Encode { frame, reason })?,
            Pixels::U16(_) => return Err(AviError::TooDeep { frame }),
        };
        pictures.resize(pictures.len().max(frame as usize), Vec::new());
        bytes += jpeg.len() + 32;
        pictures.push(jpeg);
        if bytes + 32 * pictures.len() > MOST_BYTES {
            return Err(AviError::TooLarge { limit: MOST_BYTES });
        }
    }
    film.rewind()?;
    let info = film.info();
    let (width, height) = (info.width_px as u32, info.height_px as u32);
    Ok(lay_out(
        &pictures,
        width,
        height,
        info.frame_interval_s.unwrap_or(1.0),
    ))
}

fn encode_jpeg(pixels: &ndarray::Array2<u8>, quality: u8) -> Result<Vec<u8>, String> {
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

/// Puts the pictures between headers and index.
fn lay_out(pictures: &[Vec<u8>], width: u32, height: u32, interval_s: f64) -> Vec<u8> {
    let largest = pictures.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let count = pictures.len() as u32;
    let mut movi = b"movi".to_vec();
    let mut index = Vec::with_capacity(16 * pictures.len());
    for picture in pictures {
        let offset = movi.len() as u32;
        index.extend_from_slice(b"00dc");
        words(
            &mut index,
            &[
                if picture.is_empty() { 0 } else { KEY_FRAME },
                offset,
                picture.len() as u32,
            ],
        );
        chunk(&mut movi, b"00dc", picture);
    }
    let mut headers = b"hdrl".to_vec();
    chunk(
        &mut headers,
        b"avih",
        &file_header(count, largest, width, height, interval_s),
    );
    let mut stream = b"strl".to_vec();
    chunk(
        &mut stream,
        b"strh",
        &stream_header(count, largest, width, height, interval_s),
    );
    chunk(&mut stream, b"strf", &picture_format(width, height));
    chunk(&mut headers, b"LIST", &stream);
    let mut body = b"AVI ".to_vec();
    chunk(&mut body, b"LIST", &headers);
    chunk(&mut body, b"LIST", &movi);
    chunk(&mut body, b"idx1", &index);
    let mut file = Vec::with_capacity(body.len() + 8);
    chunk(&mut file, b"RIFF", &body);
    file
}

/// `MainAVIHeader`.
fn file_header(count: u32, largest: u32, width: u32, height: u32, interval_s: f64) -> Vec<u8> {
    let mut out = Vec::new();
    let microseconds = (interval_s * 1e6).round() as u32;
    let per_second = (f64::from(largest) / interval_s).ceil() as u32;
    words(
        &mut out,
        &[
            microseconds,
            per_second,
            0,
            HAS_INDEX,
            count,
            0,
            1,
            largest,
            width,
            height,
            0,
            0,
            0,
            0,
        ],
    );
    out
}

/// `AVIStreamHeader`: frames per second as rate / scale.
fn stream_header(count: u32, largest: u32, width: u32, height: u32, interval_s: f64) -> Vec<u8> {
    let mut out = b"vidsMJPG".to_vec();
    let (rate, scale) = as_fraction(1.0 / interval_s);
    words(
        &mut out,
        &[0, 0, 0, scale, rate, 0, count, largest, u32::MAX, 0],
    );
    for side in [0, 0, width, height] {
        out.extend_from_slice(&(side as u16).to_le_bytes());
    }
    out
}

/// `BITMAPINFOHEADER`.
fn picture_format(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    words(&mut out, &[40, width, height]);
    out.extend_from_slice(&1_u16.to_le_bytes());
    out.extend_from_slice(&24_u16.to_le_bytes());
    out.extend_from_slice(b"MJPG");
    words(
        &mut out,
        &[width.saturating_mul(height).saturating_mul(3), 0, 0, 0, 0],
    );
    out
}

/// Frames per second to a thousandth, in lowest terms.
fn as_fraction(fps: f64) -> (u32, u32) {
    let rate = ((fps * 1000.0).round() as u32).max(1);
    let (mut a, mut b) = (rate, 1000);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (rate / a, 1000 / a)
}

fn words(out: &mut Vec<u8>, values: &[u32]) {
    for v in values {
        out.extend_from_slice(&v.to_le_bytes());
    }
}

/// A RIFF chunk: name, length, content, padded to an even length.
fn chunk(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    out.extend_from_slice(name);
    words(out, &[content.len() as u32]);
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}

/// The JPEG pictures of an AVI file written here, in order, by its index; an empty one where a frame was dropped. `None`
/// if the file is not of this kind.
pub fn jpegs(file: &[u8]) -> Option<Vec<&[u8]>> {
    let word = |at: usize| {
        Some(u32::from_le_bytes(file.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize)
    };
    let is = |at: usize, name: &[u8]| file.get(at..at + 4) == Some(name);
    if !is(0, b"RIFF") || !is(8, b"AVI ") {
        return None;
    }
    let (mut at, mut movi) = (12, None);
    while !is(at, b"idx1") {
        let length = word(at + 4)?;
        if is(at, b"LIST") && is(at + 8, b"movi") {
            movi = Some(at + 8);
        }
        at = at.checked_add(8 + length + length % 2)?;
    }
    let entries = word(at + 4)? / 16;
    (0..entries)
        .map(|i| {
            let entry = at + 8 + 16 * i;
            let start = movi?.checked_add(word(entry + 8)?)?.checked_add(8)?;
            file.get(start..start.checked_add(word(entry + 12)?)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Faults, Scene, SimulatedFilm};

    /// Every picture comes back with its size and within the loss of JPEG; a dropped frame is an empty chunk.
    #[test]
    fn pictures_come_back() {
        let scene = Scene {
            width_px: 61,
            height_px: 47,
            frames: 5,
            faults: Faults {
                dropped: vec![2],
                ..Faults::default()
            },
            ..Scene::standard()
        };
        let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
        let file = encode_mjpeg(&mut film, 95).expect("8-bit film");
        let pictures = jpegs(&file).expect("an AVI file");
        assert_eq!(pictures.len(), 5);
        assert!(pictures[2].is_empty());
        assert_eq!(
            u32::from_le_bytes(file[4..8].try_into().expect("4 bytes")) as usize,
            file.len() - 8
        );
        let back = image::load_from_memory(pictures[3])
            .expect("a JPEG")
            .to_luma8();
        assert_eq!(back.dimensions(), (61, 47));
        let sent = film
            .picture(nta_core::FrameIndex(3))
            .expect("frame 3 was not dropped");
        let worst = back
            .enumerate_pixels()
            .map(|(x, y, p)| (i32::from(p.0[0]) - i32::from(sent.at(y as usize, x as usize))).abs())
            .max();
        assert!(worst <= Some(12), "{worst:?}");
    }

    #[test]
    fn deep_films_are_refused_and_other_bytes_are_not_read() {
        let mut scene = Scene {
            width_px: 8,
            height_px: 8,
            frames: 1,
            ..Scene::standard()
        };
        scene.camera.bit_depth = 12;
        let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
        assert!(matches!(
            encode_mjpeg(&mut film, 90),
            Err(AviError::TooDeep { frame: 0 })
        ));
        for bytes in [
            &b""[..],
            b"RIFF",
            b"RIFF\0\0\0\0AVI ",
            b"RIFF\0\0\0\0AVI LIST\xff\xff\xff\xffmovi",
        ] {
            assert!(jpegs(bytes).is_none());
        }
    }

    #[test]
    fn frame_rates_are_fractions() {
        assert_eq!(as_fraction(30.0), (30, 1));
        assert_eq!(as_fraction(24.98), (1249, 50));
    }
}
