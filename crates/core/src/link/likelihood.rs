//! Links by likelihood: a pair is joined if that is likelier than an end and a beginning.
//!
//! Cost of joining track `i` to spot `j` after `m` frames, all in px and frames:
//!
//! `c = -ln [ sum_g w_ig N2(step; 0, a_g) P(seen after m) P(class_j | class_i) / (P(not seen) rho_new(class_j)) ]`
//!
//! with `a_g = v_g m + s_i^2 + s_j^2` and `w_ig` the posterior of the track's own step variance (see `motion`), and the
//! remaining factors counted in the film itself (see `presence`). A pair is possible only if `c < 0`: there is no
//! search radius; the gate follows from what is known of the particle. One sparse assignment per frame, exact.
//! Costs of this kind: Jaqaman et al. 2008, doi:10.1038/nmeth.1237; step densities and the log-odds against birth and
//! death: Reid 1979, doi:10.1109/TAC.1979.1102177.
//!
//! Three passes. The first knows nothing; the second has its population of step variances as prior and its rates; so
//! has the third, with better ones. In the third a link is left out, and the track ends, where another pairing is
//! nearly as likely: a particle of pure Brownian motion keeps no memory that could decide it later, and a shorter track
//! costs less than a swap. Last, steps that do not fit their track are cut (see `cut`).
//!
//! Over a gap a link must be clearly likelier than an end and a beginning. Such steps are a selection of short ones, which
//! is why D is not found from them (`docs/decisions/0008`).
//!
//! Measured: wrong links and links recalled in `docs/validation.md`; the tests of this folder hold it on simulated spots.
//!
//! Differs from the papers in: the step variance of each track is integrated over instead of estimated; rates come
//! from the film; no merging or splitting.

use super::cut::cut;
use super::motion::Motion;
use super::pass::{Care, Pass, Passed};
use super::points::{Points, area_px2, finish, prepare};
use super::presence::{Presence, least_frames};
use super::quality::{Quality, findings};
use super::{LinkInput, Linked, Linker, MakeLinker};
use crate::Tally;
use crate::method::{Entry, ParamSpec, Params};

/// The entry in the table of linkers.
pub(super) const ENTRY: Entry<MakeLinker> = Entry {
    key: "likelihood",
    title: "likelihood of each pair against an end and a beginning, learned from the film",
    references: &[
        "doi:10.1038/nmeth.1237",
        "doi:10.1109/TAC.1979.1102177",
        "doi:10.1007/BF02278710",
        "doi:10.1080/01621459.1978.10480103",
    ],
    params: &[
        ParamSpec {
            key: "max_gap_frames",
            default: 10.0,
            min: 0.0,
            max: 30.0,
            unit: "frames",
            meaning: "A particle may go unseen in so many frames on end; frames the camera dropped do not count.",
        },
        ParamSpec {
            key: "fastest_step_px",
            default: 20.0,
            min: 1.0,
            max: 200.0,
            unit: "px",
            meaning: "Root mean square step per frame (2-D) of the fastest particles looked for; lowered by itself in crowded films.",
        },
        ParamSpec {
            key: "least_odds",
            default: 10.0,
            min: 1.0,
            max: 1000.0,
            unit: "1",
            meaning: "A track ends where its link is not so many times likelier than another pairing; 1 takes every best link.",
        },
        ParamSpec {
            key: "brightness",
            default: 1.0,
            min: 0.0,
            max: 1.0,
            unit: "1",
            meaning: "1: brightness helps to tell neighbours apart, as far as the film shows that it does; 0: it does not.",
        },
    ],
    make: |params: &Params| {
        Box::new(Likelihood {
            max_gap_frames: params.get("max_gap_frames").round() as usize,
            fastest_px2: params.get("fastest_step_px").powi(2) / 2.0,
            least_ln_odds: params.get("least_odds").ln(),
            by_brightness: params.get("brightness") >= 0.5,
        })
    },
};

/// In the pass that counts, a link over a gap must be so many times likelier than an end and a beginning.
const LEAST_ODDS_LATER: f64 = 8.0;
/// Passes that learn, before the one that counts.
const LEARNING_PASSES: usize = 2;
/// They need no more spots than this; of longer films they take the frames in the middle.
const LEARNING_SPOTS: usize = 50_000;

/// The middle of the film, as long as needed.
fn for_learning<'a>(film: &'a [Points<'a>], least_frames: usize) -> &'a [Points<'a>] {
    let spots: usize = film.iter().map(|f| f.spots.len()).sum();
    if spots <= LEARNING_SPOTS {
        return film;
    }
    let (mut first, mut end, mut sum) = (film.len() / 2, film.len() / 2, 0);
    while (sum < LEARNING_SPOTS || end - first < least_frames) && end - first < film.len() {
        if end < film.len() {
            sum += film[end].spots.len();
            end += 1;
        }
        if first > 0 {
            first -= 1;
            sum += film[first].spots.len();
        }
    }
    &film[first..end]
}

#[derive(Debug)]
struct Likelihood {
    max_gap_frames: usize,
    fastest_px2: f64,
    least_ln_odds: f64,
    by_brightness: bool,
}

impl Likelihood {
    fn passes(&self, film: &[Points], area_px2: f64, start_snr: f64) -> (Passed, Motion) {
        let strong: usize = film.iter().map(Points::strong).sum();
        let per_px2 = strong as f64 / (film.len().max(1) as f64 * area_px2);
        let mut motion = Motion::flat(per_px2, self.fastest_px2);
        let mut presence = Presence::assumed(film, area_px2, start_snr, self.max_gap_frames);
        let part = for_learning(film, least_frames(self.max_gap_frames));
        for _ in 0..LEARNING_PASSES {
            let pass = self.pass(part, &motion, &presence, Care::NONE).run();
            motion.learn(part, &pass.chains);
            let learned = Presence::learned(
                part,
                &pass.chains,
                area_px2,
                self.max_gap_frames,
                start_snr,
                self.by_brightness,
            );
            presence = learned.unwrap_or(presence);
        }
        let last = self.pass(film, &motion, &presence, self.care()).run();
        (last, motion)
    }

    fn pass<'a>(
        &self,
        film: &'a [Points<'a>],
        motion: &'a Motion,
        presence: &'a Presence,
        care: Care,
    ) -> Pass<'a> {
        Pass {
            film,
            motion,
            presence,
            max_gap_frames: self.max_gap_frames,
            care,
        }
    }

    /// With `least_odds` 1 every best link is taken.
    fn care(&self) -> Care {
        if self.least_ln_odds <= 0.0 {
            return Care::NONE;
        }
        Care {
            rival: self.least_ln_odds,
            later: LEAST_ODDS_LATER.ln(),
            hidden: self.max_gap_frames > 0,
        }
    }
}

impl Linker for Likelihood {
    fn link(&self, input: &LinkInput<'_>) -> Linked {
        let mut tally = Tally::default();
        let film = prepare(input, &mut tally);
        let area = area_px2(&film, input.area_px2);
        let (passed, motion) = self.passes(&film, area, input.start_snr);
        let links: usize = passed.chains.iter().map(|c| c.len() - 1).sum();
        let (chains, cuts) = cut(&film, passed.chains, &motion);
        tally.add("link_cut", cuts);
        tally.add("link_ambiguous", passed.ambiguous);
        tally.add("link_shared", passed.shared);
        let quality = Quality {
            links: links as u64,
            cuts,
            ambiguous: passed.ambiguous,
            not_exact: passed.not_exact,
        };
        let mut linked = finish(&film, chains, tally);
        linked.findings = findings(&film, &linked.tracks, &motion, area, &quality);
        linked
    }
}
