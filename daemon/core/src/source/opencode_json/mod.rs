// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 0.1 to 1.1: one JSON file per message, and from 0.5 on one per part.
//!
//! `paths` finds the stores of a data folder and the folders in them, `folder` lists one, `file` reads
//! one file that OpenCode may be rewriting, `message` is what stands in it, `parse` turns a message with its
//! finished steps into steps, `reading` does so for one folder. `load` is the tree that answers (`names`: what
//! sessions and projects are called; `held`: what is still in it), `look` what it looks like from outside,
//! `watched` says which folders to keep an eye on, `tools` which tools a message called. Nothing here writes or
//! keeps a file open. See README.md for the mapping.

mod file;
mod folder;
mod held;
mod load;
mod look;
mod message;
mod names;
mod parse;
mod paths;
mod reading;
mod tools;
mod watched;

pub use folder::Stamp;
pub use held::Files;
pub use load::Tree;
pub use paths::{Layout, Listing, MessageDir};
pub use reading::FolderRows;
pub use watched::{MAX_WATCHED, Place, latest, message_parents, place};

/// The name of this generation in statuses and in the ledger.
pub const GENERATION: &str = "opencode_json";
