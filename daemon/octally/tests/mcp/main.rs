// SPDX-License-Identifier: GPL-3.0-or-later
//! The real `octally mcp`, started as a client starts it, over data that real OpenCode versions wrote.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod changes;
mod client;
mod figures;
mod life;
mod privacy;
#[path = "../sandbox/mod.rs"]
mod sandbox;
