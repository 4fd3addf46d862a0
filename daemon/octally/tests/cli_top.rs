// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally top` in a real terminal.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;
mod terminal;

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;
use sandbox::Sandbox;
use serde_json::json;
use terminal::{CLEAR, ENTER, LEAVE, Window};

/// The sessions of the fixture with these titles are at work in a process that lives.
fn busy(titles: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with("1.18.33").set("TERM", "xterm-256color");
    let database = rusqlite::Connection::open(sandbox.database()).unwrap();
    let now_ms: i64 = database
        .query_row("SELECT unixepoch() * 1000", [], |row| row.get(0))
        .unwrap();
    let id = |title: &&str| -> String {
        database
            .query_row("SELECT id FROM session WHERE title = ?", [title], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let sessions: Vec<_> = titles
        .iter()
        .map(|title| {
            json!({"id": id(title), "parent": null, "state": "busy", "waiting_for": null,
                   "since_ms": now_ms, "last_activity_ms": now_ms})
        })
        .collect();
    let run = json!({
        "id": "run-1", "pid": std::process::id(), "pid_start_ticks": null, "pid_namespace": null,
        "boot_id": null, "opencode": "1.18.33", "started_ms": now_ms, "last_activity_ms": now_ms,
        "ended_ms": null, "models": {}, "sessions": sessions, "latest_steps": []
    });
    let file = json!({"octally": {"format": 1, "plugin": "0.1.0", "runs": [run]}});
    sandbox.write(".local/share/opencode/stats.json", &file.to_string());
    sandbox
}

fn open(sandbox: &Sandbox, size: (u16, u16)) -> Window {
    let window = Window::open(&sandbox.command(&["top"]), size);
    window.wait_for("the first screen", 0, |text| text.contains("Enter"));
    window
}

#[test]
fn it_draws_sorts_opens_and_gives_the_terminal_back() {
    let sandbox = busy(&["plain", "cached"]);
    let mut window = open(&sandbox, (80, 24));
    let first = window.output();
    for words in [
        "2 busy",
        "plain",
        "cached",
        "tok/min",
        "$/hour",
        "sort: recent",
    ] {
        assert!(first.contains(words), "{words}: {first:?}");
    }
    assert!(!window.is_as_before(), "raw while it is on show");
    window.type_until("s", "tok/min");
    window.type_until("\r", "context");
    window.type_until("\u{1b}", "sort");
    window.type_until("?", "choose");
    window.type_until("q", "tok/min");
    window.type_keys("q");
    assert_eq!(window.end().code(), Some(0));
    window.assert_given_back();
}

#[test]
fn it_fits_small_and_large_terminals_and_follows_their_size() {
    let sandbox = busy(&["plain", "cached"]);
    for size in [(60, 15), (200, 60), (20, 5), (1, 1), (0, 0)] {
        let mut window = Window::open(&sandbox.command(&["top"]), size);
        window.wait_for("a screen", 0, |text| text.contains(ENTER));
        for (columns, lines) in [(2, 2), (500, 100), (20, 5), (80, 24)] {
            window.resize(columns, lines);
        }
        window.wait_for("the last size", 0, |text| text.contains("sort: recent"));
        window.type_keys("q");
        assert_eq!(window.end().code(), Some(0));
        window.assert_given_back();
    }
}

#[test]
fn a_change_is_drawn_without_clearing_the_screen() {
    let sandbox = busy(&["plain"]);
    let mut window = open(&sandbox, (80, 24));
    let from = window.mark();
    sandbox.sql("UPDATE session SET title = title");
    let file = std::fs::read_to_string(sandbox.stats_file()).unwrap();
    sandbox.write(
        ".local/share/opencode/stats.json",
        &file.replace("\"busy\"", "\"idle\""),
    );
    let after = window.wait_for("idle", from, |text| text.contains("idle"));
    assert!(!after.contains(CLEAR), "it flickers: {after:?}");
    window.type_keys("q");
    assert_eq!(window.end().code(), Some(0));
}

#[test]
fn every_signal_that_ends_it_gives_the_terminal_back_first() {
    let sandbox = busy(&["plain"]);
    for (signal, code) in [
        (Signal::TERM, None),
        (Signal::HUP, None),
        (Signal::QUIT, None),
        (Signal::INT, Some(130)),
    ] {
        let mut window = open(&sandbox, (80, 24));
        window.signal(signal);
        let status = window.end();
        assert_eq!(status.code(), code, "{signal:?}");
        if code.is_none() {
            assert_eq!(status.signal(), Some(signal.as_raw()), "{signal:?}");
        }
        window.assert_given_back();
    }
}

#[test]
fn control_c_ends_it_as_an_interrupt() {
    let sandbox = busy(&["plain"]);
    let mut window = open(&sandbox, (80, 24));
    window.type_keys("\u{3}");
    assert_eq!(window.end().code(), Some(130));
    window.assert_given_back();
}

#[test]
fn continued_after_a_stop_it_draws_everything_again() {
    let sandbox = busy(&["plain"]);
    let mut window = open(&sandbox, (80, 24));
    window.signal(Signal::STOP);
    window.stopped();
    let from = window.mark();
    window.signal(Signal::CONT);
    window.wait_for("a whole screen", from, |text| {
        text.contains(ENTER) && text.contains("sort: recent")
    });
    window.type_keys("q");
    assert_eq!(window.end().code(), Some(0));
    window.assert_given_back();
}

#[test]
fn control_z_gives_the_terminal_to_the_shell_until_it_is_continued() {
    let sandbox = busy(&["plain"]);
    // A shell with job control: a leader of a session has nobody to continue it, and does not stop.
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "set -m; \"$0\" top; stty -a | grep -c -- '-icanon'; fg; echo ended $?",
    ]);
    command.arg(env!("CARGO_BIN_EXE_octally"));
    for (name, value) in sandbox.command(&[]).get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    command.env("PATH", "/usr/bin:/bin");
    let mut window = Window::open(&command, (80, 24));
    window.wait_for("the first screen", 0, |text| text.contains("Enter"));
    let from = window.mark();
    window.type_keys("\u{1a}");
    let after = window.wait_for("a second screen", from, |text| {
        text.contains(LEAVE) && text.rfind(ENTER) > text.find(LEAVE) && text.contains("sort")
    });
    let between = &after[after.find(LEAVE).unwrap()..after.rfind(ENTER).unwrap()];
    assert!(between.contains("0\r\n"), "cooked in between: {between:?}");
    window.type_keys("q");
    window.wait_for("the end", from, |text| text.contains("ended 0"));
    window.end();
    window.assert_given_back();
}

#[test]
fn colour_is_a_choice() {
    let sandbox = busy(&["plain"]);
    let colours = |sandbox: &Sandbox, args: &[&str]| {
        let mut window = Window::open(&sandbox.command(args), (80, 24));
        window.wait_for("a screen", 0, |text| text.contains("Enter"));
        window.type_keys("q");
        window.end();
        // Foreground by number.
        window.output().contains("38;5;")
    };
    assert!(colours(&sandbox, &["top"]));
    assert!(!colours(&sandbox, &["top", "--color", "never"]));
    let sandbox = sandbox.set("NO_COLOR", "1");
    assert!(!colours(&sandbox, &["top"]));
    assert!(colours(&sandbox, &["top", "--color", "always"]));
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let sandbox = busy(&["plain"]);
    let run = sandbox.run(&["top"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("`octally status`"), "{run:?}");
}

#[test]
fn a_dumb_or_unnamed_terminal_is_refused_and_left_alone() {
    for term in ["dumb", ""] {
        let sandbox = busy(&["plain"]).set("TERM", term);
        let mut window = Window::open(&sandbox.command(&["top"]), (80, 24));
        assert_eq!(window.end().code(), Some(2), "{term}");
        window.wait_for("a hint", 0, |text| text.contains("`octally status`"));
        assert!(!window.output().contains(ENTER), "{:?}", window.output());
        assert!(window.is_as_before());
    }
}

#[test]
fn without_data_it_says_so_and_exits_as_every_verb_does() {
    let sandbox = Sandbox::empty().set("TERM", "xterm");
    let mut window = open(&sandbox, (80, 24));
    assert!(window.output().contains("no figures yet"));
    window.type_keys("q");
    assert_eq!(window.end().code(), Some(3));
    window.assert_given_back();
}
