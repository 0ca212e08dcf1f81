import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { K, TRACE_KIND_NAMES } from '../../sim/trace/kinds.ts';
import { causeChain, readTrace, recordById, scanTrace } from '../../sim/trace/reader.ts';
import { PAYLOAD_WORDS, Recorder } from '../../sim/trace/recorder.ts';

describe('the recorder', () => {
  it('gives back every record as it was emitted, with time, cause and payload', () => {
    const time = { now: 2 ** 40 + 5 };
    const recorder = new Recorder(time);
    const call = recorder.emit(
      K.call,
      recorder.intern('iommu_map'),
      recorder.intern('d1, 0x1000'),
      7,
      3,
    );
    recorder.cause = call;
    time.now += 10;
    recorder.emit(K.dma, 0x10, -1, -4096, -1, 0x4000_0000, 0, 1, 0);
    expect([...readTrace(recorder)]).toEqual([
      {
        id: 1,
        kind: 'call',
        cause: 0,
        time: 2 ** 40 + 5,
        data: { fn: 'iommu_map', args: 'd1, 0x1000', line: 7, column: 3 },
      },
      {
        id: 2,
        kind: 'dma',
        cause: 1,
        time: 2 ** 40 + 15,
        data: {
          sid: 0x10,
          ssid: -1,
          iova: 0xffff_ffff_ffff_f000n,
          pa: 0x4000_0000n,
          flags: 1,
          status: 0,
        },
      },
    ]);
  });

  it('keeps ids and records whole over chunk borders, whatever the mix of kinds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(TRACE_KIND_NAMES.length - 1), { minLength: 1, maxLength: 20 }),
        (kinds) => {
          const recorder = new Recorder({ now: 0 });
          const total = 60_000;
          for (let n = 0; n < total; n++) {
            recorder.emit(kinds[n % kinds.length] ?? 0, n);
          }
          let next = 1;
          for (const record of readTrace(recorder)) {
            if (
              record.id !== next ||
              record.kind !== TRACE_KIND_NAMES[kinds[(next - 1) % kinds.length] ?? 0]
            ) {
              throw new Error(`record ${record.id} is ${record.kind} where ${next} was emitted`);
            }
            next++;
          }
          expect(next - 1).toBe(total);
        },
      ),
      { numRuns: 5 },
    );
  });

  it('keeps the newest chunks when it is told to, and counts what it dropped', () => {
    const recorder = new Recorder({ now: 0 }, { chunks: 2 });
    for (let n = 0; n < 100_000; n++) {
      recorder.emit(K.dma, n);
    }
    const kept = [...readTrace(recorder)];
    expect(kept.length + recorder.dropped).toBe(100_000);
    expect(kept[0]?.id).toBe(recorder.dropped + 1);
    expect(kept.at(-1)?.data['sid']).toBe(99_999);
  });

  it('reads on from any id', () => {
    const recorder = new Recorder({ now: 0 });
    for (let n = 0; n < 10; n++) {
      recorder.emit(K.irq, n);
    }
    expect([...readTrace(recorder, 8)].map((record) => record.id)).toEqual([8, 9, 10]);
  });

  it('finds any record by its id, and the chain of its causes', () => {
    const recorder = new Recorder({ now: 0 });
    const call = recorder.emit(K.call, recorder.intern('iommu_unmap'), 0, 39, 3);
    recorder.cause = call;
    const write = recorder.emit(K.mmio_write, 0x98);
    recorder.cause = write;
    const command = recorder.emit(K.command, 4);
    for (let n = 0; n < 60_000; n++) {
      recorder.emit(K.irq, n);
    }
    expect(causeChain(recorder, command).map(({ kind }) => kind)).toEqual([
      'command',
      'mmio_write',
      'call',
    ]);
    expect(recordById(recorder, 50_000)?.data['line']).toBe(50_000 - command - 1);
    expect(recordById(recorder, 70_000)).toBeUndefined();
  });

  it('visits raw records in the order of their ids', () => {
    const recorder = new Recorder({ now: 0 });
    recorder.emit(K.irq, 5);
    recorder.emit(K.dma, 0x10);
    recorder.emit(K.event);
    const seen: number[][] = [];
    scanTrace(recorder, (kind, id, words, at) => seen.push([kind, id, words[at + 4] ?? 0]), 2);
    expect(seen).toEqual([
      [K.dma, 2, 0x10],
      [K.event, 3, 0],
    ]);
  });

  it('emits nothing when it is off', () => {
    const recorder = new Recorder({ now: 0 }, { enabled: false });
    expect(recorder.emit(K.irq, 1)).toBe(0);
    expect([...readTrace(recorder)]).toEqual([]);
  });

  it('has no kind with more payload than a record can carry', () => {
    expect(Math.max(...PAYLOAD_WORDS)).toBeLessThanOrEqual(8);
  });
});

describe('diagnostics', () => {
  it('land in the trace under their cause, and with the listener', () => {
    const recorder = new Recorder({ now: 0 });
    const diagnostics = new Diagnostics(recorder);
    const told: string[] = [];
    diagnostics.onReport = (diagnostic) => told.push(`${diagnostic.class} ${diagnostic.section}`);
    recorder.cause = recorder.emit(K.mmio_write, 0x20);
    diagnostics.guestError('6.3.9', 'CR0 changed before its acknowledgement');
    diagnostics.unimplemented('6.3.36', 'VATOS');
    diagnostics.unpredictable('3.5', 'PROD behind CONS');
    expect(told).toEqual([
      'guest-error 6.3.9',
      'unimplemented 6.3.36',
      'constrained-unpredictable 3.5',
    ]);
    const [, first] = [...readTrace(recorder)];
    expect(first).toMatchObject({
      kind: 'diagnostic',
      cause: 1,
      data: { class: 0, section: '6.3.9', text: 'CR0 changed before its acknowledgement' },
    });
  });
});
