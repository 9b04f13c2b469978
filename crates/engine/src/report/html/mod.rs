//! `report.html`: one page that asks nothing of the network and prints well.
//!
//! Plain string building. Every text from outside passes through `words::esc`; the page's own policy forbids
//! requests, should one slip through.

mod charts;
mod counted;
mod head;
mod import;
mod method;
mod particles;
mod pictures;
mod replicates;
pub(crate) mod scale;
pub(crate) mod sections;
mod smooth;
pub(crate) mod svg;
mod uncertainty;
pub(crate) mod words;

pub(crate) use head::{
    distinct, first_sentence, found_nothing, none_searched, not_searched, too_short_to_count,
};
pub(crate) use scale::Scale;
pub(crate) use sections::{section, table};
pub(crate) use svg::Chart;
pub(crate) use uncertainty::all_known;
pub(crate) use words::{
    ends, ends_per_ml, esc, message, number, per_frame, percent, shown, shown_per_ml, user,
    with_interval,
};

pub(crate) use import::{ImportCurve, ImportPage, ImportTable, import_page};
pub use pictures::{FilmPicture, ParticlePoint, Pictures, grey_png};

use super::model::Report;

/// The whole page. Without pictures it lacks the film and the brightness chart.
pub fn page(report: &Report, pictures: &Pictures) -> String {
    let title = match report.sample.id.trim() {
        "" => "Nanoparticle tracking analysis".to_owned(),
        id => format!("{} - nanoparticle tracking analysis", esc(id)),
    };
    let parts = [
        head::title(report),
        head::verdict(report),
        format!(
            "<div class=\"first {}\">{}{}</div>",
            report.verdict.word(),
            head::headline(report),
            head::distribution(report)
        ),
        sections::findings(report),
        sections::sizes(report),
        replicates::replicates(report),
        sections::film_and_charts(report, pictures),
        sections::counts(report),
        method::method(report),
        uncertainty::uncertainty(report),
        method::provenance(report),
        method::signature(report),
    ];
    whole_page(&title, &parts.join("\n"))
}

/// A page around its content; `title` is escaped by the caller.
pub(crate) fn whole_page(title: &str, content: &str) -> String {
    document(title, "", content)
}

/// The same with a few rules of style of its own.
pub(crate) fn document(title: &str, more_style: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\
         <title>{title}</title><style>{}{more_style}</style></head>\n<body><main>{content}</main><script>{}</script></body></html>\n",
        include_str!("style.css"),
        include_str!("hover.js"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::*;
    use crate::report::sample;
    use serde_json::json;

    /// Writes the sample pages into the folder `NTA_SHOW`, to look at them.
    #[test]
    fn every_kind_of_result_makes_a_whole_page() {
        let kinds = [
            ("typical", sample::typical()),
            ("pass", sample::pass()),
            ("fail", sample::fail()),
            ("nothing", sample::nothing_found()),
            ("bare", sample::bare()),
            ("many", sample::captures(20)),
            ("single", sample::captures(1)),
            ("none", sample::captures(0)),
        ];
        for (name, (report, pictures)) in kinds {
            let html = page(&report, &pictures);
            if let Some(folder) = std::env::var_os("NTA_SHOW") {
                let path = std::path::Path::new(&folder).join(format!("{name}.html"));
                std::fs::write(path, &html).unwrap();
            }
            check_page(name, &html);
            check_page(name, &page(&report, &Pictures::default()));
        }
    }

    /// The page without the letters of its picture, among which any short word may turn up.
    fn without_picture(html: &str) -> String {
        match html.split_once(";base64,") {
            Some((before, after)) => before.to_owned() + ";" + &after[after.find('"').unwrap()..],
            None => html.to_owned(),
        }
    }

    /// No request, no number gone wrong, and every element that is opened is closed in order.
    fn check_page(name: &str, html: &str) {
        let html = &without_picture(html);
        for word in [
            "http:", "https:", "src=\"", "url(", "@import", "NaN", "inf ", "None",
        ] {
            assert!(!html.contains(word), "{name}: contains {word}");
        }
        for part in html.split("href=\"").skip(1) {
            assert!(
                part.starts_with('#') || part.starts_with("data:image/png;"),
                "{name}: {part:.40}"
            );
        }
        let body = &html[html.find("<body>").unwrap()..html.find("<script>").unwrap()];
        let mut open: Vec<&str> = Vec::new();
        for tag in body.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap();
            let word = tag.split([' ', '/']).find(|w| !w.is_empty()).unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(word), "{name}");
            } else if !tag.ends_with('/') && !["input", "br"].contains(&word) {
                open.push(word);
            }
        }
        assert_eq!(open, ["body"], "{name}");
        let digits = body.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        // Positions in charts have one decimal; hashes have letters.
        let long = digits.filter(|d| d.contains('.')).find(|d| d.len() > 10);
        assert_eq!(long, None, "{name}");
    }

    #[test]
    fn the_first_screen_says_it_in_words() {
        let has = |(report, pictures): (Report, Pictures), words: &[&str]| {
            let html = page(&report, &pictures);
            for w in words {
                assert!(html.contains(w), "{w}");
            }
        };
        has(
            sample::typical(),
            &[
                "Use with care: 2 things to look at",
                "103 <span class=\"unit\">nm",
                "By chance alone (95 %): 102 to 105 nm",
                "With temperature, pixel size and all else that is known</a>: 99 to 108 nm",
                "What the uncertainty is made of",
                "3.4 × 10<sup>9</sup>",
                "Dilution × 500 included",
                "Give <span class=\"option\">--exposure-ms",
            ],
        );
        has(sample::pass(), &["Usable: no problems found"]);
        has(
            sample::fail(),
            &["Do not use these numbers: 1 problem", "limit: 5 %"],
        );
        has(
            sample::nothing_found(),
            &[
                "No particles found: 1 thing to look at",
                "Right for a blank; otherwise check laser",
                "fewer than 1.6 × 10<sup>7</sup>",
            ],
        );
        has(
            sample::bare(),
            &["not available", "or an instrument profile"],
        );
    }

    #[test]
    fn hostile_names_stay_text() {
        let evil =
            "</script><script>alert(1)</script><img src=x onerror='a'>\" & \u{202e}שלום\u{0}";
        let (mut report, pictures) = sample::typical();
        report.sample.id = evil.into();
        report.sample.fields = json!({evil: evil, "description": evil})
            .as_object()
            .cloned()
            .unwrap();
        report.plan = json!({evil: {evil: evil}, "a": evil});
        report.acquisition.pixel_size_um.from = evil.into();
        report.medium.name = Some(evil.into());
        report.medium.from = evil.into();
        report.software.version = evil.into();
        report.software.commit = Some(evil.into());
        report.distribution.weighting = evil.into();
        report.timing.started = Some(evil.into());
        report
            .replicates
            .between_capture
            .insert(evil.into(), Spread::default());
        for c in &mut report.captures {
            (c.path, c.sha256, c.container, c.codec) =
                (evil.into(), evil.into(), evil.into(), evil.into());
            c.tally.skipped.add(evil, 3);
        }
        for f in &mut report.findings {
            let f = &mut f.finding;
            (f.code, f.stage, f.message, f.unit) =
                (evil.into(), evil.into(), evil.into(), Some(evil.into()));
        }
        for m in &mut report.methods {
            (m.stage, m.method, m.title) = (evil.into(), evil.into(), evil.into());
            m.references = vec![evil.into()];
            m.settings = vec![Setting {
                key: evil.into(),
                value: None,
                unit: evil.into(),
                from: evil.into(),
            }];
        }
        report.blank = Some(Blank {
            path: evil.into(),
            sha256: evil.into(),
            per_ml: Some(6.1e6),
            ..Blank::default()
        });
        let budgets = report.uncertainty.as_mut().expect("budgets");
        let budget = budgets.mean_nm.as_mut().expect("a budget of the mean");
        for part in &mut budget.components {
            (part.source, part.unit, part.from) = (evil.into(), evil.into(), evil.into());
        }
        let html = page(&report, &pictures);
        assert!(
            !html.contains("<script>alert") && !html.contains("<img") && !html.contains('\u{0}')
        );
        assert_eq!(html.matches("<script").count(), 2);
        check_page("hostile", &html);
    }

    #[test]
    fn numbers_gone_wrong_do_not_reach_the_page() {
        let (mut report, mut pictures) = sample::typical();
        for odd in [f64::NAN, f64::INFINITY, f64::MAX, -1.0, 0.0] {
            let e = Estimate {
                value: Some(odd),
                ci95: Some([odd, odd]),
            };
            report.diameter_nm = DiameterSummary {
                mean: e,
                median: e,
                d10: e,
                d90: e,
                ..DiameterSummary::default()
            };
            for at in [0, 7, 100] {
                report.distribution.density_per_nm[at] = odd;
                report.distribution.diameter_nm[at + 1] = odd;
                report.distribution.ci95_high_per_nm[at] = odd;
            }
            report.distribution.ci95_low_per_nm.truncate(50);
            report.populations[0].diameter_nm = odd;
            report.particles_per_frame = odd;
            report.medium.viscosity_mpa_s = odd;
            report.captures[0].spots_over_time.spots_per_frame[3] = odd;
            report.captures[0].drift_track = Some(DriftTrack {
                time_s: vec![odd; 3],
                x_um: vec![odd; 2],
                y_um: vec![odd],
            });
            pictures.particles = vec![ParticlePoint {
                diameter_nm: odd,
                intensity_counts: odd,
            }];
            let html = without_picture(&page(&report, &pictures));
            assert!(
                !html.contains("NaN") && !html.contains("inf\"") && html.ends_with("</html>\n")
            );
        }
    }
}
