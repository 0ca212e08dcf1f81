// What one stream and substream translate with, decoded once from STE and CD into plain numbers, so
// that a walk only masks and shifts (IHI 0070 3.3, 3.4, 5.2, 5.4).

import { assert } from '../base/assert.ts';
import { hi32, lo32 } from '../base/hex.ts';
import { TXN_INSTRUCTION, TXN_PRIVILEGED } from '../machine/transaction.ts';
import type { AttributeOverrides } from './attributes.ts';
import { normalizedMair } from './attributes.ts';
import type { SmmuFeatures } from './capabilities.ts';
import type { CdHalf, CdValues } from './cd-values.ts';
import { CONTEXT_EPAN, CONTEXT_ONE_PRIVILEGE, CONTEXT_PAN, CONTEXT_WXN } from './permissions.ts';
import {
  addressBits,
  GRANULE_4K,
  GRANULE_64K,
  GRANULES_TG0,
  GRANULES_TG1,
  type Granule,
  levelShift,
  startLevelFor,
} from './spec/descriptors.ts';
import { stage2StartLevel, usesS2ds } from './ste-legality.ts';
import type { SteValues } from './ste-values.ts';
import { WORLD_EL1, WORLD_EL2 } from './stream-world.ts';

/** Everything a walk through one table needs. */
export class TableConfig {
  /** False: a TLB miss is a Translation fault (EPDn, or a half that does not exist). */
  walks = false;
  granule: Granule = GRANULE_4K;
  pageBits = 12;
  stride = 9;
  startLevel = 0;
  /** Mask of the index into the start table: up to 13 + 4 bits. */
  startMask = 0;
  indexMask = 0x1ff;
  /** Address of the start table, as the hardware aligns it. */
  baseLo = 0;
  baseHi = 0;
  /** Bits of the input address that must be equal, and what they must be (0 or all ones). */
  rangeLo = 0;
  rangeHi = 0;
  ones = 0;
  /** High address bits beyond the output size. */
  beyondHi = 0;
  /** Descriptors keep their address in bits 47:12 and are little-endian. */
  simple = true;
  /** LPA2 descriptors; 64 KiB descriptors with OA[51:48]; bit level + 1: blocks allowed. */
  ds = false;
  wide = false;
  blocks = 0;
  bigEndian = false;
  affd = false;
  ha = false;
  hd = false;
  /** Stage 1. */
  tbi = false;
  had = false;
  e0pd = false;
  context = 0;
  mairLo = 0;
  mairHi = 0;
  /** Shareability of leaves with LPA2 descriptors. */
  sh = 0;
}

/** The verdict and the settings for one {StreamID, SubstreamID or none}. */
export class TransConfig {
  readonly ste: SteValues;
  readonly cd: CdValues | undefined;
  /** Stages that translate. */
  s1 = false;
  s2 = false;
  world = WORLD_EL1;
  /** VMID << 16 | ASID of stage 1 and combined entries; VMID << 16 of stage 2 ones. */
  tag = 0;
  vmidTag = 0;
  /** Key bits of the TLB: see tlb.ts. */
  low: TableConfig = NO_TABLE;
  high: TableConfig = NO_TABLE;
  stage2: TableConfig = NO_TABLE;
  aset = 0;
  /** CD.A, R, S and STE.S2R, S2S. */
  abort = true;
  record = true;
  stall = false;
  s2record = true;
  s2stall = false;
  ptw = false;
  fwb = false;
  /** Flags of a transaction to clear and to set: PRIVCFG and INSTCFG. */
  flagsAnd = -1;
  flagsOr = 0;
  overridesAttributes = false;
  overrides: AttributeOverrides = NO_OVERRIDES;

  constructor(ste: SteValues, cd: CdValues | undefined) {
    this.ste = ste;
    this.cd = cd;
  }
}

const NO_TABLE = new TableConfig();
const NO_OVERRIDES: AttributeOverrides = { mtcfg: false, memAttr: 0, alloccfg: 0, shcfg: 1 };

const OVERRIDE_OFF = 2;
const OVERRIDE_ON = 3;

/** What the decoding depends on beside STE and CD. */
export interface ConfigContext {
  readonly features: Readonly<SmmuFeatures>;
  readonly world: number;
}

/** Settings of a stream without stage 1: bypass, stage 2 only, or stage 1 skipped by S1DSS. */
export function streamConfig(ste: SteValues, context: ConfigContext): TransConfig {
  const config = new TransConfig(ste, undefined);
  applySte(config, ste, context);
  return config;
}

/** Settings of a stream that translates through a legal CD. */
export function substreamConfig(ste: SteValues, cd: CdValues, context: ConfigContext): TransConfig {
  const config = new TransConfig(ste, cd);
  applySte(config, ste, context);
  const { world } = context;
  config.s1 = true;
  // Stage 1 replaces type and shareability: only hints of the client go on.
  config.overridesAttributes &&= ste.mtcfg !== 0 || ste.alloccfg >= 8;
  config.tag = config.vmidTag | (world === WORLD_EL2 ? 0 : cd.asid);
  config.aset = cd.aset;
  config.abort = cd.a !== 0;
  config.record = cd.r !== 0;
  config.stall = cd.s !== 0;
  config.low = stage1Table(cd, cd.low, GRANULES_TG0, context);
  if (world !== WORLD_EL2) {
    config.high = stage1Table(cd, cd.high, GRANULES_TG1, context);
    config.high.ones = -1;
  }
  return config;
}

function applySte(config: TransConfig, ste: SteValues, context: ConfigContext): void {
  const { features, world } = context;
  config.world = world;
  config.vmidTag = features.s2p && world === WORLD_EL1 ? ste.s2vmid << 16 : 0;
  config.tag = config.vmidTag;
  config.s2 = (ste.config & 2) !== 0;
  config.s2record = ste.s2r !== 0;
  config.s2stall = ste.s2s !== 0;
  config.ptw = ste.s2ptw !== 0;
  config.fwb = features.fwb && ste.s2fwb !== 0;
  if (config.s2) {
    config.stage2 = stage2Table(ste, features);
  }
  if (features.attrPermsOvr) {
    override(config, ste.privcfg, TXN_PRIVILEGED);
    override(config, ste.instcfg, TXN_INSTRUCTION);
  }
  if (features.attrTypesOvr) {
    const { memAttr, alloccfg, shcfg } = ste;
    config.overrides = { mtcfg: ste.mtcfg !== 0, memAttr, alloccfg, shcfg };
    config.overridesAttributes = ste.mtcfg !== 0 || alloccfg >= 8 || shcfg !== 1;
  }
}

function override(config: TransConfig, setting: number, flag: number): void {
  if (setting >= OVERRIDE_OFF) {
    config.flagsAnd &= ~flag;
    config.flagsOr |= setting === OVERRIDE_ON ? flag : 0;
  }
}

function stage1Table(
  cd: CdValues,
  half: CdHalf,
  granules: readonly (Granule | undefined)[],
  context: ConfigContext,
): TableConfig {
  const { features, world } = context;
  const table = new TableConfig();
  const one = world === WORLD_EL2;
  const granule = granules[half.tg];
  table.walks = (one || half.epd === 0) && granule !== undefined;
  table.tbi = half.tbi !== 0;
  table.e0pd = features.e0pd && !one && half.e0pd !== 0;
  table.had = features.had && half.had !== 0;
  table.affd = cd.affd !== 0;
  table.ha = cd.ha !== 0;
  table.hd = cd.ha !== 0 && cd.hd !== 0;
  table.bigEndian = cd.endi !== 0;
  table.mairLo = normalizedMairWord(cd.mair0);
  table.mairHi = normalizedMairWord(cd.mair1);
  table.sh = half.sh;
  table.context =
    (cd.wxn !== 0 ? CONTEXT_WXN : 0) |
    (cd.pan !== 0 && !one ? CONTEXT_PAN : 0) |
    (features.epan && cd.epan !== 0 ? CONTEXT_EPAN : 0) |
    (one ? CONTEXT_ONE_PRIVILEGE : 0);
  if (granule !== undefined) {
    const inputBits = 64 - half.tsz;
    const ps = Math.min(cd.ips, features.oas);
    const ds = features.ds && cd.ds !== 0 && granule !== GRANULE_64K;
    setGeometry(table, { granule, ds, inputBits, ps, features });
    setStart(table, startLevelFor(granule, inputBits), inputBits);
    setBase(table, half.ttb, ps);
    setRange(table, inputBits, table.tbi ? 56 : 64);
  }
  return table;
}

function stage2Table(ste: SteValues, features: Readonly<SmmuFeatures>): TableConfig {
  const table = new TableConfig();
  const granule = GRANULES_TG0[ste.s2tg];
  const level = stage2StartLevel(ste, features);
  assert(granule !== undefined && level !== undefined, 'stage 2 of an ILLEGAL STE');
  const inputBits = 64 - ste.s2t0sz;
  const ps = Math.min(ste.s2ps, features.oas);
  table.walks = true;
  table.affd = ste.s2affd !== 0;
  table.ha = ste.s2ha !== 0;
  table.hd = ste.s2ha !== 0 && ste.s2hd !== 0;
  table.bigEndian = ste.s2endi !== 0;
  table.sh = ste.s2sh0;
  setGeometry(table, { granule, ds: usesS2ds(ste, features), inputBits, ps, features });
  setStart(table, level, inputBits);
  setBase(table, ste.s2ttb, ps);
  setRange(table, inputBits, 64);
  return table;
}

interface Geometry {
  readonly granule: Granule;
  readonly ds: boolean;
  readonly inputBits: number;
  /** Effective IPS or S2PS, encoded. */
  readonly ps: number;
  readonly features: Readonly<SmmuFeatures>;
}

function setGeometry(table: TableConfig, { granule, ds, ps, features }: Geometry): void {
  const pa52 = addressBits(features.oas) >= 52;
  table.granule = granule;
  table.pageBits = granule.pageBits;
  table.stride = granule.stride;
  table.indexMask = 2 ** granule.stride - 1;
  table.ds = ds;
  table.wide = granule === GRANULE_64K && pa52;
  table.beyondHi = ones(addressBits(ps) - 32, 32);
  table.simple = !ds && !table.wide && !table.bigEndian;
  table.blocks = [-1, 0, 1, 2]
    .filter((level) => granule.blockAt(level, ds, pa52))
    .reduce((mask, level) => mask | (1 << (level + 1)), 0);
}

function setStart(table: TableConfig, level: number, inputBits: number): void {
  table.startLevel = level;
  table.startMask = 2 ** (inputBits - levelShift(table.granule, level)) - 1;
}

/** The hardware aligns a start table to its size, and to 64 bytes when the output is 52 bits. */
function setBase(table: TableConfig, ttb: number, ps: number): void {
  const bytes = Math.max((table.startMask + 1) * 8, addressBits(ps) >= 52 ? 64 : 1);
  const base = ttb - (ttb % bytes);
  table.baseLo = lo32(base);
  table.baseHi = hi32(base);
}

function setRange(table: TableConfig, inputBits: number, topBits: number): void {
  table.rangeLo = ones(Math.min(inputBits, 32), 32);
  table.rangeHi = ones(Math.max(inputBits - 32, 0), topBits - 32);
}

/** Word with bits `from` up to and without `to` set. */
function ones(from: number, to: number): number {
  return (2 ** to - 2 ** from) | 0;
}

function normalizedMairWord(word: number): number {
  let out = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    out |= normalizedMair((word >>> shift) & 0xff) << shift;
  }
  return out;
}
