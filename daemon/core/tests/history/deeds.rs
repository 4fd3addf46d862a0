// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode and its user do to the database, and the same in the model of it.

use octally_core::sync::Depth;
use rusqlite::Connection;

use super::World;
use super::stored::{Call, id, prompt_id};
use crate::opencode::START_MS;

impl World {
    /// A prompt deletes what is hidden.
    pub(super) fn append(&mut self, session: usize, input: u64, output: u64) {
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

    /// A copy of a call that was forked keeps the figures that were copied.
    pub(super) fn update(&mut self, call: usize, output: u64) {
        let calls = &mut self.stored.calls;
        let original = |call: &&mut Call| call.has_row && !call.is_copy;
        if let Some(original) = calls.get_mut(call).filter(original) {
            original.output = output;
            self.write(call);
        }
    }

    pub(super) fn fork(&mut self, session: usize) {
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

    pub(super) fn delete(&mut self, session: usize, is_whole: bool) {
        let id = self.sessions[session].clone();
        self.execute("DELETE FROM message WHERE session_id = ?", &[&id]);
        if is_whole {
            self.execute("DELETE FROM session WHERE id = ?", &[&id]);
            self.execute("DELETE FROM event WHERE aggregate_id = ?", &[&id]);
            self.stored.sessions.remove(&id);
            self.stored.reverts.remove(&id);
        }
        self.lose(|_, call| call.session == id);
    }

    pub(super) fn delete_message(&mut self, call: usize) {
        if let Some(stored) = self.stored.calls.get_mut(call) {
            stored.has_row = false;
            self.execute("DELETE FROM message WHERE id = ?", &[&id(call)]);
        }
    }

    pub(super) fn truncate(&mut self, calls: usize) {
        let there = |call: &usize| self.stored.calls[*call].has_row;
        let newest = (0..self.stored.calls.len()).rev().filter(there);
        let lost: Vec<usize> = newest.take(calls).collect();
        for call in &lost {
            let sql = "DELETE FROM message WHERE id IN (?, ?)";
            self.execute(sql, &[&id(*call), &prompt_id(*call)]);
        }
        self.lose(|call, _| lost.contains(&call));
    }

    pub(super) fn reorder(&self) {
        let sql = "CREATE TEMP TABLE dump AS SELECT * FROM message ORDER BY rowid DESC;
            DELETE FROM message; INSERT INTO message SELECT * FROM dump; DROP TABLE dump";
        self.opencode.connection.execute_batch(sql).unwrap();
    }

    pub(super) fn revert(&mut self, call: usize) {
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

    pub(super) fn unrevert(&mut self, session: usize) {
        let session = self.sessions[session].clone();
        self.execute("UPDATE session SET revert = NULL WHERE id = ?", &[&session]);
        self.opencode.bump(&session);
        self.stored.reverts.remove(&session);
    }

    pub(super) fn import(&mut self, input: u64) {
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
        for table in ["event", "event_sequence"] {
            let sql = format!("DELETE FROM {table} WHERE aggregate_id = ?");
            self.execute(&sql, &[&session]);
        }
    }

    fn backup_file(&self) -> std::path::PathBuf {
        self.opencode.folder.path().join("backup.db")
    }

    pub(super) fn back_up(&mut self) {
        let _ = std::fs::remove_file(self.backup_file());
        let path = self.backup_file().display().to_string();
        self.execute("VACUUM INTO ?", &[&path]);
        self.backup = Some(self.stored.clone());
    }

    /// What was made since is gone; what was deleted since is back.
    pub(super) fn restore(&mut self) {
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
}
