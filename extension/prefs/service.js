// SPDX-License-Identifier: GPL-3.0-or-later
// The octally service as the preferences see it: the configuration that it keeps, and what can be asked
// of it. The preferences hold no copy: a change goes to the service and comes back as its new value.
//
// The service is never started behind the user's back: start() is a button.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {call, isCancelled, isServiceUnknown, makeProxy, plainMessage, startService, variants} from '../bus.js';
import {ALERTS_XML, BUS_NAME, USAGE_XML} from '../dbus.js';
import {budgetChanges, readSettings, settingsChanges} from '../alertWire.js';
import {readChecks, readData} from '../dataWire.js';
import {readBudget} from '../wire.js';

const ALERTS = 'io.github.octally.Alerts1';
const DATA = 'io.github.octally.Data1';

export class Service extends GObject.Object {
    static {
        GObject.registerClass({Signals: {'changed': {}}}, this);
    }

    constructor() {
        super();
        this._cancellable = new Gio.Cancellable();
        this._kind = 'looking';
        this._usage = null;
        this._alerts = null;
    }

    /**
     * Whether there is anything to show: connected, or why not: looking, stopped, missing (not installed), old
     * (a service from before these preferences).
     */
    get kind() {
        if (this._kind === 'connected' && !this.settings)
            return 'old';
        return this._kind;
    }

    /** What the configuration says of notifications; null while the service is away. */
    get settings() {
        return readSettings(this._value(this._alerts, 'Settings'));
    }

    /** The budgets, in the order of the configuration. */
    get budgets() {
        return (this._value(this._alerts, 'Budgets') ?? []).map(readBudget);
    }

    /** Until when all notifications are silent, Unix milliseconds; 0: they are not. */
    get snoozedUntilMs() {
        return this._value(this._alerts, 'SnoozedUntilMs') ?? 0;
    }

    /** The service's version; null while it is away. */
    get version() {
        return this._value(this._usage, 'Version') ?? null;
    }

    _value(proxy, name) {
        return proxy?.get_cached_property(name)?.recursiveUnpack();
    }

    /** Makes the proxies; 'changed' tells when something is known. */
    connectToService() {
        this._connect().catch(error => this._failed(error));
    }

    async _connect() {
        [this._usage, this._alerts] = await Promise.all([USAGE_XML, ALERTS_XML].map(xml => makeProxy(xml, this._cancellable)));
        // Of the usage only the version is shown, which changes with the owner: not every figure.
        this._usage.connect('notify::g-name-owner', () => this.emit('changed'));
        this._alerts.connect('g-properties-changed', () => this.emit('changed'));
        this._alerts.connect('notify::g-name-owner', () => this._look().catch(error => this._failed(error)));
        await this._look();
    }

    async _look() {
        if (this._alerts.g_name_owner)
            this._setKind('connected');
        else
            this._setKind(await this._isInstalled() ? 'stopped' : 'missing');
    }

    async _isInstalled() {
        const answer = await call({
            name: 'org.freedesktop.DBus',
            path: '/org/freedesktop/DBus',
            method: 'org.freedesktop.DBus.ListActivatableNames',
            cancellable: this._cancellable,
        });
        return answer.recursiveUnpack()[0].includes(BUS_NAME);
    }

    _setKind(kind) {
        this._kind = kind;
        this.emit('changed');
    }

    _failed(error) {
        if (!isCancelled(error))
            this._setKind(isServiceUnknown(error) ? 'missing' : 'stopped');
    }

    /** Has the bus start the service; rejects with the reason where that fails. */
    async start() {
        await this._plainly(startService(this._cancellable));
    }

    /** @param {object} changes - of settings, spelled as in settings */
    async setAlerts(changes) {
        await this._ask(ALERTS, 'SetAlerts', '(a{sv})', [variants(settingsChanges(changes))]);
    }

    /**
     * @param {string} id - of a new budget or of one that there is
     * @param {object} budget - period, limitUsd, project, counts, warnAt
     */
    async setBudget(id, budget) {
        await this._ask(ALERTS, 'SetBudget', '(sa{sv})', [id, variants(budgetChanges(budget))]);
    }

    /** @param {string} id - of the budget to remove */
    async removeBudget(id) {
        await this._ask(ALERTS, 'RemoveBudget', '(s)', [id]);
    }

    /** @param {number} minutes - for which all notifications are silent; 0 ends it */
    async snooze(minutes) {
        await this._ask(ALERTS, 'Snooze', '(su)', ['', minutes]);
    }

    /** @returns {Promise<object>} where the data is and how much of it */
    async describe() {
        return readData(await this._ask(DATA, 'Describe'));
    }

    /** @returns {Promise<object[]>} the doctor's checks */
    async diagnose() {
        return readChecks(await this._ask(DATA, 'Diagnose'));
    }

    /**
     * @param {Gio.UnixFDList} files - with the one file to write into
     * @param {{format: string, what: string}} choice - of the export
     * @returns {Promise<{bytes: number}>} how much was written
     */
    export(files, choice) {
        const options = variants({format: ['s', choice.format], what: ['s', choice.what]});
        return this._ask(DATA, 'Export', '(ha{sv})', [0, options], files);
    }

    /** Reads everything again from the beginning. */
    async rebuild() {
        await this._ask(DATA, 'Rebuild');
    }

    /**
     * @param {string} project - whose steps are removed for good
     * @returns {Promise<number>} how many steps these were
     */
    async forget(project) {
        const {steps} = await this._ask(DATA, 'Forget', '(s)', [project]);
        return steps;
    }

    /** @param {string} project - that is read again from now on */
    async remember(project) {
        await this._ask(DATA, 'Remember', '(s)', [project]);
    }

    /** @param {number} months - that steps are kept; 0 for ever */
    async setRetention(months) {
        await this._ask(DATA, 'SetRetention', '(u)', [months]);
    }

    async _ask(room, method, signature = '()', values = [], files = null) {
        const parameters = new GLib.Variant(signature, values);
        const answer = await this._plainly(call({method: `${room}.${method}`, parameters, files, cancellable: this._cancellable}));
        return answer.recursiveUnpack()[0];
    }

    async _plainly(promise) {
        try {
            return await promise;
        } catch (error) {
            throw new Error(plainMessage(error), {cause: error});
        }
    }

    destroy() {
        this._cancellable.cancel();
        this._usage = null;
        this._alerts = null;
    }
}
