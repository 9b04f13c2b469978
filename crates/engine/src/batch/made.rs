//! Finished samples with chosen numbers, for the tests of this folder.

use super::{Channel, Role, SampleEntry, SampleOutcome, SampleRecord};
use crate::report::{Capture, Concentration, Estimate, Report, Spread, Verdict, sample};

/// A sample of 103 nm and 3.41e9 per mL, diluted 500 times, in three captures.
pub(crate) fn record(id: &str, role: Role) -> SampleRecord {
    let (mut report, _) = sample::pass();
    report.sample.id = id.into();
    SampleRecord {
        entry: SampleEntry {
            id: id.into(),
            role,
            ..SampleEntry::default()
        },
        folder: id.into(),
        captures: vec![format!("{id}/1.avi")],
        outcome: SampleOutcome::Done(Box::new(report)),
    }
}

impl SampleRecord {
    /// The same with another result.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Report)) -> Self {
        if let SampleOutcome::Done(report) = &mut self.outcome {
            change(report);
        }
        self
    }

    /// The same with other words in `samples.csv`.
    pub(crate) fn listed(mut self, change: impl FnOnce(&mut SampleEntry)) -> Self {
        change(&mut self.entry);
        self
    }

    /// The same, filmed on a day.
    pub(crate) fn on(self, date: &str) -> Self {
        self.listed(|e| e.date = Some(date.into()))
    }

    /// The same with this median, known to one per cent and half (95 %).
    pub(crate) fn median(self, nm: f64) -> Self {
        self.with(|r| {
            let e = Estimate::new(nm, Some([nm * 0.985, nm * 1.015]));
            (r.diameter_nm.median, r.diameter_nm.d50, r.diameter_nm.mode) = (e, e, e);
            r.diameter_nm.coefficient_of_variation = Estimate::new(0.06, Some([0.05, 0.07]));
            r.uncertainty = None;
        })
    }

    /// The same with so many particles per mL as filmed, known to `relative` (one standard error), at a dilution.
    pub(crate) fn filmed(self, per_ml: f64, dilution: f64, relative: f64) -> Self {
        self.with(|r| {
            let factor = (nta_sizing::Z95 * relative).exp();
            let whole = per_ml * dilution;
            r.medium.dilution = dilution;
            // A thousandth of a millionth of a millilitre is in view.
            r.particles_per_frame = per_ml * 1e-7;
            r.coincidence_factor = 1.0;
            r.uncertainty = None;
            r.concentration = Some(Concentration {
                per_ml: whole,
                ci95: Some([whole / factor, whole * factor]),
                particles_per_frame: r.particles_per_frame,
                dilution_applied: dilution,
                ..Concentration::default()
            });
            for c in &mut r.captures {
                c.concentration.clone_from(&r.concentration);
                c.particles_per_frame = r.particles_per_frame;
            }
        })
    }

    /// The same in fluorescence.
    pub(crate) fn fluorescent(self) -> Self {
        self.listed(|e| e.channel = Channel::Fluorescence)
    }

    /// The same with these numbers of its captures.
    pub(crate) fn spread(self, name: &str, values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        self.with(|r| {
            r.replicates.n = values.len() as u64;
            r.captures = vec![Capture::default(); values.len()];
            let spread = Spread {
                values: values.iter().copied().map(Some).collect(),
                mean: Some(mean),
                sd: Some(sd),
                cv: Some(sd / mean),
                ..Spread::default()
            };
            r.replicates.between_capture.insert(name.into(), spread);
        })
    }

    /// The same with a result that must not be used.
    pub(crate) fn failing(self) -> Self {
        self.with(|r| r.verdict = Verdict::Fail)
    }
}

/// A sample without a result.
pub(crate) fn failed(id: &str, role: Role) -> SampleRecord {
    SampleRecord {
        outcome: SampleOutcome::Failed {
            exit_code: 3,
            reason: "cannot read a.avi: it is empty".into(),
            excluded: Vec::new(),
        },
        ..record(id, role)
    }
}
