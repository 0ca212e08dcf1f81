// The console's prompt, its links and its filters.

import { beforeEach, describe, expect, it } from 'vitest';
import type { ConsoleEntry } from '../../renderer/console/console-log.ts';
import { ConsoleLog, entryOf, isShown, SHOW_ALL } from '../../renderer/console/console-log.ts';
import { formatRecord } from '../../renderer/console/format.ts';
import { commandsOf, Prompt } from '../../renderer/console/prompt.ts';
import { linksIn } from '../../renderer/console/prompt-links.ts';
import { CONSOLE_COMMANDS } from '../../sim/inspect/console.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import type { OutputRecord } from '../../sim/protocol/api.ts';
import type { InspectRequest } from '../../sim/protocol/inspect.ts';
import { FaultRig } from '../support/fault-rig.ts';

describe('the prompt', () => {
  let printed: string[];
  let prompt: Prompt;

  function make(ask?: (request: InspectRequest) => never): void {
    const rig = new FaultRig({});
    const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
    const inspector = new Inspector(rig.rig.recorder, hardware, 'accel.ts');
    printed = [];
    prompt = new Prompt(async (request) => ask?.(request) ?? inspector.answer(request), {
      prompt: (text) => printed.push(`> ${text}`),
      answer: (lines) => printed.push(...lines),
    });
  }

  async function type(text: string): Promise<void> {
    prompt.text.set(text);
    await prompt.submit();
  }

  beforeEach(() => make());

  it('prints what was typed and what the session answers, and is empty then', async () => {
    await type('  ste 8 ');
    expect(printed[0]).toBe('> ste 8');
    expect(printed[1]).toMatch(/^STE 0x8 +0x4040_0200 +stage 1, 2\^3 CDs/);
    expect(prompt.text.value).toBe('');
  });

  it('says what to do when nothing has run', async () => {
    make(() => {
      throw new Error('nothing has run yet');
    });
    await type('regs');
    expect(printed).toEqual(['> regs', 'nothing has run yet: run a script first']);
    expect(prompt.busy.value).toBe(false);
  });

  it('walks the history and comes back to what was being typed', async () => {
    for (const line of ['regs', 'ste', 'regs']) {
      await type(line);
    }
    prompt.text.set('wal');
    const seen: string[] = [];
    for (const by of [-1, -1, -1, 1, 1, 1] as const) {
      prompt.step(by);
      seen.push(prompt.text.value);
    }
    expect(seen).toEqual(['regs', 'ste', 'ste', 'regs', 'wal', 'wal']);
  });

  it('learns every command of the session from its help', async () => {
    await prompt.learn();
    expect(prompt.commands.value.map(({ name }) => name)).toEqual(CONSOLE_COMMANDS);
    expect(Prompt.commandOf('walk 8', prompt.commands.value)?.usage).toBe(
      'walk SID SSID|- IOVA [r|w|x]',
    );
  });

  it.each([
    ['wa', 'walk ', []],
    ['c', 'c', ['cd', 'cmdq', 'cdcache']],
    ['st', 'ste', []],
    ['tl', 'tlb ', []],
    ['ir', 'irqs ', []],
    ['ex', 'explain ', []],
    ['', '', undefined],
    ['nothing', 'nothing', undefined],
    ['walk 8', 'walk 8', undefined],
  ])('completes %j to %j', async (typed, completed, choices) => {
    await prompt.learn();
    prompt.text.set(typed);
    expect(prompt.complete()).toEqual(choices);
    expect(prompt.text.value).toBe(completed);
  });

  it('completes as far as all that fit agree', () => {
    prompt.commands.set(commandsOf(['translate SID   x', 'transfer SID   y']));
    prompt.text.set('t');
    expect(prompt.complete()).toEqual([]);
    expect(prompt.text.value).toBe('trans');
    expect(prompt.complete()).toEqual(['translate', 'transfer']);
  });
});

describe('links in the console', () => {
  it.each([
    ['F_TRANSLATION at a.ts:3:1  [explain 17]', ['place 3', 'event 17']],
    ['done [event 2]', ['event 2']],
    ['  0 CFGI_ALL done (line 22)', ['line 22']],
    ['0x0000000000000000  line 9: iommu_unmap(domain 2)', ['line 9']],
    ['the outline 5 of [explain x]', []],
  ])('%j', (text, expected) => {
    const found = linksIn(text).map(({ target }) =>
      target.kind === 'place'
        ? `place ${target.place.line}`
        : target.kind === 'line'
          ? `line ${target.line}`
          : `event ${target.event}`,
    );
    expect(found).toEqual(expected);
  });

  it('stand exactly over their words', () => {
    const text = 'x [explain 7] y';
    const [link] = linksIn(text);
    expect(text.slice(link?.start, link?.end)).toBe('[explain 7]');
  });
});

const EVENT: OutputRecord = {
  type: 'event',
  time: 1000,
  number: 1,
  event: { type: 16, name: 'F_TRANSLATION', sid: 16, words: ['', '', '', ''] },
  text: 'F_TRANSLATION accel0 SID 0x10',
};
const RECORDS: readonly OutputRecord[] = [
  { type: 'log', time: 1000, level: 6, text: 'info' },
  { type: 'log', time: 2000, level: 3, text: 'bad\nworse' },
  EVENT,
  { ...EVENT, number: 2, event: { ...EVENT.event, sid: 8 } },
  { type: 'warn', time: 3000, class: 'guest-error', section: '4.8', text: 'no sync' },
  { type: 'result', ok: true, exit: 0, events: 2, dmas: 1 },
];

describe('the filters of the console', () => {
  const entries: readonly ConsoleEntry[] = [
    ...RECORDS.map((record) => entryOf(record, formatRecord(record))),
    { text: '> regs', source: 'prompt', level: 0 },
  ];

  it.each([
    ['everything', SHOW_ALL, 7],
    ['errors', { level: 3, source: 'all' } as const, 5],
    ['the log', { level: 7, source: 'log' } as const, 4],
    ['errors of the log', { level: 3, source: 'log' } as const, 3],
    ['faults', { level: 7, source: 'event' } as const, 4],
    ['warnings of the model', { level: 7, source: 'warn' } as const, 3],
    ['faults of one stream', { level: 7, source: 'event', sid: 8 } as const, 3],
  ])(
    'of %s keep what belongs to it, and always the prompt and how the run ended',
    (_, filter, count) => {
      const shown = entries.filter((entry) => isShown(entry, filter));
      expect(shown).toHaveLength(count);
      expect(shown.slice(-2).map(({ source }) => source)).toEqual(['run', 'prompt']);
    },
  );
});

describe('what the console keeps', () => {
  function filled(limit = 100): ConsoleLog {
    const log = new ConsoleLog(limit);
    log.add(RECORDS.map((record) => entryOf(record, formatRecord(record))));
    return log;
  }

  it('is copied as dmesg prints it: the log alone, without colours', () => {
    expect(filled().dmesg()).toBe(
      '[    0.000001] info\n[    0.000002] bad\n[    0.000002] worse\n',
    );
  });

  it('knows the streams that faulted', () => {
    expect(filled().sids).toEqual([8, 16]);
  });

  it('is not more than twice its limit, and the newest stays', () => {
    const log = new ConsoleLog(10);
    for (let line = 0; line < 95; line++) {
      log.add([{ text: String(line), source: 'log', level: 6 }]);
    }
    expect(log.entries.length).toBeLessThanOrEqual(20);
    expect(log.entries.at(-1)?.text).toBe('94');
  });

  it('is nothing after a clear', () => {
    const log = filled();
    log.clear();
    expect([log.entries, log.sids, log.dmesg()]).toEqual([[], [], '']);
  });
});
