// The trace view: pages of rows, pictures by lane, causes both ways, search; on a real session's trace.

import { beforeAll, describe, expect, it } from 'vitest';
import type { TraceSource } from '../../sim/trace/reader.ts';
import { causeChain, readTrace } from '../../sim/trace/reader.ts';
import { recordText } from '../../sim/trace/record-text.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { TraceView } from '../../sim/trace/view/trace-view.ts';
import { runScript } from '../support/run-script.ts';

const SCRIPT = `const dev = platform_device('accel0', { ssid_bits: 8 });
const domain = iommu_domain_alloc(dev.bus)!;
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
assert(iommu_attach_device(domain, dev) === 0);
const page = alloc_pages(0)!;
assert(iommu_map(domain, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
dev.dma_read(0x1000, 4, { pasid: 1 });
iommu_unmap(domain, 0x1000, SZ_4K);
dev.dma_read(0x1000, 4, { pasid: 1 });
pr_info('over');
`;

describe('the view of a trace', () => {
  let source: TraceSource;
  let view: TraceView;
  let all: ReturnType<typeof readAll>;

  const readAll = (from: TraceSource) => [...readTrace(from)];

  beforeAll(async () => {
    const { session } = await runScript(SCRIPT);
    const reader = new SessionReader();
    reader.push(session.traceText());
    ({ source } = reader.end());
    view = new TraceView(source, 'test.ts');
    all = readAll(source);
  });

  it('lists every record once, in order, in its own words, whatever the page', () => {
    const rows = [];
    for (let from = 0; from < all.length; from += 77) {
      rows.push(...view.list({}, from, 77).rows);
    }
    expect(rows.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(rows.map(({ row }) => row)).toEqual(all.map((_, at) => at));
    expect(rows.map(({ text }) => text)).toEqual(all.map(recordText));
  });

  it.each([[['dma']], [['call', 'return']], [['fetch', 'event']], [['ppr']]])(
    'shows with the filter %j exactly the records of these kinds, at the rows it says',
    (kinds) => {
      const wanted = all.filter(({ kind }) => (kinds as string[]).includes(kind));
      const { total, rows } = view.list({ kinds }, 0, 500);
      expect(total).toBe(wanted.length);
      expect(rows.map(({ id }) => id)).toEqual(wanted.slice(0, 500).map(({ id }) => id));
      for (const { id, row } of rows) {
        expect(view.place({ kinds }, id).row).toBe(row);
      }
      const middle = Math.floor(wanted.length / 2);
      expect(view.list({ kinds }, middle, 5).rows.map(({ id }) => id)).toEqual(
        wanted.slice(middle, middle + 5).map(({ id }) => id),
      );
    },
  );

  it('gives the fetches of a walk to the stream whose access they end in', () => {
    const { streams } = view.head({});
    const stream = streams.find(({ title }) => title.endsWith('ssid 1'));
    expect(stream).toBeDefined();
    const { rows } = view.list({ stream: stream?.number ?? 0 }, 0, 500);
    const accesses = rows.filter(({ kind }) => kind === 'dma');
    expect(accesses).toHaveLength(2);
    const walked = rows.filter(({ kind }) => kind === 'fetch');
    expect(walked.length).toBeGreaterThan(10);
    for (const { id, lane } of walked) {
      expect(lane).toMatch(/^walk 0x[0-9a-f]+\/1$/);
      const call = causeChain(source, id).find(({ kind }) => kind === 'call');
      expect(call?.data['fn']).toBe('dma_read');
    }
  });

  it('leads from every record to the line of the script behind it', () => {
    for (const { id, line } of view.list({}, 0, 500).rows) {
      const call = causeChain(source, id).find(({ data }) => Number(data['line']) > 0);
      expect(line).toBe(Number(call?.data['line'] ?? 0));
    }
  });

  it('shows the causes of a fault up to the script, and what it led to', () => {
    const [event] = view.list({ kinds: ['event'] }, 0, 1).rows;
    const chain = view.chain({}, event?.id ?? 0);
    expect(chain.causes[0]).toMatchObject({ kind: 'call', line: 9 });
    expect(chain.causes.map(({ id }) => id)).toEqual(
      causeChain(source, event?.id ?? 0)
        .slice(1)
        .reverse()
        .map(({ id }) => id),
    );
    expect(chain.effects.map(({ kind }) => kind)).toEqual(['event_result', 'irq', 'drained']);
    expect(chain.record).toMatchObject({ event: 1, bad: true });
    expect(view.event(1)).toBe(event?.id);
    expect(view.event(2)).toBe(0);
  });

  it('lists as effects all records whose cause it is', () => {
    for (const { id } of view.list({ kinds: ['call', 'command', 'event'] }, 0, 500).rows) {
      const { effects, more } = view.chain({}, id);
      const caused = all.filter(({ cause }) => cause === id).map((record) => record.id);
      expect(effects.map((row) => row.id)).toEqual(caused.slice(0, 60));
      expect(more).toBe(caused.length > 60);
    }
  });

  it.each([1, 7, 100, 2000])('counts every record into one of %i columns', (width) => {
    const { lanes } = view.lanes({}, { from: 0, to: all.length, width });
    const counted = lanes.flatMap(({ counts }) => [...counts]).reduce((sum, n) => sum + n, 0);
    expect(counted).toBe(all.filter(({ kind }) => kind !== 'return').length);
    const columns = Math.min(width, all.length);
    expect(lanes.every(({ counts }) => counts.length === columns)).toBe(true);
  });

  it('counts a part of the trace as the part of the whole', () => {
    const whole = view.lanes({}, { from: 0, to: all.length, width: all.length });
    const part = view.lanes({}, { from: 100, to: 300, width: 200 });
    for (const [at, { title, counts }] of part.lanes.entries()) {
      const same = whole.lanes.find((lane) => lane.title === title) ?? whole.lanes[at];
      expect([...counts]).toEqual([...(same?.counts ?? [])].slice(100, 300));
    }
  });

  it('draws each call from its record to its return, nested', () => {
    const { spans } = view.lanes({}, { from: 0, to: all.length, width: 100 });
    for (const span of spans) {
      const ret = all.find(({ kind, cause }) => kind === 'return' && cause === span.id);
      expect(all[span.from]?.id).toBe(span.id);
      if (ret !== undefined) {
        expect(all[span.to - 1]?.id).toBe(ret.id);
      }
    }
    expect(spans.filter(({ lane }) => lane === 'script').map(({ text }) => text)).toEqual(
      all
        .filter(({ kind, data }) => kind === 'call' && Number(data['line']) > 0)
        .map(({ data }) => data['fn']),
    );
  });

  it('finds the calls around a part that begins inside them', () => {
    const fault = all.find(({ kind }) => kind === 'event');
    const at = all.findIndex(({ id }) => id === fault?.id);
    const { spans } = view.lanes({}, { from: at, to: at + 2, width: 10 });
    expect(spans.map(({ text }) => text)).toContain('dma_read');
  });

  it('finds a text forwards and backwards, and says when there is no more', () => {
    const over = all.find(({ kind, data }) => kind === 'log' && data['text'] === 'over');
    expect(view.find({}, 'INFO: OVER', 1, false)).toEqual({ found: over?.id });
    expect(view.find({}, 'info: over', all.length, true)).toEqual({ found: over?.id });
    expect(view.find({}, 'info: over', (over?.id ?? 0) + 1, false)).toEqual({});
    expect(view.find({ kinds: ['dma'] }, 'over', 1, false)).toEqual({});
    const call = all.find(({ data }) => data['line'] === 8);
    expect(view.find({}, 'test.ts:8', 1, false)).toEqual({ found: call?.id });
  });

  it('grows with the trace, and answers as one that was made at the end', () => {
    const growing: TraceSource & { chunks: { used: number; count: number }[] } = {
      texts: source.texts,
      chunks: source.chunks.map((chunk) => ({ ...chunk, used: 0, count: 0 })),
    };
    const late = new TraceView(growing, 'test.ts');
    const stream = { stream: 1 };
    for (const [at, chunk] of growing.chunks.entries()) {
      const whole = source.chunks[at];
      for (let count = 0; count <= (whole?.count ?? 0); count += 13) {
        chunk.count = count;
        late.update();
        late.list(stream, 0, 10);
      }
      chunk.count = whole?.count ?? 0;
      chunk.used = whole?.used ?? 0;
    }
    late.update();
    for (const wish of [{}, stream, { kinds: ['fetch', 'cache'] }]) {
      expect(late.list(wish, 0, 500)).toEqual(view.list(wish, 0, 500));
      expect(late.head(wish)).toEqual(view.head(wish));
    }
  });
});
