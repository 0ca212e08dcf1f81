// The Wireshark dissector of our packets, written out of the hardware's own tables, so that it names
// every field as the manual does. Packet: type (1 command, 2 event, 3 page request), outcome, two bytes
// of 0, queue index (all ones: unknown), record id, id of its cause (4 bytes each), then the entry.

import { assert } from '../../base/assert.ts';
import type { Field } from '../../regs/field.ts';
import { CERROR_NAMES, COMMANDS } from '../../smmu/spec/commands.ts';
import { EVENTS } from '../../smmu/spec/events.ts';
import { PRI_ENTRY } from '../../smmu/spec/pri.ts';
import { EVENT_RESULTS, PPR_RESULTS } from '../decoded.ts';

/** Fields of one kind of entry. */
interface Layout {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
}

const HEAD = `-- Decodes the packets that Substream exports (link type USER0): SMMUv3 queue entries.
-- wireshark -X lua_script:FILE.lua FILE.pcapng, or put it into the personal plugin folder.
local smmu = Proto("smmuv3", "Arm SMMUv3 queues")
local f = {}
f.type = ProtoField.uint8("smmuv3.type", "Queue", base.DEC, {[1] = "Command", [2] = "Event", [3] = "PRI"})
f.outcome = ProtoField.uint8("smmuv3.outcome", "Outcome", base.DEC)
f.result = ProtoField.string("smmuv3.result", "Result")
f.index = ProtoField.uint32("smmuv3.index", "Queue index", base.DEC)
f.record = ProtoField.uint32("smmuv3.record", "Trace record", base.DEC)
f.cause = ProtoField.uint32("smmuv3.cause", "Caused by record", base.DEC)
f.name = ProtoField.string("smmuv3.name", "Name")
`;

const TAIL = `
local fields = {}
for _, field in pairs(f) do fields[#fields + 1] = field end
smmu.fields = fields

local function results_of(kind)
  if kind == 1 then return command_results end
  if kind == 2 then return event_results end
  return page_request_results
end

local function add_field(tree, buffer, at, layout)
  local word = buffer(at + 8 * math.floor(layout.lo / 64), 8)
  local value = word:le_uint64():rshift(layout.lo % 64)
  if layout.width < 64 then
    value = value:band((UInt64(1):lshift(layout.width)) - 1)
  end
  if layout.address then value = value:lshift(layout.lo % 64) end
  local meaning = layout.codes and layout.codes[value:tonumber()]
  local item = tree:add(layout.field, word, value)
  if layout.codes then item:append_text(" (" .. (meaning or "reserved") .. ")") end
end

function smmu.dissector(buffer, pinfo, tree)
  if buffer:len() < 32 then return 0 end
  local kind = buffer(0, 1):uint()
  local number = buffer(16, 1):uint()
  local entry = kind == 1 and commands[number] or kind == 2 and events[number] or nil
  if kind == 3 then entry = page_request end
  local name = entry and entry.name or string.format("reserved 0x%02x", number)
  local outcome = buffer(1, 1):uint()
  local result = results_of(kind)[outcome] or tostring(outcome)
  pinfo.cols.protocol = "SMMUv3"
  pinfo.cols.info = name .. (outcome ~= 0 and " [" .. result .. "]" or "")
  local top = tree:add(smmu, buffer(), name)
  top:add(f.type, buffer(0, 1))
  top:add(f.name, buffer(16, 1), name)
  top:add(f.outcome, buffer(1, 1))
  top:add(f.result, buffer(1, 1), result)
  if buffer(4, 4):le_uint() ~= 0xffffffff then top:add_le(f.index, buffer(4, 4)) end
  top:add_le(f.record, buffer(8, 4))
  top:add_le(f.cause, buffer(12, 4))
  if entry then
    for _, layout in ipairs(entry.fields) do add_field(top, buffer, 16, layout) end
  end
  return buffer:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, smmu)
`;

/** Text of the dissector. */
export function luaDissector(): string {
  const names = new Map<string, string>();
  const lines: string[] = [];
  const layouts = (title: string, entries: readonly (readonly [number, Layout])[]): void => {
    lines.push(`local ${title} = {`);
    for (const [number, layout] of entries) {
      lines.push(`  [${number}] = ${layoutText(layout, names)},`);
    }
    lines.push('}');
  };
  layouts(
    'commands',
    Object.values(COMMANDS).map((each) => [each.opcode, each] as const),
  );
  layouts(
    'events',
    Object.values(EVENTS).map((each) => [each.type, each] as const),
  );
  lines.push(`local page_request = ${layoutText(PRI_ENTRY, names)}`);
  lines.push(`local command_results = ${textTable(CERROR_NAMES)}`);
  lines.push(`local event_results = ${textTable(EVENT_RESULTS, '[255] = "unknown"')}`);
  lines.push(`local page_request_results = ${textTable(PPR_RESULTS)}`);
  return `${HEAD}${[...names.values()].join('\n')}\n${lines.join('\n')}\n${TAIL}`;
}

function layoutText({ name, fields }: Layout, names: Map<string, string>): string {
  const parts = Object.entries(fields)
    .filter(([, field]) => field.kind !== 'res0')
    .map(([key, field]) => fieldText(`${name}.${key}`, key, field, names));
  return `{name = "${name}", fields = {\n    ${parts.join(',\n    ')}}}`;
}

function fieldText(where: string, key: string, field: Field, names: Map<string, string>): string {
  const { hi, lo } = field;
  const width = hi - lo + 1;
  assert(lo >> 6 === hi >> 6, `${where} lies in two words`);
  // Filters have no case: SIZE of one command and Size of another are one field.
  const filter = key.toLowerCase();
  if (!names.has(filter)) {
    const name = `"smmuv3.${filter}", "${key}"`;
    names.set(filter, `f["${filter}"] = ProtoField.uint64(${name}, base.HEX)`);
  }
  const codes = field.codes === undefined ? '' : `, codes = ${codeTable(field.codes)}`;
  const address = field.kind === 'addr' ? ', address = true' : '';
  return `{field = f["${filter}"], lo = ${lo}, width = ${width}${address}${codes}}`;
}

function codeTable(codes: Readonly<Record<number, string>>, more: readonly string[] = []): string {
  const entries = Object.entries(codes).map(
    ([value, text]) => `[${value}] = ${JSON.stringify(text)}`,
  );
  return `{${[...entries, ...more].join(', ')}}`;
}

function textTable(texts: readonly string[], ...more: readonly string[]): string {
  return codeTable({ ...texts }, more);
}
