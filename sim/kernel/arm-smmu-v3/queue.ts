// Ring arithmetic of the three queues: index, wrap and overflow flag in one word.
// The driver keeps shadow copies of both indices; registers are read and written where the C code does.

import type { MmioRegion } from '../mmio.ts';

const OVERFLOW = 0x8000_0000;

/** struct arm_smmu_queue. */
export interface ArmSmmuQueue {
  readonly name: string;
  /** log2 of the entries; bytes of an entry. */
  max_n_shift: number;
  readonly ent_bytes: number;
  /** Physical address of the ring. */
  base: number;
  prod: number;
  cons: number;
  prod_reg: number;
  cons_reg: number;
  /** Interrupt line; 0 for none. */
  irq: number;
}

export function Q_IDX(q: ArmSmmuQueue, p: number): number {
  return p & ((1 << q.max_n_shift) - 1);
}

export function Q_WRP(q: ArmSmmuQueue, p: number): number {
  return p & (1 << q.max_n_shift);
}

export function Q_OVF(p: number): number {
  return p & OVERFLOW;
}

/** Physical address of the entry that index `p` names. */
export function Q_ENT(q: ArmSmmuQueue, p: number): number {
  return q.base + Q_IDX(q, p) * q.ent_bytes;
}

export function queue_full(q: ArmSmmuQueue): boolean {
  return Q_IDX(q, q.prod) === Q_IDX(q, q.cons) && Q_WRP(q, q.prod) !== Q_WRP(q, q.cons);
}

export function queue_empty(q: ArmSmmuQueue): boolean {
  return Q_IDX(q, q.prod) === Q_IDX(q, q.cons) && Q_WRP(q, q.prod) === Q_WRP(q, q.cons);
}

/** The index after `p`, wrap included and overflow flag dropped. */
function next(q: ArmSmmuQueue, p: number): number {
  return ((p & ((2 << q.max_n_shift) - 1)) + 1) & ((2 << q.max_n_shift) - 1);
}

export function queue_sync_cons(q: ArmSmmuQueue, mmio: MmioRegion): void {
  q.cons = mmio.readl(q.cons_reg);
}

/** Reads PROD; true when the overflow flag moved since the last look: records were lost. */
export function queue_sync_prod(q: ArmSmmuQueue, mmio: MmioRegion): boolean {
  const prod = mmio.readl(q.prod_reg);
  const overflow = Q_OVF(prod) !== Q_OVF(q.prod);
  q.prod = prod;
  return overflow;
}

export function queue_inc_prod(q: ArmSmmuQueue, mmio: MmioRegion): void {
  q.prod = Q_OVF(q.prod) | next(q, q.prod);
  mmio.writel(q.prod_reg, q.prod);
}

export function queue_inc_cons(q: ArmSmmuQueue, mmio: MmioRegion): void {
  q.cons = Q_OVF(q.cons) | next(q, q.cons);
  mmio.writel(q.cons_reg, q.cons);
}
