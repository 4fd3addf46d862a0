// SPDX-License-Identifier: GPL-3.0-or-later
//! Names of projects, and the names that a client may complete.

use octally_core::sync::Depth;
use octally_core::wire::ProjectName;

use crate::desk::Books;
use crate::trouble::Trouble;

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `anthropic`
    Provider,
    /// `anthropic/claude-sonnet-4-5`
    Model,
    /// A name or an id.
    Project,
    /// `ses_...`
    Session,
}

/// The names that begin with `prefix`, whatever their case, best first, and how many there are; at most
/// `limit` of them.
pub fn names(
    books: &mut Books,
    kind: Kind,
    prefix: &str,
    limit: usize,
) -> Result<(Vec<String>, usize), Trouble> {
    let mut names = all(books, kind)?;
    let prefix = prefix.to_lowercase();
    names.retain(|name| name.to_lowercase().starts_with(&prefix));
    let count = names.len();
    names.truncate(limit);
    Ok((names, count))
}

fn all(books: &mut Books, kind: Kind) -> Result<Vec<String>, Trouble> {
    books.read(Depth::Quick)?;
    books.of(|meter| match kind {
        Kind::Session => meter.session_ids("", usize::MAX),
        Kind::Provider => Ok(meter.catalog()?.providers),
        Kind::Model => Ok(meter.catalog()?.models),
        Kind::Project => Ok(handles(&meter.catalog()?.projects)),
    })
}

/// What each project can be asked for by: its name, or its id where others have the same name.
pub fn handles(projects: &[ProjectName]) -> Vec<String> {
    let handle = |project: &ProjectName| handle(project, projects).to_owned();
    projects.iter().map(handle).collect()
}

/// The name of a project where it is the only one of that name, else its id.
pub fn handle<'a>(project: &'a ProjectName, projects: &[ProjectName]) -> &'a str {
    let same = projects.iter().filter(|other| other.name == project.name);
    if same.count() == 1 {
        &project.name
    } else {
        &project.id
    }
}

/// The project that a client means by a name, an id or a path.
pub fn resolve_project(projects: &[ProjectName], asked: &str) -> Result<ProjectName, Trouble> {
    let exact = projects
        .iter()
        .find(|project| project.id == asked || project.worktree == asked);
    if let Some(project) = exact {
        return Ok(project.clone());
    }
    let named: Vec<&ProjectName> = projects
        .iter()
        .filter(|project| project.name == asked)
        .collect();
    match named.as_slice() {
        [project] => Ok((*project).clone()),
        [] => {
            let known = projects.iter().map(|project| project.name.as_str());
            Err(Trouble::unknown("project", asked, known))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|project| project.id.as_str()).collect();
            Err(Trouble::Question(format!(
                "{} projects are called {asked}: ask by id, one of {}",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}
