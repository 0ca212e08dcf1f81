// A light scan of a script's text: comments, strings, templates and regular expressions are skipped, so
// that braces and keywords that remain are code. Enough to find loops and starts of statements.

/** What the scan found. Offsets count from 0. */
export interface ScriptScan {
  /** Offset of each line's first character. */
  readonly lineStarts: readonly number[];
  /** The text with everything that is no code blanked out; no character moves. */
  readonly code: string;
  /**
   * For each line: the last character of code before it and whether the line starts in code, not in a
   * comment or template.
   */
  readonly before: readonly { readonly last: string; readonly inCode: boolean }[];
}

/** What a regular expression may follow; after anything else a slash divides. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|await))\s*$/;

interface Scan {
  readonly text: string;
  at: number;
  /** Code so far, without what is skipped: only the tail matters. */
  tail: string;
  readonly braces: ('brace' | 'template')[];
  readonly skipped: { from: number; to: number }[];
  readonly lastBefore: Map<number, string>;
}

/** Scans `text`; never fails, at worst it finds too little in a text that does not parse. */
export function scanScript(text: string): ScriptScan {
  const scan: Scan = {
    text,
    at: 0,
    tail: '',
    braces: [],
    skipped: [],
    lastBefore: new Map(),
  };
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  scan.lastBefore.set(0, '');
  while (scan.at < text.length) {
    step(scan);
  }
  const before = lineStarts.map((start) => ({
    last: scan.lastBefore.get(start) ?? '',
    inCode: !scan.skipped.some(({ from, to }) => start > from && start < to),
  }));
  return { lineStarts, code: blanked(text, scan.skipped), before };
}

function blanked(
  text: string,
  skipped: readonly { readonly from: number; readonly to: number }[],
): string {
  let code = '';
  let at = 0;
  for (const { from, to } of skipped) {
    code += text.slice(at, from) + text.slice(from, to).replace(/[^\n]/g, ' ');
    at = to;
  }
  return code + text.slice(at);
}

function step(scan: Scan): void {
  const { text, at } = scan;
  const two = text.slice(at, at + 2);
  const one = text[at] ?? '';
  if (two === '//') {
    skipTo(scan, indexOr(text, '\n', at), at);
  } else if (two === '/*') {
    skipTo(scan, indexOr(text, '*/', at + 2) + 2, at);
  } else if (one === '"' || one === "'") {
    skipTo(scan, endOfString(text, at, one), at);
    code(scan, one);
  } else if (one === '`') {
    template(scan, at + 1, at);
  } else if (one === '/' && BEFORE_REGEX.test(scan.tail)) {
    skipTo(scan, endOfRegex(text, at), at);
    code(scan, '/');
  } else {
    scan.at++;
    character(scan, one, at);
  }
}

function character(scan: Scan, one: string, at: number): void {
  if (one === '{') {
    scan.braces.push('brace');
  } else if (one === '}' && scan.braces.pop() === 'template') {
    template(scan, at + 1, at + 1);
    return;
  }
  code(scan, one);
}

/** Remembers a character of code; the first line start behind it sees it as the last. */
function code(scan: Scan, one: string): void {
  if (one === '\n') {
    scan.lastBefore.set(scan.at, scan.tail.trimEnd().slice(-1));
  }
  scan.tail = (scan.tail + one).slice(-32);
}

function skipTo(scan: Scan, end: number, from: number): void {
  const { text } = scan;
  for (let at = from; at < end; at++) {
    if (text[at] === '\n') {
      scan.lastBefore.set(at + 1, scan.tail.trimEnd().slice(-1));
    }
  }
  scan.skipped.push({ from, to: end });
  scan.at = end;
}

/** Skips the text of a template up to its end or the next `${`, whose code is scanned. */
function template(scan: Scan, start: number, from: number): void {
  const { text } = scan;
  let at = start;
  while (at < text.length && text[at] !== '`' && text.slice(at, at + 2) !== '${') {
    at += text[at] === '\\' ? 2 : 1;
  }
  if (text[at] === '$') {
    skipTo(scan, at + 2, from);
    scan.braces.push('template');
    code(scan, '{');
  } else {
    skipTo(scan, at + 1, from);
    code(scan, '`');
  }
}

function endOfString(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function endOfRegex(text: string, start: number): number {
  let inClass = false;
  let at = start + 1;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    inClass = text[at] === '[' || (inClass && text[at] !== ']');
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function indexOr(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found;
}
