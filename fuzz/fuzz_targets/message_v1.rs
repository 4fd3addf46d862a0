// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON of a message of OpenCode 1.x.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octally_core::source::opencode_v1::{Reading, read_message};

fuzz_target!(|text: &str| {
    if let Reading::Step(step) = read_message("msg_a", "ses_a", 0, text) {
        assert!(step.tokens.total() < i64::MAX as u64);
        assert!(step.stored_cost.is_none_or(|cost| cost.0 >= 0));
    }
});
