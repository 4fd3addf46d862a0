// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode deletes or reverts stays, marked by how it went.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod earlier;
mod marked;
mod opencode;

use marked::{deleted, input, is, marks};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};
use rusqlite::Connection;

const REVERT: &str = "ALTER TABLE session ADD COLUMN revert text";

/// A session with three turns: a prompt and an answer each.
fn three_turns() -> OpenCode {
    let opencode = OpenCode::new();
    opencode.connection.execute_batch(REVERT).unwrap();
    opencode.session("ses_1", None, START_MS);
    for turn in 1..=3 {
        let at_ms = START_MS + turn * 10_000;
        let (prompt, id) = (format!("msg_{turn}a"), format!("msg_{turn}b"));
        let data = answer(&prompt, at_ms, 100, 1, 0.001);
        opencode.message(&prompt, "ses_1", at_ms - 1, at_ms, r#"{"role":"user"}"#);
        opencode.message(&id, "ses_1", at_ms, at_ms, &data);
    }
    opencode
}

fn set_revert(opencode: &OpenCode, revert: Option<&str>) {
    let sql = "UPDATE session SET revert = ?";
    opencode.connection.execute(sql, [revert]).unwrap();
    opencode.bump("ses_1");
}

#[test]
fn a_reverted_turn_is_marked_at_once_and_stays_so_when_it_is_deleted() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    set_revert(&opencode, Some(r#"{"messageID":"msg_2a","snapshot":"x"}"#));
    sync(&mut meter, Depth::Quick);
    let reverted = is(&[("msg_2b", 3), ("msg_3b", 3)]);
    assert_eq!(marks(&opencode.ledger()), reverted);
    set_revert(&opencode, None);
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[]));
    set_revert(
        &opencode,
        Some(r#"{"messageID":"msg_2b","partID":"prt_1"}"#),
    );
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_3b", 3)]));
    set_revert(&opencode, Some(r#"{"messageID":"msg_2a"}"#));
    sync(&mut meter, Depth::Quick);
    let sql = "DELETE FROM message WHERE id >= 'msg_2a'; UPDATE session SET revert = NULL";
    opencode.connection.execute_batch(sql).unwrap();
    opencode.bump("ses_1");
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), reverted);
    assert_eq!(input(&meter), 300);
}

#[test]
fn a_deleted_answer_a_turn_that_went_unseen_and_a_deleted_session_differ() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let sql = "DELETE FROM message WHERE id IN ('msg_1b', 'msg_3a', 'msg_3b')";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(
        marks(&opencode.ledger()),
        is(&[("msg_1b", 2), ("msg_3b", 3)])
    );
    assert_eq!(deleted(&opencode.ledger()), 0);
    let sql = "DELETE FROM message; DELETE FROM session; DELETE FROM event_sequence";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    let all = is(&[("msg_1b", 2), ("msg_2b", 1), ("msg_3b", 3)]);
    assert_eq!(marks(&opencode.ledger()), all);
    assert_eq!((deleted(&opencode.ledger()), input(&meter)), (1, 300));
}

#[test]
fn a_ledger_of_before_the_marks_finds_what_went_earlier() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    drop(meter);
    let sql = "DELETE FROM message WHERE id = 'msg_2b'";
    opencode.connection.execute_batch(sql).unwrap();
    earlier::before("what_is_gone.sql", &opencode.ledger());
    sync(&mut opencode.meter(), Depth::Thorough);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_2b", 2)]));
}

#[test]
fn a_meter_that_was_stopped_before_it_looked_looks_later() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let sql = "DELETE FROM message WHERE id = 'msg_2b'";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    drop(meter);
    // As it was when the change had been noted and nothing more.
    let sql =
        "UPDATE step SET gone = NULL, gone_ms = NULL; INSERT INTO doubt VALUES ('ses_1', 0, 1)";
    let ledger = Connection::open(opencode.ledger()).unwrap();
    ledger.execute_batch(sql).unwrap();
    sync(&mut opencode.meter(), Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_2b", 2)]));
    let doubts = "SELECT count(*) FROM doubt";
    let left: i64 = ledger.query_row(doubts, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn sessions_are_compared_page_by_page() {
    let opencode = OpenCode::new();
    let data = answer("msg_u", START_MS, 100, 1, 0.001);
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
        INSERT INTO session (id, project_id, directory, title, time_created, time_updated)
        SELECT printf('ses_%04d', i), 'p', '/', 't', 1, 1 FROM n";
    opencode.connection.execute_batch(sql).unwrap();
    let sql =
        "INSERT INTO message SELECT 'msg_' || id, id, ?1 + rowid, ?1 + rowid, ?2 FROM session";
    opencode
        .connection
        .execute(sql, rusqlite::params![START_MS, data])
        .unwrap();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(marks(&opencode.ledger()), is(&[]));
    let ids = [
        "ses_0001", "ses_0499", "ses_0500", "ses_0501", "ses_1000", "ses_1001", "ses_1300",
    ];
    for id in ids {
        let sql = "DELETE FROM session WHERE id = ?";
        opencode.connection.execute(sql, [id]).unwrap();
        let sql = "DELETE FROM message WHERE session_id = ?";
        opencode.connection.execute(sql, [id]).unwrap();
    }
    sync(&mut meter, Depth::Thorough);
    let marked: Vec<String> = marks(&opencode.ledger()).into_keys().collect();
    assert_eq!(marked, ids.map(|id| format!("msg_{id}")));
    let sql = "DELETE FROM message; DELETE FROM session";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(marks(&opencode.ledger()).len(), 1_300);
    assert_eq!(
        (deleted(&opencode.ledger()), input(&meter)),
        (1_300, 130_000)
    );
}
