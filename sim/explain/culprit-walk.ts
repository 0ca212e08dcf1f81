// Who is to blame for a fault of a walk (IHI 0070 7.3.12-7.3.16): a descriptor, the CD or the STE.
// Permissions are judged by the hardware's own table: the guilty bit is the one whose change would help.

import { bigHi, hex } from '../base/hex.ts';
import { TXN_INSTRUCTION, TXN_PRIVILEGED, TXN_WRITE } from '../machine/transaction.ts';
import {
  CONTEXT_EPAN,
  CONTEXT_PAN,
  CONTEXT_WXN,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  PRIVILEGED_SHIFT,
  stage1Permissions,
  stage2Permissions,
} from '../smmu/permissions.ts';
import { CD } from '../smmu/spec/cd.ts';
import { addressBits, S1_LEAF, S2_LEAF, TABLE_DESCRIPTOR } from '../smmu/spec/descriptors.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { STE } from '../smmu/spec/ste.ts';
import type { Case } from './culprit-config.ts';
import { blamePointer, usesHigh } from './pointer.ts';
import type { Culprit, Structure } from './structure.ts';
import { blame, blameBits, blameRegister } from './structure.ts';

/** A fault of a walk: the case and what its event says. */
export interface WalkCase extends Case {
  readonly s2: boolean;
  /** 0 CD, 1 TT, 2 IN. */
  readonly class: number;
  readonly address: bigint;
  readonly ipa: bigint;
  /** TXN_* bits of the access. */
  readonly flags: number;
}

const LAST_LEVEL = 3;
const CLASS_IN = 2;

/** A structure could not be read: 7.3.4 STE or L1STD, 7.3.10 CD or L1CD, 7.3.12 descriptor. */
export function fetchAbort({ trail }: WalkCase): Culprit | undefined {
  const failed = trail.all.find(({ ok }) => !ok);
  return failed === undefined
    ? undefined
    : blamePointer(trail, failed, `leads to ${hex(failed.pa)}, where nothing answers`);
}

/** 7.3.13: nothing is mapped there, or the address is outside what the tables map. */
export function translation(given: WalkCase): Culprit | undefined {
  const { trail, s2, ipa } = given;
  const last = (s2 ? trail.stage2 : trail.stage1).at(-1);
  if (last === undefined) {
    if (!s2) {
      return outsideStage1(given);
    }
    const { ste } = trail;
    return ste === undefined
      ? undefined
      : blame(ste, 'S2T0SZ', `IPA ${hex(ipa)} is beyond 64 - ${STE.get(ste.words, 'S2T0SZ')} bits`);
  }
  const bits = (last.words[0] ?? 0) & 3;
  if ((bits & 1) === 0) {
    return blameBits(last, 'valid', [0, 0], 'a descriptor with bit 0 clear maps nothing');
  }
  return last.level === LAST_LEVEL && bits === 1
    ? blameBits(last, 'page', [1, 1], 'at level 3 a descriptor with bit 1 clear is reserved')
    : blameBits(
        last,
        'page',
        [1, 1],
        `a block is not allowed at level ${last.level} of this granule`,
      );
}

/** The address is in no half that is walked. */
function outsideStage1({ trail, address, flags }: WalkCase): Culprit | undefined {
  const { cd } = trail;
  if (cd === undefined) {
    return undefined;
  }
  const half = (bigHi(address) >>> 23) & 1;
  const name = (field: string): keyof typeof CD.fields =>
    field.replace('x', String(half)) as keyof typeof CD.fields;
  const size = Number(CD.get(cd.words, name('TxSZ')));
  if (!inRange(address, half, size, CD.get(cd.words, name('TBIx')) !== 0)) {
    return blame(
      cd,
      name('TxSZ'),
      `${hex(address)} is outside the 64 - ${size} bits of TTB${half}`,
    );
  }
  if (CD.get(cd.words, name('E0PDx')) !== 0 && (flags & TXN_PRIVILEGED) === 0) {
    return blame(cd, name('E0PDx'), `unprivileged accesses through TTB${half} are refused`);
  }
  return CD.get(cd.words, name('EPDx')) !== 0
    ? blame(cd, name('EPDx'), `walks through TTB${half} are disabled`)
    : undefined;
}

function inRange(address: bigint, half: number, size: number, tbi: boolean): boolean {
  const top = tbi ? 56n : 64n;
  const low = BigInt(64 - size);
  const checked = BigInt.asUintN(Number(top - low), address >> low);
  return checked === (half === 0 ? 0n : (1n << (top - low)) - 1n);
}

/** 7.3.14: an output address, or a bypassed one, is beyond the address size. */
export function addressSize({ trail, s2, features, address }: WalkCase): Culprit | undefined {
  const { ste, cd } = trail;
  const last = (s2 ? trail.stage2 : trail.stage1).at(-1);
  const implemented = addressBits(features.oas);
  if (last === undefined) {
    return s2
      ? undefined
      : blameRegister(
          REGISTERS.IDR5,
          'OAS',
          `${hex(address)} passes untranslated and is beyond ${implemented} bits`,
        );
  }
  const configured = s2
    ? ste && addressBits(STE.get(ste.words, 'S2PS'))
    : cd && addressBits(CD.get(cd.words, 'IPS'));
  const size = Math.min(configured ?? implemented, implemented);
  const field = last.layout.fields['next'] === undefined ? 'OA' : 'next';
  return blame(
    last,
    field,
    `the address is beyond the ${size} bits of ${s2 ? 'S2PS' : 'IPS'} and OAS`,
    '3.4',
  );
}

/** 7.3.15: the Access flag is clear. */
export function access({ trail, s2 }: WalkCase): Culprit | undefined {
  const leaf = (s2 ? trail.stage2 : trail.stage1).at(-1);
  return leaf === undefined
    ? undefined
    : blame(leaf, 'AF', 'AF = 0: the first access faults, as neither AFFD nor HA is set');
}

/** 7.3.16: not allowed. */
export function permission(given: WalkCase): Culprit | undefined {
  return given.s2 ? stage2Permission(given) : stage1Permission(given);
}

/** One change that would make a stage 1 access pass. */
interface Repair {
  readonly culprit: Culprit;
  readonly attributes: number;
  readonly context: number;
}

function stage1Permission({ trail, flags }: WalkCase): Culprit | undefined {
  const leaf = trail.stage1.at(-1);
  const { cd } = trail;
  if (leaf === undefined || cd === undefined || leaf.layout.fields['AP'] === undefined) {
    return undefined;
  }
  const tables = trail.stage1.slice(0, -1);
  const half = usesHigh(trail.stage1, cd) ? 1 : 0;
  const hierarchical = CD.get(cd.words, half ? 'HAD1' : 'HAD0') === 0;
  const own = leafAttributes(leaf);
  const above = hierarchical ? tables.reduce((sum, table) => sum | tableAttributes(table), 0) : 0;
  const context =
    (CD.get(cd.words, 'WXN') ? CONTEXT_WXN : 0) |
    (CD.get(cd.words, 'PAN') ? CONTEXT_PAN : 0) |
    (CD.get(cd.words, 'EPAN') ? CONTEXT_EPAN : 0);
  const wanted = wantedBits(flags);
  const allowed = (repair: Repair): boolean =>
    (stage1Permissions(repair.attributes, repair.context) & wanted) !== 0;
  return repairs({ leaf, cd, tables: hierarchical ? tables : [], own, above, context }).find(
    allowed,
  )?.culprit;
}

interface Stage1State {
  readonly leaf: Structure;
  readonly cd: Structure;
  readonly tables: readonly Structure[];
  readonly own: number;
  readonly above: number;
  readonly context: number;
}

/** Every single change, the leaf's own bits first. */
function repairs({ leaf, cd, tables, own, above, context }: Stage1State): Repair[] {
  const all = own | above;
  const onLeaf = (bit: number, attributes: number, rule: string, field: string): Repair => ({
    culprit: blameBits(leaf, field, [bit, bit], rule),
    attributes: attributes | above,
    context,
  });
  const onTables = (mask: number, field: string, bit: number, rule: string): Repair[] => {
    const table = tables.find((candidate) => (tableAttributes(candidate) & mask) !== 0);
    return table === undefined
      ? []
      : [
          {
            culprit: blameBits(table, field, [bit, bit], rule),
            attributes: own | (above & ~mask),
            context,
          },
        ];
  };
  const onCd = (field: 'WXN' | 'PAN', bit: number, rule: string): Repair => ({
    culprit: blame(cd, field, rule),
    attributes: all,
    context: context & ~bit,
  });
  return [
    onLeaf(7, own & ~2, 'AP[2] = 1: the page is read-only', 'AP'),
    onLeaf(6, own | 1, 'AP[1] = 0: unprivileged accesses are refused', 'AP'),
    onLeaf(54, own & ~32, 'UXN = 1: not executable when unprivileged', 'UXN'),
    onLeaf(53, own & ~16, 'PXN = 1: not executable when privileged', 'PXN'),
    ...onTables(8, 'APTable', 62, 'APTable[1] = 1: read-only below this table'),
    ...onTables(4, 'APTable', 61, 'APTable[0] = 1: privileged only below this table'),
    ...onTables(32, 'UXNTable', 60, 'UXNTable = 1: not executable below this table'),
    ...onTables(16, 'PXNTable', 59, 'PXNTable = 1: not executable below this table'),
    onCd('WXN', CONTEXT_WXN, 'WXN = 1: what is writable is not executable'),
    onCd('PAN', CONTEXT_PAN, 'PAN = 1: privileged accesses to user pages are refused'),
    onLeaf(
      6,
      own & ~1,
      'a page that unprivileged code can write is never privileged-executable',
      'AP',
    ),
  ];
}

/** AP[2:1], PXN and UXN as the permission table takes them. */
function leafAttributes(leaf: Structure): number {
  return (
    (S1_LEAF.get(leaf.words, 'AP') & 2) |
    (S1_LEAF.get(leaf.words, 'AP') & 1) |
    (S1_LEAF.get(leaf.words, 'PXN') ? 16 : 0) |
    (S1_LEAF.get(leaf.words, 'UXN') ? 32 : 0)
  );
}

function tableAttributes(table: Structure): number {
  return (
    (TABLE_DESCRIPTOR.get(table.words, 'APTable') << 2) |
    (TABLE_DESCRIPTOR.get(table.words, 'PXNTable') ? 16 : 0) |
    (TABLE_DESCRIPTOR.get(table.words, 'UXNTable') ? 32 : 0)
  );
}

function wantedBits(flags: number): number {
  const kind =
    (flags & TXN_WRITE) !== 0
      ? MAY_WRITE
      : (flags & TXN_INSTRUCTION) !== 0
        ? MAY_EXECUTE
        : MAY_READ;
  return (flags & TXN_PRIVILEGED) !== 0 ? kind << PRIVILEGED_SHIFT : kind;
}

function stage2Permission({ trail, flags, class: what, features }: WalkCase): Culprit | undefined {
  const leaf = trail.stage2.at(-1);
  if (leaf === undefined || leaf.layout.fields['S2AP'] === undefined) {
    return undefined;
  }
  const s2ap = S2_LEAF.get(leaf.words, 'S2AP');
  const input = what === CLASS_IN;
  const wanted = input ? wantedBits(flags) : MAY_READ << PRIVILEGED_SHIFT;
  const xn = S2_LEAF.get(leaf.words, 'XN');
  const allows = (ap: number, never: number): boolean =>
    (stage2Permissions(ap, never, features.xnx) & wanted) !== 0;
  if (!allows(s2ap, xn) && allows(s2ap | 1, xn)) {
    return blameBits(leaf, 'S2AP', [6, 6], 'S2AP[0] = 0: reads are refused at stage 2');
  }
  if (!allows(s2ap, xn) && allows(s2ap | 2, xn)) {
    return blameBits(leaf, 'S2AP', [7, 7], 'S2AP[1] = 0: writes are refused at stage 2');
  }
  if (!allows(s2ap, xn) && allows(s2ap, 0)) {
    return blame(leaf, 'XN', 'not executable at stage 2');
  }
  const { ste } = trail;
  if (!input && ste !== undefined && STE.get(ste.words, 'S2PTW') === 1) {
    return blame(ste, 'S2PTW', 'tables must not lie in what stage 2 maps as Device memory');
  }
  return input
    ? undefined
    : blameBits(leaf, 'S2AP', [7, 7], 'a descriptor update needs write access');
}
