// SPDX-License-Identifier: GPL-3.0-or-later
// The last known values of a proxy's properties, unpacked when they are asked for.
//
// A proxy forgets its values the moment its service is gone; the mirror keeps them until it is told to
// forget, so that a restart of the service does not show.

/** @import Gio from 'gi://Gio' */

export class PropertyMirror {
    /**
     * @param {Gio.DBusProxy} proxy - one interface of the service
     * @param {Function} onChanged - called after values have changed
     */
    constructor(proxy, onChanged) {
        this.proxy = proxy;
        this._onChanged = onChanged;
        this._variants = new Map();
        this._values = new Map();
        for (const name of proxy.get_cached_property_names() ?? [])
            this._variants.set(name, proxy.get_cached_property(name));
        proxy.connectObject('g-properties-changed', (_proxy, changed) => this._merge(changed.deepUnpack()), this);
    }

    _merge(changed) {
        const entries = Object.entries(changed);
        for (const [name, variant] of entries) {
            this._variants.set(name, variant);
            this._values.delete(name);
        }
        // A service that vanishes invalidates every property: that is no change of a value.
        if (entries.length > 0)
            this._onChanged();
    }

    /**
     * @param {string} name - of the property
     * @returns {any} its value, undefined where the service has not told it
     */
    value(name) {
        if (!this._values.has(name))
            this._values.set(name, this._variants.get(name)?.recursiveUnpack());
        return this._values.get(name);
    }

    /** Forgets every value. */
    clear() {
        this._variants.clear();
        this._values.clear();
    }

    destroy() {
        this.proxy.disconnectObject(this);
        this.proxy = null;
        this._onChanged = null;
        this.clear();
    }
}
