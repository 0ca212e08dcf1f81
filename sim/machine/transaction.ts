// A client transaction and its answer: one reused object per device, so that a DMA allocates nothing.

/** Bits of {@link Transaction.flags}. */
export const TXN_WRITE = 1;
export const TXN_PRIVILEGED = 2;
/** Instruction fetch; only reads can be one. */
export const TXN_INSTRUCTION = 4;
/** ATS Translated transaction: the address is a PA (or IPA with split-stage ATS). */
export const TXN_TRANSLATED = 8;
/** ATS Translation Request; with {@link TXN_NO_WRITE} it asks for read access only. */
export const TXN_ATS_REQUEST = 16;
export const TXN_NO_WRITE = 32;

/** How a transaction ended at the SMMU: {@link Transaction.status}. */
export const TXN_OK = 0;
/** Terminated with an abort. */
export const TXN_ABORT = 1;
/** Terminated silently: reads as zero, writes ignored. */
export const TXN_RAZ_WI = 2;
/** Held by the SMMU until CMD_RESUME or CMD_STALL_TERM; `stag` names it. */
export const TXN_STALLED = 3;

/** Why a transaction passed or ended without a walk: {@link Transaction.route}. */
export const ROUTE_TRANSLATED = 0;
/** STE.Config bypass, or stage 1 bypassed by S1DSS without stage 2. */
export const ROUTE_BYPASS = 1;
/** CR0.SMMUEN = 0. */
export const ROUTE_DISABLED = 2;

/** One access of at most one page, and room for the answer. Addresses of any 64-bit value as halves. */
export class Transaction {
  sid = 0;
  /** SubstreamID, or -1 for a transaction without one. */
  ssid = -1;
  addrLo = 0;
  addrHi = 0;
  flags = 0;
  /** Incoming memory type, MAIR encoding (0xff: normal, inner and outer write-back). */
  attr = 0xff;
  /** Incoming shareability: 0 non, 2 outer, 3 inner. */
  shareability = 0;

  /** The answer. */
  status = TXN_OK;
  route = ROUTE_TRANSLATED;
  /** Output address, bytes; valid when `status` is TXN_OK. */
  pa = 0;
  /** Bytes from `pa` to the end of the page or block that was translated. */
  span = 0;
  outAttr = 0xff;
  outShareability = 0;
  /** Event number that this transaction caused, 0 when none (recorded or not). */
  fault = 0;
  stag = 0;
  /** ATS completion: granted permissions, bit 0 read, 1 write, 2 execute, 3 global. */
  granted = 0;
}

/** What an SMMU offers to the devices behind it. */
export interface TransactionPort {
  /** Translates one access and fills in its answer; returns `status`. */
  translate(transaction: Transaction): number;
  /** Calls back when the stalled transaction of `sid` and `stag` is to be retried or is terminated. */
  onStallEnd(sid: number, stag: number, done: (status: number) => void): void;
}
