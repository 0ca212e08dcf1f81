// Bytes of binary files, little-endian, collected in a buffer that grows.

const REPLACEMENT = 0xfffd;

/** Appends integers and texts; {@link take} hands out what was collected. */
export class ByteWriter {
  #bytes = new Uint8Array(2 ** 12);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes collected. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  /** Also for signed values: the low 32 bits are written. */
  u32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  u64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** A number below 2^53 in 64 bits. */
  u64Of(value: number): void {
    this.u32(value);
    this.u32(Math.floor(value / 2 ** 32));
  }

  /** Text in UTF-8; halves of surrogate pairs that stand alone become U+FFFD. */
  utf8(text: string): void {
    this.#reserve(text.length * 3);
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      this.#point(point >= 0xd800 && point < 0xe000 ? REPLACEMENT : point);
    }
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Zeros up to a multiple of `to`. */
  pad(to: number): void {
    while (this.#length % to !== 0) {
      this.u8(0);
    }
  }

  /** Writes a u32 over bytes that were collected before. */
  patchU32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  /** A copy of what was collected, and starts anew. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #point(point: number): void {
    if (point < 0x80) {
      this.u8(point);
    } else if (point < 0x800) {
      this.u8(0xc0 | (point >> 6));
      this.u8(0x80 | (point & 0x3f));
    } else if (point < 0x1_0000) {
      this.u8(0xe0 | (point >> 12));
      this.u8(0x80 | ((point >> 6) & 0x3f));
      this.u8(0x80 | (point & 0x3f));
    } else {
      this.u8(0xf0 | (point >> 18));
      this.u8(0x80 | ((point >> 12) & 0x3f));
      this.u8(0x80 | ((point >> 6) & 0x3f));
      this.u8(0x80 | (point & 0x3f));
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
  }
}
