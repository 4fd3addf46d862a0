# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the octally service on the session bus, for the states that the real one cannot be brought into
at will: stale for hours, hundreds of sessions, a failing refresh. Its interfaces are those that the
extension embeds, which a test compares with the contract.

    peer = Peer()                         # owns the name when this returns
    peer.set(Session=usage(fresh=12345))  # properties as plain dictionaries, sent as PropertiesChanged
    peer.alert("finished", session_id="ses_1", title="Mend the parser")
    peer.emit("Alerts1", "Withdrawn", "session:ses_1")
    peer.on_call("Report", [usage(day="2026-11-26")])   # what a method answers from now on
    peer.on_call("SetBudget", error="no such period")
    peer.calls("SetBudget")               # the arguments of each call
    peer.flood("Session", [usage(fresh=n) for n in range(100)], per_second=1000, seconds=3)
    peer.kill()
"""

import datetime
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
EMBEDDED = pathlib.Path(__file__).resolve().parents[2] / "extension" / "dbus.js"
# Keys of dictionaries whose type does not follow from their value or their ending.
TYPES = {
    "tokens": "a{st}", "warn_at": "au", "crossed": "u", "threshold": "u", "compactions": "u", "min_turn_seconds": "u",
    "idle_threshold_minutes": "u", "keep_months": "u",
}


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


def budget(budget_id="all", period="month", limit=50.0, spent=20.0, **others):
    """One entry of the property Budgets."""
    return {
        "id": budget_id,
        "period": period,
        "limit_usd": float(limit),
        "counts": "billed",
        "warn_at": [50, 80, 100],
        "spent_usd": float(spent),
        "left_usd": float(limit - spent),
        "share": spent / limit,
        "starts_ms": now_ms() - 86400000,
        "ends_ms": now_ms() + 86400000,
        "unpriced_steps": 0,
        **others,
    }


def pace(fresh_per_minute=1200.0, cost_per_hour=3.6, **others):
    """The property Pace."""
    speed = {"fresh_per_minute": float(fresh_per_minute), "cost_per_hour_usd": float(cost_per_hour)}
    return {**speed, "since_ms": now_ms() - 300000, **others}


def days(*fresh):
    """Days until today as Week and Report by day have them, with so many fresh tokens; None: no such row."""
    today = datetime.date.today()
    dates = [(today - datetime.timedelta(days=len(fresh) - 1 - i)).isoformat() for i in range(len(fresh))]
    made = [{**usage(tokens, tokens / 50000), "day": date} for date, tokens in zip(dates, fresh, strict=True) if tokens is not None]
    for day in made:
        if day["fresh"] == 0:
            day["steps"] = 0
    return made


def settings(**others):
    """The property Settings of Alerts1, as it is when the configuration says nothing."""
    return {
        "finished": True,
        "min_turn_seconds": 10,
        "idle": True,
        "idle_threshold_minutes": 15,
        "waiting": True,
        "budgets": True,
        "tripwire_usd_per_minute": 5.0,
        "compaction_loop": True,
        "quiet_hours": "",
        "speaker": "octally",
        **others,
    }


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
        "Total": usage(98765432, 1234.56, estimated=98.7, unpriced=3, models=models, steps=9000),
        "Week": days(40000, 120000, 0, 310000, 90000, 260000, 234567),
        "Pace": {},
        "State": "busy",
        "LastActivityMs": now,
        "UpdatedMs": now,
        "Freshness": {"state": "fresh", "since_ms": now},
        "Version": "0.1.0",
        "Sessions": [session("ses_1", "Mend the parser", since_ms=now - 130000)],
        "IdleThresholdMs": 900000,
        "Budgets": [],
        "Settings": settings(),
        "Notices": [],
        "SnoozedUntilMs": 0,
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

    def alert(self, kind, notice_id="session:ses_1", **details):
        """Emits the signal Alert: this notice is to be shown now."""
        self.emit("Alerts1", "Alert", kind, {"id": notice_id, "kind": kind, "since_ms": now_ms(), **details})

    def emit(self, interface, name, *arguments):
        """Emits a signal of the interface with this last part of its name; dictionaries as plain ones."""
        self._tell(signal=[f"{NAME.rpartition('.')[0]}.{interface}", name, arguments])

    def on_call(self, method, result=None, error=None, error_name="org.freedesktop.DBus.Error.InvalidArgs", delay_ms=0):
        """What a method answers from now on, after a while: its result, plain, or an error with this message.
        method may name the kind of rows too: "Report day"."""
        self._tell(on_call=[method, {"result": result, "error": error, "error_name": error_name, "delay_ms": delay_ms}])

    def calls(self, method):
        """The arguments of each call of a method so far, unpacked."""
        return self._tell(calls=method)

    def on_refresh(self, result=None, error=None, hold=False):
        """What Refresh answers from now on; hold: only after release()."""
        self._tell(refresh={"result": result or {}, "error": error, "hold": hold})

    def flood(self, name, values, per_second, seconds):
        """Sends one value of a property after the other, over and over; returns when that has begun."""
        self._tell(flood=[name, values, per_second, seconds])

    def flooded(self):
        """How many changes the flood has sent, and whether it is over."""
        return self._tell(flooded=True)

    def release(self):
        """Lets the held Refresh answer."""
        self._tell(release=True)

    def refreshes(self):
        """How often Refresh was called."""
        return self._tell(count=True)

    def kill(self):
        """Ends it like kill -9; once more does nothing."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def variant(key, value):
    """A value of a dictionary as the contract types it, by its key."""
    return GLib.Variant(signature := type_of(key, value), plain(signature, value))


def type_of(key, value):
    """The D-Bus signature of a dictionary's value."""
    if key in TYPES:
        return TYPES[key]
    by_type = {str: "s", bool: "b", float: "d", dict: "a{sv}"}
    if type(value) in by_type:
        return by_type[type(value)]
    if isinstance(value, list):
        return "as" if value and isinstance(value[0], str) else "aa{sv}"
    if key.endswith("_usd"):
        return "d"
    return "x" if key.endswith("_ms") else "t"


def plain(signature, value):
    """A plain value with its dictionaries made ready for a variant of that signature."""
    if signature == "a{sv}":
        return variants(value)
    if signature == "aa{sv}":
        return [variants(entry) for entry in value]
    return value


def variants(dictionary):
    """A dictionary as a{sv} wants it."""
    return {key: variant(key, value) for key, value in dictionary.items()}


def packed(args, values):
    """The arguments of a signal or the answer of a method, by the signatures of its interface."""
    signatures = [arg.signature for arg in args]
    values = [plain(signature, value) for signature, value in zip(signatures, values, strict=True)]
    return GLib.Variant(f"({''.join(signatures)})", tuple(values))


class Service:
    """The other side of Peer, in its process: orders come as lines of JSON."""

    def __init__(self):
        nodes = re.findall("<node>.*?</node>", EMBEDDED.read_text(), flags=re.S)
        parsed = [interface for node in nodes for interface in Gio.DBusNodeInfo.new_for_xml(node).interfaces]
        self.interfaces = {interface.name: interface for interface in parsed}
        self.signatures = {p.name: (i.name, p.signature) for i in parsed for p in i.properties}
        self.properties = {}
        self.refresh = {"result": {}, "error": None, "hold": False}
        self.refresh_count = 0
        self.held = []
        self.answers = {}
        self.called_with = []
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def typed(self, name):
        """A property's value as a variant."""
        value, signature = self.properties[name], self.signatures[name][1]
        return GLib.Variant(signature, plain(signature, value))

    def obey(self, order):
        """One order; returns the answer."""
        [(verb, argument)] = order.items()
        return getattr(self, f"obey_{verb}")(argument)

    def obey_start(self, properties):
        self.properties = properties
        for interface in self.interfaces.values():
            self.bus.register_object(PATH, interface, self.called, self.got, None)

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
        interface, name, arguments = signal
        self.emit(interface, name, packed(self.interfaces[interface].lookup_signal(name).args, arguments))

    def emit(self, interface, name, arguments):
        self.bus.emit_signal(None, PATH, interface, name, arguments)
        self.bus.flush_sync(None)

    def obey_on_call(self, behaviour):
        method, answer = behaviour
        self.answers[method] = answer

    def obey_calls(self, method):
        return [arguments for name, arguments in self.called_with if name == method]

    def obey_flood(self, flood):
        name, values, per_second, seconds = flood
        self.sent, self.to_send, started = 0, per_second * seconds, time.monotonic()

        def go_on():
            # As many as the time that has passed asks for: a busy machine wakes it less often.
            due = min(self.to_send, int((time.monotonic() - started) * per_second))
            while self.sent < due:
                self.obey_set({name: values[self.sent % len(values)]})
                self.sent += 1
            return self.sent < self.to_send

        GLib.timeout_add(5, go_on)

    def obey_flooded(self, _):
        return [self.sent, self.sent == self.to_send]

    def obey_refresh(self, behaviour):
        self.refresh = behaviour

    def obey_release(self, _):
        for invocation in self.held:
            self.answer_refresh(invocation)
        self.held = []

    def obey_count(self, _):
        return self.refresh_count

    def called(self, _bus, _sender, _path, interface, method, parameters, invocation):
        arguments = parameters.unpack()
        self.called_with.append((method, arguments))
        if method != "Refresh":
            out_args = self.interfaces[interface].lookup_method(method).out_args
            kind = arguments[0].get("by") if method == "Report" else None
            answer = self.answers.get(f"{method} {kind}", self.answers.get(method, {}))
            GLib.timeout_add(answer.get("delay_ms", 0), self.answer, invocation, out_args, answer)
            return
        self.refresh_count += 1
        if self.refresh["hold"]:
            self.held.append(invocation)
        else:
            self.answer_refresh(invocation)

    def answer(self, invocation, out_args, answer):
        if answer.get("error"):
            invocation.return_dbus_error(answer["error_name"], answer["error"])
            return False
        result = answer.get("result")
        empty = {} if out_args and out_args[0].signature == "a{sv}" else []
        invocation.return_value(packed(out_args, [empty if result is None else result][: len(out_args)]))
        return False

    def answer_refresh(self, invocation):
        if self.refresh["error"]:
            invocation.return_dbus_error("io.github.octally.Error.Refresh", self.refresh["error"])
            return
        self.obey_set({"UpdatedMs": now_ms()})
        invocation.return_value(GLib.Variant("(a{sv})", (variants(self.refresh["result"]),)))

    def got(self, _bus, _sender, _path, _interface, name):
        return self.typed(name)


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
