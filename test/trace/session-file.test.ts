import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../../sim/trace/reader.ts';
import { sessionFileText, writeSessionFile } from '../../sim/trace/session-file.ts';
import { anyInfo, anySession, SAMPLE_INFO, sampleSession } from '../support/sample-session.ts';

describe('a written session file', () => {
  it('is a header and one JSON object a line, record for record what was recorded', () => {
    fc.assert(
      fc.property(anyInfo, anySession, (info, session) => {
        const lines = sessionFileText(info, session.recorder).split('\n');
        expect(lines.pop()).toBe('');
        const [header, ...records] = lines.map((line) => JSON.parse(line) as unknown);
        expect(header).toMatchObject({ substream: 1, ...info, first: 1, records: records.length });
        const expected = [...readTrace(session.recorder)].map((record) => ({
          ...record,
          data: Object.fromEntries(
            Object.entries(record.data).map(([name, value]) => [
              name,
              typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
            ]),
          ),
        }));
        expect(records).toEqual(expected);
      }),
    );
  });

  it('is the same, byte for byte, when the same session is recorded again', () => {
    const once = sessionFileText(SAMPLE_INFO, sampleSession().recorder);
    expect(sessionFileText(SAMPLE_INFO, sampleSession().recorder)).toBe(once);
  });

  it('is ASCII, whatever the script and the log say', () => {
    fc.assert(
      fc.property(anyInfo, anySession, (info, session) => {
        expect(sessionFileText(info, session.recorder)).toMatch(/^[\n\x20-\x7e]*$/);
      }),
    );
  });

  it('carries the checksum of its records as zip tools compute it', () => {
    const text = sessionFileText(SAMPLE_INFO, sampleSession().recorder);
    const end = text.indexOf('\n') + 1;
    const crc = crc32(text.slice(end)).toString(16).padStart(8, '0');
    expect(JSON.parse(text.slice(0, end))).toMatchObject({ crc: `0x${crc}` });
  });

  it('holds no folder of the machine it was written on', () => {
    const info = { ...SAMPLE_INFO, file: '/home/someone/drivers/accel.ts' };
    expect(sessionFileText(info, sampleSession().recorder)).toBe(
      sessionFileText(SAMPLE_INFO, sampleSession().recorder),
    );
  });

  it('comes in pieces, so that a large session needs no large text', () => {
    const session = sampleSession();
    for (let n = 0; n < 5000; n++) {
      session.put('irq', { line: n, handled: 1, name: 'eventq' });
    }
    const pieces = [...writeSessionFile(SAMPLE_INFO, session.recorder)];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.slice(1).map((piece) => piece.length))).toBeLessThan(2 ** 17);
  });
});
