// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns what stands in `config.toml` into values, and keeps what is wrong with it, each with its line and
//! column. Which keys there are is not here.

use std::ops::Range;
use std::path::{Path, PathBuf};

use octally_core::model::{Problem, Severity, nearest};
use toml_edit::{Item, Key, TableLike, TomlError};

/// One key with its value.
pub(super) struct Entry<'a> {
    /// The whole name, as in `budgets.mine.limit_usd`.
    pub name: String,
    /// Its last part.
    pub key: &'a str,
    pub item: &'a Item,
    span: Option<Range<usize>>,
}

/// The keys of a table in the order of the file. `name` is the table's own; empty at the top.
pub(super) fn entries<'a>(table: &'a dyn TableLike, name: &str) -> impl Iterator<Item = Entry<'a>> {
    let prefix = if name.is_empty() {
        String::new()
    } else {
        format!("{name}.")
    };
    table.iter().map(move |(key, item)| Entry {
        name: format!("{prefix}{key}"),
        key,
        item,
        span: table.key(key).and_then(Key::span),
    })
}

pub(super) struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    home: &'a Path,
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// `~/` stands for `home`.
    pub fn new(text: &'a str, path: &'a Path, home: &'a Path) -> Self {
        Self {
            text,
            path,
            home,
            problems: Vec::new(),
        }
    }

    pub fn path(&mut self, entry: &Entry) -> Option<PathBuf> {
        self.path_of(entry, entry.item.as_str())
    }

    pub fn paths(&mut self, entry: &Entry) -> Vec<PathBuf> {
        let Some(list) = entry.item.as_array() else {
            self.wrong(entry, "must be a list of paths, as in [\"/srv/opencode\"]");
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| self.path_of(entry, item.as_str()))
            .collect()
    }

    fn path_of(&mut self, entry: &Entry, text: Option<&str>) -> Option<PathBuf> {
        let path = text
            .filter(|s| !s.is_empty())
            .map(|s| expand(s, self.home))
            .filter(|path| path.is_absolute());
        if path.is_none() {
            self.wrong(
                entry,
                "must be an absolute path, or one that starts with ~/",
            );
        }
        path
    }

    /// A whole number from 0 to `most`; `rule` says so in words.
    pub fn number(&mut self, entry: &Entry, most: u32, rule: &str) -> Option<u32> {
        let number = entry.item.as_integer().and_then(|n| u32::try_from(n).ok());
        self.ruled(entry, number.filter(|n| *n <= most), rule)
    }

    /// The value, or a problem with the rule that it breaks: `must ...`.
    pub fn ruled<T>(&mut self, entry: &Entry, value: Option<T>, rule: &str) -> Option<T> {
        if value.is_none() {
            self.wrong(entry, rule);
        }
        value
    }

    /// The value breaks its rule: `must ...`.
    pub fn wrong(&mut self, entry: &Entry, rule: &str) {
        let name = &entry.name;
        let remedy = format!("correct the line; {name} {rule}");
        self.problem("bad_config_value", format!("{name} {rule}"), entry, &remedy);
    }

    /// Something is wrong with what stands here.
    pub fn problem(&mut self, code: &str, what: String, entry: &Entry, remedy: &str) {
        let place = self.place(entry);
        let problem = Problem::new(Severity::Error, code, what, place, remedy);
        self.problems.push(problem);
    }

    /// A key that is none of `known`.
    pub fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let remedy = match nearest(entry.key, known.iter().copied()) {
            Some(known) => format!("did you mean {known}?"),
            None => format!("the keys are {}", known.join(", ")),
        };
        // A warning only: a later version may know it.
        self.problems.push(Problem::new(
            Severity::Warning,
            "unknown_config_key",
            format!("{} is no setting", entry.name),
            self.place(entry),
            remedy,
        ));
    }

    /// The file with the line and column of a key.
    fn place(&self, entry: &Entry) -> String {
        place(&entry.span, self.text, self.path)
    }
}

fn expand(text: &str, home: &Path) -> PathBuf {
    text.strip_prefix("~/")
        .map_or_else(|| PathBuf::from(text), |rest| home.join(rest))
}

/// The file is no TOML.
pub(super) fn syntax_problem(error: &TomlError, text: &str, path: &Path) -> Problem {
    let what = format!("is no valid TOML: {}", error.message().replace('\n', ", "));
    let remedy = "correct the line; until then the defaults apply";
    let place = place(&error.span(), text, path);
    Problem::new(Severity::Error, "bad_config_syntax", what, place, remedy)
}

fn place(span: &Option<Range<usize>>, text: &str, path: &Path) -> String {
    match span {
        Some(span) => {
            let (line, column) = line_and_column(text, span.start);
            format!("{}:{line}:{column}", path.display())
        }
        None => path.display().to_string(),
    }
}

/// Both from 1; columns count characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
