// When unsaved text is sent to the disk, and when it is dropped.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Store } from '../../renderer/base/store.ts';
import type { KeptDocument } from '../../renderer/editor/backup-keeper.ts';
import { BackupKeeper } from '../../renderer/editor/backup-keeper.ts';

describe('the keeper of unsaved text', () => {
  let log: string[];
  let failed: unknown[];
  let refuse: boolean;
  let texts: Map<string, { text: string; listeners: Set<() => void> }>;
  let list: Store<readonly KeptDocument[]>;
  let keeper: BackupKeeper;
  let keys: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    failed = [];
    keys = [];
    refuse = false;
    texts = new Map();
    list = new Store<readonly KeptDocument[]>([]);
    keeper = new BackupKeeper(
      {
        keepBackup: async ({ key, name, path, text }) => {
          if (refuse) {
            throw new Error('the disk is full');
          }
          keys.push(key);
          log.push(`keep ${name}${path === undefined ? '' : ` at ${path}`}: ${text}`);
        },
        dropBackup: async (key) => void log.push(`drop ${keys.indexOf(key) < 0 ? key : 'it'}`),
      },
      {
        list,
        get: (id) => list.value.find((document) => document.id === id),
        model: (id) => {
          const own = texts.get(id) ?? { text: '', listeners: new Set<() => void>() };
          texts.set(id, own);
          return {
            getValue: () => own.text,
            onDidChangeContent: (listener) => {
              own.listeners.add(listener);
              return { dispose: () => own.listeners.delete(listener) };
            },
          };
        },
      },
      (error) => failed.push(error),
    );
  });

  afterEach(() => {
    keeper.dispose();
    vi.useRealTimers();
  });

  function open(id: string, more: Partial<KeptDocument> = {}): void {
    const others = list.value.filter((document) => document.id !== id);
    list.set([...others, { id, name: `${id}.ts`, example: false, dirty: false, ...more }]);
  }

  function type(id: string, text: string): void {
    const own = texts.get(id);
    if (own !== undefined) {
      own.text = text;
      for (const listener of own.listeners) {
        listener();
      }
    }
    open(id, { ...list.value.find((document) => document.id === id), dirty: true });
  }

  it('keeps text within two seconds, and again while typing goes on', async () => {
    open('a', { path: '/a.ts' });
    for (let at = 0; at < 30; at++) {
      type('a', `text ${at}`);
      await vi.advanceTimersByTimeAsync(100);
    }
    const kept = log.map((line) => Number(/text (\d+)/.exec(line)?.[1]));
    expect(kept.length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...kept.map((at, index) => at - (kept[index - 1] ?? 0)))).toBeLessThan(20);
    await vi.advanceTimersByTimeAsync(2000);
    expect(log.at(-1)).toBe('keep a.ts at /a.ts: text 29');
    expect(new Set(keys).size).toBe(1);
  });

  it('keeps nothing of what nobody changed', async () => {
    open('a');
    await vi.advanceTimersByTimeAsync(5000);
    expect(log).toEqual([]);
  });

  it('drops what was saved, and what was closed', async () => {
    open('a');
    open('b');
    type('a', '1');
    type('b', '2');
    await vi.advanceTimersByTimeAsync(1000);
    open('a', { dirty: false });
    list.set(list.value.filter(({ id }) => id !== 'b'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(log).toEqual(['keep a.ts: 1', 'keep b.ts: 2', 'drop it', 'drop it']);
  });

  it('does not keep what was saved before it was due', async () => {
    open('a');
    type('a', '1');
    open('a', { dirty: false });
    await vi.advanceTimersByTimeAsync(5000);
    expect(log).toEqual([]);
  });

  it('keeps everything at once before the window closes', async () => {
    open('a');
    open('b');
    open('c');
    type('a', '1');
    type('b', '2');
    await keeper.flush();
    expect(log).toEqual(['keep a.ts: 1', 'keep b.ts: 2']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(log).toHaveLength(2);
  });

  it('goes on under the key that a restored document had', async () => {
    open('a');
    keeper.adopt('a', 'old key');
    type('a', '1');
    await vi.advanceTimersByTimeAsync(1000);
    expect(keys).toEqual(['old key']);
    list.set([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(log.at(-1)).toBe('drop it');
  });

  it('says when it cannot keep', async () => {
    open('a');
    refuse = true;
    type('a', '1');
    await vi.advanceTimersByTimeAsync(1000);
    expect(failed).toEqual([new Error('the disk is full')]);
    await expect(keeper.flush()).rejects.toThrow('the disk is full');
  });
});
