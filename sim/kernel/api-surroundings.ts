// Interrupts, work, time, waiting and the log, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import type { InterruptHandler } from './interrupt.ts';
import type { BusType, Device } from './iommu-types.ts';
import type { Kernel } from './kernel.ts';
import type { FormatArgument } from './printk.ts';
import type { Completion, TimerList, WaitQueueHead } from './wait.ts';
import type { DelayedWork, Workqueue, WorkStruct } from './workqueue.ts';

/** What a driver script expects of the kernel around it. */
export function surroundingsApi(kernel: Kernel): Record<string, KernelFunction> {
  return {
    ...interruptApi(kernel),
    ...waitApi(kernel),
    ...workApi(kernel),
    ...timeApi(kernel),
    ...logApi(kernel),
    bus_for_each_dev: (
      bus: BusType,
      start: Device | null,
      data: unknown,
      fn: (dev: Device, data: unknown) => number,
    ) => {
      for (const dev of devicesAfter(bus, start)) {
        const ret = fn(dev, data);
        if (ret !== 0) {
          return ret;
        }
      }
      return 0;
    },
    bus_find_device_by_name: (bus: BusType, start: Device | null, name: string) =>
      devicesAfter(bus, start).find((dev) => dev.name === name) ?? null,
    dev_name: (dev: Device) => dev.name,
    dev_get_drvdata: (dev: Device) => dev.driver_data,
    dev_set_drvdata: (dev: Device, data: unknown) => {
      dev.driver_data = data;
    },
  };
}

/** The devices of a bus as they are now, those behind `start`. */
function devicesAfter({ devices }: BusType, start: Device | null): readonly Device[] {
  return start === null ? [...devices] : devices.slice(devices.indexOf(start) + 1);
}

function interruptApi({ interrupts }: Kernel): Record<string, KernelFunction> {
  return {
    request_irq: (
      irq: number,
      handler: InterruptHandler,
      flags: number,
      name: string,
      dev: unknown,
    ) => interrupts.request_irq(irq, handler, flags, name, dev),
    request_threaded_irq: (
      irq: number,
      handler: InterruptHandler | null,
      thread: InterruptHandler | null,
      flags: number,
      name: string,
      dev: unknown,
    ) =>
      interrupts.request_threaded_irq(
        irq,
        handler ?? undefined,
        thread ?? undefined,
        flags,
        name,
        dev,
      ),
    free_irq: (irq: number) => interrupts.free_irq(irq),
  };
}

function waitApi({ waits }: Kernel): Record<string, KernelFunction> {
  return {
    init_completion: (x: Completion) => waits.init_completion(x),
    complete: (x: Completion) => waits.complete(x),
    complete_all: (x: Completion) => waits.complete_all(x),
    wait_for_completion: (x: Completion) => waits.wait_for_completion(x),
    wait_for_completion_timeout: (x: Completion, timeout: number) =>
      waits.wait_for_completion_timeout(x, timeout),
    init_waitqueue_head: (head: { name?: string }) => {
      head.name ??= 'wait queue';
    },
    wake_up: () => undefined,
    wake_up_all: () => undefined,
    wait_event: (head: WaitQueueHead, condition: () => boolean) =>
      waits.wait_event(head, condition),
    wait_event_timeout: (head: WaitQueueHead, condition: () => boolean, timeout: number) =>
      waits.wait_event_timeout(head, condition, timeout),
  };
}

function workApi(kernel: Kernel): Record<string, KernelFunction> {
  const system = kernel.system_wq;
  return {
    alloc_workqueue: (name: string) => kernel.alloc_workqueue(name),
    destroy_workqueue: (wq: Workqueue) => wq.flush_workqueue(),
    INIT_WORK: (work: Partial<WorkStruct>, func: WorkStruct['func']) => initWork(work, func),
    INIT_DELAYED_WORK: (work: Partial<WorkStruct>, func: WorkStruct['func']) =>
      initWork(work, func),
    schedule_work: (work: WorkStruct) => system.queue_work(work),
    queue_work: (wq: Workqueue, work: WorkStruct) => wq.queue_work(work),
    queue_delayed_work: (wq: Workqueue, work: DelayedWork, delay: number) =>
      wq.queue_delayed_work(work, delay),
    schedule_delayed_work: (work: DelayedWork, delay: number) =>
      system.queue_delayed_work(work, delay),
    flush_work: (work: WorkStruct) => (work.wq ?? system).flush_work(work),
    flush_workqueue: (wq: Workqueue) => wq.flush_workqueue(),
    cancel_work_sync: (work: WorkStruct) => (work.wq ?? system).cancel_work_sync(work),
    cancel_delayed_work_sync: (work: DelayedWork) =>
      (work.wq ?? system).cancel_delayed_work_sync(work),
  };
}

function initWork(work: Partial<WorkStruct>, func: WorkStruct['func']): void {
  work.func = func;
  work.pending = false;
}

function timeApi({ waits }: Kernel): Record<string, KernelFunction> {
  return {
    timer_setup: (timer: TimerList, callback: (timer: TimerList) => void) =>
      waits.timer_setup(timer, callback),
    mod_timer: (timer: TimerList, expires: number) => waits.mod_timer(timer, expires),
    del_timer: (timer: TimerList) => waits.del_timer(timer),
    del_timer_sync: (timer: TimerList) => waits.del_timer(timer),
    timer_pending: (timer: TimerList) => (waits.timer_pending(timer) ? 1 : 0),
    get_jiffies: () => waits.jiffies,
    msecs_to_jiffies: (ms: number) => waits.msecs_to_jiffies(ms),
    usleep_range: (min: number, max: number) => waits.usleep_range(min, max),
    udelay: (us: number) => waits.udelay(us),
    mdelay: (ms: number) => waits.udelay(ms * 1000),
    msleep: (ms: number) => waits.msleep(ms),
  };
}

type Line = (fmt: string, ...args: FormatArgument[]) => void;
type DeviceLine = (dev: Device, fmt: string, ...args: FormatArgument[]) => void;

function logApi({ log }: Kernel): Record<string, KernelFunction> {
  const warnOn = (condition: unknown): boolean => log.warnOn(Boolean(condition), 'script');
  const lines: Record<string, Line> = {
    pr_emerg: (...args) => log.pr_emerg(...args),
    pr_err: (...args) => log.pr_err(...args),
    pr_warn: (...args) => log.pr_warn(...args),
    pr_notice: (...args) => log.pr_notice(...args),
    pr_info: (...args) => log.pr_info(...args),
    pr_debug: (...args) => log.pr_debug(...args),
  };
  const deviceLines: Record<string, DeviceLine> = {
    dev_err: (...args) => log.dev_err(...args),
    dev_warn: (...args) => log.dev_warn(...args),
    dev_notice: (...args) => log.dev_notice(...args),
    dev_info: (...args) => log.dev_info(...args),
    dev_dbg: (...args) => log.dev_dbg(...args),
  };
  return {
    ...lines,
    ...deviceLines,
    printk: (level: number, fmt: string, ...args: FormatArgument[]) => log.printf(level, fmt, args),
    WARN_ON: warnOn,
  };
}
