// SPDX-License-Identifier: GPL-3.0-or-later
//! A screen with something of everything, for the tests of what is shown and how.

use octally_core::sync::Depth;
use octally_core::wire::{
    CostRow, Pace, SessionDetail, SessionNode, State, StepLine, TokenRow, ToolUse, Usage,
    WrongCostRow,
};

use super::answer::{Answer, Hour};
use crate::cli::exit::Exit;
use crate::cli::sample;
pub use crate::cli::sample::NOW_MS;

/// Six sessions of which three have used something lately, at ten past eleven.
pub fn answer() -> Answer {
    let mut snapshot = sample::snapshot();
    let first = snapshot.sessions[0].clone();
    snapshot.sessions.truncate(2);
    for (id, title, state) in [
        (
            "ses_3",
            "漢字のタイトル, which is two columns wide each",
            State::Busy,
        ),
        ("ses_4", "Move the settings", State::Busy),
        ("ses_5", "b", State::Idle),
        ("ses_6", "a", State::Idle),
    ] {
        let mut line = first.clone();
        (line.id, line.title, line.state) = (id.into(), Some(title.into()), state);
        (line.waiting_for, line.since_ms) = (None, NOW_MS - 42_000);
        snapshot.sessions.push(line);
    }
    snapshot.sessions[5].usage = Usage::default();
    let today = snapshot.today.clone();
    Answer {
        paces: vec![
            pace(&today.models[..1], Some(NOW_MS - 3_600_000)),
            Pace::default(),
            pace(&today.models[1..], Some(NOW_MS - 120_000)),
            pace(&today.models, None),
            pace(&[], Some(0)),
            Pace::default(),
        ],
        hours: hours(),
        opened: Some("ses_1".into()),
        detail: Some(detail()),
        exit: Exit::Done,
        depth: Depth::Quick,
        snapshot,
    }
}

fn pace(models: &[octally_core::wire::ModelUsage], first_ms: Option<i64>) -> Pace {
    let mut recent = Usage::default();
    for model in models {
        recent.tokens += model.tokens;
        recent.cost += model.cost;
        recent.steps += model.steps;
    }
    Pace {
        recent,
        first_ms,
        model: models.first().map(|model| model.name.to_string()),
    }
}

/// Nothing before eight, then some, and the rest of the day is still to come.
fn hours() -> Vec<Hour> {
    let fresh = [1_200, 15, 9_876, 5_432];
    (0..24)
        .map(|hour| Hour {
            hour,
            fresh: match hour {
                0..8 => Some(0),
                8..12 => Some(fresh[hour as usize - 8]),
                _ => None,
            },
        })
        .collect()
}

fn detail() -> SessionDetail {
    let step = |number: u64| {
        let is_unpriced = number.is_multiple_of(7);
        StepLine {
            id: format!("msg_{number}"),
            turn: None,
            duration_ms: None,
            agent: None,
            tools: Vec::new(),
            finish: None,
            error: None,
            started_ms: NOW_MS - 3_600_000 + 60_000 * number.cast_signed(),
            model: if is_unpriced {
                "local/qwen3-coder:30b"
            } else {
                "anthropic/claude-sonnet-4-5"
            }
            .into(),
            tokens: TokenRow {
                fresh: 100 * number,
                ..TokenRow::default()
            },
            context: 1_000 * number,
            cost: CostRow {
                billed_usd: if is_unpriced {
                    0.0
                } else {
                    0.01 * number as f64
                },
                estimated_usd: (!is_unpriced).then_some(0.0),
                unpriced_steps: is_unpriced.into(),
            },
            wrong_cost: None,
            is_counted: number != 29,
        }
    };
    SessionDetail {
        schema: 1,
        time_zone: "UTC".into(),
        session: SessionNode {
            id: "ses_1".into(),
            parent: None,
            depth: 0,
            title: None,
            project: None,
            agent: None,
            started_ms: None,
            last_step_ms: None,
            sub_agents: 0,
            own: Usage::default(),
            inclusive: Usage::default(),
        },
        wrong_cost: WrongCostRow::default(),
        turns: 0,
        steps: (0..30).map(step).collect(),
        tool_use: ToolUse::default(),
        inclusive_tool_use: ToolUse::default(),
        errors: Vec::new(),
        sub_agents: Vec::new(),
        problems: Vec::new(),
    }
}
