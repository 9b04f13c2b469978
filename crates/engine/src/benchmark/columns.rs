//! The one table of scores: what each is called, what it means, how many digits it has, how films of several seeds
//! are pooled. Markdown, JSON, limits of manifests and the explanation under the table follow from it.

use std::collections::BTreeMap;

/// Tracks of fewer spots are not called tracks.
pub(super) const SHORTEST_TRACK: usize = 5;

/// How the scores of several films of one scene become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    Mean,
    Sum,
    /// The one farthest from zero, with its sign.
    Worst,
    /// Root of the mean square.
    RootMeanSquare,
}

/// One score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Key in JSON and in limits; the unit is in the name.
    pub key: &'static str,
    /// Head of the column.
    pub head: &'static str,
    pub digits: usize,
    pub pool: Pool,
    /// Depends on the machine and the clock.
    pub of_machine: bool,
    pub meaning: &'static str,
}

const fn column(
    (key, head): (&'static str, &'static str),
    digits: usize,
    pool: Pool,
    meaning: &'static str,
) -> Column {
    Column {
        key,
        head,
        digits,
        pool,
        of_machine: false,
        meaning,
    }
}

use Pool::{Mean, RootMeanSquare, Sum, Worst};

/// All scores in the order of the table.
pub(super) static COLUMNS: &[Column] = &[
    column(
        ("spots_per_frame", "spots/ frame"),
        1,
        Mean,
        "spots found per frame, true and false",
    ),
    column(
        ("recall_percent", "recall %"),
        2,
        Mean,
        "particles found, of those in focus with a peak of at least 5 times the noise of a pixel and at least 5 px \
         from the edge",
    ),
    column(
        ("precision_percent", "precision %"),
        2,
        Mean,
        "found spots that are a particle: at most 3 px from one that can be told from noise, one to one; spots that were \
         only looked at to continue a track and joined none are not counted",
    ),
    column(
        ("false_spots_per_frame", "false/ frame"),
        2,
        Mean,
        "found spots that are none",
    ),
    column(
        ("position_error_px", "position px"),
        3,
        RootMeanSquare,
        "root mean square distance (2-D) of the particles under recall from their true mean position in the exposure",
    ),
    column(
        ("stated_error_ratio", "error/ stated"),
        2,
        RootMeanSquare,
        "standard deviation of (found - true) over the stated standard error, per axis, of the same particles; 1 is right",
    ),
    column(
        ("wrong_links_percent", "wrong links %"),
        2,
        Mean,
        "links of tracks that do not join two spots of the same particle; those with a false spot are wrong too",
    ),
    column(
        ("links_recalled_percent", "links recalled %"),
        2,
        Mean,
        "links found, of those between neighbouring frames in which the particle counts under recall both times",
    ),
    column(
        ("false_tracks", "false tracks"),
        0,
        Sum,
        "tracks of at least 5 spots most of which are no particle; sum over the films",
    ),
    column(
        ("frames_per_track", "frames/ track"),
        1,
        Mean,
        "mean number of spots in tracks of at least 5",
    ),
    column(
        ("frames_per_track_of_spot", "frames/ track of spot"),
        1,
        Mean,
        "the same, each track counted as often as it has spots: the length of the track that a spot is in, which does not depend on how many scraps an engine reports",
    ),
    column(
        ("tracks_used", "tracks used"),
        0,
        Mean,
        "tracks that the sizes are made of",
    ),
    column(
        ("d50_error_percent", "D50 %"),
        2,
        Mean,
        "median diameter found against that of the sample (or the nominal size)",
    ),
    column(
        ("d50_error_worst_percent", "worst D50 %"),
        2,
        Worst,
        "the same, of the film where it is farthest off",
    ),
    column(
        ("mean_error_percent", "mean %"),
        2,
        Mean,
        "mean diameter found against that of the sample (or the nominal size)",
    ),
    column(
        ("d10_error_percent", "D10 %"),
        1,
        Mean,
        "the diameter that 10 % of the particles stay below",
    ),
    column(
        ("d90_error_percent", "D90 %"),
        1,
        Mean,
        "the diameter that 90 % of the particles stay below",
    ),
    column(
        ("cv_percent", "CV %"),
        1,
        Mean,
        "width found: standard deviation of the diameters over their mean",
    ),
    column(
        ("true_cv_percent", "true CV %"),
        1,
        Mean,
        "width of the sample",
    ),
    column(
        ("w1_nm", "W1 nm"),
        1,
        Mean,
        "first Wasserstein distance between the distribution found and that of the sample by number",
    ),
    column(
        ("w1_seen_nm", "W1 seen nm"),
        1,
        Mean,
        "the same against the particles in the film, each weighted by the frames in which its peak is at least 5 times \
         the noise: what is left when chance and depth of view are not blamed on the engine",
    ),
    column(
        ("populations", "popu- lations"),
        1,
        Mean,
        "number of populations reported",
    ),
    column(
        ("concentration_error_percent", "conc. %"),
        1,
        Mean,
        "particles per mL found against the truth; the depth of view comes from the engine's own films of beads",
    ),
    column(
        ("intervals_held", "held"),
        0,
        Sum,
        "stated 95 % intervals (mean, D10, D50, D90, concentration) that hold the truth of the sample",
    ),
    column(("intervals_stated", "of"), 0, Sum, "how many there are"),
    Column {
        of_machine: true,
        ..column(
            ("frames_per_second", "frames/s"),
            0,
            Mean,
            "from the film to the report, on this machine",
        )
    },
    Column {
        of_machine: true,
        ..column(
            ("peak_memory_mb", "MB"),
            0,
            Worst,
            "highest memory of the program that analysed the film",
        )
    },
];

/// The column of that key.
pub(super) fn find(key: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|c| c.key == key)
}

/// Scores by their keys; what could not be had is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scores(BTreeMap<&'static str, f64>);

impl Scores {
    /// Takes a score; one that is not finite is absent. Keys that are in no column are a mistake of this program.
    pub fn put(&mut self, key: &'static str, value: f64) {
        debug_assert!(find(key).is_some(), "no column {key}");
        if value.is_finite() {
            self.0.insert(key, value);
        }
    }

    /// Takes a share of `whole` in percent, if there is a whole.
    pub fn put_percent(&mut self, key: &'static str, part: usize, whole: usize) {
        if whole > 0 {
            self.put(key, 100.0 * part as f64 / whole as f64);
        }
    }

    pub fn get(&self, key: &str) -> Option<f64> {
        self.0.get(key).copied()
    }

    /// Several films of one scene as one row.
    pub fn pooled(films: &[Scores]) -> Self {
        let mut out = Self::default();
        for column in COLUMNS {
            let values: Vec<f64> = films.iter().filter_map(|f| f.get(column.key)).collect();
            if !values.is_empty() {
                out.put(column.key, pool(column.pool, &values));
            }
        }
        out
    }
}

fn pool(how: Pool, values: &[f64]) -> f64 {
    let n = values.len() as f64;
    match how {
        Mean => values.iter().sum::<f64>() / n,
        Sum => values.iter().sum(),
        Worst => values.iter().copied().fold(
            0.0,
            |worst: f64, v| if v.abs() > worst.abs() { v } else { worst },
        ),
        RootMeanSquare => (values.iter().map(|v| v * v).sum::<f64>() / n).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_pooling_does_what_it_says() {
        let mut keys: Vec<&str> = COLUMNS.iter().map(|c| c.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), COLUMNS.len());
        assert_eq!(pool(Mean, &[1.0, 3.0]), 2.0);
        assert_eq!(pool(Sum, &[1.0, 3.0]), 4.0);
        assert_eq!(pool(Worst, &[1.0, -3.0, 2.0]), -3.0);
        assert_eq!(pool(RootMeanSquare, &[3.0, 4.0]), 12.5_f64.sqrt());
        let mut one = Scores::default();
        one.put("w1_nm", f64::NAN);
        one.put_percent("recall_percent", 0, 0);
        assert_eq!(one, Scores::default());
        one.put("w1_nm", 3.0);
        // What one film lacks is the mean of those that have it.
        let both = Scores::pooled(&[one, Scores::default()]);
        assert_eq!(both.get("w1_nm"), Some(3.0));
        assert_eq!(both.get("cv_percent"), None);
    }
}
