// SPDX-License-Identifier: GPL-3.0-or-later
//! The databases of one process, each with the rows of both generations: those that stay open between syncs,
//! and those that the latest one left closed.

use std::path::{Path, PathBuf};

use super::asleep::Asleep;
use super::database::{self, OpenDatabase};
use super::database_v2::{self, OpenDatabaseV2};
use super::{Context, Depth};
use crate::ledger::LedgerError;
use crate::model::{Problem, Severity};
use crate::source::LOCKED;

#[derive(Debug, Default)]
pub(super) struct Databases {
    open: Vec<OpenDatabase>,
    open_v2: Vec<OpenDatabaseV2>,
    asleep: Vec<Asleep>,
}

impl Databases {
    /// Closes those that are not among `wanted` any more, or whose path leads to another file.
    pub fn keep(&mut self, wanted: &[PathBuf]) {
        let is_wanted = |path: &Path| wanted.iter().any(|wanted| wanted == path);
        self.open
            .retain(|database| is_wanted(database.path()) && database.is_in_place());
        self.open_v2
            .retain(|database| is_wanted(database.path()) && database.is_in_place());
        self.asleep.clear();
    }

    /// Every one that can be read for OpenCode 1.
    pub fn v1(&self) -> impl Iterator<Item = &OpenDatabase> {
        let asleep = self.asleep.iter().filter_map(Asleep::v1);
        self.open.iter().chain(asleep)
    }

    /// The same for OpenCode 2.
    pub fn v2(&self) -> impl Iterator<Item = &OpenDatabaseV2> {
        let asleep = self.asleep.iter().filter_map(Asleep::v2);
        self.open_v2.iter().chain(asleep)
    }

    /// Reads what is new in one of them, and returns the reading that it should have and has not; see
    /// [`emptied_reading`].
    pub fn sync(
        &mut self,
        path: &Path,
        context: &mut Context,
    ) -> Result<Option<String>, LedgerError> {
        if context.depth == Depth::Quick
            && !self.is_open(path)
            && let Some(asleep) = Asleep::find(path, context)?
        {
            self.asleep.push(asleep);
            return Ok(None);
        }
        let first = self.sync_v1(path, context)?;
        if self.is_halfway(path, first.as_ref()) {
            // The totals of OpenCode 2 hold what only rows of OpenCode 1 show: without these it would be
            // taken for a remainder, for ever.
            note_failures(path, first, Ok(true), context)?;
            return Ok(None);
        }
        let second = self.sync_v2(path, context)?;
        let has_v2 = self.place_v2(path).is_some();
        let emptied = emptied_reading(path, first.as_ref(), has_v2);
        let is_read = second.is_ok()
            && first
                .as_ref()
                .is_none_or(|problem| problem.severity == Severity::Note);
        if is_read {
            self.save_stamps(path, context)?;
        }
        note_failures(path, first, second, context)?;
        Ok(emptied)
    }

    /// Whether the rows of OpenCode 1 are to be read on next time: somebody stopped it, or holds them locked.
    fn is_halfway(&self, path: &Path, first: Option<&Problem>) -> bool {
        match first {
            Some(problem) => problem.code == LOCKED,
            None => self
                .place(path)
                .is_some_and(|place| !self.open[place].is_read()),
        }
    }

    fn is_open(&self, path: &Path) -> bool {
        self.place(path).is_some() || self.place_v2(path).is_some()
    }

    fn place(&self, path: &Path) -> Option<usize> {
        let mut open = self.open.iter();
        open.position(|database| database.path() == path)
    }

    fn place_v2(&self, path: &Path) -> Option<usize> {
        let mut open = self.open_v2.iter();
        open.position(|database| database.path() == path)
    }

    /// The rows of OpenCode 1, or why they cannot be read.
    fn sync_v1(
        &mut self,
        path: &Path,
        context: &mut Context,
    ) -> Result<Option<Problem>, LedgerError> {
        let place = match self.place(path) {
            Some(place) => place,
            None => match OpenDatabase::open(path) {
                Ok(database) => {
                    self.open.push(database);
                    self.open.len() - 1
                }
                Err(problem) => return Ok(Some(problem)),
            },
        };
        let outcome = self.open[place].sync(context)?;
        Ok(outcome.err().inspect(|_| {
            // Reopened next time: the failure may belong to the connection.
            self.open.swap_remove(place);
        }))
    }

    /// The rows of OpenCode 2 in the same file: whether there are any, or why they cannot be read.
    fn sync_v2(
        &mut self,
        path: &Path,
        context: &mut Context,
    ) -> Result<Result<bool, Problem>, LedgerError> {
        let is_without_2 = |place: usize| self.open[place].is_without_2();
        let place = match self.place_v2(path) {
            Some(place) => place,
            // A connection of its own for tables that are not there would be most of the work.
            None if self.place(path).is_some_and(is_without_2) => return Ok(Ok(false)),
            None => match OpenDatabaseV2::open(path) {
                Ok(Some(database)) => {
                    self.open_v2.push(database);
                    self.open_v2.len() - 1
                }
                Ok(None) => return Ok(Ok(false)),
                Err(problem) => return Ok(Err(problem)),
            },
        };
        let outcome = self.open_v2[place].sync(context)?;
        let is_v2 = self.open_v2[place].is_v2();
        Ok(outcome.map(|()| is_v2).inspect_err(|_| {
            self.open_v2.swap_remove(place);
        }))
    }

    /// Notes how a file looked, once everything that any generation has in it has been read.
    fn save_stamps(&mut self, path: &Path, context: &mut Context) -> Result<(), LedgerError> {
        let (first, second) = (self.place(path), self.place_v2(path));
        let is_unread = first.is_some_and(|place| !self.open[place].is_read())
            || second.is_some_and(|place| !self.open_v2[place].is_read());
        if is_unread {
            return Ok(());
        }
        if let Some(place) = first {
            self.open[place].save_stamp(context)?;
        }
        if let Some(place) = second {
            self.open_v2[place].save_stamp(context)?;
        }
        Ok(())
    }
}

/// The reading that a file is too well for: one generation's tables are there and the other's are not, as
/// after a backup of before a migration was put back.
fn emptied_reading(path: &Path, first: Option<&Problem>, has_v2: bool) -> Option<String> {
    match first {
        None if !has_v2 => Some(database_v2::key(path)),
        Some(problem) if problem.severity == Severity::Note && has_v2 => Some(database::key(path)),
        _ => None,
    }
}

/// Reports what could not be read of a database. The same trouble is told once; a file without tables of
/// OpenCode 1 is no trouble where OpenCode 2 has filled it.
fn note_failures(
    path: &Path,
    first: Option<Problem>,
    second: Result<bool, Problem>,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let is_without_2 = matches!(second, Ok(false));
    let first = first.filter(|problem| is_without_2 || problem.severity != Severity::Note);
    let second = second.err().filter(|_| first.is_none());
    match first.or(second) {
        Some(problem) => note_failure(path, problem, context),
        None => Ok(()),
    }
}

/// Reports a database that could not be read, with what is known of it from earlier.
fn note_failure(path: &Path, problem: Problem, context: &mut Context) -> Result<(), LedgerError> {
    let known = context.ledger.checkpoint(&path.display().to_string())?;
    // A database without tables is no failure: OpenCode has not run yet.
    let is_current = problem.severity == Severity::Note;
    let status = database::status(&known.unwrap_or_default(), path, is_current);
    context.report.sources.push(status);
    context.report.problems.push(problem);
    Ok(())
}
