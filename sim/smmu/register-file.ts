// The storage of the register map: decodes offsets, keeps only bits that exist on this instance, and
// lets each register say when a write is honoured and what it does (IHI 0070 6.2).
// Illegal accesses are RAZ/WI, one of the permitted choices, and are diagnosed.

import { fail } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { RegisterName } from './spec/registers.ts';
import { PAGE_1, REGISTER_NAMES, REGISTER_SPACE, REGISTERS } from './spec/registers.ts';

/** What a register does beside being stored. */
export interface RegisterBehaviour {
  /**
   * Bits that a write may change now, out of the ones that exist; undefined for all. Bits left out
   * are guarded: the write to them is ignored, and diagnosed with `why` when it would change them.
   */
  guard?(half: 0 | 1): Guarded | undefined;
  /** Takes the place of storing: gets the new value of one half, already masked. */
  write?(value: number, half: 0 | 1): void;
  /** Runs after the value was stored. */
  written?(): void;
}

/** A guard that holds: the bits that it protects, and why. */
export interface Guarded {
  readonly mask: number;
  readonly why: string;
  /** Before SMMUv3.2, where either is permitted, the write takes effect instead of being ignored. */
  readonly takenEarly?: boolean;
}

interface Slot {
  readonly name: RegisterName;
  /** Index of the low word in the storage. */
  readonly index: number;
  readonly section: string;
  readonly wide: boolean;
  readonly readOnly: boolean;
  /** Bits that exist on this instance, by half. */
  readonly masks: readonly [number, number];
  behaviour: RegisterBehaviour;
}

/** Bits of a register that exist on this instance; `lo` and `hi` signed. */
export interface RegisterMask {
  readonly lo: number;
  readonly hi: number;
}

/** One register for what reads it often: without a look-up by its name. */
export class RegisterCell {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #mask: RegisterMask;

  /** The register whose low word is `words[index]`. */
  constructor(words: Int32Array, index: number, mask: RegisterMask) {
    this.#words = words;
    this.#index = index;
    this.#mask = mask;
  }

  /** Low word, signed. */
  get lo(): number {
    return this.#words[this.#index] as number;
  }

  /** High word of a 64-bit register, signed. */
  get hi(): number {
    return this.#words[this.#index + 1] as number;
  }

  /** As {@link RegisterFile.set}. */
  set(lo: number, hi = 0): void {
    this.#words[this.#index] = lo & this.#mask.lo;
    this.#words[this.#index + 1] = hi & this.#mask.hi;
  }
}

/** The registers of one SMMU, by name and by offset. */
export class RegisterFile {
  readonly #words = new Int32Array(2 * REGISTER_NAMES.length);
  readonly #slots: Record<RegisterName, Slot>;
  /** Slot of each word of the map, and which half it is. */
  readonly #map = new Map<number, readonly [Slot, 0 | 1]>();
  readonly #diagnostics: Diagnostics;
  /** Before SMMUv3.2 a write to a guarded register is CONSTRAINED UNPREDICTABLE, then it is ignored. */
  readonly #guardsDefined: boolean;

  /** `maskOf` gives the bits of a register that exist; a mask of 0 is a register that does not. */
  constructor(
    maskOf: (name: RegisterName) => RegisterMask,
    archMinor: number,
    diagnostics: Diagnostics,
  ) {
    this.#diagnostics = diagnostics;
    this.#guardsDefined = archMinor >= 2;
    const slots: Partial<Record<RegisterName, Slot>> = {};
    for (const [order, name] of REGISTER_NAMES.entries()) {
      const { section, offset, width, access } = REGISTERS[name];
      const { lo, hi } = maskOf(name);
      const slot: Slot = {
        name,
        index: 2 * order,
        section,
        wide: width === 64,
        readOnly: access === 'RO',
        masks: [lo, hi],
        behaviour: {},
      };
      slots[name] = slot;
      this.#words[slot.index] = resetOf(name) & lo;
      if (lo !== 0 || hi !== 0 || access === 'RO') {
        this.#map.set(offset, [slot, 0]);
        if (width === 64) {
          this.#map.set(offset + 4, [slot, 1]);
        }
      }
    }
    this.#slots = slots as Record<RegisterName, Slot>;
  }

  /** Says what a register does; once a register. */
  setBehaviour(name: RegisterName, behaviour: RegisterBehaviour): void {
    this.#slots[name].behaviour = behaviour;
  }

  /** The register itself. */
  cell(name: RegisterName): RegisterCell {
    const { index, masks } = this.#slots[name];
    return new RegisterCell(this.#words, index, { lo: masks[0], hi: masks[1] });
  }

  /** Low word, signed. */
  lo(name: RegisterName): number {
    return this.#words[this.#slots[name].index] as number;
  }

  /** High word of a 64-bit register, signed. */
  hi(name: RegisterName): number {
    return this.#words[this.#slots[name].index + 1] as number;
  }

  /** Stores as the hardware does: no guard, no effect. Bits that do not exist stay 0. */
  set(name: RegisterName, lo: number, hi = 0): void {
    const { index, masks } = this.#slots[name];
    this.#words[index] = lo & masks[0];
    this.#words[index + 1] = hi & masks[1];
  }

  /** Bits that exist in the low word. */
  mask(name: RegisterName): number {
    return this.#slots[name].masks[0];
  }

  /** A 32-bit read, signed. */
  read32(offset: number): number {
    const found = this.#find(offset, 4, 'read');
    return found === undefined ? 0 : (this.#words[found[0].index + found[1]] as number);
  }

  /** A 64-bit read into `out[0]` (low) and `out[1]` (high). */
  read64(offset: number, out: Int32Array): void {
    const slot = this.#findWide(offset, 'read');
    out[0] = slot === undefined ? 0 : (this.#words[slot.index] as number);
    out[1] = slot === undefined ? 0 : (this.#words[slot.index + 1] as number);
  }

  write32(offset: number, value: number): void {
    const found = this.#find(offset, 4, 'write');
    if (found !== undefined) {
      const [slot, half] = found;
      if (this.#store(slot, half, value)) {
        slot.behaviour.written?.();
      }
    }
  }

  write64(offset: number, lo: number, hi: number): void {
    const slot = this.#findWide(offset, 'write');
    if (slot !== undefined) {
      const low = this.#store(slot, 0, lo);
      const high = this.#store(slot, 1, hi);
      if (low || high) {
        slot.behaviour.written?.();
      }
    }
  }

  /** False when the write was refused as a whole. @arch 6.2 Y Register overview */
  #store(slot: Slot, half: 0 | 1, written: number): boolean {
    if (slot.readOnly) {
      this.#diagnostics.guestError(
        slot.section,
        `write of ${hex(written >>> 0)} to read-only ${slot.name}`,
      );
      return false;
    }
    const mask = slot.masks[half];
    const old = this.#words[slot.index + half] as number;
    let value = written & mask;
    const guard = slot.behaviour.guard?.(half);
    const changes = guard === undefined ? 0 : (value ^ old) & guard.mask;
    if (guard !== undefined && !this.#taken(slot, written, guard, changes !== 0)) {
      if ((mask & ~guard.mask) === 0) {
        return false;
      }
      value ^= changes;
    }
    if (slot.behaviour.write !== undefined) {
      slot.behaviour.write(value, half);
    } else {
      this.#words[slot.index + half] = value;
    }
    return true;
  }

  /** Whether a guarded write counts after all; diagnoses one that would change something. */
  #taken(slot: Slot, written: number, guard: Guarded, changes: boolean): boolean {
    const taken = guard.takenEarly === true && !this.#guardsDefined;
    if (changes) {
      const effect = taken ? 'takes effect' : 'is ignored';
      const text = `write of ${hex(written >>> 0)} to ${slot.name} ${effect}: ${guard.why}`;
      if (this.#guardsDefined) {
        this.#diagnostics.guestError(slot.section, text);
      } else {
        this.#diagnostics.unpredictable(slot.section, text);
      }
    }
    return taken;
  }

  #find(offset: number, size: number, what: string): readonly [Slot, 0 | 1] | undefined {
    checkOffset(offset);
    if (offset % size !== 0) {
      this.#diagnostics.guestError(
        '6.2',
        `unaligned ${8 * size}-bit ${what} at ${hex(offset)}: RAZ/WI (CONSTRAINED UNPREDICTABLE)`,
      );
      return undefined;
    }
    const found = this.#map.get(offset);
    if (found === undefined) {
      this.#nothingAt(offset, what);
    }
    return found;
  }

  #findWide(offset: number, what: string): Slot | undefined {
    const found = this.#find(offset, 8, what);
    if (found !== undefined && !found[0].wide) {
      this.#diagnostics.guestError(
        '6.2',
        `64-bit ${what} of 32-bit ${found[0].name}: RAZ/WI (CONSTRAINED UNPREDICTABLE)`,
      );
      return undefined;
    }
    return found?.[0];
  }

  #nothingAt(offset: number, what: string): void {
    const area = AREAS.find(({ from, to }) => offset >= from && offset < to);
    if (area === undefined) {
      this.#diagnostics.guestError('6.2', `${what} at ${hex(offset)}: no register there, RES0`);
    } else if (area.guest) {
      this.#diagnostics.guestError(area.section, `${what} at ${hex(offset)}: ${area.text}`);
    } else {
      this.#diagnostics.unimplemented(area.section, `${what} at ${hex(offset)}: ${area.text}`);
    }
  }
}

interface Area {
  readonly from: number;
  readonly to: number;
  readonly section: string;
  readonly text: string;
  readonly guest?: boolean;
}

const PAGE_1_ONLY = 'EVENTQ and PRIQ indexes are in page 1; their page 0 offsets are RAZ/WI here';

/** Places without registers that deserve words of their own; the first match counts. */
const AREAS: readonly Area[] = [
  { from: 0xa8, to: 0xb0, section: '6.2', text: PAGE_1_ONLY, guest: true },
  { from: 0xc8, to: 0xd0, section: '6.2', text: PAGE_1_ONLY, guest: true },
  { from: 0xe00, to: 0xf00, section: '6.2.1', text: 'no IMPLEMENTATION DEFINED registers, RES0' },
  { from: 0x1000, to: 0x4000, section: '6.2.1', text: 'no IMPLEMENTATION DEFINED registers, RES0' },
  { from: 0x4000, to: 0x6000, section: '6.3.49', text: 'no such Command queue control page, RES0' },
  {
    from: 0x8000,
    to: 0x1_0000,
    section: '6.2.1',
    text: 'Secure registers: no Secure state, RAZ/WI',
  },
  {
    from: PAGE_1 + 0x8000,
    to: REGISTER_SPACE,
    section: '6.2.2',
    text: 'Secure registers: no Secure state, RAZ/WI',
  },
];

function resetOf(name: RegisterName): number {
  const register: { readonly reset?: number } = REGISTERS[name];
  return register.reset ?? 0;
}

/** @throws AssertionError for an offset that no bus could send. */
function checkOffset(offset: number): void {
  if (!(Number.isInteger(offset) && offset >= 0 && offset < REGISTER_SPACE)) {
    const space = hex(REGISTER_SPACE);
    fail(`offset ${offset} is not inside the register space of ${space} bytes`);
  }
}
