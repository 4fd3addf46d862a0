// SPDX-License-Identifier: GPL-3.0-or-later
//! A stand-in for the desktop's notification server: shows nothing, remembers everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant, fdo, interface};

use crate::world::World;

const PATH: &str = "/org/freedesktop/Notifications";

/// What it was asked to do.
#[derive(Debug)]
pub enum Call {
    Notify(Box<Shown>),
    Close(u32),
}

/// A notification.
#[derive(Debug)]
pub struct Shown {
    pub number: u32,
    pub replaces: u32,
    pub app: String,
    pub icon: String,
    pub summary: String,
    pub body: String,
    /// Key and label.
    pub actions: BTreeMap<String, String>,
    pub hints: HashMap<String, OwnedVariant>,
}

struct Notifications {
    abilities: Vec<&'static str>,
    /// Until then the first notification is neither shown nor refused.
    hangs: Option<oneshot::Receiver<()>>,
    last: u32,
    calls: UnboundedSender<Call>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    fn get_capabilities(&self) -> Vec<String> {
        self.abilities
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    }

    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("stand-in", "octally", "1", "1.2")
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has so many")]
    async fn notify(
        &mut self,
        app: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        _expire_timeout_ms: i32,
    ) -> fdo::Result<u32> {
        if let Some(end) = self.hangs.take() {
            let _ = end.await;
            return Err(fdo::Error::NoReply("the server was busy".into()));
        }
        if replaces == 0 {
            self.last += 1;
        }
        let number = if replaces == 0 { self.last } else { replaces };
        let pairs = actions
            .chunks(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        let shown = Shown {
            number,
            replaces,
            app,
            icon,
            summary,
            body,
            actions: pairs.collect(),
            hints,
        };
        let _ = self.calls.send(Call::Notify(Box::new(shown)));
        Ok(number)
    }

    async fn close_notification(
        &self,
        number: u32,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let _ = self.calls.send(Call::Close(number));
        Self::notification_closed(&emitter, number, 3)
            .await
            .unwrap();
    }

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        number: u32,
        reason: u32,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        number: u32,
        key: &str,
    ) -> zbus::Result<()>;
}

pub struct Server {
    connection: Connection,
    calls: UnboundedReceiver<Call>,
    /// Those that went by themselves: to close them again is harmless.
    ended: BTreeSet<u32>,
}

impl Server {
    /// One that can do all that matters.
    pub async fn start(world: &World) -> Self {
        Self::with(world, &["actions", "body", "body-markup", "persistence"]).await
    }

    pub async fn with(world: &World, abilities: &[&'static str]) -> Self {
        Self::serve(world, abilities, None).await
    }

    /// One that does not show the first notification, and says so when it is told to.
    pub async fn that_hangs(world: &World) -> (Self, oneshot::Sender<()>) {
        let (end, hangs) = oneshot::channel();
        (Self::serve(world, &["body"], Some(hangs)).await, end)
    }

    async fn serve(
        world: &World,
        abilities: &[&'static str],
        hangs: Option<oneshot::Receiver<()>>,
    ) -> Self {
        let (calls, received) = unbounded_channel();
        let notifications = Notifications {
            abilities: abilities.to_vec(),
            hangs,
            last: 0,
            calls,
        };
        let connection = zbus::connection::Builder::address(world.address.as_str())
            .serve_at(PATH, notifications)
            .name("org.freedesktop.Notifications")
            .build()
            .await
            .unwrap();
        Self {
            connection,
            calls: received,
            ended: BTreeSet::new(),
        }
    }

    async fn next(&mut self) -> Call {
        loop {
            match self.calls.recv().await.unwrap() {
                Call::Close(number) if self.ended.contains(&number) => {}
                other => return other,
            }
        }
    }

    /// The next notification.
    pub async fn shown(&mut self) -> Shown {
        match self.next().await {
            Call::Notify(shown) => *shown,
            other => panic!("{other:?} instead of a notification"),
        }
    }

    /// The number of the next one that is taken away.
    pub async fn closed(&mut self) -> u32 {
        match self.next().await {
            Call::Close(number) => number,
            other => panic!("{other:?} instead of a close"),
        }
    }

    /// Nothing has arrived by now; whoever asks has waited for an answer that comes later than it would.
    pub async fn is_silent(&mut self) {
        // The daemon's task that talks to us may be behind its loop by a few messages.
        let more = tokio::time::timeout(Duration::from_millis(300), self.next()).await;
        assert!(more.is_err(), "{more:?}");
    }

    /// The user clicks a button: the server closes what has been acted on, as GNOME Shell does.
    pub async fn choose(&mut self, number: u32, key: &str) {
        self.ended.insert(number);
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        Notifications::action_invoked(&emitter, number, key)
            .await
            .unwrap();
        Notifications::notification_closed(&emitter, number, 2)
            .await
            .unwrap();
    }

    /// The same on a server that leaves it where it is.
    pub async fn choose_only(&self, number: u32, key: &str) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        let told = Notifications::action_invoked(&emitter, number, key);
        told.await.unwrap();
    }

    /// The notification goes, for this reason: 1 it expired, 2 the user put it away.
    pub async fn end(&mut self, number: u32, reason: u32) {
        self.ended.insert(number);
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        Notifications::notification_closed(&emitter, number, reason)
            .await
            .unwrap();
    }
}
