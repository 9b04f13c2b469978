//! Numbers and words as a person reads them. A number shows as many digits as its interval supports.

use crate::report::model::{Concentration, Estimate};

/// What stands where there is no number.
pub const ABSENT: &str = "not available";

/// Text from outside, safe inside HTML and inside attributes. Control characters, which HTML forbids, are replaced.
pub fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text from outside in its own direction, so that right-to-left names do not turn their surroundings.
pub fn user(text: &str) -> String {
    format!("<bdi>{}</bdi>", esc(text))
}

/// A negative number with a real minus sign; any other word as it is.
fn with_minus(word: &str) -> String {
    let bracket = &word[..word.len() - word.trim_start_matches('(').len()];
    match word[bracket.len()..].strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{bracket}\u{2212}{rest}")
        }
        _ => word.to_owned(),
    }
}

/// A message with its options, such as `--depth-um`, kept in one piece.
pub fn message(text: &str) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(
            |word| match word.trim_start_matches('(').starts_with("--") {
                true => format!("<span class=\"option\">{}</span>", esc(word)),
                false => esc(&with_minus(word)),
            },
        )
        .collect();
    format!("<bdi>{}</bdi>", words.join(" "))
}

/// A whole number in groups of three.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// Thin spaces between groups of three digits, from five digits on.
fn grouped(digits: &str) -> String {
    let (sign, rest) = match digits.strip_prefix('-') {
        Some(rest) => ("\u{2212}", rest),
        None => ("", digits),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Power of ten of the leading digit; 0 for 0.
fn magnitude(value: f64) -> i32 {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // `{:e}` is exact where log10 may be off by a hair at powers of ten.
    let text = format!("{:e}", value.abs());
    text.split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0)
}

/// The last decimal place worth showing, as a power of ten: one digit of the half width of the interval, two if
/// it begins with 1.0 to 1.4, or left of the point with 1.0 to 3.4, so that 1041 does not become 1040; at most five
/// digits of the number, and without an interval three.
fn last_place(value: f64, ci95: Option<[f64; 2]>) -> i32 {
    match ci95.map(|c| (c[1] - c[0]) / 2.0) {
        Some(half) if half > 0.0 && half.is_finite() => {
            let place = match magnitude(half / 1.5) {
                left if left > 0 => magnitude(half / 3.5),
                right => right,
            };
            place.max(magnitude(value) - 4)
        }
        // Rounded first: 99.9996 has the digits of 100.
        _ => magnitude(format!("{value:.2e}").parse().unwrap_or(value)) - 2,
    }
}

/// `value` rounded to the decimal place `10^place`.
fn rounded(value: f64, place: i32) -> String {
    if !value.is_finite() {
        return ABSENT.into();
    }
    let text = if place < 0 {
        format!("{value:.*}", (-place).min(12) as usize)
    } else {
        let step = 10f64.powi(place);
        format!("{:.0}", (value / step).round() * step)
    };
    // No negative zero.
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    grouped(if is_zero {
        text.trim_start_matches('-')
    } else {
        &text
    })
}

/// A number of a table, to four digits, in powers of ten where it is very large or small.
pub fn number(value: f64) -> String {
    let e = magnitude(value);
    if !value.is_finite() {
        ABSENT.into()
    } else if value != 0.0 && !(-4..6).contains(&e) {
        scientific(value, e - 2)
    } else {
        let text = rounded(value, (e - 3).min(0));
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

/// What was seen and its limit, to three digits.
pub fn three_digits(value: f64) -> String {
    let e = magnitude(value);
    match value.is_finite() && (-4..6).contains(&e) {
        true => number(
            format!("{value:.*}", (2 - e).max(0) as usize)
                .parse()
                .unwrap_or(value),
        ),
        false => number(value),
    }
}

/// Particles in a frame: one decimal.
pub fn per_frame(value: f64) -> String {
    let tenth = (value * 10.0).round() / 10.0;
    number(if tenth.is_finite() { tenth } else { value })
}

/// A spread to two digits, and in powers of ten where it is very large or small.
pub fn two_digits(value: f64) -> String {
    let e = magnitude(value);
    match (-4..6).contains(&e) {
        true => rounded(value, e - 1),
        false => scientific(value, e - 1),
    }
}

/// A mean with the digits that the spread `sd` of its parts supports.
pub fn mean_of(value: f64, sd: Option<f64>) -> String {
    let e = magnitude(value);
    let place = match sd {
        Some(sd) if sd > 0.0 => (magnitude(sd) - 1).clamp(e - 5, e),
        _ => e - 2,
    };
    match (-4..6).contains(&e) {
        true => rounded(value, place),
        false => scientific(value, place),
    }
}

/// `0.908 ± 0.009`: both with the same decimals, those of two digits of the error.
pub fn with_error(value: f64, error: f64) -> String {
    let usual = |v: f64| v == 0.0 || (-4..6).contains(&magnitude(v));
    match error > 0.0 && usual(value) && usual(error) {
        true => {
            let place = magnitude(error) - 1;
            format!("{} ± {}", rounded(value, place), rounded(error, place))
        }
        false => format!("{} ± {}", mean_of(value, Some(error)), two_digits(error)),
    }
}

/// A share as per cent.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    format!(
        "{}\u{a0}%",
        rounded(
            value,
            if value != 0.0 && value.abs() < 10.0 {
                -1
            } else {
                0
            }
        )
    )
}

/// Mantissa and exponent with the last shown place of the number at `10^place`.
fn mantissa(value: f64, exponent: i32, place: i32) -> String {
    let decimals = (exponent - place).clamp(0, 3);
    rounded(value / 10f64.powi(exponent), -decimals)
}

/// `3.4 × 10^8` with the last shown digit at `10^place`.
pub fn scientific(value: f64, place: i32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let mut e = magnitude(value);
    if mantissa(value, e, place)
        .trim_start_matches('\u{2212}')
        .starts_with("10")
    {
        e += 1;
    }
    format!(
        "{} × 10<sup>{}</sup>",
        mantissa(value, e, place),
        exponent(e)
    )
}

fn exponent(e: i32) -> String {
    e.to_string().replace('-', "\u{2212}")
}

/// A number and its interval, both rounded alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The number.
    pub value: String,
    /// `99 to 103`.
    pub interval: Option<String>,
}

/// An estimate as it is shown; `None` if there is no number.
pub fn shown(e: &Estimate) -> Option<Shown> {
    let value = e.value?;
    // An interval without a width that could be shown says nothing.
    let ci95 = e.ci95.filter(|c| (c[1] - c[0]).abs() > 1e-6 * value.abs());
    let place = last_place(value, ci95);
    Some(Shown {
        value: rounded(value, place),
        interval: ci95.map(|c| format!("{} to {}", rounded(c[0], place), rounded(c[1], place))),
    })
}

/// Two ends of a range with the digits that the coarser of their intervals supports.
pub fn range(
    low: f64,
    high: f64,
    low_ci95: Option<[f64; 2]>,
    high_ci95: Option<[f64; 2]>,
) -> (String, String) {
    let place = last_place(low, low_ci95).max(last_place(high, high_ci95));
    (rounded(low, place), rounded(high, place))
}

/// `101 nm (99 to 103)` for tables.
pub fn with_interval(e: &Estimate, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { "\u{a0}" };
    match shown(e) {
        None => format!("<span class=\"absent\">{ABSENT}</span>"),
        Some(s) => {
            let interval = s
                .interval
                .map(|i| format!(" <span class=\"ci\">({i})</span>"));
            format!("{}{space}{unit}{}", s.value, interval.unwrap_or_default())
        }
    }
}

/// Whether a share shows as nothing though its interval reaches higher: only that end can be told.
pub fn only_upper_end(e: &Estimate) -> Option<f64> {
    let (value, [_, high]) = (e.value?, e.ci95?);
    let step = 10f64.powi(last_place(value, e.ci95));
    (value.abs() < 0.5 * step && high >= 0.5 * step && high.is_finite()).then_some(high)
}

/// A share in per cent: `26 % (21 to 31)`, or `less than 0.4 %` where no more can be told.
pub fn share_in_per_cent(e: &Estimate) -> String {
    match only_upper_end(e) {
        Some(high) => {
            let place = last_place(e.value.unwrap_or(0.0), e.ci95);
            format!("less than {}\u{a0}%", rounded(high, place))
        }
        None => with_interval(e, "%"),
    }
}

/// `fewer than 3.3 × 10^8`.
pub fn fewer_than(upper: f64) -> String {
    match upper.is_finite() {
        true => format!("fewer than {}", scientific(upper, magnitude(upper) - 1)),
        false => ABSENT.into(),
    }
}

/// The power of ten of a concentration with its interval, and its last shown place.
fn power_and_place(per_ml: f64, ci95: Option<[f64; 2]>) -> (i32, i32) {
    let upper = ci95.map_or(per_ml, |i| i[1]);
    let e = match upper.is_finite() {
        true => magnitude(per_ml.max(upper)),
        false => magnitude(per_ml),
    };
    let place = match ci95.map(|i| (i[1] - i[0]) / 2.0) {
        Some(half) if half > 0.0 && half.is_finite() => magnitude(half / 1.5).max(e - 2),
        Some(_) => e - 2,
        None => e - 1,
    };
    (e, place)
}

/// A concentration and its interval, per mL, in one power of ten; only the upper end where the rest is not known.
pub fn shown_per_ml(c: &Concentration) -> Shown {
    let (e, place) = power_and_place(c.per_ml, c.ci95);
    let upper_only = |[low, high]: [f64; 2]| {
        c.per_ml == 0.0 || (low < 0.5 * 10f64.powi(place) && high > 10.0 * c.per_ml)
    };
    if c.per_ml == 0.0 || c.ci95.is_some_and(upper_only) {
        return Shown {
            value: c.ci95.map_or_else(|| "0".into(), |i| fewer_than(i[1])),
            interval: None,
        };
    }
    let value = match c.ci95 {
        Some(_) => format!(
            "{} × 10<sup>{}</sup>",
            mantissa(c.per_ml, e, place),
            exponent(e)
        ),
        None => scientific(c.per_ml, place),
    };
    Shown {
        value,
        interval: c.ci95.map(|i| ends_per_ml(c, i)),
    }
}

/// Two ends per mL as those of the interval of `c` are shown: `(3.1 to 3.8) × 10^8`.
pub fn ends_per_ml(c: &Concentration, ends: [f64; 2]) -> String {
    let (e, place) = power_and_place(c.per_ml, c.ci95);
    let [low, high] = ends.map(|v| mantissa(v, e, place));
    format!("({low} to {high}) × 10<sup>{}</sup>", exponent(e))
}

/// Two ends with the digits of the interval of `e`: `99 to 103`.
pub fn ends(e: &Estimate, [low, high]: [f64; 2]) -> String {
    let place = last_place(e.value.unwrap_or(f64::NAN), e.ci95);
    format!("{} to {}", rounded(low, place), rounded(high, place))
}

/// A unit as people write it.
pub fn unit(text: &str) -> String {
    match text {
        "1" => String::new(),
        other => esc(other)
            .replace("um", "µm")
            .replace("^2", "²")
            .replace("^3", "³"),
    }
}

/// A snake case word as people write it.
pub fn plain(word: &str) -> String {
    esc(&word.replace('_', " "))
}

/// The same with a capital at its start.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `1 thing`, `2 things`.
pub fn things(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
