// SPDX-License-Identifier: GPL-3.0-or-later
// The driver's half inside the shell, evaluated once per session: input devices and reading of actors.
// drive.py is its only caller and the documented API.
(() => {
    const {Clutter, GLib, St} = imports.gi;
    const seat = global.stage.context?.get_backend?.().get_default_seat?.() ??
        Clutter.get_default_backend().get_default_seat();
    const pointer = seat.create_virtual_device(Clutter.InputDeviceType.POINTER_DEVICE);
    const keyboard = seat.create_virtual_device(Clutter.InputDeviceType.KEYBOARD_DEVICE);
    const now = () => GLib.get_monotonic_time();
    const sleep = ms => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));

    function button(number, down) {
        const {PRESSED, RELEASED} = Clutter.ButtonState;
        pointer.notify_button(now(), number, down ? PRESSED : RELEASED);
    }

    function keyval(value, down) {
        const {PRESSED, RELEASED} = Clutter.KeyState;
        keyboard.notify_keyval(now(), value, down ? PRESSED : RELEASED);
    }

    // The first motions of a new device can be lost, so it moves until the shell agrees.
    async function move(x, y) {
        for (let i = 0; i < 40; i++) {
            pointer.notify_absolute_motion(now(), x + i % 2, y);
            await sleep(40);
            const [px, py] = global.get_pointer();
            if (Math.abs(px - x) <= 1.5 && Math.abs(py - y) <= 1.5)
                return;
        }
        throw new Error(`the pointer did not arrive at ${x}, ${y}`);
    }

    async function click(x, y, number) {
        await move(x, y);
        for (const down of [true, false]) {
            await sleep(60);
            button(number, down);
        }
        await sleep(60);
    }

    // In steps, because an application begins a drag when the pointer has gone some way, and learns of each place on it. A busy
    // one takes its time, and what it drags has to be on the screen while the button is pressed; what cannot be dragged never
    // is. The button stays pressed.
    async function drag([x, y], [toX, toY], begins) {
        await move(x, y);
        button(1, true);
        for (let i = 1; i <= 8; i++) {
            await drawn();
            pointer.notify_absolute_motion(now(), x + (toX - x) * i / 8, y + (toY - y) * i / 8);
        }
        for (let i = 0; begins && global.compositor.get_feedback_group().get_n_children() === 0; i++) {
            if (i === 100)
                throw new Error(`nothing is dragged from ${x}, ${y}`);
            await drawn();
        }
        await move(toX, toY);
    }

    async function scroll(x, y, clicks) {
        const {DOWN, UP} = Clutter.ScrollDirection;
        await move(x, y);
        for (let i = 0; i < Math.abs(clicks); i++) {
            pointer.notify_discrete_scroll(now(), clicks > 0 ? DOWN : UP, Clutter.ScrollSource.WHEEL);
            await sleep(20);
        }
        await sleep(60);
    }

    function rect(actor) {
        return [...actor.get_transformed_position(), ...actor.get_transformed_size()].map(Math.round);
    }

    async function steadyCentre(find) {
        let last = '';
        for (let i = 0; i < 100; i++) {
            const actor = find();
            const [x, y, width, height] = actor?.mapped ? rect(actor) : [];
            const place = `${x},${y},${width},${height}`;
            if (width && place === last)
                return [x + width / 2, y + height / 2];
            last = place;
            await sleep(50);
        }
        throw new Error(`not on the screen or never at rest: ${find}`);
    }

    // Everything that has changed is on the screen: a change can take one frame to be laid out, and show in the next.
    async function drawn() {
        for (let i = 0; i < 3; i++) {
            await new Promise(resolve => {
                const id = global.stage.connect('after-paint', () => {
                    global.stage.disconnect(id);
                    resolve();
                });
                global.stage.queue_redraw();
            });
        }
    }

    async function chord(names) {
        const values = names.map(name => Clutter[`KEY_${name}`]);
        for (const value of values) {
            keyval(value, true);
            await sleep(30);
        }
        for (const value of values.reverse()) {
            keyval(value, false);
            await sleep(30);
        }
        await sleep(60);
    }

    async function type(text) {
        for (const character of text) {
            const value = Clutter.unicode_to_keysym(character.codePointAt(0));
            keyval(value, true);
            await sleep(15);
            keyval(value, false);
            await sleep(15);
        }
        await sleep(60);
    }

    function *walk(actor) {
        yield actor;
        for (const child of actor.get_children())
            yield* walk(child);
    }

    const isText = a => a instanceof St.Label ||
        a instanceof Clutter.Text && !(a.get_parent() instanceof St.Label);
    const texts = root => [...walk(root)].filter(a => a.mapped && isText(a)).map(a => a.text);
    const find = (root, text) => [...walk(root)].find(a => a.mapped && a instanceof St.Label && a.text === text);

    function tree(actor, depth = 0) {
        const style = actor.style_class ? `.${actor.style_class}` : '';
        const text = actor.text ? ` "${actor.text}"` : '';
        const name = actor.accessible_name ? ` [${actor.accessible_name}]` : '';
        const hidden = actor.mapped ? '' : ' (unmapped)';
        const children = actor.get_children().map(child => tree(child, depth + 1)).join('');
        return `${'  '.repeat(depth)}${actor.constructor.name}${style}${text}${name}${hidden}\n${children}`;
    }

    globalThis.lab = {sleep, move, click, drag, button, scroll, rect, steadyCentre, drawn, chord, type, walk, texts, find, tree};
    return true;
})()
