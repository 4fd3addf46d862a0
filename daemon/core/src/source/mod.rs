// SPDX-License-Identifier: GPL-3.0-or-later
//! One folder per origin of data. Nothing outside this module knows how OpenCode spells things.

pub mod opencode_json;
pub mod opencode_v1;
pub mod opencode_v2;
pub mod stats_file;

mod event_log;
mod event_sequence;
mod figures;
mod object;
mod own_totals;
mod raw_tokens;
mod rows;
mod session_row;
mod sqlite;
mod standing;
mod tools;
mod versions;

pub use event_log::Logged;
pub use event_sequence::Chunk;
pub use own_totals::{OwnTotals, own_totals};
pub use rows::{Rows, Unread};
pub(crate) use sqlite::{LOCKED, ROWID, identity, stamp};
pub use standing::{Holding, Revert, Standing};
pub use tools::{Outcome, ToolCall, ToolCalls};
pub use versions::VersionSeen;
