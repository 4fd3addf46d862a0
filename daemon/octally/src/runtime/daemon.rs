// SPDX-License-Identifier: GPL-3.0-or-later
//! The loop: what follows from each event. All state of the daemon is here; all work is elsewhere.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use octally_bus::{DataRequest, Done, Ended, Refreshed, Request, RequestError, Service};
use octally_core::sync::Depth;
use octally_core::wire::{Freshness, FreshnessState, Snapshot};
use tokio::sync::{mpsc, oneshot, watch};

use super::clock::{Clock, Fired, now_ms};
use super::event::Event;
use super::exits::Exits;
use super::herald::{Herald, News};
use super::pace::Pace;
use super::schedule::Schedule;
use super::sources::{self, Sources};
use super::worker::{Job, Place, Read, Reading, Worker};
use super::{data, publish, question, readiness};
use crate::config::edit::EditError;
use crate::config::{self, Overrides, Settings, budgets};
use crate::watch::{Change, Watch};

/// Somebody who waits until something new is published.
#[derive(Debug)]
enum Asker {
    Refresh(oneshot::Sender<Result<Refreshed, RequestError>>),
    Edit(Done),
}

impl Asker {
    /// It is published. One who has gone meanwhile is told nothing.
    fn tell(self, refreshed: &Refreshed) {
        match self {
            Self::Refresh(reply) => drop(reply.send(Ok(refreshed.clone()))),
            Self::Edit(done) => drop(done.send(Ok(()))),
        }
    }
}

/// Calls from the bus that may wait for the loop; further callers are made to wait by the bus.
const REQUESTS: usize = 64;

/// Runs until a signal, or until the name or the bus is lost.
///
/// # Errors
/// What keeps the daemon from starting, and the loss of the bus.
pub async fn run(overrides: &Overrides, replace: bool) -> anyhow::Result<ExitCode> {
    let signals = sources::signals().context("the signals cannot be handled")?;
    let settings = config::load(overrides);
    tell(&settings);
    let (state, state_seen) = watch::channel(Arc::new(nothing_yet(&settings)));
    let (threshold, threshold_seen) = watch::channel(settings.idle_threshold_ms);
    let (ask, requests) = mpsc::channel(REQUESTS);
    let service = Service::connect(state_seen, threshold_seen, ask).await?;
    if !replace {
        service.check_name_is_free().await?;
    }
    let (events, worker_events) = mpsc::unbounded_channel();
    let sources = Sources {
        // Before the first read, so that nothing written in between is missed.
        watch: Watch::new(&settings.origins),
        exits: Exits::new(),
        clock: Clock::new().context("no timer can be made")?,
        signals,
        requests,
        worker: worker_events,
        tenure: None,
    };
    let worker =
        Worker::start(place(&settings), events.clone()).context("no thread can be started")?;
    let daemon = Daemon {
        overrides: overrides.clone(),
        replace,
        schedule: Schedule::new(now_ms(), readiness::watchdog_period()),
        pace: Pace::new(tokio::time::Instant::now()),
        herald: Herald::default(),
        may_reopen: true,
        changed: false,
        waiting: Vec::new(),
        served: Vec::new(),
        outcome: None,
        settings,
        state,
        threshold,
        service,
        worker: Some(worker),
        events,
        sources,
    };
    daemon.turn().await
}

struct Daemon {
    overrides: Overrides,
    settings: Settings,
    replace: bool,
    state: watch::Sender<Arc<Snapshot>>,
    threshold: watch::Sender<i64>,
    service: Service,
    worker: Option<Worker>,
    /// For work that would hold up the loop.
    events: mpsc::UnboundedSender<Event>,
    sources: Sources,
    schedule: Schedule,
    pace: Pace,
    herald: Herald,
    /// Whether the next read tries a refused ledger again.
    may_reopen: bool,
    /// Whether OpenCode wrote anything since the last thorough read.
    changed: bool,
    /// Those whom the next read answers, and those whom the present one does.
    waiting: Vec<Asker>,
    served: Vec<Asker>,
    /// Set once the daemon is to end.
    outcome: Option<anyhow::Result<ExitCode>>,
}

impl Daemon {
    async fn turn(mut self) -> anyhow::Result<ExitCode> {
        self.pace.want(Depth::Thorough);
        while self.worker.is_some() {
            self.read_if_due();
            self.sources
                .clock
                .arm(self.schedule.next_ms())
                .context("the timer cannot be set")?;
            let event = self.sources.next(self.pace.wake_at()).await?;
            self.handle(event).await;
        }
        self.service.release(self.sources.tenure.take()).await;
        tracing::info!("stopped");
        self.outcome.unwrap_or(Ok(ExitCode::SUCCESS))
    }

    async fn handle(&mut self, event: Event) {
        match event {
            Event::Changed(change) => self.note(change),
            Event::RunEnded => self.pace.want(Depth::Quick),
            Event::Clock(fired) => self.tick(fired),
            Event::MayRead => {}
            Event::Read(reading) => self.show(*reading).await,
            Event::WorkerStopped => self.close(),
            Event::Request(request) => self.answer(request),
            Event::Edited(edited, done) => self.use_edit(edited, done),
            Event::BusEnded(Ended::NameLost) => {
                tracing::info!("another daemon took over");
                self.stop(Ok(ExitCode::SUCCESS));
            }
            Event::BusEnded(Ended::BusGone) => {
                self.stop(Err(anyhow::anyhow!("the session bus is gone")));
            }
            Event::Stop => self.stop(Ok(ExitCode::SUCCESS)),
            Event::Reload => self.reload(),
        }
    }

    fn note(&mut self, change: Change) {
        self.changed = true;
        self.pace.note(match change {
            Change::Data => Depth::Quick,
            Change::Everything => Depth::Thorough,
        });
    }

    /// Whatever the clock brings (a minute, midnight, a deadline, a jump): look again. Costs next to
    /// nothing where nothing changed.
    fn tick(&mut self, fired: Fired) {
        if self.schedule.pets_watchdog(Instant::now()) {
            readiness::alive();
        }
        if fired == Fired::Due && !self.schedule.is_due(now_ms()) {
            return;
        }
        if self.overrides.tz.is_none() {
            self.settings.zone = config::local_zone();
        }
        if self.sources.watch.recheck() {
            self.changed = true;
        }
        self.may_reopen = true;
        let depth = if self.changed {
            Depth::Thorough
        } else {
            Depth::Quick
        };
        self.schedule.tick(now_ms());
        self.pace.want(depth);
    }

    fn read_if_due(&mut self) {
        if self.outcome.is_some() {
            return;
        }
        let (Some(depth), Some(worker)) =
            (self.pace.start(tokio::time::Instant::now()), &self.worker)
        else {
            return;
        };
        if depth == Depth::Thorough {
            self.changed = false;
        }
        self.served.append(&mut self.waiting);
        worker.take(Job::Read(Read {
            depth,
            may_reopen: std::mem::take(&mut self.may_reopen),
            touched: self.sources.watch.touched(),
            zone: self.settings.zone.clone(),
            idle_threshold_ms: *self.threshold.borrow(),
            budgets: self.settings.budgets.clone(),
        }));
    }

    async fn show(&mut self, mut reading: Reading) {
        self.pace.finish(reading.took, tokio::time::Instant::now());
        self.pace.look_again(tokio::time::Instant::now());
        reading
            .snapshot
            .problems
            .extend(self.settings.problems.iter().cloned());
        reading
            .snapshot
            .problems
            .extend(self.sources.watch.problem().cloned());
        publish::carry_over(&self.state.borrow(), &mut reading.snapshot);
        reading.log();
        self.publish(&reading.snapshot);
        if self.sources.tenure.is_none() && self.outcome.is_none() {
            self.own_name().await;
        }
        self.tell_news(&reading).await;
        self.sources.exits.watch(reading.processes());
        self.sources.watch.follow(&reading.report.message_folders);
        self.plan(&reading.snapshot);
        let refreshed = reading.refreshed();
        for asker in self.served.drain(..) {
            asker.tell(&refreshed);
        }
    }

    /// A refresh is always news: its caller wants to see that it happened.
    fn publish(&self, snapshot: &Snapshot) {
        let is_asked_for = !self.served.is_empty();
        self.state.send_if_modified(|state| {
            let is_news = is_asked_for || !publish::is_same(state, snapshot);
            if is_news {
                *state = Arc::new(snapshot.clone());
            }
            is_news
        });
    }

    async fn own_name(&mut self) {
        match self.service.own_name(self.replace).await {
            Ok(tenure) => {
                self.sources.tenure = Some(tenure);
                tracing::info!("ready");
                readiness::ready();
            }
            Err(error) => self.stop(Err(error.into())),
        }
    }

    async fn tell_news(&mut self, reading: &Reading) {
        let threshold_ms = *self.threshold.borrow();
        for news in self
            .herald
            .compare(&reading.live, &reading.snapshot, threshold_ms)
        {
            let told = match news {
                News::Idle(line, cause) => self.service.announce_idle(line, cause).await,
                News::Waiting(line) => self.service.announce_waiting(line).await,
            };
            if let Err(error) = told {
                tracing::warn!(%error, "an announcement could not be sent");
            }
        }
    }

    fn plan(&mut self, snapshot: &Snapshot) {
        let zone = &self.settings.zone;
        let deadline_ms = self
            .herald
            .next_deadline_ms(snapshot, *self.threshold.borrow());
        self.schedule.plan(zone, snapshot.updated_ms, deadline_ms);
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Refresh(reply) => {
                self.waiting.push(Asker::Refresh(reply));
                self.may_reopen = true;
                self.sources.watch.recheck();
                self.pace.want_now(Depth::Thorough);
            }
            Request::Report(asked, reply) => {
                match question::resolve(*asked, &self.settings.zone, now_ms()) {
                    Ok((request, zone)) => self.give(Job::Report(request, zone, reply)),
                    Err(error) => {
                        let _ = reply.send(Err(error));
                    }
                }
            }
            Request::Describe(id, reply) => self.give(Job::Describe(id, reply)),
            Request::Data(request) => self.do_with_data(request),
            Request::SetIdleThreshold(idle_threshold_ms, reply) => {
                self.set_threshold(idle_threshold_ms);
                let _ = reply.send(());
            }
            Request::SetBudget(id, change, done) => {
                self.edit(done, move |path| budgets::set_budget(path, &id, &change));
            }
            Request::RemoveBudget(id, done) => {
                self.edit(done, move |path| budgets::remove_budget(path, &id));
            }
        }
    }

    fn do_with_data(&mut self, request: DataRequest) {
        let overrides = self.overrides.clone();
        match request {
            DataRequest::Diagnose(reply) => aside(reply, move || data::diagnose(&overrides)),
            DataRequest::Export(file, options, reply) => {
                aside(reply, move || data::export(&overrides, file, &options));
            }
            DataRequest::KeepMonths(months, done) => {
                self.edit(done, move |path| config::data::keep_months(path, months));
            }
            DataRequest::Describe(_) => self.give_data(request),
            DataRequest::Rebuild(_) | DataRequest::Forget(..) | DataRequest::Remember(..) => {
                self.give_data(request);
                self.pace.want_now(Depth::Thorough);
            }
        }
    }

    fn give_data(&self, request: DataRequest) {
        self.give(Job::Data(request, self.settings.zone.clone()));
    }

    fn set_threshold(&mut self, idle_threshold_ms: i64) {
        self.threshold.send_replace(idle_threshold_ms);
        self.pace.want(Depth::Quick);
    }

    /// Changes the configuration file on a thread of its own: the disk may take its time.
    fn edit(&self, done: Done, edit: impl FnOnce(&Path) -> Result<(), EditError> + Send + 'static) {
        let (path, events) = (self.settings.config.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let edited = edit(&path);
            // The loop has ended where nobody listens.
            let _ = events.send(Event::Edited(edited, done));
        });
    }

    fn use_edit(&mut self, edited: Result<(), EditError>, done: Done) {
        match edited {
            Ok(()) => {
                let before = place(&self.settings);
                self.configure();
                let place = place(&self.settings);
                if place != before {
                    self.give(Job::Configure(place));
                }
                self.waiting.push(Asker::Edit(done));
                self.pace.want_now(Depth::Quick);
            }
            Err(error) => {
                let why = error.to_string();
                let _ = done.send(Err(match error {
                    EditError::Request { .. } => RequestError::Invalid(why),
                    EditError::File(_) => RequestError::Failed(why),
                }));
            }
        }
    }

    fn reload(&mut self) {
        readiness::reloading();
        self.configure();
        self.give(Job::Configure(place(&self.settings)));
        self.may_reopen = true;
        self.pace.want_now(Depth::Thorough);
        if self.sources.tenure.is_some() {
            readiness::ready();
        }
    }

    /// Uses what the configuration says now.
    fn configure(&mut self) {
        let old = std::mem::replace(&mut self.settings, config::load(&self.overrides));
        tell(&self.settings);
        // What the desktop's preferences set stays, unless the file says something new.
        if old.idle_threshold_ms != self.settings.idle_threshold_ms {
            self.set_threshold(self.settings.idle_threshold_ms);
        }
        if old.origins != self.settings.origins {
            self.sources.watch = Watch::new(&self.settings.origins);
        }
    }

    fn give(&self, job: Job) {
        if let Some(worker) = &self.worker {
            worker.take(job);
        }
    }

    /// No new work; what the worker does now is committed, then the loop ends.
    fn stop(&mut self, outcome: anyhow::Result<ExitCode>) {
        if self.outcome.is_some() {
            return;
        }
        readiness::stopping();
        self.outcome = Some(outcome);
        self.waiting.clear();
        if let Some(worker) = &mut self.worker {
            worker.close();
        }
    }

    fn close(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.join();
        }
        if self.outcome.is_none() {
            self.outcome = Some(Err(anyhow::anyhow!(
                "the ledger thread has ended by itself"
            )));
        }
    }
}

/// Does slow work away from the loop and from the ledger's thread.
fn aside<T: Send + 'static>(
    reply: oneshot::Sender<Result<T, RequestError>>,
    work: impl FnOnce() -> Result<T, RequestError> + Send + 'static,
) {
    tokio::task::spawn_blocking(move || {
        let _ = reply.send(work());
    });
}

fn place(settings: &Settings) -> Place {
    Place {
        ledger: settings.ledger.clone(),
        origins: settings.origins.clone(),
        host: settings.host.clone(),
        keep_months: settings.keep_months,
    }
}

fn nothing_yet(settings: &Settings) -> Snapshot {
    let now_ms = now_ms();
    let freshness = Freshness {
        state: FreshnessState::Empty,
        since_ms: now_ms,
        reason: None,
    };
    Snapshot::empty(now_ms, settings.zone.name(), freshness)
}

fn tell(settings: &Settings) {
    for problem in &settings.problems {
        tracing::warn!(code = problem.code, "{problem}: {}", problem.remedy);
    }
}
