// SPDX-License-Identifier: GPL-3.0-or-later
//! The files of sessions and projects: names and places, no figures.

use std::path::Path;

use rustix::fs::CWD;
use serde::Deserialize;

use super::file::Reader;
use super::paths::list;
use crate::model::{Problem, Project};

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
