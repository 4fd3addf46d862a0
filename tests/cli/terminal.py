# SPDX-License-Identifier: GPL-3.0-or-later
"""A program in a terminal of its own."""

import os
import pty
import select
import struct
import fcntl
import termios
import time


class Terminal:
    def __init__(self, command, environment, lines=40, columns=100):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.seen = ""

    def type(self, text):
        self.seen = ""
        os.write(self.descriptor, text.encode())

    def wait_for(self, text, seconds=20):
        """Reads until `text` has been seen; says what was seen instead."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            if left < 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise AssertionError(f"no {text!r} within {seconds} s in {self.seen!r}")
            try:
                self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
            except OSError as end_of_terminal:
                raise AssertionError(f"no {text!r} in {self.seen!r}") from end_of_terminal
        return self.seen

    def close(self):
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)
