// The kernel log: printk levels, device prefixes, C format strings, rate limits on virtual time.
// The listener gets each line as it is made; the trace keeps it as a `log` record.

import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';

export const KERN_EMERG = 0;
export const KERN_ALERT = 1;
export const KERN_CRIT = 2;
export const KERN_ERR = 3;
export const KERN_WARNING = 4;
export const KERN_NOTICE = 5;
export const KERN_INFO = 6;
export const KERN_DEBUG = 7;

/** What a format string may be given. Objects print by their `name`, as `%s` of a device would. */
export type FormatArgument = number | bigint | string | boolean | null | undefined | object;

/** One line of the log. */
export interface LogLine {
  /** Ticks (nanoseconds) of virtual time. */
  readonly time: number;
  /** {@link KERN_EMERG}..{@link KERN_DEBUG}. */
  readonly level: number;
  /** The whole line: `driver device: message` for dev_*(), the message for pr_*(). */
  readonly text: string;
  /** Name of the device of a dev_*() line. */
  readonly device?: string;
  /** The line without its device prefix. */
  readonly message: string;
  /** Id of the trace record, 0 when nothing is recorded. */
  readonly id: number;
}

/** What a device must have to speak in the log. */
export interface LogDevice {
  readonly name: string;
  /** Name of the bound driver, or of the bus: the first word of the line. */
  readonly driver_name?: string | undefined;
}

const CONVERSION =
  /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|z|j|t)?(%|p[a-zA-Z]*|[diuxXocs])/g;

/**
 * Formats as printk does: the integer conversions with flags, width and precision, `%s`, `%c`, `%p`,
 * `%pa`/`%pad` (addresses, 16 digits). A missing argument prints as `(null)`.
 */
export function format(fmt: string, args: readonly FormatArgument[]): string {
  let next = 0;
  const take = (): FormatArgument => args[next++];
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : text === '*' ? Number(take()) : Number(text);
  return fmt.replace(
    CONVERSION,
    (_, flags: string, widthText?: string, precisionText?: string, size?: string, kind = '%') => {
      if (kind === '%') {
        return '%';
      }
      const width = number(widthText) ?? 0;
      const precision = number(precisionText);
      const body = convert(kind, take(), { flags, precision, wide: size !== undefined });
      if (flags.includes('-')) {
        return body.padEnd(width);
      }
      const zero =
        flags.includes('0') && precision === undefined && /[diuxXop]/.test(kind[0] ?? '');
      return zero ? padWithZeros(body, width) : body.padStart(width);
    },
  );
}

interface Style {
  readonly flags: string;
  readonly precision: number | undefined;
  /** The argument is a 64-bit one (l, ll, z): negative numbers wrap at 2^64 in `%x`. */
  readonly wide: boolean;
}

function convert(kind: string, value: FormatArgument, style: Style): string {
  if (kind === 's') {
    const text = textOf(value);
    return style.precision === undefined ? text : text.slice(0, style.precision);
  }
  if (kind === 'c') {
    return typeof value === 'string' ? value.slice(0, 1) : String.fromCodePoint(Number(value));
  }
  if (kind.startsWith('p')) {
    return kind === 'pa' || kind === 'pad' || kind === 'p'
      ? `0x${integer(value, true).toString(16).padStart(16, '0')}`
      : textOf(value);
  }
  const unsigned = kind !== 'd' && kind !== 'i';
  const whole = integer(value, unsigned ? style.wide : undefined);
  const radix = kind === 'x' || kind === 'X' ? 16 : kind === 'o' ? 8 : 10;
  const magnitude = (whole < 0n ? -whole : whole).toString(radix);
  const digits = magnitude.padStart(style.precision ?? 1, '0');
  const prefix = radix === 16 && style.flags.includes('#') && whole !== 0n ? '0x' : '';
  const sign = whole < 0n ? '-' : style.flags.includes('+') && !unsigned ? '+' : '';
  const text = `${sign}${prefix}${digits}`;
  return kind === 'X' ? text.toUpperCase() : text;
}

/** An integer argument; `wide` chooses the modulus for negative ones, undefined keeps the sign. */
function integer(value: FormatArgument, wide: boolean | undefined): bigint {
  const whole =
    typeof value === 'bigint'
      ? value
      : typeof value === 'number'
        ? BigInt(Math.trunc(value))
        : BigInt(value === true ? 1 : 0);
  return whole < 0n && wide !== undefined ? BigInt.asUintN(wide ? 64 : 32, whole) : whole;
}

function textOf(value: FormatArgument): string {
  if (value === null || value === undefined) {
    return '(null)';
  }
  if (typeof value === 'object') {
    return 'name' in value ? String(value.name) : '(object)';
  }
  return String(value);
}

function padWithZeros(body: string, width: number): string {
  const lead = /^[-+]?(?:0x|0X)?/.exec(body)?.[0] ?? '';
  return lead + body.slice(lead.length).padStart(width - lead.length, '0');
}

/** The log of one kernel. */
export class KernelLog {
  readonly #recorder: Recorder;
  readonly #clock: { readonly now: number };
  readonly #limits = new Map<string, { start: number; printed: number }>();
  readonly #warned = new Set<string>();
  /** Told of each line before anything else happens. */
  onLine: ((line: LogLine) => void) | undefined;
  /** Told of each WARN, by the name of the function that warned. */
  onWarn: ((where: string) => void) | undefined;
  /** Lines of the call trace under a WARN, from whoever knows what runs. */
  callTrace: (() => readonly string[]) | undefined;

  constructor(recorder: Recorder, clock: { readonly now: number }) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  printk(level: number, message: string, device?: LogDevice): void {
    const prefix =
      device === undefined
        ? ''
        : `${device.driver_name === undefined ? '' : `${device.driver_name} `}${device.name}: `;
    const text = prefix + message;
    const recorder = this.#recorder;
    const id = recorder.enabled ? recorder.emit(K.log, level, recorder.intern(text)) : 0;
    this.onLine?.({
      time: this.#clock.now,
      level,
      text,
      ...(device === undefined ? {} : { device: device.name }),
      message,
      id,
    });
  }

  /** printk() with a format string. */
  printf(level: number, fmt: string, args: readonly FormatArgument[]): void {
    this.printk(level, format(fmt, args));
  }

  pr_emerg(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_EMERG, format(fmt, args));
  }

  pr_err(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_ERR, format(fmt, args));
  }

  pr_warn(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_WARNING, format(fmt, args));
  }

  pr_notice(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_NOTICE, format(fmt, args));
  }

  pr_info(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_INFO, format(fmt, args));
  }

  pr_debug(fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_DEBUG, format(fmt, args));
  }

  dev_err(dev: LogDevice, fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_ERR, format(fmt, args), dev);
  }

  dev_warn(dev: LogDevice, fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_WARNING, format(fmt, args), dev);
  }

  dev_notice(dev: LogDevice, fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_NOTICE, format(fmt, args), dev);
  }

  dev_info(dev: LogDevice, fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_INFO, format(fmt, args), dev);
  }

  dev_dbg(dev: LogDevice, fmt: string, ...args: readonly FormatArgument[]): void {
    this.printk(KERN_DEBUG, format(fmt, args), dev);
  }

  /**
   * True when the call site `key` may print: ten lines in five seconds of virtual time, as
   * `*_ratelimited()` have it. Suppressed lines are not counted aloud.
   */
  ratelimit(key: string): boolean {
    const now = this.#clock.now;
    let limit = this.#limits.get(key);
    if (limit === undefined || now - limit.start >= RATELIMIT_INTERVAL) {
      limit = { start: now, printed: 0 };
      this.#limits.set(key, limit);
    }
    return ++limit.printed <= RATELIMIT_BURST;
  }

  /** WARN(): a line at warning level that names the function, and the {@link onWarn} listener. */
  warn(where: string, text = ''): void {
    this.onWarn?.(where);
    this.printk(KERN_WARNING, `WARNING: ${where}${text === '' ? '' : `: ${text}`}`);
    const stack = this.callTrace?.() ?? [];
    for (const line of stack.length === 0 ? [] : ['Call trace:', ...stack]) {
      this.printk(KERN_WARNING, line);
    }
  }

  /** WARN_ON_ONCE(true): only the first one of a place warns. */
  warnOnce(where: string): void {
    if (!this.#warned.has(where)) {
      this.#warned.add(where);
      this.warn(where);
    }
  }

  /** WARN_ON(condition): warns when it holds, and returns it. */
  warnOn(condition: boolean, where: string): boolean {
    if (condition) {
      this.warn(where);
    }
    return condition;
  }
}

/** DEFAULT_RATELIMIT_INTERVAL (5 s, in nanoseconds) and DEFAULT_RATELIMIT_BURST. */
const RATELIMIT_INTERVAL = 5_000_000_000;
const RATELIMIT_BURST = 10;

/** BUG(): the kernel stops here. `where` is the function. */
export class BugError extends Error {
  override readonly name = 'BugError';
  readonly where: string;

  constructor(where: string, text = '') {
    super(`kernel BUG in ${where}${text === '' ? '' : `: ${text}`}`);
    this.where = where;
  }
}
