// SPDX-License-Identifier: GPL-3.0-or-later
//! Damaged messages, stats files, message folders and databases: nothing panics or hangs, the ledger stays
//! sound, and the intact file gives the exact figures again.
//!
//! `OCTALLY_MUTATIONS=<n>` damages n times as often. A number that once found a defect stays in
//! `seeds/numbers.txt`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod mutate;
mod targets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::{Random, damage, damage_page, odd_number};
use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, Origins};

const NOW_MS: i64 = 1_795_200_000_000;
const DATABASES: [&str; 9] = [
    "1.2.27",
    "1.3.2",
    "1.15.13",
    "1.18.33",
    "upgrade-1.1.65-to-1.2.27-to-1.18.33",
    "v1-fork-subagent-1.18.33",
    "v2-preview",
    "v2-stable-synthetic",
    "v2api-1.18.33",
];
const TREES: [&str; 5] = ["0.1.174", "0.5.29", "1.0.0", "1.0.185", "1.1.65"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// How often more than in an ordinary run.
fn factor() -> u64 {
    let wanted = std::env::var("OCTALLY_MUTATIONS").ok();
    wanted.map_or(1, |times| times.parse().unwrap())
}

/// The kept numbers of `what`, then `count` new ones.
fn numbers(what: &str, count: u64) -> impl Iterator<Item = u64> {
    let kept = std::fs::read_to_string(tests().join("seeds/numbers.txt")).unwrap();
    let kept: Vec<u64> = kept
        .lines()
        .filter_map(|line| line.strip_prefix(what)?.trim().parse().ok())
        .collect();
    kept.into_iter().chain(0..count * factor())
}

fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(tests().join("seeds").join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

fn damaged(seeds: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let seed = &seeds[random.below(seeds.len())];
    let mut bytes = odd_number(seed, &mut random);
    if random.below(2) == 0 {
        damage(&mut bytes, &mut random);
    }
    bytes
}

#[test]
fn a_damaged_message_of_1_is_a_sane_step_or_none() {
    let seeds = seeds("message_v1");
    for number in numbers("message_v1", 20_000) {
        targets::message_v1(&damaged(&seeds, number));
    }
}

#[test]
fn a_damaged_row_of_2_is_a_sane_step_or_none() {
    let seeds = seeds("message_v2");
    for number in numbers("message_v2", 20_000) {
        targets::message_v2(&damaged(&seeds, number));
    }
}

#[test]
fn a_damaged_message_file_costs_no_other() {
    let seeds = seeds("message_file");
    let folder = tempfile::tempdir().unwrap();
    for number in numbers("message_file", 2_000) {
        targets::message_file(folder.path(), &damaged(&seeds, number));
    }
}

#[test]
fn a_damaged_small_database_leaves_a_sound_ledger() {
    let seeds = seeds("database");
    for number in numbers("small_database", 40) {
        let mut random = Random::new(number);
        let mut bytes = seeds[random.below(seeds.len())].clone();
        damage_page(&mut bytes, &mut random);
        let folder = tempfile::tempdir().unwrap();
        targets::database(folder.path(), &bytes);
    }
}

#[test]
fn a_damaged_stats_file_is_states_or_one_problem() {
    let seeds = seeds("stats_file");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stats.json");
    for number in numbers("stats_file", 4_000) {
        targets::stats_file(&path, &damaged(&seeds, number));
    }
}

/// Five kinds and cost of a step.
type Figures = (i64, [i64; 5], Option<i64>);

struct Desk {
    folder: tempfile::TempDir,
    meter: Meter,
    /// Every file of the fixture.
    files: Vec<(PathBuf, Vec<u8>)>,
    name: &'static str,
}

impl Desk {
    fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixture = tests().join("fixtures").join(name).join("opencode");
        let mut files = Vec::new();
        collect(&fixture, Path::new(""), &mut files);
        files.sort();
        let meter = open_meter(folder.path());
        let desk = Self {
            folder,
            meter,
            files,
            name,
        };
        for (path, bytes) in &desk.files {
            desk.put(path, bytes);
        }
        desk
    }

    /// As another file of the same name, which is how a backup comes back.
    fn put(&self, path: &Path, bytes: &[u8]) {
        let to = self.folder.path().join("opencode").join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let new = self.folder.path().join("new");
        std::fs::write(&new, bytes).unwrap();
        std::fs::rename(new, &to).unwrap();
        if to.extension().is_some_and(|end| end == "db") {
            for end in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", to.display()));
            }
        }
    }

    fn sync(&mut self, depth: Depth, number: u64) {
        let start = Instant::now();
        let report = self.meter.sync(depth, &Zone::utc(), NOW_MS, &mut |_| true);
        report.unwrap_or_else(|error| panic!("{} {number}: {error}", self.name));
        let took = start.elapsed();
        assert!(
            took < Duration::from_secs(20),
            "{} {number}: {took:?}",
            self.name
        );
        let damage = self.meter.health().unwrap().damage;
        assert_eq!(damage, None, "{} {number}", self.name);
    }

    /// What the ledger keeps of each step that has a row or a file of its own.
    fn steps(&self) -> BTreeMap<String, Figures> {
        let ledger = self.folder.path().join("octally/ledger.db");
        let connection = rusqlite::Connection::open(ledger).unwrap();
        let sql = "SELECT uid, created_ms, input, output, reasoning, cache_read, cache_write,
                stored_nano_usd FROM step WHERE uid NOT LIKE '%#remainder%'";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let mut kinds = [0; 5];
            for (place, kind) in kinds.iter_mut().enumerate() {
                *kind = row.get(2 + place)?;
            }
            Ok((row.get(0)?, (row.get(1)?, kinds, row.get(7)?)))
        });
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// Damages one to three files, reads them, puts the intact ones back and reads those.
    fn round(&mut self, number: u64, intact: &BTreeMap<String, Figures>) {
        let mut random = Random::new(number);
        let full: Vec<usize> = (0..self.files.len())
            .filter(|at| !self.files[*at].1.is_empty())
            .collect();
        let chosen: Vec<usize> = (0..=random.below(3))
            .map(|_| full[random.below(full.len())])
            .collect();
        for at in &chosen {
            let (path, mut bytes) = self.files[*at].clone();
            if path.extension().is_some_and(|end| end == "json") && random.below(2) == 0 {
                bytes = odd_number(&bytes, &mut random);
            } else {
                damage(&mut bytes, &mut random);
            }
            self.put(&path, &bytes);
        }
        self.sync(Depth::Quick, number);
        self.sync(Depth::Thorough, number);
        for at in chosen {
            let (path, bytes) = &self.files[at];
            self.put(path, bytes);
        }
        self.sync(Depth::Thorough, number);
        let found = self.steps();
        for (id, figures) in intact {
            assert_eq!(found.get(id), Some(figures), "{} {number}: {id}", self.name);
        }
    }
}

fn open_meter(folder: &Path) -> Meter {
    let origins = Origins {
        data_dirs: vec![folder.join("opencode")],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    Meter::open(&folder.join("octally/ledger.db"), origins, host).unwrap()
}

fn collect(root: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(root.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            collect(root, &path, files);
        } else {
            let bytes = std::fs::read(root.join(&path)).unwrap();
            files.push((path, bytes));
        }
    }
}

fn damage_fixtures(what: &str, names: &[&'static str], rounds: u64) {
    for name in names {
        let mut intact = Desk::new(name);
        intact.sync(Depth::Thorough, 0);
        let steps = intact.steps();
        assert!(!steps.is_empty());
        let mut desk = Desk::new(name);
        for (round, number) in numbers(what, rounds).enumerate() {
            // Some ledgers never saw the intact file, some live through many kinds of damage.
            if round % 8 == 0 {
                desk = Desk::new(name);
            }
            desk.round(number, &steps);
        }
        let request = Request::new(By::Model);
        let totals = desk.meter.report(&request, &Zone::utc()).unwrap().totals;
        assert!(totals.steps > 0, "{name}");
    }
}

#[test]
fn a_damaged_database_is_exact_again_when_it_is_put_back() {
    damage_fixtures("database", &DATABASES, 12);
}

#[test]
fn a_damaged_message_folder_is_exact_again_when_it_is_put_back() {
    damage_fixtures("tree", &TREES, 12);
}
