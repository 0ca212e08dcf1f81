// Interrupts, waiting, work, time and the log.

/** struct completion: any object, prepared by {@link init_completion}; its `name` is told if a wait hangs. */
type completion = object;
/** wait_queue_head_t: any object, prepared by {@link init_waitqueue_head}; `name` as above. */
type wait_queue_head = object;
/** struct work_struct: any object, prepared by {@link INIT_WORK}. */
type work_struct = object;
/** struct timer_list: any object, prepared by {@link timer_setup}. */
type timer_list = object;

/**
 * Registers an interrupt handler.
 * @returns 0; -EBUSY the line is taken; -EINVAL no handler
 */
declare function request_irq(
  irq: int,
  handler: (irq: int, dev: void_ptr) => irqreturn_t,
  flags: int,
  name: string,
  dev: unknown,
): int;
/** As {@link request_irq}, with a thread that runs when the handler returns IRQ_WAKE_THREAD. */
declare function request_threaded_irq(
  irq: int,
  handler: ((irq: int, dev: void_ptr) => irqreturn_t) | null,
  thread_fn: ((irq: int, dev: void_ptr) => irqreturn_t) | null,
  flags: int,
  name: string,
  dev: unknown,
): int;
/** Removes the handler of a line. */
declare function free_irq(irq: int, dev: unknown): void;

/** Prepares a completion. */
declare function init_completion(x: completion): void;
/** Wakes one waiter. */
declare function complete(x: completion): void;
/** Wakes all waiters, now and later. */
declare function complete_all(x: completion): void;
/** Waits; one that nothing can complete is reported as a hung task. */
declare function wait_for_completion(x: completion): void;
/** Waits at most `timeout` jiffies; the jiffies that were left, 0 when it timed out. */
declare function wait_for_completion_timeout(x: completion, timeout: u64_arg): u64;
/** Prepares a wait queue. */
declare function init_waitqueue_head(head: wait_queue_head): void;
/** Wakes a waiter: its condition is looked at again. */
declare function wake_up(head: wait_queue_head): void;
/** Wakes all waiters. */
declare function wake_up_all(head: wait_queue_head): void;
/** Waits until `condition()` holds. */
declare function wait_event(head: wait_queue_head, condition: () => boolean): void;
/** Waits at most `timeout` jiffies; 0 when it timed out, else the jiffies that were left, at least 1. */
declare function wait_event_timeout(
  head: wait_queue_head,
  condition: () => boolean,
  timeout: u64_arg,
): u64;

/** Makes a workqueue, or NULL. */
declare function alloc_workqueue(fmt: string, flags: int, max_active: int): workqueue_struct | null;
/** Runs what is queued and frees the queue. */
declare function destroy_workqueue(wq: workqueue_struct): void;
/** Prepares a work item. */
declare function INIT_WORK(work: work_struct, func: (work: void_ptr) => void): void;
/** Prepares a delayed work item. */
declare function INIT_DELAYED_WORK(work: work_struct, func: (work: void_ptr) => void): void;
/** Queues work on the system's queue; false when it is queued already. */
declare function schedule_work(work: work_struct): boolean;
/** Queues work; false when it is queued already. */
declare function queue_work(wq: workqueue_struct, work: work_struct): boolean;
/** Queues work after `delay` jiffies. */
declare function queue_delayed_work(
  wq: workqueue_struct,
  work: work_struct,
  delay: u64_arg,
): boolean;
/** Queues work on the system's queue after `delay` jiffies. */
declare function schedule_delayed_work(work: work_struct, delay: u64_arg): boolean;
/** Waits until the work is done; true when it was queued. */
declare function flush_work(work: work_struct): boolean;
/** Waits until all work of a queue is done. */
declare function flush_workqueue(wq: workqueue_struct): void;
/** Takes the work back, or waits until it is done; true when it was queued. */
declare function cancel_work_sync(work: work_struct): boolean;
/** As {@link cancel_work_sync} for delayed work. */
declare function cancel_delayed_work_sync(work: work_struct): boolean;

/** Prepares a timer. */
declare function timer_setup(
  timer: timer_list,
  callback: (timer: void_ptr) => void,
  flags: u32,
): void;
/** Starts or moves a timer: it runs when jiffies reach `expires`; 1 when it was running. */
declare function mod_timer(timer: timer_list, expires: u64_arg): int;
/** Stops a timer; 1 when it was running. */
declare function del_timer(timer: timer_list): int;
/** As {@link del_timer}. */
declare function del_timer_sync(timer: timer_list): int;
/** 1 while a timer is running. */
declare function timer_pending(timer: timer_list): int;
/** Jiffies since boot: 250 a second of virtual time. */
declare function get_jiffies(): u64;
/** Milliseconds in jiffies, rounded up. */
declare function msecs_to_jiffies(ms: u32): u64;
/** Lets between `min` and `max` microseconds of virtual time pass. */
declare function usleep_range(min: u64_arg, max: u64_arg): void;
/** Lets microseconds of virtual time pass; timers and work that fall due run. */
declare function udelay(us: u64_arg): void;
/** Lets milliseconds of virtual time pass. */
declare function mdelay(ms: u64_arg): void;
/** Sleeps for milliseconds of virtual time. */
declare function msleep(ms: u32): void;

/** Prints a line; `level` 0 (emergency) to 7 (debug). */
declare function printk(level: int, fmt: string, ...args: unknown[]): void;
/** Prints an emergency. C formats: %d %u %x %lx %s %p %pa. */
declare function pr_emerg(fmt: string, ...args: unknown[]): void;
/** Prints an error. */
declare function pr_err(fmt: string, ...args: unknown[]): void;
/** Prints a warning. */
declare function pr_warn(fmt: string, ...args: unknown[]): void;
/** Prints a notice. */
declare function pr_notice(fmt: string, ...args: unknown[]): void;
/** Prints a line: `pr_info('iova 0x%lx', iova)`. */
declare function pr_info(fmt: string, ...args: unknown[]): void;
/** Prints a debug line. */
declare function pr_debug(fmt: string, ...args: unknown[]): void;
/** As {@link pr_err}, with the device in front. */
declare function dev_err(dev: device, fmt: string, ...args: unknown[]): void;
/** As {@link pr_warn}, with the device in front. */
declare function dev_warn(dev: device, fmt: string, ...args: unknown[]): void;
/** As {@link pr_notice}, with the device in front. */
declare function dev_notice(dev: device, fmt: string, ...args: unknown[]): void;
/** As {@link pr_info}, with the device in front. */
declare function dev_info(dev: device, fmt: string, ...args: unknown[]): void;
/** As {@link pr_debug}, with the device in front. */
declare function dev_dbg(dev: device, fmt: string, ...args: unknown[]): void;
/** Warns with the script's call trace when the condition holds, and returns it. */
declare function WARN_ON(condition: unknown): boolean;
/**
 * Visits the devices of a bus in the order they came; a result that is not 0 stops and is returned.
 * @param start the device after which to begin; null for the first
 */
declare function bus_for_each_dev(
  bus: bus_type | device,
  start: device | null,
  data: unknown,
  fn: (dev: device, data: void_ptr) => int,
): int;
/** The first device of that name on a bus, after `start`, or NULL. */
declare function bus_find_device_by_name(
  bus: bus_type | device,
  start: device | null,
  name: string,
): device | null;
/** Name of a device. */
declare function dev_name(dev: device): string;
/** Data that {@link dev_set_drvdata} kept. */
declare function dev_get_drvdata(dev: device): void_ptr;
/** Keeps a driver's data with a device. */
declare function dev_set_drvdata(dev: device, data: unknown): void;
