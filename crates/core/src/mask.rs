//! Where particles may not be looked for: rectangles named in the plan, and clocks and logos burnt into the picture.
//!
//! Burnt-in text is told from particles by three things together: its strokes are one or two pixels wide with hard
//! edges of a large part of the range, the same pixel is a stroke again and again while the film goes on, and many
//! such pixels stand close together. A particle has soft flanks, moves, and a stuck or hot pixel stands alone.

use crate::film::Rect;
use crate::instructions;
use crate::model::{FrameIndex, Pixels};
use crate::side_by_side::each;
use ndarray::Array2;
use std::borrow::Cow;

/// Frames looked at.
const FRAMES: usize = 24;
/// Rows that are one piece of work.
const BAND: usize = 32;
/// A stroke differs from both of its sides by this share of the range.
const EDGE_SHARE: f64 = 0.4;
/// A pixel must be a stroke in this share of the frames.
const RECURRENCE: f64 = 0.15;
/// Strokes nearer than this belong together, px.
const REACH_PX: usize = 6;
/// Fewer stroke pixels than this are no text.
const FEWEST_PX: usize = 24;
/// Burnt-in text never takes more of the picture than this share.
const MOST_OF_PICTURE: f64 = 0.05;
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
    let chosen = sample.iter().step_by(stride).map(|(_, p)| p);
    let chosen: Vec<&Pixels> = chosen.filter(|p| p.dim() == first.dim()).collect();
    // With fewer frames a particle that rests would pass for text.
    if chosen.len() < 6 {
        return Vec::new();
    }
    let edge = (f64::from(ceiling_counts) * EDGE_SHARE).max(1.0) as u16;
    let mut hits = Array2::<u8>::zeros((height, width));
    let bands = hits
        .as_slice_mut()
        .unwrap_or_default()
        .chunks_mut(BAND * width.max(1))
        .zip((0..).step_by(BAND));
    each(bands.collect(), |(hits, top)| {
        instructions::run(Strokes {
            frames: &chosen,
            edge,
            top,
            hits,
        });
    });
    let enough = (RECURRENCE * chosen.len() as f64).ceil().max(2.0) as u8;
    let mut stroke = hits.mapv(|n| n >= enough);
    // A picture that is full of hard edges is noise; text would cover all of it.
    let strokes = stroke.iter().filter(|s| **s).count();
    if strokes as f64 > MOST_OF_PICTURE * (height * width) as f64 {
        return Vec::new();
    }
    let mut rects = Vec::new();
    for y in 0..height {
        for x in 0..width {
            if stroke[[y, x]] {
                let group = take_group((y, x), &mut stroke);
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

/// Adds one to every pixel of some rows, from `top` on, for each frame in which it is a stroke: at least `edge` above
/// both of its sides, two pixels away, or below both, along the rows or along the columns.
struct Strokes<'a> {
    frames: &'a [&'a Pixels],
    edge: u16,
    top: usize,
    hits: &'a mut [u8],
}

impl instructions::Kernel for Strokes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for pixels in self.frames {
            match pixels {
                Pixels::U8(a) => {
                    // An edge that 8 bits cannot have is nowhere.
                    let Ok(edge) = u8::try_from(self.edge) else {
                        continue;
                    };
                    add_strokes(a, self.top, self.hits, |v, a, b| {
                        (v.saturating_sub(a.max(b)) >= edge) | (a.min(b).saturating_sub(v) >= edge)
                    });
                }
                Pixels::U16(a) => add_strokes(a, self.top, self.hits, |v, a, b| {
                    let edge = self.edge;
                    (v.saturating_sub(a.max(b)) >= edge) | (a.min(b).saturating_sub(v) >= edge)
                }),
            }
        }
    }
}

/// As [`Strokes`], for one kind of pixel; `hard` says whether the first differs from both others by an edge.
#[inline(always)]
fn add_strokes<T: Copy>(
    pixels: &Array2<T>,
    top: usize,
    hits: &mut [u8],
    hard: impl Fn(T, T, T) -> bool,
) {
    let (height, width) = pixels.dim();
    let row = |y: usize| match pixels.row(y).to_slice() {
        Some(row) => Cow::Borrowed(row),
        None => Cow::Owned(pixels.row(y).to_vec()),
    };
    let mut strokes = vec![false; width];
    for (y, hits) in (top..height).zip(hits.chunks_exact_mut(width)) {
        let here = row(y);
        strokes.fill(false);
        if width > 4 {
            let sides = here.iter().zip(&here[4..]);
            for (s, (v, (a, b))) in strokes[2..].iter_mut().zip(here[2..].iter().zip(sides)) {
                *s = hard(*v, *a, *b);
            }
        }
        if y >= 2 && y + 2 < height {
            let (above, below) = (row(y - 2), row(y + 2));
            let sides = above.iter().zip(below.iter());
            for (s, (v, (a, b))) in strokes.iter_mut().zip(here.iter().zip(sides)) {
                *s |= hard(*v, *a, *b);
            }
        }
        for (hit, s) in hits.iter_mut().zip(&strokes) {
            *hit = hit.saturating_add(u8::from(*s));
        }
    }
}

/// Removes from the map the seed and all strokes that hang together with it, and returns them.
fn take_group(seed: (usize, usize), stroke: &mut Array2<bool>) -> Vec<(usize, usize)> {
    let (height, width) = stroke.dim();
    let mut group = vec![seed];
    stroke[[seed.0, seed.1]] = false;
    let mut next = 0;
    while next < group.len() {
        let (y, x) = group[next];
        next += 1;
        for v in y.saturating_sub(REACH_PX)..(y + REACH_PX + 1).min(height) {
            for u in x.saturating_sub(REACH_PX)..(x + REACH_PX + 1).min(width) {
                if stroke[[v, u]] {
                    stroke[[v, u]] = false;
                    group.push((v, u));
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
    fn noise_over_the_whole_range_is_not_text() {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let frames: Vec<_> = (0..12)
            .map(|t| {
                let a = Array2::from_shape_simple_fn((200, 200), &mut noise);
                (FrameIndex(t), Pixels::U8(a))
            })
            .collect();
        assert_eq!(burnt_in(&frames, 255), Vec::new());
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
