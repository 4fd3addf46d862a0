// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether the process behind a run still exists.
//!
//! A wrong "gone" hides a session that is at work; a wrong "alive" only leaves one too long. So a
//! process counts as gone only where `/proc` proves it.

use std::io::ErrorKind;

use octally_core::source::stats_file::Process;

/// Whether `process` may still be running on this machine.
pub fn is_alive(process: &Process) -> bool {
    // No process outlives the boot it was started in.
    if process.boot_id.is_some() && differs(&process.boot_id, boot_id()) {
        return false;
    }
    // Its number means nothing here: it runs in a container, or we do.
    if process.pid_namespace.is_some() && differs(&process.pid_namespace, pid_namespace()) {
        return true;
    }
    match std::fs::read_to_string(format!("/proc/{}/stat", process.pid)) {
        Ok(stat) => is_same(&stat, process.start_ticks),
        // A mounted /proc without it proves the end; hidepid shows the user's own processes.
        Err(error) if error.kind() == ErrorKind::NotFound => !has_proc(),
        // The process ended between open and read.
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => false,
        Err(_) => true,
    }
}

/// Whether both are known and not equal.
fn differs(theirs: &Option<String>, ours: Option<String>) -> bool {
    matches!((theirs, ours), (Some(theirs), Some(ours)) if *theirs != ours)
}

/// `proc_pid_stat(5)`: the name in parentheses may hold anything, so count from the last one:
/// field 3 is the state, field 22 the start in clock ticks.
fn is_same(stat: &str, start_ticks: Option<u64>) -> bool {
    let Some((_, fields)) = stat.rsplit_once(')') else {
        return true;
    };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ended = matches!(fields.first(), Some(&("Z" | "X" | "x")));
    let started = fields.get(19).and_then(|ticks| ticks.parse::<u64>().ok());
    let another = matches!((start_ticks, started), (Some(theirs), Some(found)) if theirs != found);
    !ended && !another
}

fn has_proc() -> bool {
    std::path::Path::new("/proc/self/stat").exists()
}

fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().into())
}

fn pid_namespace() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    use super::*;

    fn own() -> Process {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let ticks = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .nth(19)
            .unwrap();
        Process {
            pid: std::process::id(),
            start_ticks: ticks.parse().ok(),
            pid_namespace: pid_namespace(),
            boot_id: boot_id(),
        }
    }

    #[test]
    fn this_process_is_alive() {
        assert!(is_alive(&own()));
        assert!(is_alive(&Process {
            pid: std::process::id(),
            ..Process::default()
        }));
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let ticks = own().start_ticks.map(|ticks| ticks + 1);
        assert!(!is_alive(&Process {
            start_ticks: ticks,
            ..own()
        }));
    }

    #[test]
    fn an_ended_process_is_gone_also_as_a_zombie() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = Process {
            pid: child.id(),
            start_ticks: None,
            ..own()
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&child)), options).unwrap();
        assert!(!is_alive(&process), "a zombie");
        child.wait().unwrap();
        assert!(!is_alive(&process));
    }

    #[test]
    fn nothing_outlives_a_reboot() {
        assert!(!is_alive(&Process {
            boot_id: Some("another".into()),
            ..own()
        }));
    }

    #[test]
    fn a_process_of_another_namespace_counts_as_alive() {
        let namespace = Some("pid:[1]".into());
        assert!(is_alive(&Process {
            pid: u32::MAX,
            pid_namespace: namespace,
            ..own()
        }));
    }

    #[test]
    fn a_name_with_parentheses_does_not_confuse() {
        let stat = "7 (a) Z (b) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert!(is_same(stat, Some(4711)));
        assert!(!is_same(stat, Some(4712)));
    }
}
