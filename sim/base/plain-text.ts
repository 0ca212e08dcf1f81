// Plain data as text and back, bigint and bytes included: for hops that carry text only.

/** JSON text of plain data; `undefined` in objects is left out. */
export function plainText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') {
      return { $bigint: item.toString() };
    }
    return item instanceof Uint8Array ? { $bytes: [...item] } : item;
  });
}

/** The data behind a text of {@link plainText}. @throws SyntaxError when it is none */
export function fromPlainText(text: string): unknown {
  return JSON.parse(text, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null) {
      return item;
    }
    const { $bigint, $bytes } = item as { $bigint?: unknown; $bytes?: unknown };
    if (typeof $bigint === 'string') {
      return BigInt($bigint);
    }
    return Array.isArray($bytes) ? Uint8Array.from($bytes as number[]) : item;
  });
}
