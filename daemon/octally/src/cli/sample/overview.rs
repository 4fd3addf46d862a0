// SPDX-License-Identifier: GPL-3.0-or-later
//! A report and an overview.

use octally_core::wire::{
    Analysis, CostRow, Report, ReportRow, ReportTotals, ShareRow, Usage, WrongCostRow,
};

use super::{model, usage};

/// Two days, one of them without a price, the other with a stored cost that is known to be wrong.
pub fn report() -> Report {
    let one = usage(vec![model(
        "anthropic/claude-sonnet-4-5",
        23_456,
        1.5,
        0.0,
        0,
    )]);
    let two = usage(vec![model(
        "local/qwen3-coder:30b",
        1_234_567,
        0.0,
        0.0,
        57,
    )]);
    let both = usage([one.models.clone(), two.models.clone()].concat());
    let row = |key: Option<&str>, usage: &Usage| ReportRow {
        by: "day",
        key: key.map(Into::into),
        totals: totals(1, usage),
        models: usage
            .models
            .iter()
            .map(|model| model.name.to_string())
            .collect(),
        breakdown: None,
        marks: None,
        family: None,
    };
    Report {
        schema: 1,
        by: "day",
        time_zone: "Europe/Berlin".into(),
        since: None,
        until: None,
        rows: vec![row(Some("2026-11-19"), &one), row(Some("2026-11-20"), &two)],
        totals: totals(2, &both),
        problems: Vec::new(),
    }
}

fn totals(sessions: u64, usage: &Usage) -> ReportTotals {
    let (tokens, cost) = ((&usage.tokens).into(), CostRow::from(&usage.cost));
    ReportTotals {
        sessions,
        steps: usage.steps,
        tokens,
        cost,
        wrong_cost: WrongCostRow {
            steps: if cost.billed_usd > 0.0 { 2 } else { 0 },
            stored_usd: cost.billed_usd,
            corrected_usd: Some(cost.billed_usd / 2.0),
            uncorrected_steps: 0,
        },
    }
}

fn share(name: &str, share: f64, usage: &Usage) -> ShareRow {
    ShareRow {
        name: (!name.is_empty()).then(|| name.into()),
        share,
        steps: usage.steps,
        tokens: (&usage.tokens).into(),
        cost: (&usage.cost).into(),
    }
}

/// Three models of three kinds of price.
pub fn analysis() -> Analysis {
    let one = usage(vec![model(
        "anthropic/claude-sonnet-4-5",
        1_234_567,
        12.5,
        0.0,
        0,
    )]);
    let two = usage(vec![model(
        "github-copilot/gpt-5.2-codex",
        234_567,
        0.0,
        3.25,
        0,
    )]);
    let three = usage(vec![model("local/qwen3-coder:30b", 789, 0.0, 0.0, 1)]);
    let all = usage(
        [&one, &two, &three]
            .map(|usage| usage.models.clone())
            .concat(),
    );
    let rows = |names: [&str; 3]| {
        let [a, b, c] = names;
        vec![
            share(a, 0.84, &one),
            share(b, 0.1595, &two),
            share(c, 0.0005, &three),
        ]
    };
    Analysis {
        schema: 1,
        time_zone: "Europe/Berlin".into(),
        since: None,
        until: None,
        first_day: Some("2026-10-01".into()),
        last_day: Some("2026-11-20".into()),
        active_days: 31,
        turns: 321,
        messages: 321 + all.steps,
        totals: totals(42, &all),
        cache_hit_rate: all.tokens.cache_hit_rate(),
        providers: rows(["anthropic", "github-copilot", "local"]),
        models: rows([
            "anthropic/claude-sonnet-4-5",
            "github-copilot/gpt-5.2-codex",
            "local/qwen3-coder:30b",
        ]),
        busiest_days: rows(["2026-11-19", "2026-10-01", "2026-11-20"]),
        problems: Vec::new(),
    }
}
