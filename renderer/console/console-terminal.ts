// The console: an xterm that outlives the panel that shows it. Input beyond what it can draw in time
// is not queued without end: the oldest waiting lines give way, and a line says how many.

import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';
import { Terminal } from '@xterm/xterm';
import { Emitter } from '../../sim/base/emitter.ts';
import type { OutputRecord, ThemeName } from '../../sim/protocol/api.ts';
import { copyText, markWhenPainted } from '../base/dom.ts';
import { Store } from '../base/store.ts';
import type { ConsoleEntry, ConsoleFilter } from './console-log.ts';
import { ConsoleLog, entryOf, isShown, SHOW_ALL } from './console-log.ts';
import { formatAnswer, formatProblem, formatPrompt, formatRecord, formatStart } from './format.ts';
import type { LinkTarget } from './prompt-links.ts';
import { linksIn } from './prompt-links.ts';
import { TERMINAL_THEMES } from './themes.ts';

/** Lines that may wait for xterm; of more the oldest are dropped. */
const WAITING_LIMIT = 16_000;

/** Lines given to xterm at once: about a frame's worth of its work. */
const WRITE_LIMIT = 500;

/** What settings say about the console. */
export interface ConsoleOptions {
  /** Pixels. */
  readonly fontSize: number;
  /** Lines that are kept. */
  readonly scrollback: number;
  /** Lines are there as text, and new ones are announced. */
  readonly screenReader: boolean;
}

/** The log of all runs since the last clear. */
export class ConsoleTerminal {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #followed = new Emitter<LinkTarget>();
  readonly #log: ConsoleLog;
  #waiting: string[] = [];
  #dropped = 0;
  #writing = false;
  #faultSeen = true;

  /** A link was clicked. */
  readonly onDidFollow = this.#followed.event;
  /** What is shown of the log; another filter shows it anew. */
  readonly filter = new Store<ConsoleFilter>(SHOW_ALL);
  /** StreamIDs whose events are in the log. */
  readonly sids = new Store<readonly number[]>([]);

  constructor({ fontSize, scrollback, screenReader }: ConsoleOptions) {
    this.#log = new ConsoleLog(scrollback);
    this.#terminal = new Terminal({
      convertEol: true,
      cursorBlink: false,
      cursorInactiveStyle: 'none',
      cursorStyle: 'bar',
      disableStdin: true,
      drawBoldTextInBrightColors: false,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono'),
      fontSize,
      lineHeight: 1.3,
      scrollback,
      screenReaderMode: screenReader,
      theme: TERMINAL_THEMES.dark,
      allowProposedApi: true,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.write('\x1b[?25l');
    this.#terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#registerLinks();
    this.filter.onDidChange(() => this.#showAnew());
  }

  /** Shows the console in `element`; the same one again after the panel was closed. */
  attach(element: HTMLElement): void {
    const own = this.#terminal.element;
    if (own === undefined) {
      this.#terminal.open(element);
      this.#terminal.textarea?.setAttribute('aria-label', 'Console');
    } else {
      element.append(own);
    }
    this.fit();
  }

  /** Adapts to the size of its element. */
  fit(): void {
    if (this.#terminal.element?.parentElement?.clientHeight) {
      this.#fit.fit();
    }
  }

  focus(): void {
    this.#terminal.focus();
  }

  setTheme(theme: ThemeName): void {
    const chosen: ITheme = TERMINAL_THEMES[theme];
    this.#terminal.options.theme = chosen;
  }

  /** Applies other options; lines that are there stay as far as they fit. */
  configure({ fontSize, scrollback, screenReader }: ConsoleOptions): void {
    const { options } = this.#terminal;
    this.#log.limit = scrollback;
    options.scrollback = scrollback;
    options.screenReaderMode = screenReader;
    if (options.fontSize !== fontSize) {
      options.fontSize = fontSize;
      this.fit();
    }
  }

  /** Notes that a run starts: its first fault will be marked in the performance timeline. */
  start(file: string, profile: string, seed: number): void {
    this.#faultSeen = false;
    this.#print([{ text: formatStart(file, profile, seed), source: 'run', level: 0 }]);
  }

  write(records: readonly OutputRecord[]): void {
    const fault = !this.#faultSeen && records.some(({ type }) => type === 'event');
    this.#print(records.map((record) => entryOf(record, formatRecord(record))));
    if (fault) {
      this.#faultSeen = true;
      this.#terminal.write('', () => markWhenPainted('substream:first-fault'));
    }
  }

  /** A line about something that went wrong around the run. */
  problem(text: string): void {
    this.#print([{ text: formatProblem(text), source: 'run', level: 0 }]);
  }

  /** What was typed at the prompt. */
  prompt(text: string): void {
    this.#print([{ text: formatPrompt(text), source: 'prompt', level: 0 }]);
    this.#terminal.scrollToBottom();
  }

  /** What came back. */
  answer(lines: readonly string[]): void {
    this.#print(lines.map((line) => ({ text: formatAnswer(line), source: 'prompt', level: 0 })));
  }

  /** The kernel's log as dmesg prints it. */
  get dmesg(): string {
    return this.#log.dmesg();
  }

  clear(): void {
    this.#log.clear();
    this.sids.set([]);
    this.#clearScreen();
  }

  /** The next or previous occurrence; says whether there is one. */
  find(text: string, direction: 'next' | 'previous'): boolean {
    const options = { decorations: FOUND };
    return direction === 'next'
      ? this.#search.findNext(text, options)
      : this.#search.findPrevious(text, options);
  }

  endFind(): void {
    this.#search.clearDecorations();
  }

  /** Copies the whole console, or what is selected of it, as text. */
  copy(what: 'all' | 'selection'): void {
    const terminal = this.#terminal;
    if (what === 'all') {
      terminal.selectAll();
    }
    copyText(terminal.getSelection());
    if (what === 'all') {
      terminal.clearSelection();
    }
  }

  #clearScreen(): void {
    this.#waiting = [];
    this.#dropped = 0;
    this.#terminal.clear();
    this.#terminal.write('\x1b[2J\x1b[H');
  }

  #showAnew(): void {
    this.#clearScreen();
    this.#show(this.#log.entries);
  }

  #print(entries: readonly ConsoleEntry[]): void {
    this.#log.add(entries);
    if (this.#log.sids.length !== this.sids.value.length) {
      this.sids.set(this.#log.sids);
    }
    this.#show(entries);
  }

  #show(entries: readonly ConsoleEntry[]): void {
    for (const entry of entries) {
      if (isShown(entry, this.filter.value)) {
        this.#waiting.push(entry.text);
      }
    }
    const excess = this.#waiting.length - WAITING_LIMIT;
    if (excess > 0) {
      this.#waiting.splice(0, excess);
      this.#dropped += excess;
    }
    this.#pump();
  }

  #pump(): void {
    if (this.#writing || this.#waiting.length === 0) {
      return;
    }
    const lines = this.#waiting.splice(0, WRITE_LIMIT);
    if (this.#dropped > 0) {
      lines.unshift(formatProblem(`${this.#dropped} lines came too fast to be shown`));
      this.#dropped = 0;
    }
    this.#writing = true;
    this.#terminal.write(`${lines.join('\n')}\n`, () => {
      this.#writing = false;
      this.#pump();
    });
  }

  /** Ctrl+C copies a selection; every other key is the workbench's. */
  #key(event: KeyboardEvent): boolean {
    if (event.type === 'keydown' && (event.ctrlKey || event.metaKey) && event.key === 'c') {
      if (this.#terminal.hasSelection()) {
        copyText(this.#terminal.getSelection());
      }
      return false;
    }
    return !(event.ctrlKey || event.metaKey || event.key === 'Tab' || /^F\d+$/.test(event.key));
  }

  #registerLinks(): void {
    this.#terminal.registerLinkProvider({
      provideLinks: (row, done) => {
        const { text, firstRow } = this.#lineAround(row - 1);
        const { cols } = this.#terminal;
        const cell = (offset: number) => ({
          x: (offset % cols) + 1,
          y: firstRow + Math.floor(offset / cols) + 1,
        });
        done(
          linksIn(text).map(({ start, end, target }) => ({
            range: { start: cell(start), end: cell(end - 1) },
            text: text.slice(start, end),
            activate: () => this.#followed.fire(target),
          })),
        );
      },
    });
  }

  /** The whole line that a row of the buffer belongs to, however often it is wrapped. */
  #lineAround(row: number): { readonly text: string; readonly firstRow: number } {
    const { active } = this.#terminal.buffer;
    let firstRow = row;
    while (firstRow > 0 && active.getLine(firstRow)?.isWrapped === true) {
      firstRow -= 1;
    }
    let text = active.getLine(firstRow)?.translateToString(false) ?? '';
    for (let next = firstRow + 1; active.getLine(next)?.isWrapped === true; next++) {
      text += active.getLine(next)?.translateToString(false) ?? '';
    }
    return { text, firstRow };
  }
}

const FOUND = {
  matchBackground: '#5a4a1a',
  matchOverviewRuler: '#d7ba7d',
  activeMatchBackground: '#9e6a03',
  activeMatchColorOverviewRuler: '#d7ba7d',
};
