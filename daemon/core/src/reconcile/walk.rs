// SPDX-License-Identifier: GPL-3.0-or-later
//! Every source once more, page by page, sorted into lines.

use std::collections::HashMap;
use std::path::Path;

use super::union::{Found, Union};
use crate::ledger::LedgerError;
use crate::model::{Authority, Problem, Step};
use crate::source::opencode_json::Tree;
use crate::source::opencode_v2::Migration;
use crate::source::{OwnTotals, Rows, opencode_v1, opencode_v2, own_totals};
use crate::sync::{DAMAGED, Numbered, json_authority, parted_messages, rows_around_damage};
use crate::wire::Amounts;

/// Rows read at once.
const PAGE_ROWS: usize = 2_000;

/// What was found so far.
pub(super) struct Walk<'a> {
    union: &'a Union<'a>,
    totals: Amounts,
    rows_with_totals: Amounts,
    pub no_totals: Amounts,
    pub api_rows: Amounts,
    pub migrated_rows: Amounts,
    pub json_files: Amounts,
    /// By path, in the order in which they are read.
    pub other_databases: Vec<(String, Amounts)>,
    pub repeated: Amounts,
    pub unread_rows: u64,
    pub damaged_places: u64,
    pub is_migrating: bool,
    pub odd_totals: u64,
    pub problems: Vec<Problem>,
}

/// The outer result is the ledger's, the inner one the database's.
type Outcome = Result<Result<(), Problem>, LedgerError>;

impl<'a> Walk<'a> {
    pub fn new(union: &'a Union<'a>) -> Self {
        let none = Amounts::default();
        Self {
            union,
            totals: none,
            rows_with_totals: none,
            no_totals: none,
            api_rows: none,
            migrated_rows: none,
            json_files: none,
            other_databases: Vec::new(),
            repeated: none,
            unread_rows: 0,
            damaged_places: 0,
            is_migrating: false,
            odd_totals: 0,
            problems: Vec::new(),
        }
    }

    /// OpenCode's own totals; their steps are their rows.
    pub fn opencode(&self) -> Amounts {
        Amounts {
            steps: self.rows_with_totals.steps,
            ..self.totals
        }
    }

    pub fn rows_less_totals(&self) -> Amounts {
        self.rows_with_totals - self.opencode()
    }

    /// The message files of a data folder, folder by folder.
    pub fn tree(&mut self, data_dir: &Path) -> Result<(), LedgerError> {
        let tree = match Tree::open(data_dir) {
            Ok(Some(tree)) => tree,
            Ok(None) => return Ok(()),
            Err(problem) => {
                self.problems.push(problem);
                return Ok(());
            }
        };
        let listing = tree.message_dirs();
        self.problems.extend(listing.problems);
        for dir in &listing.dirs {
            let rows = match tree.read(dir, None) {
                Ok(found) => found.rows,
                Err(problem) => {
                    self.problems.push(problem);
                    continue;
                }
            };
            self.count_unread(&rows);
            let parted = parted_messages(rows.steps.iter().map(|step| step.id.as_str()));
            let authority = |step: &Step| json_authority(&step.id, &parted);
            let sum = self.take("json_files", &rows.steps, authority)?;
            self.json_files += sum;
        }
        Ok(())
    }

    /// The rows of both generations in a database, and of the main one its totals.
    pub fn database(&mut self, path: &Path, is_main: bool) -> Result<(), LedgerError> {
        let mut parts = Vec::new();
        let own = own_totals(path, |session, figures| {
            if is_main && self.union.has_sessions() {
                let less = Amounts::default() - of_totals(figures);
                parts.push((session.to_owned(), less));
            }
        });
        let own = match own {
            Ok(own) => own,
            // A file that OpenCode has not filled yet, or one that the sync has told about.
            Err(problem) => {
                self.problems.push(problem);
                return Ok(());
            }
        };
        if is_main {
            self.totals = of_totals(own.figures);
            self.odd_totals = own.odd_sessions;
            self.union.tell("totals_differ", &parts)?;
        } else {
            let path = path.display().to_string();
            self.other_databases.push((path, Amounts::default()));
        }
        let v2 = opencode_v2::Database::open(path).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        });
        if let Some(v2) = v2.as_ref().filter(|_| is_main) {
            self.is_migrating = v2.migration() == Ok(Migration::Running);
        }
        match opencode_v1::Database::open(path) {
            Ok(v1) => {
                let outcome = self.rows_of_1(&v1, v2.as_ref(), own, is_main)?;
                self.problems.extend(outcome.err());
            }
            // A file of OpenCode 2 alone.
            Err(_) if v2.is_some() => {}
            Err(problem) => self.problems.push(problem),
        }
        if let Some(v2) = &v2 {
            let outcome = self.rows_of_2(v2, own, is_main)?;
            self.problems.extend(outcome.err());
        }
        Ok(())
    }

    fn rows_of_1(
        &mut self,
        database: &opencode_v1::Database,
        v2: Option<&opencode_v2::Database>,
        own: OwnTotals,
        is_main: bool,
    ) -> Outcome {
        let mut is_migrated = Migrated::new(v2.filter(|v2| v2.is_v2()));
        let page = |rowid| {
            database.messages(opencode_v1::Which::After {
                rowid,
                updated_ms: 0,
                known_rowid: 0,
                limit: PAGE_ROWS,
            })
        };
        each_page(database, page, |rows| {
            self.count_unread(rows);
            let mut line_of = |step: &Step| {
                let is_migrated = is_migrated.session(&step.session_id)?;
                Ok(match (is_main, is_migrated, own.has_v1) {
                    (false, ..) => OTHER,
                    (true, true, _) => "migrated_rows",
                    (true, false, true) => "totals_differ",
                    (true, false, false) => "no_totals",
                })
            };
            let lines: Result<Vec<&str>, Problem> = rows.steps.iter().map(&mut line_of).collect();
            match lines {
                Ok(lines) => self.take_lines(&lines, &rows.steps).map(Ok),
                Err(problem) => Ok(Err(problem)),
            }
        })
    }

    fn rows_of_2(
        &mut self,
        database: &opencode_v2::Database,
        own: OwnTotals,
        is_main: bool,
    ) -> Outcome {
        let line = match (is_main, own.has_v2) {
            (false, _) => OTHER,
            (true, true) => "totals_differ",
            (true, false) => "api_rows",
        };
        let page = |rowid| {
            database.messages(opencode_v2::Which::After {
                rowid,
                updated_ms: 0,
                known_rowid: 0,
                limit: PAGE_ROWS,
            })
        };
        each_page(database, page, |rows| {
            self.count_unread(rows);
            let sum = self.take(line, &rows.steps, |_| Authority::V2)?;
            self.add(line, sum);
            Ok(Ok(()))
        })
    }

    /// Adds steps of OpenCode 1, each to its line. Those of one line stand together.
    fn take_lines(&mut self, lines: &[&str], steps: &[Step]) -> Result<(), LedgerError> {
        let mut rest = steps;
        for stretch in lines.chunk_by(|a, b| a == b) {
            let (together, others) = rest.split_at(stretch.len());
            let sum = self.take(stretch[0], together, |_| Authority::V1)?;
            self.add(stretch[0], sum);
            rest = others;
        }
        Ok(())
    }

    /// Adds a sum to its line.
    fn add(&mut self, line: &str, sum: Amounts) {
        let none = &mut Amounts::default();
        let total = match line {
            "totals_differ" => &mut self.rows_with_totals,
            "no_totals" => &mut self.no_totals,
            "api_rows" => &mut self.api_rows,
            "migrated_rows" => &mut self.migrated_rows,
            _ => self.other_databases.last_mut().map_or(none, |(_, sum)| sum),
        };
        *total += sum;
    }

    fn count_unread(&mut self, rows: &Rows) {
        let damaged = rows.unread.iter().filter(|row| row.code == DAMAGED);
        let damaged = damaged.count() as u64;
        self.damaged_places += damaged;
        self.unread_rows += rows.unread.len() as u64 - damaged;
    }

    /// Adds steps to the union and to the sessions of their line, and returns their sum.
    fn take(
        &mut self,
        line: &str,
        steps: &[Step],
        authority: impl Fn(&Step) -> Authority,
    ) -> Result<Amounts, LedgerError> {
        let found: Vec<Found> = steps
            .iter()
            .map(|step| Found {
                uid: &step.id,
                session: &step.session_id,
                authority: authority(step) as i64,
                updated_ms: step.updated_ms,
                amounts: step.into(),
            })
            .collect();
        self.repeated += self.union.add(&found)?;
        let mut sum = Amounts::default();
        let mut parts: HashMap<&str, Amounts> = HashMap::new();
        for row in &found {
            sum += row.amounts;
            let part = parts.entry(row.session).or_default();
            *part += row.amounts;
            // OpenCode keeps no count of calls: the rows are its steps.
            if line == "totals_differ" {
                part.steps = 0;
            }
        }
        let parts: Vec<(&str, Amounts)> = parts.into_iter().collect();
        match self.other_databases.last() {
            Some((path, _)) if line == OTHER => self.union.tell(&other(path), &parts)?,
            _ => self.union.tell(line, &parts)?,
        }
        Ok(sum)
    }
}

/// The line of a database that is not the main one.
const OTHER: &str = "other_database";

/// Under which the sessions of such a line are kept.
pub(super) fn other(path: &str) -> String {
    format!("{OTHER} {path}")
}

fn of_totals(figures: [i64; 6]) -> Amounts {
    let [
        input,
        output,
        reasoning,
        cache_read,
        cache_write,
        stored_nano_usd,
    ] = figures;
    Amounts {
        steps: 0,
        input,
        output,
        reasoning,
        cache_read,
        cache_write,
        stored_nano_usd,
    }
}

/// Reads a table to its end: each page goes on behind the last row of the one before.
fn each_page(
    table: &impl Numbered,
    page: impl Fn(i64) -> Result<Rows, Problem>,
    mut take: impl FnMut(&Rows) -> Outcome,
) -> Outcome {
    let mut rowid = 0;
    loop {
        let rows = match around_damage(table, rowid, page(rowid)) {
            Ok(rows) => rows,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Err(problem) = take(&rows)? {
            return Ok(Err(problem));
        }
        if rows.read < PAGE_ROWS as u64 || rows.last_rowid <= rowid {
            return Ok(Ok(()));
        }
        rowid = rows.last_rowid;
    }
}

/// A page, row by row where a damaged one is in it.
fn around_damage(
    table: &impl Numbered,
    rowid: i64,
    page: Result<Rows, Problem>,
) -> Result<Rows, Problem> {
    match page {
        Err(problem) if problem.code == "corrupt_database" => {
            rows_around_damage(table, rowid, PAGE_ROWS, &problem)
        }
        page => page,
    }
}

/// Whether OpenCode 2 has taken over a session. Rows of one session stand together: the last answer is
/// usually the next one.
struct Migrated<'a> {
    v2: Option<&'a opencode_v2::Database>,
    last: (String, bool),
}

impl<'a> Migrated<'a> {
    fn new(v2: Option<&'a opencode_v2::Database>) -> Self {
        let last = (String::new(), false);
        Self { v2, last }
    }

    fn session(&mut self, id: &str) -> Result<bool, Problem> {
        let Some(v2) = self.v2 else {
            return Ok(false);
        };
        if self.last.0 != id {
            self.last = (id.into(), v2.session(id)?.is_some());
        }
        Ok(self.last.1)
    }
}
