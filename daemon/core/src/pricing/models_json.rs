// SPDX-License-Identifier: GPL-3.0-or-later
//! One model's rates out of OpenCode's `models.json`, without keeping the other eight thousand.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use crate::model::{ModelName, Problem, Severity};

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the vocabulary")]
pub struct Rates {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

#[derive(Deserialize)]
struct Model {
    cost: Option<Rates>,
}

/// The rates of a model; `None` where the file or the model is missing or has no cost.
///
/// # Errors
/// A [`Problem`] for a file that exists and cannot be read.
pub fn find(file: &Path, name: &ModelName) -> Result<Option<Rates>, Problem> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| broken(file, &error.to_string()))?,
    };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(opened));
    let path = [name.provider.as_str(), "models", name.model.as_str()];
    let found = Descend(&path)
        .deserialize(&mut json)
        .map_err(|e| broken(file, &e.to_string()))?;
    Ok(found.filter(|rates| {
        [
            rates.input,
            rates.output,
            rates.cache_read,
            rates.cache_write,
        ]
        .iter()
        .all(|rate| *rate >= 0.0)
    }))
}

fn broken(file: &Path, what: &str) -> Problem {
    Problem::new(
        Severity::Warning,
        "broken_prices",
        format!("the price table cannot be read ({what})"),
        file.display().to_string(),
        "costs that OpenCode stored are not affected; delete the file and OpenCode fetches it again",
    )
}

/// Follows keys down nested objects and skips everything beside them.
struct Descend<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Descend<'_> {
    type Value = Option<Rates>;
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return Ok(Model::deserialize(json)?.cost);
        }
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Descend<'_> {
    type Value = Option<Rates>;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if self.0.first() == Some(&key.as_str()) {
                found = map.next_value_seed(Descend(&self.0[1..]))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
