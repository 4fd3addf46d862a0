// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads what OpenCode stored, keeps it in the ledger and answers questions about it.
//!
//! The modules stand in the order in which data flows; each may use only those above it
//! (`tests/architecture.rs` holds the table). This library is synchronous and hermetic: it never
//! prints, reads no environment, no `$HOME` and no clock. Paths, instants, time zones and price
//! tables come in as arguments.

pub mod model;

pub mod source;

pub mod pricing;

pub mod ledger;

pub mod sync;

pub mod wire;

pub mod rollup;

pub mod reconcile;

pub mod inspect;

pub mod meter;
