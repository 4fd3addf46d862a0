// SPDX-License-Identifier: GPL-3.0-or-later
//! Every kind of damage to one message, in every generation of OpenCode's data: it is unread with a reason, which
//! `doctor`, `reconcile` and the exit code tell, and every other step has its figures.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
#[path = "../../core/tests/mutate/mod.rs"]
mod mutate;
mod sandbox;

use damage::{Desk, GENERATIONS, Home, Victim};
use mutate::Random;
use serde_json::Value;

/// What is done to the text of a message.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Cut off after so many thousandths of it.
    Cut(usize),
    /// This stands in the place of a field.
    Set(&'static str, &'static str),
    /// A field is not there.
    Without(&'static str),
}

use Damage::{Cut, Set, Without};

/// With a word of the reason, as `doctor` tells it.
const DAMAGES: [(Damage, &str); 47] = [
    (Cut(0), "broken JSON"),
    (Cut(17), "broken JSON"),
    (Cut(333), "broken JSON"),
    (Cut(618), "broken JSON"),
    (Cut(997), "broken JSON"),
    // Wrong types.
    (Set("tokens", "\"many\""), "broken JSON"),
    (Set("tokens", "[1,2,3,4,5]"), "broken JSON"),
    (Set("tokens", "7"), "broken JSON"),
    (Set("tokens/input", "\"7\""), "broken JSON"),
    (Set("tokens/output", "null"), "broken JSON"),
    (Set("tokens/reasoning", "true"), "broken JSON"),
    (Set("tokens/cache", "[]"), "broken JSON"),
    (Set("tokens/cache/read", "{}"), "broken JSON"),
    (Set("tokens/cache/write", "[0]"), "broken JSON"),
    (Set("cost", "\"free\""), "broken JSON"),
    (Set("cost", "{}"), "broken JSON"),
    (Set("time", "1795165946474"), "broken JSON"),
    (Set("time/created", "\"yesterday\""), "broken JSON"),
    (Set("model", "7"), "broken JSON"),
    (Set("model", "\"\""), "without provider or model"),
    // Another schema: nothing is read as zero.
    (Without("model"), "without provider or model"),
    (Without("tokens"), "without tokens"),
    (Without("tokens/input"), "broken JSON"),
    (Without("tokens/output"), "broken JSON"),
    // Huge numbers, and fractions.
    (Set("tokens/input", "9007199254740993"), "tokens.input"),
    (Set("tokens/output", "9223372036854775808"), "tokens.output"),
    (
        Set("tokens/reasoning", "18446744073709551616"),
        "tokens.reasoning",
    ),
    (Set("tokens/cache/read", "1e300"), "tokens.cache.read"),
    (Set("tokens/cache/write", "1e999"), "broken JSON"),
    (Set("tokens/input", "10.5"), "tokens.input"),
    (Set("cost", "1e300"), "cost is"),
    (Set("cost", "1e999"), "broken JSON"),
    (Set("cost", "9000000000"), "cost is"),
    // Below nothing.
    (Set("tokens/input", "-1"), "tokens.input"),
    (
        Set("tokens/output", "-9223372036854775809"),
        "tokens.output",
    ),
    (Set("tokens/reasoning", "-1"), "tokens.reasoning"),
    (Set("tokens/cache/read", "-7"), "tokens.cache.read"),
    (Set("tokens/cache/write", "-7"), "tokens.cache.write"),
    (Set("cost", "-0.5"), "cost is"),
    // No numbers.
    (Set("tokens/input", "NaN"), "broken JSON"),
    (Set("cost", "NaN"), "broken JSON"),
    (Set("cost", "-Infinity"), "broken JSON"),
    // Seconds, microseconds, the year 9999 and before all of it.
    (Set("time/created", "1795165946"), "time.created"),
    (Set("time/created", "1795165946474000"), "time.created"),
    (Set("time/created", "253402300799000"), "time.created"),
    (Set("time/created", "-1"), "time.created"),
    (Set("time/completed", "253402300799000"), "time.completed"),
];

fn spoil(text: &str, damage: Damage) -> String {
    match damage {
        Cut(thousandths) => text[..text.len() * thousandths / 1_000].into(),
        Set(field, raw) => set(text, field, raw),
        Without(field) => without(text, field),
    }
}

/// Puts `raw`, which need not be JSON, in the place of a field.
fn set(text: &str, field: &str, raw: &str) -> String {
    const MARK: &str = "@here@";
    let mut message: Value = serde_json::from_str(text).unwrap();
    *field_of(&mut message, field) = MARK.into();
    let text = message.to_string();
    text.replace(&format!("\"{MARK}\""), raw)
}

fn without(text: &str, field: &str) -> String {
    let text = set(text, field, "null");
    let mut message: Value = serde_json::from_str(&text).unwrap();
    let path = path_of(&message, field);
    let (parent, key) = path.rsplit_once('/').unwrap_or(("", &path));
    let parent = match parent {
        "" => &mut message,
        parent => message.pointer_mut(&format!("/{parent}")).unwrap(),
    };
    parent.as_object_mut().unwrap().remove(key);
    message.to_string()
}

fn field_of<'v>(message: &'v mut Value, field: &str) -> &'v mut Value {
    let path = path_of(message, field);
    let mut at = message;
    for key in path.split('/') {
        at = &mut at[key];
    }
    at
}

/// Where the message's generation has a field.
fn path_of(message: &Value, field: &str) -> String {
    let is_nested = message
        .get("metadata")
        .is_some_and(|it| it.get("assistant").is_some());
    match (field, is_nested, message.get("model").is_some()) {
        ("model", false, true) => "model/id".into(),
        ("model", true, _) => "metadata/assistant/modelID".into(),
        ("model", false, false) => "modelID".into(),
        (time, true, _) if time.starts_with("time") => format!("metadata/{time}"),
        (other, true, _) => format!("metadata/assistant/{other}"),
        (other, false, _) => other.into(),
    }
}

/// Everything that the owner of the data is told of one unread message.
fn check_told(home: &Home, victim: &Victim, reason: &str, case: &str) {
    let id = &victim.id;
    let (code, unread) = home.doctor();
    assert_eq!(code, 4, "{case}: {unread}");
    let is_told = unread.contains(reason) && unread.contains(id);
    assert!(is_told, "{case}: {unread}");
    let reconcile = home.sandbox.run(&["reconcile"]);
    assert_eq!(reconcile.code, 4, "{case}: {reconcile:?}");
    let told = reconcile
        .stdout
        .contains("\n1 row cannot be read and is in no line.\n");
    assert!(told, "{case}: {}", reconcile.stdout);
    assert!(
        reconcile.stdout.contains("The lines add up."),
        "{case}: {}",
        reconcile.stdout
    );
}

fn check(generation: &'static str) {
    let desk = Desk::new(generation);
    let mut random = Random::new(generation.len() as u64);
    let cuts = (0..4).map(|_| (Cut(random.below(1_000)), "broken JSON"));
    for (damage, reason) in DAMAGES.into_iter().chain(cuts) {
        let case = format!("{generation}: {damage:?}");
        let home = desk.home();
        home.rewrite(&desk.victim, |text| spoil(text, damage));
        check_told(&home, &desk.victim, reason, &case);
        assert_eq!(home.check_rest(&desk, &case), 4, "{case}");
    }
}

macro_rules! generations {
    ($($name:ident: $place:literal,)*) => {
        $(#[test]
        fn $name() {
            check(GENERATIONS[$place]);
        })*
    };
}

generations! {
    files_of_0_1: 0,
    files_of_0_5: 1,
    files_of_1_0: 2,
    files_of_1_0_185: 3,
    files_of_1_1: 4,
    rows_of_1_2: 5,
    rows_of_1_3: 6,
    rows_of_1_15: 7,
    rows_of_1_18: 8,
    rows_of_the_v2_api: 9,
    rows_of_the_preview_of_2: 10,
    rows_of_2: 11,
}

#[test]
fn a_mended_message_is_read_and_told_no_more() {
    for generation in GENERATIONS {
        let desk = Desk::new(generation);
        let home = desk.home();
        let intact = home.rewrite(&desk.victim, |text| spoil(text, Cut(618)));
        assert_eq!(home.sandbox.run(&["status"]).code, 4, "{generation}");
        home.put_back(&desk.victim, &intact);
        let run = home.sandbox.run(&["status", "--refresh"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{generation}");
        assert_eq!(home.steps(), desk.steps, "{generation}");
    }
}

#[test]
fn a_message_that_was_unread_and_is_deleted_is_told_no_more() {
    for generation in GENERATIONS {
        let desk = Desk::new(generation);
        let home = desk.home();
        home.rewrite(&desk.victim, |text| spoil(text, Cut(618)));
        assert_eq!(home.sandbox.run(&["status"]).code, 4, "{generation}");
        home.delete(&desk.victim);
        let run = home.sandbox.run(&["status", "--refresh"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{generation}");
        assert_eq!(home.check_rest(&desk, generation), 0, "{generation}");
    }
}
