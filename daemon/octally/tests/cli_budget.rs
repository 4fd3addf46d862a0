// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally budget` through the real binary, without a daemon.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use sandbox::{Run, Sandbox};
use serde_json::Value;

const CONFIG: &str = ".config/octally/config.toml";

/// With steps of 0.06 dollars billed in all, on the days when the fixture was made.
fn read() -> Sandbox {
    Sandbox::with("1.18.33")
}

fn config(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.home().join(CONFIG)).unwrap()
}

fn done(run: Run) -> String {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout
}

#[test]
fn a_budget_is_set_shown_changed_and_removed() {
    let sandbox = read();
    let set = |words: &[&str]| done(sandbox.run(&[&["budget", "set"], words].concat()));
    assert_eq!(
        set(&["mine", "--limit", "200"]),
        "mine: $200.00 a month of billed cost, all projects, warns at 50, 80, 100%\n"
    );
    let file = sandbox.home().join(CONFIG);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    set(&[
        "client",
        "--limit",
        "$5",
        "--period",
        "day",
        "--project",
        "/home/dev/p",
    ]);
    assert_eq!(
        set(&["client", "--warn-at", "90,70", "--counts", "all"]),
        "client: $5.00 a day of billed and estimated cost together, project /home/dev/p, warns at 70, 90%\n"
    );
    let json = sandbox.json(&["budget", "--json"]);
    assert_eq!(json["schema"], 1);
    let [mine, client] = [&json["budgets"][0], &json["budgets"][1]];
    assert_eq!(
        (&mine["id"], &mine["period"]),
        (&"mine".into(), &"month".into())
    );
    assert_eq!(client["warn_at"], serde_json::json!([70, 90]));
    assert_eq!(
        (&client["project"], &client["limit_usd"]),
        (&"/home/dev/p".into(), &5.0.into())
    );
    for words in [&["status", "--json"][..], &["budget", "list", "--json"]] {
        let other = sandbox.json(words);
        for key in ["id", "limit_usd", "spent_usd", "left_usd", "ends_at"] {
            assert_eq!(other["budgets"][1][key], client[key], "{words:?}");
        }
    }
    let list = done(sandbox.run(&["budget"]));
    assert!(list.starts_with("budget  period"), "{list}");
    assert!(
        done(sandbox.run(&[])).contains("\nclient  day"),
        "in the glance"
    );
    assert_eq!(
        done(sandbox.run(&["budget", "rm", "mine"])),
        "mine is removed\n"
    );
    assert_eq!(
        config(&sandbox),
        "[budgets.client]\nperiod = \"day\"\nlimit_usd = 5.0\nproject = \"/home/dev/p\"\n\
         counts = \"all\"\nwarn_at = [70, 90]\n"
    );
    let after: Value = sandbox.json(&["budget", "rm", "client", "--json"]);
    assert_eq!(after["budgets"], serde_json::json!([]));
}

#[test]
fn without_budgets_it_says_how_to_set_one() {
    let run = read().run(&["budget"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(
        run.stderr.contains("octally budget set mine --limit 200"),
        "{run:?}"
    );
}

#[test]
fn what_was_spent_is_what_the_report_says() {
    let sandbox = read();
    let report = sandbox.json(&["report", "monthly", "--json"]);
    let month = report["rows"].as_array().unwrap().last().unwrap();
    done(sandbox.run(&["budget", "set", "mine", "--limit", "1"]));
    let json = sandbox.json(&["budget", "--json"]);
    let used = &json["budgets"][0];
    // The fixture's steps are of one month, which may be over by now.
    let is_now = used["starts_at"].as_str().unwrap()[..7] == month["month"].as_str().unwrap()[..7];
    let spent = if is_now {
        month["cost"]["billed_usd"].as_f64().unwrap()
    } else {
        0.0
    };
    assert_eq!(used["spent_usd"].as_f64(), Some(spent));
    assert_eq!(used["left_usd"].as_f64(), Some(1.0 - spent));
}

#[test]
fn slips_are_told_with_what_may_have_been_meant() {
    let sandbox = read();
    done(sandbox.run(&["budget", "set", "client", "--limit", "5"]));
    let refused = |words: &[&str], said: &str| {
        let run = sandbox.run(&[&["budget"], words].concat());
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    };
    refused(&["rm", "cleint"], "hint: did you mean client?");
    refused(&["rm", "other"], "hint: the budgets are client");
    refused(&["set", "new"], "a new one needs a limit");
    refused(
        &["set", "No Name", "--limit", "5"],
        "of a to z, 0 to 9 and -",
    );
    refused(&["set", "client", "--period", "monht"], "'month'");
    refused(&["set", "client", "--limit", "-3"], "");
    refused(&["set", "client", "--limit", "0"], "above 0");
    refused(&["set", "client", "--warn-at", "0"], "from 1 to 1000");
    refused(
        &["set", "client", "--project", "./nowhere"],
        "name a folder that exists",
    );
    refused(&["lst"], "'list'");
}

#[test]
fn a_broken_file_is_named_and_stays() {
    let sandbox = read();
    let broken = "# mine\nledger = \n";
    sandbox.write(CONFIG, broken);
    let run = sandbox.run(&["budget", "set", "mine", "--limit", "5"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.stderr.contains("config.toml:2:"), "{run:?}");
    assert!(
        run.stderr.contains("nothing is changed in the file"),
        "{run:?}"
    );
    assert_eq!(config(&sandbox), broken);
}

#[test]
fn a_mistake_in_a_budget_has_its_line_and_the_others_count() {
    let sandbox = read();
    let text = "[budgets.a]\nlimit_usd = 'much'\n\n[budgets.b]\nlimit_usd = 5\n";
    sandbox.write(CONFIG, text);
    let run = sandbox.run(&["budget", "--json"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(
        run.stderr
            .contains("~/.config/octally/config.toml:2:1: budgets.a.limit_usd must be")
    );
    assert!(
        run.stderr.contains("until then this budget is off"),
        "{run:?}"
    );
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["budgets"][0]["id"], "b");
    assert_eq!(json["problems"][0]["code"], "bad_config_value");
}

#[test]
fn where_nothing_can_be_written_it_says_so() {
    let sandbox = read();
    // Nobody can make a file there, not even root.
    let run = sandbox.run(&[
        "budget",
        "set",
        "mine",
        "--limit",
        "5",
        "--config",
        "/sys/config.toml",
    ]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("/sys/config.toml: cannot be written"),
        "{run:?}"
    );
    assert!(run.stderr.contains("make its folder writable"), "{run:?}");
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let sandbox = read();
    let text = "# mine\nidle_threshold_minutes = 5\n";
    sandbox.write(CONFIG, text);
    let set = sandbox.command(&["budget", "set", "mine", "--limit", "5"]);
    let mut limited = Command::new("/bin/sh");
    // Not one more block can be written.
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(set.get_program())
        .args(set.get_args())
        .env_clear()
        .envs(
            set.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let output = limited.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written"), "{said}");
    assert!(said.contains("the file is as it was"), "{said}");
    assert_eq!(config(&sandbox), text);
    let folder = std::fs::read_dir(sandbox.home().join(".config/octally")).unwrap();
    assert_eq!(folder.count(), 1, "no draft is left");
}

#[test]
fn two_writers_at_once_lose_nothing() {
    let sandbox = read();
    sandbox.write(CONFIG, "# mine\n");
    let started: Vec<_> = (0..8)
        .map(|n| {
            let name = format!("b{n}");
            let mut set = sandbox.command(&["budget", "set", &name, "--limit", "5"]);
            set.spawn().unwrap()
        })
        .collect();
    for child in started {
        assert_eq!(sandbox.wait(child).code, 0);
    }
    let text = config(&sandbox);
    assert!(text.starts_with("# mine\n"), "{text}");
    assert_eq!(text.matches("[budgets.b").count(), 8, "{text}");
}

#[test]
fn the_status_line_has_what_is_left() {
    let sandbox = read();
    done(sandbox.run(&["budget", "set", "mine", "--limit", "1000"]));
    let line = |format: &str| done(sandbox.run(&["statusline", "--format", format]));
    assert_eq!(
        line("{budget_name} {budget_limit}"),
        "mine $1\u{202f}000.00\n"
    );
    assert_eq!(line("{budget_other_left}"), "-\n");
    assert!(line("{budget_mine_left}").starts_with('$'));
    let run = sandbox.run(&["statusline", "--format", "{budget_lefd}"]);
    assert!(
        run.stderr.contains("did you mean {budget_left}?"),
        "{run:?}"
    );
}

#[test]
fn names_of_budgets_are_completed() {
    let sandbox = read();
    done(sandbox.run(&["budget", "set", "client", "--limit", "5"]));
    let mut command = sandbox.command(&["--", "octally", "budget", "rm", "c"]);
    let output = command.env("OCTALLY_COMPLETE", "fish").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "client");
}
