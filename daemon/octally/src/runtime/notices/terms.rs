// SPDX-License-Identifier: GPL-3.0-or-later
//! What goes into the notices and what comes out.

use std::collections::BTreeMap;

use octally_bus::{AlertSettings, Notice};
use octally_core::model::Zone;
use octally_core::wire::{Lately, Snapshot};

use super::Announced;
use crate::config::QuietHours;
use crate::runtime::herald::News;

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The speaker is to show it, in place of the one of the same id.
    Alert(Notice),
    /// Whoever shows the notice of this id is to take it away.
    Withdrawn(String),
    /// We show it ourselves, in place of the one of the same id.
    Send(Notice),
    /// We take ours away.
    Close(String),
}

/// When it is, and what the user wants.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Unix milliseconds.
    pub now_ms: i64,
    /// The user's zone, for the quiet hours and the days of budgets.
    pub zone: &'a Zone,
    /// What the user wants to be told of.
    pub settings: &'a AlertSettings,
}

impl Moment<'_> {
    pub(super) fn quiet_hours(&self) -> Option<QuietHours> {
        QuietHours::parse(&self.settings.quiet_hours)
    }

    /// Whether, and until when, it is quiet.
    pub(super) fn quiet_until_ms(&self) -> Option<i64> {
        let end_ms = self.quiet_hours()?.end_ms(self.zone, self.now_ms);
        (end_ms > self.now_ms).then_some(end_ms)
    }
}

/// A state of everything.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// When.
    pub moment: Moment<'a>,
    /// What the herald found.
    pub news: &'a [News<'a>],
    /// The sessions and the budgets.
    pub snapshot: &'a Snapshot,
    /// Whether all of them could be read: what is missing in a part is not gone.
    pub is_complete: bool,
    /// The last minutes; `None` where they are unknown or not asked for.
    pub lately: Option<&'a Lately>,
}

/// Where a notice is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    Speaker,
    Desktop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Due,
    Told,
    Silenced,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub notice: Notice,
    pub stage: Stage,
    pub place: Place,
}

/// What survives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The announced thresholds.
    pub announced: Announced,
    /// The end of the snooze of all.
    pub snoozed_until_ms: i64,
    /// What is on the desktop by ourselves: id and kind.
    pub on_desktop: BTreeMap<String, String>,
}
