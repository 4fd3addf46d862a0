// SPDX-License-Identifier: GPL-3.0-or-later
//! The values of a dictionary that a caller sent, checked one by one.
//!
//! Any type of number will do: callers from scripting languages cannot always choose.

use std::collections::HashMap;

use zbus::{OwnedVariant, Variant};

use crate::RequestError;

/// What a caller sent; taken out key by key.
pub(crate) type Arguments = HashMap<String, OwnedVariant>;

/// A string.
pub(crate) fn take_text(
    arguments: &mut Arguments,
    key: &str,
) -> Result<Option<String>, RequestError> {
    take(arguments, key, "a string", |value| {
        String::try_from(value).ok()
    })
}

/// True or false.
pub(crate) fn take_switch(
    arguments: &mut Arguments,
    key: &str,
) -> Result<Option<bool>, RequestError> {
    take(arguments, key, "a boolean", |value| {
        bool::try_from(value).ok()
    })
}

/// A whole number, 0 or more.
pub(crate) fn take_count(
    arguments: &mut Arguments,
    key: &str,
) -> Result<Option<u32>, RequestError> {
    let count = |value| whole(value).and_then(|number| number.try_into().ok());
    take(arguments, key, "a whole number, 0 or more", count)
}

/// A number.
pub(crate) fn take_number(
    arguments: &mut Arguments,
    key: &str,
) -> Result<Option<f64>, RequestError> {
    take(arguments, key, "a number", |value| match value {
        Variant::F64(number) => Some(number),
        other => whole(other).map(|number| number as f64),
    })
}

/// A list of whole numbers.
pub(crate) fn take_numbers(
    arguments: &mut Arguments,
    key: &str,
) -> Result<Option<Vec<i64>>, RequestError> {
    take(arguments, key, "a list of whole numbers", |value| {
        let Variant::Array(list) = value else {
            return None;
        };
        let numbers = list.iter().map(|item| whole(item.try_clone().ok()?));
        numbers.collect()
    })
}

/// Refuses what is left.
pub(crate) fn refuse_rest(arguments: Arguments) -> Result<(), RequestError> {
    match arguments.into_keys().min() {
        Some(key) => Err(RequestError::Invalid(format!("there is no key '{key}'"))),
        None => Ok(()),
    }
}

fn take<T>(
    arguments: &mut Arguments,
    key: &str,
    kind: &str,
    convert: impl FnOnce(Variant<'static>) -> Option<T>,
) -> Result<Option<T>, RequestError> {
    let Some(value) = arguments.remove(key) else {
        return Ok(None);
    };
    let wrong = || RequestError::Invalid(format!("'{key}' must be {kind}"));
    convert(value.into()).map(Some).ok_or_else(wrong)
}

fn whole(value: Variant<'_>) -> Option<i64> {
    match value {
        Variant::U8(n) => Some(n.into()),
        Variant::U16(n) => Some(n.into()),
        Variant::U32(n) => Some(n.into()),
        Variant::U64(n) => n.try_into().ok(),
        Variant::I16(n) => Some(n.into()),
        Variant::I32(n) => Some(n.into()),
        Variant::I64(n) => Some(n),
        // Whole ones below 2^53 are exact.
        Variant::F64(n) if n.fract() == 0.0 && n.abs() < 9e15 => Some(n as i64),
        Variant::Variant(inner) => whole(*inner),
        _ => None,
    }
}
