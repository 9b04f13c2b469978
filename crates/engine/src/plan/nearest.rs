//! What a misspelt word was probably meant to be.

/// The candidate that is nearest to `given`: one that begins with it (a forgotten unit), else the one with the
/// smallest edit distance of at most a third of the length. Ties go to the earlier candidate.
pub(super) fn nearest<'a>(
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

/// Levenshtein distance: insertions, deletions and replacements of one letter.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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
        assert_eq!(nearest("false_alarm", WORDS), Some("false-alarms"));
    }

    #[test]
    fn is_silent_when_nothing_is_near() {
        assert_eq!(nearest("gain", WORDS), None);
        assert_eq!(nearest("", WORDS), None);
        assert_eq!(nearest(&"x".repeat(100_000), WORDS), None);
    }
}
