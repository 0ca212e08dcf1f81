// Mistakes in the order of calls, made by scripts in both shapes: the kernel's own outcome, and a
// diagnostic that names the mistake and its line.

import { describe, expect, it } from 'vitest';
import { DEFAULT_SMMU } from '../../sim/kernel/kernel-config.ts';
import { ending, runScript } from '../support/run-script.ts';

interface Shape {
  readonly profile: 'seed18' | 'attr19';
  readonly enable: string;
  readonly disable: string;
  readonly attach: string;
  readonly detach: string;
}

const SHAPES: readonly Shape[] = [
  {
    profile: 'seed18',
    enable: 'iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 0, 0, null)',
    disable: 'iommu_sva_shutdown_device(dev)',
    attach: 'iommu_attach_device(d, dev)',
    detach: 'iommu_detach_device(d, dev)',
  },
  {
    profile: 'attr19',
    enable: 'iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_AUX)',
    disable: 'iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_AUX)',
    attach: 'iommu_aux_attach_device(d, dev)',
    detach: 'iommu_aux_detach_device(d, dev)',
  },
];

interface Mistake {
  readonly what: string;
  readonly lines: readonly string[];
  readonly told?: RegExp;
  /** Line that the diagnostic names; the last one by default. */
  readonly at?: number;
}

/** Mistakes as lines of a script; the last line makes it. `told` is the diagnostic. */
function mistakes({ profile, enable, disable, attach, detach }: Shape): readonly Mistake[] {
  const start = [`${enable};`, 'const d = iommu_domain_alloc(dev.bus);'];
  const attached = [...start, `assert(${attach} === 0);`];
  const later = profile === 'attr19';
  // In the shape of 2018 that is a main attach: nothing says what was meant.
  const early = `assert(${attach} === ${later ? '-EINVAL' : '0'});`;
  return [
    {
      what: 'enabling twice',
      lines: [...start, `assert(${enable} === ${later ? '-EBUSY' : '-EEXIST'});`],
    },
    {
      what: 'mapping before the attach',
      lines: [...start, 'assert(iommu_map(d, 0, 0x40000000, SZ_4K, 3) === -ENODEV);'],
    },
    {
      what: 'attaching twice',
      lines: [...attached, `assert(${attach} === 0);`],
      told: /domain 2 is attached to a already/,
    },
    {
      what: 'detaching twice',
      lines: [...attached, `${detach};`, `${detach};`],
      told: /domain 2 from a is ignored: the domain is not attached/,
    },
    {
      what: 'detaching what was never attached',
      lines: [...start, `${detach};`],
      told: /domain 2 from a is ignored/,
    },
    {
      what: 'freeing before the detach',
      lines: [...attached, 'iommu_domain_free(d);'],
      told: /iommu_domain_free: domain 2 is still attached to a/,
    },
    {
      what: 'freeing twice',
      lines: [...start, 'iommu_domain_free(d);', 'iommu_domain_free(d);'],
      told: /iommu_domain_free: domain 2 is freed: a use after free/,
    },
    {
      what: 'attaching what is freed',
      lines: [...start, 'iommu_domain_free(d);', `${attach};`],
      told: /domain 2 is freed/,
    },
    {
      what: 'unmapping from what is freed',
      lines: [...start, 'iommu_domain_free(d);', 'iommu_unmap(d, 0, SZ_4K);'],
      told: /iommu_unmap: domain 2 is freed/,
    },
    {
      what: 'asking what is freed',
      lines: [...start, 'iommu_domain_free(d);', 'assert(iommu_iova_to_phys(d, 0) === 0n);'],
      told: /iommu_iova_to_phys: domain 2 is freed/,
    },
    {
      what: 'attaching before enabling',
      lines: ['const d = iommu_domain_alloc(dev.bus);', early],
      ...(later ? {} : { told: /domain 2 is not freed/, at: 2 }),
    },
    {
      what: 'disabling before the detach',
      lines: [...attached, `${disable};`],
      told: /domain 2 is still attached|detach/,
    },
    {
      what: 'never detaching',
      lines: [...attached],
      told: /PASID 1 is held by arm_smmu_aux at the end/,
    },
    {
      what: 'never freeing',
      lines: ['const d = iommu_domain_alloc(dev.bus);'],
      told: /domain 2 is not freed at the end/,
    },
  ];
}

const CASES = SHAPES.flatMap((shape) =>
  mistakes(shape).flatMap((mistake) =>
    [
      ['one stream', `platform_device('a', { ssid_bits: 5 })`],
      ['two streams', `platform_device('a', { sids: [0x10, 0x21], ssid_bits: 5 })`],
      ['a two-level table', `platform_device('a', { ssid_bits: 14 })`],
      ['ATS', `pci_device('a', { pasid_bits: 5, ats: true })`],
    ].map(([on = '', device = '']) => ({ ...mistake, profile: shape.profile, on, device })),
  ),
);

describe('a mistake in the order', () => {
  it.each(CASES)('$what, $profile, $on', async ({ lines, profile, device, ...rest }) => {
    const text = [`const dev = ${device};`, ...lines].join('\n');
    const run = await runScript(text, { profile });
    expect(ending(run)).toBe('exit 0');
    const told = run.records.flatMap((record) =>
      record.type === 'warn' ? [`${record.text} at ${record.place?.line}`] : [],
    );
    if (rest.told !== undefined) {
      const found = told.find((line) => rest.told?.test(line));
      expect(found, told.join('\n')).toBeDefined();
      const line = rest.at ?? lines.length + 1;
      expect(found).toMatch(new RegExp(` at ${line}$`));
    }
  });
});

describe('the register window of a machine', () => {
  it.each([
    ['one page more with Enhanced Command queues', true, expect.any(Number)],
    ['two pages without', false, undefined],
  ])('has %s', async (_, ecmdq, third) => {
    const run = await runScript(
      `machine.configure({ smmu: { ecmdq: ${ecmdq}, archMinor: 3 } });\nplatform_device('a');`,
    );
    expect(ending(run)).toBe('exit 0');
    const { base, size } = DEFAULT_SMMU;
    expect(run.session.world?.machine.bus.read32(base + size)).toEqual(third);
  });
});

describe('a device that the kernel refuses', () => {
  it('is named when its stream ID is beyond the table, and has no IOMMU', async () => {
    const run = await runScript(
      "const dev = platform_device('far', { sids: [0x10000] });\n" +
        'assert(iommu_group_get(dev) === null);\n' +
        'assert(iommu_attach_device(iommu_domain_alloc(dev.bus), dev) === -ENODEV);',
    );
    expect(ending(run)).toBe('exit 0');
    expect(run.console.join('\n')).toMatch(
      /api-misuse: far: stream ID 0x10000 is beyond the stream table of 16 bits: .* at test\.ts:1\n/,
    );
  });
});

describe('what a driver expects of the kernel around it', () => {
  it('lists the devices of a bus, and finds one by name', async () => {
    const run =
      await runScript(`const devices = ['a', 'b', 'c'].map((name) => platform_device(name));
const pci = pci_device('p');
const seen = [];
const see = (dev, data) => (seen.push(dev_name(dev) + data), dev_name(dev) === 'b' ? -ENOENT : 0);
assert(bus_for_each_dev(platform_bus_type, null, 1, see) === -ENOENT && seen.join() === 'a1,b1');
assert(bus_for_each_dev(platform_bus_type, devices[1], 2, see) === 0 && seen.join() === 'a1,b1,c2');
assert(bus_find_device_by_name(pci_bus_type, null, 'p') === pci);
assert(bus_find_device_by_name(platform_bus_type, devices[0], 'a') === null);`);
    expect(ending(run)).toBe('exit 0');
  });

  it('shows the script’s stack under a WARN_ON', async () => {
    const { log } = await runScript(`function inner() {
  WARN_ON(true);
}
function outer() {
  inner();
}
outer();`);
    const at = log.indexOf('WARNING: script');
    expect(log.slice(at, at + 5)).toEqual([
      'WARNING: script',
      'Call trace:',
      ' test.ts:2:3',
      ' test.ts:5:3',
      ' test.ts:7:1',
    ]);
  });

  it.each([
    [
      "const x = { name: 'irq seen' }; init_completion(x);\nwait_for_completion(x);",
      /waits for completion irq seen/,
    ],
    [
      "const q = { name: 'idle' }; init_waitqueue_head(q);\nwait_event(q, () => false);",
      /waits for wait queue idle/,
    ],
  ])('reports a wait that can never end, with what it waits for', async (text, message) => {
    const run = await runScript(text);
    expect(ending(run)).toMatch(message);
    expect(ending(run)).toMatch(/at 2:1$/);
    expect(run.log.join('\n')).toContain('INFO: task script:1 blocked for more than 120 seconds.');
  });
});

describe('a failure of the simulator itself', () => {
  it('ends with status 70 and says that it is no fault of the script', async () => {
    let sabotaged = false;
    const run = await runScript("pr_info('boot');\nalloc_pages(0);\npr_info('on');", {
      onLog: (session) => {
        if (!sabotaged && session.world !== undefined) {
          sabotaged = true;
          Object.assign(session.world.functions, {
            alloc_pages: () => {
              throw new TypeError('undefined is not a function');
            },
          });
        }
      },
    });
    expect(sabotaged).toBe(true);
    expect(run.result).toMatchObject({
      exit: 70,
      ok: false,
      error: { name: 'InternalError', place: { line: 2 } },
    });
    expect(run.log).not.toContain('on');
  });
});
