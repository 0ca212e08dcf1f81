// Low-level queue manipulation: commands into the ring, CMD_SYNC by polling or MSI, errors skipped.
// Functions build the command in the SMMU's scratch words; names and order as in 4.20.1.

import { hex64, hi32, lo32 } from '../../base/hex.ts';
import {
  ARM_SMMU_CMDQ_SYNC_TIMEOUT,
  ARM_SMMU_FEAT_COHERENCY,
  ARM_SMMU_FEAT_MSI,
  ARM_SMMU_FEAT_SEV,
  ARM_SMMU_POLL_TIMEOUT,
  CMDQ_ERR_CERROR_ABT_IDX,
  CMDQ_ERR_CERROR_ATC_INV_IDX,
  CMDQ_ERR_CERROR_NONE_IDX,
  CMDQ_ERR_MASK,
  CMDQ_ERR_SHIFT,
  CMDQ_OP_ATC_INV,
  CMDQ_OP_CFGI_ALL,
  CMDQ_OP_CFGI_CD,
  CMDQ_OP_CFGI_STE,
  CMDQ_OP_CMD_SYNC,
  CMDQ_OP_PREFETCH_CFG,
  CMDQ_OP_PRI_RESP,
  CMDQ_OP_RESUME,
  CMDQ_SYNC_0_ATTR,
  CMDQ_SYNC_0_CS_IRQ,
  CMDQ_SYNC_0_CS_SEV,
} from './arm-smmu-v3.ts';
import { Q_ENT, queue_empty, queue_full, queue_inc_prod, queue_sync_cons } from './queue.ts';
import type { ArmSmmuDevice } from './smmu-device.ts';

const CERROR_TEXT = ['No error', 'Illegal command', 'Abort on command fetch'] as const;
/** Known to the driver since it sends ATC_INV (2019). */
const ATC_TIMEOUT_TEXT = 'ATC invalidate timeout';
/** Nanoseconds that one round of each kind of wait takes. */
const WFE_TICKS = 100_000;
const CPU_RELAX_TICKS = 100;
const MSI_POLL_TICKS = 1000;
const SYNC_SPIN_COUNT = 10;

/** Puts the scratch command into the ring; spins while the ring is full. */
export function arm_smmu_cmdq_insert_cmd(smmu: ArmSmmuDevice): void {
  const q = smmu.cmdq;
  const { log } = smmu.kernel;
  smmu.prev_cmd_opcode = (smmu.cmd[0] as number) & 0xff;
  while (queue_full(q)) {
    if (!queue_poll_cons(smmu, false) && log.ratelimit(`${smmu.dev.name} CMDQ timeout`)) {
      log.dev_err(smmu.dev, 'CMDQ timeout');
    }
  }
  smmu.write_cmd(Q_ENT(q, q.prod));
  queue_inc_prod(q, smmu.mmio);
}

/** Waits until the ring is empty (`sync`) or has room; false on a timeout. */
function queue_poll_cons(smmu: ArmSmmuDevice, sync: boolean): boolean {
  const q = smmu.cmdq;
  const { clock } = smmu.kernel.machine;
  const wfe = smmu.has(ARM_SMMU_FEAT_SEV);
  const timeout = clock.now + (sync ? ARM_SMMU_CMDQ_SYNC_TIMEOUT : ARM_SMMU_POLL_TIMEOUT);
  let delay = 1;
  let spins = 0;
  for (;;) {
    queue_sync_cons(q, smmu.mmio);
    if (!(sync ? !queue_empty(q) : queue_full(q))) {
      return true;
    }
    if (clock.now > timeout) {
      return false;
    }
    if (wfe) {
      smmu.kernel.waits.spin(WFE_TICKS);
    } else if (++spins < SYNC_SPIN_COUNT) {
      smmu.kernel.waits.spin(CPU_RELAX_TICKS);
    } else {
      smmu.kernel.waits.spin(delay * 1000);
      delay *= 2;
      spins = 0;
    }
  }
}

function issue(smmu: ArmSmmuDevice, w0: number, w1: number, w2: number, w3: number): void {
  const cmd = smmu.cmd;
  cmd[0] = w0;
  cmd[1] = w1;
  cmd[2] = w2;
  cmd[3] = w3;
  arm_smmu_cmdq_insert_cmd(smmu);
}

export function cmd_prefetch_cfg(smmu: ArmSmmuDevice, sid: number): void {
  issue(smmu, CMDQ_OP_PREFETCH_CFG, sid, 0, 0);
}

export function cmd_cfgi_ste(smmu: ArmSmmuDevice, sid: number, leaf: boolean): void {
  issue(smmu, CMDQ_OP_CFGI_STE, sid, leaf ? 1 : 0, 0);
}

/** The range form that covers every stream. */
export function cmd_cfgi_all(smmu: ArmSmmuDevice): void {
  issue(smmu, CMDQ_OP_CFGI_ALL, 0, 31, 0);
}

export function cmd_cfgi_cd(smmu: ArmSmmuDevice, sid: number, ssid: number, leaf: boolean): void {
  issue(smmu, CMDQ_OP_CFGI_CD | (ssid << 12), sid, leaf ? 1 : 0, 0);
}

/** A TLBI without an address: by ASID, by VMID, or all. */
export function cmd_tlbi(smmu: ArmSmmuDevice, opcode: number, asid = 0, vmid = 0): void {
  issue(smmu, opcode, vmid | (asid << 16), 0, 0);
}

/** A TLBI of one address, bytes. */
export function cmd_tlbi_address(
  smmu: ArmSmmuDevice,
  opcode: number,
  tag: number,
  address: number,
  leaf: boolean,
): void {
  issue(smmu, opcode, tag, lo32(address) | (leaf ? 1 : 0), hi32(address));
}

/** ATC_INV of 2^size pages at `address`; ssid < 0 covers the range with and without PASID. */
export function cmd_atc_inv(
  smmu: ArmSmmuDevice,
  sid: number,
  ssid: number,
  address: number,
  size: number,
): void {
  const substream = ssid < 0 ? 0 : (1 << 11) | (ssid << 12);
  issue(smmu, CMDQ_OP_ATC_INV | substream, sid, lo32(address) | size, hi32(address));
}

export function cmd_pri_resp(
  smmu: ArmSmmuDevice,
  sid: number,
  ssid: number,
  grpid: number,
  resp: number,
): void {
  const substream = ssid < 0 ? 0 : (1 << 11) | (ssid << 12);
  issue(smmu, CMDQ_OP_PRI_RESP | substream, sid, grpid | (resp << 12), 0);
}

/** CMD_RESUME: `action` is RESUME_TERM, RESUME_RETRY or RESUME_ABORT. */
export function cmd_resume(smmu: ArmSmmuDevice, sid: number, stag: number, action: number): void {
  issue(smmu, CMDQ_OP_RESUME | (action << 12), sid, stag, 0);
}

/** Issues a CMD_SYNC and waits for it; a timeout is only logged. */
export function arm_smmu_cmdq_issue_sync(smmu: ArmSmmuDevice): void {
  const done = smmu.has(ARM_SMMU_FEAT_MSI | ARM_SMMU_FEAT_COHERENCY)
    ? issue_sync_msi(smmu)
    : issue_sync_sev(smmu);
  if (!done && smmu.kernel.log.ratelimit(`${smmu.dev.name} CMD_SYNC timeout`)) {
    smmu.kernel.log.dev_err(smmu.dev, 'CMD_SYNC timeout');
  }
}

function issue_sync_sev(smmu: ArmSmmuDevice): boolean {
  issue(smmu, CMDQ_OP_CMD_SYNC | CMDQ_SYNC_0_ATTR | CMDQ_SYNC_0_CS_SEV, 0, 0, 0);
  return queue_poll_cons(smmu, true);
}

/** A SYNC right behind another one is not sent: both wait for the same write. */
function issue_sync_msi(smmu: ArmSmmuDevice): boolean {
  if (smmu.prev_cmd_opcode !== CMDQ_OP_CMD_SYNC) {
    smmu.sync_nr = (smmu.sync_nr + 1) >>> 0;
    issue(
      smmu,
      CMDQ_OP_CMD_SYNC | CMDQ_SYNC_0_ATTR | CMDQ_SYNC_0_CS_IRQ,
      smmu.sync_nr,
      lo32(smmu.sync_count),
      hi32(smmu.sync_count),
    );
  }
  const { clock, memory } = smmu.kernel.machine;
  const timeout = clock.now + ARM_SMMU_CMDQ_SYNC_TIMEOUT;
  for (;;) {
    memory.read32(smmu.sync_count);
    if (((memory.lo - smmu.sync_nr) | 0) >= 0) {
      return true;
    }
    if (clock.now >= timeout) {
      return false;
    }
    smmu.kernel.waits.spin(MSI_POLL_TICKS);
  }
}

/** Deals with the command that CMDQ_CONS.ERR complains about: retry, or overwrite with a CMD_SYNC. */
export function arm_smmu_cmdq_skip_err(smmu: ArmSmmuDevice): void {
  const q = smmu.cmdq;
  const { log, machine } = smmu.kernel;
  const cons = smmu.mmio.readl(q.cons_reg);
  const idx = (cons >>> CMDQ_ERR_SHIFT) & CMDQ_ERR_MASK;
  const timeout = idx === CMDQ_ERR_CERROR_ATC_INV_IDX && smmu.auxd;
  const reason = timeout ? ATC_TIMEOUT_TEXT : (CERROR_TEXT[idx] ?? 'Unknown');
  log.dev_err(smmu.dev, 'CMDQ error (cons 0x%08x): %s', cons, reason);
  if (timeout) {
    return; // CONS is at the CMD_SYNC: it is tried again.
  }
  if (idx === CMDQ_ERR_CERROR_ABT_IDX) {
    log.dev_err(smmu.dev, 'retrying command fetch');
  }
  if (idx === CMDQ_ERR_CERROR_ABT_IDX || idx === CMDQ_ERR_CERROR_NONE_IDX) {
    return;
  }
  const entry = Q_ENT(q, cons);
  const dwords: string[] = [];
  for (let word = 0; word < 2; word++) {
    machine.memory.read64(entry + word * 8);
    dwords.push(hex64(machine.memory.lo, machine.memory.hi));
  }
  log.dev_err(smmu.dev, 'skipping command in error state:');
  for (const dword of dwords) {
    log.dev_err(smmu.dev, `\t${dword}`);
  }
  const cmd = smmu.cmd;
  const saved = Int32Array.from(cmd);
  cmd[0] = CMDQ_OP_CMD_SYNC | CMDQ_SYNC_0_ATTR | CMDQ_SYNC_0_CS_SEV;
  cmd[1] = 0;
  cmd[2] = 0;
  cmd[3] = 0;
  smmu.write_cmd(entry);
  cmd.set(saved);
}
