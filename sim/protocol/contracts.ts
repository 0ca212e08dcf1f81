// The names that may cross each hop. The types of api.ts keep these lists complete.

import type { SessionApi, SessionEvents, WorkbenchApi, WorkbenchEvents } from './api.ts';
import { BACKUPS_CONTRACT } from './backups.ts';
import { CONFIGURATION_CONTRACT } from './configuration.ts';
import { DEBUG_CONTRACT } from './debug-names.ts';
import { REMEMBERED_CONTRACT } from './remembered.ts';
import type { Contract } from './rpc.ts';
import { SESSIONS_CONTRACT } from './sessions.ts';

/** Main process or command line → session worker. */
export const SESSION_CONTRACT: Contract<SessionApi, SessionEvents> = {
  calls: { run: true, saveTrace: true, saveTraceTo: true, inspect: true, ping: true },
  events: { output: true, status: true },
};

/** Window → main process. */
export const WORKBENCH_CONTRACT: Contract<WorkbenchApi, WorkbenchEvents> = {
  calls: {
    examples: true,
    openExample: true,
    openDialog: true,
    openFile: true,
    saveFile: true,
    recentFiles: true,
    initialFiles: true,
    setDirty: true,
    run: true,
    stop: true,
    inspect: true,
    getTheme: true,
    setTheme: true,
    ...DEBUG_CONTRACT.calls,
    ...SESSIONS_CONTRACT.calls,
    ...BACKUPS_CONTRACT.calls,
    ...CONFIGURATION_CONTRACT.calls,
    ...REMEMBERED_CONTRACT.calls,
  },
  events: {
    output: true,
    status: true,
    sessionState: true,
    command: true,
    openFile: true,
    theme: true,
    ...DEBUG_CONTRACT.events,
    ...SESSIONS_CONTRACT.events,
    ...BACKUPS_CONTRACT.events,
    ...CONFIGURATION_CONTRACT.events,
  },
};
