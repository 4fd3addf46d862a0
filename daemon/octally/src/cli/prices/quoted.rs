// SPDX-License-Identifier: GPL-3.0-or-later
//! The answer of `octally prices`, as JSON and as text.

use std::fmt::Write;

use octally_core::model::{ModelName, Problem};
use octally_core::pricing::{Quote, Rates, Table};
use octally_core::wire::ReportRow;
use serde::Serialize;

use crate::cli::figures::{self, ABSENT};
use crate::cli::table::{self, Header, Row, figure, row, text};

/// The shape of `octally prices --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PricesJson<'a> {
    schema: u32,
    models: &'a [Quoted],
    problems: &'a [Problem],
}

/// One model and what is known of its price.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quoted {
    /// `provider/model`
    model: String,
    /// In the ledger.
    steps: u64,
    basis: Basis,
    reason: &'static str,
    /// `None`: no table has it.
    rates: Option<RatesRow>,
    tiers: Vec<TierRow>,
    /// The share that prices.toml takes off.
    discount: Option<f64>,
    table: Option<String>,
    table_date: Option<String>,
}

/// What becomes of a step of this model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Basis {
    Billed,
    Included,
    Estimated,
    Unpriced,
}

/// Per million tokens.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RatesRow {
    input_usd: f64,
    output_usd: f64,
    cache_read_usd: f64,
    cache_write_usd: f64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TierRow {
    above_context_tokens: u64,
    #[serde(flatten)]
    rates: RatesRow,
}

impl From<Rates> for RatesRow {
    fn from(rates: Rates) -> Self {
        Self {
            input_usd: rates.input,
            output_usd: rates.output,
            cache_read_usd: rates.cache_read,
            cache_write_usd: rates.cache_write,
        }
    }
}

impl Quoted {
    /// `used` is the model's row in the ledger.
    pub fn new(name: &ModelName, used: Option<&ReportRow>, quote: Option<&Quote>) -> Self {
        let (basis, reason) = verdict(used, quote);
        Self {
            model: name.to_string(),
            steps: used.map_or(0, |row| row.totals.steps),
            basis,
            reason,
            rates: quote.map(|quote| quote.price.rates.into()),
            tiers: quote.map(tiers).unwrap_or_default(),
            discount: quote.and_then(|quote| quote.discount),
            table: quote.map(|quote| match &quote.table {
                Table::File(path) => path.display().to_string(),
                Table::BuiltIn => "built in".into(),
            }),
            table_date: quote.and_then(|quote| quote.date.clone()),
        }
    }
}

fn tiers(quote: &Quote) -> Vec<TierRow> {
    let tier = |tier: &octally_core::pricing::Tier| TierRow {
        above_context_tokens: tier.above_context_tokens,
        rates: tier.rates.into(),
    };
    quote.price.tiers.iter().map(tier).collect()
}

fn verdict(used: Option<&ReportRow>, quote: Option<&Quote>) -> (Basis, &'static str) {
    let cost = used.map(|row| &row.totals.cost);
    let is_billed = cost.is_some_and(|cost| {
        cost.billed_usd > 0.0 && cost.estimated_usd.is_none_or(|usd| usd == 0.0)
    });
    match quote {
        _ if is_billed => (Basis::Billed, "OpenCode stores its cost"),
        None => (Basis::Unpriced, "no table has it"),
        Some(quote) if quote.price.is_free() => {
            (Basis::Included, "free at list price: included in a plan")
        }
        Some(_) => (Basis::Estimated, "list price, where OpenCode stored 0"),
    }
}

impl<'a> PricesJson<'a> {
    pub fn new(models: &'a [Quoted], problems: &'a [Problem]) -> Self {
        Self {
            schema: 1,
            models,
            problems,
        }
    }

    /// One model in full, several as a table.
    pub fn render(&self, width: Option<u16>) -> String {
        match self.models {
            [one] => one.render(),
            many => {
                let columns = [
                    text("model", 0),
                    figure("steps", 4),
                    figure("input", 2),
                    figure("output", 2),
                    figure("cache read", 5),
                    figure("cache write", 5),
                    text("price", 0),
                    text("table", 3),
                ];
                let rows = many.iter().map(Quoted::row).collect();
                table::render(&columns, Header::Shown, rows, width)
            }
        }
    }
}

impl Quoted {
    fn row(&self) -> Row {
        let usd = |of: fn(&RatesRow) -> f64| match &self.rates {
            Some(rates) if self.basis != Basis::Included => dollars(of(rates)),
            _ => ABSENT.into(),
        };
        row([
            figures::harmless(&self.model),
            figures::count(self.steps),
            usd(|rates| rates.input_usd),
            usd(|rates| rates.output_usd),
            usd(|rates| rates.cache_read_usd),
            usd(|rates| rates.cache_write_usd),
            self.basis.word().into(),
            self.table.as_deref().map_or(ABSENT.into(), short),
        ])
    }

    fn render(&self) -> String {
        let mut text = format!(
            "{}: {} ({})\n",
            figures::harmless(&self.model),
            self.basis.word(),
            self.reason
        );
        if let Some(rates) = &self.rates {
            line(&mut text, "per million tokens", &rates.describe());
        }
        for tier in &self.tiers {
            let above = format!(
                "above {} context",
                figures::count(tier.above_context_tokens)
            );
            line(&mut text, &above, &tier.rates.describe());
        }
        if let Some(share) = self.discount {
            line(
                &mut text,
                "discount",
                // The product is not exact: 0.07 * 100.0 is more than 7.
                &format!("{} % taken off", (share * 1e8).round() / 1e6),
            );
        }
        if let Some(table) = &self.table {
            let date = self.table_date.as_deref().unwrap_or("an unknown day");
            line(&mut text, "table", &format!("{table}, of {date}"));
        }
        line(
            &mut text,
            "steps in the ledger",
            &figures::count(self.steps),
        );
        text
    }
}

fn line(text: &mut String, label: &str, what: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  {label}: {what}");
}

/// The file's name is enough in a table.
fn short(table: &str) -> String {
    table.rsplit('/').next().unwrap_or(table).to_owned()
}

/// Up to six decimals and no needless zeros, at least cents: `$3.00`, `$0.075`.
fn dollars(usd: f64) -> String {
    let text = format!("{usd:.6}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    format!("${whole}.{:0<2}", decimals.trim_end_matches('0'))
}

impl RatesRow {
    fn describe(&self) -> String {
        format!(
            "{} input, {} output, {} cache read, {} cache write",
            dollars(self.input_usd),
            dollars(self.output_usd),
            dollars(self.cache_read_usd),
            dollars(self.cache_write_usd)
        )
    }
}

impl Basis {
    fn word(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Included => "included",
            Self::Estimated => "estimated",
            Self::Unpriced => "unpriced",
        }
    }
}
