// Entry of the window: connects to the main process and shows the workbench.

import { createRoot } from 'react-dom/client';
import { ensure } from '../sim/base/assert.ts';
import '@xterm/xterm/css/xterm.css';
import 'dockview-react/dist/styles/dockview.css';
import './theme/colors.css';
import './theme/workbench.css';
import './theme/overlays.css';
import './theme/parts.css';
import './console/prompt.css';
import './inspector/inspector.css';
import './inspector/caches.css';
import './inspector/fault-walk.css';
import './inspector/software.css';
import './debug/debug.css';
import './trace/trace.css';
import './welcome/gallery.css';
import { connectMain } from './base/connection.ts';
import { scriptDeclarations } from './editor/declarations.ts';
import { setUpMonaco } from './editor/monaco.ts';
import { defineEditorThemes } from './editor/themes.ts';
import { Preferences } from './preferences/preferences.ts';
import { App } from './workbench/app.tsx';
import { WorkbenchContext } from './workbench/context.ts';
import { keepLayout, recallLayout } from './workbench/layout-memory.ts';
import { restoreBackups } from './workbench/restore.ts';
import { createWorkbench } from './workbench/workbench.ts';

async function start(): Promise<void> {
  const remote = connectMain(window.substream);
  setUpMonaco(scriptDeclarations());
  defineEditorThemes();
  const [theme, configuration, remembered] = await Promise.all([
    remote.calls.getTheme(),
    remote.calls.configuration(),
    remote.calls.recallLayout(),
  ]);
  const workbench = createWorkbench(remote, theme, new Preferences(configuration));
  await recallLayout(workbench, remembered);
  const root = ensure(document.getElementById('root') ?? undefined, 'root element');
  createRoot(root).render(
    <WorkbenchContext value={workbench}>
      <App />
    </WorkbenchContext>,
  );
  await workbench.files.start();
  await restoreBackups(workbench);
  const isFresh = workbench.documents.list.value.every(({ example }) => example);
  if (remembered === undefined && isFresh) {
    workbench.layout.showWelcome(true);
  }
  keepLayout(workbench);
}

void start();
