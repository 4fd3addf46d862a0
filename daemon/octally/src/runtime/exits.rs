// SPDX-License-Identifier: GPL-3.0-or-later
//! Hears of the end of each run's process from the kernel, so that a killed OpenCode is seen gone at
//! once and nobody has to look.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use octally_core::source::stats_file::Process;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::task::{AbortHandle, JoinSet};

use super::descriptor;

/// Processes watched at the same time; more are noticed at the next tick.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub struct Exits {
    watched: BTreeMap<u32, AbortHandle>,
    ends: JoinSet<u32>,
    own_namespace: Option<PathBuf>,
}

impl Exits {
    /// Watches nothing yet.
    pub fn new() -> Self {
        let own_namespace = std::fs::read_link("/proc/self/ns/pid").ok();
        Self {
            own_namespace,
            ..Self::default()
        }
    }

    /// Watches exactly these processes from now on.
    pub fn watch<'a>(&mut self, processes: impl Iterator<Item = &'a Process>) {
        let wanted: BTreeMap<u32, &Process> = processes
            .filter(|process| self.is_numbered_here(process))
            .take(MOST)
            .map(|process| (process.pid, process))
            .collect();
        self.watched.retain(|pid, task| {
            let keep = wanted.contains_key(pid);
            if !keep {
                task.abort();
            }
            keep
        });
        for (pid, process) in wanted {
            if !self.watched.contains_key(&pid)
                && let Some(end) = open(process)
            {
                let task = self.ends.spawn(wait(pid, end));
                self.watched.insert(pid, task);
            }
        }
    }

    /// Waits until one of them ends. Safe to cancel.
    pub async fn next(&mut self) {
        loop {
            match self.ends.join_next().await {
                Some(Ok(pid)) => {
                    self.watched.remove(&pid);
                    return;
                }
                // One that was let go.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// A number of another namespace names another process, or none.
    fn is_numbered_here(&self, process: &Process) -> bool {
        match (&process.pid_namespace, &self.own_namespace) {
            (Some(theirs), Some(ours)) => ours.as_os_str() == theirs.as_str(),
            _ => true,
        }
    }
}

fn open(process: &Process) -> Option<AsyncFd<OwnedFd>> {
    let pid = Pid::from_raw(i32::try_from(process.pid).ok()?)?;
    let end = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
    // The number may have passed to another process before it was opened, but not after.
    if !crate::process::is_alive(process) {
        return None;
    }
    descriptor::readable(end).ok()
}

async fn wait(pid: u32, end: AsyncFd<OwnedFd>) -> u32 {
    // Readable from the end of the process on; an error is followed up by looking, too.
    let _ = end.readable().await;
    pid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_process_is_heard_of() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut child = std::process::Command::new("cat")
                .stdin(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let process = Process {
                pid: child.id(),
                ..Process::default()
            };
            let mut exits = Exits::new();
            exits.watch([&process].into_iter());
            let short = std::time::Duration::from_millis(20);
            assert!(tokio::time::timeout(short, exits.next()).await.is_err());
            child.kill().unwrap();
            tokio::time::timeout(std::time::Duration::from_secs(10), exits.next())
                .await
                .unwrap();
            child.wait().unwrap();
        });
    }
}
