// The kernel's objects as they stand in the kernel itself, in the words of the trace's `state` records.

import type { ArmSmmuDomain } from '../../sim/kernel/arm-smmu-v3/domain.ts';
import type { Kernel } from '../../sim/kernel/kernel.ts';
import { deviceState, domainState, groupState, mdevState } from '../../sim/kernel/object-states.ts';

/** Each object with its state, `device accel0 {...}`, sorted. */
export function kernelSnapshot(kernel: Kernel): string[] {
  const { iommu, ioasid, bindings, mdev } = kernel;
  const buses = [kernel.platform_bus_type, kernel.pci_bus_type, kernel.amba_bus_type];
  const line = (what: string, key: string | number, state: unknown): string =>
    `${what} ${key} ${JSON.stringify(state)}`;
  return [
    ...buses.flatMap(({ devices }) =>
      devices.map((dev) => line('device', dev.name, deviceState(dev))),
    ),
    ...iommu.groups.all.map((group) => line('group', group.id, groupState(group))),
    ...iommu.live.map(([domain]) =>
      line('domain', domain.id, domainState(domain as ArmSmmuDomain)),
    ),
    ...ioasid.holders().map(({ id }) => line('pasid', id, ioasid.stateOf(id))),
    ...[...bindings.states()].map(([name, state]) => line('bond', name, state)),
    ...mdev.all.map((one) => line('mdev', one.uuid, mdevState(one))),
  ].sort();
}
