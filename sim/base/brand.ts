// Branded numbers: address spaces that must not mix.

declare const brand: unique symbol;

/** `V` that only fits where a `V` of the same tag is wanted. */
export type Brand<V, Tag extends string> = V & { readonly [brand]: Tag };

/** Physical address, bytes, exact below 2^53. */
export type Pa = Brand<number, 'pa'>;

/** Names a number as a physical address; checks nothing. */
export function pa(value: number): Pa {
  return value as Pa;
}
