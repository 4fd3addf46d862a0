// SPDX-License-Identifier: GPL-3.0-or-later
//! The real daemon on a real, private session bus, beside a real database.

mod changes;
mod command_line;
mod database;
mod life;
mod quiet;
mod trouble;
mod world;
