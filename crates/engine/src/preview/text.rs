//! Words on the canvas, in the letters of the crate `noto-sans-mono-bitmap`: all of one width, Latin-1.

use super::canvas::{Canvas, Colour};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// How words look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    weight: FontWeight,
    height: RasterHeight,
    colour: Colour,
}

impl Type {
    /// Ordinary words.
    pub fn plain(colour: Colour) -> Self {
        Self {
            weight: FontWeight::Regular,
            height: RasterHeight::Size16,
            colour,
        }
    }

    /// Words that stand out.
    pub fn bold(colour: Colour) -> Self {
        Self {
            weight: FontWeight::Bold,
            ..Self::plain(colour)
        }
    }

    /// Headings.
    pub fn heading(colour: Colour) -> Self {
        Self {
            height: RasterHeight::Size20,
            ..Self::bold(colour)
        }
    }

    /// Width of a text, px of the canvas.
    pub fn width(self, text: &str) -> usize {
        text.chars().count() * self.letter()
    }

    fn letter(self) -> usize {
        get_raster_width(self.weight, self.height)
    }
}

/// Writes a line with its top left corner at (x, y), as far as it fits; the end of a line that does not is cut off with
/// two dots. Letters that the font has not become question marks.
pub(super) fn write(
    canvas: &mut Canvas,
    (x, y): (usize, usize),
    text: &str,
    kind: Type,
    room: usize,
) {
    let fits = room / kind.letter();
    let text = shortened(text, fits);
    for (i, letter) in text.chars().enumerate() {
        let glyph = get_raster(letter, kind.weight, kind.height)
            .or_else(|| get_raster('?', kind.weight, kind.height));
        let Some(glyph) = glyph else {
            continue;
        };
        let left = x + i * kind.letter();
        for (v, row) in glyph.rows().enumerate() {
            for (u, ink) in row.iter().enumerate() {
                canvas.blend(left + u, y + v, kind.colour, f64::from(*ink) / 255.0);
            }
        }
    }
}

fn shortened(text: &str, fits: usize) -> String {
    if text.chars().count() <= fits {
        return text.to_owned();
    }
    let kept = text.chars().take(fits.saturating_sub(2));
    kept.chain("..".chars()).take(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_ink_within_their_room() {
        let kind = Type::plain([255; 3]);
        for text in [
            "± 0.31 px",
            "\u{540d}\u{524d}",
            "a line that is much too long for its room",
        ] {
            let mut canvas = Canvas::new(200, 20, [0; 3]);
            write(&mut canvas, (4, 2), text, kind, 90);
            let inked: Vec<usize> = (0..200)
                .filter(|x| (0..20).any(|y| canvas.at(*x, y) != [0; 3]))
                .collect();
            assert!(inked.len() > 5, "{text}");
            assert!(inked.iter().all(|x| (4..94).contains(x)), "{text}");
        }
        assert_eq!(shortened("abcdef", 4), "ab..");
        assert_eq!(shortened("abcd", 4), "abcd");
        assert_eq!(shortened("abcd", 1), ".");
    }
}
