// SPDX-License-Identifier: GPL-3.0-or-later
//! What went wrong without stopping the rest: counted, kept, shown.

use serde::Serialize;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; every figure is right.
    Note,
    /// Something could not be read or is slower than it should be; the rest is right.
    Warning,
    /// A whole source, or the ledger, is out of use.
    Error,
}

/// One thing that went wrong: what, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word to test for, as in `broken_row`.
    pub code: String,
    /// What happened, a lower-case fragment without a full stop.
    pub what: String,
    /// The file, table or setting.
    #[serde(rename = "where")]
    pub place: String,
    /// What the user can do about it.
    pub remedy: String,
    /// How often it happened.
    pub count: u64,
    /// The id of one row it happened to.
    pub example: Option<String>,
}

impl Problem {
    /// A problem that happened once, without an example.
    pub fn new(
        severity: Severity,
        code: &str,
        what: impl Into<String>,
        place: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code: code.into(),
            what: what.into(),
            place: place.into(),
            remedy: remedy.into(),
            count: 1,
            example: None,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        if let Some(example) = &self.example {
            write!(f, ", for example {example}")?;
        }
        Ok(())
    }
}
