import { describe, expect, it } from 'vitest';
import { DisposableStore, toDisposable } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';

describe('ownership', () => {
  it('releases in reverse order, each thing once', () => {
    const order: string[] = [];
    const store = new DisposableStore();
    store.add(toDisposable(() => order.push('first')));
    const second = store.add(toDisposable(() => order.push('second')));
    second.dispose();
    store.dispose();
    store.dispose();
    expect(order).toEqual(['second', 'first']);
  });

  it('releases at once what is added after the end', () => {
    const order: string[] = [];
    const store = new DisposableStore();
    store.dispose();
    store.add(toDisposable(() => order.push('late')));
    expect(order).toEqual(['late']);
  });
});

describe('an emitter', () => {
  it('tells listeners in order until they unsubscribe, also one that leaves while told', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const once = emitter.event((value) => {
      seen.push(`once ${value}`);
      once.dispose();
    });
    emitter.event((value) => seen.push(`always ${value}`));
    emitter.fire(1);
    emitter.fire(2);
    emitter.dispose();
    emitter.fire(3);
    expect(seen).toEqual(['once 1', 'always 1', 'always 2']);
  });
});
