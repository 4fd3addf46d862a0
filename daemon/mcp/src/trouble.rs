// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a question has no answer, as the client is told.

use octally_core::ledger::LedgerError;
use octally_core::model::nearest;
use octally_core::rollup::period::PeriodError;
use rmcp::ErrorData;
use serde_json::json;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The question makes no sense: what, and what to ask instead.
    Question(String),
    /// There is nothing of that name.
    Unknown {
        /// `session`, `provider`, `tool`, ...
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The ledger cannot be used.
    Ledger(String),
    /// A long reading is under way.
    Reading,
    /// The server is shutting down.
    Ended,
}

impl Trouble {
    /// Nothing is called `name`; `candidates` are the names that there are.
    pub fn unknown<'a>(
        kind: &'static str,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::Unknown {
            kind,
            name: shortened(name),
            nearest: nearest(name, candidates).map(str::to_owned),
        }
    }

    /// What stands in the way of using the ledger. The path is told only where paths may be.
    pub fn ledger(error: &LedgerError, include_paths: bool) -> Self {
        let problem = error.problem();
        Self::Ledger(if include_paths {
            format!("{problem}; {}", problem.remedy)
        } else {
            format!(
                "the ledger cannot be used ({}); `octally doctor` tells why",
                problem.code
            )
        })
    }
}

/// A name that is quoted back: not longer than a line.
fn shortened(name: &str) -> String {
    const MAX: usize = 80;
    if name.chars().count() <= MAX {
        return name.into();
    }
    name.chars().take(MAX).chain("...".chars()).collect()
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Question(what) | Self::Ledger(what) => f.write_str(what),
            Self::Unknown {
                kind,
                name,
                nearest,
            } => {
                write!(f, "no {kind} is called {name}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::Reading => f.write_str(
                "OpenCode's records are still being read, as the first time takes a while: ask again soon",
            ),
            Self::Ended => f.write_str("the server is shutting down"),
        }
    }
}

impl From<PeriodError> for Trouble {
    fn from(error: PeriodError) -> Self {
        Self::Question(error.to_string())
    }
}

impl From<Trouble> for ErrorData {
    fn from(trouble: Trouble) -> Self {
        let text = trouble.to_string();
        match trouble {
            Trouble::Question(_) => Self::invalid_params(text, None),
            Trouble::Unknown { nearest, .. } => {
                Self::invalid_params(text, nearest.map(|nearest| json!({ "nearest": nearest })))
            }
            Trouble::Ledger(_) | Trouble::Reading | Trouble::Ended => {
                Self::internal_error(text, None)
            }
        }
    }
}
