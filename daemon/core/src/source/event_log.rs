// SPDX-License-Identifier: GPL-3.0-or-later
//! The log of events that OpenCode 1.17 and later 1.x keep: of its newest rows, which sessions they are of.
//!
//! Rows are only ever added, with the next rowid. So while the row that was the latest one is still there, all
//! that came since stand behind it, however long the history is. Where it is not, the event numbers tell.

use std::collections::BTreeSet;

use super::sqlite::SqliteFile;
use crate::model::Problem;

/// With more new rows than these the event numbers tell as soon.
const MAX_ROWS: usize = 2_000;

/// What was logged since some row.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// The sessions that it is of.
    pub sessions: BTreeSet<String>,
    /// The latest row, by its rowid and id.
    pub end: String,
}

impl SqliteFile {
    /// The latest row by its rowid and id; `None` where there is no log, or nothing in it.
    pub fn log_end(&self) -> Option<String> {
        let sql = "SELECT rowid, id FROM event ORDER BY rowid DESC LIMIT 1";
        let found = self.all(sql, &[], |row| {
            Ok(end(row.get(0)?, row.get_ref(1)?.as_str()?))
        });
        found.ok()?.into_iter().next()
    }

    /// What was logged after a row that was the latest one; `None` where that cannot be told, and where it is
    /// nothing.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read.
    pub fn logged_after(&self, known: &str) -> Result<Option<Logged>, Problem> {
        let Some(rowid) = known.split_once(' ').and_then(|(n, _)| n.parse().ok()) else {
            return Ok(None);
        };
        let rowid: i64 = rowid;
        let sql =
            "SELECT rowid, id, aggregate_id FROM event WHERE rowid >= ? ORDER BY rowid LIMIT ?";
        let limit = MAX_ROWS as i64 + 1;
        let (mut logged, mut rows) = (Logged::default(), 0);
        self.each_while(sql, &[&rowid, &limit], |row| {
            logged.end = end(row.get(0)?, row.get_ref(1)?.as_str()?);
            rows += 1;
            if rows == 1 {
                return Ok(logged.end == known);
            }
            let session = row.get_ref(2)?.as_str()?;
            if !logged.sessions.contains(session) {
                logged.sessions.insert(session.into());
            }
            Ok(true)
        })?;
        let is_told = (2..=MAX_ROWS).contains(&rows);
        Ok(is_told.then_some(logged))
    }
}

fn end(rowid: i64, id: &str) -> String {
    format!("{rowid} {id}")
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    const LOG: &str = "CREATE TABLE event (id text PRIMARY KEY, aggregate_id text NOT NULL,
            seq integer NOT NULL, type text NOT NULL, data text NOT NULL);
        INSERT INTO event VALUES ('evt_1', 'ses_a', 1, 't', ''), ('evt_2', 'ses_b', 1, 't', '')";

    /// What was logged between the beginning and the end of some changes.
    fn logged(changes: &str) -> Option<Logged> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opencode.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch(LOG).unwrap();
        let file = SqliteFile::open(&path).unwrap();
        let known = file.log_end().unwrap();
        writer.execute_batch(changes).unwrap();
        file.logged_after(&known).unwrap()
    }

    #[test]
    fn new_rows_tell_their_sessions() {
        let found = logged(
            "INSERT INTO event VALUES ('evt_3', 'ses_b', 2, 't', ''), ('evt_4', 'ses_c', 1, 't', ''),
                ('evt_5', 'ses_b', 3, 't', '')",
        );
        let sessions = ["ses_b".to_owned(), "ses_c".to_owned()];
        let end = "5 evt_5".into();
        let sessions = sessions.into();
        assert_eq!(found, Some(Logged { sessions, end }));
    }

    #[test]
    fn nothing_new_and_a_latest_row_that_has_gone_tell_nothing() {
        assert_eq!(logged(""), None);
        assert_eq!(logged("DELETE FROM event"), None);
        // With its session; the next row gets its rowid.
        let replaced = "DELETE FROM event WHERE aggregate_id = 'ses_b';
            INSERT INTO event VALUES ('evt_3', 'ses_c', 1, 't', ''), ('evt_4', 'ses_c', 2, 't', '')";
        assert_eq!(logged(replaced), None);
    }

    #[test]
    fn new_rows_are_found_behind_gaps() {
        let gap = "DELETE FROM event WHERE aggregate_id = 'ses_a';
            INSERT INTO event VALUES ('evt_3', 'ses_c', 1, 't', '')";
        let sessions = logged(gap).map(|logged| logged.sessions);
        assert_eq!(sessions, Some(["ses_c".to_owned()].into()));
    }

    #[test]
    fn very_many_new_rows_are_left_to_the_event_numbers() {
        let many = "WITH RECURSIVE n(n) AS (SELECT 9 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
            INSERT INTO event SELECT 'evt_' || n, 'ses_c', n, 't', '' FROM n";
        assert_eq!(logged(many), None);
    }
}
