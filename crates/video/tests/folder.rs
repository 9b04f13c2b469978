//! Folders of images, single images, and what cannot be opened at all.

mod support;

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, RgbImage};
use nta_core::FrameSource;
use std::path::Path;
use support::tiff::{PLAIN, Page, bytes16, file};
use support::{all_frames, codes, counts, scene8, scene16, wide};

const W: usize = 13;
const H: usize = 7;

fn grey(n: usize) -> DynamicImage {
    GrayImage::from_raw(W as u32, H as u32, scene8(W, H, n))
        .unwrap()
        .into()
}

fn save(folder: &Path, name: &str, image: &DynamicImage, format: ImageFormat) {
    image.save_with_format(folder.join(name), format).unwrap();
}

fn open(folder: &Path) -> Box<dyn FrameSource> {
    nta_video::open(folder).unwrap()
}

fn refusal(path: &Path) -> String {
    match nta_video::open(path) {
        Ok(_) => panic!("it should be refused"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn images_come_in_the_order_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for n in [10, 2, 0, 1] {
        save(
            folder.path(),
            &format!("frame{n}.png"),
            &grey(n),
            ImageFormat::Png,
        );
    }
    std::fs::write(folder.path().join(".hidden.png"), b"x").unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"hello").unwrap();
    save(folder.path(), "overview.jpg", &grey(0), ImageFormat::Jpeg);
    let mut film = open(folder.path());
    let (frames, damaged) = all_frames(film.as_mut());
    assert_eq!(damaged, 0);
    let read: Vec<_> = frames.iter().map(|f| counts(&f.1)).collect();
    assert_eq!(read, [0, 1, 2, 10].map(|n| wide(&scene8(W, H, n))));
    assert_eq!(
        (film.info().container.as_str(), film.info().frame_interval_s),
        ("png folder", None)
    );
    assert_eq!(film.end().tally.get("other_kind_of_image"), 1);
    let files = nta_video::files_of(folder.path()).unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|p| p.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["frame0.png", "frame1.png", "frame2.png", "frame10.png"]
    );
}

#[test]
fn the_content_decides_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "a1.bmp", &grey(1), ImageFormat::Png);
    save(folder.path(), "a2.bmp", &grey(2), ImageFormat::Png);
    let mut film = open(folder.path());
    assert_eq!(film.info().codec, "png");
    assert_eq!(all_frames(film.as_mut()).0.len(), 2);
}

#[test]
fn bitmaps_tiffs_and_16_bits() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..2 {
        save(
            folder.path(),
            &format!("{n}.bmp"),
            &grey(n),
            ImageFormat::Bmp,
        );
    }
    let mut film = open(folder.path());
    assert!(!film.info().colour);
    let (frames, _) = all_frames(film.as_mut());
    assert_eq!(counts(&frames[1].1), wide(&scene8(W, H, 1)));

    let folder = tempfile::tempdir().unwrap();
    for n in 0..3 {
        let page = Page::grey(
            W as u32,
            H as u32,
            16,
            bytes16(&scene16(W, H, n, 4095), false),
        );
        std::fs::write(folder.path().join(format!("{n}.tif")), file(PLAIN, &[page])).unwrap();
    }
    let page = Page::grey(W as u32, H as u32, 16, bytes16(&scene16(W, H, 0, 9), false));
    std::fs::write(
        folder.path().join("3.tif"),
        file(PLAIN, &[page.clone(), page]),
    )
    .unwrap();
    let mut film = open(folder.path());
    assert_eq!(
        (film.info().bit_depth, film.info().container.as_str()),
        (16, "tiff folder")
    );
    let (frames, damaged) = all_frames(film.as_mut());
    assert_eq!((frames.len(), damaged), (3, 1));
    assert_eq!(counts(&frames[2].1), scene16(W, H, 2, 4095));

    let folder = tempfile::tempdir().unwrap();
    let scene = scene16(W, H, 0, 65_535);
    let image = ImageBuffer::<Luma<u16>, _>::from_raw(W as u32, H as u32, scene.clone()).unwrap();
    save(folder.path(), "0.png", &image.into(), ImageFormat::Png);
    let mut film = open(folder.path());
    assert_eq!(film.info().ceiling_counts, 65_535);
    assert_eq!(counts(&all_frames(film.as_mut()).0[0].1), scene);
}

#[test]
fn colour_is_said_and_grey_in_rgb_is_not_colour() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = scene8(W, H, 0).iter().flat_map(|&v| [v, v, v]).collect();
    let image = RgbImage::from_raw(W as u32, H as u32, pixels).unwrap();
    save(folder.path(), "0.png", &image.into(), ImageFormat::Png);
    let mut film = open(folder.path());
    assert!(!film.info().colour);
    assert_eq!(
        counts(&all_frames(film.as_mut()).0[0].1),
        wide(&scene8(W, H, 0))
    );
    let image = RgbImage::from_pixel(W as u32, H as u32, image::Rgb([100, 0, 200]));
    save(folder.path(), "0.png", &image.into(), ImageFormat::Png);
    let mut film = open(folder.path());
    assert_eq!(codes(&film.end()), ["V06"]);
    assert_eq!(all_frames(film.as_mut()).0[0].1.at(0, 0), 53);
}

#[test]
fn damaged_and_odd_images_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..6 {
        save(
            folder.path(),
            &format!("{n}.png"),
            &grey(n),
            ImageFormat::Png,
        );
    }
    let path = folder.path().join("1.png");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    save(
        folder.path(),
        "3.png",
        &GrayImage::new(4, 4).into(),
        ImageFormat::Png,
    );
    let mut film = open(folder.path());
    let (frames, damaged) = all_frames(film.as_mut());
    assert_eq!(frames.iter().map(|f| f.0).collect::<Vec<_>>(), [0, 2, 4, 5]);
    assert_eq!(damaged, 2);
}

#[test]
fn timestamps_show_missing_frames_and_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..5 {
        save(
            folder.path(),
            &format!("{n}.png"),
            &grey(n),
            ImageFormat::Png,
        );
    }
    let times = folder.path().join("timestamps.csv");
    std::fs::write(&times, "file,time_ms\n0,100\n1,140\n2,180\n3,300\n4,340\n").unwrap();
    let mut film = open(folder.path());
    let (frames, _) = all_frames(film.as_mut());
    assert_eq!(
        frames.iter().map(|f| f.0).collect::<Vec<_>>(),
        [0, 1, 2, 5, 6]
    );
    assert!((film.info().frame_interval_s.unwrap() - 0.04).abs() < 1e-12);
    assert_eq!(
        (film.info().frames, film.end().frames_missing),
        (Some(7), 2)
    );
    assert_eq!(codes(&film.end()), ["V02"]);
    assert_eq!(
        nta_video::files_of(folder.path()).unwrap().last(),
        Some(&times)
    );

    std::fs::write(&times, "0\n0.04\n0.093\n0.12\n0.16\n").unwrap();
    assert_eq!(codes(&open(folder.path()).end()), ["V07"]);

    for bad in ["0\n1\n2\n", "0\n1\n1\n2\n3\n", "\u{0}\u{1}"] {
        std::fs::write(&times, bad).unwrap();
        let mut film = open(folder.path());
        assert_eq!(codes(&film.end()), ["V09"]);
        assert_eq!(all_frames(film.as_mut()).0.len(), 5);
        assert_eq!(film.info().frame_interval_s, None);
    }
}

#[test]
fn a_single_image_is_a_film_of_one_frame() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [
        ("a.png", ImageFormat::Png),
        ("a.jpg", ImageFormat::Jpeg),
        ("a.bmp", ImageFormat::Bmp),
    ] {
        save(folder.path(), name, &grey(0), format);
        let path = folder.path().join(name);
        let mut film = open(&path);
        assert_eq!(film.info().frames, Some(1));
        assert_eq!(all_frames(film.as_mut()).0.len(), 1);
        assert_eq!(film.info().lossy, name == "a.jpg");
        assert_eq!(nta_video::files_of(&path).unwrap(), [path]);
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        refusal(&path)
    };
    assert!(refusal(&folder.path().join("missing.avi")).contains("there is no such file"));
    assert!(nta_video::files_of(&folder.path().join("missing.avi")).is_err());
    assert!(refusal(folder.path()).contains("a folder without images"));
    assert!(at("empty.avi", b"").contains("empty (0 bytes)"));
    assert!(at("text.avi", "This is \u{e4} text\r\n".as_bytes()).contains("a text file"));
    assert!(!at("odd.avi", &[0, 1, 2, 3, 250]).is_empty());
    assert!(at("cut.png", b"\x89PNG\r\n\x1a\n\0\0").contains("cannot be decoded"));
    assert!(at("cut.jpg", &[0xff, 0xd8, 0xff, 0xe0, 0, 16]).contains("ends within its header"));
    assert!(refusal(folder.path()).contains("cannot be decoded"));
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("x.avi"), b"RIFF").unwrap();
    assert!(refusal(other.path()).contains("such as x.avi"));
}

#[test]
fn the_table_of_readers_is_sound() {
    let mut keys: Vec<_> = nta_video::READERS.iter().map(|r| r.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), nta_video::READERS.len());
    let text = nta_video::Head {
        is_folder: false,
        bytes: b"hello",
    };
    assert!(
        nta_video::READERS
            .iter()
            .all(|r| !(r.sniff)(&text) && !r.title.is_empty())
    );
}
