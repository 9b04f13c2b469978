//! What is known of a film once it has been read: holes, damage, a length that falls short, and what a person should
//! know of it.
//!
//! Findings: V01 the file ends early, V04 damage, V05 lossy codec, V06 colour, V07 variable frame rate.

use super::clock::FilmClock;
use nta_core::{Finding, Severity, SourceEnd, VideoInfo};

/// What was seen while a film was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Pictures that the decoder itself marked as damaged.
    pub(crate) damaged: u64,
    /// Packets that the decoder refused, so that there is no picture.
    pub(crate) refused: u64,
    /// Pictures of another size or format than the first.
    pub(crate) changed: u64,
    /// Errors that the decoder or the container's reader wrote to its log.
    pub(crate) messages: u64,
    /// Damaged pictures that could not be told from the good ones and are still in.
    pub(crate) damaged_kept: u64,
    /// The last picture so far was damaged.
    pub(crate) damaged_at_end: bool,
    /// Reading stopped for this reason before the end.
    pub(crate) broken: Option<String>,
    /// Packets that came out of the container.
    pub(crate) packets: u64,
    /// The end was reached.
    pub(crate) finished: bool,
}

/// What the container declares about its length.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    /// Number of pictures in its index or header.
    pub(crate) frames: Option<u64>,
    /// Duration, s.
    pub(crate) duration_s: Option<f64>,
}

impl Declared {
    /// Places in time, as a hint.
    pub(crate) fn places(self, interval_s: Option<f64>) -> Option<u64> {
        let by_time = match (self.duration_s, interval_s) {
            (Some(d), Some(i)) if d > 0.0 && d / i < 4e9 => Some((d / i).round() as u64),
            _ => None,
        };
        match (by_time, self.frames) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
        .filter(|n| *n > 0)
    }

    /// (declared, found) if the file ends before it should. A declared number is taken at its word; a duration is
    /// rounded and may belong to a sound track, so that two places and one in a hundred are let pass.
    fn shortfall(
        self,
        clock: &FilmClock,
        seen: &Seen,
        interval_s: Option<f64>,
    ) -> Option<(u64, u64)> {
        let found = clock.places();
        if let Some(n) = self.frames.filter(|n| *n > 0) {
            let found = found.max(seen.packets);
            return (found + 1 < n).then_some((n, found));
        }
        let places = self.places(interval_s)?;
        (found + 2 + places / 100 < places).then_some((places, found))
    }
}

/// Everything that is known after the last frame.
pub(crate) fn source_end(
    info: &VideoInfo,
    clock: &FilmClock,
    seen: &Seen,
    declared: Declared,
    varies: bool,
) -> SourceEnd {
    let mut end = SourceEnd {
        // A refused packet leaves a hole in time too; it is counted once, as damaged.
        frames_missing: clock.holes().saturating_sub(seen.refused),
        frames_damaged: seen.damaged + seen.refused + seen.changed,
        complete: true,
        ..SourceEnd::default()
    };
    end.tally.add("damaged", seen.damaged);
    end.tally.add("refused_by_decoder", seen.refused);
    end.tally.add("size_or_format_changed", seen.changed);
    end.tally.add("damaged_but_kept", seen.damaged_kept);
    end.tally.add("decoder_messages", seen.messages);
    end.tally.add("time_stamp_not_believed", clock.bad_stamps);
    let mut say = |finding: Finding| end.findings.push(finding);
    let new = |code: &str, severity, text: String| Finding::new(code, severity, "video", text);
    let shortfall = seen
        .finished
        .then(|| declared.shortfall(clock, seen, info.frame_interval_s))
        .flatten();
    if let Some((declared, found)) = shortfall {
        end.complete = false;
        let text = format!(
            "The file ends after {found} of the {declared} frames that it declares. What is there was used; copy the \
             file again, or check the recorder."
        );
        say(new("V01", Severity::Warning, text).with(
            found as f64,
            Some(declared as f64),
            "frames",
        ));
    } else if let Some(reason) = &seen.broken {
        end.complete = false;
        let text = format!(
            "Reading stopped before the end of the file. What came before was used; copy the file again ({reason})."
        );
        say(new("V01", Severity::Warning, text));
    } else if seen.finished && seen.damaged_at_end {
        // A duration is too coarse to tell that the last picture is missing a part.
        end.complete = false;
        let text = "The last picture of the file is damaged, so the file probably ends before it should; what came \
                    before was used. Copy it again, or check the recorder."
            .to_owned();
        say(new("V01", Severity::Warning, text));
    }
    let damaged = end.frames_damaged;
    if damaged > 0 || seen.damaged_kept > 0 || seen.messages > 0 {
        say(damage_finding(info, seen, damaged));
    }
    if info.lossy {
        let neighbours = if info.interframe {
            " Pictures are coded relative to their neighbours, so that noise and positions of successive frames may \
             be correlated."
        } else {
            ""
        };
        let text = format!(
            "The film was stored with a lossy codec ({}). Faint particles and their brightness suffer.{neighbours} \
             Record without compression if you can.",
            info.codec
        );
        say(new("V05", Severity::Info, text));
    }
    if info.colour {
        let text =
            "The film is in colour. Its luma was used; record in grey if you can.".to_owned();
        say(new("V06", Severity::Info, text));
    }
    if varies {
        let text = "The time between frames varies. Each frame's own time was used, and the median as the frame \
                    interval; nothing needs to be done."
            .to_owned();
        let finding = new("V07", Severity::Info, text);
        say(match info.frame_interval_s {
            Some(s) => finding.with(s, None, "s"),
            None => finding,
        });
    }
    end
}

fn damage_finding(info: &VideoInfo, seen: &Seen, left_out: u64) -> Finding {
    let mut text = Vec::new();
    if left_out > 0 {
        text.push(format!(
            "{left_out} damaged {} left out.",
            if left_out == 1 {
                "frame was"
            } else {
                "frames were"
            }
        ));
        if info.interframe {
            text.push(
                "Frames up to the next key frame were predicted from them and may be off as well."
                    .to_owned(),
            );
        }
    }
    if seen.damaged_kept > 0 {
        text.push(format!(
            "The decoder marked {} frames as damaged that could not be told from the others and were kept.",
            seen.damaged_kept
        ));
    }
    if seen.messages > 0 {
        text.push(format!("The decoder logged {} errors.", seen.messages));
    }
    text.push("Copy the file again, or check the recorder.".to_owned());
    let count = left_out + seen.damaged_kept;
    Finding::new("V04", Severity::Warning, "video", text.join(" ")).with(
        count as f64,
        Some(0.0),
        "frames",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_adds_up() {
        let info = VideoInfo {
            codec: "h264".into(),
            lossy: true,
            interframe: true,
            frame_interval_s: Some(0.1),
            ..VideoInfo::default()
        };
        let mut clock = FilmClock::new(0.1, Some(0.1));
        for stamp in [0, 1, 3, 4] {
            clock.place(Some(stamp));
        }
        let mut seen = Seen {
            damaged: 1,
            packets: 4,
            finished: true,
            ..Seen::default()
        };
        let codes = |end: &SourceEnd| {
            end.findings
                .iter()
                .map(|f| f.code.clone())
                .collect::<Vec<_>>()
        };
        let frames = |n| Declared {
            frames: Some(n),
            duration_s: None,
        };
        let end = source_end(&info, &clock, &seen, frames(5), false);
        assert_eq!(
            (end.frames_missing, end.frames_damaged, end.complete),
            (1, 1, true)
        );
        assert_eq!(codes(&end), ["V04", "V05"]);
        let end = source_end(&info, &clock, &seen, frames(300), true);
        assert!(!end.complete);
        assert_eq!(codes(&end), ["V01", "V04", "V05", "V07"]);
        assert_eq!(end.findings[0].observed, Some(5.0));
        let by_time = |s| Declared {
            frames: None,
            duration_s: Some(s),
        };
        assert!(source_end(&info, &clock, &seen, by_time(0.7), false).complete);
        assert!(!source_end(&info, &clock, &seen, by_time(0.8), false).complete);
        // The last picture may be spoiled while the duration is all there.
        seen.damaged_at_end = true;
        let end = source_end(&info, &clock, &seen, by_time(0.5), false);
        assert!(!end.complete);
        assert_eq!(codes(&end), ["V01", "V04", "V05"]);
        seen.damaged_at_end = false;
        // Half-way nothing is said about the end.
        seen.finished = false;
        assert!(source_end(&info, &clock, &seen, by_time(0.8), false).complete);
    }
}
