//! nta-video: files become frames.

#[cfg(feature = "ffmpeg")]
pub mod ffmpeg;
mod ffmpeg_common;
pub mod ffmpeg_pipe;
