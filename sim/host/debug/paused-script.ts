// A script that stands still: its scopes, variables and evaluation in its frames. Valid until it goes on.

import type { Debugger, Runtime } from 'node:inspector';
import type {
  DebugScope,
  DebugVariable,
  EvaluateAnswer,
  EvaluateRequest,
  SetVariableRequest,
} from '../../protocol/debug.ts';
import type { PausedState } from '../../session/debug-agent.ts';
import { primitiveText } from '../../session/debug-values.ts';
import type { AgentView, ViewedScope } from './agent-view.ts';
import type { OwnScope, PausedStack } from './paused-stack.ts';
import { scopeName } from './paused-stack.ts';
import type { WorkerConnection } from './worker-connection.ts';
import { CdpError } from './worker-connection.ts';

/** Longest evaluation, milliseconds. */
const EVALUATE_MS = 2000;
/** What the engine says of one that took longer, and how it is answered. */
const TERMINATED = 'Execution was terminated';
const TOO_LONG: Debugger.EvaluateOnCallFrameReturnType = {
  result: { type: 'undefined' },
  exceptionDetails: {
    exceptionId: 0,
    text: `given up: it took longer than ${EVALUATE_MS / 1000} s`,
    lineNumber: 0,
    columnNumber: 0,
  },
};

/** What a paused script is made of. */
export interface PausedParts {
  readonly connection: WorkerConnection;
  readonly view: AgentView;
  readonly stack: PausedStack;
  readonly agent: <T>(call: string) => Promise<T>;
  /** A variable that the debugger itself put in. */
  readonly hidden: string | undefined;
}

/** What the debugger offers only while the script stands still. */
export class PausedScript {
  readonly #connection: WorkerConnection;
  readonly #stack: PausedStack;
  readonly #agent: <T>(call: string) => Promise<T>;
  /** Frame and number of the engine's scope, by reference. */
  readonly #scopes = new Map<number, { readonly frame: number; readonly index: number }>();
  readonly #hidden: string | undefined;
  readonly #view: AgentView;

  constructor({ connection, view, stack, agent, hidden }: PausedParts) {
    this.#hidden = hidden;
    this.#connection = connection;
    this.#view = view;
    this.#stack = stack;
    this.#agent = agent;
  }

  /** Starts the pause: why it came, and the scopes of the innermost frame. Asked once, before all else. */
  async begin(): Promise<{ readonly state: PausedState; readonly scopes: readonly DebugScope[] }> {
    const callFrame = this.#frame(1);
    const found = this.#stack.scopesOf(callFrame);
    const { state, scopes } = await this.#view.paused(callFrame, found);
    return { state, scopes: this.#named(1, found, scopes) };
  }

  /** Scopes of a frame with their variables; empty ones are left out. */
  async scopes(frame: number): Promise<readonly DebugScope[]> {
    const callFrame = this.#frame(frame);
    const found = this.#stack.scopesOf(callFrame);
    const read = await Promise.all(found.map((scope) => this.#view.scope(callFrame, scope)));
    return this.#named(frame, found, read);
  }

  #named(
    frame: number,
    scopes: readonly OwnScope[],
    read: readonly ViewedScope[],
  ): readonly DebugScope[] {
    const named = read.flatMap(({ reference, variables }, at): DebugScope[] => {
      const scope = scopes[at];
      if (scope === undefined) {
        return [];
      }
      this.#scopes.set(reference, { frame, index: scope.index });
      const shown = variables.filter(({ name }) => name !== this.#hidden);
      return [{ name: scopeName(scope), reference, variables: shown }];
    });
    return named.filter(({ variables }) => variables.length > 0);
  }

  async variables(reference: number): Promise<readonly DebugVariable[]> {
    return await this.#agent(`parts(${reference})`);
  }

  async evaluate({ expression, frame = 1, context }: EvaluateRequest): Promise<EvaluateAnswer> {
    const callFrame = this.#frame(frame);
    const harmless = context === 'hover';
    const answer = await this.#evaluate(callFrame, expression, harmless);
    if (answer.exceptionDetails !== undefined) {
      return await this.#failure(callFrame, answer.exceptionDetails, harmless);
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
      await this.#setInScope(scope, name, result);
    }
    return await this.#shown(callFrame, result);
  }

  async #setInScope(
    { frame, index }: { readonly frame: number; readonly index: number },
    name: string,
    value: Runtime.RemoteObject,
  ): Promise<void> {
    const { callFrameId } = this.#frame(frame);
    const newValue = argumentOf(value);
    const request = { scopeNumber: index, variableName: name, newValue, callFrameId };
    await this.#connection.send('Debugger.setVariableValue', request).catch(() => {
      // The engine says only that it has an internal error.
      throw new Error(`${name} cannot be set: it is constant, or no variable of this scope`);
    });
  }

  async #setProperty(
    callFrame: Debugger.CallFrame,
    { reference, name }: { readonly reference: number; readonly name: string },
    value: Runtime.RemoteObject,
  ): Promise<void> {
    if (!(await this.#view.set(callFrame, { reference, name }, argumentOf(value)))) {
      throw new Error(`${name} cannot be set`);
    }
  }

  async #evaluate(
    { callFrameId }: Debugger.CallFrame,
    expression: string,
    harmless: boolean,
  ): Promise<Debugger.EvaluateOnCallFrameReturnType> {
    const request = {
      callFrameId,
      expression,
      silent: true,
      throwOnSideEffect: harmless,
      timeout: EVALUATE_MS,
    };
    const sent = this.#connection.send<Debugger.EvaluateOnCallFrameReturnType>(
      'Debugger.evaluateOnCallFrame',
      request,
    );
    return await sent.catch((error: unknown) => {
      if (error instanceof CdpError && error.message.includes(TERMINATED)) {
        return TOO_LONG;
      }
      throw error;
    });
  }

  async #shown(
    callFrame: Debugger.CallFrame,
    result: Runtime.RemoteObject,
  ): Promise<EvaluateAnswer> {
    const { objectId, type } = result;
    const isObject = objectId !== undefined && type !== 'symbol';
    const shown = isObject ? await this.#view.value(callFrame, objectId) : undefined;
    return shown === undefined
      ? { ok: true, value: remoteText(result), type, reference: 0 }
      : { ok: true, value: shown.value, type: shown.type, reference: shown.reference };
  }

  /** The locked realm hides the text of its errors from the engine; the agent reads it. */
  async #failure(
    callFrame: Debugger.CallFrame,
    { exception, text }: Runtime.ExceptionDetails,
    harmless = false,
  ): Promise<EvaluateAnswer> {
    const said = exception === undefined ? text : (await this.#shown(callFrame, exception)).value;
    const value =
      harmless && said.includes('side-effect')
        ? 'not evaluated here: it would change something'
        : said;
    return { ok: false, value, type: 'error', reference: 0 };
  }

  /** A value of the engine as text. */
  async show(value: Runtime.RemoteObject): Promise<string> {
    return (await this.#shown(this.#frame(1), value)).value;
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
