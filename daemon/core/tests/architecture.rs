// SPDX-License-Identifier: GPL-3.0-or-later
//! One direction of imports: a module uses only what stands to its left in the flow of data.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

/// Each module of octally-core and those it may use besides itself.
const MODULES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("source", &["model"]),
    ("pricing", &["model"]),
    ("ledger", &["model", "source"]),
    ("sync", &["model", "source", "pricing", "ledger"]),
    ("wire", &["model"]),
    ("rollup", &["model", "source", "ledger", "sync", "wire"]),
    (
        "reconcile",
        &["model", "source", "ledger", "sync", "wire", "rollup"],
    ),
    ("inspect", &["model", "source", "ledger", "sync", "wire"]),
    (
        "meter",
        &[
            "model",
            "source",
            "ledger",
            "sync",
            "rollup",
            "wire",
            "reconcile",
            "inspect",
        ],
    ),
];

/// Each crate and the crates of this workspace that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("bus", &["octally-core"]),
    ("mcp", &["octally-core"]),
    ("octally", &["octally-core", "octally-bus", "octally-mcp"]),
];

/// What octally-core must not know: it is synchronous and hermetic.
const FOREIGN: &[&str] = &[
    "tokio",
    "zbus",
    "clap",
    "println!",
    "eprintln!",
    "std::env",
    "SystemTime::now",
    "Utc::now",
    "Local::now",
    "Instant::now",
];

fn daemon() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .into()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The modules of this crate that a text names as `crate::module` or in `crate::{module...}`.
fn used(text: &str) -> Vec<String> {
    let words = text.split("crate::").skip(1);
    let word = |rest: &str| {
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    words.map(word).collect()
}

#[test]
fn modules_import_only_what_stands_to_their_left() {
    let src = daemon().join("core/src");
    for (module, allowed) in MODULES {
        for (path, text) in sources(&src.join(module)) {
            for name in used(&text)
                .iter()
                .filter(|name| *name != module && !name.is_empty())
            {
                assert!(
                    allowed.contains(&name.as_str()),
                    "{} uses crate::{name}",
                    path.display()
                );
            }
        }
    }
    let listed = MODULES.iter().map(|(name, _)| *name);
    let present = std::fs::read_dir(&src)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for folder in present.filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(
            listed.clone().any(|known| known == name),
            "{name} is not in the table"
        );
    }
}

#[test]
fn the_core_knows_no_runtime_no_people_and_no_clock() {
    for (path, text) in sources(&daemon().join("core/src")) {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in FOREIGN {
                assert!(!line.contains(word), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn crates_depend_in_one_direction_and_only_one_knows_each_protocol() {
    for (name, allowed) in CRATES {
        let manifest = std::fs::read_to_string(daemon().join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies
            .lines()
            .filter(|line| line.starts_with("octally"))
        {
            let dependency = line.split([' ', '.']).next().unwrap();
            assert!(
                allowed.contains(&dependency),
                "{name} depends on {dependency}"
            );
        }
        let knows_zbus = dependencies.lines().any(|line| line.starts_with("zbus"));
        assert_eq!(knows_zbus, *name == "bus", "{name} and zbus");
        let knows_rmcp = dependencies.lines().any(|line| line.starts_with("rmcp"));
        assert_eq!(knows_rmcp, *name == "mcp", "{name} and rmcp");
    }
}
