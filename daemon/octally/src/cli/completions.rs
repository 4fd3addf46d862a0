// SPDX-License-Identifier: GPL-3.0-or-later
//! Shell completions: the script that asks, and the names that are answered.
//!
//! The script calls the program at each Tab, so that names come from the ledger as it is then. Nothing is
//! read from OpenCode for that and no ledger is made; whatever goes wrong, there is only nothing to offer.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use octally_core::ledger::Ledger;
use octally_core::rollup::{self, Named};

use super::args::Cli;
use super::exit::{CliError, Exit};
use crate::config::{self, Overrides};

const EXAMPLES: &str = "\
Examples:
  octally completions bash > ~/.local/share/bash-completion/completions/octally
  octally completions fish > ~/.config/fish/completions/octally.fish
  octally completions zsh > ~/.local/share/zsh/site-functions/_octally

packaging/install.sh does this by itself. Zsh looks into that folder when it is
in fpath before compinit runs. Providers, models, projects, agents, sessions
and machines are completed from the ledger.";

/// Tells the program that it is asked for completions, and by which shell.
const VARIABLE: &str = "OCTALLY_COMPLETE";
const NAME: &str = "octally";
/// From fpath zsh runs the file as a function at the first Tab: that one is to be answered, too.
const ZSH_FIRST_TAB: &str = "
[[ $funcstack[1] != _octally ]] || _clap_dynamic_completer_octally \"$@\"
";
/// More than fit on any screen.
const MAX_NAMES: usize = 200;

/// Print the completion script of a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// The shells that there is a script for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(args.shell.name()) {
        shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script)?;
    }
    if matches!(args.shell, Shell::Zsh) {
        script.extend_from_slice(ZSH_FIRST_TAB.as_bytes());
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&script)?;
    stdout.flush()?;
    Ok(Exit::Done)
}

/// Answers a shell that asks, and then ends the process; returns when none does.
pub fn answer() {
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .bin(NAME)
        .complete();
}

/// Completes names of the ledger.
pub fn named(named: Named) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| candidates(named, current))
}

/// Completes time zones.
pub fn zones() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let prefix = current.to_string_lossy();
        config::zone_names()
            .filter(|name| name.starts_with(&*prefix))
            .map(CompletionCandidate::new)
            .collect()
    })
}

/// Completes names of budgets.
pub fn budgets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let prefix = current.to_string_lossy();
        let settings = config::load(&typed(std::env::args_os()));
        let ids = settings.budgets.into_iter().map(|budget| budget.id);
        ids.filter(|id| id.starts_with(&*prefix))
            .map(CompletionCandidate::new)
            .collect()
    })
}

fn candidates(named: Named, current: &OsStr) -> Vec<CompletionCandidate> {
    let settings = config::load(&typed(std::env::args_os()));
    let Some(prefix) = current.to_str().filter(|_| settings.ledger.exists()) else {
        return Vec::new();
    };
    let found = Ledger::open(&settings.ledger)
        .and_then(|ledger| rollup::names(&ledger, named, prefix, MAX_NAMES));
    let is_whole = |name: &rollup::Name| !name.name.contains(char::is_control);
    let names = found.unwrap_or_default().into_iter().filter(is_whole);
    names
        .enumerate()
        .map(|(place, name)| {
            CompletionCandidate::new(quoted(&name.name))
                .help(name.about.map(Into::into))
                .display_order(Some(place))
        })
        .collect()
}

/// The flags on the line so far that say where the ledger is.
fn typed(line: impl Iterator<Item = OsString>) -> Overrides {
    let mut overrides = Overrides::default();
    let mut words = line.skip_while(|word| word != "--");
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else { continue };
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) => (flag, Some(value.into())),
            None => (text, None),
        };
        let place = match flag {
            "--ledger" => &mut overrides.ledger,
            "--config" => &mut overrides.config,
            _ => continue,
        };
        *place = value.or_else(|| words.next()).map(PathBuf::from);
    }
    overrides
}

/// Bash puts a candidate on the line as it is; the others quote by themselves.
fn quoted(name: &str) -> String {
    if std::env::var_os("_CLAP_COMPLETE_COMP_TYPE").is_none() {
        return name.into();
    }
    let mut word = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"/._-:@%+,=".contains(c) {
            word.push('\\');
        }
        word.push(c);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_that_was_typed_is_the_one_that_is_asked() {
        let line = |text: &str| typed(text.split(' ').map(Into::into)).ledger;
        assert_eq!(
            line("octally -- octally --ledger /l report"),
            Some("/l".into())
        );
        assert_eq!(
            line("octally -- octally --ledger=/l report"),
            Some("/l".into())
        );
        assert_eq!(line("octally --ledger /x -- octally report"), None);
        assert_eq!(line("octally -- octally --ledger"), None);
    }
}
