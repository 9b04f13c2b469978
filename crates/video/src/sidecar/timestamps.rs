//! `timestamps.csv` or `timestamps.txt` in a folder of images: one line per image with its time.
//!
//! Without a header the last column counts and is in seconds. A header may name `time_s`, `time_ms`, `timestamp`
//! (seconds), `timestamp_s` or `timestamp_ms`. Columns are parted by comma, semicolon, tab or blanks; lines that
//! begin with `#` are passed over.

/// Times in s in the order of the file, or what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Vec<f64>, String> {
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let mut lines = lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .peekable();
    let (mut column, mut factor) = (None, 1.0);
    if let Some(&(_, first)) = lines.peek() {
        let fields = fields(first);
        if fields.iter().all(|f| f.parse::<f64>().is_err()) {
            lines.next();
            (column, factor) = header(&fields);
        }
    }
    let mut out = Vec::new();
    for (number, line) in lines {
        let fields = fields(line);
        let value = match column {
            Some(at) => fields.get(at).and_then(|f| f.parse::<f64>().ok()),
            None => fields.iter().rev().find_map(|f| f.parse::<f64>().ok()),
        };
        let value = value.filter(|v| v.is_finite());
        let time = value.ok_or_else(|| format!("line {} holds no time", number + 1))? * factor;
        if out.last().is_some_and(|&before| time <= before) {
            return Err(format!(
                "the time in line {} ({time} s) is not later than the one before",
                number + 1
            ));
        }
        out.push(time);
    }
    Ok(out)
}

fn fields(line: &str) -> Vec<&str> {
    let parted = if line.contains([',', ';', '\t']) {
        line.split([',', ';', '\t']).collect::<Vec<_>>()
    } else {
        line.split_whitespace().collect()
    };
    parted
        .into_iter()
        .map(|f| f.trim().trim_matches('"'))
        .collect()
}

/// The column that a header names, and the factor to seconds.
fn header(fields: &[&str]) -> (Option<usize>, f64) {
    let names = [
        ("time_s", 1.0),
        ("timestamp_s", 1.0),
        ("time_ms", 1e-3),
        ("timestamp_ms", 1e-3),
        ("timestamp", 1.0),
    ];
    for (name, factor) in names {
        if let Some(at) = fields.iter().position(|f| f.eq_ignore_ascii_case(name)) {
            return (Some(at), factor);
        }
    }
    (None, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_each_line_is_the_time() {
        assert_eq!(read("0 0.0\n1 0.5\n\n2 1.0\n").unwrap(), [0.0, 0.5, 1.0]);
        assert_eq!(read("a.png,0.25\nb.png,0.5").unwrap(), [0.25, 0.5]);
        assert_eq!(
            read("# camera\nframe;seconds\n0;1\n1;2").unwrap(),
            [1.0, 2.0]
        );
    }

    #[test]
    fn a_header_names_column_and_unit() {
        assert_eq!(read("time_ms,gain\n40,3\n80,3").unwrap(), [0.04, 0.08]);
        assert_eq!(
            read("Frame,Timestamp,x\n0,7.5,1\n1,8,1").unwrap(),
            [7.5, 8.0]
        );
    }

    #[test]
    fn times_that_stand_still_or_are_missing_are_refused() {
        assert!(read("0\n1\n1\n").unwrap_err().contains("line 3"));
        assert!(read("0\nx\n").unwrap_err().contains("line 2"));
        assert!(read("NaN\n").is_err());
        assert_eq!(read("").unwrap(), Vec::<f64>::new());
    }
}
