//! The files that were given, each read as what its content says it is.

use super::ImportError;
use crate::analyze::AnalyzeError;
use crate::fingerprint::sha256_of;
use crate::foreign::{self, ForeignError, ForeignTracks, FormatOptions};
use crate::plan::Plan;
use crate::runtime::Runtime;
use crate::vendor::{self, Export};
use std::path::{Path, PathBuf};

/// What a file holds.
pub(super) enum Content {
    /// Tracks, one list for each capture of the file.
    Tracks(Vec<ForeignTracks>),
    /// A vendor's export.
    Export(Box<Export>),
    /// Nothing that can be used: why, in one sentence that names the file.
    Bad(String),
}

/// A file that was given.
pub(super) struct Input {
    /// The path as it was given.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Empty if the file could not be read.
    pub(super) sha256: String,
    pub(super) content: Content,
    /// Captures of the file that could not be used while others were: how they are called, and why.
    pub(super) left_out: Vec<(String, String)>,
}

impl Input {
    /// Why the file could not be used, in one sentence.
    pub(super) fn unreadable(&self) -> Option<String> {
        match &self.content {
            Content::Bad(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// All that could not be used of the file, each in one sentence.
    pub(super) fn not_used(&self) -> impl Iterator<Item = String> {
        let captures = self.left_out.iter();
        let captures = captures.map(|(name, reason)| format!("{name}: {reason}"));
        self.unreadable().into_iter().chain(captures)
    }

    pub(super) fn export(&self) -> Option<&Export> {
        match &self.content {
            Content::Export(export) => Some(export),
            _ => None,
        }
    }
}

/// Reads all files in their order. Only what the command line can mend stops it; a bad file becomes [`Content::Bad`].
pub(super) fn read_all(
    paths: &[PathBuf],
    plan: &Plan,
    runtime: &Runtime<'_>,
) -> Result<Vec<Input>, ImportError> {
    let options = FormatOptions {
        pixel_size_um: plan.pixel_size_um.as_ref().map(|p| p.value),
        ..FormatOptions::default()
    };
    let mut inputs = Vec::with_capacity(paths.len());
    for path in paths {
        let content = match content(path, &options) {
            Ok(content) => content,
            Err(error @ ForeignError::NoPixelSize { .. }) => {
                return Err(ImportError::PixelSize(error));
            }
            Err(error) => Content::Bad(error.to_string()),
        };
        let sha256 = match content {
            Content::Bad(_) if !path.is_file() => Some(String::new()),
            _ => sha256_of(std::slice::from_ref(path), false, runtime.cancel)
                .map_err(AnalyzeError::from)?,
        };
        inputs.push(Input {
            name: path.display().to_string(),
            path: path.clone(),
            sha256: sha256.ok_or(AnalyzeError::Cancelled)?,
            content,
            left_out: Vec::new(),
        });
    }
    Ok(inputs)
}

fn content(path: &Path, options: &FormatOptions) -> Result<Content, ForeignError> {
    match vendor::read(path) {
        Ok(Some(export)) => return Ok(Content::Export(Box::new(export))),
        Ok(None) => {}
        Err(vendor::VendorError::Unreadable(error)) => return Err(error),
        Err(error) => return Ok(Content::Bad(error.to_string())),
    }
    match foreign::read(path, options) {
        Ok(tracks) if tracks.format == "nta" => captures(path, options, tracks),
        Ok(tracks) => Ok(Content::Tracks(vec![tracks])),
        Err(ForeignError::NoSuchCapture { first, .. }) => {
            let options = FormatOptions {
                capture: first,
                ..*options
            };
            captures(path, &options, foreign::read(path, &options)?)
        }
        Err(ForeignError::Unknown { path, found, .. }) => Ok(Content::Bad(format!(
            "{path} is neither tracks nor an export that nta can read: {found}"
        ))),
        Err(error) => Err(error),
    }
}

/// All captures of one of our own tables, the first of which has been read.
fn captures(
    path: &Path,
    options: &FormatOptions,
    first: ForeignTracks,
) -> Result<Content, ForeignError> {
    // Rows of the other captures are not lost.
    let own = |mut tracks: ForeignTracks| {
        tracks.skipped.0.remove("other_capture");
        tracks
    };
    let is_only_one = !first.skipped.0.contains_key("other_capture");
    let mut all = vec![own(first)];
    if is_only_one {
        return Ok(Content::Tracks(all));
    }
    let mut capture = options.capture;
    loop {
        capture += 1;
        let options = FormatOptions {
            capture,
            ..*options
        };
        match foreign::read(path, &options) {
            Ok(tracks) => all.push(own(tracks)),
            Err(ForeignError::NoSuchCapture { last, .. }) if capture < last => {}
            Err(ForeignError::NoSuchCapture { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(Content::Tracks(all))
}
