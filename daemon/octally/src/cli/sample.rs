// SPDX-License-Identifier: GPL-3.0-or-later
//! A snapshot and a report with something of everything, for the tests of how they look.

use octally_core::model::{Cost, Day, ModelName, NanoUsd, Tokens};
use octally_core::wire::{
    Basis, CostRow, DayUsage, Freshness, FreshnessState, ModelUsage, Report, ReportRow,
    ReportTotals, RunUsage, SessionLine, Snapshot, State, Usage, WaitingFor, WrongCostRow,
};

/// 2026-11-20 11:04 UTC.
pub const NOW_MS: i64 = 1_795_172_640_000;

fn model(name: &str, fresh: u64, billed: f64, estimated: f64, unpriced_steps: u64) -> ModelUsage {
    let (provider, model) = name.split_once('/').unwrap();
    ModelUsage {
        name: ModelName {
            provider: provider.into(),
            model: model.into(),
        },
        tokens: Tokens {
            input: fresh / 2,
            output: fresh - fresh / 2,
            reasoning: 0,
            cache_read: fresh * 9,
            cache_write: fresh / 2,
        },
        steps: fresh / 1000 + 1,
        cost: Cost {
            billed: NanoUsd::from_usd(billed).unwrap(),
            estimated: NanoUsd::from_usd(estimated).unwrap(),
            unpriced_steps,
        },
    }
}

fn usage(models: Vec<ModelUsage>) -> Usage {
    let mut sum = Usage::default();
    for model in &models {
        sum.tokens += model.tokens;
        sum.cost += model.cost;
        sum.steps += model.steps;
    }
    Usage { models, ..sum }
}

fn day(back: i64, fresh: u64) -> DayUsage {
    let today = Day(NOW_MS.div_euclid(86_400_000));
    let billed = fresh as f64 / 100_000.0;
    let models = vec![model("anthropic/claude-sonnet-4-5", fresh, billed, 0.0, 0)];
    DayUsage {
        day: Day(today.0 - back),
        usage: usage(models),
    }
}

fn session(id: &str, title: Option<&str>, state: State, since_ms: i64) -> SessionLine {
    SessionLine {
        id: id.into(),
        title: title.map(Into::into),
        project: Some("octally".into()),
        parent: None,
        run: Some("4711-a".into()),
        state,
        since_ms,
        last_activity_ms: since_ms,
        waiting_for: (state == State::Waiting).then_some(WaitingFor::Permission),
        is_silent: false,
        usage: usage(vec![model(
            "anthropic/claude-sonnet-4-5",
            12_345,
            0.42,
            0.1,
            0,
        )]),
        turn: Usage::default(),
    }
}

/// A busy day with everything the glance can show.
pub fn snapshot() -> Snapshot {
    let all = vec![
        model("anthropic/claude-sonnet-4-5", 9_876_543, 1_234.5, 0.0, 0),
        model("github-copilot/gpt-5", 1_234_567, 0.0, 45.678, 0),
        model("local/qwen3-coder:30b", 56_789, 0.0, 0.0, 57),
        model("openai/gpt-5-mini", 4_567, 0.012, 0.0, 0),
        model("opencode/grok-code", 3_456, 0.0, 0.0, 0),
        model("groq/llama-4", 345, 0.001, 0.0, 0),
        model("mock/test-model", 34, 0.0, 0.0, 0),
    ];
    let today = vec![
        model("anthropic/claude-sonnet-4-5", 23_456, 1.5, 0.0, 0),
        model("github-copilot/gpt-5", 3_456, 0.0, 0.25, 0),
    ];
    Snapshot {
        session: Some(RunUsage {
            basis: Basis::Run,
            id: "4711-a".into(),
            state: State::Waiting,
            started_ms: NOW_MS - 3_600_000,
            last_activity_ms: NOW_MS - 180_000,
            usage: usage(vec![model("local/qwen3-coder:30b", 789, 0.0, 0.0, 1)]),
        }),
        today: usage(today),
        month: usage(all[..3].to_vec()),
        total: usage(all),
        week: (0..7)
            .rev()
            .map(|back| day(back, 20_000 + 1_000 * back.unsigned_abs()))
            .collect(),
        state: State::Waiting,
        last_activity_ms: Some(NOW_MS - 180_000),
        updated_ms: NOW_MS,
        time_zone: "UTC".into(),
        freshness: Freshness {
            state: FreshnessState::Fresh,
            since_ms: NOW_MS,
            reason: None,
        },
        sessions: vec![
            session(
                "ses_1",
                Some("Fix the \u{1b}[31mparser\u{1b}[0m of nested tables"),
                State::Waiting,
                NOW_MS - 180_000,
            ),
            session("ses_2", None, State::Idle, NOW_MS - 7_200_000),
        ],
        problems: Vec::new(),
    }
}

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
