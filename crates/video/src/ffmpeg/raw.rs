//! The only unsafe code of the project: what FFmpeg offers and `ffmpeg-next` does not offer safely.
//!
//! `ffmpeg-next` takes `linesize` for a `usize` and builds slices from it, which is undefined behaviour for pictures
//! that lie bottom-up in memory (their `linesize` is negative, as in plain 8-bit AVI files); its `open` panics on
//! file names that are not UTF-8 and takes names such as `concat:...` or `-` for addresses.
#![allow(unsafe_code)]

use crate::ffmpeg_common::pixels::Rows;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Error, frame};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::Once;

thread_local! {
    /// Errors logged on this thread since it started. Per thread, so that films that are read at the same time do
    /// not count each other's errors; what a decoder's own threads log is not counted.
    static LOGGED: Cell<u64> = const { Cell::new(0) };
}

/// Takes the place of FFmpeg's own log function, which writes to stderr. Generic in the type of the argument list,
/// which differs between platforms and is not touched.
unsafe extern "C" fn count_errors<V>(_: *mut c_void, level: c_int, _: *const c_char, _: V) {
    // The low byte is the level; the rest may hold a colour.
    if (0..=ffi::AV_LOG_ERROR).contains(&(level & 0xff)) {
        LOGGED.with(|n| n.set(n.get().wrapping_add(1)));
    }
}

/// Silences FFmpeg and starts counting its errors.
pub(super) fn count_log_lines() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the callback has the signature that the binding asks for, lives as long as the program, and is
        // safe to call from any thread: it touches nothing but a counter of the calling thread.
        unsafe { ffi::av_log_set_callback(Some(count_errors)) }
    });
}

/// Errors logged on this thread so far.
pub(super) fn errors_logged() -> u64 {
    LOGGED.with(Cell::get)
}

#[cfg(unix)]
fn address(path: &Path) -> Option<CString> {
    use std::os::unix::ffi::OsStrExt;
    let mut bytes = b"file:".to_vec();
    bytes.extend_from_slice(path.as_os_str().as_bytes());
    CString::new(bytes).ok()
}

#[cfg(not(unix))]
fn address(path: &Path) -> Option<CString> {
    CString::new(format!("file:{}", path.to_str()?)).ok()
}

/// Opens a file, and nothing but a file: no network, no other protocol, whatever its name or its content ask for.
pub(super) fn open_input(path: &Path) -> Result<Input, Error> {
    let address = address(path).ok_or(Error::InvalidData)?;
    let mut context: *mut ffi::AVFormatContext = ptr::null_mut();
    let mut options: *mut ffi::AVDictionary = ptr::null_mut();
    // SAFETY: all strings end in zero and outlive the calls; `context` and `options` start as null, as FFmpeg asks;
    // `options` is freed in every case. `avformat_open_input` frees the context itself when it fails; after it has
    // succeeded the context is either handed to `Input`, which closes it on drop, or closed here.
    unsafe {
        ffi::av_dict_set(
            &mut options,
            c"protocol_whitelist".as_ptr(),
            c"file".as_ptr(),
            0,
        );
        let opened = ffi::avformat_open_input(
            &mut context,
            address.as_ptr(),
            ptr::null_mut(),
            &mut options,
        );
        ffi::av_dict_free(&mut options);
        if opened < 0 {
            return Err(Error::from(opened));
        }
        let found = ffi::avformat_find_stream_info(context, ptr::null_mut());
        if found < 0 {
            ffi::avformat_close_input(&mut context);
            return Err(Error::from(found));
        }
        Ok(Input::wrap(context))
    }
}

/// FFmpeg's words for an error. The error's own `Display` has none unless the whole library was set up.
pub(super) fn words(error: Error) -> String {
    let mut text: [c_char; 128] = [0; 128];
    // SAFETY: the buffer is as long as is said, FFmpeg ends what it writes with a zero, and the last byte is zero
    // even if it writes nothing.
    let text = unsafe {
        ffi::av_strerror(error.into(), text.as_mut_ptr(), text.len());
        CStr::from_ptr(text.as_ptr())
    };
    text.to_string_lossy().into_owned()
}

/// Name of the pixel format of a picture, as FFmpeg spells it.
pub(super) fn format_name(frame: &frame::Video) -> Option<&'static str> {
    frame.format().descriptor().map(|d| d.name())
}

/// The planes of a decoded picture, rows counted from the top in both directions of memory.
pub(super) struct Planes<'a>(pub(super) &'a frame::Video);

impl Rows for Planes<'_> {
    fn row(&self, plane: usize, y: usize, bytes: usize) -> Option<&[u8]> {
        // SAFETY: `as_ptr` gives the picture that `self.0` owns for as long as it is borrowed.
        let frame = unsafe { &*self.0.as_ptr() };
        let data = *frame.data.get(plane)?;
        let stride = *frame.linesize.get(plane)? as isize;
        let descriptor = self.0.format().descriptor()?;
        let height = usize::try_from(frame.height).ok()?;
        let palette = descriptor.name() == "pal8" && plane == 1;
        let rows = match plane {
            1 if palette => 1,
            1 | 2 => height.div_ceil(1usize << descriptor.log2_chroma_h()),
            _ => height,
        };
        // FFmpeg gives a palette no stride: it is always 256 entries of 4 bytes.
        let held = if palette { 1024 } else { stride.unsigned_abs() };
        if data.is_null() || y >= rows || bytes > held {
            return None;
        }
        let offset = if palette {
            0
        } else {
            stride.checked_mul(isize::try_from(y).ok()?)?
        };
        // SAFETY: `data` points to the first byte of the top row and each further row lies `stride` bytes on, or
        // back if it is negative; `y` is below the number of rows of this plane and `bytes` is within one row, so
        // the slice lies within the buffer, which lives as long as the borrowed picture and is not written to.
        Some(unsafe { std::slice::from_raw_parts(data.offset(offset), bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffmpeg_next::format::Pixel;

    /// A 3 x 2 gray picture whose bytes are written through FFmpeg's own pointer.
    fn picture() -> frame::Video {
        let mut frame = frame::Video::new(Pixel::GRAY8, 3, 2);
        // SAFETY: FFmpeg has just allocated two rows of at least three bytes each.
        unsafe {
            let raw = &mut *frame.as_mut_ptr();
            for y in 0..2 {
                for x in 0..3 {
                    *raw.data[0].offset(y * raw.linesize[0] as isize + x) = (10 * y + x) as u8;
                }
            }
        }
        frame
    }

    #[test]
    fn rows_run_both_ways() {
        let mut frame = picture();
        assert_eq!(Planes(&frame).row(0, 1, 3), Some(&[10, 11, 12][..]));
        // SAFETY: the pointer moves to the last row and the stride turns round, which is how FFmpeg describes a
        // bottom-up picture; the buffer itself stays as it is.
        unsafe {
            let raw = &mut *frame.as_mut_ptr();
            raw.data[0] = raw.data[0].offset(raw.linesize[0] as isize);
            raw.linesize[0] = -raw.linesize[0];
        }
        let planes = Planes(&frame);
        assert_eq!(planes.row(0, 0, 3), Some(&[10, 11, 12][..]));
        assert_eq!(planes.row(0, 1, 3), Some(&[0, 1, 2][..]));
    }

    #[test]
    fn rows_that_are_not_there_are_refused() {
        let frame = picture();
        let planes = Planes(&frame);
        for (plane, y, bytes) in [
            (0, 2, 1),
            (0, 0, 1 << 20),
            (1, 0, 1),
            (7, 0, 1),
            (8, 0, 1),
            (99, 0, 1),
        ] {
            assert_eq!(planes.row(plane, y, bytes), None, "{plane} {y} {bytes}");
        }
        let empty = frame::Video::empty();
        assert_eq!(Planes(&empty).row(0, 0, 1), None);
    }

    #[test]
    fn names_cannot_be_addresses() {
        for name in ["pipe:0", "concat:a|b", "http://127.0.0.1:9/a", "-", "a\0b"] {
            assert!(open_input(Path::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn only_errors_are_counted_and_per_thread() {
        let before = errors_logged();
        for level in [
            ffi::AV_LOG_ERROR,
            ffi::AV_LOG_FATAL,
            ffi::AV_LOG_WARNING,
            ffi::AV_LOG_QUIET,
        ] {
            // SAFETY: the callback reads none of its pointers.
            unsafe { count_errors(ptr::null_mut(), level, ptr::null(), ()) };
        }
        assert_eq!(errors_logged() - before, 2);
        assert_eq!(std::thread::spawn(errors_logged).join().ok(), Some(0));
    }
}
