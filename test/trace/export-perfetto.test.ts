import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PERFETTO } from '../../sim/trace/export/perfetto.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import type { ChromeEvent } from '../support/read-back.ts';
import { checkAccesses, checkNesting, ns } from '../support/read-back.ts';
import { textOfExport } from '../support/readers.ts';
import {
  anySession,
  SAMPLE_INFO,
  SessionWriter,
  sampleSession,
} from '../support/sample-session.ts';

function eventsOf(writer: SessionWriter): ChromeEvent[] {
  const session = { header: SAMPLE_INFO, source: writer.recorder };
  const document = JSON.parse(textOfExport(PERFETTO, session)) as { traceEvents: ChromeEvent[] };
  return document.traceEvents;
}

function count(records: readonly TraceRecord[], ...kinds: string[]): number {
  return records.filter(({ kind }) => kinds.includes(kind)).length;
}

describe('the perfetto export', () => {
  it('nests the calls of the sample as the script and the kernel made them', () => {
    expect(checkNesting(eventsOf(sampleSession()))).toEqual([
      '1: platform_device',
      '1: iommu_domain_alloc',
      '1: iommu_attach_device',
      '2: arm_smmu_attach_dev',
      '1: iommu_map',
      '1: dma_read',
      '1: iommu_unmap',
      '1: dma_read',
      '2: arm_smmu_evtq_thread',
      '1: iommu_detach_device',
    ]);
  });

  it('gives each stream a track with its walks, and each queue its own', () => {
    const events = eventsOf(sampleSession());
    const names = new Map(
      events
        .filter(({ name }) => name === 'thread_name')
        .map(({ tid, args }) => [tid, args?.['name']]),
    );
    const onTrack = (track: string): string[] =>
      events
        .filter((event) => event.ph !== 'M' && names.get(event.tid) === track)
        .map(({ ph, name }) => `${ph} ${name}`);
    expect(onTrack('CMDQ')).toEqual([
      'i CMD_CFGI_STE',
      'i CMD_SYNC',
      'i CMD_TLBI_NH_VA',
      'i CMD_SYNC',
    ]);
    expect(onTrack('EVENTQ')).toEqual(['i F_TRANSLATION', 'i event queued, index 0']);
    expect(onTrack('interrupts')).toEqual(['i irq 74 eventq']);
    expect(onTrack('PRIQ')).toEqual(['i page request']);
    expect(onTrack('DMA sid 0x10 ssid 5').filter((name) => name.startsWith('X'))).toEqual([
      'X read 0x70000000',
      'X read 0x70000000',
    ]);
    expect(onTrack('DMA sid 0x10 ssid 5')).toHaveLength(16);
  });

  it('counts the entries of the queues', () => {
    const counters = eventsOf(sampleSession()).filter(({ ph }) => ph === 'C');
    expect(counters.map(({ name, args }) => `${name} ${args?.['entries']}`)).toEqual([
      ...Array.from({ length: 4 }, () => ['CMDQ entries 1', 'CMDQ entries 0']).flat(),
      'EVENTQ entries 1',
      'PRIQ entries 1',
    ]);
  });

  it('has every record of an arbitrary session once, in order, with its tick', () => {
    fc.assert(
      fc.property(anySession, (writer) => {
        const events = eventsOf(writer);
        checkNesting(events);
        checkAccesses(events);
        const records = [...readTrace(writer.recorder)];
        const shown = events.filter(({ ph, args }) => args?.['record'] !== undefined && ph !== 'e');
        expect(
          shown.map(({ args }) => args?.['record']).sort((a, b) => Number(a) - Number(b)),
        ).toEqual(records.filter(({ kind }) => kind !== 'return').map(({ id }) => id));
        for (const { ts, args } of shown) {
          const record = records[Number(args?.['record']) - 1];
          expect(args?.['tick']).toBe(record?.time);
          expect(args?.['cause']).toBe(record?.cause);
          if (ts > 0 && (record?.time ?? 0) < 2 ** 40 && record?.kind !== 'dma') {
            expect(ns(ts)).toBeGreaterThanOrEqual(record?.time ?? 0);
          }
        }
        expect(events.filter(({ ph }) => ph === 'B' || ph === 'b')).toHaveLength(
          count(records, 'call'),
        );
        expect(events.filter(({ ph }) => ph === 'X')).toHaveLength(count(records, 'dma'));
      }),
    );
  });

  it('keeps any order of begins and ends well-formed, and makes async only what overlaps', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 60 }), (steps) => {
        const writer = new SessionWriter();
        const open: number[] = [];
        let lifo = true;
        for (const [pick, script] of steps) {
          if (open.length > 0 && pick < 3) {
            const at = Math.max(0, open.length - 1 - pick);
            lifo &&= at === open.length - 1;
            const [id = 0] = open.splice(at, 1);
            writer.under(id, () => writer.put('return', { value: '0' }));
          } else {
            const call = { fn: `f${pick}`, args: '', line: script ? 1 : 0, column: 0 };
            open.push(writer.put('call', call));
          }
        }
        const slices = checkNesting(eventsOf(writer));
        if (lifo) {
          expect(slices.filter((slice) => slice.includes('async'))).toEqual([]);
        }
      }),
    );
  });

  it('ends a call that returns nothing when something comes that is not below it', () => {
    const writer = new SessionWriter();
    const call = (fn: string, line = 1): number =>
      writer.put('call', { fn, args: '', line, column: 1 }, 5);
    const outer = call('outer');
    writer.under(outer, () => {
      const inner = call('inner', 0);
      const write = writer.under(inner, () =>
        writer.put('mmio_write', { offset: 0, width: 32, value: 0n }, 5),
      );
      writer.under(write, () => writer.put('irq', { line: 1, handled: 1, name: '' }, 5));
      writer.put('log', { level: 6, text: 'in outer' }, 5);
      call('second', 0);
    });
    call('next');
    const events = eventsOf(writer);
    expect(checkNesting(events)).toEqual(['1: outer', '2: inner', '2: second', '1: next']);
    const at = (name: string, ph: string): number =>
      ns(events.find((event) => event.name === name && event.ph === ph)?.ts ?? -1);
    expect([at('inner', 'B'), at('inner', 'E')]).toEqual([10, 21]);
    expect([at('second', 'B'), at('second', 'E'), at('outer', 'E'), at('next', 'B')]).toEqual([
      30, 31, 32, 35,
    ]);
  });

  it('shows two calls that overlap, and one that never returned', () => {
    const writer = new SessionWriter();
    const call = (fn: string): number => writer.put('call', { fn, args: '', line: 1, column: 1 });
    const end = (id: number): number =>
      writer.under(id, () => writer.put('return', { value: '0' }));
    const first = call('first');
    const second = call('second');
    end(first);
    end(second);
    const outer = call('outer');
    call('hangs');
    end(outer);
    call('last');
    expect(checkNesting(eventsOf(writer))).toEqual([
      '1: first',
      '1: async second',
      '1: outer',
      '1: outer > hangs',
      '1: last',
    ]);
  });
});
