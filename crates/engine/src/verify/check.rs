//! One thing that was looked at.

use serde::Serialize;
use std::path::Path;

/// What came of looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is what was written.
    Sound,
    /// It is not.
    Altered,
    /// It is not there, or cannot be read.
    Missing,
    /// There is nothing to hold it against.
    NotChecked,
}

impl State {
    /// In words for people.
    pub fn word(self) -> &'static str {
        match self {
            State::Sound => "sound",
            State::Altered => "altered",
            State::Missing => "not there",
            State::NotChecked => "not checked",
        }
    }

    /// Whether what it says of a result cannot be relied on.
    pub fn is_bad(self) -> bool {
        matches!(self, State::Altered | State::Missing)
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What came of it.
    pub state: State,
    /// The file, the film, the line.
    pub subject: String,
    /// In words; empty if there is nothing more to say.
    pub message: String,
}

impl Check {
    pub(super) fn new(state: State, subject: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self {
            state,
            subject: plain(subject.as_ref()),
            message: plain(message.as_ref()),
        }
    }
}

/// A text from a file in which nothing moves the cursor or begins a line of its own.
pub(super) fn plain(text: &str) -> String {
    let replaced = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(replaced).collect()
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}
