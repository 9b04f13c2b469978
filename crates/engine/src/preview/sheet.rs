//! The contact sheet: small pictures of the spots and links that deserve the least trust, each with a caption.

use super::Scene;
use super::again::{Cut, Wish};
use super::canvas::{Canvas, Colour, Pen};
use super::census::Kind;
use super::choose::{LINKS, LinkPick, SPOTS_PER_ROW, SpotPick, SpotRow};
use super::style::{
    AFTER, BEFORE, CONTINUED, INK, LEFT_OUT, LINE, LOOSE, MARGIN, PALE_INK, TRACKED,
};
use super::text::{Type, write};
use super::tile::{Look, STEP, TILE, Tile, half_px};
use nta_core::Spot;

/// Heading, note, picture and three lines of caption, px of the canvas.
const ROW: usize = 28 + LINE + 8 + TILE + 4 + 3 * LINE + MARGIN;
/// The words above the first row, px of the canvas.
const HEAD: usize = LINE + MARGIN + 8;
/// As many pairs stand beside each other.
const PAIRS: usize = SPOTS_PER_ROW / 2;
/// Half the side of a small picture in widths of a spot.
const HALF_WIDTHS: f64 = 6.0;

const LOOK_HERE: &str = "Look here for mistakes: the spots and steps that deserve the least trust. Each small picture has its own contrast; faint spots are averaged over neighbouring pixels.";
const HARDLY_ANYTHING: &str = "Hardly anything was seen: less than one spot per frame, as few as noise alone may give. For a blank that is as it should be.";
const NOTHING: &str = "Nothing was seen in these frames that stands out from the noise. For a blank that is as it should be.";
const DARK_DOTS: &str = "The picture is bright with darker dots. If these are the particles, give --set film.polarity=dark.";

/// What the sheet shows.
pub(super) struct Sheet {
    rows: Vec<SpotRow>,
    links: Vec<LinkPick>,
    /// Links among which those were chosen.
    judged: usize,
    /// Widths of the film's spots, px.
    width_px: f64,
}

impl Sheet {
    pub fn new(rows: Vec<SpotRow>, (links, judged): (Vec<LinkPick>, usize), width_px: f64) -> Self {
        Self {
            rows,
            links,
            judged,
            width_px,
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.links.is_empty()
    }

    /// The cut-outs that are needed, in the order in which they are drawn.
    pub fn wishes(&self) -> Vec<Wish> {
        let spots = self.rows.iter().flat_map(|r| &r.picks);
        let mut wishes: Vec<Wish> = spots.map(|p| self.spot_wish(p)).collect();
        wishes.extend(self.links.iter().flat_map(|l| self.link_wishes(l)));
        wishes
    }

    fn spot_wish(&self, pick: &SpotPick) -> Wish {
        let half = half_px(HALF_WIDTHS * self.width_px.max(pick.spot.width_px));
        let (a, b) = (&pick.spot, pick.partner.as_ref().unwrap_or(&pick.spot));
        let middle = (0.5 * (a.x_px + b.x_px), 0.5 * (a.y_px + b.y_px));
        Wish::about(pick.frame, middle.0, middle.1, half)
    }

    /// The same part of the frame before the step and of the one after it.
    fn link_wishes(&self, link: &LinkPick) -> [Wish; 2] {
        let (a, b) = (&link.before.spot, &link.after.spot);
        let apart = (a.x_px - b.x_px).hypot(a.y_px - b.y_px);
        let half = half_px(0.5 * apart + HALF_WIDTHS * self.width_px);
        let middle = (0.5 * (a.x_px + b.x_px), 0.5 * (a.y_px + b.y_px));
        [link.before.frame, link.after.frame]
            .map(|frame| Wish::about(frame, middle.0, middle.1, half))
    }

    /// Height of the sheet, px of the canvas.
    pub fn height(&self) -> usize {
        if self.is_empty() {
            return 2 * LINE + 2 * MARGIN;
        }
        let more = self.links.len().div_ceil(PAIRS).saturating_sub(1);
        let links = if self.links.is_empty() { 0 } else { ROW };
        HEAD + self.rows.len() * ROW + links + more * (TILE + 4 + 3 * LINE + MARGIN) + MARGIN
    }

    /// Draws the sheet from `top` down; `cuts` are those of [`Sheet::wishes`].
    pub fn draw(&self, canvas: &mut Canvas, scene: &Scene<'_>, cuts: &[Option<Cut>], top: usize) {
        if self.is_empty() {
            self.draw_empty(canvas, scene, top);
            return;
        }
        let mut cuts = cuts.iter();
        let mut cut = || cuts.next().and_then(Option::as_ref);
        let words = if scene.counts.seen() < 1.0 {
            HARDLY_ANYTHING
        } else {
            LOOK_HERE
        };
        let room = canvas.width() - 2 * MARGIN;
        write(canvas, (MARGIN, top), words, Type::bold(LEFT_OUT), room);
        let mut y = top + HEAD;
        for row in &self.rows {
            heading(canvas, y, row.title, &row.note);
            for (i, pick) in row.picks.iter().enumerate() {
                let tile = Tile::new(i, y + 28 + LINE + 8, self.spot_wish(pick));
                tile.picture(canvas, scene, Look::of(scene, &[&pick.spot]), cut());
                draw_spot(canvas, scene, &tile, pick);
            }
            y += ROW;
        }
        if self.links.is_empty() {
            return;
        }
        heading(canvas, y, "Least likely steps", &self.link_note());
        y += 28 + LINE + 8;
        for (i, link) in self.links.iter().take(LINKS).enumerate() {
            let y = y + i / PAIRS * (TILE + 4 + 3 * LINE + MARGIN);
            let place = 2 * (i % PAIRS);
            let [before, after] = self.link_wishes(link);
            let mut after = Tile::new(place + 1, y, after);
            // The two of a pair stand close together.
            after.area.x -= MARGIN - 4;
            for tile in [Tile::new(place, y, before), after] {
                let both = [&link.before.spot, &link.after.spot];
                tile.picture(canvas, scene, Look::of(scene, &both), cut());
                draw_link(canvas, scene, &tile, link);
            }
            link_caption(canvas, place, y + TILE + 4, link);
        }
    }

    fn link_note(&self) -> String {
        format!(
            "Same particle left and right? Blue: before, red: after (dashed: not in this frame), grey: other spots. Judged by the other steps of its track; of {0} steps the rarest is about 1 in {0} by chance.",
            self.judged
        )
    }

    fn draw_empty(&self, canvas: &mut Canvas, scene: &Scene<'_>, top: usize) {
        let words = if scene.counts.seen() > 0.0 {
            "There are spots, but none could be followed from frame to frame, so that there is nothing to look at closely."
        } else {
            NOTHING
        };
        let room = canvas.width() - 2 * MARGIN;
        write(canvas, (MARGIN, top), words, Type::heading(INK), room);
        if scene.dark_dots {
            write(
                canvas,
                (MARGIN, top + LINE + 12),
                DARK_DOTS,
                Type::heading(LEFT_OUT),
                room,
            );
        }
    }
}

fn heading(canvas: &mut Canvas, y: usize, title: &str, note: &str) {
    let room = canvas.width() - 2 * MARGIN;
    write(canvas, (MARGIN, y), title, Type::heading(INK), room);
    write(canvas, (MARGIN, y + 28), note, Type::plain(PALE_INK), room);
}

fn draw_spot(canvas: &mut Canvas, scene: &Scene<'_>, tile: &Tile, pick: &SpotPick) {
    canvas.clip(Some(tile.area));
    let partner = pick.partner.as_ref().unwrap_or(&pick.spot);
    tile.others(canvas, scene, pick.frame, &[&pick.spot, partner]);
    for spot in [partner, &pick.spot] {
        let colour = match scene.census.kind(pick.frame, spot) {
            Kind::Continued => CONTINUED,
            Kind::Tracked => TRACKED,
            Kind::Loose | Kind::Faint => LOOSE,
        };
        let pen = Pen::new(scene.contrast.on_ground(colour), 1.6);
        tile.ring(canvas, scene, spot, pen);
        cross(canvas, tile, spot, pen);
    }
    canvas.clip(None);
    let caption = [
        format!("frame {}", pick.frame.0),
        pick.caption[0].clone(),
        pick.caption[1].clone(),
    ];
    lines(
        canvas,
        (tile.area.x, tile.area.bottom() + 4),
        &caption,
        TILE,
    );
}

/// A cross whose arms are as long as the stated error of the position.
fn cross(canvas: &mut Canvas, tile: &Tile, spot: &Spot, pen: Pen) {
    let (x, y) = tile.place(spot);
    let stated = if spot.precision_px.is_finite() {
        spot.precision_px
    } else {
        0.0
    };
    let arm = (stated * tile.zoom as f64).clamp(2.5, TILE as f64);
    canvas.line((x - arm, y), (x + arm, y), pen);
    canvas.line((x, y - arm), (x, y + arm), pen);
}

fn draw_link(canvas: &mut Canvas, scene: &Scene<'_>, tile: &Tile, link: &LinkPick) {
    canvas.clip(Some(tile.area));
    let frame = tile.wish.frame;
    let (before, after) = (&link.before.spot, &link.after.spot);
    tile.others(canvas, scene, frame, &[before, after]);
    let pen = |colour: Colour, thick: f64| Pen::new(scene.contrast.on_ground(colour), thick);
    let way = Pen {
        opacity: 0.8,
        ..pen([255; 3], 1.0)
    };
    canvas.line(tile.place(before), tile.place(after), way);
    for (spot, own, colour) in [
        (before, link.before.frame, BEFORE),
        (after, link.after.frame, AFTER),
    ] {
        if own == frame {
            tile.ring(canvas, scene, spot, pen(colour, 1.8));
        } else {
            let radius = scene.ring_px(spot) * tile.zoom as f64;
            canvas.dashed_ring(tile.place(spot), radius, pen(colour, 1.2));
        }
    }
    canvas.clip(None);
}

fn link_caption(canvas: &mut Canvas, place: usize, y: usize, link: &LinkPick) {
    let chance = link.surprise.exp();
    let chance = if chance < 1e6 {
        format!("1 in {chance:.0}")
    } else {
        "less than 1 in a million".to_owned()
    };
    let caption = [
        format!("frames {} and {}", link.before.frame.0, link.after.frame.0),
        format!(
            "step {:.1} px, {:.1} x usual ({:.1} px)",
            link.step_px,
            link.step_px / link.usual_px,
            link.usual_px
        ),
        format!("by chance: {chance}"),
    ];
    lines(canvas, (MARGIN + place * STEP, y), &caption, 2 * TILE);
}

fn lines(canvas: &mut Canvas, (x, y): (usize, usize), words: &[String], room: usize) {
    for (i, line) in words.iter().enumerate() {
        let kind = if i == 0 {
            Type::bold(INK)
        } else {
            Type::plain(INK)
        };
        write(canvas, (x, y + i * LINE), line, kind, room);
    }
}
