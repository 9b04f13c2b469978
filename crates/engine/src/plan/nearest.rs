//! What a misspelt word was probably meant to be.

/// The candidate that is nearest to `given`: one that begins with it (a forgotten unit), else the one with the
/// smallest edit distance of at most a third of the length. Ties go to the earlier candidate.
pub(crate) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = given.trim().to_lowercase().replace('-', "_");
    let letters: Vec<char> = given.chars().collect();
    if letters.is_empty() || letters.len() > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let plain = candidate.replace('-', "_");
        let other: Vec<char> = plain.chars().collect();
        let begins = letters.len() >= 3 && plain.starts_with(&given);
        let distance = if begins { 0 } else { edits(&letters, &other) };
        let allowed = (letters.len().max(other.len()) / 3).max(1);
        if distance <= allowed && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, replacements of one letter, and swaps of neighbours.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const WORDS: [&str; 4] = ["pixel_size_um", "depth_um", "water", "false-alarms"];

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("pixel_sise_um", WORDS), Some("pixel_size_um"));
        assert_eq!(nearest("pixel-size-um", WORDS), Some("pixel_size_um"));
        assert_eq!(nearest("pixel_size", WORDS), Some("pixel_size_um"));
        assert_eq!(nearest("Watr", WORDS), Some("water"));
        assert_eq!(nearest("watre", WORDS), Some("water"));
        assert_eq!(nearest("false_alarm", WORDS), Some("false-alarms"));
    }

    #[test]
    fn is_silent_when_nothing_is_near() {
        assert_eq!(nearest("gain", WORDS), None);
        assert_eq!(nearest("", WORDS), None);
        assert_eq!(nearest(&"x".repeat(100_000), WORDS), None);
    }
}
