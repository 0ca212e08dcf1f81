// The window: toolbar, dock, status bar, and what may lie over them.

import type {
  IDockviewHeaderActionsProps,
  IDockviewPanelHeaderProps,
  IDockviewPanelProps,
} from 'dockview-react';
import { DockviewReact } from 'dockview-react';
import type { KeyboardEvent, ReactElement } from 'react';
import { ContextMenuBox } from '../base/context-menu.tsx';
import { useStore } from '../base/store.ts';
import { AskBox } from '../commands/ask-box.tsx';
import { KeyBox } from '../commands/key-box.tsx';
import { QuickPickBox } from '../commands/quick-pick-box.tsx';
import { ConsoleBar } from '../console/console-bar.tsx';
import { ConsolePane } from '../console/console-pane.tsx';
import { DebugConsole } from '../debug/debug-console.tsx';
import { DebugPane } from '../debug/debug-pane.tsx';
import { InputBox } from '../debug/input-box.tsx';
import { EditorPane } from '../editor/editor-pane.tsx';
import { ExplorerPane } from '../explorer/explorer-pane.tsx';
import { CachesPane } from '../inspector/caches-pane.tsx';
import { FaultPane } from '../inspector/fault-pane.tsx';
import { InterruptsPane } from '../inspector/interrupts-pane.tsx';
import { MemoryPane } from '../inspector/memory-pane.tsx';
import { QueuesPane } from '../inspector/queues-pane.tsx';
import { RegistersPane } from '../inspector/registers-pane.tsx';
import { SoftwarePane } from '../inspector/software-pane.tsx';
import { TablesPane } from '../inspector/tables-pane.tsx';
import { TopologyPane } from '../inspector/topology-pane.tsx';
import { ProblemsPane } from '../problems/problems-pane.tsx';
import { StatusBar } from '../status/status-bar.tsx';
import { ComparisonPane, SessionBanner, TaskBars } from '../trace/session-banner.tsx';
import { TracePane } from '../trace/trace-pane.tsx';
import { Gallery } from '../welcome/gallery.tsx';
import { useWorkbench } from './context.ts';
import { Notice } from './notice.tsx';
import { DocumentTab, FixedTab, WelcomeTab } from './tabs.tsx';
import { Toolbar } from './toolbar.tsx';
import type { WorkbenchModel } from './workbench.ts';

const COMPONENTS = {
  editor: ({ params }: IDockviewPanelProps<{ id: string }>) => <EditorPane id={params.id} />,
  explorer: () => <ExplorerPane />,
  console: () => <ConsolePane />,
  problems: () => <ProblemsPane />,
  trace: () => <TracePane />,
  comparison: () => <ComparisonPane />,
  debug: () => <DebugPane />,
  debugConsole: () => <DebugConsole />,
  fault: () => <FaultPane />,
  tables: () => <TablesPane />,
  registers: () => <RegistersPane />,
  queues: () => <QueuesPane />,
  caches: () => <CachesPane />,
  interrupts: () => <InterruptsPane />,
  software: () => <SoftwarePane />,
  topology: () => <TopologyPane />,
  memory: () => <MemoryPane />,
  welcome: () => <Gallery />,
};

const TABS = {
  document: ({ api }: IDockviewPanelHeaderProps) => <DocumentTab api={api} />,
  fixed: ({ api }: IDockviewPanelHeaderProps) => <FixedTab api={api} />,
  welcome: () => <WelcomeTab />,
};

const THEMES = {
  dark: { name: 'substream-dark', className: 'dockview-theme-substream', colorScheme: 'dark' },
  light: { name: 'substream-light', className: 'dockview-theme-substream', colorScheme: 'light' },
  contrast: {
    name: 'substream-contrast',
    className: 'dockview-theme-substream',
    colorScheme: 'dark',
  },
} as const;

/** What stands at the right of a row of tabs. */
function HeaderActions({ activePanel }: IDockviewHeaderActionsProps): ReactElement | null {
  return activePanel?.id === 'console' ? <ConsoleBar /> : null;
}

/** Delete on a tab would close it behind the back of the question about unsaved changes. */
function keepTab(event: KeyboardEvent, { files, notice }: WorkbenchModel): void {
  const tab = (event.target as Element).closest('[role="tab"]');
  if (tab !== null && (event.key === 'Delete' || event.key === 'Backspace')) {
    event.preventDefault();
    event.stopPropagation();
    const id = (tab as HTMLElement).dataset['tabPanelId'];
    if (id !== undefined) {
      files.close(id).catch((error: Error) => notice.set(error.message));
    }
  }
}

/** Everything the window shows. */
export function App(): ReactElement {
  const workbench = useWorkbench();
  const { layout, theme, prompts, input, menu } = workbench;
  const name = useStore(theme);
  return (
    <div className="workbench">
      <Toolbar />
      <SessionBanner />
      <main className="dock" onKeyDownCapture={(event) => keepTab(event, workbench)}>
        <DockviewReact
          components={COMPONENTS}
          tabComponents={TABS}
          rightHeaderActionsComponent={HeaderActions}
          watermarkComponent={Gallery}
          theme={THEMES[name]}
          disableFloatingGroups
          onReady={({ api }) => layout.attach(api)}
        />
      </main>
      <StatusBar />
      <Notice />
      <TaskBars />
      <QuickPickBox prompts={prompts} />
      <AskBox prompts={prompts} />
      <KeyBox prompts={prompts} />
      <InputBox prompt={input} />
      <ContextMenuBox menu={menu} />
    </div>
  );
}
