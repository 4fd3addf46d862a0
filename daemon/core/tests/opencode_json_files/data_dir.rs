// SPDX-License-Identifier: GPL-3.0-or-later
//! A data folder of OpenCode 0.5 to 1.1, and what was read from it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use octally_core::source::opencode_json::{FolderRows, MessageDir, Tree};
use serde_json::{Value, json};

pub const AT_MS: i64 = 1_795_170_000_000;

/// A data folder that a test writes like OpenCode does.
pub struct DataDir {
    folder: tempfile::TempDir,
}

impl DataDir {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("storage/message")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn message(&self, id: &str, message: &Value) {
        let name = format!("storage/message/ses_a/{id}.json");
        self.write(&name, message.to_string());
    }

    pub fn tree(&self) -> Tree {
        Tree::open(self.folder.path()).unwrap().unwrap()
    }

    pub fn dir(&self) -> MessageDir {
        self.tree().message_dirs().dirs.remove(0)
    }

    pub fn read(&self) -> FolderRows {
        self.tree().read(&self.dir(), None).unwrap()
    }
}

/// An answer of 1.1.
pub fn answer(input: u64) -> Value {
    json!({"role": "assistant", "parentID": "msg_u", "providerID": "p", "modelID": "m", "agent": "build",
        "cost": 0.5, "finish": "stop", "time": {"created": AT_MS, "completed": AT_MS + 5},
        "tokens": {"total": input + 9, "input": input, "output": 9, "reasoning": 4,
                   "cache": {"read": 0, "write": 0}}})
}

/// An answer of 0.5, with the tokens of its last step and the cost of all.
pub fn turn(input: u64, cost: f64) -> Value {
    json!({"role": "assistant", "providerID": "p", "modelID": "m", "mode": "build", "cost": cost,
        "time": {"created": AT_MS}, "tokens": tokens(input)})
}

pub fn finished_step(input: u64, cost: f64) -> String {
    json!({"type": "step-finish", "tokens": tokens(input), "cost": cost}).to_string()
}

pub fn tokens(input: u64) -> Value {
    json!({"input": input, "output": 1, "reasoning": 0, "cache": {"read": 0, "write": 0}})
}

pub fn inputs(found: &FolderRows) -> BTreeMap<&str, u64> {
    let steps = found.rows.steps.iter();
    steps
        .map(|step| (step.id.as_str(), step.tokens.input))
        .collect()
}

pub fn codes(found: &FolderRows) -> BTreeMap<&str, &str> {
    let unread = found.rows.unread.iter();
    unread.map(|row| (row.id.as_str(), row.code)).collect()
}
