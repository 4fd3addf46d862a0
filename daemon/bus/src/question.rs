// SPDX-License-Identifier: GPL-3.0-or-later
//! The request dictionary of `Report`, checked key by key. Days and zones stay text here: only the
//! daemon knows the calendar.

use octally_core::rollup::{By, Order};

use crate::RequestError;
use crate::argument::{Arguments, refuse_rest, take_count, take_text};

/// What the rows of a report are to be, as in `octally report <by> --since ... `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the rows are.
    pub by: By,
    /// The first day, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// The last day, included.
    pub until: Option<String>,
    /// The last so many days, today included.
    pub last: Option<u32>,
    /// The time zone of the days.
    pub tz: Option<String>,
    /// At most this many rows.
    pub limit: Option<u32>,
    /// The order of the rows.
    pub order: Option<Order>,
    /// `anthropic`
    pub provider: Option<String>,
    /// `claude-sonnet-4-5` or `anthropic/claude-sonnet-4-5`
    pub model: Option<String>,
    /// A project's id, name or path.
    pub project: Option<String>,
    /// `build`
    pub agent: Option<String>,
    /// `ses_...`
    pub session: Option<String>,
    /// A host's id or label.
    pub host: Option<String>,
}

impl Question {
    /// From the dictionary that arrived.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] for a key that is missing, unknown or of the wrong type.
    pub(crate) fn parse(mut request: Arguments) -> Result<Self, RequestError> {
        let question = Self {
            by: parse_by(take_text(&mut request, "by")?)?,
            since: take_text(&mut request, "since")?,
            until: take_text(&mut request, "until")?,
            last: take_count(&mut request, "last")?,
            tz: take_text(&mut request, "tz")?,
            limit: take_count(&mut request, "limit")?,
            order: parse_order(take_text(&mut request, "order")?)?,
            provider: take_text(&mut request, "provider")?,
            model: take_text(&mut request, "model")?,
            project: take_text(&mut request, "project")?,
            agent: take_text(&mut request, "agent")?,
            session: take_text(&mut request, "session")?,
            host: take_text(&mut request, "host")?,
        };
        refuse_rest(request)?;
        Ok(question)
    }
}

fn parse_by(word: Option<String>) -> Result<By, RequestError> {
    let known = || By::ALL.map(By::key).join(", ");
    let word =
        word.ok_or_else(|| RequestError::Invalid(format!("the key 'by' is missing: {}", known())))?;
    By::parse(&word)
        .ok_or_else(|| RequestError::Invalid(format!("'by' is one of {}, not '{word}'", known())))
}

fn parse_order(word: Option<String>) -> Result<Option<Order>, RequestError> {
    match word.as_deref() {
        None => Ok(None),
        Some("asc") => Ok(Some(Order::Ascending)),
        Some("desc") => Ok(Some(Order::Descending)),
        Some(other) => Err(RequestError::Invalid(format!(
            "'order' is 'asc' or 'desc', not '{other}'"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use zbus::Variant;

    use super::*;

    fn parse(pairs: &[(&str, Variant<'static>)]) -> Result<Question, RequestError> {
        let owned = |(key, value): &(&str, Variant<'static>)| {
            ((*key).to_owned(), value.try_to_owned().unwrap())
        };
        Question::parse(pairs.iter().map(owned).collect())
    }

    #[test]
    fn every_key_arrives() {
        let question = parse(&[
            ("by", "daily".into()),
            ("since", "2026-11-01".into()),
            ("last", 7_u32.into()),
            ("limit", 3.0.into()),
            ("order", "desc".into()),
            ("model", "anthropic/claude-sonnet-4-5".into()),
        ])
        .unwrap();
        assert_eq!(question.by, By::Day);
        assert_eq!(question.since.as_deref(), Some("2026-11-01"));
        assert_eq!((question.last, question.limit), (Some(7), Some(3)));
        assert_eq!(question.order, Some(Order::Descending));
        assert_eq!(
            question.model.as_deref(),
            Some("anthropic/claude-sonnet-4-5")
        );
    }

    #[test]
    fn wrong_keys_types_and_words_are_named() {
        let message = |pairs: &[(&str, Variant<'static>)]| parse(pairs).unwrap_err().to_string();
        assert!(message(&[]).contains("'by' is missing"));
        assert!(message(&[("by", "color".into())]).contains("not 'color'"));
        assert!(message(&[("by", 3_u32.into())]).contains("'by' must be a string"));
        for limit in [(-1_i32).into(), 2.5.into(), f64::NAN.into(), 1e300.into()] {
            assert!(message(&[("by", "day".into()), ("limit", limit)]).contains("'limit'"));
        }
        assert!(message(&[("by", "day".into()), ("colour", "red".into())]).contains("'colour'"));
    }
}
