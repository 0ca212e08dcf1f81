// Output records as the console shows them: the kernel's words, coloured only where it carries meaning.
// A sign stands beside every colour, so that none of it is said by colour alone.

import type { OutputRecord, Place, RunResult } from '../../sim/protocol/api.ts';

const RESET = '\x1b[0m';
const DIM = '\x1b[90m';
const RED = '\x1b[31m';
const BOLD_RED = '\x1b[1;31m';
const YELLOW = '\x1b[33m';
const GREEN = '\x1b[32m';
const CYAN = '\x1b[36m';

/** printk levels up to this one are errors, up to the next one warnings. */
const LEVEL_ERROR = 3;
const LEVEL_WARNING = 4;
/** Width of `[    0.004213] `, for lines of ours under the kernel's. */
const INDENT = ' '.repeat(15);

/** One record as coloured lines, without a line end. */
export function formatRecord(record: OutputRecord): string {
  switch (record.type) {
    case 'log':
      return formatLog(record.time, record.level, record.text);
    case 'event':
      return (
        `${INDENT}${record.expected === true ? `${CYAN}○` : `${BOLD_RED}✘`} ` +
        `${printable(record.text.trim())}${RESET}${at(record.place)}` +
        `${DIM}  ${record.expected === true ? 'expected  ' : ''}[explain ${record.number}]${RESET}`
      );
    case 'warn': {
      const section = record.section === '' ? '' : ` [${printable(record.section)}]`;
      const text = `${printable(record.class)}: ${printable(record.text)}${section}`;
      return `${INDENT}${YELLOW}▲ ${text}${RESET}${at(record.place)}`;
    }
    case 'result':
      return formatResult(record);
  }
}

/** The line that starts a run. */
export function formatStart(file: string, profile: string, seed: number): string {
  return `${CYAN}▶ ${printable(file)}${RESET}${DIM}  ${profile}  seed ${seed}${RESET}`;
}

/** A line of the workbench itself about something that went wrong. */
export function formatProblem(text: string): string {
  return `${BOLD_RED}✘ ${printable(text)}${RESET}`;
}

/** A line typed at the prompt. */
export function formatPrompt(text: string): string {
  return `${CYAN}> ${printable(text)}${RESET}`;
}

/** A line that came back. */
export function formatAnswer(line: string): string {
  return printable(line);
}

function formatLog(time: number, level: number, text: string): string {
  const colour = level <= LEVEL_ERROR ? RED : level === LEVEL_WARNING ? YELLOW : '';
  const body = colour === '' ? printable(text) : `${colour}${printable(text)}${RESET}`;
  return `${DIM}[${kernelTime(time)}]${RESET} ${body}`;
}

function formatResult(result: RunResult): string {
  const counts = `${plural(result.events, 'event')}, ${plural(result.dmas, 'DMA')}`;
  const { error } = result;
  const stack = (error?.stack ?? []).slice(1).map((place) => `\n    at ${placeText(place)}`);
  const reason =
    error === undefined
      ? ''
      : `${BOLD_RED}✘ ${printable(error.name)}: ${printable(error.message)}${RESET}${at(error.place)}${DIM}${stack.join('')}${RESET}\n`;
  const done = result.exit === 0;
  const sign = done ? `${GREEN}✔ done${RESET}` : `${RED}■ ended${RESET}`;
  return `${reason}${sign}${DIM}  exit ${result.exit}${exitWords(result.exit)}  ${counts}${RESET}`;
}

/** What the exit statuses of `substream run` mean, for people. */
function exitWords(exit: number): string {
  const words: Readonly<Record<number, string>> = {
    1: ' (the script failed)',
    3: ' (events that no expect_event covered)',
    4: ' (time limit)',
    70: ' (internal error)',
  };
  return words[exit] ?? '';
}

function at(place: Place | undefined): string {
  return place === undefined ? '' : `${DIM}  ${placeText(place)}${RESET}`;
}

function placeText({ file, line, column }: Place): string {
  return `${printable(file)}:${line}:${column}`;
}

/** Seconds and microseconds as printk writes them, from nanoseconds. */
function kernelTime(ticks: number): string {
  const microseconds = Math.floor(ticks / 1000);
  const seconds = Math.floor(microseconds / 1e6);
  return `${String(seconds).padStart(5)}.${String(microseconds % 1e6).padStart(6, '0')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A script's text must not move the cursor, clear the screen or colour what follows. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the purpose
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
}
