// SPDX-License-Identifier: GPL-3.0-or-later
//! A question: filters, a period, and the template of a status line.

#![no_main]

#[path = "../../daemon/octally/tests/query/mod.rs"]
mod query;
#[path = "../../daemon/octally/src/cli/statusline/template.rs"]
mod template;

use libfuzzer_sys::fuzz_target;

const OPENCODE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../daemon/core/tests/fixtures/v1-fork-subagent-1.18.33/opencode"
);

thread_local! {
    static LEDGER: query::Ledger = query::Ledger::of(OPENCODE);
}

fuzz_target!(|text: &str| LEDGER.with(|ledger| ledger.ask(text)));
