// Kernel objects that hold others together, for the debugger: ioasid sets, SVA handles, mediated devices,
// VFIO's files, queues. Each shows on one line what a person would look up first.

import { hex } from '../base/hex.ts';
import { ErrorPointer } from '../kernel/errno.ts';
import { IopfQueue } from '../kernel/io-pgfault.ts';
import type { IoasidSet } from '../kernel/ioasid.ts';
import { IommuSvaHandle } from '../kernel/iommu-sva-handle.ts';
import type { Device } from '../kernel/iommu-types.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { MdevDevice } from '../kernel/mdev.ts';
import { VfioContainer, VfioDevice, VfioGroup } from '../kernel/vfio.ts';
import { Opaque } from '../script/handles.ts';
import type { KernelPart, KernelView } from './debug-values.ts';
import { counted, text } from './debug-view-parts.ts';

/** How the object is shown; undefined for one of another kind. */
export function objectView(host: object): KernelView | undefined {
  if (host instanceof IommuSvaHandle) {
    const { dev, mm, pasid, references } = host;
    const parts = (): KernelPart[] => [
      text('PASID', `${pasid}`),
      { name: 'dev', value: dev },
      { name: 'mm', value: mm },
      given('drvdata', host.drvdata),
      text('references', `${references}`),
    ];
    return {
      type: 'iommu_sva',
      title: `iommu_sva PASID ${pasid} (${dev.name}, mm ${mm.id})`,
      parts,
    };
  }
  if (host instanceof MdevDevice) {
    return mdevView(host);
  }
  if (host instanceof ErrorPointer) {
    return { type: 'error pointer', title: `${host} = ${host.error}`, parts: () => [] };
  }
  if (host instanceof IopfQueue) {
    const devices = [...host.devices.keys()];
    const title = `iopf_queue ${host.name} (${namesOf(devices)})`;
    return { type: 'iopf_queue', title, parts: () => devices.map(member) };
  }
  return vfioView(host);
}

/** The PASIDs of a set, with what they were allocated for. */
export function setView(set: IoasidSet, { ioasid }: Kernel): KernelView {
  const ids: KernelPart[] = [];
  const add = (id: number, data: unknown): number => {
    ids.push(given(`PASID ${id} (${hex(id)})`, data));
    return 0;
  };
  ioasid.forEach(set, add, null);
  return {
    type: 'ioasid_set',
    title: `ioasid_set ${set.name} (${counted(ids.length, 'PASID')})`,
    parts: () => ids,
  };
}

function mdevView(mdev: MdevDevice): KernelView {
  const { uuid, type, dev, parent, iommu_device, iommu_domain } = mdev;
  return {
    type: 'mdev_device',
    title: `mdev ${uuid} (${type} of ${parent.dev.name})`,
    parts: () => [
      text('uuid', uuid),
      text('type', type),
      { name: 'parent', value: parent.dev },
      { name: 'dev', value: dev },
      iommu_device === null ? text('iommu device', 'none') : given('iommu device', iommu_device),
      iommu_domain === null ? text('iommu domain', 'none') : given('iommu domain', iommu_domain),
      given('drvdata', mdev.driver_data),
    ],
  };
}

function vfioView(host: object): KernelView | undefined {
  if (host instanceof VfioContainer) {
    const { id, groups } = host;
    const title = `vfio_container ${id} (${counted(groups.length, 'group')})`;
    return { type: 'vfio_container', title, parts: () => groups.map(member) };
  }
  if (host instanceof VfioGroup) {
    const { group, container, devices } = host;
    const parts = (): KernelPart[] => [
      text('iommu_group', `${group.id}`),
      ...group.devices.map(member),
      container === undefined ? text('container', 'none') : given('container', container),
      ...devices.map(member),
    ];
    return {
      type: 'vfio_group',
      title: `vfio_group ${group.id} (${namesOf(group.devices)})`,
      parts,
    };
  }
  if (host instanceof VfioDevice) {
    const { mdev, group, open } = host;
    const parts = (): KernelPart[] => [
      { name: 'mdev', value: mdev },
      { name: 'group', value: group },
      text('open', String(open)),
    ];
    return {
      type: 'vfio_device',
      title: `vfio_device ${mdev.uuid}${open ? '' : ' (closed)'}`,
      parts,
    };
  }
  return undefined;
}

/** A value that a script gave the kernel to keep, or an object of the kernel's. */
function given(name: string, value: unknown): KernelPart {
  return { name, value: value instanceof Opaque ? value.guest : value };
}

function member(value: object, index: number): KernelPart {
  return { name: `[${index}]`, value };
}

function namesOf(devices: readonly Device[]): string {
  return devices.length === 0 ? 'no device' : devices.map(({ name }) => name).join(', ');
}
