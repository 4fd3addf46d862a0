// SPDX-License-Identifier: GPL-3.0-or-later
//! A snapshot and a report with something of everything, for the tests of how they look.

use octally_core::model::{BudgetCounts, BudgetPeriod, Cost, Day, ModelName, NanoUsd, Tokens};
use octally_core::wire::{
    Analysis, Basis, Bucket, BudgetUsage, CostRow, DayUsage, Distribution, ErrorCount, Freshness,
    FreshnessState, HourRow, ModelUsage, Record, Records, Report, ReportRow, ReportTotals,
    RunUsage, SessionLine, SessionStatistics, ShareRow, Snapshot, Speed, State, Statistics,
    Streaks, ToolRow, ToolUse, Usage, WaitingFor, WrongCostRow,
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

fn spread<T: Copy>(figures: [T; 5], from: &[T]) -> Distribution<T> {
    let [least, median, p90, most, mean] = figures;
    let buckets = (1..).zip(from).map(|(sessions, from)| Bucket {
        from: *from,
        sessions: sessions * sessions % 7,
    });
    Distribution {
        least,
        median,
        p90,
        most,
        mean,
        buckets: buckets.collect(),
    }
}

fn tool(name: &str, calls: u64, failed: u64, open: u64, duration_ms: u64) -> ToolRow {
    let ended = calls - open;
    ToolRow {
        tool: name.into(),
        calls,
        failed,
        open,
        success_rate: Some((ended - failed) as f64 / ended as f64),
        duration_ms,
        mean_ms: (duration_ms > 0).then_some(duration_ms / calls),
    }
}

/// Something of everything.
pub fn statistics() -> Statistics {
    let record = |key: &str, value: u64| {
        Some(Record {
            key: key.into(),
            value,
        })
    };
    let bill = |key: &str, value: f64| {
        Some(Record {
            key: key.into(),
            value,
        })
    };
    let hour = |hour: u32| HourRow {
        hour,
        steps: u64::from(hour % 5),
        fresh: u64::from(hour % 5) * 12_345,
    };
    Statistics {
        schema: 1,
        time_zone: "Europe/Berlin".into(),
        since: None,
        until: None,
        sessions: Some(SessionStatistics {
            count: 1_234,
            length_ms: spread(
                [4_200, 1_260_000, 7_500_000, 190_800_000, 2_000_000],
                &[0, 60_000, 300_000],
            ),
            steps: spread([1, 12, 87, 654, 23], &[0, 2, 5, 10, 25]),
            fresh: spread(
                [42, 23_456, 234_567, 1_234_567, 45_678],
                &[0, 1_000, 10_000, 100_000],
            ),
            billed_usd: spread([0.0, 0.12, 1.5, 23.4, 0.42], &[0.0, 0.01, 0.1, 1.0]),
            estimated_usd: Some(spread([0.0, 0.0, 0.5, 4.2, 0.1], &[0.0, 0.01, 0.1, 1.0])),
        }),
        agents: analysis().providers,
        tool_use: ToolUse {
            is_complete: false,
            steps_left: 12_345,
            tools: vec![
                tool("bash", 1_234, 12, 0, 5_000_000),
                tool("edit", 321, 0, 1, 0),
            ],
        },
        errors: vec![
            ErrorCount {
                error: "MessageAbortedError".into(),
                steps: 12,
            },
            ErrorCount {
                error: "APIError".into(),
                steps: 3,
            },
        ],
        streaks: Streaks {
            active_days: 31,
            current_days: 1,
            longest_days: 12,
            longest_since: Some("2026-10-03".into()),
            longest_until: Some("2026-10-14".into()),
        },
        hours: (0..24).map(hour).collect(),
        records: Records {
            day_fresh: record("2026-11-19", 1_234_567),
            day_billed_usd: bill("2026-11-19", 12.5),
            session_fresh: record("ses_e07aac808ffe2cGFDwiCCOaXjD", 234_567),
            session_billed_usd: bill("ses_e07aac808ffe2cGFDwiCCOaXjD", 3.21),
            session_steps: record("ses_e07aab9b4ffesnPoxglpf3kqC9", 654),
            session_length_ms: record("ses_e07aaf0edffes4fxNKodSVTQ5b", 190_800_000),
            session_sub_agents: None,
        },
        problems: Vec::new(),
    }
}
