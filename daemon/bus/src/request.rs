// SPDX-License-Identifier: GPL-3.0-or-later
//! What a caller on the bus asks of the daemon. Each request carries the way back to its caller.

use octally_core::model::{BudgetChange, Problem};
use octally_core::wire::ReportRow;
use tokio::sync::oneshot;

use crate::{DataRequest, Question, Story};

/// A method call, or a property that was set.
#[derive(Debug)]
pub enum Request {
    /// Read everything that may have changed, thoroughly; answered when it is published.
    Refresh(oneshot::Sender<Result<Refreshed, RequestError>>),
    /// The rows of a report.
    Report(
        Box<Question>,
        oneshot::Sender<Result<Vec<ReportRow>, RequestError>>,
    ),
    /// A session in short; `None` where the ledger does not know it.
    Describe(String, oneshot::Sender<Result<Option<Story>, RequestError>>),
    /// Something about what is kept.
    Data(DataRequest),
    /// A new idle threshold in milliseconds, 0 for never; answered when it is in force.
    SetIdleThreshold(i64, oneshot::Sender<()>),
    /// Make or change the budget of this name; answered when it is published.
    SetBudget(String, Box<BudgetChange>, Done),
    /// Remove the budget of this name; answered when it is published.
    RemoveBudget(String, Done),
}

/// The way back to who asked for something without an answer.
pub type Done = oneshot::Sender<Result<(), RequestError>>;

/// What a refresh did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refreshed {
    /// Messages looked at.
    pub messages_read: u64,
    /// Steps that were new to the ledger.
    pub steps_added: u64,
    /// Steps that changed.
    pub steps_updated: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The caller asked for something that does not exist.
    #[error("{0}")]
    Invalid(String),
    /// The daemon could not answer.
    #[error("{0}")]
    Failed(String),
}

impl From<RequestError> for zbus::fdo::Error {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Invalid(why) => Self::InvalidArgs(why),
            RequestError::Failed(why) => Self::Failed(why),
        }
    }
}
