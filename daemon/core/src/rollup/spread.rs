// SPDX-License-Identifier: GPL-3.0-or-later
//! How figures are spread: their quantiles, and how many lie between fixed thresholds.

use crate::wire::{Bucket, Distribution};

const MINUTE_MS: u64 = 60_000;

/// A minute, 5, 15, an hour, 4, a day.
pub(super) const LENGTHS_MS: [u64; 7] = [
    0,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    60 * MINUTE_MS,
    240 * MINUTE_MS,
    1440 * MINUTE_MS,
];
pub(super) const STEPS: [u64; 7] = [0, 2, 5, 10, 25, 50, 100];
pub(super) const TOKENS: [u64; 6] = [0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
pub(super) const DOLLARS: [f64; 6] = [0.0, 0.01, 0.1, 1.0, 10.0, 100.0];

/// What can be spread.
pub(super) trait Figure: Copy + PartialOrd {
    fn mean(sorted: &[Self]) -> Self;
}

impl Figure for u64 {
    fn mean(sorted: &[Self]) -> Self {
        let sum: u128 = sorted.iter().map(|value| u128::from(*value)).sum();
        Self::try_from(sum / sorted.len().max(1) as u128).unwrap_or(Self::MAX)
    }
}

impl Figure for f64 {
    fn mean(sorted: &[Self]) -> Self {
        sorted.iter().sum::<Self>() / sorted.len().max(1) as Self
    }
}

/// The spread of some figures; `None` for none. The thresholds begin with the smallest figure there
/// can be.
pub(super) fn spread<T: Figure>(mut values: Vec<T>, thresholds: &[T]) -> Option<Distribution<T>> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    // The smallest value that at least such a part of all is not above.
    let quantile = |percent: usize| {
        let place = (values.len() * percent).div_ceil(100).max(1) - 1;
        values.get(place).copied()
    };
    let below = |threshold: T| values.partition_point(|value| *value < threshold) as u64;
    let bucket = |(place, from): (usize, &T)| Bucket {
        from: *from,
        sessions: thresholds
            .get(place + 1)
            .map_or(values.len() as u64, |next| below(*next))
            - below(*from),
    };
    Some(Distribution {
        least: *values.first()?,
        median: quantile(50)?,
        p90: quantile(90)?,
        most: *values.last()?,
        mean: T::mean(&values),
        buckets: thresholds.iter().enumerate().map(bucket).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_figures_that_there_are() {
        let found = spread((1..=10).rev().collect(), &[0, 2, 5]).unwrap();
        assert_eq!(
            (found.least, found.median, found.p90, found.most, found.mean),
            (1, 5, 9, 10, 5)
        );
        let counts: Vec<u64> = found.buckets.iter().map(|bucket| bucket.sessions).collect();
        assert_eq!(counts, [1, 3, 6]);
    }

    #[test]
    fn one_is_everything_and_none_is_nothing() {
        let one = spread(vec![0.5], &DOLLARS).unwrap();
        assert_eq!(
            (one.least, one.median, one.p90, one.most),
            (0.5, 0.5, 0.5, 0.5)
        );
        assert_eq!(spread(Vec::<u64>::new(), &STEPS), None);
    }
}
