// SPDX-License-Identifier: GPL-3.0-or-later
//! The snapshot: runs and sessions joined with the ledger, days, freshness.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::{Host, Live, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::source::stats_file::{PlainSession, Run, RunSession, RunState, StatsFile};
use octally_core::sync::{Depth, Origins, SyncReport};
use octally_core::wire::{Basis, FreshnessState, Snapshot, State, WaitingFor};
use opencode::{OpenCode, START_MS, answer, sync};

const MINUTE_MS: i64 = 60_000;

struct Desk {
    opencode: OpenCode,
    meter: Meter,
    live: Live,
    last: SyncReport,
    is_alive: bool,
}

impl Desk {
    fn new() -> Self {
        let opencode = OpenCode::new();
        let meter = opencode.meter();
        Self {
            opencode,
            meter,
            live: Live::default(),
            last: SyncReport::default(),
            is_alive: true,
        }
    }

    fn call(&mut self, id: &str, session: &str, turn: &str, at_ms: i64, input: u64) {
        self.opencode.message(
            id,
            session,
            at_ms,
            at_ms,
            &answer(turn, at_ms, input, 1, 0.001),
        );
        self.last = sync(&mut self.meter, Depth::Quick);
    }

    fn runs(&mut self, runs: Vec<Run>) {
        self.live.files = vec![StatsFile { runs, plain: None }];
    }

    fn at(&self, now_ms: i64) -> Snapshot {
        let is_alive = &|_: &_| self.is_alive;
        let threshold_ms = 15 * MINUTE_MS;
        self.meter
            .snapshot(
                &self.live,
                &self.last,
                is_alive,
                threshold_ms,
                &Zone::utc(),
                now_ms,
            )
            .unwrap()
    }
}

fn run(id: &str, started_ms: i64, sessions: Vec<RunSession>) -> Run {
    Run {
        id: id.into(),
        process: Default::default(),
        started_ms,
        last_activity_ms: sessions
            .iter()
            .map(|s| s.last_activity_ms)
            .max()
            .unwrap_or(started_ms),
        ended_ms: None,
        sessions,
    }
}

fn session(id: &str, parent: Option<&str>, state: RunState, since_ms: i64) -> RunSession {
    RunSession {
        id: id.into(),
        parent_id: parent.map(str::to_owned),
        state,
        since_ms,
        last_activity_ms: since_ms,
    }
}

#[test]
fn the_session_figure_is_of_the_run_its_sub_agents_included() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS - 1);
    desk.opencode
        .session("ses_child", Some("ses_a"), START_MS + 10);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 100);
    desk.runs(vec![run(
        "r",
        START_MS + 5,
        vec![session("ses_a", None, RunState::Busy, START_MS + 6)],
    )]);
    let before = desk.at(START_MS + 7).session.unwrap();
    assert_eq!((before.basis, before.usage.steps), (Basis::Run, 0));
    desk.call("msg_2", "ses_a", "turn_2", START_MS + 20, 10);
    desk.call("msg_3", "ses_child", "turn_c", START_MS + 30, 1);
    let now = desk.at(START_MS + 40);
    let figure = now.session.unwrap();
    assert_eq!(
        (figure.usage.tokens.input, figure.usage.steps, figure.state),
        (11, 2, State::Busy)
    );
    let line = &now.sessions[0];
    assert_eq!((line.usage.tokens.input, line.turn.tokens.input), (111, 11));
    assert_eq!(
        (line.title.as_deref(), line.project.as_deref()),
        (Some("a title"), Some("p"))
    );
    assert_eq!(now.total.tokens.input, 111);
}

#[test]
fn a_root_session_waits_when_its_sub_agent_does() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS);
    desk.opencode.session("ses_child", Some("ses_a"), START_MS);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 1);
    desk.call("msg_2", "ses_child", "turn_1", START_MS, 1);
    let child = session(
        "ses_child",
        Some("ses_a"),
        RunState::WaitingPermission,
        START_MS + 9,
    );
    desk.runs(vec![run(
        "r",
        START_MS,
        vec![session("ses_a", None, RunState::Busy, START_MS), child],
    )]);
    let now = desk.at(START_MS + 10);
    assert_eq!(now.state, State::Waiting);
    let root = now
        .sessions
        .iter()
        .find(|line| line.parent.is_none())
        .unwrap();
    assert_eq!(
        (root.state, root.waiting_for),
        (State::Waiting, Some(WaitingFor::Permission))
    );
}

#[test]
fn a_silent_session_is_idle_after_the_threshold_and_a_dead_run_is_gone() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 1);
    desk.runs(vec![run(
        "r",
        START_MS,
        vec![session("ses_a", None, RunState::Busy, START_MS)],
    )]);
    assert_eq!(desk.at(START_MS + 14 * MINUTE_MS).state, State::Busy);
    let silent = desk.at(START_MS + 15 * MINUTE_MS);
    assert_eq!(
        (silent.state, silent.sessions[0].is_silent),
        (State::Idle, true)
    );
    desk.is_alive = false;
    let gone = desk.at(START_MS + 15 * MINUTE_MS);
    assert_eq!((gone.state, gone.sessions.len()), (State::Gone, 0));
    assert_eq!(gone.session.unwrap().state, State::Gone);
}

#[test]
fn a_session_is_busy_as_long_as_its_sub_agent_is_at_work() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS);
    desk.opencode.session("ses_child", Some("ses_a"), START_MS);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 1);
    let late_ms = START_MS + 14 * MINUTE_MS;
    let child = session("ses_child", Some("ses_a"), RunState::Busy, late_ms);
    let root = session("ses_a", None, RunState::Busy, START_MS);
    desk.runs(vec![run("r", START_MS, vec![root, child])]);
    let root_at = |now_ms| {
        let now = desk.at(now_ms);
        let root = now.sessions.iter().find(|line| line.parent.is_none());
        let root = root.unwrap();
        (root.state, root.is_silent, root.last_activity_ms)
    };
    let at_work = (State::Busy, false, late_ms);
    assert_eq!(root_at(START_MS + 20 * MINUTE_MS), at_work);
    let silent = (State::Idle, true, late_ms);
    assert_eq!(root_at(late_ms + 15 * MINUTE_MS), silent);
}

#[test]
fn without_a_plugin_the_newest_root_session_stands_in() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS);
    desk.opencode.session("ses_child", Some("ses_a"), START_MS);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 5);
    desk.call("msg_2", "ses_child", "turn_2", START_MS + 1, 6);
    let figure = desk.at(START_MS + 2).session.unwrap();
    assert_eq!(
        (figure.basis, figure.id.as_str()),
        (Basis::Session, "ses_a")
    );
    assert_eq!(
        (figure.usage.tokens.input, figure.state),
        (11, State::Unknown)
    );
    let plain = PlainSession {
        is_idle: true,
        ..PlainSession::default()
    };
    desk.live.files = vec![StatsFile {
        runs: Vec::new(),
        plain: Some(plain),
    }];
    assert_eq!(desk.at(START_MS + 2).session.unwrap().state, State::Idle);
}

#[test]
fn today_and_month_end_at_midnight_in_any_zone() {
    let mut desk = Desk::new();
    // 2026-11-30, 23:59:00 UTC.
    let late_ms = 1_796_083_140_000;
    desk.opencode.session("ses_a", None, late_ms);
    desk.call("msg_1", "ses_a", "turn_1", late_ms, 7);
    let before = desk.at(late_ms + 59_999);
    assert_eq!(
        (before.today.tokens.input, before.month.tokens.input),
        (7, 7)
    );
    let after = desk.at(late_ms + 60_000);
    assert_eq!(
        (after.today.steps, after.month.steps, after.total.steps),
        (0, 0, 1)
    );
    assert_eq!(after.week[5].usage.steps, 1);
    let kathmandu = Zone::new("Asia/Kathmandu", |_| 20_700);
    let there = desk
        .meter
        .snapshot(
            &desk.live,
            &desk.last,
            &|_| true,
            0,
            &kathmandu,
            late_ms + 60_000,
        )
        .unwrap();
    assert_eq!((there.today.tokens.input, there.month.tokens.input), (7, 7));
}

#[test]
fn a_first_reading_that_is_not_done_is_stale_and_says_why() {
    let mut desk = Desk::new();
    desk.opencode.session("ses_a", None, START_MS);
    let message = answer("turn_1", START_MS, 7, 1, 0.001);
    desk.opencode
        .message("msg_0", "ses_a", START_MS, START_MS, &message);
    desk.opencode
        .connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO message SELECT 'msg_many' || i, session_id, time_created, time_updated, data
             FROM n, (SELECT * FROM message)",
        )
        .unwrap();
    desk.last = desk
        .meter
        .sync(Depth::Quick, &Zone::utc(), START_MS, &mut |_| false)
        .unwrap();
    let snapshot = desk.at(START_MS);
    assert!(snapshot.total.steps < 10_000, "{}", snapshot.total.steps);
    assert_eq!(snapshot.freshness.state, FreshnessState::Stale);
    let reason = snapshot.freshness.reason.unwrap();
    assert!(reason.contains("not all been read yet"), "{reason}");
}

#[test]
fn freshness_says_empty_fresh_and_stale() {
    let mut desk = Desk::new();
    let state = |desk: &Desk| desk.at(START_MS).freshness.state;
    assert_eq!(state(&desk), FreshnessState::Empty);
    desk.opencode.session("ses_a", None, START_MS);
    desk.call("msg_1", "ses_a", "turn_1", START_MS, 7);
    assert_eq!(state(&desk), FreshnessState::Fresh);
    let database = desk.opencode.database();
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{end}", database.display())).unwrap();
    }
    std::fs::write(&database, "this is not a database any more, not at all").unwrap();
    desk.meter = desk.opencode.meter();
    desk.last = sync(&mut desk.meter, Depth::Quick);
    let stale = desk.at(START_MS);
    assert_eq!(stale.freshness.state, FreshnessState::Stale);
    assert!(stale.freshness.reason.is_some());
    assert_eq!(stale.total.steps, 1);
}

#[test]
fn a_price_that_appears_later_estimates_what_had_none() {
    let opencode = OpenCode::new();
    let prices = opencode.folder.path().join("models.json");
    let origins = Origins {
        data_dirs: vec![opencode.folder.path().join("opencode")],
        price_files: vec![prices.clone()],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    let mut meter = Meter::open(&opencode.ledger(), origins, host).unwrap();
    opencode.session("ses_a", None, START_MS);
    let unstored = answer("turn", START_MS, 1_000_000, 0, 0.0);
    opencode.message("msg_1", "ses_a", START_MS, START_MS, &unstored);
    let cost = |meter: &Meter| {
        meter
            .report(&Request::new(By::Day), &Zone::utc())
            .unwrap()
            .totals
            .cost
    };
    sync(&mut meter, Depth::Quick);
    assert_eq!(
        (cost(&meter).unpriced_steps, cost(&meter).estimated_usd),
        (1, None)
    );
    std::fs::write(
        &prices,
        r#"{"p":{"models":{"m":{"cost":{"input":2,"output":8}}}}}"#,
    )
    .unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(
        (cost(&meter).unpriced_steps, cost(&meter).estimated_usd),
        (0, Some(2.0))
    );
    std::fs::write(
        &prices,
        r#"{"p":{"models":{"m":{"cost":{"input":9,"output":9}}}}}"#,
    )
    .unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(cost(&meter).estimated_usd, Some(2.0));
    assert_eq!(meter.health().unwrap().damage, None);
}
