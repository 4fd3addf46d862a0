// SPDX-License-Identifier: GPL-3.0-or-later
// Notifications: draws what the service says, one for each notice, and takes it back when the service says so.
//
// The service decides what is worth telling, when, and how often. While this extension is enabled it draws
// instead of the service (Speak). The lock screen takes away what it has drawn, so the service takes over then;
// what the service has shown by itself stays where it is, and is drawn only when the service says so again.

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as MessageTray from 'resource:///org/gnome/shell/ui/messageTray.js';

import {money} from './format.js';
import {noticeText, raisedLimitUsd} from './noticeText.js';
import {fill} from './words.js';

const SNOOZE_MINUTES = 30;
// What the contract's Snooze takes for a dismissal.
const FOR_GOOD_MINUTES = 2 ** 32 - 1;

// Never CRITICAL: that would pass do-not-disturb.
const URGENT = new Set(['waiting', 'tripwire', 'compaction_loop']);

export class Notifier {
    constructor({client, words, icon, showDetails}) {
        this._client = client;
        this._words = words;
        this._icon = icon;
        this._showDetails = showDetails;
        this._source = null;
        // Notice id -> {notification, sessionId} of what is on the screen or in the list.
        this._shown = new Map();
        client.connectObject(
            'appeared', () => this._speak(),
            'vanished', () => this._withdrawAll(),
            'alert', (_client, notice) => this._alert(notice),
            'withdrawn', (_client, id) => this._withdraw(id),
            'show-details', (_client, sessionId) => this._showDetails(sessionId), this);
    }

    async _speak() {
        const earlier = [...this._shown.keys()];
        await this._client.startSpeaking();
        if (this._client)
            this._withdrawOverdue(earlier);
    }

    /** A service that was away could not say which notices no longer hold. */
    _withdrawOverdue(ids) {
        const holding = new Set(this._client.notices.map(({id}) => id));
        for (const id of ids.filter(shown => !holding.has(shown)))
            this._withdraw(id);
    }

    _alert(notice) {
        const around = {idleThresholdMs: this._client.idleThresholdMs, nowMs: Date.now()};
        const content = noticeText(notice, around, this._words);
        if (content && notice.id)
            this._show(notice, content);
    }

    _show(notice, content) {
        const urgency = URGENT.has(notice.kind) ? MessageTray.Urgency.HIGH : MessageTray.Urgency.NORMAL;
        const {notification} = this._earlier(notice, urgency) ?? this._add(notice, urgency);
        notification.set(content);
        notification.clearActions();
        for (const [label, act] of this._actions(notice))
            notification.addAction(label, act);
        this._present(notification);
    }

    /** What is on the screen for this notice and can be changed: the shell's list cannot move one that becomes urgent. */
    _earlier({id, sessionId}, urgency) {
        const shown = this._shown.get(id);
        if (shown && shown.notification.urgency !== urgency) {
            this._withdraw(id, MessageTray.NotificationDestroyedReason.REPLACED);
            return null;
        }
        return shown && Object.assign(shown, {sessionId});
    }

    _add({id, sessionId}, urgency) {
        const notification = new MessageTray.Notification({source: this._ensureSource(), gicon: this._icon, urgency});
        const shown = {notification, sessionId};
        notification.connect('activated', () => this._showDetails(shown.sessionId ?? ''));
        notification.connect('destroy', (_notification, reason) => this._closed(id, shown, reason));
        this._shown.set(id, shown);
        return shown;
    }

    _present(notification) {
        const {source} = notification;
        if (source.notifications.includes(notification))
            // It has changed: the shell shows it once more.
            notification.acknowledged = false;
        else
            source.addNotification(notification);
    }

    _actions(notice) {
        const _ = this._words.gettext;
        const actions = [
            [_('Show Details'), () => this._showDetails(notice.sessionId ?? '')],
            [_('Snooze'), () => this._snooze(notice.id)],
        ];
        const limitUsd = raisedLimitUsd(notice);
        if (limitUsd)
            actions.unshift([fill(_('Raise to {limit}'), {limit: money(limitUsd)}), () => this._raise(notice, limitUsd)]);
        return actions;
    }

    _snooze(id) {
        this._shown.delete(id);
        this._client.snooze(id, SNOOZE_MINUTES);
    }

    _raise(notice, limitUsd) {
        this._shown.delete(notice.id);
        const title = this._words.gettext('The limit could not be raised');
        const onRefused = message => this._show(notice, {title, body: message});
        if (notice.kind === 'budget')
            this._client.setBudget(notice.budget.id, {limitUsd}, onRefused);
        else
            this._client.setAlerts({tripwireUsdPerMinute: limitUsd}, onRefused);
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

    /** What the user has seen and put away is not to come back with the lock screen. */
    _closed(id, shown, reason) {
        if (this._shown.get(id) !== shown)
            return;
        this._shown.delete(id);
        if (reason === MessageTray.NotificationDestroyedReason.DISMISSED)
            this._client.snooze(id, FOR_GOOD_MINUTES);
    }

    _withdraw(id, reason = MessageTray.NotificationDestroyedReason.EXPIRED) {
        const shown = this._shown.get(id);
        this._shown.delete(id);
        shown?.notification.destroy(reason);
    }

    _withdrawAll() {
        for (const id of [...this._shown.keys()])
            this._withdraw(id);
    }

    destroy() {
        this._client.disconnectObject(this);
        this._client.stopSpeaking();
        this._client = null;
        this._shown.clear();
        this._source?.destroy(MessageTray.NotificationDestroyedReason.SOURCE_CLOSED);
        this._source = null;
        this._showDetails = null;
    }
}
