// SPDX-License-Identifier: GPL-3.0-or-later
// The style of GNOME Shell's own JavaScript, restated: its shareable configuration is not on npm.

import js from '@eslint/js';
import globals from 'globals';

const GJS_GLOBALS = {
    ARGV: 'readonly',
    console: 'readonly',
    global: 'readonly',
    log: 'readonly',
    logError: 'readonly',
    print: 'readonly',
};

export default [
    js.configs.recommended,
    {
        languageOptions: {ecmaVersion: 2024, sourceType: 'module', globals: GJS_GLOBALS},
        rules: {
            'array-callback-return': 'error',
            'arrow-body-style': ['error', 'as-needed'],
            'camelcase': ['error', {properties: 'never'}],
            'complexity': ['error', 12],
            'consistent-return': 'error',
            'curly': ['error', 'multi-or-nest', 'consistent'],
            'eqeqeq': ['error', 'smart'],
            'max-lines': ['error', 400],
            'max-lines-per-function': ['error', 40],
            'no-await-in-loop': 'error',
            'no-shadow': ['error', {builtinGlobals: false}],
            'no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '_$'}],
            'no-useless-return': 'error',
            'no-var': 'error',
            'object-shorthand': 'error',
            'prefer-arrow-callback': 'error',
            'prefer-const': 'error',
            'prefer-template': 'error',
            'require-await': 'error',
        },
    },
    {
        files: ['tests/*.js', 'eslint.config.js'],
        languageOptions: {globals: globals.node},
    },
];
