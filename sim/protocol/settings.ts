// Every setting of the workbench, declared once: types, checks, the editor's schema and docs/settings.md
// come from this table. Names are VS Code's where VS Code has the setting.

import type { RecordGroup } from '../trace/record-groups.ts';

/** How a setting is written, and what it does, in a sentence. */
export type SettingInfo =
  | { readonly kind: 'flag'; readonly default: boolean; readonly text: string }
  | { readonly kind: 'text'; readonly default: string; readonly text: string }
  | {
      readonly kind: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly integer?: boolean;
      readonly text: string;
    }
  | {
      readonly kind: 'choice';
      readonly default: string;
      /** Every value, with what it means. */
      readonly values: Readonly<Record<string, string>>;
      readonly text: string;
    }
  | {
      readonly kind: 'list';
      readonly default: readonly string[];
      /** Every value that may be in the list, with what it means. */
      readonly values: Readonly<Record<string, string>>;
      readonly text: string;
    };

/** Groups of records, in words; sim/trace says which kinds are in each. */
const RECORDED = {
  calls: 'Calls of the script and of the kernel.',
  log: 'The kernel log and diagnostics.',
  objects: 'Names of devices, domains, PASIDs.',
  memory: 'Stores to structures and tables.',
  registers: 'Accesses to registers.',
  commands: 'Commands that the SMMU consumes.',
  fetches: 'What the SMMU reads.',
  caches: 'What its caches do and hold.',
  dma: 'Accesses of devices.',
  events: 'Events, page requests, stalls.',
  interrupts: 'Interrupts.',
} as const satisfies Readonly<Record<RecordGroup, string>>;

/** The settings, in the order of the documentation. */
export const SETTINGS = {
  'workbench.colorTheme': {
    kind: 'choice',
    default: 'dark',
    values: {
      dark: 'Dark.',
      light: 'Light.',
      contrast: 'High contrast.',
      system: 'What the desktop has: dark, light or high contrast.',
    },
    text: 'Colours of the whole window.',
  },
  'editor.fontSize': {
    kind: 'number',
    default: 13,
    min: 6,
    max: 100,
    text: 'Size of the text in the editor, in pixels.',
  },
  'editor.fontFamily': {
    kind: 'text',
    default: '',
    text: "Fonts of the editor as in CSS, the first one that is installed counts; empty: the workbench's own.",
  },
  'editor.tabSize': {
    kind: 'number',
    default: 2,
    min: 1,
    max: 16,
    integer: true,
    text: 'Columns of one step of indentation.',
  },
  'editor.insertSpaces': {
    kind: 'flag',
    default: true,
    text: 'The Tab key inserts spaces, not a tab.',
  },
  'editor.wordWrap': {
    kind: 'choice',
    default: 'off',
    values: { off: 'Long lines scroll.', on: 'Long lines wrap at the edge of the editor.' },
    text: 'What becomes of lines that are longer than the editor is wide.',
  },
  'editor.minimap.enabled': {
    kind: 'flag',
    default: false,
    text: 'Shows the whole script small at the right of the editor.',
  },
  'editor.lineNumbers': {
    kind: 'choice',
    default: 'on',
    values: {
      on: 'Numbers from the first line.',
      off: 'None.',
      relative: 'Distance to the line of the cursor.',
    },
    text: 'Numbers at the left of the lines.',
  },
  'editor.accessibilitySupport': {
    kind: 'choice',
    default: 'auto',
    values: {
      auto: 'On while the system says that a screen reader runs.',
      on: 'Always on.',
      off: 'Always off.',
    },
    text: 'Lets screen readers read the editor and the console line by line.',
  },
  'console.fontSize': {
    kind: 'number',
    default: 12,
    min: 6,
    max: 100,
    text: 'Size of the text in the console, in pixels.',
  },
  'console.scrollback': {
    kind: 'number',
    default: 20_000,
    min: 100,
    max: 1_000_000,
    integer: true,
    text: 'Lines that the console keeps above what it shows.',
  },
  'debug.inlineValues': {
    kind: 'choice',
    default: 'on',
    values: { on: 'Shown.', off: 'Not shown; the Debug view has them.' },
    text: 'Values of variables behind the lines of a paused script.',
  },
  'files.autoSave': {
    kind: 'choice',
    default: 'off',
    values: {
      off: 'A file is saved when you save it. Unsaved text survives a crash all the same.',
      afterDelay: 'A changed file that has a place on the disk is saved after files.autoSaveDelay.',
      onWindowChange: 'The same when the window loses the focus.',
    },
    text: 'When changed files are saved without being asked. A file that somebody else changed never is.',
  },
  'files.autoSaveDelay': {
    kind: 'number',
    default: 1000,
    min: 100,
    max: 600_000,
    integer: true,
    text: 'Milliseconds after the last change, for files.autoSave afterDelay.',
  },
  'substream.run.profile': {
    kind: 'choice',
    default: 'seed18',
    values: {
      seed18: 'The RFC of 2018: attach() reused, AUXD as an SVA feature.',
      attr19: '2019: separate aux calls, device features.',
    },
    text: 'API that scripts see unless they choose one by machine.configure(). The toolbar changes it until the window closes.',
  },
  'substream.run.seed': {
    kind: 'number',
    default: 1,
    min: 0,
    max: 0xffff_ffff,
    integer: true,
    text: 'Seed of every random choice of a run. The toolbar changes it until the window closes.',
  },
  'substream.run.timeLimit': {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1_000_000,
    text: 'Virtual seconds after which a run is stopped; 0: none.',
  },
  'substream.trace.record': {
    kind: 'list',
    default: Object.keys(RECORDED) as readonly RecordGroup[],
    values: RECORDED,
    text: 'What the trace of a run holds. Choose What Is Recorded changes it until the window closes.',
  },
} as const satisfies Readonly<Record<string, SettingInfo>>;

/** Name of a setting. */
export type SettingKey = keyof typeof SETTINGS;

type ValueOf<I> = I extends { kind: 'flag' }
  ? boolean
  : I extends { kind: 'number' }
    ? number
    : I extends { kind: 'list'; values: infer V }
      ? readonly (keyof V)[]
      : I extends { values: infer V }
        ? keyof V
        : string;

/** A value for every setting. */
export type Settings = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> };

/** What is wrong with one property of the file, in words. */
export interface SettingProblem {
  readonly key: string;
  readonly message: string;
}

/** Names in the order of the table. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** What is known of a setting, with the optional parts that the table leaves out. */
export function settingInfo(key: SettingKey): SettingInfo {
  return SETTINGS[key];
}

/** Every setting as it is without a file. */
export const DEFAULT_SETTINGS: Settings = readSettings({}).settings;

/** The settings of a file's object; where a value is wrong the default stands and a problem tells so. */
export function readSettings(file: object): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const given = new Map<string, unknown>(Object.entries(file));
  const problems: SettingProblem[] = [];
  const settings: Record<string, unknown> = {};
  for (const key of SETTING_KEYS) {
    const info = settingInfo(key);
    const value = given.get(key);
    const wanted = wantedOf(info);
    const good = value === undefined || isValueOf(info, value);
    settings[key] = value === undefined || !good ? info.default : value;
    if (!good) {
      const message = `${key} must be ${wanted}; ${JSON.stringify(info.default)} is used`;
      problems.push({ key, message });
    }
    given.delete(key);
  }
  for (const key of given.keys()) {
    problems.push({ key, message: `${key} is not a setting` });
  }
  // The loop above gave every key a value that isValueOf lets through.
  return { settings: settings as unknown as Settings, problems };
}

function isValueOf(info: SettingInfo, value: unknown): boolean {
  switch (info.kind) {
    case 'flag':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(info.values, value);
    case 'list':
      return (
        Array.isArray(value) &&
        value.every((one) => typeof one === 'string' && Object.hasOwn(info.values, one))
      );
    case 'number':
      return (
        typeof value === 'number' &&
        value >= info.min &&
        value <= info.max &&
        (info.integer !== true || Number.isInteger(value))
      );
  }
}

/** What may stand there, in words: `a number from 6 to 100`. */
export function wantedOf(info: SettingInfo): string {
  switch (info.kind) {
    case 'flag':
      return 'true or false';
    case 'text':
      return 'a text';
    case 'choice':
      return eitherOf(info.values);
    case 'list':
      return `a list of ${eitherOf(info.values)}`;
    case 'number':
      return `${info.integer === true ? 'a whole number' : 'a number'} from ${info.min} to ${info.max}`;
  }
}

function eitherOf(values: Readonly<Record<string, string>>): string {
  return Object.keys(values)
    .map((value) => JSON.stringify(value))
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
}

/** JSON schema of settings.json: completion, hovers and squiggles of the editor. */
export function settingsSchema(): object {
  const properties = SETTING_KEYS.map((key) => [key, schemaOf(settingInfo(key))] as const);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    allowComments: true,
    allowTrailingCommas: true,
  };
}

function schemaOf(info: SettingInfo): object {
  const shared = { default: info.default, description: info.text };
  switch (info.kind) {
    case 'flag':
      return { ...shared, type: 'boolean' };
    case 'text':
      return { ...shared, type: 'string' };
    case 'choice':
      return {
        ...shared,
        enum: Object.keys(info.values),
        enumDescriptions: Object.values(info.values),
      };
    case 'list':
      return {
        ...shared,
        type: 'array',
        uniqueItems: true,
        items: {
          enum: Object.keys(info.values),
          enumDescriptions: Object.values(info.values),
        },
      };
    case 'number':
      return {
        ...shared,
        type: info.integer === true ? 'integer' : 'number',
        minimum: info.min,
        maximum: info.max,
      };
  }
}
