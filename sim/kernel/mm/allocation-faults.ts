// Fault injection for allocations, as the kernel's failslab and fail_page_alloc: the nth one fails.

/** Counts every allocation of the stack and makes one of them fail. */
export class AllocationFaults {
  /** Allocations asked for so far, refused ones included. */
  count = 0;
  /** Number of the allocation that fails, counted from 1; 0 lets all succeed. */
  failNth: number;
  /** With true every allocation from {@link failNth} on fails, not only that one. */
  sticky: boolean;
  /** What the refused allocation was for, undefined until one is refused. */
  refused: string | undefined;
  /** Told of each allocation that is refused. */
  onRefuse: ((what: string) => void) | undefined;

  constructor(failNth = 0, sticky = false) {
    this.failNth = failNth;
    this.sticky = sticky;
  }

  /**
   * Called once for each allocation.
   * @param what what is being allocated, in the kernel's words
   * @returns true when it must fail
   */
  shouldFail(what: string): boolean {
    this.count++;
    if (this.failNth === 0) {
      return false;
    }
    const fails = this.sticky ? this.count >= this.failNth : this.count === this.failNth;
    if (fails) {
      this.refused = what;
      this.onRefuse?.(what);
    }
    return fails;
  }
}
