// Entry of the worker thread that runs one session. Everything slow to start (the locked-down realm, the
// type stripper) is ready before the thread answers its first ping.

import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../base/assert.ts';
import type { RunRequest } from '../protocol/api.ts';
import { SESSION_CONTRACT } from '../protocol/contracts.ts';
import { serveRpc } from '../protocol/rpc.ts';
import type { ScriptRealm } from '../script/realm.ts';
import { Session } from '../session/session.ts';
import { makeDebugAgent } from './debug/thread-agent.ts';
import { OutputBatch } from './output-batch.ts';
import { stripTypes } from './strip-types.ts';
import { outletOf } from './trace-outlet.ts';
import { makeVmRealm } from './vm-realm.ts';
import { portChannel } from './worker-channel.ts';
import { writePieces } from './write-files.ts';

/** What the host passes as `workerData`. */
export interface SessionWorkerData {
  /** Words of run-control.ts. */
  readonly control: Int32Array;
  /** Where the trace goes while it is made; without it the trace stays here. */
  readonly feed?: MessagePort;
}

const { control, feed } = workerData as SessionWorkerData;
const channel = portChannel(ensure(parentPort ?? undefined, 'parent port'));
const realm: ScriptRealm = makeVmRealm();
stripTypes('const warm: number = 1;');
let session: Session | undefined;

process.on('unhandledRejection', (thrown) => session?.noteRejection(thrown));

const server = serveRpc(channel, SESSION_CONTRACT, {
  ping: async () => 'pong' as const,
  run: async (request: RunRequest) => {
    if (session !== undefined) {
      throw new Error('this session has run already');
    }
    const output = new OutputBatch((records) => server.announce('output', records));
    const { debug } = request;
    session = new Session({
      request,
      realm,
      stripTypes,
      control,
      trace: feed === undefined ? undefined : outletOf(feed, control),
      debug: debug === undefined ? undefined : makeDebugAgent(debug, () => output.flush()),
      nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
      onOutput: (record) => output.add(record),
      onStatus: (status) => server.announce('status', status),
    });
    const result = await session.run();
    output.flush();
    return result;
  },
  saveTrace: async () => {
    if (session === undefined) {
      throw new Error('nothing has run yet');
    }
    return session.traceText();
  },
  saveTraceTo: async (path) => {
    if (session === undefined) {
      throw new Error('nothing has run yet');
    }
    await writePieces(path, session.tracePieces());
  },
  inspect: async (request) => {
    if (session === undefined) {
      throw new Error('nothing has run yet');
    }
    return session.inspect(request);
  },
});
