// The picture of a session: one lane a kind of activity, records from left to right in their order
// (virtual time stands still while code runs), darker where there are more.

import type { TraceRecord } from '../reader.ts';

const COLUMNS = 400;
const WIDTH = 1000;
const LANE = 22;
const LEFT = 110;

const LANES: readonly { readonly name: string; readonly kinds: readonly TraceRecord['kind'][] }[] =
  [
    { name: 'calls', kinds: ['call'] },
    { name: 'registers', kinds: ['mmio_read', 'mmio_write'] },
    { name: 'memory', kinds: ['mem_write', 'alloc', 'free'] },
    { name: 'CMDQ', kinds: ['command'] },
    { name: 'walks', kinds: ['fetch'] },
    { name: 'DMA', kinds: ['dma', 'ats'] },
    { name: 'faults', kinds: ['event', 'ppr', 'stall'] },
    { name: 'interrupts', kinds: ['irq', 'msi'] },
    { name: 'log', kinds: ['log', 'diagnostic'] },
  ];

const LANE_OF: ReadonlyMap<string, number> = new Map(
  LANES.flatMap(({ kinds }, lane) => kinds.map((kind) => [kind, lane] as const)),
);

/** Collects records of a session whose size is known, then draws. */
export class TimelinePicture {
  readonly #total: number;
  readonly #columns: number;
  readonly #counts: Uint32Array;
  #seen = 0;

  constructor(total: number) {
    this.#total = total;
    this.#columns = Math.max(1, Math.min(COLUMNS, total));
    this.#counts = new Uint32Array(LANES.length * this.#columns);
  }

  take(record: TraceRecord): void {
    const column = Math.floor((this.#seen++ * this.#columns) / Math.max(1, this.#total));
    const lane = LANE_OF.get(record.kind);
    if (lane !== undefined) {
      const slot = lane * this.#columns + column;
      this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    }
  }

  /** The picture as inline SVG. */
  svg(): string {
    const height = LANES.length * LANE + 4;
    const lanes = LANES.map(({ name }, lane) => this.#lane(name, lane));
    return (
      `<svg viewBox="0 0 ${LEFT + WIDTH} ${height}" role="img" aria-label="Activity over the session">\n` +
      `${lanes.join('\n')}\n</svg>\n`
    );
  }

  #lane(name: string, lane: number): string {
    const counts = this.#counts.subarray(lane * this.#columns, (lane + 1) * this.#columns);
    const most = counts.reduce((max, value) => Math.max(max, value), 0);
    const total = counts.reduce((sum, value) => sum + value, 0);
    const step = WIDTH / this.#columns;
    const color = name === 'faults' ? 'var(--fault)' : 'currentColor';
    const bars: string[] = [];
    for (const [column, value] of counts.entries()) {
      if (value > 0) {
        const x = (LEFT + column * step).toFixed(1);
        const opacity = (0.3 + (0.7 * value) / most).toFixed(2);
        const place = `x="${x}" y="${lane * LANE + 4}" width="${step.toFixed(1)}" height="${LANE - 6}"`;
        bars.push(`<rect ${place} fill="${color}" opacity="${opacity}"/>`);
      }
    }
    const y = lane * LANE + LANE / 2 + 5;
    return `<text x="0" y="${y}">${name} ${total}</text>\n${bars.join('\n')}`;
  }
}
