// SPDX-License-Identifier: GPL-3.0-or-later
//! From the sources into the ledger: find, read what is new, record, done.
//!
//! `Synchronizer` holds the `databases` between syncs, and leaves those closed that are `asleep`; `database`
//! brings the ledger up to date with one of them (where it is read as a `whole`, in `batches` that are made
//! `ahead`), `tree` does so with message files, whose `folders` are read by several threads and recorded `in_order`.
//! `compare` notes what has gone from a source, and `marks` looks into that. `tools` reads which tools the steps
//! called, behind everything else.
//! A source that fails is a problem of its own and never stops the others.

/// Unpacks an inner result or returns it from the function.
macro_rules! ask {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}

mod ahead;
mod asleep;
mod batches;
mod compare;
mod context;
mod damage;
mod database;
mod database_v2;
mod databases;
mod event_chunks;
mod event_numbers;
mod folders;
mod in_order;
mod marks;
mod origins;
mod report;
mod scan;
mod session_v2;
mod tools;
mod touched;
mod tree;
mod unread;
mod whole;

use std::cell::{Cell, LazyCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::ledger::{Host, Ledger, LedgerError};
use crate::model::Zone;
use crate::pricing::Prices;
use crate::source::opencode_json::Tree;
use database::OpenDatabase;
use database_v2::OpenDatabaseV2;
use databases::Databases;
use marks::Reachable;
use tree::SeenTree;

pub(crate) use context::Context;
pub(crate) use damage::{DAMAGED, Numbered, rows_around_damage};
pub use origins::Origins;
pub use report::{Progress, SourceStatus, SyncReport};
pub use tools::{ToolBudget, ToolSlice};
pub(crate) use tree::{json_authority, parted_messages};

/// How much a sync may take on trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only what the cheap change detector points at.
    Quick,
    /// Also what it cannot see: imported messages, moved or replaced files.
    Thorough,
}

/// The sources, kept open between syncs.
#[derive(Debug)]
pub(crate) struct Synchronizer {
    origins: Origins,
    databases: Databases,
    trees: HashMap<PathBuf, SeenTree>,
    prices: Prices,
}

impl Synchronizer {
    pub fn new(origins: Origins) -> Self {
        let prices = Prices::new(origins.price_files.clone());
        Self {
            origins,
            databases: Databases::default(),
            trees: HashMap::new(),
            prices,
        }
    }

    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Something in the message folder of a session was written: the next sync reads it.
    pub fn touch(&mut self, folder: &Path) {
        let dirs = self.origins.data_dirs.iter();
        for dir in dirs.filter(|dir| folder.starts_with(dir)) {
            self.trees.entry(dir.clone()).or_default().touch(folder);
        }
    }

    pub fn sync(
        &mut self,
        ledger: &mut Ledger,
        host: &Host,
        zone: &Zone,
        now_ms: i64,
        depth: Depth,
        on_progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<SyncReport, LedgerError> {
        let mut report = SyncReport::default();
        let paths = self.origins.databases(&mut report.problems);
        self.databases.keep(&paths);
        if depth == Depth::Thorough {
            self.prices.forget();
        }
        let is_stopped = Cell::new(false);
        let on_progress = &mut |progress| {
            let goes_on = on_progress(progress);
            is_stopped.set(is_stopped.get() || !goes_on);
            goes_on
        };
        let mut context = Context {
            ledger,
            host,
            zone,
            now_ms,
            depth,
            prices: &mut self.prices,
            on_progress,
            report: &mut report,
        };
        // Older generations first: what a newer one says of the same session comes last.
        for dir in &self.origins.data_dirs {
            self.trees
                .entry(dir.clone())
                .or_default()
                .sync(dir, &mut context)?;
        }
        let mut emptied = Vec::new();
        for path in &paths {
            emptied.extend(self.databases.sync(path, &mut context)?);
        }
        // Whoever stopped a first reading goes on with it next time.
        if !is_stopped.get() {
            context.ledger.end_filling(zone)?;
        }
        if depth == Depth::Thorough {
            for key in &emptied {
                // Nothing is asked, so nothing can fail.
                let _ = compare::compare(key, |_| Ok(Vec::new()), |_| false, &mut context)?;
            }
        }
        let reachable = LazyCell::new(|| Reachable {
            v1: self.databases.v1().collect(),
            v2: self.databases.v2().collect(),
            trees: &self.trees,
            emptied: &emptied,
        });
        marks::settle(&reachable, &mut context)?;
        if depth == Depth::Thorough {
            price_again(&mut context)?;
        }
        report.problems.extend_from_slice(self.prices.problems());
        Ok(report)
    }

    /// The title of a session, from whichever source has it.
    pub fn title(&self, session_id: &str) -> Option<String> {
        let in_databases = self.v1().find_map(|database| database.title(session_id));
        let in_v2 = || self.v2().find_map(|database| database.title(session_id));
        in_databases.or_else(in_v2).or_else(|| {
            let mut trees = self
                .origins
                .data_dirs
                .iter()
                .filter_map(|dir| Tree::open(dir).ok()?);
            trees.find_map(|tree| tree.title(session_id).ok()?)
        })
    }

    /// Every database that can be read for OpenCode 1.
    fn v1(&self) -> impl Iterator<Item = &OpenDatabase> {
        self.databases.v1()
    }

    /// Every database that can be read for OpenCode 2.
    fn v2(&self) -> impl Iterator<Item = &OpenDatabaseV2> {
        self.databases.v2()
    }

    /// Every database there is, each once, in the order in which they are read.
    pub fn databases(&self) -> Vec<PathBuf> {
        // What cannot be listed is a problem of the sync's own report.
        self.origins.databases(&mut Vec::new())
    }
}

/// Steps without a price, and wrong costs without a correction, may get one from a newer table.
fn price_again(context: &mut Context) -> Result<(), LedgerError> {
    let prices = &mut *context.prices;
    let list_price = &mut |model: &_, tokens: &_| prices.list_price(model, tokens);
    let (ledger, zone) = (&mut *context.ledger, context.zone);
    context.report.steps_updated += ledger.price_unpriced(zone, list_price)?;
    context.report.steps_updated += ledger.correct_uncorrected(zone, list_price)?;
    Ok(())
}
