// Configuration space of a PCI Express function: header, and the PASID, ATS and PRI capabilities.
// Limits: no BARs, no MSI capability; bits that hardware ignores read back as 0.

/** Extended capability numbers. */
export const PCI_EXT_CAP_ID_ATS = 0x0f;
export const PCI_EXT_CAP_ID_PRI = 0x13;
export const PCI_EXT_CAP_ID_PASID = 0x1b;

/** Places within each capability, bytes. */
export const PCI_ATS_CAP = 4;
export const PCI_ATS_CTRL = 6;
export const PCI_PRI_CTRL = 4;
export const PCI_PRI_STATUS = 6;
export const PCI_PRI_MAX_REQ = 8;
export const PCI_PRI_ALLOC_REQ = 12;
export const PCI_PASID_CAP = 4;
export const PCI_PASID_CTRL = 6;

export const PCI_ATS_CTRL_ENABLE = 0x8000;
export const PCI_PRI_CTRL_ENABLE = 1;
export const PCI_PRI_CTRL_RESET = 2;
export const PCI_PRI_STATUS_STOPPED = 0x100;
/** PRG responses must carry a PASID where the request did. */
export const PCI_PRI_STATUS_PASID = 0x8000;
export const PCI_PASID_CTRL_ENABLE = 1;
export const PCI_PASID_CAP_EXEC = 2;
export const PCI_PASID_CAP_PRIV = 4;

const FIRST_EXTENDED = 0x100;
const BYTES = 4096;

/** What a function has. */
export interface PciFunctionOptions {
  /** PASID width, bits; 0 for no PASID capability. */
  readonly pasid_bits: number;
  readonly ats: boolean;
  readonly pri: boolean;
  /** Page requests the function can have outstanding. */
  readonly pri_requests?: number;
  readonly vendor?: number;
  readonly device?: number;
}

/** 4 KiB of configuration registers; software reads and writes 8, 16 or 32 bits at a time. */
export class PciConfigSpace {
  readonly #bytes = new Uint8Array(BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Bits that software can change, and bits that a written 1 clears. */
  readonly #writable = new Uint8Array(BYTES);
  readonly #writeOneClears = new Uint8Array(BYTES);
  readonly #capabilities = new Map<number, number>();

  constructor(options: PciFunctionOptions) {
    this.#view.setUint16(0, options.vendor ?? 0x13b5, true);
    this.#view.setUint16(2, options.device ?? 0xff80, true);
    this.#writable.fill(0xff, 4, 6);
    const wanted: (readonly [number, number])[] = [];
    if (options.ats) {
      wanted.push([PCI_EXT_CAP_ID_ATS, 8]);
    }
    if (options.pri) {
      wanted.push([PCI_EXT_CAP_ID_PRI, 16]);
    }
    if (options.pasid_bits > 0) {
      wanted.push([PCI_EXT_CAP_ID_PASID, 8]);
    }
    this.#chain(wanted);
    this.#fill(options);
  }

  /** Offset of an extended capability, or 0. */
  find(id: number): number {
    return this.#capabilities.get(id) ?? 0;
  }

  /** ATS, PRI or PASID is switched on. */
  enabled(id: number): boolean {
    const at = this.find(id);
    if (at === 0) {
      return false;
    }
    const control = this.#view.getUint16(at + (id === PCI_EXT_CAP_ID_PRI ? PCI_PRI_CTRL : 6), true);
    return (control & (id === PCI_EXT_CAP_ID_ATS ? PCI_ATS_CTRL_ENABLE : 1)) !== 0;
  }

  /** Unsigned value of `width` bits (8, 16 or 32); all ones past the end. */
  read(offset: number, width: number): number {
    if (offset < 0 || offset + width / 8 > BYTES) {
      return width === 32 ? 0xffff_ffff : 2 ** width - 1;
    }
    if (width === 8) {
      return this.#view.getUint8(offset);
    }
    return width === 16 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  /** Writes the bits that software owns; the rest is ignored. */
  write(offset: number, width: number, value: number): void {
    for (let byte = 0; byte < width / 8 && offset + byte < BYTES; byte++) {
      const at = offset + byte;
      const bits = (value >>> (byte * 8)) & 0xff;
      const own = this.#writable[at] as number;
      const old = this.#bytes[at] as number;
      this.#bytes[at] =
        ((old & ~own) | (bits & own)) & ~(bits & (this.#writeOneClears[at] as number));
    }
  }

  /** The function stops making page requests, as after a response failure. */
  stopPri(): void {
    const at = this.find(PCI_EXT_CAP_ID_PRI);
    if (at !== 0) {
      const control = this.#view.getUint16(at + PCI_PRI_CTRL, true) & ~PCI_PRI_CTRL_ENABLE;
      this.#view.setUint16(at + PCI_PRI_CTRL, control, true);
      const status = this.#view.getUint16(at + PCI_PRI_STATUS, true) | PCI_PRI_STATUS_STOPPED | 1;
      this.#view.setUint16(at + PCI_PRI_STATUS, status, true);
    }
  }

  #chain(wanted: readonly (readonly [number, number])[]): void {
    let at = FIRST_EXTENDED;
    for (const [index, [id, size]] of wanted.entries()) {
      const next = index + 1 < wanted.length ? at + size : 0;
      this.#view.setUint32(at, id | (1 << 16) | (next << 20), true);
      this.#capabilities.set(id, at);
      at += size;
    }
  }

  #fill(options: PciFunctionOptions): void {
    const ats = this.find(PCI_EXT_CAP_ID_ATS);
    if (ats !== 0) {
      this.#allow(ats + PCI_ATS_CTRL, 0x801f);
    }
    const pri = this.find(PCI_EXT_CAP_ID_PRI);
    if (pri !== 0) {
      const pasid = options.pasid_bits > 0 ? PCI_PRI_STATUS_PASID : 0;
      this.#view.setUint16(pri + PCI_PRI_STATUS, PCI_PRI_STATUS_STOPPED | pasid, true);
      this.#view.setUint32(pri + PCI_PRI_MAX_REQ, options.pri_requests ?? 32, true);
      this.#allow(pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
      this.#writable.fill(0xff, pri + PCI_PRI_ALLOC_REQ, pri + PCI_PRI_ALLOC_REQ + 4);
      this.#writeOneClears[pri + PCI_PRI_STATUS] = 3;
    }
    const pasid = this.find(PCI_EXT_CAP_ID_PASID);
    if (pasid !== 0) {
      const cap = PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV | (options.pasid_bits << 8);
      this.#view.setUint16(pasid + PCI_PASID_CAP, cap, true);
      this.#allow(pasid + PCI_PASID_CTRL, 7);
    }
  }

  #allow(offset: number, mask: number): void {
    this.#writable[offset] = mask & 0xff;
    this.#writable[offset + 1] = mask >> 8;
  }
}
