//! A film as an AVI file of JPEG pictures (MJPEG) in memory, for short films. [`crate::record`] writes films of any
//! length to disk.

use crate::record::avi::{AviWriter, PART_BYTES};
use crate::record::{FilmFacts, Format, FrameEncoder, RecordError};
use nta_core::FrameSource;
use std::io::{self, Cursor};
use std::path::Path;

/// The bytes of an AVI file with the whole film, each picture as grey JPEG. `quality` is 1 to 100.
pub fn encode_mjpeg(film: &mut dyn FrameSource, quality: u8) -> Result<Vec<u8>, RecordError> {
    let format = Format::AviMjpeg {
        quality: quality.clamp(1, 100),
    };
    let facts = FilmFacts::of(film)?;
    format.check(&facts)?;
    let encoder = FrameEncoder::new(format, &facts);
    let path = Path::new("an AVI in memory");
    let failed = |e: io::Error| RecordError::io(path, &e);
    let mut writer = AviWriter::in_one_part(Cursor::new(Vec::new()), path, format, &facts);
    writer.begin().map_err(failed)?;
    while let Some(packet) = film.next_packet()? {
        let frame = packet.index.0;
        let jpeg = encoder.encode(frame, &film.decode(packet)?)?;
        writer.place(frame, &jpeg).map_err(failed)?;
        if writer.bytes() > PART_BYTES {
            return Err(RecordError::TooLarge {
                kind: "AVI in memory",
                limit: PART_BYTES,
            });
        }
    }
    film.rewind()?;
    Ok(writer.close().map_err(failed)?.into_inner())
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
            Err(RecordError::TooDeep { bit_depth: 12, .. })
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
}
