// The console of a session that is opened shows what it showed while the session ran: the same records,
// so the same lines, colours, links and places.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionConsole } from '../../sim/host/session-console.ts';
import { consoleLines } from '../../sim/protocol/console-text.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';

const FOLDER = join(import.meta.dirname, '../../examples');
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

/** Runs that end in other ways, and lines that are told in special ways. */
const OTHERS: Readonly<Record<string, string>> = {
  'empty.ts': '',
  'throws at line 1': "throw new TypeError('at\\nonce');",
  'throws in a function': 'function inner() {\n  throw new RangeError("deep");\n}\ninner();',
  'does not parse': 'const = 2;',
  'faults on line 1': "platform_device('a', { sids: [0x42] }).dma_read(0x1000, 4);",
  leaks:
    "const d = iommu_domain_alloc(platform_bus_type);\nplatform_device('a', {});\nalloc_pages(0);",
  'repeats a mistake': [
    "const dev = platform_device('a', { sids: [1] });",
    'const domain = iommu_domain_alloc(dev.bus);',
    'for (let n = 0; n < 6; n++) {',
    '  iommu_unmap(domain, 0x1000n, SZ_4K);',
    '  dev.dma_read(0x1000, 4);',
    '}',
    'iommu_domain_free(domain);',
  ].join('\n'),
  'odd text':
    "pr_info('ü€😀 \"<script>\" ]]> \\u001b[31m\\ttab');\npr_err('two\\nlines');\npr_emerg('%s', '%s');",
  'stops by the time limit': "platform_device('a', {});\nmsleep(5000);\npr_info('never');",
};

describe('the console of an opened session', () => {
  it.each([
    ...EXAMPLES.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const),
    ...Object.entries(OTHERS),
  ])('shows what the live one did: %s', async (_name, text) => {
    const live = await runScript(text, { file: 'accel.ts', timeLimit: 4 });
    const { header, source } = readSession(live.session.tracePieces());
    const { records, skipped } = sessionConsole(header, source);
    expect(skipped).toBe(0);
    expect(records.flatMap(consoleLines)).toEqual(live.console);
    expect(records).toEqual(live.records);
  });

  it('tells of an event that was left out only what its line says', async () => {
    const text = OTHERS['faults on line 1'] ?? '';
    const live = await runScript(text, { omit: ['event'] });
    const { header, source } = readSession(live.session.tracePieces());
    const { records } = sessionConsole(header, source);
    expect(records.flatMap(consoleLines)).toEqual(live.console);
  });
});
