// SPDX-License-Identifier: GPL-3.0-or-later
//! Both generations of one database put together in memory: what the ledger does, written down a
//! second time, slowly and without SQL.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use octally_core::model::{ModelName, NanoUsd, Session, Step, Tokens};
use octally_core::source::opencode_v2::{Amount, Known, Migration, remainder_id, remainder_step};
use octally_core::source::{opencode_v1, opencode_v2};

/// A step and what decides whether it counts.
pub struct Seen {
    step: Step,
    pub has_v2_row: bool,
    pub is_inherited: bool,
    is_counted: bool,
}

impl std::ops::Deref for Seen {
    type Target = Step;
    fn deref(&self) -> &Step {
        &self.step
    }
}

#[derive(Default)]
pub struct Assembly {
    pub steps: Vec<Seen>,
}

impl Assembly {
    /// The counted steps that pass.
    pub fn sum(&self, passes: impl Fn(&Seen) -> bool) -> Amount {
        let mut sum = Amount::default();
        for seen in self
            .steps
            .iter()
            .filter(|seen| seen.is_counted && passes(seen))
        {
            sum += Amount::from(&seen.step);
        }
        sum
    }

    /// Calls that ended without usage.
    pub fn uncounted(&self) -> u64 {
        let ended = self.steps.iter().filter(|seen| !seen.step.is_counted());
        ended.count() as u64
    }

    /// In the order of time.
    pub fn of_session<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Step> {
        self.steps
            .iter()
            .filter(move |s| s.session_id == id)
            .map(|s| &s.step)
    }
}

/// A call's time, model, figures and cost: the same in every copy.
type Fingerprint = (i64, ModelName, Tokens, Option<NanoUsd>);

fn fingerprint(step: &Step) -> Fingerprint {
    (
        step.created_ms,
        step.model.clone(),
        step.tokens,
        step.stored_cost,
    )
}

pub fn assemble(path: &Path) -> Assembly {
    let v2 = opencode_v2::Database::open(path).unwrap();
    let mut sessions: HashMap<String, Session> = HashMap::new();
    let mut steps: BTreeMap<String, (Step, bool)> = BTreeMap::new();
    if let Ok(v1) = opencode_v1::Database::open(path) {
        for session in v1.sessions_after("", 1_000).unwrap() {
            sessions.insert(session.id.clone(), session);
        }
        let which = opencode_v1::Which::After {
            rowid: 0,
            updated_ms: 0,
            known_rowid: 0,
            limit: 10_000,
        };
        for step in v1.messages(which).unwrap().steps {
            steps.insert(step.id.clone(), (step, false));
        }
    }
    if let Some(v2) = &v2 {
        for session in v2.sessions_after("", 1_000).unwrap() {
            sessions.insert(session.id.clone(), session);
        }
        for step in batches(v2) {
            steps.insert(step.id.clone(), (step, true));
        }
    }
    let mut all: Vec<Seen> = steps
        .into_values()
        .map(|(step, has_v2_row)| seen(step, has_v2_row, &sessions))
        .collect();
    all.sort_by_key(|seen| seen.created_ms);
    count_once(&mut all);
    let remainders: Vec<Step> = v2.iter().flat_map(|v2| remainders(v2, &all)).collect();
    all.extend(
        remainders
            .into_iter()
            .map(|step| seen(step, false, &HashMap::new())),
    );
    Assembly { steps: all }
}

/// In small batches, as the ledger reads them.
fn batches(v2: &opencode_v2::Database) -> Vec<Step> {
    let (mut all, mut rowid) = (Vec::new(), 0);
    loop {
        let which = opencode_v2::Which::After {
            rowid,
            updated_ms: 0,
            known_rowid: 0,
            limit: 3,
        };
        let rows = v2.messages(which).unwrap();
        assert_eq!(rows.unread, []);
        rowid = rows.last_rowid;
        all.extend(rows.steps);
        if rows.read < 3 {
            return all;
        }
    }
}

fn seen(step: Step, has_v2_row: bool, sessions: &HashMap<String, Session>) -> Seen {
    let session = sessions.get(&step.session_id);
    let is_inherited = session.is_some_and(|session| step.created_ms < session.created_ms);
    let is_counted = step.is_counted();
    Seen {
        step,
        has_v2_row,
        is_inherited,
        is_counted,
    }
}

/// Originals first, then the copies whose original is nowhere.
fn count_once(all: &mut [Seen]) {
    let mut known: HashSet<Fingerprint> = all
        .iter()
        .filter(|seen| !seen.is_inherited)
        .map(|seen| fingerprint(&seen.step))
        .collect();
    for seen in all.iter_mut().filter(|seen| seen.is_inherited) {
        seen.is_counted &= known.insert(fingerprint(&seen.step));
    }
}

fn remainders(v2: &opencode_v2::Database, all: &[Seen]) -> Vec<Step> {
    let migration = v2.migration().unwrap();
    let mut found = Vec::new();
    for session in v2.sessions_after("", 1_000).unwrap() {
        let Some(totals) = v2.totals(&session.id).unwrap() else {
            continue;
        };
        let known = known(&session.id, migration, all);
        let settlement = totals.settle(None, &known, &known, &Amount::default());
        assert_eq!(settlement.gone, Amount::default(), "{}", session.id);
        if !settlement.grown.is_nothing() {
            let id = remainder_id(&session.id, 1);
            let at_ms = totals.updated_ms.unwrap();
            found.push(remainder_step(id, &session.id, at_ms, &settlement.grown));
        }
    }
    found
}

fn known(session_id: &str, migration: Migration, all: &[Seen]) -> Known {
    let mut known = Known::default();
    for seen in all.iter().filter(|seen| seen.session_id == session_id) {
        let amount = Amount::from(&seen.step);
        match (seen.has_v2_row, seen.is_inherited) {
            (true, false) => known.own += amount,
            (true, true) => known.inherited += amount,
            (false, _) if migration.covers(seen.created_ms) => known.migrated += amount,
            (false, _) => {}
        }
    }
    known
}
