// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with the rows of OpenCode 2 in one database, session by session.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use super::asleep;
use super::compare::{Comparison, PAGE};
use super::database::Outcome;
use super::event_numbers::{EventNumbers, recorded};
use super::session_v2::TOTALS;
use super::unread::{self, Row};
use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError, Place};
use crate::model::{Authority, Problem, Project};
use crate::source::Rows;
use crate::source::opencode_v2::{Database, Forks, GENERATION, Migration, Which};

/// A database that stays open between syncs.
#[derive(Debug)]
pub(super) struct OpenDatabaseV2 {
    pub database: Database,
    /// `PRAGMA data_version` when it was last read to its end by this process.
    version: Option<i64>,
    /// The event number of each session at that time; loaded when first needed.
    pub(super) sequences: Option<EventNumbers>,
    /// Where the rows of each session may still change; loaded when first needed.
    pub(super) places: Option<HashMap<String, Place>>,
    /// Which of its sessions are forks; loaded when first needed.
    pub(super) forks: Option<Forks>,
    /// Whether nothing of OpenCode 2 is in it.
    is_unused: bool,
    /// How the files looked before the latest reading that came to its end.
    unsaved_stamp: Option<String>,
    pub comparison: Comparison,
}

impl OpenDatabaseV2 {
    /// `None` where there are no tables of OpenCode 2.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        Ok(Database::open(path)?.map(|database| Self {
            database,
            version: None,
            sequences: None,
            places: None,
            forks: None,
            is_unused: false,
            unsaved_stamp: None,
            comparison: Comparison::default(),
        }))
    }

    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// For questions beside the sync.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Whether OpenCode 2 has opened the file; 1.18 makes some of the tables too.
    pub fn is_v2(&self) -> bool {
        self.database.is_v2()
    }

    /// Whether it is still the file that was opened, with the tables that it had then.
    pub fn is_in_place(&self) -> bool {
        self.database.is_in_place() && self.database.is_outdated() == Ok(false)
    }

    pub fn title(&self, session_id: &str) -> Option<String> {
        self.database.title(session_id).ok().flatten()
    }

    /// Whether everything in it has been read.
    pub fn is_read(&self) -> bool {
        self.version.is_some()
    }

    /// Notes how the files look now that everything in them has been read, whatever the generation.
    pub fn save_stamp(&mut self, context: &mut Context) -> Result<(), LedgerError> {
        let stamp = self.unsaved_stamp.take();
        asleep::save_stamp(&self.key(), stamp, context)
    }

    /// Reads what is new. The inner error is this database's own problem.
    pub fn sync(&mut self, context: &mut Context) -> Outcome<()> {
        let outcome = self.read_new(context)?;
        if outcome.is_ok() && context.depth == Depth::Thorough && self.version.is_some() {
            let page_after = |id: &str| self.database.holdings_after(id, PAGE);
            self.comparison.run(
                self.version,
                &key(self.database.path()),
                page_after,
                context,
            )?;
            self.doubt_dropped(context)?;
        }
        Ok(outcome)
    }

    /// What OpenCode 2 deleted before it was ever read here has left nothing that differs from before.
    fn doubt_dropped(&self, context: &mut Context) -> Result<(), LedgerError> {
        // A file that cannot be asked has told so already.
        for id in self.database.dropped_sessions(None).unwrap_or_default() {
            if context.ledger.is_shown(&id)? {
                context.ledger.raise_doubt(&id)?;
            }
        }
        Ok(())
    }

    fn read_new(&mut self, context: &mut Context) -> Outcome<()> {
        let version = match self.database.data_version() {
            Ok(version) => version,
            Err(problem) => return Ok(Err(problem)),
        };
        let stamp = self.database.stamp(context.now_ms);
        if self.version == Some(version) && self.is_unused && context.depth == Depth::Quick {
            return Ok(Ok(()));
        }
        // 1.17 and later make the tables and leave them empty, whatever they write themselves.
        match self.database.counts() {
            Ok(counts) => self.is_unused = counts.messages == 0 && !self.is_v2(),
            Err(problem) => return Ok(Err(problem)),
        }
        if self.is_unused {
            self.version = Some(version);
            return Ok(Ok(()));
        }
        let key = self.key();
        let known = context.ledger.checkpoint(&key)?;
        let is_same_file = known
            .as_ref()
            .is_some_and(|known| known.identity == self.database.identity());
        let is_unchanged = self.version == Some(version) && is_same_file;
        if is_unchanged && context.depth == Depth::Quick {
            let checkpoint = known.unwrap_or_default();
            return self.note(&checkpoint, true, context).map(Ok);
        }
        let mut checkpoint = Checkpoint {
            path: key,
            generation: GENERATION.into(),
            identity: self.database.identity().into(),
            newest_ms: known.and_then(|known| known.newest_ms),
            read_ms: context.now_ms,
            ..Checkpoint::default()
        };
        if !is_same_file {
            self.sequences = Some(EventNumbers::default());
            self.places = Some(HashMap::new());
            unread::forget(&checkpoint, context)?;
        }
        let is_first = !is_same_file;
        match self.read(is_first, &mut checkpoint, context)? {
            Ok(is_complete) => {
                self.version = is_complete.then_some(version);
                self.unsaved_stamp = stamp.filter(|_| is_complete);
                self.note(&checkpoint, is_complete, context).map(Ok)
            }
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// Whether it was read to its end: false if the user stopped it.
    fn read(
        &mut self,
        is_first: bool,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let is_whole = is_first || context.depth == Depth::Thorough;
        let (sequences, projects, migration) = ask!(self.ask(is_whole, checkpoint));
        context.write(&Batch {
            projects: &projects,
            checkpoint: Some(checkpoint),
            ..Batch::default()
        })?;
        let changed = ask!(self.changed(sequences, context)?);
        if !ask!(self.read_sessions(changed, migration, checkpoint, context)?) {
            return Ok(Ok(false));
        }
        if is_whole {
            return self.look_again(checkpoint, context);
        }
        context.write(&Batch {
            checkpoint: Some(checkpoint),
            ..Batch::default()
        })?;
        Ok(Ok(true))
    }

    /// False if the user stopped it.
    fn read_sessions(
        &mut self,
        mut changed: Vec<(String, i64)>,
        migration: Migration,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        if changed.is_empty() {
            return Ok(Ok(true));
        }
        // Totals are set against what is known of their session, copies told from originals.
        context.ledger.end_filling(context.zone)?;
        let forks = ask!(self.forks(&changed));
        // Forks first: which of their copies count is needed for what they were forked from.
        changed.sort_by_key(|(id, _)| Reverse(forks.depth(id)));
        for (id, sequence) in changed {
            ask!(self.read_session(&id, sequence, migration, checkpoint, context)?);
            let messages_read = context.report.messages_read;
            let messages = checkpoint.messages.max(messages_read);
            if !(context.on_progress)(Progress {
                messages_read,
                messages,
            }) {
                return Ok(Ok(false));
            }
        }
        Ok(Ok(true))
    }

    /// Asked for again where a session is new: none becomes a fork later.
    fn forks(&mut self, changed: &[(String, i64)]) -> Result<&Forks, Problem> {
        let known = self.sequences.as_ref();
        let is_known = |(id, _): &(String, i64)| known.is_some_and(|it| it.get(id).is_some());
        let forks = match self.forks.take() {
            Some(forks) if changed.iter().all(is_known) => forks,
            _ => self.database.forks()?,
        };
        Ok(self.forks.insert(forks))
    }

    /// What no session leads to: rows without one, and those that could not be read.
    fn look_again(&self, checkpoint: &mut Checkpoint, context: &mut Context) -> Outcome<bool> {
        let astray = match self.database.messages(Which::Astray) {
            Ok(rows) => rows,
            Err(problem) => return Ok(Err(problem)),
        };
        let batch = Batch {
            checkpoint: Some(checkpoint),
            ..Batch::default()
        };
        context.record(astray, batch, Authority::V2)?;
        unread::look_again(checkpoint, Authority::V2, context, |row| match row {
            Row::Id(id) => match id.strip_suffix(TOTALS) {
                Some(session) => self.database.totals(session).map(|_| Rows::default()),
                None => self.database.messages(Which::Id(id)),
            },
            Row::At(rowid) => self.database.messages(Which::At(rowid)),
        })?;
        match self.database.repeated_ids() {
            Ok(repeated) => unread::note_repeated(repeated, checkpoint, context)?,
            Err(problem) => return Ok(Err(problem)),
        }
        Ok(Ok(true))
    }

    fn ask(&self, is_whole: bool, checkpoint: &mut Checkpoint) -> Result<Answers, Problem> {
        let counts = self.database.counts()?;
        (checkpoint.messages, checkpoint.sessions) = (counts.messages, counts.sessions);
        let mut sessions = self.numbered_sessions()?;
        if is_whole {
            let missing = self.database.missing_sessions()?;
            sessions.extend(missing.into_iter().map(|id| (id, 0)));
        }
        Ok((
            sessions,
            self.database.projects()?,
            self.database.migration()?,
        ))
    }

    /// Every session with its event number; 0 where none is kept for it.
    fn numbered_sessions(&self) -> Result<Vec<(String, i64)>, Problem> {
        const PAGE: usize = 500;
        let page_after = |after: &str, limit| self.database.sequences_after(after, limit);
        let numbers = EventNumbers::read(page_after)?;
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.database.sessions_after(&after, PAGE)?;
            let is_last = page.len() < PAGE;
            for session in page {
                after.clone_from(&session.id);
                let number = numbers.get(&session.id).unwrap_or(0);
                all.push((session.id, number));
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The sessions to read. A thorough sync also takes those without a number, and those that have more
    /// or fewer rows than their number tells: imported rows have no event.
    fn changed(
        &mut self,
        now: Vec<(String, i64)>,
        context: &Context,
    ) -> Outcome<Vec<(String, i64)>> {
        if self.places.is_none() {
            self.places = Some(context.ledger.places(&self.key())?);
        }
        let counts = match context.depth {
            Depth::Quick => None,
            Depth::Thorough => match self.database.message_counts() {
                Ok(counts) => Some(counts),
                Err(problem) => return Ok(Err(problem)),
            },
        };
        let known = recorded(&mut self.sequences, &key(self.database.path()), context)?;
        let places = self.places.get_or_insert_default();
        let has_other_rows = |id: &String, counts: &HashMap<String, u64>| {
            let seen = places.get(id).map_or(0, |place| place.messages);
            counts.get(id).copied().unwrap_or(0) != seen
        };
        let differs = |(id, number): &(String, i64)| {
            known.get(id) != Some(*number)
                || counts
                    .as_ref()
                    .is_some_and(|counts| *number == 0 || has_other_rows(id, counts))
        };
        Ok(Ok(now.into_iter().filter(differs).collect()))
    }

    /// The name of these rows in the ledger: OpenCode 1's in the same file have a reading of their own.
    pub fn key(&self) -> String {
        key(self.path())
    }

    fn note(
        &self,
        checkpoint: &Checkpoint,
        is_current: bool,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        context
            .report
            .problems
            .extend(context.ledger.unread(&checkpoint.path)?);
        let status = status(checkpoint, self.path(), is_current);
        context.report.sources.push(status);
        Ok(())
    }
}

pub(super) fn status(checkpoint: &Checkpoint, path: &Path, is_current: bool) -> SourceStatus {
    SourceStatus {
        path: path.into(),
        generation: GENERATION,
        is_current,
        messages: checkpoint.messages,
        sessions: checkpoint.sessions,
        newest_ms: checkpoint.newest_ms,
        read_ms: (checkpoint.read_ms > 0).then_some(checkpoint.read_ms),
    }
}

/// See [`OpenDatabaseV2::key`].
pub(super) fn key(path: &Path) -> String {
    format!("{}#v2", path.display())
}

type Answers = (Vec<(String, i64)>, Vec<Project>, Migration);
