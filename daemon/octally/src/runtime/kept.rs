// SPDX-License-Identifier: GPL-3.0-or-later
//! `alerts.json`: what a restart must not make the daemon say again. No words of the user's but the names of
//! budgets are in it.
//!
//! The file appears whole or not at all, for the user alone. One that cannot be understood is put aside as
//! `alerts.json.damaged`, where the doctor finds it, and a new one is begun.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use octally_core::model::{Problem, Severity};
use serde::{Deserialize, Serialize};

use super::notices::{Announced, Kept};

const SCHEMA: u32 = 1;
/// More than a hundred times what a file of ours has.
const MOST_BYTES: u64 = 4 << 20;

/// The shape of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    schema: u32,
    #[serde(default)]
    snoozed_until_ms: i64,
    /// Budget, period, limit in nano-USD: the highest percent that was announced.
    #[serde(default)]
    budgets: Announced,
    /// The notification server that shows `on_desktop`.
    #[serde(default)]
    server: Option<String>,
    #[serde(default)]
    on_desktop: BTreeMap<String, OnDesktop>,
}

/// A notification of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OnDesktop {
    kind: String,
    /// The server's number.
    number: u32,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            snoozed_until_ms: 0,
            budgets: Announced::default(),
            server: None,
            on_desktop: BTreeMap::new(),
        }
    }
}

/// The file and what it holds.
#[derive(Debug)]
pub struct KeptFile {
    path: PathBuf,
    written: Content,
    /// The server and its numbers for what is on the desktop.
    pub server: Option<String>,
    /// By our id.
    pub numbers: BTreeMap<String, u32>,
}

impl KeptFile {
    /// Reads it; `server` is the notification server that runs now, whose numbers alone are of use.
    pub fn load(path: &Path, server: Option<String>) -> (Self, Kept) {
        let mut content = match read(path) {
            Ok(content) => content.unwrap_or_default(),
            Err(why) => {
                tracing::warn!(place = %path.display(), "is put aside, because it {why}");
                put_aside(path);
                Content::default()
            }
        };
        if content.server != server {
            content.on_desktop.clear();
        }
        let numbers = content
            .on_desktop
            .iter()
            .map(|(id, shown)| (id.clone(), shown.number));
        let file = Self {
            path: path.into(),
            numbers: numbers.collect(),
            server,
            written: content.clone(),
        };
        let on_desktop = content
            .on_desktop
            .into_iter()
            .map(|(id, shown)| (id, shown.kind));
        let kept = Kept {
            announced: content.budgets,
            snoozed_until_ms: content.snoozed_until_ms,
            on_desktop: on_desktop.collect(),
        };
        (file, kept)
    }

    /// Writes it, if anything is new.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, kept: Kept) -> std::io::Result<()> {
        self.numbers
            .retain(|id, _| kept.on_desktop.contains_key(id));
        let shown = |(id, kind): (String, String)| {
            let number = *self.numbers.get(&id)?;
            Some((id, OnDesktop { kind, number }))
        };
        let on_desktop: BTreeMap<String, OnDesktop> =
            kept.on_desktop.into_iter().filter_map(shown).collect();
        let content = Content {
            schema: SCHEMA,
            snoozed_until_ms: kept.snoozed_until_ms,
            budgets: kept.announced,
            server: self.server.clone().filter(|_| !on_desktop.is_empty()),
            on_desktop,
        };
        if content != self.written {
            write(&self.path, &content)?;
            self.written = content;
        }
        Ok(())
    }
}

/// What is wrong with the file, for the doctor.
pub fn inspect(path: &Path) -> Option<Problem> {
    let problem = |place: &Path, what: String, remedy: &str| {
        let place = place.display().to_string();
        Problem::new(
            Severity::Warning,
            "damaged_alerts_file",
            what,
            place,
            remedy,
        )
    };
    let aside = aside(path);
    if aside.exists() {
        let what = "is what was known of announced budgets, and cannot be understood; a threshold may \
                    have been announced twice";
        return Some(problem(
            &aside,
            what.into(),
            "remove it; a new one has been begun",
        ));
    }
    let why = read(path).err()?;
    let remedy =
        "restart the daemon, which begins a new one; a threshold may be announced once more";
    Some(problem(path, why, remedy))
}

/// `None`: there is none. The error goes on after the file's name.
fn read(path: &Path) -> Result<Option<Content>, String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let mut text = String::new();
    let read = file.take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| format!("cannot be read: {error}"))?;
    let content: Content =
        serde_json::from_str(&text).map_err(|error| format!("is damaged: {error}"))?;
    match content.schema {
        SCHEMA => Ok(Some(content)),
        other => Err(format!("is of another version: {other}")),
    }
}

fn write(path: &Path, content: &Content) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".alerts.json.")
        .tempfile_in(folder)?;
    draft.write_all(&serde_json::to_vec(content)?)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension("json.damaged")
}

fn put_aside(path: &Path) {
    if let Err(error) = std::fs::rename(path, aside(path)) {
        tracing::warn!(%error, place = %path.display(), "cannot be put aside");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn kept(until_ms: i64) -> Kept {
        Kept {
            snoozed_until_ms: until_ms,
            on_desktop: [("tripwire".into(), "tripwire".into())].into(),
            ..Kept::default()
        }
    }

    fn server(name: &str) -> Option<String> {
        Some(name.into())
    }

    #[test]
    fn what_is_written_is_read_again_by_the_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("octally/alerts.json");
        let (mut file, none) = KeptFile::load(&path, server(":1.7"));
        assert_eq!(none, Kept::default());
        file.numbers.insert("tripwire".into(), 12);
        file.save(kept(5)).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let (file, again) = KeptFile::load(&path, server(":1.7"));
        assert_eq!(again, kept(5));
        assert_eq!(file.numbers["tripwire"], 12);
        // The numbers of a server that is no more mean nothing.
        let (file, other) = KeptFile::load(&path, server(":1.8"));
        assert_eq!((other.on_desktop.len(), file.numbers.len()), (0, 0));
        assert_eq!(other.snoozed_until_ms, 5);
    }

    #[test]
    fn nothing_new_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.json");
        let (mut file, _) = KeptFile::load(&path, None);
        file.save(Kept::default()).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_torn_or_foreign_file_is_put_aside_and_told() {
        for text in [
            "{\"schema\":1,\"budg",
            "[]",
            "{\"schema\":7}",
            "",
            "{\"schema\":1,\"budgets\":3}",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("alerts.json");
            std::fs::write(&path, text).unwrap();
            assert!(inspect(&path).is_some(), "{text}");
            let (mut file, none) = KeptFile::load(&path, None);
            assert_eq!(none, Kept::default());
            file.save(Kept {
                snoozed_until_ms: 1,
                ..Kept::default()
            })
            .unwrap();
            let problem = inspect(&path).unwrap();
            assert!(
                problem.place.ends_with("alerts.json.damaged"),
                "{problem:?}"
            );
            std::fs::remove_file(aside(&path)).unwrap();
            assert_eq!(inspect(&path), None);
        }
    }
}
