// The functions that a script defines, by the names that a person gives them: `probe`, `Engine.start`,
// `ops.fault`. What is only passed on as an argument has no name.

import type { AnyNode } from 'acorn';
import type { SourcePlace } from './script-source.ts';
import type { FunctionNode, ParsedScript } from './script-tree.ts';
import { isFunction } from './script-tree.ts';

/** The functions that `name` means. */
export function functionsNamed(script: ParsedScript, name: string): readonly FunctionNode[] {
  return [...script.nodes].filter(isFunction).filter((fn) => namesOf(script, fn).includes(name));
}

/** The first of `places` in the body of a function itself, not in one that it defines. */
export function firstIn<P extends SourcePlace>(
  script: ParsedScript,
  fn: FunctionNode,
  places: readonly P[],
): P | undefined {
  const inner = [...script.nodes].filter(
    (node) => isFunction(node) && script.functionOf(node) === fn,
  );
  return places.find(
    (place) =>
      script.isIn(fn.body, place) && !inner.some((one) => script.isBehindStart(one, place)),
  );
}

/** A function, class or object by every name that leads to it. */
function namesOf(script: ParsedScript, node: AnyNode): readonly string[] {
  const own = 'id' in node && node.id?.type === 'Identifier' ? [node.id.name] : [];
  const parent = script.parentOf(node);
  switch (parent?.type) {
    case 'VariableDeclarator':
      return [...own, ...written(parent.id)];
    case 'AssignmentExpression':
      return [...own, ...written(parent.left)];
    case 'Property':
    case 'PropertyDefinition':
      return [...own, ...memberNames(script, parent)];
    case 'MethodDefinition': {
      const owner = ownerNames(script, parent);
      return parent.kind === 'constructor'
        ? [...owner, ...memberNames(script, parent)]
        : memberNames(script, parent);
    }
    default:
      return own;
  }
}

/** What an assignment writes: `handler`, or `ops.handler` and `handler`. */
function written(target: AnyNode): readonly string[] {
  if (target.type === 'Identifier') {
    return [target.name];
  }
  if (target.type !== 'MemberExpression' || target.computed) {
    return [];
  }
  const { object, property } = target;
  const name = keyOf(property);
  return name === undefined
    ? []
    : [name, ...(object.type === 'Identifier' ? [`${object.name}.${name}`] : [])];
}

/** A member by itself and behind the names of its class or object. */
function memberNames(
  script: ParsedScript,
  member: Extract<AnyNode, { type: 'Property' | 'PropertyDefinition' | 'MethodDefinition' }>,
): readonly string[] {
  const name = member.computed ? undefined : keyOf(member.key);
  return name === undefined
    ? []
    : [name, ...ownerNames(script, member).map((owner) => `${owner}.${name}`)];
}

/** Names of the object or class that a member stands in. */
function ownerNames(script: ParsedScript, member: AnyNode): readonly string[] {
  const around = script.parentOf(member);
  const owner = around?.type === 'ClassBody' ? script.parentOf(around) : around;
  return owner === undefined ? [] : namesOf(script, owner);
}

function keyOf(key: AnyNode): string | undefined {
  switch (key.type) {
    case 'Identifier':
      return key.name;
    case 'PrivateIdentifier':
      return `#${key.name}`;
    case 'Literal':
      return String(key.value);
    default:
      return undefined;
  }
}
