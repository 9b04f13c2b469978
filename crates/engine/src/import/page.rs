//! What `import.html` shows.

use super::inputs::Content;
use super::measured::Measured;
use super::told::Told;
use crate::report::Report;
use crate::report::html::{ImportCurve, ImportPage, ImportTable};
use crate::vendor::Histogram;

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// More distributions than these cannot be told apart in one picture.
const MOST_LINES: usize = 6;

/// So many digits behind the point as the vendors print.
fn nm(value: f64) -> String {
    format!("{value:.1}")
}

fn maybe(value: Option<f64>, in_words: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), in_words)
}

/// `1.47e9` as people read it.
fn per_ml(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let power = value.abs().log10().floor();
    let raised: String = format!("{power}")
        .chars()
        .map(|c| match c.to_digit(10) {
            Some(d) => SUPERSCRIPTS[d as usize],
            None => '⁻',
        })
        .collect();
    format!("{:.2} × 10{raised}", value / 10f64.powf(power))
}

impl Told<'_> {
    /// The page.
    pub(super) fn page(&self) -> ImportPage {
        let measured = self.measured();
        let mut lead = vec![
            "Numbers stand as the other programs have printed them. Where a program prints none, or its average is not a replicate, \
             they were worked out from its bins and are marked with *."
                .to_owned(),
        ];
        if self.result.is_some() {
            lead.push("Tracks were analysed again from their positions on; report.html has that result in full.".to_owned());
        }
        let not_read = self
            .inputs
            .iter()
            .filter(|i| i.unreadable().is_some())
            .count();
        if not_read > 0 {
            lead.push(format!(
                "{not_read} of {} files could not be read; see the list of files.",
                self.inputs.len()
            ));
        }
        ImportPage {
            title: "Results of other programs".to_owned(),
            lead,
            curves: self.curves(&measured),
            tables: vec![
                sizes(&measured),
                concentrations(&measured),
                conditions(&measured),
                self.positions(),
                self.files(),
            ],
        }
    }

    fn curves(&self, measured: &[Measured]) -> Vec<ImportCurve> {
        let mut out: Vec<ImportCurve> = Vec::new();
        let many = measured.iter().filter(|m| m.histogram.is_some()).count() > MOST_LINES;
        let averaged = |file: &str| {
            let mut averages = measured.iter().filter(|a| a.replicate == "Average");
            averages.any(|a| a.file == file)
        };
        // Of many replicates the averages are shown.
        let shown =
            |m: &&Measured| !m.ours && (!many || m.replicate == "Average" || !averaged(&m.file));
        for m in measured.iter().filter(shown) {
            let Some(points) = m.histogram.as_ref().and_then(shares) else {
                continue;
            };
            out.push(ImportCurve {
                name: format!("{} {}", m.short_name(), m.replicate),
                points,
                ours: false,
            });
        }
        let beside = self.beside.map(|(_, r)| r);
        for (report, what) in [(self.result, "nta, from the tracks"), (beside, "nta")] {
            if let Some(points) = report.and_then(own_shares) {
                out.push(ImportCurve {
                    name: what.to_owned(),
                    points,
                    ours: true,
                });
            }
        }
        out
    }

    fn positions(&self) -> ImportTable {
        let rows = self.inputs.iter().filter_map(|i| Some((i, i.export()?)));
        let rows = rows.flat_map(|(i, e)| {
            let name = i.name.rsplit(['/', '\\']).next().unwrap_or(&i.name);
            e.positions.iter().map(move |p| {
                vec![
                    name.to_owned(),
                    format!("{:.2}", p.place),
                    (if p.used { "yes" } else { "no" }).to_owned(),
                    maybe(p.particles, nm),
                    maybe(p.traces, |v| format!("{v:.0}")),
                    maybe(p.d50_nm, nm),
                    maybe(p.original_per_ml, per_ml),
                    maybe(p.drift_um_per_s, nm),
                    p.removal.clone(),
                ]
            })
        });
        ImportTable {
            id: "positions",
            heading: "Positions in the cell",
            head: vec![
                "File",
                "#Position",
                "Used",
                "#Particles",
                "#Tracks",
                "#D50, nm",
                "#Per mL, undiluted",
                "#Drift, µm/s",
                "Left out because",
            ],
            rows: rows.collect(),
            below: String::new(),
        }
    }

    fn files(&self) -> ImportTable {
        let rows = self.inputs.iter().map(|i| {
            let (kind, what) = match &i.content {
                Content::Bad(reason) => ("not read".to_owned(), reason.clone()),
                Content::Tracks(_) => {
                    let mut said = vec!["analysed again".to_owned()];
                    said.extend(i.not_used().map(|why| format!("left out: {why}")));
                    ("tracks".to_owned(), said.join("; "))
                }
                Content::Export(e) => {
                    let mut said: Vec<String> =
                        e.failed.iter().map(|f| format!("failed: {f}")).collect();
                    said.extend(e.remarks.iter().cloned());
                    let skipped =
                        e.skipped.0.iter().map(|(why, n)| {
                            format!("{n} rows left out: {}", why.replace('_', " "))
                        });
                    said.extend(skipped);
                    (e.kind.title().to_owned(), said.join("; "))
                }
            };
            vec![i.name.clone(), kind, what]
        });
        ImportTable {
            id: "files",
            heading: "Files",
            head: vec!["File", "What it is", "What to know"],
            rows: rows.collect(),
            below: String::new(),
        }
    }
}

/// Share of the particles in each bin, % per nm; `None` of a single bin, whose width nothing says.
fn shares(bins: &Histogram) -> Option<Vec<(f64, f64)>> {
    let total = bins.total_per_ml().filter(|t| *t > 0.0)?;
    let centre = &bins.centre_nm;
    if centre.len() < 2 {
        return None;
    }
    let width = |i: usize| {
        let (before, after) = (i.saturating_sub(1), (i + 1).min(centre.len() - 1));
        (centre[after] - centre[before]) / (after - before).max(1) as f64
    };
    let points = bins.per_ml.iter().enumerate();
    let points = points.map(|(i, n)| (centre[i], 100.0 * n / total / width(i)));
    // Zeros beyond the last particle would only make the page heavy.
    let last = bins.per_ml.iter().rposition(|n| *n > 0.0)?;
    Some(points.take(last + 2).collect())
}

fn own_shares(report: &Report) -> Option<Vec<(f64, f64)>> {
    let d = &report.distribution;
    let by_number = match d.number_per_nm.is_empty() {
        true => &d.density_per_nm,
        false => &d.number_per_nm,
    };
    let points = d.diameter_nm.iter().zip(by_number);
    let points: Vec<_> = points.map(|(x, y)| (*x, 100.0 * y)).collect();
    (!points.is_empty()).then_some(points)
}

fn sizes(measured: &[Measured]) -> ImportTable {
    let rows = measured.iter().filter(|m| m.bad.is_none()).map(|m| {
        let mut row = vec![
            m.short_name().to_owned(),
            m.sample.clone(),
            m.replicate.clone(),
        ];
        let mut most: Option<f64> = None;
        for ((_, printed), (_, own)) in m.printed.named().into_iter().zip(m.from_bins.named()) {
            let off = printed.zip(own).map(|(p, o)| (p - o).abs());
            most = most.into_iter().chain(off).reduce(f64::max);
            row.push(match (printed, own) {
                (Some(p), _) => nm(p),
                (None, Some(o)) => nm(o) + "*",
                (None, None) => "–".to_owned(),
            });
        }
        row.push(maybe(most, |v| format!("{v:.2}")));
        row.push(maybe(m.tracks, |v| format!("{v:.0}")));
        row.push(match m.failed {
            Some(_) => "failed".to_owned(),
            None => m.state().replace('_', " "),
        });
        row
    });
    ImportTable {
        id: "told-sizes",
        heading: "Sizes, nm",
        head: vec![
            "File", "Sample", "Replicate", "#Mean", "#Mode", "#SD", "#D10", "#D50", "#D90", "#Largest difference", "#Tracks", "State",
        ],
        rows: rows.collect(),
        below: "The largest difference is that between a printed number and the same from the bins, by the rule of the program's version."
            .to_owned(),
    }
}

fn concentrations(measured: &[Measured]) -> ImportTable {
    let some = measured.iter().filter(|m| m.as_told_per_ml().is_some());
    let rows = some.map(|m| {
        let applied = match m.told.dilution_applied_by_vendor {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not recorded",
        };
        vec![
            m.short_name().to_owned(),
            m.replicate.clone(),
            maybe(m.printed_per_ml, per_ml),
            maybe(m.from_bins_per_ml, per_ml),
            maybe(m.told.dilution, |v| format!("{v}")),
            applied.to_owned(),
            maybe(m.of_sample_per_ml(), per_ml),
            maybe(m.particles_per_frame, nm),
        ]
    });
    ImportTable {
        id: "concentrations",
        heading: "Concentrations, per mL",
        head: vec![
            "File", "Replicate", "#Printed", "#Sum of the bins", "#Dilution", "Applied already", "#Of the sample", "#Particles per frame",
        ],
        rows: rows.collect(),
        below: "Of the sample: with the dilution applied once. Where no dilution was recorded there is none: the other numbers are of the liquid in the cell."
            .to_owned(),
    }
}

fn conditions(measured: &[Measured]) -> ImportTable {
    let some = measured.iter().filter(|m| {
        m.bad.is_none() && (m.told.temperature_c.is_some() || m.told.frame_rate_fps.is_some())
    });
    let rows = some.map(|m| {
        let c = &m.told;
        let plain = |v: f64| format!("{}", (v * 1e4).round() / 1e4);
        vec![
            m.short_name().to_owned(),
            m.replicate.clone(),
            m.software.clone(),
            maybe(c.temperature_c, plain),
            maybe(c.viscosity_mpa_s, plain),
            maybe(c.exposure_ms, plain),
            maybe(c.frame_rate_fps, plain),
            maybe(c.pixel_size_um, plain),
        ]
    });
    ImportTable {
        id: "conditions",
        heading: "Conditions",
        head: vec![
            "File",
            "Replicate",
            "Program",
            "#°C",
            "#mPa s",
            "#Exposure, ms",
            "#Frames per s",
            "#µm per px",
        ],
        rows: rows.collect(),
        below: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_have_a_share_per_nm_and_a_single_one_has_none() {
        let bins = |centre_nm: &[f64]| Histogram {
            centre_nm: centre_nm.to_vec(),
            per_ml: vec![5.0; centre_nm.len()],
            logarithmic: false,
        };
        assert_eq!(
            shares(&bins(&[2.5, 7.5])),
            Some(vec![(2.5, 10.0), (7.5, 10.0)])
        );
        assert_eq!(shares(&bins(&[2.5])), None);
    }
}
