// SPDX-License-Identifier: GPL-3.0-or-later
//! Wire types as D-Bus dictionaries, key by key as the contract names them. What is not known is a
//! key left out.

use std::collections::BTreeMap;

use octally_core::model::{Cost, Problem, Severity, Tokens};
use octally_core::wire::{
    Basis, BudgetUsage, CostRow, DayUsage, Freshness, ModelUsage, ReportRow, ReportTotals,
    RunUsage, SessionLine, Snapshot, Speed, Usage, WaitingFor,
};
use zbus::Variant;

use crate::{IdleCause, Refreshed};

/// `a{sv}`, sorted by key so that equal states are equal bytes.
pub(crate) type Dict = BTreeMap<&'static str, Variant<'static>>;

/// The `Session` property: empty before the first run.
pub(crate) fn run(run: Option<&RunUsage>) -> Dict {
    let Some(run) = run else { return Dict::new() };
    let mut dict = usage(&run.usage);
    dict.insert("basis", basis(run.basis).into());
    dict.insert("id", run.id.clone().into());
    dict.insert("state", run.state.as_str().into());
    dict.insert("started_ms", run.started_ms.into());
    dict.insert("last_activity_ms", run.last_activity_ms.into());
    dict
}

/// A usage dictionary with its models.
pub(crate) fn usage(usage: &Usage) -> Dict {
    let mut dict = sums(&usage.tokens, usage.steps, &usage.cost);
    dict.insert(
        "models",
        usage.models.iter().map(model).collect::<Vec<_>>().into(),
    );
    dict
}

/// The `Week` property: usage dictionaries without models, with their day.
pub(crate) fn week(days: &[DayUsage]) -> Vec<Dict> {
    let day = |day: &DayUsage| {
        let mut dict = bare_usage(&day.usage);
        dict.insert("day", day.day.to_string().into());
        dict
    };
    days.iter().map(day).collect()
}

/// The `Pace` property: empty where nothing was used lately.
pub(crate) fn pace(pace: Option<&Speed>) -> Dict {
    let Some(pace) = pace else { return Dict::new() };
    let mut dict = Dict::from([
        ("since_ms", pace.since_ms.into()),
        ("fresh_per_minute", pace.fresh_per_minute.into()),
        ("cost_per_hour_usd", pace.cost_per_hour.billed_usd.into()),
        ("unpriced_steps", pace.cost_per_hour.unpriced_steps.into()),
    ]);
    if let Some(estimated_usd) = pace.cost_per_hour.estimated_usd {
        dict.insert("estimated_per_hour_usd", estimated_usd.into());
    }
    dict
}

/// The `Freshness` property.
pub(crate) fn freshness(freshness: &Freshness) -> Dict {
    let mut dict = Dict::from([
        ("state", freshness.state.as_str().into()),
        ("since_ms", freshness.since_ms.into()),
    ]);
    insert_text(&mut dict, "reason", freshness.reason.as_deref());
    dict
}

/// The `Sessions` property.
pub(crate) fn sessions(snapshot: &Snapshot) -> Vec<Dict> {
    snapshot.sessions.iter().map(session).collect()
}

/// The `Budgets` property.
pub(crate) fn budgets(budgets: &[BudgetUsage]) -> Vec<Dict> {
    budgets.iter().map(budget).collect()
}

/// One budget with what was spent of it.
pub(crate) fn budget(budget: &BudgetUsage) -> Dict {
    let mut dict = Dict::from([
        ("id", budget.id.clone().into()),
        ("period", budget.period.as_str().into()),
        ("limit_usd", budget.limit_usd.into()),
        ("counts", budget.counts.as_str().into()),
        ("warn_at", budget.warn_at.clone().into()),
        ("spent_usd", budget.spent_usd.into()),
        ("left_usd", budget.left_usd.into()),
        ("share", budget.share.into()),
        ("starts_ms", budget.starts_ms.into()),
        ("ends_ms", budget.ends_ms.into()),
        ("unpriced_steps", budget.unpriced_steps.into()),
    ]);
    insert_text(&mut dict, "project", budget.project.as_deref());
    for (key, value) in [
        ("expected_share", budget.expected_share),
        ("expected_usd", budget.expected_usd),
    ] {
        if let Some(value) = value {
            dict.insert(key, value.into());
        }
    }
    if let Some(crossed) = budget.crossed {
        dict.insert("crossed", crossed.into());
    }
    dict
}

/// The details of the `Idle` signal.
pub(crate) fn idle(line: &SessionLine, cause: IdleCause) -> Dict {
    let mut dict = announcement(line);
    let word = match cause {
        IdleCause::Finished => "finished",
        IdleCause::Threshold => "threshold",
    };
    dict.insert("cause", word.into());
    if cause == IdleCause::Finished {
        dict.insert("turn", bare_usage(&line.turn).into());
    }
    dict
}

/// The details of the `Waiting` signal.
pub(crate) fn waiting(line: &SessionLine) -> Dict {
    let mut dict = announcement(line);
    let kind = line.waiting_for.map(|kind| match kind {
        WaitingFor::Permission => "permission",
        WaitingFor::Question => "question",
    });
    insert_text(&mut dict, "kind", kind);
    dict
}

/// The result of `Refresh`.
pub(crate) fn refreshed(refreshed: &Refreshed) -> Dict {
    Dict::from([
        ("messages_read", refreshed.messages_read.into()),
        ("steps_added", refreshed.steps_added.into()),
        ("steps_updated", refreshed.steps_updated.into()),
        ("duration_ms", refreshed.duration_ms.into()),
        (
            "problems",
            refreshed
                .problems
                .iter()
                .map(problem)
                .collect::<Vec<_>>()
                .into(),
        ),
    ])
}

/// One row of `Report`.
pub(crate) fn report_row(row: &ReportRow) -> Dict {
    let mut dict = report_totals(&row.totals);
    dict.insert("models", row.models.clone().into());
    insert_text(&mut dict, row.by, row.key.as_deref());
    if let Some(family) = &row.family {
        dict.insert("inclusive", report_totals(&family.inclusive).into());
        insert_text(&mut dict, "parent", family.parent.as_deref());
    }
    dict
}

fn report_totals(totals: &ReportTotals) -> Dict {
    let (tokens, cost) = (&totals.tokens, &totals.cost);
    let kinds = Tokens {
        input: tokens.input,
        output: tokens.output,
        reasoning: tokens.reasoning,
        cache_read: tokens.cache_read,
        cache_write: tokens.cache_write,
    };
    let mut dict = priced(&kinds, totals.steps, cost);
    dict.insert("sessions", totals.sessions.into());
    dict
}

fn session(line: &SessionLine) -> Dict {
    let mut dict = bare_usage(&line.usage);
    dict.insert("id", line.id.clone().into());
    dict.insert("state", line.state.as_str().into());
    dict.insert("since_ms", line.since_ms.into());
    dict.insert("last_activity_ms", line.last_activity_ms.into());
    insert_text(&mut dict, "title", line.title.as_deref());
    insert_text(&mut dict, "project", line.project.as_deref());
    insert_text(&mut dict, "model", line.model.as_deref());
    insert_text(&mut dict, "agent", line.agent.as_deref());
    insert_text(&mut dict, "parent", line.parent.as_deref());
    insert_text(&mut dict, "run", line.run.as_deref());
    dict
}

fn announcement(line: &SessionLine) -> Dict {
    let mut dict = Dict::from([("since_ms", line.since_ms.into())]);
    insert_text(&mut dict, "title", line.title.as_deref());
    insert_text(&mut dict, "project", line.project.as_deref());
    dict
}

pub(crate) fn model(model: &ModelUsage) -> Dict {
    let mut dict = sums(&model.tokens, model.steps, &model.cost);
    dict.insert("model", model.name.to_string().into());
    dict
}

pub(crate) fn bare_usage(usage: &Usage) -> Dict {
    sums(&usage.tokens, usage.steps, &usage.cost)
}

fn sums(tokens: &Tokens, steps: u64, cost: &Cost) -> Dict {
    priced(tokens, steps, &CostRow::from(cost))
}

fn priced(tokens: &Tokens, steps: u64, cost: &CostRow) -> Dict {
    let kinds = BTreeMap::from([
        ("input", tokens.input),
        ("output", tokens.output),
        ("reasoning", tokens.reasoning),
        ("cache_read", tokens.cache_read),
        ("cache_write", tokens.cache_write),
    ]);
    let mut dict = Dict::from([
        ("tokens", kinds.into()),
        ("fresh", tokens.fresh().into()),
        ("total", tokens.total().into()),
        ("steps", steps.into()),
        ("cost_billed_usd", cost.billed_usd.into()),
        ("unpriced_steps", cost.unpriced_steps.into()),
    ]);
    if let Some(estimated_usd) = cost.estimated_usd {
        dict.insert("cost_estimated_usd", estimated_usd.into());
    }
    dict
}

fn problem(problem: &Problem) -> Dict {
    let severity = match problem.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    Dict::from([
        ("severity", severity.into()),
        ("code", problem.code.clone().into()),
        ("what", problem.what.clone().into()),
        ("where", problem.place.clone().into()),
        ("remedy", problem.remedy.clone().into()),
        ("count", problem.count.into()),
    ])
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Run => "run",
        Basis::Session => "session",
    }
}

pub(crate) fn insert_text(dict: &mut Dict, key: &'static str, text: Option<&str>) {
    if let Some(text) = text {
        dict.insert(key, text.to_owned().into());
    }
}
