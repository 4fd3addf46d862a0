// SPDX-License-Identifier: GPL-3.0-or-later
//! What `octally doctor` says of the unit and of the extension, with a service manager and settings of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::os::unix::fs::PermissionsExt;

use sandbox::Sandbox;
use serde_json::{Value, json};

const EXTENSION: &str = "octally@octally.github.io";

/// A home with a program of this name, which prints `answers` by its last argument.
fn with_program(name: &str, answers: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with("1.18.33");
    let cases: String = answers
        .iter()
        .map(|(asked, answer)| format!("*{asked}*) echo \"{answer}\";;\n"))
        .collect();
    let script = format!("#!/bin/sh\ncase \"$*\" in\n{cases}*) exit 1;;\nesac\n");
    let path = sandbox.write(&format!("bin/{name}"), &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = path.parent().unwrap().display().to_string();
    sandbox.set("PATH", &folder)
}

/// Mark and remedy of a topic's only check; `None` where nothing is said of it.
fn told(sandbox: &Sandbox, topic: &str) -> Option<(Value, Value)> {
    let run = sandbox.run(&["doctor", "--json"]);
    let doctor: Value = serde_json::from_str(&run.stdout).unwrap();
    let checks = doctor["checks"].as_array().unwrap().iter();
    let mut checks = checks.filter(|check| check["topic"] == topic);
    let found = checks
        .next()
        .map(|check| (check["mark"].clone(), check["remedy"].clone()));
    assert!(checks.next().is_none(), "{doctor}");
    found
}

fn assert_told(sandbox: &Sandbox, topic: &str, mark: &str, remedy: &str) {
    let (found, what_to_do) = told(sandbox, topic).unwrap();
    assert_eq!(found, mark, "{what_to_do}");
    match remedy {
        "" => assert_eq!(what_to_do, json!(null)),
        remedy => assert!(
            what_to_do.as_str().unwrap().contains(remedy),
            "{what_to_do}"
        ),
    }
}

fn install_extension(sandbox: &Sandbox) {
    let folder = ".local/share/gnome-shell/extensions";
    sandbox.write(&format!("{folder}/{EXTENSION}/metadata.json"), "{}");
}

#[test]
fn the_extension_is_told_with_what_to_do_about_it() {
    let shell = |enabled: &str, is_off: &str| {
        let answers = [
            ("enabled-extensions", enabled),
            ("disable-user-extensions", is_off),
        ];
        with_program("gsettings", &answers)
    };
    let list = format!("['other@example.org', '{EXTENSION}']");
    assert_told(&shell("[]", "false"), "extension", "note", "install.sh");
    for (enabled, is_off, mark, remedy) in [
        ("[]", "false", "note", "gnome-extensions enable"),
        (list.as_str(), "false", "ok", ""),
        (
            list.as_str(),
            "true",
            "warning",
            "disable-user-extensions false",
        ),
    ] {
        let sandbox = shell(enabled, is_off);
        install_extension(&sandbox);
        assert_told(&sandbox, "extension", mark, remedy);
    }
    // Without GNOME Shell there is nothing to say.
    assert_eq!(told(&Sandbox::with("1.18.33"), "extension"), None);
}

#[test]
fn the_unit_is_told_with_what_to_do_about_it() {
    for (load, active, mark, remedy) in [
        ("loaded", "active", "ok", ""),
        ("loaded", "failed", "error", "journalctl --user -u octally"),
        (
            "loaded",
            "inactive",
            "note",
            "systemctl --user enable --now",
        ),
        ("not-found", "inactive", "note", "install.sh"),
    ] {
        let states = format!("LoadState={load}\nActiveState={active}\nUnitFileState=enabled");
        let sandbox = with_program("systemctl", &[("octally.service", &states)]);
        assert_told(&sandbox, "unit", mark, remedy);
    }
    let without_manager = Sandbox::with("1.18.33");
    assert_told(&without_manager, "unit", "note", "octally daemon");
}
