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
    peer.answered("Report")               # how often it has answered, late answers too
    peer.flood("Session", [usage(fresh=n) for n in range(100)], per_second=1000, seconds=3)
    peer.kill()
"""

import datetime
import json
import pathlib
import subprocess
import sys
import time

NAME = "io.github.octally.Octally"
PATH = "/io/github/octally/Octally"
SERVICE = pathlib.Path(__file__).with_name("peer_service.py")


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
            [sys.executable, str(SERVICE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
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

    def answered(self, method):
        """How often a method was answered so far."""
        return self._tell(answered=method)

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
