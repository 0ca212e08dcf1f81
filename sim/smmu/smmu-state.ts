// What the parts of the SMMU share: its capabilities, the machine around it, and the register values
// that are in force (after the CR0 and Update handshakes). Written by registers, read by everything.

import type { PhysicalMemory } from '../machine/memory.ts';
import type { SystemBus } from '../machine/system-bus.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { SmmuFeatures } from './capabilities.ts';

/** Shared state of one SMMU instance. Plain fields: the translation path reads them directly. */
export class SmmuState {
  readonly features: Readonly<SmmuFeatures>;
  readonly memory: PhysicalMemory;
  readonly bus: SystemBus;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;

  /** CR0 as acknowledged: SMMUEN, and the fields that translation looks at. */
  smmuen = false;
  atschk = false;
  /** CR0.VMW: VMID bits ignored by invalidation, 0..4. */
  vmw = 0;

  /** CR2. */
  e2h = false;
  recinvsid = false;
  recCfgAts = false;

  /** STRTAB_BASE aligned as the hardware does, bytes; effective LOG2SIZE; SPLIT as 6, 8 or 10. */
  strtabBase = 0;
  strtabLog2Size = 0;
  strtabSplit = 6;
  strtabTwoLevel = false;

  /** GBPA as in force, without Update. */
  gbpa = 0;

  constructor(
    features: Readonly<SmmuFeatures>,
    bus: SystemBus,
    recorder: Recorder,
    diagnostics: Diagnostics,
  ) {
    this.features = features;
    this.bus = bus;
    this.memory = bus.memory;
    this.recorder = recorder;
    this.diagnostics = diagnostics;
  }
}

/**
 * An event on its way to the Event queue, in the words of IHI 0070 7.3. Only what the event's record
 * has is encoded; addresses as halves because they can be any 64-bit value.
 */
export interface EventFields {
  /** Event number, 0x01..0xff. */
  readonly type: number;
  readonly sid: number;
  /** SubstreamID, or -1: SSV = 0. */
  readonly ssid: number;
  readonly inputLo?: number;
  readonly inputHi?: number;
  readonly rnw?: boolean;
  readonly ind?: boolean;
  readonly pnu?: boolean;
  readonly s2?: boolean;
  /** 0 CD, 1 TT, 2 IN. */
  readonly class?: number;
  /** IPA, bytes; only with s2. */
  readonly ipa?: number;
  /** FetchAddr, bytes. */
  readonly fetchAddr?: number;
  readonly ttrnw?: boolean;
  readonly stall?: boolean;
  readonly stag?: number;
  readonly reason?: number;
  /** F_BAD_ATS_TREQ: span, and the requested R, W, X, P. */
  readonly span?: number;
  readonly requested?: number;
}

/** Where the translation side puts events: the Event queue. */
export interface EventSink {
  /** Records the event if the queue can take it; a stall record that cannot be written is held. */
  report(event: EventFields): void;
}
