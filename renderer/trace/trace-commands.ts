// The commands of traces and session files.

import { focusSoon } from '../inspector/actions.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';
import { showTrace } from './actions.ts';

/** Their handlers. */
export function traceCommands({
  layout,
  trace,
  sessions,
  inspector,
}: Pick<WorkbenchModel, 'layout' | 'trace' | 'sessions' | 'inspector'>) {
  return {
    'view.trace': () => showTrace({ layout }),
    'trace.find': () => {
      layout.reveal('trace');
      focusSoon('.trace-search input');
    },
    'trace.showEvent': async () => {
      const event = inspector.fault.explanation.value?.event;
      if (event !== undefined) {
        showTrace({ layout });
        await trace.selectEvent(event);
      }
    },
    'file.exportSession': () => sessions.chooseExport(),
    'export.perfetto': () => sessions.exportAs('perfetto'),
    'export.ctf': () => sessions.exportAs('ctf'),
    'export.vcd': () => sessions.exportAs('vcd'),
    'export.pcapng': () => sessions.exportAs('pcapng'),
    'export.ftrace': () => sessions.exportAs('ftrace'),
    'export.dmesg': () => sessions.exportAs('dmesg'),
    'export.csv': () => sessions.exportAs('csv'),
    'export.html': () => sessions.exportAs('html'),
    'file.compareSession': () => sessions.compare(),
    'file.associate': () => sessions.associate(false),
    'file.dissociate': () => sessions.associate(true),
    'session.runAgain': () => sessions.runAgain(),
    'session.editAndRun': () => sessions.editAndRun(),
    'session.leave': () => sessions.leave(),
  };
}
