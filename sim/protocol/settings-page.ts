// docs/settings.md as text, out of the tables. Used by scripts/settings-doc.mjs.

import { COMMAND_IDS, commandInfo, listTitle } from './commands.ts';
import { SETTING_KEYS, settingInfo, wantedOf } from './settings.ts';
import { CONTEXT_KEYS } from './when.ts';

/** The page, in Markdown. */
export function settingsPage(): string {
  return `${[SETTINGS_TEXT, settingsTable(), KEYS_TEXT, contextTable(), COMMANDS_TEXT, commandTable()].join('\n\n')}\n`;
}

const SETTINGS_TEXT = `# Settings and keys

<!-- Written by \`npm run docs:settings\`. -->

Two files in the folder of the user (Linux: \`~/.config/Substream\`), both JSON in which comments and
trailing commas are allowed. They apply as soon as they are saved, whoever saves them. A file that cannot
be read is told with line and column, and what was read before stays. The editor completes and explains
what may stand in them.

## settings.json

*Preferences: Open User Settings (JSON)*, Ctrl+comma.`;

const KEYS_TEXT = `## keybindings.json

*Preferences: Open Keyboard Shortcuts*, Ctrl+K Ctrl+S, lists every command with its keys; choose one and
press its new key. *Open Keyboard Shortcuts (JSON)* opens the file that this writes, in VS Code's form:

\`\`\`json
[
  { "key": "f4", "command": "run.start" },
  { "key": "ctrl+k ctrl+r", "command": "run.restart", "when": "inDebugMode" },
  { "key": "ctrl+f5", "command": "-run.start" }
]
\`\`\`

The last rule that holds wins. A minus takes the key away from a command; without \`key\` all of them.
\`when\` is made of these with \`!\`, \`&&\`, \`||\`, \`==\` and \`!=\`:`;

const COMMANDS_TEXT = 'The commands, with the keys that they have without a file:';

function settingsTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const info = settingInfo(key);
    const values =
      info.kind === 'choice' || info.kind === 'list'
        ? Object.entries(info.values).map(([value, text]) => `\`"${value}"\`: ${text}`)
        : [`${wantedOf(info)}.`];
    const standard = JSON.stringify(info.default);
    return `| \`${key}\` | \`${standard}\` | ${info.text} | ${values.join(' ')} |`;
  });
  return table(['setting', 'default', 'what it does', 'values'], rows);
}

function contextTable(): string {
  const rows = Object.entries(CONTEXT_KEYS).map(([name, text]) => `| \`${name}\` | ${text} |`);
  return table(['condition', 'holds when, or is'], rows);
}

function commandTable(): string {
  const rows = COMMAND_IDS.map((id) => {
    const { keys = [], when } = commandInfo(id);
    const shown = keys.map((key) => key.replaceAll('Mod', 'Ctrl')).join(' or ');
    const condition = when === undefined ? '' : ` (when ${when})`;
    return `| \`${id}\` | ${listTitle(id)} | ${shown}${condition} |`;
  });
  return table(['command', 'title', 'key'], rows);
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---|').join('')}`, ...rows].join('\n');
}
