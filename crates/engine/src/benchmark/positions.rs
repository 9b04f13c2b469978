//! Errors of positions by film and signal to noise, as Markdown and as JSON.

use super::manifest::FilmEntry;
use super::render::{ABSENT, markdown};
use super::row::{OURS, Row};
use super::score::{PositionsBySnr, SNR_EDGES};
use serde_json::{Value, json};

/// The table of the films that ask for it; nothing if there is none.
pub(super) fn section(films: &[&FilmEntry], rows: &[Row]) -> String {
    let mut cells = vec![
        [
            "film",
            "peak / noise",
            "particles",
            "found %",
            "position px",
            "error/ stated",
            "error/ bound",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let asks = |row: &&Row| films.iter().any(|f| f.name == row.film && f.positions);
    for row in rows.iter().filter(|r| r.engine == OURS).filter(asks) {
        cells.extend(row.by_snr.iter().map(|class| line(&row.film, class)));
    }
    if cells.len() == 1 {
        return String::new();
    }
    format!(
        "\n## Positions by signal to noise of {OURS}\n\nParticles in focus and at least 5 px from the edge; all seeds of a \
         film together.\n\n\
         - **peak / noise**: height of the spot over the noise of a pixel beside it\n\
         - **position px**: root mean square distance (2-D) from the true mean position in the exposure\n\
         - **error/ stated**: standard deviation of (found - true) over the stated standard error, per axis; 1 is right\n\
         - **error/ bound**: root mean square error over the smallest that noise allows (Cramer and Rao; no \
         neighbours), per axis. Only where the particles stand still during the exposure, and of particles without \
         another within 25 px (a partner aside)\n\n{}",
        markdown(&cells)
    )
}

fn line(film: &str, class: &PositionsBySnr) -> Vec<String> {
    let next = SNR_EDGES.iter().find(|e| **e > class.from_snr);
    let to = next.map_or("and more".to_owned(), |e| format!("to {e}"));
    let number =
        |v: Option<f64>, digits: usize| v.map_or(ABSENT.to_owned(), |v| format!("{v:.digits$}"));
    vec![
        film.to_owned(),
        format!("{} {to}", class.from_snr),
        class.there.to_string(),
        format!("{:.1}", 100.0 * class.found as f64 / class.there as f64),
        number(rms(class.squared_error_px2, class.found), 3),
        number(rms(class.squared_ratio, class.ratios), 2),
        number(class.error_over_bound(), 2),
    ]
}

/// One class for programs.
pub(super) fn to_json(class: &PositionsBySnr) -> Value {
    json!({
        "from_snr": class.from_snr,
        "particles": class.there,
        "found": class.found,
        "position_error_px": rms(class.squared_error_px2, class.found),
        "stated_error_ratio": rms(class.squared_ratio, class.ratios),
        "error_over_bound": class.error_over_bound(),
    })
}

fn rms(squares: f64, n: usize) -> Option<f64> {
    (n > 0).then(|| (squares / n as f64).sqrt())
}
