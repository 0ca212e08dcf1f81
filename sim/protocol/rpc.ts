// Typed calls and announcements over a Channel, on birpc. Only names of the contract can be reached;
// cancel and unsubscribe are messages; errors cross as name, message and stack; a closed channel
// rejects what is pending. Nothing times out here: whoever waits decides how long.

import { createBirpc } from 'birpc';
import type { Disposable } from '../base/disposable.ts';
import { DisposableStore, toDisposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import { Emitter } from '../base/emitter.ts';
import type { Channel } from './channel.ts';

/** A call table: every member answers with a promise. */
type CallTable<Calls> = {
  readonly [N in keyof Calls]: (...args: never[]) => Promise<unknown>;
};

/** An event table: members are called when announced. */
type EventTable<Events> = {
  readonly [N in keyof Events]: (...args: never[]) => void;
};

/** The names that may cross, spelled out because types do not exist at run time. */
export interface Contract<Calls extends CallTable<Calls>, Events extends EventTable<Events>> {
  readonly calls: { readonly [N in keyof Calls & string]: true };
  readonly events: { readonly [N in keyof Events & string]: true };
}

/** What a handler finds as its `this`: whether the caller still wants the answer. */
export interface CallContext {
  readonly cancelled: boolean;
  readonly onCancel: Event<void>;
}

/** Implementation of a contract's calls; a handler may use `this` as its {@link CallContext}. */
export type Handlers<Calls extends CallTable<Calls>> = {
  readonly [N in keyof Calls]: (
    this: CallContext,
    ...args: Parameters<Calls[N]>
  ) => ReturnType<Calls[N]>;
};

/** Checks the arguments of a call at a trust border; returns them, or throws an error for the caller. */
export type ArgumentCheck = (call: string, args: readonly unknown[]) => readonly unknown[];

/** The serving end of a contract. */
export interface RpcServer<Events extends EventTable<Events>> extends Disposable {
  /** Tells the other end, if it listens to `name`. */
  announce<N extends keyof Events & string>(name: N, ...args: Parameters<Events[N]>): void;
}

/** The calling end of a contract. */
export interface RpcClient<Calls extends CallTable<Calls>, Events extends EventTable<Events>>
  extends Disposable {
  readonly calls: Calls;
  /** As `calls[name](...args)`, abandoned (rejected and cancelled over there) when `cancel` fires. */
  call<N extends keyof Calls & string>(
    name: N,
    args: Parameters<Calls[N]>,
    cancel: Event<void>,
  ): ReturnType<Calls[N]>;
  /** Listens to an announcement; the other end sends it only while somebody does. */
  on<N extends keyof Events & string>(name: N, listener: Events[N]): Disposable;
}

/** A call ended because its caller cancelled it. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** The other end is gone, or went while the call was pending. */
export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError';
}

interface Wire {
  call(key: number, name: string, args: readonly unknown[]): Promise<unknown>;
  cancel(key: number): void;
  subscribe(name: string): void;
  unsubscribe(name: string): void;
}

interface WireEvents {
  announce(name: string, args: readonly unknown[]): void;
}

/** Answers the calls of `contract` on `channel` with `handlers`. */
export function serveRpc<Calls extends CallTable<Calls>, Events extends EventTable<Events>>(
  channel: Channel,
  contract: Contract<Calls, Events>,
  handlers: Handlers<Calls>,
  check: ArgumentCheck = (_, args) => args,
): RpcServer<Events> {
  const running = new Map<number, { cancelled: boolean; cancel: Emitter<void> }>();
  const subscribed = new Set<string>();
  const names = allowList(contract.calls);
  const wire = allowList<Wire>({
    call: async (key, name, args) => {
      if (typeof name !== 'string' || names[name] !== true || !Array.isArray(args)) {
        throw new TypeError(`no call named ${String(name)}`);
      }
      const cancel = new Emitter<void>();
      const state = { cancelled: false, cancel, onCancel: cancel.event };
      running.set(key, state);
      try {
        const handler = handlers[name as keyof Calls] as (...args: unknown[]) => unknown;
        return await handler.apply(state, [...check(name, args)]);
      } finally {
        running.delete(key);
      }
    },
    cancel: (key) => {
      const state = running.get(key);
      if (state !== undefined) {
        state.cancelled = true;
        state.cancel.fire();
      }
    },
    subscribe: (name) => void subscribed.add(name),
    unsubscribe: (name) => void subscribed.delete(name),
  });
  const { rpc, owned } = open<WireEvents>(channel, wire);
  return {
    announce: (name, ...args) => {
      if (subscribed.has(name)) {
        sendEvent(rpc.$callEvent('announce', name, args));
      }
    },
    dispose: () => owned.dispose(),
  };
}

/** Connects to the end that serves `contract` on `channel`. */
export function connectRpc<Calls extends CallTable<Calls>, Events extends EventTable<Events>>(
  channel: Channel,
  contract: Contract<Calls, Events>,
): RpcClient<Calls, Events> {
  const emitters = new Map<string, Emitter<readonly unknown[]>>();
  const events = allowList(contract.events);
  const local = allowList<WireEvents>({
    announce: (name, args) => emitters.get(name)?.fire(args),
  });
  const { rpc, owned } = open<Wire>(channel, local);
  let nextKey = 1;
  const send = (name: string, args: readonly unknown[]): [number, Promise<unknown>] => {
    const key = nextKey++;
    const answer = rpc.$closed
      ? Promise.reject(new ChannelClosedError(`cannot call ${name}: the channel is closed`))
      : rpc.$call('call', key, name, args);
    return [key, answer];
  };
  const calls = Object.fromEntries(
    Object.keys(contract.calls).map((name) => [name, (...args: unknown[]) => send(name, args)[1]]),
  );
  return {
    calls: allowList(calls) as Calls,
    call: (name, args, cancel) => {
      const [key, answer] = send(name, args);
      const cancelled = new Promise<never>((_, reject) => {
        const off = cancel(() => {
          sendEvent(rpc.$callEvent('cancel', key));
          reject(new CancelledError(`${name} was cancelled`));
        });
        answer.then(off.dispose, off.dispose);
      });
      return Promise.race([answer, cancelled]) as ReturnType<Calls[typeof name]>;
    },
    on: (name, listener) => {
      if (events[name] !== true) {
        throw new TypeError(`no event named ${name}`);
      }
      return listen(emitters, name, listener as unknown as (...args: unknown[]) => void, (verb) =>
        sendEvent(rpc.$callEvent(verb, name)),
      );
    },
    dispose: () => owned.dispose(),
  };
}

function listen(
  emitters: Map<string, Emitter<readonly unknown[]>>,
  name: string,
  listener: (...args: unknown[]) => void,
  tell: (verb: 'subscribe' | 'unsubscribe') => void,
): Disposable {
  let emitter = emitters.get(name);
  if (emitter === undefined) {
    emitter = new Emitter();
    emitters.set(name, emitter);
    tell('subscribe');
  }
  const own = emitter;
  const off = own.event((args) => listener(...args));
  return toDisposable(() => {
    off.dispose();
    if (own.size === 0 && emitters.get(name) === own) {
      emitters.delete(name);
      tell('unsubscribe');
    }
  });
}

function open<Remote extends object>(channel: Channel, local: object) {
  const owned = new DisposableStore();
  const rpc = createBirpc<Remote, object, false>(local, {
    proxify: false,
    timeout: -1,
    bind: 'functions',
    post: (message) => channel.post(message),
    on: (listener) => {
      owned.add(
        channel.onMessage((message) => {
          if (isWireMessage(message)) {
            listener(message);
          }
        }),
      );
    },
    serialize: (message) => ('e' in message ? { ...message, e: plainError(message.e) } : message),
    deserialize: (message) => ('e' in message ? { ...message, e: revive(message.e) } : message),
    onGeneralError: () => false,
  });
  const close = (): void => rpc.$close(new ChannelClosedError('the channel was closed'));
  owned.add(channel.onClose(close));
  owned.add(toDisposable(close));
  return { rpc, owned };
}

/** A copy without a prototype: a peer cannot reach `constructor` or any other inherited name. */
function allowList<T extends object>(table: T): T & Record<string, unknown> {
  return Object.assign(Object.create(null), table);
}

function isWireMessage(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) {
    return false;
  }
  const { t, m, a, i } = message as Record<string, unknown>;
  const idOk = i === undefined || typeof i === 'string';
  return idOk && (t === 's' || (t === 'q' && typeof m === 'string' && Array.isArray(a)));
}

/** A message that can no longer be sent is not an error of the sender. */
function sendEvent(sent: Promise<unknown>): void {
  sent.catch(() => undefined);
}

function plainError(error: unknown): object {
  if (error instanceof Error) {
    return { name: error.name, message: error.message, stack: error.stack };
  }
  return { name: 'Error', message: String(error) };
}

function revive(value: unknown): Error {
  const { name, message, stack } = (value ?? {}) as Record<string, unknown>;
  const error = new Error(typeof message === 'string' ? message : String(value));
  if (typeof name === 'string') {
    error.name = name;
  }
  if (typeof stack === 'string') {
    error.stack = stack;
  }
  return error;
}
