// The agent's view function in the realm of the script: found at the first stop of a run, kept for the
// stops that follow, and asked for everything that a stop shows in one round trip.

import type { Debugger, Runtime } from 'node:inspector';
import type { DebugVariable } from '../../protocol/debug.ts';
import type { PausedAnswer } from '../../session/debug-agent.ts';
import { GUEST_VIEW } from '../../session/debug-agent.ts';
import type { WorkerConnection } from './worker-connection.ts';

/** A scope as the agent shows it. */
export type ViewedScope = PausedAnswer['scopes'][number];

type Argument = Pick<Runtime.CallArgument, 'objectId' | 'value' | 'unserializableValue'>;

/** Asks the agent about objects of the script's realm, while the script stands still. */
export class AgentView {
  readonly #connection: WorkerConnection;
  #view: Promise<string | undefined> | undefined;

  constructor(connection: WorkerConnection) {
    this.#connection = connection;
  }

  /** Starts a pause in `frame`: why the script stands still, and the variables of `scopes`. */
  async paused(
    frame: Debugger.CallFrame,
    scopes: readonly Debugger.Scope[],
  ): Promise<PausedAnswer> {
    const objects = scopes.map(({ object: { objectId } }): Argument => ({ objectId }));
    const answer = await this.#call<PausedAnswer>(frame, 'paused', objects);
    if (answer === undefined) {
      throw new Error('the agent does not answer');
    }
    return answer;
  }

  async scope(frame: Debugger.CallFrame, { object }: Debugger.Scope): Promise<ViewedScope> {
    const answer = await this.#call<ViewedScope>(frame, 'scope', [{ objectId: object.objectId }]);
    return answer ?? { reference: 0, variables: [] };
  }

  /** An object as it is shown; undefined when the agent cannot be reached. */
  async value(frame: Debugger.CallFrame, objectId: string): Promise<DebugVariable | undefined> {
    return await this.#call<DebugVariable>(frame, 'value', [{ objectId }]);
  }

  /** Sets a property of an object that was shown; false when it cannot be set. */
  async set(
    frame: Debugger.CallFrame,
    { reference, name }: { readonly reference: number; readonly name: string },
    value: Argument,
  ): Promise<boolean> {
    const args = [{ value: reference }, { value: name }, value];
    return (await this.#call(frame, 'set', args)) !== undefined;
  }

  async #call<T>(
    frame: Debugger.CallFrame,
    operation: string,
    args: readonly Argument[],
  ): Promise<T | undefined> {
    this.#view ??= this.#find(frame);
    const objectId = await this.#view;
    if (objectId === undefined) {
      return undefined;
    }
    const { result } = await this.#connection.send<Runtime.CallFunctionOnReturnType>(
      'Runtime.callFunctionOn',
      {
        objectId,
        functionDeclaration: 'function (...args) { return this(...args); }',
        arguments: [{ value: operation }, ...args],
        silent: true,
        returnByValue: true,
      },
    );
    return typeof result.value === 'string' ? (JSON.parse(result.value) as T) : undefined;
  }

  async #find({ callFrameId }: Debugger.CallFrame): Promise<string | undefined> {
    const { result } = await this.#connection.send<Debugger.EvaluateOnCallFrameReturnType>(
      'Debugger.evaluateOnCallFrame',
      { callFrameId, expression: GUEST_VIEW, silent: true },
    );
    return result.objectId;
  }
}
