// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Alerts1`: what the user wants to be told of.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::{mpsc, watch};
use zbus::{fdo, interface};

use crate::argument::Arguments;
use crate::dictionary::{self, Dict};
use crate::usage1::ask;
use crate::{Request, budget};

pub(crate) struct Alerts1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) requests: mpsc::Sender<Request>,
}

#[interface(name = "io.github.octally.Alerts1", introspection_docs = false)]
impl Alerts1 {
    #[zbus(property)]
    fn budgets(&self) -> Vec<Dict> {
        dictionary::budgets(&self.state.borrow().budgets)
    }

    async fn set_budget(&self, id: String, budget: Arguments) -> fdo::Result<()> {
        let change = Box::new(budget::change(budget)?);
        let set = |done| Request::SetBudget(id, change, done);
        Ok(ask(&self.requests, set).await??)
    }

    async fn remove_budget(&self, id: String) -> fdo::Result<()> {
        let remove = |done| Request::RemoveBudget(id, done);
        Ok(ask(&self.requests, remove).await??)
    }
}
