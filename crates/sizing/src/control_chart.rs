//! A control chart of single values: is a measurement that is made again and again still the same one?
//!
//! Shewhart's chart of individuals (ISO 7870-2:2023; NIST/SEMATECH e-Handbook, doi:10.18434/M32189, 6.3.2.2): the mean, and
//! as sigma the mean distance of neighbours over 1.128 (d2 of two normal values), which a slow drift hardly widens. Warning
//! lines at 2 sigma, action lines at 3.
//!
//! What is called out (Western Electric 1956; Nelson 1984, doi:10.1080/00224065.1984.11978921, tests 1, 5, 6 and, with eight for
//! nine, 2): one value beyond 3 sigma; two of three beyond 2 sigma on one side; four of five beyond 1 sigma on one side; eight in
//! a row on one side of the mean. All four together raise a false alarm about once in 92 values (Champ & Woodall 1987,
//! doi:10.1080/00401706.1987.10488266).

/// Fewer values do not give lines to judge by.
pub const FEWEST: usize = 8;
/// Mean distance of two normal values, in standard deviations.
const D2: f64 = 1.128;

/// Middle and width of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lines {
    /// Mean of all values.
    pub mean: f64,
    /// Standard deviation, from the distances of neighbours.
    pub sigma: f64,
}

impl Lines {
    /// The two lines so many sigma from the mean.
    pub fn at(&self, sigmas: f64) -> [f64; 2] {
        [
            self.mean - sigmas * self.sigma,
            self.mean + sigmas * self.sigma,
        ]
    }
}

/// A pattern that chance hardly makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// One value beyond 3 sigma.
    Beyond3,
    /// Two of three values beyond 2 sigma on one side.
    TwoOfThreeBeyond2,
    /// Four of five values beyond 1 sigma on one side.
    FourOfFiveBeyond1,
    /// Eight values in a row on one side of the mean.
    EightOnOneSide,
}

impl Rule {
    /// All of them: so many of so many values beyond so many sigma.
    const ALL: [(Rule, usize, usize, f64); 4] = [
        (Rule::Beyond3, 1, 1, 3.0),
        (Rule::TwoOfThreeBeyond2, 2, 3, 2.0),
        (Rule::FourOfFiveBeyond1, 4, 5, 1.0),
        (Rule::EightOnOneSide, 8, 8, 0.0),
    ];

    /// Its number, 1 to 4.
    pub fn number(self) -> u64 {
        self as u64 + 1
    }

    /// The pattern in words.
    pub fn words(self) -> &'static str {
        match self {
            Rule::Beyond3 => "it lies beyond 3 sigma",
            Rule::TwoOfThreeBeyond2 => "two of three values lie beyond 2 sigma on one side",
            Rule::FourOfFiveBeyond1 => "four of five values lie beyond 1 sigma on one side",
            Rule::EightOnOneSide => "eight values in a row lie on one side of the mean",
        }
    }
}

/// A pattern and the value with which it was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal {
    /// Place of the value, from 0.
    pub at: usize,
    /// The pattern.
    pub rule: Rule,
}

/// The lines of values in their order; `None` with fewer than [`FEWEST`], or where all are alike.
pub fn lines(values: &[f64]) -> Option<Lines> {
    let n = values.len();
    if n < FEWEST {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let moved: f64 = values.windows(2).map(|w| (w[1] - w[0]).abs()).sum();
    let sigma = moved / (n - 1) as f64 / D2;
    (mean.is_finite() && sigma.is_finite() && sigma > 0.0).then_some(Lines { mean, sigma })
}

/// The patterns in values in their order, each told once, with the value that completes it.
pub fn signals(values: &[f64], lines: &Lines) -> Vec<Signal> {
    let sigmas: Vec<f64> = values
        .iter()
        .map(|v| (v - lines.mean) / lines.sigma)
        .collect();
    let mut out = Vec::new();
    for (rule, need, of, beyond) in Rule::ALL {
        // The two sides are two patterns, even where values swing from one to the other.
        for side in [1.0, -1.0] {
            let complete = |at: usize| {
                let window = &sigmas[(at + 1).saturating_sub(of)..=at];
                // The value itself belongs to its pattern.
                let counts = |z: &&f64| side * **z > beyond;
                counts(&&sigmas[at]) && window.iter().filter(counts).count() >= need
            };
            // A pattern that goes on is one pattern; single values beyond the action lines are each their own.
            let told = |at: &usize| complete(*at) && (need == 1 || *at == 0 || !complete(at - 1));
            out.extend((0..sigmas.len()).filter(told).map(|at| Signal { at, rule }));
        }
    }
    out.sort_unstable();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    const UNIT: Lines = Lines {
        mean: 0.0,
        sigma: 1.0,
    };

    fn found(values: &[f64]) -> Vec<(usize, u64)> {
        signals(values, &UNIT)
            .iter()
            .map(|s| (s.at, s.rule.number()))
            .collect()
    }

    #[test]
    fn each_rule_speaks_where_its_pattern_is_complete() {
        assert_eq!(
            found(&[0.1, -3.1, 0.2, 3.2, 3.3]),
            [(1, 1), (3, 1), (4, 1), (4, 2)]
        );
        assert_eq!(found(&[2.1, 0.0, 2.2, 0.0, -2.5]), [(2, 2)]);
        assert_eq!(found(&[2.1, -2.2, 0.0, 2.1]), []);
        assert_eq!(found(&[-2.1, 2.1, -2.2, 2.3]), [(2, 2), (3, 2)]);
        assert_eq!(found(&[1.1, 1.2, -0.3, 1.3, 1.4, -0.1]), [(4, 3)]);
        assert_eq!(found(&[-0.1; 10]), [(7, 4)]);
        assert_eq!(
            found(&[-0.1, -0.1, -0.1, -0.1, 0.1, -0.1, -0.1, -0.1, -0.1]),
            []
        );
        assert_eq!(found(&[]), []);
    }

    /// Flow rates of the NIST/SEMATECH e-Handbook, 6.3.2.2: mean 50.81, mean moving range 1.8778, lines at 55.8041 and 45.8159.
    #[test]
    fn lines_are_those_of_the_published_example() {
        let rates = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];
        let got = lines(&rates).expect("lines");
        assert!((got.mean - 50.81).abs() < 1e-9);
        let [low, high] = got.at(3.0);
        assert!(
            (high - 55.8041).abs() < 1e-3 && (low - 45.8159).abs() < 1e-3,
            "{got:?}"
        );
        assert!(
            signals(&rates, &got)
                .iter()
                .all(|s| s.rule != Rule::Beyond3)
        );
        assert_eq!(lines(&rates[..7]), None);
        assert_eq!(lines(&[5.0; 9]), None);
        assert_eq!(lines(&[f64::NAN; 9]), None);
    }

    #[test]
    fn false_alarms_are_as_rare_as_published() {
        let mut chance = Chance::new(31);
        let values: Vec<f64> = (0..50_000).map(|_| chance.normal()).collect();
        let beyond = |rule| {
            signals(&values, &UNIT)
                .iter()
                .filter(|s| s.rule == rule)
                .count()
        };
        // 0.27 % lie beyond 3 sigma.
        let share = beyond(Rule::Beyond3) as f64 / 50_000.0;
        assert!((share - 0.0027).abs() < 0.0006, "{share}");
        let run_lengths = {
            let (mut lengths, mut rest) = (Vec::new(), &values[..]);
            while let Some(first) = signals(&rest[..rest.len().min(2000)], &UNIT).first() {
                lengths.push((first.at + 1) as f64);
                rest = &rest[first.at + 1..];
            }
            lengths
        };
        let mean = run_lengths.iter().sum::<f64>() / run_lengths.len() as f64;
        assert!((mean - 91.75).abs() < 15.0, "{mean}");
    }
}
