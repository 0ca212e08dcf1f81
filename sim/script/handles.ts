// Handles: what a script holds in place of an object of the kernel. A handle is a frozen object of the
// script's realm; the pairs are kept here, and the same kernel object always has the same handle.

import type { GuestRealm, HostFunction } from './guest-realm.ts';

/** A value that only the script understands: the kernel keeps it and hands it back. */
export class Opaque {
  readonly guest: object;

  constructor(guest: object) {
    this.guest = guest;
  }
}

/** Kinds by the class of the kernel's object, where the class has another name. */
const KIND_NAMES: Readonly<Record<string, string>> = {
  Page: 'page',
  IommuSvaHandle: 'iommu_sva',
  MemcpyEngine: 'memcpy_engine',
  KernelBuffer: 'buffer',
  Scatterlist: 'scatterlist',
  DeclaredSet: 'ioasid_set',
  Workqueue: 'workqueue_struct',
  MdevDevice: 'mdev_device',
  VfioContainer: 'vfio_container',
  VfioGroup: 'vfio_group',
  VfioDevice: 'vfio_device',
  IopfQueue: 'iopf_queue',
};

/** The kind of handle that an object of a kernel class gets. */
export function kindOf(host: object): string {
  const { name } = host.constructor;
  return KIND_NAMES[name] ?? name;
}

/** How handles of one kind are made. */
export interface HandleKind {
  /** Name as debuggers and messages show it, e.g. `device`. */
  readonly name: string;
  readonly methods?: Readonly<Record<string, HostFunction>>;
  /** Fields that are read anew each time; values of the realm. */
  readonly getters?: Readonly<Record<string, (host: object) => unknown>>;
  /** Fields that never change, as values of the realm. */
  fields?(host: object): Readonly<Record<string, unknown>>;
}

/** All handles of one session. */
export class HandleTable {
  readonly #guest: GuestRealm;
  readonly #kinds = new Map<string, HandleKind>();
  readonly #prototypes = new Map<string, object>();
  readonly #toGuest = new WeakMap<object, object>();
  readonly #toHost = new WeakMap<object, { host: object; kind: string }>();
  readonly #opaque = new WeakMap<object, Opaque>();

  constructor(guest: GuestRealm) {
    this.#guest = guest;
  }

  /** Says how handles of a kind are made; kinds that nobody defined are empty. */
  define(kind: HandleKind): void {
    this.#kinds.set(kind.name, kind);
  }

  /** True when somebody defined this kind. */
  knows(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  /** The realm's function behind a method, for stack captures. */
  method(kind: string, name: string): object {
    return this.#guest.methodOf(this.#prototype(kind), name);
  }

  /** The handle of `host`, made when it is first met. */
  handleOf(host: object, kind: string): object {
    let handle = this.#toGuest.get(host);
    if (handle === undefined) {
      const fields = this.#kinds.get(kind)?.fields?.(host) ?? {};
      handle = this.#guest.makeHandle(this.#prototype(kind), fields);
      this.#toGuest.set(host, handle);
      this.#toHost.set(handle, { host, kind });
    }
    return handle;
  }

  /** Gives a handle that was made for a placeholder its object. */
  bind(placeholder: object, host: object): void {
    const handle = this.#toGuest.get(placeholder);
    const known = handle === undefined ? undefined : this.#toHost.get(handle);
    if (handle !== undefined && known !== undefined) {
      this.#toGuest.set(host, handle);
      this.#toHost.set(handle, { host, kind: known.kind });
    }
  }

  /** True when `host` has a handle already. */
  has(host: object): boolean {
    return this.#toGuest.has(host);
  }

  /** The kernel's object behind a handle, and its kind. */
  resolve(handle: object): { readonly host: object; readonly kind: string } | undefined {
    return this.#toHost.get(handle);
  }

  /** The kernel's token for a value of the script; the same value gives the same token. */
  opaque(guest: object): Opaque {
    let token = this.#opaque.get(guest);
    if (token === undefined) {
      token = new Opaque(guest);
      this.#opaque.set(guest, token);
    }
    return token;
  }

  #read(self: unknown, kind: string, read: (host: object) => unknown): unknown {
    const known = typeof self === 'object' && self !== null ? this.#toHost.get(self) : undefined;
    return known?.kind === kind ? read(known.host) : undefined;
  }

  #prototype(kind: string): object {
    let prototype = this.#prototypes.get(kind);
    if (prototype === undefined) {
      const { methods = {}, getters = {} } = this.#kinds.get(kind) ?? {};
      const reads = Object.entries(getters).map(([name, read]): [string, HostFunction] => [
        name,
        (_, self) => this.#read(self, kind, read),
      ]);
      prototype = this.#guest.defineKind(kind, methods, Object.fromEntries(reads));
      this.#prototypes.set(kind, prototype);
    }
    return prototype;
  }
}
