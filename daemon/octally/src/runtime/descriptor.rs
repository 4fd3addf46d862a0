// SPDX-License-Identifier: GPL-3.0-or-later
//! File descriptors of the kernel's (timers, processes) in the runtime's reactor.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers a descriptor that becomes readable.
///
/// # Errors
/// When the reactor cannot watch it.
#[expect(
    unsafe_code,
    reason = "the safe constructor is deprecated; an OwnedFd meets the contract"
)]
pub fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is open, stays the same one, and is closed only after the AsyncFd, which
    // owns it, has let go of it.
    Ok(unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?)
}
