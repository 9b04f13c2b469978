//! The axes of a chart: where a value lies, and which round values are written beside it.

/// How numbers lie along an axis.
#[derive(Clone, Debug)]
pub enum Scale {
    /// Even.
    Linear { from: f64, to: f64 },
    /// By powers of ten; both ends are positive.
    Log { from: f64, to: f64 },
    /// Places 0, 1, 2, ... with a word each.
    Classes(Vec<String>),
}

impl Scale {
    /// An even scale; an empty or endless range becomes 0 to 1.
    pub fn linear(from: f64, to: f64) -> Self {
        match from < to && (to - from).is_finite() {
            true => Self::Linear { from, to },
            false => Self::Linear { from: 0.0, to: 1.0 },
        }
    }

    /// A logarithmic scale from the smallest to the largest of the values, with a little room.
    pub fn log_around(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for v in values.filter(|v| v.is_finite() && *v > 0.0) {
            low = low.min(v);
            high = high.max(v);
        }
        match low <= high && (high * 1.2).is_finite() && low / 1.2 > 0.0 {
            true => Self::Log {
                from: low / 1.2,
                to: high * 1.2,
            },
            false => Self::Log {
                from: 1.0,
                to: 10.0,
            },
        }
    }

    /// Place of a value, 0 at the start and 1 at the end.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Log { from, to } => (value / from).ln() / (to / from).ln(),
            Self::Classes(words) => (value + 0.5) / words.len().max(1) as f64,
        };
        // What has no logarithm lies far below the start.
        if place.is_nan() { -1e6 } else { place }
    }

    /// Round values and their labels.
    pub fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        match self {
            Self::Linear { from, to } => linear_ticks(*from, *to, about),
            Self::Log { from, to } => log_ticks(*from, *to),
            Self::Classes(words) => words
                .iter()
                .enumerate()
                .map(|(i, w)| (i as f64, w.clone()))
                .collect(),
        }
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(from: f64, to: f64, about: usize) -> Vec<(f64, String)> {
    let rough = (to - from) / about.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    // 25 and 250 are round to people, 2.5 is not.
    let quarter = if power >= 10.0 { 2.5 } else { 2.0 };
    let step = [1.0, 2.0, quarter, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= rough * 0.999)
        .unwrap_or(power * 10.0);
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let (first, last) = ((from / step).ceil(), (to / step + 1e-9).floor());
    if !(step > 0.0 && (last - first).abs() < 100.0) {
        return Vec::new();
    }
    (0..=(last - first).max(0.0) as usize)
        .map(|i| {
            let v = (first + i as f64) * step;
            let zero = v.abs() < step * 1e-6;
            let v = if zero { 0.0 } else { v };
            (v, axis_label(v, decimals))
        })
        .collect()
}

fn axis_label(value: f64, decimals: usize) -> String {
    let text = if value.abs() >= 1e5 {
        power_label(value)
    } else {
        format!("{value:.decimals$}")
    };
    text.replace('-', "\u{2212}")
}

/// Powers of ten, with 2 and 5 between them where there is room.
fn log_ticks(from: f64, to: f64) -> Vec<(f64, String)> {
    let decades = (to / from).log10();
    let between: &[f64] = match decades {
        d if d <= 1.2 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        d if d <= 2.5 => &[1.0, 2.0, 5.0],
        _ => &[1.0],
    };
    let skip = (decades / 6.0).ceil().max(1.0) as i32;
    let (first, last) = (from.log10().floor() as i32, to.log10().ceil() as i32);
    (first..=last)
        .filter(|e| e.rem_euclid(skip) == 0)
        .flat_map(|e| between.iter().map(move |m| m * 10f64.powi(e)))
        .filter(|v| (from..=to).contains(v))
        .map(|v| (v, power_label(v)))
        .collect()
}

/// `500`, `20000`, `2×10⁶`.
fn power_label(value: f64) -> String {
    if (0.01..1e5).contains(&value.abs()) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let raised: String = exponent
        .chars()
        .map(|c| match c {
            '-' => '\u{207b}',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0'..='9' => char::from_u32(0x2070 + c as u32 - '0' as u32).unwrap_or(c),
            other => other,
        })
        .collect();
    match mantissa {
        "1" => format!("10{raised}"),
        m => format!("{m}×10{raised}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks(6).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(&Scale::linear(0.0, 100.0)),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(
            labels(&Scale::linear(-0.1, 0.11)),
            ["\u{2212}0.10", "\u{2212}0.05", "0.00", "0.05", "0.10"]
        );
        assert_eq!(labels(&Scale::linear(0.0, 3e7))[1], "5×10⁶");
        let log = Scale::Log {
            from: 8.0,
            to: 2.1e3,
        };
        assert_eq!(
            labels(&log),
            ["10", "20", "50", "100", "200", "500", "1000", "2000"]
        );
        let wide = Scale::Log {
            from: 1e-3,
            to: 1e9,
        };
        assert!(labels(&wide).len() <= 8);
    }
}
