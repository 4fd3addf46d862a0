// SPDX-License-Identifier: GPL-3.0-or-later
//! `[alerts]` in config.toml: what the user wants to be told of.

use std::path::Path;

use octally_bus::{AlertSettings, AlertsChange, Speaker};
use toml_edit::{DocumentMut, Item};

use super::edit::{self, EditError, edit, table};
use super::quiet::QuietHours;
use super::reader::{Entry, Reader, entries};

const TABLE: &str = "alerts";
const KEYS: [&str; 10] = [
    "finished",
    "min_turn_seconds",
    "idle",
    "idle_threshold_minutes",
    "waiting",
    "budgets",
    "tripwire_usd_per_minute",
    "compaction_loop",
    "quiet_hours",
    "speaker",
];

const SECONDS: u32 = 86_400;
const MINUTES: u32 = 10_080;
const USD_PER_MINUTE: f64 = 1e6;

const SWITCH_RULE: &str = "must be true or false";
const SECONDS_RULE: &str = "must be a whole number of seconds from 0 to 86400 (a day)";
const MINUTES_RULE: &str = "must be a whole number of minutes from 0 (never) to 10080 (a week)";
const TRIPWIRE_RULE: &str = "must be a number of US dollars from 0 (off) to 1000000, as in 5.0";
const QUIET_RULE: &str = "must be two times that differ, as in \"22:00-07:00\", or \"\" for none";
const SPEAKER_RULE: &str = "must be \"octally\", \"opencode\" or \"both\"";

/// Reads the table; what it is silent about, or wrong, has its default.
pub(super) fn read(entry: &Entry, reader: &mut Reader) -> AlertSettings {
    let mut alerts = AlertSettings::default();
    match entry.item.as_table_like() {
        Some(table) => {
            for entry in entries(table, TABLE) {
                read_key(&mut alerts, &entry, reader);
            }
        }
        None => reader.wrong(entry, "must be a table, as in [alerts]"),
    }
    alerts
}

fn read_key(alerts: &mut AlertSettings, entry: &Entry, reader: &mut Reader) {
    let switch = |reader: &mut Reader| reader.ruled(entry, entry.item.as_bool(), SWITCH_RULE);
    match entry.key {
        "finished" => put(&mut alerts.finished, switch(reader)),
        "idle" => put(&mut alerts.idle, switch(reader)),
        "waiting" => put(&mut alerts.waiting, switch(reader)),
        "budgets" => put(&mut alerts.budgets, switch(reader)),
        "compaction_loop" => put(&mut alerts.compaction_loop, switch(reader)),
        "min_turn_seconds" => {
            let seconds = reader.number(entry, SECONDS, SECONDS_RULE);
            put(&mut alerts.min_turn_seconds, seconds);
        }
        "idle_threshold_minutes" => {
            let minutes = reader.number(entry, MINUTES, MINUTES_RULE);
            put(&mut alerts.idle_threshold_minutes, minutes);
        }
        "tripwire_usd_per_minute" => {
            let usd = number(entry.item).filter(|usd| is_tripwire(*usd));
            put(
                &mut alerts.tripwire_usd_per_minute,
                reader.ruled(entry, usd, TRIPWIRE_RULE),
            );
        }
        "quiet_hours" => {
            let hours = entry.item.as_str().filter(|text| is_quiet_hours(text));
            put(
                &mut alerts.quiet_hours,
                reader.ruled(entry, hours.map(str::to_owned), QUIET_RULE),
            );
        }
        "speaker" => {
            let speaker = entry.item.as_str().and_then(Speaker::parse);
            put(
                &mut alerts.speaker,
                reader.ruled(entry, speaker, SPEAKER_RULE),
            );
        }
        _ => reader.unknown(entry, &KEYS),
    }
}

/// Writes what is to change into the file.
///
/// # Errors
/// A value breaks its rule, or the file cannot be changed; nothing is changed then.
pub fn set(path: &Path, change: &AlertsChange) -> Result<(), EditError> {
    edit(path, |document| write(document, change))
}

fn write(document: &mut DocumentMut, change: &AlertsChange) -> Result<(), EditError> {
    check(change)?;
    let table = table(document, &[TABLE])?;
    let switches = [
        ("finished", change.finished),
        ("idle", change.idle),
        ("waiting", change.waiting),
        ("budgets", change.budgets),
        ("compaction_loop", change.compaction_loop),
    ];
    for (key, value) in switches {
        value
            .into_iter()
            .for_each(|value| edit::set(table, key, value));
    }
    let numbers = [
        ("min_turn_seconds", change.min_turn_seconds),
        ("idle_threshold_minutes", change.idle_threshold_minutes),
    ];
    for (key, value) in numbers {
        value
            .into_iter()
            .for_each(|value| edit::set(table, key, i64::from(value)));
    }
    if let Some(usd) = change.tripwire_usd_per_minute {
        edit::set(table, "tripwire_usd_per_minute", usd);
    }
    if let Some(hours) = &change.quiet_hours {
        edit::set(table, "quiet_hours", hours.as_str());
    }
    if let Some(speaker) = change.speaker {
        edit::set(table, "speaker", speaker.as_str());
    }
    Ok(())
}

fn check(change: &AlertsChange) -> Result<(), EditError> {
    let hours = change.quiet_hours.as_deref();
    let rules = [
        (
            "min_turn_seconds",
            SECONDS_RULE,
            change.min_turn_seconds.is_none_or(|n| n <= SECONDS),
        ),
        (
            "idle_threshold_minutes",
            MINUTES_RULE,
            change.idle_threshold_minutes.is_none_or(|n| n <= MINUTES),
        ),
        (
            "tripwire_usd_per_minute",
            TRIPWIRE_RULE,
            change.tripwire_usd_per_minute.is_none_or(is_tripwire),
        ),
        ("quiet_hours", QUIET_RULE, hours.is_none_or(is_quiet_hours)),
    ];
    match rules.into_iter().find(|(_, _, is_kept)| !is_kept) {
        Some((key, rule, _)) => Err(EditError::request(
            format!("{key} is wrong"),
            format!("it {rule}"),
        )),
        None => Ok(()),
    }
}

fn put<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn number(item: &Item) -> Option<f64> {
    item.as_float()
        .or_else(|| item.as_integer().map(|whole| whole as f64))
}

fn is_tripwire(usd: f64) -> bool {
    (0.0..=USD_PER_MINUTE).contains(&usd)
}

fn is_quiet_hours(text: &str) -> bool {
    text.is_empty() || QuietHours::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::file::ConfigFile;
    use super::*;

    fn parse(text: &str) -> (AlertSettings, Vec<String>) {
        let (file, problems) =
            ConfigFile::parse(text, Path::new("/c.toml"), Path::new("/home/dev"));
        let told = problems
            .iter()
            .map(|problem| format!("{} {problem}", problem.place));
        (file.alerts, told.collect())
    }

    #[test]
    fn every_key_is_read_and_silence_is_the_default() {
        assert_eq!(parse(""), (AlertSettings::default(), Vec::new()));
        let text = "[alerts]\nfinished = false\nmin_turn_seconds = 0\nidle = false\nidle_threshold_minutes = 3\n\
                    waiting = false\nbudgets = false\ntripwire_usd_per_minute = 2\ncompaction_loop = false\n\
                    quiet_hours = '22:00-07:00'\nspeaker = 'both'\n";
        let all = AlertSettings {
            finished: false,
            min_turn_seconds: 0,
            idle: false,
            idle_threshold_minutes: 3,
            waiting: false,
            budgets: false,
            tripwire_usd_per_minute: 2.0,
            compaction_loop: false,
            quiet_hours: "22:00-07:00".into(),
            speaker: Speaker::Both,
            opencode_speaks: None,
        };
        assert_eq!(parse(text), (all, Vec::new()));
    }

    #[test]
    fn a_wrong_value_costs_only_itself_and_names_its_line() {
        for (line, rule) in [
            ("finished = 1", SWITCH_RULE),
            ("min_turn_seconds = -1", SECONDS_RULE),
            ("idle_threshold_minutes = 10081", MINUTES_RULE),
            ("tripwire_usd_per_minute = nan", TRIPWIRE_RULE),
            ("quiet_hours = '22-7'", QUIET_RULE),
            ("speaker = 'me'", SPEAKER_RULE),
        ] {
            let (alerts, told) = parse(&format!("[alerts]\nwaiting = false\n{line}\n"));
            assert_eq!(
                alerts,
                AlertSettings {
                    waiting: false,
                    ..AlertSettings::default()
                }
            );
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].contains(rule) && told[0].contains("/c.toml:3:1"),
                "{told:?}"
            );
        }
        assert!(parse("[alerts]\nquite_hours = ''\n").1[0].contains("no setting"));
        assert!(parse("alerts = 3\n").1[0].contains("must be a table"));
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_refuses_what_is_wrong() {
        let mut document: DocumentMut = "[alerts] # mine\nidle = false # why\n".parse().unwrap();
        let asked = AlertsChange {
            idle: Some(true),
            quiet_hours: Some("23:00-06:30".into()),
            speaker: Some(Speaker::OpenCode),
            ..AlertsChange::default()
        };
        write(&mut document, &asked).unwrap();
        let text = document.to_string();
        assert!(
            text.contains("[alerts] # mine\nidle = true # why\n"),
            "{text}"
        );
        assert!(
            text.contains("quiet_hours = \"23:00-06:30\"")
                && text.contains("speaker = \"opencode\"")
        );
        let wrong = AlertsChange {
            tripwire_usd_per_minute: Some(-1.0),
            idle: Some(false),
            ..AlertsChange::default()
        };
        let error = write(&mut document, &wrong).unwrap_err().to_string();
        assert!(
            error.contains("tripwire_usd_per_minute") && error.contains("from 0 (off)"),
            "{error}"
        );
        assert_eq!(document.to_string(), text);
    }
}
