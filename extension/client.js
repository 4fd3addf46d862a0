// SPDX-License-Identifier: GPL-3.0-or-later
// The extension's end of the D-Bus contract: what the service says, and whether it is there at all.
//
// The rest of the extension knows no bus, no proxy and no variant: it reads this object's getters and
// listens to its signals.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {budgetChanges, readNotice, settingsChanges} from './alertWire.js';
import {
    call, describe, isAway, isCancelled, isServiceUnknown, isUnknownSession, makeProxy, plainMessage, refresh, report, startService, variants
} from './bus.js';
import {ALERTS_XML, SESSIONS_XML, USAGE_XML} from './dbus.js';
import {PropertyMirror} from './propertyMirror.js';
import {
    readBudget, readDay, readDescription, readFreshness, readPace, readRefresh, readRow, readRun, readSession, readUsage
} from './wire.js';

const ALERTS = 'io.github.octally.Alerts1';

// A service that is restarted is back within this time: nothing on the screen needs to move.
const GRACE_MS = 500;

/** The service knows no such session: it was removed from the ledger, or was never in it. */
export class UnknownSessionError extends Error {}

export class Client extends GObject.Object {
    static {
        GObject.registerClass({
            Signals: {
                // The service is there, for the first time or again.
                'appeared': {},
                // Some getter has a new value.
                'changed': {},
                // The service is away, and for longer than a restart takes.
                'vanished': {},
                // A notice as alertWire.js reads it; the id of one that no longer holds.
                'alert': {param_types: [GObject.TYPE_JSOBJECT]},
                'withdrawn': {param_types: [GObject.TYPE_STRING]},
                // The id of a session; empty where the user asked for no certain one.
                'show-details': {param_types: [GObject.TYPE_STRING]},
            },
        }, this);
    }

    constructor() {
        super();
        this._cancellable = new Gio.Cancellable();
        this._link = {kind: 'starting', sinceMs: null, reason: null};
        this._graceId = 0;
        this._signalIds = [];
    }

    /**
     * Whether there are figures, and if not, why: {kind, sinceMs, reason}. kind is starting, missing (no such
     * service), failed (to start), gone, or the service's own freshness: fresh, stale, empty, error.
     */
    get status() {
        if (this._link.kind !== 'connected')
            return this._link;

        const freshness = this._usage.value('Freshness');
        return freshness ? readFreshness(freshness) : {...this._link, kind: 'starting'};
    }

    /** The latest run's usage; null before the first. */
    get run() {
        return readRun(this._usage?.value('Session'));
    }

    /** Usage since local midnight. */
    get today() {
        return readUsage(this._usage?.value('Today'));
    }

    /** Usage since the first of the month. */
    get month() {
        return readUsage(this._usage?.value('Month'));
    }

    /** The last seven local days, oldest first, each a usage with its day. */
    get week() {
        return (this._usage?.value('Week') ?? []).map(readDay);
    }

    /** How fast it goes now; null while nothing is used. */
    get pace() {
        return readPace(this._usage?.value('Pace'));
    }

    /** Usage of all time. */
    get total() {
        return readUsage(this._usage?.value('Total'));
    }

    /** Of all runs together: busy, waiting, idle, gone or unknown. */
    get state() {
        return this._usage?.value('State') ?? 'unknown';
    }

    /** When the figures were last read, Unix milliseconds. */
    get updatedMs() {
        return this._usage?.value('UpdatedMs') ?? null;
    }

    /** The live sessions, in the service's order. */
    get sessions() {
        return (this._sessions?.value('Sessions') ?? []).map(readSession);
    }

    /** The budgets, in the order of the configuration. */
    get budgets() {
        return (this._alerts?.value('Budgets') ?? []).map(readBudget);
    }

    /** What holds now and should be known, as alertWire.js reads it. */
    get notices() {
        return (this._alerts?.value('Notices') ?? []).map(readNotice);
    }

    /** The time without activity after which a session counts as idle, milliseconds. */
    get idleThresholdMs() {
        return this._sessions?.value('IdleThresholdMs') ?? null;
    }

    /** Makes the proxies, and has the bus start the service, once, if it is not running. */
    connectToService() {
        this._connect().catch(error => this._startFailed(error));
    }

    async _connect() {
        const [usage, sessions, alerts] = await Promise.all(
            [USAGE_XML, SESSIONS_XML, ALERTS_XML].map(xml => makeProxy(xml, this._cancellable)));
        if (this._cancellable.is_cancelled())
            return;

        this._usage = new PropertyMirror(usage, () => this.emit('changed'));
        this._sessions = new PropertyMirror(sessions, () => this.emit('changed'));
        this._alerts = new PropertyMirror(alerts, () => this.emit('changed'));
        this._signalIds = [
            alerts.connectSignal('Alert', (_proxy, _owner, [_kind, details]) => this.emit('alert', readNotice(unpack(details)))),
            alerts.connectSignal('Withdrawn', (_proxy, _owner, [id]) => this.emit('withdrawn', id)),
            alerts.connectSignal('ShowDetails', (_proxy, _owner, [sessionId]) => this.emit('show-details', sessionId)),
        ];
        usage.connectObject('notify::g-name-owner', () => this._ownerChanged(), this);
        if (usage.g_name_owner)
            this._ownerChanged();
        else
            await startService(this._cancellable);
    }

    _startFailed(error) {
        if (isCancelled(error) || this._usage?.proxy.g_name_owner)
            return;
        const kind = isServiceUnknown(error) ? 'missing' : 'failed';
        this._setLink({kind, sinceMs: Date.now(), reason: plainMessage(error)});
    }

    _ownerChanged() {
        this._endGrace();
        if (this._usage.proxy.g_name_owner) {
            this._setLink({kind: 'connected', sinceMs: Date.now(), reason: null});
            this.emit('appeared');
        } else {
            this._graceId = GLib.timeout_add(GLib.PRIORITY_DEFAULT, GRACE_MS, () => this._graceOver());
        }
    }

    _graceOver() {
        this._graceId = 0;
        this._usage.clear();
        this._sessions.clear();
        this._alerts.clear();
        this._setLink({kind: 'gone', sinceMs: Date.now() - GRACE_MS, reason: null});
        this.emit('vanished');
        return GLib.SOURCE_REMOVE;
    }

    _endGrace() {
        if (this._graceId)
            GLib.source_remove(this._graceId);
        this._graceId = 0;
    }

    _setLink(link) {
        this._link = link;
        this.emit('changed');
    }

    /**
     * Has the service read everything again, and starts it where it is not running.
     *
     * @returns {Promise<?object>} what was read, as wire.js reads it; null if the extension was disabled meanwhile
     */
    async refresh() {
        try {
            return readRefresh(await refresh(this._cancellable));
        } catch (error) {
            if (isCancelled(error))
                return null;
            this._startFailed(error);
            throw new Error(plainMessage(error), {cause: error});
        }
    }

    /**
     * @param {object} request - of the method Report: by, and since, until or last
     * @param {Gio.Cancellable} cancellable - the asker's own
     * @returns {Promise<?object[]>} usages with a name; null if the asker has cancelled
     */
    async report(request, cancellable) {
        try {
            const rows = await report(request, cancellable);
            return rows.map(row => readRow(row, request.by));
        } catch (error) {
            return giveUp(error);
        }
    }

    /**
     * @param {string} sessionId - of any session in the ledger
     * @param {Gio.Cancellable} cancellable - the asker's own
     * @returns {Promise<?object>} models, sub-agents and turns; null if the asker has cancelled
     */
    async describe(sessionId, cancellable) {
        try {
            return readDescription(await describe(sessionId, cancellable));
        } catch (error) {
            if (isUnknownSession(error))
                throw new UnknownSessionError(sessionId, {cause: error});
            return giveUp(error);
        }
    }

    /** Draws notices from now on, so that the service does not; done when the service has taken that in. */
    async startSpeaking() {
        await this._ask('Speak', '(b)', [true]);
    }

    /** The service draws again. Not cancelled with the rest, since this is said when the extension is disabled. */
    stopSpeaking() {
        if (this._link.kind === 'connected')
            // Fails where the service has just gone, and then there is nobody to tell.
            call({method: `${ALERTS}.Speak`, parameters: new GLib.Variant('(b)', [false])}).catch(() => {});
    }

    /**
     * @param {string} id - of a notice
     * @param {number} minutes - for which the service is silent about it
     */
    snooze(id, minutes) {
        this._ask('Snooze', '(su)', [id, minutes]);
    }

    /**
     * @param {string} id - of a budget
     * @param {object} changes - of it, as alertWire.js types them
     * @param {Function} onRefused - is given the service's message
     */
    setBudget(id, changes, onRefused) {
        this._ask('SetBudget', '(sa{sv})', [id, variants(budgetChanges(changes))], onRefused);
    }

    /**
     * @param {object} changes - of what is told and when, as alertWire.js types them
     * @param {Function} onRefused - is given the service's message
     */
    setAlerts(changes, onRefused) {
        this._ask('SetAlerts', '(a{sv})', [variants(settingsChanges(changes))], onRefused);
    }

    async _ask(method, signature, values, onRefused = null) {
        if (this._link.kind !== 'connected')
            return;
        try {
            const parameters = new GLib.Variant(signature, values);
            await call({method: `${ALERTS}.${method}`, parameters, cancellable: this._cancellable});
        } catch (error) {
            if (isCancelled(error))
                return;
            if (onRefused)
                onRefused(plainMessage(error));
            else if (!isAway(error))
                console.warn(`octally: ${method}: ${plainMessage(error)}`);
        }
    }

    destroy() {
        this._endGrace();
        this._cancellable.cancel();
        for (const id of this._signalIds)
            this._alerts.proxy.disconnectSignal(id);
        this._usage?.proxy.disconnectObject(this);
        this._usage?.destroy();
        this._usage = null;
        this._sessions?.destroy();
        this._sessions = null;
        this._alerts?.destroy();
        this._alerts = null;
    }
}

function giveUp(error) {
    if (isCancelled(error))
        return null;
    throw new Error(plainMessage(error), {cause: error});
}

function unpack(details) {
    return Object.fromEntries(Object.entries(details).map(([key, variant]) => [key, variant.recursiveUnpack()]));
}
