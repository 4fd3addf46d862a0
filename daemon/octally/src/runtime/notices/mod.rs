// SPDX-License-Identifier: GPL-3.0-or-later
//! Decides what the user is shown, when, and by whom. Pure: no clock, no bus, no file; what happens goes in,
//! [`Effect`]s come out.
//!
//! A notice is *held* from the moment it becomes true until it is true no more. It is *due* until somebody has
//! shown it, which settings, quiet hours and snooze put off; then it is *told*, and never again for the same
//! cause; *silenced* once the user has put it away. One that is held is shown in one place at most: by the
//! speaker (GNOME Shell's extension) or by ourselves on the desktop's notification server.
//!
//! `judge` says what is true and what the user wants to hear, `announced` remembers budgets.

mod announced;
mod judge;
mod terms;

use std::collections::BTreeMap;

use octally_bus::{Matter, Notice};
use octally_core::wire::BudgetUsage;

pub use announced::Announced;
pub use judge::LATELY_MS;
pub use terms::{Effect, Kept, Moment, Observation};

use terms::{Held, Place, Stage};

/// [`Notices::snooze`] of so many minutes is for good.
pub const FOR_GOOD: u32 = u32::MAX;

/// All notices that hold.
#[derive(Clone, Debug)]
pub struct Notices {
    held: BTreeMap<String, Held>,
    /// By id.
    snoozed: BTreeMap<String, i64>,
    snoozed_until_ms: i64,
    announced: Announced,
    /// What a former daemon left on the desktop, until the first observation.
    left: BTreeMap<String, String>,
    has_speaker: bool,
    /// False from the moment on at which no notification server could be found, until there is one.
    can_send: bool,
}

impl Notices {
    /// Goes on where a former daemon has ended.
    pub fn new(kept: Kept) -> Self {
        Self {
            held: BTreeMap::new(),
            snoozed: BTreeMap::new(),
            snoozed_until_ms: kept.snoozed_until_ms,
            announced: kept.announced,
            left: kept.on_desktop,
            has_speaker: false,
            can_send: true,
        }
    }

    /// What the next daemon has to know. To be kept before the effects are carried out: what is lost in a
    /// crash is then a notice, and none comes twice.
    pub fn kept(&self) -> Kept {
        let on_desktop = self
            .held
            .iter()
            .filter(|(_, held)| held.place == Place::Desktop);
        let kind =
            |(id, held): (&String, &Held)| (id.clone(), held.notice.matter.kind().to_owned());
        Kept {
            announced: self.announced.clone(),
            snoozed_until_ms: self.snoozed_until_ms,
            on_desktop: on_desktop.map(kind).chain(self.left.clone()).collect(),
        }
    }

    /// What holds and may be shown now, oldest first: all but what was silenced, is snoozed or waits for the
    /// end of the quiet hours.
    pub fn shown(&self, moment: Moment<'_>) -> Vec<Notice> {
        let is_shown = |held: &&Held| match held.stage {
            Stage::Told => true,
            Stage::Due => self.may_show(&held.notice.id, moment),
            Stage::Silenced => false,
        };
        let shown = self.held.values().filter(is_shown);
        let mut shown: Vec<Notice> = shown.map(|held| held.notice.clone()).collect();
        shown.sort_by(|a, b| (a.since_ms, &a.id).cmp(&(b.since_ms, &b.id)));
        shown
    }

    /// The end of the snooze of all; 0: none.
    pub fn snoozed_until_ms(&self) -> i64 {
        self.snoozed_until_ms
    }

    /// The notice with this id, shown or not.
    pub fn get(&self, id: &str) -> Option<&Notice> {
        self.held.get(id).map(|held| &held.notice)
    }

    /// The next instant at which something can be shown that is put off now, or a snooze ends.
    pub fn next_deadline_ms(&self, moment: Moment<'_>) -> Option<i64> {
        let is_due = |id: &str| {
            self.held
                .get(id)
                .is_some_and(|held| held.stage == Stage::Due)
        };
        let any_due = self.held.values().any(|held| held.stage == Stage::Due);
        let quiet = moment.quiet_until_ms().filter(|_| any_due);
        let all = Some(self.snoozed_until_ms).filter(|until_ms| *until_ms > moment.now_ms);
        let single = self
            .snoozed
            .iter()
            .filter(|(id, _)| is_due(id))
            .map(|(_, until_ms)| *until_ms);
        let later = single.filter(|until_ms| *until_ms > moment.now_ms);
        quiet.into_iter().chain(all).chain(later).min()
    }

    /// A new state: what is true no more goes, what is new comes.
    pub fn observe(&mut self, seen: &Observation<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take_over(seen, &mut effects);
        let gone: Vec<String> = self
            .held
            .values()
            .filter(|held| !judge::holds(&held.notice.matter, seen))
            .map(|held| held.notice.id.clone())
            .collect();
        for id in gone {
            self.drop(&id, &mut effects);
        }
        for notice in judge::new_ones(seen) {
            self.hold(notice);
        }
        for budget in &seen.snapshot.budgets {
            self.hold_budget(budget, seen);
        }
        self.settle(seen.moment, &mut effects);
        effects
    }

    /// Somebody begins to show notices, or stops. The answer to who begins: the ids of those that need not be
    /// shown again, because they are on the desktop by ourselves or have been.
    pub fn speak(&mut self, on: bool, moment: Moment<'_>) -> (Vec<String>, Vec<Effect>) {
        let mut effects = Vec::new();
        self.has_speaker = on;
        if !on {
            self.lose(Place::Speaker);
        }
        let is_shown =
            |held: &&Held| on && held.stage == Stage::Told && held.place != Place::Speaker;
        let shown = self
            .held
            .values()
            .filter(is_shown)
            .map(|held| held.notice.id.clone())
            .collect();
        self.settle(moment, &mut effects);
        (shown, effects)
    }

    /// Puts a notice off, or all of them with an empty id, for so many minutes; 0 ends that, and
    /// [`FOR_GOOD`] is as good as a dismissal.
    pub fn snooze(&mut self, id: &str, minutes: u32, moment: Moment<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let until_ms = moment.now_ms.saturating_add(i64::from(minutes) * 60_000);
        match (id, minutes) {
            ("", 0) => self.snoozed_until_ms = 0,
            ("", _) => self.snoozed_until_ms = until_ms,
            (_, 0) => drop(self.snoozed.remove(id)),
            (_, FOR_GOOD) => {
                self.hide(id, Stage::Silenced, &mut effects);
            }
            _ if self.held.contains_key(id) => drop(self.snoozed.insert(id.into(), until_ms)),
            _ => {}
        }
        self.settle(moment, &mut effects);
        effects
    }

    /// The user has put away what we had shown on the desktop.
    pub fn dismissed(&mut self, id: &str) {
        if let Some(held) = self.on_desktop(id) {
            (held.stage, held.place) = (Stage::Silenced, Place::Nowhere);
        }
    }

    /// The desktop has taken it away: it was seen, or could have been.
    pub fn expired(&mut self, id: &str) {
        if let Some(held) = self.on_desktop(id) {
            held.place = Place::Nowhere;
        }
    }

    /// It could not be shown on the desktop: nothing more is sent there until there is something new or a server
    /// appears, and who speaks shows it; but one that a server did not want counts as shown.
    pub fn failed(&mut self, id: &str, is_nobody_there: bool, moment: Moment<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !is_nobody_there {
            self.expired(id);
            return effects;
        }
        self.can_send = false;
        if let Some(held) = self.on_desktop(id) {
            (held.stage, held.place) = (Stage::Due, Place::Nowhere);
        }
        self.settle(moment, &mut effects);
        effects
    }

    /// There is no notification server: what we had on the desktop is gone, and nothing is sent until there
    /// is one again.
    pub fn server_gone(&mut self) {
        self.can_send = false;
        self.lose(Place::Desktop);
    }

    /// There is a notification server.
    pub fn server_there(&mut self, moment: Moment<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.can_send = true;
        self.settle(moment, &mut effects);
        effects
    }

    /// What was left on the desktop by a former daemon is taken over where it still holds, else closed.
    fn take_over(&mut self, seen: &Observation<'_>, effects: &mut Vec<Effect>) {
        for (id, kind) in std::mem::take(&mut self.left) {
            match judge::revive(&id, &kind, seen) {
                Some(notice) => {
                    let held = Held {
                        notice,
                        stage: Stage::Told,
                        place: Place::Desktop,
                    };
                    self.held.insert(id, held);
                }
                None => effects.push(Effect::Close(id)),
            }
        }
    }

    /// A later notice takes the place of an earlier one of the same id, and where it is shown.
    fn hold(&mut self, notice: Notice) {
        let earlier = self.held.get(&notice.id);
        if let Some(earlier) = earlier
            && !judge::replaces(&notice.matter, &earlier.notice.matter)
        {
            return;
        }
        if matches!(notice.matter, Matter::Waiting { .. }) {
            self.snoozed.remove(&notice.id);
        }
        let place = earlier.map_or(Place::Nowhere, |earlier| earlier.place);
        let held = Held {
            notice,
            stage: Stage::Due,
            place,
        };
        self.held.insert(held.notice.id.clone(), held);
        // A server that goes when it has nothing to do is started by the next call.
        self.can_send = true;
    }

    fn hold_budget(&mut self, budget: &BudgetUsage, seen: &Observation<'_>) {
        if !seen.moment.settings.budgets {
            return;
        }
        let Some(threshold) = self.announced.due(budget, seen.moment.zone) else {
            return;
        };
        let id = format!("budget:{}", budget.id);
        let matter = Matter::Budget {
            budget: Box::new(budget.clone()),
            threshold,
        };
        match self.held.get_mut(&id) {
            // It waits to be shown: with its newest figures then.
            Some(held)
                if held.stage == Stage::Due && judge::is_of(&held.notice.matter, threshold) =>
            {
                held.notice.matter = matter;
            }
            Some(held)
                if held.stage == Stage::Silenced
                    && judge::is_of(&held.notice.matter, threshold) => {}
            _ => self.hold(Notice {
                id,
                since_ms: seen.moment.now_ms,
                matter,
            }),
        }
    }

    fn may_show(&self, id: &str, moment: Moment<'_>) -> bool {
        let is_over = |until_ms: &i64| *until_ms <= moment.now_ms;
        is_over(&self.snoozed_until_ms)
            && self.snoozed.get(id).is_none_or(is_over)
            && moment.quiet_until_ms().is_none()
    }

    /// Shows what is due and may be shown, and takes away what may not be any more.
    fn settle(&mut self, moment: Moment<'_>, effects: &mut Vec<Effect>) {
        self.snoozed.retain(|_, until_ms| *until_ms > moment.now_ms);
        if self.snoozed_until_ms <= moment.now_ms {
            self.snoozed_until_ms = 0;
        }
        let is_snoozed = |id: &String| self.snoozed_until_ms > 0 || self.snoozed.contains_key(id);
        let ids: Vec<String> = self.held.keys().cloned().collect();
        let (snoozed, free): (Vec<String>, Vec<String>) = ids.into_iter().partition(is_snoozed);
        for id in snoozed {
            self.hide(&id, Stage::Due, effects);
        }
        for id in free {
            self.show_if_due(&id, moment, effects);
        }
    }

    fn show_if_due(&mut self, id: &str, moment: Moment<'_>, effects: &mut Vec<Effect>) {
        let may_show = self.may_show(id, moment) && (self.has_speaker || self.can_send);
        let Some(held) = self
            .held
            .get_mut(id)
            .filter(|held| held.stage == Stage::Due)
        else {
            return;
        };
        if !may_show {
            // What stands there is of an earlier notice of the same id, which is true no more.
            self.hide(id, Stage::Due, effects);
            return;
        }
        if self.has_speaker {
            if held.place == Place::Desktop {
                effects.push(Effect::Close(id.into()));
            }
            effects.push(Effect::Alert(held.notice.clone()));
            held.place = Place::Speaker;
        } else {
            effects.push(Effect::Send(held.notice.clone()));
            held.place = Place::Desktop;
        }
        held.stage = Stage::Told;
        if let Matter::Budget { budget, threshold } = &held.notice.matter {
            self.announced.note(budget, *threshold, moment.zone);
        }
    }

    /// Takes it away wherever it is shown. What the user has put away stays so.
    fn hide(&mut self, id: &str, stage: Stage, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(id) else {
            return;
        };
        if held.place == Place::Desktop {
            effects.push(Effect::Close(id.into()));
        }
        if held.place != Place::Nowhere {
            effects.push(Effect::Withdrawn(id.into()));
        }
        held.place = Place::Nowhere;
        if held.stage != Stage::Silenced {
            held.stage = stage;
        }
    }

    fn drop(&mut self, id: &str, effects: &mut Vec<Effect>) {
        let was_told = self
            .held
            .get(id)
            .is_some_and(|held| held.stage == Stage::Told && held.place == Place::Nowhere);
        self.hide(id, Stage::Due, effects);
        if was_told {
            effects.push(Effect::Withdrawn(id.into()));
        }
        self.held.remove(id);
    }

    /// Whoever showed them shows them no more: what was on view there is due again.
    fn lose(&mut self, place: Place) {
        for held in self.held.values_mut().filter(|held| held.place == place) {
            (held.stage, held.place) = (Stage::Due, Place::Nowhere);
        }
    }

    fn on_desktop(&mut self, id: &str) -> Option<&mut Held> {
        self.held
            .get_mut(id)
            .filter(|held| held.place == Place::Desktop)
    }
}

#[cfg(test)]
mod tests;
