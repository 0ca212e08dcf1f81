// The breakpoints of one run through its life: compiled into the text before it, bound when the script
// is loaded, replaced whenever the user changes them.

import type {
  BreakpointSet,
  BreakpointStatus,
  DebugInsert,
  DebugPreparation,
  LineBreakpoint,
} from '../../protocol/debug.ts';
import { TextInserts } from '../../script/text-inserts.ts';
import { BreakpointBinding, hasCondition } from './breakpoint-binding.ts';
import type { CompiledBreakpoints } from './breakpoint-inserts.ts';
import { compileBreakpoints, compiledId } from './breakpoint-inserts.ts';
import type { BreakpointPlan } from './breakpoint-plan.ts';
import { planBreakpoints } from './breakpoint-plan.ts';
import { bindFunctions } from './function-binding.ts';
import type { LoopHeads } from './loop-heads.ts';
import { diesInLoopHeads, plainLoopHeads } from './loop-heads.ts';
import type { ScriptSource } from './script-source.ts';
import type { ScriptTree } from './script-tree.ts';
import type { WorkerConnection } from './worker-connection.ts';

/** Calls a function of the agent in the thread. */
export type AgentCall = <T>(call: string) => Promise<T>;

/** A script that the engine has loaded. */
export interface Loaded {
  readonly connection: WorkerConnection;
  readonly source: ScriptSource;
  readonly agent: AgentCall;
}

/** Breakpoints of one run of `text`. */
export class RunBreakpoints {
  readonly #text: string;
  readonly #tree: ScriptTree;
  #set: BreakpointSet;
  #plan: BreakpointPlan;
  #compiled: CompiledBreakpoints = { inserts: [], ids: new Set() };
  /** As they were compiled, to know which of them changed since. */
  #compiledFrom: readonly LineBreakpoint[] = [];
  #heads: LoopHeads = { inserts: [] };
  #loaded: Loaded | undefined;
  #binding: Promise<BreakpointBinding> | undefined;

  constructor(text: string, tree: ScriptTree, set: BreakpointSet) {
    this.#text = text;
    this.#tree = tree;
    this.#set = set;
    this.#plan = planBreakpoints(set);
  }

  /** What the thread is told before the run. */
  get preparation(): DebugPreparation {
    return { inserts: this.#allInserts, watch: this.#plan.watch };
  }

  get inserts(): TextInserts {
    return new TextInserts(this.#allInserts);
  }

  get #allInserts(): readonly DebugInsert[] {
    return [...this.#compiled.inserts, ...this.#heads.inserts];
  }

  /** A variable that the debugger put in, if any. */
  get hidden(): string | undefined {
    return this.#heads.hidden;
  }

  /** Ids of the breakpoints without a condition behind the engine's ids. */
  async idsOf(engineIds: readonly string[]): Promise<readonly number[]> {
    return (await this.#binding)?.idsOf(engineIds) ?? [];
  }

  /**
   * The places of the loaded script. Finding them costs its functions their optimised code, so it is
   * done when the first breakpoint asks.
   * @throws Error before the script is loaded
   */
  places(): Promise<BreakpointBinding> {
    const loaded = this.#loaded;
    if (loaded === undefined) {
      return Promise.reject(new Error('the script has not started yet'));
    }
    this.#binding ??= BreakpointBinding.create(loaded.connection, loaded.source);
    return this.#binding;
  }

  /** True when the engine gets breakpoints. */
  get hasPlaces(): boolean {
    return this.#plan.lines.length > 0 || this.#plan.functions.length > 0;
  }

  /** The function whose breakpoint is all that was hit. */
  functionOf(hits: readonly number[]): string | undefined {
    const hit = this.#plan.functions.filter(({ id }) => hits.includes(id));
    return hit.length === hits.length ? hit[0]?.name : undefined;
  }

  /** Statuses that need no run. */
  get statuses(): readonly BreakpointStatus[] {
    return this.#plan.statuses;
  }

  /** True when an exception must stop the script. */
  wants(caught: boolean): boolean {
    const { active, exceptions } = this.#set;
    return active && (caught ? exceptions.caught : exceptions.uncaught);
  }

  /** Compiles conditions into the text. */
  async compile(): Promise<void> {
    const { lines } = this.#plan;
    const plainHeads = diesInLoopHeads(process.versions.v8);
    const conditions = lines.some(hasCondition);
    if (!plainHeads && !conditions) {
      return;
    }
    const { stripTypes } = await import('../strip-types.ts');
    const parses = (text: string): boolean => stripTypes(`async () => {${text}\n}`).ok;
    if (plainHeads) {
      const apply = (some: readonly DebugInsert[]): string =>
        new TextInserts(some).apply(this.#text);
      this.#heads = plainLoopHeads(this.#text, parses, apply);
    }
    if (conditions) {
      this.#compiled = compileBreakpoints(this.#text, lines, parses);
      this.#compiledFrom = lines.filter(({ id }) => this.#compiled.ids.has(id));
    }
  }

  /** Tells the engine which exceptions to stop at. */
  async pauseOnExceptions(connection: WorkerConnection): Promise<void> {
    const state = this.#plan.watch.exceptions ? 'all' : 'none';
    await connection.send('Debugger.setPauseOnExceptions', { state });
  }

  /** The script is loaded: binds its breakpoints. */
  async load(loaded: Loaded): Promise<readonly BreakpointStatus[]> {
    this.#loaded = loaded;
    return await this.#bind(loaded);
  }

  /** Replaces the breakpoints; answers what became of them as far as it is known. */
  async replace(set: BreakpointSet): Promise<readonly BreakpointStatus[]> {
    this.#set = set;
    this.#plan = planBreakpoints(set);
    const loaded = this.#loaded;
    if (loaded === undefined || !loaded.connection.isOpen) {
      return this.#plan.statuses;
    }
    await this.pauseOnExceptions(loaded.connection);
    await loaded.agent(`watch(${JSON.stringify(this.#plan.watch)})`);
    return await this.#bind(loaded);
  }

  async #bind({ agent }: Loaded): Promise<readonly BreakpointStatus[]> {
    const { lines, functions, statuses } = this.#plan;
    const stays = this.#compiledFrom.filter((old) => lines.some((now) => isSame(old, now)));
    const ids = new Set(stays.map(({ id }) => id));
    const retired = [...this.#compiled.ids].filter((id) => !ids.has(id)).map(compiledId);
    if (this.#compiled.ids.size > 0) {
      await agent(`retire(${JSON.stringify(retired)})`);
    }
    if (!this.hasPlaces && this.#binding === undefined) {
      return statuses;
    }
    const binding = await this.places();
    const named = await bindFunctions(functions, this.#tree, binding.places);
    const bound = await binding.set(lines, ids, named.entries);
    return [...bound, ...statuses, ...named.statuses];
  }
}

function isSame(old: LineBreakpoint, now: LineBreakpoint): boolean {
  return (
    old.id === now.id &&
    old.enabled === now.enabled &&
    old.line === now.line &&
    old.condition === now.condition &&
    old.hitCondition === now.hitCondition &&
    old.logMessage === now.logMessage
  );
}
