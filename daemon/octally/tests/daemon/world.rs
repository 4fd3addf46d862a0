// SPDX-License-Identifier: GPL-3.0-or-later
//! A private bus, a private home, the daemon in it, and a listener. Everything ends with the test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tempfile::TempDir;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedVariant, Proxy};

pub const NAME: &str = "io.github.octally.Octally";
pub const PATH: &str = "/io/github/octally/Octally";
pub const USAGE: &str = "io.github.octally.Usage1";
pub const SESSIONS: &str = "io.github.octally.Sessions1";
pub const ALERTS: &str = "io.github.octally.Alerts1";

const DEADLINE: Duration = Duration::from_secs(60);

const BUS: &str = r#"<busconfig><type>session</type><listen>unix:dir=FOLDER</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#;

pub type Values = HashMap<String, OwnedVariant>;

pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64
}

pub fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(DEADLINE, test)
            .await
            .expect("it hangs")
    })
}

/// Says loudly that a test could not run; where nothing may be skipped, fails.
pub fn skip(why: &str) {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "cannot run: {why}"
    );
    eprintln!("SKIPPED: {why}");
}

/// A process that does not outlive its test.
pub struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Guarded {
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits without blocking the runtime.
    pub async fn ended(&mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.0);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = tokio::task::spawn_blocking(move || waitid(WaitId::Pid(pid), options));
        ended.await.unwrap().unwrap();
        self.0.wait().unwrap()
    }
}

pub struct World {
    pub home: TempDir,
    pub address: String,
    _bus: Guarded,
}

impl World {
    /// `None`, after saying so, where there is no dbus-daemon.
    pub fn new() -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("bus.conf");
        std::fs::write(
            &config,
            BUS.replace("FOLDER", &home.path().display().to_string()),
        )
        .unwrap();
        let bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut bus) = bus.map(Guarded) else {
            skip("dbus-daemon is not installed");
            return None;
        };
        let mut address = String::new();
        let stdout = bus.0.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        Some(Self {
            home,
            address: address.trim().into(),
            _bus: bus,
        })
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data/opencode")
    }

    pub fn ledger(&self) -> PathBuf {
        self.home.path().join("octally/ledger.db")
    }

    pub fn config(&self) -> PathBuf {
        self.home.path().join(".config/octally/config.toml")
    }

    /// Writes the configuration file.
    pub fn configure(&self, text: &str) {
        std::fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        std::fs::write(self.config(), text).unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// The command that starts the daemon in this world.
    pub fn command(&self) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_octally")), &[])
    }

    /// The same through another program.
    pub fn command_of(&self, program: &Path, before: &[&str]) -> Command {
        let mut options = std::fs::OpenOptions::new();
        let log = options
            .create(true)
            .append(true)
            .open(self.home.path().join("log"))
            .unwrap();
        let mut command = Command::new(program);
        command.args(before).arg("daemon");
        command
            .arg("--data-dir")
            .arg(self.data())
            .arg("--ledger")
            .arg(self.ledger());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("OCTALLY_LOG", "debug");
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TZ", "UTC");
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command
    }

    /// Starts the daemon and waits until it owns its name.
    pub async fn start(&self, listener: &mut Listener) -> Guarded {
        self.start_as(self.command(), listener).await
    }

    pub async fn start_as(&self, mut command: Command, listener: &mut Listener) -> Guarded {
        let daemon = Guarded(command.spawn().unwrap());
        listener.owned(daemon.pid()).await;
        daemon
    }

    pub async fn listener(&self) -> Listener {
        let builder = zbus::connection::Builder::address(self.address.as_str());
        let connection = builder.build().await.unwrap();
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .path(PATH);
        let rule = rule.build().unwrap();
        let signals = MessageStream::for_match_rule(rule, &connection, None)
            .await
            .unwrap();
        let bus = DBusProxy::new(&connection).await.unwrap();
        let owners = bus
            .receive_name_owner_changed_with_args(&[(0, NAME)])
            .await
            .unwrap();
        Listener {
            connection,
            signals,
            owners,
        }
    }
}

/// Somebody on the bus who hears all signals of the daemon.
pub struct Listener {
    pub connection: Connection,
    signals: MessageStream,
    owners: NameOwnerChangedStream,
}

impl Listener {
    /// Waits until the process of this number, or a child of it, owns the name.
    pub async fn owned(&mut self, pid: u32) {
        loop {
            let owner = self.owners.next().await.unwrap();
            let owner = owner
                .args()
                .unwrap()
                .new_owner()
                .as_ref()
                .map(|name| name.to_string());
            let Some(owner) = owner else { continue };
            let bus = DBusProxy::new(&self.connection).await.unwrap();
            let name = owner.as_str().try_into().unwrap();
            if bus.get_connection_unix_process_id(name).await.unwrap() == pid {
                return;
            }
        }
    }

    /// Waits until nobody owns the name.
    pub async fn released(&mut self) {
        while self
            .owners
            .next()
            .await
            .unwrap()
            .args()
            .unwrap()
            .new_owner()
            .is_some()
        {}
    }

    pub async fn proxy(&self, interface: &'static str) -> Proxy<'static> {
        let no = zbus::proxy::CacheProperties::No;
        zbus::proxy::Builder::new(&self.connection)
            .destination(NAME)
            .path(PATH)
            .interface(interface)
            .cache_properties(no)
            .build()
            .await
            .unwrap()
    }

    /// A property that is a dictionary.
    pub async fn dict(&self, property: &'static str) -> Values {
        self.proxy(USAGE)
            .await
            .get_property::<Values>(property)
            .await
            .unwrap()
    }

    pub async fn steps(&self, property: &'static str) -> u64 {
        u64::try_from(&*self.dict(property).await["steps"]).unwrap()
    }

    /// The word of `Freshness`.
    pub async fn freshness(&self) -> String {
        text(&self.dict("Freshness").await, "state")
    }

    pub async fn refresh(&self) -> Values {
        self.proxy(USAGE).await.call("Refresh", &()).await.unwrap()
    }

    /// Waits, from signal to signal, until a property has so many steps.
    pub async fn wait_for_steps(&mut self, property: &'static str, steps: u64) {
        while self.steps(property).await != steps {
            self.changed().await;
        }
    }

    /// Waits, from signal to signal, until the figures are as fresh as this word says.
    pub async fn wait_for_freshness(&mut self, word: &str) {
        while self.freshness().await != word {
            self.changed().await;
        }
    }

    /// Waits, from signal to signal, until the overall state is this one.
    pub async fn wait_for_state(&mut self, state: &str) {
        let proxy = self.proxy(USAGE).await;
        while proxy.get_property::<String>("State").await.unwrap() != state {
            self.changed().await;
        }
    }

    /// The next `PropertiesChanged`.
    pub async fn changed(&mut self) -> Message {
        self.signal("PropertiesChanged").await
    }

    /// The next signal of this name; others on the way are passed over.
    pub async fn signal(&mut self, member: &str) -> Message {
        loop {
            let message = self.signals.next().await.unwrap().unwrap();
            if message.header().member().is_some_and(|name| name == member) {
                return message;
            }
        }
    }

    /// The names of all signals that have arrived by now but `PropertiesChanged`.
    pub async fn announced(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        // An answer comes after every signal that was sent before it.
        self.steps("Total").await;
        while let Ok(Some(message)) =
            tokio::time::timeout(Duration::ZERO, self.signals.next()).await
        {
            names.push(message.unwrap().header().member().unwrap().to_string());
        }
        names.retain(|name| name != "PropertiesChanged");
        names
    }
}

pub fn text(values: &Values, key: &str) -> String {
    <&str>::try_from(&*values[key]).unwrap().to_owned()
}
