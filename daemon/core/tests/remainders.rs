// SPDX-License-Identifier: GPL-3.0-or-later
//! What only the totals of OpenCode 2 show, day after day: recorded once, when it appears, for ever.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two;

use std::path::PathBuf;

use octally_core::model::DAY_MS;
use octally_core::sync::Depth;
use proptest::prelude::*;
use two::{MORNING_MS, SESSION, World};

#[test]
fn what_appears_today_does_not_change_yesterday() {
    let mut world = World::new();
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.sync(Depth::Quick);
    assert_eq!(world.days(), [1_050]);
    world.pass(DAY_MS);
    world.call(None, 70);
    world.sync(Depth::Quick);
    assert_eq!(world.days(), [1_050, 70]);
    assert_eq!(world.remainders(), [50, 70]);
    world.assert_adds_up();
}

#[test]
fn where_opencode_does_not_say_when_it_grew_it_is_dated_when_it_was_seen() {
    let mut world = World::new();
    world.call(None, 50);
    world.sync(Depth::Quick);
    world.pass(DAY_MS);
    world.call(None, 70);
    let sql = "UPDATE session_v2 SET time_updated = ?";
    world.database.execute(sql, [MORNING_MS]).unwrap();
    world.sync(Depth::Quick);
    assert_eq!(world.days(), [50, 70]);
}

#[test]
fn a_first_reading_dates_it_where_opencode_does() {
    let mut world = World::new();
    world.call(None, 50);
    world.pass(3 * DAY_MS);
    world.sync(Depth::Quick);
    assert_eq!(world.days(), [50]);
    assert_eq!(world.newest_ms(), MORNING_MS);
}

#[test]
fn reading_again_records_nothing_again() {
    let mut world = World::new();
    for input in [50, 70, 90] {
        world.call(None, input);
        world.sync(Depth::Quick);
    }
    for _ in 0..2 {
        world.restart();
        world.touch();
        world.sync(Depth::Thorough);
    }
    assert_eq!(world.remainders(), [50, 70, 90]);
    world.assert_adds_up();
}

#[test]
fn a_copy_of_the_database_adds_nothing_whether_older_or_newer() {
    let mut world = World::new();
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.sync(Depth::Quick);
    world.copy_to("opencode-older.db");
    world.call(Some("msg_2"), 500);
    world.call(None, 70);
    world.copy_to("opencode-newer.db");
    for depth in [Depth::Quick, Depth::Thorough, Depth::Thorough] {
        world.sync(depth);
        assert_eq!(world.total(), 1_620);
        world.touch();
    }
    world.restart();
    world.sync(Depth::Thorough);
    assert_eq!(world.total(), 1_620);
    world.assert_adds_up();
}

#[test]
fn a_backup_that_is_put_back_loses_nothing_and_repeats_nothing() {
    let mut world = World::new();
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.sync(Depth::Quick);
    let backup = world.copy_to("backup");
    world.call(Some("msg_2"), 500);
    world.call(None, 70);
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 1_620);
    let whole = world.replace_by(&backup);
    world.sync(Depth::Thorough);
    assert_eq!(world.total(), 1_620);
    world.call(Some("msg_3"), 10);
    world.call(None, 7);
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 1_637);
    world.assert_adds_up();
    world.replace_by(&whole);
    world.sync(Depth::Thorough);
    assert_eq!(world.total(), 1_637);
    world.call(None, 3);
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 1_640);
    world.assert_adds_up();
}

#[test]
fn totals_that_were_set_back_in_place_grow_from_there() {
    let mut world = World::new();
    world.call(None, 5_000);
    world.sync(Depth::Quick);
    world.set_back(4_000);
    world.sync(Depth::Quick);
    world.call(None, 30);
    world.sync(Depth::Quick);
    assert_eq!(world.remainders(), [5_000, 30]);
    world.set_back(-4_000);
    world.sync(Depth::Quick);
    assert_eq!(world.remainders(), [5_000, 30]);
}

#[test]
fn a_row_that_becomes_readable_is_not_in_the_remainder_any_more() {
    let mut world = World::new();
    world.call(None, 50);
    world.call(Some("msg_1"), 1_000);
    let whole = world.data("msg_1");
    world.write("msg_1", "{broken");
    world.sync(Depth::Quick);
    assert_eq!(world.remainders(), [1_050]);
    world.pass(DAY_MS);
    world.write("msg_1", &whole);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![50], 1_050));
    assert_eq!(world.days(), [1_050]);
    world.assert_adds_up();
}

#[test]
fn a_late_row_with_a_lower_number_is_read() {
    for is_told in [true, false] {
        let mut world = World::new();
        for (seq, id) in [(10, "msg_1"), (20, "msg_2"), (30, "msg_3")] {
            world.row(id, seq, 1_000);
        }
        world.sync(Depth::Quick);
        world.row("msg_late", 15, 300);
        if is_told {
            world.sync(Depth::Quick);
        } else {
            world.untouch();
            world.sync(Depth::Thorough);
        }
        assert_eq!(world.total(), 3_300, "{is_told}");
        world.assert_adds_up();
    }
}

#[test]
fn a_turn_that_was_reverted_while_nobody_looked_stays_and_what_follows_is_read() {
    let mut world = World::new();
    for (seq, id) in [(10, "msg_1"), (20, "msg_2"), (30, "msg_3")] {
        world.row(id, seq, 1_000);
    }
    world.sync(Depth::Quick);
    world.close();
    let sql = "DELETE FROM session_message WHERE seq >= 20";
    world.database.execute(sql, []).unwrap();
    world.row("msg_4", 12, 40);
    world.row("msg_5", 40, 5);
    world.restart();
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 3_045);
    assert_eq!(world.remainders(), [0_i64; 0]);
    world.assert_adds_up();
}

#[test]
fn only_the_end_of_a_session_is_read_again_after_a_restart() {
    let mut world = World::new();
    for seq in 1..=100 {
        world.row(&format!("msg_{seq}"), seq, 1);
    }
    world.sync(Depth::Quick);
    world.restart();
    world.row("msg_101", 101, 1);
    let report = world.sync(Depth::Quick);
    assert_eq!((report.steps_added, report.messages_read), (1, 2));
}

#[test]
fn the_same_session_in_a_replaced_file_is_read_from_its_beginning() {
    let mut world = World::new();
    world.row("msg_1", 10, 1_000);
    world.row("msg_2", 20, 1_000);
    world.sync(Depth::Quick);
    let other = world.copy_to("other");
    let connection = rusqlite::Connection::open(&other).unwrap();
    let sql = "UPDATE session_message SET id = 'msg_other',
        data = replace(data, '\"input\":1000', '\"input\":7') WHERE id = 'msg_1'";
    assert_eq!(connection.execute(sql, []).unwrap(), 1);
    drop(connection);
    world.close();
    world.replace_by(&other);
    world.restart();
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 2_007);
    assert_eq!(world.session_of("msg_other"), SESSION);
}

#[test]
fn a_row_that_was_reverted_before_any_reading_and_comes_back_counts_once() {
    for is_later in [false, true] {
        let mut world = World::new();
        world.call(Some("msg_1"), 1_000);
        world.call(None, 50);
        let backup = world.copy_to("backup");
        world.revert(1);
        world.sync(Depth::Quick);
        assert_eq!(world.remainders(), [1_050]);
        if is_later {
            world.pass(3 * DAY_MS);
            world.call(None, 7);
            world.sync(Depth::Quick);
        }
        world.replace_by(&backup);
        world.sync(Depth::Quick);
        let later = if is_later { vec![7] } else { Vec::new() };
        assert_eq!(world.remainders(), [vec![50], later.clone()].concat());
        assert_eq!(world.days(), [vec![1_050], later].concat());
        world.assert_adds_up();
    }
}

#[test]
fn a_new_row_in_a_restored_backup_is_no_part_of_an_older_remainder() {
    let mut world = World::new();
    world.call(Some("msg_1"), 1_000);
    let backup = world.copy_to("backup");
    world.call(None, 5_000);
    world.sync(Depth::Quick);
    world.close();
    world.replace_by(&backup);
    world.pass(10);
    world.call(Some("msg_2"), 30);
    world.restart();
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![5_000], 6_030));
    world.assert_adds_up();
}

#[derive(Clone, Debug)]
enum Op {
    /// A call with a row.
    Call(i64),
    /// One without.
    Hidden(i64),
    /// The last rows are deleted; what they cost stays in the totals.
    Revert(u32),
    /// The latest call, if it is of today, is answered once more; the totals hold both.
    Retry(i64),
    NextDay,
    Backup,
    Restore,
    Restart,
    Sync(Depth),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1..1_000_i64).prop_map(Op::Call),
        3 => (1..1_000_i64).prop_map(Op::Hidden),
        1 => (1..4_u32).prop_map(Op::Revert),
        1 => (1..1_000_i64).prop_map(Op::Retry),
        1 => Just(Op::NextDay),
        1 => Just(Op::Backup),
        1 => Just(Op::Restore),
        1 => Just(Op::Restart),
        4 => prop_oneof![Just(Op::Sync(Depth::Quick)), Just(Op::Sync(Depth::Thorough))],
    ]
}

/// The world beside what its ledger has to say of it.
struct History {
    world: World,
    used: i64,
    calls: u32,
    backups: u32,
    backup: Option<PathBuf>,
    past: Vec<i64>,
}

impl History {
    fn new() -> Self {
        Self {
            world: World::new(),
            used: 0,
            calls: 0,
            backups: 0,
            backup: None,
            past: Vec::new(),
        }
    }

    fn call(&mut self, input: i64) {
        self.calls += 1;
        self.used += input;
        let id = format!("msg_{}", self.calls);
        self.world.call(Some(&id), input);
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Call(input) => self.call(input),
            Op::Hidden(input) => {
                self.used += input;
                self.world.call(None, input);
            }
            Op::Revert(rows) => self.world.revert(rows),
            Op::Retry(input) => {
                self.used += self.world.retry(&format!("msg_{}", self.calls), input);
            }
            Op::NextDay => {
                self.check(Depth::Quick);
                self.past = self.world.days();
                self.world.pass(DAY_MS);
            }
            Op::Backup => {
                if self.backup.is_none() {
                    self.backups += 1;
                    let name = format!("backup-{}", self.backups);
                    self.backup = Some(self.world.copy_to(&name));
                }
            }
            Op::Restore => self.restore(),
            Op::Restart => self.world.restart(),
            Op::Sync(depth) => self.check(depth),
        }
    }

    /// More is lost than ever grows unseen, so that nothing is mistaken for what was lost.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else {
            return;
        };
        self.call(1_000_000);
        self.check(Depth::Quick);
        self.backup = Some(self.world.replace_by(&backup));
        self.check(Depth::Quick);
    }

    fn check(&mut self, depth: Depth) {
        self.world.sync(depth);
        assert_eq!(self.world.total(), self.used);
        let days = self.world.days();
        assert_eq!(days[..self.past.len()], self.past, "a past day has changed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(24, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_everything_counts_once_and_past_days_stay(
        ops in proptest::collection::vec(op(), 1..30)
    ) {
        let mut history = History::new();
        for op in &ops {
            history.apply(op);
        }
        history.check(Depth::Thorough);
        history.world.assert_adds_up();
    }
}
