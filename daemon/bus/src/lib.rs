// SPDX-License-Identifier: GPL-3.0-or-later
//! Octally on the session bus: the interfaces that the daemon serves and their client.
//!
//! `data/io.github.octally.Octally.xml` is the contract. This crate turns wire types into
//! dictionaries and calls into [`Request`]s; it reads no ledger, computes no figure and holds no
//! state of its own. Nothing outside of it knows zbus.

mod alerts1;
mod argument;
mod budget;
mod data1;
mod desktop;
mod dictionary;
mod notice;
mod presence;
mod publisher;
mod question;
mod request;
mod service;
mod sessions1;
mod story;
mod usage1;

pub mod client;

pub use data1::{DataRequest, ExportOptions, Finding};
pub use desktop::{Action, Desktop, DesktopEvent, Note};
pub use notice::{AlertSettings, AlertsChange, Matter, Notice, NoticeState, Speaker};
pub use presence::Presence;
pub use question::Question;
pub use request::{Done, Refreshed, Request, RequestError};
pub use service::{BusError, Ended, IdleCause, Seen, Service, Tenure};
pub use story::Story;

/// The well-known name of the daemon.
pub const NAME: &str = "io.github.octally.Octally";
/// The one object it serves.
pub const PATH: &str = "/io/github/octally/Octally";

#[cfg(test)]
mod tests;
