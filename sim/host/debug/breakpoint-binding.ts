// Binds line breakpoints to the places where the engine can stop. A line without such a place moves to
// the next one that has; breakpoints that meet at one place share the engine's breakpoint there.

import type { Debugger } from 'node:inspector';
import vm from 'node:vm';
import type { BreakpointStatus, LineBreakpoint } from '../../protocol/debug.ts';
import { GUEST_BREAK } from '../../session/debug-agent.ts';
import { parseHitCondition } from '../../session/debug-hits.ts';
import type { ScriptSource, SourcePlace } from './script-source.ts';
import type { WorkerConnection } from './worker-connection.ts';

/** The engine tells no more places at a time. */
const MOST_TOLD = 1000;

/** A place where the engine can stop, in the user's terms. */
export interface StopPlace extends SourcePlace {
  readonly engine: Debugger.BreakLocation;
}

/** Where a function with a breakpoint begins. */
export interface FunctionEntry {
  readonly id: number;
  readonly place: StopPlace;
}

interface Bound {
  readonly engineId: string;
  readonly condition: string;
  readonly ids: readonly number[];
  /** True when the engine's stop says who was hit; with a condition the agent says it. */
  readonly plain: boolean;
}

/** The breakpoints of a script that the engine has loaded. */
export class BreakpointBinding {
  readonly #connection: WorkerConnection;
  /** Where the engine can stop, in the order of the text. */
  readonly places: readonly StopPlace[];
  /** By engine place. */
  readonly #bound = new Map<string, Bound>();

  /** Finds the places where the engine can stop in the user's text. */
  static async create(
    connection: WorkerConnection,
    source: ScriptSource,
  ): Promise<BreakpointBinding> {
    const locations = await allLocations(connection, source);
    const places = locations.flatMap((engine): StopPlace[] => {
      const place = source.isInsert(engine) ? undefined : source.toUser(engine);
      return place === undefined ? [] : [{ ...place, engine }];
    });
    return new BreakpointBinding(connection, places);
  }

  private constructor(connection: WorkerConnection, places: readonly StopPlace[]) {
    this.#connection = connection;
    this.places = places;
  }

  /** The first place at or after a line, from `column` on in that line. */
  placeFor(line: number, column = 1): StopPlace | undefined {
    return (
      this.places.find((place) => place.line === line && place.column >= column) ??
      this.places.find((place) => place.line === line) ??
      this.places.find((place) => place.line > line)
    );
  }

  /**
   * Makes the engine's breakpoints those of `lines` and those at `entries`, where functions begin.
   * Breakpoints in `compiled` stand in the text already.
   */
  async set(
    lines: readonly LineBreakpoint[],
    compiled: ReadonlySet<number>,
    entries: readonly FunctionEntry[] = [],
  ): Promise<BreakpointStatus[]> {
    const statuses: BreakpointStatus[] = [];
    const wanted = new Map<string, { place: StopPlace; list: LineBreakpoint[] }>();
    const want = (place: StopPlace, breakpoint: LineBreakpoint): void => {
      const key = keyOf(place.engine);
      const group = wanted.get(key) ?? { place, list: [] };
      group.list.push(breakpoint);
      wanted.set(key, group);
    };
    for (const breakpoint of lines) {
      const place = this.placeFor(breakpoint.line, breakpoint.column);
      statuses.push(statusOf(breakpoint, place));
      if (place !== undefined && breakpoint.enabled && !compiled.has(breakpoint.id)) {
        want(place, breakpoint);
      }
    }
    for (const { id, place } of entries) {
      want(place, { id, enabled: true, line: place.line });
    }
    await this.#removeOthers(wanted);
    await Promise.all(
      [...wanted].map(([key, { place, list }]) =>
        this.#bound.has(key) ? undefined : this.#add(key, place, list),
      ),
    );
    return statuses;
  }

  /** Ids of the breakpoints without a condition behind the engine's ids. */
  idsOf(engineIds: readonly string[]): readonly number[] {
    return [...this.#bound.values()]
      .filter(({ engineId, plain }) => plain && engineIds.includes(engineId))
      .flatMap(({ ids }) => ids);
  }

  /** True when all of the engine's ids are of breakpoints that ask the agent. */
  knows(engineId: string): boolean {
    return [...this.#bound.values()].some((bound) => bound.engineId === engineId);
  }

  async #removeOthers(
    wanted: ReadonlyMap<string, { readonly list: readonly LineBreakpoint[] }>,
  ): Promise<void> {
    const removed = [...this.#bound].filter(([key, bound]) => {
      const list = wanted.get(key)?.list;
      return list === undefined || conditionOf(list) !== bound.condition || !sameIds(list, bound);
    });
    await Promise.all(
      removed.map(([key, { engineId }]) => {
        this.#bound.delete(key);
        return this.#connection.send('Debugger.removeBreakpoint', { breakpointId: engineId });
      }),
    );
  }

  async #add(key: string, { engine }: StopPlace, list: readonly LineBreakpoint[]): Promise<void> {
    const condition = conditionOf(list);
    const { scriptId, lineNumber, columnNumber } = engine;
    const { breakpointId } = await this.#connection.send<Debugger.SetBreakpointReturnType>(
      'Debugger.setBreakpoint',
      {
        location: { scriptId, lineNumber, columnNumber },
        ...(condition === '' ? {} : { condition }),
      },
    );
    this.#bound.set(key, {
      engineId: breakpointId,
      condition,
      ids: list.map(({ id }) => id),
      plain: condition === '',
    });
  }
}

/** Every place of the script where the engine can stop, in order. */
async function allLocations(
  connection: WorkerConnection,
  { scriptId, shift }: ScriptSource,
): Promise<readonly Debugger.BreakLocation[]> {
  const all = new Map<string, Debugger.BreakLocation>();
  let start = { scriptId, lineNumber: 0, columnNumber: shift };
  for (let told = MOST_TOLD; told >= MOST_TOLD; ) {
    const { locations } = await connection.send<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start },
    );
    for (const location of locations) {
      all.set(keyOf(location), location);
      const { lineNumber, columnNumber = 0 } = location;
      start = { scriptId, lineNumber, columnNumber };
    }
    told = locations.length;
  }
  return [...all.values()];
}

/** A call of the agent that says whether to stop at this breakpoint. */
export function checkCall({ id, condition, hitCondition, logMessage }: LineBreakpoint): string {
  const test = condition === undefined ? 'undefined' : `() => (${condition})`;
  const log = logMessage === undefined ? '' : `, () => ${logTemplate(logMessage)}`;
  return `${GUEST_BREAK}(${id}, ${JSON.stringify(hitCondition ?? '')}, ${test}${log})`;
}

/** True for a breakpoint that does more than stop. */
export function hasCondition(breakpoint: LineBreakpoint): boolean {
  const { condition, hitCondition, logMessage } = breakpoint;
  return condition !== undefined || hitCondition !== undefined || logMessage !== undefined;
}

/** What is wrong with the expressions of a breakpoint; undefined when nothing is. */
export function breakpointFault(breakpoint: LineBreakpoint): string | undefined {
  const { condition, hitCondition, logMessage } = breakpoint;
  if (hitCondition !== undefined && parseHitCondition(hitCondition) === undefined) {
    return `'${hitCondition}' is no hit count: write a number, with =, >, >=, <, <= or % before it`;
  }
  return (
    (condition === undefined ? undefined : syntaxFault(`(${condition})`)) ??
    (logMessage === undefined ? undefined : syntaxFault(logTemplate(logMessage)))
  );
}

function syntaxFault(expression: string): string | undefined {
  try {
    new vm.Script(`async () => ${expression}`);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** `iova is {iova}` as a template literal. */
function logTemplate(message: string): string {
  const parts = message.split(/\{([^{}]*)\}/);
  const text = parts.map((part, index) =>
    index % 2 === 0 ? part.replace(/[\\`$]/g, '\\$&') : `\${${part}}`,
  );
  return `\`${text.join('')}\``;
}

function conditionOf(list: readonly LineBreakpoint[]): string {
  if (!list.some(hasCondition)) {
    return '';
  }
  return list.length === 1
    ? list.map(checkCall).join()
    : `[${list.map(checkCall).join(', ')}].includes(true)`;
}

function sameIds(list: readonly LineBreakpoint[], bound: Bound): boolean {
  return list.length === bound.ids.length && list.every(({ id }) => bound.ids.includes(id));
}

function keyOf({ lineNumber, columnNumber = 0 }: Debugger.BreakLocation): string {
  return `${lineNumber}:${columnNumber}`;
}

function statusOf(breakpoint: LineBreakpoint, place: StopPlace | undefined): BreakpointStatus {
  const { id, line } = breakpoint;
  if (place === undefined) {
    return { id, verified: false, message: 'there is no code at this line or after it' };
  }
  const at = { id, verified: true, line: place.line, column: place.column };
  return place.line === line
    ? at
    : { ...at, message: `line ${line} has no code: moved to line ${place.line}` };
}
