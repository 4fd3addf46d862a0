// SPDX-License-Identifier: GPL-3.0-or-later
//! The detail.

use octally_core::wire::{
    Bucket, Distribution, ErrorCount, HourRow, Record, Records, SessionStatistics, Statistics,
    Streaks, ToolRow, ToolUse,
};

use super::analysis;

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
