// SPDX-License-Identifier: GPL-3.0-or-later
//! The notices and their settings as dictionaries, and the changes that arrive as one.

use octally_core::wire::{SessionRef, WaitingFor};

use super::{Dict, bare_usage, budget, insert_text};
use crate::RequestError;
use crate::argument::{Arguments, refuse_rest, take_count, take_number, take_switch, take_text};
use crate::notice::{AlertSettings, AlertsChange, Matter, Notice, Speaker};

/// The `Settings` property.
pub(crate) fn settings(settings: &AlertSettings) -> Dict {
    let mut dict = Dict::from([
        ("finished", settings.finished.into()),
        ("min_turn_seconds", settings.min_turn_seconds.into()),
        ("idle", settings.idle.into()),
        (
            "idle_threshold_minutes",
            settings.idle_threshold_minutes.into(),
        ),
        ("waiting", settings.waiting.into()),
        ("budgets", settings.budgets.into()),
        (
            "tripwire_usd_per_minute",
            settings.tripwire_usd_per_minute.into(),
        ),
        ("compaction_loop", settings.compaction_loop.into()),
        ("quiet_hours", settings.quiet_hours.clone().into()),
        ("speaker", settings.speaker.as_str().into()),
    ]);
    if let Some(speaks) = settings.opencode_speaks {
        dict.insert("opencode_speaks", speaks.into());
    }
    dict
}

/// The `Notices` property.
pub(crate) fn notices(notices: &[Notice]) -> Vec<Dict> {
    notices.iter().map(notice).collect()
}

/// The details of the `Alert` signal.
pub(crate) fn notice(notice: &Notice) -> Dict {
    let mut dict = Dict::from([
        ("id", notice.id.clone().into()),
        ("kind", notice.matter.kind().into()),
        ("since_ms", notice.since_ms.into()),
    ]);
    if let Some(session) = notice.matter.session() {
        insert_session(&mut dict, session);
    }
    insert_matter(&mut dict, &notice.matter);
    dict
}

fn insert_matter(dict: &mut Dict, matter: &Matter) {
    match matter {
        Matter::Idle { .. } => {}
        Matter::Finished { turn, .. } => {
            dict.insert("turn", bare_usage(turn).into());
        }
        Matter::Waiting { asks, .. } => {
            dict.insert("asks", asked(*asks).into());
        }
        Matter::Budget {
            budget: of,
            threshold,
        } => {
            dict.insert("budget", budget(of).into());
            dict.insert("threshold", (*threshold).into());
        }
        Matter::Tripwire {
            usd_per_minute,
            limit_usd_per_minute,
            is_billed,
            ..
        } => {
            dict.insert("usd_per_minute", (*usd_per_minute).into());
            dict.insert("limit_usd_per_minute", (*limit_usd_per_minute).into());
            dict.insert(
                "counts",
                if *is_billed { "billed" } else { "estimated" }.into(),
            );
        }
        Matter::CompactionLoop {
            compactions,
            within_ms,
            ..
        } => {
            dict.insert("compactions", (*compactions).into());
            dict.insert("within_ms", (*within_ms).into());
        }
    }
}

fn insert_session(dict: &mut Dict, session: &SessionRef) {
    dict.insert("session_id", session.id.clone().into());
    insert_text(dict, "title", session.title.as_deref());
    insert_text(dict, "project", session.project.as_deref());
}

/// What a waiting session waits for.
pub(crate) fn asked(asks: WaitingFor) -> &'static str {
    match asks {
        WaitingFor::Permission => "permission",
        WaitingFor::Question => "question",
    }
}

/// What `SetAlerts` is to change: every key is known and of its type. Whether a value makes sense is for
/// whoever keeps the settings.
pub(crate) fn changes(mut changes: Arguments) -> Result<AlertsChange, RequestError> {
    let changed = AlertsChange {
        finished: take_switch(&mut changes, "finished")?,
        min_turn_seconds: take_count(&mut changes, "min_turn_seconds")?,
        idle: take_switch(&mut changes, "idle")?,
        idle_threshold_minutes: take_count(&mut changes, "idle_threshold_minutes")?,
        waiting: take_switch(&mut changes, "waiting")?,
        budgets: take_switch(&mut changes, "budgets")?,
        tripwire_usd_per_minute: take_number(&mut changes, "tripwire_usd_per_minute")?,
        compaction_loop: take_switch(&mut changes, "compaction_loop")?,
        quiet_hours: take_text(&mut changes, "quiet_hours")?,
        speaker: take_text(&mut changes, "speaker")?
            .map(|word| speaker(&word))
            .transpose()?,
    };
    if changes.contains_key("opencode_speaks") {
        let why = "'opencode_speaks' is what OpenCode's own configuration says; change it there";
        return Err(RequestError::Invalid(why.into()));
    }
    refuse_rest(changes)?;
    Ok(changed)
}

fn speaker(word: &str) -> Result<Speaker, RequestError> {
    let wrong = || {
        let why = format!("'speaker' is 'octally', 'opencode' or 'both', not '{word}'");
        RequestError::Invalid(why)
    };
    Speaker::parse(word).ok_or_else(wrong)
}
