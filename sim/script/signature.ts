// Signatures of the functions that scripts see, read from the kernel's table or written in its form.

import { assert } from '../base/assert.ts';
import type { ApiFunction, ApiType } from '../kernel/api-table.ts';
import type { KernelProfile } from '../kernel/kernel-config.ts';

/** One parameter. */
export interface Parameter {
  readonly name: string;
  readonly type: ApiType;
  readonly optional: boolean;
  /** Takes all further arguments. */
  readonly rest: boolean;
}

/** A signature in parts. */
export interface Signature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Arguments that must be given. */
  readonly required: number;
  readonly returns: ApiType;
  /** Of which profile, where the profiles differ. */
  readonly profile?: KernelProfile;
}

/** The signature of an entry of the kernel's table. */
export function signatureOf(name: string, entry: ApiFunction): Signature {
  const signature = makeSignature(name, entry.parameters, entry.returns);
  return entry.attr19 === undefined ? signature : { ...signature, profile: 'seed18' };
}

/** The signature of an entry in attr19, where that differs. */
export function laterSignatureOf(name: string, { attr19 }: ApiFunction): Signature | undefined {
  return attr19 === undefined
    ? undefined
    : { ...makeSignature(name, attr19.parameters, attr19.returns), profile: 'attr19' };
}

/** Reads `name(parameter: type, other?: type, ...rest: type): result`. */
export function parseSignature(text: string): Signature {
  const parts = /^(\w+)\((.*)\): ([\w?]+)$/.exec(text);
  assert(parts !== null, `signature ${text}`);
  const [, name = '', inside = '', returns = 'void'] = parts;
  return makeSignature(name, inside === '' ? [] : inside.split(', '), returns as ApiType);
}

function makeSignature(name: string, texts: readonly string[], returns: ApiType): Signature {
  const parameters = texts.map(parseParameter);
  const required = parameters.filter(({ optional, rest }) => !optional && !rest).length;
  return { name, parameters, required, returns };
}

function parseParameter(text: string): Parameter {
  const parts = /^(\.\.\.)?(\w+)(\?)?: ([\w?]+)$/.exec(text);
  assert(parts !== null, `parameter ${text}`);
  const [, rest, name = '', optional, type = 'any'] = parts;
  return {
    name,
    type: type as ApiType,
    optional: optional !== undefined,
    rest: rest !== undefined,
  };
}

/** `name(a, b, [c], ...d)` for messages. */
export function usage({ name, parameters, profile }: Signature): string {
  const shown = parameters.map((parameter) => {
    const word = `${parameter.rest ? '...' : ''}${parameter.name}`;
    return parameter.optional ? `[${word}]` : word;
  });
  return `${name}(${shown.join(', ')})${profile === undefined ? '' : ` in profile ${profile}`}`;
}
