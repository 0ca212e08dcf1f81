import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../../sim/trace/reader.ts';
import { sessionFileText, writeSessionFile } from '../../sim/trace/session-file.ts';
import { readSession, SessionReader } from '../../sim/trace/session-reader.ts';
import { anyInfo, anySession, SAMPLE_INFO, sampleSession } from '../support/sample-session.ts';

const SAMPLE = sessionFileText(SAMPLE_INFO, sampleSession().recorder);
const LINES = SAMPLE.split('\n').slice(0, -1);
const RECORDS = [...readTrace(sampleSession().recorder)];

/** The sample with its lines changed. */
function changed(change: (lines: string[]) => void): string {
  const lines = [...LINES];
  change(lines);
  return `${lines.join('\n')}\n`;
}

/** The sample with one text of one line replaced. */
function edited(line: number, from: string | RegExp, to: string): string {
  return changed((lines) => {
    const before = lines[line - 1] ?? '';
    const after = before.replace(from, to);
    expect(after, `line ${line} holds ${String(from)}`).not.toBe(before);
    lines[line - 1] = after;
  });
}

function damageOf(text: string): string[] {
  return readSession([text]).damage.map(({ line, text: what }) => `line ${line}: ${what}`);
}

describe('reading a session file', () => {
  it('gives back the header and every record that was written', () => {
    fc.assert(
      fc.property(anyInfo, anySession, (info, written) => {
        const session = readSession([sessionFileText(info, written.recorder)]);
        expect(session.damage).toEqual([]);
        expect(session.header).toMatchObject(info);
        expect([...readTrace(session.source)]).toEqual([...readTrace(written.recorder)]);
      }),
    );
  });

  it('does not depend on how the file is cut into pieces', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (size) => {
        const reader = new SessionReader();
        for (let at = 0; at < SAMPLE.length; at += size) {
          reader.push(SAMPLE.slice(at, at + size));
        }
        const session = reader.end();
        expect(session.damage).toEqual([]);
        expect([...readTrace(session.source)]).toEqual(RECORDS);
      }),
      { numRuns: 30 },
    );
  });

  it('takes the pieces as they are written', () => {
    const written = writeSessionFile(SAMPLE_INFO, sampleSession().recorder);
    expect([...readTrace(readSession(written).source)]).toEqual(RECORDS);
  });

  it('writes what it read as the same bytes', () => {
    const { header, source } = readSession([SAMPLE]);
    expect(sessionFileText(header, source)).toBe(SAMPLE);
  });

  it('keeps the ids of a session whose oldest records were dropped', () => {
    const written = sampleSession();
    const chunks = written.recorder.chunks.map((chunk) => ({ ...chunk, firstId: 1001 }));
    const late = { chunks, texts: written.recorder.texts };
    const text = sessionFileText(SAMPLE_INFO, late);
    const session = readSession([text]);
    expect(session.damage).toEqual([]);
    expect(session.header.first).toBe(1001);
    expect([...readTrace(session.source)].map(({ id }) => id)).toEqual(
      RECORDS.map(({ id }) => id + 1000),
    );
  });

  it('reads a value that older writers did not have as 0', () => {
    const lines = LINES.map((line) => line.replace(/,"entry":\d+/, ''));
    expect(lines).not.toEqual(LINES);
    const { source } = readSession([`${lines.join('\n')}\n`]);
    const caches = [...readTrace(source)].filter(({ kind }) => kind === 'cache');
    expect(new Set(caches.map(({ data }) => data['entry']))).toEqual(new Set([0]));
  });

  it('keeps header fields that a later writer added', () => {
    const text = edited(1, '"seed":1', '"seed":1,"colour":"green"');
    const session = readSession([text]);
    expect(session.damage).toEqual([]);
    expect(session.header).toMatchObject({ colour: 'green' });
  });
});

describe('a header that cannot be read', () => {
  const cases: [string, string, RegExp][] = [
    ['an empty file', '', /^line 1: the file is empty$/],
    ['some text', 'hello\n', /^line 1: this is not a Substream session: .* no JSON header/],
    ['a JSON list', '[1]\n', /^line 1: this is not a Substream session: .* no JSON object/],
    ['other JSON', '{"a":1}\n', /^line 1: .* no "substream" version/],
    ['a cut header', SAMPLE.slice(0, 200), /^line 1: .* cut off/],
    ['a newer format', edited(1, '"substream":1', '"substream":2'), /newer Substream \(format 2;/],
    ['version 0', edited(1, '"substream":1', '"substream":0'), /"substream" is 0, no format/],
    ['a seed in words', edited(1, '"seed":1', '"seed":"one"'), /"seed" is "one", not a whole/],
    ['no script', edited(1, '"script"', '"skript"'), /"script" is missing, not a text/],
    ['no checksum', edited(1, /"crc":"0x/, '"crc":"'), /"crc" is "[0-9a-f]{8}", not 0x and 8/],
    [
      'a machine that is a list',
      edited(1, /"machine":\{.*?\}\}/, '"machine":[]'),
      /"machine" is \[/,
    ],
    [
      'a result in words',
      edited(1, /"result":\{.*?\}/, '"result":"ok"'),
      /"result" is "ok", not an/,
    ],
  ];
  it.each(cases)('is an error that names line and reason: %s', (_, text, reason) => {
    expect(() => readSession([text])).toThrow(reason);
  });

  it('still gives the script when a newer format has one', () => {
    try {
      readSession([edited(1, '"substream":1', '"substream":99')]);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ line: 1, script: SAMPLE_INFO.script });
    }
  });
});

describe('a damaged session file', () => {
  it('cut off anywhere, says so and shows the records before the cut', () => {
    const header = LINES[0]?.length ?? 0;
    for (let cut = header + 2; cut < SAMPLE.length; cut += 7) {
      const text = SAMPLE.slice(0, cut);
      const whole = text.split('\n').length - 2;
      const session = readSession([text]);
      expect(session.damages, `cut at ${cut}`).toBeGreaterThan(0);
      const read = [...readTrace(session.source)];
      const partial = text.endsWith('}}') ? 1 : 0;
      expect(read, `cut at ${cut}`).toEqual(RECORDS.slice(0, whole + partial));
    }
  });

  it('tells a cut inside a record from a cut between records', () => {
    const last = LINES.length;
    expect(damageOf(SAMPLE.slice(0, -20))).toEqual([
      `line ${last}: the file ends inside a record (this is no JSON record)`,
    ]);
    expect(damageOf(changed((lines) => lines.splice(-3)))).toEqual([
      `line ${last - 3}: the file is cut off: ${RECORDS.length - 3} of ${RECORDS.length} records are there`,
    ]);
  });

  it.each([
    ['a line of rubbish', edited(5, '{', '%'), 'line 5: this is no JSON record'],
    ['a list', edited(5, /.*/, '[]'), 'line 5: this is no JSON record'],
    ['an unknown kind', edited(5, '"kind":"', '"kind":"x'), /^line 5: record 4: unknown kind "x/],
    ['a cause that comes later', edited(5, '"cause":1', '"cause":9'), /cause 9 is no earlier/],
    ['time that goes back', edited(5, /"time":\d+/, '"time":7'), /^line 5: record 4: time 7 lies/],
    ['a wrong id', edited(5, '"id":4', '"id":3'), 'line 5: record id 3 where 4 should come'],
    ['a missing value', edited(5, '"offset"', '"ofset"'), /mmio_write: offset is missing, not a/],
    ['a value too large', edited(5, '"offset":144', '"offset":4294967296'), /type u32$/],
    ['a bad address', edited(5, '"0x', '"0y'), /value is "0y.*", not a value of type u64$/],
    ['no payload', edited(5, '"data":{', '"date":{'), /^line 5: record 4, mmio_write: data is m/],
  ])('with %s names the line and shows all other records', (_, text, expected) => {
    const damage = damageOf(text);
    expect(damage).toHaveLength(1);
    expect(damage[0]).toMatch(expected);
    const read = [...readTrace(readSession([text]).source)];
    expect(read).toEqual(RECORDS.filter(({ id }) => id !== 4));
  });

  it('with lines taken out says which records are missing', () => {
    const damage = damageOf(changed((lines) => lines.splice(9, 3)));
    expect(damage[0]).toBe('line 10: records 9 to 11 are missing');
    expect(damage[1]).toMatch(/cut off: \d+ of \d+ records/);
  });

  it('with a changed value that could have been true fails its checksum', () => {
    const text = SAMPLE.replace('"value":"4096"', '"value":"0"');
    expect(damageOf(text)).toEqual([
      expect.stringMatching(/the records are not those that were written \(checksum 0x/),
    ]);
  });

  it('changed in any one character of its records never reads as whole', () => {
    const header = (LINES[0]?.length ?? 0) + 1;
    fc.assert(
      fc.property(
        fc.integer({ min: header, max: SAMPLE.length - 1 }),
        fc.integer({ min: 32, max: 126 }),
        (at, unit) => {
          const character = String.fromCharCode(unit);
          fc.pre(SAMPLE[at] !== character);
          const text = SAMPLE.slice(0, at) + character + SAMPLE.slice(at + 1);
          expect(readSession([text]).damages).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a huge session file', () => {
  it('is read up to the limit, and says so once', () => {
    const session = readSession([SAMPLE], { words: 200 });
    const read = [...readTrace(session.source)];
    expect(read.length).toBeGreaterThan(3);
    expect(read.length).toBeLessThan(RECORDS.length);
    expect(read).toEqual(RECORDS.slice(0, read.length));
    expect(session.damage).toEqual([
      {
        line: read.length + 1,
        text: 'the session is too large to open whole; records up to here are shown',
      },
    ]);
  });

  it('with an endless line drops that line, not the rest, and holds no more than the limit', () => {
    const reader = new SessionReader({ line: 5000 });
    reader.push(`${LINES.slice(0, 4).join('\n')}\n`);
    for (let n = 0; n < 1000; n++) {
      reader.push('x'.repeat(1000));
    }
    reader.push(`\n${LINES.slice(5).join('\n')}\n`);
    const session = reader.end();
    expect(session.damage).toEqual([{ line: 5, text: 'the line is longer than 5000 characters' }]);
    expect([...readTrace(session.source)]).toEqual(RECORDS.filter(({ id }) => id !== 4));
  });

  it('with an endless header is refused', () => {
    expect(() => readSession(['{"substream":1,'.padEnd(5000, ' ')], { line: 4000 })).toThrow(
      'line 1: the header is longer than 4000 characters',
    );
  });
});
