// SPDX-License-Identifier: GPL-3.0-or-later
//! Our own store: steps by id, their sums, and how far each source has been read.
//!
//! `open` makes and migrates the file, `record` adds steps and keeps the sums in step with them,
//! `reprice` prices what had no price, `checkpoint` remembers each source, `tools` which
//! steps called which tools. Everything of one batch
//! happens in one transaction, so a crash anywhere repeats harmlessly. Nothing here knows OpenCode;
//! nothing else writes.

mod checkpoint;
mod error;
mod health;
mod names;
mod open;
mod record;
mod remainder;
mod reprice;
mod sums;
mod tools;

pub use checkpoint::{Checkpoint, FolderCheckpoint};
pub use error::LedgerError;
pub use health::LedgerHealth;
pub use open::Ledger;
pub use record::{Batch, Recorded};
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
