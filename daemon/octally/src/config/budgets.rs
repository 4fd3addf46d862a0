// SPDX-License-Identifier: GPL-3.0-or-later
//! The tables `[budgets.NAME]` of `config.toml`: read, set, removed.

use std::path::Path;

use octally_core::model::{
    Budget, BudgetChange, BudgetCounts, BudgetPeriod, NanoUsd, Problem, nearest,
};
use toml_edit::{Array, Document, DocumentMut, Item, TableLike};

use super::edit::{EditError, edit, set, table};
use super::reader::{Entry, Reader, entries};

const KEYS: [&str; 5] = ["period", "limit_usd", "project", "counts", "warn_at"];
const PERIOD_RULE: &str = "must be \"day\", \"week\" or \"month\"";
const COUNTS_RULE: &str = "must be \"billed\", or \"all\" for billed and estimated costs together";
/// Each is looked up whenever something was used.
const MOST: usize = 50;

/// The budgets in the order of the file. One with a mistake that changes what it means is left out.
pub(super) fn read(reader: &mut Reader, budgets: &Entry) -> Vec<Budget> {
    let Some(tables) = budgets.item.as_table_like() else {
        let what = "budgets must be tables";
        let remedy = "write [budgets.NAME] above the keys of a budget";
        reader.problem("bad_config_value", what.into(), budgets, remedy);
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries(tables, "budgets") {
        if found.len() == MOST {
            let what = format!("there are more than {MOST} budgets");
            reader.problem("bad_config_value", what, &entry, "remove some");
            break;
        }
        found.extend(read_one(reader, &entry));
    }
    found
}

fn read_one(reader: &mut Reader, entry: &Entry) -> Option<Budget> {
    let is_id = Budget::is_id(entry.key).then_some(());
    let id = reader.ruled(entry, is_id, Budget::ID_RULE);
    let Some(table) = entry.item.as_table_like() else {
        let what = format!("{} must be a table", entry.name);
        let remedy = format!("write [{}] above its keys", entry.name);
        reader.problem("bad_config_value", what, entry, &remedy);
        return None;
    };
    let mut draft = Draft::default();
    for entry in entries(table, &entry.name) {
        draft.read(reader, &entry);
    }
    if draft.limit.is_none() && !draft.is_broken {
        let what = format!("{} has no limit_usd", entry.name);
        let remedy = "add limit_usd, as in limit_usd = 200.0; until then this budget is off";
        reader.problem("bad_config_value", what, entry, remedy);
    }
    draft.finish(entry.key).filter(|_| id.is_some())
}

/// A budget of which not everything has been read yet.
#[derive(Default)]
struct Draft {
    period: BudgetPeriod,
    limit: Option<NanoUsd>,
    project: Option<String>,
    counts: BudgetCounts,
    warn_at: Option<Vec<u32>>,
    is_broken: bool,
}

impl Draft {
    fn read(&mut self, reader: &mut Reader, entry: &Entry) {
        let word = entry.item.as_str();
        match entry.key {
            "period" => {
                let period = word.and_then(BudgetPeriod::parse);
                self.period = self.needed(reader, entry, period, PERIOD_RULE);
            }
            "limit_usd" => {
                let limit = usd(entry.item).and_then(Budget::limit);
                self.limit = self.needed(reader, entry, limit.map(Some), Budget::LIMIT_RULE);
            }
            "project" => {
                let project = word.filter(|word| !word.is_empty()).map(str::to_owned);
                self.project = self.needed(reader, entry, project.map(Some), Budget::PROJECT_RULE);
            }
            "counts" => {
                let counts = word.and_then(BudgetCounts::parse);
                self.counts = self.needed(reader, entry, counts, COUNTS_RULE);
            }
            "warn_at" => {
                let percents = percents(entry.item);
                self.warn_at = reader.ruled(entry, percents, Budget::WARN_AT_RULE);
            }
            _ => reader.unknown(entry, &KEYS),
        }
    }

    /// A value without which the budget means something else.
    fn needed<T: Default>(
        &mut self,
        reader: &mut Reader,
        entry: &Entry,
        value: Option<T>,
        rule: &str,
    ) -> T {
        if value.is_none() {
            self.is_broken = true;
            let remedy = "correct the line; until then this budget is off";
            let what = format!("{} {rule}", entry.name);
            reader.problem("bad_config_value", what, entry, remedy);
        }
        value.unwrap_or_default()
    }

    fn finish(self, id: &str) -> Option<Budget> {
        let limit = self.limit.filter(|_| !self.is_broken)?;
        Some(Budget {
            id: id.into(),
            period: self.period,
            limit,
            project: self.project,
            counts: self.counts,
            warn_at: self.warn_at.unwrap_or_else(|| Budget::WARN_AT.to_vec()),
        })
    }
}

fn usd(item: &Item) -> Option<f64> {
    let whole = item.as_integer().map(|usd| usd as f64);
    item.as_float().or(whole)
}

fn percents(item: &Item) -> Option<Vec<u32>> {
    let numbers = item.as_array()?.iter().map(toml_edit::Value::as_integer);
    Budget::percents(numbers.collect::<Option<Vec<_>>>()?)
}

/// Makes or changes a budget in the file.
///
/// # Errors
/// A name that can be none, a new budget without a limit, more budgets than can be, and those of [`edit`].
pub fn set_budget(path: &Path, id: &str, change: &BudgetChange) -> Result<(), EditError> {
    if !Budget::is_id(id) {
        let what = format!("'{id}' is no name of a budget");
        return Err(EditError::request(what, format!("it {}", Budget::ID_RULE)));
    }
    edit(path, |document| {
        let ids = ids(document);
        if !ids.iter().any(|known| known == id) {
            check_new(id, change, ids.len())?;
        }
        write(table(document, &["budgets", id])?, change);
        check(&document.to_string(), path, id)
    })
}

fn check_new(id: &str, change: &BudgetChange, known: usize) -> Result<(), EditError> {
    if known >= MOST {
        let what = format!("there are {known} budgets already");
        return Err(EditError::request(what, "remove one that is not needed"));
    }
    if change.limit.is_none() {
        let what = format!("there is no budget '{id}' yet, and a new one needs a limit");
        return Err(EditError::request(
            what,
            "say what may be spent in a period",
        ));
    }
    Ok(())
}

fn write(table: &mut dyn TableLike, change: &BudgetChange) {
    let is_new = table.is_empty();
    let default = is_new.then(BudgetPeriod::default);
    if let Some(period) = change.period.or(default) {
        set(table, "period", period.as_str());
    }
    if let Some(limit) = change.limit {
        set(table, "limit_usd", limit.usd());
    }
    match change.project.as_deref() {
        None => {}
        Some("") => drop(table.remove("project")),
        Some(project) => set(table, "project", project),
    }
    if let Some(counts) = change.counts {
        set(table, "counts", counts.as_str());
    }
    if let Some(warn_at) = &change.warn_at {
        let percents: Array = warn_at.iter().map(|percent| i64::from(*percent)).collect();
        set(table, "warn_at", percents);
    }
}

/// What is written is only of use when the whole budget is right: the rest of it may not have been.
fn check(text: &str, path: &Path, id: &str) -> Result<(), EditError> {
    let (found, problems) = parse(text, path);
    if found.iter().any(|budget| budget.id == id) {
        return Ok(());
    }
    let name = format!("budgets.{id}");
    let is_of_it = |problem: &&Problem| {
        let rest = problem.what.strip_prefix(&name);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ']))
    };
    match problems.iter().find(is_of_it) {
        Some(problem) => Err(EditError::File(problem.clone())),
        None => Err(EditError::request(
            format!("{name} cannot be set"),
            "mend the file first",
        )),
    }
}

fn parse(text: &str, path: &Path) -> (Vec<Budget>, Vec<Problem>) {
    let Ok(document) = Document::parse(text) else {
        return Default::default();
    };
    let mut reader = Reader::new(text, path, Path::new("/"));
    let mut entries = entries(document.as_table(), "");
    let found = entries.find(|entry| entry.key == "budgets");
    let budgets = found.map(|entry| read(&mut reader, &entry));
    (budgets.unwrap_or_default(), reader.problems)
}

/// Removes a budget from the file, with the comments right above it.
///
/// # Errors
/// There is none of this name, and those of [`edit`].
pub fn remove_budget(path: &Path, id: &str) -> Result<(), EditError> {
    edit(path, |document| {
        let ids = ids(document);
        if !ids.iter().any(|known| known == id) {
            return Err(unknown(id, &ids));
        }
        if let Some(cut) = cut(&document.to_string(), id) {
            *document = cut;
            return Ok(());
        }
        let budgets = document
            .get_mut("budgets")
            .and_then(Item::as_table_like_mut);
        budgets.and_then(|budgets| budgets.remove(id));
        Ok(())
    })
}

/// There is no such budget: what to say, with the nearest one that there is.
pub fn unknown(id: &str, known: &[String]) -> EditError {
    let remedy = match nearest(id, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "there are none".into(),
        None => format!("the budgets are {}", known.join(", ")),
    };
    EditError::request(format!("there is no budget '{id}'"), remedy)
}

fn ids(document: &DocumentMut) -> Vec<String> {
    let budgets = document.get("budgets").and_then(Item::as_table_like);
    let names = budgets.map(|budgets| budgets.iter().map(|(id, _)| id.to_owned()).collect());
    names.unwrap_or_default()
}

/// The file without the lines of a table `[budgets.ID]`; `None` where it is not written as one piece.
fn cut(text: &str, id: &str) -> Option<DocumentMut> {
    let parsed = Document::parse(text).ok()?;
    let table = parsed.get("budgets")?.as_table()?.get(id)?.as_table()?;
    let is_whole = !table.is_dotted() && table.iter().all(|(_, item)| item.is_value());
    let header = table.span().filter(|_| is_whole)?;
    let values = table.iter().filter_map(|(_, item)| item.span());
    let last = values.map(|span| span.end).chain([header.end]).max()?;
    let start = text.get(..header.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text
        .get(last..)?
        .find('\n')
        .map_or(text.len(), |at| last + at + 1);
    let above = without_comments(text.get(..start)?);
    let below = text.get(end..)?;
    let joined = if below.trim().is_empty() {
        format!("{}\n", above.trim_end()).trim_start().to_owned()
    } else {
        format!("{above}{}", below.trim_start_matches(['\n', '\r']))
    };
    let document: DocumentMut = joined.parse().ok()?;
    let is_cut = ids(&document).len() + 1 == parsed.get("budgets")?.as_table()?.len();
    is_cut.then_some(document)
}

/// Without the comments that stand right above what follows.
fn without_comments(text: &str) -> &str {
    let mut rest = text;
    while let Some(line) = rest.lines().next_back() {
        if !line.trim_start().starts_with('#') {
            break;
        }
        rest = rest.trim_end_matches(['\n', '\r']);
        rest = &rest[..rest.len() - line.len()];
    }
    rest
}

#[cfg(test)]
mod tests;
