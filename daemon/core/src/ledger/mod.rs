// SPDX-License-Identifier: GPL-3.0-or-later
//! Our own store: steps by id, their sums, and how far each source has been read.
//!
//! `open` makes and migrates the file. `record` adds steps (`entry`: one of them as a row; `kept`: what stays in memory
//! from batch to batch) and keeps the sums in step with them; `precedence` decides which of two readings of a step
//! counts, `copies` which steps are one call, and `row_of_turn` between several steps of one message and its row.
//! `bulk`, `together` and `write_back` help while there are none yet, `remainder` adds what only the totals of a
//! session show (`known`: what they are set against), `reprice` prices what had no price, `corrected` keeps what
//! wrong stored costs should have been.
//! `checkpoint` remembers each source (`folders`: a tree of files), `marks` what OpenCode has deleted since, `tools`
//! which steps called which tools.
//!
//! Sums beside those of days and sessions: `span` how long sessions were at work, `parts` what agents and projects
//! used and how many sessions each part has, `returns` how many the days have, `trees` sessions with their sub-agents
//! in the orders in which they are asked for (`families`: which are below which; `spread`: how their figures differ),
//! `errors` how many there were. `refold` makes sums again.
//!
//! `forget` takes out what the user wants forgotten, `rebuild` makes again what can be. Everything of one batch
//! happens in one transaction, which it may share with others, so a crash anywhere repeats harmlessly. Nothing here
//! knows OpenCode; nothing else writes.

mod batch;
mod bulk;
mod checkpoint;
mod copies;
mod corrected;
mod entry;
mod error;
mod errors;
mod families;
mod folders;
mod forget;
mod health;
mod insert;
mod kept;
mod known;
mod marks;
mod names;
mod open;
mod parts;
mod precedence;
mod rebuild;
mod record;
mod refold;
mod remainder;
mod reprice;
mod returns;
mod row_of_turn;
mod span;
mod spread;
mod sums;
mod together;
mod tools;
mod trees;
mod write_back;

pub use batch::{Batch, Recorded};
pub use checkpoint::Checkpoint;
pub(crate) use checkpoint::file_of;
pub use corrected::WrongCosts;
pub use error::LedgerError;
pub use folders::FolderCheckpoint;
pub use forget::ForgottenProject;
pub(crate) use forget::{FORGOTTEN, IS_TOLD_OF};
pub use health::LedgerHealth;
pub use marks::{Change, Doubt, Marked, Verdict};
pub use open::Ledger;
pub(crate) use parts::{Part, counted};
pub(crate) use remainder::IS_CALL;
pub use remainder::{Place, SessionReading};
pub(crate) use row_of_turn::IS_OF_ROW;
pub(crate) use span::spans_are_kept;
pub(crate) use spread::Measure;
pub(crate) use sums::days_are_of;
pub use tools::{ToolTask, ToolsLeft, ToolsOfStep};

/// The host whose steps are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Stable and random.
    pub id: String,
    /// The host's name.
    pub label: String,
}
