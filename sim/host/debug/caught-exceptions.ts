// Whether the script itself catches an exception: the engine cannot tell, since the runner around the
// script catches everything. Follows the exception outward through the calls on the stack: to a `try`
// with a `catch`, or as a rejected promise to `.catch()`, to `await`, or to nobody.
// Limit: a promise that is kept in an object or handed to a function is left to the engine, which sees
// only handlers that are attached by then and takes the runner's for one.

import type { AnyNode, CallExpression, Identifier, NewExpression } from 'acorn';
import type { CallPlace } from './paused-stack.ts';
import type { SourcePlace } from './script-source.ts';
import type { FunctionNode, ParsedScript } from './script-tree.ts';
import { isFunction } from './script-tree.ts';

/** What becomes of an exception, as far as the text tells. */
export type Fate = 'caught' | 'uncaught' | 'unknown';

type Call = CallExpression | NewExpression;

/** Where a rejected promise goes next. */
type Flow = Fate | 'returned' | { readonly thrownAt: AnyNode };

/** Which argument of a method handles a rejection. */
const HANDLER_AT: ReadonlyMap<string, number> = new Map([
  ['catch', 0],
  ['then', 1],
]);
/** Calls that settle as one of the promises in their argument does. */
const PASSING = new Set(['all', 'race', 'resolve']);

/** The fate of an exception that was thrown at the innermost of `calls`. */
export function fateOf(script: ParsedScript, calls: readonly CallPlace[]): Fate {
  const [top, ...callers] = calls;
  const thrower = top === undefined ? undefined : script.nodeAt(top);
  if (thrower === undefined) {
    return 'unknown';
  }
  const rejected = promiseRejectedAt(script, thrower);
  if (rejected !== undefined) {
    return fateOfRejecter(script, rejected, callers);
  }
  return isTried(script, thrower) ? 'caught' : fateIn(script, script.functionOf(thrower), callers);
}

/** The fate of what leaves `fn`, a function of the script or the script itself. */
function fateIn(
  script: ParsedScript,
  fn: FunctionNode | undefined,
  callers: readonly CallPlace[],
): Fate {
  const [caller, ...outer] = callers;
  const call = caller === undefined ? undefined : callAt(script, caller);
  if (fn === undefined || caller === undefined) {
    return 'uncaught';
  }
  if (call === undefined) {
    return 'unknown';
  }
  const isPromise = fn.async || caller.later || isPromiseOf(call, fn);
  return isPromise ? fateOfPromise(script, call, outer) : fateOfThrow(script, call, outer);
}

function fateOfThrow(script: ParsedScript, at: AnyNode, callers: readonly CallPlace[]): Fate {
  return isTried(script, at) ? 'caught' : fateIn(script, script.functionOf(at), callers);
}

/** The fate of a rejection whose promise is the value of `call`. */
function fateOfPromise(script: ParsedScript, call: Call, callers: readonly CallPlace[]): Fate {
  const flow = flowOf(script, call);
  if (typeof flow === 'object') {
    return fateOfThrow(script, flow.thrownAt, callers);
  }
  if (flow !== 'returned') {
    return flow;
  }
  const [caller, ...outer] = callers;
  const next = caller === undefined ? undefined : callAt(script, caller);
  if (script.functionOf(call) === undefined) {
    return 'uncaught';
  }
  return next === undefined ? 'unknown' : fateOfPromise(script, next, outer);
}

/** Whoever rejects a promise may do so long after it was made: its callers are not those of the maker. */
function fateOfRejecter(script: ParsedScript, made: Call, callers: readonly CallPlace[]): Fate {
  const [caller, ...outer] = callers;
  const isMaking = caller !== undefined && callAt(script, caller) === made;
  if (isMaking) {
    return fateOfPromise(script, made, outer);
  }
  const flow = flowOf(script, made);
  if (typeof flow !== 'object') {
    return flow === 'returned' ? 'unknown' : flow;
  }
  const isScripts = script.functionOf(flow.thrownAt) === undefined;
  return isTried(script, flow.thrownAt) ? 'caught' : isScripts ? 'uncaught' : 'unknown';
}

/** The promise that a call at `node` rejects: `Promise.reject()`, or the second argument of a maker. */
function promiseRejectedAt(script: ParsedScript, node: AnyNode): Call | undefined {
  const call = calledBy(script, node);
  if (call?.callee.type === 'MemberExpression') {
    return memberOfPromise(call) === 'reject' ? call : undefined;
  }
  const name = call?.callee.type === 'Identifier' ? call.callee.name : undefined;
  for (let at = script.parentOf(node); name !== undefined && at; at = script.parentOf(at)) {
    const maker = isFunction(at) ? script.parentOf(at) : undefined;
    const [, reject] = isFunction(at) ? at.params : [];
    if (maker !== undefined && isFunction(at) && reject?.type === 'Identifier') {
      if (reject.name === name && isCall(maker) && isPromiseOf(maker, at)) {
        return maker;
      }
    }
  }
  return undefined;
}

/** Where the promise that is the value of `node` goes. */
function flowOf(script: ParsedScript, node: AnyNode): Flow {
  const parent = script.parentOf(node);
  switch (parent?.type) {
    case 'AwaitExpression':
      return { thrownAt: parent };
    case 'ReturnStatement':
      return 'returned';
    case 'ArrowFunctionExpression':
      return parent.body === node ? 'returned' : 'unknown';
    case 'ExpressionStatement':
      return 'uncaught';
    case 'UnaryExpression':
      return parent.operator === 'void' ? 'uncaught' : 'unknown';
    case 'ChainExpression':
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'ArrayExpression':
      return flowOf(script, parent);
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' ? flowOfName(script, parent.id) : 'unknown';
    case 'MemberExpression':
      return parent.object === node ? flowBehind(script, parent) : 'unknown';
    case 'CallExpression':
      return flowThrough(script, parent);
    default:
      return 'unknown';
  }
}

/** The promise is kept in a variable: whatever handles it anywhere handles it. */
function flowOfName(script: ParsedScript, variable: Identifier): Flow {
  const uses = [...script.nodes].filter(
    (node) => node.type === 'Identifier' && node.name === variable.name && node !== variable,
  );
  const flows = uses.map((use) => flowOf(script, use));
  const isHandled = flows.some(
    (flow) => flow === 'caught' || (typeof flow === 'object' && isTried(script, flow.thrownAt)),
  );
  const [first = 'uncaught'] = flows;
  return isHandled ? 'caught' : flows.length > 1 ? (flows.find(isThrown) ?? 'unknown') : first;
}

function isThrown(flow: Flow): boolean {
  return typeof flow === 'object';
}

/** A method is called on the promise. */
function flowBehind(
  script: ParsedScript,
  member: Extract<AnyNode, { type: 'MemberExpression' }>,
): Flow {
  const call = script.parentOf(member);
  if (call?.type !== 'CallExpression' || call.callee !== member) {
    return 'unknown';
  }
  const { property } = member;
  const name = property.type === 'Identifier' && !member.computed ? property.name : '';
  const handler = HANDLER_AT.get(name);
  if (handler !== undefined && isHandler(call.arguments[handler])) {
    return 'caught';
  }
  return handler !== undefined || name === 'finally' ? flowOf(script, call) : 'unknown';
}

/** The promise is an argument. */
function flowThrough(script: ParsedScript, call: CallExpression): Flow {
  const name = memberOfPromise(call);
  if (name === 'allSettled') {
    return 'caught';
  }
  return name !== undefined && PASSING.has(name) ? flowOf(script, call) : 'unknown';
}

function isHandler(argument: AnyNode | undefined): boolean {
  const isNothing =
    argument === undefined ||
    (argument.type === 'Identifier' && argument.name === 'undefined') ||
    (argument.type === 'Literal' && argument.value === null);
  return !isNothing;
}

/** `all` for `Promise.all(...)`. */
function memberOfPromise({ callee }: Call): string | undefined {
  return callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Promise' &&
    callee.property.type === 'Identifier'
    ? callee.property.name
    : undefined;
}

/** True when `call` is `new Promise(fn)`: what `fn` throws rejects it. */
function isPromiseOf({ type, callee, arguments: [maker] }: Call, fn: FunctionNode): boolean {
  const isPromise = callee.type === 'Identifier' && callee.name === 'Promise';
  return type === 'NewExpression' && isPromise && maker === fn;
}

/** True inside a `try` that has a `catch`, in the function of `node` itself. */
function isTried(script: ParsedScript, node: AnyNode): boolean {
  let inner = node;
  for (let at = script.parentOf(node); at && !isFunction(at); at = script.parentOf(at)) {
    if (at.type === 'TryStatement' && at.handler && at.block === inner) {
      return true;
    }
    inner = at;
  }
  return false;
}

/** The call that a frame stands in: the engine gives the place of what is called. */
function callAt(script: ParsedScript, place: SourcePlace): Call | undefined {
  const node = script.nodeAt(place);
  return node === undefined ? undefined : calledBy(script, node);
}

function calledBy(script: ParsedScript, node: AnyNode): Call | undefined {
  let inner = node;
  for (let at: AnyNode | undefined = node; at && !isFunction(at); at = script.parentOf(at)) {
    if (isCall(at) && (at === node || at.callee === inner)) {
      return at;
    }
    inner = at;
  }
  return undefined;
}

function isCall(node: AnyNode): node is Call {
  return node.type === 'CallExpression' || node.type === 'NewExpression';
}
