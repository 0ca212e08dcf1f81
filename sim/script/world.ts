// What the functions of a script act on: one machine with its kernel and its SMMU. The session makes it
// when the script first needs it, so that machine.configure() can still have its say.

import type { Device } from '../kernel/iommu-types.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelLog } from '../kernel/printk.ts';
import type { AtsPort } from '../machine/ats-endpoint.ts';
import type { Machine } from '../machine/machine.ts';
import type { TransactionPort } from '../machine/transaction.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';

/** A platform device as firmware describes it. */
export interface PlatformDeviceSpec {
  readonly sids: readonly number[];
  /** SubstreamID bits that the device can send, 0..20. */
  readonly ssid_bits: number;
  readonly can_stall: boolean;
  readonly dma_mask_bits: number;
}

/** A PCI function as its configuration space says. */
export interface PciDeviceSpec {
  /** `domain:bus:device.function`. */
  readonly bdf: string;
  /** PASID bits, 0 for none. */
  readonly pasid_bits: number;
  readonly ats: boolean;
  readonly pri: boolean;
}

/** A function of the kernel, by the table of api-table.ts. */
export type KernelFunction = (...args: never[]) => unknown;

/** Queue indices as the registers have them, and PASIDs in use. */
export interface WorldFigures {
  readonly cmdq: { readonly prod: number; readonly cons: number };
  readonly eventq: { readonly prod: number; readonly cons: number };
  readonly pasids: number;
}

/** One machine with its kernel. */
export interface World {
  readonly machine: Machine;
  readonly kernel: Kernel;
  readonly log: KernelLog;
  readonly diagnostics: Diagnostics;
  readonly port: TransactionPort & AtsPort;
  readonly functions: Readonly<Record<string, KernelFunction>>;
  readonly buses: { readonly platform: object; readonly pci: object };
  /** Figures for the status bar. */
  figures(): WorldFigures;
  /** The device, or a negative error number. */
  addPlatformDevice(name: string, spec: PlatformDeviceSpec): Device | number;
  addPciDevice(name: string, spec: PciDeviceSpec): Device | number;
}
