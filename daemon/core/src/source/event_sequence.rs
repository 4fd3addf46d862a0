// SPDX-License-Identifier: GPL-3.0-or-later
//! The event number that OpenCode 1.17 and later keep of each session, of both generations.

use super::sqlite::SqliteFile;
use crate::model::Problem;

/// Rows of the table that stand together share a digest, so many at most.
const CHUNK_ROWS: i64 = 128;

/// Some rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its rows have the rowids from here on, up to [`Self::last`].
    pub first: i64,
    /// Of the sessions and their numbers: it is another one when a number has changed, or a session has come
    /// or gone. `None` where that cannot be told.
    pub digest: Option<i64>,
}

impl Chunk {
    /// The largest rowid that a row of it can have.
    pub fn last(&self) -> i64 {
        self.first | (CHUNK_ROWS - 1)
    }
}

impl SqliteFile {
    /// The event numbers of the next `limit` sessions after an id, in the order of ids. One without is looked
    /// at by a thorough sync only.
    pub fn sequences_after(&self, id: &str, limit: usize) -> Result<Vec<(String, i64)>, Problem> {
        let sql = "SELECT aggregate_id, seq FROM event_sequence
            WHERE aggregate_id > ? AND typeof(aggregate_id) = 'text' AND typeof(seq) = 'integer'
            ORDER BY aggregate_id LIMIT ?";
        self.all(sql, &[&id, &(limit as i64)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// The event number of a session.
    pub fn sequence_of(&self, id: &str) -> Result<Option<i64>, Problem> {
        let sql =
            "SELECT seq FROM event_sequence WHERE aggregate_id = ? AND typeof(seq) = 'integer'";
        let found = self.all(sql, &[&id], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// The first chunk that has a row with this rowid or a larger one.
    pub fn chunk_from(&self, rowid: i64) -> Result<Option<Chunk>, Problem> {
        // Most chunks follow one another: to ask first where the next one begins is half of the questions.
        let chunk = self.chunk_of(rowid);
        if chunk.digest.is_some() {
            return Ok(Some(chunk));
        }
        let sql = "SELECT min(rowid) FROM event_sequence WHERE rowid >= ?";
        let found = self.all(sql, &[&rowid], |row| row.get::<_, Option<i64>>(0))?;
        let rowid = found.into_iter().flatten().next();
        Ok(rowid.map(|rowid| self.chunk_of(rowid)))
    }

    fn chunk_of(&self, rowid: i64) -> Chunk {
        let first = rowid & !(CHUNK_ROWS - 1);
        let mut chunk = Chunk {
            first,
            digest: None,
        };
        chunk.digest = self.digest(&chunk);
        chunk
    }

    /// One sum in SQLite costs half of handing out every row. Numbers grow, so it does: that some are set
    /// back, as by a migration, and others grow by what makes the same sum takes a coincidence. A new session
    /// may have the rowid of a deleted one, but then the last one of the chunk is new. Too large a sum, or a
    /// number that is none, leaves the chunk without a digest.
    fn digest(&self, chunk: &Chunk) -> Option<i64> {
        let sql = "SELECT sum(seq * rowid),
                (SELECT aggregate_id FROM event_sequence WHERE rowid <= ?2 ORDER BY rowid DESC LIMIT 1)
            FROM event_sequence WHERE rowid BETWEEN ?1 AND ?2";
        let digest = |row: &rusqlite::Row| {
            let sum: i64 = row.get(0)?;
            let last = row.get_ref(1)?.as_str()?.bytes().map(u64::from);
            let mixed = last.fold(sum.cast_unsigned(), |digest, byte| {
                (digest ^ byte).wrapping_mul(0x0100_0000_01b3)
            });
            Ok(mixed.cast_signed())
        };
        let found = self.all(sql, &[&chunk.first, &chunk.last()], digest);
        found.ok()?.into_iter().next()
    }

    /// The sessions of a chunk with their numbers.
    pub fn sequences_of(&self, chunk: &Chunk) -> Result<Vec<(String, i64)>, Problem> {
        let sql = "SELECT aggregate_id, seq FROM event_sequence WHERE rowid BETWEEN ? AND ?
            AND typeof(aggregate_id) = 'text' AND typeof(seq) = 'integer'";
        self.all(sql, &[&chunk.first, &chunk.last()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// The digests of all chunks after each change.
    fn digests(changes: &[&str]) -> Vec<Vec<Option<i64>>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opencode.db");
        let writer = Connection::open(&path).unwrap();
        let begin =
            "CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL);
            WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
            INSERT INTO event_sequence SELECT printf('ses_%05d', n), n % 7 FROM n";
        writer.execute_batch(begin).unwrap();
        let file = SqliteFile::open(&path).unwrap();
        let look = || {
            let (mut found, mut from) = (Vec::new(), i64::MIN);
            while let Some(chunk) = file.chunk_from(from).unwrap() {
                from = chunk.last() + 1;
                found.push(chunk.digest);
            }
            found
        };
        let mut seen = vec![look()];
        for change in changes {
            writer.execute_batch(change).unwrap();
            seen.push(look());
        }
        seen
    }

    #[test]
    fn every_change_of_a_number_and_of_the_sessions_changes_its_chunk_alone() {
        let seen = digests(&[
            "UPDATE event_sequence SET seq = seq + 1 WHERE rowid = 130",
            "UPDATE event_sequence SET seq = iif(rowid = 3, 5, 3) WHERE rowid IN (3, 5)",
            "DELETE FROM event_sequence WHERE rowid = 300",
            // A new session in the place of the deleted one, as far as that one was.
            "INSERT INTO event_sequence VALUES ('ses_00000', 300 % 7)",
            "INSERT INTO event_sequence VALUES ('ses_00400', 0)",
        ]);
        let changed: Vec<Vec<usize>> = seen
            .windows(2)
            .map(|pair| (0..3).filter(|n| pair[0][*n] != pair[1][*n]).collect())
            .collect();
        assert_eq!(changed, [[1], [0], [2], [2], [2]]);
        assert!(seen.iter().all(|digests| digests.len() == 3));
        assert_ne!(seen[0][2], seen[4][2]);
    }

    #[test]
    fn a_number_that_is_none_leaves_its_chunk_without_a_digest() {
        let seen = digests(&[
            "UPDATE event_sequence SET seq = 9223372036854775807 WHERE rowid = 2",
            "UPDATE event_sequence SET seq = 'many' WHERE rowid = 200",
        ]);
        assert_eq!(seen[1][0], None);
        assert!(seen[1][1].is_some() && seen[2][2].is_some());
    }
}
