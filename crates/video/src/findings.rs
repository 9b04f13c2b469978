//! What readers have to say about a file: the findings whose codes begin with V.
//!
//! | code | severity | meaning |
//! | --- | --- | --- |
//! | V01 | warning | the file ends before it should; what is there was read |
//! | V02 | warning | places in time without a frame |
//! | V03 | warning | a sidecar or a note in the file is there but was not used |
//! | V04 | warning | frames that cannot be decoded were left out |
//! | V05 | info | the codec throws information away |
//! | V06 | info | the film is in colour, its luma was taken |
//! | V07 | info | the times of the frames are not evenly spaced |

use nta_core::{Finding, Severity};

fn video(code: &str, severity: Severity, message: String) -> Finding {
    Finding::new(code, severity, "video", message)
}

/// V01: the file ends before it should. `what` says how that was seen; `frames` are left.
pub fn truncated(what: &str, frames: u64) -> Finding {
    video(
        "V01",
        Severity::Warning,
        format!("The file ends before it should. The {frames} frames that are there were taken; copy the file again if the original is longer ({what})."),
    )
    .with(frames as f64, None, "frames")
}

/// V02: `missing` of `places` places in time have no frame.
pub fn missing(missing: u64, places: u64) -> Finding {
    video(
        "V02",
        Severity::Warning,
        format!("{missing} of {places} frames are missing: the camera or the recorder dropped them. Tracks are carried over the holes with the right time; record to a faster disk if there are many."),
    )
    .with(missing as f64, Some(0.0), "frames")
}

/// V03: something that belongs to the capture was not used, and why.
pub fn not_used(what: &str) -> Finding {
    video("V09", Severity::Warning, what.to_owned())
}

/// V04: `damaged` of `frames` frames cannot be decoded.
pub fn damaged(damaged: u64, frames: u64) -> Finding {
    video(
        "V04",
        Severity::Warning,
        format!("{damaged} of {frames} frames cannot be decoded and were left out. Copy the file again, or check the recorder."),
    )
    .with(damaged as f64, Some(0.0), "frames")
}

/// V05: the codec throws information away.
pub fn lossy(codec: &str) -> Finding {
    video(
        "V05",
        Severity::Info,
        format!(
            "The film was stored with a lossy codec ({codec}). It flattens weak spots and may shift them; record without compression if you can."
        ),
    )
}

/// V06: the film is in colour.
pub fn colour() -> Finding {
    video(
        "V06",
        Severity::Info,
        "The film is in colour. Its luma (ITU-R BT.601) was taken; a camera's colour filter halves the resolution, so record in grey if you can.".into(),
    )
}

/// V07: the largest departure of a frame's time from an even spacing, as a part of the interval.
pub fn uneven(jitter: f64, limit: f64) -> Finding {
    video(
        "V07",
        Severity::Info,
        format!("The frames are not evenly spaced in time: up to {:.0} % of the interval off. The times of the file were taken, not the numbers of the frames; nothing needs to be done.", 100.0 * jitter),
    )
    .with(jitter, Some(limit), "intervals")
}
