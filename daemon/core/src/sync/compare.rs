// SPDX-License-Identifier: GPL-3.0-or-later
//! What a source has of each session now, against what it held when it was last looked at.
//!
//! Both come in the order of ids, some hundred at a time, and are merged: nothing grows with the
//! history. What differs is only noted here; `marks` looks into it.

use super::Context;
use crate::ledger::{Change, LedgerError};
use crate::model::Problem;
use crate::source::Holding;

/// Sessions asked for at once.
pub(super) const PAGE: usize = 500;

/// How far the sessions of an open database have been compared.
#[derive(Debug)]
pub(super) struct Comparison {
    /// `PRAGMA data_version` at the last time.
    version: Option<i64>,
    is_possible: bool,
}

impl Default for Comparison {
    fn default() -> Self {
        let (version, is_possible) = (None, true);
        Self {
            version,
            is_possible,
        }
    }
}

impl Comparison {
    /// Whether it could be told what is in the file and what is not.
    pub fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// Compares a database whose `version` has been read, unless it was compared at that version. Walks an
    /// index: not for every commit. A damaged file has what it had.
    pub fn run(
        &mut self,
        version: Option<i64>,
        key: &str,
        page_after: impl FnMut(&str) -> Result<Vec<Holding>, Problem>,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        if version.is_some() && self.version == version {
            return Ok(());
        }
        let compared = compare(key, page_after, |_| false, context)?;
        self.version = version;
        self.is_possible = compared.is_ok();
        context.report.problems.extend(compared.err());
        Ok(())
    }
}

/// Compares all sessions of the source `key`; `page_after` answers with its next [`PAGE`] sessions after
/// an id. Of those that are `away` nothing can be said.
///
/// # Errors
/// The ledger's; the inner error is that of `page_after`, and then nothing is taken for gone.
pub(super) fn compare(
    key: &str,
    mut page_after: impl FnMut(&str) -> Result<Vec<Holding>, Problem>,
    is_away: impl Fn(&str) -> bool,
    context: &mut Context,
) -> Result<Result<(), Problem>, LedgerError> {
    let Some(source_id) = context.ledger.source_id(key)? else {
        return Ok(Ok(()));
    };
    let mut after = String::new();
    loop {
        let page = match page_after(&after) {
            Ok(page) => page,
            Err(problem) => return Ok(Err(problem)),
        };
        let until = (page.len() == PAGE).then(|| page[PAGE - 1].session_id.clone());
        merge(source_id, page, &after, until.as_deref(), &is_away, context)?;
        match until {
            Some(until) => after = until,
            None => return Ok(Ok(())),
        }
    }
}

/// The same for one session.
pub(super) fn compare_one(
    key: &str,
    session_id: &str,
    now: Option<&Holding>,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let Some(source_id) = context.ledger.source_id(key)? else {
        return Ok(());
    };
    let held = context.ledger.held(source_id, session_id)?;
    match change(session_id, held, now) {
        Some(change) => context.ledger.note_changes(source_id, &[change]),
        None => Ok(()),
    }
}

/// The same for some sessions that are there.
pub(super) fn compare_some(
    key: &str,
    now: &[Holding],
    context: &mut Context,
) -> Result<(), LedgerError> {
    let Some(source_id) = context.ledger.source_id(key)? else {
        return Ok(());
    };
    let mut changes = Vec::new();
    for holding in now {
        let id = &holding.session_id;
        let held = context.ledger.held(source_id, id)?;
        changes.extend(change(id, held, Some(holding)));
    }
    if changes.is_empty() {
        return Ok(());
    }
    context.ledger.note_changes(source_id, &changes)
}

/// What differs between the sessions of a page and those held up to its end.
fn merge(
    source_id: i64,
    page: Vec<Holding>,
    after: &str,
    until: Option<&str>,
    is_away: &impl Fn(&str) -> bool,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let mut page = page.into_iter().peekable();
    let mut after = after.to_owned();
    loop {
        let held = context
            .ledger
            .held_between(source_id, &after, until, PAGE)?;
        let is_last = held.len() < PAGE;
        let mut changes = Vec::new();
        for (id, digest) in held {
            while let Some(new) = page.next_if(|now| now.session_id < id) {
                changes.extend(change(&new.session_id, None, Some(&new)));
            }
            let now = page.next_if(|now| now.session_id == id);
            if now.is_some() || !is_away(&id) {
                changes.extend(change(&id, Some(digest), now.as_ref()));
            }
            after = id;
        }
        if is_last {
            let rest = page.by_ref();
            changes.extend(rest.filter_map(|new| change(&new.session_id, None, Some(&new))));
        }
        if !changes.is_empty() {
            context.ledger.note_changes(source_id, &changes)?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A session that a source never held cannot have lost anything there, but it may be hidden.
fn change(session_id: &str, held: Option<i64>, now: Option<&Holding>) -> Option<Change> {
    let digest = now.map(|now| now.digest);
    (held != digest).then(|| Change {
        session_id: session_id.into(),
        digest,
        is_doubtful: held.is_some() || now.is_some_and(|now| now.is_reverted),
    })
}
