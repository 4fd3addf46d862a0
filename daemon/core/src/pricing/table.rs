// SPDX-License-Identifier: GPL-3.0-or-later
//! One model's price out of a JSON table, without keeping the other eight thousand.
//!
//! Two layouts, told apart by their keys:
//! `models.json`, as models.dev publishes it and OpenCode caches it:
//! `{provider: {models: {model: {cost: {input, output, cache_read, cache_write, tiers, ...}}}}}`;
//! and our own compact one, of the plugin's copy and of the table that is built in:
//! `{format: 1, version, date, providers: {provider: {model: [input, output, cache_read, cache_write,
//! [[above_context_tokens, the same four], ...]]}}}`. Money is US dollars per million tokens.

use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};

use super::rates::{ListPrice, Rates, Tier};
use crate::model::ModelName;

/// What a table says of one model.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub price: Option<ListPrice>,
    /// The day that the table itself names.
    pub date: Option<String>,
}

/// Looks one model up.
pub(super) fn find(json: impl Read, name: &ModelName) -> serde_json::Result<Looked> {
    let mut price = None;
    let mut found = |provider: &str, model: &str| provider == name.provider && model == name.model;
    let mut keep = |found: Option<ListPrice>| price = found.and_then(ListPrice::checked);
    let date = walk(json, &mut found, &mut keep)?;
    Ok(Looked { price, date })
}

/// Tells every model's provider and id.
pub(super) fn each_name(
    json: impl Read,
    tell: &mut dyn FnMut(&str, &str),
) -> serde_json::Result<()> {
    let mut wanted = |provider: &str, model: &str| {
        tell(provider, model);
        false
    };
    walk(json, &mut wanted, &mut |_| {}).map(drop)
}

type Wanted<'a> = dyn FnMut(&str, &str) -> bool + 'a;
type Keep<'a> = dyn FnMut(Option<ListPrice>) + 'a;

/// Reads the prices of the models that are `wanted`; returns the date of the table.
fn walk(
    json: impl Read,
    wanted: &mut Wanted,
    keep: &mut Keep,
) -> serde_json::Result<Option<String>> {
    let mut date = None;
    let mut json = serde_json::Deserializer::from_reader(json);
    let walk = Walk {
        level: Level::Top,
        wanted,
        keep,
        date: &mut date,
    };
    walk.deserialize(&mut json)?;
    json.end()?;
    Ok(date)
}

/// Which object the walk is in.
#[derive(Clone, Copy)]
enum Level<'a> {
    Top,
    /// Of `models.json`, by id.
    Provider(&'a str),
    /// Of the compact layout: all of them.
    Providers,
    /// Of a provider, in the layout that is compact or not.
    Models(&'a str, bool),
}

struct Walk<'a, 'b> {
    level: Level<'a>,
    wanted: &'a mut Wanted<'b>,
    keep: &'a mut Keep<'b>,
    date: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.entry(&key, &mut map)?;
        }
        Ok(())
    }
}

impl Walk<'_, '_> {
    fn entry<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match (self.level, key) {
            (Level::Top, "format") => match map.next_value::<u64>()? {
                1 => Ok(()),
                _ => Err(A::Error::custom("a newer Octally wrote it")),
            },
            (Level::Top, "date") => {
                *self.date = Some(map.next_value()?);
                Ok(())
            }
            (Level::Top, "version") => map.next_value::<IgnoredAny>().map(drop),
            (Level::Top, "providers") => map.next_value_seed(self.inside(Level::Providers)),
            (Level::Top, provider) => map.next_value_seed(self.inside(Level::Provider(provider))),
            (Level::Provider(provider), "models") => {
                map.next_value_seed(self.inside(Level::Models(provider, false)))
            }
            (Level::Provider(_), _) => map.next_value::<IgnoredAny>().map(drop),
            (Level::Providers, provider) => {
                map.next_value_seed(self.inside(Level::Models(provider, true)))
            }
            (Level::Models(provider, is_compact), model) => {
                self.model(provider, model, is_compact, map)
            }
        }
    }

    fn model<'de, A: MapAccess<'de>>(
        &mut self,
        provider: &str,
        model: &str,
        is_compact: bool,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if !(self.wanted)(provider, model) {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        let price = if is_compact {
            Some(map.next_value::<CompactPrice>()?.into())
        } else {
            map.next_value::<Model>()?.cost.map(ListPrice::from)
        };
        (self.keep)(price);
        Ok(())
    }

    fn inside<'c>(&'c mut self, level: Level<'c>) -> Walk<'c, 'c> {
        Walk {
            level,
            wanted: &mut *self.wanted,
            keep: &mut *self.keep,
            date: &mut *self.date,
        }
    }
}

#[derive(Deserialize)]
struct Model {
    cost: Option<Cost>,
}

/// OpenCode's words for it, of all versions: cache rates flat or in `cache`, tiers in a list or as the
/// one above 200,000.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Cost {
    input: f64,
    output: f64,
    cache_read: f64,
    cache_write: f64,
    cache: Option<Cache>,
    tiers: Vec<Cost>,
    tier: Option<TierBound>,
    #[serde(alias = "experimentalOver200K")]
    context_over_200k: Option<Box<Cost>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cache {
    read: f64,
    write: f64,
}

#[derive(Deserialize)]
struct TierBound {
    #[serde(rename = "type")]
    kind: String,
    size: u64,
}

impl From<Cost> for ListPrice {
    fn from(cost: Cost) -> Self {
        let rates = cost.rates();
        let mut tiers: Vec<Tier> = cost.tiers.iter().filter_map(Cost::as_tier).collect();
        // The list is the newer spelling and says the same.
        if let (true, Some(over)) = (tiers.is_empty(), cost.context_over_200k) {
            tiers.push(Tier {
                above_context_tokens: 200_000,
                rates: over.rates(),
            });
        }
        Self { rates, tiers }
    }
}

impl Cost {
    fn rates(&self) -> Rates {
        let cache = self.cache.as_ref();
        Rates {
            input: self.input,
            output: self.output,
            cache_read: cache.map_or(self.cache_read, |cache| cache.read),
            cache_write: cache.map_or(self.cache_write, |cache| cache.write),
        }
    }

    /// Tiers by something else than the context cannot be told from a step.
    fn as_tier(&self) -> Option<Tier> {
        let bound = self.tier.as_ref().filter(|tier| tier.kind == "context")?;
        Some(Tier {
            above_context_tokens: bound.size,
            rates: self.rates(),
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CompactPrice {
    Flat([f64; 4]),
    Tiered(f64, f64, f64, f64, Vec<(u64, f64, f64, f64, f64)>),
}

impl From<CompactPrice> for ListPrice {
    fn from(price: CompactPrice) -> Self {
        let (rates, tiers) = match price {
            CompactPrice::Flat(four) => (four, Vec::new()),
            CompactPrice::Tiered(a, b, c, d, tiers) => ([a, b, c, d], tiers),
        };
        let tier = |(above_context_tokens, a, b, c, d)| Tier {
            above_context_tokens,
            rates: four([a, b, c, d]),
        };
        Self {
            rates: four(rates),
            tiers: tiers.into_iter().map(tier).collect(),
        }
    }
}

fn four([input, output, cache_read, cache_write]: [f64; 4]) -> Rates {
    Rates {
        input,
        output,
        cache_read,
        cache_write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(json: &str, provider: &str, model: &str) -> Looked {
        let (provider, model) = (provider.into(), model.into());
        find(json.as_bytes(), &ModelName { provider, model }).unwrap()
    }

    #[test]
    fn both_spellings_of_caches_and_tiers_say_the_same() {
        let older = r#"{"cost":{"input":1,"output":2,"cache_read":3,"cache_write":4,
            "context_over_200k":{"input":5,"output":6,"cache_read":7,"cache_write":8}}}"#;
        let newer = r#"{"cost":{"input":1,"output":2,"cache":{"read":3,"write":4},
            "tiers":[{"input":5,"output":6,"cache":{"read":7,"write":8},"tier":{"type":"context","size":200000}}],
            "experimentalOver200K":{"input":5,"output":6,"cache":{"read":7,"write":8}}}}"#;
        let table = format!(r#"{{"p":{{"name":"P","models":{{"old":{older},"new":{newer}}}}}}}"#);
        let compact = r#"{"format":1,"version":"1.18.33","date":"2026-11-20",
            "providers":{"p":{"x":[1,2,3,4,[[200000,5,6,7,8]]],"y":[0,0,0,0]}}}"#;
        let wanted = ListPrice {
            rates: four([1.0, 2.0, 3.0, 4.0]),
            tiers: vec![Tier {
                above_context_tokens: 200_000,
                rates: four([5.0, 6.0, 7.0, 8.0]),
            }],
        };
        assert_eq!(look(&table, "p", "old").price.as_ref(), Some(&wanted));
        assert_eq!(look(&table, "p", "new").price.as_ref(), Some(&wanted));
        let found = look(compact, "p", "x");
        assert_eq!(found.price, Some(wanted));
        assert_eq!(found.date.as_deref(), Some("2026-11-20"));
        assert!(look(compact, "p", "y").price.unwrap().is_free());
        assert!(look(compact, "q", "x").price.is_none());
    }

    #[test]
    fn a_newer_layout_and_negative_prices_are_not_taken() {
        let newer = r#"{"format":2,"providers":{}}"#;
        assert!(find(newer.as_bytes(), &ModelName::default()).is_err());
        let odd = r#"{"format":1,"providers":{"p":{"m":[-1,0,0,0]}}}"#;
        assert!(look(odd, "p", "m").price.is_none());
    }
}
