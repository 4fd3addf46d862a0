// SPDX-License-Identifier: GPL-3.0-or-later
//! The figures over the Model Context Protocol.
