// The memory copy engine as scripts have it: made by memcpy_engine(), programmed by methods in place of
// registers. What a driver can get wrong answers an errno; arguments that make no sense throw.

import { MemcpyEngine, QUEUE_DEPTH } from '../devices/memcpy-engine.ts';
import { EBUSY, EINVAL, ENODEV, ENOSPC } from '../kernel/errno.ts';
import type { Device } from '../kernel/iommu-types.ts';
import type { Binder, Body } from './binder.ts';
import type { DeviceApi } from './device-api.ts';
import { addressOf } from './device-api.ts';
import type { HandleKind, HandleTable } from './handles.ts';
import { Options } from './options.ts';
import type { Signature } from './signature.ts';
import { parseSignature } from './signature.ts';

/** Methods of an engine. */
export const ENGINE_SIGNATURES = [
  'queue_enable(queue: int, pasid?: u32): int',
  'queue_disable(queue: int): int',
  'submit(queue: int, src: any, dst: any, len: size): int',
  'completions(): any',
] as const;

/** First interrupt line of engines that do not ask for one. */
const FIRST_IRQ = 100;
const MOST_IRQ = 1023;
const MOST_QUEUES = 64;
const DEFAULT_QUEUES = 8;
const MOST_SSID = 2 ** 20 - 1;
const MOST_BYTES = 2 ** 26;
/** Options that make the engine a PCI function. */
const PCI_OPTIONS = ['bdf', 'pasid_bits', 'ats', 'pri'];

/** Makes engines, and knows the kernel's device of each. */
export class EngineApi {
  readonly #devices: DeviceApi;
  readonly #kernelDevices = new WeakMap<object, Device>();
  #nextIrq = FIRST_IRQ;

  constructor(devices: DeviceApi) {
    this.#devices = devices;
  }

  /** `memcpy_engine(name, { irq, queues, ...those of platform_device or pci_device })`. */
  readonly make: Body = ([name, given], self) => {
    const { irq, queues, ...rest } = (given ?? {}) as Readonly<Record<string, unknown>>;
    const own = new Options('memcpy_engine', { irq, queues });
    const line = own.number('irq', 0, MOST_IRQ) ?? this.#nextIrq;
    const count = own.number('queues', 1, MOST_QUEUES) ?? DEFAULT_QUEUES;
    this.#nextIrq = Math.max(this.#nextIrq, line + 1);
    const pci = PCI_OPTIONS.some((option) => rest[option] !== undefined);
    const make = pci ? this.#devices.pciDevice : this.#devices.platformDevice;
    const dev = make([name, rest], self) as Device;
    const engine = new MemcpyEngine({ ...this.#devices.innards(dev), irq: line, queues: count });
    this.#kernelDevices.set(engine, dev);
    return engine;
  };

  /** The kind of handle of engines. */
  kind(binder: Binder, handles: HandleTable): HandleKind {
    return {
      name: 'memcpy_engine',
      methods: binder.methods(
        'memcpy_engine',
        ENGINE_SIGNATURES.map((text): readonly [Signature, Body] => {
          const signature = parseSignature(text);
          const body = BODIES[signature.name as keyof typeof BODIES];
          return [signature, (args, self) => body(self as MemcpyEngine, ...(args as never[]))];
        }),
      ),
      fields: (host) => {
        const engine = host as MemcpyEngine;
        const dev = this.#kernelDevices.get(engine);
        return {
          dev: dev === undefined ? null : handles.handleOf(dev, 'device'),
          irq: engine.irq,
          queues: engine.queues,
        };
      },
    };
  }
}

type NameOf<S> = S extends `${infer N}(${string}` ? N : never;
type EngineBody = (engine: MemcpyEngine, ...args: never[]) => unknown;

const BODIES: Readonly<Record<NameOf<(typeof ENGINE_SIGNATURES)[number]>, EngineBody>> = {
  queue_enable: (engine, queue: number, pasid?: number) => {
    if (!exists(engine, queue) || (pasid ?? 0) > MOST_SSID) {
      return -EINVAL;
    }
    if (engine.enabled(queue)) {
      return -EBUSY;
    }
    engine.enable(queue, pasid ?? -1);
    return 0;
  },
  queue_disable: (engine, queue: number) => {
    if (!exists(engine, queue)) {
      return -EINVAL;
    }
    engine.disable(queue);
    return 0;
  },
  submit: (engine, queue: number, src: unknown, dst: unknown, length: number) => {
    const [from, to] = [addressOf('submit', src, 'src'), addressOf('submit', dst, 'dst')];
    if (!exists(engine, queue) || length < 1 || length > MOST_BYTES) {
      return -EINVAL;
    }
    if (!engine.enabled(queue)) {
      return -ENODEV;
    }
    return engine.waiting(queue) < QUEUE_DEPTH ? engine.submit(queue, from, to, length) : -ENOSPC;
  },
  completions: (engine) => engine.takeCompleted(),
};

function exists({ queues }: MemcpyEngine, queue: number): boolean {
  return queue >= 0 && queue < queues;
}
