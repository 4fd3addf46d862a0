// SPDX-License-Identifier: GPL-3.0-or-later
//! The daemon's end of the bus: connect, serve, and last of all own the name.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use octally_core::wire::{SessionLine, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::fdo::{DBusProxy, NameLostStream, RequestNameFlags};
use zbus::names::BusName;
use zbus::object_server::InterfaceRef;

use crate::alerts1::Alerts1;
use crate::data1::Data1;
use crate::desktop::{self, Desktop};
use crate::notice::{AlertSettings, Notice, NoticeState};
use crate::presence::Presence;
use crate::publisher::{Publisher, Sent};
use crate::sessions1::Sessions1;
use crate::usage1::Usage1;
use crate::{NAME, PATH, Request, dictionary};

/// How long the end waits for replies that are under way.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why the bus cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// There is no session bus to talk to.
    #[error(
        "no session bus can be reached ({0}); start it inside a desktop session, or with \
         'dbus-run-session octally daemon', or set DBUS_SESSION_BUS_ADDRESS"
    )]
    NoBus(zbus::Error),
    /// Another daemon runs already.
    #[error(
        "another daemon owns {NAME} already; stop it with 'systemctl --user stop octally', or take \
         over with 'octally daemon --replace'"
    )]
    NameTaken,
    /// The daemon with this process id hangs.
    #[error(
        "the daemon, process {0}, does not answer; restart it with 'systemctl --user restart octally'"
    )]
    Silent(u32),
    /// Anything else that the bus said.
    #[error("the session bus failed: {0}")]
    Bus(#[from] zbus::Error),
}

/// Why a session is announced as idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleCause {
    /// Its turn ended.
    Finished,
    /// Nothing happened for the idle threshold.
    Threshold,
}

/// Why the daemon is not on the bus any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Another daemon took over.
    NameLost,
    /// The bus closed the connection.
    BusGone,
}

/// What the interfaces show: each the newest value that the daemon has sent.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The figures.
    pub state: watch::Receiver<Arc<Snapshot>>,
    /// What the user wants to be told of.
    pub settings: watch::Receiver<AlertSettings>,
    /// What there is to tell.
    pub notices: watch::Receiver<NoticeState>,
}

/// The interfaces on a connection.
#[derive(Debug)]
pub struct Service {
    connection: Connection,
    seen: Seen,
    publisher: Option<JoinHandle<()>>,
}

impl Service {
    /// Connects to the session bus and serves every interface, without the name yet: nobody calls
    /// before the first snapshot is there.
    ///
    /// # Errors
    /// [`BusError::NoBus`].
    pub async fn connect(seen: Seen, requests: mpsc::Sender<Request>) -> Result<Self, BusError> {
        Self::serve(Builder::session(), seen, requests)
            .await
            .map_err(BusError::NoBus)
    }

    pub(crate) async fn serve(
        builder: Builder<'_>,
        seen: Seen,
        requests: mpsc::Sender<Request>,
    ) -> zbus::Result<Self> {
        let usage = Usage1 {
            state: seen.state.clone(),
            requests: requests.clone(),
        };
        let sessions = Sessions1 {
            state: seen.state.clone(),
            settings: seen.settings.clone(),
            requests: requests.clone(),
        };
        let data = Data1 {
            requests: requests.clone(),
        };
        let alerts = Alerts1 {
            state: seen.state.clone(),
            settings: seen.settings.clone(),
            notices: seen.notices.clone(),
            requests,
        };
        let connection = builder
            .serve_at(PATH, usage)
            .serve_at(PATH, sessions)
            .serve_at(PATH, alerts)
            .serve_at(PATH, data)
            .build()
            .await?;
        Ok(Self {
            connection,
            seen,
            publisher: None,
        })
    }

    /// Fails if another daemon owns the name, before any work is done in vain.
    ///
    /// # Errors
    /// [`BusError::NameTaken`], [`BusError::Bus`].
    pub async fn check_name_is_free(&self) -> Result<(), BusError> {
        let bus = DBusProxy::new(&self.connection).await?;
        let name = BusName::try_from(NAME)?;
        match bus.name_has_owner(name).await.map_err(zbus::Error::from)? {
            true => Err(BusError::NameTaken),
            false => Ok(()),
        }
    }

    /// Owns the name, from the present owner if `replace`, and publishes every change from then on.
    ///
    /// # Errors
    /// [`BusError::NameTaken`], [`BusError::Bus`].
    pub async fn own_name(&mut self, replace: bool) -> Result<Tenure, BusError> {
        self.start_publishing().await?;
        let lost = DBusProxy::new(&self.connection)
            .await?
            .receive_name_lost()
            .await?;
        let mut flags = RequestNameFlags::DO_NOT_QUEUE | RequestNameFlags::ALLOW_REPLACEMENT;
        flags.set(RequestNameFlags::REPLACE_EXISTING, replace);
        match self.connection.request_name_with_flags(NAME, flags).await {
            Err(zbus::Error::NameTaken) => return Err(BusError::NameTaken),
            other => other?,
        };
        Ok(Tenure {
            connection: self.connection.clone(),
            lost,
        })
    }

    /// Sends every change from the present state on.
    pub(crate) async fn start_publishing(&mut self) -> zbus::Result<()> {
        let server = self.connection.object_server();
        let publisher = Publisher {
            usage: Sent::new(server.interface(PATH).await?).await?,
            sessions: Sent::new(server.interface(PATH).await?).await?,
            alerts: Sent::new(server.interface(PATH).await?).await?,
        };
        let run = publisher.run(self.seen.clone());
        self.publisher = Some(tokio::spawn(run));
        Ok(())
    }

    /// Announces that a session became idle.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn announce_idle(
        &self,
        line: &SessionLine,
        cause: IdleCause,
    ) -> Result<(), BusError> {
        let sessions = self
            .connection
            .object_server()
            .interface::<_, Sessions1>(PATH)
            .await?;
        let details = dictionary::idle(line, cause);
        Ok(Sessions1::idle(sessions.signal_emitter(), &line.id, details).await?)
    }

    /// Announces that a session waits for the user.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn announce_waiting(&self, line: &SessionLine) -> Result<(), BusError> {
        let sessions = self
            .connection
            .object_server()
            .interface::<_, Sessions1>(PATH)
            .await?;
        let details = dictionary::waiting(line);
        Ok(Sessions1::waiting(sessions.signal_emitter(), &line.id, details).await?)
    }

    /// Has the speaker show a notice.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn alert(&self, notice: &Notice) -> Result<(), BusError> {
        let alerts = self.alerts().await?;
        let details = dictionary::alerts::notice(notice);
        Ok(Alerts1::alert(alerts.signal_emitter(), notice.matter.kind(), details).await?)
    }

    /// Has whoever shows the notice of this id take it away.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn withdraw(&self, id: &str) -> Result<(), BusError> {
        Ok(Alerts1::withdrawn(self.alerts().await?.signal_emitter(), id).await?)
    }

    /// Has the extension show details: of a session, or with an empty id of the budgets.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn show_details(&self, session_id: &str) -> Result<(), BusError> {
        Ok(Alerts1::show_details(self.alerts().await?.signal_emitter(), session_id).await?)
    }

    /// The desktop's notification server. Asks for none yet.
    pub fn desktop(&self) -> Desktop {
        Desktop::new(self.connection.clone())
    }

    /// The unique name of the notification server; `None`: none runs. Starts none.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn notification_server(&self) -> Result<Option<String>, BusError> {
        Ok(desktop::server(&self.connection).await?)
    }

    /// Hears of the end of somebody on the bus; `None`: it has ended.
    ///
    /// # Errors
    /// [`BusError::Bus`].
    pub async fn presence(&self, name: &str) -> Result<Option<Presence>, BusError> {
        Ok(Presence::new(&self.connection, name).await?)
    }

    async fn alerts(&self) -> zbus::Result<InterfaceRef<Alerts1>> {
        self.connection.object_server().interface(PATH).await
    }

    /// Gives the name back and says goodbye once every reply is out. A call that nobody answers any
    /// more holds it up for no longer than `FAREWELL`.
    pub async fn release(mut self, tenure: Option<Tenure>) {
        // The goodbye waits for everyone who holds the connection.
        drop(tenure);
        if let Some(publisher) = self.publisher.take() {
            publisher.abort();
            let _ = publisher.await;
        }
        if let Err(error) = self.connection.release_name(NAME).await {
            tracing::debug!(%error, "the bus name could not be released");
        }
        let goodbye = self.connection.graceful_shutdown();
        if tokio::time::timeout(FAREWELL, goodbye).await.is_err() {
            tracing::debug!("some replies were not sent");
        }
    }
}

/// The time for which the daemon owns its name.
#[derive(Debug)]
pub struct Tenure {
    connection: Connection,
    lost: NameLostStream,
}

impl Tenure {
    /// Waits until the name or the bus is lost.
    pub async fn ended(&mut self) -> Ended {
        let lost = async {
            while let Some(signal) = self.lost.next().await {
                if signal.args().is_ok_and(|args| args.name().as_str() == NAME) {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            () = lost => Ended::NameLost,
            () = self.connection.closed() => Ended::BusGone,
        }
    }
}
