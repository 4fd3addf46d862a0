// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns of 0.5 with several steps in one message file, which 1.2 took over as one row with the tokens of the last
//! step and the cost of all: the file knows better, and what forks copy of the row is no other call.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, sync};

fn tokens(input: u64) -> String {
    format!(
        r#""tokens":{{"input":{input},"output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}}"#
    )
}

/// The message of a turn whose last step had `input` tokens and whose steps cost `cost` together.
fn message(input: u64, cost: f64) -> String {
    format!(
        r#"{{"role":"assistant","providerID":"p","modelID":"m","mode":"build","cost":{cost},
        "time":{{"created":{START_MS},"completed":{}}},{}}}"#,
        START_MS + 9,
        tokens(input)
    )
}

struct World {
    opencode: OpenCode,
    meter: Meter,
}

impl World {
    fn new() -> Self {
        let opencode = OpenCode::new();
        let meter = opencode.meter();
        opencode.session("ses_a", None, START_MS - 1);
        Self { opencode, meter }
    }

    /// A turn of two steps, of 100 and 70 tokens, as 0.5 kept it.
    fn file(&self) {
        let storage = self.opencode.folder.path().join("opencode/storage");
        let (messages, parts) = (storage.join("message/ses_a"), storage.join("part/msg_1"));
        std::fs::create_dir_all(&messages).unwrap();
        std::fs::create_dir_all(&parts).unwrap();
        std::fs::write(messages.join("msg_1.json"), message(70, 0.3)).unwrap();
        for (name, input, cost) in [("prt_1", 100, 0.1), ("prt_2", 70, 0.2)] {
            let part = format!(
                r#"{{"type":"step-finish","cost":{cost},{}}}"#,
                tokens(input)
            );
            std::fs::write(parts.join(format!("{name}.json")), part).unwrap();
        }
    }

    /// The row that 1.2 made of it.
    fn row(&self) {
        let row = message(70, 0.3);
        self.opencode
            .message("msg_1", "ses_a", START_MS, START_MS + 50, &row);
    }

    /// What a fork makes of the row.
    fn fork(&self, name: &str) {
        let (session, copy) = (format!("ses_{name}"), format!("msg_{name}"));
        self.opencode.session(&session, None, START_MS + 5_000);
        let row = message(70, 0.3);
        self.opencode
            .message(&copy, &session, START_MS, START_MS + 5_000, &row);
    }

    fn check(&mut self, depth: Depth) {
        sync(&mut self.meter, depth);
        let request = Request::new(By::Session);
        let totals = self.meter.report(&request, &Zone::utc()).unwrap().totals;
        assert_eq!((totals.steps, totals.tokens.input), (2, 170));
        assert!((totals.cost.billed_usd - 0.3).abs() < 1e-9);
        assert_eq!(self.meter.health().unwrap().damage, None);
    }

    fn check_all(&mut self) {
        for depth in [Depth::Quick, Depth::Thorough, Depth::Thorough] {
            self.check(depth);
        }
        self.meter = self.opencode.meter();
        self.check(Depth::Thorough);
        let found = self.meter.reconcile(0).unwrap();
        assert!(found.adds_up, "{found:#?}");
    }
}

#[test]
fn copies_of_a_taken_over_turn_of_0_5_are_not_counted_beside_its_steps() {
    let mut world = World::new();
    world.file();
    world.row();
    world.fork("b");
    world.fork("c");
    world.check_all();
}

#[test]
fn a_turn_of_0_5_is_forked_while_the_meter_looks() {
    let mut world = World::new();
    world.file();
    world.row();
    world.check(Depth::Quick);
    world.fork("b");
    world.check_all();
}

/// As after the folder of the files was not mounted, or was put back.
#[test]
fn the_files_of_a_taken_over_turn_of_0_5_that_come_last_replace_its_row_and_no_copy_appears() {
    let mut world = World::new();
    world.row();
    world.fork("b");
    sync(&mut world.meter, Depth::Thorough);
    world.file();
    sync(&mut world.meter, Depth::Thorough);
    world.check_all();
}

/// The copy is known before the row of its original.
#[test]
fn the_row_of_a_turn_of_0_5_that_comes_last_takes_back_its_copies() {
    let mut world = World::new();
    world.file();
    world.fork("b");
    sync(&mut world.meter, Depth::Thorough);
    world.row();
    world.check_all();
}

#[test]
fn a_turn_whose_row_is_deleted_later_stays_the_original_of_its_copies() {
    let mut world = World::new();
    world.file();
    world.row();
    world.check(Depth::Quick);
    let sql = "DELETE FROM message WHERE id = 'msg_1'";
    world.opencode.connection.execute(sql, []).unwrap();
    world.fork("b");
    world.check_all();
}
