//! Files beyond 4 GB, made of holes: offsets must have 64 bits everywhere.

mod support;

use std::io::{Seek, SeekFrom, Write};
use support::counts;
use support::tiff::{PLAIN, Page, file};

const GIB: u64 = 1 << 30;

#[test]
fn stack_of_imagej_beyond_4_gb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.tif");
    let mut page = Page::grey(4000, 4000, 8, Vec::new());
    page.description = Some("ImageJ=1.53t\nimages=300\nslices=300\n".into());
    let head = file(PLAIN, &[page]);
    // The pixels follow the tags, as ImageJ writes them: the strip's offset is patched to there.
    let start = head.len().next_multiple_of(16) as u64;
    let mut head = head;
    let strip = head.windows(4).position(|w| w == [0x11, 1, 4, 0]).unwrap();
    head[strip + 8..strip + 12].copy_from_slice(&(start as u32).to_le_bytes());
    let mut out = std::fs::File::create(&path).unwrap();
    out.write_all(&head).unwrap();
    out.set_len(start + 300 * 16_000_000).unwrap();
    out.seek(SeekFrom::Start(start + 299 * 16_000_000 + 4001))
        .unwrap();
    out.write_all(&[77]).unwrap();
    drop(out);

    let mut film = nta_video::open(&path).unwrap();
    assert_eq!(film.info().frames, Some(300));
    let mut last = None;
    while let Some(packet) = film.next_packet().unwrap() {
        last = Some(packet);
    }
    let pixels = film.decode(last.unwrap()).unwrap();
    assert_eq!((pixels.at(1, 1), pixels.at(1, 2)), (77, 0));
    assert!(film.end().complete);
}

#[test]
fn open_dml_beyond_4_gb_without_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.avi");
    let mut avi = support::avi::Avi::new(4, 2, 8, b"Y800");
    avi.index = support::avi::Index::None;
    avi.frames = vec![vec![0; 8]];
    avi.declared = Some(6);
    let mut out = std::fs::File::create(&path).unwrap();
    out.write_all(&avi.bytes()).unwrap();
    for n in 1..6u8 {
        // RIFF AVIX, LIST movi, a hole of one GiB, and a frame.
        let hole = GIB as u32;
        let list = 4 + 8 + hole + 16;
        let part = [
            b"RIFF".as_slice(),
            &(list + 12).to_le_bytes(),
            b"AVIXLIST",
            &list.to_le_bytes(),
            b"moviJUNK",
            &hole.to_le_bytes(),
        ];
        out.write_all(&part.concat()).unwrap();
        out.seek(SeekFrom::Current(i64::from(hole))).unwrap();
        let frame = [b"00db".as_slice(), &8u32.to_le_bytes(), &[n; 8]];
        out.write_all(&frame.concat()).unwrap();
    }
    assert!(out.metadata().unwrap().len() > 4 * GIB);
    drop(out);
    let mut film = nta_video::open(&path).unwrap();
    let (frames, _) = support::all_frames(film.as_mut());
    let read: Vec<_> = frames.iter().map(|f| (f.0, counts(&f.1))).collect();
    let truth: Vec<_> = (0..6).map(|n| (n, vec![n as u16; 8])).collect();
    assert_eq!(read, truth);
    assert!(film.end().complete && film.end().findings.is_empty());
}
