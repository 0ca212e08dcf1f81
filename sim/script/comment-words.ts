// The realm refuses a text with `import(` or an HTML comment anywhere in it. In comments they mean
// nothing, so there a letter of them is changed: no place moves, and what runs is the same.
// Where the scan errs (a regular expression taken for a division), the realm still judges the result.

/** What the realm looks for. */
const REFUSED = /\bimport\s*(?:\(|\/[/*])|<!--|-->/;
/** Characters before a slash that begins a regular expression. */
const BEFORE_REGEXP =
  /(?:^|[([{,;=:?!&|+\-*%~^<>}]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;
const QUOTES = new Set(["'", '"', '`']);

/** The text with those words changed in its comments. */
export function withPlainComments(text: string): string {
  return REFUSED.test(text) ? new CommentScan(text).run() : text;
}

class CommentScan {
  readonly #text: string;
  #at = 0;
  #done = '';

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    this.#code(undefined);
    return this.#done;
  }

  /** Code up to the end, or up to the brace that closes a template's expression. */
  #code(closing: '}' | undefined): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (char === '/' && this.#slash()) {
        continue;
      }
      if (QUOTES.has(char)) {
        this.#string(char);
        continue;
      }
      depth += char === '{' ? 1 : char === '}' ? -1 : 0;
      if (closing !== undefined && depth < 0) {
        return;
      }
      this.#take(1);
    }
  }

  /** A comment or a regular expression; false for a division. */
  #slash(): boolean {
    const rest = this.#text.slice(this.#at);
    const comment = /^\/\/[^\n]*|^\/\*.*?(?:\*\/|$)/s.exec(rest);
    if (comment !== null) {
      this.#at += comment[0].length;
      this.#done += blunt(comment[0]);
      return true;
    }
    const regexp = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//.exec(rest);
    if (regexp === null || !BEFORE_REGEXP.test(this.#done.slice(-40))) {
      return false;
    }
    this.#take(regexp[0].length);
    return true;
  }

  #string(quote: string): void {
    this.#take(1);
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (quote === '`' && this.#text.startsWith('${', this.#at)) {
        this.#take(2);
        this.#code('}');
        this.#take(1);
        continue;
      }
      this.#take(char === '\\' ? 2 : 1);
      if (char === quote || (char === '\n' && quote !== '`')) {
        return;
      }
    }
  }

  #take(count: number): void {
    this.#done += this.#text.slice(this.#at, this.#at + count);
    this.#at += count;
  }
}

function blunt(comment: string): string {
  return comment
    .replace(/\bimport(?=\s*[(/])/g, 'lmport')
    .replaceAll(/<!--|-->/g, (found) => '.'.repeat(found.length));
}
