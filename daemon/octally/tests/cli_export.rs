// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally export`, black box, over data that real OpenCode versions wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use sandbox::Sandbox;
use serde_json::Value;

const KINDS: [&str; 7] = [
    "input",
    "output",
    "reasoning",
    "cache_read",
    "cache_write",
    "fresh",
    "total",
];

fn sandbox() -> Sandbox {
    Sandbox::with("v1-fork-subagent-1.18.33")
}

fn stdout(sandbox: &Sandbox, args: &[&str]) -> String {
    let run = sandbox.run(&[&["export"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
    run.stdout
}

/// The files of the home folder that are not hidden below `.local`.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.home()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".local" && name != ".config")
        .collect();
    names.sort();
    names
}

fn path(sandbox: &Sandbox, name: &str) -> String {
    sandbox.home().join(name).to_str().unwrap().into()
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn csv_json_and_markdown_are_golden() {
    let sandbox = sandbox();
    insta::assert_snapshot!("days_csv", stdout(&sandbox, &["--what", "days"]));
    insta::assert_snapshot!(
        "days_markdown",
        stdout(&sandbox, &["--what", "days", "--format", "markdown"])
    );
    for what in ["steps", "sessions", "days"] {
        let json = stdout(
            &sandbox,
            &["--what", what, "--format", "json", "--tz", "Europe/Berlin"],
        );
        let mut json: Value = serde_json::from_str(&json).unwrap();
        // One row is enough to fix the shape.
        json["rows"].as_array_mut().unwrap().truncate(1);
        if what == "steps" {
            json["rows"][0]["host"] = "host".into();
        }
        insta::assert_json_snapshot!(format!("{what}_json"), json);
    }
}

/// The rows of each kind and format add up to what the report says, kind by kind and to the nano-dollar.
#[test]
fn rows_of_every_kind_add_up_to_the_report() {
    let sandbox = sandbox();
    let report = sandbox.json(&["report", "model", "--json"])["totals"].clone();
    for what in ["steps", "sessions", "days"] {
        let lines = stdout(&sandbox, &["--what", what, "--format", "jsonl"]);
        let rows: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for kind in KINDS {
            let sum: u64 = rows
                .iter()
                .map(|row| row["tokens"][kind].as_u64().unwrap())
                .sum();
            assert_eq!(report["tokens"][kind], sum, "{what} {kind}");
        }
        let steps: u64 = rows
            .iter()
            .map(|row| row["steps"].as_u64().unwrap_or(1))
            .sum();
        assert_eq!(report["steps"], steps, "{what}");
        let billed: f64 = rows
            .iter()
            .map(|row| match row["cost"]["basis"].as_str() {
                None => row["cost"]["billed_usd"].as_f64().unwrap(),
                Some("billed") => row["cost"]["usd"].as_f64().unwrap(),
                Some(_) => 0.0,
            })
            .sum();
        let expected = report["cost"]["billed_usd"].as_f64().unwrap();
        assert!((billed - expected).abs() < 1e-9, "{what}: {billed}");
        let document = stdout(&sandbox, &["--what", what, "--format", "json"]);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["rows"], Value::from(rows), "{what}");
    }
}

#[test]
fn what_is_in_no_sum_is_exported_on_request_only() {
    let sandbox = sandbox();
    let all = stdout(&sandbox, &["--uncounted", "--format", "jsonl"]);
    let rows: Vec<Value> = all
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let counted = rows.iter().filter(|row| row["is_counted"] == true).count();
    assert!(counted < rows.len(), "the fixture has copies of a fork");
    let usual = stdout(&sandbox, &["--format", "jsonl"]);
    assert_eq!(usual.lines().count(), counted);
}

#[test]
fn filters_are_those_of_the_report() {
    let sandbox = sandbox();
    let count = |args: &[&str]| {
        let rows = stdout(&sandbox, &[&["--format", "jsonl"], args].concat());
        rows.lines().count() as u64
    };
    let report = |args: &[&str]| {
        let all = [&["report", "model", "--json"], args].concat();
        sandbox.json(&all)["totals"]["steps"].as_u64().unwrap()
    };
    for args in [
        &["--model", "test-small"][..],
        &["--model", "mock/test-model"],
        &["--provider", "mock", "--agent", "general"],
        &["--project", "p4"],
        &["--since", "2026-11-20", "--until", "2026-11-20"],
        &["--until", "2026-11-19"],
    ] {
        assert_eq!(count(args), report(args), "{args:?}");
    }
    assert_eq!(count(&["--until", "2026-11-19"]), 0);
}

#[test]
fn a_name_that_no_step_has_is_an_error_with_the_nearest_one() {
    let sandbox = sandbox();
    for (flag, value, expected) in [
        (
            "--model",
            "mock/tset-model",
            "did you mean mock/test-model?",
        ),
        ("--provider", "moc", "did you mean mock?"),
        ("--agent", "biuld", "did you mean build?"),
        ("--project", "p5", "did you mean p4?"),
        (
            "--session",
            "nothing",
            "`octally report session` shows what there is",
        ),
    ] {
        let run = sandbox.run(&["export", flag, value, "--output", &path(&sandbox, "x.csv")]);
        let word = flag.trim_start_matches('-');
        let stderr = format!("error: no step has the {word} {value}\nhint: {expected}\n");
        assert_eq!((run.code, run.stderr), (2, stderr));
    }
    assert_eq!(files(&sandbox), Vec::<String>::new());
    let report = sandbox.run(&["report", "daily", "--model", "tset-model"]);
    let expected = "note: no step has the model tset-model\nhint: did you mean test-model?\n";
    assert_eq!((report.code, report.stderr.as_str()), (0, expected));
}

#[test]
fn a_file_is_private_and_is_not_replaced_unasked() {
    let sandbox = sandbox();
    let file = path(&sandbox, "steps.csv");
    assert_eq!(stdout(&sandbox, &["--output", &file]), "");
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(first, stdout(&sandbox, &["--output", "-"]));
    assert_eq!(mode(&file), 0o600);
    let again = sandbox.run(&["export", "--output", &file, "--what", "days"]);
    assert_eq!(again.code, 2);
    assert_eq!(
        again.stderr,
        "error: ~/steps.csv exists already\nhint: --force replaces it; or name another file\n"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    stdout(&sandbox, &["--output", &file, "--force", "--what", "days"]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("day,"));
    assert_eq!(mode(&file), 0o640);
    assert_eq!(files(&sandbox), ["steps.csv"]);
}

#[test]
fn the_name_of_the_file_says_the_format() {
    let sandbox = sandbox();
    for (name, start) in [
        ("a.csv", "id,"),
        ("a.json", "{\"schema\":1,"),
        ("a.jsonl", "{\"id\":"),
        ("a.md", "| id |"),
        ("a", "id,"),
    ] {
        let file = path(&sandbox, name);
        stdout(&sandbox, &["-o", &file]);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(start), "{name}: {text}");
    }
}

#[test]
fn a_link_stays_one() {
    let sandbox = sandbox();
    let (real, link) = (path(&sandbox, "real.csv"), path(&sandbox, "link.csv"));
    fs::write(&real, "old").unwrap();
    symlink(&real, &link).unwrap();
    stdout(&sandbox, &["-o", &link, "--force"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().starts_with("id,"));
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_anything_is_read() {
    let sandbox = sandbox();
    let folder = path(&sandbox, "locked");
    fs::create_dir(&folder).unwrap();
    for (place, code, expected) in [
        ("no/such/x.csv", 1, "hint: make the folder first\n"),
        ("locked", 2, "hint: name a file in it\n"),
    ] {
        let run = sandbox.run(&["export", "-o", &path(&sandbox, place)]);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.ends_with(expected), "{run:?}");
        assert!(!run.stderr.contains("octally-new"), "{run:?}");
    }
    assert!(!sandbox.ledger().exists());
    if rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED a folder without permission: root may write everywhere");
        return;
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let run = sandbox.run(&["export", "-o", &path(&sandbox, "locked/x.csv")]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("may write to"), "{run:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let sandbox = sandbox();
    many(&sandbox, 10_000);
    let run = sandbox.run(&["export", "-o", "/dev/full"]);
    let expected = "error: /dev/full cannot be written: No space left on device (os error 28)\n";
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with(expected), "{run:?}");
    // A limit on the size of files is what a full disk looks like to the file that is being written. The
    // ledger stays below it.
    let whole = stdout(&sandbox, &["--format", "json"]).len() as u64;
    let limit_kib = fs::metadata(sandbox.ledger()).unwrap().len() / 1024 + 512;
    assert!(
        whole / 1024 > limit_kib,
        "{whole} bytes are no more than {limit_kib} KiB"
    );
    let file = path(&sandbox, "steps.json");
    fs::write(&file, "old").unwrap();
    let program = env!("CARGO_BIN_EXE_octally");
    let limited =
        format!("ulimit -f {limit_kib}; trap '' XFSZ; exec {program} export -o {file} --force");
    let mut command = std::process::Command::new("/bin/bash");
    let command = command.args(["-c", &limited]).env_clear();
    let command = command.env("HOME", sandbox.home()).env("TZ", "UTC");
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("steps.json cannot be written"), "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(files(&sandbox), ["steps.json"]);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let sandbox = sandbox();
    many(&sandbox, 20_000);
    let run = sandbox.run_unread(&["export"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// Adds `count` copies of a step, each a millisecond later.
fn many(sandbox: &Sandbox, count: u32) {
    sandbox.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO message SELECT 'msg_many' || printf('%06d', i), session_id, time_created + i,
             time_updated + i, json_set(data, '$.time.created', time_created + i)
         FROM n, (SELECT * FROM message WHERE json_extract(data, '$.finish') = 'stop' LIMIT 1)"
    ));
}

#[test]
fn pages_neither_repeat_nor_lose_a_row() {
    let sandbox = sandbox();
    many(&sandbox, 5_000);
    // Most of them at the same instant, so that a page ends among equals.
    sandbox.sql(
        "UPDATE message SET time_created = 1795167800000, data = json_set(data, '$.time.created', 1795167800000)
         WHERE id LIKE 'msg_many%' AND id < 'msg_many004500'",
    );
    let rows = stdout(&sandbox, &["--format", "jsonl"]);
    let row = |line: &str| -> (String, String) {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (text("created_at"), text("id"))
    };
    let rows: Vec<(String, String)> = rows.lines().map(row).collect();
    let ids: std::collections::HashSet<&String> = rows.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), rows.len());
    assert!(rows.is_sorted_by_key(|(created, _)| created));
    let report = sandbox.json(&["report", "model", "--json"]);
    assert_eq!(report["totals"]["steps"], rows.len());
    assert!(rows.len() > 5_000, "{}", rows.len());
}

#[test]
fn ctrl_c_leaves_no_half_file() {
    let sandbox = sandbox();
    many(&sandbox, 50_000);
    sandbox.run(&["status"]);
    let child = sandbox
        .command(&["export", "-o", &path(&sandbox, "x.json")])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // A draft that has grown: the rows are on their way.
    let is_growing = || {
        let entries = fs::read_dir(sandbox.home()).unwrap();
        entries.flatten().any(|entry| {
            entry.file_name().to_string_lossy().contains(".octally-new")
                && entry.metadata().is_ok_and(|found| found.len() > 0)
        })
    };
    let run = sandbox.interrupt_when(child, is_growing);
    assert_eq!(run.code, 130, "{run:?}");
    assert_eq!(files(&sandbox), Vec::<String>::new());
}

#[test]
fn a_model_that_is_a_formula_is_text_in_a_spreadsheet() {
    let sandbox = sandbox();
    sandbox
        .sql("UPDATE message SET data = json_set(data, '$.modelID', '=HYPERLINK(\"http://x\")')");
    let csv = stdout(&sandbox, &[]);
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{csv}");
    let json = stdout(&sandbox, &["--format", "jsonl"]);
    assert!(
        json.contains(r#""model":"=HYPERLINK(\"http://x\")""#),
        "{json}"
    );
}

#[test]
fn without_any_data_there_are_titles_and_the_exit_code_of_a_report() {
    let run = Sandbox::empty().run(&["export", "--what", "days"]);
    assert_eq!(run.code, 3);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}
