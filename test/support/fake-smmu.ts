// The fake device of README-driver.md: registers that read as written, a command queue that is consumed
// inside the write that makes it runnable, events and page requests on demand. It translates nothing.

import type { VirtualClock } from '../../sim/machine/clock.ts';
import type { PhysicalMemory } from '../../sim/machine/memory.ts';
import type { MmioDevice } from '../../sim/machine/system-bus.ts';

export const REGISTER_NAMES: Readonly<Record<number, string>> = {
  0: 'IDR0',
  4: 'IDR1',
  20: 'IDR5',
  32: 'CR0',
  36: 'CR0ACK',
  40: 'CR1',
  44: 'CR2',
  68: 'GBPA',
  80: 'IRQ_CTRL',
  84: 'IRQ_CTRLACK',
  96: 'GERROR',
  100: 'GERRORN',
  104: 'GERROR_IRQ_CFG0',
  112: 'GERROR_IRQ_CFG1',
  116: 'GERROR_IRQ_CFG2',
  128: 'STRTAB_BASE',
  136: 'STRTAB_BASE_CFG',
  144: 'CMDQ_BASE',
  152: 'CMDQ_PROD',
  156: 'CMDQ_CONS',
  160: 'EVTQ_BASE',
  176: 'EVTQ_IRQ_CFG0',
  184: 'EVTQ_IRQ_CFG1',
  188: 'EVTQ_IRQ_CFG2',
  192: 'PRIQ_BASE',
  208: 'PRIQ_IRQ_CFG0',
  216: 'PRIQ_IRQ_CFG1',
  220: 'PRIQ_IRQ_CFG2',
  65704: 'EVTQ_PROD',
  65708: 'EVTQ_CONS',
  65736: 'PRIQ_PROD',
  65740: 'PRIQ_CONS',
};

const CR0 = 0x20;
const GBPA = 0x44;
const IRQ_CTRL = 0x50;
const GERROR = 0x60;
const GERRORN = 0x64;
const CMDQ_BASE = 0x90;
const CMDQ_PROD = 0x98;
const CMDQ_CONS = 0x9c;
const CMDQEN = 8;
const SYNC = 0x46;

export interface FakeSmmuOptions {
  readonly idr0: number;
  readonly idr1: number;
  readonly idr5: number;
  readonly memory: PhysicalMemory;
  readonly clock: VirtualClock;
  readonly cr0?: number;
  readonly gbpa?: number;
  readonly gbpaStuck?: boolean;
  /** Number (from 1) of the CR0 write from which on CR0ACK does not follow; 0 for never. */
  readonly cr0NoAckFrom?: number;
  readonly irqNoAck?: boolean;
}

/** A command as the device fetched it. */
export interface FetchedCommand {
  readonly index: number;
  readonly dwords: readonly [bigint, bigint];
  /** CERROR it was refused with, or undefined. */
  readonly error?: number;
}

/** What an observer is told, in order. */
export interface FakeSmmuObserver {
  /** Before each access takes effect. */
  access?(write: boolean, offset: number, width: number, value: bigint): void;
  command?(command: FetchedCommand): void;
  act?(what: Readonly<Record<string, unknown>>): void;
  /** GERROR changed: an interrupt is due if it is enabled. */
  gerror?(): void;
}

interface OutputQueue {
  readonly what: 'event' | 'ppr';
  readonly baseReg: number;
  readonly prodReg: number;
  /** Bit of CR0. */
  readonly enable: number;
  /** Takes records while an overflow is not acknowledged. */
  readonly whileOverflow: boolean;
}

const EVENTS: OutputQueue = {
  what: 'event',
  baseReg: 0xa0,
  prodReg: 0x100a8,
  enable: 4,
  whileOverflow: true,
};
const REQUESTS: OutputQueue = {
  what: 'ppr',
  baseReg: 0xc0,
  prodReg: 0x100c8,
  enable: 2,
  whileOverflow: false,
};

interface Failure {
  readonly op: number;
  skip: number;
  readonly code: number;
  times: number;
}

/** The event and PRI indices of page 1 answer at their page 0 offsets, too. */
function aliased(offset: number): number {
  return [0xa8, 0xac, 0xc8, 0xcc].includes(offset) ? offset + 0x10000 : offset;
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

export class FakeSmmu implements MmioDevice {
  readonly name = 'fake-smmu';
  observer: FakeSmmuObserver = {};
  /** Records the device pushes while the driver drains: one at each EVTQ_CONS write. */
  eventsDuringIrq = 0;
  readonly commands: FetchedCommand[] = [];
  readonly #options: FakeSmmuOptions;
  readonly #registers = new Map<number, number>();
  #failure: Failure | undefined;
  #cr0Writes = 0;
  #stopped = false;

  constructor(options: FakeSmmuOptions) {
    this.#options = options;
    this.set(0x0, options.idr0);
    this.set(0x4, options.idr1);
    this.set(0x14, options.idr5);
    this.set(CR0, options.cr0 ?? 0);
    this.set(CR0 + 4, options.cr0 ?? 0);
    this.set(GBPA, options.gbpa ?? 0);
  }

  get(offset: number): number {
    return this.#registers.get(aliased(offset)) ?? 0;
  }

  set(offset: number, value: number): void {
    this.#registers.set(aliased(offset), value >>> 0);
  }

  read32(offset: number): number {
    const value = this.get(offset);
    this.observer.access?.(false, offset, 4, BigInt(value));
    return value;
  }

  read64(offset: number, out: Int32Array): void {
    out[0] = this.get(offset);
    out[1] = this.get(offset + 4);
    this.observer.access?.(false, offset, 8, this.#quad(offset));
  }

  write32(offset: number, value: number): void {
    this.observer.access?.(true, offset, 4, BigInt(value >>> 0));
    if (offset === CMDQ_CONS && (this.get(CR0) & CMDQEN) !== 0) {
      return;
    }
    this.set(offset, value);
    if (offset === CR0) {
      this.#cr0Writes++;
      const stuck = this.#options.cr0NoAckFrom ?? 0;
      if (stuck === 0 || this.#cr0Writes < stuck) {
        this.set(CR0 + 4, value);
      }
      this.#consume();
    } else if (offset === IRQ_CTRL) {
      if (this.#options.irqNoAck !== true || value === 0) {
        this.set(IRQ_CTRL + 4, value);
      }
    } else if (offset === GBPA && this.#options.gbpaStuck !== true) {
      this.set(GBPA, value & 0x7fff_ffff);
    } else if (offset === CMDQ_PROD) {
      this.#consume();
    } else if (offset === GERRORN) {
      if (((this.get(GERROR) ^ value) & 1) === 0) {
        this.set(CMDQ_CONS, this.get(CMDQ_CONS) & 0xf_ffff);
      }
      this.#consume();
    } else if (aliased(offset) === 0x100ac && this.eventsDuringIrq > 0) {
      const n = this.eventsDuringIrq--;
      this.event([(BigInt(n) << 32n) | 0x13n, BigInt(n), 0x1000n, 0n]);
    }
  }

  write64(offset: number, lo: number, hi: number): void {
    const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    this.observer.access?.(true, offset, 8, value);
    this.set(offset, lo);
    this.set(offset + 4, hi);
  }

  /**
   * Refuses commands of an opcode from now on: skips some, then refuses `times` fetches with `code`.
   * It replaces what was asked for before.
   */
  failCommand(op: number, skip: number, code: number, times: number): void {
    this.#failure = { op, skip, code, times };
  }

  stopConsuming(resumeAfterUs: number): void {
    this.#stopped = true;
    if (resumeAfterUs > 0) {
      this.#options.clock.after(resumeAfterUs * 1000, () => {
        this.observer.act?.({ hw: 'resume' });
        this.resume();
      });
    }
  }

  resume(): void {
    this.#stopped = false;
    this.#consume();
  }

  /** Toggles bits of GERROR. */
  gerror(toggle: number): void {
    this.set(GERROR, this.get(GERROR) ^ toggle);
    const gerror = hex(this.get(GERROR));
    this.observer.act?.({ hw: 'gerror', toggle: hex(toggle), gerror });
    this.observer.gerror?.();
  }

  event(record: readonly bigint[]): void {
    this.#push(EVENTS, record);
  }

  ppr(record: readonly bigint[]): void {
    this.#push(REQUESTS, record);
  }

  #push(queue: OutputQueue, record: readonly bigint[]): void {
    const { what, baseReg, prodReg, enable, whileOverflow } = queue;
    const log2 = this.get(baseReg) & 0x1f;
    const prod = this.get(prodReg);
    const cons = this.get(prodReg + 4);
    const mask = 2 ** (log2 + 1) - 1;
    const enabled = (this.get(CR0) & enable) !== 0;
    const full = ((prod ^ cons) & mask) === 2 ** log2;
    const overflow = ((prod ^ cons) & 0x8000_0000) !== 0;
    let result = 'queued';
    if (!enabled) {
      result = 'disabled';
    } else if (full || (overflow && !whileOverflow)) {
      result = overflow ? 'full' : 'overflow';
      if (!overflow) {
        this.set(prodReg, prod ^ 0x8000_0000);
      }
    } else {
      const base = Number(this.#quad(baseReg) & 0xf_ffff_ffff_ffe0n);
      const bytes = record.length * 8;
      const at = base + (prod & (2 ** log2 - 1)) * bytes;
      for (const [index, word] of record.entries()) {
        this.#options.memory.write64(
          at + index * 8,
          Number(BigInt.asIntN(32, word)),
          Number(BigInt.asIntN(32, word >> 32n)),
        );
      }
      this.set(prodReg, (prod & 0x8000_0000) | ((prod + 1) & mask));
    }
    this.observer.act?.({
      hw: what,
      rec: record.map(hex),
      result,
      prod: hex(this.get(prodReg)),
    });
  }

  #quad(offset: number): bigint {
    return (BigInt(this.get(offset + 4)) << 32n) | BigInt(this.get(offset));
  }

  #consume(): void {
    const log2 = this.get(CMDQ_BASE) & 0x1f;
    const mask = 2 ** (log2 + 1) - 1;
    const base = Number(this.#quad(CMDQ_BASE) & 0xf_ffff_ffff_ffe0n);
    while (
      (this.get(CR0) & CMDQEN) !== 0 &&
      !this.#stopped &&
      ((this.get(GERROR) ^ this.get(GERRORN)) & 1) === 0 &&
      ((this.get(CMDQ_PROD) ^ this.get(CMDQ_CONS)) & mask) !== 0
    ) {
      const cons = this.get(CMDQ_CONS);
      const index = cons & (2 ** log2 - 1);
      const dwords = [this.#dword(base + index * 16), this.#dword(base + index * 16 + 8)] as const;
      const error = this.#failureOf(Number(dwords[0] & 0xffn));
      const command = { index, dwords, ...(error === undefined ? {} : { error }) };
      this.commands.push(command);
      this.observer.command?.(command);
      if (error !== undefined) {
        this.set(CMDQ_CONS, (cons & 0xf_ffff) | (error << 24));
        this.set(GERROR, this.get(GERROR) ^ 1);
        this.observer.act?.({
          hw: 'cmdq_err',
          code: error,
          cons: hex(this.get(CMDQ_CONS)),
          gerror: hex(this.get(GERROR)),
        });
        this.observer.gerror?.();
        return;
      }
      this.set(CMDQ_CONS, (cons + 1) & mask);
      this.#signal(dwords);
    }
  }

  #signal(dwords: readonly [bigint, bigint]): void {
    if (Number(dwords[0] & 0xffn) === SYNC && ((dwords[0] >> 12n) & 3n) === 1n) {
      const address = Number(dwords[1] & 0xf_ffff_ffff_fffcn);
      const data = Number(dwords[0] >> 32n);
      this.#options.memory.write32(address, data | 0);
      this.observer.act?.({ hw: 'sync_msi', addr: BigInt(address), data: hex(data) });
    }
  }

  #dword(pa: number): bigint {
    this.#options.memory.read64(pa);
    const { lo, hi } = this.#options.memory;
    return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  }

  #failureOf(op: number): number | undefined {
    const failure = this.#failure;
    if (failure === undefined || failure.op !== op || failure.times === 0) {
      return undefined;
    }
    if (failure.skip > 0) {
      failure.skip--;
      return undefined;
    }
    failure.times--;
    return failure.code;
  }
}
