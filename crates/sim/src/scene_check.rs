//! Ranges of the numbers of a scene.

use crate::{Scene, SceneError};

/// Sum of the diagonal of a velocity gradient that counts as 0, 1/s.
const MOST_COMPRESSION_PER_S: f64 = 1e-9;

/// A number with its range.
pub(crate) struct Number {
    key: String,
    value: f64,
    unit: &'static str,
    min: f64,
    max: f64,
}

/// One line of the tables below: key and unit, value, smallest and largest allowed value.
pub(crate) fn number((key, unit): (&str, &'static str), value: f64, min: f64, max: f64) -> Number {
    Number {
        key: key.into(),
        value,
        unit,
        min,
        max,
    }
}

impl Scene {
    /// Checks every number against its range.
    pub fn check(&self) -> Result<(), SceneError> {
        let tables = [
            self.film_numbers(),
            self.motion_numbers(),
            self.optics_numbers(),
            self.light_numbers(),
            self.background_numbers(),
            self.camera_numbers(),
            self.sample_numbers(),
        ];
        for n in tables.into_iter().flatten() {
            // Written so that NaN is refused too.
            if !(n.min..=n.max).contains(&n.value) {
                return Err(SceneError::OutOfRange {
                    key: n.key,
                    value: n.value,
                    min: n.min,
                    max: n.max,
                    unit: n.unit,
                });
            }
        }
        self.check_shares()?;
        let [[dvx_dx, _], [_, dvy_dy]] = self.motion.shear_per_s;
        if (dvx_dx + dvy_dy).abs() > MOST_COMPRESSION_PER_S {
            return Err(SceneError::Compression { dvx_dx, dvy_dy });
        }
        let interval_ms = 1e3 / self.frame_rate_fps;
        if self.exposure_ms > interval_ms * 1.0001 {
            return Err(SceneError::ExposureTooLong {
                exposure_ms: self.exposure_ms,
                interval_ms,
            });
        }
        Ok(())
    }

    fn film_numbers(&self) -> Vec<Number> {
        let (f, viscosity) = (&self.faults, self.viscosity_in_force_mpa_s());
        vec![
            number(("width_px", "px"), f64::from(self.width_px), 1.0, 16_384.0),
            number(
                ("height_px", "px"),
                f64::from(self.height_px),
                1.0,
                16_384.0,
            ),
            number(("pixel_size_um", "um"), self.pixel_size_um, 0.005, 20.0),
            number(("frame_rate_fps", "fps"), self.frame_rate_fps, 0.01, 1e5),
            number(("exposure_ms", "ms"), self.exposure_ms, 1e-4, 1e5),
            number(("frames", "frames"), f64::from(self.frames), 0.0, 1e6),
            number(
                ("temperature_c", "degrees Celsius"),
                self.temperature_c,
                -20.0,
                110.0,
            ),
            number(("viscosity_mpa_s", "mPa s"), viscosity, 0.05, 1e4),
            number(
                ("sub_steps", "parts"),
                f64::from(self.sub_steps),
                1.0,
                1000.0,
            ),
            number(
                ("faults.dropped_fraction", "of the frames"),
                f.dropped_fraction,
                0.0,
                0.9,
            ),
            number(
                ("faults.repeated_fraction", "of the frames"),
                f.repeated_fraction,
                0.0,
                0.9,
            ),
        ]
    }

    fn motion_numbers(&self) -> Vec<Number> {
        let (m, v) = (&self.motion, &self.motion.vibration);
        let [[dvx_dx, dvx_dy], [dvy_dx, dvy_dy]] = m.shear_per_s;
        vec![
            number(
                ("motion.flow_um_per_s[0]", "um/s"),
                m.flow_um_per_s[0],
                -1e4,
                1e4,
            ),
            number(
                ("motion.flow_um_per_s[1]", "um/s"),
                m.flow_um_per_s[1],
                -1e4,
                1e4,
            ),
            number(("motion.shear_per_s[0][0]", "per s"), dvx_dx, -100.0, 100.0),
            number(("motion.shear_per_s[0][1]", "per s"), dvx_dy, -100.0, 100.0),
            number(("motion.shear_per_s[1][0]", "per s"), dvy_dx, -100.0, 100.0),
            number(("motion.shear_per_s[1][1]", "per s"), dvy_dy, -100.0, 100.0),
            number(
                ("motion.pulsation_fraction", "of the flow"),
                m.pulsation_fraction,
                0.0,
                1.0,
            ),
            number(("motion.pulsation_hz", "Hz"), m.pulsation_hz, 0.0, 1e5),
            number(
                ("motion.vibration.amplitude_um", "um"),
                v.amplitude_um,
                0.0,
                100.0,
            ),
            number(
                ("motion.vibration.frequency_hz", "Hz"),
                v.frequency_hz,
                0.0,
                1e5,
            ),
            number(
                ("motion.vibration.angle_deg", "degrees"),
                v.angle_deg,
                -360.0,
                360.0,
            ),
        ]
    }

    fn optics_numbers(&self) -> Vec<Number> {
        let (o, thick) = (&self.optics, self.optics.sheet_half_thickness_um);
        vec![
            number(("optics.psf_sigma_px", "px"), o.psf_sigma_px, 0.3, 20.0),
            number(
                ("optics.defocus_depth_um", "um"),
                o.defocus_depth_um,
                0.05,
                1e4,
            ),
            number(("optics.sheet_half_thickness_um", "um"), thick, 0.1, 1e4),
            number(
                ("optics.ring_fraction", "of the light"),
                o.ring_fraction,
                0.0,
                0.9,
            ),
        ]
    }

    fn light_numbers(&self) -> Vec<Number> {
        let l = &self.light;
        let reference_nm = l.reference_diameter_nm.unwrap_or(100.0);
        vec![
            number(
                ("light.reference_peak_counts", "counts"),
                l.reference_peak_counts,
                0.0,
                1e6,
            ),
            number(
                ("light.reference_diameter_nm", "nm"),
                reference_nm,
                1.0,
                1e5,
            ),
            number(
                ("light.brightness_exponent", "(a power)"),
                l.brightness_exponent,
                0.0,
                8.0,
            ),
            number(
                ("light.compression_diameter_nm", "nm"),
                l.compression_diameter_nm.unwrap_or(100.0),
                1.0,
                1e5,
            ),
            number(
                ("light.compressed_exponent", "(a power)"),
                l.compressed_exponent,
                0.0,
                // Without a bend it does not count, and a flat law need not lower it.
                match l.compression_diameter_nm {
                    Some(_) => l.brightness_exponent,
                    None => 8.0,
                },
            ),
            number(
                ("light.medium_refractive_index", "(an index)"),
                l.medium_refractive_index,
                1.0,
                4.0,
            ),
            number(
                ("light.reference_refractive_index", "(an index)"),
                l.reference_refractive_index,
                // A reference like the medium would be invisible, and all others infinitely bright.
                l.medium_refractive_index + 0.001,
                5.0,
            ),
        ]
    }

    fn background_numbers(&self) -> Vec<Number> {
        let l = &self.light;
        let [x, y] = [l.gradient_x_counts, l.gradient_y_counts];
        vec![
            number(
                ("light.background_counts", "counts"),
                l.background_counts,
                0.0,
                65_535.0,
            ),
            number(
                ("light.gradient_x_counts", "counts"),
                x,
                -65_535.0,
                65_535.0,
            ),
            number(
                ("light.gradient_y_counts", "counts"),
                y,
                -65_535.0,
                65_535.0,
            ),
            number(
                ("light.flicker_fraction", "of the light"),
                l.flicker_fraction,
                0.0,
                1.0,
            ),
            number(("light.flicker_hz", "Hz"), l.flicker_hz, 0.0, 1e5),
        ]
    }

    fn camera_numbers(&self) -> Vec<Number> {
        let (c, gain) = (&self.camera, self.camera.gain_e_per_count);
        vec![
            number(
                ("camera.gain_e_per_count", "electrons per count"),
                gain,
                1e-3,
                1e5,
            ),
            number(
                ("camera.read_noise_e", "electrons"),
                c.read_noise_e,
                0.0,
                1e4,
            ),
            number(
                ("camera.offset_counts", "counts"),
                c.offset_counts,
                0.0,
                65_535.0,
            ),
            number(
                ("camera.bit_depth", "bits"),
                f64::from(c.bit_depth),
                8.0,
                16.0,
            ),
            number(
                ("camera.fixed_offset_counts", "counts"),
                c.fixed_offset_counts,
                0.0,
                1e4,
            ),
            number(
                ("camera.fixed_gain_fraction", "of the gain"),
                c.fixed_gain_fraction,
                0.0,
                0.5,
            ),
        ]
    }
}
