// A script realm on Node: SES in a separate vm context. The simulator's realm stays as it is, because
// freezing it would slow the simulator down; only primitives and the realm's own objects cross.

import vm from 'node:vm';
import sesText from '../../node_modules/ses/dist/ses.umd.min.js?raw';
import { assert } from '../base/assert.ts';
import type { GuestHooks, GuestRealm, PreludeHooks } from '../script/guest-realm.ts';
import type { RealmEnvironment, ScriptRealm, ScriptSite } from '../script/realm.ts';
import guestText from './guest.ts?raw';
import preludeText from './guest-prelude.ts?raw';
import { stripTypes } from './strip-types.ts';

/** Most bytes that a script may hold in ArrayBuffers. */
const BUFFER_LIMIT = 512 * 2 ** 20;
const LOCKDOWN = `lockdown({
  errorTaming: 'safe', stackFiltering: 'verbose', consoleTaming: 'unsafe', errorTrapping: 'none',
  unhandledRejectionTrapping: 'none', overrideTaming: 'severe', reporting: 'none',
})`;
const SCHEME = 'script:';
/** Frames that a call trace looks at, those of the simulator included. */
const DEEPEST = 64;

/** Makes a locked-down realm; some 60 ms, so make it before it is needed. */
export function makeVmRealm(): ScriptRealm {
  let environment: RealmEnvironment | undefined;
  let bytesBefore = 0;
  const context = vm.createContext(Object.create(null), {
    name: 'script',
    codeGeneration: { wasm: false },
  });
  const run = <T>(text: string): T =>
    vm.runInContext(text, context, { filename: 'substream:realm' }) as T;
  const prelude: PreludeHooks = {
    allowBytes: (bytes) => {
      const own = bytesBefore + (environment?.ownBytes() ?? 0);
      return process.memoryUsage().arrayBuffers - own + bytes <= BUFFER_LIMIT;
    },
  };
  const hooks: GuestHooks = {
    now: () => environment?.now() ?? 0,
    random: () => environment?.random() ?? 0,
  };
  run<(hooks: PreludeHooks) => void>(functionOf(preludeText, 'guestPrelude'))(prelude);
  sesScript().runInContext(context);
  run(LOCKDOWN);
  const guest = run<(hooks: GuestHooks) => GuestRealm>(functionOf(guestText, 'guestRealm'))(hooks);
  let scriptName = SCHEME;
  function sitesNow(): readonly ScriptSite[] {
    return sitesOf(capture(sitesNow, DEEPEST), scriptName);
  }
  return {
    guest,
    siteBelow: (below) => siteBelow(below, scriptName),
    sitesNow,
    sitesIn: (stack) => sitesIn(stack, scriptName),
    open: (file, answers) => {
      environment = answers;
      bytesBefore = process.memoryUsage().arrayBuffers;
      scriptName = `${SCHEME}${encodeURIComponent(file)}`;
      return `//# sourceURL=${scriptName}`;
    },
  };
}

/** An expression that gives the exported function `name` of a module that imports only types. */
function functionOf(moduleText: string, name: string): string {
  const stripped = stripTypes(moduleText.replace(/^export /gm, ''));
  assert(stripped.ok, `${name} does not parse`);
  const { text } = stripped;
  return `(() => { 'use strict'; ${text}\nreturn ${name}; })()`;
}

let compiled: vm.Script | undefined;

function sesScript(): vm.Script {
  compiled ??= new vm.Script(sesText, { filename: 'substream:ses' });
  return compiled;
}

/** Some two microseconds: the price of knowing the line of every call. */
function siteBelow(below: object, scriptName: string): ScriptSite | undefined {
  return frameOf(capture(below, 1), scriptName) ?? frameOf(capture(below, 32), scriptName);
}

function frameOf(frames: readonly NodeJS.CallSite[], scriptName: string): ScriptSite | undefined {
  for (const frame of frames) {
    const site = siteOf(frame, scriptName);
    if (site !== undefined) {
      return site;
    }
  }
  return undefined;
}

function sitesOf(frames: readonly NodeJS.CallSite[], scriptName: string): readonly ScriptSite[] {
  return frames.flatMap((frame) => siteOf(frame, scriptName) ?? []);
}

function siteOf(frame: NodeJS.CallSite, scriptName: string): ScriptSite | undefined {
  const name = frame.getScriptNameOrSourceURL();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  return name === scriptName && line !== null && column !== null ? { line, column } : undefined;
}

function asFrames(_: unknown, frames: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return frames;
}

function capture(below: object, limit: number): readonly NodeJS.CallSite[] {
  const holder: { stack?: readonly NodeJS.CallSite[] } = {};
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = asFrames;
  Error.stackTraceLimit = limit;
  try {
    Error.captureStackTrace(holder, below as () => void);
    return holder.stack ?? [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function sitesIn(stack: string, scriptName: string): readonly ScriptSite[] {
  const sites: ScriptSite[] = [];
  for (const frame of stack.split('\n')) {
    const at = frame.indexOf(scriptName);
    const position = /^:(\d+):(\d+)/.exec(frame.slice(at + scriptName.length));
    if (at >= 0 && position !== null) {
      sites.push({ line: Number(position[1]), column: Number(position[2]) });
    }
  }
  return sites;
}
