// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 0.1 to 1.1: one JSON file per message, and from 0.5 on one per part.
//!
//! `paths` finds the stores of a data folder and the folders in them, `folder` lists one, `file` reads
//! one file that OpenCode may be rewriting, `parse` turns a message with its finished steps into steps,
//! `load` is the tree that answers, `tools` for the tool calls of a message. Nothing here writes or keeps a file open. See README.md for the mapping.

mod file;
mod folder;
mod load;
mod parse;
mod paths;
mod tools;

pub use folder::Stamp;
pub use load::{FolderRows, Tree};
pub use paths::{Layout, Listing, MessageDir};

/// The name of this generation in statuses and in the ledger.
pub const GENERATION: &str = "opencode_json";
