// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally top`: what runs now, on the full screen.
//!
//! `rows` are the sessions with their rates, `state` is what is on show, `view` draws it, `keys` changes it, `answer` reads, `screen` holds the
//! terminal. Here is the loop that brings them together: it sleeps until a key, a change, a signal, or the
//! second in which a shown age changes.

mod answer;
mod keys;
mod rows;
mod screen;
mod state;
mod view;

#[cfg(test)]
mod sample;

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use octally_core::sync::Depth;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::exit::{CliError, Exit};
use super::reading::{Reading, now_ms};
use super::terminal::Look;
use super::watch::Follow;
use crate::config::Overrides;
use answer::{Answer, Ask};
use rows::Sort;
use screen::Screen;
use state::{Effect, Top};
use view::View;

const EXAMPLES: &str = "\
Examples:
  octally top                      the running sessions, and today by the hour
  octally top --sort usd-per-hour  the most expensive first
  octally top --plain              without the chart, as for a screen reader

Keys:
  Up Down, k j    choose a session, or scroll its steps
  PgUp PgDn       the same by one screen
  Home End, g G   first, last
  Enter           open the session: its steps, its total
  q, Esc          back, and out
  s               sort by the next column
  r               read again, thoroughly
  ?, h            these keys
  Ctrl-L          draw again
  Ctrl-Z, Ctrl-C  suspend, quit

Tokens per minute and $/hour are those of the last ten minutes, sub-agents
included; fresh tokens are input, output and reasoning. An estimated cost is
marked with ~, and what is not known is -. It needs a terminal; `octally
status` does not.";

/// A reading that is under way at the end gets so long to stop in order.
const PATIENCE: Duration = Duration::from_secs(1);

/// What runs now, on the full screen: sessions, tokens per minute, $/hour
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TopArgs {
    /// What the sessions are sorted by at first
    #[arg(long, value_name = "COLUMN", default_value = "recent")]
    sort: Sort,
    /// Also read what the quick look cannot see, at the start
    #[arg(long)]
    refresh: bool,
}

/// How it ended.
enum End {
    Quit(Exit),
    Signal(i32),
}

/// Shows the screen until the user has seen enough.
pub fn run(args: &TopArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    check_terminal()?;
    let mut reading = Reading::take(overrides, args.refresh)?;
    let stop = reading.be_quiet();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let end = runtime.block_on(show(reading, args.sort));
    stop.store(true, Ordering::SeqCst);
    runtime.shutdown_timeout(PATIENCE);
    match end? {
        End::Quit(exit) => Ok(exit),
        End::Signal(SIGINT) => Ok(Exit::Interrupted),
        End::Signal(signal) => {
            signal_hook::low_level::emulate_default_handler(signal)?;
            Ok(Exit::Internal)
        }
    }
}

/// A full screen needs a terminal that can move its cursor.
fn check_terminal() -> Result<(), CliError> {
    let instead =
        "`octally status` prints the same figures, `octally status --watch` on every change";
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let what = "`octally top` needs a terminal for its keys and its screen";
        return Err(CliError::usage(what, instead));
    }
    match std::env::var("TERM").ok().filter(|term| !term.is_empty()) {
        None => Err(CliError::usage(
            "`octally top` needs a terminal, and TERM does not say which this is",
            instead,
        )),
        Some(term) if term == "dumb" => Err(CliError::usage(
            "`octally top` cannot draw on a terminal with TERM=dumb",
            instead,
        )),
        Some(_) => Ok(()),
    }
}

/// Whether colours are wanted: the same decision as for everything that is printed.
fn has_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

async fn show(reading: Reading, sort: Sort) -> Result<End, CliError> {
    let first = Ask {
        depth: Depth::Quick,
        opened: None,
    };
    let top = Top::new(answer::answer(&reading, &first)?, sort);
    let has_colour = has_colour();
    crossterm::style::force_color_output(has_colour);
    let view = View {
        zone: reading.settings.zone.clone(),
        has_colour,
        draws: Look::of_stdout().draws,
    };
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCONT])?;
    let changes = changes(&reading);
    let (asks, asked) = mpsc::channel();
    let (answered, answers) = unbounded_channel();
    tokio::task::spawn_blocking(move || answer::serve(reading, &asked, &answered));
    let show = Show {
        screen: Screen::enter()?,
        keys: EventStream::new(),
        top,
        view,
        asks,
    };
    show.until_the_end(answers, changes, signals).await
}

/// Tells how closely to look whenever it is time to. A task of its own, since a key must not interrupt it.
fn changes(reading: &Reading) -> UnboundedReceiver<Depth> {
    let origins = reading.settings.origins.clone();
    let (tell, changes) = unbounded_channel();
    tokio::spawn(async move {
        let mut follow = Follow::begin(&origins).await;
        // What happened before the watches stood.
        let mut depth = Depth::Quick;
        while tell.send(depth).is_ok() {
            depth = follow.next().await;
        }
    });
    changes
}

struct Show {
    screen: Screen,
    keys: EventStream,
    top: Top,
    view: View,
    asks: mpsc::Sender<Ask>,
}

impl Show {
    async fn until_the_end(
        mut self,
        mut answers: UnboundedReceiver<Result<Answer, CliError>>,
        mut changes: UnboundedReceiver<Depth>,
        mut signals: Signals,
    ) -> Result<End, CliError> {
        self.draw()?;
        loop {
            let next_age = self.top.next_age_ms(now_ms()).map(Duration::from_millis);
            let end = tokio::select! {
                event = self.keys.next() => match event {
                    Some(Ok(event)) => self.act(event)?,
                    // The terminal is gone.
                    _ => Some(End::Quit(self.top.answer.exit)),
                },
                signal = signals.next() => match signal {
                    Some(SIGCONT) => self.retake()?,
                    Some(signal) => Some(End::Signal(signal)),
                    None => None,
                },
                answer = answers.recv() => self.update(answer)?,
                Some(depth) = changes.recv() => self.ask(depth),
                () = tokio::time::sleep(next_age.unwrap_or_default()), if next_age.is_some() => {
                    self.draw()?;
                    None
                }
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn act(&mut self, event: Event) -> Result<Option<End>, CliError> {
        let key = match event {
            Event::Key(key) => key,
            Event::Resize(..) => {
                self.draw()?;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        let Some(action) = keys::action(key) else {
            return Ok(None);
        };
        let page_lines = self.view.page_lines(self.screen.height());
        match self.top.apply(action, page_lines) {
            Effect::Nothing => {}
            Effect::Draw => self.draw()?,
            Effect::Ask(depth) => {
                self.ask(depth);
                self.draw()?;
            }
            Effect::Redraw => return self.retake(),
            Effect::Suspend => {
                self.screen.suspend()?;
                self.draw()?;
            }
            Effect::Quit => return Ok(Some(End::Quit(self.top.answer.exit))),
            Effect::Interrupt => return Ok(Some(End::Signal(SIGINT))),
        }
        Ok(None)
    }

    /// A reader that is gone has told why.
    fn ask(&self, depth: Depth) -> Option<End> {
        let opened = self.top.opened.as_ref().map(|row| row.id.clone());
        let _ = self.asks.send(Ask { depth, opened });
        None
    }

    fn update(
        &mut self,
        answer: Option<Result<Answer, CliError>>,
    ) -> Result<Option<End>, CliError> {
        let Some(answer) = answer else {
            return Err(anyhow::anyhow!("the reader has stopped").into());
        };
        if self.top.update(answer?) {
            self.draw()?;
        }
        Ok(None)
    }

    fn retake(&mut self) -> Result<Option<End>, CliError> {
        self.screen.retake()?;
        self.draw()?;
        Ok(None)
    }

    fn draw(&mut self) -> Result<(), CliError> {
        let now_ms = now_ms();
        let (top, view) = (&self.top, &self.view);
        Ok(self.screen.draw(|frame| view.draw(top, now_ms, frame))?)
    }
}
