// SPDX-License-Identifier: GPL-3.0-or-later
//! Our own store: steps by id, their sums, and how far each source has been read.
//!
//! `open` makes and migrates the file, `record` adds steps (`entry`: one of them as a row) and keeps the sums in step with them,
//! `precedence` decides which of two readings of a step counts, `bulk`
//! and `together` help while there are none yet, `remainder` adds what only the totals of a session show, `reprice`
//! prices what had no price, `corrected` keeps what wrong stored costs should have been, `span` how long
//! sessions were at work, `checkpoint` remembers each source, `marks` what OpenCode has deleted since,
//! `tools` which steps called which tools. `forget` takes out what the user wants forgotten, `rebuild` makes
//! again what can be. Everything of one batch
//! happens in one transaction, which it may share with others, so a crash anywhere repeats harmlessly. Nothing here knows OpenCode;
//! nothing else writes.

mod batch;
mod bulk;
mod checkpoint;
mod corrected;
mod entry;
mod error;
mod folders;
mod forget;
mod health;
mod insert;
mod marks;
mod names;
mod open;
mod parted;
mod precedence;
mod rebuild;
mod record;
mod remainder;
mod reprice;
mod span;
mod sums;
mod together;
mod tools;

pub use batch::{Batch, Recorded};
pub use checkpoint::Checkpoint;
pub use corrected::WrongCosts;
pub use error::LedgerError;
pub use folders::FolderCheckpoint;
pub use forget::ForgottenProject;
pub(crate) use forget::{FORGOTTEN, IS_TOLD_OF};
pub use health::LedgerHealth;
pub use marks::{Change, Doubt, Marked, Verdict};
pub use open::Ledger;
pub(crate) use parted::IS_OF_ROW;
pub use remainder::{Place, SessionReading};
pub(crate) use span::spans_are_kept;
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
