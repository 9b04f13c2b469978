//! What the page shows that is too large for `result.json`: a frame of the film and a dot per particle.

use super::words::count;
use nta_core::Pixels;
use std::fmt::Write;

/// What the page shows beside the result. All of it may be missing; the page is then shorter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictures {
    /// A frame of the film with what was found in it.
    pub film: Option<FilmPicture>,
    /// A dot for each particle whose track alone gives a diameter.
    pub particles: Vec<ParticlePoint>,
}

/// A frame of the film with what was found in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilmPicture {
    /// The frame as an 8-bit grey PNG; [`grey_png`] makes one.
    pub png: Vec<u8>,
    /// Its width, px.
    pub width_px: u32,
    /// Its height, px.
    pub height_px: u32,
    /// Place of its capture, from 0.
    pub capture: u64,
    /// Its place in time, from 0.
    pub frame: u64,
    /// Spots in it: across px, down px, width (standard deviation) px.
    pub spots: Vec<[f64; 3]>,
    /// Tracks that pass through it: positions across and down, px.
    pub tracks: Vec<Vec<[f64; 2]>>,
}

/// One particle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ParticlePoint {
    /// Diameter that fits its track and the population, nm.
    pub diameter_nm: f64,
    /// Its brightness, counts.
    pub intensity_counts: f64,
}

/// A frame as an 8-bit grey PNG, stretched so that the darkest 1 % are black and all but the brightest 0.1 % are
/// below white. `None` for an empty frame.
pub fn grey_png(pixels: &Pixels) -> Option<Vec<u8>> {
    let image = pixels.to_f32();
    let mut sorted: Vec<f32> = image.iter().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let low = sorted[last / 100];
    let high = sorted[last - last / 1000].max(low + 1.0);
    let bytes: Vec<u8> = image
        .iter()
        .map(|v| ((v - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8)
        .collect();
    let (width, height) = (
        u32::try_from(pixels.width_px()),
        u32::try_from(pixels.height_px()),
    );
    let grey = image::GrayImage::from_raw(width.ok()?, height.ok()?, bytes)?;
    let mut png = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut png, image::ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

/// Whether a picture is so bright that rings and lines over it must be dark.
fn bright_ground(png: &[u8]) -> bool {
    let Ok(picture) = image::load_from_memory(png) else {
        return false;
    };
    let grey = picture.into_luma8();
    let sum: u64 = grey.iter().map(|v| u64::from(*v)).sum();
    sum > 140 * grey.len() as u64
}

/// The frame with circles and lines over it, which can be switched off.
pub fn film(picture: &FilmPicture) -> Option<String> {
    let (w, h) = (picture.width_px, picture.height_px);
    if w == 0 || h == 0 || picture.png.is_empty() {
        return None;
    }
    let mut tracks = String::new();
    for points in &picture.tracks {
        let mut d = String::new();
        for [x, y] in points.iter().filter(|p| p.iter().all(|v| v.is_finite())) {
            let letter = if d.is_empty() { 'M' } else { 'L' };
            let _ = write!(d, "{letter}{x:.1} {y:.1}");
        }
        if !d.is_empty() {
            let _ = write!(tracks, "<path d=\"{d}\"/>");
        }
    }
    let mut spots = String::new();
    // Rings that a person can see, however small the spot and large the frame.
    let smallest = f64::from(w) / 110.0;
    for [x, y, width] in picture
        .spots
        .iter()
        .filter(|s| s.iter().all(|v| v.is_finite()))
    {
        let r = (3.0 * width).clamp(smallest, 8.0 * smallest);
        let _ = write!(spots, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"/>");
    }
    // At most 640 px high.
    let widest = 640 * u64::from(w) / u64::from(h);
    let ground = match bright_ground(&picture.png) {
        true => "film light",
        false => "film",
    };
    Some(format!(
        "<figure class=\"{ground}\"><h3>A frame of the film, and what was found in it</h3>\
         <input type=\"checkbox\" id=\"see-spots\" checked><label for=\"see-spots\">particles</label>\
         <input type=\"checkbox\" id=\"see-tracks\" checked><label for=\"see-tracks\">their tracks</label>\
         <svg style=\"max-width:{widest}px;aspect-ratio:{w}/{h}\" viewBox=\"-0.5 -0.5 {w} {h}\" role=\"img\" aria-label=\"A frame with the particles and their tracks\">\
         <image x=\"-0.5\" y=\"-0.5\" width=\"{w}\" height=\"{h}\" href=\"data:image/png;base64,{}\"/>\
         <g class=\"tracks\">{tracks}</g><g class=\"spots\">{spots}</g></svg>\
         <figcaption>Capture {}, frame {}: {} particles (rings) and the tracks that pass through it (lines). Dots \
         without a ring were not counted.</figcaption></figure>",
        base64(&picture.png),
        picture.capture.saturating_add(1),
        count(picture.frame),
        count(picture.spots.len() as u64),
    ))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            if i <= three.len() {
                out.push(LETTERS[(bits >> (18 - 6 * i) & 63) as usize] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// The examples of RFC 4648, section 10.
    #[test]
    fn base64_as_the_rfc_has_it() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn any_frame_becomes_a_picture_or_none() {
        for (h, w) in [(1, 1), (3, 2), (40, 50)] {
            let png = grey_png(&Pixels::U16(Array2::from_elem((h, w), 700))).unwrap();
            let back = image::load_from_memory(&png).unwrap();
            assert_eq!((back.height() as usize, back.width() as usize), (h, w));
            assert_eq!(back.color(), image::ColorType::L8);
        }
        assert!(grey_png(&Pixels::U8(Array2::zeros((0, 5)))).is_none());
        let dark_dots = Array2::from_shape_fn((20, 20), |(y, x)| match (y + x) % 10 {
            0 => 20u8,
            other => 120 + other as u8,
        });
        let shown = |pixels| grey_png(&Pixels::U8(pixels)).unwrap();
        assert!(bright_ground(&shown(dark_dots.clone())));
        assert!(!bright_ground(&shown(dark_dots.mapv(|v| 140 - v))));
        let odd = FilmPicture {
            png: vec![1],
            width_px: 5,
            height_px: 5,
            frame: u64::MAX,
            capture: u64::MAX,
            spots: vec![[f64::NAN; 3], [1e300; 3]],
            tracks: vec![vec![], vec![[f64::INFINITY; 2]]],
        };
        assert!(!film(&odd).unwrap().contains("NaN"));
        assert!(film(&FilmPicture::default()).is_none());
    }
}
