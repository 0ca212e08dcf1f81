// A working stream with whatever a test did to it, and an inspector over its trace.

import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import type { InspectAnswer, InspectRequest, NodeDto } from '../../sim/protocol/inspect.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import type { FaultRigOptions } from './fault-rig.ts';
import { FaultRig } from './fault-rig.ts';
import { runScript } from './run-script.ts';

/** The rig after `change`, and ways to ask about it. */
export function inspected(
  options: FaultRigOptions = {},
  change: (rig: FaultRig) => void = () => undefined,
) {
  const rig = new FaultRig(options);
  change(rig);
  const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
  const inspector = new Inspector(rig.rig.recorder, hardware, 'accel.ts');
  const ask = <K extends InspectRequest['kind']>(
    request: Extract<InspectRequest, { kind: K }>,
  ): Extract<InspectAnswer, { kind: K }> =>
    inspector.answer(request) as Extract<InspectAnswer, { kind: K }>;
  const typed = (text: string): string => ask({ kind: 'command', text }).lines.join('\n');
  const nodes = (node?: string): readonly NodeDto[] =>
    ask(node === undefined ? { kind: 'tables' } : { kind: 'tables', node }).nodes;
  return { rig, ask, typed, nodes };
}

/** An inspector over what a script left behind, as its session file tells it. */
export async function inspecting(text: string) {
  const { session } = await runScript(text);
  const { source, header } = readSession([session.traceText()]);
  const inspector = new Inspector(source, hardwareOf(header.machine), 'test.ts');
  const ask = <K extends InspectRequest['kind']>(
    request: Extract<InspectRequest, { kind: K }>,
  ): Extract<InspectAnswer, { kind: K }> =>
    inspector.answer(request) as Extract<InspectAnswer, { kind: K }>;
  const typed = (line: string): readonly string[] => ask({ kind: 'command', text: line }).lines;
  return { ask, typed, source };
}
