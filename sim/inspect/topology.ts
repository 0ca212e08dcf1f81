// The picture of the software side: devices, their streams and substreams, the domains behind them and
// the page tables. Many substreams are one box that says how many.

import { hex } from '../base/hex.ts';
import { grouped } from '../explain/words.ts';
import type { TopologyDto, TopologyNodeDto } from '../protocol/inspect.ts';
import type { KernelObjects, ObjectKey } from './kernel-objects.ts';

/** Substreams of a device that are drawn one by one, and devices and lone domains that are drawn. */
const MOST_SUBSTREAMS = 24;
const MOST_DEVICES = 64;
const MOST_LOOSE = 24;

/** The picture as it stands. */
export function topologyView(objects: KernelObjects): TopologyDto {
  const picture = new Picture(objects);
  for (const name of objects.keys('device', 0, MOST_DEVICES)) {
    picture.device(String(name));
  }
  const loose = [...objects.loose].slice(0, MOST_LOOSE + 1);
  for (const id of loose.slice(0, MOST_LOOSE)) {
    picture.domain(id);
  }
  return picture.dto();
}

class Picture {
  readonly #objects: KernelObjects;
  readonly #nodes = new Map<string, TopologyNodeDto>();
  readonly #edges: { from: string; to: string }[] = [];

  constructor(objects: KernelObjects) {
    this.#objects = objects;
  }

  dto(): TopologyDto {
    return { nodes: [...this.#nodes.values()], edges: this.#edges };
  }

  device(name: string): void {
    const state = this.#objects.state('device', name);
    if (state === undefined) {
      return;
    }
    const id = `device ${name}`;
    const on = state.on.length === 0 ? '' : ` ${state.on.join(' ')}`;
    this.#add({
      id,
      column: 'device',
      title: name,
      text: `${state.bus}${on}`,
      link: { of: 'devices', id: name },
    });
    const streams = state.streams.map((sid) => {
      const stream = `stream ${sid}`;
      this.#add({
        id: stream,
        column: 'stream',
        title: `SID ${hex(sid)}`,
        text: state.ssid_bits === 0 ? 'no substreams' : `${state.ssid_bits} SSID bits`,
        link: { of: 'devices', id: name },
      });
      this.#edge(id, stream);
      return stream;
    });
    if (state.domain !== undefined) {
      // A line past the substreams would look like one of them: what has no SSID is a box, too.
      const main = `substream ${name} none`;
      this.#add({
        id: main,
        column: 'substream',
        title: 'no SSID',
        text: 'main domain',
        link: { of: 'domains', id: String(state.domain) },
      });
      this.#join(streams, main);
      this.domain(state.domain);
      this.#edge(main, `domain ${state.domain}`);
    }
    this.#substreams(name, streams);
  }

  domain(number: number): void {
    const state = this.#objects.state('domain', number);
    const id = `domain ${number}`;
    const tag = state?.asid === undefined ? state?.vmid : state.asid;
    const words =
      tag === undefined ? '' : state?.asid === undefined ? `VMID ${tag}` : `ASID ${tag}`;
    this.#add({
      id,
      column: 'domain',
      title: id,
      text: state === undefined ? 'freed' : words || (state.stage === 4 ? 'bypass' : 'not set up'),
      link: { of: 'domains', id: String(number) },
    });
    if (state?.table !== undefined) {
      const { root, stage } = state.table;
      this.#add({
        id: `table ${root}`,
        column: 'table',
        title: grouped(root),
        text: `stage ${stage}`,
        pa: BigInt(root),
      });
      this.#edge(id, `table ${root}`);
    }
  }

  #substreams(device: string, streams: readonly string[]): void {
    const keys = this.#objects.substreamsOf(device);
    if (keys.size > MOST_SUBSTREAMS) {
      const id = `substreams ${device}`;
      const count = keys.size.toLocaleString('en-US');
      this.#add({
        id,
        column: 'substream',
        title: `${count} PASIDs`,
        text: 'too many to draw',
        link: { of: 'pasids', id: '' },
      });
      this.#join(streams, id);
      return;
    }
    for (const key of keys) {
      this.#substream(device, key, streams);
    }
  }

  #substream(device: string, key: ObjectKey, streams: readonly string[]): void {
    const bond = typeof key === 'string' ? this.#objects.state('bond', key) : undefined;
    const pasid = bond?.pasid ?? this.#objects.state('domain', key)?.pasid;
    if (pasid === undefined) {
      return;
    }
    const id = `substream ${device} ${pasid}`;
    this.#add({
      id,
      column: 'substream',
      title: `SSID ${pasid}`,
      text: bond === undefined ? 'aux' : `SVA, mm ${bond.mm}`,
      link:
        bond === undefined ? { of: 'pasids', id: String(pasid) } : { of: 'bonds', id: String(key) },
    });
    this.#join(streams, id);
    if (bond === undefined) {
      this.domain(Number(key));
      this.#edge(id, `domain ${key}`);
    } else {
      const mm = `mm ${bond.mm}`;
      this.#add({
        id: mm,
        column: 'domain',
        title: mm,
        text: `ASID ${bond.asid}`,
        link: { of: 'bonds', id: String(key) },
      });
      this.#edge(id, mm);
    }
  }

  #join(streams: readonly string[], to: string): void {
    for (const stream of streams) {
      this.#edge(stream, to);
    }
  }

  #add(node: TopologyNodeDto): void {
    if (!this.#nodes.has(node.id)) {
      this.#nodes.set(node.id, node);
    }
  }

  #edge(from: string, to: string): void {
    if (!this.#edges.some((edge) => edge.from === from && edge.to === to)) {
      this.#edges.push({ from, to });
    }
  }
}
