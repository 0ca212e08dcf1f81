// Devices of a script: platform devices and PCI functions, and the accesses that they make.

import { hex } from '../base/hex.ts';
import type { DmaAttributes, DmaOutcome } from '../devices/dma-master.ts';
import { DmaMaster } from '../devices/dma-master.ts';
import type { MemcpyEngineOptions } from '../devices/memcpy-engine.ts';
import { PciFunction } from '../devices/pci-function.ts';
import { errnoName } from '../kernel/errno.ts';
import type { Device } from '../kernel/iommu-types.ts';
import { to_pci_dev } from '../kernel/pci.ts';
import { ApiError } from './api-error.ts';
import type { Body } from './binder.ts';
import { Options } from './options.ts';
import type { World } from './world.ts';

/** First StreamID of platform devices that do not ask for one. */
const FIRST_SID = 0x10;
/** Most bytes of one access. */
const MOST_BYTES = 2 ** 26;
const MOST_SSID = 2 ** 20 - 1;

/** An access that failed, as scripts see it. */
interface DmaFailure {
  readonly ok: false;
  readonly reason: string;
  readonly event?: object;
}

/** What the devices need of their session. */
export interface DeviceSurroundings {
  world(): World;
  /** Runs interrupts and deferred work now: an event of the access must be drained to be shown. */
  settle(): void;
  /** The newest event of this stream since `mark`, with its decoded line; see {@link eventMark}. */
  newestEvent(
    sid: number,
    ssid: number,
    mark: number,
  ): { readonly event: object; readonly text: string } | undefined;
  /** Number of events drained so far. */
  eventMark(): number;
}

interface Master {
  readonly dma: DmaMaster;
  /** The PCI function around the bus master, for devices that are one. */
  readonly pci?: PciFunction;
  readonly sids: readonly number[];
}

/** Makes devices and carries out their accesses. */
export class DeviceApi {
  readonly #surroundings: DeviceSurroundings;
  readonly #masters = new WeakMap<object, Master>();
  readonly #all: DmaMaster[] = [];
  #nextSid = FIRST_SID;
  #nextSlot = 1;

  constructor(surroundings: DeviceSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Accesses of at most one page that all devices sent. */
  get dmas(): number {
    return this.#all.reduce((sum, { count }) => sum + count, 0);
  }

  /** `platform_device(name, { sids, ssid_bits, can_stall, dma_mask_bits })`. */
  readonly platformDevice: Body = ([name, given]) => {
    const options = new Options('platform_device', given);
    const sids = options.numbers('sids', 2 ** 32 - 1) ?? [this.#nextSid];
    const spec = {
      sids,
      ssid_bits: options.number('ssid_bits', 0, 20) ?? 0,
      can_stall: options.boolean('can_stall') ?? false,
      dma_mask_bits: options.number('dma_mask_bits', 1, 64) ?? 32,
    };
    options.done();
    this.#nextSid = Math.max(this.#nextSid, ...sids) + 1;
    const added = this.#surroundings.world().addPlatformDevice(name as string, spec);
    return this.#own('platform_device', name as string, added, sids);
  };

  /** `pci_device(name, { bdf, pasid_bits, ats, pri })`. */
  readonly pciDevice: Body = ([name, given]) => {
    const options = new Options('pci_device', given);
    const bdf = options.string('bdf') ?? `0000:00:${hexByte(this.#nextSlot)}.0`;
    const spec = {
      bdf,
      pasid_bits: options.number('pasid_bits', 0, 20) ?? 0,
      ats: options.boolean('ats') ?? false,
      pri: options.boolean('pri') ?? false,
    };
    options.done();
    const sid = requesterId(bdf);
    this.#nextSlot = Math.max(this.#nextSlot, (sid >> 3) & 0x1f) + 1;
    const added = this.#surroundings.world().addPciDevice(name as string, spec);
    return this.#own('pci_device', name as string, added, [sid]);
  };

  /** `dev.dma_read(iova, len, { pasid, priv, exec, sid })`. */
  readonly dmaRead: Body = ([iova, len, given], self) => {
    const master = this.#master(self);
    const bytes = new Uint8Array(checkedLength('dma_read', len as number));
    const attributes = attributesOf('dma_read', given, master.sids);
    const mark = this.#surroundings.eventMark();
    const outcome = master.dma.read(addressOf('dma_read', iova), bytes, attributes);
    return outcome.ok
      ? { ok: true, data: bytes }
      : this.#failure(outcome, attributes, mark, master.pci?.refusal);
  };

  /** `dev.dma_write(iova, bytes, { pasid, priv, sid })`. */
  readonly dmaWrite: Body = ([iova, given, options], self) => {
    const master = this.#master(self);
    const bytes = given as Uint8Array;
    checkedLength('dma_write', bytes.length);
    const attributes = attributesOf('dma_write', options, master.sids);
    const mark = this.#surroundings.eventMark();
    const outcome = master.dma.write(addressOf('dma_write', iova), bytes, attributes);
    return outcome.ok
      ? { ok: true }
      : this.#failure(outcome, attributes, mark, master.pci?.refusal);
  };

  /** What an engine inside a device needs of it. */
  innards(device: Device): Pick<MemcpyEngineOptions, 'machine' | 'master' | 'sid' | 'why'> {
    const { dma, pci, sids } = this.#master(device);
    let mark = this.#surroundings.eventMark();
    return {
      machine: this.#surroundings.world().machine,
      master: dma,
      sid: sids[0] ?? 0,
      why: (outcome, attributes) => {
        const failure = this.#failure(outcome, attributes, mark, pci?.refusal);
        mark = this.#surroundings.eventMark();
        return failure.reason;
      },
    };
  }

  #own(where: string, name: string, added: Device | number, sids: readonly number[]): Device {
    if (typeof added === 'number') {
      throw new ApiError('Error', `${where}: the kernel refused ${name}: ${errnoName(added)}`);
    }
    const { machine, port } = this.#surroundings.world();
    const config = to_pci_dev(added)?.config;
    const pci =
      config === undefined
        ? undefined
        : new PciFunction({ machine, port, config, sid: sids[0] ?? 0 });
    const dma = new DmaMaster(machine, pci ?? port);
    this.#all.push(dma);
    this.#masters.set(added, { dma, sids, ...(pci === undefined ? {} : { pci }) });
    return added;
  }

  #master(self: unknown): Master {
    const master = this.#masters.get(self as object);
    if (master === undefined) {
      throw new ApiError('TypeError', 'this device is no bus master: it cannot do DMA');
    }
    return master;
  }

  #failure(
    outcome: DmaOutcome & { ok: false },
    { sid, ssid }: DmaAttributes,
    mark: number,
    refusal: string | undefined,
  ): DmaFailure {
    this.#surroundings.settle();
    const found = this.#surroundings.newestEvent(sid, ssid, mark);
    const reason = found?.text ?? refusal ?? REASONS[outcome.why](outcome, sid);
    const part = outcome.at === 0 ? '' : ` (after ${outcome.at} bytes)`;
    return {
      ok: false,
      reason: reason + part,
      ...(found === undefined ? {} : { event: found.event }),
    };
  }
}

const REASONS: Record<
  (DmaOutcome & { ok: false })['why'],
  (outcome: DmaOutcome & { ok: false }, sid: number) => string
> = {
  abort: () => 'aborted by the SMMU; no event was recorded',
  terminated: () => 'terminated by the SMMU: reads as zero, writes are ignored',
  'no-memory': ({ pa }) => `translated to ${hex(pa)}, where no memory answers`,
  stalled: ({ stag }, sid) =>
    `stalled for a second: nobody resumed STAG ${hex(stag)} of SID ${hex(sid)} ` +
    '(iommu_page_response() of the fault handler does, or the driver itself)',
};

function checkedLength(where: string, length: number): number {
  if (length < 1 || length > MOST_BYTES) {
    const range = `from 1 to ${hex(MOST_BYTES)} bytes`;
    throw new ApiError('RangeError', `${where}: an access takes ${range}, got ${hex(length)}`);
  }
  return length;
}

/** All 64 bits count here: the hardware checks the upper ones. */
export function addressOf(where: string, value: unknown, name = 'iova'): bigint {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (whole || (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n)) {
    return BigInt(value);
  }
  const shown = typeof value === 'bigint' ? `${value}n` : String(value);
  throw new ApiError(
    'TypeError',
    `${where}: ${name} must be a bigint or a safe integer of at most 64 bits, not negative, got ${shown}`,
  );
}

function attributesOf(where: string, given: unknown, sids: readonly number[]): DmaAttributes {
  const first = sids[0] ?? 0;
  if (given === undefined || given === null) {
    return { sid: first, ssid: -1, privileged: false, instruction: false };
  }
  const options = new Options(where, given);
  const attributes = {
    ssid: options.number('pasid', 0, MOST_SSID) ?? -1,
    privileged: options.boolean('priv') ?? false,
    instruction: where === 'dma_read' ? (options.boolean('exec') ?? false) : false,
    sid: options.number('sid', 0, 2 ** 32 - 1) ?? first,
  };
  options.done();
  if (!sids.includes(attributes.sid)) {
    const own = sids.map((sid) => hex(sid)).join(', ');
    throw new ApiError(
      'RangeError',
      `${where}: sid ${hex(attributes.sid)} is not the device's: ${own}`,
    );
  }
  return attributes;
}

/** Requester ID of `domain:bus:device.function`, which is its StreamID. @throws ApiError */
function requesterId(bdf: string): number {
  const parts = /^(?:([0-9a-f]{4}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/i.exec(bdf);
  if (parts === null) {
    throw new ApiError('TypeError', `pci_device: bdf must be like '0000:01:00.0', got '${bdf}'`);
  }
  const [, , bus = '', device = '', fn = ''] = parts;
  return Number.parseInt(bus, 16) * 256 + Number.parseInt(device, 16) * 8 + Number(fn);
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
