// Register writes that the SMMU acknowledges: written, then polled for 100 microseconds.

import { ETIMEDOUT } from '../errno.ts';
import {
  ARM_SMMU_CR0,
  ARM_SMMU_CR0ACK,
  ARM_SMMU_GBPA,
  ARM_SMMU_POLL_TIMEOUT,
  GBPA_UPDATE,
} from './arm-smmu-v3.ts';
import type { ArmSmmuDevice } from './smmu-device.ts';

const POLL_TICKS = 1000;

/** Polls a register until `done` likes it; 0 or -ETIMEDOUT. */
function poll(smmu: ArmSmmuDevice, offset: number, done: (value: number) => boolean): number {
  const { clock } = smmu.kernel.machine;
  const end = clock.now + ARM_SMMU_POLL_TIMEOUT;
  for (;;) {
    if (done(smmu.mmio.readl(offset))) {
      return 0;
    }
    if (clock.now > end) {
      return -ETIMEDOUT;
    }
    smmu.kernel.waits.spin(POLL_TICKS);
  }
}

/** Writes `value` and waits until `ack` reads the same. */
export function arm_smmu_write_reg_sync(
  smmu: ArmSmmuDevice,
  value: number,
  offset: number,
  ack: number,
): number {
  smmu.mmio.writel(offset, value);
  return poll(smmu, ack, (read) => read === value);
}

/** GBPA keeps its other fields: waits for Update to clear before and after. */
export function arm_smmu_update_gbpa(smmu: ArmSmmuDevice, set: number, clear: number): number {
  const ready = (value: number): boolean => (value & GBPA_UPDATE) === 0;
  let old = 0;
  const before = poll(smmu, ARM_SMMU_GBPA, (value) => {
    old = value;
    return ready(value);
  });
  if (before !== 0) {
    return before;
  }
  smmu.mmio.writel(ARM_SMMU_GBPA, (((old & ~clear) | set) >>> 0) | GBPA_UPDATE);
  const ret = poll(smmu, ARM_SMMU_GBPA, ready);
  if (ret !== 0) {
    smmu.kernel.log.dev_err(smmu.dev, 'GBPA not responding to update');
  }
  return ret;
}

/** CR0 to 0: no translation, no queues. */
export function arm_smmu_device_disable(smmu: ArmSmmuDevice): number {
  const ret = arm_smmu_write_reg_sync(smmu, 0, ARM_SMMU_CR0, ARM_SMMU_CR0ACK);
  if (ret !== 0) {
    smmu.kernel.log.dev_err(smmu.dev, 'failed to clear cr0');
  }
  return ret;
}
