// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally` and `octally status`, black box.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use sandbox::Sandbox;
use serde_json::{Value, json};

/// A zone in which it is noon or so now, so that no test runs across midnight.
fn noon_zone() -> String {
    let hour = std::process::Command::new("date")
        .args(["-u", "+%H"])
        .output()
        .unwrap();
    let hour: i32 = String::from_utf8(hour.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    // POSIX counts west of Greenwich.
    format!("<NOON>{}", hour - 12)
}

/// Data whose steps all happened a moment ago.
fn just_now() -> Sandbox {
    let sandbox = Sandbox::with("1.18.33").set("TZ", &noon_zone());
    sandbox.sql(
        "CREATE TEMP TABLE shift AS SELECT unixepoch() * 1000 - 1000 - max(time_created) AS ms FROM message;
         UPDATE session SET time_created = time_created + (SELECT ms FROM shift),
             time_updated = time_updated + (SELECT ms FROM shift);
         UPDATE message SET time_created = time_created + (SELECT ms FROM shift),
             time_updated = time_updated + (SELECT ms FROM shift);
         UPDATE message SET data = json_set(data, '$.time.created', time_created);",
    );
    sandbox
}

#[test]
fn the_glance_shows_what_was_used() {
    let run = just_now().run(&[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = run.stdout.lines().collect();
    let line = |label: &str| {
        lines
            .iter()
            .find(|line| line.starts_with(label))
            .copied()
            .unwrap_or("")
    };
    insta::assert_snapshot!(
        [
            line("Today"),
            line("7 days"),
            line("All time"),
            line("  mock/test"),
            line("  mock/second")
        ]
        .join("\n")
    );
    assert!(lines.iter().all(|line| line.chars().count() <= 80));
    assert!(lines.last().unwrap().starts_with("fresh at "));
}

#[test]
fn status_prints_the_same_glance() {
    let sandbox = just_now();
    let without_clock = |text: String| {
        text.lines()
            .filter(|l| !l.contains("fresh at") && !l.contains(" ago"))
            .collect::<String>()
    };
    let glance = without_clock(sandbox.run(&[]).stdout);
    assert_eq!(without_clock(sandbox.run(&["status"]).stdout), glance);
}

#[test]
fn the_json_has_today_and_everything_else() {
    let status = just_now().json(&["status", "--json"]);
    assert_eq!(status["schema"], 1);
    assert_eq!(status["today"]["tokens"], status["total"]["tokens"]);
    assert_eq!(status["week"].as_array().unwrap().len(), 7);
    assert_eq!(status["week"][6]["tokens"], status["today"]["tokens"]);
    assert_eq!(status["session"]["basis"], "session");
    assert_eq!(status["freshness"]["state"], "fresh");
    assert_eq!(status["problems"], json!([]));
    assert!(status["updated_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_second_call_reads_only_what_is_new() {
    let sandbox = just_now();
    let before = sandbox.json(&["status", "--json"]);
    assert_eq!(
        sandbox.json(&["status", "--json"])["total"],
        before["total"]
    );
    sandbox.sql(
        "INSERT INTO message SELECT 'msg_new', session_id, time_created, time_updated + 1, data FROM message
         WHERE json_extract(data, '$.finish') = 'stop' LIMIT 1;
         UPDATE event_sequence SET seq = seq + 1;",
    );
    let after = sandbox.json(&["status", "--json", "--refresh"]);
    let steps = |status: &Value| status["total"]["steps"].as_u64().unwrap();
    assert_eq!(steps(&after), steps(&before) + 1);
}

#[test]
fn a_price_table_makes_estimates_and_without_one_the_model_is_named() {
    let sandbox = just_now();
    sandbox.sql("UPDATE message SET data = json_set(data, '$.cost', 0)");
    let run = sandbox.run(&[]);
    assert!(run.stdout.contains("unpriced"), "{}", run.stdout);
    assert!(
        run.stdout.contains("no price known for mock/"),
        "{}",
        run.stdout
    );
    let cost = &sandbox.json(&["status", "--json"])["total"]["cost"];
    assert_eq!(cost["estimated_usd"], Value::Null);
    assert_eq!(cost["billed_usd"], 0.0);
}

#[test]
fn two_first_calls_at_once_agree() {
    let sandbox = just_now();
    let start = || {
        let mut command = sandbox.command(&["status", "--json"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(|_| start()).collect();
    let totals: Vec<Value> = children
        .into_iter()
        .map(|child| {
            let run = sandbox.wait(child);
            assert_eq!(run.code, 0, "{run:?}");
            serde_json::from_str::<Value>(&run.stdout).unwrap()["total"].clone()
        })
        .collect();
    assert_eq!(totals[0]["steps"], 12);
    assert!(totals.iter().all(|total| *total == totals[0]));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let sandbox = just_now();
    let run = sandbox.run_unread(&["status"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn what_we_write_is_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = just_now();
    sandbox.run(&[]);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&sandbox.ledger()), 0o600);
    assert_eq!(mode(sandbox.ledger().parent().unwrap()), 0o700);
}

/// A running `status --watch --json`, ended with the test.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn begin(sandbox: &Sandbox) -> Self {
        let mut command = sandbox.command(&["status", "--watch", "--json"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits for what is printed next.
    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn watching_prints_again_when_something_was_used() {
    let sandbox = just_now();
    let mut watching = Watching::begin(&sandbox);
    let first = watching.next();
    sandbox.sql(
        "INSERT INTO message SELECT 'msg_new', session_id, time_created, time_updated + 1, data FROM message
         WHERE json_extract(data, '$.finish') = 'stop' LIMIT 1;
         UPDATE event_sequence SET seq = seq + 1;",
    );
    let second = watching.next();
    let steps = |status: &Value| status["total"]["steps"].as_u64().unwrap();
    assert_eq!(steps(&second), steps(&first) + 1);
}

#[test]
fn watching_follows_the_budgets_as_they_are_now() {
    let sandbox = just_now();
    let mut watching = Watching::begin(&sandbox);
    assert_eq!(watching.next()["budgets"], json!([]));
    sandbox.run(&["budget", "set", "team", "--limit", "5", "--period", "day"]);
    sandbox.sql("UPDATE event_sequence SET seq = seq + 1;");
    assert_eq!(watching.next()["budgets"][0]["id"], "team");
}

/// A stats.json of the plugin with one run of process `pid`, whose one session is at work.
fn busy_run(sandbox: &Sandbox, pid: u32) {
    let status = sandbox.json(&["status", "--json"]);
    let id = status["session"]["id"].as_str().unwrap();
    let at_ms = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let none = json!({"totalTokens": 0, "tokensByModel": {}, "totalCost": 0, "costsByModel": {}});
    let run = json!({
        "id": "run-1", "pid": pid, "pid_start_ticks": null, "pid_namespace": null, "boot_id": null,
        "opencode": "1.18.33", "started_ms": at_ms, "last_activity_ms": at_ms, "ended_ms": null, "models": {},
        "sessions": [{"id": id, "parent": null, "state": "busy", "waiting_for": null,
                      "since_ms": at_ms, "last_activity_ms": at_ms}],
        "latest_steps": []
    });
    let mut session = none.clone();
    session["startTime"] = json!(at_ms);
    session["lastActivity"] = json!(at_ms);
    session["isIdle"] = json!(false);
    session["idleSince"] = Value::Null;
    let (mut daily, mut total) = (none.clone(), none);
    daily["date"] = json!("2026-11-20");
    total["installDate"] = json!(1);
    let octally = json!({"format": 1, "plugin": "0.1.0", "runs": [run]});
    let file = json!({"session": session, "daily": daily, "total": total, "octally": octally});
    std::fs::write(sandbox.stats_file(), file.to_string()).unwrap();
}

#[test]
fn a_run_of_a_living_process_shows_its_state_and_sessions() {
    let sandbox = just_now();
    busy_run(&sandbox, std::process::id());
    let run = sandbox.run(&[]);
    assert!(
        run.stdout.starts_with("busy  OpenCode is at work\n"),
        "{run:?}"
    );
    assert!(run.stdout.contains("\nRun "), "{}", run.stdout);
    let session = run
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("session "))
        .nth(1);
    assert!(
        session.is_some_and(|line| line.contains(" busy ")),
        "{}",
        run.stdout
    );
    assert_eq!(
        sandbox.json(&["status", "--json"])["session"]["basis"],
        "run"
    );
}

#[test]
fn a_run_whose_process_was_killed_is_gone() {
    let sandbox = just_now();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    busy_run(&sandbox, pid);
    let status = sandbox.json(&["status", "--json"]);
    assert_eq!(status["session"]["state"], "gone", "{status}");
    assert_ne!(status["state"], "busy");
}

#[test]
fn a_status_line_is_one_line_and_honest() {
    let sandbox = just_now();
    let line = |args: &[&str]| {
        let run = sandbox.run(&[&["statusline"], args].concat());
        assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
        (run.code, run.stdout.trim_end().to_owned(), run.stderr)
    };
    let status = sandbox.json(&["status", "--json"]);
    let steps = status["today"]["steps"].to_string();
    let expected = (0, format!("{steps} steps"), String::new());
    assert_eq!(line(&["--format", "{today_steps} steps"]), expected);
    let bar: Value = serde_json::from_str(&line(&["--format", "waybar"]).1).unwrap();
    assert_eq!(
        (&bar["alt"], &bar["class"]),
        (&json!("unknown"), &json!(["unknown"]))
    );
    std::fs::write(
        sandbox.database(),
        "no database any more, but longer than a header",
    )
    .unwrap();
    let (code, stale, stderr) = line(&["--format", "{today_steps}"]);
    assert_eq!(
        (code, stale, stderr.as_str()),
        (4, format!("{steps} (stale)"), "")
    );
    assert!(line(&["--format", "tmux"]).1.ends_with(" (stale)"));
}

#[test]
fn a_status_line_without_data_or_ledger_says_so() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["statusline"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, "octally (no data)\n"));
    let folder = sandbox.home().to_str().unwrap();
    let run = sandbox.run(&["statusline", "--ledger", folder]);
    assert_eq!((run.code, run.stdout.as_str()), (1, "octally (error)\n"));
    let typo = sandbox.run(&["statusline", "--format", "{today_csot}"]);
    let expected =
        "error: no placeholder is called {today_csot}\nhint: did you mean {today_cost}?\n";
    assert_eq!((typo.code, typo.stderr.as_str()), (2, expected));
}

#[test]
fn help_has_examples_for_every_verb() {
    let sandbox = Sandbox::empty();
    for verb in [
        &["--help"][..],
        &["status", "--help"],
        &["top", "--help"],
        &["analyze", "--help"],
        &["stats", "--help"],
        &["report", "--help"],
        &["sessions", "--help"],
        &["session", "--help"],
        &["budget", "--help"],
        &["budget", "set", "--help"],
        &["budget", "list", "--help"],
        &["budget", "rm", "--help"],
        &["export", "--help"],
        &["statusline", "--help"],
        &["prices", "--help"],
        &["reconcile", "--help"],
        &["doctor", "--help"],
        &["mcp", "--help"],
        &["daemon", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let run = sandbox.run(verb);
        assert_eq!(run.code, 0);
        assert!(
            run.stdout.contains("Examples:\n  octally "),
            "{}",
            run.stdout
        );
        assert!(
            run.stdout.lines().all(|line| line.chars().count() <= 100),
            "{}",
            run.stdout
        );
    }
    insta::assert_snapshot!(sandbox.run(&["--help"]).stdout);
    assert_eq!(sandbox.run(&["nonsense"]).code, 2);
}

#[test]
fn unknown_verbs_and_values_suggest_the_nearest() {
    let sandbox = Sandbox::empty();
    for (args, meant) in [
        (&["anlyze"][..], "'analyze'"),
        (&["sesions"], "'sessions'"),
        (&["report", "dialy"], "'daily'"),
        (&["report", "model", "--sort", "fesh"], "'fresh'"),
        (&["report", "model", "--order", "dsc"], "'desc'"),
        (&["stats", "--dyas", "3"], "'--days'"),
        (&["analyze", "--color", "alway"], "'always'"),
    ] {
        let run = sandbox.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains(meant), "{args:?}: {}", run.stderr);
    }
}
