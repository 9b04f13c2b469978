//! The smallest diameter that a film shows, from how brightness falls with size down to the detection threshold.
//! `docs/decisions/0011`.

use crate::brightness::{PowerLaw, Seen, Spread};
use crate::result::SizeResult;
use crate::select::UsedTrack;
use nta_core::{Finding, Severity};

/// Scatter of particles much smaller than the wavelength, of one material (Rayleigh; Bohren & Huffman 1983,
/// doi:10.1002/9783527618156, chapter 5).
const RAYLEIGH: f64 = 6.0;
/// Mean u over its largest value in a Gaussian sheet of light.
const MEAN_OVER_TOP: f64 = 2.0 / 3.0;

/// What is known of the tracks that were used.
pub(crate) struct Brightness<'a> {
    /// The tracks.
    pub used: &'a [UsedTrack],
    /// Expectation and variance of ln(d / nm) of each.
    pub ln_nm: &'a [[f64; 2]],
    /// How much their sizes differ.
    pub spread: Spread,
    /// Brighter particles are seen deeper.
    pub deep: bool,
}

impl Brightness<'_> {
    fn seen(&self, capture: Option<usize>) -> Vec<Seen> {
        self.used
            .iter()
            .zip(self.ln_nm)
            .filter(|(t, _)| capture.is_none_or(|c| c == t.capture))
            .filter_map(|(t, ln_nm)| {
                Some(Seen {
                    ln_nm: ln_nm[0],
                    value: t.visibility?,
                    // While a particle is seen it is at all depths alike: frames count, not tracks.
                    weight: (t.steps.len() + 1) as f64,
                })
            })
            .collect()
    }

    /// How the signal to noise over the threshold, in the middle of the light, goes with size; `None` with too few tracks or where
    /// sizes differ too little.
    pub fn law(&self) -> Option<PowerLaw> {
        Some(PowerLaw::of(&self.seen(None), &self.spread)?.times(self.top_over_mean()))
    }

    fn top_over_mean(&self) -> f64 {
        if self.deep { 1.0 / MEAN_OVER_TOP } else { 1.0 }
    }

    /// Writes the smallest diameter into the results, or says why there is none.
    pub fn tell(&self, pooled: &mut SizeResult, captures: &mut [SizeResult]) -> Option<Finding> {
        pooled.distribution.as_ref()?;
        let all = self.seen(None);
        // Off the middle of the light and in it the zero is the same.
        let law = self.law();
        let Some(measured) = law.filter(|l| l.zero_nm().is_some()) else {
            return Some(self.why_not(&all, law));
        };
        write(pooled, &measured);
        for (c, result) in captures.iter_mut().enumerate() {
            let own = measured.through(&self.seen(Some(c)), self.top_over_mean());
            if let Some(own) = own {
                write(result, &own);
            }
        }
        None
    }

    fn why_not(&self, all: &[Seen], law: Option<PowerLaw>) -> Finding {
        let why = match law {
            _ if all.is_empty() => {
                "the detector has no threshold of the signal to noise that brightness could be compared with".to_owned()
            }
            None => format!(
                "how brightness goes with size cannot be measured, because the sizes differ too little for these tracks (CV {:.0} %; \
                 {:.0} % would do)",
                100.0 * self.spread.cv,
                200.0 * self.spread.narrowest_cv
            ),
            Some(l) if l.value <= 0.0 => {
                "most particles are no brighter than the detection threshold".to_owned()
            }
            Some(l) if l.is_measured() => format!(
                "brightness hardly grows with size (as the power {:.1} with a standard error of {:.1}), so that there is no end in sight",
                l.exponent, l.exponent_se
            ),
            Some(l) => format!(
                "brightness was not seen to grow with size (as the power {:.1} with a standard error of {:.1})",
                l.exponent, l.exponent_se
            ),
        };
        let assumed = self.as_rayleigh_nm(all, law);
        let told = assumed.map_or_else(String::new, |nm| {
            format!(
                " If it went as the sixth power, as scatter of small particles of one material does, it would be {nm:.0} nm; that is \
                 an assumption, not a measurement."
            )
        });
        let finding = Finding::new(
            "S21",
            Severity::Info,
            "size",
            format!(
                "The smallest diameter that these films show is not known: {why}.{told} A sample of several sizes, filmed alike, \
                 would tell."
            ),
        );
        match assumed {
            Some(nm) => finding.with(nm, None, "nm if as d^6"),
            None => finding,
        }
    }

    /// The smallest diameter if brightness went as d^6; `None` where the film contradicts that.
    fn as_rayleigh_nm(&self, all: &[Seen], law: Option<PowerLaw>) -> Option<f64> {
        if law.is_some_and(|l| !l.allows(RAYLEIGH)) {
            return None;
        }
        let weight: f64 = all.iter().map(|t| t.weight).sum();
        let mean =
            |of: fn(&Seen) -> f64| all.iter().map(|t| t.weight * of(t)).sum::<f64>() / weight;
        let (ln_nm, value) = (mean(|t| t.ln_nm), mean(|t| t.value));
        // With an exponent that is not measured the depth does not cancel.
        let top = value * self.top_over_mean();
        let nm = (ln_nm - top / RAYLEIGH).exp();
        (top > 0.0 && nm.is_finite()).then_some(nm)
    }
}

fn write(result: &mut SizeResult, law: &PowerLaw) {
    if let (Some(d), Some((nm, ci95))) = (&mut result.distribution, law.zero_nm()) {
        d.smallest_detectable_nm = Some(nm);
        d.smallest_detectable_ci95_nm = Some(ci95);
    }
}
