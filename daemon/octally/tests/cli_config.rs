// SPDX-License-Identifier: GPL-3.0-or-later
//! `config.toml` through the real binary, and the shipped example against what is read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;

const CONFIG: &str = ".config/octally/config.toml";

#[test]
fn the_configured_folder_and_ledger_are_used() {
    let sandbox = Sandbox::empty();
    sandbox.install("1.18.33", &sandbox.home().join("elsewhere"));
    sandbox.write(
        CONFIG,
        "data_dirs = ['~/elsewhere']\nledger = '~/mine.db'\n",
    );
    assert_eq!(sandbox.json(&["status", "--json"])["total"]["steps"], 12);
    assert!(sandbox.home().join("mine.db").exists());
    assert!(!sandbox.ledger().exists());
}

#[test]
fn a_broken_file_is_named_with_its_line_and_the_figures_are_still_shown() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(CONFIG, "# mine\nidle_threshold_minutes = soon\n");
    for verb in [&["status"][..], &["report", "daily"], &["doctor"]] {
        let run = sandbox.run(verb);
        assert_eq!(run.code, 5, "{run:?}");
        let all = run.stdout.clone() + &run.stderr;
        assert!(all.contains("~/.config/octally/config.toml:2:26"), "{all}");
    }
    let glance = sandbox.run(&[]);
    assert!(glance.stdout.contains("20\u{202f}243"), "{}", glance.stdout);
    assert!(
        glance
            .stderr
            .starts_with("error: ~/.config/octally/config.toml:2:26: is no valid TOML")
    );
    assert!(
        glance.stderr.contains("\nhint: correct the line"),
        "{}",
        glance.stderr
    );
}

#[test]
fn an_unknown_key_is_a_warning() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(CONFIG, "leger = '/x'\n");
    let run = sandbox.run(&[]);
    assert_eq!(run.code, 0);
    assert_eq!(
        run.stderr,
        "warning: ~/.config/octally/config.toml:1:1: leger is no setting\nhint: did you mean ledger?\n"
    );
}

/// Every line of the example holds once its "#" is gone, and names every key there is.
#[test]
fn the_shipped_example_is_the_manual() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/config.toml");
    let example = std::fs::read_to_string(&path).unwrap();
    let uncommented: String = example
        .lines()
        .filter_map(|line| match line.strip_prefix('#') {
            Some(rest) => Some(rest).filter(|rest| rest.contains(" = ") && !rest.starts_with(' ')),
            None => Some(line).filter(|line| line.starts_with('[')),
        })
        .map(|line| format!("{line}\n"))
        .collect();
    for key in [
        "data_dirs",
        "ledger",
        "idle_threshold_minutes",
        "keep_months",
    ] {
        assert!(
            uncommented.contains(&format!("{key} = ")),
            "{key} is missing in {uncommented}"
        );
    }
    let sandbox = Sandbox::with("1.18.33");
    for text in [&example, &uncommented] {
        sandbox.write(CONFIG, text);
        let run = sandbox.run(&[]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
}

#[test]
fn flags_win() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.install("1.2.27", &sandbox.home().join("old"));
    let old = sandbox.home().join("old").display().to_string();
    let ledger = sandbox.home().join("other.db").display().to_string();
    let status = sandbox.json(&["status", "--json", "--data-dir", &old, "--ledger", &ledger]);
    assert_ne!(status["total"]["steps"], 12);
    let both = sandbox.data_dir().display().to_string();
    let ledger = sandbox.home().join("both.db").display().to_string();
    let together = [
        "status",
        "--json",
        "--data-dir",
        &old,
        "--data-dir",
        &both,
        "--ledger",
        &ledger,
    ];
    let steps = |status: &serde_json::Value| status["total"]["steps"].as_u64().unwrap();
    assert_eq!(steps(&sandbox.json(&together)), steps(&status) + 12);
}
