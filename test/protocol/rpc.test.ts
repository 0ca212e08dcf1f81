// The typed RPC: what may cross, what happens on error, cancel, unsubscribe and when a channel dies.

import { describe, expect, it } from 'vitest';
import type { Disposable } from '../../sim/base/disposable.ts';
import { toDisposable } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';
import type { Channel } from '../../sim/protocol/channel.ts';
import type { CallContext, Contract } from '../../sim/protocol/rpc.ts';
import {
  CancelledError,
  ChannelClosedError,
  connectRpc,
  serveRpc,
} from '../../sim/protocol/rpc.ts';

interface Calls {
  add(a: number, b: number): Promise<number>;
  fail(): Promise<void>;
  never(): Promise<void>;
}

interface Events {
  tick(n: number): void;
}

const CONTRACT: Contract<Calls, Events> = {
  calls: { add: true, fail: true, never: true },
  events: { tick: true },
};

class End implements Channel {
  readonly sent: unknown[] = [];
  readonly #messages = new Emitter<unknown>();
  readonly #closed = new Emitter<void>();
  other: End | undefined;

  post(message: unknown): void {
    this.sent.push(message);
    const other = this.other;
    queueMicrotask(() => other?.deliver(structuredClone(message)));
  }

  deliver(message: unknown): void {
    this.#messages.fire(message);
  }

  close(): void {
    this.#closed.fire();
  }

  onMessage(listener: (message: unknown) => void): Disposable {
    return this.#messages.event(listener);
  }

  onClose(listener: () => void): Disposable {
    return this.#closed.event(listener);
  }
}

function pair(check?: (call: string, args: readonly unknown[]) => readonly unknown[]) {
  const client = new End();
  const server = new End();
  client.other = server;
  server.other = client;
  const cancelled: boolean[] = [];
  const served = serveRpc<Calls, Events>(
    server,
    CONTRACT,
    {
      add: async (a, b) => a + b,
      fail: async () => {
        throw new RangeError('iova 0x1000 is taken');
      },
      never: function (this: CallContext) {
        return new Promise((resolve) => {
          this.onCancel(() => {
            cancelled.push(this.cancelled);
            resolve();
          });
        });
      },
    },
    check,
  );
  return { client, server, served, cancelled, remote: connectRpc(client, CONTRACT) };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the RPC', () => {
  it('answers a call of the contract', async () => {
    expect(await pair().remote.calls.add(2, 3)).toBe(5);
  });

  it('carries name, message and stack of an error', async () => {
    const error: Error = await pair()
      .remote.calls.fail()
      .then(
        () => new Error('did not fail'),
        (reason: Error) => reason,
      );
    expect([error.name, error.message]).toEqual(['RangeError', 'iova 0x1000 is taken']);
    expect(error.stack).toContain('rpc.test');
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'missing', 'then'])(
    'does not let a peer call %s',
    async (name) => {
      const { client, server } = pair();
      for (const [method, args] of [
        ['call', [1, name, []]],
        [name, []],
      ]) {
        client.post({ t: 'q', i: `x-${String(method)}`, m: method, a: args });
      }
      await settle();
      const answers = server.sent as { i: string; e?: { message: string }; r?: unknown }[];
      expect(answers).toHaveLength(2);
      for (const answer of answers) {
        expect(answer.e?.message).toMatch(/no call named|not found/);
      }
    },
  );

  it.each([null, 7, 'text', [], {}, { t: 'q' }, { t: 'q', m: 'call' }, { t: 's', i: {} }])(
    'ignores the malformed message %j',
    async (message) => {
      const { client, server, remote } = pair();
      client.post(message);
      await settle();
      expect(server.sent).toEqual([]);
      expect(await remote.calls.add(1, 1)).toBe(2);
    },
  );

  it('checks arguments at a border and tells the caller what is wrong', async () => {
    const { remote } = pair((call, args) => {
      if (args.some((value) => typeof value !== 'number')) {
        throw new TypeError(`${call}: not a number`);
      }
      return args;
    });
    await expect(remote.calls.add('1' as never, 2)).rejects.toThrow('add: not a number');
  });

  it('cancels a pending call on both ends', async () => {
    const { remote, cancelled } = pair();
    const cancel = new Emitter<void>();
    const call = remote.call('never', [], cancel.event);
    await settle();
    cancel.fire();
    await expect(call).rejects.toBeInstanceOf(CancelledError);
    await settle();
    expect(cancelled).toEqual([true]);
  });

  it('announces only to those who listen, and no more after they left', async () => {
    const { remote, served, server } = pair();
    const seen: number[] = [];
    served.announce('tick', 1);
    const first = remote.on('tick', (n) => seen.push(n));
    const second = remote.on('tick', (n) => seen.push(n * 10));
    await settle();
    served.announce('tick', 2);
    await settle();
    first.dispose();
    served.announce('tick', 3);
    await settle();
    second.dispose();
    await settle();
    const before = server.sent.length;
    served.announce('tick', 4);
    await settle();
    expect(seen).toEqual([2, 20, 30]);
    expect(server.sent.length).toBe(before);
  });

  it('rejects what is pending, and every later call, when the channel dies', async () => {
    const { remote, client } = pair();
    const pending = remote.calls.never();
    await settle();
    client.close();
    await expect(pending).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(remote.calls.add(1, 2)).rejects.toBeInstanceOf(ChannelClosedError);
  });

  it('takes back what it registered when disposed', async () => {
    const { remote, client } = pair();
    let registered = 0;
    const counted: Channel = {
      post: () => undefined,
      onMessage: () => {
        registered++;
        return toDisposable(() => registered--);
      },
      onClose: () => {
        registered++;
        return toDisposable(() => registered--);
      },
    };
    connectRpc(counted, CONTRACT).dispose();
    expect(registered).toBe(0);
    remote.dispose();
    client.deliver({ t: 'q', i: '1', m: 'announce', a: ['tick', [1]] });
    await expect(remote.calls.add(1, 2)).rejects.toBeInstanceOf(ChannelClosedError);
  });
});
