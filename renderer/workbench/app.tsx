// The window: toolbar, dock, status bar, and what may lie over them.

import type { IDockviewPanelHeaderProps, IDockviewPanelProps } from 'dockview-react';
import { DockviewReact } from 'dockview-react';
import type { ReactElement } from 'react';
import { useStore } from '../base/store.ts';
import { AskBox } from '../commands/ask-box.tsx';
import { QuickPickBox } from '../commands/quick-pick-box.tsx';
import { ConsolePane } from '../console/console-pane.tsx';
import { EditorPane } from '../editor/editor-pane.tsx';
import { ExplorerPane } from '../explorer/explorer-pane.tsx';
import { ProblemsPane } from '../problems/problems-pane.tsx';
import { StatusBar } from '../status/status-bar.tsx';
import { useWorkbench } from './context.ts';
import { Notice } from './notice.tsx';
import { DocumentTab, FixedTab } from './tabs.tsx';
import { Toolbar } from './toolbar.tsx';
import { Welcome } from './welcome.tsx';

const COMPONENTS = {
  editor: ({ params }: IDockviewPanelProps<{ id: string }>) => <EditorPane id={params.id} />,
  explorer: () => <ExplorerPane />,
  console: () => <ConsolePane />,
  problems: () => <ProblemsPane />,
};

const TABS = {
  document: ({ api }: IDockviewPanelHeaderProps) => <DocumentTab id={api.id} />,
  fixed: ({ api }: IDockviewPanelHeaderProps) => <FixedTab id={api.id} />,
};

const THEMES = {
  dark: { name: 'substream-dark', className: 'dockview-theme-substream', colorScheme: 'dark' },
  light: { name: 'substream-light', className: 'dockview-theme-substream', colorScheme: 'light' },
} as const;

/** Everything the window shows. */
export function App(): ReactElement {
  const { layout, theme, prompts } = useWorkbench();
  const name = useStore(theme);
  return (
    <div className="workbench">
      <Toolbar />
      <main className="dock">
        <DockviewReact
          components={COMPONENTS}
          tabComponents={TABS}
          watermarkComponent={Welcome}
          theme={THEMES[name]}
          disableFloatingGroups
          keyboardNavigation
          onReady={({ api }) => layout.attach(api)}
        />
      </main>
      <StatusBar />
      <Notice />
      <QuickPickBox prompts={prompts} />
      <AskBox prompts={prompts} />
    </div>
  );
}
