// SPDX-License-Identifier: GPL-3.0-or-later
//! A question from the bus as a request to the ledger: days become instants in a zone.

use octally_bus::{Question, RequestError};
use octally_core::model::Zone;
use octally_core::rollup::Request;

use crate::period::Period;

/// The request, and the zone of its days: the one that is asked for, or else `zone`.
///
/// # Errors
/// [`RequestError::Invalid`] for an unknown zone and for days that are none.
pub fn resolve(
    question: Question,
    zone: &Zone,
    now_ms: i64,
) -> Result<(Request, Zone), RequestError> {
    let zone = match &question.tz {
        Some(name) => crate::config::named_zone(name)
            .map_err(|error| RequestError::Invalid(format!("{error}; {}", error.remedy())))?,
        None => zone.clone(),
    };
    let period = Period {
        since: question.since,
        until: question.until,
        last: question.last,
    };
    let (since_ms, until_ms) = period
        .instants(&zone, now_ms)
        .map_err(|error| RequestError::Invalid(error.to_string()))?;
    let request = Request {
        since_ms,
        until_ms,
        provider: question.provider,
        model: question.model,
        project: question.project,
        agent: question.agent,
        session: question.session,
        host: question.host,
        limit: question.limit.map(|limit| limit as usize),
        order: question.order,
        ..Request::new(question.by)
    };
    Ok((request, zone))
}

#[cfg(test)]
mod tests {
    use octally_core::rollup::By;

    use super::*;

    const NOON_MS: i64 = 1_795_176_000_000; // 2026-11-20T12:00:00Z
    const DAY_MS: i64 = octally_core::model::DAY_MS;

    fn question() -> Question {
        Question {
            by: By::Day,
            since: None,
            until: None,
            last: None,
            tz: None,
            limit: None,
            order: None,
            provider: None,
            model: None,
            project: None,
            agent: None,
            session: None,
            host: None,
        }
    }

    #[test]
    fn the_last_two_days_are_yesterday_and_today() {
        let asked = Question {
            last: Some(2),
            ..question()
        };
        let (request, _) = resolve(asked, &Zone::utc(), NOON_MS).unwrap();
        assert_eq!(request.since_ms, Some(NOON_MS - DAY_MS * 3 / 2));
        assert_eq!(request.until_ms, Some(NOON_MS + DAY_MS / 2));
    }

    #[test]
    fn the_last_day_is_included() {
        let day = Some("2026-11-20".to_owned());
        let asked = Question {
            since: day.clone(),
            until: day,
            ..question()
        };
        let (request, _) = resolve(asked, &Zone::utc(), NOON_MS).unwrap();
        assert_eq!(
            request.until_ms.unwrap() - request.since_ms.unwrap(),
            DAY_MS
        );
    }

    #[test]
    fn days_and_zones_that_are_none_are_refused_by_name() {
        let asked = Question {
            until: Some("soon".into()),
            ..question()
        };
        let error = resolve(asked, &Zone::utc(), NOON_MS).unwrap_err();
        assert!(error.to_string().contains("until soon"), "{error}");
        let asked = Question {
            tz: Some("Europe/Berln".into()),
            ..question()
        };
        let error = resolve(asked, &Zone::utc(), NOON_MS).unwrap_err();
        assert!(error.to_string().contains("Europe/Berlin"), "{error}");
    }
}
