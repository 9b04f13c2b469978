//! Where particles may not be looked for: rectangles named in the plan, and clocks and logos burnt into the picture.
//!
//! Burnt-in text is told from particles by three things together: its strokes are one or two pixels wide with hard
//! edges of a large part of the range, the same pixel is a stroke again and again while the film goes on, and many
//! such pixels stand close together. A particle has soft flanks, moves, and a stuck or hot pixel stands alone.

use crate::film::Rect;
use crate::model::{FrameIndex, Pixels};
use ndarray::Array2;

/// Frames looked at.
const FRAMES: usize = 24;
/// A stroke differs from both of its sides by this share of the range.
const EDGE_SHARE: f64 = 0.4;
/// A pixel must be a stroke in this share of the frames.
const RECURRENCE: f64 = 0.15;
/// Strokes nearer than this belong together, px.
const REACH_PX: usize = 6;
/// Fewer stroke pixels than this are no text.
const FEWEST_PX: usize = 24;
/// Kept free around the text, px: compression spreads it over blocks of eight.
const MARGIN_PX: usize = 8;

/// Everything usable except the rectangles.
pub(crate) fn usable(height: usize, width: usize, exclude: &[Rect]) -> Array2<bool> {
    let mut usable = Array2::from_elem((height, width), true);
    for rect in exclude {
        let end = |start: u32, length: u32, n: usize| {
            (u64::from(start) + u64::from(length)).min(n as u64) as usize
        };
        for y in rect.y_px as usize..end(rect.y_px, rect.height_px, height) {
            for x in rect.x_px as usize..end(rect.x_px, rect.width_px, width) {
                usable[[y, x]] = false;
            }
        }
    }
    usable
}

/// Rectangles of burnt-in text, in the order of their top, then left edge.
pub(crate) fn burnt_in(sample: &[(FrameIndex, Pixels)], ceiling_counts: u16) -> Vec<Rect> {
    let Some((_, first)) = sample.first() else {
        return Vec::new();
    };
    let (height, width) = first.dim();
    let stride = (sample.len() / FRAMES).max(1);
    let chosen: Vec<&Pixels> = sample.iter().step_by(stride).map(|(_, p)| p).collect();
    // With fewer frames a particle that rests would pass for text.
    if chosen.len() < 6 {
        return Vec::new();
    }
    let edge = (f64::from(ceiling_counts) * EDGE_SHARE).max(1.0) as i32;
    let mut hits = Array2::<u8>::zeros((height, width));
    for pixels in &chosen {
        count_strokes(pixels, edge, &mut hits);
    }
    let enough = (RECURRENCE * chosen.len() as f64).ceil().max(2.0) as u8;
    let mut strokes = hits.mapv(|n| n >= enough);
    let mut rects = Vec::new();
    for y in 0..height {
        for x in 0..width {
            if strokes[[y, x]] {
                let group = take_group((y, x), &mut strokes);
                rects.extend(text_rect(&group, height, width));
            }
        }
    }
    join(rects)
}

/// Joins rectangles that touch, so that a line of text is one.
fn join(rects: Vec<Rect>) -> Vec<Rect> {
    let mut joined: Vec<Rect> = Vec::new();
    for mut rect in rects {
        while let Some(i) = joined.iter().position(|other| touch(&rect, other)) {
            let other = joined.remove(i);
            let right = (rect.x_px + rect.width_px).max(other.x_px + other.width_px);
            let bottom = (rect.y_px + rect.height_px).max(other.y_px + other.height_px);
            rect.x_px = rect.x_px.min(other.x_px);
            rect.y_px = rect.y_px.min(other.y_px);
            rect.width_px = right - rect.x_px;
            rect.height_px = bottom - rect.y_px;
        }
        joined.push(rect);
    }
    joined.sort_by_key(|r| (r.y_px, r.x_px));
    joined
}

fn touch(a: &Rect, b: &Rect) -> bool {
    a.x_px <= b.x_px + b.width_px
        && b.x_px <= a.x_px + a.width_px
        && a.y_px <= b.y_px + b.height_px
        && b.y_px <= a.y_px + a.height_px
}

/// Adds one to every pixel that is a stroke in this frame: at least `edge` above both of its sides, two pixels
/// away, or below both, along the rows or along the columns.
fn count_strokes(pixels: &Pixels, edge: i32, hits: &mut Array2<u8>) {
    let (height, width) = pixels.dim();
    let at = |y: usize, x: usize| i32::from(pixels.at(y, x));
    let hard = |v: i32, a: i32, b: i32| {
        (v - a >= edge && v - b >= edge) || (a - v >= edge && b - v >= edge)
    };
    for y in 0..height {
        for x in 0..width {
            let v = at(y, x);
            let along = x >= 2 && x + 2 < width && hard(v, at(y, x - 2), at(y, x + 2));
            let across = y >= 2 && y + 2 < height && hard(v, at(y - 2, x), at(y + 2, x));
            if along || across {
                hits[[y, x]] = hits[[y, x]].saturating_add(1);
            }
        }
    }
}

/// Removes from `strokes` the seed and all that hang together with it, and returns them. Each pixel is looked at as often
/// as it has neighbours: in a noisy film half of all pixels are strokes.
fn take_group(seed: (usize, usize), strokes: &mut Array2<bool>) -> Vec<(usize, usize)> {
    let (height, width) = strokes.dim();
    let mut group = vec![seed];
    strokes[[seed.0, seed.1]] = false;
    let mut next = 0;
    while next < group.len() {
        let (y, x) = group[next];
        next += 1;
        for i in y.saturating_sub(REACH_PX)..(y + REACH_PX + 1).min(height) {
            for j in x.saturating_sub(REACH_PX)..(x + REACH_PX + 1).min(width) {
                if std::mem::take(&mut strokes[[i, j]]) {
                    group.push((i, j));
                }
            }
        }
    }
    group
}

/// The rectangle around a group if it is text: many pixels, and wider than a single spot.
fn text_rect(group: &[(usize, usize)], height: usize, width: usize) -> Option<Rect> {
    let top = group.iter().map(|s| s.0).min()?;
    let bottom = group.iter().map(|s| s.0).max()?;
    let left = group.iter().map(|s| s.1).min()?;
    let right = group.iter().map(|s| s.1).max()?;
    if group.len() < FEWEST_PX || (bottom - top).max(right - left) < 12 {
        return None;
    }
    let start = |v: usize| v.saturating_sub(MARGIN_PX);
    let end = |v: usize, n: usize| (v + MARGIN_PX + 1).min(n);
    Some(Rect {
        x_px: start(left) as u32,
        y_px: start(top) as u32,
        width_px: (end(right, width) - start(left)) as u32,
        height_px: (end(bottom, height) - start(top)) as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_full_of_strokes_is_one_group_found_in_good_time() {
        let mut strokes = Array2::from_elem((500, 700), true);
        assert_eq!(take_group((0, 0), &mut strokes).len(), 500 * 700);
        assert!(!strokes.iter().any(|s| *s));
        // Farther apart than the reach they stay apart.
        strokes[[3, 3]] = true;
        strokes[[3, 4 + REACH_PX]] = true;
        assert_eq!(take_group((3, 3), &mut strokes), [(3, 3)]);
    }

    fn film(draw: impl Fn(usize, &mut Array2<u8>)) -> Vec<(FrameIndex, Pixels)> {
        (0..20)
            .map(|t| {
                let mut a = Array2::from_shape_fn((80, 120), |(y, x)| {
                    10 + ((x * 7 + y * 13 + t * 5) % 5) as u8
                });
                draw(t, &mut a);
                (FrameIndex(t as u32), Pixels::U8(a))
            })
            .collect()
    }

    #[test]
    fn a_ticking_clock_is_found_and_framed() {
        let clock = film(|t, a| {
            for digit in 0..6 {
                let x = 20 + digit * 6;
                for y in 10..18 {
                    if (y + digit + t) % 3 != 0 {
                        a[[y, x]] = 255;
                    }
                }
            }
        });
        let found = burnt_in(&clock, 255);
        assert_eq!(found.len(), 1, "{found:?}");
        let r = found[0];
        assert!(r.x_px <= 18 && r.x_px + r.width_px >= 53, "{r:?}");
        assert!(r.y_px <= 8 && r.y_px + r.height_px >= 20, "{r:?}");
        assert!(r.width_px < 56 && r.height_px < 30, "{r:?}");
    }

    #[test]
    fn particles_stuck_or_moving_and_hot_pixels_are_not_text() {
        let spots = film(|t, a| {
            let mut spot = |cy: f32, cx: f32| {
                for ((y, x), v) in a.indexed_iter_mut() {
                    let r2 = (y as f32 - cy).powi(2) + (x as f32 - cx).powi(2);
                    *v = v.saturating_add((400.0 * (-r2 / 2.0).exp()).min(245.0) as u8);
                }
            };
            spot(40.0, 60.0);
            spot(48.0, 66.0);
            spot(20.0 + t as f32, 30.0 + 2.0 * t as f32);
            a[[5, 5]] = 255;
            a[[70, 100]] = 255;
        });
        assert_eq!(burnt_in(&spots, 255), Vec::new());
    }

    #[test]
    fn rectangles_beyond_the_edge_do_no_harm() {
        let rect = Rect {
            x_px: 3,
            y_px: u32::MAX,
            width_px: u32::MAX,
            height_px: u32::MAX,
        };
        assert!(usable(4, 5, &[rect]).iter().all(|u| *u));
        let rect = Rect { y_px: 2, ..rect };
        assert_eq!(usable(4, 5, &[rect]).iter().filter(|u| !**u).count(), 4);
    }
}
