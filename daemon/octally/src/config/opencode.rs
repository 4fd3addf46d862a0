// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether OpenCode tells of finished turns and of sessions that wait by itself, as far as its configuration
//! says.
//!
//! OpenCode 1 (since May 2026) reads `tui.json` and `tui.jsonc` in its configuration folder, then the file that
//! `OPENCODE_TUI_CONFIG` names; a later one wins, and an object `tui` in one counts like the file itself. There
//! `attention.enabled` (false unless set) and `attention.notifications` (true unless set) must both be
//! true. OpenCode 2 reads `cli.json` in the same folder, with the same keys, and tells nothing where its
//! `plugins` take `opencode.notifications` out. What a project's own files say is not looked at: the daemon does
//! not know them all. Read only, never written.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use jsonc_parser::{JsonObject, JsonValue, ParseOptions, parse_to_value};

use super::Environment;

/// More than any such file has.
const MOST_BYTES: u64 = 1 << 20;

/// `None`: a file cannot be read or understood.
pub fn speaks(environment: &Environment) -> Option<bool> {
    let folder = environment.opencode_config_home();
    let mut files = vec![folder.join("tui.json"), folder.join("tui.jsonc")];
    files.extend(environment.path("OPENCODE_TUI_CONFIG"));
    let first = attention_of(&files)?.is_on();
    let second = attention_of(&[folder.join("cli.json")])?.is_on();
    Some(first || second)
}

/// What the files say, together.
#[derive(Clone, Copy, Debug, Default)]
struct Attention {
    enabled: Option<bool>,
    notifications: Option<bool>,
    is_taken_out: bool,
}

impl Attention {
    fn is_on(self) -> bool {
        self.enabled == Some(true) && self.notifications != Some(false) && !self.is_taken_out
    }
}

fn attention_of(files: &[PathBuf]) -> Option<Attention> {
    let mut attention = Attention::default();
    for file in files {
        if let Some(text) = text_of(file)? {
            add(&mut attention, &text)?;
        }
    }
    Some(attention)
}

/// `None`: it cannot be read; `Some(None)`: there is none.
#[expect(clippy::option_option, reason = "unknown is not absent")]
fn text_of(path: &Path) -> Option<Option<String>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(None),
        Err(_) => return None,
    };
    let mut text = String::new();
    let length = file.take(MOST_BYTES + 1).read_to_string(&mut text).ok()?;
    (length as u64 <= MOST_BYTES).then_some(Some(text))
}

fn add(attention: &mut Attention, text: &str) -> Option<()> {
    let Some(JsonValue::Object(file)) = parse_to_value(text, &ParseOptions::default()).ok()? else {
        return None;
    };
    if let Some(JsonValue::Object(tui)) = file.get("tui") {
        add_object(attention, tui);
    }
    add_object(attention, &file);
    if let Some(JsonValue::Array(plugins)) = file.get("plugins") {
        let selectors = plugins.iter().filter_map(|plugin| match plugin {
            JsonValue::String(selector) => Some(selector.as_ref()),
            _ => None,
        });
        for selector in selectors {
            match selector {
                "-opencode.notifications" | "-opencode.*" | "-*" => attention.is_taken_out = true,
                "opencode.notifications" | "opencode.*" | "*" => attention.is_taken_out = false,
                _ => {}
            }
        }
    }
    Some(())
}

fn add_object(attention: &mut Attention, object: &JsonObject<'_>) {
    let Some(JsonValue::Object(said)) = object.get("attention") else {
        return;
    };
    let switch = |key: &str| match said.get(key) {
        Some(JsonValue::Boolean(on)) => Some(*on),
        _ => None,
    };
    attention.enabled = switch("enabled").or(attention.enabled);
    attention.notifications = switch("notifications").or(attention.notifications);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With these files in OpenCode's folder.
    fn with(files: &[(&str, &str)]) -> Option<bool> {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/opencode");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let named = folder.join("named.json").display().to_string();
        let variable = [("OPENCODE_TUI_CONFIG", named.as_str())];
        speaks(&Environment::for_test(home.path(), &variable))
    }

    #[test]
    fn opencode_is_silent_unless_it_is_told_to_speak() {
        assert_eq!(with(&[]), Some(false));
        assert_eq!(with(&[("tui.json", r#"{"theme":"x"}"#)]), Some(false));
        let on = r#"{ // mine
            "attention": {"enabled": true,},
        }"#;
        assert_eq!(with(&[("tui.json", on)]), Some(true));
        assert_eq!(
            with(&[("tui.jsonc", r#"{"tui":{"attention":{"enabled":true}}}"#)]),
            Some(true)
        );
        let silent = r#"{"attention":{"enabled":true,"notifications":false}}"#;
        assert_eq!(with(&[("tui.json", silent)]), Some(false));
    }

    #[test]
    fn a_later_file_wins_and_leaves_what_it_does_not_say() {
        let on = r#"{"attention":{"enabled":true}}"#;
        let quiet = r#"{"attention":{"notifications":false}}"#;
        assert_eq!(with(&[("tui.json", on), ("tui.jsonc", quiet)]), Some(false));
        let off = r#"{"attention":{"enabled":false}}"#;
        assert_eq!(with(&[("tui.json", off), ("named.json", on)]), Some(true));
    }

    #[test]
    fn opencode_2_has_a_file_of_its_own_and_a_plugin_that_can_be_taken_out() {
        let on = r#"{"attention":{"enabled":true}}"#;
        assert_eq!(with(&[("cli.json", on)]), Some(true));
        let out = r#"{"attention":{"enabled":true},"plugins":["-opencode.notifications",{"package":"x"}]}"#;
        assert_eq!(with(&[("cli.json", out)]), Some(false));
        assert_eq!(with(&[("cli.json", out), ("tui.json", on)]), Some(true));
    }

    #[test]
    fn what_cannot_be_understood_is_unknown() {
        assert_eq!(with(&[("tui.json", "{")]), None);
        assert_eq!(with(&[("cli.json", "[]")]), None);
        assert_eq!(with(&[("tui.json", &" ".repeat(2 << 20))]), None);
    }
}
