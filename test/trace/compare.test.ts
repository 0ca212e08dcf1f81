import { describe, expect, it } from 'vitest';
import type { Ending } from '../../sim/trace/compare/slips.ts';
import { noticedBy } from '../../sim/trace/compare/slips.ts';
import type { SessionSummary } from '../../sim/trace/compare/summary.ts';
import { summarize } from '../../sim/trace/compare/summary.ts';
import type { ComparedScript } from '../../sim/trace/compare/text.ts';
import { compareText } from '../../sim/trace/compare/text.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { K } from '../../sim/trace/kinds.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

const NOTHING: SessionSummary = {
  calls: [],
  commands: [],
  states: [],
  events: [],
  diagnostics: [],
};

function ending(part: Partial<SessionSummary>, error?: string): Ending {
  return { summary: { ...NOTHING, ...part }, ...(error === undefined ? {} : { error }) };
}

function call(fn: string, result: string) {
  return { fn, line: 1, result };
}

describe('the summary of a session', () => {
  it('holds calls with results, commands, states of STEs and CDs, faults and diagnostics', () => {
    const recorder = new Recorder({ now: 0 });
    const id = recorder.emit(K.call, recorder.intern('iommu_map'), recorder.intern('d'), 7, 1);
    recorder.cause = id;
    recorder.emit(K.mem_write, recorder.intern('ste'), 0x4000_0400, 0, 0x0000_000b, 0x5000_0000);
    recorder.emit(K.mem_write, recorder.intern('ste'), 0x4000_0408, 0, 2, 0);
    recorder.emit(K.mem_write, recorder.intern('cd'), 0x4001_0040, 0, -0x8000_0000, 0x0002_0000);
    recorder.emit(K.mem_write, recorder.intern('cd'), 0x4001_0040, 0, 0, 0);
    recorder.emit(K.command, 0, 0, 0x03, 0x10, 1, 0);
    recorder.emit(K.event, 0x10, 0x10);
    new Diagnostics(recorder).report('api-misuse', 'x', 'attached twice');
    recorder.emit(K.return, recorder.intern('-EBUSY'));
    expect(summarize(recorder)).toEqual({
      calls: [{ fn: 'iommu_map', line: 7, result: '-EBUSY' }],
      commands: ['CMD_CFGI_STE StreamID=0x10 Leaf'],
      states: ['STE stage 1, 2^10 CDs', 'CD ASID 2', 'CD not valid'],
      events: ['F_TRANSLATION'],
      diagnostics: ['attached twice'],
    });
  });
});

describe('a slip', () => {
  const usual = ending({ calls: [call('iommu_map', '0')], events: ['F_TRANSLATION'] });

  it.each([
    [
      'the kernel, when a call returns an error',
      ending({ calls: [call('iommu_map', '-ENODEV')] }),
      'return value',
      'iommu_map returns -ENODEV',
    ],
    [
      'the hardware, when a new fault comes',
      ending({ calls: usual.summary.calls, events: ['F_TRANSLATION', 'C_BAD_CD'] }),
      'fault',
      'C_BAD_CD',
    ],
    [
      'the hardware, when the same fault comes once more',
      ending({ calls: usual.summary.calls, events: ['F_TRANSLATION', 'F_TRANSLATION'] }),
      'fault',
      'F_TRANSLATION',
    ],
    [
      'only the workbench, when a diagnostic comes',
      ending({ ...usual.summary, diagnostics: ['freed twice'] }),
      'diagnostic',
      'freed twice',
    ],
    [
      'the script, when one of its assertions fails',
      ending(usual.summary, 'assertion failed'),
      'return value',
      'assertion failed',
    ],
    ['nobody, when nothing differs', usual, 'nobody', ''],
  ] as const)('is noticed by %s', (_, slipped, noticed, sign) => {
    expect(noticedBy(usual, slipped)).toEqual({ noticed, sign });
  });
});

describe('the text of a comparison', () => {
  const a: ComparedScript = {
    file: 'a.ts',
    profile: 'seed18',
    summary: { ...NOTHING, calls: [call('iommu_attach_device', '0')], commands: ['CMD_SYNC'] },
    rehearsals: [
      {
        fn: 'iommu_attach_device',
        line: 9,
        kind: 'doubled',
        noticed: 'diagnostic',
        sign: `domain 2 is attached to accel0 ${'again and '.repeat(9)}again`,
      },
    ],
  };
  const b: ComparedScript = {
    file: 'b.ts',
    profile: 'attr19',
    summary: {
      ...NOTHING,
      calls: [call('iommu_aux_attach_device', '0')],
      commands: ['CMD_SYNC', 'CMD_CFGI_CD'],
    },
    rehearsals: [],
  };

  it('tells what differs and says where nothing does', () => {
    const text = compareText(a, b).join('\n');
    expect(text).toContain('iommu_attach_device                              1     -');
    expect(text).toContain('Commands: 1 in A (-), 2 in B (+); what differs:\n  + CMD_CFGI_CD');
    expect(text).toContain('Faults: the same 0, in the same order.');
    expect(text).toContain(
      'In A the kernel does not refuse:\n  iommu_attach_device (line 9) made twice:',
    );
    expect(text).toContain('In B the kernel refuses every one.');
  });

  it('fits in a mail', () => {
    expect(compareText(a, b).filter((line) => line.length > 72)).toEqual([]);
  });
});
