// SPDX-License-Identifier: GPL-3.0-or-later
//! What was spent of the budgets, and what will have been if it goes on like that.
//!
//! **Pace.** What was spent since the period began, divided by the part of the period that has passed: the
//! average until now goes on. In the first three hundredths of the period (43 minutes of a day, 5 hours of a
//! week, 22 of a month) a single turn would decide it, so there is none. The period's length is that of its
//! instants: a day on which the clocks are set has 23 or 25 hours.
//!
//! Asked for at every snapshot, so it reads the sums of days: some rows for each day of the period; for one
//! project those of its sessions.

use chrono::{Datelike, Months};
use rusqlite::{Connection, ToSql};

use super::fold::week;
use crate::ledger::{Ledger, LedgerError, days_are_of};
use crate::model::{Budget, BudgetCounts, BudgetPeriod, Cost, Day, NanoUsd, QUARTER_MS, Zone};
use crate::wire::BudgetUsage;

/// Before this part of the period has passed there is no pace.
const LEAST_PASSED: f64 = 0.03;

const COSTS: &str = "billed_nano_usd, estimated_nano_usd, unpriced_steps";

/// Sessions of a project, by whatever name reports know it. Looked up for each row: there are more sessions
/// than a period has.
const OF_PROJECT: &str = "
    EXISTS (SELECT 1 FROM session WHERE session.id = session_id AND (directory = ?3 OR project_id IN (
        SELECT id FROM project
        WHERE uid = ?3 OR name = ?3 OR worktree = ?3
            OR substr(worktree, -1 - length(?3)) = '/' || ?3)))";

/// Every budget in its current period.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn budgets(
    ledger: &Ledger,
    budgets: &[Budget],
    zone: &Zone,
    now_ms: i64,
) -> Result<Vec<BudgetUsage>, LedgerError> {
    if budgets.is_empty() {
        return Ok(Vec::new());
    }
    ledger.read_at_once(|connection| {
        let has_days = days_are_of(connection, zone)?;
        let one = |budget: &Budget| {
            let span = Span::of(budget.period, zone, now_ms);
            let cost = spent(connection, budget, &span, has_days)?;
            Ok(usage(budget, &span, &cost, now_ms))
        };
        budgets.iter().map(one).collect()
    })
}

/// The highest of the percents `warn_at` of `limit` that `spent` has reached.
pub fn crossed(spent: NanoUsd, limit: NanoUsd, warn_at: &[u32]) -> Option<u32> {
    let is_reached =
        |percent: &&u32| i128::from(spent.0) * 100 >= i128::from(limit.0) * i128::from(**percent);
    warn_at.iter().filter(is_reached).max().copied()
}

/// What is expected sinks with every minute in which nothing is spent: so little is no news.
const DRIFT: f64 = 0.02;

/// Puts what is expected now in place of what was, where the two hardly differ: whoever compares them finds
/// only what is worth telling. Both are in the order of the configuration.
pub fn forget_drift(before: &mut [BudgetUsage], now: &[BudgetUsage]) {
    for (before, now) in before.iter_mut().zip(now) {
        let (Some(then_usd), Some(now_usd)) = (before.expected_usd, now.expected_usd) else {
            continue;
        };
        if (then_usd - now_usd).abs() <= now_usd.abs() * DRIFT {
            before.expected_usd = now.expected_usd;
            before.expected_share = now.expected_share;
        }
    }
}

/// One period: its days, the last excluded, and its instants.
struct Span {
    first: Day,
    next: Day,
    starts_ms: i64,
    ends_ms: i64,
}

impl Span {
    fn of(period: BudgetPeriod, zone: &Zone, now_ms: i64) -> Self {
        let today = zone.day(now_ms);
        let (first, next) = match period {
            BudgetPeriod::Day => (today, Day(today.0 + 1)),
            BudgetPeriod::Week => (Day(week(today)), Day(week(today) + 7)),
            BudgetPeriod::Month => {
                let date = today.date();
                let first = date.with_day(1).unwrap_or(date);
                let next = first.checked_add_months(Months::new(1)).unwrap_or(date);
                (Day::from_date(first), Day::from_date(next))
            }
        };
        Self {
            first,
            next,
            starts_ms: zone.start_of(first),
            ends_ms: zone.start_of(next),
        }
    }

    /// The part that has passed; `None` while that is too little to tell anything.
    fn passed(&self, now_ms: i64) -> Option<f64> {
        let length_ms = self.ends_ms.saturating_sub(self.starts_ms);
        let passed = now_ms.saturating_sub(self.starts_ms) as f64 / length_ms as f64;
        (passed >= LEAST_PASSED).then_some(passed.min(1.0))
    }
}

/// The costs of the period. Day sums, where they are of the zone, else those of quarter hours.
fn spent(
    connection: &Connection,
    budget: &Budget,
    span: &Span,
    has_days: bool,
) -> rusqlite::Result<Cost> {
    let (table, column, from, until) = match (has_days, &budget.project) {
        (true, None) => ("day", "day", span.first.0, span.next.0),
        (true, Some(_)) => ("day_session", "day", span.first.0, span.next.0),
        (false, _) => {
            let quarter = |at_ms: i64| at_ms.div_euclid(QUARTER_MS);
            let (from, until) = (quarter(span.starts_ms), quarter(span.ends_ms));
            ("quarter", "quarter", from, until)
        }
    };
    let sql = format!("SELECT {COSTS} FROM {table} WHERE {column} >= ?1 AND {column} < ?2");
    match &budget.project {
        None => sum(connection, &sql, &[&from, &until]),
        Some(project) => {
            let sql = format!("{sql} AND {OF_PROJECT}");
            sum(connection, &sql, &[&from, &until, project])
        }
    }
}

/// Added up here, where absurd amounts do not overflow.
fn sum(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> rusqlite::Result<Cost> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut sum = Cost::default();
    while let Some(row) = rows.next()? {
        let unpriced_steps: i64 = row.get(2)?;
        sum += Cost {
            billed: NanoUsd(row.get(0)?),
            estimated: NanoUsd(row.get(1)?),
            unpriced_steps: unpriced_steps.try_into().unwrap_or(0),
        };
    }
    Ok(sum)
}

fn usage(budget: &Budget, span: &Span, cost: &Cost, now_ms: i64) -> BudgetUsage {
    let spent = match budget.counts {
        BudgetCounts::Billed => cost.billed,
        BudgetCounts::All => cost.billed + cost.estimated,
    };
    let limit_usd = budget.limit.usd();
    let expected_usd = span.passed(now_ms).map(|passed| spent.usd() / passed);
    BudgetUsage {
        id: budget.id.clone(),
        period: budget.period,
        limit_usd,
        project: budget.project.clone(),
        counts: budget.counts,
        warn_at: budget.warn_at.clone(),
        spent_usd: spent.usd(),
        left_usd: NanoUsd(budget.limit.0.saturating_sub(spent.0)).usd(),
        share: spent.usd() / limit_usd,
        expected_share: expected_usd.map(|expected_usd| expected_usd / limit_usd),
        expected_usd,
        starts_ms: span.starts_ms,
        ends_ms: span.ends_ms,
        crossed: crossed(spent, budget.limit, &budget.warn_at),
        unpriced_steps: cost.unpriced_steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_is_crossed_when_it_is_reached_to_the_billionth() {
        let limit = NanoUsd(200_000_000_000);
        let at = |nano_usd| crossed(NanoUsd(nano_usd), limit, &[50, 80, 100]);
        assert_eq!(at(99_999_999_999), None);
        assert_eq!(at(100_000_000_000), Some(50));
        assert_eq!(at(199_999_999_999), Some(80));
        assert_eq!(at(i64::MAX), Some(100));
        assert_eq!(crossed(NanoUsd(1), NanoUsd(1), &[]), None);
    }
}
