//! The JSON that Micro-Manager puts into each page (tag 51123).

use super::{Sidecar, duration_s, length_um};
use serde_json::Value;

/// Reads what can be used from the text of one page.
pub(crate) fn read(text: &str) -> Sidecar {
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else {
        return Sidecar::default();
    };
    // Numbers are written as numbers or as text, depending on the version.
    let number = |key: &str| match map.get(key)? {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    };
    let mut says = Vec::new();
    if let Some(Value::String(camera)) = map.get("Camera") {
        says.push(("camera", camera.chars().take(200).collect()));
    }
    Sidecar {
        pixel_size_um: number("PixelSizeUm").and_then(|v| length_um(v, "um")),
        frame_interval_s: number("Interval_ms").and_then(|v| duration_s(v, "ms")),
        exposure_s: number("Exposure-ms").and_then(|v| duration_s(v, "ms")),
        says,
        ..Sidecar::default()
    }
}

/// Time of the page since the beginning, s.
pub(crate) fn elapsed_s(text: &str) -> Option<f64> {
    let map: Value = serde_json::from_str(text).ok()?;
    let ms = map.get("ElapsedTime-ms")?;
    let ms = ms.as_f64().or_else(|| ms.as_str()?.trim().parse().ok())?;
    (ms.is_finite()).then_some(ms * 1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_read() {
        let text = r#"{"PixelSizeUm": 0.65, "Exposure-ms": "10", "Interval_ms": 0, "Camera": "Zyla", "ElapsedTime-ms": 33.5}"#;
        let s = read(text);
        assert_eq!(
            (s.pixel_size_um, s.exposure_s, s.frame_interval_s),
            (Some(0.65), Some(0.01), None)
        );
        assert_eq!(elapsed_s(text), Some(0.0335));
        assert_eq!(read("{broken"), Sidecar::default());
        assert_eq!(elapsed_s("[]"), None);
    }
}
