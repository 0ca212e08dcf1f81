// Reads session files (docs/session-file.md), piece by piece. What can be read is kept; what cannot is
// reported with its line. Only a header that cannot be understood is an error.

import { CRC32_START, crc32 } from '../base/crc32.ts';
import { hex } from '../base/hex.ts';
import { asciiText } from './line-buffer.ts';
import type { TraceSource } from './reader.ts';
import { RecordParser } from './record-parser.ts';
import type { SessionHeader } from './session-file.ts';
import { parseSessionHeader, SessionFileError } from './session-header.ts';
import { TraceBuilder } from './trace-builder.ts';

/** Something wrong in a session file. */
export interface Damage {
  /** Line of the file, from 1. */
  readonly line: number;
  /** What is wrong, for people, without the line number. */
  readonly text: string;
}

/** An opened session. */
export interface Session {
  readonly header: SessionHeader;
  readonly source: TraceSource;
  /** The first of the damages, in order of lines. Empty: the file is whole, down to its checksum. */
  readonly damage: readonly Damage[];
  /** Damages in all, also those beyond {@link damage}. */
  readonly damages: number;
}

/** Limits that keep a huge file from taking the memory of the machine. */
export interface ReadLimits {
  /** Most 32-bit words of trace kept; default 2^28 (1 GiB), some 25 million records. */
  readonly words?: number;
  /** Longest line in characters; default 2^26. */
  readonly line?: number;
}

const MAX_WORDS = 2 ** 28;
const MAX_LINE = 2 ** 26;
const MAX_DAMAGES = 100;

/** Takes a file in pieces of any size, then gives the session. */
export class SessionReader {
  readonly #builder = new TraceBuilder();
  readonly #parser = new RecordParser(this.#builder);
  readonly #damage: Damage[] = [];
  readonly #maxWords: number;
  readonly #maxLine: number;
  #damages = 0;
  #header: SessionHeader | undefined;
  #rest = '';
  #line = 0;
  #records = 0;
  #crc = CRC32_START;
  #skipping = false;
  /** The last line has no end. */
  #cut = false;
  #full = false;

  constructor(limits: ReadLimits = {}) {
    this.#maxWords = limits.words ?? MAX_WORDS;
    this.#maxLine = limits.line ?? MAX_LINE;
  }

  /** The header, once its line has come. */
  get header(): SessionHeader | undefined {
    return this.#header;
  }

  /**
   * Takes the next piece of the file, as text or as ASCII bytes.
   * @throws SessionFileError when the header is not one that can be read.
   */
  push(part: string | Uint8Array): void {
    const piece = typeof part === 'string' ? part : asciiText(part);
    let from = 0;
    if (this.#header === undefined) {
      const end = piece.indexOf('\n');
      if (end < 0) {
        this.#keep(piece);
        return;
      }
      this.#takeHeader(this.#rest + piece.slice(0, end));
      this.#rest = '';
      from = end + 1;
    }
    this.#crc = crc32(from === 0 ? piece : piece.slice(from), this.#crc);
    for (let end = piece.indexOf('\n', from); end >= 0; end = piece.indexOf('\n', from)) {
      if (this.#rest === '') {
        this.#takeLine(piece, from, end);
      } else {
        const line = this.#rest + piece.slice(from, end);
        this.#rest = '';
        this.#takeLine(line, 0, line.length);
      }
      from = end + 1;
    }
    this.#keep(piece.slice(from));
  }

  /**
   * Ends the file and gives what was read.
   * @throws SessionFileError when there is no header.
   */
  end(): Session {
    if (this.#header === undefined && this.#rest !== '') {
      this.#takeHeader(this.#rest);
    } else if (this.#rest !== '' || this.#skipping) {
      this.#cut = true;
      this.#takeLine(this.#rest, 0, this.#rest.length);
    }
    const header = this.#header;
    if (header === undefined) {
      throw new SessionFileError(1, 'the file is empty');
    }
    this.#checkWhole(header);
    return {
      header,
      source: {
        chunks: this.#builder.chunks,
        texts: this.#builder.texts,
        omitted: header.omitted,
      },
      damage: this.#damage,
      damages: this.#damages,
    };
  }

  #takeHeader(text: string): void {
    this.#line++;
    this.#header = parseSessionHeader(text);
    this.#parser.expect(this.#header.first);
  }

  #takeLine(text: string, from: number, end: number): void {
    this.#line++;
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    this.#records++;
    if (this.#full) {
      return;
    }
    const wrong = this.#parser.parse(text, from, end);
    if (wrong !== undefined) {
      this.#report(this.#cut ? `the file ends inside a record (${wrong})` : wrong);
    }
    if (this.#builder.size > this.#maxWords) {
      this.#full = true;
      this.#report(`the session is too large to open whole; records up to here are shown`);
    }
  }

  /** Keeps the start of a line until its rest comes; not when it is too long for a record. */
  #keep(start: string): void {
    this.#rest += start;
    if (this.#rest.length <= this.#maxLine) {
      return;
    }
    if (this.#header === undefined) {
      throw new SessionFileError(1, `the header is longer than ${this.#maxLine} characters`);
    }
    if (!this.#skipping) {
      this.#line++;
      this.#report(`the line is longer than ${this.#maxLine} characters`);
      this.#line--;
      this.#records++;
      this.#parser.skip();
    }
    this.#skipping = true;
    this.#rest = '';
  }

  #checkWhole(header: SessionHeader): void {
    if (this.#records < header.records) {
      this.#report(`the file is cut off: ${this.#records} of ${header.records} records are there`);
    } else if (this.#records > header.records) {
      this.#report(`${this.#records} records are there where the header says ${header.records}`);
    } else if (this.#damages === 0 && hex(this.#crc, 8) !== header.crc) {
      const told = `checksum ${hex(this.#crc, 8)}, written ${header.crc}`;
      this.#report(`the records are not those that were written (${told})`);
    }
  }

  #report(text: string): void {
    this.#damages++;
    if (this.#damage.length < MAX_DAMAGES) {
      this.#damage.push({ line: this.#line, text });
    }
  }
}

/**
 * Reads a whole session file.
 * @throws SessionFileError when the header is not one that can be read.
 */
export function readSession(
  pieces: Iterable<string | Uint8Array>,
  limits: ReadLimits = {},
): Session {
  const reader = new SessionReader(limits);
  for (const piece of pieces) {
    reader.push(piece);
  }
  return reader.end();
}
