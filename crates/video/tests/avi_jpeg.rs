//! Motion JPEG in AVI: as cameras and as FFmpeg write it, damaged, and in two fields.

mod support;

use support::avi::Avi;
use support::{Film, all_frames, codes, counts};

fn film(bytes: &[u8]) -> Film {
    support::film("film.avi", bytes)
}

fn refusal(bytes: &[u8]) -> String {
    support::refusal("film.avi", bytes)
}

fn jpeg(grey: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95)
        .encode(
            grey,
            width as u32,
            height as u32,
            image::ExtendedColorType::L8,
        )
        .unwrap();
    out
}

/// A soft scene that JPEG keeps within a few counts.
fn soft(width: usize, height: usize, frame: usize) -> Vec<u8> {
    let at = |x: usize, y: usize| (20 + 2 * x + 3 * y + 5 * frame) as u8;
    (0..height)
        .flat_map(|y| (0..width).map(move |x| at(x, y)))
        .collect()
}

/// Takes the Huffman tables out, as cameras do.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xc4 {
            out.extend(&jpeg[at..at + length]);
        }
        at += length;
    }
    out.extend(&jpeg[at..]);
    out
}

#[test]
fn motion_jpeg_with_and_without_tables() {
    let mut avi = Avi::new(24, 20, 24, b"MJPG");
    avi.frames = (0..3).map(|n| jpeg(&soft(24, 20, n), 24, 20)).collect();
    let bare = without_tables(&avi.frames[1]);
    assert!(bare.len() + 150 < avi.frames[1].len());
    avi.frames[1] = bare;
    let mut f = film(&avi.bytes());
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!((frames.len(), damaged), (3, 0));
    for (n, (_, pixels)) in frames.iter().enumerate() {
        for (a, b) in counts(pixels).iter().zip(soft(24, 20, n)) {
            assert!(a.abs_diff(b.into()) <= 4, "frame {n}: {a} {b}");
        }
    }
    let info = f.source.info();
    assert!(info.lossy && !info.colour);
    assert_eq!(codes(&f.source.end()), ["V05"]);
}

#[test]
fn colour_jpegs_give_luma_at_every_size() {
    for (w, h) in [(16u32, 16u32), (17, 9), (40, 31), (1, 1), (8, 50)] {
        let rgb: Vec<u8> = (0..w * h).flat_map(|_| [180u8, 60, 20]).collect();
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)
            .encode(&rgb, w, h, image::ExtendedColorType::Rgb8)
            .unwrap();
        let mut avi = Avi::new(w as i32, h as i32, 24, b"MJPG");
        avi.frames = vec![bytes];
        let mut f = film(&avi.bytes());
        assert!(f.source.info().colour);
        // 0.299 * 180 + 0.587 * 60 + 0.114 * 20 = 91.3
        let (frames, _) = all_frames(f.source.as_mut());
        assert_eq!(frames[0].1.dim(), (h as usize, w as usize));
        assert!(counts(&frames[0].1).iter().all(|v| v.abs_diff(91) <= 2));
    }
}

#[test]
fn jpegs_with_tall_sampling_do_not_read_beyond_their_end() {
    // Sampled 1 x 2 in every channel, as FFmpeg writes 4:4:4: one flat block after another, and no bit to spare.
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([
        0xff, 0xc0, 0, 17, 8, 0, 32, 0, 8, 3, 1, 0x12, 0, 2, 0x12, 0, 3, 0x12, 0,
    ]);
    // One code each: "0" is a difference of zero, "0" is the end of a block.
    for id in [0x00, 0x10] {
        bytes.extend([0xff, 0xc4, 0, 20, id, 1]);
        bytes.extend([0; 16]);
    }
    bytes.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    // Two rows of one block pair and three channels: 12 blocks of two bits.
    bytes.extend([0, 0, 0, 0xff, 0xd9]);
    let mut avi = Avi::new(8, 32, 24, b"MJPG");
    avi.frames = vec![bytes];
    let mut f = film(&avi.bytes());
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!((frames.len(), damaged), (1, 0));
    assert!(counts(&frames[0].1).iter().all(|&v| v == 128));
}

#[test]
fn damaged_jpegs_are_errors_of_their_frame_only() {
    let mut avi = Avi::new(24, 20, 24, b"MJPG");
    avi.frames = (0..5).map(|n| jpeg(&soft(24, 20, n), 24, 20)).collect();
    let half = avi.frames[1].len() - 40;
    avi.frames[1].truncate(half);
    avi.frames[2] = vec![0xff; 9];
    avi.frames[3] = jpeg(&soft(16, 20, 0), 16, 20);
    let mut f = film(&avi.bytes());
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!(frames.iter().map(|f| f.0).collect::<Vec<_>>(), [0, 4]);
    assert_eq!(damaged, 3);
    assert_eq!(f.source.spaced(5).unwrap().len(), 2);
}

#[test]
fn two_fields_in_a_frame_are_not_ours() {
    let mut avi = Avi::new(24, 40, 24, b"MJPG");
    let field = jpeg(&soft(24, 20, 0), 24, 20);
    avi.frames = vec![[field.clone(), field].concat()];
    assert!(refusal(&avi.bytes()).contains("two fields"));
}
