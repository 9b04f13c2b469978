//! The JSON Schema of `result.json`, from the types.

use super::model::Report;
use schemars::generate::SchemaSettings;

/// The JSON Schema (2020-12) of `result.json` as it is written: keys that may be null are required nevertheless.
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use serde_json::Value;

    /// Set `NTA_BLESS=1` to write the committed copy anew.
    #[test]
    fn the_committed_copy_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/result.schema.json");
        let now = format!("{:#}\n", json_schema());
        if std::env::var_os("NTA_BLESS").is_some_and(|v| v == "1") {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).unwrap();
            std::fs::write(path, &now).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed.replace("\r\n", "\n") == now,
            "docs/result.schema.json is not current; run the test with NTA_BLESS=1 and look at the difference"
        );
    }

    /// Every key that the schema requires is written, and every key that is written is described.
    #[test]
    fn results_fit_the_schema() {
        let schema = json_schema();
        for report in sample::all() {
            let value: Value = serde_json::from_slice(&report.to_json()).unwrap();
            check(&schema, &schema, &value, "");
        }
    }

    /// A small validator: `$ref`, `properties`, `required`, `items`, `type`, `anyOf` with null, `enum`.
    fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = root.pointer(reference.trim_start_matches('#')).unwrap();
            return check(root, target, value, at);
        }
        if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
            let fits = any
                .iter()
                .find(|s| s.get("type").is_some_and(|t| t == "null") == value.is_null());
            return check(root, fits.unwrap(), value, at);
        }
        if let Some(kind) = schema.get("type") {
            let is = match value {
                Value::Null => vec!["null"],
                Value::Bool(_) => vec!["boolean"],
                Value::Number(n) if n.is_f64() => vec!["number"],
                Value::Number(_) => vec!["number", "integer"],
                Value::String(_) => vec!["string"],
                Value::Array(_) => vec!["array"],
                Value::Object(_) => vec!["object"],
            };
            let allowed = match kind {
                Value::Array(kinds) => kinds.clone(),
                one => vec![one.clone()],
            };
            assert!(
                allowed.iter().any(|k| is.iter().any(|i| k == i)),
                "{at}: {value} is not {kind}"
            );
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            values
                .iter()
                .for_each(|v| check(root, items, v, &format!("{at}[]")));
        }
        let (Some(properties), Some(object)) = (schema.get("properties"), value.as_object()) else {
            return;
        };
        for key in schema.get("required").and_then(Value::as_array).unwrap() {
            assert!(object.contains_key(key.as_str().unwrap()), "{at}: no {key}");
        }
        for (key, part) in object {
            match properties.get(key) {
                Some(s) => check(root, s, part, &format!("{at}.{key}")),
                None => assert!(at == ".sample", "{at}.{key} is not described"),
            }
        }
    }
}
