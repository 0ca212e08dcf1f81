// Errors on their way from a function of the API to the script. The realm makes its own error of `kind`
// and `message`; nothing else of these objects crosses.

/** Misuse of a function: wrong arguments, wrong moment, not in this profile. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Class of the error that the script sees. */
  readonly kind: 'TypeError' | 'RangeError' | 'Error';

  constructor(kind: 'TypeError' | 'RangeError' | 'Error', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The script must end now: stopped by its user, or at its time limit. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly kind = 'Error';
  /** Exit status of the run. */
  readonly exit: number;

  constructor(message: string, exit: number) {
    super(message);
    this.exit = exit;
  }
}

/** A callback of the script threw; the thrown value goes back to the script as it is. */
export class CallbackThrew extends Error {
  override readonly name = 'CallbackThrew';
  /** Read by the realm: holds the script's own value. */
  readonly guest: { readonly thrown: unknown };

  constructor(thrown: unknown) {
    super('a callback of the script threw');
    this.guest = { thrown };
  }
}
