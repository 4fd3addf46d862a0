// SPDX-License-Identifier: GPL-3.0-or-later
//! `prices.toml`: what the user pays by contract. The shipped example, `data/prices.toml`, is its manual.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::rates::{ListPrice, Rates, Tier};
use crate::model::{ModelName, Problem, Severity};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserPrices {
    /// By `provider/model`, `model` or `provider/*`.
    #[serde(default)]
    prices: BTreeMap<String, Entry>,
}

/// Prices of the user's own, or a discount on those of the other tables.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Fields")]
enum Entry {
    Own(ListPrice),
    Discount(f64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    input: Option<Usd>,
    output: Option<Usd>,
    cache_read: Option<Usd>,
    cache_write: Option<Usd>,
    #[serde(default)]
    above: Vec<Above>,
    discount: Option<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Above {
    context_tokens: u64,
    input: Usd,
    output: Usd,
    cache_read: Option<Usd>,
    cache_write: Option<Usd>,
}

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
struct Usd(f64);

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
struct Share(f64);

impl TryFrom<f64> for Usd {
    type Error = &'static str;
    fn try_from(usd: f64) -> Result<Self, Self::Error> {
        let is_price = usd.is_finite() && usd >= 0.0;
        is_price
            .then_some(Self(usd))
            .ok_or("a price is 0 or more US dollars per million tokens")
    }
}

impl TryFrom<f64> for Share {
    type Error = &'static str;
    fn try_from(share: f64) -> Result<Self, Self::Error> {
        let is_share = (0.0..=1.0).contains(&share);
        is_share
            .then_some(Self(share))
            .ok_or("a discount is a share from 0 to 1, as in 0.15 for 15 %")
    }
}

impl TryFrom<Fields> for Entry {
    type Error = &'static str;
    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let has_prices = fields.cache_read.is_some() || fields.cache_write.is_some();
        match (fields.input, fields.output, fields.discount) {
            (Some(input), Some(output), None) => Ok(Self::Own(ListPrice {
                rates: rates(input, output, fields.cache_read, fields.cache_write),
                tiers: fields.above.iter().map(Above::as_tier).collect(),
            })),
            (None, None, Some(share)) if !has_prices && fields.above.is_empty() => {
                Ok(Self::Discount(share.0))
            }
            _ => Err("give both input and output, or only a discount"),
        }
    }
}

impl Above {
    fn as_tier(&self) -> Tier {
        Tier {
            above_context_tokens: self.context_tokens,
            rates: rates(self.input, self.output, self.cache_read, self.cache_write),
        }
    }
}

/// Cache rates that are left out are those of the input: not named is not free.
fn rates(input: Usd, output: Usd, cache_read: Option<Usd>, cache_write: Option<Usd>) -> Rates {
    Rates {
        input: input.0,
        output: output.0,
        cache_read: cache_read.unwrap_or(input).0,
        cache_write: cache_write.unwrap_or(input).0,
    }
}

/// What the user's file says of one model.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Price(ListPrice),
    /// The share that comes off what the next table says.
    Discount(f64),
}

impl UserPrices {
    /// A missing file is empty.
    ///
    /// # Errors
    /// A [`Problem`] with line and column; the file is then out of use as a whole.
    pub fn load(path: &Path) -> Result<Self, Problem> {
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| broken(path, &text, &error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(problem(
                path.display().to_string(),
                format!("cannot be read: {error}"),
            )),
        }
    }

    /// `provider/model` before `model` before `provider/*`.
    pub fn find(&self, name: &ModelName) -> Option<Said> {
        let keys = [
            name.to_string(),
            name.model.clone(),
            format!("{}/*", name.provider),
        ];
        let entry = keys.iter().find_map(|key| self.prices.get(key))?;
        match entry {
            Entry::Own(price) => price.clone().checked().map(Said::Price),
            Entry::Discount(share) => Some(Said::Discount(*share)),
        }
    }
}

fn broken(path: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let place = match error.span() {
        Some(span) => {
            let (line, column) = line_and_column(text, span.start);
            format!("{}:{line}:{column}", path.display())
        }
        None => path.display().to_string(),
    };
    problem(place, error.message().replace('\n', ", "))
}

/// Both from 1; columns count characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn problem(place: String, what: String) -> Problem {
    Problem::new(
        Severity::Error,
        "bad_prices",
        what,
        place,
        "correct the line; until then the file is left out, and OpenCode's own prices hold",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<UserPrices, Problem> {
        toml::from_str(text).map_err(|error| broken(Path::new("/p.toml"), text, &error))
    }

    fn name(provider: &str, model: &str) -> ModelName {
        ModelName {
            provider: provider.into(),
            model: model.into(),
        }
    }

    #[test]
    fn the_nearest_name_wins_and_caches_cost_as_input() {
        let prices = parse(
            "[prices]\n'a/*' = { discount = 0.5 }\nm = { input = 1, output = 2 }\n\
             'a/m' = { input = 3, output = 4, cache_read = 0 }\n",
        )
        .unwrap();
        let input = |said| match said {
            Some(Said::Price(price)) => (price.rates.input, price.rates.cache_write),
            other => panic!("{other:?}"),
        };
        assert_eq!(input(prices.find(&name("a", "m"))), (3.0, 3.0));
        assert_eq!(input(prices.find(&name("b", "m"))), (1.0, 1.0));
        assert_eq!(prices.find(&name("a", "x")), Some(Said::Discount(0.5)));
        assert_eq!(prices.find(&name("b", "x")), None);
    }

    #[test]
    fn what_is_wrong_names_its_line_and_column() {
        for (text, place) in [
            ("[prices]\nm = { input = -1, output = 2 }\n", "/p.toml:2:15"),
            (
                "[prices]\nm = { input = 1, output = 'x' }\n",
                "/p.toml:2:27",
            ),
            ("[prices]\nm = { discount = 15 }\n", "/p.toml:2:18"),
            ("[prices]\nm = { inptu = 1 }\n", "/p.toml:2:7"),
            ("[prices]\nm = { input = 1 }\n", "/p.toml:2:5"),
            ("[prices\n", "/p.toml:1:8"),
        ] {
            let problem = parse(text).unwrap_err();
            assert_eq!(
                (problem.place.as_str(), problem.code.as_str()),
                (place, "bad_prices"),
                "{text}"
            );
        }
    }
}
