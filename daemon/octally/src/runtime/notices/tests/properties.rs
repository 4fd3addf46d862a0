// SPDX-License-Identifier: GPL-3.0-or-later
//! Whatever happens in whatever order: a notice is in one place at most, nothing is shown while it must not be,
//! and no threshold is announced twice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::news;
use super::*;

#[derive(Clone, Debug)]
enum Op {
    Finish,
    Ask,
    Work,
    Vanish,
    Silent,
    Spend(u8),
    Budget(u8),
    Minutes(u16),
    Speak(bool),
    SpeakerGone,
    Snooze(bool, u8),
    Dismiss,
    Expire,
    Fail,
    Server(bool),
    Restart,
    Quiet(bool),
    Setting(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::Finish),
        Just(Op::Ask),
        Just(Op::Work),
        Just(Op::Vanish),
        Just(Op::Silent),
        (0..12_u8).prop_map(Op::Spend),
        (0..15_u8).prop_map(Op::Budget),
        (0..900_u16).prop_map(Op::Minutes),
        any::<bool>().prop_map(Op::Speak),
        Just(Op::SpeakerGone),
        (any::<bool>(), 0..40_u8).prop_map(|(all, minutes)| Op::Snooze(all, minutes)),
        Just(Op::Dismiss),
        Just(Op::Expire),
        Just(Op::Fail),
        any::<bool>().prop_map(Op::Server),
        Just(Op::Restart),
        any::<bool>().prop_map(Op::Quiet),
        (0..4_u8).prop_map(Op::Setting),
    ]
}

/// What the outside shows, from the effects alone.
#[derive(Default)]
struct Screens {
    desktop: BTreeSet<String>,
    speaker: BTreeSet<String>,
    is_speaking: bool,
    /// Budget, day and percent: the daemons that announced it.
    announced: BTreeMap<(i64, u32), u32>,
}

impl Screens {
    fn apply(
        &mut self,
        effects: &[Effect],
        world: &World,
        is_announced_anew: bool,
    ) -> Result<(), TestCaseError> {
        for effect in effects {
            match effect {
                Effect::Alert(notice) => {
                    prop_assert!(self.is_speaking, "nobody speaks");
                    self.check(notice, world, is_announced_anew)?;
                    self.speaker.insert(notice.id.clone());
                }
                Effect::Send(notice) => {
                    prop_assert!(!self.is_speaking, "somebody speaks");
                    self.check(notice, world, is_announced_anew)?;
                    self.desktop.insert(notice.id.clone());
                }
                Effect::Withdrawn(id) => {
                    self.speaker.remove(id);
                }
                Effect::Close(id) => {
                    self.desktop.remove(id);
                }
            }
            let both: Vec<_> = self.desktop.intersection(&self.speaker).collect();
            prop_assert!(both.is_empty(), "on view twice: {both:?}");
        }
        Ok(())
    }

    fn check(
        &mut self,
        notice: &Notice,
        world: &World,
        is_announced_anew: bool,
    ) -> Result<(), TestCaseError> {
        prop_assert!(world.moment().quiet_until_ms().is_none(), "it is quiet");
        prop_assert_eq!(world.notices.snoozed_until_ms(), 0, "all are snoozed");
        if let (Matter::Budget { budget, threshold }, true) = (&notice.matter, is_announced_anew) {
            *self
                .announced
                .entry((budget.starts_ms, *threshold))
                .or_default() += 1;
        }
        Ok(())
    }
}

fn play(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut world = World::new();
    let mut screens = Screens::default();
    // Notices that were announced and are only shown again: after a snooze, at another place.
    let mut told: BTreeSet<(i64, u32)> = BTreeSet::new();
    for op in ops {
        let before = world.notices.announced.clone();
        let effects = step(&mut world, &mut screens, &op);
        let is_new = before != world.notices.announced;
        screens.apply(&effects, &world, is_new)?;
        for (key, times) in &screens.announced {
            prop_assert!(*times <= 1, "{key:?} was announced {times} times");
            told.insert(*key);
        }
        let on_desktop: BTreeSet<String> = world.notices.kept().on_desktop.into_keys().collect();
        prop_assert_eq!(&on_desktop, &screens.desktop, "after {:?}", op);
        let moment = world.moment();
        if let Some(deadline_ms) = world.notices.next_deadline_ms(moment) {
            prop_assert!(deadline_ms > world.now_ms, "a timer in the past");
        }
    }
    Ok(())
}

/// Does it, and sees it from the outside.
fn step(world: &mut World, screens: &mut Screens, op: &Op) -> Vec<Effect> {
    let mut told = Vec::new();
    match op {
        Op::Finish => {
            world.session(State::Idle);
            told.push(Told::Finished(60_000));
        }
        Op::Ask => {
            world.session(State::Waiting);
            told.push(Told::Waiting);
        }
        Op::Work => world.session(State::Busy),
        Op::Vanish => world.snapshot.sessions.clear(),
        Op::Silent => {
            if let Some(line) = world.snapshot.sessions.first_mut() {
                line.is_silent = true;
                told.push(Told::Silent);
            }
        }
        Op::Spend(usd) => world.spend(f64::from(*usd)),
        Op::Budget(tenths) => world.budget(f64::from(*tenths) / 10.0),
        Op::Minutes(minutes) => {
            world.now_ms += i64::from(*minutes) * MINUTE_MS;
            // A new day begins at nothing.
            if world
                .snapshot
                .budgets
                .iter()
                .any(|budget| budget.ends_ms <= world.now_ms)
            {
                world.budget(0.0);
            }
        }
        Op::Quiet(on) => {
            world.settings.quiet_hours = if *on {
                "11:00-14:00".into()
            } else {
                String::new()
            }
        }
        Op::Setting(which) => match which {
            0 => world.settings.finished ^= true,
            1 => world.settings.waiting ^= true,
            2 => world.settings.idle ^= true,
            _ => world.settings.budgets ^= true,
        },
        Op::Restart => {
            screens.speaker.clear();
            screens.is_speaking = false;
            world.restart();
        }
        _ => return step_aside(world, screens, op),
    }
    let news = news(&world.snapshot, &told);
    let seen = Observation {
        moment: Moment {
            now_ms: world.now_ms,
            zone: &world.zone,
            settings: &world.settings,
        },
        news: &news,
        snapshot: &world.snapshot,
        is_complete: true,
        lately: world.lately.as_ref(),
    };
    world.notices.observe(&seen)
}

fn step_aside(world: &mut World, screens: &mut Screens, op: &Op) -> Vec<Effect> {
    let moment = Moment {
        now_ms: world.now_ms,
        zone: &world.zone,
        settings: &world.settings,
    };
    match op {
        Op::Speak(true) => {
            screens.is_speaking = true;
            world.notices.speak(true, moment).1
        }
        Op::Speak(false) | Op::SpeakerGone => {
            screens.is_speaking = false;
            screens.speaker.clear();
            world.notices.speak(false, moment).1
        }
        Op::Snooze(true, minutes) => world.notices.snooze("", u32::from(*minutes), moment),
        Op::Snooze(false, minutes) => world.notices.snooze(SESSION, u32::from(*minutes), moment),
        Op::Server(false) => {
            screens.desktop.clear();
            world.notices.server_gone();
            Vec::new()
        }
        Op::Server(true) => world.notices.server_there(moment),
        Op::Dismiss | Op::Expire | Op::Fail => {
            let Some(id) = screens.desktop.pop_first() else {
                return Vec::new();
            };
            match op {
                Op::Dismiss => world.notices.dismissed(&id),
                Op::Expire => world.notices.expired(&id),
                _ => return world.notices.failed(&id, true, moment),
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_nothing_is_shown_twice_or_when_it_must_not_be(ops in prop::collection::vec(op(), 1..60)) {
        play(ops)?;
    }
}
