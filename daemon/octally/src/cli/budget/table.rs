// SPDX-License-Identifier: GPL-3.0-or-later
//! Budgets as people read them: a table, one figure, one sentence.

use octally_core::model::BudgetCounts;
use octally_core::wire::BudgetUsage;

use crate::cli::figures::{self, ABSENT, Money};
use crate::cli::table::{self, Column, Header, Row, fixed, row, text};
use crate::cli::text::{shortened, wrapped};

const COLUMNS: [Column; 8] = [
    text("budget", 0),
    fixed("period", 3),
    text("project", 4),
    table::figure("spent", 0),
    table::figure("of", 2),
    table::figure("spent%", 1),
    table::figure("left", 0),
    table::figure("at this rate", 2),
];
const NAME_LENGTH: usize = 40;

/// Every budget in a line, and below what is unknown of them; empty for none.
pub fn table(budgets: &[BudgetUsage], width: Option<u16>) -> String {
    let mut table = table::render(
        &COLUMNS,
        Header::Shown,
        budgets.iter().map(line).collect(),
        width,
    );
    for unknown in budgets.iter().filter_map(unpriced) {
        table += &wrapped(&unknown, width);
        table.push('\n');
    }
    table
}

fn line(budget: &BudgetUsage) -> Row {
    let project = budget.project.as_deref().unwrap_or("all");
    let row = row([
        budget.id.clone(),
        budget.period.as_str().into(),
        shortened(&figures::harmless(project), NAME_LENGTH),
        figure("spent", budget),
        figure("limit", budget),
        figure("share", budget),
        figure("left", budget),
        figure("expected", budget),
    ]);
    if budget.share >= 1.0 {
        row.strong()
    } else {
        row
    }
}

/// One figure by its name; `-` where it is not known.
pub fn figure(name: &str, budget: &BudgetUsage) -> String {
    let money = Money::for_largest(budget.limit_usd);
    match name {
        "spent" => spent(budget, money),
        "limit" => money.usd(budget.limit_usd),
        "left" => money.usd(budget.left_usd),
        "share" => figures::share(budget.share),
        "expected" => budget
            .expected_share
            .map_or_else(|| ABSENT.into(), figures::share),
        _ => budget.id.clone(),
    }
}

/// Marked like all costs that contain estimates, and where something is missing.
fn spent(budget: &BudgetUsage, money: Money) -> String {
    let mark = match budget.counts {
        BudgetCounts::Billed => "",
        BudgetCounts::All => "~",
    };
    let more = if budget.unpriced_steps > 0 { "+" } else { "" };
    format!("{mark}{}{more}", money.usd(budget.spent_usd))
}

/// `client: ~$1.75+ of $1.50 a day, 95% at this rate`
pub fn sentence(budget: &BudgetUsage) -> String {
    let figure = |name| figure(name, budget);
    let (spent, limit) = (figure("spent"), figure("limit"));
    let mut sentence = format!(
        "{}: {spent} of {limit} a {}",
        budget.id,
        budget.period.as_str()
    );
    if budget.expected_share.is_some() {
        sentence += &format!(", {} at this rate", figure("expected"));
    }
    sentence
}

fn unpriced(budget: &BudgetUsage) -> Option<String> {
    let steps = match budget.unpriced_steps {
        0 => return None,
        1 => "1 step has".into(),
        steps => format!("{} steps have", figures::count(steps)),
    };
    let id = &budget.id;
    Some(format!(
        "{id}: {steps} no known price and come on top of what was spent"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::budgets;

    fn plain(width: Option<u16>) -> String {
        anstream::adapter::strip_str(&table(&budgets(), width)).to_string()
    }

    #[test]
    fn budgets_fit_every_terminal() {
        insta::assert_snapshot!("budgets_80", plain(Some(80)));
        insta::assert_snapshot!("budgets_40", plain(Some(40)));
        insta::assert_snapshot!("budgets_pipe", plain(None));
        assert_eq!(table(&[], Some(80)), "");
    }

    #[test]
    fn a_sentence_says_where_it_leads_if_that_is_known() {
        let [month, day] = [0, 1].map(|place| sentence(&budgets()[place]));
        assert_eq!(
            month,
            "everything: $1\u{202f}234.50 of $2\u{202f}000.00 a month, 95% at this rate"
        );
        assert_eq!(day, "client: ~$1.75+ of $1.50 a day");
    }
}
