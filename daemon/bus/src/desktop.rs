// SPDX-License-Identifier: GPL-3.0-or-later
//! The desktop's notification server, `org.freedesktop.Notifications`: what we show there by ourselves.
//!
//! One task does the talking, so that a server that does not answer holds nothing up. It begins with the first
//! notification; until then no server is asked for, and none is started. After the Desktop Notifications
//! Specification 1.2.

mod words;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::names::BusName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, MatchRule, Message, MessageStream, Variant, proxy};

pub use words::{Action, DesktopEvent, Note};

const SERVER: &str = "org.freedesktop.Notifications";
/// The name and the icon that the desktop knows us by.
const APP: &str = "Octally";
const APP_ID: &str = "io.github.octally.Octally";
/// So long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Why a notification was closed.
const BY_USER: u32 = 2;
/// Neither to be hidden nor to break through "do not disturb".
const URGENCY: u8 = 1;

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    fn close_notification(&self, number: u32) -> zbus::Result<()>;
    #[expect(clippy::too_many_arguments, reason = "the specification has so many")]
    fn notify(
        &self,
        app_name: &str,
        replaces: u32,
        icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Variant<'_>>,
        expire_timeout_ms: i32,
    ) -> zbus::Result<u32>;
}

#[derive(Debug)]
enum Command {
    Show(String, u64, Note),
    Close(String),
    TakeOver(String, u32),
}

/// Our end of it.
#[derive(Debug)]
pub struct Desktop {
    commands: UnboundedSender<Command>,
    events: UnboundedReceiver<DesktopEvent>,
    task: JoinHandle<()>,
}

impl Desktop {
    pub(crate) fn new(connection: Connection) -> Self {
        let (commands, orders) = unbounded_channel();
        let (tell, events) = unbounded_channel();
        let task = tokio::spawn(async move {
            if let Err(error) = work(connection, orders, tell).await {
                tracing::warn!(%error, "no notifications can be shown");
            }
        });
        Self {
            commands,
            events,
            task,
        }
    }

    /// Shows a notification, in place of the one with the same id. If that fails, this attempt has.
    pub fn show(&self, id: &str, attempt: u64, note: Note) {
        self.order(Command::Show(id.into(), attempt, note));
    }

    /// Takes a notification away.
    pub fn close(&self, id: &str) {
        self.order(Command::Close(id.into()));
    }

    /// Knows from now on a notification that a former process has shown.
    pub fn take_over(&self, id: &str, number: u32) {
        self.order(Command::TakeOver(id.into(), number));
    }

    /// Waits for the next event. Safe to cancel.
    pub async fn next(&mut self) -> DesktopEvent {
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    fn order(&self, command: Command) {
        // The task ends with the connection only, and then the daemon does, too.
        let _ = self.commands.send(command);
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The server's unique name; `None`: there is none. Starts none.
pub(crate) async fn server(connection: &Connection) -> zbus::Result<Option<String>> {
    let bus = DBusProxy::new(connection).await?;
    match bus.get_name_owner(BusName::try_from(SERVER)?).await {
        Ok(owner) => Ok(Some(owner.to_string())),
        Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn work(
    connection: Connection,
    mut orders: UnboundedReceiver<Command>,
    tell: UnboundedSender<DesktopEvent>,
) -> zbus::Result<()> {
    let Some(first) = orders.recv().await else {
        return Ok(());
    };
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(SERVER)
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, &connection, None).await?;
    let bus = DBusProxy::new(&connection).await?;
    let mut owners = bus
        .receive_name_owner_changed_with_args(&[(0, SERVER)])
        .await?;
    let mut screen = Screen {
        proxy: NotificationsProxy::builder(&connection)
            .cache_properties(CacheProperties::No)
            .build()
            .await?,
        server: server(&connection).await?,
        connection,
        tell,
        abilities: None,
        numbers: BTreeMap::new(),
    };
    screen.obey(first).await;
    loop {
        tokio::select! {
            biased;
            Some(signal) = signals.next() => screen.hear(&signal?),
            Some(change) = owners.next() => screen.follow(&change)?,
            order = orders.recv() => match order {
                Some(order) => screen.obey(order).await,
                None => return Ok(()),
            },
        }
    }
}

/// What the server can do.
#[derive(Clone, Copy, Debug, Default)]
struct Abilities {
    actions: bool,
    body: bool,
    markup: bool,
}

struct Screen {
    connection: Connection,
    proxy: NotificationsProxy<'static>,
    tell: UnboundedSender<DesktopEvent>,
    server: Option<String>,
    /// Of the present server, once they were asked for.
    abilities: Option<Abilities>,
    /// The server's number of each of ours.
    numbers: BTreeMap<String, u32>,
}

impl Screen {
    async fn obey(&mut self, order: Command) {
        match order {
            Command::Show(id, attempt, note) => self.show(id, attempt, note).await,
            Command::Close(id) => {
                if let Some(number) = self.numbers.remove(&id)
                    && let Err(error) = in_time(self.proxy.close_notification(number)).await
                {
                    tracing::debug!(%error, "a notification could not be closed");
                }
            }
            Command::TakeOver(id, number) => {
                self.numbers.insert(id, number);
            }
        }
    }

    async fn show(&mut self, id: String, attempt: u64, note: Note) {
        let event = match self.notify(&id, &note).await {
            Ok((number, server)) => {
                self.server = Some(server.clone());
                self.numbers.insert(id.clone(), number);
                DesktopEvent::Shown { id, number, server }
            }
            Err(error) => {
                let is_nobody_there = is_nobody(&error);
                tracing::debug!(%error, "a notification could not be shown");
                DesktopEvent::Failed {
                    id,
                    attempt,
                    is_nobody_there,
                }
            }
        };
        let _ = self.tell.send(event);
    }

    async fn notify(&mut self, id: &str, note: &Note) -> zbus::Result<(u32, String)> {
        let abilities = self.abilities().await?;
        let body = match (abilities.body, abilities.markup) {
            (false, _) => String::new(),
            (true, true) => escaped(&note.body),
            (true, false) => note.body.clone(),
        };
        let hints: HashMap<&str, Variant<'_>> = HashMap::from([
            ("urgency", URGENCY.into()),
            ("category", note.category.as_str().into()),
            ("desktop-entry", APP_ID.into()),
        ]);
        let number = self.numbers.get(id).copied().unwrap_or(0);
        let actions = if abilities.actions {
            actions(note)
        } else {
            Vec::new()
        };
        let summary = note.summary.as_str();
        let call = self
            .proxy
            .notify(APP, number, APP_ID, summary, &body, &actions, hints, -1);
        let number = in_time(call).await?;
        let server = server(&self.connection).await?;
        Ok((number, server.unwrap_or_default()))
    }

    async fn abilities(&mut self) -> zbus::Result<Abilities> {
        if let Some(abilities) = self.abilities {
            return Ok(abilities);
        }
        let names = in_time(self.proxy.get_capabilities()).await?;
        let has = |name: &str| names.iter().any(|known| known == name);
        let abilities = Abilities {
            actions: has("actions"),
            body: has("body"),
            markup: has("body-markup"),
        };
        self.abilities = Some(abilities);
        Ok(abilities)
    }

    /// A signal of the server's, about a notification of ours or of somebody else's.
    fn hear(&mut self, signal: &Message) {
        let header = signal.header();
        let sender = header.sender().map(ToString::to_string);
        if sender.is_none() || sender != self.server {
            return;
        }
        let event = match header.member().map(|member| member.as_str()) {
            Some("NotificationClosed") => self.closed(signal),
            Some("ActionInvoked") => self.chosen(signal),
            _ => None,
        };
        if let Some(event) = event {
            let _ = self.tell.send(event);
        }
    }

    fn closed(&mut self, signal: &Message) -> Option<DesktopEvent> {
        let (number, reason): (u32, u32) = signal.body().deserialize().ok()?;
        let id = self.id_of(number)?;
        self.numbers.remove(&id);
        Some(DesktopEvent::Closed {
            id,
            by_user: reason == BY_USER,
        })
    }

    fn chosen(&self, signal: &Message) -> Option<DesktopEvent> {
        let (number, key): (u32, String) = signal.body().deserialize().ok()?;
        Some(DesktopEvent::Chosen {
            id: self.id_of(number)?,
            action: Action::parse(&key)?,
        })
    }

    fn id_of(&self, number: u32) -> Option<String> {
        let mut numbers = self.numbers.iter();
        numbers
            .find(|(_, known)| **known == number)
            .map(|(id, _)| id.clone())
    }

    fn follow(&mut self, change: &zbus::fdo::NameOwnerChanged) -> zbus::Result<()> {
        let args = change.args()?;
        let new = args.new_owner().as_ref().map(ToString::to_string);
        if new == self.server {
            return Ok(());
        }
        if self.server.is_some() {
            let _ = self.tell.send(DesktopEvent::ServerGone);
        }
        self.numbers.clear();
        self.abilities = None;
        self.server = new;
        if self.server.is_some() {
            let _ = self.tell.send(DesktopEvent::ServerThere);
        }
        Ok(())
    }
}

fn actions(note: &Note) -> Vec<&str> {
    let mut actions = Vec::new();
    for (action, label) in &note.actions {
        if *action == Action::Details {
            actions.extend(["default", label.as_str()]);
        }
        actions.extend([action.key(), label.as_str()]);
    }
    actions
}

async fn in_time<T>(call: impl Future<Output = zbus::Result<T>>) -> zbus::Result<T> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}

/// As the specification's markup has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn is_nobody(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::MethodError(name, ..) => {
            let name = name.as_str();
            let nobody = [
                "ServiceUnknown",
                "NameHasNoOwner",
                "NoReply",
                "Disconnected",
            ];
            nobody.iter().any(|word| name.ends_with(word)) || name.contains(".Spawn.")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text_of_the_users_and_a_click_is_the_first_button() {
        assert_eq!(escaped("a <b> & c"), "a &lt;b&gt; &amp; c");
        let note = Note {
            summary: String::new(),
            body: String::new(),
            category: String::new(),
            actions: vec![
                (Action::Details, "Show".into()),
                (Action::Snooze, "Later".into()),
            ],
        };
        assert_eq!(
            actions(&note),
            ["default", "Show", "details", "Show", "snooze", "Later"]
        );
        assert_eq!(Action::parse("default"), Some(Action::Details));
        assert_eq!(Action::parse("inline-reply"), None);
    }
}
