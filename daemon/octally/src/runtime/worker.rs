// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thread that touches SQLite. It owns the meter, takes jobs in order and answers each, so
//! that the loop never blocks.
//!
//! A ledger that cannot be used stops nothing: what is known stays on show, marked with its age and
//! the reason, and the ledger is tried again when asked to.

mod answers;
mod reading;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use octally_bus::{DataRequest, RequestError, Story};
use octally_core::ledger::LedgerError;
use octally_core::meter::{Host, Live, Meter};
use octally_core::model::{Problem, Zone};
use octally_core::rollup;
use octally_core::sync::{Depth, Origins, SyncReport};
use octally_core::wire::{Freshness, FreshnessState, ReportRow, Snapshot};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::clock::now_ms;
use super::event::Event;
use super::notices::LATELY_MS;
use super::readiness::Patience;
use super::tools::Tools;
use super::{memory, publish};

pub use reading::{Read, Reading};

/// Something for the worker to do.
#[derive(Debug)]
pub enum Job {
    /// Read what is new and answer with [`Event::Read`].
    Read(Read),
    /// Answer a question.
    Report(
        rollup::Request,
        Zone,
        oneshot::Sender<Result<Vec<ReportRow>, RequestError>>,
    ),
    /// Explain a session.
    Describe(String, oneshot::Sender<Result<Option<Story>, RequestError>>),
    /// Something about what is kept, its days in this zone.
    Data(DataRequest, Zone),
    /// From now on use these.
    Configure(Place),
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The ledger.
    pub ledger: PathBuf,
    /// OpenCode's data.
    pub origins: Origins,
    /// This machine.
    pub host: Host,
    /// Sessions that ended so many months ago are forgotten; 0: never.
    pub keep_months: u32,
}

/// The loop's end of the worker.
#[derive(Debug)]
pub struct Worker {
    /// `None` once no further jobs are taken.
    jobs: Option<mpsc::Sender<Job>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts the thread. Its last event is [`Event::WorkerStopped`], also if it panics.
    ///
    /// # Errors
    /// When the system grants no thread.
    pub fn start(place: Place, events: UnboundedSender<Event>) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let desk = Desk::new(place, Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("octally-ledger".into())
            .spawn(move || work(desk, &queue, &Farewell(events)))?;
        Ok(Self {
            jobs: Some(jobs),
            stop,
            thread,
        })
    }

    /// Hands a job over. One for a worker that was closed is dropped, and so is its reply.
    pub fn take(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }

    /// Takes no more jobs and lets the present one end early: what was read until then stays
    /// recorded. The end is an [`Event::WorkerStopped`].
    pub fn close(&mut self) {
        self.jobs = None;
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for the thread, which has said that it stopped.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the ledger thread panicked");
        }
    }
}

/// Says that the thread has ended, however it did.
struct Farewell(UnboundedSender<Event>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.send(Event::WorkerStopped);
    }
}

fn work(mut desk: Desk, queue: &mpsc::Receiver<Job>, events: &Farewell) {
    loop {
        match desk.next(queue) {
            Ok(Job::Read(read)) => {
                let _ = events.0.send(Event::Read(Box::new(desk.read(&read))));
            }
            Ok(Job::Report(request, zone, reply)) => {
                let _ = reply.send(desk.report(&request, &zone));
            }
            Ok(Job::Describe(id, reply)) => {
                let _ = reply.send(desk.describe(&id));
            }
            Ok(Job::Data(request, zone)) => desk.do_with_data(request, &zone),
            Ok(Job::Configure(place)) => desk.configure(place),
            Err(RecvTimeoutError::Timeout) => desk.read_tools(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What the thread has before it.
struct Desk {
    place: Place,
    meter: Option<Meter>,
    /// Why there is no meter.
    refused: Option<Problem>,
    last: SyncReport,
    /// The last snapshot that the ledger answered, as fresh as its sources were.
    good: Option<Snapshot>,
    tools: Tools,
    stop: Arc<AtomicBool>,
}

impl Desk {
    fn new(place: Place, stop: Arc<AtomicBool>) -> Self {
        Self {
            place,
            meter: None,
            refused: None,
            last: SyncReport::default(),
            good: None,
            tools: Tools::default(),
            stop,
        }
    }

    /// The next job; a timeout when there is time for tools.
    fn next(&self, queue: &mpsc::Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        match self.tools.pause().filter(|_| self.meter.is_some()) {
            Some(pause) => queue.recv_timeout(pause),
            None => queue.recv().map_err(RecvTimeoutError::from),
        }
    }

    fn read_tools(&mut self) {
        if let Some(meter) = &mut self.meter {
            self.tools.read(meter, &self.stop);
        }
    }

    fn configure(&mut self, place: Place) {
        match &mut self.meter {
            Some(meter) if self.place.ledger == place.ledger && self.place.host == place.host => {
                meter.set_origins(place.origins.clone());
            }
            _ => self.close(),
        }
        self.place = place;
    }

    fn close(&mut self) {
        self.meter = None;
        self.refused = None;
        self.good = None;
    }

    fn read(&mut self, read: &Read) -> Reading {
        let start = Instant::now();
        let mut reading = self.try_read(read);
        reading.took = start.elapsed();
        self.tools.note(&reading.report);
        if read.depth == Depth::Thorough || reading.report.messages_read > 1000 {
            memory::trim();
        }
        reading
    }

    fn try_read(&mut self, read: &Read) -> Reading {
        let now_ms = now_ms();
        if let Err(problem) = self.open(read.may_reopen) {
            return self.unusable(problem, Live::default(), read, now_ms);
        }
        let Some(meter) = &mut self.meter else {
            unreachable!("open() leaves a meter or a problem")
        };
        for folder in &read.touched {
            meter.touch(folder);
        }
        // The states first: the steps of a turn are stored before its end is told, so a turn that is
        // seen finished here is complete in the ledger below.
        let live = meter.live();
        let failure = sync(meter, &mut self.last, read, now_ms, &self.stop)
            .and_then(|()| meter.keep_months(self.place.keep_months, &read.zone, now_ms))
            .err();
        let snapshot = snapshot(meter, &live, &self.last, read, now_ms);
        match (snapshot, failure) {
            (Err(error), _) => self.unusable(error.problem(), live, read, now_ms),
            (Ok(snapshot), Some(error)) => {
                let snapshot = self.spoiled(snapshot, error.problem());
                self.reading(snapshot, live, now_ms)
            }
            (Ok(snapshot), None) => {
                let lately = read.wants_lately.then(|| meter.lately(LATELY_MS, now_ms));
                self.good = Some(snapshot.clone());
                Reading {
                    lately: lately.and_then(Result::ok),
                    ..self.reading(snapshot, live, now_ms)
                }
            }
        }
    }

    fn open(&mut self, may_reopen: bool) -> Result<(), Problem> {
        // A ledger that was deleted under us would be written to where nobody finds it.
        if self.meter.is_some() && may_reopen && !self.place.ledger.exists() {
            tracing::warn!("the ledger is gone; starting a new one");
            self.close();
        }
        if self.meter.is_some() {
            return Ok(());
        }
        if let (Some(problem), false) = (&self.refused, may_reopen) {
            return Err(problem.clone());
        }
        let Place {
            ledger,
            origins,
            host,
            keep_months: _,
        } = self.place.clone();
        match Meter::open(&ledger, origins, host) {
            Ok(meter) => {
                self.meter = Some(meter);
                self.refused = None;
                Ok(())
            }
            Err(error) => {
                let problem = error.problem();
                if self.refused.as_ref() != Some(&problem) {
                    tracing::error!(code = problem.code, "{problem}: {}", problem.remedy);
                }
                self.refused = Some(problem.clone());
                Err(problem)
            }
        }
    }

    /// The figures of the last good time, or none.
    fn unusable(&self, problem: Problem, live: Live, read: &Read, now_ms: i64) -> Reading {
        let nothing = || {
            let freshness = Freshness {
                state: FreshnessState::Error,
                since_ms: now_ms,
                reason: None,
            };
            Snapshot::empty(now_ms, read.zone.name(), freshness)
        };
        let snapshot = self.good.clone().unwrap_or_else(nothing);
        let snapshot = self.spoiled(snapshot, problem);
        self.reading(snapshot, live, now_ms)
    }

    /// Marks a snapshot as not what OpenCode has by now.
    fn spoiled(&self, mut snapshot: Snapshot, problem: Problem) -> Snapshot {
        let reason = Some(publish::sentence(&problem));
        snapshot.freshness = match &self.good {
            Some(good) => Freshness {
                state: FreshnessState::Stale,
                since_ms: match good.freshness.state {
                    FreshnessState::Fresh => good.updated_ms,
                    _ => good.freshness.since_ms,
                },
                reason,
            },
            None => Freshness {
                reason,
                ..snapshot.freshness
            },
        };
        if self.good.is_none() {
            snapshot.freshness.state = FreshnessState::Error;
        }
        snapshot.problems.push(problem);
        snapshot
    }

    fn reading(&self, snapshot: Snapshot, live: Live, read_ms: i64) -> Reading {
        Reading {
            snapshot,
            live,
            lately: None,
            report: self.last.clone(),
            read_ms,
            took: Duration::ZERO,
        }
    }
}

fn snapshot(
    meter: &Meter,
    live: &Live,
    last: &SyncReport,
    read: &Read,
    now_ms: i64,
) -> Result<Snapshot, LedgerError> {
    let (threshold_ms, zone) = (read.idle_threshold_ms, &read.zone);
    let is_alive = &crate::process::is_alive;
    let mut snapshot = meter.snapshot(live, last, is_alive, threshold_ms, zone, now_ms)?;
    snapshot.budgets = meter.budgets(&read.budgets, zone, now_ms)?;
    Ok(snapshot)
}

fn sync(
    meter: &mut Meter,
    last: &mut SyncReport,
    read: &Read,
    now_ms: i64,
    stop: &AtomicBool,
) -> Result<(), LedgerError> {
    let mut patience = Patience::new();
    let mut go_on = |progress| {
        patience.tell(progress);
        !stop.load(Ordering::Relaxed)
    };
    *last = meter.sync(read.depth, &read.zone, now_ms, &mut go_on)?;
    Ok(())
}

#[cfg(test)]
mod tests;
