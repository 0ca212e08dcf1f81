// The declarations that the editor loads are the API that runs: names, parameters, types, constants.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { KERNEL_FUNCTIONS } from '../../sim/kernel/api-table.ts';
import { ENGINE_SIGNATURES } from '../../sim/script/engine-api.ts';
import { BUFFER_SIGNATURES } from '../../sim/script/kernel-kinds.ts';
import { MM_SIGNATURES } from '../../sim/script/mm-kind.ts';
import { DEVICE_SIGNATURES, MACHINE_SIGNATURES } from '../../sim/script/script-api.ts';
import { SCRIPT_CONSTANTS } from '../../sim/script/script-constants.ts';
import type { Signature } from '../../sim/script/signature.ts';
import { laterSignatureOf, parseSignature, signatureOf } from '../../sim/script/signature.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'sim/script/declarations');
const EXAMPLES = join(ROOT, 'examples');

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  noEmit: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
};

const declarationFiles = readdirSync(FOLDER).map((file) => join(FOLDER, file));
const exampleFiles = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(EXAMPLES, file));
const program = ts.createProgram([...declarationFiles, ...exampleFiles], OPTIONS);
// Binds the files: only then do nodes know their text.
program.getTypeChecker();

/** Names that TypeScript does not allow as parameters in declarations. */
const RENAMED: Record<string, string> = { private: 'private_data' };

/** Types as the declarations may write what the API's table calls `key`. */
const WRITTEN: Record<string, RegExp> = {
  int: /^(int|irqreturn_t)$|gfp_t/,
  u32: /^(u32|ioasid_t|int)$/,
  size: /^size_t$/,
  u64: /^u64(_arg)?$/,
  bool: /^(boolean|.*\bis\b.*)$/,
  string: /^string$/,
  bytes: /^Uint8Array$/,
  device: /^device$/,
  bus: /^bus_type( \| device)?$/,
  domain: /^iommu_domain$/,
  group: /^iommu_group$/,
  mm: /^mm$/,
  mdev: /^mdev_device$/,
  ref: /^ref<\w+>$/,
  function: /=>/,
  void: /^(void|asserts condition)$/,
};

function declared<N extends ts.Node>(test: (node: ts.Node) => node is N): N[] {
  const statements = declarationFiles.flatMap((file): readonly ts.Node[] => [
    ...(program.getSourceFile(file)?.statements ?? []),
  ]);
  return statements.filter((node): node is N => test(node));
}

/** By name; those whose shape depends on the profile are declared twice, the older shape first. */
const functions = new Map<string, readonly ts.FunctionDeclaration[]>();
for (const node of declared(ts.isFunctionDeclaration)) {
  const name = node.name?.text ?? '';
  functions.set(name, [...(functions.get(name) ?? []), node]);
}

const constants = new Map(
  declared(ts.isVariableStatement)
    .flatMap((statement) => [...statement.declarationList.declarations])
    .map((node) => [node.name.getText(), node.type?.getText() ?? '']),
);

function expectedSignatures(): Signature[] {
  return [
    ...Object.entries(KERNEL_FUNCTIONS).flatMap(([name, entry]) => {
      const later = laterSignatureOf(name, entry);
      return [signatureOf(name, entry), ...(later === undefined ? [] : [later])];
    }),
    ...MACHINE_SIGNATURES.map(parseSignature),
  ];
}

function typeFits(written: string, type: string): boolean {
  const nullable = type.endsWith('?');
  const plain = nullable ? type.slice(0, -1) : type;
  const text = written
    .replaceAll(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replace(/ \| null$/, '');
  const nullOk = plain === 'any' || plain === 'object' || / \| null$/.test(written) === nullable;
  return nullOk && (WRITTEN[plain]?.test(text.replace(/^\((.*)\)$/s, '$1')) ?? true);
}

function problemsOf(signature: Signature, parameters: readonly ts.ParameterDeclaration[]) {
  return signature.parameters.flatMap((parameter, index) => {
    const found = parameters[index];
    if (found === undefined) {
      return [`${signature.name}: no parameter ${parameter.name}`];
    }
    const name = RENAMED[parameter.name] ?? parameter.name;
    const optional = found.questionToken !== undefined;
    const rest = found.dotDotDotToken !== undefined;
    const type = found.type?.getText() ?? '';
    return [
      ...(found.name.getText() === name ? [] : [`${signature.name}: ${found.name.getText()}`]),
      ...(optional === parameter.optional && rest === parameter.rest
        ? []
        : [`${signature.name}: ${name} is optional or not`]),
      ...(rest || typeFits(type, parameter.type)
        ? []
        : [`${signature.name}: ${name} is ${parameter.type}, declared ${type}`]),
    ];
  });
}

function methodsOf(name: string): Map<string, ts.MethodSignature> {
  const found = declared(ts.isInterfaceDeclaration).find((node) => node.name.text === name);
  const methods = new Map<string, ts.MethodSignature>();
  for (const member of found?.members ?? []) {
    if (ts.isMethodSignature(member)) {
      methods.set(member.name.getText(), member);
    }
  }
  return methods;
}

describe('the declarations', () => {
  it('declare every function that exists, and no other', () => {
    const expected = [...expectedSignatures().map(({ name }) => name), 'ref'];
    expect([...functions.keys()].sort()).toEqual([...new Set(expected)].sort());
  });

  it('give each function the parameters and types of the table', () => {
    const met = new Map<string, number>();
    const problems = expectedSignatures().flatMap((signature) => {
      const shape = met.get(signature.name) ?? 0;
      met.set(signature.name, shape + 1);
      const node = functions.get(signature.name)?.[shape];
      const returned = node?.type?.getText() ?? '';
      return [
        ...problemsOf(signature, node?.parameters ? [...node.parameters] : []),
        ...(node?.parameters.length === signature.parameters.length
          ? []
          : [`${signature.name}: number of parameters`]),
        ...(typeFits(returned, signature.returns)
          ? []
          : [`${signature.name} returns ${signature.returns}, declared ${returned}`]),
      ];
    });
    expect(problems).toEqual([]);
  });

  it.each([
    ['device', DEVICE_SIGNATURES],
    ['buffer', BUFFER_SIGNATURES],
    ['mm', MM_SIGNATURES],
    ['memcpy_engine', ENGINE_SIGNATURES],
  ] as const)('declare the methods of a %s', (name, signatures) => {
    const methods = methodsOf(name);
    const parsed = signatures.map(parseSignature);
    expect([...methods.keys()].sort()).toEqual(parsed.map((entry) => entry.name).sort());
    const problems = parsed.flatMap((signature) =>
      problemsOf(signature, [...(methods.get(signature.name)?.parameters ?? [])]),
    );
    expect(problems).toEqual([]);
  });

  it('say something about every function', () => {
    const silent = [...functions].filter(
      ([, shapes]) => !shapes.every((node) => ts.getJSDocCommentsAndTags(node).length > 0),
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('name every constant with its value', () => {
    const objects = ['machine', 'platform_bus_type', 'pci_bus_type'];
    const written = [...constants].filter(([name]) => !objects.includes(name) && name !== 'kind');
    expect(Object.fromEntries(written.map(([name, type]) => [name, constantOf(type)]))).toEqual(
      SCRIPT_CONSTANTS,
    );
  });

  it('type-check the examples', () => {
    const diagnostics = ts.getPreEmitDiagnostics(program).map((diagnostic) => {
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
      return `${diagnostic.file?.fileName ?? ''}: ${text}`;
    });
    expect(exampleFiles.length).toBeGreaterThan(1);
    expect(diagnostics).toEqual([]);
  });
});

function constantOf(type: string): number | null {
  return type === 'null' ? null : Number(type);
}
