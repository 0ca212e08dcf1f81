// Writes docs/settings.md out of the table of settings (sim/protocol/settings.ts) and the one of commands, so
// that the page cannot name what there is not. `--check` reports drift.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBundle } from './node-bundle.mjs';
import { ROOT } from './process.mjs';

const PAGE = join(ROOT, 'docs', 'settings.md');

/** Runs `sim/protocol/settings-page.ts` as it is now. */
async function currentPage() {
  const { settingsPage } = await import(
    pathToFileURL(await nodeBundle('sim/protocol/settings-page.ts')).href
  );
  return settingsPage();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = await currentPage();
  const written = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : undefined;
  if (!process.argv.includes('--check')) {
    writeFileSync(PAGE, page);
  } else if (written !== page) {
    console.error('docs/settings.md is not what the tables say: run `npm run docs:settings`');
    process.exitCode = 1;
  }
}
