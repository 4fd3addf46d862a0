// SPDX-License-Identifier: GPL-3.0-or-later
//! `config.toml`. The shipped example, `data/config.toml`, is its manual.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use octally_core::model::{Budget, Problem, Severity};
use toml_edit::Document;

use super::budgets;
use super::data;
use super::reader::{Reader, entries, syntax_problem};

/// What the file sets; `None` or empty where it is silent or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    pub data_dirs: Vec<PathBuf>,
    pub ledger: Option<PathBuf>,
    pub idle_threshold_minutes: Option<u32>,
    pub keep_months: Option<u32>,
    pub budgets: Vec<Budget>,
}

const KEYS: [&str; 5] = [
    "data_dirs",
    "ledger",
    "idle_threshold_minutes",
    "budgets",
    "data",
];
const MINUTES_RULE: &str = "must be a whole number of minutes from 0 (never) to 10080 (a week)";

impl ConfigFile {
    /// Reads the file. A missing one is empty; everything else that is wrong is a problem, and the
    /// keys that are right still count. `~/` stands for `home`.
    pub fn load(path: &Path, home: &Path) -> (Self, Vec<Problem>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, home),
            Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
            Err(error) => (Self::default(), vec![unreadable(&error, path)]),
        }
    }

    fn parse(text: &str, path: &Path, home: &Path) -> (Self, Vec<Problem>) {
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => return (Self::default(), vec![syntax_problem(&error, text, path)]),
        };
        let mut reader = Reader::new(text, path, home);
        let mut config = Self::default();
        for entry in entries(document.as_table(), "") {
            match entry.key {
                "data_dirs" => config.data_dirs = reader.paths(&entry),
                "ledger" => config.ledger = reader.path(&entry),
                "idle_threshold_minutes" => {
                    config.idle_threshold_minutes = reader.number(&entry, 10_080, MINUTES_RULE);
                }
                "data" => config.keep_months = data::table(&entry, &mut reader),
                "budgets" => config.budgets = budgets::read(&mut reader, &entry),
                _ => reader.unknown(&entry, &KEYS),
            }
        }
        (config, reader.problems)
    }
}

fn unreadable(error: &std::io::Error, path: &Path) -> Problem {
    let what = format!("cannot be read: {error}");
    let place = path.display().to_string();
    let remedy = "make the file readable or remove it";
    Problem::new(Severity::Error, "unreadable_config", what, place, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (ConfigFile, Vec<Problem>) {
        ConfigFile::parse(text, Path::new("/c.toml"), Path::new("/home/dev"))
    }

    #[test]
    fn every_key_is_read() {
        let (config, problems) =
            parse("data_dirs = ['/a', '~/b']\nledger = '~/l.db'\nidle_threshold_minutes = 0\n");
        assert_eq!(problems, []);
        assert_eq!(
            config.data_dirs,
            [Path::new("/a"), Path::new("/home/dev/b")]
        );
        assert_eq!(config.ledger.as_deref(), Some(Path::new("/home/dev/l.db")));
        assert_eq!(config.idle_threshold_minutes, Some(0));
    }

    #[test]
    fn a_syntax_error_names_its_line_and_column() {
        let (config, problems) = parse("ledger = '/l.db'\n  data_dirs = [\n");
        assert_eq!(config, ConfigFile::default());
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].place.starts_with("/c.toml:"),
            "{}",
            problems[0].place
        );
        assert_eq!(problems[0].code, "bad_config_syntax");
    }

    #[test]
    fn a_wrong_value_costs_only_itself() {
        let (config, problems) = parse("idle_threshold_minutes = -1\nledger = '/l.db'\n");
        assert_eq!(config.ledger.as_deref(), Some(Path::new("/l.db")));
        assert_eq!(config.idle_threshold_minutes, None);
        assert_eq!(problems[0].place, "/c.toml:1:1");
        let (_, problems) = parse("data_dirs = 'x'\n");
        assert_eq!(problems[0].code, "bad_config_value");
        let (_, problems) = parse("ledger = 'relative.db'\n");
        assert_eq!(problems[0].code, "bad_config_value");
    }

    #[test]
    fn an_unknown_key_is_reported_with_the_nearest_known_one() {
        let (_, problems) = parse("\n  leger = '/l.db'\n");
        assert_eq!(problems[0].code, "unknown_config_key");
        assert_eq!(problems[0].place, "/c.toml:2:3");
        assert_eq!(problems[0].remedy, "did you mean ledger?");
        let (_, problems) = parse("[colours]\nred = 1\n");
        assert_eq!(problems[0].place, "/c.toml:1:2");
    }
}
