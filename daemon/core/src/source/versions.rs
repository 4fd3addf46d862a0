// SPDX-License-Identifier: GPL-3.0-or-later
//! Which versions of OpenCode began the sessions of a source. A session that an upgrade went on with keeps
//! the version of its beginning, so this tells what has been there, not what wrote a row.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::sqlite::SqliteFile;
use crate::model::Problem;

/// One version, and how many sessions of a source it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSeen {
    /// `1.18.33`; `None` where the sessions do not say.
    pub version: Option<String>,
    /// How many sessions it began.
    pub sessions: u64,
}

/// Counts versions and sorts them, the oldest first, those that are not told last.
pub(super) fn counted(versions: impl Iterator<Item = Option<String>>) -> Vec<VersionSeen> {
    let mut counts: HashMap<Option<String>, u64> = HashMap::new();
    for version in versions {
        *counts
            .entry(version.filter(|text| !text.is_empty()))
            .or_default() += 1;
    }
    sorted(counts.into_iter())
}

/// Those of a table of sessions.
pub(super) fn of_table(file: &SqliteFile, table: &str) -> Result<Vec<VersionSeen>, Problem> {
    let columns = file.columns(table)?;
    let version = match columns.iter().any(|name| name == "version") {
        true => "CASE typeof(version) WHEN 'text' THEN nullif(version, '') END",
        false => "NULL",
    };
    let sql = format!("SELECT {version}, count(*) FROM {table} GROUP BY 1");
    let found = file.all(&sql, &[], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
    })?;
    Ok(sorted(found.into_iter()))
}

fn sorted(counts: impl Iterator<Item = (Option<String>, u64)>) -> Vec<VersionSeen> {
    let mut seen: Vec<VersionSeen> = counts
        .map(|(version, sessions)| VersionSeen { version, sessions })
        .collect();
    seen.sort_by(|a, b| match (&a.version, &b.version) {
        (Some(a), Some(b)) => order(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    seen
}

/// By the numbers in them, then by what is left: `1.9.0` before `1.10.0` before `1.10.0-beta`.
fn order(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        let split = text.split(|c: char| !c.is_ascii_digit());
        split.filter_map(|digits| digits.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_version_comes_first_and_the_unknown_last() {
        let versions = [
            "1.10.0",
            "",
            "1.9.0",
            "1.10.0",
            "0.5.29",
            "1.10.0-beta",
            "local",
        ];
        let seen = counted(versions.map(|text| Some(text.into())).into_iter());
        let told: Vec<(Option<&str>, u64)> = seen
            .iter()
            .map(|seen| (seen.version.as_deref(), seen.sessions))
            .collect();
        assert_eq!(
            told,
            [
                (Some("local"), 1),
                (Some("0.5.29"), 1),
                (Some("1.9.0"), 1),
                (Some("1.10.0"), 2),
                (Some("1.10.0-beta"), 1),
                (None, 1),
            ]
        );
    }
}
