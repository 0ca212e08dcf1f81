// The engine against the reference walker: every access of every random machine ends alike.

import { describe, expect, it } from 'vitest';
import { runDuel } from '../support/walker-duel.ts';

describe('the engine and the reference walker', () => {
  it('agree on twenty thousand random translations, warm and cold', { timeout: 60_000 }, () => {
    const { accesses, endings, disagreement } = runDuel(20261125, 20_000);
    expect(disagreement).toBeUndefined();
    expect(accesses).toBe(20_000);
    // A duel in which nothing is translated, or nothing faults, would prove little.
    const wanted = ['ok', 'bypass', '2', '4', '6', '8', 'a', '10', '11', '12', '13'];
    const nested = ['10 s2 0', '10 s2 1', '10 s2 2', '13 s2 0', '13 s2 1', '13 s2 2'];
    for (const ending of [...wanted, ...nested]) {
      expect(endings.get(ending) ?? 0, ending).toBeGreaterThan(0);
    }
  });
});
