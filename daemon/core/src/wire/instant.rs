// SPDX-License-Identifier: GPL-3.0-or-later
//! Instants in JSON: RFC 3339 in UTC with milliseconds, as in `2026-11-20T11:04:00.000Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// Serializes Unix milliseconds; `null` for an instant beyond the calendar.
pub fn required<S: Serializer>(at_ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    text(*at_ms).serialize(serializer)
}

/// The same, and `null` where there is none.
pub fn optional<S: Serializer>(at_ms: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    at_ms.and_then(text).serialize(serializer)
}

/// The text of Unix milliseconds; `None` for an instant beyond the calendar.
pub fn text(at_ms: i64) -> Option<String> {
    let at = DateTime::<Utc>::from_timestamp_millis(at_ms)?;
    Some(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// What [`required`] and [`optional`] write, for the schemas.
#[cfg(feature = "schema")]
pub struct Text;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}
