//! The one place that looks at the calendar.

use jiff::Timestamp;

/// Now, to the second, RFC 3339 in UTC: `2026-11-28T08:40:00Z`.
pub(super) fn now() -> String {
    to_the_second(Timestamp::now())
}

fn to_the_second(moment: Timestamp) -> String {
    // Every second that a moment lies in is itself a moment.
    Timestamp::from_second(moment.as_second())
        .unwrap_or(moment)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339_in_utc_to_the_second() {
        let at = |ns| to_the_second(Timestamp::from_nanosecond(ns).expect("a moment"));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        // A leap day, and fractions that are cut.
        assert_eq!(at(1_709_209_845_999_000_000), "2024-02-29T12:30:45Z");
        assert!(now().as_str() > "2026-01-01T00:00:00Z");
        assert_eq!(now().len(), 20);
    }
}
