// What a device with an address translation cache offers to the SMMU: the ATS and PRI messages that
// travel towards it. The SMMU knows endpoints by StreamID only.

/** A Page Request message (PPR) as the device sends it. */
export interface PageRequest {
  readonly sid: number;
  /** PASID, or -1 for a request without one. */
  readonly ssid: number;
  /** Address as signed halves; the low 12 bits do not travel. */
  readonly addrLo: number;
  readonly addrHi: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly privileged: boolean;
  /** Last request of its group. With a PASID and neither read nor write: a stop marker. */
  readonly last: boolean;
  /** Page Request Group Index, 0..511. */
  readonly prgIndex: number;
}

/** An ATC invalidation as it reaches the device. */
export interface AtcInvalidation {
  /** PASID, or -1 for translations without one. */
  readonly ssid: number;
  /** Address as signed halves, aligned to the size. */
  readonly addrLo: number;
  readonly addrHi: number;
  /** 4096 * 2^sizeLog2Pages bytes; 52 is everything. */
  readonly sizeLog2Pages: number;
  /** The global invalidate flag. */
  readonly global: boolean;
}

/** The device's side of the ATS interface. */
export interface AtsEndpoint {
  /** Drops what it covers; false when the device does not answer (the SMMU sees a time-out). */
  invalidate(request: AtcInvalidation): boolean;
  /** A response to a group of page requests; code as on the wire: 0, 1 or 15. */
  prgResponse(ssid: number, prgIndex: number, code: number): void;
}

/** What an SMMU with ATS offers to endpoints. */
export interface AtsPort {
  /** Makes an endpoint known under its StreamID. */
  registerEndpoint(sid: number, endpoint: AtsEndpoint): void;
  unregisterEndpoint(sid: number): void;
  /** Takes a Page Request; answers may come at once through the endpoint. */
  pageRequest(request: PageRequest): void;
}
