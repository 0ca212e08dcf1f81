// ASCII lines written as bytes: numbers and names go into one buffer, without a text of their own.

const HEX_DIGITS = asciiBytes('0123456789abcdef');
const ZERO = 48;
const MINUS = 45;
const QUOTE = 34;

/** Bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

/** Text of ASCII bytes. */
export function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** A buffer that grows, and is handed out and used again. */
export class LineBuffer {
  #bytes = new Uint8Array(2 ** 17);
  /** Bytes in use. */
  length = 0;
  readonly #digits = new Uint8Array(20);

  /** What was collected; valid until the next is added. Starts anew. */
  taken(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  ascii(text: string): void {
    this.bytes(asciiBytes(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const own = this.#bytes;
    let at = this.length;
    for (let n = 0; n < bytes.length; n++) {
      own[at++] = bytes[n] as number;
    }
    this.length = at;
  }

  /** A non-negative whole number below 2^53. */
  decimal(value: number): void {
    this.#reserve(20);
    const digits = this.#digits;
    let count = 0;
    let rest = value;
    while (rest >= 0x8000_0000) {
      const next = Math.floor(rest / 10);
      digits[count++] = ZERO + (rest - next * 10);
      rest = next;
    }
    rest |= 0;
    do {
      const next = (rest / 10) | 0;
      digits[count++] = ZERO + (rest - next * 10);
      rest = next;
    } while (rest !== 0);
    const own = this.#bytes;
    let at = this.length;
    while (count > 0) {
      own[at++] = digits[--count] as number;
    }
    this.length = at;
  }

  /** A negative 32-bit number. */
  negative(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = MINUS;
    this.decimal(-value);
  }

  /** `"0x..."` of a 64-bit value in halves, without leading zeros. */
  hex64(lo: number, hi: number): void {
    this.#reserve(20);
    const own = this.#bytes;
    own[this.length++] = QUOTE;
    own[this.length++] = ZERO;
    own[this.length++] = 0x78;
    if (hi !== 0) {
      this.#hex(hi, digitsOf(hi));
      this.#hex(lo, 8);
    } else {
      this.#hex(lo, digitsOf(lo));
    }
    own[this.length++] = QUOTE;
  }

  #hex(value: number, digits: number): void {
    const own = this.#bytes;
    for (let shift = 4 * digits - 4; shift >= 0; shift -= 4) {
      own[this.length++] = HEX_DIGITS[(value >>> shift) & 15] as number;
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, this.length));
      this.#bytes = bytes;
    }
  }
}

/** Hexadecimal digits of a 32-bit value, at least one. */
function digitsOf(value: number): number {
  return Math.max(1, (35 - Math.clz32(value)) >>> 2);
}
