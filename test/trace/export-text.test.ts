import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSV, CSV_PAYLOAD } from '../../sim/trace/export/csv.ts';
import { DMESG } from '../../sim/trace/export/dmesg.ts';
import { FTRACE } from '../../sim/trace/export/ftrace.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { csvRows, DMESG_LINE, ftracePoints } from '../support/read-back.ts';
import { textOfExport } from '../support/readers.ts';
import type { SessionWriter } from '../support/sample-session.ts';
import {
  anySession,
  SAMPLE_INFO,
  sampleSession,
  SessionWriter as Writer,
} from '../support/sample-session.ts';

function sessionOf(writer: SessionWriter): {
  header: typeof SAMPLE_INFO;
  source: Writer['recorder'];
} {
  return { header: SAMPLE_INFO, source: writer.recorder };
}

const SAMPLE = sessionOf(sampleSession());

describe('the dmesg export', () => {
  it('prints each log record on a line of its own, as dmesg does', () => {
    const lines = textOfExport(DMESG, SAMPLE).split('\n');
    expect(lines.pop()).toBe('');
    const logs = [...readTrace(SAMPLE.source)].filter(({ kind }) => kind === 'log');
    expect(lines).toHaveLength(logs.length);
    for (const [index, { time, data }] of logs.entries()) {
      const [, seconds, micros, text] = DMESG_LINE.exec(lines[index] ?? '') ?? [];
      expect(Number(seconds) * 1e6 + Number(micros)).toBe(Math.floor(time / 1000));
      expect(text).toBe(data['text']);
    }
    expect(lines[0]).toBe('[    0.001002] arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:');
  });

  it('keeps to the grammar whatever was logged, and stamps each line of a record', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 8 }),
        fc.nat(2 ** 45),
        (texts, start) => {
          const writer = new Writer({ start });
          for (const text of texts) {
            writer.put('log', { level: 6, text });
          }
          const lines = textOfExport(DMESG, sessionOf(writer)).split('\n').slice(0, -1);
          const expected = texts.map((text) => text.replace(/\n$/, '').split('\n').length);
          expect(lines).toHaveLength(expected.reduce((sum, count) => sum + count, 0));
          for (const line of lines) {
            expect(line).toMatch(DMESG_LINE);
          }
        },
      ),
    );
  });
});

describe('the ftrace export', () => {
  it('prints the story of the sample in the formats of the kernel', () => {
    const points = ftracePoints(textOfExport(FTRACE, SAMPLE));
    const [iova, end] = ['0x0000000070000000', '0x0000000070001000'];
    expect(points).toEqual([
      ['attach_device_to_domain', 'accel0'],
      ['map', iova, end, '0x0000000041000000', '4096'],
      ['unmap', iova, end, '4096', '4096'],
      ['io_page_fault', '', 'accel0', iova, '0x0000'],
      ['detach_device_from_domain', 'accel0'],
    ]);
  });

  it('shows calls when they succeeded, with what they did, and no call twice', () => {
    const writer = new Writer();
    writer.call('iommu_map(d1, 0x1000, 0x8000, SZ_2M, 3)', 1, '-22');
    writer.call('iommu_attach_device(d1, accel0)', 2, '-16');
    writer.call('iommu_unmap(d1, 4096n, 8192)', 3, '4096', () => {
      writer.call('iommu_unmap(d1, 4096n, 8192)', 0, '4096');
    });
    writer.call('iommu_map({ a: 1, b: "x, y" }, 0xffffffffffe00000n, 0x8000n, SZ_2M, 3)', 4, '0');
    const points = ftracePoints(textOfExport(FTRACE, sessionOf(writer)));
    expect(points).toEqual([
      ['unmap', '0x0000000000001000', '0x0000000000003000', '8192', '4096'],
      ['map', '0xffffffffffe00000', '0x0000000000000000', '0x0000000000008000', '2097152'],
    ]);
  });

  it('names an unknown device by its StreamID, and tells writes from reads', () => {
    const writer = new Writer();
    const fault = (write: boolean, type: bigint): void => {
      const w1 = (write ? 0n : 1n << 35n) | (2n << 40n);
      writer.put('event', { w0: (0x2an << 32n) | type, w1, w2: 0xdead_0000_1000n, w3: 0n });
    };
    fault(true, 0x13n);
    fault(false, 0x12n);
    fault(false, 0x04n);
    const points = ftracePoints(textOfExport(FTRACE, sessionOf(writer)));
    expect(points).toEqual([
      ['io_page_fault', '', 'sid-0x2a', '0x0000dead00001000', '0x0001'],
      ['io_page_fault', '', 'sid-0x2a', '0x0000dead00001000', '0x0000'],
    ]);
  });
});

describe('the csv export', () => {
  it('holds every value of every record', () => {
    fc.assert(
      fc.property(anySession, (writer) => {
        const [head = [], ...rows] = csvRows(textOfExport(CSV, sessionOf(writer)));
        const records = [...readTrace(writer.recorder)];
        expect(rows).toHaveLength(records.length);
        for (const [index, { id, time, kind, cause, data }] of records.entries()) {
          const row = rows[index] ?? [];
          expect(row).toHaveLength(head.length);
          const cells = Object.fromEntries(head.map((name, column) => [name, row[column]]));
          expect(cells).toMatchObject({
            id: String(id),
            time_ns: String(time),
            kind,
            cause: String(cause),
          });
          for (const name of CSV_PAYLOAD) {
            const cell = cells[name === 'id' ? 'object_id' : name] ?? '';
            const value = data[name];
            expect(typeof value === 'bigint' ? BigInt(cell) : cell).toBe(
              typeof value === 'bigint' ? value : value === undefined ? '' : String(value),
            );
          }
        }
      }),
    );
  });

  it('says in words what each record of the sample is', async () => {
    const [head = [], ...rows] = csvRows(textOfExport(CSV, SAMPLE));
    const summary = head.indexOf('summary');
    const texts = rows.map((row) => `${row[summary]}\n`).join('');
    await expect(texts).toMatchFileSnapshot('fixtures/sample-records.txt');
  });
});
