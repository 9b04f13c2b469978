//! What a file says of itself, what is missing, and a quick look: what `nta inspect` does.

use crate::analyze::AnalyzeError;
use crate::assemble::NOT_SEARCHED;
use crate::capture::{CaptureInput, tracking_plan};
use crate::plan::Plan;
use crate::preview::{Glimpse, PreviewRequest, preview};
use crate::runtime::{Runtime, Stopwatch};
use nta_core::film::Polarity;
use nta_core::track_video::{Glance, glance};
use nta_core::{Pixels, Severity, VideoInfo};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Frames that are looked at.
const FRAMES: usize = 25;

/// What `nta inspect` tells.
#[derive(Clone, Debug)]
pub struct Inspection {
    path: String,
    info: VideoInfo,
    frames_read: u64,
    brightness: Brightness,
    spots_per_frame: Vec<usize>,
    spot_width_px: f64,
    noise_counts: f64,
    missing: Vec<String>,
    dark_dots: bool,
    findings: Vec<nta_core::Finding>,
    /// The picture that was drawn, if one was asked for.
    preview: Option<PathBuf>,
}

/// Counts over the frames that were looked at.
#[derive(Clone, Copy, Debug)]
struct Brightness {
    darkest: u16,
    median: u16,
    brightest: u16,
    /// Share of pixels at the ceiling.
    saturated: f64,
}

/// Opens one capture, counts its frames and looks at a few of them.
pub fn inspect(
    input: &Path,
    plan: &Plan,
    runtime: &Runtime<'_>,
) -> Result<Inspection, AnalyzeError> {
    let mut capture = CaptureInput::open(input)?;
    let stopwatch = Stopwatch::new(runtime, 1);
    stopwatch.capture(0, capture.source.info().frames);
    stopwatch.report("background", 0);
    let pool = runtime.pool()?;
    let seen = pool
        .install(|| glance(&mut *capture.source, &tracking_plan(plan), FRAMES))
        .map_err(|e| AnalyzeError::of_capture(&capture.name, e))?;
    let mut frames_read = 0;
    while capture.source.next_packet()?.is_some() {
        if runtime.cancel.load(Ordering::Relaxed) {
            return Err(AnalyzeError::Cancelled);
        }
        frames_read += 1;
        stopwatch.report("count", frames_read);
    }
    let info = capture.source.info().clone();
    let mut findings = seen.findings.clone();
    findings.extend(capture.source.end().findings);
    let brightness = brightness(&seen, info.ceiling_counts);
    Ok(Inspection {
        path: capture.name,
        missing: missing(plan, &info),
        dark_dots: plan.film.polarity == Polarity::Bright && brightness.looks_dark_on_bright(),
        brightness,
        spots_per_frame: seen.frames.iter().map(|f| f.spots.len()).collect(),
        spot_width_px: seen.film.spot_width_px,
        noise_counts: f64::from(seen.film.noise_counts),
        info,
        frames_read,
        findings,
        preview: None,
    })
}

/// As [`inspect`], and draws a picture for people of what is seen in the film. What forbids the picture is told before
/// any work is done.
pub fn inspect_with_preview(
    input: &Path,
    request: &PreviewRequest,
    plan: &Plan,
    runtime: &Runtime<'_>,
) -> Result<Inspection, AnalyzeError> {
    request.check(input)?;
    let mut inspection = inspect(input, plan, runtime)?;
    let glimpse = Glimpse {
        frames: inspection.frames_read,
        dark_dots: inspection.dark_dots,
    };
    preview(input, request, plan, glimpse, runtime)?;
    inspection.preview = Some(request.out.clone());
    Ok(inspection)
}

impl Brightness {
    /// Whether much more of the range lies below the ordinary pixel than above it, as in bright-field films.
    fn looks_dark_on_bright(&self) -> bool {
        let (below, above) = (
            self.median.saturating_sub(self.darkest),
            self.brightest.saturating_sub(self.median),
        );
        u32::from(below) > 2 * u32::from(above) && below > 8
    }
}

fn brightness(seen: &Glance, ceiling: u16) -> Brightness {
    let mut histogram = vec![0u64; 1 << 16];
    for (_, pixels) in &seen.pixels {
        match pixels {
            Pixels::U8(a) => a.iter().for_each(|v| histogram[usize::from(*v)] += 1),
            Pixels::U16(a) => a.iter().for_each(|v| histogram[usize::from(*v)] += 1),
        }
    }
    let total: u64 = histogram.iter().sum();
    let mut below = 0;
    let median = histogram.iter().position(|n| {
        below += n;
        2 * below >= total
    });
    let at_ceiling: u64 = histogram[usize::from(ceiling)..].iter().sum();
    let count = |place: Option<usize>| place.and_then(|p| u16::try_from(p).ok()).unwrap_or(0);
    Brightness {
        darkest: count(histogram.iter().position(|n| *n > 0)),
        median: count(median),
        brightest: count(histogram.iter().rposition(|n| *n > 0)),
        saturated: at_ceiling as f64 / total.max(1) as f64,
    }
}

/// What an analysis would still need, or would have to assume.
fn missing(plan: &Plan, info: &VideoInfo) -> Vec<String> {
    let mut out = Vec::new();
    if plan.pixel_size_um.is_none() && info.pixel_size_um.is_none() {
        out.push("pixel size: give --pixel-size-um; there is no size without it".to_owned());
    }
    if plan.frame_rate_fps.is_none() && info.frame_interval_s.is_none() {
        out.push("frame rate: give --frame-rate-fps; there is no size without it".to_owned());
    }
    if plan.exposure_ms.is_none() && info.exposure_s.is_none() {
        out.push(
            "exposure: give --exposure-ms, else it is estimated from the film or assumed"
                .to_owned(),
        );
    }
    if plan.temperature_c.from == "default" {
        out.push(format!(
            "temperature: give --temperature-c, else {} °C is assumed",
            plan.temperature_c.value
        ));
    }
    if plan.depth_um.is_none() {
        out.push("depth: give --depth-um for a concentration".to_owned());
    }
    out
}

impl Inspection {
    /// For people.
    pub fn to_text(&self) -> String {
        let i = &self.info;
        let mut out = String::new();
        // Writing to a String cannot fail.
        let mut line = |name: &str, value: String| {
            let _ = writeln!(out, "{:<16}{value}", format!("{name}:"));
        };
        line("file", self.path.clone());
        line(
            "stored as",
            format!(
                "{}, {}{}",
                i.container,
                i.codec,
                if i.lossy { " (lossy)" } else { "" }
            ),
        );
        line(
            "frame size",
            format!("{} x {} px, {} bit", i.width_px, i.height_px, i.bit_depth),
        );
        line("frames", self.frames_read.to_string());
        let unknown = || "the file does not say".to_owned();
        let rate = |s: f64| {
            format!(
                "{} fps ({} ms between frames)",
                rounded(1.0 / s),
                rounded(1e3 * s)
            )
        };
        line("frame rate", i.frame_interval_s.map_or_else(unknown, rate));
        let size = |(um, place): &(f64, String)| format!("{} um ({place})", rounded(*um));
        line(
            "pixel size",
            i.pixel_size_um.as_ref().map_or_else(unknown, size),
        );
        let exposure = |(s, place): &(f64, String)| format!("{} ms ({place})", rounded(1e3 * s));
        line(
            "exposure",
            i.exposure_s.as_ref().map_or_else(unknown, exposure),
        );
        for (key, value) in &i.says {
            line("the file says", format!("{key}: {value}"));
        }
        let b = self.brightness;
        line(
            "brightness",
            format!(
                "{} to {}, median {} counts",
                b.darkest, b.brightest, b.median
            ),
        );
        line(
            "saturated",
            format!(
                "{} % of pixels at {} counts",
                short(100.0 * b.saturated),
                i.ceiling_counts
            ),
        );
        line(
            "noise",
            format!("{} counts per pixel", short(self.noise_counts)),
        );
        line(
            "spot width",
            format!("{} px (standard deviation)", short(self.spot_width_px)),
        );
        line("spots", self.spots());
        for text in &self.missing {
            line("missing", text.clone());
        }
        for f in &self.findings {
            let word = match f.severity {
                Severity::Info => "note",
                Severity::Warning => "look at this",
                Severity::Failure => "problem",
            };
            line(word, format!("{} [{}]", f.message, f.code));
        }
        if self.dark_dots {
            line(
                "hint",
                "The picture is bright with darker dots. If these are the particles, give --set film.polarity=dark."
                    .to_owned(),
            );
        }
        if let Some(path) = &self.preview {
            line("preview", path.display().to_string());
        }
        out
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let i = &self.info;
        let placed = |v: &Option<(f64, String)>| {
            v.as_ref()
                .map(|(v, from)| json!({"value": v, "from": from}))
        };
        let mut value = json!({
            "path": self.path,
            "container": i.container, "codec": i.codec, "lossy": i.lossy, "colour": i.colour,
            "width_px": i.width_px, "height_px": i.height_px, "bit_depth": i.bit_depth,
            "ceiling_counts": i.ceiling_counts, "frames": self.frames_read,
            "frame_interval_s": i.frame_interval_s,
            "pixel_size_um": placed(&i.pixel_size_um), "exposure_s": placed(&i.exposure_s),
            "says": i.says,
            "brightness_counts": {
                "darkest": self.brightness.darkest, "median": self.brightness.median,
                "brightest": self.brightness.brightest,
            },
            "saturated_share": self.brightness.saturated,
            "noise_counts": self.noise_counts, "spot_width_px": self.spot_width_px,
            "spots_per_frame": {
                "mean": (!self.not_searched()).then(|| self.mean_spots()), "frames": self.spots_per_frame,
            },
            "missing": self.missing,
            "looks_dark_on_bright": self.dark_dots,
            "findings": self.findings,
        });
        if let Some(path) = &self.preview {
            value["preview"] = json!(path.display().to_string());
        }
        value
    }

    /// Spots per frame in words.
    fn spots(&self) -> String {
        if self.not_searched() {
            return "too many to tell particles apart".to_owned();
        }
        let (low, high) = self.spot_range();
        format!(
            "{} per frame ({low} to {high} in {} frames looked at)",
            short(self.mean_spots()),
            self.spots_per_frame.len()
        )
    }

    /// Whether the film shows more spots than particles can make, so that no frame was searched.
    fn not_searched(&self) -> bool {
        self.findings.iter().any(|f| f.code == NOT_SEARCHED)
    }

    fn mean_spots(&self) -> f64 {
        self.spots_per_frame.iter().sum::<usize>() as f64 / self.spots_per_frame.len().max(1) as f64
    }

    fn spot_range(&self) -> (usize, usize) {
        let low = self.spots_per_frame.iter().min().copied().unwrap_or(0);
        (low, self.spots_per_frame.iter().max().copied().unwrap_or(0))
    }
}

/// Four significant digits, for what a person may type again.
fn rounded(value: f64) -> String {
    digits(value, 4)
}

/// Three significant digits, for what was measured.
fn short(value: f64) -> String {
    digits(value, 3)
}

fn digits(value: f64, significant: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let digits = significant - 1 - value.abs().log10().floor() as i32;
    if digits <= 0 {
        return format!("{value:.0}");
    }
    let text = format!("{value:.*}", digits as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
