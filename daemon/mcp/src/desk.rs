// SPDX-License-Identifier: GPL-3.0-or-later
//! The ledger behind a counter: it lives and blocks on a thread of its own, questions come to it one
//! after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use octally_core::ledger::LedgerError;
use octally_core::meter::Meter;
use octally_core::sync::{Depth, SyncReport};
use tokio::sync::{mpsc, oneshot};

use crate::Setup;
use crate::trouble::Trouble;

/// So many questions wait; more wait where they come from.
const WAITING: usize = 64;

/// How long a question waits for its answer: clients give up after half a minute or a minute.
const PATIENCE: Duration = Duration::from_secs(25);

type Question = Box<dyn FnOnce(&mut Books) + Send>;

/// Where questions are asked. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    questions: mpsc::Sender<Question>,
    is_closed: Arc<AtomicBool>,
}

impl Desk {
    /// Starts the thread, which reads what is new before the first question.
    pub fn open(setup: Setup) -> (Self, JoinHandle<()>) {
        let (questions, mut waiting) = mpsc::channel::<Question>(WAITING);
        let is_closed = Arc::new(AtomicBool::new(false));
        let mut books = Books {
            setup,
            meter: None,
            report: SyncReport::default(),
            now_ms: 0,
            is_closed: Arc::clone(&is_closed),
        };
        let thread = std::thread::spawn(move || {
            // Trouble is told to whoever asks.
            let _ = books.read(Depth::Quick);
            while let Some(question) = waiting.blocking_recv() {
                question(&mut books);
            }
        });
        let desk = Self {
            questions,
            is_closed,
        };
        (desk, thread)
    }

    /// Ends a reading that is under way; what was read is kept.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// Waits for the answer. A question that nobody waits for any more is not looked into.
    ///
    /// # Errors
    /// Those of the question, [`Trouble::Reading`] and [`Trouble::Ended`].
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Books) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (reply, answer) = oneshot::channel();
        let asked: Question = Box::new(move |books| {
            if !reply.is_closed() {
                // Whoever asked may have gone meanwhile.
                let _ = reply.send(question(books));
            }
        });
        self.questions
            .send(asked)
            .await
            .map_err(|_| Trouble::Ended)?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.unwrap_or(Err(Trouble::Ended)),
            Err(_) => Err(Trouble::Reading),
        }
    }
}

/// The ledger with its sources, and how it was last read.
pub struct Books {
    /// How everything is configured.
    pub setup: Setup,
    /// What the latest reading did.
    pub report: SyncReport,
    /// When that was, Unix milliseconds.
    pub now_ms: i64,
    meter: Option<Meter>,
    is_closed: Arc<AtomicBool>,
}

impl Books {
    /// Reads what is new. Where the ledger could not be opened before, it is tried again.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn read(&mut self, depth: Depth) -> Result<(), Trouble> {
        if self.meter.is_none() {
            let (origins, host) = (self.setup.origins.clone(), self.setup.host.clone());
            let opened = Meter::open(&self.setup.ledger, origins, host);
            self.meter = Some(opened.map_err(|error| self.trouble(&error))?);
        }
        let include_paths = self.setup.include_titles;
        let Some(meter) = &mut self.meter else {
            return Err(Trouble::Ended);
        };
        self.now_ms = (self.setup.now_ms)();
        let is_closed = &self.is_closed;
        self.report = meter
            .sync(depth, &self.setup.zone, self.now_ms, &mut |_| {
                !is_closed.load(Ordering::SeqCst)
            })
            .map_err(|error| Trouble::ledger(&error, include_paths))?;
        Ok(())
    }

    /// Asks the ledger as it was last read.
    ///
    /// # Errors
    /// The ledger cannot be used, or was never opened.
    pub fn of<T>(
        &self,
        question: impl FnOnce(&Meter) -> Result<T, LedgerError>,
    ) -> Result<T, Trouble> {
        let meter = self.meter.as_ref().ok_or(Trouble::Ended)?;
        question(meter).map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &LedgerError) -> Trouble {
        Trouble::ledger(error, self.setup.include_titles)
    }
}
