// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user should be told, and what the user wants to be told of.

use octally_core::wire::{BudgetUsage, SessionRef, Usage, WaitingFor};

/// Something that the user should be told and that still holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// A later notice of the same id takes the place of an earlier one: `session:<id>`, `budget:<id>`,
    /// `tripwire` or `compaction:<id>`.
    pub id: String,
    /// Since when it holds, Unix milliseconds.
    pub since_ms: i64,
    /// What it is about.
    pub matter: Matter,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Matter {
    /// A session's turn ended.
    Finished {
        /// The session.
        session: SessionRef,
        /// What the turn used.
        turn: Usage,
    },
    /// Nothing happened in a session for the idle threshold.
    Idle {
        /// The session.
        session: SessionRef,
    },
    /// A session waits for the user.
    Waiting {
        /// The session.
        session: SessionRef,
        /// What it waits for.
        asks: WaitingFor,
    },
    /// A budget has reached a threshold.
    Budget {
        /// The budget as it was then.
        budget: Box<BudgetUsage>,
        /// Percent of its limit.
        threshold: u32,
    },
    /// More is spent per minute than the user's limit.
    Tripwire {
        /// US dollars per minute over the last minutes.
        usd_per_minute: f64,
        /// The user's limit.
        limit_usd_per_minute: f64,
        /// Whether that is what OpenCode stored, or else list price.
        is_billed: bool,
        /// The root session that costs most.
        dearest: Option<SessionRef>,
    },
    /// A session compacts its context again and again.
    CompactionLoop {
        /// The session.
        session: SessionRef,
        /// How often.
        compactions: u32,
        /// Within how long, milliseconds.
        within_ms: i64,
    },
}

impl Matter {
    /// The word for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Idle { .. } => "idle",
            Self::Waiting { .. } => "waiting",
            Self::Budget { .. } => "budget",
            Self::Tripwire { .. } => "tripwire",
            Self::CompactionLoop { .. } => "compaction_loop",
        }
    }

    /// The session that it is about, where it is about one.
    pub fn session(&self) -> Option<&SessionRef> {
        match self {
            Self::Finished { session, .. }
            | Self::Idle { session }
            | Self::Waiting { session, .. }
            | Self::CompactionLoop { session, .. } => Some(session),
            Self::Tripwire { dearest, .. } => dearest.as_ref(),
            Self::Budget { .. } => None,
        }
    }
}

/// Who speaks of finished turns and of sessions that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaker {
    /// Octally.
    #[default]
    Octally,
    /// OpenCode's own notifications.
    OpenCode,
    /// Both.
    Both,
}

impl Speaker {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Octally, Self::OpenCode, Self::Both];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Octally => "octally",
            Self::OpenCode => "opencode",
            Self::Both => "both",
        }
    }

    /// From the word; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|speaker| speaker.as_str() == word)
    }
}

/// What `[alerts]` in config.toml says.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertSettings {
    /// Finished turns.
    pub finished: bool,
    /// Of turns that took at least so long.
    pub min_turn_seconds: u32,
    /// Sessions in which nothing happens.
    pub idle: bool,
    /// After so long, minutes; 0: never.
    pub idle_threshold_minutes: u32,
    /// Permissions and questions.
    pub waiting: bool,
    /// Thresholds of budgets.
    pub budgets: bool,
    /// US dollars per minute; 0: off.
    pub tripwire_usd_per_minute: f64,
    /// Sessions that compact again and again.
    pub compaction_loop: bool,
    /// When nothing is shown, local time: `22:00-07:00`; empty: never.
    pub quiet_hours: String,
    /// Who speaks of finished turns and of sessions that wait.
    pub speaker: Speaker,
    /// Whether OpenCode's own notifications are on, as far as its configuration tells.
    pub opencode_speaks: Option<bool>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            finished: true,
            min_turn_seconds: 10,
            idle: true,
            idle_threshold_minutes: 15,
            waiting: true,
            budgets: true,
            tripwire_usd_per_minute: 5.0,
            compaction_loop: true,
            quiet_hours: String::new(),
            speaker: Speaker::default(),
            opencode_speaks: None,
        }
    }
}

impl AlertSettings {
    /// The idle threshold in milliseconds; 0: never.
    pub fn idle_threshold_ms(&self) -> i64 {
        i64::from(self.idle_threshold_minutes) * 60_000
    }
}

/// What the listeners of the notices may know at any time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoticeState {
    /// What holds now and may be shown, oldest first.
    pub notices: Vec<Notice>,
    /// The end of the snooze of all, Unix milliseconds; 0: none.
    pub snoozed_until_ms: i64,
}

/// What is to change of [`AlertSettings`]; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertsChange {
    /// Finished turns.
    pub finished: Option<bool>,
    /// Of turns that took at least so long.
    pub min_turn_seconds: Option<u32>,
    /// Sessions in which nothing happens.
    pub idle: Option<bool>,
    /// After so long, minutes; 0: never.
    pub idle_threshold_minutes: Option<u32>,
    /// Permissions and questions.
    pub waiting: Option<bool>,
    /// Thresholds of budgets.
    pub budgets: Option<bool>,
    /// US dollars per minute; 0: off.
    pub tripwire_usd_per_minute: Option<f64>,
    /// Sessions that compact again and again.
    pub compaction_loop: Option<bool>,
    /// `22:00-07:00`, or empty for none.
    pub quiet_hours: Option<String>,
    /// Who speaks.
    pub speaker: Option<Speaker>,
}
