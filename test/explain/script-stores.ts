// Mistakes of whole scripts, run as a user runs them: a store into a structure of the driver's, or a call
// of the kernel's API that comes too late, too early or with the wrong arguments. The line marked //@A is
// to blame, the access is on the line marked //@H; `by: false`: no one line of the script is.

export interface ScriptFault {
  readonly name: string;
  /** Comes after the set-up of script-setup.ts. */
  readonly script: string;
  readonly event: string;
  readonly where: string;
  readonly bits: readonly [number, number];
  /** False: who wrote the bits cannot be told, or nobody did. */
  readonly by?: false;
}

const READ = 'dev.dma_read(IOVA, 4, { pasid: 1 }); //@H';
const WRITE = 'dev.dma_write(IOVA, new Uint8Array(4), { pasid: 1 }); //@H';
const EXEC = 'dev.dma_read(IOVA, 4, { pasid: 1, exec: true }); //@H';
const PRIV = 'dev.dma_read(IOVA, 4, { pasid: 1, priv: true }); //@H';
const PRIV_EXEC = 'dev.dma_read(IOVA, 4, { pasid: 1, priv: true, exec: true }); //@H';
const NO_PASID = 'dev.dma_read(IOVA, 4); //@H';

interface How {
  readonly access?: string;
  /** Features of the SMMU that differ. */
  readonly smmu?: string;
  /** Arguments of up(). */
  readonly up?: string;
  /** Blamed bits, where they are not the ones that were stored. */
  readonly bits?: readonly [number, number];
}

/** One store into a working set-up: bits [hi:lo] of a structure become `value`. */
function put(
  [name, event, where]: readonly [string, string, string],
  [base, hi, lo, value]: readonly [string, number, number, string],
  { access = READ, smmu = '', up = '', bits = [hi, lo] }: How = {},
): ScriptFault {
  return {
    name,
    event,
    where,
    bits,
    script: [
      `machine.configure({ smmu: { ${smmu} } });`,
      `const { dev } = up(${up});`,
      `phys_write(...put(${base}, ${hi}, ${lo}, ${value})); //@A`,
      access,
    ].join('\n'),
  };
}

/** One bit of a working set-up turned over: the field at `bits` is to blame. */
function flip(
  [name, event, where]: readonly [string, string, string],
  [base, bit]: readonly [string, number],
  bits: readonly [number, number],
  { smmu = '', up = '' }: How = {},
): ScriptFault {
  return {
    name,
    event,
    where,
    bits,
    script: [
      `machine.configure({ smmu: { ${smmu} } });`,
      `const { dev } = up(${up});`,
      `phys_write(...flip(${base}, ${bit})); //@A`,
      READ,
    ].join('\n'),
  };
}

/** Stores into structures that the driver had written. */
export const STORES: readonly ScriptFault[] = [
  put(['STE.V', 'C_BAD_STE', 'STE'], ['ste()', 0, 0, '0n']),
  put(['STE.Config to bypass', 'C_BAD_SUBSTREAMID', 'STE'], ['ste()', 3, 1, '4n']),
  put(['STE.Config to stage 2', 'C_BAD_STE', 'STE'], ['ste()', 3, 1, '6n']),
  put(['STE.Config to both stages', 'C_BAD_STE', 'STE'], ['ste()', 3, 1, '7n']),
  put(['STE.S1Fmt', 'C_BAD_SUBSTREAMID', 'STE'], ['ste()', 5, 4, '1n']),
  put(['STE.S1CDMax above SSIDSIZE', 'C_BAD_STE', 'STE'], ['ste()', 63, 59, '21n']),
  put(['STE.S1CDMax 0', 'C_BAD_SUBSTREAMID', 'STE'], ['ste()', 63, 59, '0n']),
  put(['STE.S1DSS terminate', 'F_STREAM_DISABLED', 'STE'], ['ste()', 65, 64, '0n'], {
    access: NO_PASID,
  }),
  put(['STE.S1DSS reserved', 'F_STREAM_DISABLED', 'STE'], ['ste()', 65, 64, '3n'], {
    access: NO_PASID,
  }),
  put(['STE.STRW 1', 'C_BAD_STE', 'STE'], ['ste()', 95, 94, '1n']),
  put(['STE.STRW 3', 'C_BAD_STE', 'STE'], ['ste()', 95, 94, '3n']),
  put(['STE.EATS split', 'C_BAD_STE', 'STE'], ['ste()', 93, 92, '2n']),
  put(['STE.S2VMID', 'C_BAD_STE', 'STE'], ['ste()', 143, 128, '0x100n'], { smmu: 'vmid16: false' }),
  put(['STE.S1STALLD', 'C_BAD_STE', 'STE'], ['ste()', 91, 91, '1n'], { smmu: 'stallModel: 1' }),
  put(['L1STD.Span 0', 'C_BAD_STREAMID', 'L1STD'], ['l1std()', 4, 0, '0n']),
  put(['L1STD.Span 5', 'C_BAD_STREAMID', 'L1STD'], ['l1std()', 4, 0, '5n']),
  put(['L1STD.Span 12', 'C_BAD_STREAMID', 'L1STD'], ['l1std()', 4, 0, '12n']),
  put(['CD.V', 'C_BAD_CD', 'CD'], ['cd()', 31, 31, '0n']),
  put(['CD.S with S1STALLD', 'C_BAD_CD', 'CD'], ['cd()', 44, 44, '1n']),
  put(['CD.T0SZ 12', 'C_BAD_CD', 'CD'], ['cd()', 5, 0, '12n']),
  put(['CD.T0SZ 60', 'C_BAD_CD', 'CD'], ['cd()', 5, 0, '60n']),
  put(['CD.T0SZ 32: the walk starts a level later', 'F_TRANSLATION', 'CD'], ['cd()', 5, 0, '32n']),
  put(['CD.T0SZ 36: out of range', 'F_TRANSLATION', 'CD'], ['cd()', 5, 0, '36n']),
  put(['CD.T0SZ 39', 'F_TRANSLATION', 'CD'], ['cd()', 5, 0, '39n']),
  put(['CD.TG0 reserved', 'C_BAD_CD', 'CD'], ['cd()', 7, 6, '3n']),
  put(['CD.TG0 not offered', 'C_BAD_CD', 'CD'], ['cd()', 7, 6, '2n'], { smmu: 'gran16k: false' }),
  put(['CD.TG0 64K over 4K tables', 'F_TRANSLATION', 'CD'], ['cd()', 7, 6, '1n']),
  put(['CD.TG0 16K over 4K tables', 'F_TRANSLATION', 'CD'], ['cd()', 7, 6, '2n']),
  put(['CD.AA64', 'C_BAD_CD', 'CD'], ['cd()', 41, 41, '0n']),
  put(['CD.EPD0', 'F_TRANSLATION', 'CD'], ['cd()', 14, 14, '1n']),
  put(['CD.EPD1 with nothing behind it', 'C_BAD_CD', 'CD'], ['cd()', 30, 30, '0n']),
  put(['CD.HA', 'C_BAD_CD', 'CD'], ['cd()', 43, 43, '1n'], { smmu: 'httu: 0' }),
  put(['CD.HD', 'C_BAD_CD', 'CD'], ['cd()', 42, 42, '1n'], { smmu: 'httu: 1' }),
  put(['CD.ENDI', 'C_BAD_CD', 'CD'], ['cd()', 15, 15, '1n']),
  put(['CD.ASID', 'C_BAD_CD', 'CD'], ['cd()', 63, 48, '0x102n'], { smmu: 'asid16: false' }),
  put(['CD.WXN', 'F_PERMISSION', 'CD'], ['cd()', 36, 36, '1n'], { access: EXEC }),
  put(['CD.PAN', 'F_PERMISSION', 'CD'], ['cd()', 40, 40, '1n'], { access: PRIV }),
  put(['CD.E0PD0', 'F_TRANSLATION', 'CD'], ['cd()', 66, 66, '1n']),
  put(['L0 invalid', 'F_TRANSLATION', 'L0'], ['entry(0)', 0, 0, '0n']),
  put(['L1 invalid', 'F_TRANSLATION', 'L1'], ['entry(1)', 0, 0, '0n']),
  put(['L2 invalid', 'F_TRANSLATION', 'L2'], ['entry(2)', 0, 0, '0n']),
  put(['L3 invalid', 'F_TRANSLATION', 'L3'], ['entry(3)', 0, 0, '0n']),
  put(['L0 as a block', 'F_TRANSLATION', 'L0'], ['entry(0)', 1, 1, '0n']),
  put(['L1 as a block', 'F_ACCESS', 'L1'], ['entry(1)', 1, 1, '0n']),
  put(['L2 as a block', 'F_ACCESS', 'L2'], ['entry(2)', 1, 1, '0n']),
  put(['L3 reserved', 'F_TRANSLATION', 'L3'], ['entry(3)', 1, 1, '0n']),
  put(['L3 read-only', 'F_PERMISSION', 'L3'], ['entry(3)', 7, 7, '1n'], { access: WRITE }),
  put(['L3 privileged only', 'F_PERMISSION', 'L3'], ['entry(3)', 6, 6, '0n']),
  put(['L3 without AF', 'F_ACCESS', 'L3'], ['entry(3)', 10, 10, '0n']),
  put(['L3 UXN', 'F_PERMISSION', 'L3'], ['entry(3)', 54, 54, '1n'], { access: EXEC }),
  put(['L1 APTable, read-only', 'F_PERMISSION', 'L1'], ['entry(1)', 62, 61, '2n'], {
    bits: [62, 62],
    access: WRITE,
  }),
  put(['L0 APTable, privileged only', 'F_PERMISSION', 'L0'], ['entry(0)', 61, 61, '1n']),
  put(['L2 UXNTable', 'F_PERMISSION', 'L2'], ['entry(2)', 60, 60, '1n'], { access: EXEC }),
  put(['STE.PRIVCFG', 'F_PERMISSION', 'STE'], ['ste()', 113, 112, '2n'], {
    up: '{}, IOMMU_READ | IOMMU_PRIV',
    access: PRIV,
  }),
  put(['STE.PRIVCFG and user pages', 'F_PERMISSION', 'STE'], ['ste()', 113, 112, '3n'], {
    access: EXEC,
  }),
  put(['STE.INSTCFG', 'F_PERMISSION', 'STE'], ['ste()', 115, 114, '3n'], {
    up: '{}, IOMMU_READ | IOMMU_NOEXEC',
  }),
  put(['L3 PXN', 'F_PERMISSION', 'L3'], ['entry(3)', 53, 53, '1n'], {
    up: '{}, IOMMU_READ | IOMMU_PRIV',
    access: PRIV_EXEC,
  }),
  put(['L1CD.V', 'C_BAD_SUBSTREAMID', 'L1CD'], ['l1cd()', 0, 0, '0n'], { up: '{ ssid_bits: 20 }' }),
  put(['STE.S1Fmt of a two-level table', 'C_BAD_CD', 'STE'], ['ste()', 5, 4, '0n'], {
    up: '{ ssid_bits: 20 }',
  }),
  flip(['STE.S1ContextPtr to empty memory', 'C_BAD_CD', 'STE'], ['ste()', 22], [55, 6]),
  flip(['STE.S1ContextPtr beyond OAS', 'C_BAD_STE', 'STE'], ['ste()', 55], [55, 6]),
  flip(['STE.S1ContextPtr to a hole', 'F_CD_FETCH', 'STE'], ['ste()', 39], [55, 6]),
  flip(['L1STD.L2Ptr to empty memory', 'C_BAD_STE', 'L1STD'], ['l1std()', 22], [55, 6]),
  flip(['L1STD.L2Ptr to a hole', 'F_STE_FETCH', 'L1STD'], ['l1std()', 39], [55, 6]),
  flip(['CD.TTB0 to empty memory', 'F_TRANSLATION', 'CD'], ['cd()', 86], [115, 68]),
  flip(['CD.TTB0 to a hole', 'F_WALK_EABT', 'CD'], ['cd()', 103], [115, 68]),
  flip(['CD.TTB0 beyond IPS', 'C_BAD_CD', 'CD'], ['cd()', 113], [115, 68]),
  flip(['L1 to empty memory', 'F_TRANSLATION', 'L1'], ['entry(1)', 22], [47, 12]),
  flip(['L2 to empty memory', 'F_TRANSLATION', 'L2'], ['entry(2)', 22], [47, 12]),
  flip(['L0 to a hole', 'F_WALK_EABT', 'L0'], ['entry(0)', 39], [47, 12]),
  flip(['L2 to a hole', 'F_WALK_EABT', 'L2'], ['entry(2)', 39], [47, 12]),
  flip(['L1 beyond OAS', 'F_ADDR_SIZE', 'L1'], ['entry(1)', 40], [47, 12], { smmu: 'oas: 1' }),
  flip(['L3 beyond OAS', 'F_ADDR_SIZE', 'L3'], ['entry(3)', 40], [47, 12], { smmu: 'oas: 1' }),
  flip(['L1CD.L2Ptr to empty memory', 'C_BAD_CD', 'L1CD'], ['l1cd()', 23], [55, 12], {
    up: '{ ssid_bits: 20 }',
  }),
  flip(['L1CD.L2Ptr to a hole', 'F_CD_FETCH', 'L1CD'], ['l1cd()', 39], [55, 12], {
    up: '{ ssid_bits: 20 }',
  }),
  flip(['L1CD.L2Ptr beyond OAS', 'C_BAD_SUBSTREAMID', 'L1CD'], ['l1cd()', 50], [55, 12], {
    up: '{ ssid_bits: 20 }',
  }),
];
