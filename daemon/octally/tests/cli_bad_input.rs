// SPDX-License-Identifier: GPL-3.0-or-later
//! What can be wrong with the data: each case gets one clear message with what, where and how to
//! mend it, the right exit code, and costs no other data.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::process::Stdio;

use sandbox::{Run, Sandbox};

const ALL_STEPS: u64 = 12;

fn steps(sandbox: &Sandbox) -> (Run, u64) {
    let run = sandbox.run(&["status", "--json"]);
    let json: serde_json::Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let steps = json["total"]["steps"].as_u64().unwrap();
    (run, steps)
}

/// What and where on the first line, how to mend it on the next, and nothing twice.
fn assert_one_message(run: &Run, word: &str, place: &str) {
    let lines: Vec<&str> = run.stderr.lines().collect();
    let messages = lines
        .iter()
        .filter(|line| !line.starts_with("hint: "))
        .count();
    assert_eq!(messages, 1, "{}", run.stderr);
    assert!(
        lines[0].starts_with(&format!("{word}: ")) && lines[0].contains(place),
        "{}",
        run.stderr
    );
    assert!(
        lines[1].starts_with("hint: ") && lines[1].len() > 15,
        "{}",
        run.stderr
    );
}

#[test]
fn no_data_folder() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&[]);
    assert_eq!(run.code, 3);
    assert_one_message(
        &run,
        "error",
        "no OpenCode data found in ~/.local/share/opencode",
    );
    let (run, steps) = steps(&sandbox);
    assert_eq!((run.code, steps), (3, 0));
    assert_eq!(sandbox.run(&["report", "daily"]).code, 3);
    let typo = sandbox.run(&["report", "daily", "--data-dir", "/nowhere"]);
    assert_eq!((typo.code, typo.stdout.as_str()), (3, ""));
    assert_one_message(&typo, "error", "/nowhere");
}

#[test]
fn a_data_folder_that_went_away_leaves_the_figures() {
    let sandbox = Sandbox::with("1.18.33");
    assert_eq!(steps(&sandbox).1, ALL_STEPS);
    fs::remove_dir_all(sandbox.data_dir()).unwrap();
    let (run, steps) = steps(&sandbox);
    assert_eq!(steps, ALL_STEPS);
    assert_eq!(run.code, 3, "{run:?}");
}

#[test]
fn an_empty_database_is_one_that_opencode_has_not_filled_yet() {
    let sandbox = Sandbox::empty();
    fs::create_dir_all(sandbox.data_dir()).unwrap();
    fs::write(sandbox.database(), "").unwrap();
    let (run, steps) = steps(&sandbox);
    assert_eq!(steps, 0);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_half_written_database_costs_no_other() {
    let sandbox = Sandbox::with("1.18.33");
    let half = fs::read(sandbox.database()).unwrap();
    fs::write(
        sandbox.data_dir().join("opencode-dev.db"),
        &half[..half.len() / 3],
    )
    .unwrap();
    let (run, steps) = steps(&sandbox);
    assert_eq!((run.code, steps), (4, ALL_STEPS), "{run:?}");
    assert_one_message(&run, "error", "~/.local/share/opencode/opencode-dev.db");
}

#[test]
fn something_that_is_no_database() {
    let sandbox = Sandbox::with("1.18.33");
    fs::write(
        sandbox.data_dir().join("opencode-dev.db"),
        "not a database ".repeat(500),
    )
    .unwrap();
    let (run, steps) = steps(&sandbox);
    assert_eq!((run.code, steps), (4, ALL_STEPS));
    assert_one_message(&run, "error", "opencode-dev.db");
}

#[test]
fn a_locked_database_leaves_what_was_read_before() {
    let sandbox = Sandbox::with("1.2.27");
    let before = steps(&sandbox).1;
    let holder = rusqlite::Connection::open(sandbox.database()).unwrap();
    // Only without a WAL does a writer lock readers out.
    holder
        .execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
        .unwrap();
    let (run, locked) = steps(&sandbox);
    assert_eq!((run.code, locked), (4, before), "{run:?}");
    assert!(
        run.stderr.contains("opencode.db") && run.stderr.contains("locked"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    let glance = sandbox.run(&[]).stdout;
    assert!(glance.contains("stale since"), "{glance}");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(steps(&sandbox).0.code, 0);
}

#[test]
fn a_corrupt_page_costs_only_what_lies_on_it() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    let (start, length) = last_leaf(&sandbox);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.database())
        .unwrap();
    file.seek(SeekFrom::Start(start)).unwrap();
    file.write_all(&vec![0xff; length]).unwrap();
    let (run, left) = steps(&sandbox);
    assert!(left < ALL_STEPS, "the page held steps: {run:?}");
    assert!(
        run.stderr.contains("opencode.db") && run.stderr.contains("hint: "),
        "{}",
        run.stderr
    );
    assert!(run.code == 0 || run.code == 4, "{run:?}");
}

/// Where the last page with an assistant message starts, and how long it is.
fn last_leaf(sandbox: &Sandbox) -> (u64, usize) {
    let bytes = fs::read(sandbox.database()).unwrap();
    // Bytes 16 and 17 of the header: https://www.sqlite.org/fileformat2.html#page_size
    let length = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let needle = b"\"role\":\"assistant\"";
    let at = bytes
        .windows(needle.len())
        .rposition(|window| window == needle)
        .unwrap();
    ((at / length * length) as u64, length)
}

#[test]
fn a_broken_row_is_counted_and_named() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(
        "UPDATE message SET data = '{\"role\":\"assistant\",\"tokens\":' WHERE id =
         (SELECT id FROM message WHERE json_extract(data, '$.finish') = 'stop' ORDER BY id LIMIT 1)",
    );
    let (run, steps) = steps(&sandbox);
    assert_eq!((run.code, steps), (4, ALL_STEPS - 1), "{run:?}");
    assert_one_message(&run, "warning", "for example msg_");
}

#[test]
fn a_future_schema_is_said_and_not_read_as_zero() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql("ALTER TABLE message RENAME COLUMN data TO payload");
    let (run, steps) = steps(&sandbox);
    assert_eq!((run.code, steps), (4, 0), "{run:?}");
    assert_one_message(&run, "error", "opencode.db");
    let glance = sandbox.run(&[]).stdout;
    assert!(
        glance.contains("no figures") || glance.contains("stale"),
        "{glance}"
    );
}

#[test]
fn a_ledger_from_a_newer_version_is_left_alone() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.run(&[]);
    let ledger = rusqlite::Connection::open(sandbox.ledger()).unwrap();
    ledger.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(ledger);
    for verb in [&[][..], &["report", "daily"], &["status", "--json"]] {
        let run = sandbox.run(verb);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        assert_one_message(&run, "error", "~/.local/share/octally/ledger.db");
        assert!(run.stderr.contains("999"), "{}", run.stderr);
    }
}

#[test]
fn a_ledger_in_a_folder_that_cannot_be_written() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(".local/share/octally", "a file where the folder should be");
    let run = sandbox.run(&[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_one_message(&run, "error", "~/.local/share/octally");
}

#[test]
fn states_that_cannot_be_read_cost_no_figures() {
    let sandbox = Sandbox::with("1.18.33");
    let file = sandbox.stats_file();
    let check = |code: &str| {
        let (run, steps) = steps(&sandbox);
        assert_eq!(steps, ALL_STEPS, "{code}");
        assert_one_message(&run, "warning", "~/.local/share/opencode/stats.json");
        assert_eq!(run.code, 4, "{code}: {run:?}");
    };
    fs::write(&file, "{\"session\": {\"totalTokens\": 1").unwrap();
    check("truncated");
    fs::File::create(&file).unwrap().set_len(1 << 30).unwrap();
    check("enormous");
    fs::remove_file(&file).unwrap();
    symlink("/etc/hostname", &file).unwrap();
    check("symbolic link");
}

#[test]
fn a_full_disk() {
    let sandbox = Sandbox::with("1.18.33");
    let small = sandbox.home().join("small");
    fs::create_dir(&small).unwrap();
    let Some(_mount) = Mount::tmpfs(&small) else {
        let why = "SKIPPED a_full_disk: mounting a small file system needs root";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
        eprintln!("{why}");
        return;
    };
    let ledger = small.join("ledger.db").display().to_string();
    fs::write(small.join("ballast"), vec![0; 40 * 1024]).unwrap();
    let run = sandbox.run(&["status", "--ledger", &ledger]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert_one_message(&run, "error", "~/small/ledger.db");
    assert!(run.stderr.contains("full"), "{}", run.stderr);
    fs::remove_file(small.join("ballast")).unwrap();
    let after = Mount::grow(&small).then(|| sandbox.run(&["status", "--ledger", &ledger]).code);
    assert_eq!(after, Some(0), "the same ledger goes on once there is room");
}

/// A file system of 64 KiB, unmounted in the end.
struct Mount(std::path::PathBuf);

impl Mount {
    fn tmpfs(folder: &std::path::Path) -> Option<Self> {
        run_quietly(
            "mount",
            &["-t", "tmpfs", "-o", "size=64k", "octally-test"],
            folder,
        )
        .then(|| Self(folder.into()))
    }

    fn grow(folder: &std::path::Path) -> bool {
        run_quietly("mount", &["-o", "remount,size=16m"], folder)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run_quietly("umount", &[], &self.0);
    }
}

fn run_quietly(program: &str, args: &[&str], folder: &std::path::Path) -> bool {
    std::process::Command::new(program)
        .args(args)
        .arg(folder)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn ctrl_c_in_the_first_reading_keeps_what_was_read() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         INSERT INTO message SELECT 'msg_many' || printf('%06d', i), session_id, time_created + i,
             time_updated + i, json_set(data, '$.time.created', time_created + i)
         FROM n, (SELECT * FROM message WHERE json_extract(data, '$.finish') = 'stop' LIMIT 1)",
    );
    let command = &mut sandbox.command(&["status"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let kept = || -> Option<u32> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let ledger = rusqlite::Connection::open_with_flags(sandbox.ledger(), flags).ok()?;
        ledger
            .query_row("SELECT count(*) FROM step", [], |row| row.get(0))
            .ok()
    };
    let run = sandbox.interrupt_when(child, || kept().is_some_and(|steps| steps > 0));
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run:?}");
    let kept = kept().unwrap();
    assert!(kept > 0 && kept < 60_000, "{kept}");
    assert_eq!(steps(&sandbox).1, 60_000 + ALL_STEPS);
}

#[test]
fn a_name_is_not_to_blame_where_there_is_no_data() {
    for args in [
        &["session", "abc"][..],
        &["export", "--model", "abc"],
        &["report", "daily", "--model", "abc"],
    ] {
        let run = Sandbox::empty().run(args);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.contains("no OpenCode data found"), "{run:?}");
        assert!(!run.stderr.contains("abc"), "{run:?}");
    }
}

#[test]
fn a_status_line_does_not_wait_for_whoever_holds_the_ledger() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    let steps = sandbox.json(&["status", "--json"])["total"]["steps"].to_string();
    let holder = rusqlite::Connection::open(sandbox.ledger()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Something to be written: OpenCode goes on.
    sandbox.sql(
        "INSERT INTO message SELECT 'msg_zz', session_id, time_created, time_updated + 1, data FROM message
         WHERE json_extract(data, '$.role') = 'assistant' LIMIT 1;
         UPDATE event_sequence SET seq = seq + 1;",
    );
    let run = sandbox.run(&["statusline", "--format", "{total_steps}"]);
    let expected = (4, format!("{steps} (stale)\n"), String::new());
    assert_eq!((run.code, run.stdout, run.stderr), expected);
}
