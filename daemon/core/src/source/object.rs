// SPDX-License-Identifier: GPL-3.0-or-later
//! Objects of OpenCode's JSON. Serde would also take an array for a struct, element by element, and so read
//! figures of one kind as those of another.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A struct that is written as an object and as nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Object<T>(pub T);

impl<T> Deref for Object<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData)).map(Self)
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Pair {
        #[serde(default)]
        first: u8,
        #[serde(default)]
        second: u8,
    }

    #[test]
    fn an_array_is_no_object() {
        let read = |text| serde_json::from_str::<Object<Pair>>(text);
        let pair = read(r#"{"second":2,"other":[]}"#).unwrap();
        assert_eq!((pair.first, pair.second), (0, 2));
        for text in ["[1,2]", "[]", "null", "\"a\"", "7"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
