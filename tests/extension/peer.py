# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the octally service on the session bus, for the states that the real one cannot be brought into
at will: stale for hours, hundreds of sessions, a failing refresh. The contract's XML is its interface.

    peer = Peer()                         # owns the name when this returns
    peer.set(Session=usage(fresh=12345))  # properties as plain dictionaries, sent as PropertiesChanged
    peer.idle("ses_1", cause="finished")
    peer.kill()
"""

import json
import pathlib
import re
import subprocess
import sys
import time

from gi.repository import Gio, GLib

NAME = "io.github.octally.Octally"
PATH = "/io/github/octally/Octally"
USAGE = "io.github.octally.Usage1"
SESSIONS = "io.github.octally.Sessions1"
CONTRACT = pathlib.Path(__file__).resolve().parents[2] / "data" / f"{NAME}.xml"


def now_ms():
    """Unix milliseconds."""
    return int(time.time() * 1000)


def usage(fresh=12345, billed=0.42, estimated=None, unpriced=0, models=(), cache_read=90000, **others):
    """A usage dictionary of the contract: fresh is split so that input + output + reasoning give it."""
    output = fresh // 10
    tokens = {"input": fresh - output, "output": output, "reasoning": 0, "cache_read": cache_read, "cache_write": 0}
    dictionary = {
        "tokens": tokens,
        "fresh": fresh,
        "total": sum(tokens.values()),
        "steps": 3,
        "cost_billed_usd": float(billed),
        "unpriced_steps": unpriced,
        "models": list(models),
        **others,
    }
    if estimated is not None:
        dictionary["cost_estimated_usd"] = float(estimated)
    return dictionary


def session(session_id, title, state="busy", since_ms=None, **others):
    """One entry of the property Sessions."""
    since_ms = since_ms or now_ms()
    line = usage(**{"fresh": 4000, "billed": 0.1, **others})
    del line["models"]
    return {**line, "id": session_id, "title": title, "state": state, "since_ms": since_ms, "last_activity_ms": since_ms}


def figures():
    """The properties of a service with something to show."""
    now = now_ms()
    models = [
        {**usage(10000, 0.40), "model": "anthropic/claude-sonnet-4-5"},
        {**usage(2345, 0.02), "model": "openai/gpt-5-mini"},
    ]
    for model in models:
        del model["models"]
    return {
        "Session": usage(12345, 0.42, models=models, basis="run", id="run-1", state="busy", started_ms=now, last_activity_ms=now),
        "Today": usage(234567, 3.5, estimated=0.1, models=models),
        "Month": usage(1234567, 40),
        "Total": usage(98765432, 1234.56, estimated=98.7, unpriced=3, models=models),
        "Week": [],
        "State": "busy",
        "LastActivityMs": now,
        "UpdatedMs": now,
        "Freshness": {"state": "fresh", "since_ms": now},
        "Version": "0.1.0",
        "Sessions": [session("ses_1", "Mend the parser", since_ms=now - 130000)],
        "IdleThresholdMs": 900000,
    }


class Peer:
    """The service in a process of its own, so that it can be killed like the real one."""

    def __init__(self, own=True, **properties):
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._tell(start={**figures(), **properties})
        if own:
            self.own()

    def own(self):
        """Takes the service's name; fails if somebody else has it."""
        if self._tell(own=True) != 1:
            raise RuntimeError(f"{NAME} is owned already")

    def _tell(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the peer has ended")
        return json.loads(answer)

    def set(self, **properties):
        """New values of properties, sent as PropertiesChanged."""
        self._tell(set=properties)

    def idle(self, session_id, **details):
        """Emits the signal Idle."""
        self._tell(signal=["Idle", session_id, {"since_ms": now_ms(), **details}])

    def waiting(self, session_id, **details):
        """Emits the signal Waiting."""
        self._tell(signal=["Waiting", session_id, {"since_ms": now_ms(), **details}])

    def on_refresh(self, result=None, error=None, hold=False):
        """What Refresh answers from now on; hold: only after release()."""
        self._tell(refresh={"result": result or {}, "error": error, "hold": hold})

    def release(self):
        """Lets the held Refresh answer."""
        self._tell(release=True)

    def refreshes(self):
        """How often Refresh was called."""
        return self._tell(count=True)

    def threshold_ms(self):
        """The IdleThresholdMs that was last set from outside."""
        return self._tell(threshold=True)

    def kill(self):
        """Ends it like kill -9; once more does nothing."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def variant(key, value):
    """A value of a dictionary as the contract types it, by its key."""
    if isinstance(value, str):
        return GLib.Variant("s", value)
    if key == "tokens":
        return GLib.Variant("a{st}", value)
    if isinstance(value, dict):
        return GLib.Variant("a{sv}", variants(value))
    if isinstance(value, list):
        return GLib.Variant("aa{sv}", [variants(entry) for entry in value])
    if key.endswith("_usd"):
        return GLib.Variant("d", value)
    return GLib.Variant("x" if key.endswith("_ms") else "t", value)


def variants(dictionary):
    """A dictionary as a{sv} wants it."""
    return {key: variant(key, value) for key, value in dictionary.items()}


class Service:
    """The other side of Peer, in its process: orders come as lines of JSON."""

    def __init__(self):
        node = Gio.DBusNodeInfo.new_for_xml(re.sub("<!--.*?-->", "", CONTRACT.read_text(), flags=re.S))
        self.interfaces = {interface.name: interface for interface in node.interfaces}
        self.signatures = {p.name: (i.name, p.signature) for i in node.interfaces for p in i.properties}
        self.properties = {}
        self.refresh = {"result": {}, "error": None, "hold": False}
        self.refresh_count = 0
        self.held = []
        self.threshold = None
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def typed(self, name):
        """A property's value as a variant."""
        value, signature = self.properties[name], self.signatures[name][1]
        if signature == "a{sv}":
            value = variants(value)
        elif signature == "aa{sv}":
            value = [variants(entry) for entry in value]
        return GLib.Variant(signature, value)

    def obey(self, order):
        """One order; returns the answer."""
        [(verb, argument)] = order.items()
        return getattr(self, f"obey_{verb}")(argument)

    def obey_start(self, properties):
        self.properties = properties
        for interface in self.interfaces.values():
            self.bus.register_object(PATH, interface, self.called, self.got, self.was_set)

    def obey_own(self, _):
        answer = self.bus.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (NAME, 4)), None, 0, -1, None,
        )
        return answer.unpack()[0]

    def obey_set(self, properties):
        self.properties.update(properties)
        for interface in self.interfaces:
            changed = {name: self.typed(name) for name in properties if self.signatures[name][0] == interface}
            if changed:
                arguments = GLib.Variant("(sa{sv}as)", (interface, changed, []))
                self.emit("org.freedesktop.DBus.Properties", "PropertiesChanged", arguments)

    def obey_signal(self, signal):
        name, session_id, details = signal
        self.emit(SESSIONS, name, GLib.Variant("(sa{sv})", (session_id, variants(details))))

    def emit(self, interface, name, arguments):
        self.bus.emit_signal(None, PATH, interface, name, arguments)
        self.bus.flush_sync(None)

    def obey_refresh(self, behaviour):
        self.refresh = behaviour

    def obey_release(self, _):
        for invocation in self.held:
            self.answer_refresh(invocation)
        self.held = []

    def obey_count(self, _):
        return self.refresh_count

    def obey_threshold(self, _):
        return self.threshold

    def called(self, _bus, _sender, _path, _interface, method, _parameters, invocation):
        assert method == "Refresh", method
        self.refresh_count += 1
        if self.refresh["hold"]:
            self.held.append(invocation)
        else:
            self.answer_refresh(invocation)

    def answer_refresh(self, invocation):
        if self.refresh["error"]:
            invocation.return_dbus_error("io.github.octally.Error.Refresh", self.refresh["error"])
            return
        self.obey_set({"UpdatedMs": now_ms()})
        invocation.return_value(GLib.Variant("(a{sv})", (variants(self.refresh["result"]),)))

    def got(self, _bus, _sender, _path, _interface, name):
        return self.typed(name)

    def was_set(self, _bus, _sender, _path, _interface, name, value):
        assert name == "IdleThresholdMs", name
        self.threshold = value.unpack()
        self.obey_set({name: self.threshold})
        return True


def main():
    service, loop = Service(), GLib.MainLoop()

    def orders(channel, _condition):
        line = channel.readline()
        if not line:
            loop.quit()
            return False
        print(json.dumps(service.obey(json.loads(line))), flush=True)
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, orders)
    loop.run()


if __name__ == "__main__":
    main()
