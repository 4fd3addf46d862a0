// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger must hold after a complete sync, and whether it does.

use std::collections::{BTreeMap, BTreeSet};

use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use rusqlite::Connection;

use super::World;
use super::stored::{Mark, id};
use crate::all_time;

impl World {
    pub(super) fn settle(&mut self) {
        for (number, call) in self.stored.calls.iter().enumerate() {
            if call.has_row {
                self.marks.entry(number).or_default();
            }
            if call.has_row && !call.is_copy {
                let known = self.recorded.entry(number).or_insert(call.clone());
                if known.updated_ms <= call.updated_ms {
                    known.clone_from(call);
                }
            }
        }
    }

    /// What is away keeps the mark that it was given first.
    pub(super) fn settle_marks(&mut self) {
        for (number, mark) in &mut self.marks {
            let call = &self.stored.calls[*number];
            let way = if !self.stored.sessions.contains(&call.session) {
                Mark::WithSession
            } else if call.has_prompt {
                Mark::Alone
            } else {
                Mark::Reverted
            };
            *mark = match (call.has_row, self.stored.is_hidden(*number)) {
                (true, true) => Some(Mark::Reverted),
                (true, false) => None,
                (false, _) => Some(mark.unwrap_or(way)),
            };
        }
    }

    pub(super) fn expected(&self) -> BTreeMap<String, i64> {
        let marked = |(number, mark): (&usize, &Option<Mark>)| Some((id(*number), (*mark)? as i64));
        self.marks.iter().filter_map(marked).collect()
    }

    pub(super) fn marked(&self) -> BTreeMap<String, i64> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let mut statement = ledger
            .prepare("SELECT uid, gone FROM step WHERE gone_ms IS NOT NULL")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    fn deleted_sessions(&self) -> BTreeSet<String> {
        let ledger = Connection::open(self.opencode.ledger()).unwrap();
        let mut statement = ledger
            .prepare("SELECT uid FROM session WHERE deleted_ms IS NOT NULL")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    pub fn check(&mut self) {
        self.sync(Depth::Thorough);
        let deleted = self.deleted_sessions();
        assert!(deleted.is_disjoint(&self.stored.sessions), "{deleted:?}");
        for session in self
            .sessions
            .iter()
            .filter(|id| !self.stored.sessions.contains(*id))
        {
            let is_known = self
                .marks
                .keys()
                .any(|call| &self.stored.calls[*call].session == session);
            assert!(!is_known || deleted.contains(session), "{session}");
        }
        let meter = self.meter.as_ref().unwrap();
        assert_eq!(meter.health().unwrap().damage, None);
        all_time::check(meter);
        let totals = meter
            .report(&Request::new(By::Day), &Zone::utc())
            .unwrap()
            .totals;
        // What a quick sync saw before a deletion may be more than this model knows: never less.
        let (input, output) = self.recorded.values().fold((0, 0), |sum, call| {
            (sum.0 + call.input, sum.1 + call.output)
        });
        assert_eq!((totals.tokens.input, totals.tokens.output), (input, output));
        assert_eq!(totals.steps, self.recorded.len() as u64);
        let billed = (totals.cost.billed_usd * 1e6).round() as u64;
        assert_eq!(billed, input);
    }
}
