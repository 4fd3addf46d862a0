// SPDX-License-Identifier: GPL-3.0-or-later
//! Sends what differs: one `PropertiesChanged` per interface, the first change at once, further ones
//! at most ten times a second. While nothing changes there is no timer.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use octally_core::wire::Snapshot;
use tokio::sync::watch;
use tokio::time::Instant;
use zbus::fdo::Properties;
use zbus::object_server::{Interface, InterfaceRef};
use zbus::{OwnedVariant, Variant};

use crate::alerts1::Alerts1;
use crate::sessions1::Sessions1;
use crate::usage1::Usage1;

/// The least time between two rounds of `PropertiesChanged`.
const INTERVAL: Duration = Duration::from_millis(100);

type Values = HashMap<String, OwnedVariant>;

/// One interface with the property values that its listeners have.
pub(crate) struct Sent<I> {
    interface: InterfaceRef<I>,
    values: Values,
}

impl<I: Interface> Sent<I> {
    /// Whoever listens from now on has read the present values.
    pub(crate) async fn new(interface: InterfaceRef<I>) -> zbus::Result<Self> {
        let values = current(&interface).await?;
        Ok(Self { interface, values })
    }

    /// Compares what the interface would answer now with what was sent, so that no list of
    /// properties has to be kept a second time.
    async fn publish(&mut self) -> zbus::Result<()> {
        let values = current(&self.interface).await?;
        let changed: HashMap<&str, Variant<'_>> = values
            .iter()
            .filter(|(name, value)| self.values.get(*name) != Some(*value))
            .map(|(name, value)| Ok((name.as_str(), value.try_clone()?.into())))
            .collect::<zbus::Result<_>>()?;
        if !changed.is_empty() {
            let emitter = self.interface.signal_emitter();
            Properties::properties_changed(emitter, I::name(), changed, Cow::Borrowed(&[])).await?;
        }
        self.values = values;
        Ok(())
    }
}

async fn current<I: Interface>(interface: &InterfaceRef<I>) -> zbus::Result<Values> {
    let emitter = interface.signal_emitter();
    let connection = emitter.connection();
    let values = interface
        .get()
        .await
        .get_all(connection.object_server(), connection, None, emitter)
        .await;
    Ok(values?)
}

pub(crate) struct Publisher {
    pub(crate) usage: Sent<Usage1>,
    pub(crate) sessions: Sent<Sessions1>,
    pub(crate) alerts: Sent<Alerts1>,
}

impl Publisher {
    /// Publishes until the state has no sender any more or the connection fails.
    pub(crate) async fn run(
        mut self,
        mut state: watch::Receiver<Arc<Snapshot>>,
        mut idle_threshold_ms: watch::Receiver<i64>,
    ) {
        let mut earliest = Instant::now();
        loop {
            let changed = tokio::select! {
                changed = state.changed() => changed,
                changed = idle_threshold_ms.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            if Instant::now() < earliest {
                tokio::time::sleep_until(earliest).await;
            }
            state.mark_unchanged();
            idle_threshold_ms.mark_unchanged();
            if let Err(error) = self.publish().await {
                tracing::warn!(%error, "the changed properties could not be sent");
                return;
            }
            earliest = Instant::now() + INTERVAL;
        }
    }

    async fn publish(&mut self) -> zbus::Result<()> {
        self.usage.publish().await?;
        self.sessions.publish().await?;
        self.alerts.publish().await
    }
}
