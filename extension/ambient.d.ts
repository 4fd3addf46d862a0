// SPDX-License-Identifier: GPL-3.0-or-later
// What GNOME Shell and GJS add to JavaScript and to the libraries, as far as the published types lack it.

import '@girs/gjs';
import '@girs/gjs/dom';
import '@girs/gnome-shell/ambient';
import '@girs/gnome-shell/extensions/global';

// misc/signalTracker.js of the shell: on every GObject.
declare module '@girs/gobject-2.0/gobject-2.0' {
    namespace GObject {
        interface Object {
            connectObject(...args: any[]): void;
            disconnectObject(owner: object): void;
        }
    }
}

// The shell marks an actor with the menu or item that it belongs to.
declare module '@girs/clutter-16/clutter-16' {
    namespace Clutter {
        interface Actor {
            _delegate?: any;
        }
    }
}

// New in GNOME Shell 51; undefined before.
declare module '@girs/st-16/st-16' {
    namespace St {
        const ReducedMotion: {REDUCE: number} | undefined;
        interface Settings {
            readonly reduced_motion?: number;
        }
    }
}

// A handler returns true to end the emission, and nothing otherwise.
declare module '@girs/gnome-shell/misc/signals' {
    interface EventEmitter {
        connect(name: string, callback: (...args: any[]) => void): number;
    }
}

declare module '@girs/gnome-shell/ui/panelMenu' {
    interface Button {
        _onOpenStateChanged(menu: object, open: boolean): void;
    }
}

declare module '@girs/gnome-shell/ui/popupMenu' {
    interface PopupSubMenu {
        _needsScrollbar(): boolean;
    }
    interface PopupSubMenuMenuItem {
        /** Only where the constructor was told that there is one. */
        readonly icon: import('@girs/st-16').default.Icon;
    }
}
