//! Short forms of what is long: histograms and curves for `result.json`.

use super::model::{DriftTrack, SpotsOverTime, TrackLengths};

impl TrackLengths {
    /// Counts tracks by their number of spots, in classes that grow by a factor of about 1.5.
    pub fn of(lengths: impl IntoIterator<Item = usize>) -> Self {
        let edges: [u64; 18] = [
            1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 675, 1000, 1500,
        ];
        let mut tracks = [0u64; 18];
        for n in lengths {
            let class = edges.partition_point(|e| *e <= n as u64);
            if let Some(count) = class.checked_sub(1).and_then(|c| tracks.get_mut(c)) {
                *count += 1;
            }
        }
        let used = tracks.iter().rposition(|n| *n > 0).map_or(0, |i| i + 1);
        Self {
            from_frames: edges[..used].to_vec(),
            tracks: tracks[..used].to_vec(),
        }
    }
}

/// Most points of a curve over time.
const MOST_MOMENTS: usize = 240;

impl SpotsOverTime {
    /// Averages the counts of all frames over at most 240 stretches of equal numbers of frames. The slices run in
    /// parallel; what is beyond the shorter one is left out.
    pub fn of(time_s: &[f64], spots: &[usize]) -> Self {
        let n = time_s.len().min(spots.len());
        let stretch = n.div_ceil(MOST_MOMENTS).max(1);
        let mut out = Self::default();
        for (times, counts) in time_s[..n].chunks(stretch).zip(spots[..n].chunks(stretch)) {
            let per = times.len() as f64;
            out.time_s.push(times.iter().sum::<f64>() / per);
            out.spots_per_frame
                .push(counts.iter().sum::<usize>() as f64 / per);
        }
        out
    }
}

impl DriftTrack {
    /// Keeps at most 240 moments of a drift given in um for each moment, the first and the last among them.
    pub fn of(time_s: &[f64], x_um: &[f64], y_um: &[f64]) -> Self {
        let n = time_s.len().min(x_um.len()).min(y_um.len());
        let keep = n.min(MOST_MOMENTS);
        let mut out = Self::default();
        for k in 0..keep {
            let i = k * (n - 1) / (keep - 1).max(1);
            out.time_s.push(time_s[i]);
            out.x_um.push(x_um[i]);
            out.y_um.push(y_um[i]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_track_is_in_one_class() {
        let h = TrackLengths::of([0, 1, 2, 2, 4, 5, 7, 10_000, usize::MAX]);
        assert_eq!(h.tracks.iter().sum::<u64>(), 8);
        assert_eq!(h.tracks[..4], [1, 2, 1, 2]);
        assert_eq!((h.from_frames[17], h.tracks[17]), (1500, 2));
        assert_eq!(TrackLengths::of([]), TrackLengths::default());
    }

    #[test]
    fn long_curves_keep_their_mean_and_their_ends() {
        let time: Vec<f64> = (0..1000).map(f64::from).collect();
        let spots: Vec<usize> = (0..1000).map(|i| i % 10).collect();
        let s = SpotsOverTime::of(&time, &spots);
        assert!(s.time_s.len() <= 240 && s.time_s.len() == s.spots_per_frame.len());
        let mean = s.spots_per_frame.iter().sum::<f64>() / s.time_s.len() as f64;
        assert!((mean - 4.5).abs() < 1e-9);
        let d = DriftTrack::of(&time, &time, &time);
        assert_eq!((d.x_um.len(), d.x_um[0], d.x_um[239]), (240, 0.0, 999.0));
        for n in [0, 1, 2] {
            assert_eq!(DriftTrack::of(&time[..n], &time, &time).y_um, time[..n]);
            assert_eq!(SpotsOverTime::of(&time, &spots[..n]).time_s, time[..n]);
        }
    }
}
