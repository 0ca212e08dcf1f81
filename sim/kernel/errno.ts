// Error numbers of the kernel (include/uapi/asm-generic/errno*.h) and error pointers (include/linux/err.h).
// Functions return 0 or a negated constant; functions that return pointers say which form they use.

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const E2BIG = 7;
export const ENOEXEC = 8;
export const EBADF = 9;
export const ECHILD = 10;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const ENOTBLK = 15;
export const EBUSY = 16;
export const EEXIST = 17;
export const EXDEV = 18;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOTTY = 25;
export const ETXTBSY = 26;
export const EFBIG = 27;
export const ENOSPC = 28;
export const ESPIPE = 29;
export const EROFS = 30;
export const EMLINK = 31;
export const EPIPE = 32;
export const EDOM = 33;
export const ERANGE = 34;
export const EDEADLK = 35;
export const ENOSYS = 38;
export const ENODATA = 61;
export const ETIME = 62;
export const EPROTO = 71;
export const EOVERFLOW = 75;
export const EILSEQ = 84;
export const EOPNOTSUPP = 95;
export const EADDRINUSE = 98;
export const ETIMEDOUT = 110;
export const EALREADY = 114;
export const EINPROGRESS = 115;
/** Kernel-internal numbers (include/linux/errno.h). */
export const ERESTARTSYS = 512;
export const EPROBE_DEFER = 517;
export const ENOTSUPP = 524;

/** The largest error number that an error pointer can carry. */
export const MAX_ERRNO = 4095;

/** Every positive constant by name, for the script's globals and for {@link errnoName}. */
export const ERRNO: Readonly<Record<string, number>> = {
  EPERM,
  ENOENT,
  ESRCH,
  EINTR,
  EIO,
  ENXIO,
  E2BIG,
  ENOEXEC,
  EBADF,
  ECHILD,
  EAGAIN,
  ENOMEM,
  EACCES,
  EFAULT,
  ENOTBLK,
  EBUSY,
  EEXIST,
  EXDEV,
  ENODEV,
  ENOTDIR,
  EISDIR,
  EINVAL,
  ENFILE,
  EMFILE,
  ENOTTY,
  ETXTBSY,
  EFBIG,
  ENOSPC,
  ESPIPE,
  EROFS,
  EMLINK,
  EPIPE,
  EDOM,
  ERANGE,
  EDEADLK,
  ENOSYS,
  ENODATA,
  ETIME,
  EPROTO,
  EOVERFLOW,
  EILSEQ,
  EOPNOTSUPP,
  EADDRINUSE,
  ETIMEDOUT,
  EALREADY,
  EINPROGRESS,
  ERESTARTSYS,
  EPROBE_DEFER,
  ENOTSUPP,
};

const NAMES = new Map(Object.entries(ERRNO).map(([name, value]) => [value, name]));

/** Name of an error number of either sign, e.g. `-EINVAL` for -22; the number itself if unknown. */
export function errnoName(value: number): string {
  const name = NAMES.get(Math.abs(value));
  if (name === undefined) {
    return String(value);
  }
  return value < 0 ? `-${name}` : name;
}

/** A pointer that is an error: what `ERR_PTR` makes. */
export class ErrorPointer {
  /** Negative error number. */
  readonly error: number;

  constructor(error: number) {
    this.error = error;
  }

  toString(): string {
    return `ERR_PTR(${errnoName(this.error)})`;
  }
}

/**
 * Makes an error pointer.
 * @param error negative error number, e.g. `-ENOMEM`
 */
export function ERR_PTR(error: number): ErrorPointer {
  return new ErrorPointer(error);
}

/** True when `ptr` is an error pointer; false for NULL (`null`) as in C. */
export function IS_ERR(ptr: unknown): ptr is ErrorPointer {
  return ptr instanceof ErrorPointer;
}

/** True when `ptr` is NULL (`null` or `undefined`) or an error pointer. */
export function IS_ERR_OR_NULL(ptr: unknown): ptr is ErrorPointer | null | undefined {
  return ptr === null || ptr === undefined || IS_ERR(ptr);
}

/** The negative error number of an error pointer; 0 for anything else. */
export function PTR_ERR(ptr: unknown): number {
  return IS_ERR(ptr) ? ptr.error : 0;
}

/** 0 for a valid pointer, the negative error number for an error pointer. */
export function PTR_ERR_OR_ZERO(ptr: unknown): number {
  return PTR_ERR(ptr);
}
