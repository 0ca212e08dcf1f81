// Names of devices by StreamID, learnt from the trace: the kernel side tells of each device that comes
// as an `object` record of kind `device`: its number is the first StreamID, its text the name.

import { hex } from '../base/hex.ts';
import { numberOf, textOf } from './decoded.ts';
import type { TraceRecord } from './reader.ts';

/** What messages call a device. */
export interface DeviceName {
  /** `accel0`, or `sid-0x10` when the trace does not tell. */
  readonly name: string;
  /** Name of the bound driver or of the bus; empty when unknown, as the kernel prints it. */
  readonly driver: string;
}

/** Collects names from records; give it every record. */
export class DeviceNames {
  readonly #bySid = new Map<number, DeviceName>();

  take(record: TraceRecord): void {
    if (record.kind !== 'object' || textOf(record, 'what') !== 'device') {
      return;
    }
    const name = /^[^\s,]+/.exec(textOf(record, 'text'))?.[0];
    if (name !== undefined) {
      this.#bySid.set(numberOf(record, 'id'), { name, driver: '' });
    }
  }

  /** Name of the device that issues with this StreamID. */
  ofStream(sid: number): DeviceName {
    return this.#bySid.get(sid) ?? { name: `sid-${hex(sid)}`, driver: '' };
  }
}
