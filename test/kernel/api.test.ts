// The table of the kernel's functions and what is bound to the names agree, in both directions.

import { expect, it } from 'vitest';
import { KERNEL_FUNCTIONS } from '../../sim/kernel/api-table.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const { api } = new KernelRig();

it('binds every name of the table', () => {
  expect(Object.keys(KERNEL_FUNCTIONS).filter((name) => api[name] === undefined)).toEqual([]);
});

it('binds no name that the table does not have', () => {
  expect(Object.keys(api).filter((name) => KERNEL_FUNCTIONS[name] === undefined)).toEqual([]);
});

it('names a replacement for each function that one profile lacks', () => {
  const lacking = Object.entries(KERNEL_FUNCTIONS).filter(
    ([, { profiles }]) => profiles.length < 2,
  );
  expect(lacking.length).toBeGreaterThan(10);
  for (const [name, { replacement }] of lacking) {
    expect(replacement, name).toMatch(/\w/);
  }
});
