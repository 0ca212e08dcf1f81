import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hex } from '../../sim/base/hex.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { IovaMaps } from '../../sim/inspect/iova-map.ts';
import { KernelObjects } from '../../sim/inspect/kernel-objects.ts';
import { ArmSmmuDomain } from '../../sim/kernel/arm-smmu-v3/domain.ts';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import { listMappings } from '../../sim/session/debug-mappings.ts';
import { K } from '../../sim/trace/kinds.ts';
import type { TraceSource } from '../../sim/trace/reader.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import { Random } from '../fuzz/random.ts';
import { KernelRig } from '../support/kernel-rig.ts';
import { kernelSnapshot } from '../support/kernel-snapshot.ts';
import { runScript } from '../support/run-script.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const KINDS = ['device', 'group', 'domain', 'pasid', 'bond', 'mdev'] as const;
const EVERY = 2 ** 31;
const AUXD_AND_IOPF = 3;

/** A follower of a trace as inspectors are. */
function follow(source: TraceSource) {
  const index = new TraceIndex(source);
  const objects = new KernelObjects(source, new IovaMaps(index));
  return (): KernelObjects => {
    index.update();
    objects.update();
    return objects;
  };
}

/** As `kernelSnapshot()` has it, of what the records tell. */
function recorded(objects: KernelObjects): string[] {
  return KINDS.flatMap((kind) =>
    objects
      .keys(kind, 0, EVERY)
      .map((key) => `${kind} ${key} ${JSON.stringify(objects.state(kind, key))}`),
  ).sort();
}

/** Mappings as the kernel's own table in memory has them; runs without regard to who wrote them. */
function kernelMappings(kernel: Kernel): string[] {
  return kernel.iommu.live.flatMap(([domain]) =>
    domain instanceof ArmSmmuDomain
      ? listMappings(domain, kernel.machine.memory).map(
          ({ name, text }) => `${domain.id} ${name} ${text}`,
        )
      : [],
  );
}

function recordedMappings(objects: KernelObjects): string[] {
  return objects.keys('domain', 0, EVERY).flatMap((key) => {
    const table = objects.state('domain', key)?.table;
    const runs: { iova: number; size: number; pa: number; prot: string }[] = [];
    for (const { iova, size, pa, prot } of table === undefined
      ? []
      : objects.maps.mapOf(table).ranges) {
      const last = runs.at(-1);
      const joins =
        last !== undefined &&
        last.iova + last.size === iova &&
        last.pa + last.size === pa &&
        last.prot === prot;
      if (joins) {
        last.size += size;
      } else {
        runs.push({ iova, size, pa, prot });
      }
    }
    return runs.map(
      ({ iova, size, pa, prot }) =>
        `${key} ${hex(iova)}..${hex(iova + size - 1)} -> ${hex(pa)} ${prot}`,
    );
  });
}

/** From now on compares when a call of the script returns. */
function checkEachCall() {
  const checked: { calls: number; most: number; wrong?: unknown } = { calls: 0, most: 0 };
  let kernel: Kernel | undefined;
  let now: (() => KernelObjects) | undefined;
  const { boot } = Kernel.prototype;
  vi.spyOn(Kernel.prototype, 'boot').mockImplementation(function (this: Kernel) {
    kernel = this;
    now = follow(this.recorder);
    return boot.call(this);
  });
  const { emit } = Recorder.prototype;
  vi.spyOn(Recorder.prototype, 'emit').mockImplementation(function (this: Recorder, kind, ...rest) {
    const id = emit.call(this, kind, ...rest);
    if (kind === K.return && kernel !== undefined && now !== undefined) {
      const [model, told] = [kernelSnapshot(kernel), recorded(now())];
      if (model.join('\n') !== told.join('\n')) {
        checked.wrong ??= { model, told };
      }
      checked.calls++;
      checked.most = Math.max(checked.most, model.length);
    }
    return id;
  });
  return { checked, kernel: () => kernel };
}

afterEach(() => vi.restoreAllMocks());

describe('the kernel objects as the records tell them', () => {
  const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));
  it.each(examples)(
    'are those of the kernel after each call of %s, and in its session file',
    async (name) => {
      const { checked, kernel } = checkEachCall();
      const { session } = await runScript(readFileSync(join(EXAMPLES, name), 'utf8'), {
        file: name,
      });
      expect(checked.wrong).toBeUndefined();
      expect(checked.calls).toBeGreaterThan(0);
      expect(checked.most).toBeGreaterThan(2);
      const own = kernel();
      const opened = follow(readSession([session.traceText()]).source)();
      expect(recorded(opened)).toEqual(own && kernelSnapshot(own));
      expect(recordedMappings(opened)).toEqual(own && kernelMappings(own));
    },
  );

  it.each(['seed18', 'attr19'] as const)(
    'are those of the kernel after random calls in %s, mappings too',
    (profile) => {
      for (let seed = 1; seed <= 12; seed++) {
        const calls = new RandomCalls(profile, seed);
        const now = follow(calls.rig.recorder);
        for (let step = 0; step < 120; step++) {
          const call = calls.next();
          const objects = now();
          const where = `seed ${seed}, step ${step}: ${call}`;
          expect(recorded(objects), where).toEqual(kernelSnapshot(calls.rig.kernel));
          if (step % 10 === 9) {
            expect(recordedMappings(objects), where).toEqual(kernelMappings(calls.rig.kernel));
          }
        }
      }
    },
  );

  it('take nothing from a file whose states are no states', () => {
    const recorder = new Recorder({ now: 0 });
    const what = recorder.intern('domain');
    recorder.emit(K.state, what, 1, 0, recorder.intern('{'));
    recorder.emit(K.state, what, 2, 0, recorder.intern('7'));
    recorder.emit(K.state, recorder.intern('unicorn'), 3, 0, recorder.intern('{}'));
    const objects = follow(recorder)();
    expect(objects.state('domain', 1)).toBeUndefined();
    expect(objects.state('domain', 2)).toBeUndefined();
    expect(objects.count('domain')).toBe(2);
  });
});

/** Calls of every kind on two devices, sensible and not. */
class RandomCalls {
  readonly rig: KernelRig;
  readonly #random: Random;
  readonly #devices: readonly Device[];
  readonly #domains: IommuDomain[] = [];
  readonly #mms: MmStruct[] = [];
  readonly #pasids: number[] = [];
  readonly #set = { name: 'own' };
  readonly #profile: 'seed18' | 'attr19';

  constructor(profile: 'seed18' | 'attr19', seed: number) {
    this.#profile = profile;
    this.rig = new KernelRig({ config: { profile }, features: { ssidsize: 10 } });
    this.#random = new Random(seed);
    const { kernel } = this.rig;
    this.#devices = [
      kernel.add_platform_device('accel0', { sids: [0x100, 0x101], ssid_bits: 6, can_stall: true }),
      kernel.add_pci_device('nic0', { pasid_bits: 5, ats: true, pri: true }),
    ];
    for (let n = 0; n < 3; n++) {
      this.#mms.push(this.rig.call('mm_alloc') as MmStruct);
    }
  }

  /** Makes one call and says which. */
  next(): string {
    const dev = this.#pick(this.#devices);
    const domain = this.#pick(this.#domains);
    const mm = this.#pick(this.#mms);
    const iova = 0x7000_0000 + this.#random.below(64) * 4096;
    const size = (1 + this.#random.below(8)) * 4096;
    const steps: Readonly<Record<string, () => unknown>> = {
      alloc: () => {
        const made = this.rig.call('iommu_domain_alloc', dev?.bus) as IommuDomain | null;
        return made !== null && this.#domains.push(made);
      },
      attach: () => this.#domainCall('iommu_attach_device', domain, dev),
      attachAgain: () => this.#domainCall('iommu_attach_device', domain, dev),
      detach: () => this.#domainCall('iommu_detach_device', domain, dev),
      free: () => this.#random.below(4) === 0 && this.#domainCall('iommu_domain_free', domain),
      nesting: () => this.#domainCall('iommu_domain_set_attr', domain, 6, { value: 1 }),
      handler: () => this.#domainCall('iommu_set_fault_handler', domain, () => 0, null),
      map: () => this.#domainCall('iommu_map', domain, iova, 0x8000_0000 + size, size, 3),
      mapMore: () => this.#domainCall('iommu_map', domain, iova, 0x8000_0000 + size, size, 1),
      unmap: () => this.#domainCall('iommu_unmap', domain, iova, size),
      pasid: () => {
        const id = this.rig.call('ioasid_alloc', this.#set, 1, 40, null) as number;
        this.#pasids.push(id);
      },
      data: () => this.rig.kernel.ioasid.setData(this.#pick(this.#pasids) ?? 0, 'mine'),
      freePasid: () => this.rig.call('ioasid_free', this.#pasids.pop() ?? 0),
      bind: () => this.#bind(dev, mm),
      ...this.#switches(dev),
    };
    const name = this.#pick(Object.keys(steps)) ?? '';
    steps[name]?.();
    return name;
  }

  #switches(dev: Device | undefined): Record<string, () => unknown> {
    const { sva } = this.rig.kernel;
    if (dev === undefined) {
      return {};
    }
    return this.#profile === 'seed18'
      ? {
          init: () => sva.iommu_sva_init_device(dev, AUXD_AND_IOPF, 1, 9, () => 0),
          shutdown: () => this.#random.below(3) === 0 && sva.iommu_sva_shutdown_device(dev),
          unbind: () => {
            for (const { pasid } of this.rig.kernel.bindings.states().values()) {
              this.rig.kernel.bindings.iommu_sva_unbind_device(dev, pasid);
            }
          },
        }
      : {
          aux: () => this.rig.call('iommu_dev_enable_feature', dev, 0),
          sva: () => this.rig.call('iommu_dev_enable_feature', dev, 1),
          off: () => this.rig.call('iommu_dev_disable_feature', dev, this.#random.below(2)),
          auxAttach: () =>
            this.#domainCall('iommu_aux_attach_device', this.#pick(this.#domains), dev),
          auxDetach: () =>
            this.#domainCall('iommu_aux_detach_device', this.#pick(this.#domains), dev),
        };
  }

  #bind(dev: Device | undefined, mm: MmStruct | undefined): void {
    const { bindings, handles } = this.rig.kernel;
    if (dev !== undefined && mm !== undefined && this.#profile === 'seed18') {
      bindings.iommu_sva_bind_device(dev, mm, { value: 0 }, 0, 'mine');
    } else if (dev !== undefined && mm !== undefined) {
      handles.iommu_sva_bind_device(dev, mm, null);
    }
  }

  #domainCall(name: string, domain: IommuDomain | undefined, ...args: unknown[]): unknown {
    return domain === undefined ? undefined : this.rig.call(name, domain, ...args);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.below(Math.max(1, list.length))];
  }
}
