// SPDX-License-Identifier: GPL-3.0-or-later
//! One finding of the doctor, and how findings look.

use std::fmt::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use octally_core::model::{Problem, Severity};
use serde::Serialize;

use crate::cli::figures::harmless;
use crate::cli::text::wrapped;

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
    /// More about it, one line each.
    pub details: Vec<String>,
    /// What to do about it; `null` where all is well.
    pub remedy: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(topic: &'static str, what: impl Into<String>) -> Self {
        Self {
            mark: Mark::Ok,
            topic,
            what: what.into(),
            details: Vec::new(),
            remedy: None,
        }
    }

    /// Good to know, with what can be done.
    pub fn note(topic: &'static str, what: impl Into<String>, remedy: &str) -> Self {
        Self::bad(Mark::Note, topic, what, remedy)
    }

    /// Something to mend, with how.
    pub fn bad(mark: Mark, topic: &'static str, what: impl Into<String>, remedy: &str) -> Self {
        Self {
            mark,
            remedy: Some(remedy.into()),
            ..Self::ok(topic, what)
        }
    }

    /// The same with more about it.
    pub fn details(self, details: impl IntoIterator<Item = String>) -> Self {
        Self {
            details: details.into_iter().collect(),
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

/// Before the findings: mark and topic.
const INDENT: u16 = 20;
/// However narrow the terminal is.
const LEAST_COLUMNS: u16 = 20;

/// Each finding, more about it and its remedy below, in `width` columns if it is given; a last line that
/// counts. Paths below `home` begin with `~`.
pub fn render(checks: &[Check], home: &Path, width: Option<u16>) -> String {
    let page = Page {
        home: format!("{}/", home.display()),
        columns: width.map(|width| width.saturating_sub(INDENT).max(LEAST_COLUMNS)),
    };
    let mut text = String::new();
    for check in checks {
        page.add(&mut text, check);
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

struct Page {
    home: String,
    columns: Option<u16>,
}

impl Page {
    fn add(&self, text: &mut String, check: &Check) {
        let mut lines = self.lines(&check.what, "");
        for detail in &check.details {
            lines.extend(self.lines(detail, ""));
        }
        if let Some(remedy) = &check.remedy {
            lines.extend(self.lines(remedy, "-> "));
        }
        let style = check.mark.style();
        let (mark, topic) = (check.mark.word(), check.topic);
        let mut lines = lines.iter();
        let first = lines.next().map_or("", String::as_str);
        let _ = writeln!(text, "{style}{mark:<7}{style:#}  {topic:<9}  {first}");
        for line in lines {
            let _ = writeln!(text, "{:indent$}{line}", "", indent = usize::from(INDENT));
        }
    }

    /// One text in as many lines as it needs; those after the first stand below its own beginning.
    fn lines(&self, text: &str, before: &str) -> Vec<String> {
        let text = harmless(text).replace(&self.home, "~/");
        let columns = self
            .columns
            .map(|columns| columns.saturating_sub(before.len() as u16));
        wrapped(&text, columns)
            .lines()
            .enumerate()
            .map(|(number, line)| match number {
                0 => format!("{before}{line}"),
                _ => format!("{:width$}{line}", "", width = before.len()),
            })
            .collect()
    }
}
