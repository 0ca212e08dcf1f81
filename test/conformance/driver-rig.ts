// A kernel with the 4.20 driver over fake devices, recording what the hardware could see.

import type { IrqAction } from '../../sim/kernel/interrupt.ts';
import { IRQ_WAKE_THREAD } from '../../sim/kernel/interrupt.ts';
import type { IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { Device } from '../../sim/kernel/iommu-types.ts';
import type { Kernel as KernelType } from '../../sim/kernel/kernel.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { SmmuPlatform } from '../../sim/kernel/kernel-config.ts';
import type { LogLine } from '../../sim/kernel/printk.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import { FakeSmmu, REGISTER_NAMES } from '../support/fake-smmu.ts';
import type { Item } from './driver-memory.ts';
import { DriverMemory, hex, QUEUE_BASE, STRTAB_BASE, SYNC_ADDR } from './driver-memory.ts';

type CoherentListener = NonNullable<KernelType['onCoherent']>;

/** The configuration of a recorded line. */
export interface DriverCfg {
  readonly name: string;
  readonly page_shift: number;
  readonly va_bits: number;
  readonly pci_ats: number;
  readonly pci_pri: number;
  readonly idr0: string;
  readonly idr1: string;
  readonly idr5: string;
  readonly disable_bypass: number;
  readonly dma_coherent: number;
  readonly fw: string;
  readonly iommu_cells: number;
  readonly acpi_model: number;
  readonly kdump: number;
  readonly opt_broken_prefetch: number;
  readonly opt_page0: number;
  readonly mmio_size: string;
  readonly irq: string;
  readonly default_domain: string;
  readonly strict: number;
  readonly cr0: string;
  readonly gbpa: string;
  readonly gbpa_stuck: number;
  readonly cr0_noack_from: number;
  readonly irq_noack: number;
  readonly dma_mask_fail: number;
  readonly fail_coherent_alloc: number;
}

/** Above every address that the recorded maps use, so that a symbol is never a mapped page. */
const RAM = { base: 0x70_0000_0000, size: 0x4000_0000 };
/** The second window would overlap the first as recorded: it stands 4 GiB higher here. */
const BASES = [0x0905_0000, 0x1_0906_0000] as const;
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'] as const;
const MSI = { address: 0x0809_0040, data: [0x100, 0x101, 0x102], irqs: [100, 101, 102] };
const WIRED = { eventq: 74, priq: 75, gerror: 77 } as const;
const COMBINED = 80;
const IRQ_RESULTS = ['IRQ_NONE', 'IRQ_HANDLED', 'IRQ_WAKE_THREAD'] as const;

export class DriverRig {
  readonly kernel: KernelType;
  readonly machine: Machine;
  readonly memory: DriverMemory;
  readonly devices = new Map<string, Device>();
  readonly domains = new Map<string, IommuDomain>();
  readonly smmus: FakeSmmu[] = [];
  readonly cfg: DriverCfg;
  /** Entries of the command queue. */
  readonly ring: number;
  #items: Item[] = [];
  #gerrorDue = false;
  #coherent = 0;
  #allocating = 0;

  constructor(cfg: DriverCfg) {
    this.cfg = cfg;
    const clock = new VirtualClock();
    const recorder = new Recorder(clock, { enabled: false });
    this.machine = new Machine(recorder, clock, [RAM]);
    this.memory = new DriverMemory(this.machine.memory);
    this.memory.published = (object, index) => this.#published(object.smmu, index);
    this.kernel = new Kernel({
      machine: this.machine,
      diagnostics: new Diagnostics(recorder),
      config: {
        driver: '4.20',
        va_bits: cfg.va_bits,
        page_shift: cfg.page_shift,
        strict: cfg.strict === 1,
        passthrough: cfg.default_domain === 'identity',
        iommu_dma: cfg.default_domain !== 'none',
        disable_bypass: cfg.disable_bypass === 1,
        pci_ats: cfg.pci_ats === 1,
        pci_pri: cfg.pci_pri === 1,
        kdump: cfg.kdump === 1,
      },
    });
    this.ring = 2 ** Math.min(8, (Number(cfg.idr1) >>> 21) & 31);
    this.#listen();
  }

  /** Starts recording a step. */
  begin(): void {
    this.#items = [];
  }

  /** Items of the step. */
  end(): readonly Item[] {
    this.flush();
    return this.#items;
  }

  /** Records an item; what changed in memory stands before it. */
  push(item: Item): void {
    this.flush();
    this.#items.push(item);
  }

  flush(): void {
    this.#items.push(...this.memory.changes());
  }

  /** Probes the SMMU of that number, over a new device. */
  probe(number: number): number {
    const { cfg } = this;
    const base = BASES[number] ?? BASES[0];
    const fake = new FakeSmmu({
      idr0: Number(cfg.idr0),
      idr1: Number(cfg.idr1),
      idr5: Number(cfg.idr5),
      memory: this.machine.memory,
      clock: this.machine.clock,
      cr0: Number(cfg.cr0),
      gbpa: Number(cfg.gbpa),
      gbpaStuck: cfg.gbpa_stuck === 1,
      cr0NoAckFrom: cfg.cr0_noack_from,
      irqNoAck: cfg.irq_noack === 1,
    });
    this.#observe(fake, number);
    this.smmus[number] = fake;
    this.machine.bus.attach(base, 0x2_0000, {
      name: fake.name,
      read32: (offset) => fake.read32(offset),
      write32: (offset, value) => fake.write32(offset, value),
      read64: (offset, out) => fake.read64(offset, out),
      write64: (offset, lo, hi) => fake.write64(offset, lo, hi),
    });
    this.#allocating = number;
    const ret = this.kernel.probeSmmu(this.#platform(base));
    this.#allocating = 0;
    return ret;
  }

  /** Delivers an interrupt by the name of its source. */
  deliver(name: string): void {
    const line = this.#lineOf(name);
    const action = this.kernel.interrupts.actions.get(line);
    if (action === undefined) {
      this.push({ irq: name, handled: false });
      return;
    }
    this.#gerrorDue = false;
    this.push({ irq: name });
    this.#run(action);
  }

  device(name: string): Device {
    const known = this.devices.get(name);
    if (known !== undefined) {
      return known;
    }
    const dev = new Device(name, this.kernel.platform_bus_type);
    this.devices.set(name, dev);
    return dev;
  }

  /** A domain by name; DEF is the default one of the only group. */
  domain(name: string): IommuDomain {
    const domain =
      name === 'DEF' ? this.kernel.iommu.groups.all[0]?.default_domain : this.domains.get(name);
    if (domain === undefined) {
      throw new Error(`no domain ${name}`);
    }
    return domain;
  }

  #platform(base: number): SmmuPlatform {
    const { irq } = this.cfg;
    const combined = irq === 'combined';
    return {
      name: `${(base % 2 ** 32).toString(16)}.smmuv3`,
      base,
      size: Number(this.cfg.mmio_size),
      irqs: combined
        ? { combined: COMBINED }
        : irq === 'none'
          ? {}
          : base === BASES[0]
            ? WIRED
            : { eventq: 84, priq: 85, gerror: 87 },
      coherent: this.cfg.dma_coherent === 1,
      ...(irq === 'msi' ? { msi: MSI } : {}),
      ...(irq === 'msi-alloc-fails' ? { msi: { ...MSI, fails: 28 } } : {}),
      iommu_cells: this.cfg.iommu_cells < 0 ? null : this.cfg.iommu_cells,
      broken_prefetch_cmd: this.cfg.opt_broken_prefetch === 1,
      broken_page1_regspace: this.cfg.opt_page0 === 1,
      ...(this.cfg.fw === 'acpi' ? { acpi_model: this.cfg.acpi_model } : {}),
    };
  }

  #lineOf(name: string): number {
    if (name === 'combined') {
      return COMBINED;
    }
    const index = ['evtq', 'gerror', 'priq'].indexOf(name);
    if (this.cfg.irq === 'msi') {
      return MSI.irqs[index] ?? 0;
    }
    return [WIRED.eventq, WIRED.gerror, WIRED.priq][index] ?? 0;
  }

  #run(action: IrqAction): void {
    let wake = true;
    if (action.handler !== undefined) {
      const ret = action.handler(action.irq, action.dev);
      this.push({ irq_ret: IRQ_RESULTS[ret] });
      wake = ret === IRQ_WAKE_THREAD;
    }
    if (wake && action.thread_fn !== undefined) {
      const ret = action.thread_fn(action.irq, action.dev);
      this.push({ irq_thread_ret: IRQ_RESULTS[ret] });
    }
  }

  #listen(): void {
    const { kernel } = this;
    kernel.log.onLine = (line) => this.#log(line);
    kernel.log.onWarn = (where) => this.push({ warn: where });
    kernel.onDmaMask = (mask) => {
      this.push({ dma_mask: hex(mask) });
      return this.cfg.dma_mask_fail === 1 ? -5 : 0;
    };
    kernel.onObject = (what, id, text) => {
      if (['sysfs', 'bus_set_iommu', 'iommu_link', 'iommu_unlink'].includes(what)) {
        this.push({ [what]: text.replace('0x00000001', '0x00000000') });
      } else if (what === 'msi_alloc') {
        this.push({ msi_alloc: id, ret: Number(text) });
      }
    };
    kernel.onCoherent = (...allocation) => this.#allocation(...allocation);
    kernel.interrupts.onRequest = (action) => {
      const msi = MSI.irqs.includes(action.irq);
      this.push({
        request_irq: action.name,
        line: msi ? 'msi' : 'wired',
        threaded: action.thread_fn !== undefined,
        oneshot: action.flags !== 0,
        ...(this.#allocating === 1 ? { smmu: 1 } : {}),
      });
    };
    const alloc = kernel.pages.alloc.bind(kernel.pages);
    kernel.pages.free = () => true;
    kernel.pages.alloc = (order, what) => {
      const pa = this.#refuses(what ?? '') ? -1 : alloc(order, what);
      if (what === 'cmd_sync' && pa >= 0) {
        this.memory.add('sync', pa, 4, this.#allocating);
      }
      return pa;
    };
    this.machine.irq.dispatch = () => {
      if (this.#gerrorDue) {
        this.deliver(this.cfg.irq === 'combined' ? 'combined' : 'gerror');
      }
    };
  }

  /** fail_coherent_alloc: the nth allocation of the driver's own memory fails. */
  #refuses(what: string): boolean {
    const coherent = ['cmdq', 'evtq', 'priq', 'strtab-l1', 'strtab-linear', 'strtab-ste', 'cd'];
    if (!coherent.includes(what)) {
      return false;
    }
    this.#coherent++;
    return this.#coherent === this.cfg.fail_coherent_alloc;
  }

  #allocation(...[op, what, pa, size, dev]: Parameters<CoherentListener>): void {
    const smmu = dev.name.startsWith('906') && what !== 'pgtable' ? 1 : 0;
    const tag = smmu === 1 ? { smmu: 1 } : {};
    if (op === 'free') {
      const name = this.memory.find(pa)?.name;
      this.push({ mem: 'free', name, ...tag });
    } else if (pa < 0) {
      this.push({ mem: 'alloc-fail', size: hex(size), ...tag });
    } else {
      const object = this.memory.add(what, pa, size, smmu);
      const kind = what === 'strtab-linear' ? 'strtab-ste' : what;
      this.push({ mem: 'alloc', name: object.name, kind, size: hex(size), ...tag });
    }
  }

  #log(line: LogLine): void {
    if (line.message.startsWith('WARNING: ')) {
      return;
    }
    const raw = /^\t(0x[0-9a-f]{16})$/.exec(line.message);
    const value = raw === null ? undefined : Number(BigInt(raw[1] ?? 0));
    const name = value === undefined ? undefined : this.memory.find(value)?.name;
    const text = name === 'SYNC' ? '\t@SYNC' : line.message;
    this.push({ log: text, lvl: LEVELS[line.level], dev: line.device ?? '' });
  }

  #observe(fake: FakeSmmu, smmu: number): void {
    const tag = smmu === 1 ? { smmu: 1 } : {};
    fake.observer = {
      access: (write, offset, width, value) => {
        this.push({
          mmio: write ? 'w' : 'r',
          reg: REGISTER_NAMES[offset],
          off: hex(offset),
          w: width,
          val: this.#registerText(offset, width, value),
          ...tag,
        });
      },
      command: ({ index, dwords: [dw0, dw1], error }) => {
        const sync = (dw0 & 0xffn) === 0x46n;
        const second = sync ? this.memory.symbol(dw1, SYNC_ADDR) : hex(dw1);
        this.push({
          cmd: [hex(dw0), second],
          idx: hex(index),
          ...(error === undefined ? {} : { err: error }),
          ...tag,
        });
      },
      act: (what) => {
        const { addr } = what;
        const named = typeof addr === 'bigint' ? { addr: this.memory.symbol(addr, SYNC_ADDR) } : {};
        this.push({ ...what, ...named, ...tag });
      },
      gerror: () => this.#gerror(fake),
    };
  }

  #gerror(fake: FakeSmmu): void {
    const line = this.#lineOf(this.cfg.irq === 'combined' ? 'combined' : 'gerror');
    const enabled = (fake.get(0x50) & 1) !== 0;
    this.#gerrorDue = enabled && this.kernel.interrupts.actions.has(line);
  }

  #registerText(offset: number, width: number, value: bigint): string {
    if (width !== 8) {
      return hex(value);
    }
    const name = REGISTER_NAMES[offset] ?? '';
    if (name === 'STRTAB_BASE') {
      return this.memory.symbol(value, STRTAB_BASE);
    }
    return name.endsWith('_BASE') ? this.memory.symbol(value, QUEUE_BASE) : hex(value);
  }

  #published(smmu: number, index: number): boolean {
    const fake = this.smmus[smmu];
    if (fake === undefined) {
      return false;
    }
    const size = this.ring;
    const cons = fake.get(0x9c) % (2 * size);
    const prod = fake.get(0x98) % (2 * size);
    for (let at = cons; at !== prod; at = (at + 1) % (2 * size)) {
      if (at % size === index) {
        return true;
      }
    }
    return false;
  }
}
