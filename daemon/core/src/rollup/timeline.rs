// SPDX-License-Identifier: GPL-3.0-or-later
//! The steps of one session in the order in which they began.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::forest::models;
use super::tools;
use crate::ledger::FORGOTTEN;
use crate::model::{Cost, ModelName, NanoUsd, Tokens};
use crate::wire::{ErrorCount, StepLine, WrongStepCost};

const STEPS: &str = "
    SELECT uid, turn_uid, created_ms, completed_ms, model_id,
           (SELECT name FROM agent WHERE id = agent_id), input, output, reasoning, cache_read,
           cache_write, price, price_nano_usd, finish, error, is_counted, cost_note, corrected_nano_usd
    FROM step WHERE session_id = ?1 AND authority <> ?2 ORDER BY created_ms, uid";

pub(super) fn steps(connection: &Connection, session: i64) -> rusqlite::Result<Vec<StepLine>> {
    let names = models(connection)?;
    let mut turns: HashMap<String, u64> = HashMap::new();
    let mut statement = connection.prepare_cached(STEPS)?;
    let lines = statement.query_map([session, FORGOTTEN], |row| line(row, &names, &mut turns))?;
    let mut lines: Vec<StepLine> = lines.collect::<rusqlite::Result<_>>()?;
    let mut tools = tools::by_step(connection, session)?;
    for line in &mut lines {
        line.tools = tools.remove(&line.id).unwrap_or_default();
    }
    Ok(lines)
}

fn line(
    row: &Row,
    names: &HashMap<i64, ModelName>,
    turns: &mut HashMap<String, u64>,
) -> rusqlite::Result<StepLine> {
    let turn: Option<String> = row.get(1)?;
    let next = turns.len() as u64 + 1;
    let turn = turn.map(|uid| *turns.entry(uid).or_insert(next));
    let (started_ms, completed_ms): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
    let count = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
    let tokens = Tokens {
        input: count(6)?,
        output: count(7)?,
        reasoning: count(8)?,
        cache_read: count(9)?,
        cache_write: count(10)?,
    };
    let model = names.get(&row.get(4)?).map(ModelName::to_string);
    Ok(StepLine {
        id: row.get(0)?,
        turn,
        started_ms,
        duration_ms: completed_ms.and_then(|end_ms| u64::try_from(end_ms - started_ms).ok()),
        model: model.unwrap_or_default(),
        agent: row
            .get::<_, Option<String>>(5)?
            .filter(|name| !name.is_empty()),
        tokens: (&tokens).into(),
        context: tokens.context(),
        cost: (&cost(row)?).into(),
        wrong_cost: wrong_cost(row)?,
        tools: Vec::new(),
        finish: row.get(13)?,
        error: row.get(14)?,
        is_counted: row.get(15)?,
    })
}

fn cost(row: &Row) -> rusqlite::Result<Cost> {
    let amount = NanoUsd(row.get(12)?);
    let mut cost = Cost::default();
    match row.get::<_, i64>(11)? {
        0 => cost.billed = amount,
        1 => cost.estimated = amount,
        _ => cost.unpriced_steps = 1,
    }
    Ok(cost)
}

fn wrong_cost(row: &Row) -> rusqlite::Result<Option<WrongStepCost>> {
    let (note, corrected): (Option<String>, Option<i64>) = (row.get(16)?, row.get(17)?);
    let corrected_usd = corrected.map(|nano| NanoUsd(nano).usd());
    Ok(note.map(|note| WrongStepCost {
        note,
        corrected_usd,
    }))
}

/// The errors of some steps by name, most frequent first.
pub(super) fn errors(steps: &[StepLine]) -> Vec<ErrorCount> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for error in steps.iter().filter_map(|step| step.error.as_deref()) {
        *counts.entry(error).or_default() += 1;
    }
    let mut errors: Vec<ErrorCount> = counts
        .into_iter()
        .map(|(error, steps)| ErrorCount {
            error: error.into(),
            steps,
        })
        .collect();
    errors.sort_by(|a, b| b.steps.cmp(&a.steps).then_with(|| a.error.cmp(&b.error)));
    errors
}
