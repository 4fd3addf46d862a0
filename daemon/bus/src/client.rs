// SPDX-License-Identifier: GPL-3.0-or-later
//! The other end: what the command line asks of a daemon that may or may not run.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream, PropertiesChangedStream, PropertiesProxy};
use zbus::names::{BusName, InterfaceName};
use zbus::{Connection, OwnedVariant, Variant, proxy};

use crate::{BusError, NAME, PATH};

/// A daemon that takes longer for a word about itself hangs: its loop answers at once, whatever is being read.
const PATIENCE: Duration = Duration::from_secs(5);

#[proxy(
    interface = "io.github.octally.Usage1",
    default_service = "io.github.octally.Octally",
    default_path = "/io/github/octally/Octally"
)]
trait Usage1 {
    #[zbus(property)]
    fn freshness(&self) -> zbus::Result<HashMap<String, OwnedVariant>>;
    #[zbus(property)]
    fn version(&self) -> zbus::Result<String>;
}

/// What a running daemon says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// `fresh`, `stale`, `empty` or `error`.
    pub freshness: String,
    /// Since when, Unix milliseconds.
    pub since_ms: Option<i64>,
    /// Why it is not fresh, with the remedy.
    pub reason: Option<String>,
}

/// A connection to the session bus, for asking.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
}

impl Client {
    /// Connects to the session bus. Starts no daemon.
    ///
    /// # Errors
    /// [`BusError::NoBus`].
    pub async fn connect() -> Result<Self, BusError> {
        let connection = Connection::session().await.map_err(BusError::NoBus)?;
        Ok(Self { connection })
    }

    /// What the daemon says about itself; `None` if none runs. Starts none.
    ///
    /// # Errors
    /// [`BusError::Silent`], [`BusError::Bus`].
    pub async fn health(&self) -> Result<Option<Health>, BusError> {
        let Some(pid) = self.pid().await? else {
            return Ok(None);
        };
        match tokio::time::timeout(PATIENCE, self.health_of(pid)).await {
            Ok(told) => Ok(Some(told?)),
            Err(_) => Err(BusError::Silent(pid)),
        }
    }

    async fn health_of(&self, pid: u32) -> zbus::Result<Health> {
        let usage = self.usage().await?;
        let freshness = usage.freshness().await?;
        Ok(Health {
            pid,
            version: usage.version().await?,
            freshness: text(&freshness, "state").unwrap_or_default(),
            since_ms: freshness
                .get("since_ms")
                .and_then(|value| i64::try_from(&**value).ok()),
            reason: text(&freshness, "reason"),
        })
    }

    /// The daemon's process; `None` if none runs. Starts none.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn pid(&self) -> Result<Option<u32>, BusError> {
        let bus = DBusProxy::new(&self.connection).await?;
        let name = BusName::try_from(NAME)?;
        let owner = bus.name_has_owner(name.clone()).await;
        if !owner.map_err(zbus::Error::from)? {
            return Ok(None);
        }
        let pid = bus.get_connection_unix_process_id(name).await;
        Ok(Some(pid.map_err(zbus::Error::from)?))
    }

    /// Whether the bus can start a daemon that does not run.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn is_activatable(&self) -> Result<bool, BusError> {
        let bus = DBusProxy::new(&self.connection).await?;
        let names = bus
            .list_activatable_names()
            .await
            .map_err(zbus::Error::from)?;
        Ok(names.iter().any(|name| name.as_str() == NAME))
    }

    /// Hears of every change from now on. Starts no daemon.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn changes(&self) -> Result<Changes, BusError> {
        let properties = PropertiesProxy::builder(&self.connection)
            .destination(NAME)
            .path(PATH)
            .build()
            .await?;
        let owner = DBusProxy::new(&self.connection).await?;
        Ok(Changes {
            properties: properties.receive_properties_changed().await?,
            owner: owner
                .receive_name_owner_changed_with_args(&[(0, NAME)])
                .await?,
        })
    }

    async fn usage(&self) -> zbus::Result<Usage1Proxy<'_>> {
        let uncached = zbus::proxy::CacheProperties::No;
        Usage1Proxy::builder(&self.connection)
            .cache_properties(uncached)
            .build()
            .await
    }
}

/// A stream of changes; it ends with the bus.
#[derive(Debug)]
pub struct Changes {
    properties: PropertiesChangedStream,
    owner: NameOwnerChangedStream,
}

impl Changes {
    /// Waits until the figures may have changed, or the daemon came or went. `None`: the bus is gone.
    pub async fn next(&mut self) -> Option<()> {
        loop {
            tokio::select! {
                signal = self.properties.next() => {
                    if is_ours(signal?.args().ok()?.interface_name()) {
                        return Some(());
                    }
                }
                signal = self.owner.next() => return signal.map(|_| ()),
            }
        }
    }
}

fn is_ours(interface: &InterfaceName<'_>) -> bool {
    interface.as_str().starts_with("io.github.octally.")
}

fn text(dict: &HashMap<String, OwnedVariant>, key: &str) -> Option<String> {
    let value: &Variant<'_> = dict.get(key)?;
    <&str>::try_from(value).ok().map(str::to_owned)
}
