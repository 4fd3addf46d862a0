// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the service the idle threshold that the user has set: when it appears, and on each change.
//
// The switch for the threshold's notification has no part in this. It silences the notification only;
// after the threshold a session counts as idle all the same.

const MINUTE_MS = 60 * 1000;

export class IdleThreshold {
    constructor(client, settings) {
        this._client = client;
        this._settings = settings;
        client.connectObject('appeared', () => this._send(), this);
        settings.connectObject('changed::idle-threshold-minutes', () => this._send(), this);
    }

    _send() {
        this._client.setIdleThreshold(this._settings.get_uint('idle-threshold-minutes') * MINUTE_MS);
    }

    destroy() {
        this._settings.disconnectObject(this);
        this._settings = null;
        this._client.disconnectObject(this);
        this._client = null;
    }
}
