// What the machine's own functions do: physical memory, drained events, expectations, assertions, error
// pointers.

import { hex } from '../base/hex.ts';
import { ERR_PTR, IS_ERR, IS_ERR_OR_NULL, PTR_ERR, PTR_ERR_OR_ZERO } from '../kernel/errno.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import { ApiError, CallbackThrew } from '../script/api-error.ts';
import type { Crossing } from '../script/crossing.ts';
import type { DeviceApi } from '../script/device-api.ts';
import type { EngineApi } from '../script/engine-api.ts';
import type { GuestRealm } from '../script/guest-realm.ts';
import { Opaque } from '../script/handles.ts';
import type { MachineBodies } from '../script/script-api.ts';
import type { World } from '../script/world.ts';
import { EVENTS } from '../smmu/spec/events.ts';
import { recordPhysWrite } from './record-stores.ts';
import type { RunOutput } from './run-output.ts';

/** What the functions act on. */
export interface MachineSide {
  readonly devices: DeviceApi;
  readonly engines: EngineApi;
  readonly output: RunOutput;
  readonly guest: GuestRealm;
  readonly crossing: Crossing;
  world(): World;
}

/** Most bytes that one phys_read() gives. */
const MOST_BYTES = 2 ** 26;

const ERROR_POINTERS = {
  IS_ERR: ([ptr]: unknown[]) => IS_ERR(ptr),
  IS_ERR_OR_NULL: ([ptr]: unknown[]) => IS_ERR_OR_NULL(ptr),
  PTR_ERR: ([ptr]: unknown[]) => PTR_ERR(ptr),
  PTR_ERR_OR_ZERO: ([ptr]: unknown[]) => PTR_ERR_OR_ZERO(ptr),
  ERR_PTR: ([error]: unknown[]) => ERR_PTR(error as number),
};

/** The functions by name. */
export function machineBodies(side: MachineSide): MachineBodies {
  const { devices, output } = side;
  return {
    platform_device: devices.platformDevice,
    pci_device: devices.pciDevice,
    memcpy_engine: side.engines.make,
    phys_read: ([pa, len]) => physRead(side.world(), pa as number, len as number),
    phys_write: ([pa, bytes]) => physWrite(side.world(), pa as number, bytes as Uint8Array),
    events: () => [...output.events.drained],
    expect_event: ([match, body]) => expectEvent(side, match, body),
    assert: ([condition, message]) => {
      if (!condition) {
        throw new ApiError(
          'Error',
          `assertion failed${message === undefined ? '' : `: ${message}`}`,
        );
      }
    },
    ...ERROR_POINTERS,
  };
}

function physRead({ machine }: World, pa: number, length: number): Uint8Array {
  if (length > MOST_BYTES) {
    throw new ApiError('RangeError', `phys_read: at most ${hex(MOST_BYTES)} bytes at a time`);
  }
  const bytes = machine.memory.readBytes(pa, length);
  if (bytes === undefined) {
    throw new ApiError('RangeError', `phys_read: no memory at ${hex(pa)} + ${hex(length)}`);
  }
  return bytes;
}

function physWrite({ machine }: World, pa: number, bytes: Uint8Array): void {
  if (!machine.memory.writeBytes(pa, bytes)) {
    throw new ApiError('RangeError', `phys_write: no memory at ${hex(pa)} + ${hex(bytes.length)}`);
  }
  recordPhysWrite(machine, pa, bytes.length);
}

function expectEvent(side: MachineSide, match: unknown, body: unknown): void {
  const { output, guest } = side;
  const matches = matcherOf(side, match);
  const script = body instanceof Opaque ? body.guest : undefined;
  if (typeof script !== 'function') {
    throw new ApiError('TypeError', 'expect_event: body must be a function');
  }
  const before = output.events.drained.length;
  const found = output.events.expect(matches, () => {
    const outcome = guest.call(script, []);
    if (!outcome.ok) {
      throw new CallbackThrew(outcome.error);
    }
    if (typeof outcome.value === 'object' && outcome.value !== null) {
      throw new ApiError('TypeError', 'expect_event: body must not be async and return nothing');
    }
    side.world().machine.settle();
  });
  if (found === 0) {
    const wanted = typeof match === 'string' ? match : 'matching event';
    const others = output.events.drained.slice(before).map(({ name }) => name);
    const came = others.length === 0 ? 'nothing came' : `there came: ${others.join(', ')}`;
    throw new ApiError('Error', `expect_event: no ${wanted} came; ${came}`);
  }
}

function matcherOf(
  { guest, crossing }: MachineSide,
  match: unknown,
): (event: EventRecordDto) => boolean {
  if (typeof match === 'string') {
    if (!(match in EVENTS)) {
      const names = Object.keys(EVENTS).join(', ');
      throw new ApiError(
        'TypeError',
        `expect_event: no event is named ${match} (there is: ${names})`,
      );
    }
    return (event) => event.name === match;
  }
  const predicate = match instanceof Opaque ? match.guest : undefined;
  if (typeof predicate !== 'function') {
    throw new ApiError(
      'TypeError',
      'expect_event: the first argument must be a name or a function',
    );
  }
  return (event) => {
    const outcome = guest.call(predicate, [crossing.toGuest({ ...event }, 'any')]);
    if (!outcome.ok) {
      throw new CallbackThrew(outcome.error);
    }
    return Boolean(outcome.value);
  };
}
