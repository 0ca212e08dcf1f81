// An explanation as plain text of at most 72 columns: for the console, for mail, for the inspector.

import { TXN_INSTRUCTION, TXN_PRIVILEGED, TXN_WRITE } from '../machine/transaction.ts';
import type { Explanation } from './explanation.ts';
import { repairHint } from './repair.ts';
import type { Culprit, Structure } from './structure.ts';
import type { CallSite } from './trace-index.ts';
import { fieldText, grouped, valueText } from './words.ts';

/** Columns of mail-ready text. */
export const MAIL_COLUMNS = 72;

/** Names that the trace does not carry itself. */
export interface Names {
  readonly file: string;
  /** Device behind a StreamID, e.g. `accel0`. */
  device(sid: number): string | undefined;
}

/** Fields worth a place on the line of an STE or a CD, in the order shown. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  STE: ['V', 'Config', 'S1CDMax', 'S1DSS'],
  CD: ['V', 'ASID', 'TTB0', 'T0SZ'],
  L1STD: ['Span', 'L2Ptr'],
  L1CD: ['V', 'L2Ptr'],
};

/** The explanation as lines, without a line end. */
export function explanationLines(explanation: Explanation, names: Names): string[] {
  const head = headLine(explanation, names);
  if (explanation.unknown !== undefined && explanation.steps.length === 0) {
    return [
      ...head,
      '',
      ...wrap(`Unknown: ${explanation.unknown}.`, '  '),
      ...callLines(explanation, names),
    ];
  }
  return [
    ...head,
    '',
    ...explanation.steps.flatMap((step) => stepLines(step, explanation)),
    ...(explanation.culprit?.structure === undefined ? elsewhere(explanation.culprit) : []),
    '',
    ...ruleLines(explanation),
    ...callLines(explanation, names),
    ...suspectLines(explanation, names),
    ...hintLines(explanation),
  ];
}

function suspectLines({ suspect }: Explanation, { file }: Names): string[] {
  if (suspect === undefined) {
    return [];
  }
  const { pointer, writtenBy } = suspect;
  const by = writtenBy === undefined ? '' : ` (written at ${file}:${writtenBy.line})`;
  const text = `Nobody ever wrote there: is ${pointer.where}.${pointer.field} right${by}?`;
  return wrap(text, '  ');
}

function hintLines(explanation: Explanation): string[] {
  const hint = repairHint(explanation);
  return hint === undefined ? [] : wrap(`To mend it: ${hint}.`, '  ');
}

function headLine(explanation: Explanation, names: Names): string[] {
  const { name, type, sid, ssid, address, flags } = explanation;
  const parts = [
    `${name} (0x${type.toString(16).padStart(2, '0')})`,
    names.device(sid),
    `SID ${grouped(sid)}`,
    ssid < 0 ? undefined : `SSID ${ssid}`,
    address === undefined ? undefined : `${accessName(flags)} ${grouped(address)}`,
  ];
  const head = wrap(parts.filter((part) => part !== undefined).join('  '), '', '  ');
  return explanation.stage2
    ? [...head, `  at stage 2, IPA ${grouped(explanation.ipa)}: ${FOR[explanation.class] ?? ''}`]
    : head;
}

/** CLASS of an event: what stage 2 was asked for. */
const FOR = ['while reading the CD', 'while reading a stage 1 table', 'the access itself'];

/** `read of`, `privileged write to`, `instruction fetch from`. */
function accessName(flags: number): string {
  const privileged = (flags & TXN_PRIVILEGED) !== 0 ? 'privileged ' : '';
  if ((flags & TXN_WRITE) !== 0) {
    return `${privileged}write to`;
  }
  return (flags & TXN_INSTRUCTION) !== 0
    ? `${privileged}instruction fetch from`
    : `${privileged}read of`;
}

/** One structure on a line, the guilty one marked, and the one where it showed. */
export function stepLines(
  step: Structure,
  { culprit, symptom }: Partial<Pick<Explanation, 'culprit' | 'symptom'>> = {},
): string[] {
  const verdict = verdictOf(step, culprit, symptom);
  const index = step.index === undefined ? '' : ` ${grouped(step.index)}`;
  const place = `${`${step.title}${index}`.padEnd(10)} ${grouped(step.pa)}`;
  const lines = wrapColumns(`  ${place}  ${contents(step)}`, verdict);
  const failed = step === culprit?.structure || step === symptom?.structure;
  return failed ? [...lines, ...leafLines(step)] : lines;
}

/** Fields of a valid page or block descriptor, in the order shown. */
const LEAF_FIELDS = ['OA', 'AP', 'S2AP', 'AF', 'PXN', 'UXN', 'XN'];

/** What the bits of a valid leaf say, below its line. */
function leafLines({ layout, words }: Structure): string[] {
  if (layout.fields['OA'] === undefined || ((words[0] ?? 0) & 1) === 0) {
    return [];
  }
  const views = layout.describe(words).filter(({ name }) => LEAF_FIELDS.includes(name));
  const text = views
    .sort((a, b) => LEAF_FIELDS.indexOf(a.name) - LEAF_FIELDS.indexOf(b.name))
    .map((view) =>
      view.meaning === undefined ? fieldText(view) : `${fieldText(view)} (${view.meaning})`,
    )
    .join(' ');
  return wrap(text, ''.padEnd(LEAF_INDENT));
}

/** Column of what stands at a step's address. */
const LEAF_INDENT = 13;

function verdictOf(step: Structure, culprit?: Culprit, symptom?: Culprit): string {
  if (culprit?.structure === step) {
    return `${bitsText(culprit)}  <-- here`;
  }
  if (symptom?.structure === step) {
    return `${bitsText(symptom)}  fails`;
  }
  return step.ok ? 'ok' : 'no answer';
}

function contents(step: Structure): string {
  const shown = SHOWN[step.title];
  if (shown === undefined) {
    const [lo = 0, hi = 0] = step.words;
    return `${step.layout.name === 'table' ? 'table ' : ''}${grouped64(lo, hi)}`;
  }
  return step.layout
    .describe(step.words)
    .filter(({ name }) => shown.includes(name))
    .sort((a, b) => shown.indexOf(a.name) - shown.indexOf(b.name))
    .map(fieldText)
    .join(' ');
}

/** `S1CDMax = 0`, `bit 0 = 0`. */
function bitsText({ field, hi, lo, structure }: Culprit): string {
  if (structure === undefined) {
    return field;
  }
  const value = structure.layout.describe(structure.words).find((view) => view.name === field);
  if (hi === lo) {
    const bit = ((structure.words[lo >>> 5] ?? 0) >>> (lo & 31)) & 1;
    const named = structure.layout.bits > 64 ? `${field}` : `bit ${lo}`;
    return `${named} = ${bit}`;
  }
  return value === undefined ? field : `${field} = ${valueText(value)}`;
}

function elsewhere(culprit: Culprit | undefined): string[] {
  return culprit === undefined ? [] : [`  ${culprit.where}.${culprit.field}  <-- here`];
}

function ruleLines({ culprit, stale, unknown }: Explanation): string[] {
  if (culprit === undefined) {
    return wrap(`Unknown: ${unknown ?? 'no rule found'}.`, '  ');
  }
  const bits = culprit.hi === culprit.lo ? `[${culprit.lo}]` : `[${culprit.hi}:${culprit.lo}]`;
  const rule = `Rule: ${culprit.where}.${culprit.field} ${bits}: ${culprit.rule} (${source(culprit.section)}).`;
  const old =
    stale === undefined
      ? []
      : wrap(
          'The SMMU used an old copy: memory has changed since, without an invalidation that ' +
            'reached it.',
          '  ',
        );
  return [...wrap(rule, '  '), ...old];
}

/** Sections that start with a letter are of the Arm architecture manual, the others of the SMMU's. */
function source(section: string): string {
  return /^[A-Z]/.test(section) ? `DDI 0487 ${section}` : `IHI 0070 ${section}`;
}

function callLines(explanation: Explanation, names: Names): string[] {
  const { writtenBy, writtenBefore, bitsSince, neverStored, accessedBy, stale, culprit } =
    explanation;
  const lines: [string, CallSite | undefined][] = [
    [neverStored ? 'Never written since' : 'Written last by', writtenBy],
    ['Written before by', bitsSince?.id === writtenBefore?.id ? undefined : writtenBefore],
    ['Bits so since', bitsSince],
    ['Changed since by', stale?.changedBy],
    ['Accessed by', accessedBy],
  ];
  const known = lines.flatMap(([label, call]) =>
    call === undefined
      ? []
      : wrap(`${label.padEnd(20)}${callText(call, names)}`, '  ', CALL_INDENT),
  );
  const nobody =
    culprit !== undefined && writtenBy === undefined
      ? wrap(`${'Written last by'.padEnd(20)}${nobodyText(explanation)}`, '  ', CALL_INDENT)
      : [];
  return [...nobody, ...known];
}

function nobodyText({ callsRecorded, writerUnknown }: Explanation): string {
  if (writerUnknown) {
    return 'unknown: one of several DMA writes, or a store that was not recorded';
  }
  return callsRecorded ? 'nothing in the script' : 'not recorded';
}

/** Continued arguments stand below the call. */
const CALL_INDENT = ''.padEnd(24);

function callText({ fn, args, line }: CallSite, { file }: Names): string {
  return `${file}:${line}  ${fn}(${args})`;
}

function grouped64(lo: number, hi: number): string {
  const digits =
    (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
  return `0x${digits.replace(/\B(?=(.{4})+$)/g, '_')}`;
}

/** Breaks text at spaces to {@link MAIL_COLUMNS}; every line starts with `indent`. */
function wrap(text: string, indent: string, next = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const [, gap = '', word = ''] of text.matchAll(/( *)(\S+)/g)) {
    if (line.trim() === '' || line.length + gap.length + word.length <= MAIL_COLUMNS) {
      line += gap + word;
    } else {
      lines.push(line);
      line = next + word;
    }
  }
  return [...lines, line].flatMap((long) => chopped(long, next));
}

/** A word longer than a line is cut: better than a mail program doing it. */
function chopped(line: string, indent: string): string[] {
  return line.length <= MAIL_COLUMNS
    ? [line]
    : [line.slice(0, MAIL_COLUMNS), ...chopped(indent + line.slice(MAIL_COLUMNS), indent)];
}

/** One line with the verdict at its end, or the verdict on a line of its own. */
function wrapColumns(text: string, verdict: string): string[] {
  const room = MAIL_COLUMNS - verdict.length - 2;
  return text.length <= room
    ? [`${text.padEnd(room)}  ${verdict}`]
    : [...wrap(text.trimStart(), '  ', '       '), `${''.padEnd(room)}  ${verdict}`];
}
