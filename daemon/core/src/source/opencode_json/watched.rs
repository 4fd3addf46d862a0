// SPDX-License-Identifier: GPL-3.0-or-later
//! Which folders tell that a message file has changed.
//!
//! Not all of them: a history has thousands, of which a few still change. The folder that has one folder
//! per session shows new sessions, and those of the latest sessions show their messages.

use std::path::{Path, PathBuf};

use super::paths::{MessageDir, list};

/// At most so many sessions of a data folder, and as many projects of 0.1 and 0.5, are worth watching.
pub const MAX_WATCHED: usize = 64;

/// What a path below a data folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder that has message folders, or one on the way to it.
    Above,
    /// The message folder of a session, or a message file in it: this is the folder.
    Messages(PathBuf),
}

/// What a path is by its name alone; `None` for everything that has nothing to do with message files.
pub fn place(data_dir: &Path, path: &Path) -> Option<Place> {
    let below = path.strip_prefix(data_dir).ok()?;
    let names: Vec<&str> = below
        .iter()
        .map(|name| name.to_str())
        .collect::<Option<_>>()?;
    let above: &[&str] = match *names.first()? {
        "storage" => &["storage", "message"],
        "project" => &["project", "", "storage", "session", "message"],
        _ => return None,
    };
    let is_on_the_way = |(name, wanted): (&&str, &&str)| wanted.is_empty() || name == wanted;
    if !names.iter().zip(above).all(is_on_the_way) {
        return None;
    }
    match names.len().checked_sub(above.len()) {
        None | Some(0) => Some(Place::Above),
        Some(1) => Some(Place::Messages(path.into())),
        Some(2) if path.extension().is_some_and(|end| end == "json") => {
            path.parent().map(|folder| Place::Messages(folder.into()))
        }
        Some(_) => None,
    }
}

/// The folders that have one folder per session: that of 1.0 and 1.1 where it exists, and those of the latest
/// projects of 0.1 and 0.5, which may only have begun to appear.
pub fn message_parents(data_dir: &Path) -> Vec<PathBuf> {
    let projects = data_dir.join("project");
    // What cannot be listed is told where it is read.
    let mut found: Vec<_> = list(&projects)
        .unwrap_or_default()
        .into_iter()
        .map(|slug| {
            let folder = projects.join(&slug);
            let messages = folder.join("storage/session/message");
            let metadata = std::fs::metadata(&messages).or_else(|_| std::fs::metadata(&folder));
            (metadata.and_then(|found| found.modified()).ok(), messages)
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.truncate(MAX_WATCHED);
    let global = Some(data_dir.join("storage/message")).filter(|path| path.is_dir());
    let of_projects = found.into_iter().map(|(_, path)| path);
    global.into_iter().chain(of_projects).collect()
}

/// The message folders of the latest sessions, newest first.
pub fn latest(dirs: &[MessageDir]) -> Vec<PathBuf> {
    let mut latest: Vec<&MessageDir> = dirs.iter().collect();
    latest.sort_by_key(|dir| std::cmp::Reverse(dir.modified_ns));
    latest.truncate(MAX_WATCHED);
    latest.into_iter().map(MessageDir::path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::opencode_json::Layout;

    #[test]
    fn a_path_tells_whose_messages_it_is_of() {
        let at = |path: &str| place(Path::new("/d"), &Path::new("/d").join(path));
        let folder = |path: &str| Some(Place::Messages(Path::new("/d").join(path)));
        for above in [
            "storage",
            "storage/message",
            "project",
            "project/slug",
            "project/slug/storage/session",
            "project/slug/storage/session/message",
        ] {
            assert_eq!(at(above), Some(Place::Above), "{above}");
        }
        for parent in [
            "storage/message/ses_1",
            "project/a/storage/session/message/ses_1",
        ] {
            assert_eq!(at(parent), folder(parent));
            assert_eq!(at(&format!("{parent}/msg_1.json")), folder(parent));
            assert_eq!(at(&format!("{parent}/msg_1.json.tmp")), None);
            assert_eq!(at(&format!("{parent}/a/b.json")), None);
        }
        for other in [
            "opencode.db",
            "storage/part",
            "storage/session/p/ses_1.json",
            "storage/session_diff/ses_1.json",
            "project/a/storage/session/part/ses_1",
            "log/storage/message/ses_1",
        ] {
            assert_eq!(at(other), None, "{other}");
        }
        assert_eq!(place(Path::new("/d"), Path::new("/else/storage")), None);
    }

    #[test]
    fn of_a_long_history_the_latest_sessions_are_watched() {
        let dir = |number: i64| MessageDir {
            parent: Path::new("/d/storage/message").into(),
            session_id: format!("ses_{number}").into(),
            layout: Layout::Global,
            modified_ns: number,
        };
        let dirs: Vec<_> = (0..10_000).map(dir).collect();
        let latest = latest(&dirs);
        assert_eq!(latest.len(), MAX_WATCHED);
        assert_eq!(latest[0], Path::new("/d/storage/message/ses_9999"));
    }
}
