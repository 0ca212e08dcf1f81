// The breakpoints of each open script. They follow the text while it is edited, are remembered between
// two starts, and tell the debugger of every change.

import { editor } from 'monaco-editor/editor/editor.api.js';
import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type {
  BreakpointSet,
  BreakpointStatus,
  LineBreakpoint,
  RememberedBreakpoints,
} from '../../sim/protocol/debug.ts';
import { Store } from '../base/store.ts';
import type { DocumentInfo, Documents } from '../editor/documents.ts';

/** What a breakpoint on a line may ask. */
export type LineQuestion = Partial<
  Pick<LineBreakpoint, 'condition' | 'hitCondition' | 'logMessage'>
>;

/** What a script starts with: only what nothing catches stops it. */
const FRESH: BreakpointSet = {
  active: true,
  lines: [],
  functions: [],
  hardware: [],
  exceptions: { caught: false, uncaught: true },
};

/** Where breakpoints are kept between two starts. */
export interface BreakpointMemory {
  remember(script: string, set: BreakpointSet): void;
}

/** Breakpoints by document. */
export class Breakpoints implements Disposable {
  readonly #documents: Documents;
  readonly #memory: BreakpointMemory;
  readonly #owned = new DisposableStore();
  readonly #followed = new Map<string, string[]>();
  #remembered: RememberedBreakpoints = {};
  #nextId = 1;
  readonly sets = new Store<ReadonlyMap<string, BreakpointSet>>(new Map());
  /** What became of them in the run that goes on, by id. */
  readonly statuses = new Store<ReadonlyMap<number, BreakpointStatus>>(new Map());

  constructor(documents: Documents, memory: BreakpointMemory) {
    this.#documents = documents;
    this.#memory = memory;
    this.#owned.add(documents.list.onDidChange((list) => this.#openAll(list)));
  }

  /** Takes what was remembered; scripts that are open already get theirs. */
  recall(remembered: RememberedBreakpoints): void {
    this.#remembered = remembered;
    this.#openAll(this.#documents.list.value);
  }

  of(id: string | undefined): BreakpointSet {
    return (id === undefined ? undefined : this.sets.value.get(id)) ?? FRESH;
  }

  /** Sets a breakpoint on a line, or takes all of that line away. */
  toggle(id: string, line: number): void {
    const { lines } = this.of(id);
    const others = lines.filter((breakpoint) => this.shownLine(breakpoint) !== line);
    this.#change(id, {
      lines: others.length < lines.length ? others : [...lines, this.#make(line, {})],
    });
  }

  /** Gives the breakpoint of a line what it asks; makes one where there is none. */
  ask(id: string, line: number, question: LineQuestion): void {
    const { lines } = this.of(id);
    const old = this.at(id, line);
    const made = {
      ...this.#make(old?.line ?? line, question),
      enabled: old?.enabled ?? true,
    };
    const others = lines.filter((breakpoint) => breakpoint.id !== old?.id);
    this.#change(id, { lines: [...others, made] });
  }

  /** The breakpoint that the gutter shows at a line. */
  at(id: string, line: number): LineBreakpoint | undefined {
    return this.of(id).lines.find((breakpoint) => this.shownLine(breakpoint) === line);
  }

  /** The line where the gutter shows it: where it is bound. */
  shownLine({ id, line }: LineBreakpoint): number {
    return this.statuses.value.get(id)?.line ?? line;
  }

  addFunction(id: string, name: string): void {
    const { functions } = this.of(id);
    this.#change(id, { functions: [...functions, { id: this.#nextId++, enabled: true, name }] });
  }

  addHardware(id: string, on: string): void {
    const { hardware } = this.of(id);
    this.#change(id, { hardware: [...hardware, { id: this.#nextId++, enabled: true, on }] });
  }

  /** Gives a function or hardware breakpoint another text: a new one in its place. */
  rename(id: string, breakpoint: number, text: string): void {
    const { functions, hardware } = this.of(id);
    const isIt = (one: { readonly id: number }): boolean => one.id === breakpoint;
    this.#change(id, {
      functions: functions.map((one) =>
        isIt(one) ? { ...one, id: this.#nextId++, name: text } : one,
      ),
      hardware: hardware.map((one) => (isIt(one) ? { ...one, id: this.#nextId++, on: text } : one)),
    });
  }

  /** Enables or disables one, whatever its kind. */
  enable(id: string, breakpoint: number, enabled: boolean): void {
    const set = this.of(id);
    const with_ = <B extends { readonly id: number }>(list: readonly B[]): readonly B[] =>
      list.map((one) => (one.id === breakpoint ? { ...one, enabled } : one));
    this.#change(id, {
      lines: with_(set.lines),
      functions: with_(set.functions),
      hardware: with_(set.hardware),
    });
  }

  remove(id: string, breakpoint: number): void {
    const set = this.of(id);
    const others = <B extends { readonly id: number }>(list: readonly B[]): readonly B[] =>
      list.filter((one) => one.id !== breakpoint);
    this.#change(id, {
      lines: others(set.lines),
      functions: others(set.functions),
      hardware: others(set.hardware),
    });
  }

  removeAll(id: string): void {
    this.#change(id, { lines: [], functions: [], hardware: [] });
  }

  setActive(id: string, active: boolean): void {
    this.#change(id, { active });
  }

  setExceptions(id: string, exceptions: BreakpointSet['exceptions']): void {
    this.#change(id, { exceptions });
  }

  /** Takes what a run says of its breakpoints. */
  report(statuses: readonly BreakpointStatus[]): void {
    const now = new Map(this.statuses.value);
    for (const status of statuses) {
      now.set(status.id, status);
    }
    this.statuses.set(now);
  }

  /** The run is over: nothing is bound any more. Moved breakpoints stay where they went. */
  forget(id: string): void {
    const lines = this.of(id).lines.map((breakpoint) => ({
      ...breakpoint,
      line: this.shownLine(breakpoint),
    }));
    this.statuses.set(new Map());
    if (this.sets.value.has(id)) {
      this.#change(id, { lines });
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #make(line: number, question: LineQuestion): LineBreakpoint {
    return { id: this.#nextId++, enabled: true, line, ...question };
  }

  #change(id: string, change: Partial<BreakpointSet>): void {
    const set = { ...this.of(id), ...change };
    this.#store(id, set);
    this.#follow(id);
    const script = this.#scriptOf(id);
    if (script !== undefined) {
      this.#memory.remember(script, set);
    }
  }

  #store(id: string, set: BreakpointSet): void {
    this.sets.set(new Map(this.sets.value).set(id, set));
  }

  #scriptOf(id: string): string | undefined {
    const info = this.#documents.get(id);
    return info?.path ?? (info?.example === true ? info.name : undefined);
  }

  #openAll(list: readonly DocumentInfo[]): void {
    for (const { id } of list) {
      const remembered = this.#remembered[this.#scriptOf(id) ?? ''];
      if (!this.sets.value.has(id) && remembered !== undefined) {
        this.#store(id, this.#renumbered(remembered));
        this.#follow(id);
      }
      if (!this.#followed.has(id)) {
        this.#followed.set(id, []);
        this.#follow(id);
        this.#owned.add(this.#documents.model(id).onDidChangeContent(() => this.#moved(id)));
      }
    }
  }

  #renumbered(set: BreakpointSet): BreakpointSet {
    const numbered = <B extends { readonly id: number }>(list: readonly B[]): readonly B[] =>
      list.map((one) => ({ ...one, id: this.#nextId++ }));
    return {
      ...set,
      lines: numbered(set.lines),
      functions: numbered(set.functions),
      hardware: numbered(set.hardware),
    };
  }

  /** Ties breakpoints to the text, so that they move with it. */
  #follow(id: string): void {
    const model = this.#documents.model(id);
    const old = this.#followed.get(id) ?? [];
    const made = model.deltaDecorations(
      old,
      this.of(id).lines.map(({ line }) => ({
        range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
        options: {
          description: 'breakpoint place',
          stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
        },
      })),
    );
    this.#followed.set(id, made);
  }

  #moved(id: string): void {
    const model = this.#documents.model(id);
    const places = this.#followed.get(id) ?? [];
    const { lines } = this.of(id);
    const moved = lines.map((breakpoint, index) => {
      const range = model.getDecorationRange(places[index] ?? '');
      return { ...breakpoint, line: range?.startLineNumber ?? breakpoint.line };
    });
    if (moved.some(({ line }, index) => line !== lines[index]?.line)) {
      this.#change(id, { lines: moved });
    }
  }
}
