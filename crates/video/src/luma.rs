//! Colour to luma after ITU-R BT.601 (Y = 0.299 R + 0.587 G + 0.114 B), in integers so that every machine gives the
//! same counts. The weights add up to a power of two, so equal channels keep their value.

/// Luma of 8-bit channels.
pub(crate) fn luma8(r: u8, g: u8, b: u8) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b) + 128) >> 8) as u8
}

/// Luma of 16-bit channels.
pub(crate) fn luma16(r: u16, g: u16, b: u16) -> u16 {
    let sum = 19_595 * u64::from(r) + 38_470 * u64::from(g) + 7_471 * u64::from(b);
    ((sum + 32_768) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_channels_keep_their_value() {
        for v in 0..=255u8 {
            assert_eq!(luma8(v, v, v), v);
        }
        for v in 0..=u16::MAX {
            assert_eq!(luma16(v, v, v), v);
        }
    }

    #[test]
    fn primaries_have_the_weights_of_bt601() {
        assert_eq!(
            (luma8(255, 0, 0), luma8(0, 255, 0), luma8(0, 0, 255)),
            (77, 149, 29)
        );
        assert_eq!(luma16(65_535, 0, 0), 19_595);
        assert_eq!(luma16(0, 65_535, 0), 38_469);
    }
}
