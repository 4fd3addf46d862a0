// SPDX-License-Identifier: GPL-3.0-or-later
//! Every source once more, page by page, sorted into lines.

use std::path::Path;

use super::union::{Found, Union};
use crate::ledger::LedgerError;
use crate::model::{Authority, Problem, Step};
use crate::source::opencode_json::Tree;
use crate::source::{OwnTotals, opencode_v1, opencode_v2, own_totals};
use crate::sync::{json_authority, parted_messages};
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
    pub other_databases: Amounts,
    pub repeated: Amounts,
    pub unread_rows: u64,
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
            other_databases: none,
            repeated: none,
            unread_rows: 0,
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
            self.unread_rows += rows.unread.len() as u64;
            let parted = parted_messages(rows.steps.iter().map(|step| step.id.as_str()));
            let authority = |step: &Step| json_authority(&step.id, &parted);
            let sum = self.take(&rows.steps, authority)?;
            self.json_files += sum;
        }
        Ok(())
    }

    /// The rows of both generations in a database, and of the main one its totals.
    pub fn database(&mut self, path: &Path, is_main: bool) -> Result<(), LedgerError> {
        let own = match own_totals(path) {
            Ok(own) => own,
            // A file that OpenCode has not filled yet, or one that the sync has told about.
            Err(problem) => {
                self.problems.push(problem);
                return Ok(());
            }
        };
        if is_main {
            let [
                input,
                output,
                reasoning,
                cache_read,
                cache_write,
                stored_nano_usd,
            ] = own.figures;
            self.totals = Amounts {
                steps: 0,
                input,
                output,
                reasoning,
                cache_read,
                cache_write,
                stored_nano_usd,
            };
            self.odd_totals = own.odd_sessions;
        }
        let v2 = opencode_v2::Database::open(path).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        });
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
        let mut rowid = 0;
        let mut is_migrated = Migrated::new(v2.filter(|v2| v2.is_v2()));
        loop {
            let page = opencode_v1::Which::After {
                rowid,
                updated_ms: 0,
                known_rowid: 0,
                limit: PAGE_ROWS,
            };
            let rows = match database.messages(page) {
                Ok(rows) => rows,
                Err(problem) => return Ok(Err(problem)),
            };
            self.unread_rows += rows.unread.len() as u64;
            self.take(&rows.steps, |_| Authority::V1)?;
            for step in &rows.steps {
                let is_migrated = match is_migrated.session(&step.session_id) {
                    Ok(is_migrated) => is_migrated,
                    Err(problem) => return Ok(Err(problem)),
                };
                let sum = match (is_main, is_migrated, own.has_v1) {
                    (false, ..) => &mut self.other_databases,
                    (true, true, _) => &mut self.migrated_rows,
                    (true, false, true) => &mut self.rows_with_totals,
                    (true, false, false) => &mut self.no_totals,
                };
                *sum += Amounts::from(step);
            }
            rowid = rows.last_rowid;
            if rows.read < PAGE_ROWS as u64 {
                return Ok(Ok(()));
            }
        }
    }

    fn rows_of_2(
        &mut self,
        database: &opencode_v2::Database,
        own: OwnTotals,
        is_main: bool,
    ) -> Outcome {
        let mut rowid = 0;
        loop {
            let page = opencode_v2::Which::After {
                rowid,
                updated_ms: 0,
                known_rowid: 0,
                limit: PAGE_ROWS,
            };
            let rows = match database.messages(page) {
                Ok(rows) => rows,
                Err(problem) => return Ok(Err(problem)),
            };
            self.unread_rows += rows.unread.len() as u64;
            let sum = self.take(&rows.steps, |_| Authority::V2)?;
            match (is_main, own.has_v2) {
                (false, _) => self.other_databases += sum,
                (true, true) => self.rows_with_totals += sum,
                (true, false) => self.api_rows += sum,
            }
            rowid = rows.last_rowid;
            if rows.read < PAGE_ROWS as u64 {
                return Ok(Ok(()));
            }
        }
    }

    /// Adds a page to the union and returns its sum.
    fn take(
        &mut self,
        steps: &[Step],
        authority: impl Fn(&Step) -> Authority,
    ) -> Result<Amounts, LedgerError> {
        let found: Vec<Found> = steps
            .iter()
            .map(|step| Found {
                uid: &step.id,
                authority: authority(step) as i64,
                amounts: step.into(),
            })
            .collect();
        self.repeated += self.union.add(&found)?;
        Ok(found
            .iter()
            .fold(Amounts::default(), |sum, row| sum + row.amounts))
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
