//! JPEG to luma, and the two habits of Motion JPEG: frames without Huffman tables, and two fields in one frame.
//!
//! The tables that are put in when a frame has none are those of ITU-T T.81 (1992), annex K.3, which Motion JPEG
//! takes for granted.

use crate::limits::check_size;
use crate::luma::luma8;
use ndarray::Array2;
use std::borrow::Cow;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What the header of a JPEG says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JpegHead {
    /// Width, px.
    pub(crate) width_px: usize,
    /// Height, px.
    pub(crate) height_px: usize,
    /// Bits per sample.
    pub(crate) bits: u8,
    /// Number of channels.
    pub(crate) channels: u8,
    /// The first channel is sampled more finely downwards than across.
    tall: bool,
    /// Where the first scan begins: offset of its marker.
    scan_at: usize,
    /// Whether Huffman tables come before the first scan.
    has_tables: bool,
}

/// Reads the markers up to the first scan.
pub(crate) fn head(bytes: &[u8]) -> Result<JpegHead, String> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err("it is not a JPEG: the start marker is missing".into());
    }
    let (mut at, mut frame, mut has_tables) = (2usize, None, false);
    loop {
        let cut = || String::from("the JPEG ends within its header");
        match bytes.get(at).ok_or_else(cut)? {
            0xff => at += 1,
            // Bytes between segments are passed over, as other decoders do.
            _ => {
                at += 1;
                continue;
            }
        }
        let marker = *bytes.get(at).ok_or_else(cut)?;
        at += 1;
        match marker {
            // Fill bytes, stuffing and markers that stand alone.
            0xff => at -= 1,
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            0xd9 => return Err("the JPEG has no picture".into()),
            _ => {
                let length = bytes.get(at..at + 2).ok_or_else(cut)?;
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                if marker == 0xda {
                    let (width, height, bits, channels, tall): (u16, u16, u8, u8, bool) =
                        frame.ok_or("the JPEG has no frame header")?;
                    let (width_px, height_px) = check_size(width.into(), height.into())?;
                    return Ok(JpegHead {
                        width_px,
                        height_px,
                        bits,
                        channels,
                        tall,
                        scan_at: at - 2,
                        has_tables,
                    });
                }
                let body = bytes.get(at + 2..at + length.max(2)).ok_or_else(cut)?;
                match marker {
                    0xc4 => has_tables = true,
                    0xc8 | 0xcc => {}
                    0xc0..=0xcf if body.len() >= 6 => {
                        let height = u16::from_be_bytes([body[1], body[2]]);
                        let width = u16::from_be_bytes([body[3], body[4]]);
                        let sampling = body.get(7).copied().unwrap_or(0x11);
                        let tall = sampling & 15 > sampling >> 4;
                        frame = Some((width, height, body[0], body[5], tall));
                    }
                    _ => {}
                }
                at += length.max(2);
            }
        }
    }
}

/// The luma of a JPEG, full range. A frame that is cut or breaks the code is an error, not a grey patch.
pub(crate) fn luma(bytes: &[u8]) -> Result<Array2<u8>, String> {
    let head = head(bytes)?;
    let (space, pixels) = decoded(bytes, &head, ColorSpace::Luma)?;
    let triples = pixels.chunks_exact(3);
    let pixels = match space {
        ColorSpace::Luma => pixels,
        ColorSpace::YCbCr => triples.map(|p| p[0]).collect(),
        _ => triples.map(|p| luma8(p[0], p[1], p[2])).collect(),
    };
    Array2::from_shape_vec((head.height_px, head.width_px), pixels)
        .map_err(|_| "the JPEG gives fewer pixels than its header says".into())
}

/// Whether any pixel has a colour. Channels that differ by up to 4 counts are a matter of rounding.
pub(crate) fn is_colour(bytes: &[u8]) -> Result<bool, String> {
    let head = head(bytes)?;
    if head.channels == 1 {
        return Ok(false);
    }
    let (_, pixels) = decoded(bytes, &head, ColorSpace::RGB)?;
    Ok(pixels
        .chunks_exact(3)
        .any(|p| p[0].abs_diff(p[1]).max(p[1].abs_diff(p[2])) > 4))
}

/// The bytes of a JPEG that can be decoded: with Huffman tables, whole, and long enough for its size.
fn completed<'a>(bytes: &'a [u8], head: &JpegHead) -> Result<Cow<'a, [u8]>, String> {
    if head.bits != 8 || !matches!(head.channels, 1 | 3) {
        return Err(format!(
            "the JPEG has {} channels of {} bits; 1 or 3 of 8 bits can be read",
            head.channels, head.bits
        ));
    }
    let scan = &bytes[head.scan_at..];
    if !scan.windows(2).rev().any(|w| w == [0xff, 0xd9]) {
        return Err("the JPEG is cut: its end marker is missing".into());
    }
    // A block of 64 pixels takes at least one bit.
    if scan.len().saturating_mul(512) < head.width_px * head.height_px {
        return Err(format!(
            "{} x {} px cannot be in a JPEG of {} bytes",
            head.width_px,
            head.height_px,
            bytes.len()
        ));
    }
    Ok(if head.has_tables {
        Cow::Borrowed(bytes)
    } else {
        Cow::Owned([&bytes[..head.scan_at], &standard_tables(), scan].concat())
    })
}

/// Decodes to luma or RGB, and says to which colour space: a JPEG that stores R, G and B has no luma to hand out.
fn decoded(
    bytes: &[u8],
    head: &JpegHead,
    wanted: ColorSpace,
) -> Result<(ColorSpace, Vec<u8>), String> {
    let whole = completed(bytes, head)?;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(head.width_px)
        .set_max_height(head.height_px);
    let broken = |e: DecodeErrors| format!("the JPEG is damaged: {e:?}");
    let mut decoder = JpegDecoder::new_with_options(
        ZCursor::new(whole.as_ref()),
        options.jpeg_set_out_colorspace(wanted),
    );
    decoder.decode_headers().map_err(broken)?;
    let out = match (decoder.input_colorspace(), wanted) {
        (Some(ColorSpace::RGB), ColorSpace::Luma) => ColorSpace::RGB,
        // With this sampling zune-jpeg 0.5 reads beyond the last row when it is asked for luma alone.
        (Some(ColorSpace::YCbCr), ColorSpace::Luma) if head.tall => ColorSpace::YCbCr,
        (_, wanted) => wanted,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(out));
    let mut pixels = vec![0; head.width_px * head.height_px * out.num_components()];
    if decoder.output_buffer_size() != Some(pixels.len()) {
        return Err("the JPEG has two frame headers of different size".into());
    }
    decoder.decode_into(&mut pixels).map_err(broken)?;
    Ok((out, pixels))
}

/// A DHT segment with the four standard tables.
fn standard_tables() -> Vec<u8> {
    const DC_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let tables: [(u8, &[u8; 16], &[u8]); 4] = [
        (
            0x00,
            &[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            &DC_VALUES,
        ),
        (
            0x10,
            &[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
            &AC_LUMA,
        ),
        (
            0x01,
            &[0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
            &DC_VALUES,
        ),
        (
            0x11,
            &[0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
            &AC_CHROMA,
        ),
    ];
    let mut body = Vec::with_capacity(420);
    for (id, counts, values) in tables {
        body.push(id);
        body.extend_from_slice(counts);
        body.extend_from_slice(values);
    }
    let length = (body.len() + 2) as u16;
    let mut out = vec![0xff, 0xc4];
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&body);
    out
}

/// Values of table K.5.
#[rustfmt::skip]
const AC_LUMA: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
    0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

/// Values of table K.6.
#[rustfmt::skip]
const AC_CHROMA: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1,
    0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
    0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
    0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
    0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];
