// SPDX-License-Identifier: GPL-3.0-or-later
//! A home for each generation of OpenCode's data, and one message in it that tests spoil.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::sandbox::Sandbox;

/// The fixtures, oldest first.
pub const GENERATIONS: [&str; 12] = [
    "0.1.174",
    "0.5.29",
    "1.0.0",
    "1.0.185",
    "1.1.65",
    "1.2.27",
    "1.3.2",
    "1.15.13",
    "1.18.33",
    "v2api-1.18.33",
    "v2-preview",
    "v2-stable-synthetic",
];

/// Time, five kinds and stored cost of each counted step by its id.
pub type Steps = BTreeMap<String, [Option<i64>; 7]>;

/// A message with one step that no other row or file has.
pub struct Victim {
    pub id: String,
    place: Place,
}

impl Victim {
    /// The table it stands in.
    pub fn table(&self) -> Option<&'static str> {
        match self.place {
            Place::Files(_) => None,
            Place::Row(table) => Some(table),
        }
    }
}

enum Place {
    /// Below the data folder: the message, and its `step-finish` part where it has one.
    Files(Vec<PathBuf>),
    Row(&'static str),
}

/// A generation's data as it is.
pub struct Desk {
    generation: &'static str,
    pub victim: Victim,
    pub steps: Steps,
}

impl Desk {
    pub fn new(generation: &'static str) -> Self {
        let home = Home::new(generation);
        let run = home.sandbox.run(&["status"]);
        assert_eq!(run.code, 0, "{run:?}");
        let steps = home.steps();
        let victim = home.find_victim();
        Self {
            generation,
            victim,
            steps,
        }
    }

    /// The same data, not read yet.
    pub fn home(&self) -> Home {
        Home::new(self.generation)
    }
}

pub struct Home {
    pub sandbox: Sandbox,
}

impl Home {
    fn new(generation: &str) -> Self {
        let sandbox = Sandbox::with(generation);
        Self { sandbox }
    }

    /// What the ledger counts, but for what only totals of OpenCode 2 know.
    pub fn steps(&self) -> Steps {
        let ledger = Connection::open(self.sandbox.ledger()).unwrap();
        let sql = "SELECT uid, created_ms, input, output, reasoning, cache_read, cache_write, stored_nano_usd
            FROM step WHERE is_counted AND uid NOT LIKE '%#remainder'";
        let mut statement = ledger.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let mut figures = [None; 7];
            for (place, figure) in figures.iter_mut().enumerate() {
                *figure = row.get(1 + place)?;
            }
            Ok((row.get(0)?, figures))
        });
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// The rest is as it was, and what is shown is its sum.
    pub fn check_rest(&self, desk: &Desk, case: &str) -> i32 {
        let mut rest = desk.steps.clone();
        rest.remove(&desk.victim.id).unwrap();
        assert_eq!(self.steps(), rest, "{case}");
        let run = self.sandbox.run(&["status", "--json"]);
        let is_told = run.stderr.contains("warning: ");
        assert_eq!(is_told, run.code == 4, "{case}: {run:?}");
        let status: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let remainders = self.remainders();
        let steps = rest.len() as u64 + remainders.0;
        assert_eq!(status["total"]["steps"], steps, "{case}");
        let input: i64 = rest.values().filter_map(|figures| figures[1]).sum();
        assert_eq!(
            status["total"]["tokens"]["input"],
            input + remainders.1,
            "{case}"
        );
        run.code
    }

    /// Steps and input of what only totals know: there an unread row's figures may be found again.
    fn remainders(&self) -> (u64, i64) {
        let ledger = Connection::open(self.sandbox.ledger()).unwrap();
        let sql = "SELECT count(*), coalesce(sum(input), 0) FROM step WHERE is_counted
            AND uid LIKE '%#remainder'";
        ledger
            .query_row(sql, [], |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
            })
            .unwrap()
    }

    fn find_victim(&self) -> Victim {
        let ledger = Connection::open(self.sandbox.ledger()).unwrap();
        let sql = "SELECT uid FROM step AS s WHERE is_counted AND NOT is_inherited AND input > 0
            AND uid NOT LIKE '%#%' AND completed_ms IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM step AS t WHERE t.id <> s.id AND t.created_ms = s.created_ms)
            ORDER BY uid";
        let mut statement = ledger.prepare(sql).unwrap();
        let ids = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        let victims = ids.filter_map(|id| self.victim(id.unwrap()));
        // Of a file of both generations, a row of the newer one.
        victims
            .min_by_key(|victim| victim.table() != Some("session_message"))
            .unwrap()
    }

    fn victim(&self, id: String) -> Option<Victim> {
        let database = self.sandbox.database();
        let place = if database.exists() {
            let table = self.table_of(&id)?;
            Place::Row(table)
        } else {
            Place::Files(self.files_of(&id)?)
        };
        Some(Victim { id, place })
    }

    fn table_of(&self, id: &str) -> Option<&'static str> {
        let connection = Connection::open(self.sandbox.database()).unwrap();
        ["message", "session_message"].into_iter().find(|table| {
            let sql = format!("SELECT 1 FROM {table} WHERE id = ?");
            let mut statement = connection.prepare(&sql);
            let found = statement.as_mut().map(|statement| statement.exists([id]));
            matches!(found, Ok(Ok(true)))
        })
    }

    fn files_of(&self, id: &str) -> Option<Vec<PathBuf>> {
        let mut all = Vec::new();
        collect(&self.sandbox.data_dir(), &mut all);
        let name = format!("{id}.json");
        let is_message = |path: &&PathBuf| path.ends_with(&name);
        let is_step = |path: &&PathBuf| {
            path.parent().is_some_and(|parent| parent.ends_with(id))
                && fs::read_to_string(path)
                    .unwrap()
                    .contains("\"step-finish\"")
        };
        let messages: Vec<&PathBuf> = all.iter().filter(is_message).collect();
        let steps: Vec<&PathBuf> = all.iter().filter(is_step).collect();
        // Copies that an upgrade left behind would still be read.
        let is_alone = messages.len() == 1 && steps.len() <= 1;
        is_alone
            .then(|| messages.into_iter().chain(steps).cloned().collect())
            .map(|files: Vec<PathBuf>| files.iter().map(|file| self.below(file)).collect())
    }

    fn below(&self, file: &Path) -> PathBuf {
        file.strip_prefix(self.sandbox.data_dir()).unwrap().into()
    }

    /// Changes its texts and returns what they were.
    pub fn rewrite(&self, victim: &Victim, change: impl Fn(&str) -> String) -> Vec<String> {
        let intact = self.texts(victim);
        let texts: Vec<String> = intact.iter().map(|text| change(text)).collect();
        self.put_back(victim, &texts);
        intact
    }

    fn texts(&self, victim: &Victim) -> Vec<String> {
        match &victim.place {
            Place::Files(files) => {
                let read = |file: &PathBuf| fs::read_to_string(self.sandbox.data_dir().join(file));
                files.iter().map(|file| read(file).unwrap()).collect()
            }
            Place::Row(table) => {
                let connection = Connection::open(self.sandbox.database()).unwrap();
                let sql = format!("SELECT data FROM {table} WHERE id = ?");
                vec![
                    connection
                        .query_row(&sql, [&victim.id], |row| row.get(0))
                        .unwrap(),
                ]
            }
        }
    }

    pub fn put_back(&self, victim: &Victim, texts: &[String]) {
        match &victim.place {
            Place::Files(files) => {
                for (file, text) in files.iter().zip(texts) {
                    fs::write(self.sandbox.data_dir().join(file), text).unwrap();
                }
            }
            Place::Row(table) => {
                let sql = format!(
                    "UPDATE {table} SET data = ?1, time_updated = time_updated + 1 WHERE id = ?2"
                );
                self.change(&sql, &[&texts[0], &victim.id]);
            }
        }
    }

    /// The message's file once more, under another name.
    pub fn copy_message(&self, victim: &Victim, name: &str) {
        let Place::Files(files) = &victim.place else {
            panic!("no file");
        };
        let file = self.sandbox.data_dir().join(&files[0]);
        fs::copy(&file, file.with_file_name(format!("{name}.json"))).unwrap();
    }

    pub fn delete(&self, victim: &Victim) {
        match &victim.place {
            Place::Files(files) => {
                for file in files {
                    fs::remove_file(self.sandbox.data_dir().join(file)).unwrap();
                }
            }
            Place::Row(table) => {
                self.change(&format!("DELETE FROM {table} WHERE id = ?"), &[&victim.id]);
            }
        }
    }

    /// Writes into OpenCode's database and counts an event, as OpenCode does.
    fn change(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) {
        let connection = Connection::open(self.sandbox.database()).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF")
            .unwrap();
        assert_eq!(connection.execute(sql, parameters).unwrap(), 1);
        // Absent before 1.14.
        let _ = connection.execute_batch("UPDATE event_sequence SET seq = seq + 1");
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

impl Home {
    /// The exit code of `doctor`, and its warnings and errors, each in one line.
    pub fn doctor(&self) -> (i32, String) {
        let run = self.sandbox.run(&["doctor"]);
        let mut findings: Vec<String> = Vec::new();
        for line in run.stdout.lines() {
            match findings.last_mut() {
                Some(finding) if line.starts_with(' ') => {
                    finding.push(' ');
                    finding.push_str(line.trim());
                }
                _ => findings.push(line.into()),
            }
        }
        findings.retain(|it| it.starts_with("warning") || it.starts_with("error"));
        (run.code, findings.join("\n"))
    }
}
