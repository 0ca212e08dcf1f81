// Entry of the thread that keeps traces: it sees a live session's trace in shared memory, so that looking
// at it costs the session nothing, works while the script runs or is paused, and outlives its thread.

import type { MessagePort } from 'node:worker_threads';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ensure } from '../base/assert.ts';
import type { CallContext } from '../protocol/rpc.ts';
import { serveRpc } from '../protocol/rpc.ts';
import type { OpenedSession, UnreadableSession } from '../protocol/trace-api.ts';
import { LIVE, TRACE_CONTRACT } from '../protocol/trace-api.ts';
import { CONTROL_TRACE } from '../session/run-control.ts';
import type { TraceUpdate } from '../session/trace-feed.ts';
import { diffSessions } from '../trace/diff.ts';
import { diffText } from '../trace/diff-text.ts';
import { exportFormat } from '../trace/export/export-formats.ts';
import { notRecorded } from '../trace/record-groups.ts';
import { writeSessionFile } from '../trace/session-file.ts';
import { SessionFileError } from '../trace/session-header.ts';
import type { Session } from '../trace/session-reader.ts';
import type { TraceRemarks } from './answer-trace.ts';
import { answerTrace } from './answer-trace.ts';
import { exportSession } from './export-session.ts';
import type { MemoryLimits } from './kept-session.ts';
import { FedTrace, KeptSession } from './kept-session.ts';
import { openSession } from './open-session.ts';
import { sessionConsole } from './session-console.ts';
import type { FeedMessage } from './trace-thread.ts';
import { portChannel } from './worker-channel.ts';
import { writePieces } from './write-files.ts';

/** How often a running session is asked for news: often enough for a picture that moves. */
const ASK_MS = 40;

/** What the host passes as `workerData`. */
export interface TraceWorkerData {
  readonly limits: MemoryLimits | undefined;
}

const { limits } = workerData as TraceWorkerData;
const port = ensure(parentPort ?? undefined, 'parent port');
const sessions = new Map<string, KeptSession>();
const files = new Map<string, Session>();
let drain: () => void = () => undefined;
let endFeed: () => void = () => undefined;

port.on('message', (message: FeedMessage) => {
  if (message.feed !== undefined) {
    follow(message.feed, message.control);
  }
});

/** Keeps the trace that comes through `feed`, in place of the one before. */
function follow(feed: MessagePort, control: Int32Array): void {
  endFeed();
  sessions.get(LIVE)?.dispose();
  const trace = new FedTrace(limits);
  const kept = new KeptSession(
    trace,
    () => trace.info,
    () => trace.dispose(),
  );
  sessions.set(LIVE, kept);
  feed.on('message', (update: TraceUpdate) => trace.take(update));
  const asking = setInterval(() => {
    control[CONTROL_TRACE] = 1;
  }, ASK_MS);
  endFeed = () => {
    clearInterval(asking);
    feed.close();
  };
  feed.on('close', () => clearInterval(asking));
  drain = () => {
    for (
      let more = receiveMessageOnPort(feed);
      more !== undefined;
      more = receiveMessageOnPort(feed)
    ) {
      trace.take(more.message as TraceUpdate);
    }
  };
}

/** @throws Error when there is no such session */
function kept(name: string): KeptSession {
  drain();
  const session = sessions.get(name);
  if (session === undefined) {
    throw new Error(name === LIVE ? 'nothing has run yet' : `no session ${name} is open`);
  }
  return session;
}

/** Control of a long task: its caller may cancel it, and hears how far it is. */
function controlOf(call: CallContext, task: number) {
  const abort = new AbortController();
  call.onCancel(() => abort.abort());
  let told = -1;
  return {
    signal: abort.signal,
    onProgress: (done: number) => {
      const percent = Math.floor(done * 100);
      if (percent !== told) {
        told = percent;
        server.announce('progress', task, done);
      }
    },
  };
}

async function open(
  call: CallContext,
  path: string,
  name: string,
  task: number,
): Promise<OpenedSession | UnreadableSession> {
  let session: Session;
  try {
    session = await openSession(path, controlOf(call, task));
  } catch (error) {
    if (error instanceof SessionFileError) {
      const { message, script } = error;
      return { problem: message, ...(script === undefined ? {} : { script }) };
    }
    throw error;
  }
  sessions.set(name, new KeptSession(session.source, () => session.header));
  files.set(name, session);
  const { header, damage, damages, source } = session;
  const { file, script, profile, seed, timeLimit, failNth, omitted } = header;
  return {
    session: name,
    file,
    script,
    profile,
    seed,
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(failNth === undefined ? {} : { failNth }),
    ...(omitted === undefined ? {} : { omitted }),
    records: source.chunks.reduce((sum, { count }) => sum + count, 0),
    damage: damage.map(({ line, text }) => `line ${line}: ${text}`),
    damages,
  };
}

const server = serveRpc(
  {
    ...portChannel(port),
    onMessage: (listener) =>
      portChannel(port).onMessage((message) => {
        if ((message as FeedMessage).feed === undefined) {
          listener(message);
        }
      }),
  },
  TRACE_CONTRACT,
  {
    ping: async () => 'pong' as const,
    ask: async (session, request) => {
      const { view, source } = kept(session);
      return answerTrace(view, request, remarksOn(source));
    },
    inspect: async (session, request) => kept(session).inspector.answer(request),
    open(path, session, task) {
      return open(this, path, session, task);
    },
    close: async (session) => {
      sessions.get(session)?.dispose();
      sessions.delete(session);
      files.delete(session);
    },
    console: async (session) => {
      const { info, source } = kept(session);
      return sessionConsole(info, source);
    },
    save(session, path, task) {
      const { info, source } = kept(session);
      return writePieces(path, writeSessionFile(info, snapshot(source)), controlOf(this, task));
    },
    exportAs(session, format, path, task) {
      const { info, source } = kept(session);
      const damages = files.get(session)?.damages ?? 0;
      const known = ensure(exportFormat(format), `format ${format}`);
      return exportSession(
        { header: info, source: snapshot(source), damages },
        { format: known, output: path },
        controlOf(this, task),
      );
    },
    compare: async (a, b) => {
      const [left, right] = [a, b].map((name) => {
        const { info, source } = kept(name);
        return { header: info, source: snapshot(source) };
      });
      const [one, two] = [ensure(left, 'session'), ensure(right, 'session')];
      return diffText(diffSessions(one, two), one, two);
    },
  },
);

function remarksOn(source: KeptSession['source']): TraceRemarks {
  const problem = source instanceof FedTrace ? source.problem : undefined;
  const leftOut = notRecorded(source.omitted);
  return {
    ...(problem === undefined ? {} : { problem }),
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

/** The trace as it is now: a live one may grow while it is written. */
function snapshot({ chunks, texts, omitted }: KeptSession['source']): KeptSession['source'] {
  const last = chunks.at(-1);
  const kept = last === undefined ? [] : [...chunks.slice(0, -1), { ...last }];
  return { chunks: kept, texts, omitted };
}
