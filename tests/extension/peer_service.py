# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that plays the service for peer.py, which is its only caller: orders come as lines of JSON."""

import json
import pathlib
import re
import sys
import time

from gi.repository import Gio, GLib

from peer import NAME, PATH, now_ms

EMBEDDED = pathlib.Path(__file__).resolve().parents[2] / "extension" / "dbus.js"
# Keys of dictionaries whose type does not follow from their value or their ending.
TYPES = {
    "tokens": "a{st}", "warn_at": "au", "crossed": "u", "threshold": "u", "compactions": "u", "min_turn_seconds": "u",
    "idle_threshold_minutes": "u", "keep_months": "u",
}


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
        self.answered_methods = []
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

    def obey_answered(self, method):
        return self.answered_methods.count(method)

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
        self.give_answer(invocation, out_args, answer)
        # What asks whether it has answered may rely on it.
        self.bus.flush_sync(None)
        self.answered_methods.append(invocation.get_method_name())
        return False

    def give_answer(self, invocation, out_args, answer):
        if answer.get("error"):
            invocation.return_dbus_error(answer["error_name"], answer["error"])
            return
        result = answer.get("result")
        empty = {} if out_args and out_args[0].signature == "a{sv}" else []
        invocation.return_value(packed(out_args, [empty if result is None else result][: len(out_args)]))

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
