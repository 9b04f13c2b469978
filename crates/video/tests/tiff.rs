//! TIFF: every layout against known pixels; an independent encoder for the packed ones.

mod support;

use nta_core::Pixels;
use std::io::Cursor;
use support::tiff::{PLAIN, Page, Style, bytes16, file, packed};
use support::{Film, all_frames, codes, counts, scene8, scene16, wide};
use tiff::encoder::{Compression, Predictor, TiffEncoder, colortype};

fn film(bytes: &[u8]) -> Film {
    support::film("film.tif", bytes)
}

fn refusal(bytes: &[u8]) -> String {
    support::refusal("film.tif", bytes)
}

fn frames(bytes: &[u8]) -> Vec<Vec<u16>> {
    let mut f = film(bytes);
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!(damaged, 0);
    frames.iter().map(|f| counts(&f.1)).collect()
}

const W: usize = 13;
const H: usize = 7;

fn styles() -> [Style; 4] {
    [(false, false), (false, true), (true, false), (true, true)].map(|(big_endian, big_tiff)| {
        Style {
            big_endian,
            big_tiff,
        }
    })
}

#[test]
fn grey_of_8_and_16_bits_in_both_orders_and_both_sizes() {
    for style in styles() {
        let pages: Vec<Page> = (0..4)
            .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
            .collect();
        let read = frames(&file(style, &pages));
        assert_eq!(
            read,
            (0..4).map(|n| wide(&scene8(W, H, n))).collect::<Vec<_>>()
        );
        let pages: Vec<Page> = (0..3)
            .map(|n| {
                let bytes = bytes16(&scene16(W, H, n, 65_535), style.big_endian);
                Page::grey(W as u32, H as u32, 16, bytes)
            })
            .collect();
        let read = frames(&file(style, &pages));
        assert_eq!(
            read,
            (0..3).map(|n| scene16(W, H, n, 65_535)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn packed_12_bits() {
    for (bits, largest) in [(12u16, 4095u16), (10, 1023), (14, 16_383)] {
        let scene = scene16(W, H, 1, largest);
        let page = Page::grey(W as u32, H as u32, bits, packed(&scene, W, bits.into()));
        let bytes = file(PLAIN, &[page]);
        assert_eq!(frames(&bytes), [scene]);
        let info = film(&bytes).source.info().clone();
        assert_eq!(
            (u16::from(info.bit_depth), info.ceiling_counts),
            (bits, largest)
        );
    }
}

#[test]
fn strips_tiles_and_strips_out_of_order() {
    let scene = scene8(W, H, 0);
    let mut page = Page::grey(W as u32, H as u32, 8, Vec::new());
    page.rows_per_strip = 3;
    page.blocks = scene.chunks(3 * W).map(<[u8]>::to_vec).collect();
    assert_eq!(frames(&file(PLAIN, &[page])), [wide(&scene)]);

    let mut page = Page::grey(W as u32, H as u32, 8, Vec::new());
    page.tile = Some((8, 4));
    page.blocks = (0..4)
        .map(|n| {
            let (x0, y0) = (8 * (n % 2), 4 * (n / 2));
            let at = |x: usize, y: usize| if x < W && y < H { scene[y * W + x] } else { 99 };
            (0..32).map(|i| at(x0 + i % 8, y0 + i / 8)).collect()
        })
        .collect();
    assert_eq!(frames(&file(PLAIN, &[page])), [wide(&scene)]);
}

#[test]
fn packed_pages_of_an_independent_encoder() {
    let ways = [
        (Compression::Lzw, Predictor::None),
        (Compression::Lzw, Predictor::Horizontal),
        (Compression::Deflate(Default::default()), Predictor::None),
        (
            Compression::Deflate(Default::default()),
            Predictor::Horizontal,
        ),
        (Compression::Packbits, Predictor::None),
    ];
    let (w, h) = (300usize, 211usize);
    for (compression, predictor) in ways {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)
            .unwrap()
            .with_compression(compression)
            .with_predictor(predictor);
        encoder
            .write_image::<colortype::Gray8>(w as u32, h as u32, &scene8(w, h, 0))
            .unwrap();
        encoder
            .write_image::<colortype::Gray8>(w as u32, h as u32, &scene8(w, h, 1))
            .unwrap();
        let read = frames(bytes.get_ref());
        assert_eq!(read, [wide(&scene8(w, h, 0)), wide(&scene8(w, h, 1))]);

        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)
            .unwrap()
            .with_compression(compression)
            .with_predictor(predictor);
        let scene = scene16(w, h, 2, 4095);
        encoder
            .write_image::<colortype::Gray16>(w as u32, h as u32, &scene)
            .unwrap();
        let rgb: Vec<u8> = scene8(w, h, 0).iter().flat_map(|&v| [v; 3]).collect();
        assert_eq!(frames(bytes.get_ref()), [scene]);

        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)
            .unwrap()
            .with_compression(compression)
            .with_predictor(predictor);
        encoder
            .write_image::<colortype::RGB8>(w as u32, h as u32, &rgb)
            .unwrap();
        let f = film(bytes.get_ref());
        assert!(!f.source.info().colour);
        assert_eq!(frames(bytes.get_ref()), [wide(&scene8(w, h, 0))]);
    }
}

#[test]
fn predictor_of_16_bits_big_endian() {
    let scene = scene16(W, H, 0, 65_535);
    let mut less = scene.clone();
    for row in less.chunks_mut(W) {
        for i in (1..row.len()).rev() {
            row[i] = row[i].wrapping_sub(row[i - 1]);
        }
    }
    // PackBits of runs of literal bytes.
    let bytes = bytes16(&less, true);
    let block = bytes
        .chunks(100)
        .flat_map(|c| [&[c.len() as u8 - 1], c].concat())
        .collect();
    let mut page = Page::grey(W as u32, H as u32, 16, block);
    page.compression = 32_773;
    page.predictor = 2;
    let style = Style {
        big_endian: true,
        big_tiff: false,
    };
    assert_eq!(frames(&file(style, &[page])), [scene]);
}

#[test]
fn colours_palettes_and_negatives() {
    let scene = scene8(W, H, 0);
    let mut page = Page::grey(W as u32, H as u32, 8, scene.clone());
    page.photometric = 0;
    let turned: Vec<u16> = scene.iter().map(|&v| 255 - u16::from(v)).collect();
    let bytes = file(PLAIN, std::slice::from_ref(&page));
    assert_eq!(frames(&bytes), std::slice::from_ref(&turned));

    page.photometric = 3;
    let ramp = (0..256u32).map(|i| (255 - i) * 257);
    page.extra = vec![(320, ramp.clone().chain(ramp.clone()).chain(ramp).collect())];
    assert_eq!(frames(&file(PLAIN, &[page.clone()])), [turned]);
    assert!(!film(&file(PLAIN, &[page.clone()])).source.info().colour);
    // The palette of ImageJ is for the screen: its counts are the indices.
    page.description = Some("ImageJ=1.53t\n".into());
    assert_eq!(frames(&file(PLAIN, &[page.clone()])), [wide(&scene)]);

    let rgba: Vec<u8> = scene.iter().flat_map(|_| [100, 0, 200, 7]).collect();
    let mut page = Page::grey(W as u32, H as u32, 8, rgba);
    (page.samples, page.photometric) = (4, 2);
    let mut f = film(&file(PLAIN, &[page]));
    assert!(f.source.info().colour);
    // 0.299 * 100 + 0.114 * 200 = 52.7
    assert_eq!(all_frames(f.source.as_mut()).0[0].1.at(2, 2), 53);
    assert_eq!(codes(&f.source.end()), ["V06"]);
}

fn stack_behind(images: u64, stored: usize) -> Vec<u8> {
    let block: Vec<u8> = (0..stored).flat_map(|n| scene8(W, H, n)).collect();
    let mut page = Page::grey(W as u32, H as u32, 8, block);
    page.description = Some(format!(
        "ImageJ=1.53t\nimages={images}\nframes={images}\nunit=nm\nfinterval=0.04\n"
    ));
    page.fractions = vec![(282, 1000, 166_000)];
    file(PLAIN, &[page])
}

#[test]
fn stacks_of_imagej_with_one_directory() {
    let mut f = film(&stack_behind(5, 5));
    let (frames, damaged) = all_frames(f.source.as_mut());
    assert_eq!((frames.len(), damaged), (5, 0));
    for (n, (_, pixels)) in frames.iter().enumerate() {
        assert_eq!(counts(pixels), wide(&scene8(W, H, n)));
    }
    let info = f.source.info();
    let (size, who) = info.pixel_size_um.clone().unwrap();
    assert!((size - 0.166).abs() < 1e-9 && who == "ImageJ");
    assert_eq!(info.frame_interval_s, Some(0.04));
    assert!(f.source.end().complete);
}

#[test]
fn a_stack_whose_last_picture_is_cut_off_is_cut() {
    let pages: Vec<Page> = (0..4)
        .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
        .collect();
    let mut whole = Vec::new();
    let mut encoder = TiffEncoder::new(Cursor::new(&mut whole)).unwrap();
    for page in 0..4 {
        let image = scene8(W, H, page);
        encoder
            .write_image::<colortype::Gray8>(W as u32, H as u32, &image)
            .unwrap();
    }
    assert!(film(&whole).source.end().complete);
    // Directories first, pictures behind them: the last bytes are those of the last picture.
    let mut bytes = file(PLAIN, &pages);
    assert!(film(&bytes).source.end().complete);
    bytes.truncate(bytes.len() - 5);
    let mut cut = film(&bytes);
    let (frames, _) = all_frames(cut.source.as_mut());
    assert!((1..4).contains(&frames.len()), "{}", frames.len());
    let end = cut.source.end();
    assert!(!end.complete);
    assert!(codes(&end).contains(&"V01".to_owned()));
}

#[test]
fn a_stack_that_promises_more_than_it_has_is_cut() {
    let mut f = film(&stack_behind(1_000_000, 5));
    let end = f.source.end();
    assert!(!end.complete);
    assert_eq!(codes(&end), ["V01"]);
    // The tags behind the pixels look like pixels of three more images at most.
    assert!(all_frames(f.source.as_mut()).0.len() < 10);
}

#[test]
fn channels_beside_time_are_left_out() {
    let mut pages: Vec<Page> = (0..6)
        .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
        .collect();
    pages[0].description = Some("ImageJ=1.53t\nimages=6\nchannels=2\nframes=3\n".into());
    let mut f = film(&file(PLAIN, &pages));
    let (read, _) = all_frames(f.source.as_mut());
    let read: Vec<_> = read.iter().map(|f| (f.0, counts(&f.1))).collect();
    assert_eq!(
        read,
        [
            (0, wide(&scene8(W, H, 0))),
            (1, wide(&scene8(W, H, 2))),
            (2, wide(&scene8(W, H, 4)))
        ]
    );
    assert_eq!(f.source.end().tally.get("other_channel_or_depth"), 3);
}

#[test]
fn ome_times_show_missing_frames() {
    let mut pages: Vec<Page> = (0..4)
        .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
        .collect();
    let planes: String = [0, 40, 120, 160]
        .iter()
        .enumerate()
        .map(|(n, t)| format!("<Plane TheT=\"{n}\" TheC=\"0\" TheZ=\"0\" DeltaT=\"{t}\" DeltaTUnit=\"ms\" ExposureTime=\"0.01\"/>"))
        .collect();
    pages[0].description = Some(format!(
        "<?xml version=\"1.0\"?><OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeT=\"4\" SizeC=\"1\" SizeZ=\"1\" PhysicalSizeX=\"0.2\">{planes}</Pixels></Image></OME>"
    ));
    let mut f = film(&file(PLAIN, &pages));
    let (read, _) = all_frames(f.source.as_mut());
    assert_eq!(read.iter().map(|f| f.0).collect::<Vec<_>>(), [0, 1, 3, 4]);
    let info = f.source.info().clone();
    assert!((info.frame_interval_s.unwrap() - 0.04).abs() < 1e-12);
    assert_eq!(info.pixel_size_um, Some((0.2, "OME-XML".into())));
    assert_eq!(info.exposure_s, Some((0.01, "OME-XML".into())));
    assert_eq!(info.frames, Some(5));
    f.source.rewind().unwrap();
    f.source.next_packet().unwrap();
    let second = f.source.next_packet().unwrap().unwrap();
    assert!((second.time_s.unwrap() - 0.04).abs() < 1e-12);
    assert_eq!(
        (f.source.end().frames_missing, codes(&f.source.end())),
        (1, vec!["V02".to_owned()])
    );
}

#[test]
fn micro_manager_and_plain_tags() {
    let mut page = Page::grey(W as u32, H as u32, 8, scene8(W, H, 0));
    page.texts = vec![
        (
            51_123,
            "{\"PixelSizeUm\":0.65,\"Exposure-ms\":12.5,\"Camera\":\"Zyla\"}".into(),
        ),
        (305, "MM".into()),
    ];
    let info = film(&file(PLAIN, &[page.clone()])).source.info().clone();
    assert_eq!(info.pixel_size_um, Some((0.65, "Micro-Manager".into())));
    assert_eq!(info.exposure_s, Some((0.0125, "Micro-Manager".into())));
    assert_eq!(
        (info.says["camera"].as_str(), info.says["software"].as_str()),
        ("Zyla", "MM")
    );
    page.texts.clear();
    page.fractions = vec![(282, 50_000, 1)];
    page.extra = vec![(296, vec![3])];
    let info = film(&file(PLAIN, &[page.clone()])).source.info().clone();
    assert_eq!(
        info.pixel_size_um,
        Some((0.2, "TIFF resolution tag".into()))
    );
    // 300 dots per inch are a print size.
    page.fractions = vec![(282, 118, 1)];
    assert_eq!(
        film(&file(PLAIN, &[page])).source.info().pixel_size_um,
        None
    );
}

#[test]
fn thumbnails_are_passed_over_and_odd_pages_are_damaged() {
    let mut pages: Vec<Page> = (0..4)
        .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
        .collect();
    pages[1].extra = vec![(254, vec![1])];
    pages[2] = Page::grey(5, 5, 8, vec![0; 25]);
    let mut f = film(&file(PLAIN, &pages));
    let (read, damaged) = all_frames(f.source.as_mut());
    assert_eq!((read.len(), damaged), (2, 1));
    assert_eq!(f.source.end().tally.get("thumbnail"), 1);
}

#[test]
fn chains_that_break_or_come_back_end_the_film() {
    let pages: Vec<Page> = (0..3)
        .map(|n| Page::grey(W as u32, H as u32, 8, scene8(W, H, n)))
        .collect();
    let whole = file(PLAIN, &pages);
    let first = u32::from_le_bytes(whole[4..8].try_into().unwrap());
    for target in [first, 0x7fff_fff0] {
        let mut bytes = whole.clone();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&target.to_le_bytes());
        let mut f = film(&bytes);
        assert_eq!(all_frames(f.source.as_mut()).0.len(), 3);
        assert_eq!(codes(&f.source.end()), ["V01"]);
        assert!(!f.source.end().complete);
    }
    // Cut within the place of the next page.
    for missing in 1..=4 {
        let mut f = film(&whole[..whole.len() - missing]);
        assert_eq!(all_frames(f.source.as_mut()).0.len(), 3);
        assert_eq!(codes(&f.source.end()), ["V01"], "{missing} bytes missing");
    }
}

#[test]
fn what_cannot_be_read_is_refused_in_one_sentence() {
    let with = |change: &dyn Fn(&mut Page)| {
        let mut page = Page::grey(W as u32, H as u32, 8, scene8(W, H, 0));
        change(&mut page);
        refusal(&file(PLAIN, &[page]))
    };
    assert!(with(&|p| p.width = 0).contains("allowed are 1 to 32768 px"));
    assert!(with(&|p| p.height = 40_000).contains("allowed are 1 to 32768 px"));
    assert!(with(&|p| (p.width, p.height) = (32_768, 32_768)).contains("128 Mpx"));
    assert!(with(&|p| (p.width, p.height) = (10_000, 10_000)).contains("strips"));
    assert!(
        with(&|p| (p.width, p.height, p.rows_per_strip) = (10_000, 10_000, 10_000))
            .contains("beyond the end")
    );
    assert!(
        with(&|p| (p.compression, p.height, p.rows_per_strip) = (8, 32_000, 32_000))
            .contains("more than deflate can")
    );
    assert!(with(&|p| p.bits = 1).contains("8 to 16 can be read"));
    assert!(with(&|p| (p.bits, p.extra) = (32, vec![(339, vec![3])])).contains("floating-point"));
    assert!(with(&|p| p.extra = vec![(339, vec![2])]).contains("signed"));
    assert!(with(&|p| p.compression = 7).contains("JPEG"));
    assert!(with(&|p| p.compression = 50_000).contains("Zstandard"));
    assert!(with(&|p| p.photometric = 8).contains("kind 8"));
    assert!(with(&|p| p.photometric = 3).contains("palette is missing"));
    assert!(with(&|p| p.tile = Some((0, 3))).contains("tiles"));
    assert!(refusal(b"II\x2a\0\x08\0\0\0").contains("beyond the end of the file"));
    assert!(refusal(b"II\x2a\0\0\0\0\0").contains("no pages"));
    assert!(refusal(b"II\x2b\0\x09\0\0\0\0\0").contains("version 43"));
}

#[test]
fn one_pixel_is_a_film() {
    let mut f = film(&file(PLAIN, &[Page::grey(1, 1, 8, vec![7])]));
    let (read, _) = all_frames(f.source.as_mut());
    assert!(matches!(&read[0].1, Pixels::U8(a) if a[[0, 0]] == 7));
}
