// SPDX-License-Identifier: GPL-3.0-or-later
//! Message files of 0.5, whose steps are in parts: a part that was damaged and is whole again counts, though
//! no message has changed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::path::PathBuf;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{START_MS, open_meter, sync};

const PARTS: [&str; 2] = ["prt_1", "prt_2"];

struct Turn {
    folder: tempfile::TempDir,
    meter: Meter,
}

impl Turn {
    /// A message with two steps.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("opencode");
        let messages = data_dir.join("storage/message/ses_a");
        std::fs::create_dir_all(&messages).unwrap();
        let message = format!(
            r#"{{"role":"assistant","providerID":"p","modelID":"m","cost":3,"time":{{"created":{START_MS},"completed":{START_MS}}},{}}}"#,
            tokens(200)
        );
        std::fs::write(messages.join("msg_a.json"), message).unwrap();
        std::fs::create_dir_all(data_dir.join("storage/part/msg_a")).unwrap();
        let meter = open_meter(&folder.path().join("ledger.db"), &data_dir);
        let turn = Self { folder, meter };
        turn.put_back();
        turn
    }

    fn part(&self, id: &str) -> PathBuf {
        let parts = self.folder.path().join("opencode/storage/part/msg_a");
        parts.join(format!("{id}.json"))
    }

    /// As another file of the same name, which is how a backup comes back.
    fn write(&self, id: &str, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.part(id)).unwrap();
    }

    fn put_back(&self) {
        for (id, input) in PARTS.iter().zip([100, 200]) {
            self.write(id, &finished_step(input));
        }
    }

    fn input_after(&mut self, depth: Depth) -> u64 {
        sync(&mut self.meter, depth);
        let report = self.meter.report(&Request::new(By::Day), &Zone::utc());
        report.unwrap().totals.tokens.input
    }
}

fn tokens(input: u64) -> String {
    format!(
        r#""tokens":{{"input":{input},"output":1,"reasoning":0,"cache":{{"read":0,"write":0}}}}"#
    )
}

fn finished_step(input: u64) -> String {
    format!(r#"{{"type":"step-finish","cost":1.5,{}}}"#, tokens(input))
}

#[test]
fn a_part_that_was_broken_is_read_when_it_is_whole_again() {
    let mut turn = Turn::new();
    turn.write("prt_1", "{\"type\":\"step-fin");
    assert_eq!(turn.input_after(Depth::Thorough), 200);
    assert_eq!(turn.meter.health().unwrap().damage, None);
    turn.put_back();
    assert_eq!(turn.input_after(Depth::Thorough), 300);
    assert_eq!(sync(&mut turn.meter, Depth::Thorough).problems, []);
}

#[test]
fn a_part_that_was_mended_in_its_place_is_read() {
    let mut turn = Turn::new();
    turn.write("prt_1", "{\"type\":\"step-fin");
    assert_eq!(turn.input_after(Depth::Thorough), 200);
    std::fs::write(turn.part("prt_1"), finished_step(100)).unwrap();
    assert_eq!(turn.input_after(Depth::Thorough), 300);
}

#[test]
fn a_part_that_had_lost_its_name_is_read_when_it_is_put_back() {
    let mut turn = Turn::new();
    turn.write(
        "prt_1",
        &finished_step(100).replace("step-finish", "step-finisi"),
    );
    assert_eq!(turn.input_after(Depth::Thorough), 200);
    turn.put_back();
    assert_eq!(turn.input_after(Depth::Thorough), 300);
}

#[test]
fn a_last_part_that_had_lost_its_name_is_read_when_it_is_put_back() {
    let mut turn = Turn::new();
    turn.write(
        "prt_2",
        &finished_step(200).replace("step-finish", "step-finisi"),
    );
    assert_eq!(turn.input_after(Depth::Thorough), 100);
    turn.put_back();
    assert_eq!(turn.input_after(Depth::Thorough), 300);
}
