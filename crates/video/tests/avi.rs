//! AVI: every layout against known pixels, every index, every way of being cut.

mod support;

use nta_core::Pixels;
use support::avi::{Avi, Index};
use support::{Film, all_frames, codes, counts, scene8, scene16, wide};

fn film(bytes: &[u8]) -> Film {
    support::film("film.avi", bytes)
}

fn refusal(bytes: &[u8]) -> String {
    support::refusal("film.avi", bytes)
}

/// Rows as a bitmap has them: bottom row first, each padded to 4 bytes.
fn bottom_up(pixels: &[u8], row: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for line in pixels.chunks(row).rev() {
        out.extend(line);
        out.resize(out.len().next_multiple_of(4), 0xee);
    }
    out
}

fn padded(pixels: &[u8], row: usize) -> Vec<u8> {
    pixels
        .chunks(row)
        .flat_map(|line| {
            let mut line = line.to_vec();
            line.resize(line.len().next_multiple_of(4), 0xee);
            line
        })
        .collect()
}

fn grey_palette() -> Vec<[u8; 4]> {
    (0..=255).map(|v| [v, v, v, 0]).collect()
}

/// 13 x 7 px, so that rows need padding.
const W: usize = 13;
const H: usize = 7;

fn grey_film(index: Index, frames: usize) -> Avi {
    let mut avi = Avi::new(W as i32, H as i32, 8, &[0; 4]);
    avi.palette = grey_palette();
    avi.frames = (0..frames)
        .map(|n| bottom_up(&scene8(W, H, n), W))
        .collect();
    avi.index = index;
    avi
}

#[test]
fn grey_bitmaps_are_turned_and_unpadded_with_every_index() {
    for index in [Index::None, Index::Old, Index::OldAbsolute, Index::OpenDml] {
        let mut f = film(&grey_film(index, 5).bytes());
        let (frames, damaged) = all_frames(f.source.as_mut());
        assert_eq!((frames.len(), damaged), (5, 0), "{index:?}");
        for (n, (place, pixels)) in frames.iter().enumerate() {
            assert_eq!(*place as usize, n);
            assert_eq!(counts(pixels), wide(&scene8(W, H, n)), "{index:?}");
        }
        let end = f.source.end();
        assert!(end.complete && end.findings.is_empty(), "{end:?}");
    }
}

#[test]
fn header_gives_exact_frame_interval() {
    let f = film(&grey_film(Index::Old, 2).bytes());
    let info = f.source.info();
    assert_eq!(info.frame_interval_s, Some(1001.0 / 30_000.0));
    assert_eq!(info.says["software"], "writer 1.0");
    let mut avi = grey_film(Index::Old, 2);
    avi.rate = (0, 0);
    let f = film(&avi.bytes());
    assert_eq!(f.source.info().frame_interval_s, Some(0.05));
}

#[test]
fn top_down_bitmaps_and_named_codecs_stand_upright() {
    let mut avi = grey_film(Index::Old, 1);
    avi.height = -(H as i32);
    avi.frames = vec![padded(&scene8(W, H, 0), W)];
    let mut f = film(&avi.bytes());
    assert_eq!(
        counts(&all_frames(f.source.as_mut()).0[0].1),
        wide(&scene8(W, H, 0))
    );
    for name in [b"Y800", b"GREY", b"Y8  "] {
        let mut avi = Avi::new(W as i32, H as i32, 8, name);
        avi.frames = vec![scene8(W, H, 0), padded(&scene8(W, H, 1), W)];
        let mut f = film(&avi.bytes());
        let (frames, _) = all_frames(f.source.as_mut());
        for (n, (_, pixels)) in frames.iter().enumerate() {
            assert_eq!(counts(pixels), wide(&scene8(W, H, n)));
        }
        assert!(!f.source.info().colour);
    }
}

#[test]
fn palettes_are_applied_and_missing_ones_are_not() {
    let mut avi = grey_film(Index::Old, 1);
    avi.palette = (0..=255u8)
        .map(|v| [255 - v, 255 - v, 255 - v, 0])
        .collect();
    let mut f = film(&avi.bytes());
    let turned: Vec<u16> = scene8(W, H, 0)
        .iter()
        .map(|&v| 255 - u16::from(v))
        .collect();
    assert_eq!(counts(&all_frames(f.source.as_mut()).0[0].1), turned);
    assert!(!f.source.info().colour);
    for palette in [vec![], vec![[0; 4]; 256]] {
        avi.palette = palette;
        let mut f = film(&avi.bytes());
        assert_eq!(
            counts(&all_frames(f.source.as_mut()).0[0].1),
            wide(&scene8(W, H, 0))
        );
    }
    // Blue, green, red: the brightest is green.
    avi.palette = (0..=255u8).map(|v| [0, v, 0, 0]).collect();
    let mut f = film(&avi.bytes());
    assert!(f.source.info().colour);
    let green = (150 * u16::from(scene8(W, H, 0)[5]) + 128) >> 8;
    assert_eq!(all_frames(f.source.as_mut()).0[0].1.at(0, 5), green);
    assert_eq!(codes(&f.source.end()), ["V06"]);
}

#[test]
fn grey_of_16_bits_keeps_its_counts() {
    let scene = scene16(W, H, 3, 4095);
    let bytes: Vec<u8> = scene.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut avi = Avi::new(W as i32, H as i32, 16, b"Y16 ");
    avi.frames = vec![bytes.clone()];
    let mut f = film(&avi.bytes());
    let (frames, _) = all_frames(f.source.as_mut());
    assert!(matches!(frames[0].1, Pixels::U16(_)));
    assert_eq!(counts(&frames[0].1), scene);
    let info = f.source.info();
    assert_eq!((info.bit_depth, info.ceiling_counts), (16, 65_535));
    // Without a codec's name the stream's handler may tell.
    avi.compression = [0; 4];
    avi.handler = *b"Y16 ";
    avi.height = -(H as i32);
    let mut f = film(&avi.bytes());
    assert_eq!(counts(&all_frames(f.source.as_mut()).0[0].1), scene);
}

#[test]
fn nameless_16_bits_are_grey_only_where_they_cannot_be_colour() {
    let mut avi = Avi::new(8, -2, 16, &[0; 4]);
    let words = |f: &dyn Fn(u16) -> u16| (0..16).flat_map(|i| f(i).to_le_bytes()).collect();
    avi.frames = vec![words(&|i| 30_000 + 1000 * i)];
    let mut f = film(&avi.bytes());
    assert_eq!(all_frames(f.source.as_mut()).0[0].1.at(1, 7), 45_000);
    avi.frames = vec![words(&|i| 100 * i)];
    assert!(refusal(&avi.bytes()).contains("16 bits a pixel without a name"));
    avi.frames = vec![words(&|i| i << 10 | i << 5 | i)];
    assert!(refusal(&avi.bytes()).contains("FFmpeg"));
}

#[test]
fn rgb_becomes_luma_and_grey_in_rgb_stays_exact() {
    for step in [3usize, 4] {
        let grey = scene8(W, H, 0);
        let same: Vec<u8> = grey
            .iter()
            .flat_map(|&v| [v, v, v, 255].into_iter().take(step))
            .collect();
        let mut avi = Avi::new(W as i32, H as i32, 8 * step as u16, &[0; 4]);
        avi.frames = vec![bottom_up(&same, W * step)];
        let mut f = film(&avi.bytes());
        assert!(!f.source.info().colour);
        assert_eq!(counts(&all_frames(f.source.as_mut()).0[0].1), wide(&grey));
        let blue: Vec<u8> = grey
            .iter()
            .flat_map(|_| [200, 0, 100, 0].into_iter().take(step))
            .collect();
        avi.frames = vec![bottom_up(&blue, W * step)];
        let mut f = film(&avi.bytes());
        assert!(f.source.info().colour);
        // 0.299 * 100 + 0.114 * 200 = 52.7
        assert_eq!(all_frames(f.source.as_mut()).0[0].1.at(3, 3), 53);
    }
}

#[test]
fn dropped_frames_leave_holes_in_the_numbers() {
    for index in [Index::None, Index::Old, Index::OpenDml] {
        let mut avi = grey_film(index, 6);
        avi.frames[1].clear();
        avi.frames[2].clear();
        avi.frames[5].clear();
        let mut f = film(&avi.bytes());
        let (frames, _) = all_frames(f.source.as_mut());
        assert_eq!(frames.iter().map(|f| f.0).collect::<Vec<_>>(), [0, 3, 4]);
        assert_eq!(counts(&frames[1].1), wide(&scene8(W, H, 3)));
        let end = f.source.end();
        assert_eq!((end.frames_missing, f.source.info().frames), (3, Some(6)));
        assert!(end.complete);
        assert_eq!(codes(&end), ["V02"]);
    }
}

#[test]
fn a_cut_file_gives_what_is_whole() {
    for index in [Index::Old, Index::OpenDml, Index::None] {
        let avi = grey_film(index, 6);
        let bytes = avi.bytes();
        let frame = 8 + avi.frames[0].len();
        // Cut within the last frame: the length of what follows it depends on the index.
        let last = bytes
            .windows(8)
            .rposition(|w| w == &avi.frames[5][..8])
            .unwrap();
        let mut f = film(&bytes[..last + frame / 2]);
        let (frames, damaged) = all_frames(f.source.as_mut());
        assert_eq!((frames.len(), damaged), (5, 0), "{index:?}");
        let end = f.source.end();
        assert!(!end.complete);
        assert_eq!(codes(&end), ["V01"]);
    }
}

#[test]
fn a_file_that_was_never_closed_is_walked() {
    let avi = grey_film(Index::None, 4);
    let mut bytes = avi.bytes();
    let movi = bytes.windows(4).position(|w| w == b"movi").unwrap();
    bytes[4..8].fill(0);
    bytes[movi - 4..movi].fill(0);
    let last = bytes
        .windows(8)
        .rposition(|w| w == &avi.frames[3][..8])
        .unwrap();
    bytes.truncate(last + avi.frames[3].len());
    let mut f = film(&bytes);
    let (frames, _) = all_frames(f.source.as_mut());
    assert_eq!(frames.len(), 4);
    assert_eq!(counts(&frames[3].1), wide(&scene8(W, H, 3)));
}

#[test]
fn a_wrong_index_is_not_believed() {
    let mut bytes = grey_film(Index::Old, 5).bytes();
    let index = bytes.windows(4).rposition(|w| w == b"idx1").unwrap();
    bytes[index + 8 + 16 + 8] ^= 0x10;
    let mut f = film(&bytes);
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!((frames.len(), damaged), (5, 0));
    assert_eq!(counts(&frames[1].1), wide(&scene8(W, H, 1)));
}

#[test]
fn what_makes_no_sense_is_refused_in_one_sentence() {
    let with = |change: &dyn Fn(&mut Avi)| {
        let mut avi = grey_film(Index::Old, 2);
        change(&mut avi);
        refusal(&avi.bytes())
    };
    assert!(with(&|a| a.width = 0).contains("allowed are 1 to 32768 px"));
    assert!(with(&|a| a.width = -5).contains("allowed are 1 to 32768 px"));
    assert!(with(&|a| a.height = i32::MIN).contains("allowed are 1 to 32768 px"));
    assert!(with(&|a| (a.width, a.height) = (32_768, 32_768)).contains("128 Mpx"));
    assert!(with(&|a| (a.width, a.height) = (10_000, 10_000)).contains("none of its frames"));
    assert!(with(&|a| a.frames.clear()).contains("holds no frames"));
    assert!(with(&|a| (a.frames.clear(), a.declared = Some(9)).1).contains("declares 9 frames"));
    assert!(with(&|a| a.compression = *b"H264").contains("codec H264 needs FFmpeg"));
    assert!(with(&|a| a.compression = [1, 0, 0, 0]).contains("compression 1"));
    let bytes = grey_film(Index::Old, 2).bytes();
    assert!(refusal(&bytes[..12]).contains("header is missing or cut"));
    assert!(refusal(&bytes[..180]).contains("missing or cut"));
}

#[test]
fn spaced_frames_are_even_and_leave_the_film_rewound() {
    let mut f = film(&grey_film(Index::Old, 20).bytes());
    f.source.next_packet().unwrap();
    let seen = f.source.spaced(4).unwrap();
    assert_eq!(
        seen.iter().map(|s| s.0.0).collect::<Vec<_>>(),
        [0, 5, 10, 15]
    );
    assert_eq!(f.source.next_packet().unwrap().unwrap().index.0, 0);
}

#[test]
fn memory_that_is_used_again_shows_nothing_of_the_frame_before() {
    let mut avi = Avi::new(12, 6, 8, b"Y800");
    avi.frames = (0..6).map(|n| scene8(12, 6, n)).collect();
    // One that is cut, and one with something behind it.
    avi.frames[1].truncate(40);
    avi.frames[2].extend([7; 30]);
    let mut source = film(&avi.bytes()).source;
    let mut seen = 0;
    for _ in 0..2 {
        source.rewind().expect("a film");
        let mut packets = Vec::new();
        while let Some(packet) = source.next_packet().expect("a film") {
            packets.push(packet);
        }
        for packet in packets {
            let n = packet.index.0 as usize;
            match source.decode(packet) {
                Ok(pixels) => {
                    assert_eq!(counts(&pixels), wide(&scene8(12, 6, n)), "frame {n}");
                    source.recycle(pixels);
                    seen += 1;
                }
                Err(_) => assert_eq!(n, 1),
            }
        }
    }
    assert_eq!(seen, 10);
}
