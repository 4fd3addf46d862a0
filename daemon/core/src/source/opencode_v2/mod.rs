// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 2.x, and the rows of the same kind that 1.18's own API writes: the table
//! `session_message`, with `session_v2` from 2.0 on.
//!
//! The files are those of `opencode_v1`. `parse` turns one row into a step, `load` asks one database
//! (`schema`: whether it can; `migration`: what it took over; `totals`: what it says of a session;
//! `tools`: the tool calls of a row), and
//! `remainder` tells from those totals what the rows do not show. Nothing here writes, keeps a
//! transaction open, or reads events. How the two generations go together stands in README.md.

mod load;
mod migration;
mod parse;
mod remainder;
mod schema;
mod tools;
mod totals;

pub use load::{Counts, Database, Tail, Which};
pub use migration::Migration;
pub use parse::{Kind, RawRow, read_row};
pub use remainder::{Amount, Balance, Known, REMAINDER, Totals, UNKNOWN, balance, remainder_step};

/// The name of this generation in statuses and in the ledger.
pub const GENERATION: &str = "opencode_v2";
