// SPDX-License-Identifier: GPL-3.0-or-later
//! An OpenCode that does one thing after another, and a model of what the ledger must hold of it.

mod op;
mod places;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use rusqlite::Connection;

use crate::all_time;
use crate::opencode::{OpenCode, START_MS, answer, sync};
pub use op::{Op, hides_something, op};
use stored::{Call, Mark, Stored, id, prompt_id};

pub struct World {
    opencode: OpenCode,
    pub meter: Option<Meter>,
    stored: Stored,
    backup: Option<Stored>,
    sessions: Vec<String>,
    /// What the meter must hold: original calls as they were written last, of what complete syncs saw.
    recorded: BTreeMap<usize, Call>,
    /// Every call that was ever seen, copies included, with its mark.
    marks: BTreeMap<usize, Option<Mark>>,
    clock_ms: i64,
}

impl World {
    pub fn new() -> Self {
        let opencode = OpenCode::new();
        let sql = "ALTER TABLE session ADD COLUMN revert text";
        opencode.connection.execute_batch(sql).unwrap();
        let meter = Some(opencode.meter());
        let mut world = Self {
            opencode,
            meter,
            stored: Stored::default(),
            backup: None,
            sessions: Vec::new(),
            recorded: BTreeMap::new(),
            marks: BTreeMap::new(),
            clock_ms: START_MS,
        };
        for _ in 0..4 {
            world.new_session();
        }
        world
    }

    fn execute(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) {
        self.opencode.connection.execute(sql, parameters).unwrap();
    }

    fn tick(&mut self) -> i64 {
        self.clock_ms += 7_001;
        self.clock_ms
    }

    fn new_session(&mut self) -> String {
        let (id, now_ms) = (format!("ses_{}", self.sessions.len()), self.tick());
        self.opencode.session(&id, None, now_ms);
        self.sessions.push(id.clone());
        self.stored.sessions.insert(id.clone());
        id
    }

    /// Writes a call's row as the model has it.
    fn write(&mut self, call: usize) {
        let updated_ms = self.tick();
        self.stored.calls[call].updated_ms = updated_ms;
        let Call {
            session,
            created_ms,
            input,
            output,
            ..
        } = self.stored.calls[call].clone();
        let data = answer(
            &prompt_id(call),
            created_ms,
            input,
            output,
            input as f64 / 1e6,
        );
        let data = places::varied(&data, created_ms);
        self.opencode
            .message(&id(call), &session, created_ms, updated_ms, &data);
    }

    /// A new call with its prompt.
    fn add(&mut self, session: &str, created_ms: i64, figures: (u64, u64), is_copy: bool) {
        let (call, now_ms) = (self.stored.calls.len(), self.tick());
        self.stored.calls.push(Call {
            session: session.into(),
            created_ms,
            input: figures.0,
            output: figures.1,
            updated_ms: now_ms,
            is_copy,
            has_prompt: true,
            has_row: true,
        });
        let data = r#"{"role":"user"}"#;
        let prompt = prompt_id(call);
        self.opencode
            .message(&prompt, session, created_ms - 1, now_ms, data);
        self.write(call);
    }

    pub fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append {
                session,
                input,
                output,
            } => self.append(session, input, output),
            Op::Update { call, output } => self.update(call, output),
            Op::Duplicate { call } => {
                if self.stored.calls.get(call).is_some_and(|call| call.has_row) {
                    self.write(call);
                }
            }
            Op::Fork { session } => self.fork(session),
            Op::Delete { session, is_whole } => self.delete(session, is_whole),
            Op::DeleteMessage { call } => self.delete_message(call),
            Op::Revert { call } => self.revert(call),
            Op::Unrevert { session } => self.unrevert(session),
            Op::Import { input } => self.import(input),
            Op::Backup => self.back_up(),
            Op::Restore => self.restore(),
            Op::Truncate { calls } => self.truncate(calls),
            Op::Reorder => self.reorder(),
            Op::Vacuum => self.opencode.connection.execute_batch("VACUUM").unwrap(),
            Op::Adopt { session, parent } => self.adopt(session, parent),
            Op::Move { session } => self.move_away(session),
            Op::Wait { hours } => self.clock_ms += hours * 3_600_000,
            Op::Sync { thorough: true } => self.sync(Depth::Thorough),
            Op::Sync { thorough: false } => self.sync(Depth::Quick),
            Op::Restart => self.meter = Some(self.opencode.meter()),
            Op::Interrupt => {
                let meter = self.meter.as_mut().unwrap();
                meter
                    .sync(Depth::Thorough, &Zone::utc(), START_MS, &mut |_| false)
                    .unwrap();
                // Less than a batch is read whole.
                self.settle();
            }
        }
    }

    /// A prompt deletes what is hidden.
    fn append(&mut self, session: usize, input: u64, output: u64) {
        let session = self.sessions[session].clone();
        if !self.stored.sessions.contains(&session) {
            return;
        }
        if let Some(from) = self.stored.reverts.remove(&session) {
            self.execute("UPDATE session SET revert = NULL WHERE id = ?", &[&session]);
            let sql = "DELETE FROM message WHERE session_id = ? AND id >= ?";
            self.execute(sql, &[&session, &prompt_id(from)]);
            self.lose(|call, c| c.session == session && call >= from);
        }
        let created_ms = self.tick();
        self.add(&session, created_ms, (input, output), false);
    }

    fn lose(&mut self, is_lost: impl Fn(usize, &Call) -> bool) {
        for (number, call) in self.stored.calls.iter_mut().enumerate() {
            if is_lost(number, call) {
                (call.has_prompt, call.has_row) = (false, false);
            }
        }
    }

    /// A call that was forked is settled: OpenCode copies only finished ones.
    fn update(&mut self, call: usize, output: u64) {
        let calls = &self.stored.calls;
        let Some(old) = calls.get(call).filter(|call| call.has_row && !call.is_copy) else {
            return;
        };
        if !calls
            .iter()
            .any(|c| c.is_copy && c.created_ms == old.created_ms)
        {
            self.stored.calls[call].output = output;
            self.write(call);
        }
    }

    fn fork(&mut self, session: usize) {
        // Settle first: a copy is told by its original, and which of the two was deleted before either
        // was seen cannot be told by anyone.
        self.sync(Depth::Thorough);
        let source = self.sessions[session].clone();
        if !self.stored.sessions.contains(&source) || self.has_older_rows(&source) {
            return;
        }
        let fork = self.new_session();
        for call in 0..self.stored.calls.len() {
            let original = self.stored.calls[call].clone();
            if original.session == source && self.stored.is_shown(call) {
                let figures = (original.input, original.output);
                self.add(&fork, original.created_ms, figures, true);
            }
        }
    }

    /// Whether a backup brought back rows with figures of before: a copy of those is no copy of what is known.
    fn has_older_rows(&self, session: &str) -> bool {
        let is_older = |(number, known): (&usize, &Call)| {
            let call = &self.stored.calls[*number];
            call.has_row && known.updated_ms > call.updated_ms
        };
        let mut of_session = self.recorded.iter().filter(|(_, c)| c.session == session);
        of_session.any(is_older)
    }

    fn delete(&mut self, session: usize, is_whole: bool) {
        let id = self.sessions[session].clone();
        self.execute("DELETE FROM message WHERE session_id = ?", &[&id]);
        if is_whole {
            self.execute("DELETE FROM session WHERE id = ?", &[&id]);
            self.stored.sessions.remove(&id);
            self.stored.reverts.remove(&id);
        }
        self.lose(|_, call| call.session == id);
    }

    fn delete_message(&mut self, call: usize) {
        if let Some(stored) = self.stored.calls.get_mut(call) {
            stored.has_row = false;
            self.execute("DELETE FROM message WHERE id = ?", &[&id(call)]);
        }
    }

    fn truncate(&mut self, calls: usize) {
        let there = |call: &usize| self.stored.calls[*call].has_row;
        let newest = (0..self.stored.calls.len()).rev().filter(there);
        let lost: Vec<usize> = newest.take(calls).collect();
        for call in &lost {
            let sql = "DELETE FROM message WHERE id IN (?, ?)";
            self.execute(sql, &[&id(*call), &prompt_id(*call)]);
        }
        self.lose(|call, _| lost.contains(&call));
    }

    fn reorder(&self) {
        let sql = "CREATE TEMP TABLE dump AS SELECT * FROM message ORDER BY rowid DESC;
            DELETE FROM message; INSERT INTO message SELECT * FROM dump; DROP TABLE dump";
        self.opencode.connection.execute_batch(sql).unwrap();
    }

    fn revert(&mut self, call: usize) {
        let Some(stored) = self.stored.calls.get(call).filter(|call| call.has_prompt) else {
            return;
        };
        let session = stored.session.clone();
        let revert = format!(r#"{{"messageID":"{}","diff":"..."}}"#, prompt_id(call));
        self.execute(
            "UPDATE session SET revert = ? WHERE id = ?",
            &[&revert, &session],
        );
        self.opencode.bump(&session);
        self.stored.reverts.insert(session, call);
    }

    fn unrevert(&mut self, session: usize) {
        let session = self.sessions[session].clone();
        self.execute("UPDATE session SET revert = NULL WHERE id = ?", &[&session]);
        self.opencode.bump(&session);
        self.stored.reverts.remove(&session);
    }

    fn import(&mut self, input: u64) {
        let (call, created_ms) = (self.stored.calls.len(), START_MS - 5_000_000);
        let session = format!("ses_import_{call}");
        let sql =
            "INSERT INTO session (id, project_id, directory, title, time_created, time_updated)
            VALUES (?, 'p', '/', 't', ?, ?)";
        self.execute(sql, &[&session, &created_ms, &created_ms]);
        self.stored.sessions.insert(session.clone());
        let created_ms = created_ms + 10 * call as i64;
        self.add(&session, created_ms, (input, 1), false);
        let sql = "UPDATE message SET time_updated = time_created WHERE session_id = ?";
        self.execute(sql, &[&session]);
        let sql = "DELETE FROM event_sequence WHERE aggregate_id = ?";
        self.execute(sql, &[&session]);
    }

    fn backup_file(&self) -> std::path::PathBuf {
        self.opencode.folder.path().join("backup.db")
    }

    fn back_up(&mut self) {
        let _ = std::fs::remove_file(self.backup_file());
        let path = self.backup_file().display().to_string();
        self.execute("VACUUM INTO ?", &[&path]);
        self.backup = Some(self.stored.clone());
    }

    /// What was made since is gone; what was deleted since is back.
    fn restore(&mut self) {
        let Some(mut backup) = self.backup.clone() else {
            return;
        };
        for later in &self.stored.calls[backup.calls.len()..] {
            let (has_prompt, has_row) = (false, false);
            backup.calls.push(Call {
                has_prompt,
                has_row,
                ..later.clone()
            });
        }
        self.stored = backup;
        self.opencode.connection = Connection::open_in_memory().unwrap();
        let database = self.opencode.database();
        let copy = database.with_extension("copy");
        std::fs::copy(self.backup_file(), &copy).unwrap();
        for ending in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(database.with_extension(ending));
        }
        std::fs::rename(copy, &database).unwrap();
        self.opencode.connection = Connection::open(database).unwrap();
        let wal = |row: &rusqlite::Row| row.get::<_, String>(0);
        let sql = "PRAGMA journal_mode = WAL";
        self.opencode.connection.query_row(sql, [], wal).unwrap();
    }

    pub fn sync(&mut self, depth: Depth) {
        let report = sync(self.meter.as_mut().unwrap(), depth);
        assert_eq!(report.problems, []);
        if depth == Depth::Thorough {
            self.settle();
            self.settle_marks();
            assert_eq!(self.marked(), self.expected(), "the marks");
        }
    }

    fn settle(&mut self) {
        for (number, call) in self.stored.calls.iter().enumerate() {
            if call.has_row {
                self.marks.entry(number).or_default();
            }
            if call.has_row && !call.is_copy {
                let known = self.recorded.entry(number).or_insert(call.clone());
                if known.updated_ms <= call.updated_ms {
                    known.clone_from(call);
                }
            }
        }
    }

    /// What is away keeps the mark that it was given first.
    fn settle_marks(&mut self) {
        for (number, mark) in &mut self.marks {
            let call = &self.stored.calls[*number];
            let way = if !self.stored.sessions.contains(&call.session) {
                Mark::WithSession
            } else if call.has_prompt {
                Mark::Alone
            } else {
                Mark::Reverted
            };
            *mark = match (call.has_row, self.stored.is_hidden(*number)) {
                (true, true) => Some(Mark::Reverted),
                (true, false) => None,
                (false, _) => Some(mark.unwrap_or(way)),
            };
        }
    }

    fn expected(&self) -> BTreeMap<String, i64> {
        let marked = |(number, mark): (&usize, &Option<Mark>)| Some((id(*number), (*mark)? as i64));
        self.marks.iter().filter_map(marked).collect()
    }

    fn marked(&self) -> BTreeMap<String, i64> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let mut statement = ledger
            .prepare("SELECT uid, gone FROM step WHERE gone_ms IS NOT NULL")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    fn deleted_sessions(&self) -> BTreeSet<String> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let mut statement = ledger
            .prepare("SELECT uid FROM session WHERE deleted_ms IS NOT NULL")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    pub fn check(&mut self) {
        self.sync(Depth::Thorough);
        let deleted = self.deleted_sessions();
        assert!(deleted.is_disjoint(&self.stored.sessions), "{deleted:?}");
        for session in self
            .sessions
            .iter()
            .filter(|id| !self.stored.sessions.contains(*id))
        {
            let is_known = self
                .marks
                .keys()
                .any(|call| &self.stored.calls[*call].session == session);
            assert!(!is_known || deleted.contains(session), "{session}");
        }
        let meter = self.meter.as_ref().unwrap();
        assert_eq!(meter.health().unwrap().damage, None);
        all_time::check(meter);
        let totals = meter
            .report(&Request::new(By::Day), &Zone::utc())
            .unwrap()
            .totals;
        // What a quick sync saw before a deletion may be more than this model knows: never less.
        let (input, output) = self.recorded.values().fold((0, 0), |sum, call| {
            (sum.0 + call.input, sum.1 + call.output)
        });
        assert_eq!((totals.tokens.input, totals.tokens.output), (input, output));
        assert_eq!(totals.steps, self.recorded.len() as u64);
        let billed = (totals.cost.billed_usd * 1e6).round() as u64;
        assert_eq!(billed, input);
    }
}
