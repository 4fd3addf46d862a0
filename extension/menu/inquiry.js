// SPDX-License-Identifier: GPL-3.0-or-later
// A question to the service whose answer is on the screen: asked when it comes into view, asked again when
// figures have changed, and given up when it goes out of view.
//
// One at a time, and with a pause after each answer: a thousand changes a second are a question every
// pause, not a thousand questions.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const PAUSE_MS = 2000;

export class Inquiry {
    /**
     * @param {Function} question - given a cancellable, promises the answer, null if it was cancelled
     * @param {Function} onAnswered - called when answer or error is another one
     */
    constructor(question, onAnswered) {
        this._question = question;
        this._onAnswered = onAnswered;
        this._cancellable = null;
        this._pauseId = 0;
        this._again = false;
        /** The latest answer; null before the first. */
        this.answer = null;
        /** Why the latest question has no answer; null where it has one. */
        this.error = null;
    }

    /** Asks, or remembers to ask again where the last question has hardly been answered. */
    ask() {
        this._again = this._cancellable !== null || this._pauseId !== 0;
        if (!this._again)
            this._askNow(new Gio.Cancellable());
    }

    /** Forgets the answer: the next question is another one. */
    forget() {
        this.stop();
        this.answer = null;
        this.error = null;
    }

    async _askNow(cancellable) {
        this._cancellable = cancellable;
        const {answer, error} = await this._outcome(cancellable);
        if (cancellable.is_cancelled())
            return;
        this._cancellable = null;
        this._pauseId = GLib.timeout_add(GLib.PRIORITY_DEFAULT, PAUSE_MS, () => this._pauseOver());
        this.answer = answer ?? this.answer;
        this.error = error;
        this._onAnswered();
    }

    async _outcome(cancellable) {
        try {
            return {answer: await this._question(cancellable), error: null};
        } catch (error) {
            return {answer: null, error};
        }
    }

    _pauseOver() {
        this._pauseId = 0;
        if (this._again)
            this.ask();
        return GLib.SOURCE_REMOVE;
    }

    /** Gives up whatever is under way. The answer so far stays. */
    stop() {
        this._cancellable?.cancel();
        this._cancellable = null;
        if (this._pauseId)
            GLib.source_remove(this._pauseId);
        this._pauseId = 0;
        this._again = false;
    }
}
