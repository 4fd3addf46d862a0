// SPDX-License-Identifier: GPL-3.0-or-later
//! What the shells' scripts are told, and the manual pages. The shells themselves are in tests/cli.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;

/// What is offered for the last of `words`, as fish asks.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.command(&[&["--", "octally"], words].concat());
    let output = command.env("OCTALLY_COMPLETE", "fish").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = |line: &str| line.split('\t').next().unwrap().to_owned();
    text.lines().map(value).collect()
}

fn read() -> Sandbox {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    sandbox.run(&["status"]);
    sandbox
}

#[test]
fn names_come_from_the_ledger() {
    let sandbox = read();
    let offered = |words: &[&str]| offered(&sandbox, words);
    assert_eq!(
        offered(&["report", "daily", "--model", ""]),
        [
            "mock/test-model",
            "mock/test-small",
            "test-model",
            "test-small"
        ]
    );
    assert_eq!(
        offered(&["export", "--model", "mock/test-s"]),
        ["mock/test-small"]
    );
    assert_eq!(offered(&["export", "--provider", ""]), ["mock"]);
    assert_eq!(offered(&["export", "--agent", "g"]), ["general"]);
    assert_eq!(
        offered(&["report", "model", "--project", "/home"]),
        ["/home/dev/p4"]
    );
    assert_eq!(offered(&["prices", "test-s"]), ["test-small"]);
    let session = offered(&["report", "model", "--session", "ses_e07aaf"]);
    assert_eq!(session, ["ses_e07aaf0edffes4fxNKodSVTQ5b"]);
    assert_eq!(
        offered(&["report", "daily", "--tz", "Europe/Berl"]),
        ["Europe/Berlin"]
    );
    assert!(offered(&["rep"]).contains(&"report".to_owned()));
}

#[test]
fn the_ledger_that_is_typed_is_asked() {
    let sandbox = read();
    let elsewhere = sandbox.home().join("other.db");
    let ledger = elsewhere.to_str().unwrap();
    let words = ["report", "daily", "--ledger", ledger, "--model", ""];
    assert_eq!(offered(&sandbox, &words), Vec::<String>::new());
    assert!(!elsewhere.exists(), "a Tab makes no ledger");
    std::fs::copy(sandbox.ledger(), &elsewhere).unwrap();
    std::fs::remove_file(sandbox.ledger()).unwrap();
    assert_eq!(offered(&sandbox, &words).len(), 4);
}

#[test]
fn every_shell_has_a_script_and_others_are_told() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish"] {
        let run = sandbox.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("octally"), "{shell}");
    }
    assert_eq!(sandbox.run(&["completions", "csh"]).code, 2);
}

#[test]
fn every_verb_has_a_manual_page() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.home().join("man/man1");
    let run = sandbox.run(&["man", "--dir", folder.to_str().unwrap()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let help = sandbox.run(&["--help"]).stdout;
    let verbs = help.split("Commands:\n").nth(1).unwrap();
    let verbs: Vec<&str> = verbs
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty())
        .collect();
    assert!(verbs.len() > 7, "{verbs:?}");
    for verb in verbs {
        let page = page(&format!("octally-{verb}.1"));
        assert!(page.contains(".SH \"EXAMPLES\"\n"), "{verb}");
    }
    assert!(page("octally.1").contains(".SH \"EXIT CODES\"\n"));
    assert!(!folder.join("octally-man.1").exists());
}
