import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import type { MmioDevice } from '../../sim/machine/system-bus.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

describe('a machine', () => {
  let machine: Machine;
  let seen: string[];
  beforeEach(() => {
    const clock = new VirtualClock();
    machine = new Machine(new Recorder(clock), clock);
    seen = [];
  });

  it('runs interrupts only when it settles, lowest line first, each pending line once', () => {
    machine.irq.setHandler(9, () => seen.push('irq 9'));
    machine.irq.setHandler(4, () => {
      seen.push('irq 4');
      machine.defer(() => seen.push('thread of 4'));
    });
    machine.irq.raise(9);
    machine.irq.raise(4);
    machine.irq.raise(9);
    expect(seen).toEqual([]);
    machine.settle();
    expect(seen).toEqual(['irq 4', 'irq 9', 'thread of 4']);
  });

  it('runs what deferred work raises before the next piece of work', () => {
    machine.irq.setHandler(1, () => seen.push('irq'));
    machine.defer(() => {
      seen.push('first');
      machine.irq.raise(1);
    });
    machine.defer(() => seen.push('second'));
    machine.settle();
    expect(seen).toEqual(['first', 'irq', 'second']);
  });

  it('loses an edge that nobody handles, and tells so', () => {
    machine.irq.onRaise = (line, handled) => seen.push(`${line} ${handled}`);
    machine.irq.raise(3);
    machine.irq.setHandler(3, () => seen.push('handler'));
    machine.settle();
    expect(seen).toEqual(['3 false']);
  });

  it('runs alarms at their own time, and settles after each', () => {
    machine.clock.after(50, () => seen.push(`b at ${machine.clock.now}`));
    machine.clock.after(20, () => {
      seen.push(`a at ${machine.clock.now}`);
      machine.defer(() => seen.push(`work at ${machine.clock.now}`));
    });
    machine.sleep(100);
    expect(seen).toEqual(['a at 20', 'work at 20', 'b at 50']);
    expect(machine.clock.now).toBe(100);
  });

  it('keeps the order of alarms that fall due together, and forgets cancelled ones', () => {
    machine.clock.after(10, () => seen.push('first'));
    machine.clock.after(10, () => seen.push('cancelled')).dispose();
    machine.clock.after(10, () => seen.push('second'));
    machine.sleep(10);
    expect(seen).toEqual(['first', 'second']);
  });

  it('routes to the device whose window holds the address, to RAM, or to nothing', () => {
    const device: MmioDevice = {
      name: 'probe',
      read32: (offset) => offset,
      write32: (offset, value) => seen.push(`w32 ${offset} ${value}`),
      read64: (offset, out) => {
        out[0] = offset;
        out[1] = -1;
      },
      write64: (offset, lo, hi) => seen.push(`w64 ${offset} ${lo} ${hi}`),
    };
    machine.bus.attach(0x900_0000, 0x1000, device);
    expect(machine.bus.read32(0x900_0010)).toBe(0x10);
    expect(machine.bus.read64(0x900_0018)).toBe(0xffff_ffff_0000_0018n);
    expect(machine.bus.write64(0x900_0020, 1, 2)).toBe(true);
    expect(machine.bus.write32(0x4000_0000, -2)).toBe(true);
    expect(machine.bus.read32(0x4000_0000)).toBe(0xffff_fffe);
    expect(machine.bus.read32(0x900_1000)).toBeUndefined();
    expect(machine.bus.write32(0x10, 1)).toBe(false);
    expect(seen).toEqual(['w64 32 1 2']);
    expect(() => machine.bus.attach(0x900_0ff8, 16, device)).toThrow(
      'probe: window 0x9000ff8+0x10',
    );
  });
});
