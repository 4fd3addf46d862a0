// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally doctor`, black box.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;
use serde_json::{Value, json};

fn doctor(sandbox: &Sandbox) -> (i32, Value) {
    let run = sandbox.run(&["doctor", "--json"]);
    (
        run.code,
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}")),
    )
}

fn checks<'a>(doctor: &'a Value, topic: &str) -> Vec<&'a Value> {
    let all = doctor["checks"].as_array().unwrap();
    all.iter().filter(|check| check["topic"] == topic).collect()
}

#[test]
fn a_healthy_machine_has_no_errors() {
    let (code, doctor) = doctor(&Sandbox::with("1.18.33"));
    assert_eq!(code, 0);
    for topic in [
        "config", "source", "states", "prices", "ledger", "plugin", "unit", "d-bus", "daemon",
        "inotify",
    ] {
        let found = checks(&doctor, topic);
        assert_eq!(found.len(), 1, "{topic}: {doctor}");
        assert!(
            ["ok", "note"].contains(&found[0]["mark"].as_str().unwrap()),
            "{}",
            found[0]
        );
    }
    assert_eq!(doctor["wrong_costs"], json!([]));
    assert_eq!(doctor["ledger"]["damage"], Value::Null);
}

/// Without what differs between machines and days.
fn steady(text: &str) -> String {
    let steady = |line: &str| {
        let start = ["newest step", "inotify    at most", "schema "]
            .into_iter()
            .find_map(|start| Some((line.find(start)? + start.len(), line.find(';'))));
        match start {
            Some((end, rest)) => {
                format!("{}...{}", &line[..end], rest.map_or("", |at| &line[at..]))
            }
            None => line.to_owned(),
        }
    };
    let lines: Vec<String> = text.lines().map(steady).collect();
    lines.join("\n")
}

#[test]
fn the_page_fits_eighty_columns_and_reads_from_top_to_bottom() {
    let sandbox = Sandbox::with("upgrade-1.1.65-to-1.2.27-to-1.18.33");
    sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
    sandbox.sql("UPDATE message SET data = '{broken' WHERE id = (SELECT max(id) FROM message)");
    let run = sandbox.run(&["doctor"]);
    let is_narrow = |line: &str| line.chars().count() <= 80;
    assert!(run.stdout.lines().all(is_narrow), "{}", run.stdout);
    insta::assert_snapshot!(steady(&run.stdout));
}

#[test]
fn the_json_is_golden() {
    let sandbox = Sandbox::with("upgrade-1.1.65-to-1.2.27-to-1.18.33");
    sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
    sandbox.sql("UPDATE message SET data = '{broken' WHERE id = (SELECT max(id) FROM message)");
    let (_, mut json) = doctor(&sandbox);
    for source in json["sources"].as_array_mut().unwrap() {
        assert!(source["read_at"].is_string());
        source["read_at"] = "...".into();
    }
    json["ledger"]["schema"] = "...".into();
    json["ledger"]["bytes"] = "...".into();
    json["version"] = "...".into();
    let checks = json["checks"].as_array_mut().unwrap();
    // Their texts are on the page, and differ between machines.
    checks.retain(|check| ["unread", "states"].contains(&check["topic"].as_str().unwrap()));
    insta::assert_json_snapshot!(json);
}

#[test]
fn each_source_has_its_generation_its_versions_and_its_lag() {
    let sandbox = Sandbox::with("1.18.33");
    let source = || doctor(&sandbox).1["sources"][0].clone();
    let first = source();
    assert_eq!(first["generation"], "opencode_v1");
    assert_eq!(
        first["versions"],
        json!([{"version": "1.18.33", "sessions": 7}])
    );
    assert_eq!(
        (&first["messages"], &first["sessions"]),
        (&json!(26), &json!(7))
    );
    assert_eq!(first["lag_ms"], Value::Null, "read for the first time");
    assert_eq!(source()["lag_ms"], 0);
    let hour_later = "
        INSERT INTO message SELECT id || 'x', session_id, time_created + 3600000, time_updated + 3600000,
            json_set(data, '$.time.created', time_created + 3600000)
        FROM message WHERE data ->> '$.tokens.total' > 0 ORDER BY time_created DESC LIMIT 1;
        UPDATE event_sequence SET seq = seq + 1;";
    sandbox.sql(hour_later);
    let later = source();
    assert_eq!(
        (&later["lag_ms"], &later["messages"]),
        (&json!(3_600_000), &json!(27))
    );
    assert_eq!(source()["lag_ms"], 0, "the doctor has read it");
}

#[test]
fn every_generation_tells_its_versions_and_where_an_unread_row_is() {
    let of = |sandbox: &Sandbox| doctor(sandbox).1["sources"][0].clone();
    let files = Sandbox::with("1.1.65");
    let path = files.data_dir().join("storage/message");
    let session = std::fs::read_dir(path).unwrap().next().unwrap().unwrap();
    std::fs::write(session.path().join("msg_broken.json"), "{broken").unwrap();
    let tables = Sandbox::with("v2-stable-synthetic");
    tables.sql(
        "UPDATE session_message SET data = '{broken' WHERE type = 'assistant' AND id = (
            SELECT max(id) FROM session_message WHERE type = 'assistant')",
    );
    for (found, generation, version, place) in [
        (of(&files), "opencode_json", "1.1.65", "opencode/storage"),
        (
            of(&tables),
            "opencode_v2",
            "2.0.26",
            "opencode.db, table session_message",
        ),
    ] {
        assert_eq!(found["generation"], generation);
        assert_eq!(found["versions"][0]["version"], version);
        assert_eq!(
            found["versions"][0]["sessions"], found["sessions"],
            "{found}"
        );
        let unread = &found["unread"][0];
        assert_eq!(
            (&unread["code"], &unread["count"]),
            (&json!("broken_row"), &json!(1))
        );
        assert!(
            unread["where"].as_str().unwrap().ends_with(place),
            "{unread}"
        );
        assert!(
            unread["example"].as_str().unwrap().starts_with("msg_"),
            "{unread}"
        );
    }
}

#[test]
fn a_source_that_cannot_be_read_says_since_when_and_what_to_do() {
    let sandbox = Sandbox::with("1.18.33");
    doctor(&sandbox);
    std::fs::write(sandbox.database(), "no database at all ".repeat(300)).unwrap();
    let (code, doctor) = doctor(&sandbox);
    assert_eq!(code, 4);
    let source = checks(&doctor, "source")[0];
    assert_eq!(source["mark"], "warning");
    let lag = source["details"].as_array().unwrap().last().unwrap();
    let told = "lag unknown, last read to its end: ";
    assert!(lag.as_str().unwrap().contains(told), "{lag}");
    assert_eq!(doctor["sources"][0]["lag_ms"], Value::Null);
    assert_eq!(doctor["sources"][0]["versions"], Value::Null);
    assert_eq!(checks(&doctor, "problem").len(), 1);
}

#[test]
fn a_wrong_cost_is_a_note_with_both_amounts() {
    let sandbox = Sandbox::with("1.3.2");
    let cost = || {
        let (code, doctor) = doctor(&sandbox);
        assert_eq!(code, 0);
        (
            checks(&doctor, "cost")[0].clone(),
            doctor["wrong_costs"].clone(),
        )
    };
    let (check, wrong) = cost();
    assert_eq!(check["mark"], "note");
    assert!(
        check["details"][0]
            .as_str()
            .unwrap()
            .ends_with("correction unknown"),
        "{check}"
    );
    assert_eq!(wrong[0]["corrected_usd"], Value::Null);
    sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
    assert_eq!(sandbox.run(&["report", "model", "--refresh"]).code, 0);
    let (check, wrong) = cost();
    assert!(
        check["details"][0]
            .as_str()
            .unwrap()
            .ends_with("corrected ~$0.0043"),
        "{check}"
    );
    assert_eq!(
        wrong,
        json!([{"note": "reasoning_twice", "steps": 1, "stored_usd": 0.004_576_8,
        "corrected_usd": 0.004_336_8, "uncorrected_steps": 0}])
    );
}

#[test]
fn every_line_says_a_mark_in_words_and_every_fault_a_remedy() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql("UPDATE message SET data = '{broken' WHERE id = (SELECT max(id) FROM message)");
    let run = sandbox.run(&["doctor"]);
    assert_eq!(run.code, 4, "a row could not be read: {run:?}");
    let unread = run
        .stdout
        .lines()
        .find(|line| line.contains("unread"))
        .unwrap();
    assert!(unread.starts_with("warning"), "{unread}");
    assert!(run.stdout.contains("for example msg_"), "{}", run.stdout);
    assert!(
        run.stdout.ends_with("\n0 errors, 1 warning\n"),
        "{}",
        run.stdout
    );
    let (_, json) = doctor(&sandbox);
    for check in json["checks"].as_array().unwrap() {
        assert!(
            check["mark"] == "ok" || check["remedy"].is_string(),
            "{check}"
        );
    }
}

#[test]
fn the_plugin_is_found_in_both_of_opencodes_folders() {
    let sandbox = Sandbox::with("1.18.33");
    let mark = || checks(&doctor(&sandbox).1, "plugin")[0]["mark"].clone();
    assert_eq!(mark(), "note");
    sandbox.write(".config/opencode/plugin/octally.js", "");
    assert_eq!(mark(), "ok");
    sandbox.write(".config/opencode/plugins/octally.js", "");
    assert_eq!(mark(), "warning");
}

#[test]
fn a_price_table_is_named() {
    let sandbox = Sandbox::with("1.18.33");
    let only_built_in = doctor(&sandbox).1;
    assert_eq!(checks(&only_built_in, "prices")[0]["mark"], "note");
    sandbox.write(".cache/opencode/models.json", "{}");
    assert_eq!(checks(&doctor(&sandbox).1, "prices")[0]["mark"], "ok");
}

#[test]
fn a_ledger_that_is_none_is_an_error_and_the_rest_is_still_told() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(
        ".local/share/octally/ledger.db",
        &"this is no database, not at all ".repeat(40),
    );
    let (code, doctor) = doctor(&sandbox);
    assert_eq!(code, 1);
    let ledger = checks(&doctor, "ledger")[0];
    assert_eq!(ledger["mark"], "error");
    assert!(ledger["remedy"].is_string(), "{ledger}");
    assert_eq!(checks(&doctor, "inotify").len(), 1);
}

#[test]
fn without_data_it_says_where_it_looked() {
    let (code, doctor) = doctor(&Sandbox::empty());
    assert_eq!(code, 3);
    assert_eq!(checks(&doctor, "source")[0]["mark"], "error");
}
