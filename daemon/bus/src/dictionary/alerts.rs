// SPDX-License-Identifier: GPL-3.0-or-later
//! The notices and their settings as dictionaries, and the changes that arrive as one.

use std::collections::HashMap;

use octally_core::wire::{SessionRef, WaitingFor};
use zbus::{OwnedVariant, Variant};

use super::{Dict, bare_usage, budget, insert_text};
use crate::RequestError;
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
pub(crate) fn changes(
    mut changes: HashMap<String, OwnedVariant>,
) -> Result<AlertsChange, RequestError> {
    let changed = AlertsChange {
        finished: take(&mut changes, "finished", SWITCH)?,
        min_turn_seconds: take(&mut changes, "min_turn_seconds", WHOLE)?,
        idle: take(&mut changes, "idle", SWITCH)?,
        idle_threshold_minutes: take(&mut changes, "idle_threshold_minutes", WHOLE)?,
        waiting: take(&mut changes, "waiting", SWITCH)?,
        budgets: take(&mut changes, "budgets", SWITCH)?,
        tripwire_usd_per_minute: take(&mut changes, "tripwire_usd_per_minute", NUMBER)?,
        compaction_loop: take(&mut changes, "compaction_loop", SWITCH)?,
        quiet_hours: take(&mut changes, "quiet_hours", TEXT)?,
        speaker: take(&mut changes, "speaker", SPEAKER)?,
    };
    match changes.into_keys().min() {
        Some(key) if key == "opencode_speaks" => Err(RequestError::Invalid(
            "'opencode_speaks' is what OpenCode's own configuration says; change it there".into(),
        )),
        Some(key) => Err(RequestError::Invalid(format!(
            "there is no setting '{key}'"
        ))),
        None => Ok(changed),
    }
}

/// What a value must be, and how to read it.
type Kind<T> = (&'static str, fn(Variant<'_>) -> Option<T>);

const SWITCH: Kind<bool> = ("a boolean", |value| bool::try_from(value).ok());
const TEXT: Kind<String> = ("a string", |value| String::try_from(value).ok());
const WHOLE: Kind<u32> = ("a whole number, 0 or more", |value| whole(&value));
const NUMBER: Kind<f64> = ("a number", |value| match value {
    Variant::F64(number) => Some(number),
    other => whole(&other).map(f64::from),
});
const SPEAKER: Kind<Speaker> = ("'octally', 'opencode' or 'both'", |value| {
    Speaker::parse(&String::try_from(value).ok()?)
});

/// Any integer type: callers from scripting languages cannot always choose.
fn whole(value: &Variant<'_>) -> Option<u32> {
    match *value {
        Variant::U8(n) => Some(n.into()),
        Variant::U16(n) => Some(n.into()),
        Variant::U32(n) => Some(n),
        Variant::U64(n) => n.try_into().ok(),
        Variant::I16(n) => n.try_into().ok(),
        Variant::I32(n) => n.try_into().ok(),
        Variant::I64(n) => n.try_into().ok(),
        _ => None,
    }
}

fn take<T>(
    changes: &mut HashMap<String, OwnedVariant>,
    key: &str,
    (what, read): Kind<T>,
) -> Result<Option<T>, RequestError> {
    let Some(value) = changes.remove(key) else {
        return Ok(None);
    };
    let read = read(value.into());
    read.map(Some)
        .ok_or_else(|| RequestError::Invalid(format!("'{key}' must be {what}")))
}
