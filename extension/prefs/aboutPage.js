// SPDX-License-Identifier: GPL-3.0-or-later
// Versions, licence, and what the doctor says of this computer.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {iconButton, factRow, replaceRows} from './rows.js';
import {RemedyGroup} from './servicePage.js';

const ICONS = {
    ok: 'object-select-symbolic',
    note: 'dialog-information-symbolic',
    warning: 'dialog-warning-symbolic',
    error: 'dialog-error-symbolic',
};
// The style classes of the icons; a note is no trouble.
const STYLES = {ok: ['success'], note: [], warning: ['warning'], error: ['error']};

/**
 * @param {object} context - service, window and the extension's metadata
 * @returns {Adw.PreferencesPage} the page
 */
export function aboutPage(context) {
    const page = new Adw.PreferencesPage({title: _('About'), name: 'about', icon_name: 'help-about-symbolic'});
    const remedy = new RemedyGroup(context);
    const doctor = new DoctorGroup(context);
    const show = () => {
        remedy.show(context.service.kind);
        doctor.group.visible = context.service.kind === 'connected';
    };
    context.service.connect('changed', show);
    show();
    for (const group of [versionGroup(context), remedy.group, doctor.group])
        page.add(group);
    page.connect('map', () => doctor.examine());
    return page;
}

function versionGroup({service, window, metadata}) {
    const version = factRow(_('Service'), '');
    const show = () => (version.subtitle = service.version ?? _('not running'));
    service.connect('changed', show);
    show();
    const group = new Adw.PreferencesGroup({title: metadata.name, description: _('A usage meter for OpenCode')});
    for (const row of [
        factRow(_('Extension'), String(metadata['version-name'] ?? '–')), version,
        factRow(_('Licence'), 'GPL-3.0-or-later'), websiteRow(metadata.url, window),
    ])
        group.add(row);
    return group;
}

function websiteRow(url, window) {
    const row = new Adw.ActionRow({title: _('Website'), subtitle: url, use_markup: false, activatable: true});
    row.add_suffix(new Gtk.Image({icon_name: 'adw-external-link-symbolic', accessible_role: Gtk.AccessibleRole.PRESENTATION}));
    row.connect('activated', () => new Gtk.UriLauncher({uri: url}).launch(window, null, null));
    return row;
}

class DoctorGroup {
    constructor({service}) {
        this._service = service;
        this._rows = [];
        this._kind = service.kind;
        this.group = new Adw.PreferencesGroup({
            title: _('Doctor'),
            description: _('Whether everything is in place, and what to do where it is not'),
            header_suffix: iconButton('view-refresh-symbolic', _('Examine again'), () => this.examine()),
        });
        service.connect('changed', () => this._serviceChanged());
    }

    _serviceChanged() {
        if (this._kind === this._service.kind)
            return;
        this._kind = this._service.kind;
        this.examine();
    }

    async examine() {
        if (this._service.kind !== 'connected')
            return;
        let checks;
        try {
            checks = await this._service.diagnose();
        } catch (error) {
            checks = [{name: _('Doctor'), verdict: 'error', what: error.message, remedy: ''}];
        }
        this._rows = replaceRows(this.group, this._rows, checks.map(checkRow));
    }
}

function checkRow({name, verdict, what, remedy}) {
    const row = new Adw.ActionRow({title: name, subtitle: remedy === '' ? what : `${what}\n${remedy}`, use_markup: false, subtitle_selectable: true});
    const icon = new Gtk.Image({icon_name: ICONS[verdict] ?? ICONS.error, css_classes: STYLES[verdict] ?? STYLES.error});
    icon.update_property([Gtk.AccessibleProperty.LABEL], [verdictWord(verdict)]);
    row.add_prefix(icon);
    return row;
}

function verdictWord(verdict) {
    switch (verdict) {
    case 'ok': return _('In order');
    case 'note': return _('Note');
    case 'warning': return _('Warning');
    default: return _('Error');
    }
}
