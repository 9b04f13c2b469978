//! Replicates by their names, where no table says what belongs together.
//!
//! Instruments number the captures of one sample at the end of the name: `EV_00.avi`, `EV_01.avi`. Names of one folder that
//! are equal but for such a number are one sample, if the numbers count: they begin at 0 or 1, and at least half of those up to
//! the largest are there. `EV_10`, `EV_100` are two dilutions and stay apart.

use super::find::FoundCapture;
use std::collections::BTreeMap;

/// Largest number that still counts captures.
const MOST: u32 = 99;

/// A sample found by name: its name and the places of its captures.
pub(super) fn by_name(found: &[FoundCapture]) -> Vec<(String, Vec<usize>)> {
    let mut series: BTreeMap<(&str, &str), Vec<(u32, usize)>> = BTreeMap::new();
    for (i, capture) in found.iter().enumerate() {
        if let Some((base, number, suffix)) = counted(&capture.name) {
            series.entry((base, suffix)).or_default().push((number, i));
        }
    }
    let mut names: Vec<Option<String>> = vec![None; found.len()];
    for ((base, suffix), members) in &series {
        if !counts(members) {
            continue;
        }
        // The same films in two formats are not twice as many.
        let other = |((b, s), m): (&(&str, &str), &Vec<(u32, usize)>)| {
            b == base && s != suffix && counts(m)
        };
        let name = match series.iter().any(other) {
            true => format!("{base}{suffix}"),
            false => (*base).to_owned(),
        };
        for (_, i) in members {
            names[*i] = Some(name.clone());
        }
    }
    let mut out: Vec<(String, Vec<usize>)> = Vec::new();
    for (i, capture) in found.iter().enumerate() {
        let own = names[i].as_deref();
        let name = own.unwrap_or_else(|| stem(&capture.name));
        // A series and a film of the same name are not one sample.
        let same = |(n, of): &(String, Vec<usize>)| {
            n == name && names[i].is_some() && of.iter().all(|j| names[*j].is_some())
        };
        match out.iter_mut().find(|s| same(s)) {
            Some((_, of)) => of.push(i),
            None => out.push((name.to_owned(), vec![i])),
        }
    }
    distinct(out, found)
}

/// Names that come twice are told apart by their endings.
fn distinct(
    mut samples: Vec<(String, Vec<usize>)>,
    found: &[FoundCapture],
) -> Vec<(String, Vec<usize>)> {
    let twice: Vec<bool> = samples
        .iter()
        .map(|(name, of)| of.len() == 1 && samples.iter().filter(|(n, _)| n == name).count() > 1)
        .collect();
    for ((name, of), twice) in samples.iter_mut().zip(twice) {
        if twice && let [only] = of.as_slice() {
            name.clone_from(&found[*only].name);
        }
    }
    samples
}

/// Whether the numbers of a series count captures: no number twice, from 0 or 1, at least half of them there.
fn counts(members: &[(u32, usize)]) -> bool {
    let mut numbers: Vec<u32> = members.iter().map(|(n, _)| *n).collect();
    numbers.sort_unstable();
    let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else {
        return false;
    };
    let distinct = numbers.windows(2).all(|w| w[0] < w[1]);
    let there = numbers.len() as u32;
    distinct && first <= 1 && there >= 2 && 2 * there > last - first
}

/// The name without its number, the number, and the ending.
fn counted(name: &str) -> Option<(&str, u32, &str)> {
    let stem = stem(name);
    let base = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let number: u32 = stem[base.len()..].parse().ok().filter(|n| *n <= MOST)?;
    let bare = base.trim_end_matches(['_', '-', ' ', '.', '#', '(']);
    // A number without anything between is part of the name: `P53`.
    let separated = bare.len() < base.len();
    let worded = without_word(bare);
    let (separated, bare) = (separated || worded.len() < bare.len(), worded);
    let own = bare.rsplit('/').next().unwrap_or(bare);
    (separated && !own.is_empty()).then_some((bare, number, &name[stem.len()..]))
}

/// Words that people put before the number of a capture.
fn without_word(base: &str) -> &str {
    for word in [
        "capture",
        "video",
        "film",
        "run",
        "rep",
        "replicate",
        "position",
        "pos",
    ] {
        let cut = base.len().wrapping_sub(word.len());
        let Some((before, end)) = base.split_at_checked(cut) else {
            continue;
        };
        let bare = before.trim_end_matches(['_', '-', ' ', '.']);
        if end.eq_ignore_ascii_case(word) && bare.len() < before.len() && !bare.is_empty() {
            return bare;
        }
    }
    base
}

/// The name without its ending.
fn stem(name: &str) -> &str {
    let file = name.rfind('/').map_or(0, |i| i + 1);
    match name[file..].rfind('.') {
        // Endings are short; `film 1.5 mM` has none.
        Some(dot)
            if dot > 0 && name.len() - (file + dot) <= 5 && !name[file + dot..].contains(' ') =>
        {
            &name[..file + dot]
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> Vec<(String, usize)> {
        let found: Vec<FoundCapture> = names
            .iter()
            .map(|n| FoundCapture {
                name: (*n).to_owned(),
                path: n.into(),
            })
            .collect();
        let of = by_name(&found);
        of.into_iter().map(|(n, c)| (n, c.len())).collect()
    }

    fn owned(of: &[(&str, usize)]) -> Vec<(String, usize)> {
        of.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect()
    }

    #[test]
    fn numbered_captures_are_replicates() {
        let names = [
            "EV_00.avi",
            "EV_01.avi",
            "EV_02.avi",
            "day 2/EV_00.avi",
            "day 2/EV_01.avi",
        ];
        assert_eq!(groups(&names), owned(&[("EV", 3), ("day 2/EV", 2)]));
        assert_eq!(groups(&["a rep 1.tif", "a rep 2.tif"]), owned(&[("a", 2)]));
        assert_eq!(groups(&["b-run1.avi", "b-run2.avi"]), owned(&[("b", 2)]));
        assert_eq!(groups(&["x_1.avi", "x_3.avi"]), owned(&[("x", 2)]));
    }

    #[test]
    fn numbers_that_do_not_count_keep_samples_apart() {
        let apart = |names: &[&str]| assert_eq!(groups(names).len(), names.len(), "{names:?}");
        apart(&["EV_10.avi", "EV_100.avi"]);
        apart(&["EV_10.avi", "EV_20.avi", "EV_50.avi"]);
        apart(&["EV_1.avi", "EV_10.avi"]);
        apart(&["P1.avi", "P2.avi"]);
        apart(&["EV_01.avi"]);
        apart(&["EV_2026.avi", "EV_2027.avi"]);
        apart(&["a.avi", "a.mp4"]);
        apart(&["_1.avi", "_2.avi"]);
        let twice = ["EV_00.avi", "EV_01.avi", "EV_00.tif", "EV_01.tif"];
        assert_eq!(groups(&twice), owned(&[("EV.avi", 2), ("EV.tif", 2)]));
    }

    #[test]
    fn names_stay_distinct() {
        let of = groups(&["EV.avi", "EV_00.avi", "EV_01.avi", "EV.tif"]);
        let mut names: Vec<String> = of.into_iter().map(|(n, _)| n).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3);
    }
}
