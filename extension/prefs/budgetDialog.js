// SPDX-License-Identifier: GPL-3.0-or-later
// One budget, new or changed. Whether it makes sense is the service's to say; what it says stands here.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {readPercents} from '../budgetForm.js';
import {choiceRow, choose, chosen, offer, SpinRow} from './rows.js';

// What the configuration takes.
const MOST_USD = 1000000000;

export class BudgetDialog {
    constructor({service, window}, budget, {isNew}) {
        this._service = service;
        this._window = window;
        this._budget = budget;
        this._makeRows(budget, isNew);
        this._problem = new Gtk.Label({
            wrap: true, xalign: 0, visible: false, css_classes: ['error'], accessible_role: Gtk.AccessibleRole.ALERT,
        });
        this._dialog = new Adw.Dialog({
            title: isNew ? _('Add a Budget') : _('Change the Budget'), content_width: 460, content_height: 560, child: this._makeView(),
        });
        this._dialog.default_widget = this._save;
    }

    present() {
        this._dialog.present(this._window);
        this._offerProjects();
    }

    _makeRows({id, period, limitUsd, project, counts, warnAt}, isNew) {
        this._id = new Adw.EntryRow({title: _('Name'), text: id, sensitive: isNew, activates_default: true});
        this._period = choiceRow({title: _('Period')}, [['day', _('Day')], ['week', _('Week')], ['month', _('Month')]]);
        this._limit = new SpinRow({title: _('Limit in US Dollars')}, {upper: MOST_USD, step: 1, digits: 2});
        this._limit.showNumber(limitUsd ?? 0);
        this._project = choiceRow({title: _('Project')}, projectChoices([], project));
        this._counts = choiceRow({title: _('Counts')}, [['billed', _('Billed cost')], ['all', _('Billed and estimated cost')]]);
        this._warnAt = new Adw.EntryRow({title: _('Warn at Percents'), text: warnAt.join(', '), activates_default: true});
        choose(this._period, period);
        choose(this._project, project ?? '');
        choose(this._counts, counts);
    }

    _makeView() {
        const cancel = new Gtk.Button({label: _('Cancel')});
        cancel.connect('clicked', () => this._dialog.close());
        this._save = new Gtk.Button({label: _('Save'), css_classes: ['suggested-action']});
        this._save.connect('clicked', () => this._submit());
        const bar = new Adw.HeaderBar({show_start_title_buttons: false, show_end_title_buttons: false});
        bar.pack_start(cancel);
        bar.pack_end(this._save);
        const view = new Adw.ToolbarView({content: this._makeForm()});
        view.add_top_bar(bar);
        return view;
    }

    _makeForm() {
        const group = new Adw.PreferencesGroup();
        for (const row of [this._id, this._period, this._limit, this._project, this._counts, this._warnAt])
            group.add(row);
        const problem = new Adw.PreferencesGroup();
        problem.add(this._problem);
        const page = new Adw.PreferencesPage();
        page.add(problem);
        page.add(group);
        return page;
    }

    async _offerProjects() {
        const {project} = this._budget;
        try {
            const {projects} = await this._service.describe();
            const wanted = chosen(this._project);
            offer(this._project, projectChoices(projects.map(known => known.project), project));
            choose(this._project, wanted);
        } catch (error) {
            this._show(error.message);
        }
    }

    async _submit() {
        const warnAt = readPercents(this._warnAt.text);
        if (!warnAt) {
            this._show(_('Give the percents as in “50, 80, 100”.'));
            return;
        }
        this._save.sensitive = false;
        try {
            await this._service.setBudget(this._id.text.trim(), this._read(warnAt));
            this._dialog.close();
        } catch (error) {
            this._show(error.message);
        }
        this._save.sensitive = true;
    }

    _read(warnAt) {
        return {
            period: chosen(this._period),
            limitUsd: this._limit.number,
            project: chosen(this._project),
            counts: chosen(this._counts),
            warnAt,
        };
    }

    _show(problem) {
        this._problem.label = problem;
        this._problem.visible = true;
    }
}

function projectChoices(projects, current) {
    const all = current && !projects.includes(current) ? [current, ...projects] : projects;
    return [['', _('All projects')], ...all.filter(project => project !== '').map(project => [project, project])];
}
