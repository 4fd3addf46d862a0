// SPDX-License-Identifier: GPL-3.0-or-later
//! `config.toml`. The shipped example, `data/config.toml`, is its manual.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use octally_core::model::{Problem, Severity, nearest};
use toml::{Table, Value};

/// What the file sets; `None` or empty where it is silent or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    pub data_dirs: Vec<PathBuf>,
    pub ledger: Option<PathBuf>,
    pub idle_threshold_minutes: Option<u32>,
}

const KEYS: [&str; 3] = ["data_dirs", "ledger", "idle_threshold_minutes"];

impl ConfigFile {
    /// Reads the file. A missing one is empty; everything else that is wrong is a problem, and the
    /// keys that are right still count. `~/` stands for `home`.
    pub fn load(path: &Path, home: &Path) -> (Self, Vec<Problem>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, home),
            Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
            Err(error) => {
                let what = format!("cannot be read: {error}");
                let remedy = "make the file readable or remove it";
                (
                    Self::default(),
                    vec![problem("unreadable_config", what, path.display(), remedy)],
                )
            }
        }
    }

    fn parse(text: &str, path: &Path, home: &Path) -> (Self, Vec<Problem>) {
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => return (Self::default(), vec![syntax_problem(&error, text, path)]),
        };
        let mut reader = Reader {
            text,
            path,
            home,
            problems: Vec::new(),
        };
        let mut config = Self::default();
        for (key, value) in &table {
            match key.as_str() {
                "data_dirs" => config.data_dirs = reader.paths(key, value),
                "ledger" => config.ledger = reader.path(key, value),
                "idle_threshold_minutes" => {
                    config.idle_threshold_minutes = reader.minutes(key, value)
                }
                _ => reader.unknown(key),
            }
        }
        (config, reader.problems)
    }
}

/// Turns values into settings and keeps what is wrong with them.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    home: &'a Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn path(&mut self, key: &str, value: &Value) -> Option<PathBuf> {
        let path = value
            .as_str()
            .filter(|s| !s.is_empty())
            .map(|s| expand(s, self.home));
        match path {
            Some(path) if path.is_absolute() => Some(path),
            _ => {
                self.wrong(key, "must be an absolute path, or one that starts with ~/");
                None
            }
        }
    }

    fn paths(&mut self, key: &str, value: &Value) -> Vec<PathBuf> {
        let Some(list) = value.as_array() else {
            self.wrong(key, "must be a list of paths, as in [\"/srv/opencode\"]");
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| self.path(key, item))
            .collect()
    }

    fn minutes(&mut self, key: &str, value: &Value) -> Option<u32> {
        let minutes = value
            .as_integer()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n <= 10_080);
        if minutes.is_none() {
            self.wrong(
                key,
                "must be a whole number of minutes from 0 (never) to 10080 (a week)",
            );
        }
        minutes
    }

    fn unknown(&mut self, key: &str) {
        let remedy = match nearest(key, KEYS) {
            Some(known) => format!("did you mean {known}?"),
            None => format!("the keys are {}", KEYS.join(", ")),
        };
        let place = self.place(key);
        let what = format!("{key} is no setting");
        // A warning only: a later version may know it.
        self.problems.push(Problem::new(
            Severity::Warning,
            "unknown_config_key",
            what,
            place,
            remedy,
        ));
    }

    fn wrong(&mut self, key: &str, rule: &str) {
        let place = self.place(key);
        let remedy = format!("correct the line; {key} {rule}");
        self.problems.push(problem(
            "bad_config_value",
            format!("{key} {rule}"),
            place,
            &remedy,
        ));
    }

    /// The file with the line and column of a top-level key.
    fn place(&self, key: &str) -> String {
        let starts = |line: &str| {
            let rest = line.trim_start().trim_start_matches(['"', '\'', '[']);
            rest.strip_prefix(key)
                .is_some_and(|r| r.starts_with([' ', '\t', '=', '"', '\'', '.', ']']))
        };
        let found = self.text.lines().enumerate().find(|(_, line)| starts(line));
        match found {
            Some((row, line)) => {
                let column = line.len() - line.trim_start().len() + 1;
                format!("{}:{}:{column}", self.path.display(), row + 1)
            }
            None => self.path.display().to_string(),
        }
    }
}

fn expand(text: &str, home: &Path) -> PathBuf {
    text.strip_prefix("~/")
        .map_or_else(|| PathBuf::from(text), |rest| home.join(rest))
}

fn syntax_problem(error: &toml::de::Error, text: &str, path: &Path) -> Problem {
    let place = match error.span() {
        Some(span) => {
            let (line, column) = line_and_column(text, span.start);
            format!("{}:{line}:{column}", path.display())
        }
        None => path.display().to_string(),
    };
    let what = format!("is no valid TOML: {}", error.message().replace('\n', ", "));
    problem(
        "bad_config_syntax",
        what,
        place,
        "correct the line; until then the defaults apply",
    )
}

/// Both from 1; columns count characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn problem(code: &str, what: String, place: impl ToString, remedy: &str) -> Problem {
    Problem::new(Severity::Error, code, what, place.to_string(), remedy)
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
        assert_eq!(problems[0].place, "/c.toml:1:1");
    }
}
