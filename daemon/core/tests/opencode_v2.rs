// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of OpenCode 2 put together by hand, as `source/opencode_v2/README.md` says, against totals
//! that come from the provider's side.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod generations;
mod migrate;

use std::path::{Path, PathBuf};

use generations::{Seen, assemble};
use migrate::{MIGRATED_MS, Migrated};
use octally_core::model::Tokens;
use octally_core::source::opencode_v2::{Amount, Database, Migration, REMAINDER, Which};
use serde_json::Value;

/// A copy, for reading a database in WAL mode leaves files beside it, and its expected figures.
struct Fixture {
    _folder: tempfile::TempDir,
    database: PathBuf,
    expected: Value,
}

fn fixture(name: &str) -> Fixture {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("opencode.db");
    std::fs::copy(from.join("opencode/opencode.db"), &database).unwrap();
    let expected = std::fs::read_to_string(from.join("expected.json")).unwrap();
    Fixture {
        _folder: folder,
        database,
        expected: serde_json::from_str(&expected).unwrap(),
    }
}

/// Calls, tokens and money of an entry in `expected.json`.
fn amount(expected: &Value) -> (u64, Tokens, i64) {
    let count = |name: &str| expected[name].as_u64().unwrap();
    let tokens = Tokens {
        input: count("input"),
        output: count("output"),
        reasoning: count("reasoning"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    };
    let cost = expected["cost"].as_f64().unwrap();
    (count("calls"), tokens, (cost * 1e9).round() as i64)
}

fn parts(amount: Amount) -> (u64, Tokens, i64) {
    (amount.steps, amount.tokens, amount.cost.0)
}

#[test]
fn every_call_of_a_2_0_database_is_found_once() {
    let fixture = fixture("v2-stable-synthetic");
    let found = assemble(&fixture.database);
    let is_compaction = |step: &Seen| step.agent.as_deref() == Some("compaction");
    let is_remainder = |step: &Seen| step.agent.as_deref() == Some(REMAINDER);
    let own = found.sum(|s| !s.is_inherited && !is_compaction(s) && !is_remainder(s));
    assert_eq!(parts(own), amount(&fixture.expected["own_assistant_rows"]));
    assert_eq!(
        parts(found.sum(|s| is_compaction(s))),
        amount(&fixture.expected["own_compaction_rows_with_tokens"])
    );
    assert_eq!(
        parts(found.sum(|s| s.is_inherited)),
        amount(&fixture.expected["only_in_orphan_fork_copies"])
    );
    assert_eq!(
        parts(found.sum(|s| is_remainder(s))),
        amount(&fixture.expected["only_in_session_totals"])
    );
    assert_eq!(
        parts(found.sum(|_| true)),
        amount(&fixture.expected["all_provider_calls"])
    );
}

#[test]
fn each_session_and_each_model_of_a_2_0_database_has_its_own() {
    let fixture = fixture("v2-stable-synthetic");
    let found = assemble(&fixture.database);
    for session in fixture.expected["sessions"].as_array().unwrap() {
        let id = session["session"].as_str().unwrap();
        let is_remainder = |s: &Seen| s.agent.as_deref() == Some(REMAINDER);
        let own = found.sum(|s| s.session_id == id && !s.is_inherited && !is_remainder(s));
        assert_eq!(parts(own), amount(&session["own_rows"]), "{id}");
        let (_, tokens, cost) = amount(&session["only_in_session_totals"]);
        let rest = found.sum(|s| s.session_id == id && is_remainder(s));
        assert_eq!((rest.tokens, rest.cost.0), (tokens, cost), "{id}");
    }
    for (name, model) in fixture.expected["by_model"].as_object().unwrap() {
        let name = name.split('#').next().unwrap();
        let own = found.sum(|s| {
            s.model.to_string() == name
                && !s.is_inherited
                && s.agent.as_deref() != Some("compaction")
        });
        assert_eq!(parts(own), amount(model), "{name}");
    }
}

#[test]
fn a_turn_is_the_user_row_before_and_a_sub_agent_knows_its_parent() {
    let fixture = fixture("v2-stable-synthetic");
    let found = assemble(&fixture.database);
    let turns: Vec<_> = found
        .of_session("ses_eea66cd1fffeQtqq6kXvGybhw5")
        .map(|step| step.turn_id.clone().unwrap())
        .collect();
    assert_eq!(turns.len(), 4);
    assert!(
        turns[..3]
            .iter()
            .all(|turn| turn == "msg_1159936c8001btJ1Kr2UH57J8I")
    );
    assert_eq!(turns[3], "msg_11599d308001UKNVLfiYm4gEbL");
    let database = Database::open(&fixture.database).unwrap().unwrap();
    let child = database
        .session("ses_eea652b27ffedTCfzuniZHMXU8")
        .unwrap()
        .unwrap();
    assert_eq!(
        child.parent_id.as_deref(),
        Some("ses_eea6536dfffexSO9udEwv4XY9z")
    );
    assert_eq!(child.agent.as_deref(), Some("general"));
    assert_eq!(database.migration().unwrap(), Migration::Unrecorded);
}

#[test]
fn the_preview_is_read_without_its_totals() {
    let fixture = fixture("v2-preview");
    let found = assemble(&fixture.database);
    let wanted = &fixture.expected["reader_must_report"];
    let sum = found.sum(|_| true);
    let count = |name: &str| wanted[name].as_u64().unwrap();
    assert_eq!(
        (sum.steps, sum.tokens.input),
        (count("steps"), count("input"))
    );
    assert_eq!(
        (sum.tokens.output, sum.tokens.reasoning),
        (count("output"), count("reasoning"))
    );
    assert_eq!(sum.tokens.cache_read, count("cache_read"));
    assert_eq!(
        found.uncounted(),
        fixture.expected["rows"]["assistant_with_error"]
            .as_u64()
            .unwrap()
    );
}

#[test]
fn what_the_own_api_of_1_18_wrote_counts_beside_its_messages() {
    let fixture = fixture("v2api-1.18.33");
    let found = assemble(&fixture.database);
    let wanted = &fixture.expected["expected_in_storage"];
    let sum = found.sum(|_| true);
    let count = |name: &str| wanted[name].as_u64().unwrap();
    assert_eq!(
        (sum.steps, sum.tokens.input),
        (count("calls"), count("input_uncached"))
    );
    assert_eq!(
        sum.tokens.output + sum.tokens.reasoning,
        count("output_total")
    );
    assert_eq!(
        (sum.tokens.reasoning, sum.tokens.cache_read),
        (count("reasoning"), count("cache_read"))
    );
    let cost = fixture.expected["expected_stored_cost_usd"]
        .as_f64()
        .unwrap();
    assert_eq!(sum.cost.0, (cost * 1e9).round() as i64);
}

#[test]
fn a_1_18_database_without_rows_of_2_has_none() {
    let found = assemble(&fixture("1.18.33").database);
    assert!(!found.steps.is_empty() && found.steps.iter().all(|step| !step.has_v2_row));
    for version in ["1.15.13", "1.2.27"] {
        assert!(
            Database::open(&fixture(version).database)
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn the_tail_of_a_session_begins_at_its_open_row() {
    let fixture = fixture("v2-stable-synthetic");
    let database = Database::open(&fixture.database).unwrap().unwrap();
    let running = "ses_eea5a693fffeNzcgOMpPXIXQdl";
    let whole = database.tail(running, 0).unwrap();
    assert_eq!(
        (whole.rows.read, whole.rows.steps.len(), whole.messages),
        (2, 1, 2)
    );
    let tail = database.tail(running, whole.resume_seq).unwrap();
    assert_eq!(
        (tail.rows.read, tail.rows.steps.len(), tail.messages),
        (1, 0, 2)
    );
    assert_eq!((whole.before, tail.before), (0, whole.settled));
    assert_ne!(whole.settled, 0);
    assert_eq!(tail.resume_seq, whole.resume_seq);
    let ended = database.tail("ses_eea5c7c7ffferNr3zCg46efefv", 0).unwrap();
    let last = ended.rows.steps.last().unwrap();
    let again = database.tail(&last.session_id, ended.resume_seq).unwrap();
    assert_eq!(again.rows.steps, std::slice::from_ref(last));
}

const ALL: usize = usize::MAX;
/// "Tool loop" of the fixture, with a fork of OpenCode 1.
const FORKED: &str = "ses_e07aad6a6ffemvGsG9ePMRKH5O";
/// A session with a compaction.
const COMPACTED: &str = "ses_e07aaf0edffes4fxNKodSVTQ5b";

/// What the provider says of the fixture that is migrated here.
fn before_migration(expected: &Value) -> (Tokens, i64) {
    let stored = &expected["expected_in_storage"];
    let count = |name: &str| stored[name].as_u64().unwrap();
    let tokens = Tokens {
        input: count("input_uncached"),
        output: count("output_excluding_reasoning"),
        reasoning: count("reasoning"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    };
    let cost = expected["expected_stored_cost_usd"].as_f64().unwrap();
    (tokens, (cost * 1e9).round() as i64)
}

#[test]
fn a_migrated_database_says_what_it_said_before() {
    let fixture = fixture("v1-fork-subagent-1.18.33");
    let before = assemble(&fixture.database).sum(|_| true);
    assert_eq!(
        (before.tokens, before.cost.0),
        before_migration(&fixture.expected)
    );
    Migrated::begin(&fixture.database, ALL);
    let found = assemble(&fixture.database);
    assert_eq!(found.sum(|_| true), before);
    assert_eq!(
        found
            .sum(|s| !s.has_v2_row && s.agent.as_deref() == Some("compaction"))
            .steps,
        1
    );
    assert_eq!(found.sum(|s| !s.has_v2_row).steps, 1);
}

#[test]
fn a_half_migrated_database_says_what_it_said_before() {
    for sessions in 0..6 {
        let fixture = fixture("v1-fork-subagent-1.18.33");
        let before = assemble(&fixture.database).sum(|_| true);
        Migrated::begin(&fixture.database, sessions);
        let database = Database::open(&fixture.database).unwrap().unwrap();
        assert_eq!(database.migration().unwrap(), Migration::Running);
        assert_eq!(assemble(&fixture.database).sum(|_| true), before);
    }
}

#[test]
fn both_generations_go_on_with_a_migrated_database() {
    let fixture = fixture("v1-fork-subagent-1.18.33");
    let before = assemble(&fixture.database).sum(|_| true);
    let migrated = Migrated::begin(&fixture.database, ALL);
    let later = |n: i64| MIGRATED_MS + n * 1_000;
    migrated.call_of_1("msg_late", FORKED, later(1), 501);
    migrated.session_of_1("ses_late", later(2));
    migrated.call_of_1("msg_new", "ses_late", later(3), 503);
    migrated.call_of_2(Some("msg_two"), COMPACTED, later(4), 504);
    migrated.call_of_2(None, COMPACTED, later(5), 505);
    migrated.fork_of_2("ses_fork", FORKED, later(6));
    migrated.call_of_2(Some("msg_own"), "ses_fork", later(7), 507);
    let found = assemble(&fixture.database);
    let all = found.sum(|_| true);
    assert_eq!(all.steps, before.steps + 5);
    assert_eq!(
        all.tokens.input,
        before.tokens.input + 501 + 503 + 504 + 505 + 507
    );
    assert_eq!(all.tokens.output, before.tokens.output + 2 * 10 + 3 * 20);
    assert_eq!(all.tokens.reasoning, before.tokens.reasoning + 2 * 2);
    assert_eq!(all.cost.0, before.cost.0 + 2 * 1_000_000 + 3 * 2_000_000);
    let remainder = found.sum(|s| s.agent.as_deref() == Some(REMAINDER));
    assert_eq!((remainder.steps, remainder.tokens.input), (1, 505));
    assert_eq!(remainder.cost.0, 2_000_000);
}

#[test]
fn what_opencode_2_reverts_of_opencode_1_counts_once() {
    let fixture = fixture("v1-fork-subagent-1.18.33");
    let before = assemble(&fixture.database).sum(|_| true);
    let migrated = Migrated::begin(&fixture.database, ALL);
    let sql = "DELETE FROM session_message WHERE session_id = ? AND seq >= 3";
    assert!(migrated.connection.execute(sql, [FORKED]).unwrap() > 1);
    assert_eq!(assemble(&fixture.database).sum(|_| true), before);
}

#[test]
fn reasoning_inside_the_output_of_migrated_rows_is_not_counted_twice() {
    for version in ["1.2.27", "1.3.2", "1.15.13"] {
        let fixture = fixture(version);
        let before = assemble(&fixture.database).sum(|_| true);
        assert!(before.tokens.reasoning > 0);
        let migrated = Migrated::begin(&fixture.database, ALL);
        let sql = "SELECT id FROM session_v2 ORDER BY tokens_reasoning DESC";
        let id: String = migrated
            .connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        migrated.fork_of_2("ses_fork", &id, MIGRATED_MS + 1);
        migrated.fork_of_2("ses_second", "ses_fork", MIGRATED_MS + 2);
        let found = assemble(&fixture.database);
        assert_eq!(found.sum(|_| true), before, "{version}");
        assert!(found.sum(|s| s.has_v2_row).tokens.reasoning > 0);
    }
}

#[test]
fn broken_rows_and_sessions_cost_nothing_else() {
    let fixture = fixture("v2-stable-synthetic");
    let connection = rusqlite::Connection::open(&fixture.database).unwrap();
    let sql = "
        UPDATE session_message SET data = x'00ff' WHERE id = 'msg_1159840b0001fw2fceL0VLPoDq';
        UPDATE session_message SET data = '{\"tokens\":7' WHERE id = 'msg_115994280001blK5OE3Zas0eUe';
        UPDATE session_message SET time_created = 'soon', time_updated = 'later'
            WHERE id = 'msg_115994e380017UUGQfLk07ADVv';
        UPDATE session_message SET data = json_set(data, '$.tokens.input', -5)
            WHERE id = 'msg_1159959f0001CbPuVBIk1Y5FCS';
        UPDATE session_v2 SET cost = 'much', directory = x'00' WHERE title = 'Archived';
        UPDATE session_v2 SET tokens_input = -1 WHERE title = 'Copilot';
        INSERT INTO kv VALUES ('migration.v1-v2', x'00', 'now', 'now');
        ALTER TABLE session_v2 ADD COLUMN idle_error_type text;";
    connection.execute_batch(sql).unwrap();
    let database = Database::open(&fixture.database).unwrap().unwrap();
    let which = Which::After {
        rowid: 0,
        updated_ms: 0,
        known_rowid: 0,
        limit: 1_000,
    };
    let rows = database.messages(which).unwrap();
    let mut codes: Vec<&str> = rows.unread.iter().map(|unread| unread.code).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["broken_row", "broken_row", "broken_row", "odd_tokens"]
    );
    assert_eq!((rows.read, rows.steps.len()), (29, 29 - 4 - 2));
    assert_eq!(database.migration().unwrap(), Migration::Running);
    assert_eq!(database.sessions_after("", 100).unwrap().len(), 15);
    for id in [
        "ses_eea575047ffeE0SR1aCtVQkpRX",
        "ses_ee72fbdffffe5zNsWYEaXJdLhr",
    ] {
        assert_eq!(database.totals(id).unwrap_err().code, "odd_totals");
    }
    assert!(
        database
            .totals("ses_eea585217ffe3FE2jIBAIWkDRu")
            .unwrap()
            .is_some()
    );
}
