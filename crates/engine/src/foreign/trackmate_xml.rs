//! TrackMate's "Export tracks to XML file", the format of the ISBI particle tracking challenge (Chenouard et al.,
//! Nat. Methods 11, 281 (2014), doi:10.1038/nmeth.2808): `Tracks` with `spaceUnits`, in it one `particle` per track,
//! in it one `detection` with `t`, `x`, `y` and `z` per spot.
//!
//! Assumed: `t` is the frame, from 0, as TrackMate writes it, whatever `timeUnits` says; the centre of the first
//! pixel is at 0 (see the table of spots). Tracks have no numbers here: they get their place, from 0. `z` is left out.

use super::length::{Place, px_per_unit};
use super::table::{RowFault, take, whole_frame};
use super::text::shortened;
use super::trackmate_csv::in_px;
use super::{ForeignError, ForeignSpot, Format, Gather, Source};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

pub(super) const FORMAT: Format = Format {
    key: "trackmate_xml",
    title: "TrackMate XML of tracks (Tracks, particle, detection)",
    sniff: |head| head.text.trim_start().starts_with('<') && head.text.contains("<Tracks"),
    read,
};

/// Where the reader is.
struct Walk<'a> {
    source: &'a Source<'a>,
    /// Bytes of the text before the end of the element that is being looked at.
    at: usize,
    /// Once the root has been met.
    px_per_unit: Option<f64>,
    /// The track that is open.
    particle: Option<u64>,
    particles: u64,
    gather: Gather,
}

fn read(source: &Source<'_>) -> Result<Gather, ForeignError> {
    let mut reader = Reader::from_str(source.text);
    let mut walk = Walk {
        source,
        at: 0,
        px_per_unit: None,
        particle: None,
        particles: 0,
        gather: Gather::default(),
    };
    loop {
        let event = reader.read_event();
        walk.at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Ok(Event::Start(element)) => walk.enter(&element)?,
            Ok(Event::Empty(element)) => {
                walk.enter(&element)?;
                if walk.leave(element.local_name().as_ref()) {
                    return Ok(walk.gather);
                }
            }
            Ok(Event::End(element)) => {
                if walk.leave(element.local_name().as_ref()) {
                    return Ok(walk.gather);
                }
            }
            Ok(Event::Eof) => {
                let found = "the end of the file".to_owned();
                return Err(walk.wrong("Tracks", found, "</Tracks>"));
            }
            Ok(_) => {}
            Err(error) => return Err(walk.wrong("Tracks", error.to_string(), "well-formed XML")),
        }
    }
}

impl Walk<'_> {
    fn enter(&mut self, element: &BytesStart<'_>) -> Result<(), ForeignError> {
        match element.local_name().as_ref() {
            "Tracks" => {
                if self.px_per_unit.is_some() {
                    let found = "a second <Tracks> in the first".to_owned();
                    return Err(self.wrong("Tracks", found, "particle and detection"));
                }
                let unit = self.attribute(element, "spaceUnits")?;
                let line = self.line();
                let place = Place {
                    path: self.source.path,
                    line,
                    column: "Tracks spaceUnits",
                };
                self.px_per_unit = Some(px_per_unit(unit.as_deref(), self.source.options, &place)?);
            }
            "particle" => {
                self.particle = Some(self.particles);
                self.particles += 1;
            }
            "detection" => {
                let (Some(px_per_unit), Some(id)) = (self.px_per_unit, self.particle) else {
                    let found = "a detection outside a track".to_owned();
                    return Err(self.wrong("detection", found, "Tracks, in it particle"));
                };
                let spot = self.spot(element, px_per_unit);
                take(&mut self.gather, spot.map(|spot| (Some(id), spot)))?;
            }
            other => {
                // Programs that write other elements (`Track`, `Spot`) into the same root would give no track at all.
                let found = format!("<{}>", shortened(other));
                return Err(self.wrong("Tracks", found, "particle and detection"));
            }
        }
        Ok(())
    }

    /// Leaves an element; true if it was the root.
    fn leave(&mut self, name: &str) -> bool {
        if name == "particle" {
            self.particle = None;
        }
        name == "Tracks"
    }

    fn spot(&self, element: &BytesStart<'_>, px_per_unit: f64) -> Result<ForeignSpot, RowFault> {
        let t = self.number(element, "t")?;
        let t = t.ok_or(RowFault::Skip("missing_frame"))?;
        let position = |key| -> Result<f64, RowFault> {
            match self.number(element, key)? {
                None => Err(RowFault::Skip("missing_position")),
                Some(value) if value.is_nan() => Err(RowFault::Skip("missing_position")),
                Some(value) => in_px(value, px_per_unit),
            }
        };
        Ok(ForeignSpot {
            frame: whole_frame(t).map_err(RowFault::Skip)?,
            x_px: position("x")?,
            y_px: position("y")?,
            precision_px: None,
            mass: None,
            snr: None,
        })
    }

    /// The number in an attribute; `None` where it is absent or empty.
    fn number(&self, element: &BytesStart<'_>, key: &str) -> Result<Option<f64>, ForeignError> {
        let Some(text) = self.attribute(element, key)? else {
            return Ok(None);
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| {
            let found = format!("'{}'", shortened(text));
            self.wrong(&format!("detection {key}"), found, "a number")
        })
    }

    fn attribute(
        &self,
        element: &BytesStart<'_>,
        key: &str,
    ) -> Result<Option<String>, ForeignError> {
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| self.wrong(key, e.to_string(), "key=\"value\""));
            let attribute = attribute?;
            if attribute.key.local_name().as_ref() == key {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                let value = value.map_err(|e| self.wrong(key, e.to_string(), "plain text"))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    fn line(&self) -> u64 {
        let read = self.source.text.as_bytes();
        let read = &read[..self.at.min(read.len())];
        1 + read.iter().filter(|b| **b == b'\n').count() as u64
    }

    fn wrong(&self, column: &str, found: String, expected: &'static str) -> ForeignError {
        ForeignError::Malformed {
            path: self.source.path.to_owned(),
            line: self.line(),
            column: column.to_owned(),
            found,
            expected,
            advice: "write the file again with TrackMate's 'Export tracks to XML file'",
        }
    }
}
