//! Statistics of a table of bins, as the vendors take them.
//!
//! Mean and SD are those of the bin centres, weighted with the bins. The mode of NanoSight is the vertex of the parabola
//! through the highest bin and its two neighbours. Percentiles run in straight lines along the cumulative sum, and the
//! vendors differ in the diameter at which they write the sum down, see [`PercentileRule`]. All this was found from
//! printed files and holds to their last digit.

use super::Histogram;

/// Statistics of a number-weighted distribution, nm. What is not there is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Mean.
    pub mean_nm: Option<f64>,
    /// Mode.
    pub mode_nm: Option<f64>,
    /// Standard deviation.
    pub sd_nm: Option<f64>,
    /// 10th percentile.
    pub d10_nm: Option<f64>,
    /// Median.
    pub d50_nm: Option<f64>,
    /// 90th percentile.
    pub d90_nm: Option<f64>,
}

impl Statistics {
    /// Name of each number with the number, in the order in which they are shown.
    pub fn named(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("mean_nm", self.mean_nm),
            ("mode_nm", self.mode_nm),
            ("sd_nm", self.sd_nm),
            ("d10_nm", self.d10_nm),
            ("d50_nm", self.d50_nm),
            ("d90_nm", self.d90_nm),
        ]
    }

    fn from_values(values: [Option<f64>; 6]) -> Self {
        let [mean_nm, mode_nm, sd_nm, d10_nm, d50_nm, d90_nm] = values;
        Self {
            mean_nm,
            mode_nm,
            sd_nm,
            d10_nm,
            d50_nm,
            d90_nm,
        }
    }

    /// The mean of each number over several, which is what NanoSight prints as `Average`; `None` where one lacks it.
    pub fn average(all: &[Self]) -> Self {
        let mut values = [None; 6];
        for (i, value) in values.iter_mut().enumerate() {
            let each: Option<Vec<f64>> = all.iter().map(|s| s.named()[i].1).collect();
            *value = each
                .filter(|v| !v.is_empty())
                .map(|v| v.iter().map(|x| x / v.len() as f64).sum());
        }
        Self::from_values(values)
    }

    /// Statistics of bins; all `None` where they are empty.
    pub fn of_bins(bins: &Histogram, rule: PercentileRule) -> Self {
        let total = bins.total_per_ml().filter(|t| *t > 0.0);
        let Some(total) = total.filter(|_| bins.centre_nm.len() > 1) else {
            return Self::default();
        };
        let weighted = |f: &dyn Fn(f64) -> f64| {
            let each = bins.centre_nm.iter().zip(&bins.per_ml);
            each.map(|(x, n)| f(*x) * (n / total)).sum::<f64>()
        };
        let mean = weighted(&|x| x);
        let variance = weighted(&|x| (x - mean) * (x - mean));
        let numbers = [
            Some(mean),
            mode(bins),
            Some(variance.sqrt()),
            percentile(bins, rule, 0.1 * total),
            percentile(bins, rule, 0.5 * total),
            percentile(bins, rule, 0.9 * total),
        ];
        Self::from_values(numbers.map(|v| v.filter(|v| v.is_finite())))
    }
}

/// The diameter at which the cumulative sum up to and including a bin is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentileRule {
    /// At the lower edge of the bin: NanoSight NTA 3.2.
    LowerEdge,
    /// At the centre of the bin: ZetaView.
    Centre,
    /// At the upper edge of the bin: NanoSight NTA 3.4.
    UpperEdge,
}

impl PercentileRule {
    /// A short name, for tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::LowerEdge => "lower_edge",
            Self::Centre => "centre",
            Self::UpperEdge => "upper_edge",
        }
    }

    /// The diameter below which this share of the particles lies, nm; `None` where the bins are empty.
    pub(crate) fn of_share(self, bins: &Histogram, share: f64) -> Option<f64> {
        let total = bins.total_per_ml().filter(|t| *t > 0.0)?;
        let found = (bins.centre_nm.len() > 1).then(|| percentile(bins, self, share * total));
        found.flatten().filter(|v| v.is_finite())
    }

    /// The rule of a version of NanoSight's software, as in `NTA 3.2 Dev Build 3.2.16`; `None` where it is not known.
    pub(super) fn of_nanosight(software: &str) -> Option<Self> {
        let mut words = software.split_whitespace();
        words.find(|word| *word == "NTA")?;
        let number = words.next()?;
        let mut parts = number.split('.');
        match (parts.next()?, parts.next()?) {
            ("3", "2") => Some(Self::LowerEdge),
            ("3", "4") => Some(Self::UpperEdge),
            _ => None,
        }
    }

    /// The rule of the two of NanoSight that comes nearer to what is printed; `None` where nothing tells.
    pub(super) fn nearest(bins: &Histogram, printed: &Statistics) -> Option<Self> {
        let off = |rule| {
            let own = Statistics::of_bins(bins, rule).named();
            let pairs = own.iter().zip(printed.named()).skip(3);
            let each: Vec<f64> = pairs
                .filter_map(|(own, printed)| Some((own.1? - printed.1?).abs()))
                .collect();
            (!each.is_empty()).then(|| each.iter().sum::<f64>())
        };
        let (lower, upper) = (off(Self::LowerEdge)?, off(Self::UpperEdge)?);
        Some(if lower <= upper {
            Self::LowerEdge
        } else {
            Self::UpperEdge
        })
    }
}

/// The edges of bin `i` half way to its neighbours; the first and the last are as wide as those beside them.
fn edges_nm(centre: &[f64], i: usize) -> (f64, f64) {
    let last = centre.len() - 1;
    let below = if i > 0 {
        centre[i] - centre[i - 1]
    } else {
        centre[1] - centre[0]
    };
    let above = if i < last {
        centre[i + 1] - centre[i]
    } else {
        centre[last] - centre[last - 1]
    };
    (centre[i] - 0.5 * below, centre[i] + 0.5 * above)
}

fn percentile(bins: &Histogram, rule: PercentileRule, share_per_ml: f64) -> Option<f64> {
    let centre = &bins.centre_nm;
    let place = |i: usize| match rule {
        PercentileRule::LowerEdge => edges_nm(centre, i).0,
        PercentileRule::Centre => centre[i],
        PercentileRule::UpperEdge => edges_nm(centre, i).1,
    };
    let mut sum = 0.0;
    for (i, n) in bins.per_ml.iter().enumerate() {
        if sum + n >= share_per_ml && *n > 0.0 {
            let start = if i > 0 {
                place(i - 1)
            } else {
                let (low, high) = edges_nm(centre, 0);
                place(0) - (high - low)
            };
            return Some(start + (share_per_ml - sum) / n * (place(i) - start));
        }
        sum += n;
    }
    None
}

fn mode(bins: &Histogram) -> Option<f64> {
    let mut top = 0;
    for (i, n) in bins.per_ml.iter().enumerate() {
        if *n > bins.per_ml[top] {
            top = i;
        }
    }
    let centre = *bins.centre_nm.get(top)?;
    let beside =
        |i: Option<usize>| i.and_then(|i| Some((bins.centre_nm.get(i)?, bins.per_ml.get(i)?)));
    let (Some(left), Some(right)) = (beside(top.checked_sub(1)), beside(top.checked_add(1))) else {
        return Some(centre);
    };
    let (below, here, above) = (*left.1, bins.per_ml[top], *right.1);
    let bend = below - 2.0 * here + above;
    let width = 0.5 * (right.0 - left.0);
    // A flat top has no vertex; a table on a logarithmic scale has no equal steps.
    if bend < 0.0 && !bins.logarithmic {
        Some(centre + 0.5 * (below - above) / bend * width)
    } else {
        Some(centre)
    }
}
