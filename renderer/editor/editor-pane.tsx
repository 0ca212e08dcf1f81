// One editor tab: a Monaco widget on the model of its document.

import { editor } from 'monaco-editor/editor/editor.api.js';
import type { ReactElement } from 'react';
import { useEffect, useRef } from 'react';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type { CommandId } from '../../sim/protocol/commands.ts';
import { commandInfo } from '../../sim/protocol/commands.ts';
import { markWhenPainted } from '../base/dom.ts';
import type { CommandRegistry } from '../commands/registry.ts';
import { gutterMenu } from '../debug/breakpoint-editing.ts';
import type { GutterMenu } from '../debug/editor-debug.ts';
import { attachDebug } from '../debug/editor-debug.ts';
import { useWorkbench } from '../workbench/context.ts';
import { editorOptions, indentation } from './options.ts';

/** What the editor's own menu (Shift+F10) offers beside cut and paste. */
const IN_MENU: readonly CommandId[] = [
  'debug.runToCursor',
  'debug.toggleBreakpoint',
  'debug.conditionalBreakpoint',
  'debug.logpoint',
];

function editorActions(commands: CommandRegistry): editor.IActionDescriptor[] {
  return IN_MENU.map((id, index) => ({
    id,
    label: commandInfo(id).title,
    contextMenuGroupId: '2_debug',
    contextMenuOrder: index,
    run: () => commands.run(id),
  }));
}

/** Shows and edits document `id`. */
export function EditorPane({ id }: { readonly id: string }): ReactElement {
  const { documents, editors, debug, input, menu, commands, preferences } = useWorkbench();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    const info = documents.get(id);
    if (element === null || info === undefined) {
      return;
    }
    const owned = new DisposableStore();
    const widget = owned.add(
      editor.create(element, {
        ...editorOptions(preferences, info.isScript),
        model: documents.model(id),
        readOnly: info.recordedIn !== undefined,
        readOnlyMessage: { value: 'This is what was recorded. “Edit and Run” makes a copy.' },
        ariaLabel: info.isScript ? `${info.name}, driver script` : info.name,
      }),
    );
    owned.add(editors.add(id, widget));
    owned.add(
      preferences.follow(() => {
        widget.updateOptions(editorOptions(preferences, info.isScript));
        widget.getModel()?.updateOptions(indentation(preferences));
      }),
    );
    if (info.isScript) {
      const openMenu: GutterMenu = (line, x, y) => {
        menu.open({ label: `Line ${line}`, x, y, groups: gutterMenu({ debug, input }, id, line) });
      };
      owned.add(attachDebug(widget, id, { debug, preferences, menu: openMenu }));
      for (const action of editorActions(commands)) {
        owned.add(widget.addAction(action));
      }
    }
    markWhenPainted('substream:editor');
    return () => owned.dispose();
  }, [documents, editors, debug, input, menu, commands, preferences, id]);
  return <div className="editor-pane" ref={place} />;
}
