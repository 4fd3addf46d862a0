// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thread that touches SQLite. It owns the meter, takes jobs in order and answers each, so
//! that the loop never blocks.
//!
//! A ledger that cannot be used stops nothing: what is known stays on show, marked with its age and
//! the reason, and the ledger is tried again when asked to.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use octally_bus::{DataRequest, Refreshed, RequestError, Story};
use octally_core::ledger::LedgerError;
use octally_core::meter::{Host, Live, Meter};
use octally_core::model::{Budget, Problem, Zone};
use octally_core::rollup::{self, StoryLimits};
use octally_core::source::stats_file::Process;
use octally_core::sync::{Depth, Origins, SyncReport};
use octally_core::wire::{Freshness, FreshnessState, ReportRow, Snapshot};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::clock::now_ms;
use super::event::Event;
use super::readiness::Patience;
use super::tools::Tools;
use super::{data, memory, publish};

/// How much of a session is explained.
const STORY: StoryLimits = StoryLimits {
    sub_agents: 20,
    turns: 10,
};

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

/// How to read.
#[derive(Debug)]
pub struct Read {
    /// How much to take on trust.
    pub depth: Depth,
    /// Whether to try a ledger again that could not be opened.
    pub may_reopen: bool,
    /// Message folders that were written to.
    pub touched: Vec<PathBuf>,
    /// The zone of the days.
    pub zone: Zone,
    /// Milliseconds, 0 for never.
    pub idle_threshold_ms: i64,
    /// What the user means to spend at most.
    pub budgets: Vec<Budget>,
}

/// What a read led to.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The new state.
    pub snapshot: Snapshot,
    /// The runs it was made from.
    pub live: Live,
    /// What the sync did.
    pub report: SyncReport,
    /// How long all of it took.
    pub took: Duration,
}

impl Reading {
    /// For the journal, without anything of the user's.
    pub fn log(&self) {
        tracing::debug!(
            messages_read = self.report.messages_read,
            steps_added = self.report.steps_added,
            steps_updated = self.report.steps_updated,
            problems = self.snapshot.problems.len(),
            duration_ms = self.duration_ms(),
            "read"
        );
    }

    /// The processes of the runs that have not said goodbye.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        let runs = self.live.files.iter().flat_map(|file| &file.runs);
        runs.filter(|run| run.ended_ms.is_none())
            .map(|run| &run.process)
    }

    /// The answer to whoever asked for it.
    pub fn refreshed(&self) -> Refreshed {
        Refreshed {
            messages_read: self.report.messages_read,
            steps_added: self.report.steps_added,
            steps_updated: self.report.steps_updated,
            duration_ms: self.duration_ms(),
            problems: self.snapshot.problems.clone(),
        }
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX)
    }
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
    /// The last snapshot that was fresh.
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
                self.reading(snapshot, live)
            }
            (Ok(snapshot), None) => {
                self.good = Some(snapshot.clone());
                self.reading(snapshot, live)
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
        self.reading(snapshot, live)
    }

    /// Marks a snapshot as not what OpenCode has by now.
    fn spoiled(&self, mut snapshot: Snapshot, problem: Problem) -> Snapshot {
        let reason = Some(publish::sentence(&problem));
        snapshot.freshness = match &self.good {
            Some(good) => Freshness {
                state: FreshnessState::Stale,
                since_ms: good.updated_ms,
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

    fn reading(&self, snapshot: Snapshot, live: Live) -> Reading {
        Reading {
            snapshot,
            live,
            report: self.last.clone(),
            took: Duration::ZERO,
        }
    }

    /// The ledger, opened if need be.
    fn meter(&mut self) -> Result<&mut Meter, RequestError> {
        let failed = |problem: Problem| RequestError::Failed(publish::sentence(&problem));
        self.open(false).map_err(failed)?;
        match &mut self.meter {
            Some(meter) => Ok(meter),
            None => unreachable!("open() leaves a meter or a problem"),
        }
    }

    fn report(
        &mut self,
        request: &rollup::Request,
        zone: &Zone,
    ) -> Result<Vec<ReportRow>, RequestError> {
        let report = self.meter()?.report(request, zone).map_err(failed)?;
        Ok(report.rows)
    }

    fn describe(&mut self, id: &str) -> Result<Option<Story>, RequestError> {
        let meter = self.meter()?;
        let story = meter.story(id, STORY).map_err(failed)?;
        Ok(story.map(|session| Story {
            title: meter.title(id),
            sub_agent_titles: (session.session.sub_agents.iter())
                .map(|sub_agent| meter.title(&sub_agent.id))
                .collect(),
            session,
        }))
    }

    fn do_with_data(&mut self, request: DataRequest, zone: &Zone) {
        match request {
            DataRequest::Describe(reply) => {
                let months = self.place.keep_months;
                let holdings = self.meter().and_then(|meter| data::holdings(meter, months));
                let _ = reply.send(holdings);
            }
            DataRequest::Rebuild(reply) => {
                let rebuilt = self.meter().and_then(|meter| data::rebuild(meter, zone));
                let _ = reply.send(rebuilt);
            }
            DataRequest::Forget(project, reply) => {
                let forgotten = self
                    .meter()
                    .and_then(|meter| data::forget(meter, &project, zone));
                let _ = reply.send(forgotten);
            }
            DataRequest::Remember(project, reply) => {
                let remembered = self
                    .meter()
                    .and_then(|meter| data::remember(meter, &project));
                let _ = reply.send(remembered);
            }
            DataRequest::Diagnose(_) | DataRequest::Export(..) | DataRequest::KeepMonths(..) => {
                unreachable!("these are not done with the ledger's own thread")
            }
        }
    }
}

fn failed(error: LedgerError) -> RequestError {
    RequestError::Failed(publish::sentence(&error.problem()))
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
