// SPDX-License-Identifier: GPL-3.0-or-later
//! How many trees of sessions have which figures: counted in narrow ranges, so that any quantile is found by
//! looking at the trees of one range.

use std::collections::BTreeMap;

use rusqlite::Connection;

/// What is measured of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    LengthMs = 0,
    Steps = 1,
    Fresh = 2,
    BilledNanoUsd = 3,
    EstimatedNanoUsd = 4,
}

const MINUTE_MS: i64 = 60_000;
const DOLLAR: i64 = 1_000_000_000;

impl Measure {
    pub const ALL: [Self; 5] = [
        Self::LengthMs,
        Self::Steps,
        Self::Fresh,
        Self::BilledNanoUsd,
        Self::EstimatedNanoUsd,
    ];

    /// Its column in the table of trees.
    pub fn column(self) -> &'static str {
        match self {
            Self::LengthMs => "length_ms",
            Self::Steps => "steps",
            Self::Fresh => "fresh",
            Self::BilledNanoUsd => "billed_nano_usd",
            Self::EstimatedNanoUsd => "estimated_nano_usd",
        }
    }

    /// Between these the figures are counted for people; the first one is the smallest figure there can be.
    pub fn thresholds(self) -> &'static [i64] {
        match self {
            // A minute, 5, 15, an hour, 4, a day.
            Self::LengthMs => &[
                0,
                MINUTE_MS,
                5 * MINUTE_MS,
                15 * MINUTE_MS,
                60 * MINUTE_MS,
                240 * MINUTE_MS,
                1440 * MINUTE_MS,
            ],
            Self::Steps => &[0, 2, 5, 10, 25, 50, 100],
            Self::Fresh => &[0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
            Self::BilledNanoUsd | Self::EstimatedNanoUsd => &[
                0,
                DOLLAR / 100,
                DOLLAR / 10,
                DOLLAR,
                10 * DOLLAR,
                100 * DOLLAR,
            ],
        }
    }

    /// Where the range begins that a figure is counted in: its first five binary digits, or a threshold that
    /// lies between. So a range is at most a sixteenth of its figures wide, and ends before each threshold.
    pub fn range_of(self, figure: i64) -> i64 {
        const DIGITS: u32 = 5;
        let figure = figure.max(0);
        let more = (i64::BITS - figure.leading_zeros()).saturating_sub(DIGITS);
        let first = figure >> more << more;
        let reached = self.thresholds().iter().filter(|it| **it <= figure);
        reached.copied().max().unwrap_or(0).max(first)
    }
}

/// The figures of a tree, in the order of [`Measure::ALL`].
pub(super) type Figures = [i64; 5];

/// Trees and the sum of their figures, by measure and range.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Spread(BTreeMap<(i64, i64), (i64, i64)>);

impl Spread {
    /// Adds (`sign` 1) or takes away (`sign` -1) a tree.
    pub fn add(&mut self, figures: &Figures, sign: i64) {
        for (measure, figure) in Measure::ALL.into_iter().zip(figures) {
            let range = (measure as i64, measure.range_of(*figure));
            let (trees, sum) = self.0.entry(range).or_default();
            *trees += sign;
            *sum += sign * figure;
        }
    }

    pub fn write(&self, tx: &Connection) -> rusqlite::Result<()> {
        let mut add = tx.prepare_cached(
            "INSERT INTO spread VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET trees = trees + excluded.trees, sum = sum + excluded.sum",
        )?;
        for ((measure, first), (trees, sum)) in &self.0 {
            if (*trees, *sum) != (0, 0) {
                add.execute([*measure, *first, *trees, *sum])?;
            }
        }
        Ok(())
    }

    /// What is kept.
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT measure, first, trees, sum FROM spread WHERE trees <> 0 OR sum <> 0";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)))
        })?;
        rows.collect::<rusqlite::Result<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_narrow_and_ends_before_each_threshold() {
        for measure in Measure::ALL {
            let mut before = 0;
            for figure in (0..70_i64).chain((7..62).flat_map(|bits| {
                let power = 1_i64 << bits;
                [power - 1, power, power + 1, power + power / 3]
            })) {
                let first = measure.range_of(figure);
                assert!(first <= figure && figure - first <= figure / 16, "{figure}");
                assert_eq!(measure.range_of(first), first);
                assert!(first >= before, "{figure}");
                before = first;
            }
            for threshold in measure.thresholds() {
                assert_eq!(measure.range_of(*threshold), *threshold);
            }
        }
    }
}
