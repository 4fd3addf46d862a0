// SPDX-License-Identifier: GPL-3.0-or-later
//! Who is answered when the next state is out.

use octally_bus::{Done, Refreshed, RequestError};
use tokio::sync::oneshot;

/// Somebody who waits until something new is published.
#[derive(Debug)]
pub enum Asker {
    /// A refresh is answered with what it did.
    Refresh(oneshot::Sender<Result<Refreshed, RequestError>>),
    /// A change of the configuration.
    Edit(Done),
}

impl Asker {
    /// It is published. One who has gone meanwhile is told nothing.
    pub fn tell(self, refreshed: &Refreshed) {
        match self {
            Self::Refresh(reply) => drop(reply.send(Ok(refreshed.clone()))),
            Self::Edit(done) => drop(done.send(Ok(()))),
        }
    }
}
