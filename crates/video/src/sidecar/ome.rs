//! OME-XML, as it stands in the first page of an OME-TIFF (Open Microscopy Environment schema 2016-06).
//!
//! Only the first `Image` is read. Units default to those of the schema: um for lengths, s for times.

use super::{Planes, Sidecar, duration_s, length_um, moment_s};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

type Attributes = BTreeMap<String, String>;

/// Whether a description is OME-XML.
pub(crate) fn is_ome(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let head: String = start.chars().take(2000).collect();
    start.starts_with('<') && head.contains("<OME")
}

/// Reads what can be used; XML that breaks off gives what came before.
pub(crate) fn read(text: &str) -> Sidecar {
    let mut out = Sidecar::default();
    let mut planes: BTreeMap<u64, f64> = BTreeMap::new();
    let mut frames = 0;
    let mut images = 0;
    let mut reader = Reader::from_str(text);
    while let Ok(event) = reader.read_event() {
        let (Event::Start(element) | Event::Empty(element)) = event else {
            if matches!(event, Event::Eof) {
                break;
            }
            continue;
        };
        let name = element.local_name();
        let attributes = attributes(&element);
        match name.as_ref() {
            "Image" => {
                images += 1;
                if images > 1 {
                    break;
                }
            }
            "Pixels" => {
                frames = pixels(&attributes, &mut out);
            }
            "Plane" => plane(&attributes, &mut planes, &mut out),
            "Objective" | "Detector" => equipment(name.as_ref(), &attributes, &mut out),
            _ => {}
        }
    }
    // Times count only if every frame has one, in order.
    let complete =
        frames > 1 && planes.len() as u64 == frames && planes.keys().copied().eq(0..frames);
    out.times_s = complete.then(|| planes.into_values().collect());
    out
}

fn attributes(element: &BytesStart<'_>) -> Attributes {
    let mut out = Attributes::new();
    for attribute in element.attributes().with_checks(false).flatten() {
        let key = attribute.key.local_name();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        if let Ok(value) = value {
            out.insert(key.as_ref().to_owned(), value.into_owned());
        }
    }
    out
}

fn number(attributes: &Attributes, key: &str) -> Option<f64> {
    attributes.get(key)?.trim().parse().ok()
}

fn unit<'a>(attributes: &'a Attributes, key: &str) -> &'a str {
    attributes.get(key).map_or("", String::as_str)
}

/// Reads `Pixels`; gives the number of frames that are declared.
fn pixels(attributes: &Attributes, out: &mut Sidecar) -> u64 {
    let size = number(attributes, "PhysicalSizeX");
    out.pixel_size_um = size.and_then(|v| length_um(v, unit(attributes, "PhysicalSizeXUnit")));
    let step = number(attributes, "TimeIncrement");
    out.frame_interval_s = step.and_then(|v| duration_s(v, unit(attributes, "TimeIncrementUnit")));
    let count = |key: &str| -> u64 {
        let text = attributes.get(key).map_or("1", String::as_str);
        text.trim().parse().unwrap_or(1).max(1)
    };
    let order = attributes
        .get("DimensionOrder")
        .map_or("XYZCT", String::as_str);
    let mut dims = order.chars().skip(2).filter_map(|c| match c {
        'Z' => Some(('z', count("SizeZ"))),
        'C' => Some(('c', count("SizeC"))),
        'T' => Some(('t', count("SizeT"))),
        _ => None,
    });
    if let (Some(a), Some(b), Some(c)) = (dims.next(), dims.next(), dims.next()) {
        out.planes = Some(Planes { dims: [a, b, c] });
    }
    count("SizeT")
}

fn plane(attributes: &Attributes, planes: &mut BTreeMap<u64, f64>, out: &mut Sidecar) {
    let zero = |key| number(attributes, key).unwrap_or(0.0) == 0.0;
    if !zero("TheC") || !zero("TheZ") {
        return;
    }
    if out.exposure_s.is_none() {
        let exposure = number(attributes, "ExposureTime");
        out.exposure_s = exposure.and_then(|v| duration_s(v, unit(attributes, "ExposureTimeUnit")));
    }
    let frame = attributes.get("TheT").and_then(|t| t.trim().parse().ok());
    let time = number(attributes, "DeltaT");
    let time = time.and_then(|v| moment_s(v, unit(attributes, "DeltaTUnit")));
    if let (Some(frame), Some(time)) = (frame, time) {
        planes.insert(frame, time);
    }
}

fn equipment(name: &str, attributes: &Attributes, out: &mut Sidecar) {
    let key = if name == "Objective" {
        "objective"
    } else {
        "camera"
    };
    let parts = ["Manufacturer", "Model", "NominalMagnification", "LensNA"];
    let words: Vec<String> = parts
        .iter()
        .filter_map(|&part| attributes.get(part).map(|v| (part, v)))
        .map(|(part, v)| match part {
            "NominalMagnification" => format!("{v}x"),
            "LensNA" => format!("NA {v}"),
            _ => v.clone(),
        })
        .collect();
    if !words.is_empty() {
        out.says.push((key, words.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OME: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
<Instrument ID="Instrument:0"><Objective ID="Objective:0" Model="Plan 20x" NominalMagnification="20" LensNA="0.4"/></Instrument>
<Image ID="Image:0"><Pixels DimensionOrder="XYCZT" PhysicalSizeX="166" PhysicalSizeXUnit="nm" SizeC="1" SizeT="3" SizeZ="1" TimeIncrement="40" TimeIncrementUnit="ms">
<Plane TheC="0" TheT="0" TheZ="0" DeltaT="0" DeltaTUnit="ms" ExposureTime="15" ExposureTimeUnit="ms"/>
<Plane TheC="0" TheT="1" TheZ="0" DeltaT="41" DeltaTUnit="ms"/>
<Plane TheC="0" TheT="2" TheZ="0" DeltaT="80" DeltaTUnit="ms"/>
</Pixels></Image><Image ID="Image:1"><Pixels PhysicalSizeX="9"/></Image></OME>"#;

    #[test]
    fn sizes_times_and_exposure_are_read_with_units() {
        assert!(is_ome(OME));
        let s = read(OME);
        assert!((s.pixel_size_um.unwrap() - 0.166).abs() < 1e-12);
        assert_eq!(s.frame_interval_s, Some(0.04));
        assert_eq!(s.exposure_s, Some(0.015));
        assert_eq!(s.times_s, Some(vec![0.0, 0.041, 0.08]));
        assert_eq!(s.says, [("objective", "Plan 20x 20x NA 0.4".to_owned())]);
        assert_eq!(s.planes.unwrap().dims, [('c', 1), ('z', 1), ('t', 3)]);
    }

    #[test]
    fn placeholders_are_absent() {
        let s = read(
            r#"<OME><Image><Pixels PhysicalSizeX="1" PhysicalSizeXUnit="pixel" TimeIncrement="0" SizeT="2"><Plane TheT="0" DeltaT="1"/></Pixels></Image></OME>"#,
        );
        assert_eq!(
            (s.pixel_size_um, s.frame_interval_s, s.times_s),
            (None, None, None)
        );
    }

    #[test]
    fn broken_xml_gives_what_came_before() {
        let s = read(r#"<OME><Image><Pixels PhysicalSizeX="0.5"><Plane <<<&&& "#);
        assert_eq!(s.pixel_size_um, Some(0.5));
        read("<OME &broken; <!DOCTYPE x [<!ENTITY a \"&a;\">]>");
    }
}
