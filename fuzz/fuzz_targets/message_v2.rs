// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON of a row of OpenCode 2.x.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octally_core::source::opencode_v1::Reading;
use octally_core::source::opencode_v2::{Kind, RawRow, read_row};

fuzz_target!(|text: &str| {
    for kind in [Kind::Assistant, Kind::Compaction] {
        let row = RawRow {
            id: "msg_a",
            session_id: "ses_a",
            kind,
            turn_id: None,
            created_ms: 0,
            data: text,
        };
        if let Reading::Step(step) = read_row(&row) {
            assert!(step.tokens.total() < i64::MAX as u64);
            assert!(step.stored_cost.is_none_or(|cost| cost.0 >= 0));
        }
    }
});
