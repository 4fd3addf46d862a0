# SPDX-License-Identifier: GPL-3.0-or-later
"""The real OpenCode, set up for the current user against a mock provider.

    provider = MockProvider("/tmp/requests.jsonl").start()
    opencode = OpenCode(provider, plugin="/octally/plugin/dist/octally.js")   # version="1.1.65": an older one
    session = opencode.run("Say hello mock:tool")          # one `opencode run`, returns the session's id
    with opencode.serve() as server:                       # one `opencode serve`, driven by its HTTP API
        session = server.create_session()
        server.prompt(session, "Say hello")

Everything lies in the user's home, as it does for a person; home= gives a test a home of its own.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

INSTALLED = pathlib.Path(os.environ.get("OPENCODE_INSTALLED", "/opt/opencode"))

# US dollars per million tokens. free-model stands for a subscription: OpenCode stores 0 for it.
PRICES = {
    "mock/test-model": {"input": 2.0, "output": 10.0, "cache_read": 0.2, "cache_write": 2.5},
    "mock/second-model": {"input": 0.5, "output": 3.0, "cache_read": 0.05, "cache_write": 0.6},
    "mock/free-model": {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0},
    "mock-anthropic/test-claude": {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write": 3.75},
}
TITLE_MODEL = "mock/title-model"  # the "small model": title calls, which no storage of OpenCode holds

# Nothing is fetched or updated behind the tests' back.
QUIET = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
}


def environment(home):
    """The environment of a person with that home and no XDG folder elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not re.match(r"XDG_(CONFIG|DATA|STATE|CACHE)_HOME$", k)}
    return {**kept, "HOME": str(home)}


class OpenCode:
    """An installation for one user: configuration, plugin, a project folder with a git history.

    version is one of fetch-opencode.sh's older ones; without it, the newest."""

    def __init__(self, provider, plugin=None, permission=None, home=None, version=None):
        self.installed = INSTALLED / "older" / version if version else INSTALLED
        self.home = pathlib.Path(home or pathlib.Path.home())
        self.config = self.home / ".config/opencode"
        self.data = self.home / ".local/share/opencode"
        self.project = self.home / "project"
        # As after a cd: OpenCode looks at PWD too, and would open the other folder besides.
        self.env = {**environment(self.home), **QUIET, "PWD": str(self.project)}
        self.write_config(provider, permission or {})
        self.seed_plugin_package()
        self.make_project()
        if plugin:
            self.install_plugin(plugin)

    # Setting up.

    def write_config(self, provider, permission):
        """Two providers on the mock, with prices; permission is OpenCode's own setting of that name."""
        packages = {"mock": "@ai-sdk/openai-compatible", "mock-anthropic": "@ai-sdk/anthropic"}
        providers = {
            name: {"npm": package, "options": {"baseURL": provider.base_url(name), "apiKey": "none"}, "models": {}}
            for name, package in packages.items()
        }
        for full_name, cost in {**PRICES, TITLE_MODEL: PRICES["mock/free-model"]}.items():
            name, model = full_name.split("/")
            limit = {"context": 200000, "output": 8000}
            providers[name]["models"][model] = {"name": model, "cost": cost, "limit": limit, "tool_call": True}
        config = {
            "model": "mock/test-model",
            "small_model": TITLE_MODEL,
            "provider": providers,
            "permission": permission,
        }
        self.config.mkdir(parents=True, exist_ok=True)
        (self.config / "opencode.json").write_text(json.dumps(config, indent=2))

    def seed_plugin_package(self):
        """OpenCode fetches its plugin package into the config folder unless this pair is there."""
        seed = self.installed / "config"
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(seed / name, self.config / name)
        modules = self.config / "node_modules"
        modules.unlink(missing_ok=True)
        modules.symlink_to(seed / "node_modules")

    def make_project(self):
        """A git repository with one commit: OpenCode takes its project id from it."""
        if (self.project / ".git").exists():
            return
        self.project.mkdir(parents=True, exist_ok=True)
        (self.project / "README.md").write_text("A project.\n")
        identity = ["-c", "user.name=dev", "-c", "user.email=dev@example.org"]
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "Start"]):
            subprocess.run(["git", "-C", self.project, *command], check=True)

    def install_plugin(self, file):
        """Into the plugin folder whose name every version accepts."""
        folder = self.config / "plugin"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(file, folder / "octally.js")

    # Running.

    def command(self, *arguments):
        return [str(self.installed / "bin/opencode"), *arguments]

    def start(self, *arguments, **options):
        """A started `opencode`, in the project, in a process group of its own."""
        options = {"cwd": self.project, "env": self.env, "stdin": subprocess.DEVNULL, "text": True, **options}
        return subprocess.Popen(self.command(*arguments), start_new_session=True, **options)

    def start_run(self, prompt, model="mock/test-model", session=None, extra=()):
        """A started `opencode run`; finish_run() waits for it."""
        continued = ["--session", session] if session else []
        arguments = ["run", "--format", "json", "--model", model, *continued, *extra, prompt]
        return self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish_run(self, process, timeout_s=120, expect_failure=False):
        """Waits for the end of a run and returns the id of its session."""
        try:
            output, errors = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            raise TimeoutError(f"opencode run did not end in {timeout_s} s\n{output}\n{errors}") from None
        if bool(process.returncode) != expect_failure:
            raise AssertionError(f"opencode run ended with {process.returncode}\n{output}\n{errors}")
        found = re.search(r'"sessionID":"(ses_\w+)"', output)
        return found.group(1) if found else None

    def run(self, prompt, model="mock/test-model", session=None, expect_failure=False, extra=()):
        """One `opencode run` from start to end; returns the id of its session."""
        return self.finish_run(self.start_run(prompt, model, session, extra), expect_failure=expect_failure)

    def serve(self):
        """One `opencode serve`, a context manager."""
        return Server(self)


class Server:
    """`opencode serve` and its HTTP API, as an editor would use it."""

    def __init__(self, opencode):
        self.opencode = opencode
        self.log = open(pathlib.Path(os.environ.get("LAB", "/tmp")) / "opencode-serve.log", "a+")

    def __enter__(self):
        self.process = self.opencode.start("serve", "--port", "0", stdout=subprocess.PIPE, stderr=self.log)
        for line in self.process.stdout:
            if found := re.search(r"listening on (http://\S+)", line):
                self.url = found.group(1)
                return self
        self.log.seek(0)
        raise RuntimeError(f"opencode serve did not start: {self.log.read()[-1000:]}")

    def __exit__(self, *_):
        self.stop()

    def stop(self, sig=signal.SIGTERM):
        """Ends the server and everything it started; the second call does nothing."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, sig)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def request(self, method, path, body=None, timeout_s=90):
        """One call of the API; returns the JSON reply, or None when it is empty."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"} if data else {}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=timeout_s) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def create_session(self, title=None):
        """A new session. A title given here saves the call that would make one."""
        return self.request("POST", "/session", {"title": title} if title else {})["id"]

    def prompt(self, session, text, model="mock/test-model"):
        """One turn, waited for; returns the last assistant message."""
        return self.request("POST", f"/session/{session}/message", prompt_body(text, model))

    def prompt_async(self, session, text, model="mock/test-model"):
        """Starts a turn and does not wait for it."""
        self.request("POST", f"/session/{session}/prompt_async", prompt_body(text, model))

    def abort(self, session):
        self.request("POST", f"/session/{session}/abort", {})

    def allow(self, session):
        """Says yes, this once, to every permission that the session waits for."""
        for asked in self.request("GET", "/permission"):
            if asked["sessionID"] == session:
                self.request("POST", f"/permission/{asked['id']}/reply", {"reply": "once"})

    def messages(self, session):
        """The ids of the session's messages, {"user": [...], "assistant": [...]}."""
        ids = {"user": [], "assistant": []}
        for message in self.request("GET", f"/session/{session}/message"):
            ids[message["info"]["role"]].append(message["info"]["id"])
        return ids

    def fork(self, session, before=None):
        """A copy of the session, or of the part before a message; returns its id."""
        return self.request("POST", f"/session/{session}/fork", {"messageID": before} if before else {})["id"]

    def revert(self, session, message):
        """Marks everything from a message on as undone; the next prompt removes it."""
        self.request("POST", f"/session/{session}/revert", {"messageID": message})

    def compact(self, session, model="mock/test-model"):
        """Replaces the session's context by a summary that the model writes; waited for."""
        provider, name = model.split("/")
        self.request("POST", f"/session/{session}/summarize", {"providerID": provider, "modelID": name})

    def delete(self, session, message=None):
        """Deletes the session and its sub-agents', or one message of it."""
        self.request("DELETE", f"/session/{session}" + (f"/message/{message}" if message else ""))

    def busy(self, session):
        """Whether a turn of the session is going on."""
        return session in self.request("GET", "/session/status")

    def wait_idle(self, session, timeout_s=60):
        end = time.monotonic() + timeout_s
        while self.busy(session):
            if time.monotonic() > end:
                raise TimeoutError(f"{session} is still busy after {timeout_s} s")
            time.sleep(0.05)


def prompt_body(text, model):
    provider, name = model.split("/")
    return {"model": {"providerID": provider, "modelID": name}, "parts": [{"type": "text", "text": text}]}
