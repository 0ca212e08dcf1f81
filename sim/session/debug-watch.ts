// What the simulator is watched for while a script is debugged: calls of functions, exceptions that the
// API throws, and hardware breakpoints. A match stops the script at once.

import type { WatchRequest } from '../protocol/debug.ts';
import type { World } from '../script/world.ts';
import { FETCH_CD, FETCH_STE, K } from '../trace/kinds.ts';
import { recordById } from '../trace/reader.ts';
import { recordText } from '../trace/record-text.ts';
import type { RecordWatch, WatchedRecorder } from './debug-recorder.ts';
import type { HardwareMatch } from './debug-trigger.ts';
import { parseTrigger } from './debug-trigger.ts';

/** Why the agent stopped the script. */
export interface StopCause {
  readonly kind: 'function' | 'hardware' | 'exception';
  /** Ids of the breakpoints; none for exceptions. */
  readonly breakpoints: readonly number[];
  readonly text: string;
}

/** Bytes of an STE and of a CD: both are read as one. */
const STRUCTURE_BYTES = 64;

/** What the watch works on. */
export interface WatchSurroundings {
  readonly recorder: WatchedRecorder;
  world(): World | undefined;
  stop(): void;
}

const THREW = 'threw: ';
/** The callback's own exception was seen where it was thrown. */
const PASSED_ON = 'threw: a callback of the script threw';

/** Watches one session. */
export class DebugWatch {
  readonly #surroundings: WatchSurroundings;
  /** What each kind is watched for; a single step of the hardware comes on top. */
  readonly #watches = new Map<number, RecordWatch>();
  #single: number | undefined;
  #cause: StopCause | undefined;
  /** What the user evaluates while the script stands still must not stop it again. */
  #stopping = false;

  constructor(surroundings: WatchSurroundings) {
    this.#surroundings = surroundings;
  }

  /** The cause of the stop that is going on. */
  takeCause(): StopCause | undefined {
    const cause = this.#cause;
    this.#cause = undefined;
    return cause;
  }

  /** Replaces all watches; answers what is wrong with a breakpoint, by its id. */
  set({ functions, hardware, exceptions }: WatchRequest): Record<number, string> {
    const { recorder } = this.#surroundings;
    for (const kind of this.#watches.keys()) {
      recorder.watch(kind, undefined);
    }
    this.#watches.clear();
    this.#single = undefined;
    const problems: Record<number, string> = {};
    const matches = new Map<number, HardwareMatch[]>();
    for (const { id, on } of hardware) {
      const trigger = parseTrigger(on);
      if (typeof trigger === 'string') {
        problems[id] = trigger;
        continue;
      }
      const list = matches.get(trigger.kind) ?? [];
      list.push({ id, matches: trigger.matches });
      matches.set(trigger.kind, list);
    }
    for (const [kind, list] of matches) {
      this.#watchHardware(kind, list);
    }
    this.#watchCalls(functions);
    if (exceptions) {
      this.#watchExceptions();
    }
    return problems;
  }

  /** Stops at the next command or fetch; a structure of many words is one fetch. */
  once(kind: number): void {
    const { recorder } = this.#surroundings;
    this.endSingle();
    this.#single = kind;
    recorder.watch(kind, (id, words) => {
      if (kind === K.fetch && isInside(words)) {
        this.#watches.get(kind)?.(id, words);
        return;
      }
      this.endSingle();
      const record = recordById(recorder, id);
      const text = record === undefined ? '' : recordText(record);
      this.#stop({ kind: 'hardware', breakpoints: [], text });
      this.#watches.get(kind)?.(id, words);
    });
  }

  /** Forgets a single step that has not come. */
  endSingle(): void {
    if (this.#single !== undefined) {
      this.#surroundings.recorder.watch(this.#single, this.#watches.get(this.#single));
      this.#single = undefined;
    }
  }

  #watchHardware(kind: number, list: readonly HardwareMatch[]): void {
    const { recorder, world } = this.#surroundings;
    this.#add(kind, (id, words) => {
      const hit = list.filter(({ matches }) => matches(words, recorder, world()));
      if (hit.length > 0) {
        const record = recordById(recorder, id);
        this.#stop({
          kind: 'hardware',
          breakpoints: hit.map((match) => match.id),
          text: record === undefined ? '' : recordText(record),
        });
      }
    });
  }

  #watchCalls(functions: WatchRequest['functions']): void {
    const { recorder } = this.#surroundings;
    if (functions.length === 0) {
      return;
    }
    this.#add(K.call, (_, [fn = 0, args = 0, line = 0]) => {
      const name = recorder.texts[fn];
      const hit = line > 0 ? functions.filter((wanted) => wanted.name === name) : [];
      if (hit.length > 0) {
        const text = `${name}(${recorder.texts[args]})`;
        this.#stop({ kind: 'function', breakpoints: hit.map(({ id }) => id), text });
      }
    });
  }

  #watchExceptions(): void {
    const { recorder } = this.#surroundings;
    this.#add(K.return, (_, [value = 0]) => {
      const text = recorder.texts[value] ?? '';
      if (text.startsWith(THREW) && text !== PASSED_ON) {
        this.#stop({ kind: 'exception', breakpoints: [], text: text.slice(THREW.length) });
      }
    });
  }

  #add(kind: number, watch: RecordWatch): void {
    this.#surroundings.recorder.watch(kind, watch);
    this.#watches.set(kind, watch);
  }

  #stop(cause: StopCause): void {
    if (this.#stopping) {
      return;
    }
    this.endSingle();
    this.#stopping = true;
    this.#cause = cause;
    this.#surroundings.stop();
    this.#cause = undefined;
    this.#stopping = false;
  }
}

/** True for a word of an STE or CD behind its first. */
function isInside([what, , , , paLo = 0]: readonly number[]): boolean {
  return (what === FETCH_STE || what === FETCH_CD) && paLo % STRUCTURE_BYTES !== 0;
}
