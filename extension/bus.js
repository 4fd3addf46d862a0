// SPDX-License-Identifier: GPL-3.0-or-later
// Method calls on the session bus as promises. Proxies are for reading; everything that asks the service
// to do something goes through here, so that its error reaches the caller.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {BUS_NAME, OBJECT_PATH} from './dbus.js';

// The bus and the service have limits of their own, longer than the default of a call: the first reading
// of a large database takes its time.
const NO_TIMEOUT_MS = GLib.MAXINT32;

// A question about figures that are there takes milliseconds; somebody looks at "loading" meanwhile.
const QUESTION_TIMEOUT_MS = 30 * 1000;

const UNKNOWN_SESSION = 'io.github.octally.Error.UnknownSession';

/**
 * Has the bus start the service; done when its name is owned, which is when its figures are there.
 *
 * @param {Gio.Cancellable} cancellable - ends the call early
 * @returns {Promise<void>} rejects with the bus's GLib.Error
 */
export async function startService(cancellable) {
    const parameters = new GLib.Variant('(su)', [BUS_NAME, 0]);
    await call({
        name: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        method: 'org.freedesktop.DBus.StartServiceByName',
        parameters,
        cancellable,
    });
}

/**
 * @param {string} xml - an interface of the service
 * @param {Gio.Cancellable} cancellable - ends it early
 * @returns {Promise<any>} its proxy; the service is not started, since that could not tell why it failed
 */
export function makeProxy(xml, cancellable) {
    /** @type {any} */
    const Proxy = Gio.DBusProxy.makeProxyWrapper(xml);
    return Proxy.newAsync(Gio.DBus.session, BUS_NAME, OBJECT_PATH, cancellable, Gio.DBusProxyFlags.DO_NOT_AUTO_START);
}

/**
 * Has the service read everything that may have changed; the bus starts it if need be.
 *
 * @param {Gio.Cancellable} cancellable - ends the call early
 * @returns {Promise<object>} the dictionary that Refresh answers
 */
export async function refresh(cancellable) {
    const answer = await call({method: 'io.github.octally.Usage1.Refresh', flags: Gio.DBusCallFlags.NONE, cancellable});
    return answer.recursiveUnpack()[0];
}

/**
 * @param {object} request - keys of the method Report: texts, and counts as numbers
 * @param {Gio.Cancellable} cancellable - ends the call early
 * @returns {Promise<object[]>} the rows as they come; rejects where the service is away
 */
export async function report(request, cancellable) {
    const entries = Object.entries(request).map(([key, value]) => [
        key, new GLib.Variant(typeof value === 'number' ? 'u' : 's', value),
    ]);
    const parameters = new GLib.Variant('(a{sv})', [Object.fromEntries(entries)]);
    const answer = await ask('io.github.octally.Usage1.Report', parameters, cancellable);
    return answer.recursiveUnpack()[0];
}

/**
 * @param {string} sessionId - of any session in the ledger
 * @param {Gio.Cancellable} cancellable - ends the call early
 * @returns {Promise<object>} the session's details as they come; rejects where the service is away
 */
export async function describe(sessionId, cancellable) {
    const parameters = new GLib.Variant('(s)', [sessionId]);
    const answer = await ask('io.github.octally.Sessions1.Describe', parameters, cancellable);
    return answer.recursiveUnpack()[0];
}

// A service that was stopped is not started by looking at the menu.
function ask(method, parameters, cancellable) {
    return call({method, parameters, cancellable, timeoutMs: QUESTION_TIMEOUT_MS});
}

/**
 * Calls a method, by default of the service and without starting it: rejects where it is away.
 *
 * @param {object} request - what is called
 * @param {string} [request.name] - on the bus
 * @param {string} [request.path] - of the object
 * @param {string} request.method - with its interface in front
 * @param {?GLib.Variant} [request.parameters] - a tuple
 * @param {Gio.DBusCallFlags} [request.flags] - whether the bus may start it
 * @param {?Gio.UnixFDList} [request.files] - what the handles in the parameters stand for
 * @param {Gio.Cancellable} [request.cancellable] - ends the call early
 * @param {number} [request.timeoutMs] - for the answer
 * @returns {Promise<GLib.Variant>} the answer, a tuple
 */
export function call({
    name = BUS_NAME, path = OBJECT_PATH, method, parameters = null, flags = Gio.DBusCallFlags.NO_AUTO_START, files = null,
    cancellable = null, timeoutMs = NO_TIMEOUT_MS,
}) {
    const dot = method.lastIndexOf('.');
    return new Promise((resolve, reject) => {
        Gio.DBus.session.call_with_unix_fd_list(
            name, path, method.slice(0, dot), method.slice(dot + 1), parameters, null, flags, timeoutMs, files, cancellable,
            (connection, result) => {
                try {
                    resolve(connection.call_with_unix_fd_list_finish(result)[0]);
                } catch (error) {
                    reject(error);
                }
            });
    });
}

/**
 * @param {object} entries - key -> [signature, value]
 * @returns {object} key -> variant, for an a{sv}
 */
export function variants(entries) {
    return Object.fromEntries(Object.entries(entries).map(([key, [signature, value]]) => [key, new GLib.Variant(signature, value)]));
}

/**
 * @param {Error} error - of a call
 * @returns {boolean} whether it is only that the extension was disabled meanwhile
 */
export function isCancelled(error) {
    return error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
}

/**
 * @param {Error} error - of a call
 * @returns {boolean} whether the bus knows no service of that name
 */
export function isServiceUnknown(error) {
    return error instanceof GLib.Error && error.matches(Gio.DBusError, Gio.DBusError.SERVICE_UNKNOWN);
}

/**
 * @param {Error} error - of a call
 * @returns {boolean} whether the service does not know the session
 */
export function isUnknownSession(error) {
    return error instanceof GLib.Error && Gio.DBusError.get_remote_error(error) === UNKNOWN_SESSION;
}

/**
 * @param {Error} error - of a call that starts nothing
 * @returns {boolean} whether there was nobody to answer it
 */
export function isAway(error) {
    return error instanceof GLib.Error && error.matches(Gio.DBusError, Gio.DBusError.NAME_HAS_NO_OWNER);
}

/**
 * @param {Error} error - of a call
 * @returns {string} its message without the name of the D-Bus error in front
 */
export function plainMessage(error) {
    if (error instanceof GLib.Error)
        Gio.DBusError.strip_remote_error(error);
    return error.message;
}
