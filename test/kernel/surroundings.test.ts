// What a driver expects of the kernel around it: format strings, levels, waits that end and waits that
// cannot, work, timers, interrupts.

import { beforeEach, describe, expect, it } from 'vitest';
import { format } from '../../sim/kernel/printk.ts';
import { HungTaskError } from '../../sim/kernel/wait.ts';
import { KernelRig } from '../support/kernel-rig.ts';

describe('a format string', () => {
  it.each([
    ['%d %i %u', [-5, 7, -1], '-5 7 4294967295'],
    ['%x %X %#x %08x %lx', [255, 255, 255, 255, -1], 'ff FF 0xff 000000ff ffffffffffffffff'],
    ['0x%016llx', [0x1000_0000_5810n], '0x0000100000005810'],
    ['%5d|%-5d|%05d|%+d', [42, 42, -42, 42], '   42|42   |-0042|+42'],
    ['%s|%8s|%-4s|%.2s', ['a', 'bc', 'd', 'efg'], 'a|      bc|d   |ef'],
    ['%pa', [0x8000_0000], '0x0000000080000000'],
    ['%c%c%%', ['x', 65], 'xA%'],
    ['%*d', [6, 1], '     1'],
    ['%s %d', ['only'], 'only 0'],
    ['%s', [{ name: 'accel0' }], 'accel0'],
    ['%zu of %ld', [4096, -3], '4096 of -3'],
    ['100%', [], '100%'],
  ])('prints %j', (fmt, args, expected) => {
    expect(format(fmt, args)).toBe(expected);
  });
});

describe('the log', () => {
  it('speaks as the kernel does, and warns with the place', () => {
    const rig = new KernelRig();
    const dev = rig.kernel.add_platform_device('accel0', {});
    dev.driver_name = 'accel';
    rig.call('dev_err', dev, 'queue %d failed: %d', 3, -22);
    expect(rig.lines.at(-1)).toBe('accel accel0: queue 3 failed: -22');
    expect(rig.call('WARN_ON', false)).toBe(false);
    expect(rig.call('WARN_ON', true)).toBe(true);
    expect(rig.lines.at(-1)).toContain('WARNING');
  });

  it('lets ten lines of a place through in five seconds', () => {
    const { kernel, machine } = new KernelRig();
    const through = (): number =>
      Array.from({ length: 15 }, () => kernel.log.ratelimit('x')).filter(Boolean).length;
    expect(through()).toBe(10);
    expect(through()).toBe(0);
    machine.sleep(5e9);
    expect(through()).toBe(10);
  });
});

describe('waiting', () => {
  let rig: KernelRig;
  beforeEach(() => {
    rig = new KernelRig();
  });

  it('ends when deferred work, a timer or an interrupt makes it', () => {
    const done = { done: 0 };
    const work = {};
    rig.call('INIT_WORK', work, () => rig.kernel.waits.complete(done));
    rig.call('schedule_work', work);
    rig.call('wait_for_completion', done);
    expect(done.done).toBe(0);
    const timer = {};
    let fired = 0;
    rig.call('timer_setup', timer, () => fired++, 0);
    expect(rig.call('mod_timer', timer, (rig.call('get_jiffies') as number) + 10)).toBe(0);
    expect(rig.call('timer_pending', timer)).toBe(1);
    const start = rig.machine.clock.now;
    rig.call('wait_event', { name: 'q' }, () => fired > 0);
    expect(rig.machine.clock.now - start).toBeGreaterThan(35e6);
    expect(fired).toBe(1);
  });

  it('that nothing can end is a hung task, with what it waits for', () => {
    expect(() => rig.call('wait_event', { name: 'my_queue' }, () => false)).toThrow(HungTaskError);
    expect(() => rig.call('wait_event', { name: 'my_queue' }, () => false)).toThrow(/my_queue/);
    expect(rig.lines.at(-1)).toContain('blocked for more than 120 seconds');
  });

  it('with a timeout tells how much was left', () => {
    const x = { done: 0 };
    expect(rig.call('wait_for_completion_timeout', x, 25)).toBe(0);
    rig.call('complete_all', x);
    expect(rig.call('wait_for_completion_timeout', x, 25)).toBe(25);
    expect(rig.call('wait_for_completion_timeout', x, 25)).toBe(25);
    rig.machine.clock.after(8e6, () => undefined);
    let polls = 0;
    const left = rig.call('wait_event_timeout', { name: 'q' }, () => ++polls > 1, 10);
    expect(left).toBe(8);
  });

  it('counts jiffies of 4 ms', () => {
    expect(rig.call('msecs_to_jiffies', 10)).toBe(3);
    const before = rig.call('get_jiffies') as number;
    rig.call('msleep', 40);
    expect(rig.call('get_jiffies')).toBe(before + 10);
  });

  it('runs work in order, once for each queueing, and cancels it', () => {
    const wq = rig.api['alloc_workqueue']?.('wq', 0, 0);
    const ran: string[] = [];
    const [a, b] = [{}, {}];
    rig.call('INIT_WORK', a, () => ran.push('a'));
    rig.call('INIT_WORK', b, () => ran.push('b'));
    expect(rig.api['queue_work']?.(wq, a)).toBe(true);
    expect(rig.api['queue_work']?.(wq, a)).toBe(false);
    expect(rig.api['queue_work']?.(wq, b)).toBe(true);
    expect(rig.api['cancel_work_sync']?.(a)).toBe(true);
    rig.call('flush_workqueue', wq);
    expect(ran).toEqual(['b']);
    const later = {};
    rig.call('INIT_DELAYED_WORK', later, () => ran.push('later'));
    expect(rig.call('queue_delayed_work', wq, later, 5)).toBe(true);
    rig.call('msleep', 19);
    expect(ran).toEqual(['b']);
    rig.call('msleep', 2);
    expect(ran).toEqual(['b', 'later']);
  });

  it('moves a timer that is pending, and deletes it', () => {
    let fired = 0;
    const timer = {};
    rig.call('timer_setup', timer, () => fired++, 0);
    rig.call('mod_timer', timer, 5);
    expect(rig.call('mod_timer', timer, 100)).toBe(1);
    rig.call('msleep', 40);
    expect(fired).toBe(0);
    expect(rig.call('del_timer_sync', timer)).toBe(1);
    rig.call('msleep', 1000);
    expect(fired).toBe(0);
  });
});

describe('an interrupt', () => {
  it('runs its handler, and its thread when asked', () => {
    const rig = new KernelRig();
    const ran: string[] = [];
    const hard = (irq: number, dev: unknown): number => {
      ran.push(`hard ${irq} ${String(dev)}`);
      return 2;
    };
    const thread = (): number => ran.push('thread');
    expect(rig.call('request_threaded_irq', 40, hard, thread, 0, 'x', 'cookie')).toBe(0);
    expect(rig.call('request_irq', 40, hard, 0, 'y', null)).toBe(-16);
    expect(rig.call('request_threaded_irq', 41, null, null, 0, 'z', null)).toBe(-22);
    rig.machine.irq.raise(40);
    rig.machine.settle();
    expect(ran).toEqual(['hard 40 cookie', 'thread']);
    rig.call('free_irq', 40, 'cookie');
    rig.machine.irq.raise(40);
    rig.machine.settle();
    expect(ran).toHaveLength(2);
  });
});
