// SPDX-License-Identifier: GPL-3.0-or-later
//! What a notice says on the desktop.
//!
//! The summary has no words of the user's: titles and names of projects and budgets stand in the body, which
//! the desktop hides on the lock screen unless its own settings say otherwise.

use octally_bus::{Action, Matter, Note, Notice};
use octally_core::model::{BudgetCounts, BudgetPeriod};
use octally_core::wire::{BudgetUsage, SessionRef, Usage, WaitingFor};

use super::Words;

/// How long the button of a notification puts it off, minutes.
pub const SNOOZE_MINUTES: u32 = 15;
/// As much of a title as fits; code points.
const TITLE: usize = 120;

/// What the user may do about a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Offers {
    /// Whether there is somebody who shows details.
    pub details: bool,
    /// What the limit would be raised to, of a budget or of what may be spent a minute.
    pub raised_usd: Option<f64>,
}

/// The notification of a notice.
pub fn note(notice: &Notice, offers: Offers, words: Words) -> Note {
    let (summary, body) = match &notice.matter {
        Matter::Finished { session, turn } => {
            let summary = words.text("OpenCode has finished", &[]);
            (
                summary,
                lines(&[named(session, words), Some(used(turn, words))]),
            )
        }
        Matter::Idle { session } => {
            let summary = words.text("Nothing happens in OpenCode any more", &[]);
            (summary, lines(&[named(session, words)]))
        }
        Matter::Waiting { session, asks } => (asked(*asks, words), lines(&[named(session, words)])),
        Matter::Budget { budget, threshold } => {
            let percent = threshold.to_string();
            let summary = words.text("{percent} % of a budget is spent", &[("percent", &percent)]);
            (summary, spent(budget, words))
        }
        Matter::Tripwire {
            usd_per_minute,
            limit_usd_per_minute,
            is_billed,
            dearest,
        } => {
            let amount = words.usd(*usd_per_minute);
            let summary = match is_billed {
                true => words.text("OpenCode spends {amount} a minute", &[("amount", &amount)]),
                false => words.text(
                    "OpenCode spends ~{amount} a minute at list price",
                    &[("amount", &amount)],
                ),
            };
            let limit = words.usd(*limit_usd_per_minute);
            let limit = words.text("Your limit is {limit} a minute.", &[("limit", &limit)]);
            (
                summary,
                lines(&[
                    Some(limit),
                    dearest.as_ref().and_then(|session| named(session, words)),
                ]),
            )
        }
        Matter::CompactionLoop {
            session,
            compactions,
            within_ms,
        } => {
            let summary = words.text("A session compacts again and again", &[]);
            let minutes = u64::try_from(within_ms / 60_000).unwrap_or(0).max(1);
            let times = words.count(u64::from(*compactions), "{n} compaction", "{n} compactions");
            let time = words.count(minutes, "in {n} minute", "in {n} minutes");
            let both = words.text(
                "{compactions} {time}",
                &[("compactions", &times), ("time", &time)],
            );
            (summary, lines(&[named(session, words), Some(both)]))
        }
    };
    let kind = notice.matter.kind();
    Note {
        summary,
        body,
        category: format!("x-octally.{kind}"),
        actions: actions(offers, words),
    }
}

fn actions(offers: Offers, words: Words) -> Vec<(Action, String)> {
    let mut actions = Vec::new();
    if offers.details {
        actions.push((Action::Details, words.text("Show details", &[])));
    }
    if let Some(raised_usd) = offers.raised_usd {
        let amount = words.usd(raised_usd);
        actions.push((
            Action::Raise,
            words.text("Raise limit to {amount}", &[("amount", &amount)]),
        ));
    }
    let minutes = u64::from(SNOOZE_MINUTES);
    actions.push((
        Action::Snooze,
        words.count(minutes, "Snooze for {n} minute", "Snooze for {n} minutes"),
    ));
    actions
}

fn asked(asks: WaitingFor, words: Words) -> String {
    match asks {
        WaitingFor::Permission => words.text("OpenCode asks for a permission", &[]),
        WaitingFor::Question => words.text("OpenCode has a question", &[]),
    }
}

fn used(turn: &Usage, words: Words) -> String {
    let steps = words.count(turn.steps, "{n} step", "{n} steps");
    let (billed, estimated) = (turn.cost.billed.usd(), turn.cost.estimated.usd());
    let unpriced = turn.cost.unpriced_steps;
    if billed == 0.0 && estimated == 0.0 && unpriced > 0 {
        return steps;
    }
    if billed == 0.0 && estimated > 0.0 {
        let amount = known(words.usd(estimated), unpriced);
        return words.text(
            "{steps}, ~{amount} at list price",
            &[("steps", &steps), ("amount", &amount)],
        );
    }
    let mut amount = words.usd(billed);
    if estimated > 0.0 {
        amount += &format!(" + ~{}", words.usd(estimated));
    }
    let amount = known(amount, unpriced);
    words.text(
        "{steps}, {amount}",
        &[("steps", &steps), ("amount", &amount)],
    )
}

/// Marked where steps without a known price come on top.
fn known(amount: String, unpriced_steps: u64) -> String {
    match unpriced_steps {
        0 => amount,
        _ => amount + "+",
    }
}

fn spent(budget: &BudgetUsage, words: Words) -> String {
    let spent = known(words.usd(budget.spent_usd), budget.unpriced_steps);
    let limit = words.usd(budget.limit_usd);
    let places = [
        ("budget", budget.id.as_str()),
        ("spent", &spent),
        ("limit", &limit),
    ];
    let line = match budget.period {
        BudgetPeriod::Day => words.text("{budget}: {spent} of {limit} today", &places),
        BudgetPeriod::Week => words.text("{budget}: {spent} of {limit} this week", &places),
        BudgetPeriod::Month => words.text("{budget}: {spent} of {limit} this month", &places),
    };
    let together = match budget.counts {
        BudgetCounts::Billed => None,
        BudgetCounts::All => Some(words.text("Billed and estimated together.", &[])),
    };
    lines(&[Some(line), together])
}

fn named(session: &SessionRef, words: Words) -> Option<String> {
    let title = session
        .title
        .as_deref()
        .map(one_line)
        .filter(|title| !title.is_empty());
    let project = session
        .project
        .as_deref()
        .map(one_line)
        .filter(|project| !project.is_empty());
    match (title, project) {
        (Some(title), Some(project)) => {
            let places = [("title", title.as_str()), ("project", &project)];
            Some(words.text("{title} ({project})", &places))
        }
        (title, project) => title.or(project),
    }
}

/// The beginning of a text of the user's, on one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn lines(lines: &[Option<String>]) -> String {
    let lines: Vec<&str> = lines.iter().flatten().map(String::as_str).collect();
    lines.join("\n")
}
