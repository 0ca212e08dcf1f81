// The borders of the main process: whose messages it hears, what they may say, what it serves.

import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CONTENT_SECURITY_POLICY, fileOfRequest } from '../../main/app-protocol.ts';
import { checkCall } from '../../main/call-checks.ts';
import { windowChannel } from '../../main/ipc-channel.ts';
import type { MenuOptions } from '../../main/menu.ts';
import { accelerator, menuTemplate } from '../../main/menu.ts';
import { OutputRelay } from '../../main/output-relay.ts';
import { isAllowedRequest, isTrustedSender, WEB_PREFERENCES } from '../../main/security.ts';
import type { OutputRecord, WorkbenchApi } from '../../sim/protocol/api.ts';
import { COMMAND_IDS, commandInfo } from '../../sim/protocol/commands.ts';
import { WORKBENCH_CONTRACT } from '../../sim/protocol/contracts.ts';
import type { BreakpointSet } from '../../sim/protocol/debug.ts';
import { bindingsOf } from '../../sim/protocol/keybindings.ts';

const ORIGINS = ['app://workbench'];
type Contents = Parameters<typeof isTrustedSender>[1];

describe('the sender of a message', () => {
  const window = {} as Contents;
  const frame = (url: string, parent: unknown = null) => ({ url, parent });

  it.each([
    ['the page', frame('app://workbench/'), window, true],
    ['the page at a place in it', frame('app://workbench/index.html#x'), window, true],
    ['another page of the scheme', frame('app://other/'), window, false],
    ['a name that only begins alike', frame('app://workbench.evil/'), window, false],
    ['a web page', frame('https://example.org/'), window, false],
    ['a file', frame('file:///x.html'), window, false],
    ['nothing that is a URL', frame(''), window, false],
    ['a frame in the page', frame('app://workbench/', {}), window, false],
    ['another window', frame('app://workbench/'), {} as Contents, false],
    ['a frame that is gone', null, window, false],
  ])('%s: trusted is decided right', (_what, from, sender, trusted) => {
    expect(isTrustedSender(from, sender, window, ORIGINS)).toBe(trusted);
  });

  it('decides whether a listener hears the message at all', () => {
    const ipc = new EventEmitter();
    const sent: unknown[] = [];
    const contents = Object.assign(new EventEmitter(), {
      isDestroyed: () => false,
      send: (...args: unknown[]) => sent.push(args),
    }) as unknown as Contents;
    const channel = windowChannel(ipc as never, contents, ORIGINS);
    const heard: unknown[] = [];
    const subscription = channel.onMessage((message) => heard.push(message));
    const from = (url: string) => ({ sender: contents, senderFrame: frame(url) });
    ipc.emit('substream', from('app://workbench/'), 1);
    ipc.emit('substream', from('https://example.org/'), 2);
    ipc.emit('substream', { ...from('app://workbench/'), sender: {} }, 3);
    subscription.dispose();
    ipc.emit('substream', from('app://workbench/'), 4);
    expect(heard).toEqual([1]);
    channel.post({ a: 1n });
    expect(sent).toEqual([['substream', { a: 1n }]]);
  });
});

describe('a request of a page', () => {
  it.each([
    ['app://workbench/assets/x.js', true],
    ['data:text/plain,x', true],
    ['blob:app://workbench/1', true],
    ['devtools://devtools/bundled/x.js', true],
    ['app://other/x.js', false],
    ['https://workbench/', false],
    ['http://127.0.0.1/', false],
    ['ws://127.0.0.1/', false],
    ['file:///etc/passwd', false],
    ['not a url', false],
  ])('for %s is allowed: %s', (url, allowed) => {
    expect(isAllowedRequest(url, ORIGINS)).toBe(allowed);
  });
});

describe('the files that are served', () => {
  it.each([
    ['app://workbench/', '/out/index.html'],
    ['app://workbench/assets/a.js?v=1', '/out/assets/a.js'],
    ['app://other/index.html', undefined],
    ['app://workbench/%2e%2e/main.js', '/out/main.js'],
    ['app://workbench/..%2fmain.js', undefined],
    ['app://workbench/%00', undefined],
    ['app://workbench/%ff', undefined],
  ])('%s is %s', (url, file) => {
    expect(fileOfRequest('/out', url)).toBe(file);
  });

  it('never lie outside of the folder', () => {
    const part = fc.constantFrom('..', '.', '%2e%2e', '%2f', '/', '\\', 'a', '%5c', '%252e', '');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const file = fileOfRequest('/out', `app://workbench/${parts.join('/')}`);
        expect(file === undefined || /^[/]out([/]|$)(?!.*(^|[/])[.][.]([/]|$))/.test(file)).toBe(
          true,
        );
      }),
    );
  });

  it('come with a policy that allows no script but our own files', () => {
    const rules = new Map(
      CONTENT_SECURITY_POLICY.split('; ').map((rule) => {
        const [name = '', ...sources] = rule.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('script-src')).toBe("'self'");
    expect(rules.get('connect-src')).toBe("'self'");
    expect([...rules.values()].join(' ')).not.toMatch(/https?:|\*|unsafe-eval/);
  });
});

describe('the preferences of the window', () => {
  it('leave everything off that a page does not need', () => {
    expect(WEB_PREFERENCES).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  });
});

const SET: BreakpointSet = {
  active: true,
  lines: [{ id: 1, enabled: true, line: 3, condition: 'i > 2', hitCondition: '>=2' }],
  functions: [{ id: 2, enabled: true, name: 'iommu_map' }],
  hardware: [{ id: 3, enabled: false, on: 'event F_TRANSLATION' }],
  exceptions: { caught: false, uncaught: true },
};

const UUID = '83b8f4f2-509f-482f-8c1e-e6bfe0fa1001';

describe('the arguments of a call', () => {
  const good: { [N in keyof WorkbenchApi]: Parameters<WorkbenchApi[N]> } = {
    examples: [],
    openExample: ['aux-domains.ts'],
    openDialog: [],
    openFile: ['/a/b.ts'],
    saveFile: [{ path: '/a/b.ts', name: 'b.ts', text: '' }],
    recentFiles: [],
    initialFiles: [],
    setDirty: [['b.ts']],
    run: [{ file: 'b.ts', text: '', profile: 'seed18', seed: 0xffff_ffff, timeLimit: 1.5 }],
    stop: [],
    saveTrace: [],
    trace: [{ kind: 'list', from: 0, count: 60, filter: { kinds: ['dma'], stream: 1 } }],
    sessionConsole: ['file-1'],
    associate: [true],
    showSession: ['live'],
    exportFormats: [],
    exportSession: ['perfetto'],
    compareSession: [],
    cancelTask: [1],
    inspect: [{ kind: 'explain', event: 1 }],
    keepBackup: [{ key: UUID, name: 'b.ts', path: '/a/b.ts', text: '' }],
    dropBackup: [UUID],
    restoreBackups: [],
    unsavedKept: [true],
    configuration: [],
    openUserFile: ['settings.json'],
    setKeys: ['run.start', ['Mod+F5']],
    recallLayout: [],
    rememberLayout: [{ dock: '{}', editors: [], active: 'document-1' }],
    getTheme: [],
    setTheme: ['system'],
    debugLaunch: [{ request: { file: 'b.ts', text: '' }, breakpoints: SET, stopOnEntry: true }],
    debugRecall: [],
    debugRemember: ['/a/b.ts', SET],
    debugSetBreakpoints: [SET],
    debugContinue: [],
    debugNext: [],
    debugStepIn: [],
    debugStepOut: [],
    debugPause: [],
    debugRunTo: [7],
    debugStepHardware: ['fetch'],
    debugScopes: [1],
    debugVariables: [2],
    debugEvaluate: [{ expression: '1 + 1', frame: 1, context: 'watch' }],
    debugSetVariable: [{ reference: 1, name: 'x', expression: '2' }],
  };

  it('are known for every call of the contract', () => {
    expect(Object.keys(good).sort()).toEqual(Object.keys(WORKBENCH_CONTRACT.calls).sort());
  });

  it.each(Object.entries(good))('of %s pass as they are', (call, args) => {
    expect(checkCall(call, args)).toEqual(args);
  });

  it.each(Object.entries(good))(
    'of %s do not pass with one more, nor with one of a wrong type',
    (call, args) => {
      expect(() => checkCall(call, [...args, 1])).toThrow(call);
      if (args.length > 0) {
        expect(() => checkCall(call, [Symbol.iterator])).toThrow(call);
        expect(() => checkCall(call, [])).toThrow(call);
      }
    },
  );

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'nothing'])(
    'of %s: there is no such call',
    (call) => {
      expect(() => checkCall(call, [])).toThrow('no such call');
    },
  );
});

describe('the menu', () => {
  const options = { send: () => undefined, bindings: bindingsOf([], false), mac: false };
  const items = (more: Partial<MenuOptions> = {}) =>
    menuTemplate({ ...options, ...more }).flatMap(({ submenu }) =>
      Array.isArray(submenu) ? submenu : [],
    );

  it('offers known commands, each once, with the key of the table', () => {
    const commands = items().filter(({ id }) => id !== undefined);
    const ids = commands.map(({ id }) => id as string);
    expect(new Set(ids).size).toBe(ids.length);
    for (const item of commands) {
      const id = COMMAND_IDS.find((name) => name === item.id);
      expect(id, String(item.id)).toBeDefined();
      const key = id === undefined ? undefined : commandInfo(id).keys?.[0];
      expect(item.accelerator).toBe(key === undefined ? undefined : accelerator(key));
      expect(item.registerAccelerator ?? false).toBe(false);
    }
  });

  it('sends the command of the item that is clicked', () => {
    const send = vi.fn();
    const file = menuTemplate({ ...options, send })[0]?.submenu;
    const open = Array.isArray(file) ? file.find(({ id }) => id === 'file.open') : undefined;
    open?.click?.(undefined as never, undefined, undefined as never);
    expect(send).toHaveBeenCalledExactlyOnceWith('file.open');
  });

  it('shows the keys that a person chose, a chord behind the title', () => {
    const bindings = bindingsOf(
      [
        { key: 'ctrl+alt+up', command: 'run.start' },
        { key: 'ctrl+n', command: '-file.new' },
        { key: 'ctrl+k ctrl+o', command: 'file.saveAs' },
      ],
      false,
    );
    const of = (id: string) => items({ bindings }).find((item) => item.id === id);
    expect(of('run.start')?.accelerator).toBe('CmdOrCtrl+Alt+Up');
    expect(of('file.new')).not.toHaveProperty('accelerator');
    expect(of('file.saveAs')).toMatchObject({ label: 'Save As…  [Ctrl+K Ctrl+O]' });
  });

  it('has no key twice under one condition', () => {
    const keys = COMMAND_IDS.flatMap((id) => {
      const { keys: own = [], when = '' } = commandInfo(id);
      return own.map((key) => `${key} ${when}`);
    });
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the output that is relayed', () => {
  const log = (text: string): OutputRecord => ({ type: 'log', time: 1, level: 6, text });
  const result: OutputRecord = { type: 'result', ok: true, exit: 0, events: 0, dmas: 0 };

  function relay() {
    vi.useFakeTimers();
    const batches: (readonly OutputRecord[])[] = [];
    return { batches, relay: new OutputRelay((records) => batches.push(records)) };
  }

  it('goes out at once after a pause, then in batches', () => {
    const { batches, relay: own } = relay();
    own.push([log('a')]);
    own.push([log('b')]);
    own.push([log('c')]);
    expect(batches).toEqual([[log('a')]]);
    vi.advanceTimersByTime(16);
    expect(batches).toEqual([[log('a')], [log('b'), log('c')]]);
    vi.advanceTimersByTime(100);
    own.push([log('d')]);
    expect(batches).toHaveLength(3);
    vi.useRealTimers();
  });

  it('says how many lines of a flood are missing, keeps the newest, and keeps events and result', () => {
    const { batches, relay: own } = relay();
    const warn: OutputRecord = { type: 'warn', time: 1, class: 'c', section: '', text: 'kept' };
    own.push([log('first'), log('second')]);
    own.push([warn]);
    own.push(Array.from({ length: 30_000 }, (_, index) => log(`line ${index}`)));
    own.push([result]);
    vi.advanceTimersByTime(16 * 100);
    const all = batches.flat();
    const lines = all.flatMap((record) => (record.type === 'log' ? [record.text] : []));
    const notice = all.filter((record) => record.type === 'warn' && record.class === 'window');
    const [missing] = notice.map((record) =>
      Number.parseInt(record.type === 'warn' ? record.text : '', 10),
    );
    expect(notice).toHaveLength(1);
    expect(missing).toBeGreaterThan(0);
    expect(lines.length + (missing ?? 0)).toBe(30_002);
    expect(lines.at(-1)).toBe('line 29999');
    expect(all).toContainEqual(warn);
    expect(all.at(-1)).toEqual(result);
    vi.useRealTimers();
  });

  it('keeps every line of a script that prints a lot and ends', () => {
    const { batches, relay: own } = relay();
    own.push(Array.from({ length: 12_000 }, (_, index) => log(`line ${index}`)));
    own.push([result]);
    vi.advanceTimersByTime(16 * 100);
    expect(batches.flat()).toHaveLength(12_001);
    expect(Math.max(...batches.map(({ length }) => length))).toBe(300);
    vi.useRealTimers();
  });
});
