// What can be done to breakpoints: questions in the input box, and the entries of their menu, in VS Code's
// words.

import type { LineBreakpoint } from '../../sim/protocol/debug.ts';
import type { MenuItem } from '../base/context-menu.tsx';
import type { WorkbenchModel } from '../workbench/workbench.ts';
import { FUNCTION_FORM, HARDWARE_FORM } from './breakpoint-forms.ts';
import type { LineQuestion } from './breakpoints.ts';

type Parts = Pick<WorkbenchModel, 'debug' | 'input'>;

/** What a breakpoint on a line may ask, in the order of the box. */
const QUESTIONS = ['condition', 'hitCondition', 'logMessage'] as const;

/** A part of a line breakpoint. */
export type LinePart = (typeof QUESTIONS)[number];

const ASKED = {
  condition: {
    name: 'Expression',
    label: 'Condition of the breakpoint',
    placeholder: 'an expression, e.g. i === 7',
    help: 'Stops where this is true. Enter accepts, Escape leaves.',
  },
  hitCondition: {
    name: 'Hit Count',
    label: 'Hit count of the breakpoint',
    placeholder: 'e.g. 5, >=5 or %5',
    help: 'Stops when this hit count is met: 5, =5, >=5, >5, <5, or %5 for every fifth.',
  },
  logMessage: {
    name: 'Log Message',
    label: 'Message of the logpoint',
    placeholder: 'a text; {expression} is evaluated',
    help: 'Prints this instead of stopping; what stands in {braces} is evaluated.',
  },
} as const;

/** Asks what the breakpoint of a line asks; makes one where there is none. */
export async function editLine(
  { debug: { breakpoints }, input }: Parts,
  place: { readonly id: string; readonly line: number },
  part: LinePart,
): Promise<void> {
  const { id, line } = place;
  const old = breakpoints.at(id, line);
  const forms = QUESTIONS.map((question) => ({
    ...ASKED[question],
    label: `${ASKED[question].label} at line ${line}`,
    text: old?.[question] ?? '',
  }));
  const texts = await input.askAll(forms, QUESTIONS.indexOf(part));
  if (texts !== undefined && (old !== undefined || texts.some((text) => text !== ''))) {
    const given = QUESTIONS.map((question, index) => [question, texts[index] ?? ''] as const);
    const question: LineQuestion = Object.fromEntries(given.filter(([, text]) => text !== ''));
    breakpoints.ask(id, line, question);
  }
}

/** Asks for the name of a function. */
export async function editFunction({ input }: Parts, text = ''): Promise<string | undefined> {
  const name = await input.ask({ ...FUNCTION_FORM, text });
  return name?.replace(/\(\)$/, '');
}

/** Asks for something that the hardware does. */
export function editHardware({ input }: Parts, text = ''): Promise<string | undefined> {
  return input.ask({ ...HARDWARE_FORM, text });
}

/** The menu of a line in the gutter. */
export function gutterMenu(parts: Parts, id: string, line: number): readonly MenuItem[][] {
  const { debug } = parts;
  const { breakpoints } = debug;
  const old = breakpoints.at(id, line);
  const edit = (label: string, part: LinePart): MenuItem => ({
    label,
    run: () => void editLine(parts, { id, line }, part),
  });
  const first =
    old === undefined
      ? [
          { label: 'Add Breakpoint', hint: 'F9', run: () => breakpoints.toggle(id, line) },
          edit('Add Conditional Breakpoint…', 'condition'),
          edit('Add Logpoint…', 'logMessage'),
        ]
      : lineMenu(parts, id, old);
  const stands = debug.state.value === 'stopped' && debug.document.value === id;
  const run = { label: 'Run to Line', run: () => void debug.runTo(line) };
  return [first, stands ? [run] : []];
}

/** The menu of a line breakpoint. */
export function lineMenu(parts: Parts, id: string, breakpoint: LineBreakpoint): MenuItem[] {
  const { breakpoints } = parts.debug;
  const { condition, hitCondition, logMessage } = breakpoint;
  const word = logMessage === undefined ? 'Breakpoint' : 'Logpoint';
  const part =
    logMessage !== undefined
      ? 'logMessage'
      : condition === undefined && hitCondition !== undefined
        ? 'hitCondition'
        : 'condition';
  const place = { id, line: breakpoints.shownLine(breakpoint) };
  return anyMenu(parts, { document: id, ...breakpoint }, word, () => editLine(parts, place, part));
}

/** The menu of a breakpoint of any kind. */
export function anyMenu(
  { debug: { breakpoints } }: Parts,
  one: { readonly document: string; readonly id: number; readonly enabled: boolean },
  word: string,
  edit: () => Promise<void>,
): MenuItem[] {
  const { document, id, enabled } = one;
  return [
    { label: `Remove ${word}`, run: () => breakpoints.remove(document, id) },
    { label: `Edit ${word}…`, run: () => void edit() },
    {
      label: `${enabled ? 'Disable' : 'Enable'} ${word}`,
      run: () => breakpoints.enable(document, id, !enabled),
    },
  ];
}
