// SPDX-License-Identifier: GPL-3.0-or-later
//! Looks into the sessions whose rows have changed: which steps of theirs no source has any more.
//!
//! A step is gone when no source has it. A source that cannot be reached now, unmounted, moved or
//! locked, may have it: unknown is not gone, and what is missed waits until that source is back. What
//! is found again is marked no longer, whoever else is away.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;

use super::database::OpenDatabase;
use super::database_v2::OpenDatabaseV2;
use super::tree::SeenTree;
use super::{Context, Depth};
use crate::ledger::{Doubt, LedgerError, Marked, Verdict};
use crate::model::{Gone, Problem};
use crate::source::opencode_json::Files;
use crate::source::opencode_v2::REMAINDER;
use crate::source::{Revert, Standing};

/// Sessions looked into before their marks are settled.
const PAGE_SESSIONS: usize = 100;
/// Steps of a session held at once.
const PAGE_STEPS: usize = 500;

/// The sources that could be read in this sync.
pub(super) struct Reachable<'a> {
    pub v1: Vec<&'a OpenDatabase>,
    pub v2: Vec<&'a OpenDatabaseV2>,
    pub trees: &'a HashMap<PathBuf, SeenTree>,
    /// Readings that would be in one of these files and are not: their tables are gone.
    pub emptied: &'a [String],
}

impl Reachable<'_> {
    fn has(&self, key: &str) -> bool {
        let mut v1 = self.v1.iter();
        let mut v2 = self.v2.iter();
        v1.any(|database| database.comparison.is_possible() && database.key() == key)
            || v2.any(|database| database.comparison.is_possible() && database.key() == key)
            || self.emptied.iter().any(|emptied| emptied == key)
            || self
                .trees
                .iter()
                .any(|(dir, tree)| tree.answers_for(dir, key))
    }

    fn session(&self, id: &str) -> Session<'_> {
        let v1 = self.v1.iter().map(|&database| {
            let revert = database.database.revert(id);
            (database, revert)
        });
        let v2 = self.v2.iter().map(|&database| {
            let from = database.database.reverted_from(id);
            (database, from)
        });
        let trees = self.trees.iter().filter(|(_, tree)| tree.is_readable());
        Session {
            v1: v1.collect(),
            v2: v2.collect(),
            files: trees.map(|(dir, tree)| tree.files(dir, id)).collect(),
        }
    }
}

/// One session in all sources that can be reached.
struct Session<'a> {
    v1: Vec<(&'a OpenDatabase, Result<Option<Revert>, Problem>)>,
    v2: Vec<(&'a OpenDatabaseV2, Result<Option<i64>, Problem>)>,
    /// `None` where it cannot be told which there are.
    files: Vec<Option<Files>>,
}

impl Session<'_> {
    /// The session itself.
    fn standing(&self, id: &str) -> Standing {
        let v1 = self
            .v1
            .iter()
            .map(|(database, _)| database.database.session(id));
        let v2 = self
            .v2
            .iter()
            .map(|(database, _)| database.database.session(id));
        let rows = v1
            .chain(v2)
            .map(|found| found.map(|row| Standing::of(row.is_some())));
        let files = self.files.iter().map(|files| match files {
            Some(files) => Standing::of(!files.is_empty()),
            None => Standing::Unknown,
        });
        rows.map(|found| found.unwrap_or(Standing::Unknown))
            .chain(files)
            .max()
            .unwrap_or(Standing::Absent)
    }

    /// One of its messages.
    fn message(&self, id: &str) -> Standing {
        let v1 = self.v1.iter().map(|(database, revert)| match revert {
            Ok(revert) => database.database.standing(id, revert.as_ref()),
            Err(problem) => Err(problem.clone()),
        });
        let v2 = self.v2.iter().map(|(database, from)| match from {
            Ok(from) => database.database.standing(id, *from),
            Err(problem) => Err(problem.clone()),
        });
        let files = self.files.iter().map(|files| match files {
            Some(files) => files.standing(id),
            None => Standing::Unknown,
        });
        v1.chain(v2)
            .map(|found| found.unwrap_or(Standing::Unknown))
            .chain(files)
            .max()
            .unwrap_or(Standing::Absent)
    }
}

/// Looks into every doubtful session; the sources are only reached for where there is one.
pub(super) fn settle<'a>(
    sources: &impl Deref<Target = Reachable<'a>>,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let mut after = String::new();
    loop {
        let doubts = context.ledger.doubts_after(&after, PAGE_SESSIONS)?;
        let Some(last) = doubts.last() else {
            return Ok(());
        };
        after.clone_from(&last.session_id);
        let mut verdicts = Vec::new();
        for doubt in doubts {
            let id = &doubt.session_id;
            // A quick sync does not ask again whether what is waited for is back.
            if doubt.waits && (context.depth == Depth::Quick || is_blind(sources, id, context)?) {
                continue;
            }
            verdicts.push(look(sources, doubt, context)?);
        }
        context.ledger.settle(&verdicts, context.now_ms)?;
    }
}

/// Whether a source that held the session cannot be reached.
fn is_blind(sources: &Reachable, id: &str, context: &Context) -> Result<bool, LedgerError> {
    let holders = context.ledger.holders(id)?;
    Ok(holders.iter().any(|key| !sources.has(key)))
}

fn look(sources: &Reachable, doubt: Doubt, context: &mut Context) -> Result<Verdict, LedgerError> {
    let id = &doubt.session_id;
    let is_blind = is_blind(sources, id, context)?;
    let session = sources.session(id);
    let known = |standing| match standing {
        Standing::Absent if is_blind => Standing::Unknown,
        standing => standing,
    };
    let itself = known(session.standing(id));
    let mut waits = itself == Standing::Unknown;
    let mut after = 0;
    loop {
        let steps = context
            .ledger
            .marked_after(context.host, id, after, PAGE_STEPS)?;
        let Some(last) = steps.last() else {
            break;
        };
        after = last.id;
        let mut marks = Vec::new();
        for step in &steps {
            let standing = match message_of(&step.uid) {
                Some(message) => known(session.message(message)),
                None => itself,
            };
            waits |= standing == Standing::Unknown;
            let gone = mark(step, standing, itself, |turn| session.message(turn));
            if gone != step.gone {
                marks.push((step.id, gone));
            }
        }
        if !marks.is_empty() {
            context.ledger.mark(&marks, context.now_ms)?;
        }
    }
    Ok(Verdict {
        doubt,
        is_deleted: match itself {
            Standing::Unknown => None,
            standing => Some(standing == Standing::Absent),
        },
        waits,
    })
}

/// The message that a step was read from; `None` for a remainder, which is the session's own. A message of
/// 0.5 holds several steps, `<message>#<number>`.
fn message_of(step_uid: &str) -> Option<&str> {
    match step_uid.split_once('#') {
        Some((_, step)) if is_remainder(step) => None,
        Some((message, _)) => Some(message),
        None => Some(step_uid),
    }
}

/// `remainder`, and the next ones `remainder@2`.
fn is_remainder(step: &str) -> bool {
    step.split('@').next() == Some(REMAINDER)
}

/// How a step is marked from now on. A mark stays as it is while the row stays away: what was seen
/// reverted and is deleted with its session later was reverted.
fn mark(
    step: &Marked,
    standing: Standing,
    session: Standing,
    message: impl Fn(&str) -> Standing,
) -> Option<Gone> {
    match standing {
        Standing::Present => None,
        Standing::Unknown => step.gone,
        Standing::Hidden => Some(Gone::Reverted),
        Standing::Absent if step.gone.is_some() => step.gone,
        Standing::Absent if session != Standing::Present => Some(Gone::WithSession),
        // A revert takes the prompt away as well; a deleted message is alone.
        Standing::Absent => match step.turn_uid.as_deref().map(message) {
            Some(Standing::Absent) => Some(Gone::Reverted),
            _ => Some(Gone::Alone),
        },
    }
}
