//! Ranges of the numbers of a scene.

use crate::{Amount, Scene, SceneError};

/// A number with its range.
struct Number {
    key: &'static str,
    value: f64,
    unit: &'static str,
    min: f64,
    max: f64,
}

/// One line of the tables below: key and unit, value, smallest and largest allowed value.
fn number((key, unit): (&'static str, &'static str), value: f64, min: f64, max: f64) -> Number {
    Number {
        key,
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
            self.light_numbers(),
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
        let (m, f) = (&self.motion, &self.faults);
        let (v, viscosity) = (&m.vibration, self.viscosity_in_force_mpa_s());
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

    fn light_numbers(&self) -> Vec<Number> {
        let (o, l) = (&self.optics, &self.light);
        let (thick, reference_nm) = (
            o.sheet_half_thickness_um,
            l.reference_diameter_nm.unwrap_or(100.0),
        );
        let [x, y] = [l.gradient_x_counts, l.gradient_y_counts];
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

    fn sample_numbers(&self) -> Vec<Number> {
        let mut all = vec![
            match self.amount {
                Amount::VisiblePerFrame(n) => {
                    number(("amount.visible_per_frame", "particles"), n, 0.0, 1e5)
                }
                Amount::ConcentrationPerMl(n) => {
                    number(("amount.concentration_per_ml", "per mL"), n, 0.0, 1e13)
                }
            },
            number(
                ("stuck.count", "particles"),
                f64::from(self.stuck.count),
                0.0,
                1e5,
            ),
            number(
                ("stuck.peak_counts", "counts"),
                self.stuck.peak_counts,
                0.0,
                1e6,
            ),
            number(("stuck.width_px", "px"), self.stuck.width_px, 0.3, 20.0),
        ];
        for p in &self.populations {
            all.push(number(
                ("populations.diameter_nm", "nm"),
                p.diameter_nm,
                1.0,
                1e5,
            ));
            all.push(number(("populations.cv", "(a ratio)"), p.cv, 0.0, 2.0));
            all.push(number(
                ("populations.weight", "(a share)"),
                p.weight,
                0.0,
                1e9,
            ));
        }
        all
    }
}
