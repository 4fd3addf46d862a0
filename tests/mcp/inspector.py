# SPDX-License-Identifier: GPL-3.0-or-later
"""The official MCP Inspector's command line, with `octally mcp` as the server.

    inspector = Inspector(home, era="modern")
    tools = inspector("tools/list")["tools"]

It checks structured results against the schemas that the server promises, as every client may.
"""

import json
import os
import subprocess

from opencode import environment

ERAS = ("legacy", "modern")


class InspectorError(Exception):
    """The inspector ended with an error: what it said."""


class Inspector:
    def __init__(self, home, era, *arguments):
        self.env = {**environment(home), "TZ": "UTC"}
        self.era = era
        self.server = [os.environ["OCTALLY_BIN"], "mcp", *arguments]

    def run(self, method, *options):
        """One request by a server of its own: the finished process."""
        command = [os.environ["INSPECTOR"], "--cli", "--protocol-era", self.era, "--format", "json"]
        command += ["--method", method, *options, "--", *self.server]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=120)

    def __call__(self, method, *options):
        """The result of one request."""
        done = self.run(method, *options)
        if done.returncode:
            raise InspectorError(f"{method} {options}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        answer = json.loads(done.stdout)
        return answer.get("result", answer)

    def tool(self, name, **arguments):
        """The structured result of a tool."""
        given = json.dumps(arguments)
        return self("tools/call", "--tool-name", name, "--tool-args-json", given)["structuredContent"]

    def resource(self, uri):
        """What stands at an address."""
        return json.loads(self("resources/read", "--uri", uri)["contents"][0]["text"])
