// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 1.2 to 1.18: SQLite databases with the tables `session`, `message` and `part`.
//!
//! `paths` finds them, `parse` turns one message row into a step, `load` asks one database
//! (`schema`: whether it can; `held`: what is still in it; `tools`: the tool calls of a message). Nothing here
//! writes, keeps a transaction open, reads events, or reads parts for totals. See README.md for the mapping.

mod held;
mod load;
mod parse;
mod paths;
mod schema;
mod tools;

pub use load::{Counts, Database, Which};
pub use parse::{Reading, read_message};
pub use paths::databases;

/// The name of this generation in statuses and in the ledger.
pub const GENERATION: &str = "opencode_v1";
