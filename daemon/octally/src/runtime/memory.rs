// SPDX-License-Identifier: GPL-3.0-or-later
//! Keeps the process small whatever it once had to read.

/// Makes the allocator use one heap and give large blocks straight back. To be called before the
/// first thread is started. Only glibc has these knobs; elsewhere it does nothing.
#[cfg(target_env = "gnu")]
#[expect(
    unsafe_code,
    reason = "mallopt has no safe wrapper; it only sets parameters"
)]
pub fn keep_small() {
    const LARGE_BYTES: libc::c_int = 128 * 1024;
    // SAFETY: mallopt takes plain integers, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE_BYTES);
    }
}

/// Gives back what a long read has left over.
#[cfg(target_env = "gnu")]
#[expect(
    unsafe_code,
    reason = "malloc_trim has no safe wrapper; it may be called at any time"
)]
pub fn trim() {
    // SAFETY: malloc_trim locks the heap itself and moves nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Only glibc has these knobs.
#[cfg(not(target_env = "gnu"))]
pub fn keep_small() {}

/// Only glibc has these knobs.
#[cfg(not(target_env = "gnu"))]
pub fn trim() {}
