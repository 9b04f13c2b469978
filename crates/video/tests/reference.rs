//! Real recordings, if `NTA_REFERENCE_DATA` says where they are. The means were compared with those of FFmpeg 5.1:
//! equal for what is lossless, single counts off in a few pixels for JPEG.
#![allow(clippy::print_stderr)] // a test that is passed over says so

mod support;

use nta_core::{FrameSource, Pixels};
use std::path::PathBuf;
use support::{all_frames, codes};

fn data(part: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
        eprintln!("NTA_REFERENCE_DATA is not set: test passed over");
        return None;
    };
    Some(PathBuf::from(folder).join(part))
}

fn opened(part: &str) -> Option<Box<dyn FrameSource>> {
    Some(nta_video::open(&data(part)?).unwrap())
}

fn mean(pixels: &Pixels) -> f64 {
    let values = pixels.to_f32();
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64
}

#[test]
fn motion_jpeg_avi() {
    let Some(mut film) = opened("zaman13_fluo_trap/test1.avi") else {
        return;
    };
    let info = film.info().clone();
    assert_eq!(
        (info.width_px, info.height_px, info.codec.as_str()),
        (288, 164, "mjpeg")
    );
    assert_eq!(info.frame_interval_s, Some(0.04));
    let (frames, damaged) = all_frames(film.as_mut());
    assert_eq!((frames.len(), damaged), (123, 0));
    let end = film.end();
    assert!(end.complete);
    assert!(codes(&end).contains(&"V05".to_owned()));
    for (_, p) in &frames {
        assert_eq!(p.dim(), (164, 288));
    }
    assert!((mean(&frames[0].1) - 2.325).abs() < 0.01);
    assert!((mean(&frames[122].1) - 2.397).abs() < 0.01);
}

#[test]
fn jpeg_folders() {
    for (part, size, count, brightness) in [
        ("princeton_beads_1um/run_01", (640, 480), 200, 24.20),
        ("toronto_beads_1p9um/data3", (1280, 800), 120, 1.10),
    ] {
        let Some(mut film) = opened(part) else { return };
        let info = film.info().clone();
        assert_eq!((info.width_px, info.height_px), size);
        assert_eq!(info.container, "jpeg folder");
        assert_eq!(info.frame_interval_s, None);
        let seen = film.spaced(5).unwrap();
        assert_eq!(seen.len(), 5);
        assert_eq!(film.info().frames, Some(count));
        assert_eq!(codes(&film.end()), ["V05"]);
        assert!((mean(&seen[0].1) - brightness).abs() < 0.02);
        assert_eq!(
            nta_video::files_of(&data(part).unwrap()).unwrap().len(),
            count as usize
        );
    }
}

#[test]
fn deflated_stack_is_the_green_of_its_originals() {
    let Some(mut stack) = opened("trackpy_bulk_water/bulk_water_green_u8_300.tif") else {
        return;
    };
    assert_eq!(stack.info().codec, "deflate");
    let (frames, damaged) = all_frames(stack.as_mut());
    assert_eq!((frames.len(), damaged), (300, 0));
    let originals = data("trackpy_bulk_water/original_png").unwrap();
    let mut film = nta_video::open(&originals).unwrap();
    assert!(film.info().colour);
    let (luma, _) = all_frames(film.as_mut());
    assert_eq!(luma.len(), 10);
    for (n, path) in nta_video::files_of(&originals).unwrap().iter().enumerate() {
        let rgba = image::open(path).unwrap().to_rgba8();
        let Pixels::U8(stored) = &frames[n].1 else {
            panic!("the stack has 8 bits")
        };
        assert!(
            rgba.pixels().zip(stored).all(|(p, &g)| p.0[1] == g),
            "image {n}"
        );
        assert!((mean(&luma[n].1) - mean(&frames[n].1)).abs() < 40.0);
    }
}

#[test]
fn stack_of_16_bits() {
    let Some(mut film) = opened("trackpy_tests/video/stuck.tif") else {
        return;
    };
    let info = film.info().clone();
    assert_eq!(
        (info.width_px, info.height_px, info.bit_depth),
        (512, 512, 16)
    );
    let (frames, damaged) = all_frames(film.as_mut());
    assert_eq!((frames.len(), damaged), (5, 0));
    assert!(matches!(frames[0].1, Pixels::U16(_)));
    assert!((mean(&frames[0].1) - 498.7076).abs() < 1e-3);
}

#[test]
fn png_folder_in_the_order_of_numbers() {
    let Some(mut film) = opened("trackpy_tests/video/image_sequence") else {
        return;
    };
    assert_eq!((film.info().width_px, film.info().height_px), (640, 424));
    let (frames, _) = all_frames(film.as_mut());
    assert_eq!(frames.len(), 5);
}
