// SPDX-License-Identifier: GPL-3.0-or-later
//! The user's language. The catalogues are `po/*.po`, made part of the program when it is built; what they lack
//! is said in English. How to add one stands in CONTRIBUTING.md.
//!
//! The command line speaks English; this is for what the daemon shows on the desktop.

pub mod notices;

use tr::Translator;

use crate::config::Environment;

#[expect(
    dead_code,
    clippy::allow_attributes,
    reason = "generated: it brings along what sets a language for the whole program"
)]
mod catalogues {
    include!(concat!(env!("OUT_DIR"), "/catalogues/translators.rs"));
}
use catalogues::translators::{NullTranslator, de, he};

/// The languages that there is a catalogue for.
const CATALOGUES: [(&str, Words); 2] = [
    ("de", Words::new(&de::Translator, false)),
    ("he", Words::new(&he::Translator, true)),
];

/// Texts in one language.
#[derive(Clone, Copy)]
pub struct Words {
    catalogue: &'static dyn Translator,
    is_right_to_left: bool,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

impl Words {
    /// English.
    pub const ENGLISH: Self = Self::new(&NullTranslator, false);

    const fn new(catalogue: &'static dyn Translator, is_right_to_left: bool) -> Self {
        Self {
            catalogue,
            is_right_to_left,
        }
    }

    /// In the language of `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` and `LANG`, in the order that gettext has:
    /// `LANGUAGE` lists several, best first, and counts only where a locale is set.
    pub fn of(environment: &Environment) -> Self {
        let set = |name: &&str| {
            environment
                .text(name)
                .is_some_and(|value| !value.is_empty())
        };
        let variable = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
        let locale = variable
            .and_then(|name| environment.text(name))
            .unwrap_or("C");
        if is_plain(locale) {
            return Self::ENGLISH;
        }
        let listed = environment.text("LANGUAGE").filter(|list| !list.is_empty());
        let mut languages = listed.unwrap_or(locale).split(':');
        languages
            .find_map(Self::in_language)
            .unwrap_or(Self::ENGLISH)
    }

    /// In a language, as in `de`, `de_AT` or `de_AT.UTF-8`; `None` where there is no catalogue.
    pub fn in_language(name: &str) -> Option<Self> {
        let language = name.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language == "en" || is_plain(name) {
            return Some(Self::ENGLISH);
        }
        // The old name of Hebrew.
        let language = if language == "iw" { "he" } else { language };
        let found = CATALOGUES.iter().find(|(known, _)| *known == language);
        found.map(|(_, words)| *words)
    }

    /// A text with its `{places}` filled in.
    pub fn text(self, message: &str, places: &[(&str, &str)]) -> String {
        let message = self.catalogue.translate(message, None);
        fill(&message, places, self.is_right_to_left)
    }

    /// A text that depends on a number, `{n}` in it.
    pub fn count(self, n: u64, one: &str, many: &str) -> String {
        let message = self.catalogue.ntranslate(n, one, many, None);
        fill(&message, &[("n", &n.to_string())], false)
    }

    /// An amount of money with two digits after the point; one that rounds to nothing is less than a cent.
    pub fn usd(self, usd: f64) -> String {
        let point = self.catalogue.translate(".", Some("decimal point"));
        let (sign, usd) = match usd {
            ..0.0 => ("-", -usd),
            0.0 => ("", usd),
            ..0.005 => ("<", 0.01),
            _ => ("", usd),
        };
        let amount = format!("{usd:.2}").replace('.', &point);
        let message = self.catalogue.translate("{sign}${amount}", None);
        fill(&message, &[("sign", sign), ("amount", &amount)], false)
    }
}

/// The locale without a language.
fn is_plain(locale: &str) -> bool {
    matches!(locale.split('.').next(), Some("C" | "POSIX"))
}

/// What is filled in is not looked through for places again. Isolated, it keeps its own direction in a text
/// of the other one.
fn fill(message: &str, places: &[(&str, &str)], isolate: bool) -> String {
    let mut filled = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let place = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = places.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        match place {
            Some((value, _)) if isolate => filled.extend(["\u{2068}", value, "\u{2069}"]),
            Some((value, _)) => filled.push_str(value),
            None => filled.push('{'),
        }
        rest = place.map_or(after, |(_, after)| after);
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests;
