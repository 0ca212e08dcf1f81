import { describe, expect, it } from 'vitest';
import { matchesLock } from '../../scripts/npm-packages.mjs';
import { missingPackages } from '../../scripts/system-libraries.mjs';
import { countReport } from '../../scripts/vitest-run.mjs';

describe('npm packages', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/only-on-mac': { version: '2.0.0', optional: true },
    },
  };

  it('are complete without the optional ones of other platforms', () => {
    expect(matchesLock(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
  });

  it('are stale when one is missing or has another version', () => {
    expect(matchesLock(lock, { packages: {} })).toBe(false);
    expect(matchesLock(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
  });
});

describe('system libraries', () => {
  it('count as installed under the name that newer releases gave them', () => {
    const installed = new Set(['libgtk-3-0t64', 'libnss3']);
    expect(missingPackages(['libgtk-3-0', 'libnss3', 'xvfb'], installed)).toEqual(['xvfb']);
  });
});

describe('the result of a test run', () => {
  const passed = { status: 'passed', assertionResults: [{ status: 'passed' }] };

  it('adds up every file', () => {
    const failed = {
      status: 'failed',
      assertionResults: [{ status: 'failed' }, { status: 'skipped' }],
    };
    expect(countReport({ testResults: [passed, failed] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const unloaded = { status: 'failed', assertionResults: [] };
    expect(countReport({ testResults: [passed, unloaded] }, 1).failed).toBe(1);
  });

  it('counts an error outside of any test as a failure', () => {
    expect(countReport({ testResults: [passed] }, 1).failed).toBe(1);
  });
});
