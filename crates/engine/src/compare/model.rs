//! `compare.json` as types.

use crate::report::{Estimate, Software, Verdict};
use nta_core::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the form of a comparison.
pub const SCHEMA: &str = "nta-compare/1";

/// A comparison of finished results. A number that could not be obtained is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Version of this form, `nta-compare/1`.
    pub schema: String,
    /// What made the comparison.
    pub software: Software,
    /// What was asked for.
    pub asked: Asked,
    /// The groups that were compared, the reference first.
    pub groups: Vec<Group>,
    /// Inputs that could not be used.
    pub left_out: Vec<LeftOut>,
    /// Each group against the reference.
    pub pairs: Vec<Pair>,
    /// How numbers change with time; empty if no times are known.
    pub trends: Vec<Trend>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// The findings in one word.
    pub verdict: Verdict,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Differences below this are small, %; of shares, percentage points.
    pub margin_percent: f64,
    /// The same for concentrations, %.
    pub concentration_margin_percent: f64,
    /// Whether equivalence decides about the verdict: only where a margin was given.
    pub equivalence_decides: bool,
    /// The numbers that the answer rests on; the others stand beside them.
    pub judged: Vec<String>,
    /// Field of the sample that results of one group share; null where folders are groups.
    pub by: Option<String>,
    /// Field of the sample that holds the time, days.
    pub time_field: String,
    /// Seed of random permutations.
    pub seed: u64,
}

/// Results that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its results, in the order of their folders.
    pub results: Vec<Member>,
    /// Its mean size distribution, each result with the same weight; null if no result has one.
    pub distribution: Option<MeanDistribution>,
}

/// One result of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Its folder, as given.
    pub path: String,
    /// SHA-256 of its `result.json`, hexadecimal.
    pub result_sha256: String,
    /// SHA-256 of its films, hexadecimal.
    pub films_sha256: Vec<String>,
    /// Name of its sample.
    pub sample_id: String,
    /// Its own verdict.
    pub verdict: Verdict,
    /// Tracks that its distribution was made from.
    pub tracks: u64,
    /// Time of the sample, days; null if not stated.
    pub time_days: Option<f64>,
    /// Median diameter, nm.
    pub d50_nm: Estimate,
    /// Particles per mL of the original sample; null if not known.
    pub per_ml: Estimate,
}

/// The mean of the size distributions of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeanDistribution {
    /// Results that it is the mean of.
    pub results: u64,
    /// The grid, nm.
    pub diameter_nm: Vec<f64>,
    /// Share per nm.
    pub density_per_nm: Vec<f64>,
    /// Lower end of the 95 % band: of the mean where there are several results, else the result's own.
    pub ci95_low_per_nm: Vec<f64>,
    /// Upper end.
    pub ci95_high_per_nm: Vec<f64>,
}

/// An input that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The folder, as given.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A group against the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// The reference.
    pub reference: String,
    /// The group that is held against it.
    pub group: String,
    /// The answer in words.
    pub answer: String,
    /// Each number.
    pub numbers: Vec<Compared>,
    /// The whole distributions; null if one side has none.
    pub distribution: Option<DistributionTest>,
}

/// A number of a group against that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// `mean`, `mode`, `d10`, `d50`, `d90`, `sd`, `span`, `concentration`, `share_100_200`.
    pub number: String,
    /// What it is in words.
    pub title: String,
    /// Unit of the values and of the difference.
    pub unit: String,
    /// Whether the answer rests on it.
    pub judged: bool,
    /// In the reference.
    pub reference: GroupValue,
    /// In the group.
    pub group: GroupValue,
    /// Group minus reference.
    pub difference: Estimate,
    /// The same in per cent of the reference; of a share in percentage points.
    pub percent: Estimate,
    /// Its 90 % interval, which is held against the margin; null without an error.
    pub percent_ci90: Option<[f64; 2]>,
    /// Where the error comes from: `scatter of results`, `scatter of the other group`, `intervals of results`; null without one.
    pub error_from: Option<String>,
    /// Degrees of freedom of Student's t; null where there is no error, or for the normal distribution.
    pub freedom: Option<f64>,
    /// Probability of such a difference at least as large if there were none.
    pub p: Option<f64>,
    /// The same with all tests of the answer allowed for (Holm); null for numbers that the answer does not rest on.
    pub p_adjusted: Option<f64>,
    /// Equivalence within the margin.
    pub equivalence: Equivalent,
    /// All of it in one sentence.
    pub sentence: String,
}

/// Two one-sided tests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Equivalent {
    /// The margin, % or percentage points.
    pub margin_percent: f64,
    /// Probability of so high a difference if the true one were at the lower limit.
    pub p_lower: Option<f64>,
    /// Probability of so low a difference if the true one were at the upper limit.
    pub p_upper: Option<f64>,
    /// What follows.
    pub outcome: Answer,
}

/// What a test of equivalence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The difference is shown to be within the margin.
    Equivalent,
    /// Neither is shown.
    NotShown,
    /// The difference is shown to be larger than the margin.
    Different,
    /// The number, or its error, is missing on one side.
    NotKnown,
}

/// A number of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupValue {
    /// Results that have it.
    pub results: u64,
    /// Its mean over them: the geometric mean of positive numbers, the plain one of shares.
    pub value: Option<f64>,
    /// 95 % interval: from the scatter of several results, of one result its own.
    pub ci95: Option<[f64; 2]>,
    /// Standard deviation between results, relative (of shares, percentage points), %; null with fewer than two.
    pub sd_percent: Option<f64>,
}

/// The size distribution of a group against that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistributionTest {
    /// Area between the cumulative mean curves, nm: how far particles would have to move on average (Wasserstein).
    pub wasserstein_nm: f64,
    /// Largest difference of the shares of smaller particles (Kolmogorov and Smirnov), percentage points.
    pub largest_share_percent: f64,
    /// What was dealt out at random: `results`, or `tracks` where there are too few results.
    pub permuted: String,
    /// Distance that chance alone exceeds in 5 of 100 cases: of results in nm, of tracks in per cent; null without a test.
    pub by_chance_95: Option<f64>,
    /// The distance that was tested: of results `wasserstein_nm`, of tracks the mean difference of diameters of tracks of
    /// one length, %.
    pub tested_distance: Option<f64>,
    /// Tracks that could be compared with tracks of the same length; null where results were dealt out.
    pub tracks_compared: Option<u64>,
    /// Whether the answer rests on it: not where tracks were dealt out although a group has several results.
    pub counts: bool,
    /// Probability of a distance at least as large if the groups did not differ.
    pub p: Option<f64>,
    /// The same with all tests of the answer allowed for (Holm); null where the answer does not rest on it.
    pub p_adjusted: Option<f64>,
    /// All of it in one sentence.
    pub sentence: String,
}

/// How a number changes with time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// The group; null where each group has one result and the line goes through all of them.
    pub group: Option<String>,
    /// The number, as in `pairs`.
    pub number: String,
    /// What it is in words.
    pub title: String,
    /// Unit of the values.
    pub unit: String,
    /// Results on the line.
    pub points: Vec<TrendPoint>,
    /// The line and its 95 % confidence band.
    pub line: TrendLine,
    /// Change per day, %.
    pub percent_per_day: Estimate,
    /// Change over the time that was observed, %.
    pub change_percent: Estimate,
    /// Its 90 % interval, which is held against the margin.
    pub change_percent_ci90: [f64; 2],
    /// Probability of such a change at least as large if there were none.
    pub p: f64,
    /// The same with all lines of the comparison allowed for (Holm).
    pub p_adjusted: f64,
    /// Whether the change over the time observed is within the margin.
    pub equivalence: Equivalent,
    /// Until when the 95 % confidence band stays within the margin about the value at the first time, days.
    pub within_margin_until_days: Option<f64>,
    /// `until` that time; `at_least` until that time, beyond which nothing is said; `not_said` where the band is too wide from the start.
    pub within_margin: String,
    /// All of it in one sentence.
    pub sentence: String,
}

/// A result on a line over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendPoint {
    /// Time, days.
    pub time_days: f64,
    /// The number.
    pub value: f64,
    /// The result's own 95 % interval.
    pub ci95: Option<[f64; 2]>,
}

/// A line over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendLine {
    /// Times, days.
    pub time_days: Vec<f64>,
    /// The line.
    pub value: Vec<f64>,
    /// Lower end of its band.
    pub low: Vec<f64>,
    /// Upper end of its band.
    pub high: Vec<f64>,
}
