// SPDX-License-Identifier: GPL-3.0-or-later
//! What a step costs where OpenCode stored 0: its list price, and which table says so.
//!
//! Tables are data. The user's `prices.toml` comes first (`user`), then JSON tables (`table`): the
//! plugin's copy of OpenCode's own catalogue, OpenCode's cached `models.json`, and at last the small one
//! that is built in (`baked.json`, made by packaging/prices/update.py). They are only opened when a step
//! needs them, and of each only the models that were asked for stay in memory.

mod rates;
mod table;
mod user;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::model::{CostNote, ModelName, NanoUsd, Price, Problem, Severity, Step, Tokens};
use user::{Said, UserPrices};

pub use rates::{ListPrice, Rates, Tier};

/// The last resort, with its date in it.
const BAKED: &[u8] = include_bytes!("baked.json");
/// More models than this are asked for again: nobody uses that many, but a broken database may name them.
const MAX_KNOWN: usize = 1_024;

/// Price tables, looked into when first needed; each model's answer is kept.
#[derive(Debug, Default)]
pub struct Prices {
    files: Vec<PathBuf>,
    known: HashMap<ModelName, Option<Quote>>,
    problems: Vec<Problem>,
}

/// A list price and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The price, discounts taken off.
    pub price: ListPrice,
    /// The table that has it.
    pub table: Table,
    /// The day (`YYYY-MM-DD`) that the table is of; `None` where it cannot be told.
    pub date: Option<String>,
    /// The share that the user's file takes off, 0.2 for 20 %.
    pub discount: Option<f64>,
}

/// One price table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// A file: `prices.toml`, the plugin's `prices.json` or OpenCode's `models.json`.
    File(PathBuf),
    /// The one that this program brings along.
    BuiltIn,
}

impl Prices {
    /// Tables at these places, best first; they need not exist. `*.toml` is the user's, everything
    /// else JSON. The built-in table comes after all of them.
    pub fn new(files: Vec<PathBuf>) -> Self {
        Self {
            files,
            ..Self::default()
        }
    }

    /// How a step is priced. What OpenCode stored wins; 0 stays billed where no tokens were used or
    /// the model is free at list price.
    pub fn price(&mut self, step: &Step) -> Price {
        match step.stored_cost {
            Some(cost) if cost.0 > 0 => Price::Billed(cost),
            _ => self.list_price(&step.model, &step.tokens),
        }
    }

    /// How one step of a model is priced for which OpenCode stored no cost.
    pub fn list_price(&mut self, model: &ModelName, tokens: &Tokens) -> Price {
        if tokens.total() == 0 {
            return Price::Billed(NanoUsd(0));
        }
        match self.quote(model) {
            None => Price::Unpriced,
            Some(quote) if quote.price.is_free() => Price::Billed(NanoUsd(0)),
            Some(quote) => quote
                .price
                .cost(tokens)
                .map_or(Price::Unpriced, Price::Estimated),
        }
    }

    /// What a step whose stored cost is known to be wrong should have cost; `None` where its cost is not
    /// known to be wrong or no price is known. A model that is free at list price was not when it was
    /// charged: that is no price.
    pub fn corrected(&mut self, step: &Step) -> Option<NanoUsd> {
        match (step.cost_note?, step.stored_cost) {
            // Of its tokens only those of the last step are kept, but the amount says it all.
            (CostNote::TotalTwice, stored) => stored.map(|cost| NanoUsd(cost.0 / 2)),
            _ => match self.list_price(&step.model, &step.tokens) {
                Price::Estimated(cost) => Some(cost),
                Price::Billed(_) | Price::Unpriced => None,
            },
        }
    }

    /// The list price of a model and where it is from.
    pub fn quote(&mut self, name: &ModelName) -> Option<&Quote> {
        if !self.known.contains_key(name) {
            if self.known.len() >= MAX_KNOWN {
                self.known.clear();
            }
            let found = self.look_up(name);
            self.known.insert(name.clone(), found);
        }
        self.known.get(name)?.as_ref()
    }

    /// Tells provider and id of every model in every JSON table, some of them several times.
    pub fn each_name(&self, tell: &mut dyn FnMut(&str, &str)) {
        for path in self.files.iter().filter(|path| !is_users(path)) {
            // Unreadable ones are told where prices are looked up.
            if let Ok(Some(file)) = open(path) {
                let _ = table::each_name(BufReader::new(file), tell);
            }
        }
        let _ = table::each_name(BAKED, tell);
    }

    /// What was wrong with the tables read so far, the user's file excepted: [`check_user_prices`]
    /// tells of that one before anything needs a price.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Forgets every answer, so that a table that has changed or appeared is read again.
    pub fn forget(&mut self) {
        self.known.clear();
        self.problems.clear();
    }

    fn look_up(&mut self, name: &ModelName) -> Option<Quote> {
        let mut discount = None;
        for file in &self.files {
            let found = if is_users(file) {
                Ok(ask_user(file, name, &mut discount))
            } else {
                ask_table(file, name)
            };
            match found {
                Ok(Some(quote)) => return Some(quote.discounted(discount)),
                Ok(None) => {}
                Err(problem) if self.problems.contains(&problem) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
        Some(ask_baked(name)?.discounted(discount))
    }
}

impl Quote {
    fn discounted(mut self, discount: Option<f64>) -> Self {
        if let Some(share) = discount {
            self.price = self.price.discounted(share);
        }
        self.discount = discount;
        self
    }
}

/// What is wrong with the user's `prices.toml`, with line and column; a broken one is left out.
pub fn check_user_prices(path: &Path) -> Option<Problem> {
    UserPrices::load(path).err()
}

/// The day (`YYYY-MM-DD`) of the table that this program brings along.
pub fn built_in_date() -> Option<String> {
    table::find(BAKED, &ModelName::default()).ok()?.date
}

fn is_users(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml")
}

fn ask_user(path: &Path, name: &ModelName, discount: &mut Option<f64>) -> Option<Quote> {
    match UserPrices::load(path).ok()?.find(name)? {
        Said::Discount(share) => {
            *discount = Some(share);
            None
        }
        Said::Price(price) => Some(Quote {
            price,
            table: Table::File(path.into()),
            date: File::open(path).ok().and_then(|file| written_on(&file)),
            discount: None,
        }),
    }
}

fn ask_table(path: &Path, name: &ModelName) -> Result<Option<Quote>, Problem> {
    let Some(file) = open(path).map_err(|error| broken(path, &error.to_string()))? else {
        return Ok(None);
    };
    let written_on = written_on(&file);
    let looked =
        table::find(BufReader::new(file), name).map_err(|e| broken(path, &e.to_string()))?;
    Ok(looked.price.map(|price| Quote {
        price,
        table: Table::File(path.into()),
        date: looked.date.or(written_on),
        discount: None,
    }))
}

fn ask_baked(name: &ModelName) -> Option<Quote> {
    let looked = table::find(BAKED, name).ok()?;
    Some(Quote {
        price: looked.price?,
        table: Table::BuiltIn,
        date: looked.date,
        discount: None,
    })
}

fn open(path: &Path) -> std::io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// The day in UTC on which a file was written.
fn written_on(file: &File) -> Option<String> {
    let modified = file.metadata().ok()?.modified().ok()?;
    let day = DateTime::<Utc>::from(modified).date_naive();
    Some(day.to_string())
}

fn broken(file: &Path, what: &str) -> Problem {
    Problem::new(
        Severity::Warning,
        "broken_prices",
        format!("the price table cannot be read ({what})"),
        file.display().to_string(),
        "costs that OpenCode stored are not affected; delete the file and it is written again",
    )
}

#[cfg(test)]
mod tests;
