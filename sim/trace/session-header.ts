// The header of a session file: checked field by field, because a file comes from anywhere.

import type { JsonObject, JsonValue } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import type { SessionHeader } from './session-file.ts';
import { SESSION_FORMAT } from './session-file.ts';

/** A session file that cannot be opened: where and why, and the script if that much could be read. */
export class SessionFileError extends Error {
  override readonly name = 'SessionFileError';
  readonly line: number;
  readonly script: string | undefined;

  constructor(line: number, reason: string, script?: string) {
    super(`line ${line}: ${reason}`);
    this.line = line;
    this.script = script;
  }
}

/** What a field must be, in words and as a test. */
interface FieldCheck {
  readonly what: string;
  readonly test: (value: JsonValue) => boolean;
}

const TEXT: FieldCheck = { what: 'a text', test: (value) => typeof value === 'string' };
const OBJECT: FieldCheck = { what: 'an object', test: isJsonObject };
const COUNT: FieldCheck = {
  what: 'a whole number',
  test: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
const SECONDS: FieldCheck = {
  what: 'a number of seconds',
  test: (value) => typeof value === 'number' && value >= 0,
};
const CRC: FieldCheck = {
  what: '0x and 8 digits',
  test: (value) => typeof value === 'string' && /^0x[0-9a-f]{8}$/.test(value),
};

const TEXTS: FieldCheck = {
  what: 'a list of texts',
  test: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};

const REQUIRED: Readonly<Record<string, FieldCheck>> = {
  file: TEXT,
  profile: TEXT,
  seed: COUNT,
  machine: OBJECT,
  first: COUNT,
  records: COUNT,
  crc: CRC,
  script: TEXT,
};
const OPTIONAL: Readonly<Record<string, FieldCheck>> = {
  timeLimit: SECONDS,
  failNth: COUNT,
  omitted: TEXTS,
  result: OBJECT,
};

/**
 * The header out of a file's first line. Fields that this version does not know are kept.
 * @throws SessionFileError naming the field, its value and what was expected.
 */
export function parseSessionHeader(line: string): SessionHeader {
  const value = parseObject(line);
  const version = value['substream'];
  if (version === undefined) {
    throw notASession('the first line has no "substream" version');
  }
  const script = typeof value['script'] === 'string' ? value['script'] : undefined;
  if (!COUNT.test(version) || version === 0) {
    throw new SessionFileError(1, `"substream" is ${shown(version)}, no format version`, script);
  }
  if ((version as number) > SESSION_FORMAT) {
    throw new SessionFileError(
      1,
      `the file was written by a newer Substream (format ${shown(version)}; ` +
        `this one reads format ${SESSION_FORMAT} and older)`,
      script,
    );
  }
  for (const [name, check] of Object.entries({ ...REQUIRED, ...OPTIONAL })) {
    const field = value[name];
    if (field === undefined ? name in REQUIRED : !check.test(field)) {
      const found = field === undefined ? 'missing' : shown(field);
      throw new SessionFileError(
        1,
        `header field "${name}" is ${found}, not ${check.what}`,
        script,
      );
    }
  }
  return value as unknown as SessionHeader;
}

function parseObject(line: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw notASession('the first line is no JSON header, or it is cut off');
  }
  if (!isJsonObject(value)) {
    throw notASession('the first line is no JSON object');
  }
  return value;
}

function notASession(why: string): SessionFileError {
  return new SessionFileError(1, `this is not a Substream session: ${why}`);
}

function shown(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
