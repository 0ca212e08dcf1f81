// What the debugger shows in an editor: breakpoints in the gutter, the line where the script stands, the
// values of its variables behind the lines that name them.

import { editor } from 'monaco-editor/editor/editor.api.js';
import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type { BreakpointStatus, DebugFrame, LineBreakpoint } from '../../sim/protocol/debug.ts';
import type { Preferences } from '../preferences/preferences.ts';
import type { DebugView } from './debug-view.ts';
import { inlineValues } from './inline-values.ts';

type Decoration = editor.IModelDeltaDecoration;

/** Longest text behind a line. */
const MOST_INLINE = 120;

/** Offers more than a click does: a line, and where in the window. */
export type GutterMenu = (line: number, x: number, y: number) => void;

/** What the debugger's marks in an editor depend on. */
export interface EditorDebugParts {
  readonly debug: DebugView;
  readonly preferences: Preferences;
  readonly menu: GutterMenu;
}

/** Ties one editor widget on document `id` to the debugger; dispose the result with the widget. */
export function attachDebug(
  widget: editor.IStandaloneCodeEditor,
  id: string,
  { debug, preferences, menu }: EditorDebugParts,
): Disposable {
  const owned = new DisposableStore();
  const marks = widget.createDecorationsCollection();
  const hint = widget.createDecorationsCollection();
  const show = (): void => {
    const withValues = preferences.settings['debug.inlineValues'] === 'on';
    marks.set([
      ...breakpointDecorations(id, debug),
      ...stopDecorations(id, debug),
      ...(withValues ? valueDecorations(widget, id, debug) : []),
    ]);
  };
  const { breakpoints } = debug;
  for (const store of [breakpoints.sets, breakpoints.statuses, debug.stop, debug.scopes]) {
    owned.add(store.onDidChange(show));
  }
  owned.add(debug.frame.onDidChange(show));
  owned.add(preferences.configuration.onDidChange(show));
  owned.add(debug.stop.onDidChange(() => reveal(widget, id, debug)));
  owned.add(
    widget.onMouseDown(({ target, event }) => {
      const line = gutterLine(target);
      if (line !== undefined && event.leftButton) {
        breakpoints.toggle(id, line);
      }
    }),
  );
  owned.add(
    widget.onContextMenu(({ target, event }) => {
      const line = gutterLine(target);
      if (line !== undefined) {
        event.preventDefault();
        menu(line, event.posx, event.posy);
      }
    }),
  );
  owned.add(
    widget.onMouseMove(({ target }) => {
      const line = gutterLine(target);
      const free = line !== undefined && breakpoints.at(id, line) === undefined;
      hint.set(free ? [glyph(line, 'debug-glyph is-hint', 'Add a breakpoint')] : []);
    }),
  );
  owned.add(widget.onMouseLeave(() => hint.clear()));
  show();
  reveal(widget, id, debug);
  return owned;
}

function gutterLine(target: editor.IMouseTarget): number | undefined {
  const inGutter = target.type === editor.MouseTargetType.GUTTER_GLYPH_MARGIN;
  return inGutter ? target.position.lineNumber : undefined;
}

/** The line where the script stands is always in view. */
function reveal(widget: editor.IStandaloneCodeEditor, id: string, debug: DebugView): void {
  const line = debug.stop.value?.frames[0]?.line;
  if (line !== undefined && debug.document.value === id) {
    widget.revealLineInCenterIfOutsideViewport(line);
    widget.setPosition({ lineNumber: line, column: 1 });
  }
}

function breakpointDecorations(id: string, { breakpoints }: DebugView): Decoration[] {
  const { active, lines } = breakpoints.of(id);
  return lines.map((breakpoint) => {
    const status = breakpoints.statuses.value.get(breakpoint.id);
    const line = breakpoints.shownLine(breakpoint);
    const isOn = active && breakpoint.enabled;
    return glyph(line, glyphClass(breakpoint, status, isOn), describe(breakpoint, status));
  });
}

function stopDecorations(id: string, debug: DebugView): Decoration[] {
  const stop = debug.stop.value;
  if (stop === undefined || debug.document.value !== id) {
    return [];
  }
  const chosen = chosenFrame(debug);
  const top = stop.frames[0];
  const found: Decoration[] = [];
  if (top !== undefined) {
    found.push(wholeLine(top.line, 'debug-line is-top', 'debug-glyph is-top'));
  }
  if (chosen !== undefined && chosen !== top) {
    found.push(wholeLine(chosen.line, 'debug-line is-frame', 'debug-glyph is-frame'));
  }
  return found;
}

function valueDecorations(
  widget: editor.IStandaloneCodeEditor,
  id: string,
  debug: DebugView,
): Decoration[] {
  const model = widget.getModel();
  const at = chosenFrame(debug) ?? debug.stop.value?.frames[0];
  if (
    model === null ||
    at === undefined ||
    debug.document.value !== id ||
    at.line > model.getLineCount()
  ) {
    return [];
  }
  const values = inlineValues(model.getLinesContent(), at.line, debug.scopes.value);
  return [...values].map(([line, text]) => behind(line, model.getLineMaxColumn(line), cut(text)));
}

function chosenFrame(debug: DebugView): DebugFrame | undefined {
  return debug.stop.value?.frames.find((frame) => frame.id === debug.frame.value);
}

function cut(text: string): string {
  return text.length > MOST_INLINE ? `${text.slice(0, MOST_INLINE)}…` : text;
}

function behind(line: number, column: number, text: string): Decoration {
  return {
    range: { startLineNumber: line, startColumn: column, endLineNumber: line, endColumn: column },
    options: {
      after: { content: `  ${text}`, inlineClassName: 'debug-inline' },
      showIfCollapsed: true,
    },
  };
}

function wholeLine(line: number, className: string, glyphMarginClassName: string): Decoration {
  return {
    range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
    options: {
      isWholeLine: true,
      className,
      glyphMarginClassName,
      zIndex: 20,
    },
  };
}

function glyph(line: number, glyphMarginClassName: string, message: string): Decoration {
  return {
    range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
    options: {
      glyphMarginClassName,
      glyphMarginHoverMessage: { value: message },
      zIndex: 10,
    },
  };
}

function glyphClass(
  { condition, hitCondition, logMessage }: LineBreakpoint,
  status: BreakpointStatus | undefined,
  isOn: boolean,
): string {
  const kind =
    logMessage !== undefined
      ? 'is-log'
      : condition !== undefined || hitCondition !== undefined
        ? 'is-conditional'
        : 'is-plain';
  const state = !isOn ? 'is-off' : status?.verified === false ? 'is-unverified' : 'is-on';
  return `debug-glyph ${kind} ${state}`;
}

/** What a breakpoint does, and what became of it, in words. */
export function describe(
  { condition, hitCondition, logMessage }: LineBreakpoint,
  status: BreakpointStatus | undefined,
): string {
  const parts = [
    logMessage === undefined ? 'Breakpoint' : `Logpoint: ${logMessage}`,
    ...(condition === undefined ? [] : [`when ${condition}`]),
    ...(hitCondition === undefined ? [] : [`hit count ${hitCondition}`]),
    ...(status?.message === undefined ? [] : [status.message]),
  ];
  return parts.join(', ');
}
