// SPDX-License-Identifier: GPL-3.0-or-later
//! One finding of the doctor, and how findings look.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use octally_core::model::{Problem, Severity};
use serde::Serialize;

use crate::cli::figures::harmless;

/// How good or bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Ok,
    Note,
    Warning,
    Error,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Ok => AnsiColor::Green.on_default(),
            Self::Note => AnsiColor::Cyan.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Error => AnsiColor::Red.on_default(),
        }
    }
}

impl From<Severity> for Mark {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Note => Self::Note,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    /// How good or bad it is.
    pub mark: Mark,
    /// What was looked at: `source`, `ledger`, ...
    pub topic: &'static str,
    /// What was found, with the file or name it is about.
    pub what: String,
    /// What to do about it; `null` where nothing is to be done.
    pub remedy: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(topic: &'static str, what: impl Into<String>) -> Self {
        Self {
            mark: Mark::Ok,
            topic,
            what: what.into(),
            remedy: None,
        }
    }

    /// Good to know.
    pub fn note(topic: &'static str, what: impl Into<String>) -> Self {
        Self {
            mark: Mark::Note,
            ..Self::ok(topic, what)
        }
    }

    /// Something to mend, with how.
    pub fn bad(mark: Mark, topic: &'static str, what: impl Into<String>, remedy: &str) -> Self {
        Self {
            mark,
            remedy: Some(remedy.into()),
            ..Self::ok(topic, what)
        }
    }

    /// The same with what to do about it.
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    /// A problem as a finding.
    pub fn of(topic: &'static str, problem: &Problem) -> Self {
        Self::bad(
            problem.severity.into(),
            topic,
            problem.to_string(),
            &problem.remedy,
        )
    }
}

/// One line per finding, its remedy below it, and a last line that counts.
pub fn render(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let style = check.mark.style();
        let (mark, topic, what) = (check.mark.word(), check.topic, harmless(&check.what));
        let _ = writeln!(text, "{style}{mark:<7}{style:#}  {topic:<9}  {what}");
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(text, "{:<20}-> {}", "", harmless(remedy));
        }
    }
    let count = |mark| checks.iter().filter(|check| check.mark == mark).count();
    let (errors, warnings) = (count(Mark::Error), count(Mark::Warning));
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "\n{errors} error{}, {warnings} warning{}",
        plural(errors),
        plural(warnings)
    );
    text
}
