//! What other programs state of the diffusion of each track, beside what is found here.

use super::{ForeignSpot, ForeignTrack, ForeignTracks};
use nta_core::drift::Drift;
use nta_core::model::Stated;
use nta_core::{
    Acquisition, Choice, FrameIndex, MethodError, Spot, Track, TrackId, TrackPoint, Trajectory,
};
use nta_sizing::diffusion::{DiffusionEstimate, DiffusionEstimator};
use nta_sizing::steps::Steps;
use nta_sizing::{ESTIMATORS, Sampling};

/// One track: what its file states, what the same sum gives here, and what is found here.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// Its number in the file.
    pub id: u64,
    /// Diffusion coefficient that the file states, um^2/s.
    pub stated_um2_per_s: Option<f64>,
    /// Mean squared displacement over four frame intervals (`lag-one`), which NanoSight's files state.
    pub lag_one: Option<DiffusionEstimate>,
    /// Maximum likelihood with blur and errors of the positions (`mle`).
    pub own: Option<DiffusionEstimate>,
}

/// Every track of a file, in its order. Where the file says nothing of the errors of its positions, one error for all is
/// taken: what neighbouring displacements have in common less than `D exposure/3`, on average over all tracks
/// (Berglund 2010, doi:10.1103/PhysRevE.82.011917).
pub fn beside(
    read: &ForeignTracks,
    pixel_size_um: f64,
    sampling: Sampling,
) -> Result<Vec<Beside>, MethodError> {
    let lag_one = estimator(&Choice::of("lag-one"))?;
    let own = estimator(&Choice::of("mle"))?;
    let steps_of = |precision_px: f64| {
        let tracks = read.tracks.iter();
        tracks.map(move |t| {
            let precision = |p: &ForeignSpot| p.precision_px.unwrap_or(precision_px);
            let trajectory = trajectory(t, TrackId(0), pixel_size_um, sampling, precision)?;
            Steps::of(&trajectory, sampling, 1.0).ok()
        })
    };
    let precision_px = common(steps_of(0.0).flatten())?.precision_um / pixel_size_um;
    let found = steps_of(precision_px).zip(&read.tracks).map(|(steps, t)| {
        let by = |e: &dyn DiffusionEstimator| steps.as_ref().and_then(|s| e.estimate(s));
        Beside {
            id: t.id,
            stated_um2_per_s: t.diffusion_um2_per_s,
            lag_one: by(lag_one.as_ref()),
            own: by(own.as_ref()),
        }
    });
    Ok(found.collect())
}

fn estimator(choice: &Choice) -> Result<Box<dyn DiffusionEstimator>, MethodError> {
    let (entry, params) = nta_core::method::resolve(ESTIMATORS, "diffusion", choice)?;
    Ok((entry.make)(&params))
}

/// An error of positions that all tracks have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CommonPrecision {
    /// Per axis, um; 0 where the steps show none.
    pub(crate) precision_um: f64,
    /// What its own standard error does to the logarithm of all diameters.
    pub(crate) ln_diameter_sd: f64,
}

/// The error of a position that all have in common, of trajectories that say nothing of it.
pub(crate) fn common_precision(
    trajectories: &[Trajectory],
    sampling: Sampling,
) -> Result<CommonPrecision, MethodError> {
    let steps = trajectories.iter();
    common(steps.filter_map(|t| Steps::of(t, sampling, 0.0).ok()))
}

fn common(steps: impl Iterator<Item = Steps>) -> Result<CommonPrecision, MethodError> {
    let mut blind = Choice::of("cve");
    blind.params.insert("precision_known".to_owned(), 0.0);
    let blind = estimator(&blind)?;
    // Weight, variance of the error of a position, and mean squared step per axis that is diffusion.
    let found: Vec<[f64; 3]> = steps
        .filter_map(|steps| {
            let found = blind.estimate(&steps)?;
            let step_um2 = 2.0 * found.diffusion_um2_per_s * steps.sampling.frame_interval_s;
            let n = found.n_displacements as f64;
            Some([n, found.localization_variance_um2, step_um2])
        })
        .collect();
    let weight: f64 = found.iter().map(|f| f[0]).sum();
    if weight <= 0.0 {
        return Ok(CommonPrecision::default());
    }
    let mean = |k: usize| found.iter().map(|f| f[0] * f[k]).sum::<f64>() / weight;
    let (variance_um2, step_um2) = (mean(1), mean(2));
    let squares: f64 = found
        .iter()
        .map(|f| (f[0] * (f[1] - variance_um2)).powi(2))
        .sum();
    // A step holds the errors of two positions.
    let ln_diameter_sd = 2.0 * squares.sqrt() / weight / step_um2;
    Ok(CommonPrecision {
        precision_um: variance_um2.max(0.0).sqrt(),
        ln_diameter_sd: if step_um2 > 0.0 && ln_diameter_sd.is_finite() {
            ln_diameter_sd
        } else {
            0.0
        },
    })
}

/// A track of another program in micrometres, with the error of each position that `precision_px` gives. `None` for a track
/// without a position.
pub(crate) fn trajectory(
    track: &ForeignTrack,
    id: TrackId,
    pixel_size_um: f64,
    sampling: Sampling,
    precision_px: impl Fn(&ForeignSpot) -> f64,
) -> Option<Trajectory> {
    let acquisition = Acquisition {
        pixel_size_um: Stated::new(pixel_size_um, "caller"),
        frame_interval_s: Stated::new(sampling.frame_interval_s, "caller"),
        exposure_s: None,
        bit_depth: None,
    };
    let points = track.points.iter().map(|p| TrackPoint {
        frame: FrameIndex(p.frame),
        time_s: f64::from(p.frame) * sampling.frame_interval_s,
        spot: Spot {
            x_px: p.x_px,
            y_px: p.y_px,
            precision_px: precision_px(p),
            width_px: 1.0,
            mass_counts: 0.0,
            peak_counts: 0.0,
            background_counts: 0.0,
            snr: 0.0,
        },
    });
    let track = Track::new(id, points.collect())?;
    Some(Trajectory::from_track(&track, &acquisition, &Drift::none()))
}

#[cfg(test)]
mod tests {
    use super::super::{FormatOptions, read, read_text};
    use super::*;
    use std::io::Write;
    use std::path::Path;

    const SAMPLING: Sampling = Sampling {
        frame_interval_s: 0.04,
        exposure_s: 0.02,
    };

    #[test]
    fn steps_of_a_table_give_the_mean_square_over_four_intervals() {
        let text = "Particle ID, Track Step, X1, Y1, X2, Y2, Diffusion Co, Particle Size\n\
                    7, 2, 0, 0, 3, 4, 100, 50\n7, 3, 3, 4, 3, 5, 100, 50\n";
        let read = read_text("steps.csv", text, &FormatOptions::default()).unwrap();
        let found = beside(&read, 0.1, SAMPLING).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id, found[0].stated_um2_per_s), (7, Some(1.0)));
        // (25 + 1) / 2 px^2 of 0.01 um^2 over 0.16 s.
        let lag_one = found[0].lag_one.unwrap().diffusion_um2_per_s;
        assert!((lag_one - 0.13 / 0.16).abs() < 1e-12, "{lag_one}");
        assert!(found[0].own.unwrap().diffusion_um2_per_s > 0.0);
    }

    /// 11,442 tracks of a real export. It says neither pixel size nor frame rate, only their ratio: `Diffusion Co` is
    /// 20.667207 times the mean squared step in px^2, in 0.01 um^2/s.
    #[test]
    fn the_vendors_diffusion_coefficients_are_reproduced_and_ours_stand_beside() {
        let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
            let _ = writeln!(std::io::stderr(), "skipped: NTA_REFERENCE_DATA is not set");
            return;
        };
        let path = Path::new(&folder).join("nanosight_alltracks/kaffee02-001-alltracks.csv");
        let read = read(&path, &FormatOptions::default()).unwrap();
        let pixel_size_um = (0.206_672_07 * 4.0 * SAMPLING.frame_interval_s).sqrt();
        let found = beside(&read, pixel_size_um, SAMPLING).unwrap();
        assert_eq!(found.len(), 11_442);
        let (mut own_sum, mut stated_sum) = (0.0, 0.0);
        for track in &found {
            let stated = track.stated_um2_per_s.unwrap();
            let lag_one = track.lag_one.unwrap().diffusion_um2_per_s;
            // Six digits behind the point of 0.01 um^2/s are written.
            assert!(
                (lag_one - stated).abs() < 1e-4 * stated + 1e-8,
                "track {}: {stated} stated, {lag_one} here",
                track.id
            );
            let own = track.own.unwrap();
            assert!(own.diffusion_um2_per_s >= 0.0 && own.std_err_um2_per_s.is_finite());
            own_sum += own.diffusion_um2_per_s;
            stated_sum += stated;
        }
        let (own, stated) = (own_sum / 11_442.0, stated_sum / 11_442.0);
        let _ = writeln!(
            std::io::stderr(),
            "mean D: {stated:.4} um^2/s stated, {own:.4} um^2/s here"
        );
        assert!((0.5..2.0).contains(&(own / stated)), "{own} {stated}");
    }
}
