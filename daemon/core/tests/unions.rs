// SPDX-License-Identifier: GPL-3.0-or-later
//! Message files, two databases of OpenCode 1 and the rows of OpenCode 2 that share ids, changed, copied,
//! deleted, put back and migrated in any order, watched or not: the newest generation's figures of each id, once,
//! of one generation those that were written last; and of OpenCode 2's totals what no row of it shows.
//!
//! A quick sync must see what any database holds; whether it sees a message file is open, so the model keeps
//! every figure that a call may have. A thorough one leaves nothing open.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::collections::{BTreeMap, BTreeSet};

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};
use proptest::prelude::*;
use rusqlite::{Connection, params};

const SECOND: &str = "
    CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, directory text NOT NULL,
        title text NOT NULL, agent text, time_created integer NOT NULL, time_updated integer NOT NULL,
        time_archived integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL, data text NOT NULL);
    INSERT INTO project VALUES ('p', '/home/dev/p', NULL);
    INSERT INTO session VALUES ('ses_a', 'p', NULL, '/', 't', NULL, 1, 1, NULL);";

const TABLES_OF_2: &str = "
    CREATE TABLE session_v2 (id text PRIMARY KEY, project_id text NOT NULL, parent_id text,
        fork_session_id text, directory text NOT NULL, title text, version text NOT NULL,
        cost real DEFAULT 0 NOT NULL, tokens_input integer DEFAULT 0 NOT NULL,
        tokens_output integer DEFAULT 0 NOT NULL, tokens_reasoning integer DEFAULT 0 NOT NULL,
        tokens_cache_read integer DEFAULT 0 NOT NULL, tokens_cache_write integer DEFAULT 0 NOT NULL,
        agent text, time_created integer NOT NULL, time_updated integer NOT NULL, time_archived integer);
    CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL,
        seq integer NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE TABLE kv (key text PRIMARY KEY, value text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL);
    INSERT INTO session_v2 (id, project_id, directory, version, time_created, time_updated)
        VALUES ('ses_a', 'p', '/', '2.0.0', 1, 1);";

/// Few, so that they meet.
const CALLS: u64 = 12;
/// So many are from before the migration. No table of OpenCode 1 has them: they were deleted there.
const EARLY: u64 = 4;

/// Where a call stands; a larger one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File,
    First,
    Second,
    Two,
}

#[derive(Clone, Debug)]
enum Op {
    Write {
        place: Place,
        call: u64,
        input: u64,
    },
    Delete {
        place: Place,
        call: u64,
    },
    /// Every row of OpenCode 1 gets one of OpenCode 2 with the same id.
    Migrate,
    /// Rows are written again in the opposite order.
    Reorder,
    Backup,
    Restore,
    /// The meter is not there until the next sync.
    Stop,
    Sync(Depth),
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::File),
        Just(Place::First),
        Just(Place::Second),
        Just(Place::Two)
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (place(), 0..CALLS, 1..9_000_u64)
            .prop_map(|(place, call, input)| Op::Write { place, call, input }),
        2 => (place(), 0..CALLS).prop_map(|(place, call)| Op::Delete { place, call }),
        1 => Just(Op::Migrate),
        1 => Just(Op::Reorder),
        1 => Just(Op::Backup),
        1 => Just(Op::Restore),
        1 => Just(Op::Stop),
        6 => prop_oneof![Just(Op::Sync(Depth::Quick)), Just(Op::Sync(Depth::Thorough))],
    ]
}

/// Generation of a call, when it was written, and its input; `None` where it was not seen. A larger one wins.
type Held = Option<(Place, i64, u64)>;

/// When each row or file was written, and its input.
type Stored = BTreeMap<(Place, u64), (i64, u64)>;

struct World {
    opencode: OpenCode,
    second: Connection,
    meter: Option<Meter>,
    /// What stands where now.
    stored: Stored,
    backup: Option<Stored>,
    /// The input of all calls that OpenCode 2 ever ended.
    used: u64,
    /// What the meter may hold of each call.
    recorded: BTreeMap<u64, BTreeSet<Held>>,
    clock_ms: i64,
}

fn id(call: u64) -> String {
    format!("msg_{call:02}")
}

fn created_ms(call: u64) -> i64 {
    START_MS + call as i64 * 1_000
}

fn message(call: u64, input: u64) -> String {
    answer("msg_u", created_ms(call), input, 1, input as f64 / 1e6)
}

fn row_of_2(call: u64, input: u64) -> String {
    let at_ms = created_ms(call);
    format!(
        r#"{{"time":{{"created":{at_ms},"completed":{at_ms}}},"agent":"build","model":{{"id":"m","providerID":"p"}},"content":[],"finish":"stop","cost":{},"tokens":{{"input":{input},"output":1,"reasoning":0,"cache":{{"read":0,"write":0}}}}}}"#,
        input as f64 / 1e6
    )
}

impl World {
    fn new() -> Self {
        let opencode = OpenCode::new();
        opencode.session("ses_a", None, 1);
        opencode.connection.execute_batch(TABLES_OF_2).unwrap();
        let sql = r#"INSERT INTO kv VALUES ('migration.v1-v2', '{"phase":"completed"}', ?1, ?1)"#;
        let migrated_ms = created_ms(EARLY) - 1;
        opencode.connection.execute(sql, [migrated_ms]).unwrap();
        let folder = opencode.folder.path().join("opencode");
        std::fs::create_dir_all(folder.join("storage/message/ses_a")).unwrap();
        let second = Connection::open(folder.join("opencode-dev.db")).unwrap();
        second.execute_batch(SECOND).unwrap();
        Self {
            opencode,
            second,
            meter: None,
            stored: BTreeMap::new(),
            backup: None,
            used: 0,
            recorded: BTreeMap::new(),
            clock_ms: START_MS + 100_000,
        }
    }

    fn file(&self, call: u64) -> std::path::PathBuf {
        let folder = self.opencode.folder.path();
        folder.join(format!("opencode/storage/message/ses_a/{}.json", id(call)))
    }

    fn write(&mut self, place: Place, call: u64, input: u64) {
        self.clock_ms += 7_001;
        self.stored.insert((place, call), (self.clock_ms, input));
        let (id, at_ms, now_ms) = (id(call), created_ms(call), self.clock_ms);
        let data = message(call, input);
        match place {
            Place::File => std::fs::write(self.file(call), data).unwrap(),
            Place::First => self.opencode.message(&id, "ses_a", at_ms, now_ms, &data),
            Place::Second => {
                let sql = "INSERT OR REPLACE INTO message VALUES (?, 'ses_a', ?, ?, ?)";
                let row = params![id, at_ms, now_ms, data];
                self.second.execute(sql, row).unwrap();
            }
            Place::Two => {
                let sql = "INSERT OR REPLACE INTO session_message
                    VALUES (?, 'ses_a', 'assistant', ?, ?, ?, ?)";
                // Numbers only grow: what is written is the end of its session.
                let row = params![id, now_ms, at_ms, now_ms, row_of_2(call, input)];
                self.opencode.connection.execute(sql, row).unwrap();
                self.opencode.bump("ses_a");
            }
        }
    }

    /// OpenCode 2 adds a call that has ended to the totals.
    fn use_up(&mut self, input: u64) {
        self.used += input;
        let sql = "UPDATE session_v2 SET cost = cost + ?2, tokens_input = tokens_input + ?1,
            tokens_output = tokens_output + 1, time_updated = ?3";
        let row = params![input as i64, input as f64 / 1e6, self.clock_ms];
        self.opencode.connection.execute(sql, row).unwrap();
    }

    fn delete(&mut self, place: Place, call: u64) {
        self.stored.remove(&(place, call));
        let id = id(call);
        match place {
            Place::File => drop(std::fs::remove_file(self.file(call))),
            Place::First => {
                let sql = "DELETE FROM message WHERE id = ?";
                self.opencode.connection.execute(sql, [id]).unwrap();
            }
            Place::Second => {
                let sql = "DELETE FROM message WHERE id = ?";
                self.second.execute(sql, [id]).unwrap();
            }
            Place::Two => {
                let sql = "DELETE FROM session_message WHERE id = ?";
                self.opencode.connection.execute(sql, [id]).unwrap();
                self.opencode.bump("ses_a");
            }
        }
    }

    /// What stands there now is made to be `wanted`.
    fn restore(&mut self, wanted: &Stored) {
        let gone: Vec<(Place, u64)> = self.stored.keys().copied().collect();
        for (place, call) in gone {
            self.delete(place, call);
        }
        for ((place, call), (_, input)) in wanted {
            self.write(*place, *call, *input);
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Write { place, call, input } => {
                let is_of_1 = matches!(place, Place::First | Place::Second);
                if is_of_1 && call < EARLY {
                    return;
                }
                self.write(place, call, input);
                if place == Place::Two {
                    self.use_up(input);
                }
            }
            Op::Delete { place, call } => self.delete(place, call),
            Op::Migrate => {
                let rows = self.stored.clone().into_iter();
                for ((_, call), (_, input)) in rows.filter(|((place, _), _)| *place == Place::First)
                {
                    self.write(Place::Two, call, input);
                    self.use_up(input);
                }
            }
            Op::Reorder => {
                let all = self.stored.clone();
                for ((place, call), (_, input)) in all.into_iter().rev() {
                    self.write(place, call, input);
                }
            }
            Op::Backup => self.backup = Some(self.stored.clone()),
            Op::Restore => {
                if let Some(backup) = self.backup.clone() {
                    self.restore(&backup);
                }
            }
            Op::Stop => self.meter = None,
            Op::Sync(depth) => self.sync(depth),
        }
    }

    fn sync(&mut self, depth: Depth) {
        let opencode = &self.opencode;
        let meter = self.meter.get_or_insert_with(|| opencode.meter());
        assert_eq!(sync(meter, depth).problems, []);
        for call in 0..CALLS {
            let held = self.recorded.remove(&call).unwrap_or([None].into());
            let held = held
                .into_iter()
                .flat_map(|held| self.seen(call, held, depth));
            self.recorded.insert(call, held.collect());
        }
        self.check();
        if depth == Depth::Thorough {
            self.check_marks();
        }
    }

    /// What may be held of a call after a sync: the newest generation's row, or what there was before.
    fn seen(&self, call: u64, before: Held, depth: Depth) -> BTreeSet<Held> {
        let row = |place: Place, generation: Place| {
            let stored = self.stored.get(&(place, call));
            stored.map(|(at_ms, input)| (generation, *at_ms, *input))
        };
        let of_1 = row(Place::First, Place::First).max(row(Place::Second, Place::First));
        let in_databases = before.max(of_1).max(row(Place::Two, Place::Two));
        let with_file = in_databases.max(row(Place::File, Place::File));
        match depth {
            Depth::Quick => [in_databases, with_file].into(),
            Depth::Thorough => [with_file].into(),
        }
    }

    /// Each call has one of the figures it may have, and the answers are their sum.
    fn check(&self) {
        let meter = self.meter.as_ref().unwrap();
        let found = self.found();
        for (call, held) in &self.recorded {
            let input = found.get(&id(*call)).copied();
            let may_be: Vec<Option<u64>> = held.iter().map(|held| held.map(|it| it.2)).collect();
            assert!(
                may_be.contains(&input),
                "{call}: {input:?}, not of {may_be:?}"
            );
        }
        let totals = meter
            .report(&Request::new(By::Day), &Zone::utc())
            .unwrap()
            .totals;
        let remainders = self.steps("uid LIKE '%#remainder%'");
        let unseen: u64 = remainders.values().sum();
        assert_eq!(self.used, self.of_2() + unseen);
        let (steps, input) = (
            found.len() + remainders.len(),
            unseen + found.values().sum::<u64>(),
        );
        assert_eq!((totals.steps, totals.tokens.input), (steps as u64, input));
        assert_eq!((totals.cost.billed_usd * 1e6).round() as u64, input);
        assert_eq!(meter.health().unwrap().damage, None);
    }

    /// What is in no place any more is marked, and nothing else.
    fn check_marks(&self) {
        let there: BTreeSet<String> = self.stored.keys().map(|(_, call)| id(*call)).collect();
        let mut gone: BTreeSet<String> = self.found().into_keys().collect();
        gone.retain(|id| !there.contains(id));
        assert_eq!(self.marked(), gone);
    }

    /// The calls that the ledger says are in no place any more.
    fn marked(&self) -> BTreeSet<String> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let sql = "SELECT uid FROM step WHERE gone IS NOT NULL";
        let mut statement = ledger.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// The input of the calls that were seen in rows of OpenCode 2.
    fn of_2(&self) -> u64 {
        let held = self
            .recorded
            .values()
            .flat_map(|held| held.iter().max().copied());
        let of_2 = held.flatten().filter(|held| held.0 == Place::Two);
        of_2.map(|held| held.2).sum()
    }

    /// The input of each call that the ledger counts.
    fn found(&self) -> BTreeMap<String, u64> {
        self.steps("uid NOT LIKE '%#remainder%'")
    }

    fn steps(&self, which: &str) -> BTreeMap<String, u64> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let mut statement = ledger
            .prepare(&format!(
                "SELECT uid, input FROM step WHERE is_counted AND {which}"
            ))
            .unwrap();
        let row = |row: &rusqlite::Row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
        let rows = statement.query_map([], row).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(12, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_union_of_generations_counts_each_call_once(
        ops in proptest::collection::vec(op(), 1..32)
    ) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
        }
        world.sync(Depth::Thorough);
    }
}
