// Bytes out of a typed array of the script. Its own properties may lie, so only intrinsics of this realm
// look at it.

const arrays = Object.getPrototypeOf(Uint8Array.prototype) as object;
const tagOf = getter(arrays, Symbol.toStringTag);
const bufferOf = getter(arrays, 'buffer');
const offsetOf = getter(arrays, 'byteOffset');
const lengthOf = getter(arrays, 'byteLength');

/** A copy of the bytes of a Uint8Array (any realm), or of an array of bytes; undefined for others. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (tagOf.call(value) === 'Uint8Array') {
    const buffer = bufferOf.call(value) as ArrayBuffer;
    const view = new Uint8Array(buffer, Number(offsetOf.call(value)), Number(lengthOf.call(value)));
    return view.slice();
  }
  return Array.isArray(value) ? fromNumbers(value) : undefined;
}

function fromNumbers(list: readonly unknown[]): Uint8Array | undefined {
  const bytes = new Uint8Array(list.length);
  for (let index = 0; index < list.length; index++) {
    const byte = list[index];
    if (typeof byte !== 'number' || byte !== (byte & 0xff)) {
      return undefined;
    }
    bytes[index] = byte;
  }
  return bytes;
}

function getter(prototype: object, key: string | symbol): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get ?? (() => undefined);
}
