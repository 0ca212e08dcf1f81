// The areas of a process address space (mm/mmap.c as far as the model goes): anonymous, placed top-down.

import { PAGE_SIZE } from './page-zone.ts';

/** One area: [start, end), bytes, page aligned; `prot` of PROT_*. */
export interface Vma {
  readonly start: number;
  readonly end: number;
  readonly prot: number;
}

/** End of user addresses with 48 bits, and where areas are placed below (no randomisation: model decision). */
export const TASK_SIZE = 2 ** 48;
const MMAP_BASE = TASK_SIZE - 0x800_0000;
/** Lowest address that mmap gives: vm.mmap_min_addr. */
const MMAP_MIN = 0x1_0000;

/** The areas of one process, by address. */
export class VmaList {
  #areas: Vma[] = [];

  get all(): readonly Vma[] {
    return this.#areas;
  }

  /** The area that holds `address`. */
  at(address: number): Vma | undefined {
    return this.#areas.find(({ start, end }) => address >= start && address < end);
  }

  /** True when no area meets [start, end). */
  isFree(start: number, end: number): boolean {
    return this.#areas.every((area) => area.end <= start || area.start >= end);
  }

  /** Where `length` bytes go: at `hint` if that is free, else in the highest gap; -1 if nowhere. */
  place(length: number, hint: number): number {
    if (hint >= MMAP_MIN && hint + length <= TASK_SIZE && this.isFree(hint, hint + length)) {
      return hint;
    }
    let end = MMAP_BASE;
    for (const area of this.#areas.toReversed()) {
      if (area.end <= end && end - area.end >= length) {
        break;
      }
      end = Math.min(end, area.start);
    }
    return end - length >= MMAP_MIN ? end - length : -1;
  }

  add(area: Vma): void {
    this.#areas = [...this.#areas, area].sort((a, b) => a.start - b.start);
  }

  /** Cuts [start, end) out of the areas. */
  cut(start: number, end: number): void {
    this.#areas = this.#areas.flatMap((area) => remainders(area, start, end));
  }

  /** Gives [start, end) another protection; false when part of it is in no area. */
  protect(start: number, end: number, prot: number): boolean {
    for (let at = start; at < end; ) {
      const area = this.at(at);
      if (area === undefined) {
        return false;
      }
      at = area.end;
    }
    const changed = this.#areas.flatMap((area) => {
      const from = Math.max(area.start, start);
      const to = Math.min(area.end, end);
      return from < to ? [{ start: from, end: to, prot }] : [];
    });
    this.cut(start, end);
    for (const area of changed) {
      this.add(area);
    }
    return true;
  }
}

/** What is left of an area outside [start, end). */
function remainders(area: Vma, start: number, end: number): Vma[] {
  const left = { ...area, end: Math.min(area.end, start) };
  const right = { ...area, start: Math.max(area.start, end) };
  return [left, right].filter((part) => part.start < part.end);
}

/** Rounds up to whole pages. */
export function pageAlign(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}
