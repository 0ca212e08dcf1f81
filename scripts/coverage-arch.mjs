// Writes sim/COVERAGE.md out of the sources' own tags, so that the table cannot claim what the code does not:
//   `@arch 5.2 Y Stream table entry`, `@arch 3.9 P(no PRI) ATS`, `@arch 6.3.9 N(no Secure state)`
// and out of the names of the tests in test/arch (`5.2-stream-table-entry.test.ts`). `--check` reports drift.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './process.mjs';

const TABLE = join(ROOT, 'sim', 'COVERAGE.md');
const TAG =
  /@arch[ \t]+(?<section>[A-Z]?\d+(?:[.]\d+)*)[ \t]+(?<status>[YPN])(?:\((?<reason>[^)]*)\))?[ \t]*(?<title>[^\n*]*)/g;
const STATUS = { Y: 'yes', P: 'partly', N: 'no' };

/**
 * The tags of one source file.
 *
 * @param {string} text
 * @param {string} file
 * @returns {{ section: string, status: string, title: string, file: string }[]}
 */
export function tagsOf(text, file) {
  const tags = [];
  for (const { groups, index } of text.matchAll(TAG)) {
    const line = text.slice(0, index).split('\n').length;
    const { section = '', status = '', reason, title = '' } = groups ?? {};
    if (status !== 'Y' && !reason) {
      throw new Error(`${file}:${line}: @arch ${section} ${status} needs a reason: ${status}(...)`);
    }
    const why = reason ? ` (${reason})` : '';
    tags.push({ section, status: STATUS[status] + why, title: title.trim(), file });
  }
  const written = text.match(/@arch\b/g)?.length ?? 0;
  if (written !== tags.length) {
    throw new Error(
      `${file}: ${written - tags.length} @arch tags have not the form \`@arch 5.2 Y\``,
    );
  }
  return tags;
}

/**
 * The section that a test is named by.
 *
 * @param {string} name
 */
export function sectionOfTest(name) {
  return /^(?<section>[A-Z]?\d+(?:[.]\d+)*)-.*[.]test[.]ts$/.exec(name)?.groups?.['section'];
}

/** Orders `3.9` before `3.12`. */
export function bySection(left, right) {
  const a = left.split('.');
  const b = right.split('.');
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = (a[at] ?? '').localeCompare(b[at] ?? '', 'en', { numeric: true });
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * @param {ReturnType<typeof tagsOf>} tags
 * @param {string[]} tests file names in test/arch
 */
export function coverageTable(tags, tests) {
  const rows = [...tags]
    .sort((a, b) => bySection(a.section, b.section) || a.file.localeCompare(b.file))
    .map(({ section, title, status, file }) => {
      const named = tests.filter((name) => sectionOfTest(name) === section).sort();
      return `| ${[section, title, status, file, named.join(', ')].join(' | ')} |`;
    });
  return [
    '# What of the architecture is modelled',
    '',
    'Written by `npm run coverage:arch` from the `@arch` tags in the sources; do not edit.',
    'Sections are those of the Arm SMMUv3 specification, IHI 0070.',
    '',
    '| section | title | modelled | where | test |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function currentTable() {
  const sim = join(ROOT, 'sim');
  const files = readdirSync(sim, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const tags = files.flatMap((name) => {
    const file = relative(ROOT, join(sim, name)).replaceAll('\\', '/');
    return tagsOf(readFileSync(join(sim, name), 'utf8'), file);
  });
  const tests = join(ROOT, 'test', 'arch');
  return coverageTable(tags, existsSync(tests) ? readdirSync(tests) : []);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const table = currentTable();
  const written = existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : undefined;
  if (!process.argv.includes('--check')) {
    writeFileSync(TABLE, table);
  } else if (written !== table) {
    console.error('sim/COVERAGE.md is not what the sources say: run `npm run coverage:arch`');
    process.exitCode = 1;
  }
}
