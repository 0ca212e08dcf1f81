// Reset: everything off, tables and queues programmed, caches invalidated, queues, interrupts and
// translation on, each CR0 write followed by its acknowledgement (Linux 4.20.1's order).

import { hi32, lo32 } from '../../base/hex.ts';
import { EBUSY } from '../errno.ts';
import type { InterruptHandler } from '../interrupt.ts';
import { IRQF_ONESHOT } from '../interrupt.ts';
import {
  ARM_SMMU_CMDQ_BASE,
  ARM_SMMU_CR0,
  ARM_SMMU_CR0ACK,
  ARM_SMMU_CR1,
  ARM_SMMU_CR2,
  ARM_SMMU_EVTQ_BASE,
  ARM_SMMU_EVTQ_IRQ_CFG0,
  ARM_SMMU_FEAT_HYP,
  ARM_SMMU_FEAT_MSI,
  ARM_SMMU_FEAT_PRI,
  ARM_SMMU_GERROR_IRQ_CFG0,
  ARM_SMMU_IRQ_CTRL,
  ARM_SMMU_IRQ_CTRLACK,
  ARM_SMMU_PRIQ_BASE,
  ARM_SMMU_PRIQ_IRQ_CFG0,
  ARM_SMMU_STRTAB_BASE,
  ARM_SMMU_STRTAB_BASE_CFG,
  BASE_HINT_HI,
  CMDQ_OP_TLBI_EL2_ALL,
  CMDQ_OP_TLBI_NSNH_ALL,
  CR0_CMDQEN,
  CR0_EVTQEN,
  CR0_PRIQEN,
  CR0_SMMUEN,
  CR1_VALUE,
  CR2_E2H,
  CR2_PTM,
  CR2_RECINVSID,
  GBPA_ABORT,
  IRQ_CTRL_EVTQ_IRQEN,
  IRQ_CTRL_GERROR_IRQEN,
  IRQ_CTRL_PRIQ_IRQEN,
  MSI_CFG2_MEMATTR,
} from './arm-smmu-v3.ts';
import { arm_smmu_cmdq_issue_sync, cmd_cfgi_all, cmd_tlbi } from './cmdq.ts';
import type { ArmSmmuHandlers } from './irq.ts';
import type { ArmSmmuQueue } from './queue.ts';
import {
  arm_smmu_device_disable,
  arm_smmu_update_gbpa,
  arm_smmu_write_reg_sync,
} from './register-sync.ts';
import type { ArmSmmuDevice } from './smmu-device.ts';

/** Resets one SMMU and brings it up; with `bypass` (and disable_bypass=0) transactions pass untouched. */
export function arm_smmu_device_reset(
  smmu: ArmSmmuDevice,
  handlers: ArmSmmuHandlers,
  bypass: boolean,
): number {
  const { mmio } = smmu;
  const { log, config } = smmu.kernel;
  if ((mmio.readl(ARM_SMMU_CR0) & CR0_SMMUEN) !== 0) {
    if (config.kdump) {
      // Devices still do DMA into the crashed kernel's memory: abort it.
      arm_smmu_update_gbpa(smmu, GBPA_ABORT, 0);
      arm_smmu_device_disable(smmu);
      return -EBUSY;
    }
    log.dev_warn(smmu.dev, 'SMMU currently enabled! Resetting...');
  }
  const off = arm_smmu_device_disable(smmu);
  if (off !== 0) {
    return off;
  }
  programTables(smmu);
  let enables = CR0_CMDQEN;
  let ret = enable(smmu, enables, 'command queue');
  if (ret !== 0) {
    return ret;
  }
  invalidateAll(smmu);
  enables |= CR0_EVTQEN;
  ret = startQueue(smmu, smmu.evtq, ARM_SMMU_EVTQ_BASE, 'event queue', enables);
  if (ret !== 0) {
    return ret;
  }
  if (smmu.has(ARM_SMMU_FEAT_PRI)) {
    enables |= CR0_PRIQEN;
    ret = startQueue(smmu, smmu.priq, ARM_SMMU_PRIQ_BASE, 'PRI queue', enables);
    if (ret !== 0) {
      return ret;
    }
  }
  ret = setup_irqs(smmu, handlers);
  if (ret !== 0) {
    log.dev_err(smmu.dev, 'failed to setup irqs');
    return ret;
  }
  if (!bypass || config.disable_bypass) {
    enables |= CR0_SMMUEN;
  } else {
    ret = arm_smmu_update_gbpa(smmu, 0, GBPA_ABORT);
    if (ret !== 0) {
      return ret;
    }
  }
  return enable(smmu, enables, 'SMMU interface');
}

function enable(smmu: ArmSmmuDevice, enables: number, what: string): number {
  const ret = arm_smmu_write_reg_sync(smmu, enables, ARM_SMMU_CR0, ARM_SMMU_CR0ACK);
  if (ret !== 0) {
    smmu.kernel.log.dev_err(smmu.dev, `failed to enable ${what}`);
  }
  return ret;
}

function programTables(smmu: ArmSmmuDevice): void {
  const { mmio, strtab_cfg, cmdq } = smmu;
  mmio.writel(ARM_SMMU_CR1, CR1_VALUE);
  mmio.writel(ARM_SMMU_CR2, CR2_PTM | CR2_RECINVSID | CR2_E2H);
  mmio.writeq(
    ARM_SMMU_STRTAB_BASE,
    lo32(strtab_cfg.strtab),
    hi32(strtab_cfg.strtab) | BASE_HINT_HI,
  );
  mmio.writel(ARM_SMMU_STRTAB_BASE_CFG, strtab_cfg.strtab_base_cfg);
  writeQueueRegisters(smmu, cmdq, ARM_SMMU_CMDQ_BASE);
}

function writeQueueRegisters(smmu: ArmSmmuDevice, q: ArmSmmuQueue, base: number): void {
  const { mmio } = smmu;
  mmio.writeq(base, lo32(q.base) | q.max_n_shift, hi32(q.base) | BASE_HINT_HI);
  mmio.writel(q.prod_reg, q.prod);
  mmio.writel(q.cons_reg, q.cons);
}

function startQueue(
  smmu: ArmSmmuDevice,
  q: ArmSmmuQueue,
  base: number,
  what: string,
  enables: number,
): number {
  writeQueueRegisters(smmu, q, base);
  return enable(smmu, enables, what);
}

function invalidateAll(smmu: ArmSmmuDevice): void {
  cmd_cfgi_all(smmu);
  arm_smmu_cmdq_issue_sync(smmu);
  if (smmu.has(ARM_SMMU_FEAT_HYP)) {
    cmd_tlbi(smmu, CMDQ_OP_TLBI_EL2_ALL);
  }
  cmd_tlbi(smmu, CMDQ_OP_TLBI_NSNH_ALL);
  arm_smmu_cmdq_issue_sync(smmu);
}

function setup_irqs(smmu: ArmSmmuDevice, handlers: ArmSmmuHandlers): number {
  const { interrupts, log } = smmu.kernel;
  const off = arm_smmu_write_reg_sync(smmu, 0, ARM_SMMU_IRQ_CTRL, ARM_SMMU_IRQ_CTRLACK);
  if (off !== 0) {
    log.dev_err(smmu.dev, 'failed to disable irqs');
    return off;
  }
  if (smmu.combined_irq !== 0) {
    const ret = interrupts.request_threaded_irq(
      smmu.combined_irq,
      handlers.combined_irq_handler,
      handlers.combined_irq_thread,
      IRQF_ONESHOT,
      'arm-smmu-v3-combined-irq',
      smmu,
    );
    if (ret < 0) {
      log.dev_warn(smmu.dev, 'failed to enable combined irq');
    }
  } else {
    setup_unique_irqs(smmu, handlers);
  }
  const flags =
    IRQ_CTRL_EVTQ_IRQEN |
    IRQ_CTRL_GERROR_IRQEN |
    (smmu.has(ARM_SMMU_FEAT_PRI) ? IRQ_CTRL_PRIQ_IRQEN : 0);
  const on = arm_smmu_write_reg_sync(smmu, flags, ARM_SMMU_IRQ_CTRL, ARM_SMMU_IRQ_CTRLACK);
  if (on !== 0) {
    log.dev_warn(smmu.dev, 'failed to enable irqs');
  }
  return 0;
}

/** MSIs where there is a domain for them, wired lines otherwise. */
function setup_msis(smmu: ArmSmmuDevice): void {
  const { mmio, platform } = smmu;
  const { log } = smmu.kernel;
  const pri = smmu.has(ARM_SMMU_FEAT_PRI);
  mmio.writeq(ARM_SMMU_GERROR_IRQ_CFG0, 0, 0);
  mmio.writeq(ARM_SMMU_EVTQ_IRQ_CFG0, 0, 0);
  if (pri) {
    mmio.writeq(ARM_SMMU_PRIQ_IRQ_CFG0, 0, 0);
  }
  if (!smmu.has(ARM_SMMU_FEAT_MSI)) {
    return;
  }
  const msi = platform.msi;
  if (msi === undefined) {
    log.dev_info(smmu.dev, 'msi_domain absent - falling back to wired irqs');
    return;
  }
  const ret = smmu.kernel.allocMsis(msi, pri ? 3 : 2);
  if (ret !== 0) {
    log.dev_warn(smmu.dev, 'failed to allocate MSIs - falling back to wired irqs');
    return;
  }
  const [evtq = 0, gerror = 0, priq = 0] = msi.irqs;
  smmu.evtq.irq = evtq;
  smmu.gerr_irq = gerror;
  smmu.priq.irq = priq;
  smmu.msi_cfg = new Map([
    [evtq, ARM_SMMU_EVTQ_IRQ_CFG0],
    [gerror, ARM_SMMU_GERROR_IRQ_CFG0],
    [priq, ARM_SMMU_PRIQ_IRQ_CFG0],
  ]);
}

/** The MSI message of an interrupt that was requested; nothing for a wired line. */
function write_msi_msg(smmu: ArmSmmuDevice, irq: number): void {
  const cfg = smmu.msi_cfg.get(irq);
  const msi = smmu.platform.msi;
  const data = msi?.data[msi.irqs.indexOf(irq)];
  if (cfg !== undefined && msi !== undefined && data !== undefined) {
    smmu.mmio.writeq(cfg, lo32(msi.address), hi32(msi.address));
    smmu.mmio.writel(cfg + 8, data);
    smmu.mmio.writel(cfg + 12, MSI_CFG2_MEMATTR);
  }
}

/** Requests one interrupt: threaded unless it has a hard handler. */
function requestOne(
  smmu: ArmSmmuDevice,
  irq: number,
  name: string,
  handlers: { readonly hard?: InterruptHandler; readonly thread?: InterruptHandler },
): void {
  const { interrupts, log } = smmu.kernel;
  const { hard, thread } = handlers;
  const flags = thread === undefined ? 0 : IRQF_ONESHOT;
  const full = `arm-smmu-v3-${name}`;
  if (interrupts.request_threaded_irq(irq, hard, thread, flags, full, smmu) < 0) {
    log.dev_warn(smmu.dev, `failed to enable ${name} irq`);
  } else {
    write_msi_msg(smmu, irq);
  }
}

function setup_unique_irqs(smmu: ArmSmmuDevice, handlers: ArmSmmuHandlers): void {
  const { log } = smmu.kernel;
  setup_msis(smmu);
  if (smmu.evtq.irq !== 0) {
    requestOne(smmu, smmu.evtq.irq, 'evtq', { thread: handlers.evtq_thread });
  } else {
    log.dev_warn(smmu.dev, 'no evtq irq - events will not be reported!');
  }
  if (smmu.gerr_irq !== 0) {
    requestOne(smmu, smmu.gerr_irq, 'gerror', { hard: handlers.gerror_handler });
  } else {
    log.dev_warn(smmu.dev, 'no gerr irq - errors will not be reported!');
  }
  if (!smmu.has(ARM_SMMU_FEAT_PRI)) {
    return;
  }
  if (smmu.priq.irq !== 0) {
    requestOne(smmu, smmu.priq.irq, 'priq', { thread: handlers.priq_thread });
  } else {
    log.dev_warn(smmu.dev, 'no priq irq - PRI will be broken');
  }
}
