// The timeline: a canvas with a lane for each kind of activity. It draws what it has at once, stretched to
// where it belongs now, and sharper when the answer comes, so that zoom and pan never wait.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore, toDisposable } from '../../sim/base/disposable.ts';
import type { TraceLanes } from '../../sim/protocol/trace.ts';
import type { Range } from './time-range.ts';
import { moved, timeText, wholeRange, zoomed } from './time-range.ts';
import type { TraceModel } from './trace-model.ts';

/** Pixels. */
export const LABEL_WIDTH = 96;
const RULER = 18;
const LANE = 14;
const SPAN_ROWS = 3;
/** One turn of the wheel. */
const ZOOM_STEP = 1.25;
const PAN_STEP = 0.15;
/** Pixels that make a press a drag. */
const DRAG = 4;

/** Colours by lane, of the theme's variables. */
const LANE_COLOURS: Readonly<Record<string, string>> = {
  script: '--info',
  kernel: '--info',
  log: '--fg-dim',
  registers: '--warning',
  memory: '--fg-dim',
  CMDQ: '--warning',
  walks: '--changed',
  DMA: '--run',
  EVENTQ: '--fault',
  interrupts: '--warning',
};

/** Where and in which colour a lane is drawn. */
interface LanePlace {
  readonly context: CanvasRenderingContext2D;
  readonly picture: TraceLanes;
  readonly y: number;
  readonly colour: string;
}

/** Draws a model's picture, and takes the mouse and the keys. */
export class Timeline implements Disposable {
  readonly #canvas: HTMLCanvasElement;
  readonly #model: TraceModel;
  readonly #owned = new DisposableStore();
  #colours = new Map<string, string>();
  #font = '11px sans-serif';
  #frame = 0;
  #drag: { readonly x: number; readonly range: Range; moved: boolean } | undefined;
  #hover: number | undefined;

  constructor(canvas: HTMLCanvasElement, model: TraceModel) {
    this.#canvas = canvas;
    this.#model = model;
    this.#owned.add(model.onDidChange(() => this.drawSoon()));
    this.#owned.add(model.range.onDidChange(() => this.drawSoon()));
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(canvas);
    this.#owned.add(toDisposable(() => observer.disconnect()));
    this.#listen('wheel', (event) => this.#wheel(event as WheelEvent));
    this.#listen('pointerdown', (event) => this.#down(event as PointerEvent));
    this.#listen('pointermove', (event) => this.#move(event as PointerEvent));
    this.#listen('pointerup', (event) => this.#up(event as PointerEvent));
    this.#listen('pointerleave', () => this.#setHover(undefined));
    this.#listen('dblclick', (event) => this.#zoomAt((event as MouseEvent).offsetX, 1 / 4));
    this.#listen('keydown', (event) => this.#key(event as KeyboardEvent));
    this.retheme();
    this.#resize();
  }

  /** Takes the colours of the theme. */
  retheme(): void {
    const style = getComputedStyle(document.documentElement);
    const names = ['--fg', '--fg-dim', '--fg-strong', '--border', '--bg-side', '--bg-selected'];
    this.#colours = new Map(
      [...names, '--focus', ...Object.values(LANE_COLOURS)].map((name) => [
        name,
        style.getPropertyValue(name).trim(),
      ]),
    );
    this.#font = `11px ${style.getPropertyValue('--font-ui')}`;
    this.drawSoon();
  }

  drawSoon(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#owned.dispose();
  }

  #listen(name: string, handler: (event: Event) => void): void {
    this.#canvas.addEventListener(name, handler, { passive: false });
    this.#owned.add(toDisposable(() => this.#canvas.removeEventListener(name, handler)));
  }

  get #total(): number {
    return this.#model.head.value?.records ?? 0;
  }

  get #plotWidth(): number {
    return Math.max(1, this.#canvas.clientWidth - LABEL_WIDTH);
  }

  #positionAt(x: number): number {
    const { from, to } = this.#model.range.value;
    return from + (Math.max(0, x - LABEL_WIDTH) / this.#plotWidth) * (to - from);
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#model.setWidth(this.#plotWidth);
    this.drawSoon();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways) {
      const by = (event.deltaX === 0 ? event.deltaY : event.deltaX) / this.#plotWidth;
      this.#model.setRange(moved(this.#model.range.value, by, this.#total));
    } else {
      this.#zoomAt(event.offsetX, event.deltaY > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
    }
  }

  #zoomAt(x: number, factor: number): void {
    const point = this.#positionAt(x);
    this.#model.setRange(zoomed(this.#model.range.value, factor, point, this.#total));
  }

  #down(event: PointerEvent): void {
    if (event.button === 0) {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#drag = { x: event.offsetX, range: this.#model.range.value, moved: false };
    }
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === undefined) {
      this.#setHover(event.offsetX >= LABEL_WIDTH ? event.offsetX : undefined);
      return;
    }
    drag.moved ||= Math.abs(event.offsetX - drag.x) >= DRAG;
    if (drag.moved) {
      const part = (drag.x - event.offsetX) / this.#plotWidth;
      this.#model.setRange(moved(drag.range, part, this.#total));
    }
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = undefined;
    if (drag !== undefined && !drag.moved && event.offsetX >= LABEL_WIDTH) {
      void this.#model.selectPosition(this.#positionAt(event.offsetX)).catch(() => undefined);
    }
  }

  #setHover(x: number | undefined): void {
    if (x !== this.#hover) {
      this.#hover = x;
      this.drawSoon();
    }
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { range, selectedPosition } = this.#model;
    const { from, to } = range.value;
    const about =
      selectedPosition !== undefined && selectedPosition >= from && selectedPosition < to
        ? selectedPosition
        : (from + to) / 2;
    const zoom = (factor: number): Range => zoomed(range.value, factor, about, this.#total);
    const next: Readonly<Record<string, () => Range>> = {
      '+': () => zoom(1 / ZOOM_STEP ** 2),
      '=': () => zoom(1 / ZOOM_STEP ** 2),
      '-': () => zoom(ZOOM_STEP ** 2),
      '0': () => wholeRange(this.#total),
      ArrowLeft: () => moved(range.value, -PAN_STEP, this.#total),
      ArrowRight: () => moved(range.value, PAN_STEP, this.#total),
      PageUp: () => moved(range.value, -1, this.#total),
      PageDown: () => moved(range.value, 1, this.#total),
      Home: () => moved(range.value, -Number.MAX_SAFE_INTEGER, this.#total),
      End: () => moved(range.value, Number.MAX_SAFE_INTEGER, this.#total),
    };
    const change = next[event.key];
    if (change !== undefined) {
      this.#model.setRange(change());
    } else if (event.key === 'Enter') {
      void this.#model.selectPosition(about).catch(() => undefined);
    } else {
      return;
    }
    event.preventDefault();
  }

  #colour(name: string): string {
    return this.#colours.get(name) ?? '#888';
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    const picture = this.#model.picture.value;
    if (context === null) {
      return;
    }
    const ratio = window.devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = this.#font;
    context.textBaseline = 'middle';
    if (picture !== undefined) {
      this.#drawRuler(context, picture, height);
      this.#drawLanes(context, picture);
    }
    this.#drawMarks(context, height);
  }

  /** Pixel at which a position stands now. */
  #x(position: number): number {
    const { from, to } = this.#model.range.value;
    return LABEL_WIDTH + ((position - from) / (to - from)) * this.#plotWidth;
  }

  #drawRuler(context: CanvasRenderingContext2D, picture: TraceLanes, height: number): void {
    context.fillStyle = this.#colour('--fg-dim');
    context.strokeStyle = this.#colour('--border');
    let free = LABEL_WIDTH;
    let last = '';
    for (const { at, time } of picture.times) {
      const x = Math.round(this.#x(at)) + 0.5;
      if (x >= free) {
        const text = timeText(time);
        context.beginPath();
        context.moveTo(x, 0);
        context.lineTo(x, height);
        context.stroke();
        // Virtual time stands still while code runs: the same time is not written twice.
        context.fillText(text === last ? '' : text, x + 3, RULER / 2);
        last = text;
        free = x + context.measureText(text).width + 14;
      }
    }
  }

  #drawLanes(context: CanvasRenderingContext2D, picture: TraceLanes): void {
    const near = picture.spans.length > 0;
    let y = RULER;
    for (const { title, lane, counts } of picture.lanes) {
      const calls = near && (lane === 'script' || lane === 'kernel');
      const rows = calls ? depthOf(picture, lane) : 1;
      const height = rows * LANE;
      context.fillStyle = this.#colour('--fg-dim');
      context.fillText(title, 8, y + LANE / 2, LABEL_WIDTH - 12);
      context.save();
      context.beginPath();
      context.rect(LABEL_WIDTH, y, this.#plotWidth, height);
      context.clip();
      const colour = this.#colour(LANE_COLOURS[lane] ?? '--fg-dim');
      if (calls) {
        this.#drawSpans({ context, picture, y, colour }, lane);
      } else {
        this.#drawCounts({ context, picture, y, colour }, counts);
      }
      context.restore();
      y += height;
      context.strokeStyle = this.#colour('--border');
      context.beginPath();
      context.moveTo(0, y + 0.5);
      context.lineTo(LABEL_WIDTH + this.#plotWidth, y + 0.5);
      context.stroke();
      y += 1;
    }
    this.#canvas.style.setProperty('--lanes-height', `${y + 4}px`);
  }

  #drawCounts({ context, picture, y, colour }: LanePlace, counts: Uint32Array): void {
    const { from, to } = picture;
    let most = 1;
    for (const count of counts) {
      most = Math.max(most, count);
    }
    const start = this.#x(from);
    const step = (this.#x(to) - start) / counts.length;
    const scale = 1 / Math.log1p(most);
    context.fillStyle = colour;
    context.beginPath();
    for (let column = 0; column < counts.length; column++) {
      const count = counts[column] as number;
      if (count > 0) {
        const tall = Math.round((LANE - 3) * (0.3 + 0.7 * Math.log1p(count) * scale));
        context.rect(start + column * step, y + LANE - 1 - tall, Math.max(step, 1), tall);
      }
    }
    context.fill();
  }

  #drawSpans({ context, picture, y: top, colour }: LanePlace, lane: string): void {
    for (const span of picture.spans) {
      if (span.lane !== lane || span.depth >= SPAN_ROWS) {
        continue;
      }
      const x = Math.max(this.#x(span.from), LABEL_WIDTH - 1);
      const end = this.#x(span.to);
      if (end < LABEL_WIDTH) {
        continue;
      }
      const y = top + span.depth * LANE;
      const wide = Math.max(1, end - x - 1);
      context.globalAlpha = 0.28;
      context.fillStyle = colour;
      context.fillRect(x, y + 1, wide, LANE - 2);
      context.globalAlpha = 1;
      context.fillRect(x, y + 1, Math.min(2, wide), LANE - 2);
      if (wide > 24) {
        context.save();
        context.beginPath();
        context.rect(x, y, wide - 2, LANE);
        context.clip();
        context.fillStyle = this.#colour('--fg');
        context.fillText(span.text, x + 5, y + LANE / 2);
        context.restore();
      }
    }
  }

  #drawMarks(context: CanvasRenderingContext2D, height: number): void {
    const { selectedPosition } = this.#model;
    if (selectedPosition !== undefined) {
      const x = this.#x(selectedPosition);
      const next = this.#x(selectedPosition + 1);
      if (next >= LABEL_WIDTH) {
        context.globalAlpha = 0.35;
        context.fillStyle = this.#colour('--focus');
        context.fillRect(x, RULER, Math.max(2, next - x), height);
        context.globalAlpha = 1;
        context.fillStyle = this.#colour('--fg-strong');
        context.fillText('▼', x - 5 + Math.max(2, next - x) / 2, RULER - 5);
      }
    }
    if (this.#hover !== undefined) {
      context.strokeStyle = this.#colour('--fg-dim');
      context.beginPath();
      context.moveTo(this.#hover + 0.5, RULER);
      context.lineTo(this.#hover + 0.5, height);
      context.stroke();
    }
  }
}

function depthOf({ spans }: TraceLanes, lane: string): number {
  const deepest = spans.reduce(
    (depth, span) => (span.lane === lane ? Math.max(depth, span.depth) : depth),
    0,
  );
  return Math.min(deepest + 1, SPAN_ROWS);
}
