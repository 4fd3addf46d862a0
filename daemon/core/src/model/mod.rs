// SPDX-License-Identifier: GPL-3.0-or-later
//! The vocabulary of the whole project. Nothing here knows where data comes from or goes to.

mod budget;
mod cost;
mod gone;
mod nearest;
mod problem;
mod session;
mod step;
mod tokens;
mod zone;

pub use budget::{Budget, BudgetChange, BudgetCounts, BudgetPeriod};
pub use cost::{Cost, NanoUsd, WrongCost};
pub use gone::Gone;
pub use nearest::nearest;
pub use problem::{Problem, Severity};
pub use session::{Project, Session};
pub use step::{Authority, CostNote, ModelName, Price, PricedStep, Step};
pub use tokens::Tokens;
pub use zone::{DAY_MS, Day, QUARTER_MS, Zone};
