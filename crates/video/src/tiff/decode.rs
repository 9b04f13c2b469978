//! From strips and tiles to counts.

use super::ifd::TiffFile;
use super::page::{Meaning, Packing, Page};
use crate::bytes::Endian;
use crate::luma::{luma8, luma16};
use ndarray::Array2;
use nta_core::Pixels;
use std::io::Read;

/// Reads and decodes a page.
pub(crate) fn page(file: &TiffFile, page: &Page) -> Result<Pixels, String> {
    let (width, height) = (page.width_px, page.height_px);
    // The two depths differ in the type of the result only.
    if page.bits == 8 {
        let mut out = Array2::<u8>::zeros((height, width));
        each_row(file, page, |y, x0, n, row| {
            let into = out.row_mut(y).into_slice().map(|r| &mut r[x0..x0 + n]);
            if let Some(into) = into {
                counts8(row, page, into);
            }
        })?;
        Ok(Pixels::U8(out))
    } else {
        let mut out = Array2::<u16>::zeros((height, width));
        let mut samples = Vec::new();
        each_row(file, page, |y, x0, n, row| {
            samples.clear();
            samples16(row, page, file.endian, &mut samples);
            let into = out.row_mut(y).into_slice().map(|r| &mut r[x0..x0 + n]);
            if let Some(into) = into {
                counts16(&samples, page, into);
            }
        })?;
        Ok(Pixels::U16(out))
    }
}

/// Unpacks every block and calls `visit(y, x0, pixels, row of bytes)` for each of its rows in the picture.
fn each_row(
    file: &TiffFile,
    page: &Page,
    mut visit: impl FnMut(usize, usize, usize, &[u8]),
) -> Result<(), String> {
    let row_bytes = page.row_bytes();
    let across = page.width_px.div_ceil(page.block_width);
    for (n, &(at, len)) in page.blocks.iter().enumerate() {
        let rows = page.block_rows(n);
        let needed = row_bytes * rows;
        let packed = file.bytes.take(at, len)?;
        let mut bytes = unpacked(page.packing, packed, needed)
            .map_err(|why| format!("strip or tile {n}: {why}"))?;
        let (x0, y0) = (
            (n % across) * page.block_width,
            (n / across) * page.block_height,
        );
        let pixels = page.block_width.min(page.width_px - x0);
        let seen = rows.min(page.height_px - y0);
        // Rows of zero bytes cannot be: every row has at least one pixel of 8 bits.
        for (r, row) in bytes.chunks_exact_mut(row_bytes).take(seen).enumerate() {
            if page.differences {
                undo_differences(row, page, file.endian);
            }
            visit(y0 + r, x0, pixels, row);
        }
    }
    Ok(())
}

/// At least `needed` bytes, or an error.
fn unpacked(packing: Packing, packed: Vec<u8>, needed: usize) -> Result<Vec<u8>, String> {
    let out = match packing {
        Packing::None => packed,
        Packing::PackBits => unpack_bits(&packed, needed),
        Packing::Deflate => {
            let mut out = Vec::with_capacity(needed);
            let mut reader = flate2::read::ZlibDecoder::new(packed.as_slice()).take(needed as u64);
            reader
                .read_to_end(&mut out)
                .map_err(|e| format!("the deflate code is damaged: {e}"))?;
            out
        }
        Packing::Lzw => {
            let mut out = vec![0; needed];
            let written = unpack_lzw(&packed, &mut out)?;
            out.truncate(written);
            out
        }
    };
    if out.len() < needed {
        return Err(format!("it gives {} bytes, {needed} are needed", out.len()));
    }
    Ok(out)
}

fn unpack_lzw(packed: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < out.len() {
        let step = decoder.decode_bytes(&packed[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(e) => return Err(format!("the LZW code is damaged: {e}")),
        }
    }
    Ok(written)
}

/// PackBits: a signed byte n, then n + 1 bytes as they are, or one byte 1 - n times.
fn unpack_bits(packed: &[u8], needed: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(needed);
    let mut at = 0;
    while out.len() < needed {
        let Some(&n) = packed.get(at) else { break };
        let n = n as i8;
        at += 1;
        if n >= 0 {
            let end = (at + n as usize + 1).min(packed.len());
            out.extend_from_slice(&packed[at..end]);
            at = end;
        } else if n != -128 {
            let Some(&value) = packed.get(at) else { break };
            out.resize(out.len() + 1 + usize::from(n.unsigned_abs()), value);
            at += 1;
        }
    }
    out
}

/// Adds up what the predictor took apart, within one row.
fn undo_differences(row: &mut [u8], page: &Page, endian: Endian) {
    let step = page.samples;
    for channel in 0..step {
        if page.bits == 8 {
            let mut sum = 0u8;
            for value in row.iter_mut().skip(channel).step_by(step) {
                sum = sum.wrapping_add(*value);
                *value = sum;
            }
            continue;
        }
        let mut sum = 0u16;
        for pair in row.chunks_exact_mut(2).skip(channel).step_by(step) {
            let raw = [pair[0], pair[1]];
            let bytes = match endian {
                Endian::Little => {
                    sum = sum.wrapping_add(u16::from_le_bytes(raw));
                    sum.to_le_bytes()
                }
                Endian::Big => {
                    sum = sum.wrapping_add(u16::from_be_bytes(raw));
                    sum.to_be_bytes()
                }
            };
            pair.copy_from_slice(&bytes);
        }
    }
}

/// The samples of a row of 9 to 16 bits. Fewer than 16 bits are packed without gaps, most significant bit first.
fn samples16(row: &[u8], page: &Page, endian: Endian, out: &mut Vec<u16>) {
    if page.bits == 16 {
        let pairs = row.chunks_exact(2);
        match endian {
            Endian::Little => out.extend(pairs.map(|p| u16::from_le_bytes([p[0], p[1]]))),
            Endian::Big => out.extend(pairs.map(|p| u16::from_be_bytes([p[0], p[1]]))),
        }
        return;
    }
    let bits = u32::from(page.bits);
    let mask = (1u32 << bits) - 1;
    let (mut held, mut have) = (0u32, 0u32);
    for &byte in row {
        // At most 15 bits are held, so 23 after this.
        held = (held << 8) | u32::from(byte);
        have += 8;
        if have >= bits {
            have -= bits;
            out.push(((held >> have) & mask) as u16);
            held &= (1 << have) - 1;
        }
    }
}

fn counts8(row: &[u8], page: &Page, into: &mut [u8]) {
    let pixels = row.chunks_exact(page.samples);
    match &page.meaning {
        Meaning::Grey if page.samples == 1 => into.copy_from_slice(&row[..into.len()]),
        Meaning::Grey => set(into, pixels.map(|p| p[0])),
        Meaning::WhiteIsZero => set(into, pixels.map(|p| 255 - p[0])),
        Meaning::Palette(table) => set(into, pixels.map(|p| table[usize::from(p[0])])),
        Meaning::Rgb => set(into, pixels.map(|p| luma8(p[0], p[1], p[2]))),
    }
}

fn counts16(samples: &[u16], page: &Page, into: &mut [u16]) {
    let largest = ((1u32 << page.bits) - 1) as u16;
    let pixels = samples.chunks_exact(page.samples);
    match &page.meaning {
        Meaning::WhiteIsZero => set(into, pixels.map(|p| largest - p[0])),
        Meaning::Rgb => set(into, pixels.map(|p| luma16(p[0], p[1], p[2]))),
        Meaning::Grey | Meaning::Palette(_) => set(into, pixels.map(|p| p[0])),
    }
}

fn set<T>(into: &mut [T], values: impl Iterator<Item = T>) {
    for (slot, value) in into.iter_mut().zip(values) {
        *slot = value;
    }
}

/// Whether any pixel of an RGB page has a colour.
pub(crate) fn is_colour(file: &TiffFile, page: &Page) -> bool {
    if page.meaning != Meaning::Rgb {
        return page.colour_palette;
    }
    let mut found = false;
    let bytes = usize::from(page.bits / 8);
    let looked = each_row(file, page, |_, _, _, row| {
        found |= page.bits.is_multiple_of(8)
            && row.chunks_exact(page.samples * bytes).any(|p| {
                p[..bytes] != p[bytes..2 * bytes] || p[bytes..2 * bytes] != p[2 * bytes..3 * bytes]
            });
    });
    looked.is_ok() && found
}
