// SPDX-License-Identifier: GPL-3.0-or-later
//! An OpenCode that does one thing after another, and a model of what the ledger must hold of it.

mod check;
mod deeds;
mod op;
mod places;
mod stored;

use std::collections::BTreeMap;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::sync::Depth;

use crate::opencode::{OpenCode, START_MS, answer, sync};
pub use op::{Op, hides_something, op};
use stored::{Call, Mark, Stored, id, prompt_id};

pub struct World {
    opencode: OpenCode,
    pub meter: Option<Meter>,
    stored: Stored,
    backup: Option<Stored>,
    sessions: Vec<String>,
    /// What the meter must hold: original calls as they were written last, of what complete syncs saw.
    recorded: BTreeMap<usize, Call>,
    /// Every call that was ever seen, copies included, with its mark.
    marks: BTreeMap<usize, Option<Mark>>,
    clock_ms: i64,
}

impl World {
    pub fn new() -> Self {
        let opencode = OpenCode::new();
        let sql = "ALTER TABLE session ADD COLUMN revert text";
        opencode.connection.execute_batch(sql).unwrap();
        let meter = Some(opencode.meter());
        let mut world = Self {
            opencode,
            meter,
            stored: Stored::default(),
            backup: None,
            sessions: Vec::new(),
            recorded: BTreeMap::new(),
            marks: BTreeMap::new(),
            clock_ms: START_MS,
        };
        for _ in 0..4 {
            world.new_session();
        }
        world
    }

    fn execute(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) {
        self.opencode.connection.execute(sql, parameters).unwrap();
    }

    fn tick(&mut self) -> i64 {
        self.clock_ms += 7_001;
        self.clock_ms
    }

    fn new_session(&mut self) -> String {
        let (id, now_ms) = (format!("ses_{}", self.sessions.len()), self.tick());
        self.opencode.session(&id, None, now_ms);
        self.sessions.push(id.clone());
        self.stored.sessions.insert(id.clone());
        id
    }

    /// Writes a call's row as the model has it.
    fn write(&mut self, call: usize) {
        let updated_ms = self.tick();
        self.stored.calls[call].updated_ms = updated_ms;
        let Call {
            session,
            created_ms,
            input,
            output,
            ..
        } = self.stored.calls[call].clone();
        let data = answer(
            &prompt_id(call),
            created_ms,
            input,
            output,
            input as f64 / 1e6,
        );
        let data = places::varied(&data, created_ms);
        self.opencode
            .message(&id(call), &session, created_ms, updated_ms, &data);
    }

    /// A new call with its prompt.
    fn add(&mut self, session: &str, created_ms: i64, figures: (u64, u64), is_copy: bool) {
        let (call, now_ms) = (self.stored.calls.len(), self.tick());
        self.stored.calls.push(Call {
            session: session.into(),
            created_ms,
            input: figures.0,
            output: figures.1,
            updated_ms: now_ms,
            is_copy,
            has_prompt: true,
            has_row: true,
        });
        let data = r#"{"role":"user"}"#;
        let prompt = prompt_id(call);
        self.opencode
            .message(&prompt, session, created_ms - 1, now_ms, data);
        self.write(call);
    }

    pub fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append {
                session,
                input,
                output,
            } => self.append(session, input, output),
            Op::Update { call, output } => self.update(call, output),
            Op::Duplicate { call } => {
                if self.stored.calls.get(call).is_some_and(|call| call.has_row) {
                    self.write(call);
                }
            }
            Op::Fork { session } => self.fork(session),
            Op::Delete { session, is_whole } => self.delete(session, is_whole),
            Op::DeleteMessage { call } => self.delete_message(call),
            Op::Revert { call } => self.revert(call),
            Op::Unrevert { session } => self.unrevert(session),
            Op::Import { input } => self.import(input),
            Op::Backup => self.back_up(),
            Op::Restore => self.restore(),
            Op::Truncate { calls } => self.truncate(calls),
            Op::Reorder => self.reorder(),
            Op::Vacuum => self.opencode.connection.execute_batch("VACUUM").unwrap(),
            Op::Adopt { session, parent } => self.adopt(session, parent),
            Op::Move { session } => self.move_away(session),
            Op::Wait { hours } => self.clock_ms += hours * 3_600_000,
            Op::Sync { thorough: true } => self.sync(Depth::Thorough),
            Op::Sync { thorough: false } => self.sync(Depth::Quick),
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

    pub fn sync(&mut self, depth: Depth) {
        let report = sync(self.meter.as_mut().unwrap(), depth);
        assert_eq!(report.problems, []);
        if depth == Depth::Thorough {
            self.settle();
            self.settle_marks();
            assert_eq!(self.marked(), self.expected(), "the marks");
        }
    }
}
