// SPDX-License-Identifier: GPL-3.0-or-later
//! Data that real OpenCode wrote, against totals that its provider logged while it did.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod tree;

use std::path::PathBuf;

use octally_core::meter::{Host, Meter};
use octally_core::model::{NanoUsd, Tokens, Zone};
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, Origins, SyncReport};
use octally_core::wire::Report;
use serde_json::Value;
use tree::copy;

const NOW_MS: i64 = 1_795_200_000_000;

struct Case {
    _folder: tempfile::TempDir,
    meter: Meter,
    expected: Value,
}

fn open(name: &str) -> Case {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    copy(&fixture.join("opencode"), &data_dir);
    let expected = std::fs::read_to_string(fixture.join("expected.json")).unwrap();
    let origins = Origins {
        data_dirs: vec![data_dir],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    let meter = Meter::open(&folder.path().join("octally/ledger.db"), origins, host).unwrap();
    Case {
        _folder: folder,
        meter,
        expected: serde_json::from_str(&expected).unwrap(),
    }
}

fn sync(case: &mut Case, depth: Depth) -> SyncReport {
    case.meter
        .sync(depth, &Zone::utc(), NOW_MS, &mut |_| true)
        .unwrap()
}

fn totals(case: &Case) -> Report {
    case.meter
        .report(&Request::new(By::Model), &Zone::utc())
        .unwrap()
}

fn expected_tokens(expected: &Value) -> Tokens {
    let storage = &expected["expected_in_storage"];
    let count = |key: &str| storage[key].as_u64().unwrap_or(0);
    let output = match storage["output_excluding_reasoning"].as_u64() {
        Some(output) => output,
        None => count("output_total") - count("reasoning"),
    };
    Tokens {
        input: count("input_uncached"),
        output,
        reasoning: count("reasoning"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    }
}

fn check(name: &str) {
    let mut case = open(name);
    let report = sync(&mut case, Depth::Quick);
    assert_eq!(report.problems, [], "{name}");
    let all = totals(&case).totals;
    let expected = expected_tokens(&case.expected);
    assert_eq!(all.tokens, (&expected).into(), "{name}");
    if let Some(usd) = case.expected["expected_stored_cost_usd"].as_f64() {
        let billed = NanoUsd::from_usd(all.cost.billed_usd);
        assert_eq!(billed, NanoUsd::from_usd(usd), "{name}");
    }
    if let Some(calls) = case.expected["expected_in_storage"]["calls"].as_u64() {
        assert_eq!(all.steps, calls, "{name}");
    }
    for depth in [Depth::Quick, Depth::Thorough] {
        let again = sync(&mut case, depth);
        assert_eq!(
            (again.steps_added, again.steps_updated),
            (0, 0),
            "{name} {depth:?}"
        );
    }
    assert_eq!(case.meter.health().unwrap().damage, None, "{name}");
    assert_eq!(totals(&case).totals, all, "{name}");
}

#[test]
fn opencode_1_2_27_is_exact() {
    check("1.2.27");
}

#[test]
fn opencode_1_3_2_is_exact() {
    check("1.3.2");
}

#[test]
fn opencode_1_15_13_is_exact() {
    check("1.15.13");
}

#[test]
fn opencode_1_18_33_is_exact() {
    check("1.18.33");
}

#[test]
fn a_fork_and_a_sub_agent_are_exact() {
    check("v1-fork-subagent-1.18.33");
}

#[test]
fn opencode_0_1_174_is_exact_in_what_it_stored() {
    // It knew neither cached nor reasoning tokens.
    let mut case = open("0.1.174");
    assert_eq!(sync(&mut case, Depth::Quick).problems, []);
    let all = totals(&case).totals;
    let stored = |key: &str| case.expected["expected_in_storage"][key].as_u64().unwrap();
    assert_eq!(all.tokens.input, stored("prompt_total"));
    assert_eq!(all.tokens.output, stored("output_total"));
    assert_eq!(
        all.tokens.total,
        stored("prompt_total") + stored("output_total")
    );
    assert_eq!(all.steps, stored("calls"));
}

#[test]
fn opencode_0_5_29_is_exact() {
    check("0.5.29");
}

#[test]
fn opencode_1_0_0_is_exact() {
    check("1.0.0");
}

#[test]
fn opencode_1_0_185_is_exact() {
    check("1.0.185");
}

#[test]
fn opencode_1_1_65_is_exact() {
    check("1.1.65");
}

#[test]
fn an_upgrade_from_files_to_two_databases_counts_once() {
    check("upgrade-1.1.65-to-1.2.27-to-1.18.33");
}

/// Tokens as the generation-2 fixtures write them.
fn tokens_of(figures: &Value) -> Tokens {
    let count = |key: &str| figures[key].as_u64().unwrap();
    Tokens {
        input: count("input"),
        output: count("output"),
        reasoning: count("reasoning"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    }
}

fn check_v2(name: &str, figures: &str, usd: Option<f64>) {
    let mut case = open(name);
    assert_eq!(sync(&mut case, Depth::Quick).problems, [], "{name}");
    let all = totals(&case).totals;
    let expected = tokens_of(&case.expected[figures]);
    assert_eq!(all.tokens, (&expected).into(), "{name}");
    if let Some(usd) = usd {
        let billed = NanoUsd::from_usd(all.cost.billed_usd);
        assert_eq!(billed, NanoUsd::from_usd(usd), "{name}");
    }
    for depth in [Depth::Quick, Depth::Thorough] {
        let again = sync(&mut case, depth);
        assert_eq!(
            (again.steps_added, again.steps_updated),
            (0, 0),
            "{name} {depth:?}"
        );
    }
    assert_eq!(case.meter.health().unwrap().damage, None, "{name}");
}

#[test]
fn opencode_2_is_exact_with_what_only_its_totals_show() {
    let expected = open("v2-stable-synthetic").expected;
    let usd = expected["all_provider_calls"]["cost"].as_f64();
    check_v2("v2-stable-synthetic", "all_provider_calls", usd);
}

#[test]
fn the_preview_of_opencode_2_is_exact() {
    check_v2("v2-preview", "reader_must_report", None);
}

#[test]
fn the_rows_of_the_new_api_of_opencode_1_18_are_exact() {
    check("v2api-1.18.33");
}
