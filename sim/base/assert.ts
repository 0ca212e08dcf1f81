// Assertions for broken invariants. Guest-visible outcomes are values, never these.

/** Thrown when the simulator itself is wrong, never for what a driver or a script did. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws {@link AssertionError} unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) {
    throw new AssertionError(message);
  }
}

/** Throws {@link AssertionError}: for hot paths, where the text must not be made each time. */
export function fail(message: string): never {
  throw new AssertionError(message);
}

/** Returns `value`, or throws {@link AssertionError} naming `what` when it is undefined. */
export function ensure<T>(value: T | undefined, what: string): T {
  if (value === undefined) {
    throw new AssertionError(`missing ${what}`);
  }
  return value;
}
