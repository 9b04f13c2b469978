//! The particle and track tables as Parquet, without Arrow. Same columns as the CSV; what may be absent is OPTIONAL.

use super::csv::{ParticleRow, SpotRow};
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const PARTICLES: &str = "message particles {
    required int64 capture;
    required int64 particle;
    required int64 first_frame;
    required int64 frames;
    optional double x_px;
    optional double y_px;
    optional double mass_counts;
    optional double snr;
    optional double diffusion_um2_per_s;
    optional double diffusion_se_um2_per_s;
    optional double diameter_nm;
    optional double diameter_low_nm;
    optional double diameter_high_nm;
    required boolean used;
    optional binary reason (UTF8);
    optional double intensity_counts;
    optional double expected_diameter_nm;
}";

const TRACKS: &str = "message tracks {
    required int64 frame;
    optional double x;
    optional double y;
    optional int64 particle;
    optional double mass;
    optional double size;
    optional double ep;
    required int64 capture;
    optional double snr;
}";

/// `particles.parquet`.
pub fn particles_parquet(rows: &[ParticleRow]) -> Result<Vec<u8>, ParquetError> {
    write(PARTICLES, |group| {
        let mut to = Columns { group };
        to.whole(rows, |r| r.capture)?;
        to.whole(rows, |r| r.particle)?;
        to.whole(rows, |r| r.first_frame)?;
        to.whole(rows, |r| r.frames)?;
        to.real(rows, |r| Some(r.x_px))?;
        to.real(rows, |r| Some(r.y_px))?;
        to.real(rows, |r| Some(r.mass_counts))?;
        to.real(rows, |r| Some(r.snr))?;
        to.real(rows, |r| r.diffusion_um2_per_s)?;
        to.real(rows, |r| r.diffusion_se_um2_per_s)?;
        to.real(rows, |r| r.diameter_nm)?;
        to.real(rows, |r| r.diameter_low_nm)?;
        to.real(rows, |r| r.diameter_high_nm)?;
        let used: Vec<bool> = rows.iter().map(|r| r.used).collect();
        to.column::<BoolType>(&used, None)?;
        to.optional::<ByteArrayType>(rows.iter().map(|r| {
            Some(r.reason.as_str())
                .filter(|s| !s.is_empty())
                .map(ByteArray::from)
        }))?;
        to.real(rows, |r| r.intensity_counts)?;
        to.real(rows, |r| r.expected_diameter_nm)
    })
}

/// `tracks.parquet`. The rows are gone through once for each column.
pub fn tracks_parquet(
    rows: impl Iterator<Item = SpotRow> + Clone,
) -> Result<Vec<u8>, ParquetError> {
    write(TRACKS, |group| {
        let mut to = Columns { group };
        to.whole(rows.clone(), |r| r.frame)?;
        to.real(rows.clone(), |r| Some(r.x))?;
        to.real(rows.clone(), |r| Some(r.y))?;
        to.optional::<Int64Type>(rows.clone().map(|r| r.particle.map(signed)))?;
        to.real(rows.clone(), |r| Some(r.mass))?;
        to.real(rows.clone(), |r| Some(r.size))?;
        to.real(rows.clone(), |r| Some(r.ep))?;
        to.whole(rows.clone(), |r| r.capture)?;
        to.real(rows, |r| Some(r.snr))
    })
}

/// One file of one row group.
fn write(
    schema: &str,
    fill: impl FnOnce(&mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError>,
) -> Result<Vec<u8>, ParquetError> {
    let schema = Arc::new(parse_message_type(schema)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    fill(&mut group)?;
    group.close()?;
    file.into_inner()
}

/// Writes the columns of a row group one after the other.
struct Columns<'a, 'b> {
    group: &'a mut SerializedRowGroupWriter<'b, Vec<u8>>,
}

impl Columns<'_, '_> {
    fn column<T: DataType>(
        &mut self,
        values: &[T::T],
        present: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        let mut column = self
            .group
            .next_column()?
            .ok_or_else(|| ParquetError::General("more columns than the schema has".into()))?;
        column.typed::<T>().write_batch(values, present, None)?;
        column.close()
    }

    fn optional<T: DataType>(
        &mut self,
        values: impl Iterator<Item = Option<T::T>>,
    ) -> Result<(), ParquetError> {
        let (mut there, mut present) = (Vec::new(), Vec::new());
        for v in values {
            present.push(i16::from(v.is_some()));
            there.extend(v);
        }
        self.column::<T>(&there, Some(&present))
    }

    fn whole<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        of: impl Fn(R) -> u64,
    ) -> Result<(), ParquetError> {
        let values: Vec<i64> = rows.into_iter().map(|r| signed(of(r))).collect();
        self.column::<Int64Type>(&values, None)
    }

    /// What is not finite is absent, as in the CSV.
    fn real<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        of: impl Fn(R) -> Option<f64>,
    ) -> Result<(), ParquetError> {
        let finite = |r| of(r).filter(|v| v.is_finite());
        self.optional::<DoubleType>(rows.into_iter().map(finite))
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::csv::{PARTICLE_COLUMNS, SPOT_COLUMNS};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    fn read(bytes: Vec<u8>) -> (Vec<String>, Vec<Vec<Field>>) {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), bytes).unwrap();
        let reader = SerializedFileReader::new(path.reopen().unwrap()).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let names = schema.columns().iter().map(|c| c.name().into()).collect();
        let rows = reader
            .get_row_iter(None)
            .unwrap()
            .map(|r| r.unwrap().get_column_iter().map(|c| c.1.clone()).collect())
            .collect();
        (names, rows)
    }

    #[test]
    fn particles_read_back() {
        let rows = [
            ParticleRow {
                particle: 7,
                x_px: 1.5,
                diameter_nm: Some(101.25),
                used: true,
                intensity_counts: Some(812.5),
                ..ParticleRow::default()
            },
            ParticleRow {
                snr: f64::NAN,
                reason: "too_short".into(),
                ..ParticleRow::default()
            },
        ];
        let (names, back) = read(particles_parquet(&rows).unwrap());
        assert_eq!(names, PARTICLE_COLUMNS);
        assert_eq!(back[0][1], Field::Long(7));
        assert_eq!(back[0][10], Field::Double(101.25));
        assert_eq!(back[0][13], Field::Bool(true));
        assert_eq!(back[0][14], Field::Null);
        assert_eq!(back[0][15], Field::Double(812.5));
        assert_eq!(back[0][16], Field::Null);
        assert_eq!(back[1][7], Field::Null);
        assert_eq!(back[1][10], Field::Null);
        assert_eq!(back[1][14], Field::Str("too_short".into()));
    }

    #[test]
    fn tracks_read_back_and_may_be_empty() {
        let rows = [
            SpotRow {
                frame: 3,
                particle: Some(2),
                ..SpotRow::default()
            },
            SpotRow::default(),
        ];
        let (names, back) = read(tracks_parquet(rows.into_iter()).unwrap());
        assert_eq!(names, SPOT_COLUMNS);
        assert_eq!(back[0][3], Field::Long(2));
        assert_eq!(back[1][3], Field::Null);
        assert!(
            read(tracks_parquet(std::iter::empty()).unwrap())
                .1
                .is_empty()
        );
    }
}
