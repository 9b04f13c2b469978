//! What differs between results besides the samples: how films were taken, how they were analysed, by which program.

use super::gather::Item;
use crate::report::Report;
use std::collections::BTreeMap;

/// Keys of the plan that move no number, or stand elsewhere in the result in force.
const NOT_COMPARED: [&str; 16] = [
    "sample",
    "from",
    "seed",
    "instrument",
    "pixel_size_um",
    "frame_rate_fps",
    "exposure_ms",
    "temperature_c",
    "medium",
    "medium_mass_fraction",
    "viscosity_mpa_s",
    "viscosity_at_c",
    "dilution",
    "first_frame",
    "last_frame",
    "calibration",
];
/// Exposures that were estimated from films differ by their errors; those that are this far apart are two exposures.
const SAME_ESTIMATE: f64 = 0.2;

/// A setting that is not the same everywhere: its key, and each value with the results that have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Differing {
    /// The key.
    pub key: String,
    /// Each value, and the names of the results with it, in their order.
    pub values: Vec<(String, Vec<String>)>,
}

impl Differing {
    /// `pixel_size_um is 0.2 in A1, A2 and 0.21 in B1`.
    pub fn in_words(&self) -> String {
        const MOST: usize = 3;
        let of = |(value, names): &(String, Vec<String>)| {
            let mut said: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
            let more = names.len().saturating_sub(MOST);
            let rest = format!("{more} more");
            if more > 0 {
                said.push(&rest);
            }
            format!("{value} in {}", said.join(", "))
        };
        let mut values: Vec<String> = self.values.iter().take(MOST + 1).map(of).collect();
        if self.values.len() > MOST + 1 {
            values.push(format!("{} other values", self.values.len() - MOST - 1));
        }
        format!("{} is {}", self.key, values.join("; "))
    }
}

/// Settings that move numbers in a way that nothing allows for.
pub(crate) fn of_method(items: &[&Item]) -> Vec<Differing> {
    differing(items, |r| {
        let mut out = BTreeMap::new();
        let a = &r.acquisition;
        out.insert("pixel_size_um".to_owned(), short(a.pixel_size_um.value));
        out.insert(
            "frame_rate_fps".into(),
            short(1.0 / a.frame_interval_s.value),
        );
        if let Some(depth) = &a.bit_depth {
            out.insert("bit_depth".into(), depth.value.to_string());
        }
        flatten("", &r.plan, &mut out);
        out
    })
    .into_iter()
    .chain(exposure(items))
    .collect()
}

/// Circumstances that sizes and concentrations allow for, as far as they were stated rightly.
pub(crate) fn of_medium(items: &[&Item]) -> Vec<Differing> {
    differing(items, |r| {
        let m = &r.medium;
        let name = m.name.clone().unwrap_or_else(|| "not named".into());
        [
            ("temperature_c", short(m.temperature_c)),
            ("medium", name),
            ("viscosity_mpa_s", short(m.viscosity_mpa_s)),
            ("dilution", short(m.dilution)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    })
}

/// Program and version.
pub(crate) fn of_software(items: &[&Item]) -> Vec<Differing> {
    differing(items, |r| {
        let s = &r.software;
        let commit = s.commit.as_deref().map(|c| format!(" ({c})"));
        let value = format!("{} {}{}", s.name, s.version, commit.unwrap_or_default());
        BTreeMap::from([("the program".to_owned(), value)])
    })
}

/// What is counted: `number`, `volume`, ...
pub(crate) fn of_weighting(items: &[&Item]) -> Vec<Differing> {
    let sized: Vec<&Item> = items
        .iter()
        .copied()
        .filter(|i| !i.report.distribution.diameter_nm.is_empty())
        .collect();
    differing(&sized, |r| {
        BTreeMap::from([(
            "size.weighting".to_owned(),
            r.distribution.weighting.clone(),
        )])
    })
}

fn exposure(items: &[&Item]) -> Option<Differing> {
    let of = |i: &&Item| i.report.acquisition.exposure_s.clone();
    let estimated = |i: &&Item| of(i).is_some_and(|e| e.from.starts_with("estimated"));
    let all: Vec<f64> = items.iter().filter_map(of).map(|e| e.value).collect();
    let (low, high) = all
        .iter()
        .fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    if items.iter().any(estimated) && high < (1.0 + SAME_ESTIMATE) * low {
        return None;
    }
    differing(items, |r| {
        let e = r.acquisition.exposure_s.as_ref();
        let value = e.map_or_else(|| "not known".to_owned(), |e| short(1e3 * e.value));
        BTreeMap::from([("exposure_ms".to_owned(), value)])
    })
    .pop()
}

fn short(value: f64) -> String {
    let text = format!("{value:.5e}");
    text.parse::<f64>().map_or(text, |v| v.to_string())
}

/// The leaves of a table of the plan, by their keys with points.
fn flatten(above: &str, value: &serde_json::Value, out: &mut BTreeMap<String, String>) {
    let Some(table) = value.as_object() else {
        return;
    };
    for (key, value) in table {
        if above.is_empty()
            && (NOT_COMPARED.contains(&key.as_str()) || key.ends_with("uncertainty"))
        {
            continue;
        }
        let path = match above {
            "" => key.clone(),
            above => format!("{above}.{key}"),
        };
        match value {
            serde_json::Value::Object(_) => flatten(&path, value, out),
            // More resamples move no number, the weighting has a finding of its own, and what is not set is not there.
            _ if ["size.resamples", "size.weighting"].contains(&path.as_str())
                || value.is_null() => {}
            serde_json::Value::Number(n) => {
                let text = n.as_f64().map_or_else(|| n.to_string(), short);
                out.insert(path, text);
            }
            other => {
                out.insert(path, crate::report::html::sections::as_text(other));
            }
        }
    }
}

/// The keys whose values are not the same in all results.
fn differing(
    items: &[&Item],
    facts: impl Fn(&Report) -> BTreeMap<String, String>,
) -> Vec<Differing> {
    let all: Vec<(String, BTreeMap<String, String>)> = items
        .iter()
        .map(|i| (i.name.clone(), facts(&i.report)))
        .collect();
    let mut keys: Vec<&String> = all.iter().flat_map(|(_, f)| f.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut out = Vec::new();
    for key in keys {
        let mut values: Vec<(String, Vec<String>)> = Vec::new();
        for (name, facts) in &all {
            let value = facts.get(key).map_or("not set", String::as_str);
            match values.iter_mut().find(|(v, _)| v == value) {
                Some((_, names)) => names.push(name.clone()),
                None => values.push((value.to_owned(), vec![name.clone()])),
            }
        }
        if values.len() > 1 {
            out.push(Differing {
                key: key.clone(),
                values,
            });
        }
    }
    out
}
