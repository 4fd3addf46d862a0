// SPDX-License-Identifier: GPL-3.0-or-later
//! Names and places, no figures: the files of sessions and projects, and where a message was written.

use std::path::Path;

use rustix::fs::CWD;
use serde::Deserialize;

use super::file::Reader;
use super::paths::list;
use crate::model::{Problem, Project};
use crate::source::object::Object;

#[derive(Deserialize)]
pub(super) struct SessionFile {
    pub id: Option<String>,
    #[serde(rename = "parentID")]
    pub parent_id: Option<String>,
    #[serde(rename = "projectID")]
    pub project_id: Option<String>,
    pub directory: Option<String>,
    pub title: Option<String>,
    pub version: Option<String>,
    #[serde(default)]
    pub time: SessionTime,
}

#[derive(Default, Deserialize)]
pub(super) struct SessionTime {
    pub created: Option<f64>,
    pub archived: Option<f64>,
}

#[derive(Deserialize)]
struct ProjectFile {
    id: Option<String>,
    worktree: Option<String>,
    name: Option<String>,
}

/// Where a message was written: the session files of 0.1 and 0.5 do not say.
#[derive(Deserialize)]
pub(super) struct Folders {
    /// The working directory.
    pub cwd: Option<String>,
    /// The project's root.
    pub root: Option<String>,
}

/// A message file of which nothing else is asked. 0.1 has the folders further within.
#[derive(Deserialize)]
pub(super) struct Located {
    path: Option<Object<Folders>>,
    metadata: Option<Object<Metadata>>,
}

#[derive(Deserialize)]
struct Metadata {
    assistant: Option<Object<Assistant>>,
}

#[derive(Deserialize)]
struct Assistant {
    path: Option<Object<Folders>>,
}

impl Located {
    pub fn folders(self) -> Option<Folders> {
        let within = |Object(metadata): Object<Metadata>| metadata.assistant?.0.path;
        let path = self.path.or_else(|| self.metadata.and_then(within));
        path.map(|Object(folders)| folders)
    }
}

/// The projects in `storage/project`. A file that is broken costs its project's name only.
pub(super) fn projects(folder: &Path) -> Result<Vec<Project>, Problem> {
    let mut found = Vec::new();
    let mut reader = Reader::default();
    for name in list(folder)? {
        let path = folder.join(&name);
        let file = reader.value::<ProjectFile>(&CWD, &path.to_string_lossy());
        if let Some(ProjectFile {
            id: Some(id),
            worktree: Some(worktree),
            name,
        }) = file
        {
            found.push(Project { id, worktree, name });
        }
    }
    Ok(found)
}
