// SPDX-License-Identifier: GPL-3.0-or-later
//! What a notification says, and what happens to it.

/// What the user can do on a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See more of it.
    Details,
    /// Raise the limit that was passed.
    Raise,
    /// Put it off.
    Snooze,
}

impl Action {
    const ALL: [Self; 3] = [Self::Details, Self::Raise, Self::Snooze];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Details => "details",
            Self::Raise => "raise",
            Self::Snooze => "snooze",
        }
    }

    /// A click on the notification itself is `default`.
    pub(super) fn parse(key: &str) -> Option<Self> {
        if key == "default" {
            return Some(Self::Details);
        }
        Self::ALL.into_iter().find(|action| action.key() == key)
    }
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The title.
    pub summary: String,
    /// The text, plain.
    pub body: String,
    /// As in `x-octally.budget`.
    pub category: String,
    /// The buttons with their labels.
    pub actions: Vec<(Action, String)>,
}

/// What happened on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesktopEvent {
    /// It is shown, under this number of the server with this unique name.
    Shown {
        /// Ours.
        id: String,
        /// The server's.
        number: u32,
        /// The server.
        server: String,
    },
    /// It could not be shown.
    Failed {
        /// Ours.
        id: String,
        /// Which attempt: a later one may be under way.
        attempt: u64,
        /// There is nobody to show it; otherwise the server did not want to.
        is_nobody_there: bool,
    },
    /// It is gone.
    Closed {
        /// Ours.
        id: String,
        /// The user has put it away.
        by_user: bool,
    },
    /// The user wants this.
    Chosen {
        /// Ours.
        id: String,
        /// What.
        action: Action,
    },
    /// The server has ended, and what it showed is gone.
    ServerGone,
    /// There is a server again.
    ServerThere,
}
