// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Alerts1`: what the user wants to be told of.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::watch;
use zbus::interface;

use crate::dictionary::{self, Dict};

pub(crate) struct Alerts1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
}

#[interface(name = "io.github.octally.Alerts1", introspection_docs = false)]
impl Alerts1 {
    #[zbus(property)]
    fn budgets(&self) -> Vec<Dict> {
        dictionary::budgets(&self.state.borrow().budgets)
    }
}
