// A script's text as a syntax tree. Its types are blanked out as they are for the run, so every place of
// the tree is one of the user's text. Made when it is first asked for: most runs never need it.

import type {
  AnyNode,
  ArrowFunctionExpression,
  FunctionDeclaration,
  FunctionExpression,
} from 'acorn';
import type { SourcePlace } from './script-source.ts';

/** A function of any form. */
export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

/** Top-level `await` and `return` are those of the function that a script becomes. */
const HEAD = 'async()=>{';

/** The tree of one text. */
export class ScriptTree {
  readonly #text: string;
  #tree: Promise<ParsedScript | undefined> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The tree; undefined for a text that is no script. */
  parsed(): Promise<ParsedScript | undefined> {
    this.#tree ??= parseScript(this.#text);
    return this.#tree;
  }
}

async function parseScript(text: string): Promise<ParsedScript | undefined> {
  const [{ stripTypes }, { parse }, { fullAncestor }] = await Promise.all([
    import('../strip-types.ts'),
    import('acorn'),
    import('acorn-walk'),
  ]);
  const stripped = stripTypes(`${HEAD}${text}\n}`);
  if (!stripped.ok) {
    return undefined;
  }
  const parents = new Map<AnyNode, AnyNode>();
  fullAncestor(parse(stripped.text, { ecmaVersion: 'latest' }), (node, _, ancestors) => {
    const parent = ancestors.at(-2);
    if (parent !== undefined && node.start >= HEAD.length) {
      parents.set(node, parent);
    }
  });
  return new ParsedScript(text, parents);
}

/** A text that parsed. */
export class ParsedScript {
  readonly #parents: ReadonlyMap<AnyNode, AnyNode>;
  readonly #lineStarts: readonly number[];

  constructor(text: string, parents: ReadonlyMap<AnyNode, AnyNode>) {
    this.#parents = parents;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  /** All nodes of the user's text. */
  get nodes(): Iterable<AnyNode> {
    return this.#parents.keys();
  }

  /** What a node is a part of; undefined outside of the user's text. */
  parentOf(node: AnyNode): AnyNode | undefined {
    return this.#parents.get(node);
  }

  /** The function around a node; undefined for the script's own statements. */
  functionOf(node: AnyNode): FunctionNode | undefined {
    let at = this.parentOf(node);
    while (at !== undefined && !isFunction(at)) {
      at = this.parentOf(at);
    }
    return at !== undefined && this.#parents.has(at) ? at : undefined;
  }

  /** The innermost node at a place. */
  nodeAt(place: SourcePlace): AnyNode | undefined {
    const offset = this.#offsetOf(place);
    let found: AnyNode | undefined;
    for (const node of this.nodes) {
      if (node.start <= offset && offset < node.end && isWithin(node, found)) {
        found = node;
      }
    }
    return found;
  }

  /**
   * The statement without a body of its own around a place, of the function that runs there; a return
   * whose value is ready stands at its end.
   */
  statementAt(place: SourcePlace): AnyNode | undefined {
    const offset = this.#offsetOf(place);
    let found: AnyNode | undefined;
    for (const node of this.nodes) {
      const isAround = node.start <= offset && offset <= node.end;
      if (isAround && (runsAlone(node) || isSimple(node)) && isWithin(node, found)) {
        found = node;
      }
    }
    return found === undefined || runsAlone(found) ? undefined : found;
  }

  /** True when a place is in a node: where it starts, or behind its start. */
  isIn(node: AnyNode, place: SourcePlace): boolean {
    return this.#offsetOf(place) === node.start || this.isBehindStart(node, place);
  }

  /** True when a place is in a node, but not where it starts: there the code around it stops. */
  isBehindStart({ start, end }: AnyNode, place: SourcePlace): boolean {
    const offset = this.#offsetOf(place);
    return start < offset && offset < end;
  }

  #offsetOf({ line, column }: SourcePlace): number {
    return HEAD.length + (this.#lineStarts[line - 1] ?? 0) + column - 1;
  }
}

/** True for what does not run with the statement around it. */
function runsAlone(node: AnyNode): boolean {
  return isFunction(node) || node.type === 'ClassBody';
}

function isSimple({ type }: AnyNode): boolean {
  return (
    type === 'VariableDeclaration' ||
    type === 'ExpressionStatement' ||
    type === 'ReturnStatement' ||
    type === 'ThrowStatement'
  );
}

function isWithin(inner: AnyNode, outer: AnyNode | undefined): boolean {
  return outer === undefined || inner.end - inner.start < outer.end - outer.start;
}

/** True for a function of any form. */
export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}
