// A machine that has no file watches left: settings are followed all the same.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ConfigurationFiles } from '../../main/configuration.ts';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => {
    throw new Error('ENOSPC: System limit for number of file watchers reached');
  },
}));

it('settings that change on the disk are read again without watches too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'substream-polled-'));
  const screen = { accessibilitySupportEnabled: false, on: () => undefined };
  const own = new ConfigurationFiles(folder, screen, false);
  writeFileSync(join(folder, 'settings.json'), '{ "editor.fontSize": 20 }');
  await vi.waitFor(() => expect(own.settings['editor.fontSize']).toBe(20), 10_000);
  own.dispose();
  rmSync(folder, { recursive: true });
});
