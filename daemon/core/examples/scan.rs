// SPDX-License-Identifier: GPL-3.0-or-later
//! The least that reading a data folder can cost: adds up the tokens of its newest generation and keeps
//! nothing. A peer for benches/sync.py; no copies are told from originals, no rows are told broken.
//!
//!     scan DATA_DIR        prints {"steps": ..., "total": ...}

#![expect(clippy::print_stdout, reason = "its only purpose")]

use std::fs;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

#[derive(Deserialize)]
struct Message {
    tokens: Option<Tokens>,
}

#[derive(Deserialize)]
struct Tokens {
    input: u64,
    output: u64,
    #[serde(default)]
    reasoning: u64,
    cache: Cache,
    total: Option<u64>,
}

#[derive(Deserialize)]
struct Cache {
    read: u64,
    write: u64,
}

#[derive(Default)]
struct Sum {
    steps: u64,
    total: u64,
}

type Failure = Box<dyn std::error::Error>;

impl Sum {
    fn add(&mut self, message: Message) {
        let Some(tokens) = message.tokens else { return };
        self.steps += 1;
        let apart = tokens.input + tokens.output + tokens.cache.read + tokens.cache.write;
        // The reasoning is inside the output unless the total says otherwise.
        self.total += match tokens.total {
            Some(total) if total != apart => apart + tokens.reasoning,
            _ => apart,
        };
    }
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args_os().nth(1).ok_or("scan DATA_DIR")?;
    let database = Path::new(&folder).join("opencode.db");
    let sum = if database.exists() {
        rows(&database)?
    } else {
        files(&Path::new(&folder).join("storage/message"))?
    };
    println!("{{\"steps\": {}, \"total\": {}}}", sum.steps, sum.total);
    Ok(())
}

fn rows(path: &Path) -> Result<Sum, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mut statement = connection.prepare("SELECT data FROM message")?;
    let mut rows = statement.query([])?;
    let mut sum = Sum::default();
    while let Some(row) = rows.next()? {
        let data = row.get_ref(0)?.as_str()?;
        if !data.starts_with("{\"role\":\"user\"") {
            sum.add(serde_json::from_str(data)?);
        }
    }
    Ok(sum)
}

fn files(folder: &Path) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    let mut buffer = Vec::new();
    for session in fs::read_dir(folder)? {
        for file in fs::read_dir(session?.path())? {
            buffer.clear();
            fs::File::open(file?.path())?.read_to_end(&mut buffer)?;
            sum.add(serde_json::from_slice(&buffer)?);
        }
    }
    Ok(sum)
}
