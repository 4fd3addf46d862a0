// SPDX-License-Identifier: GPL-3.0-or-later
//! How figures are spread: their quantiles, and how many lie between fixed thresholds. Of figures that are at
//! hand, or of those that the ledger keeps by narrow ranges.

use rusqlite::Connection;

use crate::ledger::Measure;
use crate::model::NanoUsd;
use crate::wire::{Bucket, Distribution};

/// How some figures are spread, in whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    /// Of how many.
    pub count: u64,
    least: u64,
    median: u64,
    p90: u64,
    pub most: u64,
    sum: u128,
    buckets: Vec<Bucket<u64>>,
}

/// The place, from 0, of the smallest of `count` figures that at least such a part of all is not above.
fn place(count: u64, percent: u64) -> u64 {
    (count * percent).div_ceil(100).max(1) - 1
}

impl Spread {
    /// Of figures at hand; `None` for none.
    pub fn of(measure: Measure, mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let count = values.len() as u64;
        let at = |place: u64| values.get(usize::try_from(place).ok()?).copied();
        let below = |threshold: u64| values.partition_point(|value| *value < threshold) as u64;
        Some(Self {
            count,
            least: at(0)?,
            median: at(place(count, 50))?,
            p90: at(place(count, 90))?,
            most: at(count - 1)?,
            sum: values.iter().map(|value| u128::from(*value)).sum(),
            buckets: buckets(measure, count, below),
        })
    }

    /// Of all trees, as the ledger keeps them; `None` for none.
    pub fn kept(connection: &Connection, measure: Measure) -> rusqlite::Result<Option<Self>> {
        let ranges = Ranges::load(connection, measure)?;
        let count = ranges.below(u64::MAX);
        if count == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            count,
            least: ranges.at(connection, 0)?,
            median: ranges.at(connection, place(count, 50))?,
            p90: ranges.at(connection, place(count, 90))?,
            most: ranges.at(connection, count - 1)?,
            sum: ranges
                .ranges
                .iter()
                .map(|range| u128::from(range.sum))
                .sum(),
            buckets: buckets(measure, count, |threshold| ranges.below(threshold)),
        }))
    }

    /// As they are.
    pub fn figures(self) -> Distribution<u64> {
        Distribution {
            least: self.least,
            median: self.median,
            p90: self.p90,
            most: self.most,
            mean: u64::try_from(self.sum / u128::from(self.count.max(1))).unwrap_or(u64::MAX),
            buckets: self.buckets,
        }
    }

    /// In US dollars, from billionths of them.
    pub fn dollars(self) -> Distribution<f64> {
        let dollars = |bucket: &Bucket<u64>| Bucket {
            from: usd(bucket.from),
            sessions: bucket.sessions,
        };
        Distribution {
            least: usd(self.least),
            median: usd(self.median),
            p90: usd(self.p90),
            most: usd(self.most),
            mean: self.sum as f64 / 1e9 / self.count.max(1) as f64,
            buckets: self.buckets.iter().map(dollars).collect(),
        }
    }
}

fn usd(nano: u64) -> f64 {
    NanoUsd(nano.cast_signed()).usd()
}

/// How many lie between the thresholds, by how many of `count` lie below one.
fn buckets(measure: Measure, count: u64, below: impl Fn(u64) -> u64) -> Vec<Bucket<u64>> {
    let thresholds = measure.thresholds().iter().map(|it| it.unsigned_abs());
    let thresholds: Vec<u64> = thresholds.collect();
    let bucket = |(place, from): (usize, &u64)| Bucket {
        from: *from,
        sessions: thresholds.get(place + 1).map_or(count, |next| below(*next)) - below(*from),
    };
    thresholds.iter().enumerate().map(bucket).collect()
}

/// The figures from `first` up to the next range.
struct Range {
    first: u64,
    trees: u64,
    sum: u64,
}

/// All trees by ranges of one figure, smallest first.
struct Ranges {
    measure: Measure,
    ranges: Vec<Range>,
}

impl Ranges {
    fn load(connection: &Connection, measure: Measure) -> rusqlite::Result<Self> {
        let ranges = connection
            .prepare_cached(
                "SELECT first, trees, sum FROM spread WHERE measure = ? AND trees > 0 ORDER BY first",
            )?
            .query_map([measure as i64], |row| {
                let count = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
                Ok(Range {
                    first: count(0)?,
                    trees: count(1)?,
                    sum: count(2)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { measure, ranges })
    }

    /// A threshold is where a range begins.
    fn below(&self, threshold: u64) -> u64 {
        let below = self
            .ranges
            .iter()
            .take_while(|range| range.first < threshold);
        below.map(|range| range.trees).sum()
    }

    /// The figure at a place, counted from 0: looked for among the trees of its range.
    fn at(&self, connection: &Connection, place: u64) -> rusqlite::Result<u64> {
        let mut left = place;
        for range in &self.ranges {
            if left < range.trees {
                return self.within(connection, range, left);
            }
            left -= range.trees;
        }
        Ok(0)
    }

    fn within(&self, connection: &Connection, range: &Range, place: u64) -> rusqlite::Result<u64> {
        // All of a range are alike where it is of one figure, or many have done the same.
        let are_all =
            |figure: u64| u128::from(figure) * u128::from(range.trees) == u128::from(range.sum);
        if are_all(range.first) {
            return Ok(range.first);
        }
        let from = |place: u64| {
            let column = self.measure.column();
            connection
                .prepare_cached(&format!(
                    "SELECT {column} FROM tree WHERE {column} >= ? AND {column} > 0 ORDER BY {column} LIMIT 1 OFFSET ?"
                ))?
                .query_row([range.first.cast_signed(), place.cast_signed()], |row| {
                    row.get::<_, i64>(0).map(i64::unsigned_abs)
                })
        };
        let least = from(0)?;
        if are_all(least) {
            return Ok(least);
        }
        from(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_figures_that_there_are() {
        let found = Spread::of(Measure::Steps, (1..=10).rev().collect()).unwrap();
        let found = found.figures();
        assert_eq!(
            (found.least, found.median, found.p90, found.most, found.mean),
            (1, 5, 9, 10, 5)
        );
        let counts: Vec<u64> = found.buckets.iter().map(|bucket| bucket.sessions).collect();
        assert_eq!(counts, [1, 3, 5, 1, 0, 0, 0]);
    }

    #[test]
    fn one_is_everything_and_none_is_nothing() {
        let one = Spread::of(Measure::BilledNanoUsd, vec![500_000_000]).unwrap();
        let one = one.dollars();
        assert_eq!(
            (one.least, one.median, one.p90, one.most, one.mean),
            (0.5, 0.5, 0.5, 0.5, 0.5)
        );
        assert_eq!(Spread::of(Measure::Steps, Vec::new()), None);
    }
}
