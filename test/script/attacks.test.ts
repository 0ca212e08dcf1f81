// What a hostile script tries: reach the host's realm, its process, files, network, or memory without
// end. Each attack runs in the realm that the worker uses.

import { describe, expect, it } from 'vitest';
import { runScript } from '../support/run-script.ts';

/** Each ends with `leak(value)` of something that would be a way out. */
const ATTACKS: readonly (readonly [string, string])[] = [
  ['constructor of a function', `leak((() => 0).constructor('return process')());`],
  ['constructor of an API function', `leak((pr_info as any).constructor('return process')());`],
  ['constructor of a method', `leak((dev.dma_read as any).constructor('return process')());`],
  ['constructor of a handle', `leak((dev as any).constructor.constructor('return process')());`],
  ['constructor of a bus', `leak((dev.bus as any).constructor.constructor('return process')());`],
  ['constructor of machine', `leak((machine as any).configure.constructor('return process')());`],
  [
    'constructor of a result',
    `leak((dev.dma_read(0, 1) as any).constructor.constructor('return process')());`,
  ],
  [
    'constructor of bytes',
    `leak((phys_read(0x4000_0000, 4) as any).constructor.constructor('return process')());`,
  ],
  [
    'constructor of an event',
    `dev.dma_read(0, 1); leak((events()[0] as any).constructor.constructor('return process')());`,
  ],
  [
    'constructor of the list of events',
    `leak((events() as any).constructor.constructor('return process')());`,
  ],
  [
    'constructor of an error of the API',
    `try { iommu_map(1 as any, 2, 3, 4, 5); } catch (e) { leak((e as any).constructor.constructor('return process')()); }`,
  ],
  [
    'constructor of a stack overflow in the API',
    `const f = (): any => { try { return f(); } catch (e) { return e; } }; const g = (): any => { try { pr_info('%s', g()); } catch (e) { leak((e as any).constructor.constructor('return process')()); } }; g();`,
  ],
  ['constructor of an async function', `leak((async () => 0).constructor('return process')());`],
  [
    'constructor of a generator',
    `leak((function* () {}).constructor('return process')().next().value);`,
  ],
  ['the Function global', `leak(new Function('return process')());`],
  ['indirect eval', `leak((0, eval)('process'));`],
  ['direct eval', `leak(eval('process'));`],
  ['the global this', `leak((function (this: any) { return this; })()?.process);`],
  ['globalThis', `leak((globalThis as any).process);`],
  ['require', `leak((globalThis as any).require('fs'));`],
  ['the module', `leak((globalThis as any).module);`],
  ['dynamic import', `leak(await (0, eval)('im' + 'port("node:fs")'));`],
  ['dynamic import of Function', `leak(await new Function('return im' + 'port("node:fs")')());`],
  ['arguments.callee', `leak((function () { return (arguments as any).callee.caller; })());`],
  ['a caller', `function f() { return (f as any).caller; } leak(f());`],
  [
    'prepareStackTrace',
    `(Error as any).prepareStackTrace = (_: any, frames: any) => frames; leak((new Error().stack as any)[0].getThis());`,
  ],
  [
    'captureStackTrace',
    `const o: any = {}; (Error as any).captureStackTrace(o); if (/node:|file:|sim.host/.test(String(o.stack))) leak(o.stack);`,
  ],
  [
    'paths in a stack',
    `try { iommu_map(1 as any, 2, 3, 4, 5); } catch (e) { if (/node:|file:|[/]sim[/]/.test(String((e as any).stack))) leak((e as any).stack); }`,
  ],
  ['poisoned Object.prototype', `(Object.prototype as any).pasid = 3; leak(1);`],
  ['poisoned Array.prototype', `(Array.prototype as any).map = () => 0; leak(1);`],
  [
    'poisoned Promise.prototype.then',
    `(Promise.prototype as any).then = (f: any) => leak(f.constructor('return process')()); await 1; throw 0;`,
  ],
  [
    'a thenable result',
    `leak(await { then(ok: any) { ok(ok.constructor('return process')()); } });`,
  ],
  [
    'a species',
    `class P extends Promise<any> { static get [Symbol.species]() { return function (f: any) { f((v: any) => v, (v: any) => v); }; } } leak((P.resolve(1).then as any).constructor('return process')());`,
  ],
  [
    'a getter among the options',
    `let seen: any; dev.dma_read(0, 1, { get pasid() { seen = (function () { return (arguments as any).callee; }); return 1; } }); leak(seen()?.caller);`,
  ],
  [
    'a proxy as options',
    `let got: any; dev.dma_read(0, 1, new Proxy({}, { get(_t, _k, receiver) { got = receiver; return undefined; }, ownKeys(t) { got = t; return []; } }) as any); leak(got?.constructor?.constructor?.('return process')?.());`,
  ],
  [
    'a proxy as bytes',
    `dev.dma_write(0, new Proxy(new Uint8Array(4), { get(t, k, r) { leak(r.constructor.constructor('return process')()); } }));`,
  ],
  [
    'a lying typed array',
    `const b = new Uint8Array(4); Object.defineProperty(b, 'length', { value: 1e9 }); dev.dma_write(0, b); leak(undefined);`,
  ],
  [
    'a ref with a setter',
    `const r = { get value() { return 0; }, set value(v: any) { leak(v?.constructor?.constructor?.('return process')?.()); } }; iommu_domain_get_attr(domain, DOMAIN_ATTR_GEOMETRY, r as any);`,
  ],
  [
    'arguments of a callback',
    `const set = DECLARE_IOASID_SET('s'); ioasid_alloc(set, 1, 5, {}); ioasid_for_each(set, (...args: any[]) => { for (const a of args) leak(a?.constructor?.constructor?.('return process')?.()); return 0; }, {});`,
  ],
  [
    'this of a callback',
    `const set = DECLARE_IOASID_SET('s'); ioasid_alloc(set, 1, 5, {}); ioasid_for_each(set, function (this: any) { leak(this?.constructor?.constructor?.('return process')?.()); return 0; }, null);`,
  ],
  [
    'a structure that the kernel fills',
    `const work: any = {}; INIT_WORK(work, () => {}); schedule_work(work); for (const key of Object.keys(work)) leak(work[key]?.constructor?.constructor?.('return process')?.());`,
  ],
  [
    'a method on something else',
    `leak((dev.dma_read as any).call(machine, 0, 4).constructor.constructor('return process')());`,
  ],
  [
    'a forged handle',
    `leak((Object.getPrototypeOf(dev) as any).dma_read.call(Object.create(Object.getPrototypeOf(dev)), 0, 4));`,
  ],
  ['a shared buffer', `leak(new (globalThis as any).SharedArrayBuffer(8));`],
  ['WebAssembly', `leak((globalThis as any).WebAssembly);`],
  ['a timer', `leak((globalThis as any).setTimeout);`],
  ['the network', `leak((globalThis as any).fetch);`],
  ['the console of the realm', `leak((globalThis as any).console);`],
  ['lockdown again', `leak((globalThis as any).lockdown({ errorTaming: 'unsafe' }));`],
  ['a new compartment', `leak(new (globalThis as any).Compartment().evaluate('process'));`],
  ['changing a handle', `(dev as any).dma_read = () => 0; leak(1);`],
  ['changing the API', `(pr_info as any).call = () => 0; leak(1);`],
  ['closing the wrapper', `} }); leak(process); (function () { return async function () {`],
];

const SETUP = `const dev: any = platform_device('a', { ssid_bits: 4 });
const domain = iommu_domain_alloc(dev.bus)!;
function leak(value: unknown): void { if (value !== undefined && value !== null) pr_info('LEAK %s', typeof value); }
`;

describe('a script cannot reach the host', () => {
  it.each(ATTACKS)('through %s', async (_, attack) => {
    const { log, result } = await runScript(`${SETUP}${attack}`);
    expect(log.filter((line) => line.startsWith('LEAK'))).toEqual([]);
    expect([0, 1, 3]).toContain(result.exit);
  });

  it('is tried with attacks that would show a leak', async () => {
    const { log } = await runScript(`${SETUP}leak((() => 7)());`);
    expect(log.filter((line) => line.startsWith('LEAK'))).toEqual(['LEAK number']);
  });

  it.each([
    [`const a = []; for (;;) a.push(new Uint8Array(1e7));`, /more than 512 MiB in ArrayBuffers/],
    [`const a = []; for (;;) a.push(new ArrayBuffer(1e8));`, /more than 512 MiB in ArrayBuffers/],
    [`new BigInt64Array(2 ** 28);`, /more than 512 MiB in ArrayBuffers/],
    [`const a = []; const b = new Uint8Array(1e7); for (;;) a.push(b.slice());`, /512 MiB/],
    [`const a = []; for (;;) a.push(new Uint8Array(new Uint8Array(1e7)));`, /512 MiB/],
    [
      `const a = []; for (;;) a.push(new ([].constructor.call(1, 1), Uint8Array)(1e7).map((x) => x));`,
      /512 MiB/,
    ],
    [`new Array(2 ** 27).fill(0);`, /too long for a script/],
    [`Array.from({ length: 2 ** 27 });`, /too long for a script/],
    [`new ArrayBuffer(8, { maxByteLength: 2 ** 33 });`, /512 MiB|Invalid array buffer/],
  ])(
    '%s ends with a clear message',
    async (text, message) => {
      const { result } = await runScript(text);
      expect(result.error?.message).toMatch(message);
      expect(result.error?.place?.line).toBe(1);
    },
    60_000,
  );

  it('frees what a script no longer holds', async () => {
    const { result } = await runScript(
      `for (let i = 0; i < 200; i++) new Uint8Array(1e7); assert(true);`,
    );
    expect(result.error).toBeUndefined();
  }, 60_000);
});
