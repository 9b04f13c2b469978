//! The order of names: runs of digits count as numbers, everything else by character.

use std::cmp::Ordering;

/// `frame2` before `frame10`; names that differ in leading zeros only are put in the order of their characters.
pub fn by_number(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (part_a, part_b) = (first_part(rest_a), first_part(rest_b));
        if part_a.is_empty() || part_b.is_empty() {
            return part_a.len().cmp(&part_b.len()).then_with(|| a.cmp(b));
        }
        let order = match (is_number(part_a), is_number(part_b)) {
            (true, true) => {
                let (x, y) = (
                    part_a.trim_start_matches('0'),
                    part_b.trim_start_matches('0'),
                );
                // Without leading zeros the longer number is the larger; no number is too long for this.
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            _ => part_a.cmp(part_b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (rest_a, rest_b) = (&rest_a[part_a.len()..], &rest_b[part_b.len()..]);
    }
}

/// The run of digits, or of anything else, at the beginning.
fn first_part(text: &str) -> &str {
    let digits = is_number(text);
    let end = text.find(|c: char| c.is_ascii_digit() != digits);
    &text[..end.unwrap_or(text.len())]
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut names = vec![
            "f10.png",
            "f2.png",
            "f1b.png",
            "f1.png",
            "f002.png",
            "g0.png",
            "f9999999999999999999999.png",
        ];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(
            names,
            [
                "f1.png",
                "f1b.png",
                "f002.png",
                "f2.png",
                "f10.png",
                "f9999999999999999999999.png",
                "g0.png"
            ]
        );
    }

    #[test]
    fn it_is_an_order() {
        let names = ["", "a", "1", "01", "a1", "a01", "a1a", "\u{e4}2", "2\u{e4}"];
        for a in names {
            assert_eq!(by_number(a, a), Ordering::Equal);
            for b in names {
                assert_eq!(by_number(a, b), by_number(b, a).reverse(), "{a} {b}");
            }
        }
    }
}
