// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with the rows of OpenCode 2 in one database, session by session.

use std::collections::HashMap;
use std::path::Path;

use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{Authority, NanoUsd, Problem, Project, Session, Step, Tokens};
use crate::source::opencode_v2::{Database, GENERATION, Migration, Tail, Totals, remainder_step};

/// A database that stays open between syncs.
#[derive(Debug)]
pub(super) struct OpenDatabaseV2 {
    database: Database,
    /// `PRAGMA data_version` when it was last read to its end by this process.
    version: Option<i64>,
    /// The event number of each session at that time; loaded when first needed.
    sequences: Option<HashMap<String, i64>>,
    /// Where the rows of a session may still change, and how many it had, as this process saw it.
    tails: HashMap<String, (i64, u64)>,
    /// Whether nothing of OpenCode 2 is in it.
    is_unused: bool,
}

/// The outer result is the ledger's, the inner one the database's.
type Outcome<T> = Result<Result<T, Problem>, LedgerError>;

impl OpenDatabaseV2 {
    /// `None` where there are no tables of OpenCode 2.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        Ok(Database::open(path)?.map(|database| Self {
            database,
            version: None,
            sequences: None,
            tails: HashMap::new(),
            is_unused: false,
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

    /// Reads what is new. The inner error is this database's own problem.
    pub fn sync(&mut self, context: &mut Context) -> Outcome<()> {
        let version = match self.database.data_version() {
            Ok(version) => version,
            Err(problem) => return Ok(Err(problem)),
        };
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
            self.sequences = Some(HashMap::new());
            self.tails.clear();
        }
        match self.read(&mut checkpoint, context)? {
            Ok(is_complete) => {
                self.version = is_complete.then_some(version);
                self.note(&checkpoint, is_complete, context).map(Ok)
            }
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// Whether it was read to its end: false if the user stopped it.
    fn read(&mut self, checkpoint: &mut Checkpoint, context: &mut Context) -> Outcome<bool> {
        let asked = self.ask(checkpoint);
        let (sequences, projects, migration) = match asked {
            Ok(answers) => answers,
            Err(problem) => return Ok(Err(problem)),
        };
        context.write(&Batch {
            projects: &projects,
            checkpoint: Some(checkpoint),
            ..Batch::default()
        })?;
        for (id, sequence) in self.changed(sequences, context)? {
            match self.read_session(&id, sequence, migration, checkpoint, context)? {
                Ok(()) => {}
                Err(problem) => return Ok(Err(problem)),
            }
            let messages_read = context.report.messages_read;
            let messages = checkpoint.messages.max(messages_read);
            if !(context.on_progress)(Progress {
                messages_read,
                messages,
            }) {
                return Ok(Ok(false));
            }
        }
        context.write(&Batch {
            checkpoint: Some(checkpoint),
            ..Batch::default()
        })?;
        Ok(Ok(true))
    }

    fn ask(&self, checkpoint: &mut Checkpoint) -> Result<Answers, Problem> {
        let counts = self.database.counts()?;
        (checkpoint.messages, checkpoint.sessions) = (counts.messages, counts.sessions);
        Ok((
            self.numbered_sessions()?,
            self.database.projects()?,
            self.database.migration()?,
        ))
    }

    /// Every session with its event number; 0 where none is kept for it.
    fn numbered_sessions(&self) -> Result<Vec<(String, i64)>, Problem> {
        const PAGE: usize = 500;
        let numbers: HashMap<String, i64> = self.database.sequences()?.into_iter().collect();
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.database.sessions_after(&after, PAGE)?;
            let is_last = page.len() < PAGE;
            for session in page {
                after.clone_from(&session.id);
                let number = numbers.get(&session.id).copied().unwrap_or(0);
                all.push((session.id, number));
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Sessions without a number are looked at by a thorough sync only.
    fn changed(
        &mut self,
        now: Vec<(String, i64)>,
        context: &Context,
    ) -> Result<Vec<(String, i64)>, LedgerError> {
        if self.sequences.is_none() {
            self.sequences = Some(context.ledger.sequences(&self.key())?);
        }
        let known = self.sequences.get_or_insert_default();
        let is_thorough = context.depth == Depth::Thorough;
        let differs = |(id, number): &(String, i64)| {
            known.get(id) != Some(number) || (*number == 0 && is_thorough)
        };
        Ok(now.into_iter().filter(differs).collect())
    }

    fn read_session(
        &mut self,
        id: &str,
        sequence: i64,
        migration: Migration,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<()> {
        // The totals before the rows: what ends in between must not look like a remainder.
        let (totals, session, mut tail) = match self.ask_session(id) {
            Ok(answers) => answers,
            Err(problem) => return Ok(Err(problem)),
        };
        let seen = self
            .tails
            .insert(id.into(), (tail.resume_seq, tail.messages));
        if seen.is_some_and(|(_, messages)| messages > tail.messages) {
            // A turn was reverted: what is left is looked at again.
            match self.database.tail(id, 0) {
                Ok(whole) => tail = whole,
                Err(problem) => return Ok(Err(problem)),
            }
        }
        checkpoint.newest_ms = tail
            .rows
            .steps
            .iter()
            .map(|step| step.created_ms)
            .max()
            .max(checkpoint.newest_ms);
        let batch = Batch {
            sessions: session.as_slice(),
            checkpoint: Some(checkpoint),
            ..Batch::default()
        };
        context.record(tail.rows, batch, Authority::V2)?;
        let remainder = match totals {
            Some(totals) => {
                let known = context.ledger.known_of(id, migration)?;
                remainder_step(&totals, &known)
            }
            None => None,
        };
        let remainder = settled(remainder, context.ledger.remainder_of(id)?);
        self.save(id, sequence, remainder, checkpoint, context)
            .map(Ok)
    }

    fn ask_session(&self, id: &str) -> Result<SessionAnswers, Problem> {
        let from_seq = self.tails.get(id).map_or(0, |(resume_seq, _)| *resume_seq);
        let totals = self.database.totals(id)?;
        Ok((
            totals,
            self.database.session(id)?,
            self.database.tail(id, from_seq)?,
        ))
    }

    /// With the event number, so that a crash before it repeats the session.
    fn save(
        &mut self,
        id: &str,
        sequence: i64,
        remainder: Option<Step>,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        let steps = context.price(remainder.into_iter().collect(), Authority::V2);
        let sequences = [(id.to_owned(), sequence)];
        context.write(&Batch {
            steps: &steps,
            checkpoint: Some(checkpoint),
            sequences: &sequences,
            ..Batch::default()
        })?;
        self.sequences
            .get_or_insert_default()
            .insert(id.into(), sequence);
        Ok(())
    }

    /// The name of these rows in the ledger: OpenCode 1's in the same file have a reading of their own.
    fn key(&self) -> String {
        format!("{}#v2", self.path().display())
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
        context.report.sources.push(SourceStatus {
            path: self.path().into(),
            generation: GENERATION,
            is_current,
            messages: checkpoint.messages,
            sessions: checkpoint.sessions,
            newest_ms: checkpoint.newest_ms,
            read_ms: (checkpoint.read_ms > 0).then_some(checkpoint.read_ms),
        });
        Ok(())
    }
}

/// The remainder to record: dated as before where its figures are the same, emptied where it is gone.
fn settled(now: Option<Step>, recorded: Option<Step>) -> Option<Step> {
    match (now, recorded) {
        (Some(now), Some(old))
            if now.tokens == old.tokens && now.stored_cost == old.stored_cost =>
        {
            Some(old)
        }
        (None, Some(old)) => Some(Step {
            tokens: Tokens::default(),
            stored_cost: Some(NanoUsd(0)),
            finish: None,
            ..old
        }),
        (now, _) => now,
    }
}

type Answers = (Vec<(String, i64)>, Vec<Project>, Migration);
type SessionAnswers = (Option<Totals>, Option<Session>, Tail);
