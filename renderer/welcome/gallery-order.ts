// In which order the gallery shows the examples, and under which heading.

import type { ExampleInfo } from '../../sim/protocol/api.ts';

/** A heading and the examples below it. */
export interface GallerySection {
  readonly title: string;
  readonly examples: readonly ExampleInfo[];
}

const SECTIONS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Two address spaces on one device', ['aux-domains.ts', 'aux-domains-attr19.ts']],
  [
    'Faults and what they come from',
    [
      'use-after-unmap.ts',
      'read-only-page.ts',
      'pasid-not-attached.ts',
      'pasid-out-of-range.ts',
      'stray-write.ts',
      'address-beyond-range.ts',
      'forgotten-invalidation.ts',
    ],
  ],
  [
    'Processes, guests, buffers',
    ['sva-stall.ts', 'sva-pri.ts', 'mdev.ts', 'dma-api-pasid.ts', 'memcpy-engine.ts'],
  ],
];

/** The examples by heading; those that no heading names come last, so that none is lost. */
export function gallerySections(examples: readonly ExampleInfo[]): readonly GallerySection[] {
  const named = new Set(SECTIONS.flatMap(([, names]) => names));
  const rest = examples.filter(({ name }) => !named.has(name));
  const sections = SECTIONS.map(([title, names]) => ({
    title,
    examples: names.flatMap((name) => examples.filter((example) => example.name === name)),
  }));
  return [...sections, { title: 'More', examples: rest }].filter(
    (section) => section.examples.length > 0,
  );
}
