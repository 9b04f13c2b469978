//! Bytes that nobody meant: no reader may panic, hang, or ask for memory that the file cannot fill.

mod support;

use proptest::prelude::*;
use std::path::Path;
use support::avi::{Avi, Index};
use support::scene8;
use support::tiff::{PLAIN, Page, Style, bytes16, file};

/// Opens, reads all, looks at some, and closes.
fn through(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    for target in [path.as_path(), folder] {
        let Ok(mut film) = support::native(target) else {
            continue;
        };
        let mut last = None;
        let mut seen = 0;
        while let Ok(Some(packet)) = film.next_packet() {
            assert!(last < Some(packet.index.0), "places rise");
            last = Some(packet.index.0);
            let size = (film.info().height_px, film.info().width_px);
            if let Ok(pixels) = film.decode(packet) {
                assert_eq!(pixels.dim(), size);
            }
            seen += 1;
            if seen > 64 {
                break;
            }
        }
        let _ = (film.end(), film.spaced(3));
    }
}

fn avis() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for index in [Index::None, Index::Old, Index::OpenDml] {
        let mut avi = Avi::new(12, 6, 8, &[0; 4]);
        avi.palette = (0..=255).map(|v| [v, v, v, 0]).collect();
        avi.frames = (0..3).map(|n| scene8(12, 6, n)).collect();
        avi.index = index;
        out.push(avi.bytes());
        avi.bits = 24;
        avi.frames = (0..2).map(|n| scene8(36, 6, n)).collect();
        out.push(avi.bytes());
        avi.compression = *b"MJPG";
        avi.frames = (0..2).map(jpeg).collect();
        out.push(avi.bytes());
    }
    out
}

fn jpeg(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let kind = if n == 0 {
        image::ExtendedColorType::L8
    } else {
        image::ExtendedColorType::Rgb8
    };
    let pixels = scene8(12 * if n == 0 { 1 } else { 3 }, 6, n);
    image::codecs::jpeg::JpegEncoder::new(&mut out)
        .encode(&pixels, 12, 6, kind)
        .unwrap();
    out
}

fn tiffs() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (big_endian, big_tiff) in [(false, false), (true, true)] {
        let style = Style {
            big_endian,
            big_tiff,
        };
        let mut pages: Vec<Page> = (0..3)
            .map(|n| Page::grey(12, 6, 8, scene8(12, 6, n)))
            .collect();
        pages[0].description = Some("<OME><Image><Pixels SizeT=\"3\" PhysicalSizeX=\"0.2\"><Plane TheT=\"0\" DeltaT=\"0\"/></Pixels></Image></OME>".into());
        out.push(file(style, &pages));
        pages[0].description = Some("ImageJ=1\nimages=6\nchannels=2\nframes=3\n".into());
        pages[0].blocks = vec![scene8(72, 6, 0)];
        out.push(file(style, &pages[..1]));
        let counts: Vec<u16> = (0..72).collect();
        let mut page = Page::grey(12, 6, 16, bytes16(&counts, big_endian));
        page.tile = Some((12, 6));
        out.push(file(style, &[page]));
    }
    for compression in [5u16, 8, 32_773] {
        let mut page = Page::grey(12, 6, 8, scene8(40, 6, 0));
        page.compression = compression;
        page.predictor = 2;
        out.push(file(PLAIN, &[page]));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes)
        .unwrap()
        .with_compression(tiff::encoder::Compression::Lzw);
    encoder
        .write_image::<tiff::encoder::colortype::Gray8>(12, 6, &scene8(12, 6, 0))
        .unwrap();
    out.push(bytes.into_inner());
    out
}

fn images() -> Vec<Vec<u8>> {
    let image: image::DynamicImage = image::GrayImage::from_raw(12, 6, scene8(12, 6, 0))
        .unwrap()
        .into();
    let mut out = vec![jpeg(0), jpeg(1)];
    for format in [image::ImageFormat::Png, image::ImageFormat::Bmp] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        out.push(bytes.into_inner());
    }
    out
}

/// Changes some bytes, then cuts or lengthens.
fn mutated(
    mut bytes: Vec<u8>,
    changes: &[(prop::sample::Index, u8)],
    cut: Option<prop::sample::Index>,
) -> Vec<u8> {
    for (at, value) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

/// Mostly values at which something turns over.
fn value() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(0u8),
        Just(0xff),
        Just(0x7f),
        Just(0x80),
        Just(1),
        any::<u8>()
    ]
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), value()), 0..6)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes(mut bytes in prop::collection::vec(any::<u8>(), 1..600), kind in 0usize..6) {
        let heads: [&[u8]; 6] = [b"", b"RIFF\xff\xff\0\0AVI LIST\xff\0\0\0hdrl", b"II\x2a\0\x08\0\0\0\x05\0", b"MM\0\x2b\0\x08\0\0\0\0\0\0\0\0\0\x10", b"\x89PNG\r\n\x1a\n", &[0xff, 0xd8, 0xff]];
        let mut all = heads[kind].to_vec();
        all.append(&mut bytes);
        let folder = tempfile::tempdir().unwrap();
        through(folder.path(), "x", &all);
    }

    #[test]
    fn spoilt_avis(n in 0usize..9, changes in changes(), cut in prop::option::weighted(0.3, any::<prop::sample::Index>())) {
        let folder = tempfile::tempdir().unwrap();
        through(folder.path(), "x.avi", &mutated(avis()[n].clone(), &changes, cut));
    }

    #[test]
    fn spoilt_tiffs(n in 0usize..10, changes in changes(), cut in prop::option::weighted(0.3, any::<prop::sample::Index>())) {
        let folder = tempfile::tempdir().unwrap();
        through(folder.path(), "x.tif", &mutated(tiffs()[n].clone(), &changes, cut));
    }

    #[test]
    fn spoilt_images(n in 0usize..4, changes in changes(), cut in prop::option::weighted(0.3, any::<prop::sample::Index>())) {
        let folder = tempfile::tempdir().unwrap();
        through(folder.path(), "x.png", &mutated(images()[n].clone(), &changes, cut));
    }
}

#[test]
fn every_single_byte_of_the_headers_may_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (name, whole) in [("x.avi", &avis()[1]), ("x.tif", &tiffs()[0])] {
        // The palette of the AVI and the pixels are of no interest here.
        for at in (0..whole.len()).filter(|&at| !(400..=1400).contains(&at)) {
            for value in [0, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                through(folder.path(), name, &bytes);
            }
        }
    }
}
