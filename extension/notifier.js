// SPDX-License-Identifier: GPL-3.0-or-later
// Notifications: OpenCode is idle, OpenCode waits for you. At most one for each session; a new one takes
// the place of the old one, and it goes away when the session goes on or ends.
//
// The service decides when a session counts as idle and says so once per idle period. Here each period is
// announced once even if it is told twice, and nothing is said of a session that has ended.

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as MessageTray from 'resource:///org/gnome/shell/ui/messageTray.js';

import {compactTokens} from './format.js';
import {fill} from './words.js';

export class Notifier {
    constructor({client, settings, words, icon, onActivated}) {
        this._client = client;
        this._settings = settings;
        this._words = words;
        this._icon = icon;
        this._onActivated = onActivated;
        this._source = null;
        // Session id -> {sinceMs, notification}; the notification is null once it was closed.
        this._announced = new Map();
        client.connectObject(
            'idle', (_client, id, details) => this._idle(id, details),
            'waiting', (_client, id, details) => this._waiting(id, details),
            'sessions-changed', () => this._withdraw(), this);
    }

    _idle(id, details) {
        const wanted = details.cause === 'finished' ? 'notify-finished' : 'notify-threshold';
        if (!this._settings.get_boolean(wanted) || this._hasEnded(id))
            return;
        const _ = this._words.gettext;
        this._announce(id, details, {
            title: details.title ? fill(_('OpenCode is idle: {title}'), details) : _('OpenCode is idle'),
            body: details.cause === 'finished' ? this._turnText(details) : this._thresholdText(),
            urgency: MessageTray.Urgency.NORMAL,
        });
    }

    _waiting(id, details) {
        if (!this._settings.get_boolean('notify-waiting') || this._hasEnded(id))
            return;
        const _ = this._words.gettext;
        this._announce(id, details, {
            title: details.title ? fill(_('OpenCode waits for you: {title}'), details) : _('OpenCode waits for you'),
            body: details.kind === 'permission' ? _('It asks for a permission.') : _('It asks a question.'),
            urgency: MessageTray.Urgency.HIGH,
        });
    }

    _turnText({turn}) {
        const _ = this._words.gettext;
        if (!turn)
            return _('Its turn has ended.');
        return fill(_('This turn: {tokens} fresh tokens, {cost}'), {
            tokens: compactTokens(turn.freshTokens),
            cost: this._words.cost(turn),
        });
    }

    _thresholdText() {
        const lapse = this._words.lapse(this._client.idleThresholdMs);
        return fill(this._words.gettext('Nothing has happened for {lapse}.'), {lapse});
    }

    _hasEnded(id) {
        return this._client.sessions.some(session => session.id === id && session.state === 'gone');
    }

    _announce(id, {sinceMs}, content) {
        const earlier = this._announced.get(id);
        if (earlier && sinceMs <= earlier.sinceMs)
            return;

        const notification = this._show(content);
        this._announced.set(id, {sinceMs, notification});
        notification.connect('destroy', () => this._closed(id, notification));
        earlier?.notification?.destroy(MessageTray.NotificationDestroyedReason.REPLACED);
    }

    _show({title, body, urgency}) {
        const source = this._ensureSource();
        const notification = new MessageTray.Notification({source, title, body, urgency, gicon: this._icon});
        notification.connect('activated', () => this._onActivated());
        source.addNotification(notification);
        return notification;
    }

    _ensureSource() {
        if (!this._source) {
            this._source = new MessageTray.Source({title: 'Octally', icon: this._icon});
            // A source goes with its last notification.
            this._source.connect('destroy', () => (this._source = null));
            Main.messageTray.add(this._source);
        }
        return this._source;
    }

    _closed(id, notification) {
        const announced = this._announced.get(id);
        if (announced?.notification === notification)
            announced.notification = null;
    }

    /** Takes back what the sessions have overtaken, and forgets the sessions that are no more. */
    _withdraw() {
        const sessions = new Map(this._client.sessions.map(session => [session.id, session]));
        for (const [id, announced] of this._announced) {
            const session = sessions.get(id);
            if (!session || session.state === 'gone') {
                this._announced.delete(id);
                announced.notification?.destroy();
            } else if (hasGoneOn(session, announced)) {
                announced.notification?.destroy();
            }
        }
    }

    destroy() {
        this._client.disconnectObject(this);
        this._client = null;
        this._settings = null;
        this._announced.clear();
        this._source?.destroy();
        this._source = null;
        this._onActivated = null;
    }
}

/** The signal can overtake the list, so a state counts only if it began after what was announced. */
function hasGoneOn(session, {sinceMs}) {
    return session.state === 'busy' && session.sinceMs > sinceMs;
}
