// SPDX-License-Identifier: GPL-3.0-or-later
// The tests of the pure modules: `gjs -m tests/run.js` or `node tests/run.js`, in an English locale.

import './alertWire.test.js';
import './budgetForm.test.js';
import './currency.test.js';
import './format.test.js';
import './glance.test.js';
import './history.test.js';
import './itemOrder.test.js';
import './noticeText.test.js';
import './panelItems.test.js';
import './quietHours.test.js';
import './session.test.js';
import './shares.test.js';
import './typed.test.js';
import './wire.test.js';
import './words.test.js';
import {finish} from './check.js';

finish();
