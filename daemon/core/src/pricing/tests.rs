// SPDX-License-Identifier: GPL-3.0-or-later
//! Which table answers, and what becomes of a stored 0.

use super::*;

fn name(provider: &str, model: &str) -> ModelName {
    ModelName {
        provider: provider.into(),
        model: model.into(),
    }
}

fn step(model: &str, stored: i64) -> Step {
    Step {
        id: "msg_1".into(),
        session_id: "ses_1".into(),
        turn_id: None,
        model: name("anthropic", model),
        agent: None,
        created_ms: 0,
        completed_ms: None,
        tokens: Tokens {
            input: 1_000_000,
            output: 10,
            reasoning: 5,
            ..Tokens::default()
        },
        stored_cost: Some(NanoUsd(stored)),
        finish: Some("stop".into()),
        error: None,
        cost_note: None,
        updated_ms: None,
    }
}

#[test]
fn a_stored_zero_is_estimated_free_or_unpriced_but_never_silently_zero() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.json");
    std::fs::write(
        &file,
        r#"{"anthropic":{"id":"anthropic","models":{
            "paid":{"cost":{"input":3,"output":15,"cache_read":0.3}},
            "free":{"cost":{"input":0,"output":0}},
            "quiet":{"name":"no cost block"}}}}"#,
    )
    .unwrap();
    let mut prices = Prices::new(vec![folder.path().join("missing.json"), file]);
    assert_eq!(prices.price(&step("paid", 7)), Price::Billed(NanoUsd(7)));
    assert_eq!(
        prices.price(&step("paid", 0)),
        Price::Estimated(NanoUsd(3_000_225_000))
    );
    assert_eq!(prices.price(&step("free", 0)), Price::Billed(NanoUsd(0)));
    assert_eq!(prices.price(&step("quiet", 0)), Price::Unpriced);
    assert_eq!(prices.price(&step("other", 0)), Price::Unpriced);
    assert!(prices.problems().is_empty());
}

#[test]
fn a_price_that_no_step_has_is_unknown_and_not_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    for rate in ["1e6", "1e14", "1e300"] {
        let text = format!("[prices]\nm = {{ input = {rate}, output = 0 }}\n");
        std::fs::write(&file, text).unwrap();
        let mut prices = Prices::new(vec![file.clone()]);
        assert_eq!(prices.price(&step("m", 0)), Price::Unpriced, "{rate}");
    }
}

#[test]
fn a_wrong_cost_is_corrected_by_list_price_or_halved_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.json");
    let table = r#"{"anthropic":{"id":"anthropic","models":{
        "paid":{"cost":{"input":3,"output":15}},"free":{"cost":{"input":0,"output":0}}}}}"#;
    std::fs::write(&file, table).unwrap();
    let mut prices = Prices::new(vec![file]);
    let mut corrected = |model: &str, cost_note| {
        let step = Step {
            cost_note,
            ..step(model, 9)
        };
        prices.corrected(&step)
    };
    let twice = Some(CostNote::ReasoningTwice);
    assert_eq!(corrected("paid", None), None);
    assert_eq!(corrected("paid", twice), Some(NanoUsd(3_000_225_000)));
    assert_eq!(corrected("other", twice), None, "unknown is never 0");
    assert_eq!(corrected("free", twice), None, "it was charged for");
    let all_twice = Some(CostNote::TotalTwice);
    assert_eq!(corrected("other", all_twice), Some(NanoUsd(4)));
}

#[test]
fn a_broken_table_is_a_problem_and_the_step_unpriced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.json");
    std::fs::write(&file, "{\"anthropic\":{\"models\":{\"paid\":{\"cost\"").unwrap();
    let mut prices = Prices::new(vec![file]);
    assert_eq!(prices.price(&step("paid", 0)), Price::Unpriced);
    assert_eq!(prices.problems()[0].code, "broken_prices");
}

#[test]
fn the_first_table_that_has_a_model_answers_and_discounts_come_off_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["prices.toml", "prices.json", "models.json"].map(|name| folder.path().join(name));
    let texts = [
        "[prices]\n'p/mine' = { input = 1, output = 1 }\n'p/cheap' = { discount = 0.25 }\n\
         'anthropic/*' = { discount = 0.5 }\n",
        r#"{"format":1,"date":"2026-11-01","providers":{"p":{"mine":[2,2,0,0],"cheap":[4,4,0,0]}}}"#,
        r#"{"p":{"models":{"mine":{"cost":{"input":8,"output":8}},"rest":{"cost":{"input":8,"output":8}}}}}"#,
    ];
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, text).unwrap();
    }
    let mut prices = Prices::new(files.to_vec());
    let mut ask = |provider, model| prices.quote(&name(provider, model)).cloned().unwrap();
    let mine = ask("p", "mine");
    assert_eq!(
        (mine.price.rates.input, mine.table),
        (1.0, Table::File(files[0].clone()))
    );
    let cheap = ask("p", "cheap");
    assert_eq!((cheap.price.rates.input, cheap.discount), (3.0, Some(0.25)));
    assert_eq!(cheap.date.as_deref(), Some("2026-11-01"));
    assert_eq!(ask("p", "rest").table, Table::File(files[2].clone()));
    let listed = ask("anthropic", "claude-haiku-4-5");
    assert_eq!((listed.table, listed.discount), (Table::BuiltIn, Some(0.5)));
    assert!(listed.price.rates.input > 0.0 && listed.date.is_some());
}

#[test]
fn a_broken_file_of_the_users_leaves_the_other_tables_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    std::fs::write(&file, "[prices]\nm = 3\n").unwrap();
    let problem = check_user_prices(&file).unwrap();
    assert!(problem.place.ends_with("prices.toml:2:5"), "{problem}");
    let mut prices = Prices::new(vec![file]);
    assert!(
        prices
            .quote(&name("anthropic", "claude-haiku-4-5"))
            .is_some()
    );
}

#[test]
fn plans_in_the_built_in_table_are_included_and_nothing_in_it_is_broken() {
    let mut prices = Prices::new(Vec::new());
    let mut names = Vec::new();
    prices.each_name(&mut |provider, model| names.push(name(provider, model)));
    assert!(names.len() > 500);
    for name in &names {
        assert!(prices.quote(name).is_some(), "{name}");
    }
    assert!(prices.known.len() <= MAX_KNOWN);
    let tokens = step("", 0).tokens;
    for plan in names.iter().filter(|n| n.provider == "zai-coding-plan") {
        assert_eq!(prices.list_price(plan, &tokens), Price::Billed(NanoUsd(0)));
    }
}
