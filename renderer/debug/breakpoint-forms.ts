// What the input box offers for breakpoints on functions and on the hardware: names to complete, and the
// grammar below the field (see HardwareBreakpoint in the protocol).

import { CD } from '../../sim/smmu/spec/cd.ts';
import { COMMANDS } from '../../sim/smmu/spec/commands.ts';
import { EVENTS } from '../../sim/smmu/spec/events.ts';
import { REGISTERS } from '../../sim/smmu/spec/registers.ts';
import { STE } from '../../sim/smmu/spec/ste.ts';
import { DIAGNOSTIC_CLASSES } from '../../sim/trace/diagnostics.ts';
import { scriptDeclarations } from '../editor/declarations.ts';
import type { InputForm } from './input-box.tsx';

type Form = Omit<InputForm, 'name' | 'text'>;

/** The box of a function breakpoint. */
export const FUNCTION_FORM: Form = {
  label: 'Function to stop at',
  placeholder: 'iommu_map',
  choices: apiFunctions(),
  help: 'A function of the API, or one of the script: probe, Engine.start, ops.fault.',
};

/** The box of a hardware breakpoint. */
export const HARDWARE_FORM: Form = {
  label: 'What the hardware does',
  placeholder: 'event F_TRANSLATION sid=0x10 ssid=1',
  choices: hardwareChoices(),
  help: [
    'event [NAME] [sid= ssid=]',
    'command [NAME] [sid= ssid=]',
    'write STE [sid=] [FIELD]',
    'write CD [sid= ssid=] [FIELD]',
    'write PTE [iova= sid= ssid=]',
    'register NAME [FIELD]',
    'queue CMDQ|EVENTQ|PRIQ INDEX',
    'diagnostic [CLASS]',
    'dma [sid= ssid= iova=]',
    'irq',
  ].join('\n'),
};

/** Functions that the declarations of the API begin a line with. */
function apiFunctions(): readonly string[] {
  const names = scriptDeclarations().flatMap(({ text }) =>
    Array.from(text.matchAll(/^declare function (\w+)/gm), ([, name = '']) => name),
  );
  return [...new Set(names)].sort();
}

function hardwareChoices(): readonly string[] {
  const fields = (table: { readonly fields: Readonly<Record<string, unknown>> }) =>
    Object.keys(table.fields).filter((name) => !/^res|^impl/i.test(name));
  return [
    ...Object.keys(EVENTS).map((name) => `event ${name}`),
    'event sid=0x10',
    'event sid=0x10 ssid=1',
    ...Object.keys(COMMANDS).map((name) => `command ${name}`),
    'command sid=0x10',
    'write STE sid=0x10',
    ...fields(STE).map((name) => `write STE sid=0x10 ${name}`),
    'write CD sid=0x10 ssid=1',
    ...fields(CD).map((name) => `write CD sid=0x10 ssid=1 ${name}`),
    'write PTE iova=0x70000000',
    'write PTE iova=0x70000000 sid=0x10 ssid=1',
    ...Object.entries(REGISTERS).flatMap(([name, register]) => [
      `register ${name}`,
      ...fields(register).map((field) => `register ${name} ${field}`),
    ]),
    'queue CMDQ 12',
    'queue EVENTQ 0',
    'queue PRIQ 0',
    ...DIAGNOSTIC_CLASSES.map((name) => `diagnostic ${name}`),
    'dma sid=0x10 ssid=1',
    'dma iova=0x70000000',
    'irq',
  ];
}
