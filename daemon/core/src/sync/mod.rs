// SPDX-License-Identifier: GPL-3.0-or-later
//! From the sources into the ledger: find, read what is new, record, done.
//!
//! `Synchronizer` holds the open databases between syncs, and leaves those closed that are `asleep`;
//! `database` brings the ledger up to date with one of them (in `batches`, made `ahead`), `compare` notes what
//! has gone from it, and `marks` looks into that. `tools` reads which tools the steps called, behind
//! everything else.
//! A source that fails is a problem of its own and never stops the others.

mod ahead;
mod asleep;
mod batches;
mod compare;
mod damage;
mod database;
mod database_v2;
mod event_chunks;
mod event_numbers;
mod folders;
mod marks;
mod tools;
mod touched;
mod tree;
mod unread;

use std::cell::{Cell, LazyCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::ledger::{Batch, Host, Ledger, LedgerError};
use crate::model::{Authority, PricedStep, Problem, Severity, Step, Zone};
use crate::pricing::Prices;
use crate::source::opencode_json::{self, Tree};
use crate::source::{Rows, opencode_v1};
use asleep::Asleep;
use database::OpenDatabase;
use database_v2::OpenDatabaseV2;
use marks::Reachable;
use tree::SeenTree;

pub(crate) use damage::{DAMAGED, Numbered, rows_around_damage};
pub use tools::{ToolBudget, ToolSlice};
pub(crate) use tree::{json_authority, parted_messages};

/// Where OpenCode's data and prices are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// OpenCode's data folders, each with `opencode.db`, `opencode-*.db` and `stats.json`.
    pub data_dirs: Vec<PathBuf>,
    /// Databases outside of them (`OPENCODE_DB`).
    pub databases: Vec<PathBuf>,
    /// Price tables, best first; need not exist: the user's `prices.toml`, the plugin's `prices.json`,
    /// OpenCode's `models.json`.
    pub price_files: Vec<PathBuf>,
}

impl Origins {
    /// The folders that tell when a message file changes: those that have one folder per session, then the
    /// latest sessions' own. Looks at every session's folder once.
    pub fn message_folders(&self) -> Vec<PathBuf> {
        let of_dir = |dir: &PathBuf| {
            let mut folders = opencode_json::message_parents(dir);
            if let Ok(Some(tree)) = Tree::open(dir) {
                folders.extend(opencode_json::latest(&tree.message_dirs().dirs));
            }
            folders
        };
        self.data_dirs.iter().flat_map(of_dir).collect()
    }

    /// The stats.json of each data folder, whether it exists or not.
    pub fn stats_files(&self) -> Vec<PathBuf> {
        self.data_dirs
            .iter()
            .map(|dir| dir.join("stats.json"))
            .collect()
    }
}

/// How much a sync may take on trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only what the cheap change detector points at.
    Quick,
    /// Also what it cannot see: imported messages, moved or replaced files.
    Thorough,
}

/// How far a long first sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Messages read so far.
    pub messages_read: u64,
    /// Messages there are, as far as known.
    pub messages: u64,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncReport {
    /// Messages looked at.
    pub messages_read: u64,
    /// Steps that were new to the ledger.
    pub steps_added: u64,
    /// Steps that changed.
    pub steps_updated: u64,
    /// Every source found.
    pub sources: Vec<SourceStatus>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// See [`Origins::message_folders`]: as they were found at the latest look.
    pub message_folders: Vec<PathBuf>,
}

/// One source, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// The database.
    pub path: PathBuf,
    /// `opencode_v1`.
    pub generation: &'static str,
    /// Whether everything in it has been read.
    pub is_current: bool,
    /// Messages in it when it was last read.
    pub messages: u64,
    /// Sessions in it when it was last read.
    pub sessions: u64,
    /// The newest step, Unix milliseconds.
    pub newest_ms: Option<i64>,
    /// When it was last read to its end, Unix milliseconds; `None` if never.
    pub read_ms: Option<i64>,
}

/// What every step of a sync needs.
pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    pub host: &'a Host,
    pub zone: &'a Zone,
    pub now_ms: i64,
    pub depth: Depth,
    pub prices: &'a mut Prices,
    pub on_progress: &'a mut dyn FnMut(Progress) -> bool,
    pub report: &'a mut SyncReport,
}

impl Context<'_> {
    /// Steps with their prices, as read from tables or files of one generation.
    pub fn price(&mut self, steps: Vec<Step>, authority: Authority) -> Vec<PricedStep> {
        priced(self.prices, steps, authority)
    }

    /// Records the steps and unread rows of `rows`, and what else is in the batch.
    pub fn record(
        &mut self,
        rows: Rows,
        batch: Batch,
        authority: Authority,
    ) -> Result<(), LedgerError> {
        let steps = self.price(rows.steps, authority);
        self.report.messages_read += rows.read;
        self.write(&Batch {
            steps: &steps,
            unread: &rows.unread,
            ..batch
        })
    }

    /// Records a batch and counts what it changed.
    pub fn write(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        let recorded = self.ledger.record(self.host, batch, self.zone)?;
        self.report.steps_added += recorded.added;
        self.report.steps_updated += recorded.updated;
        Ok(())
    }
}

fn priced(prices: &mut Prices, steps: Vec<Step>, authority: Authority) -> Vec<PricedStep> {
    let priced = steps.into_iter().map(|step| {
        let price = prices.price(&step);
        let corrected = prices.corrected(&step);
        PricedStep {
            step,
            price,
            authority,
            corrected,
        }
    });
    priced.collect()
}

/// The sources, kept open between syncs.
#[derive(Debug)]
pub(crate) struct Synchronizer {
    origins: Origins,
    open: Vec<OpenDatabase>,
    open_v2: Vec<OpenDatabaseV2>,
    asleep: Vec<Asleep>,
    trees: HashMap<PathBuf, SeenTree>,
    prices: Prices,
}

impl Synchronizer {
    pub fn new(origins: Origins) -> Self {
        let prices = Prices::new(origins.price_files.clone());
        Self {
            origins,
            open: Vec::new(),
            open_v2: Vec::new(),
            asleep: Vec::new(),
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
        let paths = self.find(&mut report.problems);
        let is_wanted = |path: &Path| paths.iter().any(|wanted| wanted == path);
        self.open
            .retain(|database| is_wanted(database.path()) && database.is_in_place());
        self.open_v2
            .retain(|database| is_wanted(database.path()) && database.is_in_place());
        self.asleep.clear();
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
            let is_open = self.open.iter().any(|database| database.path() == path)
                || self.open_v2.iter().any(|database| database.path() == path);
            if depth == Depth::Quick
                && !is_open
                && let Some(asleep) = Asleep::find(path, &mut context)?
            {
                self.asleep.push(asleep);
                continue;
            }
            let first = sync_v1(&mut self.open, path, &mut context)?;
            let second = sync_v2(&mut self.open_v2, path, &mut context)?;
            let has_v2 = self.open_v2.iter().any(|database| database.path() == path);
            emptied.extend(emptied_reading(path, first.as_ref(), has_v2));
            let is_read = second.is_ok()
                && first
                    .as_ref()
                    .is_none_or(|problem| problem.severity == Severity::Note);
            if is_read {
                save_stamps(&mut self.open, &mut self.open_v2, path, &mut context)?;
            }
            note_failures(path, first, second, &mut context)?;
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
            v1: all_v1(&self.open, &self.asleep).collect(),
            v2: all_v2(&self.open_v2, &self.asleep).collect(),
            trees: &self.trees,
            emptied: &emptied,
        });
        marks::settle(&reachable, &mut context)?;
        if depth == Depth::Thorough {
            let prices = &mut self.prices;
            let list_price = &mut |model: &_, tokens: &_| prices.list_price(model, tokens);
            report.steps_updated += ledger.price_unpriced(zone, list_price)?;
            report.steps_updated += ledger.correct_uncorrected(zone, list_price)?;
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
        all_v1(&self.open, &self.asleep)
    }

    /// Every database that can be read for OpenCode 2.
    fn v2(&self) -> impl Iterator<Item = &OpenDatabaseV2> {
        all_v2(&self.open_v2, &self.asleep)
    }

    /// Every database there is, each once, in the order in which they are read.
    pub fn databases(&self) -> Vec<PathBuf> {
        // What cannot be listed is a problem of the sync's own report.
        self.find(&mut Vec::new())
    }

    /// Every database there is, each once.
    fn find(&self, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for dir in &self.origins.data_dirs {
            match opencode_v1::databases(dir) {
                Ok(found) => paths.extend(found),
                Err(error) => problems.push(unlisted(dir, &error)),
            }
        }
        paths.extend(
            self.origins
                .databases
                .iter()
                .filter(|path| path.exists())
                .cloned(),
        );
        let mut seen = Vec::new();
        paths.retain(|path| {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let is_new = !seen.contains(&real);
            seen.push(real);
            is_new
        });
        paths
    }
}

fn all_v1<'a>(
    open: &'a [OpenDatabase],
    asleep: &'a [Asleep],
) -> impl Iterator<Item = &'a OpenDatabase> {
    open.iter().chain(asleep.iter().filter_map(Asleep::v1))
}

fn all_v2<'a>(
    open: &'a [OpenDatabaseV2],
    asleep: &'a [Asleep],
) -> impl Iterator<Item = &'a OpenDatabaseV2> {
    open.iter().chain(asleep.iter().filter_map(Asleep::v2))
}

/// Notes how a file looked, once everything that any generation has in it has been read.
fn save_stamps(
    open: &mut [OpenDatabase],
    open_v2: &mut [OpenDatabaseV2],
    path: &Path,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let v1 = open.iter_mut().find(|database| database.path() == path);
    let v2 = open_v2.iter_mut().find(|database| database.path() == path);
    if v1.as_ref().is_some_and(|v1| !v1.is_read()) || v2.as_ref().is_some_and(|v2| !v2.is_read()) {
        return Ok(());
    }
    if let Some(v1) = v1 {
        v1.save_stamp(context)?;
    }
    if let Some(v2) = v2 {
        v2.save_stamp(context)?;
    }
    Ok(())
}

/// The rows of OpenCode 1, or why they cannot be read.
fn sync_v1(
    open: &mut Vec<OpenDatabase>,
    path: &Path,
    context: &mut Context,
) -> Result<Option<Problem>, LedgerError> {
    let place = match open.iter().position(|database| database.path() == path) {
        Some(place) => place,
        None => match OpenDatabase::open(path) {
            Ok(database) => {
                open.push(database);
                open.len() - 1
            }
            Err(problem) => return Ok(Some(problem)),
        },
    };
    let outcome = open[place].sync(context)?;
    Ok(outcome.err().inspect(|_| {
        // Reopened next time: the failure may belong to the connection.
        open.swap_remove(place);
    }))
}

/// The rows of OpenCode 2 in the same file: whether there are any, or why they cannot be read.
fn sync_v2(
    open: &mut Vec<OpenDatabaseV2>,
    path: &Path,
    context: &mut Context,
) -> Result<Result<bool, Problem>, LedgerError> {
    let place = match open.iter().position(|database| database.path() == path) {
        Some(place) => place,
        None => match OpenDatabaseV2::open(path) {
            Ok(Some(database)) => {
                open.push(database);
                open.len() - 1
            }
            Ok(None) => return Ok(Ok(false)),
            Err(problem) => return Ok(Err(problem)),
        },
    };
    let outcome = open[place].sync(context)?;
    let is_v2 = open[place].is_v2();
    Ok(outcome.map(|()| is_v2).inspect_err(|_| {
        open.swap_remove(place);
    }))
}

/// The reading that a file is too well for: one generation's tables are there and the other's are not, as
/// after a backup of before a migration was put back.
fn emptied_reading(path: &Path, first: Option<&Problem>, has_v2: bool) -> Option<String> {
    match first {
        None if !has_v2 => Some(database_v2::key(path)),
        Some(problem) if problem.severity == Severity::Note && has_v2 => Some(database::key(path)),
        _ => None,
    }
}

/// Reports what could not be read of a database. The same trouble is told once; a file without tables of
/// OpenCode 1 is no trouble where OpenCode 2 has filled it.
fn note_failures(
    path: &Path,
    first: Option<Problem>,
    second: Result<bool, Problem>,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let is_without_2 = matches!(second, Ok(false));
    let first = first.filter(|problem| is_without_2 || problem.severity != Severity::Note);
    let second = second.err().filter(|_| first.is_none());
    match first.or(second) {
        Some(problem) => note_failure(path, problem, context),
        None => Ok(()),
    }
}

/// Reports a database that could not be read, with what is known of it from earlier.
fn note_failure(path: &Path, problem: Problem, context: &mut Context) -> Result<(), LedgerError> {
    let known = context.ledger.checkpoint(&path.display().to_string())?;
    // A database without tables is no failure: OpenCode has not run yet.
    let is_current = problem.severity == Severity::Note;
    let status = database::status(&known.unwrap_or_default(), path, is_current);
    context.report.sources.push(status);
    context.report.problems.push(problem);
    Ok(())
}

fn unlisted(dir: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Severity::Error,
        "no_access",
        format!("the folder cannot be listed ({error})"),
        dir.display().to_string(),
        "make it readable for your user, or name another with --data-dir",
    )
}
