// IRQ and event handlers: global errors, the event thread, the PRI thread, in the kernel's words.
// Stalled faults and page requests go to the device's fault handler when the kernel has one (SVA).

import { hex64 } from '../../base/hex.ts';
import type { InterruptHandler } from '../interrupt.ts';
import { IRQ_HANDLED, IRQ_NONE, IRQ_WAKE_THREAD } from '../interrupt.ts';
import {
  ARM_SMMU_FEAT_PRI,
  ARM_SMMU_GERROR,
  ARM_SMMU_GERRORN,
  GERROR_CMDQ_ERR,
  GERROR_ERR_MASK,
  GERROR_EVTQ_ABT_ERR,
  GERROR_MSI_CMDQ_ABT_ERR,
  GERROR_MSI_EVTQ_ABT_ERR,
  GERROR_MSI_GERROR_ABT_ERR,
  GERROR_MSI_PRIQ_ABT_ERR,
  GERROR_PRIQ_ABT_ERR,
  GERROR_SFM_ERR,
  PRI_RESP_DENY,
} from './arm-smmu-v3.ts';
import { arm_smmu_cmdq_skip_err, cmd_pri_resp } from './cmdq.ts';
import type { ArmSmmuQueue } from './queue.ts';
import {
  Q_ENT,
  Q_IDX,
  Q_OVF,
  Q_WRP,
  queue_empty,
  queue_inc_cons,
  queue_sync_prod,
} from './queue.ts';
import { arm_smmu_device_disable } from './register-sync.ts';
import type { ArmSmmuDevice } from './smmu-device.ts';

/** A page request as the PRI queue has it. */
export interface PageRequest {
  readonly sid: number;
  /** PASID, or -1. */
  readonly ssid: number;
  readonly grpid: number;
  readonly last: boolean;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
  readonly priv: boolean;
  /** Page address, low and high half. */
  readonly addrLo: number;
  readonly addrHi: number;
}

/** Who takes faults off the driver's hands: the SVA layer, or nobody. */
export interface FaultSink {
  /** True when a handler took the event (it will be resumed); false: log it, nothing waits. */
  event(smmu: ArmSmmuDevice, words: Int32Array): boolean;
  /** True when a handler took the page request. */
  pageRequest(smmu: ArmSmmuDevice, request: PageRequest): boolean;
  /** Page requests were lost: incomplete groups will not be completed. */
  requestsLost(smmu: ArmSmmuDevice): void;
}

/** Handlers of one SMMU. */
export interface ArmSmmuHandlers {
  readonly evtq_thread: InterruptHandler;
  readonly priq_thread: InterruptHandler;
  readonly gerror_handler: InterruptHandler;
  readonly combined_irq_handler: InterruptHandler;
  readonly combined_irq_thread: InterruptHandler;
}

/** Told of each event record that the driver drained: eight words, and whether a handler took it. */
export type EventListener = (smmu: ArmSmmuDevice, words: Int32Array, handled: boolean) => void;

/** Makes the handlers of `smmu`. */
export function arm_smmu_handlers(
  smmu: ArmSmmuDevice,
  faults: FaultSink,
  onEvent: EventListener,
): ArmSmmuHandlers {
  const evtq_thread = (): number => runEvtq(smmu, faults, onEvent);
  const priq_thread = (): number => runPriq(smmu, faults);
  const gerror_handler = (): number => handleGerror(smmu);
  return {
    evtq_thread,
    priq_thread,
    gerror_handler,
    combined_irq_handler: () => {
      gerror_handler();
      return IRQ_WAKE_THREAD;
    },
    combined_irq_thread: () => {
      evtq_thread();
      if (smmu.has(ARM_SMMU_FEAT_PRI)) {
        priq_thread();
      }
      return IRQ_HANDLED;
    },
  };
}

/** Copies the record at the queue's CONS and advances; false when the shadow says empty. */
function queue_remove_raw(smmu: ArmSmmuDevice, q: ArmSmmuQueue, out: Int32Array): boolean {
  if (queue_empty(q)) {
    return false;
  }
  const { memory } = smmu.kernel.machine;
  const entry = Q_ENT(q, q.cons);
  for (let word = 0; word < out.length; word += 2) {
    memory.read64(entry + word * 4);
    out[word] = memory.lo;
    out[word + 1] = memory.hi;
  }
  queue_inc_cons(q, smmu.mmio);
  return true;
}

function runEvtq(smmu: ArmSmmuDevice, faults: FaultSink, onEvent: EventListener): number {
  const q = smmu.evtq;
  const { log } = smmu.kernel;
  const evt = new Int32Array(8);
  do {
    while (queue_remove_raw(smmu, q, evt)) {
      const handled = faults.event(smmu, evt);
      if (!handled) {
        log.dev_info(smmu.dev, 'event 0x%02x received:', (evt[0] as number) & 0xff);
        for (let word = 0; word < 8; word += 2) {
          log.dev_info(smmu.dev, `\t${hex64(evt[word] as number, evt[word + 1] as number)}`);
        }
      }
      onEvent(smmu, Int32Array.from(evt), handled);
    }
    if (queue_sync_prod(q, smmu.mmio)) {
      log.dev_err(smmu.dev, 'EVTQ overflow detected -- events lost');
    }
  } while (!queue_empty(q));
  q.cons = Q_OVF(q.prod) | Q_WRP(q, q.cons) | Q_IDX(q, q.cons);
  return IRQ_HANDLED;
}

function runPriq(smmu: ArmSmmuDevice, faults: FaultSink): number {
  const q = smmu.priq;
  const ppr = new Int32Array(4);
  do {
    while (queue_remove_raw(smmu, q, ppr)) {
      const request = decodePpr(ppr);
      if (!faults.pageRequest(smmu, request)) {
        reportPpr(smmu, request);
      }
    }
    if (queue_sync_prod(q, smmu.mmio)) {
      smmu.kernel.log.dev_err(smmu.dev, 'PRIQ overflow detected -- requests lost');
      faults.requestsLost(smmu);
    }
  } while (!queue_empty(q));
  q.cons = Q_OVF(q.prod) | Q_WRP(q, q.cons) | Q_IDX(q, q.cons);
  smmu.mmio.writel(q.cons_reg, q.cons);
  return IRQ_HANDLED;
}

function decodePpr(words: Int32Array): PageRequest {
  const [sid = 0, flags = 0, group = 0, addrHi = 0] = words;
  return {
    sid: sid >>> 0,
    ssid: flags < 0 ? flags & 0xf_ffff : -1,
    grpid: group & 0x1ff,
    last: (flags & (1 << 30)) !== 0,
    write: (flags & (1 << 29)) !== 0,
    read: (flags & (1 << 28)) !== 0,
    exec: (flags & (1 << 27)) !== 0,
    priv: (flags & (1 << 26)) !== 0,
    addrLo: group & ~0xfff,
    addrHi,
  };
}

/** Nobody wanted it: two lines in the log, and a denial when it is the last of its group. */
function reportPpr(smmu: ArmSmmuDevice, request: PageRequest): void {
  const { log } = smmu.kernel;
  log.dev_info(smmu.dev, 'unexpected PRI request received:');
  const { read, write, exec } = request;
  const access = `${read ? 'R' : ''}${write ? 'W' : ''}${exec ? 'X' : ''}`;
  log.dev_info(
    smmu.dev,
    '\tsid 0x%08x.0x%05x: [%u%s] %sprivileged %s access at iova %s',
    request.sid,
    Math.max(0, request.ssid),
    request.grpid,
    request.last ? 'L' : '',
    request.priv ? '' : 'un',
    access,
    hex64(request.addrLo, request.addrHi),
  );
  if (request.last) {
    cmd_pri_resp(smmu, request.sid, request.ssid, request.grpid, PRI_RESP_DENY);
  }
}

const GERROR_TEXT = [
  [GERROR_MSI_GERROR_ABT_ERR, 'GERROR MSI write aborted'],
  [GERROR_MSI_PRIQ_ABT_ERR, 'PRIQ MSI write aborted'],
  [GERROR_MSI_EVTQ_ABT_ERR, 'EVTQ MSI write aborted'],
  [GERROR_MSI_CMDQ_ABT_ERR, 'CMDQ MSI write aborted'],
] as const;

function handleGerror(smmu: ArmSmmuDevice): number {
  const { log } = smmu.kernel;
  const gerror = smmu.mmio.readl(ARM_SMMU_GERROR);
  const active = (gerror ^ smmu.mmio.readl(ARM_SMMU_GERRORN)) >>> 0;
  if ((active & GERROR_ERR_MASK) === 0) {
    return IRQ_NONE;
  }
  log.dev_warn(
    smmu.dev,
    'unexpected global error reported (0x%08x), this could be serious',
    active,
  );
  if ((active & GERROR_SFM_ERR) !== 0) {
    log.dev_err(smmu.dev, 'device has entered Service Failure Mode!');
    arm_smmu_device_disable(smmu);
  }
  for (const [bit, text] of GERROR_TEXT) {
    if ((active & bit) !== 0) {
      log.dev_warn(smmu.dev, text);
    }
  }
  if ((active & GERROR_PRIQ_ABT_ERR) !== 0) {
    log.dev_err(smmu.dev, 'PRIQ write aborted -- events may have been lost');
  }
  if ((active & GERROR_EVTQ_ABT_ERR) !== 0) {
    log.dev_err(smmu.dev, 'EVTQ write aborted -- events may have been lost');
  }
  if ((active & GERROR_CMDQ_ERR) !== 0) {
    arm_smmu_cmdq_skip_err(smmu);
  }
  smmu.mmio.writel(ARM_SMMU_GERRORN, gerror);
  return IRQ_HANDLED;
}
