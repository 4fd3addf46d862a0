// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Data1`: what is kept, where it comes from, and what the user wants done with it.

use std::collections::{BTreeMap, HashMap};

use octally_core::wire::{Holdings, ProjectHolding, SourceHolding};
use tokio::sync::{mpsc, oneshot};
use zbus::{OwnedFd, OwnedVariant, Variant, fdo, interface};

use crate::dictionary::{Dict, insert_text};
use crate::usage1::ask;
use crate::{Request, RequestError};

/// What is asked of the data. Each request carries the way back to its caller.
#[derive(Debug)]
pub enum DataRequest {
    /// What the ledger holds.
    Describe(Reply<Holdings>),
    /// The findings of the doctor.
    Diagnose(Reply<Vec<Finding>>),
    /// Writes an export into a file that the caller has opened.
    Export(std::os::fd::OwnedFd, ExportOptions, Reply<u64>),
    /// Makes every sum again, answers how many steps there are, and reads every source from its beginning.
    Rebuild(Reply<u64>),
    /// Forgets a project; answers how many steps it had.
    Forget(String, Reply<u64>),
    /// Takes that back.
    Remember(String, Reply<()>),
    /// Keeps so many months from now on; 0 for ever.
    KeepMonths(u32, Reply<()>),
}

/// The way back.
pub type Reply<T> = oneshot::Sender<Result<T, RequestError>>;

/// A finding of the doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `source`, `ledger`, ...
    pub name: String,
    /// `ok`, `note`, `warning` or `error`.
    pub verdict: String,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// How an export is written, in the words of `octally export`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// `csv`, `json`, `jsonl` or `markdown`.
    pub format: String,
    /// `steps`, `sessions` or `days`.
    pub what: String,
}

impl ExportOptions {
    const FORMATS: [&'static str; 4] = ["csv", "json", "jsonl", "markdown"];
    const ROWS: [&'static str; 3] = ["steps", "sessions", "days"];

    fn parse(mut options: HashMap<String, OwnedVariant>) -> Result<Self, RequestError> {
        let parsed = Self {
            format: take_word(&mut options, "format", &Self::FORMATS)?,
            what: take_word(&mut options, "what", &Self::ROWS)?,
        };
        match options.into_keys().min() {
            Some(key) => Err(RequestError::Invalid(format!("there is no option '{key}'"))),
            None => Ok(parsed),
        }
    }
}

/// One of the words; the first of them where the key is left out.
fn take_word(
    options: &mut HashMap<String, OwnedVariant>,
    key: &str,
    words: &[&str],
) -> Result<String, RequestError> {
    let Some(value) = options.remove(key) else {
        return Ok(words.first().copied().unwrap_or_default().into());
    };
    String::try_from(Variant::from(value))
        .ok()
        .filter(|word| words.contains(&word.as_str()))
        .ok_or_else(|| RequestError::Invalid(format!("'{key}' is one of {}", words.join(", "))))
}

pub(crate) struct Data1 {
    pub(crate) requests: mpsc::Sender<Request>,
}

impl Data1 {
    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> DataRequest) -> fdo::Result<T> {
        let answer = ask(&self.requests, |reply| Request::Data(request(reply))).await?;
        Ok(answer?)
    }
}

#[interface(name = "io.github.octally.Data1", introspection_docs = false)]
impl Data1 {
    #[zbus(out_args("data"))]
    async fn describe(&self) -> fdo::Result<Dict> {
        Ok(holdings(&self.ask(DataRequest::Describe).await?))
    }

    #[zbus(out_args("checks"))]
    async fn diagnose(&self) -> fdo::Result<Vec<Dict>> {
        let findings = self.ask(DataRequest::Diagnose).await?;
        Ok(findings.iter().map(finding).collect())
    }

    #[zbus(out_args("result"))]
    async fn export(
        &self,
        file: OwnedFd,
        options: HashMap<String, OwnedVariant>,
    ) -> fdo::Result<Dict> {
        let options = ExportOptions::parse(options)?;
        let export = |reply| DataRequest::Export(file.into(), options, reply);
        let bytes = self.ask(export).await?;
        Ok(BTreeMap::from([("bytes", bytes.into())]))
    }

    #[zbus(out_args("result"))]
    async fn rebuild(&self) -> fdo::Result<Dict> {
        let steps = self.ask(DataRequest::Rebuild).await?;
        Ok(BTreeMap::from([("steps", steps.into())]))
    }

    #[zbus(out_args("result"))]
    async fn forget(&self, project: String) -> fdo::Result<Dict> {
        let steps = self
            .ask(|reply| DataRequest::Forget(project, reply))
            .await?;
        Ok(BTreeMap::from([("steps", steps.into())]))
    }

    async fn remember(&self, project: String) -> fdo::Result<()> {
        self.ask(|reply| DataRequest::Remember(project, reply))
            .await
    }

    async fn set_retention(&self, months: u32) -> fdo::Result<()> {
        self.ask(|reply| DataRequest::KeepMonths(months, reply))
            .await
    }
}

fn holdings(data: &Holdings) -> Dict {
    let projects = data.projects.iter().map(project).collect::<Vec<_>>();
    let sources = data.sources.iter().map(source).collect::<Vec<_>>();
    let mut dict = Dict::from([
        ("ledger", data.ledger.clone().into()),
        ("ledger_bytes", data.ledger_bytes.into()),
        ("steps", data.steps.into()),
        ("sessions", data.sessions.into()),
        ("keep_months", data.keep_months.into()),
        ("projects", projects.into()),
        ("forgotten_projects", data.forgotten_projects.clone().into()),
        ("sources", sources.into()),
    ]);
    if let Some(first_step_ms) = data.first_step_ms {
        dict.insert("first_step_ms", first_step_ms.into());
    }
    dict
}

fn project(project: &ProjectHolding) -> Dict {
    Dict::from([
        ("project", project.project.clone().into()),
        ("steps", project.steps.into()),
        ("cost_billed_usd", project.billed_usd.into()),
    ])
}

fn source(source: &SourceHolding) -> Dict {
    let mut dict = Dict::from([
        ("path", source.path.clone().into()),
        ("generation", source.generation.clone().into()),
        ("messages", source.messages.into()),
        ("problems", source.unread_rows.into()),
    ]);
    if let Some(newest_ms) = source.newest_ms {
        dict.insert("newest_ms", newest_ms.into());
    }
    dict
}

fn finding(finding: &Finding) -> Dict {
    let mut dict = Dict::from([
        ("name", finding.name.clone().into()),
        ("verdict", finding.verdict.clone().into()),
        ("what", finding.what.clone().into()),
    ]);
    insert_text(&mut dict, "remedy", finding.remedy.as_deref());
    dict
}
