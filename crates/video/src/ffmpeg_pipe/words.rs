//! What the program `ffmpeg` writes for people, taken apart.

use crate::ffmpeg_common::layout::Range;

/// What `ffmpeg -i FILE` says of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Probe {
    /// (major, minor) of the program; development builds without a number count as newest.
    pub(super) version: (u32, u32),
    pub(super) container: String,
    pub(super) duration_s: Option<f64>,
    pub(super) streams: usize,
    /// The first film, if there is one.
    pub(super) film: Option<Film>,
}

/// The line of a video stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Film {
    pub(super) codec: String,
    pub(super) format: String,
    pub(super) range: Option<Range>,
    /// Nominal rate first, then the average.
    pub(super) fps: Vec<f64>,
}

/// One line of the filter `showinfo`: a picture that is about to come through the pipe.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) stamp: Option<i64>,
    pub(super) format: String,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) interlaced: bool,
    pub(super) key: bool,
}

pub(super) fn probe(text: &str) -> Probe {
    let mut out = Probe {
        version: (u32::MAX, 0),
        ..Probe::default()
    };
    for line in text.lines() {
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("ffmpeg version ") {
            out.version = version(rest);
        } else if let Some(rest) = line.strip_prefix("Input #0, ") {
            out.container = rest
                .split_once(", from '")
                .map_or(rest, |(a, _)| a)
                .to_owned();
        } else if let Some(rest) = line.strip_prefix("Duration: ") {
            out.duration_s = rest.split_once(',').and_then(|(d, _)| clock_time(d));
        } else if line.starts_with("Stream #0:") {
            out.streams += 1;
            if let Some((_, rest)) = line.split_once("Video: ")
                && !line.contains("(attached pic)")
                && out.film.is_none()
            {
                out.film = Some(film(rest));
            }
        }
    }
    out
}

/// `5.1.9-0+deb12u1 ...`, `n7.1 ...`, `N-118193-g... `.
fn version(text: &str) -> (u32, u32) {
    let text = text.strip_prefix('n').unwrap_or(text);
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        (Some(Ok(major)), _) => (major, 0),
        _ => (u32::MAX, 0),
    }
}

/// `00:01:02.50`
fn clock_time(text: &str) -> Option<f64> {
    text.trim()
        .split(':')
        .try_fold(0.0, |sum, part| {
            Some(sum * 60.0 + part.parse::<f64>().ok()?)
        })
        .filter(|s| s.is_finite() && *s > 0.0)
}

/// `h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 320x240, 25 fps, 25 tbr, 12800 tbn`
fn film(text: &str) -> Film {
    let parts = split_outside_brackets(text);
    let word = |s: &str| -> String {
        s.trim()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    let format_part = parts.get(1).copied().unwrap_or("");
    let in_brackets = format_part
        .split_once('(')
        .map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let range = in_brackets.split(',').find_map(|w| match w.trim() {
        "tv" => Some(Range::Limited),
        "pc" => Some(Range::Full),
        _ => None,
    });
    let rate = |unit: &str| {
        parts.iter().find_map(|p| {
            let number = p.trim().strip_suffix(unit)?.trim_end();
            let (number, scale) = match number.strip_suffix('k') {
                Some(n) => (n, 1e3),
                None => (number, 1.0),
            };
            number.parse::<f64>().ok().map(|f| exact_rate(f * scale))
        })
    };
    Film {
        codec: word(parts.first().copied().unwrap_or("")),
        format: word(format_part),
        range,
        fps: [rate(" tbr"), rate(" fps")].into_iter().flatten().collect(),
    }
}

/// Rates are printed with two decimals: 29.97 is 30000/1001.
fn exact_rate(printed: f64) -> f64 {
    let ntsc = (printed * 1.001).round() * 1000.0 / 1001.0;
    let whole = printed.fract() == 0.0;
    if !whole && (ntsc - printed).abs() < 0.006 {
        ntsc
    } else {
        printed
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Time stamps and tick (s) from the format `framecrc`: `#tb 0: 1/12800` and lines of stream, dts, pts, ...
pub(super) fn stamps(text: &str) -> (Vec<i64>, Option<f64>) {
    let mut tick_s = None;
    let mut out = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("#tb 0: ") {
            tick_s = rational(rest);
        } else if !line.starts_with('#') {
            out.extend(
                line.split(',')
                    .nth(2)
                    .and_then(|p| p.trim().parse::<i64>().ok()),
            );
        }
    }
    (out, tick_s)
}

fn rational(text: &str) -> Option<f64> {
    let (a, b) = text.trim().split_once('/')?;
    let value = a.trim().parse::<f64>().ok()? / b.trim().parse::<f64>().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// The tick that `showinfo` announces: `config in time_base: 1/12800, frame_rate: 25/1`.
pub(super) fn shown_tick(line: &str) -> Option<f64> {
    let rest = line.split_once("config in time_base: ")?.1;
    rational(rest.split(',').next()?)
}

/// `[...] n:   3 pts:   1536 pts_time:0.12 ... fmt:gray ... s:64x48 i:P ...`
pub(super) fn shown(line: &str) -> Option<Shown> {
    let at = line.find("] n:")?;
    let line = &line[at + 2..];
    let field = |key: &str| {
        let start = line.find(key)? + key.len();
        line[start..].split_whitespace().next()
    };
    let (width, height) = field(" s:")?.split_once('x')?;
    Some(Shown {
        stamp: field(" pts:")?.parse().ok(),
        format: field(" fmt:")?.to_owned(),
        width: width.parse().ok()?,
        height: height.parse().ok()?,
        interlaced: field(" i:").is_some_and(|i| i == "T" || i == "B"),
        key: field(" iskey:").is_some_and(|k| k == "1"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_taken_apart() {
        let text = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n\
            Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a, b.mp4':\n  Metadata:\n\
            \x20 Duration: 00:01:02.50, start: 0.000000, bitrate: 30 kb/s\n\
            \x20 Stream #0:0[0x1](und): Audio: aac (LC), 44100 Hz\n\
            \x20 Stream #0:1[0x2]: Video: png, rgb24(pc), 9x9, 90k tbr, 90k tbn (attached pic)\n\
            \x20 Stream #0:2[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), \
            320x240 [SAR 1:1 DAR 4:3], 28 kb/s, 22.58 fps, 23.98 tbr, 12800 tbn (default)\n";
        let got = probe(text);
        assert_eq!((got.version, got.streams), ((5, 1), 3));
        assert_eq!(got.container, "mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(got.duration_s, Some(62.5));
        let film = got.film.expect("film");
        assert_eq!(
            (film.codec.as_str(), film.format.as_str()),
            ("h264", "yuv420p")
        );
        assert_eq!(film.range, Some(Range::Limited));
        assert_eq!(film.fps, [24000.0 / 1001.0, 22.58]);
        assert_eq!(probe("").film, None);
        assert_eq!(
            probe("Duration: N/A, x\nStream #0:0: Video: ").duration_s,
            None
        );
        for (text, want) in [
            ("n7.1-3 x", (7, 1)),
            ("N-11-gab x", (u32::MAX, 0)),
            ("8 x", (8, 0)),
        ] {
            assert_eq!(version(text), want, "{text}");
        }
    }

    #[test]
    fn rates_are_exact_where_they_were_rounded() {
        for (printed, exact) in [
            (29.97, 30000.0 / 1001.0),
            (59.94, 60000.0 / 1001.0),
            (25.0, 25.0),
            (12.5, 12.5),
            (90000.0, 90000.0),
        ] {
            assert_eq!(exact_rate(printed), exact, "{printed}");
        }
    }

    #[test]
    fn stamps_and_shown_lines() {
        let text = "#tb 0: 1/1000\n#media_type 0: video\n0,  0,  40, 1, 12, 0xab\n0, 40, NOPTS, 1, 12, 0x1\n";
        assert_eq!(stamps(text), (vec![40], Some(0.001)));
        let line = "[Parsed_showinfo_0 @ 0x5581] [info] n:   3 pts:   1536 pts_time:0.12    pos:  1024 fmt:gray16le \
                    sar:1/1 s:64x48 i:P iskey:0 type:P";
        let got = shown(line).expect("a line");
        assert_eq!((got.stamp, got.width, got.height), (Some(1536), 64, 48));
        assert_eq!(got.format, "gray16le");
        assert!(!got.interlaced && !got.key);
        assert!(
            shown(&line.replace("iskey:0", "iskey:1"))
                .expect("a line")
                .key
        );
        assert_eq!(
            shown(&line.replace("1536", "NOPTS")).expect("a line").stamp,
            None
        );
        assert_eq!(shown("[x] [info] side data - n: 3 s:"), None);
        assert_eq!(shown(""), None);
        let config =
            "[Parsed_showinfo_0 @ 0x1] [info] config in time_base: 1/90000, frame_rate: 25/1";
        assert_eq!(shown_tick(config), Some(1.0 / 90000.0));
        assert_eq!(
            shown_tick("config in time_base: 1/0, frame_rate: 25/1"),
            None
        );
    }
}
