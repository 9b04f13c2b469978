//! How many particles there are of each class of size, and what their brightness says.

use super::counted::by;
use super::sections::table;
use super::words::{ABSENT, fewer_than, number, only_upper_end, share_in_per_cent, shown_per_ml};
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
            let upper_only = only_upper_end(&share).and(c.per_ml_ci95);
            let per_ml = c.per_ml.map_or(ABSENT.into(), |v| {
                if let Some([_, upper]) = upper_only {
                    return fewer_than(upper);
                }
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
            let unseen = report
                .distribution
                .smallest_detectable_nm
                .zip(c.to_nm)
                .is_some_and(|(smallest, to)| to <= smallest);
            let unseen = match unseen {
                true => " <span class=\"ci\">(too small to be seen in part)</span>",
                false => "",
            };
            let range = match (c.from_nm, c.to_nm) {
                (0.0, Some(to)) => format!("below {} nm", number(to)),
                (from, Some(to)) => format!("{} to {} nm", number(from), number(to)),
                (from, None) => format!("from {} nm", number(from)),
            };
            vec![range + unseen, share_in_per_cent(&share), per_ml]
        })
        .collect();
    let share = format!(
        "Share{} (95 % interval)",
        by(&report.distribution.weighting)
    );
    let head = ["Size class", &share, "Per mL, by number (95 % interval)"];
    table(&head, &classes) + &notes(report)
}

/// What the shares of the classes do not say themselves.
fn notes(report: &Report) -> String {
    if report.size_classes.is_empty() {
        return String::new();
    }
    let blank = report.concentration.as_ref();
    let blank = match blank.is_some_and(|c| c.before_blank_per_ml.is_some()) {
        true => " Per mL: the blank is taken off all classes in proportion.",
        false => "",
    };
    format!(
        "<p class=\"below\">Where an edge lies inside a peak, the shares on both sides are uncertain.{blank}</p>"
    )
}

/// Whether brightness was seen to grow with size, or at least nothing says that it was not.
pub fn grows_with_size(report: &Report) -> bool {
    let denied = |text: &str| text.contains("not seen to grow") || text.contains("hardly grows");
    !report
        .findings
        .iter()
        .any(|f| f.finding.code == "S21" && denied(&f.finding.message))
}

/// What the chart of brightness shows.
pub fn brightness_words(report: &Report) -> String {
    let law = &report.intensity;
    let power = |(b, se): (f64, f64)| format!("{b:.1} ± {se:.1}").replace('-', "\u{2212}");
    let Some(seen) = law.seen_exponent.zip(law.seen_exponent_se) else {
        return "Each dot is a track. How brightness goes with size was not measured: the sizes differ too little for these tracks."
            .to_owned();
    };
    if !grows_with_size(report) {
        return format!(
            "Each dot is a track. Brightness was not seen to grow with diameter (power {}).",
            power(seen)
        );
    }
    let inside = law.exponent.value.zip(law.exponent_se);
    let inside = inside.map_or_else(String::new, |inside| {
        format!("in the middle of the light {}; ", power(inside))
    });
    format!(
        "Each dot is a track. The dashed line: brightness as seen grows with diameter to the power {} ({inside}small particles of \
         one material have 6).",
        power(seen)
    )
}
