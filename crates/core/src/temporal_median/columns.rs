//! Counting and halving in many columns at once: loops that the compiler turns into vector code.

/// Columns treated at once. With so many the compiler makes a loop of vectors of them rather than of their unrolled parts.
pub(super) const LANES: usize = 64;
/// The smaller and the larger of each two.
#[inline(always)]
pub(super) fn sorted<T: Copy + Ord>(a: &[T; LANES], b: &[T; LANES]) -> ([T; LANES], [T; LANES]) {
    let (mut low, mut high) = (*a, *b);
    for j in 0..LANES {
        (low[j], high[j]) = (a[j].min(b[j]), a[j].max(b[j]));
    }
    (low, high)
}

/// An unsigned number that vectors hold many of.
pub(super) trait Count: Copy + Ord + Default {
    const ZERO: Self;
    const MAX: Self;
    /// Halfway from `self` to `high`, rounded up; `self` if `high` is not above it.
    fn halfway(self, high: Self) -> Self;
    fn before(self) -> Self;
    /// One more if it is so.
    fn add(self, more: bool) -> Self;
}

macro_rules! count {
    ($t:ty) => {
        impl Count for $t {
            const ZERO: Self = 0;
            const MAX: Self = <$t>::MAX;
            #[inline(always)]
            fn halfway(self, high: Self) -> Self {
                let gap = high.saturating_sub(self);
                self + (gap - gap / 2)
            }
            #[inline(always)]
            fn before(self) -> Self {
                self.saturating_sub(1)
            }
            #[inline(always)]
            fn add(self, more: bool) -> Self {
                self.wrapping_add(Self::from(more))
            }
        }
    };
}

count!(u8);
count!(u16);

/// The smallest and the largest value of each column.
#[inline(always)]
pub(super) fn range<T: Count>(values: &[[T; LANES]]) -> ([T; LANES], [T; LANES]) {
    let (mut low, mut high) = ([T::MAX; LANES], [T::ZERO; LANES]);
    // Several at once, so that what is known so far is fetched and put back less often.
    let (fours, rest) = values.as_chunks::<4>();
    for [a, b, c, d] in fours {
        for j in 0..LANES {
            low[j] = low[j].min(a[j].min(b[j])).min(c[j].min(d[j]));
            high[j] = high[j].max(a[j].max(b[j])).max(c[j].max(d[j]));
        }
    }
    for v in rest {
        for j in 0..LANES {
            low[j] = low[j].min(v[j]);
            high[j] = high[j].max(v[j]);
        }
    }
    (low, high)
}

/// How many values of each column lie below its limit.
#[inline(always)]
pub(super) fn count_below<T: Count>(values: &[[T; LANES]], limit: &[T; LANES]) -> [T; LANES] {
    let mut count = [T::ZERO; LANES];
    let (fours, rest) = values.as_chunks::<4>();
    for [a, b, c, d] in fours {
        for j in 0..LANES {
            let l = limit[j];
            count[j] = count[j]
                .add(a[j] < l)
                .add(b[j] < l)
                .add(c[j] < l)
                .add(d[j] < l);
        }
    }
    for v in rest {
        for j in 0..LANES {
            count[j] = count[j].add(v[j] < limit[j]);
        }
    }
    count
}

/// The lower median of each column, known to lie between `low` and `high`: the largest number that at most `rank` of
/// the values lie below, found by halving what is left.
#[inline(always)]
pub(super) fn halved<T: Count>(
    values: &[[T; LANES]],
    rank: T,
    mut low: [T; LANES],
    mut high: [T; LANES],
) -> [T; LANES] {
    loop {
        let mut open = false;
        for j in 0..LANES {
            open |= low[j] < high[j];
        }
        if !open {
            return low;
        }
        // Where it is settled the limit is the value itself and nothing changes.
        let mut limit = low;
        for j in 0..LANES {
            limit[j] = low[j].halfway(high[j]);
        }
        let count = count_below(values, &limit);
        for j in 0..LANES {
            let above = count[j] <= rank;
            low[j] = if above { limit[j] } else { low[j] };
            high[j] = if above { high[j] } else { limit[j].before() };
        }
    }
}
