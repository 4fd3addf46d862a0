// SPDX-License-Identifier: GPL-3.0-or-later
//! The dictionary of `SetBudget`, checked key by key. Which budgets there are only the daemon knows.

use octally_core::model::{Budget, BudgetChange, BudgetCounts, BudgetPeriod};

use crate::RequestError;
use crate::argument::{Arguments, refuse_rest, take_number, take_numbers, take_text};

/// What is to change.
///
/// # Errors
/// [`RequestError::Invalid`] for a key that is unknown, of the wrong type or out of bounds.
pub(crate) fn change(mut budget: Arguments) -> Result<BudgetChange, RequestError> {
    let periods = || BudgetPeriod::ALL.map(BudgetPeriod::as_str).join(", ");
    let counted = || BudgetCounts::ALL.map(BudgetCounts::as_str).join(", ");
    let change = BudgetChange {
        period: take_text(&mut budget, "period")?
            .map(|word| {
                let wrong = || invalid(format!("'period' is one of {}, not '{word}'", periods()));
                BudgetPeriod::parse(&word).ok_or_else(wrong)
            })
            .transpose()?,
        limit: take_number(&mut budget, "limit_usd")?
            .map(|usd| Budget::limit(usd).ok_or_else(|| ruled("limit_usd", Budget::LIMIT_RULE)))
            .transpose()?,
        project: take_text(&mut budget, "project")?,
        counts: take_text(&mut budget, "counts")?
            .map(|word| {
                let wrong = || invalid(format!("'counts' is one of {}, not '{word}'", counted()));
                BudgetCounts::parse(&word).ok_or_else(wrong)
            })
            .transpose()?,
        warn_at: take_numbers(&mut budget, "warn_at")?
            .map(|all| Budget::percents(all).ok_or_else(|| ruled("warn_at", Budget::WARN_AT_RULE)))
            .transpose()?,
    };
    refuse_rest(budget)?;
    Ok(change)
}

fn ruled(key: &str, rule: &str) -> RequestError {
    invalid(format!("'{key}' {rule}"))
}

fn invalid(why: String) -> RequestError {
    RequestError::Invalid(why)
}

#[cfg(test)]
mod tests {
    use zbus::Variant;

    use super::*;

    fn parse(pairs: &[(&str, Variant<'static>)]) -> Result<BudgetChange, RequestError> {
        let owned = |(key, value): &(&str, Variant<'static>)| {
            ((*key).to_owned(), value.try_to_owned().unwrap())
        };
        change(pairs.iter().map(owned).collect())
    }

    #[test]
    fn every_key_arrives_and_what_is_left_out_stays() {
        let all = parse(&[
            ("period", "week".into()),
            ("limit_usd", 5_i32.into()),
            ("project", "".into()),
            ("counts", "all".into()),
            ("warn_at", vec![80_u32, 50].into()),
        ])
        .unwrap();
        assert_eq!(all.period, Some(BudgetPeriod::Week));
        assert_eq!(all.limit, Budget::limit(5.0));
        assert_eq!(all.project.as_deref(), Some(""));
        assert_eq!(all.counts, Some(BudgetCounts::All));
        assert_eq!(all.warn_at, Some(vec![50, 80]));
        assert_eq!(parse(&[]).unwrap(), BudgetChange::default());
    }

    #[test]
    fn wrong_keys_types_and_values_are_named() {
        let message = |key, value| parse(&[(key, value)]).unwrap_err().to_string();
        assert!(message("period", "dayly".into()).contains("day, week, month, not 'dayly'"));
        assert!(message("period", 1_u32.into()).contains("'period' must be a string"));
        assert!(message("limit_usd", 0.0.into()).contains("'limit_usd' must be a number of US"));
        assert!(message("limit_usd", "5".into()).contains("'limit_usd' must be a number"));
        assert!(message("warn_at", vec![0_i32].into()).contains("'warn_at' must be a list"));
        assert!(message("warn_at", 50_u32.into()).contains("'warn_at' must be a list"));
        assert!(message("counts", "some".into()).contains("billed, all, not 'some'"));
        assert!(message("colour", "red".into()).contains("no key 'colour'"));
    }
}
