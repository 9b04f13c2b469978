//! Scoring on truth and predictions made by hand, whose scores can be worked out on paper.

use super::cdf::Cdf;
use super::columns::Scores;
use super::found::{Found, FoundSizes, FoundSpot};
use super::known::{Known, KnownFrame, KnownSizes, KnownSpot};
use super::manifest::Manifest;
use super::score::{Scored, score};
use crate::report::Estimate;

fn known(particle: u64, x_px: f64, y_px: f64) -> KnownSpot {
    KnownSpot {
        particle,
        x_px,
        y_px,
        must: true,
        clear: true,
        snr: Some(30.0),
        bound_px: Some(0.5),
    }
}

fn spot(x_px: f64, y_px: f64) -> FoundSpot {
    FoundSpot {
        x_px,
        y_px,
        precision_px: Some(0.1),
    }
}

/// Two particles in three frames, at (50, 50) and (80, 50), the second without its last frame; a faint third one that
/// need not be found.
fn truth() -> Known {
    let frames = (0..3)
        .map(|frame| {
            let mut spots = vec![known(1, 50.0, 50.0)];
            if frame < 2 {
                spots.push(known(2, 80.0, 50.0));
            }
            spots.push(KnownSpot {
                must: false,
                snr: Some(2.0),
                bound_px: None,
                ..known(3, 20.0, 20.0)
            });
            KnownFrame {
                frame,
                spots,
                ignored: vec![[100.0, 100.0, 8.0]],
            }
        })
        .collect();
    Known {
        frames,
        ..Known::default()
    }
}

fn found(spots: &[&[FoundSpot]], tracks: &[&[(u32, usize)]]) -> Found {
    Found {
        spots: (0..).zip(spots.iter().map(|s| s.to_vec())).collect(),
        tracks: tracks.iter().map(|t| t.to_vec()).collect(),
        ..Found::default()
    }
}

fn assert_score(scores: &Scores, key: &str, want: f64) {
    let got = scores.get(key).unwrap_or_else(|| panic!("{key} is absent"));
    assert!((got - want).abs() < 1e-9, "{key}: {got} for {want}");
}

#[test]
fn a_perfect_answer_has_perfect_scores() {
    let a = [spot(50.0, 50.0), spot(80.0, 50.0)];
    let answer = found(
        &[&a, &a, &a[..1]],
        &[&[(0, 0), (1, 0), (2, 0)], &[(0, 1), (1, 1)]],
    );
    let Scored { scores: s, .. } = score(&truth(), &answer);
    for (key, want) in [
        ("recall_percent", 100.0),
        ("precision_percent", 100.0),
        ("false_spots_per_frame", 0.0),
        ("position_error_px", 0.0),
        ("wrong_links_percent", 0.0),
        ("links_recalled_percent", 100.0),
        ("false_tracks", 0.0),
    ] {
        assert_score(&s, key, want);
    }
    assert_score(&s, "spots_per_frame", 5.0 / 3.0);
}

#[test]
fn missed_false_and_displaced_spots_are_counted_as_they_are() {
    // Frame 0: particle 1 displaced by (0.3, 0.4), particle 2 missed, a false spot, dust, the faint particle.
    // Frame 1: both, particle 1 at 3.1 px, which is too far. Frame 2: nothing.
    let answer = found(
        &[
            &[
                spot(50.3, 50.4),
                spot(10.0, 60.0),
                spot(97.0, 103.0),
                spot(20.0, 21.0),
            ],
            &[spot(53.1, 50.0), spot(80.0, 50.0)],
            &[],
        ],
        &[],
    );
    let Scored {
        scores: s, by_snr, ..
    } = score(&truth(), &answer);
    // Of five that must be found two are: particle 1 in frame 0, particle 2 in frame 1.
    assert_score(&s, "recall_percent", 40.0);
    // Right: those two and the faint one; false: (10, 60) and (53.1, 50). Dust does not count.
    assert_score(&s, "precision_percent", 60.0);
    assert_score(&s, "false_spots_per_frame", 2.0 / 3.0);
    assert_score(&s, "spots_per_frame", 2.0);
    // Squared errors 0.25 and 0 over two spots.
    assert_score(&s, "position_error_px", (0.25_f64 / 2.0).sqrt());
    // Ratios: (3, 4) and (0, 0): 25 over four.
    assert_score(&s, "stated_error_ratio", (25.0_f64 / 4.0).sqrt());
    assert_eq!(s.get("wrong_links_percent"), None, "there is no link");
    assert_score(&s, "links_recalled_percent", 0.0);
    assert_eq!(by_snr.len(), 2);
    assert_eq!(
        (by_snr[0].from_snr, by_snr[0].there, by_snr[0].found),
        (2.0, 3, 1)
    );
    assert_eq!(
        (by_snr[1].from_snr, by_snr[1].there, by_snr[1].found),
        (20.0, 5, 2)
    );
    // Squared errors as above, over two squares of the bound for each of the two found.
    assert_eq!(by_snr[0].error_over_bound(), None);
    let ratio = by_snr[1].error_over_bound().expect("a bound");
    assert!((ratio - 0.5).abs() < 1e-9, "{ratio}");
}

#[test]
fn one_spot_counts_for_one_particle_only() {
    // Both spots are near particle 1; the nearer one is it.
    let near = [spot(50.5, 50.0), spot(49.0, 50.0)];
    let Scored { scores: s, .. } = score(&truth(), &found(&[&near, &[], &[]], &[]));
    assert_score(&s, "recall_percent", 20.0);
    assert_score(&s, "precision_percent", 50.0);
    assert_score(&s, "position_error_px", 0.5);
}

#[test]
fn a_swap_is_two_wrong_links() {
    let a = [spot(50.0, 50.0), spot(80.0, 50.0)];
    let answer = found(
        &[&a, &a, &a[..1]],
        // Particle 1 -> 2, and 2 -> 1 -> 1.
        &[&[(0, 0), (1, 1)], &[(0, 1), (1, 0), (2, 0)]],
    );
    let Scored { scores: s, .. } = score(&truth(), &answer);
    assert_score(&s, "wrong_links_percent", 100.0 * 2.0 / 3.0);
    // There are three links (1: 0-1, 1-2; 2: 0-1), of which one was found.
    assert_score(&s, "links_recalled_percent", 100.0 / 3.0);
}

#[test]
fn a_bridged_gap_is_right_but_recalls_no_neighbours() {
    let a = [spot(50.0, 50.0)];
    let answer = found(&[&a, &[], &a], &[&[(0, 0), (2, 0)]]);
    let Scored { scores: s, .. } = score(&truth(), &answer);
    assert_score(&s, "wrong_links_percent", 0.0);
    assert_score(&s, "links_recalled_percent", 0.0);
}

#[test]
fn a_track_of_nothing_is_a_false_track() {
    let frames = (0..6)
        .map(|frame| KnownFrame {
            frame,
            ..KnownFrame::default()
        })
        .collect();
    let empty = Known {
        frames,
        ..Known::default()
    };
    let dot = [spot(30.0, 30.0)];
    let spots: [&[FoundSpot]; 6] = [&dot; 6];
    let track: Vec<(u32, usize)> = (0..6).map(|f| (f, 0)).collect();
    let Scored { scores: s, .. } = score(&empty, &found(&spots, &[&track]));
    assert_score(&s, "false_tracks", 1.0);
    assert_score(&s, "frames_per_track", 6.0);
    assert_score(&s, "wrong_links_percent", 100.0);
    assert_score(&s, "precision_percent", 0.0);
    assert_score(&s, "false_spots_per_frame", 1.0);
    assert_eq!(s.get("recall_percent"), None, "nothing had to be found");
}

fn sizes(values: [f64; 4], half: f64) -> FoundSizes {
    let e = |v: f64| Estimate::new(v, Some([v - half, v + half]));
    FoundSizes {
        cdf: Cdf::of_steps(vec![(110.0, 1.0)]),
        mean: e(values[0]),
        d10: e(values[1]),
        d50: e(values[2]),
        d90: e(values[3]),
        cv: Some(0.05),
        populations_nm: vec![100.0],
    }
}

#[test]
fn sizes_are_scored_against_the_sample() {
    let beads = Known {
        sample: KnownSizes::of(vec![(100.0, 7.0)]),
        seen: KnownSizes::of(vec![(100.0, 1.0), (120.0, 1.0)]),
        concentration_per_ml: Some(2e8),
        ..Known::default()
    };
    let answer = Found {
        sizes: Some(sizes([110.0, 95.0, 102.0, 120.0], 5.0)),
        concentration: Some((2.5e8, Some([1.9e8, 3.1e8]))),
        tracks_used: 40,
        ..Found::default()
    };
    let Scored { scores: s, .. } = score(&beads, &answer);
    for (key, want) in [
        ("mean_error_percent", 10.0),
        ("d10_error_percent", -5.0),
        ("d50_error_percent", 2.0),
        ("d90_error_percent", 20.0),
        ("cv_percent", 5.0),
        ("true_cv_percent", 0.0),
        ("w1_nm", 10.0),
        ("w1_seen_nm", 10.0),
        ("concentration_error_percent", 25.0),
        // D10 (90 to 100), D50 and the concentration hold the truth, mean and D90 do not.
        ("intervals_held", 3.0),
        ("intervals_stated", 5.0),
        ("tracks_used", 40.0),
    ] {
        assert_score(&s, key, want);
    }
    assert_eq!(s.get("recall_percent"), None, "no positions are known");
}

/// In the gap between two populations the median is not a number that an engine can be held to.
#[test]
fn a_median_in_a_gap_is_not_scored() {
    let pair = KnownSizes::of(vec![(60.0, 1.0), (150.0, 1.0)]).expect("sizes");
    assert_eq!(pair.quantile_nm(0.5), None);
    assert_eq!(pair.quantile_nm(0.1), Some(60.0));
    assert_eq!(pair.quantile_nm(0.9), Some(150.0));
    assert!((pair.mean_nm - 105.0).abs() < 1e-9 && (pair.cv - 45.0 / 105.0).abs() < 1e-9);
}

#[test]
fn a_stated_size_is_held_against_mean_and_median_only() {
    let answer = Found {
        sizes: Some(sizes([1010.0, 900.0, 1005.0, 1100.0], 20.0)),
        ..Found::default()
    };
    let Scored { scores: s, .. } = score(&Known::nominal(1000.0), &answer);
    assert_score(&s, "d50_error_percent", 0.5);
    assert_score(&s, "mean_error_percent", 1.0);
    assert_eq!(s.get("d10_error_percent"), None);
    assert_eq!(s.get("w1_nm"), None);
    assert_score(&s, "intervals_stated", 2.0);
    assert_score(&s, "intervals_held", 2.0);
}

/// What a wrong manifest is told, by its text.
#[test]
fn wrong_manifests_are_told_what_and_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.toml");
    let film = |body: &str| format!("title = \"t\"\n[[film]]\nname = \"a\"\n{body}\n");
    for (text, words) in [
        (String::new(), "title"),
        ("title = \"t\"".into(), "it lists no film"),
        ("title = ".into(), "line 1"),
        (film(""), "either scene or video"),
        (
            film("scene = \"s\"\nvideo = \"v\""),
            "either scene or video",
        ),
        (film("video = \"v\""), "its answer is not known"),
        (
            film("video = \"v\"\nnominal_nm = 0.0"),
            "from 1 to 100000 nm",
        ),
        (
            film("video = \"v\"\nnominal_nm = 9.0\nseeds = [1]"),
            "seeds belongs to a scene",
        ),
        (
            film("video = \"v\"\ntruth = \"t\"\ntolerance_percent = 2.0"),
            "needs nominal_nm",
        ),
        (
            film("scene = \"s\"\nnominal_nm = 9.0"),
            "belongs to a video",
        ),
        (film("scene = \"s\"\nseeds = [1, 1]"), "names 1 twice"),
        (film("scene = \"s\"\nframes = 0"), "at least 1 frame"),
        (film("scene = \"s\"\nquality = 9"), "belongs to the codecs"),
        (
            film("scene = \"s\"\ncodec = \"h264\"\nquality = 90"),
            "from 0 to 51",
        ),
        (film("scene = \"s\"\ncodec = \"mpeg\""), "unknown variant"),
        (
            film("scene = \"s\"\ndepth_from = \"b\""),
            "depth_from names 'b'",
        ),
        (
            film("scene = \"s\"\n[film.limits]\nspeed = [0, 1]"),
            "'speed' is no score",
        ),
        (
            film("scene = \"s\"\n[film.limits]\nw1_nm = [2, 1]"),
            "must not be above",
        ),
        (
            film("scene = \"s\"\n[film.plan]\npixel_size = 3"),
            "did you mean 'pixel_size_um'",
        ),
        (
            film("scene = \"s\"\n[film.plan]\ndepth_um = -3"),
            "from 0.1",
        ),
        (film("scene = \"s\"\nsead = 3"), "unknown field `sead`"),
        (
            film("scene = \"s\"\n[[film]]\nname = \"a\"\nscene = \"s\""),
            "two films",
        ),
        (
            film("scene = \"s\"\n[[peer]]\nengine = \"p\"\ntracks = \"t\"\nfilms = [\"z\"]"),
            "no such film",
        ),
    ] {
        std::fs::write(&path, &text).expect("a file");
        let error = Manifest::read(&path).expect_err(&text);
        assert_eq!(error.exit_code(), 2, "{text}");
        let said = error.to_string();
        assert!(said.contains(words) && said.contains("m.toml"), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
    let missing = Manifest::read(&folder.path().join("none.toml")).expect_err("not there");
    assert_eq!(missing.exit_code(), 3);
}
