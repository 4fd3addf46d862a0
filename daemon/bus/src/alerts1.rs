// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Alerts1`: what the user wants to be told of, and what there is to tell.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::{mpsc, watch};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{fdo, interface};

use crate::argument::Arguments;
use crate::dictionary::{self, Dict};
use crate::notice::{AlertSettings, NoticeState};
use crate::usage1::ask;
use crate::{Request, RequestError, budget};

pub(crate) struct Alerts1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) settings: watch::Receiver<AlertSettings>,
    pub(crate) notices: watch::Receiver<NoticeState>,
    pub(crate) requests: mpsc::Sender<Request>,
}

#[interface(name = "io.github.octally.Alerts1", introspection_docs = false)]
impl Alerts1 {
    #[zbus(property)]
    fn budgets(&self) -> Vec<Dict> {
        dictionary::budgets(&self.state.borrow().budgets)
    }

    #[zbus(property)]
    fn settings(&self) -> Dict {
        dictionary::alerts::settings(&self.settings.borrow())
    }

    #[zbus(property)]
    fn notices(&self) -> Vec<Dict> {
        dictionary::alerts::notices(&self.notices.borrow().notices)
    }

    #[zbus(property)]
    fn snoozed_until_ms(&self) -> i64 {
        self.notices.borrow().snoozed_until_ms
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

    async fn set_alerts(&self, changes: Arguments) -> fdo::Result<()> {
        let change = Box::new(dictionary::alerts::changes(changes)?);
        Ok(ask(&self.requests, |reply| Request::SetAlerts(change, reply)).await??)
    }

    #[zbus(out_args("shown"))]
    async fn speak(
        &self,
        on: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> fdo::Result<Vec<String>> {
        let caller = header.sender().map(ToString::to_string);
        let caller =
            caller.ok_or_else(|| RequestError::Invalid("a caller without a name".into()))?;
        Ok(ask(&self.requests, |reply| Request::Speak { on, caller, reply }).await?)
    }

    async fn snooze(&self, id: String, minutes: u32) -> fdo::Result<()> {
        Ok(ask(&self.requests, |reply| Request::Snooze {
            id,
            minutes,
            reply,
        })
        .await?)
    }

    #[zbus(signal)]
    pub(crate) async fn alert(
        emitter: &SignalEmitter<'_>,
        kind: &str,
        details: Dict,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn withdrawn(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn show_details(
        emitter: &SignalEmitter<'_>,
        session_id: &str,
    ) -> zbus::Result<()>;
}
