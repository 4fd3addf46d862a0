// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally man`: manual pages from the same definitions as `--help`. For packages and the installer.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueHint};
use clap_mangen::Man;

use super::args::Cli;
use super::exit::{CliError, Exit};

const EXAMPLES: &str = "\
Examples:
  octally man --dir ~/.local/share/man/man1";

/// Write the manual pages of all verbs
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The folder to write them to; it is made
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
}

/// Writes octally.1 and one page for each verb, and each verb of a verb, that is not hidden.
pub fn run(args: &ManArgs) -> Result<Exit, CliError> {
    let unwritten = |error: &io::Error| CliError::unwritten(&args.dir, error);
    fs::create_dir_all(&args.dir).map_err(|error| unwritten(&error))?;
    let mut root = Cli::command();
    root.build();
    for command in commands(&root) {
        let name = command
            .get_bin_name()
            .unwrap_or(command.get_name())
            .replace(' ', "-");
        let page = page(command.display_name(name.clone())).map_err(|error| unwritten(&error))?;
        let path = args.dir.join(format!("{name}.1"));
        fs::write(&path, page).map_err(|error| CliError::unwritten(&path, &error))?;
    }
    Ok(Exit::Done)
}

fn commands(command: &Command) -> Vec<Command> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let mut all: Vec<Command> = verbs.flat_map(commands).collect();
    all.push(command.clone());
    all
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let epilogue = command.get_after_help().map(ToString::to_string);
    let (has_verbs, has_version) = (command.has_subcommands(), command.get_version().is_some());
    // No date: the same version is the same page.
    let man = Man::new(command).manual("Octally");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_verbs {
        man.render_subcommands_section(&mut page)?;
    }
    write_epilogue(&mut page, epilogue.as_deref().unwrap_or_default())?;
    if has_version {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}

/// What stands below the options in `--help`, line by line as it stands there: examples and tables.
fn write_epilogue(page: &mut Vec<u8>, epilogue: &str) -> io::Result<()> {
    let mut last = String::new();
    for part in epilogue.split("\n\n") {
        let (title, body) = match part.split_once(":\n") {
            Some((title, body)) if title == "Exit codes" || !title.contains([' ', '\n']) => {
                (title.to_uppercase(), body)
            }
            _ if part.is_empty() => continue,
            _ => ("NOTES".into(), part),
        };
        if title == last {
            writeln!(page, ".sp\n.nf")?;
        } else {
            writeln!(page, ".SH \"{title}\"\n.nf")?;
        }
        last = title;
        for line in body.lines() {
            // A leading dot or quote is a request to the formatter.
            writeln!(page, "\\&{}", line.replace('\\', "\\e").replace('-', "\\-"))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(())
}
