// `npm run bench -- [--json] [TOPIC...]`: runs the benchmarks, all or the named ones.

import { loadTopics } from './topics.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((arg) => !arg.startsWith('--'));
const topics = await loadTopics();
const unknown = names.find((name) => !topics.some((topic) => topic.name === name));
if (unknown !== undefined || args.some((arg) => arg.startsWith('--') && arg !== '--json')) {
  console.error(
    `usage: npm run bench -- [--json] [${topics.map(({ name }) => name).join('|')}]...`,
  );
  process.exit(2);
}

const figures: Record<string, unknown> = {};
for (const topic of topics.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const found = await topic.run();
  Object.assign(figures, found);
  if (!json) {
    for (const [key, value] of Object.entries(found)) {
      console.log(`${key.padEnd(32)} ${JSON.stringify(value)}`);
    }
  }
}
if (json) {
  console.log(JSON.stringify(figures));
}
