// `substream run --inspect[-brk]`: another program's debugger attaches to the script's thread, through the
// process, as Chrome DevTools and VS Code do.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { builtCli, runCli } from '../support/built.ts';
import { InspectorClient } from '../support/inspector-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'substream-inspect-'));
const script = join(folder, 'attached.ts');
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('run --inspect-brk', () => {
  it('waits, stops before the first statement, and runs on when told', async () => {
    writeFileSync(script, `const answer: number = 41;\npr_info('answer %d', answer + 1);\n`);
    const started = spawn(process.execPath, [await builtCli(), 'run', script, '--inspect-brk=0']);
    child = started;
    let out = '';
    started.stdout.on('data', (piece) => {
      out += piece;
    });
    const url = await new Promise<string>((resolve) => {
      let said = '';
      started.stderr.on('data', (piece) => {
        said += piece;
        const found = /ws:\S+/.exec(said)?.[0];
        if (found !== undefined) {
          resolve(found);
        }
      });
    });
    const client = await InspectorClient.connect(url);
    let id = 0;
    let session = '';
    const worker = (method: string, params: object = {}): Promise<unknown> => {
      const message = JSON.stringify({ id: ++id, method, params });
      return client.send('NodeWorker.sendMessageToWorker', { sessionId: session, message });
    };
    const stopped = new Promise<string>((resolve) => {
      const urls = new Map<string, string>();
      client.onNotification = (method, params) => {
        if (method === 'NodeWorker.attachedToWorker') {
          session = (params as { sessionId: string }).sessionId;
          void worker('Debugger.enable').then(() => worker('Runtime.runIfWaitingForDebugger'));
        } else if (method === 'NodeWorker.receivedMessageFromWorker') {
          const text = (params as { message: string }).message;
          const inner = JSON.parse(text) as { method?: string; params?: Record<string, unknown> };
          if (inner.method === 'Debugger.scriptParsed') {
            urls.set(String(inner.params?.['scriptId']), String(inner.params?.['url']));
          } else if (inner.method === 'Debugger.paused') {
            const frames = inner.params?.['callFrames'] as {
              location: { scriptId: string; lineNumber: number };
            }[];
            const at = frames[0]?.location;
            const where = `${urls.get(at?.scriptId ?? '')}:${(at?.lineNumber ?? 0) + 1}`;
            if (where.startsWith('script:')) {
              resolve(where);
            } else {
              void worker('Debugger.resume');
            }
          }
        }
      };
    });
    await client.send('NodeWorker.enable', { waitForDebuggerOnStart: true });
    await client.send('Runtime.runIfWaitingForDebugger');
    expect(await stopped).toBe('script:attached.ts:1');
    expect(out).not.toContain('answer');
    await worker('Debugger.resume');
    const ended = new Promise<number | null>((resolve) => started.on('close', resolve));
    started.stdout.once('end', () => client.close());
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (out.includes('done')) {
          clearInterval(look);
          resolve();
        }
      }, 20);
    });
    client.close();
    expect(await ended).toBe(0);
    expect(out).toContain('answer 42');
  });
});

describe('run --inspect', () => {
  it.each(['--inspect=often', '--inspect-brk=70000'])(
    '%s is refused in one line',
    async (option) => {
      const { exit, err } = await runCli(['run', 'x.ts', option]);
      expect(exit).toBe(2);
      expect(err).toMatch(/^substream: --inspect takes a port.*\n$/);
    },
  );
});
