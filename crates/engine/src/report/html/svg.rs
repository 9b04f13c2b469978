//! Charts as SVG text: lines, bands, bars and dots. Looks are in the style sheet, by class.

use super::scale::Scale;
use super::words::esc;
use std::fmt::Write;

/// Space around the plot, px.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;

/// A chart that is being drawn.
pub struct Chart {
    width: f64,
    height: f64,
    x: Scale,
    y: Scale,
    x_label: &'static str,
    y_label: &'static str,
    inside: String,
    over: String,
    /// Left, right and top edge of the labels that are there already.
    labels: Vec<[f64; 3]>,
}

/// Height of a line of labels, px.
pub const LABEL_HEIGHT: f64 = 17.0;

impl Chart {
    /// An empty chart of a size in px.
    pub fn new(size: (f64, f64), x: (Scale, &'static str), y: (Scale, &'static str)) -> Self {
        Self {
            width: size.0,
            height: size.1,
            x: x.0,
            y: y.0,
            x_label: x.1,
            y_label: y.1,
            inside: String::new(),
            over: String::new(),
            labels: Vec::new(),
        }
    }

    fn plot_width(&self) -> f64 {
        self.width - LEFT - RIGHT
    }

    fn plot_height(&self) -> f64 {
        self.height - TOP - BOTTOM
    }

    /// Across, px from the left edge of the plot; far outside it is held near, as some viewers fail on huge numbers.
    fn px(&self, x: f64) -> f64 {
        (self.x.place(x) * self.plot_width()).clamp(-9e3, 9e3)
    }

    /// Down, px from the top edge of the plot.
    fn py(&self, y: f64) -> f64 {
        ((1.0 - self.y.place(y)) * self.plot_height()).clamp(-9e3, 9e3)
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut d = String::new();
        for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let letter = if d.is_empty() { 'M' } else { 'L' };
            let _ = write!(d, "{letter}{:.1} {:.1}", self.px(x), self.py(y));
        }
        d
    }

    /// A line through the points.
    pub fn line(&mut self, points: impl Iterator<Item = (f64, f64)>, class: &str) {
        let d = self.path(points);
        if !d.is_empty() {
            let _ = write!(
                self.inside,
                "<path class=\"{class}\" fill=\"none\" d=\"{d}\"/>"
            );
        }
    }

    /// Points as places in the plot, px; what is not finite is left out.
    fn places(&self, points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        points
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .map(|(x, y)| (self.px(x), self.py(y)))
            .collect()
    }

    /// A smooth line through the points that has no peak and no dip which they do not have.
    pub fn curve(&mut self, points: impl Iterator<Item = (f64, f64)>, class: &str) {
        let d = super::smooth::path(&self.places(points), 'M');
        if !d.is_empty() {
            let _ = write!(
                self.inside,
                "<path class=\"{class}\" fill=\"none\" d=\"{d}\"/>"
            );
        }
    }

    /// The space between two smooth lines over the same x.
    pub fn band(&mut self, x: &[f64], low: &[f64], high: &[f64], class: &str) {
        let there = self.places(x.iter().zip(high).map(|(a, b)| (*a, *b)));
        let mut back = self.places(x.iter().zip(low).map(|(a, b)| (*a, *b)));
        back.reverse();
        let mut d = super::smooth::path(&there, 'M');
        if !d.is_empty() {
            d.push_str(&super::smooth::path(&back, 'L'));
            let _ = write!(self.inside, "<path class=\"{class}\" d=\"{d}Z\"/>");
        }
    }

    /// A stripe over the full height.
    pub fn stripe(&mut self, from: f64, to: f64, class: &str) {
        let (a, b) = (self.px(from).max(0.0), self.px(to));
        if b > a {
            let h = self.plot_height();
            let _ = write!(
                self.inside,
                "<rect class=\"{class}\" x=\"{a:.1}\" y=\"0\" width=\"{:.1}\" height=\"{h:.1}\"/>",
                b - a
            );
        }
    }

    /// One bar per place of a scale of classes.
    pub fn bars(&mut self, heights: &[f64], class: &str) {
        for (i, height) in heights.iter().enumerate().filter(|(_, h)| h.is_finite()) {
            let (a, b) = (self.px(i as f64 - 0.42), self.px(i as f64 + 0.42));
            let (top, base) = (self.py(*height), self.py(0.0));
            let _ = write!(
                self.inside,
                "<rect class=\"{class}\" x=\"{a:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                b - a,
                (base - top).max(0.0)
            );
        }
    }

    /// Round dots, all in one path.
    pub fn dots(&mut self, points: impl Iterator<Item = (f64, f64)>, class: &str) {
        let mut d = String::new();
        for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let _ = write!(d, "M{:.1} {:.1}h0", self.px(x), self.py(y));
        }
        if !d.is_empty() {
            let _ = write!(
                self.inside,
                "<path class=\"{class}\" fill=\"none\" d=\"{d}\"/>"
            );
        }
    }

    /// A line over the full height at `x`.
    pub fn vertical(&mut self, x: f64, class: &str) {
        let (at, h) = (self.px(x), self.plot_height());
        let _ = write!(
            self.inside,
            "<path class=\"{class}\" d=\"M{at:.1} 0V{h:.1}\"/>"
        );
    }

    /// A triangle that stands on the axis at `x`, with a word above it.
    pub fn mark(&mut self, x: f64, word: &str, class: &str) {
        let (at, h) = (self.px(x), self.plot_height());
        if !(0.0..=self.plot_width()).contains(&at) {
            return;
        }
        let _ = write!(
            self.over,
            "<path class=\"{class}\" d=\"M{at:.1} {:.1}l-5 9h10z\"/><text class=\"{class}\" x=\"{at:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{}</text>",
            h - 9.0,
            h - 13.0,
            esc(word)
        );
    }

    /// Words at a value of x and `down` px below the top of the plot, or further down where other labels stand. Near
    /// the right edge they stand left of it.
    pub fn label(&mut self, x: f64, down: f64, words: &str, class: &str) {
        let at = self.px(x);
        let room = words.chars().count() as f64 * 7.5 + 10.0;
        let (at, anchor, from) = match at + room > self.plot_width() {
            true => (at - 5.0, "end", at - room),
            false => (at + 5.0, "start", at),
        };
        let covered = |down: f64| {
            self.labels
                .iter()
                .any(|[l, r, y]| from < *r && *l < from + room && (y - down).abs() < LABEL_HEIGHT)
        };
        let lines = (self.plot_height() / LABEL_HEIGHT) as usize;
        let down = (0..lines)
            .map(|i| down + LABEL_HEIGHT * i as f64)
            .find(|d| !covered(*d))
            .unwrap_or(down);
        self.labels.push([from, from + room, down]);
        let _ = write!(
            self.over,
            "<text class=\"{class}\" x=\"{at:.1}\" y=\"{down:.1}\" text-anchor=\"{anchor}\">{}</text>",
            esc(words)
        );
    }

    /// How far two values of x are apart in the plot, px.
    pub fn width_between(&self, from: f64, to: f64) -> f64 {
        self.px(to) - self.px(from)
    }

    /// Whether a value of x lies in the plot.
    pub fn shows(&self, x: f64) -> bool {
        (0.0..=1.0).contains(&self.x.place(x))
    }

    /// The chart. `alt` is for those who cannot see it.
    pub fn finish(self, alt: &str) -> String {
        let (w, h) = (self.plot_width(), self.plot_height());
        let mut axes = String::new();
        for (v, label) in self.y.ticks((h / 55.0).max(2.0) as usize) {
            let y = self.py(v);
            let _ = write!(
                axes,
                "<path class=\"grid\" d=\"M0 {y:.1}H{w:.1}\"/><text x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                y + 4.0,
                esc(&label)
            );
        }
        for (v, label) in with_room(self.x.ticks((w / 75.0).max(2.0) as usize), |v| self.px(v)) {
            let x = self.px(v);
            let _ = write!(
                axes,
                "<path class=\"tick\" d=\"M{x:.1} {h:.1}v5\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                h + 19.0,
                esc(&label)
            );
        }
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\"><g transform=\"translate({LEFT} {TOP})\">\
             {axes}<svg width=\"{w:.1}\" height=\"{h:.1}\" overflow=\"hidden\">{}</svg>\
             <path class=\"axis\" d=\"M0 {h:.1}H{w:.1}\"/>{}\
             <text class=\"title\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text class=\"title\" transform=\"translate({} {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\
             </g></svg>",
            self.width,
            self.height,
            esc(alt),
            self.inside,
            self.over,
            w / 2.0,
            h + 39.0,
            esc(self.x_label),
            14.0 - LEFT,
            h / 2.0,
            esc(self.y_label),
        )
    }

    /// Left, top, width and height of the plot and the ends of an even x axis: what the page's script needs.
    pub fn frame(&self) -> [f64; 6] {
        let (from, to) = match &self.x {
            Scale::Linear { from, to } | Scale::Log { from, to } => (*from, *to),
            Scale::Classes(words) => (0.0, words.len() as f64),
        };
        [LEFT, TOP, self.plot_width(), self.plot_height(), from, to]
    }
}

/// All ticks, or every second, third, ... of them counted from the last where the words would touch.
fn with_room(ticks: Vec<(f64, String)>, px: impl Fn(f64) -> f64) -> Vec<(f64, String)> {
    let half = |word: &str| 3.7 * word.chars().count() as f64;
    let kept = |every: usize| -> Vec<(f64, String)> {
        let of_last = |i: usize| (ticks.len() - 1 - i).is_multiple_of(every);
        let all = ticks.iter().cloned().enumerate();
        all.filter(|(i, _)| of_last(*i)).map(|(_, t)| t).collect()
    };
    let touches = |kept: &[(f64, String)]| {
        kept.windows(2).any(|w| {
            let room = px(w[1].0) - px(w[0].0);
            room < half(&w[0].1) + half(&w[1].1) + 5.0
        })
    };
    (1..=ticks.len())
        .map(kept)
        .find(|k| !touches(k))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_below_an_axis_do_not_touch() {
        let words = |texts: &[&str]| {
            let all = texts.iter().enumerate();
            all.map(|(i, t)| (i as f64, (*t).to_owned())).collect()
        };
        let left = with_room(words(&["10", "300", "450", "675+"]), |v| 22.0 * v);
        let left: Vec<&str> = left.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(left, ["300", "675+"]);
        assert_eq!(with_room(words(&["1", "2", "3"]), |v| 22.0 * v).len(), 3);
        assert!(with_room(Vec::new(), |v| v).is_empty());
    }

    #[test]
    fn odd_values_draw_nothing_odd() {
        let odd = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            -0.0,
            1.0,
        ];
        for (from, to) in [
            (0.0, 0.0),
            (f64::NAN, 1.0),
            (1.0, -1.0),
            (0.0, f64::INFINITY),
            (0.0, 5e-324),
        ] {
            let y = Scale::log_around(odd.into_iter());
            let mut c = Chart::new((300.0, 200.0), (Scale::linear(from, to), "x"), (y, "y"));
            let points = || odd.into_iter().zip(odd);
            c.line(points(), "a");
            c.dots(points(), "a");
            c.bars(&odd, "a");
            c.band(&odd, &odd, &odd, "a");
            c.stripe(0.0, f64::MAX, "a");
            c.mark(1.0, "<", "a");
            let text = c.finish("a \"chart\"");
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            assert!(text.contains("a &quot;chart&quot;"));
        }
    }
}
