// `when` clauses of keybindings, as far as VS Code's are needed here: `a && !b || c == 'd'`.

/** What a clause can ask, with what it means. */
export const CONTEXT_KEYS = {
  editorTextFocus: 'the cursor is in the text of an editor',
  consoleFocus: 'the console or its prompt has the keyboard',
  inputFocus: 'a field or an editor has the keyboard',
  inDebugMode: 'a script is debugged',
  debugState: "'inactive', 'running' or 'stopped'",
} as const;

/** Name of what a clause can ask. */
export type ContextKey = keyof typeof CONTEXT_KEYS;

/** How things stand. */
export type KeyContext = Readonly<Record<ContextKey, boolean | string>>;

const TERM =
  /^(?<not>!)?\s*(?<name>\w+)(?:\s*(?<operator>==|!=)\s*(?<quote>'?)(?<value>[\w.-]+)\k<quote>)?$/;

/** Why a clause cannot be used; undefined for one that can. */
export function whenProblem(clause: string): string | undefined {
  for (const term of clause.split(/&&|\|\|/)) {
    const { name, not, operator } = TERM.exec(term.trim())?.groups ?? {};
    if (name === undefined || (not !== undefined && operator !== undefined)) {
      return `${JSON.stringify(term.trim())} is no condition`;
    }
    if (!Object.hasOwn(CONTEXT_KEYS, name)) {
      return `${name} is unknown; there are ${Object.keys(CONTEXT_KEYS).join(', ')}`;
    }
  }
  return undefined;
}

/** Whether a clause holds; a clause that cannot be used never does. */
export function holds(clause: string | undefined, context: KeyContext): boolean {
  return (
    clause === undefined ||
    clause.split('||').some((all) => all.split('&&').every((term) => isTrue(term.trim(), context)))
  );
}

function isTrue(term: string, context: KeyContext): boolean {
  const { not, name = '', operator, value } = TERM.exec(term)?.groups ?? {};
  if (!Object.hasOwn(context, name)) {
    return false;
  }
  const found = context[name as ContextKey];
  if (operator === undefined) {
    return Boolean(found) !== (not !== undefined);
  }
  return (String(found) === value) === (operator === '==');
}
