// Where the driver with the seed's patches (`driver: 'auxd'`) deliberately differs from Linux 4.20.1 as
// released (`driver: '4.20'`, which agrees with the recorded traces). Each row is shown by a test.

/** One difference. */
export interface DriverDifference {
  readonly name: string;
  readonly released: string;
  readonly auxd: string;
  /** Section of the fact sheet, and whether it is kernel behaviour or a model decision. */
  readonly source: string;
  readonly decision: 'kernel' | 'model';
}

export const DRIVER_DIFFERENCES: readonly DriverDifference[] = [
  {
    name: 'S1CDMax and descriptor table',
    released: 'one descriptor a domain, S1CDMax 0',
    auxd: 'a table for the SubstreamIDs of the device, linear up to 1024, two-level above',
    source: 'A.10',
    decision: 'kernel',
  },
  {
    name: 'S1DSS',
    released: '0',
    auxd: '2: transactions without SubstreamID use descriptor 0',
    source: 'A.10',
    decision: 'kernel',
  },
  {
    name: 'descriptor 0',
    released: 'written whole, without a command',
    auxd: 'words 1-3, CFGI_CD and SYNC, word 0, CFGI_CD and SYNC',
    source: 'A.10, J 1-2',
    decision: 'kernel',
  },
  {
    name: 'first ASID',
    released: '0',
    auxd: '1: 0 means none',
    source: 'A.9, F.5',
    decision: 'kernel',
  },
  {
    name: 'EATS',
    released: '1 for every stream when ATS is built in',
    auxd: '1 for functions that have ATS on',
    source: 'F.4',
    decision: 'model',
  },
  {
    name: 'ATC invalidation',
    released: 'none',
    auxd: 'ATC_INV and SYNC after the TLBIs of an unmap, and at detach',
    source: 'B.8, F.8',
    decision: 'kernel',
  },
  {
    name: 'detach_dev',
    released: 'no such op: without a default domain a detach does nothing',
    auxd: 'the entry aborts (or bypasses) and is synchronised',
    source: 'A.11',
    decision: 'kernel',
  },
  {
    name: 'stall',
    released: 'S1STALLD set, CD.S clear: nothing stalls',
    auxd: 'devices that can stall do: S1STALLD clear, CD.S set, unhandled stalls are aborted',
    source: 'B.6',
    decision: 'kernel',
  },
  {
    name: 'page requests',
    released: 'logged in two lines and denied',
    auxd: 'to the fault handler of the device, else one line and a denial',
    source: 'B.7',
    decision: 'kernel',
  },
];
