// SPDX-License-Identifier: GPL-3.0-or-later
//! The real daemon on a real, private session bus, beside a real database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod budgets;
mod changes;
mod command_line;
mod data;
mod database;
mod killed;
mod life;
mod messages;
#[path = "../../../core/tests/mutate/mod.rs"]
mod mutate;
mod notices;
#[path = "../plenty/mod.rs"]
mod plenty;
mod quiet;
mod server;
mod spending;
mod story;
#[path = "../terminal/mod.rs"]
mod terminal;
mod top;
mod tripwire;
mod trouble;
mod world;
