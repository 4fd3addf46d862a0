// SPDX-License-Identifier: GPL-3.0-or-later
//! A snapshot with its sessions and budgets.

use octally_core::model::{BudgetCounts, BudgetPeriod, Day};
use octally_core::wire::{
    Basis, BudgetUsage, CostRow, DayUsage, Freshness, FreshnessState, RunUsage, SessionLine,
    Snapshot, Speed, State, Usage, WaitingFor,
};

use super::{NOW_MS, model, usage};

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
        model: None,
        agent: None,
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
        pace: Some(Speed {
            since_ms: NOW_MS - 600_000,
            fresh_per_minute: 1_234.5,
            cost_per_hour: CostRow {
                billed_usd: 2.25,
                estimated_usd: Some(0.5),
                unpriced_steps: 0,
            },
        }),
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
        budgets: budgets(),
        problems: Vec::new(),
    }
}

/// One that lasts, and one of a project that is overspent, with estimates and what has no price.
pub fn budgets() -> Vec<BudgetUsage> {
    let month = BudgetUsage {
        id: "everything".into(),
        period: BudgetPeriod::Month,
        limit_usd: 2_000.0,
        project: None,
        counts: BudgetCounts::Billed,
        warn_at: vec![50, 80, 100],
        spent_usd: 1_234.5,
        left_usd: 765.5,
        share: 0.61725,
        expected_share: Some(0.95),
        expected_usd: Some(1_900.0),
        starts_ms: NOW_MS - 20 * 86_400_000,
        ends_ms: NOW_MS + 10 * 86_400_000,
        crossed: Some(50),
        unpriced_steps: 0,
    };
    let day = BudgetUsage {
        id: "client".into(),
        period: BudgetPeriod::Day,
        limit_usd: 1.5,
        project: Some("/home/dev/client".into()),
        counts: BudgetCounts::All,
        spent_usd: 1.75,
        left_usd: -0.25,
        share: 1.75 / 1.5,
        expected_share: None,
        expected_usd: None,
        crossed: Some(100),
        unpriced_steps: 3,
        ..month.clone()
    };
    vec![month, day]
}
