// SPDX-License-Identifier: GPL-3.0-or-later
// What was counted, into a file of the user's. The service writes through the file that is opened here, so it
// needs no right to any folder.

import Adw from 'gi://Adw';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {fileSize} from '../format.js';
import {fill} from '../words.js';
import {choiceRow, chosen, textButton} from './rows.js';
import {say} from './toast.js';

const ENDINGS = {csv: 'csv', json: 'json', jsonl: 'jsonl', markdown: 'md'};

// The owner reads and writes, nobody else: what a project costs is nobody's business.
const PRIVATE = 0o600;
const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_CLOEXEC = 0o2000000;

/**
 * @param {object} context - service and window
 * @returns {Adw.PreferencesGroup} the choices and the button
 */
export function exportGroup({service, window}) {
    const what = choiceRow({title: _('Rows')}, [['steps', _('Steps')], ['sessions', _('Sessions')], ['days', _('Days')]]);
    const format = choiceRow({title: _('Format')}, [
        ['csv', 'CSV'], ['json', 'JSON'], ['jsonl', 'JSON Lines'], ['markdown', 'Markdown'],
    ]);
    const row = new Adw.ActionRow({title: _('Export'), subtitle: _('Write what was counted into a file')});
    const button = textButton(_('Export…'), () => {
        exportFile({service, window, choice: {what: chosen(what), format: chosen(format)}, button});
    }, _('Export into a file'));
    row.add_suffix(button);
    const group = new Adw.PreferencesGroup({title: _('Export')});
    for (const member of [what, format, row])
        group.add(member);
    return group;
}

async function exportFile({service, window, choice, button}) {
    const path = await askForPath(window, `octally-${choice.what}.${ENDINGS[choice.format]}`);
    if (!path)
        return;
    button.sensitive = false;
    try {
        const {bytes} = await writeFile(service, path, choice);
        say(window, fill(_('{size} exported'), {size: fileSize(bytes)}));
    } catch (error) {
        say(window, error.message);
    }
    button.sensitive = true;
}

/** The path of a file on this computer that the user chose; null if the dialog was closed. */
async function askForPath(window, name) {
    const dialog = new Gtk.FileDialog({title: _('Export'), initial_name: name});
    try {
        const file = await save(dialog, window);
        if (!file.get_path())
            say(window, _('Choose a folder on this computer'));
        return file.get_path();
    } catch (error) {
        if (!error.matches(Gtk.DialogError, Gtk.DialogError.DISMISSED))
            say(window, error.message);
        return null;
    }
}

function save(dialog, window) {
    return new Promise((resolve, reject) => {
        dialog.save(window, null, (_dialog, result) => {
            try {
                resolve(dialog.save_finish(result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

/** Beside the file, and in its place once it is whole: one that was there before outlives an export that fails. */
async function writeFile(service, path, choice) {
    const draft = `${path}.${GLib.uuid_string_random().slice(0, 8)}`;
    const descriptor = GLib.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE);
    if (descriptor < 0)
        throw new Error(fill(_('{path} cannot be written: choose another folder'), {path}));
    try {
        // The list closes the descriptors that it was made with.
        const result = await service.export(Gio.UnixFDList.new_from_array([descriptor]), choice);
        Gio.File.new_for_path(draft).move(Gio.File.new_for_path(path), Gio.FileCopyFlags.OVERWRITE, null, null);
        return result;
    } catch (error) {
        GLib.unlink(draft);
        throw error;
    }
}
