// SPDX-License-Identifier: GPL-3.0-or-later
//! The language is the user's, and no catalogue lacks a text.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn words(variables: &[(&str, &str)]) -> String {
    let environment = Environment::for_test(Path::new("/nowhere"), variables);
    Words::of(&environment).text("Show details", &[])
}

const ENGLISH: &str = "Show details";
const GERMAN: &str = "Details zeigen";
const HEBREW: &str = "הצגת פרטים";

#[test]
fn the_language_is_chosen_as_gettext_does() {
    assert_eq!(words(&[]), ENGLISH);
    assert_eq!(words(&[("LANG", "de_DE.UTF-8")]), GERMAN);
    assert_eq!(
        words(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "he_IL.UTF-8")]),
        HEBREW
    );
    assert_eq!(words(&[("LANG", "he_IL"), ("LC_ALL", "C.UTF-8")]), ENGLISH);
    assert_eq!(
        words(&[("LANG", "de_AT"), ("LANGUAGE", "xx:he:de")]),
        HEBREW
    );
    assert_eq!(words(&[("LANG", "de_AT"), ("LANGUAGE", "en:he")]), ENGLISH);
    assert_eq!(
        words(&[("LANGUAGE", "de")]),
        ENGLISH,
        "without a locale the list does not count"
    );
    assert_eq!(words(&[("LANG", "fr_FR.UTF-8")]), ENGLISH);
    assert_eq!(words(&[("LANG", "de_DE"), ("LC_ALL", "")]), GERMAN);
}

#[test]
fn each_language_counts_in_its_own_way() {
    let minutes = |words: Words, n| words.count(n, "in {n} minute", "in {n} minutes");
    let german = Words::in_language("de_AT.UTF-8").unwrap();
    let hebrew = Words::in_language("iw").unwrap();
    assert_eq!(minutes(Words::ENGLISH, 1), "in 1 minute");
    assert_eq!(minutes(german, 2), "in 2 Minuten");
    assert_eq!(minutes(hebrew, 1), "בדקה אחת");
    assert_eq!(minutes(hebrew, 2), "בשתי דקות");
    assert_eq!(minutes(hebrew, 11), "ב־11 דקות");
    assert_eq!(Words::ENGLISH.usd(1234.5), "$1234.50");
    assert_eq!(german.usd(-0.5), "-0,50 $");
    // What rounds to nothing is not nothing.
    assert_eq!(Words::ENGLISH.usd(0.003), "<$0.01");
    assert_eq!(german.usd(0.003), "<0,01 $");
    assert_eq!(Words::ENGLISH.usd(0.0), "$0.00");
    assert_eq!(hebrew.usd(-0.5), "-$0.50");
    let limit = hebrew.text("Your limit is {limit} a minute.", &[("limit", "$5.00")]);
    assert!(
        limit.contains("\u{2068}$5.00\u{2069}"),
        "it keeps its direction: {limit}"
    );
}

#[test]
fn what_is_filled_in_stays_as_it_is() {
    let places = [("title", "{project} {"), ("project", "b")];
    assert_eq!(
        Words::ENGLISH.text("{title} ({project}) {other}", &places),
        "{project} { (b) {other}"
    );
}

/// The texts in the sources: the strings that `text` and `count` are given.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::from(["{sign}${amount}".to_owned()]);
    for source in [include_str!("notices.rs")] {
        let joined: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
        for call in [".text( \"", ".text(\"", ".count("] {
            for after in joined.split(call).skip(1) {
                if call == ".count(" {
                    let strings: Vec<&str> = after.split('"').collect();
                    if strings.len() > 3 && !strings[0].contains(';') {
                        used.insert(strings[1].to_owned());
                        used.insert(strings[3].to_owned());
                    }
                } else if let Some((message, _)) = after.split_once('"') {
                    used.insert(message.to_owned());
                }
            }
        }
    }
    used
}

/// The texts of a catalogue, plural forms included, and those that it leaves empty.
fn catalogue(name: &str) -> (BTreeSet<String>, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("po").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let quoted = |line: &str| {
        line.split_once('"')
            .map(|(_, rest)| rest.trim_end_matches('"').to_owned())
    };
    let with = |key: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with(key))
            .filter_map(quoted)
            .collect()
    };
    let ids = [with("msgid "), with("msgid_plural ")].concat();
    let empty = text
        .split("\n\n")
        .skip(1)
        .filter(|entry| entry.contains("\"\""))
        .map(str::to_owned);
    (
        ids.into_iter()
            .filter(|id| !id.is_empty() && id != ".")
            .collect(),
        empty.collect(),
    )
}

#[test]
fn every_catalogue_has_every_text_and_no_other() {
    assert!(used().len() > 20, "{:?}", used());
    for name in ["de.po", "he.po"] {
        let (ids, empty) = catalogue(name);
        let missing: Vec<_> = used().difference(&ids).cloned().collect();
        let unused: Vec<_> = ids.difference(&used()).cloned().collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "{name} lacks {missing:?}, does not need {unused:?}"
        );
        assert_eq!(empty, Vec::<String>::new(), "{name}");
    }
}

mod of_notices {
    use octally_bus::{Action, Matter, Notice};
    use octally_core::model::{BudgetCounts, BudgetPeriod, Cost, NanoUsd};
    use octally_core::wire::{BudgetUsage, SessionRef, Usage, WaitingFor};

    use super::super::Words;
    use super::super::notices::{Offers, note};

    const SECRET: &str = "a secret";

    fn session() -> SessionRef {
        SessionRef {
            id: "ses_1".into(),
            title: Some(SECRET.into()),
            project: Some(SECRET.into()),
        }
    }

    fn budget() -> BudgetUsage {
        BudgetUsage {
            id: SECRET.into(),
            period: BudgetPeriod::Week,
            limit_usd: 10.0,
            project: None,
            counts: BudgetCounts::All,
            warn_at: vec![80],
            spent_usd: 8.125,
            left_usd: 1.875,
            share: 0.8125,
            expected_share: None,
            expected_usd: None,
            starts_ms: 0,
            ends_ms: 1,
            crossed: Some(80),
            unpriced_steps: 0,
        }
    }

    fn matters() -> Vec<Matter> {
        vec![
            Matter::Finished {
                session: session(),
                turn: Usage::default(),
            },
            Matter::Idle { session: session() },
            Matter::Waiting {
                session: session(),
                asks: WaitingFor::Permission,
            },
            Matter::Waiting {
                session: session(),
                asks: WaitingFor::Question,
            },
            Matter::Budget {
                budget: Box::new(budget()),
                threshold: 80,
            },
            Matter::Tripwire {
                usd_per_minute: 6.0,
                limit_usd_per_minute: 5.0,
                is_billed: false,
                dearest: Some(session()),
            },
            Matter::CompactionLoop {
                session: session(),
                compactions: 3,
                within_ms: 240_000,
            },
        ]
    }

    fn noted(matter: Matter, words: Words) -> octally_bus::Note {
        let notice = Notice {
            id: "x".into(),
            since_ms: 0,
            matter,
        };
        note(
            &notice,
            Offers {
                details: true,
                raised_usd: Some(20.0),
            },
            words,
        )
    }

    #[test]
    fn the_lock_screen_learns_no_word_of_the_users() {
        for language in ["en", "de", "he"] {
            let words = Words::in_language(language).unwrap();
            for matter in matters() {
                let note = noted(matter, words);
                assert!(!note.summary.contains(SECRET), "{note:?}");
                assert!(note.body.contains(SECRET), "{note:?}");
                assert!(
                    !note.summary.contains('{') && !note.body.contains('{'),
                    "{note:?}"
                );
            }
        }
    }

    #[test]
    fn a_turn_says_what_was_billed_what_is_estimated_and_what_has_no_price() {
        let body = |billed, estimated, unpriced_steps| {
            let cost = Cost {
                billed: NanoUsd(billed),
                estimated: NanoUsd(estimated),
                unpriced_steps,
            };
            let turn = Usage {
                steps: 3,
                cost,
                ..Usage::default()
            };
            let session = SessionRef {
                title: None,
                project: None,
                ..session()
            };
            noted(Matter::Finished { session, turn }, Words::ENGLISH).body
        };
        let quarter = 250_000_000;
        assert_eq!(body(0, 0, 0), "3 steps, $0.00");
        assert_eq!(body(quarter, 0, 0), "3 steps, $0.25");
        assert_eq!(body(0, quarter, 0), "3 steps, ~$0.25 at list price");
        assert_eq!(
            body(quarter, quarter, 1),
            "3 steps, $0.25, ~$0.25 at list price, 1 step without a price"
        );
        assert_eq!(body(0, 0, 3), "3 steps, 3 steps without a price");
    }

    #[test]
    fn a_budget_says_what_it_cannot_count() {
        let budget = BudgetUsage {
            counts: BudgetCounts::Billed,
            unpriced_steps: 2,
            ..budget()
        };
        let matter = Matter::Budget {
            budget: Box::new(budget),
            threshold: 80,
        };
        assert_eq!(
            noted(matter, Words::ENGLISH).body,
            "a secret: $8.12 of $10.00 this week\n2 steps without a price"
        );
    }

    #[test]
    fn a_budget_says_what_was_spent_and_what_the_limit_would_become() {
        let matter = Matter::Budget {
            budget: Box::new(budget()),
            threshold: 80,
        };
        let note = noted(matter, Words::ENGLISH);
        assert_eq!(note.summary, "80 % of a budget is spent");
        assert_eq!(
            note.body,
            "a secret: $8.12 of $10.00 this week\nBilled and estimated together."
        );
        let labels: Vec<_> = note
            .actions
            .iter()
            .map(|(action, label)| (*action, label.as_str()))
            .collect();
        let expected = [
            (Action::Details, "Show details"),
            (Action::Raise, "Raise limit to $20.00"),
            (Action::Snooze, "Snooze for 15 minutes"),
        ];
        assert_eq!(labels, expected);
    }

    #[test]
    fn titles_are_one_line_of_bounded_length() {
        let title = format!("one\ntwo\u{7} {}", "ä".repeat(500));
        let session = SessionRef {
            title: Some(title),
            project: None,
            ..session()
        };
        let note = noted(Matter::Idle { session }, Words::ENGLISH);
        assert!(
            note.body.starts_with("one two ää") && note.body.ends_with('…'),
            "{note:?}"
        );
        assert_eq!(note.body.chars().count(), 121);
    }
}
