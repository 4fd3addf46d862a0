// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether somebody on the bus is still there.

use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::names::BusName;

/// Hears of the end of somebody on the bus.
#[derive(Debug)]
pub struct Presence {
    name: String,
    owners: NameOwnerChangedStream,
}

impl Presence {
    /// `None`: it is gone already.
    pub(crate) async fn new(connection: &Connection, name: &str) -> zbus::Result<Option<Self>> {
        let bus = DBusProxy::new(connection).await?;
        let owners = bus
            .receive_name_owner_changed_with_args(&[(0, name)])
            .await?;
        let is_there = bus.name_has_owner(BusName::try_from(name)?).await?;
        Ok(is_there.then(|| Self {
            name: name.into(),
            owners,
        }))
    }

    /// Its unique name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for its end. Safe to cancel.
    pub async fn ended(&mut self) {
        while let Some(change) = self.owners.next().await {
            if change.args().is_ok_and(|args| args.new_owner().is_none()) {
                return;
            }
        }
        // The bus is gone, which is told elsewhere.
        std::future::pending().await
    }
}
