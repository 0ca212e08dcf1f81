import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../../sim/trace/reader.ts';
import { inspecting } from '../support/inspected.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

function example(name: string): string {
  return readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8');
}

const FAULT = `const dev = platform_device('accel0', { sids: [0x10] });
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null && iommu_attach_device(domain, dev) === 0);
dev.dma_read(0x1000n, 4);
`;

describe('the view of the interrupts', () => {
  it('shows a fault: the event queue, its handler, and the line that caused it', async () => {
    const { ask } = await inspecting(FAULT);
    const { sources, interrupts } = ask({ kind: 'interrupts' });
    const eventq = sources.find(({ name }) => name === 'eventq');
    expect(eventq).toMatchObject({
      line: 74,
      enabled: true,
      raised: 1,
      lost: 0,
      messages: 0,
      pending: false,
    });
    const one = interrupts.find(({ source }) => source === 'eventq');
    expect(one).toMatchObject({ way: 'line 74', state: 'handled', writer: { line: 4 } });
    expect(one?.why).toContain('F_TRANSLATION sid 0x10 read 0x1000');
  });

  it('tells what led to it and what its handler did', async () => {
    const { ask } = await inspecting(FAULT);
    const one = ask({ kind: 'interrupts' }).interrupts.find(({ source }) => source === 'eventq');
    const { causes, effects, more } = ask({ kind: 'interrupt', record: one?.record ?? 0 });
    expect(causes[0]).toMatchObject({ line: 4, text: expect.stringMatching(/^dma_read\(/) });
    expect(causes.at(-1)?.text).toMatch(/^F_TRANSLATION/);
    const texts = effects.map(({ text }) => text);
    expect(texts[0]).toBe('irq/74-arm-smmu-v3-evtq()');
    expect(texts).toContain('EVENTQ_CONS <- 0x1');
    expect(texts.some((text) => text.includes('event 0x10 received'))).toBe(true);
    expect(more).toBe(0);
  });

  it('counts the MSIs of CMD_SYNC, and knows where they went', async () => {
    const { ask, source } = await inspecting(FAULT);
    const messages = [...readTrace(source)].filter(({ kind }) => kind === 'msi').length;
    const { sources, interrupts } = ask({ kind: 'interrupts' });
    expect(messages).toBeGreaterThan(0);
    expect(sources.find(({ name }) => name === 'cmdSync')).toMatchObject({ messages, raised: 0 });
    expect(interrupts.find(({ source: from }) => from === 'cmdSync')).toMatchObject({
      state: 'written',
      way: expect.stringMatching(/^MSI 0x[0-9a-f]+ to 0x4000_/),
      why: expect.stringMatching(/^CMD_SYNC/),
    });
  });

  it('shows page requests with the handler that answered them', async () => {
    const { ask } = await inspecting(example('sva-pri'));
    const priq = ask({ kind: 'interrupts' }).sources.find(({ name }) => name === 'priq');
    expect(priq).toMatchObject({ line: 75, enabled: true, raised: 2, pending: false });
  });

  it("shows a device's own line by the name of its handler, and what the handler did", async () => {
    const { ask } = await inspecting(example('memcpy-engine'));
    const { sources, interrupts } = ask({ kind: 'interrupts' });
    const device = sources.find(({ name }) => name === 'irq 100 memcpy0');
    expect(device).toMatchObject({ line: 100, lost: 0, pending: false });
    expect(device).not.toHaveProperty('enabled');
    const one = interrupts.find(({ source }) => source === 'irq 100 memcpy0');
    expect(one?.state).toBe('handled');
    const { effects } = ask({ kind: 'interrupt', record: one?.record ?? 0 });
    expect(effects.map(({ text }) => text)).toEqual([
      'handle_irq_event(100, memcpy0)',
      'completions()',
      'returns [...]',
      'wake_up({...})',
      'returns',
    ]);
  });

  it('says that a line without a handler was raised in vain', async () => {
    const script = example('memcpy-engine').replace(/assert\(request_irq\(.*\n/, '');
    const { ask, typed } = await inspecting(script);
    const device = ask({ kind: 'interrupts' }).sources.find(({ name }) => name === 'irq 100');
    expect(device?.lost).toBe(device?.raised);
    expect(device?.raised).toBeGreaterThan(0);
    expect(typed('irqs 0').at(-1)).toBe(
      `irq 100    line 100, ${device?.raised} raised, ${device?.lost} without a handler`,
    );
  });

  it('has no story for a record that is no interrupt', async () => {
    const { ask } = await inspecting(FAULT);
    for (const record of [1, 2 ** 40]) {
      expect(ask({ kind: 'interrupt', record }).effects).toEqual([]);
    }
  });
});

describe('irqs', () => {
  it('lists the sources, then the newest interrupts', async () => {
    const { typed } = await inspecting(FAULT);
    const lines = typed('irqs 3');
    expect(lines.slice(0, 4)).toEqual([
      'eventq     line 74, enabled, 1 raised',
      expect.stringMatching(/^priq {7}(enabled|disabled), 0 raised$/),
      expect.stringMatching(/^cmdSync {4}0 raised, \d+ MSIs$/),
      'gerror     enabled, 0 raised',
    ]);
    expect(lines.slice(4)).toHaveLength(3);
    expect(typed('irqs')).toContainEqual(
      expect.stringMatching(/^ {2}eventq line 74 handled: F_TRANSLATION .* {2}\(line 4\)$/),
    );
  });

  it.each([
    ['irqs x', "irqs: N 'x' is no number; usage: irqs [N]"],
    ['irqs 1 2', "irqs: '2' is one word too many; usage: irqs [N]"],
  ])('answers %j with one line', async (text, answer) => {
    expect((await inspecting(FAULT)).typed(text)).toEqual([answer]);
  });
});
