// The kernel's objects as data to show: rows with fields, the other objects that they name, and the line
// of the script that made them.

import { hex } from '../base/hex.ts';
import type {
  IovaMapDto,
  SoftwareDto,
  SoftwareKind,
  SoftwareLink,
  SoftwareRowDto,
} from '../protocol/inspect.ts';
import type { ObjectKind, ObjectStates } from '../trace/object-state.ts';
import type { InspectContext } from './context.ts';
import { writerOf } from './context.ts';
import type { IovaMap } from './iova-map.ts';
import type { KernelObjects, ObjectKey } from './kernel-objects.ts';

/** Kind of the trace behind each kind that people choose. */
export const OBJECT_OF: Readonly<Record<SoftwareKind, ObjectKind>> = {
  devices: 'device',
  groups: 'group',
  domains: 'domain',
  pasids: 'pasid',
  bonds: 'bond',
  mdevs: 'mdev',
};

/** Most rows of one answer. */
const MOST_ROWS = 512;
const NOTHING: IovaMap = { ranges: [], bytes: 0, bars: [] };

const TYPES: Readonly<Record<number, string>> = {
  0: 'BLOCKED',
  1: 'UNMANAGED',
  3: 'DMA',
  4: 'IDENTITY',
};
const STAGES: Readonly<Record<number, string>> = {
  1: 'stage 1',
  2: 'stage 2',
  3: 'nested',
  4: 'bypass',
};

type Field = SoftwareRowDto['fields'][number];
type Shown = Pick<SoftwareRowDto, 'title' | 'text' | 'fields'>;
type Teller<W extends ObjectKind> = (state: ObjectStates[W], key: string) => Shown;

const TELLERS: { readonly [W in ObjectKind]: Teller<W> } = {
  device: deviceShown,
  group: groupShown,
  domain: domainShown,
  pasid: pasidShown,
  bond: bondShown,
  mdev: mdevShown,
};

/** A stretch of the objects of one kind. */
export function softwareView(
  context: InspectContext,
  objects: KernelObjects,
  request: { of: SoftwareKind; from: number; count: number; around?: string | undefined },
): SoftwareDto {
  const { of, around } = request;
  const kind = OBJECT_OF[of];
  const count = Math.min(Math.max(request.count, 0), MOST_ROWS);
  const total = objects.count(kind);
  const place = around === undefined ? -1 : objects.placeOf(kind, keyOf(kind, around));
  const wanted = place < 0 ? request.from : place - Math.floor(count / 2);
  const from = Math.max(0, Math.min(wanted, total - 1));
  return {
    of,
    counts: countsOf(objects),
    from,
    rows: objects.keys(kind, from, count).flatMap((key) => rowOf(context, objects, kind, key)),
    asOf: objects.latest,
  };
}

function countsOf(objects: KernelObjects): Record<SoftwareKind, number> {
  const { devices, groups, domains, pasids, bonds, mdevs } = OBJECT_OF;
  return {
    devices: objects.count(devices),
    groups: objects.count(groups),
    domains: objects.count(domains),
    pasids: objects.count(pasids),
    bonds: objects.count(bonds),
    mdevs: objects.count(mdevs),
  };
}

/** The key that an id stands for: numbers for what is numbered. */
export function keyOf(kind: ObjectKind, id: string): ObjectKey {
  const numbered = kind === 'group' || kind === 'domain' || kind === 'pasid';
  return numbered ? Number(id) : id;
}

/** One object; an empty list when there is none, or its record says nothing that can be shown. */
export function rowOf(
  { index }: InspectContext,
  objects: KernelObjects,
  kind: ObjectKind,
  key: ObjectKey,
): SoftwareRowDto[] {
  const seen = objects.seen(kind, key);
  const state = objects.state(kind, key);
  if (seen === undefined || state === undefined) {
    return [];
  }
  const made = writerOf(index, seen.made);
  const changedBy = seen.changed === seen.made ? undefined : writerOf(index, seen.changed);
  const tell = TELLERS[kind] as (state: object, key: string) => Shown;
  return [
    {
      id: String(key),
      ...tell(state, String(key)),
      changed: seen.changed,
      ...(made === undefined ? {} : { made }),
      ...(changedBy === undefined ? {} : { changedBy }),
    },
  ];
}

function deviceShown(state: ObjectStates['device'], name: string): Shown {
  const { bus, bdf, streams, ssid_bits, can, on, pasids, group, domain, faults } = state;
  const sids =
    streams.length === 0 ? 'no stream' : `SID ${streams.map((sid) => hex(sid)).join(', ')}`;
  const attached = domain === undefined ? 'no domain' : `domain ${domain}`;
  return {
    title: name,
    text: `${sids}, ${attached}${on.length === 0 ? '' : `, ${on.join(' ')}`}`,
    fields: [
      field('bus', bdf === undefined ? bus : `${bus} ${bdf}`),
      field('streams', streams.length === 0 ? 'none' : streams.map((sid) => hex(sid)).join(', ')),
      field('ssid_bits', String(ssid_bits)),
      field('can', list(can)),
      field('switched on', list(on)),
      ...(pasids === undefined ? [] : [field('PASIDs', `${pasids[0]} to ${pasids[1]}`)]),
      numbered('group', 'groups', group),
      numbered('domain', 'domains', domain),
      field(
        'fault handler',
        faults === undefined ? 'none' : `registered, ${faults.pending} requests wait`,
      ),
    ],
  };
}

function groupShown(state: ObjectStates['group'], id: string): Shown {
  const { devices, domain, default_domain, references } = state;
  const now = domain === undefined ? 'no domain' : `domain ${domain}`;
  const usual = domain !== undefined && domain === default_domain ? ' (default)' : '';
  return {
    title: `group ${id}`,
    text: `${list(devices)}: ${now}${usual}`,
    fields: [
      named('devices', 'devices', devices),
      numbered('domain', 'domains', domain),
      numbered('default domain', 'domains', default_domain),
      field('references', String(references)),
    ],
  };
}

function domainShown(state: ObjectStates['domain'], id: string): Shown {
  const { type, stage, asid, vmid, table, pasid, parent, devices, aux } = state;
  const tag = asid !== undefined ? `ASID ${asid}` : vmid !== undefined ? `VMID ${vmid}` : undefined;
  const users = [...devices, ...aux.map((name) => `${name} (aux)`)];
  const parts = [
    `${TYPES[type] ?? type}`,
    ...(table === undefined && stage !== 4 ? ['not set up'] : [STAGES[stage] ?? `stage ${stage}`]),
    ...(tag === undefined ? [] : [tag]),
    ...(pasid === undefined ? [] : [`PASID ${pasid}`]),
    users.length === 0 ? 'not attached' : users.join(', '),
  ];
  return {
    title: `domain ${id}`,
    text: parts.join(', '),
    fields: [
      field('type', `IOMMU_DOMAIN_${TYPES[type] ?? type}`),
      field('stage', STAGES[stage] ?? String(stage)),
      field('ASID', asid === undefined ? 'none' : String(asid)),
      field('VMID', vmid === undefined ? 'none' : String(vmid)),
      numbered('PASID', 'pasids', pasid),
      numbered('descriptor table of', 'domains', parent),
      named('attached', 'devices', devices),
      named('attached by PASID', 'devices', aux),
      ...tableFields(state),
      field('fault handler', state.handler === true ? 'set' : 'none'),
    ],
  };
}

function tableFields({ table, pgsize_bitmap, aperture_end }: ObjectStates['domain']): Field[] {
  const format = table === undefined ? 'none' : `ARM_64_LPAE_S${table.stage}`;
  return [
    field('page table', table === undefined ? 'none' : `${format} at ${hex(table.root)}`),
    ...(table === undefined
      ? []
      : [field('granule', `${table.granule / 1024} KiB, from level ${table.level}`)]),
    field('pgsize_bitmap', hex(pgsize_bitmap)),
    field('geometry', aperture_end === undefined ? 'not forced' : `0x0 to ${hex(aperture_end)}`),
  ];
}

function pasidShown({ set, references, data }: ObjectStates['pasid'], id: string): Shown {
  const domain = /^domain (\d+)$/.exec(data ?? '')?.[1];
  return {
    title: `PASID ${id}`,
    text: `${set}${data === undefined ? '' : `, ${data}`}`,
    fields: [
      field('set', set),
      field('references', String(references)),
      domain === undefined
        ? field('private data', data ?? 'none')
        : { ...field('private data', data ?? ''), links: [{ of: 'domains', id: domain }] },
    ],
  };
}

function bondShown(state: ObjectStates['bond'], name: string): Shown {
  const { device, mm, pasid, asid, domain, references, drvdata } = state;
  return {
    title: name,
    text: `mm ${mm}, ASID ${asid}, drvdata ${drvdata ?? 'none'}`,
    fields: [
      named('device', 'devices', [device]),
      field('mm', `mm ${mm}`),
      numbered('PASID', 'pasids', pasid),
      field('ASID', String(asid)),
      numbered('domain', 'domains', domain),
      field('drvdata', drvdata ?? 'none'),
      field('references', String(references)),
    ],
  };
}

function mdevShown(state: ObjectStates['mdev'], uuid: string): Shown {
  const { type, parent, group, active, device, domain, container } = state;
  const owner = container === undefined ? 'nobody' : `VFIO container ${container}`;
  return {
    title: uuid,
    text: `${type} of ${parent}, ${domain === undefined ? 'no domain' : `domain ${domain}`}`,
    fields: [
      named('parent', 'devices', [parent]),
      field('type', type),
      field('state', active ? 'active' : 'being made'),
      numbered('group', 'groups', group),
      named('iommu_device', 'devices', device === undefined ? [] : [device]),
      numbered('aux domain', 'domains', domain),
      field('owner', owner),
    ],
  };
}

function field(name: string, text: string): Field {
  return { name, text };
}

function numbered(name: string, of: SoftwareKind, number: number | undefined): Field {
  return number === undefined
    ? field(name, 'none')
    : { name, text: String(number), links: [{ of, id: String(number) }] };
}

function named(name: string, of: SoftwareKind, names: readonly string[]): Field {
  const links = names.map((id): SoftwareLink => ({ of, id }));
  return { name, text: list(names), ...(links.length === 0 ? {} : { links }) };
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.join(', ');
}

/** The mappings of a domain. */
export function iovaMapView(
  { index }: InspectContext,
  objects: KernelObjects,
  request: { domain: number; from: number; count: number },
): IovaMapDto {
  const state = objects.state('domain', request.domain);
  const table = state?.table;
  const { ranges, bytes, bars } = table === undefined ? NOTHING : objects.maps.mapOf(table);
  const from = Math.max(0, Math.min(request.from, ranges.length - 1));
  const note =
    state === undefined
      ? `there is no domain ${request.domain}`
      : table === undefined
        ? `domain ${request.domain} has no page table: it is set up at its first attach`
        : undefined;
  return {
    domain: request.domain,
    ...(note === undefined ? {} : { note }),
    total: ranges.length,
    bytes: BigInt(bytes),
    from,
    rows: ranges
      .slice(from, from + Math.min(Math.max(request.count, 0), MOST_ROWS))
      .map(({ iova, size, pa, prot, writer }) => {
        const by = writerOf(index, writer);
        return {
          iova: BigInt(iova),
          size: BigInt(size),
          pa: BigInt(pa),
          prot,
          ...(by === undefined ? {} : { writer: by }),
        };
      }),
    bars: bars.map((bar) => ({
      ...bar,
      iova: BigInt(bar.iova),
      size: BigInt(bar.size),
    })),
  };
}
