//! Sorting of many numbers of 32 bits, digit by digit: no comparisons, and the same few steps for each number.

/// Bits of one digit, and how many digits there are.
const BITS: u32 = 11;
const DIGITS: usize = 3;
/// Fewer numbers than this are sorted by comparing them.
const FEW: usize = 1024;

/// Room for sorting, kept from one time to the next.
#[derive(Default)]
pub(super) struct Sorter {
    keys: Vec<u32>,
    other: Vec<u32>,
    counts: Vec<[u32; 1 << BITS]>,
}

impl Sorter {
    /// Sorts in the order of `f32::total_cmp`.
    pub(super) fn sort(&mut self, values: &mut [f32]) {
        if values.len() < FEW {
            values.sort_unstable_by(f32::total_cmp);
            return;
        }
        self.keys.clear();
        self.keys.extend(values.iter().map(|v| key(*v)));
        self.other.resize(values.len(), 0);
        self.counts.clear();
        self.counts.resize(DIGITS, [0; 1 << BITS]);
        if let [a, b, c] = &mut self.counts[..] {
            for k in &self.keys {
                a[digit(*k, 0)] += 1;
                b[digit(*k, 1)] += 1;
                c[digit(*k, 2)] += 1;
            }
        }
        for (place, counts) in self.counts.iter_mut().enumerate() {
            // How many there are becomes where the first of them goes.
            let mut next = 0;
            for count in counts.iter_mut() {
                next += std::mem::replace(count, next);
            }
            for k in &self.keys {
                let at = &mut counts[digit(*k, place)];
                self.other[*at as usize] = *k;
                *at += 1;
            }
            std::mem::swap(&mut self.keys, &mut self.other);
        }
        for (v, k) in values.iter_mut().zip(&self.keys) {
            *v = value(*k);
        }
    }
}

fn digit(key: u32, place: usize) -> usize {
    (key >> (BITS * place as u32)) as usize & ((1 << BITS) - 1)
}

/// A whole number that is ordered as the value is.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    // Negative numbers are ordered the other way round, and below all others.
    bits ^ (((bits as i32) >> 31) as u32 | 0x8000_0000)
}

fn value(key: u32) -> f32 {
    let flipped = !(((key as i32) >> 31) as u32) | 0x8000_0000;
    f32::from_bits(key ^ flipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_comparing() {
        let mut state = 1u32;
        let mut bits = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state ^ (state >> 15)
        };
        let mut values: Vec<f32> = (0..5000).map(|_| f32::from_bits(bits())).collect();
        values.extend([
            0.0,
            -0.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            1.0,
            1.0,
        ]);
        let mut expected = values.clone();
        expected.sort_by(f32::total_cmp);
        let mut sorter = Sorter::default();
        for _ in 0..2 {
            sorter.sort(&mut values);
            let same = values
                .iter()
                .zip(&expected)
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same);
            values.reverse();
        }
    }
}
