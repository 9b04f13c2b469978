//! How many particles there are of each class of size, and what their brightness says.

use super::counted::by;
use super::sections::table;
use super::words::{ABSENT, number, shown_per_ml, with_interval};
use crate::report::model::{Concentration, Estimate, Report};

/// Shares of classes of size.
pub fn size_classes(report: &Report) -> String {
    let classes: Vec<_> = report
        .size_classes
        .iter()
        .map(|c| {
            let share = Estimate::new(
                c.fraction.value.unwrap_or(f64::NAN) * 100.0,
                c.fraction.ci95.map(|i| i.map(|v| v * 100.0)),
            );
            let per_ml = c.per_ml.map_or(ABSENT.into(), |v| {
                let shown = shown_per_ml(&Concentration {
                    per_ml: v,
                    ci95: c.per_ml_ci95,
                    ..Concentration::default()
                });
                match shown.interval {
                    Some(interval) => {
                        format!("{} <span class=\"ci\">{interval}</span>", shown.value)
                    }
                    None => shown.value,
                }
            });
            let range = match (c.from_nm, c.to_nm) {
                (0.0, Some(to)) => format!("below {} nm", number(to)),
                (from, Some(to)) => format!("{} to {} nm", number(from), number(to)),
                (from, None) => format!("from {} nm", number(from)),
            };
            vec![range, with_interval(&share, "%"), per_ml]
        })
        .collect();
    let share = format!(
        "Share{} (95 % interval)",
        by(&report.distribution.weighting)
    );
    table(
        &["Size class", &share, "Per mL, by number (95 % interval)"],
        &classes,
    )
}

/// What the chart of brightness shows.
pub fn brightness_words(report: &Report) -> String {
    let law = &report.intensity;
    let power = |(b, se): (f64, f64)| format!("{b:.1} ± {se:.1}");
    let seen = law.seen_exponent.zip(law.seen_exponent_se);
    let inside = law.exponent.value.zip(law.exponent_se);
    let inside = inside.map_or_else(String::new, |inside| {
        format!(
            " Bright particles are seen farther from the middle of the light, where they are dimmer; in the middle brightness goes as \
             the power {}.",
            power(inside)
        )
    });
    let slope = match seen {
        Some(seen) => format!(
            "Dashed: the power {} of the diameter (± standard error), with the error of each diameter allowed for.{inside} Particles \
             of one material much smaller than the wavelength scatter with the power 6; larger ones and fluorescence give less.",
            power(seen)
        ),
        None => {
            "How brightness goes with size was not measured: the sizes differ too little for these tracks.".to_owned()
        }
    };
    format!(
        "One dot per particle: its brightness, and the diameter that fits both its track and the population. {slope} A second cloud \
         is a second kind of particle."
    )
}
