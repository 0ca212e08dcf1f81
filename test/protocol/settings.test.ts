// The table of settings: what is taken from a file, what is refused in which words, and its schema.

import { describe, expect, it } from 'vitest';
import type { SettingInfo } from '../../sim/protocol/settings.ts';
import {
  DEFAULT_SETTINGS,
  readSettings,
  SETTING_KEYS,
  settingInfo,
  settingsSchema,
} from '../../sim/protocol/settings.ts';
import { RECORD_GROUP_NAMES } from '../../sim/trace/record-groups.ts';

/** Values of which only those of the setting's own kind and range are good. */
const TRIED = [
  true,
  'on',
  'light',
  '',
  0,
  1,
  2.5,
  99,
  101,
  -1,
  1e9,
  Number.NaN,
  null,
  [],
  ['calls'],
  ['nothing'],
  {},
];

function allowed(info: SettingInfo, value: unknown): boolean {
  const { kind } = info;
  if (kind === 'number') {
    const isNumber = typeof value === 'number' && value >= info.min && value <= info.max;
    return isNumber && !(info.integer === true && value % 1 !== 0);
  }
  if (kind === 'list') {
    return Array.isArray(value) && value.every((one) => Object.keys(info.values).includes(one));
  }
  return kind === 'choice'
    ? Object.keys(info.values).includes(String(value)) && typeof value === 'string'
    : typeof value === (kind === 'flag' ? 'boolean' : 'string');
}

describe.each(SETTING_KEYS)('the setting %s', (key) => {
  const info = settingInfo(key);

  it('has a default that it allows itself, and a sentence', () => {
    expect(readSettings({ [key]: info.default }).problems).toEqual([]);
    expect(DEFAULT_SETTINGS[key]).toEqual(info.default);
    expect(info.text).toMatch(/\.$/);
  });

  it.each(TRIED)('takes %j, or says what it wants and keeps the default', (value) => {
    const { settings, problems } = readSettings({ [key]: value });
    if (allowed(info, value)) {
      expect(settings[key]).toBe(value);
      expect(problems).toEqual([]);
    } else {
      expect(settings[key]).toEqual(info.default);
      expect(problems).toEqual([{ key, message: expect.stringContaining(`${key} must be `) }]);
    }
  });
});

describe('a file of settings', () => {
  it('is told about names that are none, also those of every object', () => {
    const { settings, problems } = readSettings({ 'editor.fontsize': 12, constructor: 1 });
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(problems.map(({ message }) => message)).toEqual([
      'editor.fontsize is not a setting',
      'constructor is not a setting',
    ]);
  });

  it.each([
    ['editor.fontSize', 'a number from 6 to 100; 13 is used'],
    ['editor.tabSize', 'a whole number from 1 to 16; 2 is used'],
    ['editor.insertSpaces', 'true or false; true is used'],
    ['debug.inlineValues', '"on" or "off"; "on" is used'],
    ['editor.accessibilitySupport', '"auto", "on" or "off"; "auto" is used'],
  ])('is told what %s must be', (key, words) => {
    const [problem] = readSettings({ [key]: [] }).problems;
    expect(problem?.message).toBe(`${key} must be ${words}`);
  });

  it('has the groups of records that a trace can leave out', () => {
    expect(DEFAULT_SETTINGS['substream.trace.record']).toEqual(RECORD_GROUP_NAMES);
  });

  it('has a schema that names every setting and no other', () => {
    expect(settingsSchema()).toMatchObject({
      additionalProperties: false,
      properties: Object.fromEntries(
        SETTING_KEYS.map((key) => [key, { default: settingInfo(key).default }]),
      ),
    });
  });
});
