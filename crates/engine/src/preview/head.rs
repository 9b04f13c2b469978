//! The head of the picture: which film, the numbers, and what the colours mean.

use super::Scene;
use super::canvas::{Area, Canvas, Colour, Pen};
use super::choose::usual_step_px;
use super::style::{
    CONTINUED, FAINT, INK, LEFT_OUT, LINE, LOOSE, MARGIN, PALE_INK, PATHS, TRACKED,
};
use super::text::{Type, write};

/// Height of the head, px of the canvas.
pub(super) const HEIGHT: usize = MARGIN + 30 + 2 * LINE + 10 + 2 * 30;
/// Frames over which a path is drawn behind its particle.
pub(super) const TAIL_FRAMES: u32 = 30;
/// Radius of a ring in the legend, px of the canvas.
const SAMPLE: f64 = 7.0;

/// Code of the finding that some spots stand still.
const STUCK: &str = "B07";

/// Draws the head.
pub(super) fn draw(canvas: &mut Canvas, scene: &Scene<'_>) {
    let room = canvas.width() - 2 * MARGIN;
    let mut y = MARGIN;
    write(canvas, (MARGIN, y), &title(scene), Type::heading(INK), room);
    y += 30;
    let numbers = Type::plain(INK);
    for line in [spot_numbers(scene), track_numbers(scene)] {
        write(canvas, (MARGIN, y), &line, numbers, room);
        y += LINE;
    }
    y += 10;
    legend(canvas, scene, y);
}

fn title(scene: &Scene<'_>) -> String {
    let frames = &scene.census.video.frames;
    let (first, last) = match (frames.first(), frames.last()) {
        (Some(first), Some(last)) => (first.frame.0, last.frame.0),
        _ => (0, 0),
    };
    let stretch = if scene.shortened {
        " (looked at for this picture; analyze takes all)"
    } else {
        ""
    };
    format!(
        "{}: frames {first} to {last} of {}{stretch}",
        scene.name, scene.frames_in_file
    )
}

fn spot_numbers(scene: &Scene<'_>) -> String {
    let video = scene.census.video;
    let seen = scene.counts.seen();
    let per_area = 1e4 * seen / (video.film.usable_px() as f64).max(1.0);
    let threshold = if video.start_snr.is_finite() {
        format!("{:.2} to begin a track", video.start_snr)
    } else {
        "none".to_owned()
    };
    format!(
        "spots per frame: {seen:.1}  |  density: {per_area:.2} in 100 x 100 px  |  spot width: {:.2} px (standard deviation)  |  threshold SNR: {threshold}",
        video.film.spot_width_px
    )
}

fn track_numbers(scene: &Scene<'_>) -> String {
    let mut lengths: Vec<usize> = scene.census.followed().map(|t| t.points().len()).collect();
    lengths.sort_unstable();
    let Some(step) = usual_step_px(&scene.census) else {
        return "tracks: none".to_owned();
    };
    format!(
        "tracks: {}, half of them with {} spots or more  |  usual step: {step:.2} px per frame",
        lengths.len(),
        lengths[lengths.len() / 2],
    )
}

/// Two rows of signs with their words: rings with their mean numbers, and all other signs.
fn legend(canvas: &mut Canvas, scene: &Scene<'_>, y: usize) {
    let counts = scene.counts;
    let rings: [(Colour, bool, String); 4] = [
        (
            TRACKED,
            false,
            format!("in a track: {:.1} per frame", counts.tracked),
        ),
        (
            CONTINUED,
            false,
            format!(
                "in a track, but too faint to begin one: {:.1}",
                counts.continued
            ),
        ),
        (
            LOOSE,
            false,
            format!("seen, in no track: {:.1}", counts.loose),
        ),
        (
            FAINT,
            true,
            format!("too faint, left alone: {:.1}", counts.faint),
        ),
    ];
    let mut x = MARGIN;
    for (colour, dashed, words) in rings {
        let middle = (sign(canvas, scene, x, y) as f64, y as f64 + 12.0);
        let pen = Pen::new(scene.contrast.on_ground(colour), 2.0);
        if dashed {
            canvas.dashed_ring(middle, SAMPLE, pen);
        } else {
            canvas.ring(middle, SAMPLE, pen);
        }
        x = words_beside(canvas, x, y, &words);
    }
    let y = y + 30;
    let mut x = MARGIN;
    sign(canvas, scene, x, y);
    let pen = Pen::new(scene.contrast.on_ground(PATHS[0]), 1.5);
    let at = |u: usize, v: usize| ((x + u) as f64, (y + v) as f64);
    for (from, to) in [
        (at(3, 16), at(11, 7)),
        (at(11, 7), at(17, 15)),
        (at(17, 15), at(25, 8)),
    ] {
        canvas.line(from, to, pen);
    }
    let words = format!("path over the last {TAIL_FRAMES} frames");
    x = words_beside(canvas, x, y, &words);
    if scene.census.video.film.usable.iter().any(|u| !*u) {
        let middle = sign(canvas, scene, x, y);
        hatch_sample(
            canvas,
            Area {
                x: middle - 14,
                y: y - 1,
                width: 28,
                height: 26,
            },
        );
        x = words_beside(canvas, x, y, "left out (text in the picture, or excluded)");
    }
    let stuck = scene.census.video.findings.iter().any(|f| f.code == STUCK);
    let rest = if stuck {
        "Ring radius: twice the measured width. Dots without a ring stand still during the film (stuck, or dirt) and are not counted."
    } else {
        "Ring radius: twice the measured width. All frames have the same contrast."
    };
    let room = (canvas.width() - MARGIN).saturating_sub(x);
    write(canvas, (x, y + 4), rest, Type::plain(PALE_INK), room);
}

/// A field for a sign, about as bright as the film; gives the column of its middle.
fn sign(canvas: &mut Canvas, scene: &Scene<'_>, x: usize, y: usize) -> usize {
    let field = Area {
        x,
        y: y - 1,
        width: 28,
        height: 26,
    };
    let ground = if scene.contrast.bright_ground {
        215
    } else {
        60
    };
    canvas.fill(field, [ground; 3]);
    x + 14
}

fn words_beside(canvas: &mut Canvas, x: usize, y: usize, words: &str) -> usize {
    let kind = Type::plain(INK);
    write(canvas, (x + 36, y + 4), words, kind, canvas.width());
    x + 36 + kind.width(words) + 28
}

fn hatch_sample(canvas: &mut Canvas, area: Area) {
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            hatch(canvas, x, y);
        }
    }
}

/// Marks a pixel of a region that is left out.
pub(super) fn hatch(canvas: &mut Canvas, x: usize, y: usize) {
    let opacity = if (x + y) % 10 < 2 { 0.8 } else { 0.15 };
    canvas.blend(x, y, LEFT_OUT, opacity);
}
