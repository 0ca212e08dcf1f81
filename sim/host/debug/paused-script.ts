// A script that stands still: its scopes, variables and evaluation in its frames. Valid until it goes on.

import type { Debugger, Runtime } from 'node:inspector';
import type {
  DebugScope,
  DebugVariable,
  EvaluateAnswer,
  EvaluateRequest,
  SetVariableRequest,
} from '../../protocol/debug.ts';
import { GUEST_VIEW } from '../../session/debug-agent.ts';
import { primitiveText } from '../../session/debug-values.ts';
import type { PausedStack } from './paused-stack.ts';
import { callView, readScope } from './paused-stack.ts';
import type { WorkerConnection } from './worker-connection.ts';

/** Longest evaluation, milliseconds. */
const EVALUATE_MS = 2000;

/** What the debugger offers only while the script stands still. */
export class PausedScript {
  readonly #connection: WorkerConnection;
  readonly #stack: PausedStack;
  readonly #agent: <T>(call: string) => Promise<T>;
  /** Frame and number of the engine's scope, by reference. */
  readonly #scopes = new Map<number, { readonly frame: number; readonly index: number }>();
  /** A variable that the debugger itself put in. */
  readonly #hidden: string | undefined;
  #view: Promise<string | undefined> | undefined;

  constructor(
    connection: WorkerConnection,
    stack: PausedStack,
    agent: <T>(call: string) => Promise<T>,
    hidden?: string,
  ) {
    this.#hidden = hidden;
    this.#connection = connection;
    this.#stack = stack;
    this.#agent = agent;
  }

  /** Scopes of a frame with their variables; empty ones are left out. */
  async scopes(frame: number): Promise<readonly DebugScope[]> {
    const callFrame = this.#frame(frame);
    const view = await this.#viewOf(callFrame);
    if (view === undefined) {
      return [];
    }
    const scopes = await Promise.all(
      this.#stack.scopesOf(callFrame).map(async (scope) => {
        const read = await readScope(this.#connection, scope, view);
        this.#scopes.set(read.reference, { frame, index: scope.index });
        return read;
      }),
    );
    const shown = scopes.map((scope) => ({
      ...scope,
      variables: scope.variables.filter(({ name }) => name !== this.#hidden),
    }));
    return shown.filter(({ variables }) => variables.length > 0);
  }

  async variables(reference: number): Promise<readonly DebugVariable[]> {
    return await this.#agent(`parts(${reference})`);
  }

  async evaluate({ expression, frame = 1, context }: EvaluateRequest): Promise<EvaluateAnswer> {
    const callFrame = this.#frame(frame);
    const answer = await this.#evaluate(callFrame, expression, context === 'hover');
    if (answer.exceptionDetails !== undefined) {
      return await this.#failure(callFrame, answer.exceptionDetails);
    }
    return await this.#shown(callFrame, answer.result);
  }

  /** @throws Error when there is no such variable, or it cannot be set */
  async setVariable(request: SetVariableRequest): Promise<EvaluateAnswer> {
    const { reference, name, expression } = request;
    const scope = this.#scopes.get(reference);
    const callFrame = this.#frame(request.frame ?? scope?.frame ?? 1);
    const answer = await this.#evaluate(callFrame, expression, false);
    if (answer.exceptionDetails !== undefined) {
      return await this.#failure(callFrame, answer.exceptionDetails);
    }
    const { result } = answer;
    if (scope === undefined) {
      await this.#setProperty(callFrame, { reference, name }, result);
    } else {
      await this.#connection.send('Debugger.setVariableValue', {
        scopeNumber: scope.index,
        variableName: name,
        newValue: argumentOf(result),
        callFrameId: this.#frame(scope.frame).callFrameId,
      });
    }
    return await this.#shown(callFrame, result);
  }

  async #setProperty(
    callFrame: Debugger.CallFrame,
    { reference, name }: { readonly reference: number; readonly name: string },
    value: Runtime.RemoteObject,
  ): Promise<void> {
    const view = await this.#viewOf(callFrame);
    const { result } = await this.#connection.send<Runtime.CallFunctionOnReturnType>(
      'Runtime.callFunctionOn',
      {
        objectId: view,
        functionDeclaration: 'function (r, n, v) { return this("set", r, n, v); }',
        arguments: [{ value: reference }, { value: name }, argumentOf(value)],
        silent: true,
        returnByValue: true,
      },
    );
    if (typeof result.value !== 'string') {
      throw new Error(`${name} cannot be set`);
    }
  }

  async #evaluate(
    { callFrameId }: Debugger.CallFrame,
    expression: string,
    harmless: boolean,
  ): Promise<Debugger.EvaluateOnCallFrameReturnType> {
    return await this.#connection.send('Debugger.evaluateOnCallFrame', {
      callFrameId,
      expression,
      silent: true,
      throwOnSideEffect: harmless,
      timeout: EVALUATE_MS,
    });
  }

  async #shown(
    callFrame: Debugger.CallFrame,
    result: Runtime.RemoteObject,
  ): Promise<EvaluateAnswer> {
    const view = result.objectId === undefined ? undefined : await this.#viewOf(callFrame);
    if (view === undefined || result.type === 'symbol') {
      return { ok: true, value: remoteText(result), type: result.type, reference: 0 };
    }
    const text = await callView(this.#connection, result.objectId, view, 'value');
    const { value, type, reference } = JSON.parse(text ?? '{}') as DebugVariable;
    return { ok: true, value, type, reference };
  }

  /** The locked realm hides the text of its errors from the engine; the agent reads it. */
  async #failure(
    callFrame: Debugger.CallFrame,
    { exception, text }: Runtime.ExceptionDetails,
  ): Promise<EvaluateAnswer> {
    const said = exception?.description ?? '';
    if (said.includes('side-effect')) {
      const value = 'not evaluated here: it would change something';
      return { ok: false, value, type: 'error', reference: 0 };
    }
    const value = exception === undefined ? text : (await this.#shown(callFrame, exception)).value;
    return { ok: false, value, type: 'error', reference: 0 };
  }

  /** A value of the engine as text. */
  async show(value: Runtime.RemoteObject): Promise<string> {
    return (await this.#shown(this.#frame(1), value)).value;
  }

  /** The agent's view function in the realm of the script. */
  #viewOf({ callFrameId }: Debugger.CallFrame): Promise<string | undefined> {
    this.#view ??= this.#connection
      .send<Debugger.EvaluateOnCallFrameReturnType>('Debugger.evaluateOnCallFrame', {
        callFrameId,
        expression: GUEST_VIEW,
        silent: true,
      })
      .then(({ result }) => result.objectId);
    return this.#view;
  }

  /** @throws Error when there is no such frame */
  #frame(id: number): Debugger.CallFrame {
    const frame = this.#stack.own[id - 1];
    if (frame === undefined) {
      throw new Error('this frame is no longer on the stack');
    }
    return frame;
  }
}

function argumentOf({ objectId, unserializableValue, value }: Runtime.RemoteObject): object {
  if (objectId !== undefined) {
    return { objectId };
  }
  return unserializableValue === undefined ? { value } : { unserializableValue };
}

/** A primitive as the engine sends it. */
function remoteText({
  type,
  value,
  unserializableValue,
  description,
}: Runtime.RemoteObject): string {
  if (type === 'bigint' && unserializableValue !== undefined) {
    return primitiveText(BigInt(unserializableValue.slice(0, -1))) ?? unserializableValue;
  }
  return unserializableValue ?? (type === 'symbol' ? description : primitiveText(value)) ?? '';
}
