//! `import.html`: histograms of other programs over each other and beside ours.

use super::scale::Scale;
use super::sections::{section, table};
use super::svg::Chart;
use super::words::{esc, user};

/// Lines up to this number get a style of their own.
const TOLD_APART: usize = 6;

/// What the page shows. All text is plain.
pub(crate) struct ImportPage {
    /// Heading of the page.
    pub(crate) title: String,
    /// Sentences below the heading.
    pub(crate) lead: Vec<String>,
    /// Distributions over each other.
    pub(crate) curves: Vec<ImportCurve>,
    /// Tables in their order; those without rows are left out.
    pub(crate) tables: Vec<ImportTable>,
}

/// One distribution.
pub(crate) struct ImportCurve {
    /// What it is called in the key.
    pub(crate) name: String,
    /// Diameter, nm, and share of the particles, % per nm.
    pub(crate) points: Vec<(f64, f64)>,
    /// It is nta's own.
    pub(crate) ours: bool,
}

/// One table.
pub(crate) struct ImportTable {
    /// Where links may go.
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    /// Headings of the columns; those that begin with `#` hold numbers.
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// A sentence below the table.
    pub(crate) below: String,
}

/// The whole page.
pub(crate) fn import_page(page: &ImportPage) -> String {
    let lead: String = page
        .lead
        .iter()
        .map(|l| format!("<p>{}</p>", user(l)))
        .collect();
    let mut parts = vec![format!(
        "<header><h1>{}</h1>{lead}</header>",
        user(&page.title)
    )];
    parts.extend(overlay(&page.curves));
    for t in &page.tables {
        let rows: Vec<Vec<String>> = t
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| user(cell)).collect())
            .collect();
        let mut body = table(&t.head, &rows);
        if !body.is_empty() && !t.below.is_empty() {
            body.push_str(&format!("<p class=\"below\">{}</p>", user(&t.below)));
        }
        parts.push(section(t.id, t.heading, &body));
    }
    super::whole_page(&esc(&page.title), &parts.join("\n"))
}

/// Class of the line of another program.
fn class(place: usize, of: usize) -> String {
    match of <= TOLD_APART {
        true => format!("cap c{place}"),
        false => "cap many".into(),
    }
}

/// All distributions in one picture; `None` without any.
fn overlay(curves: &[ImportCurve]) -> Option<String> {
    let good = || {
        let all = curves.iter().flat_map(|c| &c.points);
        all.filter(|(x, y)| x.is_finite() && y.is_finite())
    };
    let highest = good().map(|p| p.1).fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let to = good()
        .filter(|(_, y)| *y > 0.004 * highest)
        .map(|p| p.0)
        .fold(0.0, f64::max);
    let mut chart = Chart::new(
        (760.0, 452.0),
        (Scale::linear(0.0, 1.06 * to), "Hydrodynamic diameter (nm)"),
        (
            Scale::linear(0.0, 1.08 * highest),
            "Share of the particles (% per nm)",
        ),
    );
    let others = curves.iter().filter(|c| !c.ours).count();
    let mut key = String::new();
    let mut place = 0;
    // A second result of ours is the broad grey line.
    let mut own = ["pooled", "all"].into_iter().cycle();
    for curve in curves {
        let of_ours = curve.ours.then(|| own.next()).flatten();
        let class = of_ours.map_or_else(|| class(place, others), str::to_owned);
        chart.line(
            curve.points.iter().copied().filter(|p| p.0 <= 1.2 * to),
            &class,
        );
        if curve.ours || others <= TOLD_APART {
            key.push_str(&format!(
                "<span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"{class}\" d=\"M1 4H33\"/></svg>{}</span> ",
                user(&curve.name)
            ));
        }
        place += usize::from(!curve.ours);
    }
    if others > TOLD_APART {
        key.push_str(&format!("Thin: {others} distributions of other programs. "));
    }
    let svg = chart.finish("Size distributions of other programs and of nta over each other");
    Some(format!(
        "<figure class=\"main\"><h3>Size distributions by number</h3>{svg}<figcaption>{key}Every line has the same area. Other programs' \
         lines are their bins as printed, without any smoothing.</figcaption></figure>"
    ))
}
