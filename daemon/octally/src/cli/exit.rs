// SPDX-License-Identifier: GPL-3.0-or-later
//! Exit codes, and errors as people see them: what, where, and a hint how to mend it.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use octally_core::ledger::LedgerError;
use octally_core::model::{Problem, Severity};
use octally_core::sync::Origins;

use crate::config::edit::EditError;

/// The exit codes that `octally --help` documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Internal,
    Usage,
    NoData,
    Source,
    Config,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Internal => 1,
            Exit::Usage => 2,
            Exit::NoData => 3,
            Exit::Source => 4,
            Exit::Config => 5,
            // 128 + SIGINT, as shells have it.
            Exit::Interrupted => 130,
        })
    }
}

/// Why a verb ended without its answer.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    /// A lower-case fragment with what and where; empty: nothing to say.
    what: String,
    hints: Vec<String>,
}

impl CliError {
    /// The user asked for something that does not exist.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            what: what.into(),
            hints: vec![hint.into()],
        }
    }

    /// Ctrl-C.
    pub fn interrupted() -> Self {
        let hint = "what was read is kept; the next call goes on from there";
        Self {
            exit: Exit::Interrupted,
            what: "interrupted".into(),
            hints: vec![hint.into()],
        }
    }

    /// A file that was asked for cannot be written.
    pub fn unwritten(path: &Path, error: &std::io::Error) -> Self {
        let what = format!("{} cannot be written: {error}", path.display());
        let hint = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space, or choose another place; nothing was left there"
            }
            ErrorKind::NotFound => "make the folder first",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "choose a folder that you may write to"
            }
            _ => "choose another place",
        };
        Self {
            exit: Exit::Internal,
            what,
            hints: vec![hint.into()],
        }
    }

    /// Whether the user ended it.
    pub fn is_interrupt(&self) -> bool {
        self.exit == Exit::Interrupted
    }

    /// A lower-case fragment with what and where.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Prints itself to stderr and becomes its exit code.
    pub fn report(&self) -> ExitCode {
        if !self.what.is_empty() {
            say("error", &self.what, &self.hints);
        }
        self.exit.into()
    }
}

impl From<EditError> for CliError {
    /// The configuration was not changed.
    fn from(error: EditError) -> Self {
        match error {
            EditError::Request { what, remedy } => Self::usage(what, remedy),
            EditError::File(problem) => Self {
                // What is wrong in the file is the configuration's, what is wrong with the disk is not.
                exit: match problem.code.as_str() {
                    "config_not_changed" => Exit::Internal,
                    _ => Exit::Config,
                },
                what: problem.to_string(),
                hints: vec![problem.remedy],
            },
        }
    }
}

impl From<LedgerError> for CliError {
    fn from(error: LedgerError) -> Self {
        let problem = error.problem();
        Self {
            exit: Exit::Internal,
            what: problem.to_string(),
            hints: vec![problem.remedy],
        }
    }
}

impl From<std::io::Error> for CliError {
    /// Writing the answer failed. A reader that has seen enough, as `head`, is no error.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Done,
                what: String::new(),
                hints: Vec::new(),
            };
        }
        let what = format!("the answer cannot be written: {error}");
        Self {
            exit: Exit::Internal,
            what,
            hints: Vec::new(),
        }
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        std::io::Error::from(error).into()
    }
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self {
            exit: Exit::Internal,
            what: format!("{error:#}"),
            hints: Vec::new(),
        }
    }
}

/// Tells the user on stderr what went wrong beside the answer; notes are left to `octally doctor`.
pub fn tell_problems(problems: &[Problem]) {
    for problem in problems {
        let word = match problem.severity {
            Severity::Note => continue,
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        say(
            word,
            &problem.to_string(),
            std::slice::from_ref(&problem.remedy),
        );
    }
}

/// Tells where OpenCode's data was looked for.
pub fn no_data(origins: &Origins) {
    let places: Vec<String> = origins
        .data_dirs
        .iter()
        .chain(&origins.databases)
        .map(|p| p.display().to_string())
        .collect();
    let hints = [
        "start OpenCode once, or name its data folder with --data-dir or OPENCODE_DATA_DIR".into(),
        "`octally doctor` shows what was looked at".into(),
    ];
    say(
        "error",
        &format!("no OpenCode data found in {}", places.join(", ")),
        &hints,
    );
}

/// Tells something that is no problem.
pub fn note(what: &str, hint: &str) {
    say("note", what, &[hint.into()]);
}

/// `word: what`, then `hint: ...` lines. A closed stderr leaves nobody to tell.
fn say(word: &str, what: &str, hints: &[String]) {
    let style = match word {
        "error" => anstyle::AnsiColor::Red,
        "note" => anstyle::AnsiColor::Cyan,
        _ => anstyle::AnsiColor::Yellow,
    };
    let (bold, cyan) = (
        style.on_default().bold(),
        anstyle::AnsiColor::Cyan.on_default(),
    );
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{bold}{word}{bold:#}: {what}");
    for hint in hints.iter().filter(|hint| !hint.is_empty()) {
        let _ = writeln!(stderr, "{cyan}hint{cyan:#}: {hint}");
    }
}
