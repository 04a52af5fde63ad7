//! Values in bars, and percentiles. Pure arithmetic.
use crate::lang::Bucket;

/// At most `n` bars of equal width that hold every value; none when there are no values. Values that
/// are no numbers are left out.
#[expect(
    clippy::cast_precision_loss,
    reason = "bars are counted in tens, far below 2^52"
)]
pub fn buckets(values: &[f64], n: usize) -> Vec<Bucket> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let Some(low) = finite().reduce(f64::min) else {
        return Vec::new();
    };
    let high = finite().fold(low, f64::max);
    let n = if low < high { n.max(1) } else { 1 };
    let width = (high - low) / n as f64;
    let mut bars: Vec<Bucket> = (0..n)
        .map(|index| Bucket {
            from: low + width * index as f64,
            to: if index + 1 == n {
                high
            } else {
                low + width * (index + 1) as f64
            },
            count: 0,
        })
        .collect();
    for value in finite() {
        // The bounds themselves decide, so that rounding cannot put a value beside its bar.
        let after = bars.partition_point(|bar| bar.from <= value);
        if let Some(bar) = bars.get_mut(after.saturating_sub(1)) {
            bar.count += 1;
        }
    }
    bars
}

/// The smallest value that at least `per_mille` of 1000 values do not exceed (the nearest-rank
/// percentile); 0 when there are none. The values must be sorted.
pub(super) fn percentile(sorted: &[u64], per_mille: usize) -> u64 {
    let rank = (sorted.len() * per_mille).div_ceil(1000);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: &[f64], n: usize) -> Vec<(f64, f64, u64)> {
        let bars = buckets(values, n);
        bars.iter().map(|b| (b.from, b.to, b.count)).collect()
    }

    #[test]
    fn bars() {
        type Bars = &'static [(f64, f64, u64)];
        let table: [(&[f64], usize, Bars); 7] = [
            (&[], 4, &[]),
            (&[f64::NAN], 4, &[]),
            (&[7.0], 4, &[(7.0, 7.0, 1)]),
            (&[7.0, 7.0], 4, &[(7.0, 7.0, 2)]),
            (&[0.0, 1.0, 2.0, 4.0], 2, &[(0.0, 2.0, 2), (2.0, 4.0, 2)]),
            (&[0.0, 4.0], 0, &[(0.0, 4.0, 2)]),
            (
                &[1.0, f64::INFINITY, 3.0],
                2,
                &[(1.0, 2.0, 1), (2.0, 3.0, 1)],
            ),
        ];
        for (values, n, expected) in table {
            assert_eq!(counts(values, n), expected, "{values:?} in {n}");
        }
    }

    #[test]
    fn percentiles() {
        let hundred: Vec<u64> = (1..=100).collect();
        let table: [(&[u64], usize, u64); 7] = [
            (&[], 500, 0),
            (&[9], 0, 9),
            (&[9], 990, 9),
            (&hundred, 500, 50),
            (&hundred, 990, 99),
            (&hundred, 995, 100),
            (&hundred, 1000, 100),
        ];
        for (values, per_mille, expected) in table {
            assert_eq!(percentile(values, per_mille), expected, "{per_mille}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_is_in_its_bar(values: Vec<u16>, n in 0usize..50) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let bars = buckets(&values, n);
            for (index, bar) in bars.iter().enumerate() {
                let last = index + 1 == bars.len();
                let inside = |v: &&f64| **v >= bar.from && (**v < bar.to || (last && **v <= bar.to));
                proptest::prop_assert_eq!(values.iter().filter(inside).count() as u64, bar.count);
            }
        }
    }
}
