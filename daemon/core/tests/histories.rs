// SPDX-License-Identifier: GPL-3.0-or-later
//! Any history of OpenCode, synced at any moments and restarted in between, leaves the totals of the
//! distinct calls that were ever seen finished.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::collections::BTreeMap;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    /// A new call in a session.
    Append {
        session: usize,
        input: u64,
        output: u64,
    },
    /// An old call gets other figures, as when its row is written again.
    Update {
        call: usize,
        output: u64,
    },
    /// A row is written again as it is.
    Duplicate {
        call: usize,
    },
    /// A new session with copies of all calls of another.
    Fork {
        session: usize,
    },
    /// A session and its rows are gone.
    Delete {
        session: usize,
    },
    /// Rows come in with old times and without events, as by `opencode import`.
    Import {
        input: u64,
    },
    /// The last calls of a session are undone: their rows are gone and an event tells.
    Revert {
        session: usize,
        calls: usize,
    },
    /// The newest rows of the file are lost, as by a crash or an old backup, and no event tells.
    Truncate {
        calls: usize,
    },
    /// All rows are written again in the opposite order, as by a dump that is read in.
    Reorder,
    Vacuum,
    Sync {
        thorough: bool,
    },
    /// The meter is dropped and opened again.
    Restart,
    /// A sync that is stopped after its first batch.
    Interrupt,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..4_usize, 1..5_000_u64, 0..500_u64)
            .prop_map(|(session, input, output)| Op::Append { session, input, output }),
        2 => (0..64_usize, 0..500_u64).prop_map(|(call, output)| Op::Update { call, output }),
        1 => (0..64_usize).prop_map(|call| Op::Duplicate { call }),
        1 => (0..4_usize).prop_map(|session| Op::Fork { session }),
        1 => (0..4_usize).prop_map(|session| Op::Delete { session }),
        1 => (1..5_000_u64).prop_map(|input| Op::Import { input }),
        1 => (0..4_usize, 1..4_usize).prop_map(|(session, calls)| Op::Revert { session, calls }),
        1 => (1..6_usize).prop_map(|calls| Op::Truncate { calls }),
        1 => Just(Op::Reorder),
        1 => Just(Op::Vacuum),
        4 => any::<bool>().prop_map(|thorough| Op::Sync { thorough }),
        1 => Just(Op::Restart),
        1 => Just(Op::Interrupt),
    ]
}

#[derive(Clone)]
struct Call {
    id: String,
    session: String,
    created_ms: i64,
    input: u64,
    output: u64,
    is_copy: bool,
    is_deleted: bool,
}

struct World {
    opencode: OpenCode,
    meter: Option<Meter>,
    calls: Vec<Call>,
    sessions: Vec<String>,
    /// What the meter must hold: original calls by id as they were at the last complete sync.
    recorded: BTreeMap<String, (u64, u64)>,
    clock_ms: i64,
}

impl World {
    fn new() -> Self {
        let opencode = OpenCode::new();
        let meter = Some(opencode.meter());
        let mut world = Self {
            opencode,
            meter,
            calls: Vec::new(),
            sessions: Vec::new(),
            recorded: BTreeMap::new(),
            clock_ms: START_MS,
        };
        for _ in 0..4 {
            world.new_session();
        }
        world
    }

    fn tick(&mut self) -> i64 {
        self.clock_ms += 7_001;
        self.clock_ms
    }

    fn new_session(&mut self) -> String {
        let (id, now_ms) = (format!("ses_{}", self.sessions.len()), self.tick());
        self.opencode.session(&id, None, now_ms);
        self.sessions.push(id.clone());
        id
    }

    fn write(&mut self, call: &Call) {
        let updated_ms = self.tick();
        let cost = call.input as f64 / 1e6;
        let data = answer("msg_user", call.created_ms, call.input, call.output, cost);
        self.opencode
            .message(&call.id, &call.session, call.created_ms, updated_ms, &data);
    }

    fn call(
        &mut self,
        session: &str,
        created_ms: i64,
        input: u64,
        output: u64,
        is_copy: bool,
    ) -> Call {
        Call {
            id: format!("msg_{}", self.calls.len()),
            session: session.into(),
            created_ms,
            input,
            output,
            is_copy,
            is_deleted: false,
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append {
                session,
                input,
                output,
            } => {
                let (session, created_ms) = (self.sessions[session].clone(), self.tick());
                let call = self.call(&session, created_ms, input, output, false);
                self.write(&call);
                self.calls.push(call);
            }
            Op::Update { call, output } => {
                // A call that was forked is settled: OpenCode copies only finished ones.
                let changeable = |call: &&mut Call| !call.is_deleted && !call.is_copy;
                let copied: Vec<i64> = self
                    .calls
                    .iter()
                    .filter(|c| c.is_copy)
                    .map(|c| c.created_ms)
                    .collect();
                if let Some(call) = self.calls.get_mut(call).filter(changeable)
                    && !copied.contains(&call.created_ms)
                {
                    call.output = output;
                    let call = call.clone();
                    self.write(&call);
                }
            }
            Op::Duplicate { call } => {
                if let Some(call) = self
                    .calls
                    .get(call)
                    .filter(|call| !call.is_deleted)
                    .cloned()
                {
                    self.write(&call);
                }
            }
            Op::Fork { session } => self.fork(session),
            Op::Delete { session } => self.delete(session),
            Op::Import { input } => self.import(input),
            Op::Revert { session, calls } => self.revert(session, calls),
            Op::Truncate { calls } => self.lose(calls, |_| true),
            Op::Reorder => self.reorder(),
            Op::Vacuum => self.opencode.connection.execute_batch("VACUUM").unwrap(),
            Op::Sync { thorough } => self.sync(if thorough {
                Depth::Thorough
            } else {
                Depth::Quick
            }),
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

    fn fork(&mut self, session: usize) {
        // Settle first: a copy is told by its original, and which of the two was deleted before either
        // was seen cannot be told by anyone.
        self.sync(Depth::Thorough);
        let source = self.sessions[session].clone();
        let fork = self.new_session();
        let originals: Vec<Call> = self
            .calls
            .iter()
            .filter(|c| c.session == source)
            .cloned()
            .collect();
        for original in originals.iter().filter(|call| !call.is_deleted) {
            let copy = self.call(
                &fork,
                original.created_ms,
                original.input,
                original.output,
                true,
            );
            self.write(&copy);
            self.calls.push(copy);
        }
    }

    fn delete(&mut self, session: usize) {
        let id = self.sessions[session].clone();
        let sql = "DELETE FROM message WHERE session_id = ?";
        self.opencode.connection.execute(sql, [&id]).unwrap();
        for call in self.calls.iter_mut().filter(|call| call.session == id) {
            call.is_deleted = true;
        }
    }

    fn revert(&mut self, session: usize, calls: usize) {
        let id = self.sessions[session].clone();
        self.lose(calls, |call| call.session == id);
        self.opencode.bump(&id);
    }

    /// The last `calls` of those calls that are there are not any more.
    fn lose(&mut self, calls: usize, is_meant: impl Fn(&Call) -> bool) {
        let there = self
            .calls
            .iter_mut()
            .rev()
            .filter(|call| !call.is_deleted && is_meant(call));
        for call in there.take(calls) {
            call.is_deleted = true;
            let sql = "DELETE FROM message WHERE id = ?";
            self.opencode.connection.execute(sql, [&call.id]).unwrap();
        }
    }

    fn reorder(&self) {
        let sql = "CREATE TEMP TABLE dump AS SELECT * FROM message ORDER BY rowid DESC;
            DELETE FROM message; INSERT INTO message SELECT * FROM dump; DROP TABLE dump";
        self.opencode.connection.execute_batch(sql).unwrap();
    }

    fn import(&mut self, input: u64) {
        let (id, created_ms) = (
            format!("ses_import_{}", self.calls.len()),
            START_MS - 5_000_000,
        );
        let sql = "INSERT INTO session VALUES (?, 'p', NULL, '/', 't', NULL, ?, ?, NULL)";
        self.opencode
            .connection
            .execute(sql, rusqlite::params![id, created_ms, created_ms])
            .unwrap();
        let created_ms = created_ms + self.calls.len() as i64;
        let call = self.call(&id, created_ms, input, 1, false);
        let data = answer("msg_user", created_ms, input, 1, input as f64 / 1e6);
        let sql = "INSERT INTO message VALUES (?, ?, ?, ?, ?)";
        let row = rusqlite::params![call.id, id, created_ms, created_ms, data];
        self.opencode.connection.execute(sql, row).unwrap();
        self.calls.push(call);
    }

    fn sync(&mut self, depth: Depth) {
        let report = sync(self.meter.as_mut().unwrap(), depth);
        assert_eq!(report.problems, []);
        if depth == Depth::Thorough {
            self.settle();
        }
    }

    fn settle(&mut self) {
        for call in self
            .calls
            .iter()
            .filter(|call| !call.is_deleted && !call.is_copy)
        {
            self.recorded
                .insert(call.id.clone(), (call.input, call.output));
        }
    }

    fn check(&mut self) {
        self.sync(Depth::Thorough);
        let meter = self.meter.as_ref().unwrap();
        assert_eq!(meter.health().unwrap().damage, None);
        let totals = meter
            .report(&Request::new(By::Day), &Zone::utc())
            .unwrap()
            .totals;
        // What a quick sync saw before a deletion may be more than this model knows: never less.
        let seen: BTreeMap<&String, &(u64, u64)> = self.recorded.iter().collect();
        let (input, output) = seen
            .values()
            .fold((0, 0), |sum, call| (sum.0 + call.0, sum.1 + call.1));
        assert_eq!((totals.tokens.input, totals.tokens.output), (input, output));
        assert_eq!(totals.steps, seen.len() as u64);
        let billed = (totals.cost.billed_usd * 1e6).round() as u64;
        assert_eq!(billed, input);
    }
}

/// What is deleted or changed unseen is unknown to everybody.
fn is_loss(op: &Op) -> bool {
    let is_change = matches!(op, Op::Restart | Op::Update { .. });
    is_change
        || matches!(
            op,
            Op::Delete { .. } | Op::Revert { .. } | Op::Truncate { .. }
        )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(48, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_history_leaves_the_totals_of_the_distinct_calls(
        ops in proptest::collection::vec(op(), 1..40)
    ) {
        let mut world = World::new();
        for op in &ops {
            if is_loss(op) {
                world.sync(Depth::Thorough);
            }
            world.apply(op);
        }
        world.check();
    }
}

#[test]
fn a_quick_sync_sees_a_new_call_an_update_and_a_fork() {
    let mut world = World::new();
    world.apply(&Op::Append {
        session: 0,
        input: 10,
        output: 1,
    });
    world.sync(Depth::Quick);
    world.apply(&Op::Append {
        session: 0,
        input: 20,
        output: 2,
    });
    world.apply(&Op::Update { call: 0, output: 5 });
    world.sync(Depth::Quick);
    let totals = |world: &World| {
        let request = Request::new(By::Session);
        world
            .meter
            .as_ref()
            .unwrap()
            .report(&request, &Zone::utc())
            .unwrap()
            .totals
    };
    assert_eq!(
        (totals(&world).tokens.input, totals(&world).tokens.output),
        (30, 7)
    );
    world.apply(&Op::Fork { session: 0 });
    world.sync(Depth::Quick);
    assert_eq!((totals(&world).tokens.input, totals(&world).steps), (30, 2));
}

#[test]
fn an_orphan_copy_counts_once_and_gives_way_to_its_original() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    let steps = |meter: &Meter| {
        meter
            .report(&Request::new(By::Model), &Zone::utc())
            .unwrap()
            .totals
            .steps
    };
    let data = answer("msg_user", START_MS, 10, 1, 0.01);
    opencode.session("ses_fork", None, START_MS + 50_000);
    opencode.message("msg_copy", "ses_fork", START_MS, START_MS + 50_000, &data);
    opencode.session("ses_fork2", None, START_MS + 60_000);
    opencode.message("msg_copy2", "ses_fork2", START_MS, START_MS + 60_000, &data);
    sync(&mut meter, Depth::Quick);
    assert_eq!(steps(&meter), 1);
    opencode.session("ses_original", None, START_MS - 1_000);
    opencode.message(
        "msg_original",
        "ses_original",
        START_MS,
        START_MS + 70_000,
        &data,
    );
    sync(&mut meter, Depth::Quick);
    assert_eq!(steps(&meter), 1);
    let by_session = meter
        .report(&Request::new(By::Session), &Zone::utc())
        .unwrap();
    assert_eq!(by_session.rows[0].key.as_deref(), Some("ses_original"));
    assert_eq!(meter.health().unwrap().damage, None);
}

#[test]
fn another_time_zone_refolds_the_days_without_changing_the_total() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    opencode.session("ses_a", None, START_MS - 1);
    for hour in 0..40 {
        let at_ms = START_MS + hour * 3_600_000;
        opencode.message(
            &format!("msg_{hour}"),
            "ses_a",
            at_ms,
            at_ms,
            &answer("u", at_ms, 100, 1, 0.1),
        );
    }
    for offset in [0, 5 * 3600 + 2700, -9 * 3600 - 1800, 10 * 3600 + 1800] {
        let zone = Zone::new(format!("zone {offset}"), move |_| offset);
        meter
            .sync(Depth::Quick, &zone, START_MS, &mut |_| true)
            .unwrap();
        meter
            .sync(Depth::Thorough, &zone, START_MS, &mut |_| true)
            .unwrap();
        let days = meter.report(&Request::new(By::Day), &zone).unwrap();
        assert_eq!(days.totals.tokens.input, 4_000);
        assert_eq!(
            days.rows
                .iter()
                .map(|row| row.totals.tokens.input)
                .sum::<u64>(),
            4_000
        );
        assert_eq!(meter.health().unwrap().damage, None);
    }
}
