// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON of a message of OpenCode 1.x.

#![no_main]

#[path = "../../daemon/core/tests/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::message_v1(bytes));
