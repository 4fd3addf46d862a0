// SPDX-License-Identifier: GPL-3.0-or-later
//! Writing the pages of the WAL back into the ledger's file, beside whoever fills it.
//!
//! Whoever fills the ledger would else wait for it, and for the disk, every some thousand pages. Nothing
//! depends on it: what is not written back here is, by SQLite itself, later.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::{Connection, OpenFlags};

/// A thread with a connection of its own, until it is dropped.
#[derive(Debug)]
pub(super) struct WriteBack {
    /// `None` at the end.
    wanted: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WriteBack {
    /// `None` where the system grants no thread.
    pub fn begin(ledger: &Path) -> Option<Self> {
        let (wanted, wishes) = sync_channel(1);
        let path = ledger.to_owned();
        let write_back = move || write_back(&path, &wishes);
        let thread = Builder::new().name("octally-writer".into());
        let thread = thread.spawn(write_back).ok()?;
        Some(Self {
            wanted: Some(wanted),
            thread: Some(thread),
        })
    }

    /// Writes back what has been committed. Returns at once; where it has not come to the last wish yet, it
    /// will see this one's pages, too.
    pub fn wish(&self) {
        if let Some(wanted) = &self.wanted {
            let _ = wanted.try_send(());
        }
    }
}

impl Drop for WriteBack {
    fn drop(&mut self) {
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            // It fails at nothing but what the ledger's own connection meets, too.
            let _ = thread.join();
        }
    }
}

fn write_back(ledger: &Path, wishes: &Receiver<()>) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(ledger, flags) else {
        return;
    };
    for () in wishes {
        // As much as is possible without anybody waiting. What fails is tried again with the next wish.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ledger;
    use super::*;

    #[test]
    fn what_was_committed_is_in_the_file_when_the_thread_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = Ledger::open(&path).unwrap();
        let bytes = || std::fs::metadata(&path).unwrap().len();
        let before = bytes();
        let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
            INSERT INTO agent (name) SELECT printf('%0100d', n) FROM n";
        ledger.write(|tx| tx.execute(many, [])).unwrap();
        assert_eq!(bytes(), before);
        let write_back = WriteBack::begin(&path).unwrap();
        write_back.wish();
        drop(write_back);
        assert!(bytes() > before + 50_000);
        let count =
            |c: &Connection| c.query_row("SELECT count(*) FROM agent", [], |row| row.get(0));
        assert_eq!(ledger.read::<i64>(count).unwrap(), 500);
    }
}
